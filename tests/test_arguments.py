"""Every parameter of every exported function is given each of a fixed list of values. What is not taken is refused in the house's form,
`name: got …, wanted …`, and after a refused call weights, data, generators, files and figures are as before, bit for bit."""
import importlib, inspect, math, re
from functools import cache
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from safetensors.torch import save

from tools import book as books

# ---- The fixed list

def rows(n=4, k=6, **options): return torch.linspace(-1, 1, n * k, **options).view(n, k)

VALUES = {
    'None': lambda: None, 'text': lambda: 'text', 'number as text': lambda: '0.1', 'blank': lambda: ' ', 'bytes': lambda: b'1', 'object': object, 'type': lambda: int,
    '-1': lambda: -1, '0': lambda: 0, '1': lambda: 1, '2': lambda: 2, '10**9': lambda: 10**9, '0.5': lambda: 0.5, '1.5': lambda: 1.5, 'True': lambda: True, 'nan': lambda: math.nan, 'inf': lambda: math.inf,
    'complex': lambda: 1j, 'np.int64(2)': lambda: np.int64(2), 'np.float32(0.5)': lambda: np.float32(0.5), 'function': lambda: lambda *args: 0.5, 'generator': torch.Generator,
    'empty list': list, 'list of numbers': lambda: [1., 2.], 'list of integers': lambda: [6, 3], 'list of texts': lambda: ['a'], 'dict': lambda: {'a': 1}, 'Path': lambda: Path('nowhere'),
    'array': lambda: rows().numpy(), 'number in a tensor': lambda: torch.tensor(0.5), 'vector': lambda: torch.tensor([0.5, -0.25, 0.75]), 'rows': rows, 'wide rows': lambda: rows(4, 7), 'no rows': lambda: rows(0),
    'images': lambda: torch.rand(4, 2, 3, generator=torch.Generator().manual_seed(1)), 'bytes of images': lambda: torch.zeros(4, 6, dtype=torch.uint8), 'float64': lambda: rows(dtype=torch.float64), 'complex rows': lambda: rows() * 1j, 'elsewhere': lambda: rows(device='meta'),
    'classes': lambda: torch.tensor([0, 1, 2, 1]), 'fewer classes': lambda: torch.tensor([0, 1]), 'classes from 1': lambda: torch.tensor([1, 2, 3, 3]), 'negative classes': lambda: torch.tensor([-1, 0, 1, 2]), 'classes as floats': lambda: torch.tensor([0., 1., 2., 1.]),
    'classes as int32': lambda: torch.tensor([0, 1, 2, 1], dtype=torch.int32), 'classes in a column': lambda: torch.tensor([[0], [1], [2], [1]]), 'one-hot': lambda: torch.eye(3)[[0, 1, 2, 1]].long(), 'boolean': lambda: torch.tensor([True, False, True, False])}

INTEGERS = {'1', '2', '10**9', 'np.int64(2)'}
NUMBERS = {'-1', '0', '0.5', '1.5', 'np.float32(0.5)'} | INTEGERS
FROM_0 = NUMBERS - {'-1'}
GENERATOR = {'None', 'generator'}
FLOATS = {'number in a tensor', 'vector', 'rows', 'wide rows', 'no rows', 'images', 'float64', 'elsewhere', 'classes as floats'}
TRUTH = {'True'}
TEXT = {'None', 'text', 'number as text', 'blank'}
DRAWABLE = {what for what in VALUES if what in NUMBERS | TRUTH | FLOATS or what.startswith(('list of n', 'list of i', 'array', 'bytes of', 'class', 'fewer', 'negative', 'one-hot', 'boolean'))} - {'no rows'}
ITERABLE = {what for what, make in VALUES.items() if hasattr(make(), '__iter__') and what != 'type'}
DRAWN = {'fan_in': INTEGERS - {'10**9'}, 'fan_out': INTEGERS - {'10**9'}, 'gain': NUMBERS, 'generator': GENERATOR}
TRAINED = {'net': set(), 'x': {'rows'}, 'y': {'classes'}, 'epochs': {'0', '1', '2', 'np.int64(2)'}, 'batch_size': {'1', '2', 'np.int64(2)'}, 'lr': FROM_0,
           'momentum': {'0', '0.5', 'np.float32(0.5)'}, 'schedule': {'function'}, 'drop_last': TRUTH, 'generator': GENERATOR}
TORCHS = None  # no check: PyTorch's (matplotlib's, numpy's) own errors serve, or whatever Python holds for true
FOLDER = {'Path'}

# ---- For each function: good arguments, and for each parameter which values of the list are taken

def net():
    from mlp_from_scratch.training import he_net
    return he_net([6, 5, 3], generator=torch.Generator().manual_seed(1))

