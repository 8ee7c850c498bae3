"Wrong versions of what nbs/01_data_prep.ipynb exports, see `tools.prove`."

SPLIT = 'x[:n_train], y[:n_train], x[n_train:], y[n_train:]'

WRONG = {
    'load_mnist': [
        ('.view(len(dataset), -1).float().div_(255)', '.view(len(dataset), -1).float()', 'not scaled'),
        ('.view(len(dataset), -1).float().div_(255)', '.view(len(dataset), -1) / 256', 'scaled to a maximum below 1'),
        ('.view(len(dataset), -1).float().div_(255)', '.float().div_(255)', 'not flattened'),
        ('.view(len(dataset), -1).float().div_(255)', '.transpose(1, 2).reshape(len(dataset), -1) / 255', 'flattened by columns'),
        ('.view(len(dataset), -1).float().div_(255)', '.view(len(dataset), -1).double() / 255', 'float64'),
        ('y[:n_train], x[n_train:]', 'y[-n_train:], x[n_train:]', 'labels of other rows'),
        ('x[n_train:], y[n_train:]', 'x[-n_train:], y[n_train:]', 'validation rows overlap the training rows'),
        (SPLIT, 'x[-n_train:], y[-n_train:], x[:-n_train], y[:-n_train]', 'validation rows first'),
        ('n_train:int=50_000', 'n_train:int=55_000', 'another split'),
        ('_rows(path, train=True)', '_rows(path, train=False)', 'the test rows'),
        ('_rows(path, train=True)', '_rows(None, train=True)', 'folder ignored'),
        ('0 < n_train < len(x)', '0 < n_train <= len(x)', 'no validation rows allowed'),
        ('0 < n_train < len(x)', '0 <= n_train < len(x)', 'no training rows allowed'),
        ('isinstance(n_train, Integral) and ', '', 'a fraction as number of rows'),
    ],
    'load_mnist_test': [
        ('_rows(path, train=False)', '_rows(path, train=True)', 'the training rows'),
        ('_rows(path, train=False)', '_rows(None, train=False)', 'folder ignored'),
    ],
}
