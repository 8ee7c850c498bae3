"What the course ends with, from the installed wheel: load, normalise, linear layer, Kaiming init, ReLU."
import importlib.util, sys

import mlp_from_scratch

assert 'torch' not in sys.modules, 'import mlp_from_scratch imports torch'
assert 'site-packages' in mlp_from_scratch.__file__ and not importlib.util.find_spec('nbdev'), 'this is not the plain environment'

import torch
from mlp_from_scratch.data import load_mnist
from mlp_from_scratch.init import kaiming_init
from mlp_from_scratch.layers import linear, relu
from mlp_from_scratch.normalization import normalize, test_near_zero

x_train, y_train, x_valid, y_valid = load_mnist()
assert [(tuple(t.shape), t.dtype) for t in (x_train, y_train, x_valid, y_valid)] == [
    ((50000, 784), torch.float32), ((50000,), torch.int64), ((10000, 784), torch.float32), ((10000,), torch.int64)]
mean, std = x_train.mean(), x_train.std()
x_train, x_valid = normalize(x_train, mean, std), normalize(x_valid, mean, std)
test_near_zero(x_train.mean())
test_near_zero(x_train.std() - 1)
w1, b1 = kaiming_init(784, 50, generator=torch.Generator().manual_seed(42))
t = linear(x_valid, w1, b1)
x = relu(t)
# Over draws: std 0.989 with a standard deviation of 0.033, and 0.393 with 0.040; five of them either way
assert t.shape == (10000, 50) and abs(t.std() - 0.989) < 5 * 0.033, t.std()
assert x.min() == 0 and abs(x.mean() - 0.393) < 5 * 0.040, x.mean()
print(f'{mlp_from_scratch.__file__}: {tuple(x.shape)}, mean {x.mean():.4f} after ReLU, 0.3989 for a unit Gaussian')