def params(): return [(rows(6, 5), rows(1, 5)[0]), (rows(5, 3), rows(1, 3)[0])]

def classes(): return torch.tensor([2, 0, 1, 2])

def after(make, *inputs):
    "A layer or loss after a forward pass, whose backward pass is tried."
    layer = make()
    layer(*(v() for v in inputs))
    return layer

def backprop(name): return getattr(importlib.import_module('mlp_from_scratch.backprop'), name)
def linear(): return backprop('Linear')(*params()[0])
def mlp(): return backprop('MLP')([linear(), backprop('ReLU')(), backprop('Linear')(*params()[1])])

MNIST = importlib.import_module('mlp_from_scratch.cache').mnist_sha256
def packed(): return importlib.import_module('mlp_from_scratch.cache').packaged('t10k-labels-idx1-ubyte')

def axes():
    return plt.figure().add_subplot()

def good_file(): Path('w').write_bytes(save({'w1': rows(6, 3), 'b1': torch.zeros(3)})); return 'w'

TABLE = {  # module.function: (what is called, good arguments, {parameter: what it takes})
    'cache.data_dir': ({}, {'path': {'None', 'text', 'number as text', 'Path'}}),
    'cache.packaged': (dict(name=lambda: 't10k-labels-idx1-ubyte'), {'name': set()}),
    'cache.unpack': (dict(packed=packed, wanted=lambda: MNIST['t10k-labels-idx1-ubyte']), {'packed': set(), 'wanted': set()}),
    'cache.intact': (dict(path=lambda: Path('t10k-labels-idx1-ubyte')), {'path': set()}),
    'cache.temporary_folder': (dict(parent=Path), {'parent': FOLDER}),
    'cache.place': (dict(contents=lambda: {'a': b'b'}, folder=Path), {'contents': set(), 'folder': FOLDER}),
    'cache.sweep': (dict(folder=Path), {'folder': FOLDER, 'age': FROM_0}),
    'cache.download': (dict(names=list, folder=Path), {'names': {'empty list'}, 'folder': FOLDER}),
    'cache.fetch': (dict(names=list, folder=Path), {'names': {'empty list'}, 'folder': FOLDER}),
    'cache.mnist_root': ({}, {'path': {'None', 'text', 'number as text', 'Path'}}),
    'data.load_mnist': ({}, {'path': {'None', 'text', 'number as text', 'Path'}, 'n_train': {'1', '2', 'np.int64(2)'}}),
    'data.load_mnist_test': ({}, {'path': {'None', 'text', 'number as text', 'Path'}}),
    'normalization.normalize': (dict(x=rows, mean=lambda: 0., std=lambda: 1.), {
        'x': FLOATS, 'mean': NUMBERS | {'nan', 'inf', 'number in a tensor', 'rows'}, 'std': NUMBERS - {'-1', '0'} | {'inf', 'number in a tensor'}}),
    'normalization.near_zero': (dict(x=rows), {'x': FLOATS, 'tol': FROM_0 - {'0'}}),
    'normalization.test_near_zero': (dict(x=lambda: 0 * rows()), {'x': FLOATS - {'no rows'}, 'tol': FROM_0 - {'0'}}),
    'normalization.load_normalized': ({}, {'path': {'None', 'text', 'number as text', 'Path'}, 'n_train': {'2', 'np.int64(2)', '1'}}),
    'normalization.load_normalized_test': ({}, {'path': {'None', 'text', 'number as text', 'Path'}, 'n_train': {'2', 'np.int64(2)', '1'}}),
    'layers.linear': (dict(x=rows, w=lambda: rows(6, 3), b=lambda: torch.zeros(3)), {'x': TORCHS, 'w': TORCHS, 'b': TORCHS}),
    'layers.relu': (dict(x=rows), {'x': TORCHS}),
    'init.naive_init': (dict(fan_in=lambda: 3, fan_out=lambda: 2), {k: DRAWN[k] for k in ('fan_in', 'fan_out', 'generator')}),
    'init.kaiming_init': (dict(fan_in=lambda: 3, fan_out=lambda: 2), DRAWN),
    'init.expectation': (dict(f=lambda: torch.tanh), {'f': set()}),
    'init.activation_gain': (dict(f=lambda: torch.tanh), {'f': set()}),
    'propagation.deep_init': (dict(sizes=lambda: [6, 5, 3]), {'sizes': {'list of integers'}, 'gain': NUMBERS, 'generator': GENERATOR}),
    'propagation.propagate': (dict(x=rows, weights=lambda: [rows(6, 6)]), {'x': TORCHS, 'weights': TORCHS, 'activation': TORCHS}),
    'propagation.arc_cosine_map': (dict(c=lambda: torch.tensor([0.5])), {'c': FLOATS - {'classes as floats'}}),
    'backprop.mse': (dict(pred=rows, target=lambda: 0 * rows()), {'pred': {'rows'}, 'target': {'rows'}}),
    'backprop.log_softmax': (dict(t=rows), {'t': {'rows', 'wide rows', 'float64', 'elsewhere', 'no rows'}}),
    'backprop.cross_entropy': (dict(t=rows, y=classes), {'t': {'rows', 'wide rows', 'float64'}, 'y': {'classes', 'classes from 1'}}),
    'backprop.Linear': (dict(w=lambda: rows(6, 5), b=lambda: rows(1, 5)[0]), {'w': set(), 'b': set()}),
    'backprop.Linear.__call__': (dict(self=linear, x=rows), {'x': {'rows', 'no rows'}}),
    'backprop.Linear.backward': (dict(self=lambda: after(linear, rows), g=lambda: rows(4, 5)), {'g': set(), 'inputs': TORCHS}),
    'backprop.ReLU.__call__': (dict(self=lambda: backprop('ReLU')(), t=rows), {'t': FLOATS}),
    'backprop.ReLU.backward': (dict(self=lambda: after(backprop('ReLU'), rows), g=rows), {'g': {'rows'}}),
    'backprop.MSE.__call__': (dict(self=lambda: backprop('MSE')(), pred=rows, target=lambda: 0 * rows()), {'pred': {'rows'}, 'target': {'rows'}}),
    'backprop.CrossEntropy.__call__': (dict(self=lambda: backprop('CrossEntropy')(), t=rows, y=classes), {'t': {'rows', 'wide rows', 'float64'}, 'y': {'classes', 'classes from 1'}}),
    'backprop.MLP': (dict(layers=lambda: mlp().layers), {'layers': set()}),
    'backprop.MLP.__call__': (dict(self=mlp, x=rows), {'x': {'rows', 'no rows'}}),
    'backprop.MLP.backward': (dict(self=lambda: after(mlp, rows), g=lambda: rows(4, 3)), {'g': set()}),
    'plots.contrast': (dict(color=lambda: '#ffffff', ground=lambda: '#000000'), {'color': set(), 'ground': set()}),
    'plots.show_images': (dict(images=lambda: torch.rand(4, 2, 3)), {'images': {'images'}, 'titles': {'None'} | {'classes', 'classes from 1', 'negative classes', 'classes as floats', 'classes as int32', 'boolean'}, 'ncols': {'1', '2', 'np.int64(2)'}}),
    'plots.histogram': (dict(ax=axes, values=rows), {
        'ax': TORCHS, 'values': DRAWABLE, 'bins': TORCHS, 'color': set(), 'label': TEXT, 'density': {'None'}}),
    'plots.table': (dict(columns=lambda: ['a', 'b'], rows=lambda: {'c': [1.]}), {'columns': {'list of numbers', 'list of integers', 'fewer classes'}, 'rows': set(), 'digits': {'0'} | INTEGERS - {'10**9'}}),
    'plots.band': (dict(ax=axes, x=lambda: [1, 2], samples=lambda: rows(3, 2)), {'ax': TORCHS, 'x': {'list of numbers', 'list of integers', 'fewer classes'}, 'samples': set(), 'color': set(), 'label': TEXT}),
    'plots.progress_bar': (dict(steps=lambda: [1, 2], total=lambda: 2), {'steps': ITERABLE, 'total': {'0'} | INTEGERS, 'show': TRUTH}),
    'training.relu_net': (dict(params=params), {'params': set()}),
    'training.batches': (dict(n=lambda: 4, batch_size=lambda: 2), {'n': {'2', 'np.int64(2)'}, 'batch_size': {'1', '2', 'np.int64(2)'}, 'generator': GENERATOR, 'drop_last': TRUTH}),
    'training.constant': (dict(done=lambda: 0.5), {'done': {'0', '1', '0.5', 'np.float32(0.5)'}}),
    'training.linear_decay': (dict(done=lambda: 0.5), {'done': {'0', '1', '0.5', 'np.float32(0.5)'}}),
    'training.sgd_steps': (dict(net=net, x=rows, y=classes, batch_size=lambda: 2), TRAINED),
    'training.evaluate': (dict(net=net, x=rows, y=classes), {'net': set(), 'x': {'rows'}, 'y': {'classes'}}),
    'training.train': (dict(net=net, x=rows, y=classes, x_valid=rows, y_valid=classes, batch_size=lambda: 2, epochs=lambda: 1, progress=lambda: False),
                       TRAINED | {'x_valid': {'rows'}, 'y_valid': {'classes'}, 'progress': TRUTH}),
    'training.he_net': (dict(sizes=lambda: [6, 3]), {'sizes': {'list of integers'}, 'last_scale': NUMBERS, 'generator': GENERATOR, 'dtype': {'None'}, 'device': {'None'}}),
    'training.save_weights': (dict(net=net, path=lambda: 'file'), {'net': set(), 'path': {'text', 'number as text', 'Path'}}),
    'training.load_weights': (dict(path=good_file), {'path': set()}),
}

