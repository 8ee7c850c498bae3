"Wrong versions of what nbs/01_data_prep.ipynb exports, see `tools.prove`."

SPLIT = '_scaled(x[:n_train]), y[:n_train].clone(), _scaled(x[n_train:]), y[n_train:].clone()'

WRONG = {
    'load_mnist': [
        ('return images.float().div_(255)', 'return images.float().div_(256)', 'scaled to a maximum below 1'),
        ('dataset.data.view(len(dataset), -1)', 'dataset.data', 'not flattened'),
        ('dataset.data.view(len(dataset), -1)', 'dataset.data.transpose(1, 2).reshape(len(dataset), -1)', 'flattened by columns'),
        ('return images.float().div_(255)', 'return images.double().div_(255)', 'float64'),
        ('y[:n_train].clone(), ', 'y[-n_train:].clone(), ', 'labels of other rows'),
        ('_scaled(x[n_train:])', '_scaled(x[-n_train:])', 'validation rows overlap the training rows'),
        (SPLIT, '_scaled(x[-n_train:]), y[-n_train:].clone(), _scaled(x[:-n_train]), y[:-n_train].clone()', 'validation rows first'),
        ('n_train:int=50_000', 'n_train:int=55_000', 'another split'),
        ('_rows(path, train=True)', '_rows(path, train=False)', 'the test rows'),
        ('_rows(path, train=True)', '_rows(None, train=True)', 'folder ignored'),
        ('    require(path=path, n_train=n_train)\n', '', 'arguments not checked'),
        ('return images.float().div_(255)', 'return images.float()', 'bytes'),
        ('y[:n_train].clone()', 'y[:n_train]', 'a view of all labels'),
    ],
    'load_mnist_test': [
        ('_rows(path, train=False)', '_rows(path, train=True)', 'the training rows'),
        ('_rows(path, train=False)', '_rows(None, train=False)', 'folder ignored'),
    ],
}