TOO_LARGE = {'fan_in', 'fan_out', 'epochs', 'n', 'ncols', 'digits'}  # 10**9 of these is right, and nobody waits for it
ASKED = 'normalization.test_near_zero(x)', 'propagation.arc_cosine_map(c)', 'plots.'  # asks the numbers, and PyTorch's stand-in for another device has none
SLOW = {'data.', 'normalization.load', 'cache.mnist_root', 'cache.download'}  # what reads MNIST is tried with what it refuses, and with nothing else


# ---- What there is

def parameters(f): return [name for name, p in inspect.signature(f).parameters.items() if name != 'self' and p.kind != p.VAR_KEYWORD]

@cache
def exported():
    "{'module.function', 'module.Class' or 'module.Class.method': (function, its parameters)} for whatever has parameters."
    found = {}
    for module in books.modules():
        if module[0] == '_': continue  # the checks themselves
        here = importlib.import_module(f'mlp_from_scratch.{module}')
        for name in here.__all__:
            if not callable(value := getattr(here, name)): continue
            found[f'{module}.{name}'] = value
            if isinstance(value, type): found |= {f'{module}.{name}.{k}': v for k, v in vars(value).items() if inspect.isfunction(v) and (k == '__call__' or k[0] != '_')}
    return {name: (f, names) for name, f in found.items() if (names := parameters(f)) and name not in RECORDS}

RECORDS = {'plots.Epoch', 'plots.History'}  # hold what `train` has measured

def test_every_parameter_has_a_row():
    got = {f'{name}({p})' for name, (_, names) in exported().items() for p in names}
    assert got == {f'{name}({p})' for name, (_, takes) in TABLE.items() for p in takes}


# ---- Nothing has moved

def state(good):
    "Weights, data, generators, files and figures: whatever a refused call must not change."
    def held(v):
        if isinstance(v, torch.Tensor): return v.dtype, v.stride(), v.device, None if v.is_meta else v.numpy().tobytes()
        if isinstance(v, torch.Generator): return v.get_state().numpy().tobytes()
        if isinstance(v, (list, tuple)): return [held(part) for part in v]
        if callable(getattr(v, 'parameters', None)): return held(v.parameters())
        if hasattr(v, 'w'): return held([v.w, v.b])
        return None
    files = {path.relative_to('.').as_posix(): path.read_bytes() if path.is_file() else None for path in Path().rglob('*')}
    return {k: held(v) for k, v in good.items()}, torch.random.get_rng_state().numpy().tobytes(), np.random.get_state()[1].tobytes(), files, plt.get_fignums()

def finish(result): return list(result) if inspect.isgenerator(result) and result.__name__ != '_with_bar' else result

@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    matplotlib.use('agg')
    yield
    plt.close('all')

@pytest.mark.parametrize('name', TABLE)
def test_what_is_not_taken_is_refused(name, elsewhere):
    function, wrong = exported()[name][0], []
    makes, takes = TABLE[name]
    def good(): return {k: make() for k, make in makes.items()} | ({'generator': torch.Generator().manual_seed(3)} if 'generator' in takes else {})
    if not name.startswith(tuple(SLOW)): finish(function(**good()))
    for p, taken in takes.items():
        if taken is TORCHS: continue
        assert taken <= VALUES.keys(), taken - VALUES.keys()
        for what, make in VALUES.items():
            if what == '10**9' and p in TOO_LARGE or what == 'elsewhere' and f'{name}({p})'.startswith(ASKED) or what in taken and name.startswith(tuple(SLOW)): continue
            plt.close('all')
            arguments = good() | {p: make()}
            before = state(arguments)
            try: result = function(**arguments)
            except (AssertionError, FileNotFoundError): assert name in ('normalization.test_near_zero', 'training.load_weights', 'cache.unpack')  # that is what they are for
            except Exception as error:
                said = f'{type(error).__name__}: {error}'
                if what in taken: wrong.append(f'{p}={what} is taken, and raises {said}')
                elif not re.match(rf"(\S+, )*({'|'.join(takes)}|name)\b\S*(, \S+)*: got .*wanted ", str(error), re.S): wrong.append(f'{p}={what} raises {said}')
                elif state(arguments) != before: wrong.append(f'{p}={what} is refused, and something has changed')
            else:
                if what not in taken: wrong.append(f'{p}={what} is not refused: {str(result)[:60]}')
                else: finish(result)
    assert not wrong, '\n'.join(wrong)
