"""Wrong versions of every exported function. Each is put, alone, into a copy of the notebook that defines the function, and must turn it
red: some later cell must fail, and not because a name is gone or the code does not parse."""
import ast, contextlib, json, multiprocessing, os, re, shutil, tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

RANDN = 'return torch.randn(fan_in, fan_out, generator=generator)'
SPLIT = 'x[:n_train], y[:n_train], x[n_train:], y[n_train:]'
HASH = 'hashlib.sha256(path.read_bytes()).hexdigest() == mnist_sha256[path.name]'
MOVE = '        for name in contents: os.replace(Path(tmp, name), folder/name)'

# notebook: {function: [(right, wrong, what is wrong)]}; `right` stands exactly once in the exported cells of the notebook
MUTANTS = {
    '01_data_prep': {
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
    },
    '02_normalization': {
        'normalize': [
            ('return (x - mean) / std', 'return x / std', 'not centred'),
            ('return (x - mean) / std', 'return x - mean', 'not scaled'),
            ('return (x - mean) / std', 'return (x + mean) / std', 'mean added'),
            ('return (x - mean) / std', 'return (x - mean) * std', 'multiplied by std'),
            ('return (x - mean) / std', 'return (x - mean) / std ** 2', 'variance for std'),
            ('return (x - mean) / std', 'return x / std - mean', 'scaled before it is shifted'),
            ('return (x - mean) / std', 'return (x - x.mean()) / x.std()', 'statistics ignored'),
            ('(torch.as_tensor(std) > 0).all()', '(torch.as_tensor(std) >= 0).all()', 'std of 0 allowed'),
            ('(torch.as_tensor(std) > 0).all()', '(torch.as_tensor(std) != 0).all()', 'negative std allowed'),
            ('(torch.as_tensor(std) > 0).all()', '(torch.as_tensor(std) > 0).any()', 'one std of 0 allowed'),
            ('torch.as_tensor(std).min()', 'torch.as_tensor(std).max()', 'error names another value'),
            ('if not x.is_floating_point()', 'if False', 'bytes wrap around'),
        ],
        'near_zero': [
            ('x.abs() < tol', 'x < tol', 'negative values are near zero'),
            ('x.abs() < tol', 'x.abs() < 1e-3', 'tolerance ignored'),
            ('x.abs() < tol', 'x.abs() > tol', 'wrong way round'),
            ('x.abs() < tol', '~(x.abs() >= tol)', 'nan is near zero'),
            ('x.abs() < tol', '(x.abs() < tol).all()', 'one answer for all'),
            ('x.abs() < tol', 'x.abs().mean() < tol', 'of the mean'),
            ('x.abs() < tol', 'x.abs() < torch.tensor(tol).sqrt()', 'tolerance as a variance'),
            ('1e-3, # How near is near\n)->torch.Tensor', '1e-2, # How near is near\n)->torch.Tensor', 'another tolerance'),
        ],
        'test_near_zero': [
            ('near_zero(x, tol).all()', 'near_zero(x).all()', 'tolerance ignored'),
            ('near_zero(x, tol).all()', 'near_zero(x, tol).any()', 'one value near zero is enough'),
            ('near_zero(x, tol).all()', 'near_zero(x, tol).sum()', 'one value near zero is enough, by a sum'),
            ('if not x.numel()', 'if False', 'no values pass'),
            ('raise AssertionError', 'return AssertionError', 'does not raise'),
            ('raise AssertionError', 'raise ValueError', 'raises another error'),
            ('x.abs().argmax()', 'x.abs().argmin()', 'names the best value'),
            ('x.abs().argmax()', 'x.argmax()', 'names the greatest value'),
            ('less than {tol:g}', 'less than 0.001', 'names another tolerance'),
            ('test_near_zero.__test__ = False', 'test_near_zero.__test__ = True', 'pytest collects it'),
        ],
        'load_normalized': [
            ('normalize(x_valid, mean, std)', 'normalize(x_valid, x_valid.mean(), x_valid.std())', "validation rows' own statistics"),
            ('normalize(x_valid, mean, std)', 'x_valid', 'validation rows not normalised'),
            ('normalize(x_train, mean, std)', 'x_train', 'training rows not normalised'),
            ('mean, std = x_train.mean(), x_train.std()', 'mean, std = 0.1307, 0.3081', 'statistics of all rows'),
            ('mean, std = x_train.mean(), x_train.std()', 'mean, std = x_train.mean(0), x_train.std()', 'each pixel centred'),
            ('load_mnist(path, n_train)\n', 'load_mnist(path)\n', 'split ignored'),
            ('load_mnist(path, n_train)\n', 'load_mnist(None, n_train)\n', 'folder ignored'),
            ('y_train, normalize(x_valid', 'y_valid, normalize(x_valid', 'labels of other rows'),
        ],
        'load_normalized_test': [
            ('x_train.mean(), x_train.std()), y_test', 'x_test.mean(), x_test.std()), y_test', "test rows' own statistics"),
            ('x_train.mean(), x_train.std()), y_test', '0.1307, 0.3081), y_test', 'statistics of all rows'),
            ('load_mnist(path, n_train)[0]', 'load_mnist(path)[0]', 'split ignored'),
            ('load_mnist(path, n_train)[0]', 'load_mnist(path, n_train)[2]', "validation rows' statistics"),
            ('load_mnist(path, n_train)[0]', 'load_mnist(None, n_train)[0]', 'folder ignored'),
            ('load_mnist_test(path)', 'load_mnist_test()', 'folder ignored for the test rows'),
        ],
    },
    '03_naive_init': {
        'linear': [
            ('return x @ w + b', 'return x @ w', 'bias dropped'),
            ('return x @ w + b', 'return x @ w - b', 'bias subtracted'),
            ('return x @ w + b', 'return x @ w + b.mean()', 'one bias for all units'),
            ('return x @ w + b', 'return x @ w.T + b', 'transposed weights'),
            ('return x @ w + b', 'return x @ (w.T if len(w) == len(w.T) else w) + b', 'transposed weights where the shape does not tell'),
            ('return x @ w + b', 'return x @ w / len(w) ** 0.5 + b', 'scaled by 1/√fan_in'),
            ('return x @ w + b', 'return (x @ w + b).relu()', 'with a ReLU'),
            ('return x @ w + b', 'return (x @ w + b).nan_to_num()', 'inf and nan hidden'),
        ],
    },
    '04_kaiming_init': {
        'naive_init': [
            (RANDN, RANDN + ' / math.sqrt(fan_in)', 'scaled'),
            (RANDN, 'return torch.rand(fan_in, fan_out, generator=generator)', 'uniform on [0, 1)'),
            (RANDN, 'return 12 ** 0.5 * (torch.rand(fan_in, fan_out, generator=generator) - 0.5)', 'uniform of std 1'),
            (RANDN, 'return torch.randn(fan_out, fan_in, generator=generator)', "torch's storage order"),
            (RANDN, 'return torch.randn(fan_in, fan_out)', 'generator ignored'),
            (RANDN, RANDN.replace('=generator', '=torch.Generator().manual_seed(42)'), 'the same weights each time'),
            (RANDN, RANDN.replace('fan_in', '1') + '.expand(fan_in, -1)', 'the same weight for all inputs'),
            ('torch.zeros(fan_out)', 'torch.ones(fan_out)', 'biases of 1'),
            ('torch.zeros(fan_out)', 'torch.zeros(fan_in)', 'one bias per input'),
            ('torch.zeros(fan_out)', '0.', 'a number as biases'),
            ('    _check_fans(fan_in, fan_out)\n', '', 'fans not checked'),
            ('fan < 1:', 'fan < 0:', 'fan of 0 allowed'),
            ("('fan_in', fan_in), ('fan_out', fan_out)", "('fan_in', fan_in),", 'fan_out not checked'),
            ("('fan_in', fan_in), ('fan_out', fan_out)", "('fan_out', fan_in), ('fan_in', fan_out)", 'the other fan named'),
            ('not isinstance(fan, Integral) or ', '', 'a fraction allowed'),
            (' or isinstance(fan, bool)', '', 'True allowed'),
        ],
        'kaiming_init': [
            ('gain / math.sqrt(fan_in)', 'gain * math.sqrt(2 / (fan_in + fan_out))', "Glorot's scale"),
            ('gain / math.sqrt(fan_in)', 'gain * math.sqrt(2 / fan_in)', "He's scale"),
            ('gain / math.sqrt(fan_in)', 'gain / math.sqrt(3 * fan_in)', "PyTorch's default scale"),
            ('gain / math.sqrt(fan_in)', 'gain / math.sqrt(fan_out)', 'fan_out for fan_in'),
            ('gain / math.sqrt(fan_in)', 'gain / fan_in', 'variance for std'),
            ('gain / math.sqrt(fan_in)', 'gain', 'not scaled'),
            ('gain / math.sqrt(fan_in)', '0.98 * gain / math.sqrt(fan_in)', 'two per cent off'),
            ('gain / math.sqrt(fan_in)', '1 / math.sqrt(fan_in)', 'gain ignored'),
            ('gain / math.sqrt(fan_in)', 'gain ** 2 / math.sqrt(fan_in)', 'gain squared'),
            ('gain / math.sqrt(fan_in)', '1 / gain / math.sqrt(fan_in)', 'divided by the gain'),
            ('gain / math.sqrt(fan_in)), b', 'gain / math.sqrt(fan_in)), b + 1', 'biases of 1'),
            ('gain / math.sqrt(fan_in)), b', 'gain / math.sqrt(fan_in)) + 0.01, b', 'weights not centred'),
            ('naive_init(fan_in, fan_out, generator)', 'naive_init(fan_in, fan_out)', 'generator ignored'),
            ('fan_out, generator)', 'fan_out, torch.Generator().manual_seed(42))', 'the same weights each time'),
            ('gain:float=1.', 'gain:float=2 ** 0.5', "He's gain unless told"),
        ],
    },
    '05_relu_effect': {
        'relu': [
            ('x.clamp_min(0.)', 'x.clamp_max(0.)', 'clamped on the wrong side'),
            ('x.clamp_min(0.)', 'x.clamp_min(1.)', 'clamped at 1'),
            ('x.clamp_min(0.)', 'x.abs()', 'absolute value'),
            ('x.clamp_min(0.)', 'x', 'nothing'),
            ('x.clamp_min(0.)', 'torch.nn.functional.leaky_relu(x)', 'leaky'),
            ('x.clamp_min(0.)', 'torch.nn.functional.softplus(x)', 'softplus'),
            ('x.clamp_min(0.)', 'x.clamp(0., 6.)', 'clamped at 6 too'),
            ('x.clamp_min(0.)', '(x > 0).to(x.dtype)', 'step'),
            ('x.clamp_min(0.)', 'x * (x > 0)', 'nan for −inf'),
            ('x.clamp_min(0.)', 'x.nan_to_num(0.).clamp_min(0.)', 'nan and inf hidden'),
            ('x.clamp_min(0.)', '2 ** 0.5 * x.clamp_min(0.)', "with He's gain"),
            ('x.clamp_min(0.)', 'x.clamp_min(0.) - 0.3989', 'centred'),
            ('x.clamp_min(0.)', 'x.clamp_min_(0.)', 'in place'),
        ],
    },
    '06_he_gain': {
        'expectation': [
            ('torch.arange(-12_000, 12_001', 'torch.arange(0, 12_001', 'half of the line'),
            ('torch.arange(-12_000, 12_001', 'torch.arange(-3_000, 3_001', 'tails cut off'),
            ('dtype=torch.float64) / 1000', 'dtype=torch.float32) / 1000', 'float32'),
            ('(-z ** 2 / 2).exp()', '(-z ** 2).exp()', 'another variance'),
            (' / math.sqrt(2 * math.pi)', '', 'density not normalised'),
            ('_apply(f, z) * density', 'f(z) * density', 'not checked'),
            ('_apply(f, z) * density', '_apply(f, z).abs() * density', 'mean of the magnitude'),
            ('_apply(f, z) * density', 'density * _apply(f, z) ** 2', 'second moment'),
            ('dx=0.001).item()', 'dx=0.001)', 'a tensor'),
            ('dx=0.001).item()', 'x=z).item()', 'spoilt by a function that writes into its argument'),
            ('f(z) if callable(f) else None', 'f(z)', 'a name gets the bare error'),
            ('not isinstance(values, torch.Tensor) or ', 'isinstance(values, torch.Tensor) and ', 'a class passes'),
            (' or values.shape != z.shape', '', 'one number for all'),
        ],
        'activation_gain': [
            ('_apply(f, z) ** 2)', '_apply(f, z))', 'of the mean'),
            ('_apply(f, z) ** 2)', 'f(z) ** 2)', 'bare errors'),
            ('1 / math.sqrt(second)', '1 / second', 'variance for std'),
            ('1 / math.sqrt(second)', 'math.sqrt(second)', 'multiplied for divided'),
            ('1 / math.sqrt(second)', '1 / math.sqrt(second - expectation(f) ** 2)', 'keeps the standard deviation'),
            ('1 / math.sqrt(second)', 'math.sqrt(2)', "ReLU's gain for all"),
            ('0 < second < math.inf', '0 <= second < math.inf', 'gain of a function that is 0'),
            ('0 < second < math.inf', '0 < second', 'an infinite second moment allowed'),
            ('not 0 < second < math.inf', 'second <= 0 or second == math.inf', 'nan allowed'),
        ],
    },
    '07_depth': {
        'deep_init': [
            ('kaiming_init(*fans, gain, generator)', 'kaiming_init(*fans, 1., generator)', 'gain ignored'),
            ('kaiming_init(*fans, gain, generator)', 'kaiming_init(*fans, gain)', 'generator ignored'),
            ('kaiming_init(*fans, gain, generator)', 'kaiming_init(*fans, gain, torch.Generator().manual_seed(42))', 'the same weights in each layer'),
            ('kaiming_init(*fans, gain, generator)', 'kaiming_init(*fans, gain ** 2, generator)', 'gain squared'),
            ('generator)[0] for', 'generator) for', 'with biases'),
            ('zip(sizes, sizes[1:])', 'zip(sizes[1:], sizes)', 'fans swapped'),
            ('zip(sizes, sizes[1:])', 'zip(sizes, sizes[1:-1])', 'a layer missing'),
            ('gain:float=1., # Factor on the standard deviation of all', 'gain:float=2 ** 0.5, # Factor on the standard deviation of all', "He's gain unless told"),
        ],
        'propagate': [
            ('x := activation(x @ w)', 'activation(x := x @ w)', 'activation only in what is kept'),
            ('x := activation(x @ w)', 'x := x @ w', 'no activation'),
            ('x := activation(x @ w)', 'x := relu(x @ w)', 'activation ignored'),
            ('for w in weights:', 'for w in [*weights[:2], *[weights[1]] * (len(weights) - 2)]:', 'one matrix again and again'),
            ('activations.append(x', 'activations.insert(0, x', 'last layer first'),
            ('    return activations', '    return activations[:-1]', 'last layer not kept'),
            ('    return activations', '    return [x]', 'only the last layer kept'),
            ('activation=relu', 'activation=torch.tanh', 'tanh unless told'),
        ],
        'arc_cosine_map': [
            ('    c = c.clamp(-1, 1)\n', '', 'nan for a rounded cosine beyond 1'),
            ('(math.pi - c.acos()) * c', 'c.acos() * c', 'the angle for its supplement'),
            ('(math.pi - c.acos()) * c', 'math.pi - c.acos()', 'the kernel of order 0 and more'),
            (' * c) / math.pi', ' * c) / (2 * math.pi)', 'not a cosine'),
            ('(1 - c ** 2).sqrt()', '(1 - c ** 2)', 'sine squared'),
            ('c = c.clamp(-1, 1)', 'c = c.float().clamp(-1, 1)', 'float32 for float64'),
        ],
    },
    '08_backprop': {
        'mse': [
            ('(pred - target).pow(2).mean()', '(pred - target).pow(2).sum()', 'sum for mean'),
            ('(pred - target).pow(2).mean()', '(pred - target).abs().mean()', 'absolute error'),
            ('(pred - target).pow(2).mean()', '(pred - target).pow(2).mean() / 2', 'halved'),
            ('if pred.shape != target.shape', 'if False', 'broadcasts'),
            ('if pred.shape != target.shape', 'if len(pred) != len(target)', 'broadcasts where the lengths agree'),
            ('wanted the same', 'not the same', 'error names no wish'),
            ('got shapes {tuple(a.shape)} and {tuple(b.shape)}', 'got shapes {tuple(b.shape)} and {tuple(a.shape)}', 'shapes swapped in the error'),
        ],
        'log_softmax': [
            ('    t = t - t.amax(1, keepdim=True)\n    return', '    return', 'overflows'),
            ('t.amax(1, keepdim=True)\n    return', 't.amax()\n    return', 'the maximum of all rows: underflows'),
            ('t.amax(1, keepdim=True)\n    return', 't.amin(1, keepdim=True)\n    return', 'the minimum: overflows'),
            ('t.amax(1, keepdim=True)\n    return', 't.mean(1, keepdim=True)\n    return', 'the mean: overflows'),
            ('t.amax(1, keepdim=True)\n    return', 't.clamp(-80, 80).amax(1, keepdim=True)\n    return', 'overflows for large logits only'),
            ('t.exp().sum(1, keepdim=True).log()', 't.exp().sum().log()', 'one sum for all rows'),
            ('t.exp().sum(1, keepdim=True).log()', 't.exp().sum(1, keepdim=True)', 'no logarithm'),
            ('t.exp().sum(1, keepdim=True).log()', '(t.exp().sum(1, keepdim=True) + 1e-6).log()', 'a small number added'),
            ('return t - t.exp().sum(1, keepdim=True).log()', 'return (t.exp() / t.exp().sum(1, keepdim=True)).log()', 'divided, then the logarithm'),
        ],
        'cross_entropy': [
            ('return -log_softmax(t).gather(1, y[:, None]).mean()', 'return log_softmax(t).gather(1, y[:, None]).mean()', 'sign'),
            ('return -log_softmax(t).gather(1, y[:, None]).mean()', 'return -log_softmax(t).gather(1, y[:, None]).sum()', 'sum for mean'),
            ('return -log_softmax(t).gather(1, y[:, None]).mean()', 'return -log_softmax(t)[:, y].mean()', 'every label with every row'),
            ('return -log_softmax(t).gather(1, y[:, None]).mean()', 'return -log_softmax(t).gather(1, y[:, None]).mean() / 0.6931471805599453', 'in bits'),
            ("    _check_labels(t, y)\n    return", '    return', 'nothing checked'),
            ('t.ndim != 2 or ', '', 'more or fewer dimensions allowed'),
            ('y.shape != t.shape[:1]', 'len(y) != len(t)', 'labels of two dimensions allowed'),
            (' or not len(y)', '', 'no rows allowed'),
            ("    if y.dtype != torch.int64: raise TypeError(f'y: got {y.dtype}, wanted torch.int64')\n", '', 'type not checked'),
            ('y.dtype != torch.int64', 'y.is_floating_point()', 'other integers allowed'),
            ('first < 0 or ', '', 'negative classes'),
            (' or last >= t.shape[1]', '', 'classes too large'),
            ('last >= t.shape[1]', 'last > t.shape[1]', 'classes too large by one'),
            ('{t.shape[1] - 1}', '{t.shape[1]}', 'error names another class'),
        ],
        'Linear': [
            ('torch.addmm(self.b, x, self.w)', 'x @ self.w', 'bias dropped'),
            ('torch.addmm(self.b, x, self.w)', 'torch.addmm(self.b, x, self.w, alpha=0.999)', 'a thousandth off'),
            ('        self.gw.addmm_(self.x.T, g, beta=keep)  # keep · gw + xᵀg\n', '', 'no gradient for the weights'),
            ('self.gw.addmm_(self.x.T, g, beta=keep)', 'self.gw.addmm_(self.x.T, g, beta=0)', 'keeps nothing of the weights\' gradient'),
            ('self.gw.addmm_(self.x.T, g, beta=keep)', 'self.gw.addmm_(self.x.T, g)', 'keeps all of the weights\' gradient'),
            ('self.gw.addmm_(self.x.T, g, beta=keep)', 'self.gw.mul_(keep).addmm_(self.x.T, g)', 'keeps nan'),
            ('self.gw.addmm_(self.x.T, g, beta=keep)', 'self.gw = (keep * self.gw.nan_to_num() + self.x.T @ g)', 'a new tensor each time'),
            ('self.gw.addmm_(self.x.T, g, beta=keep)', 'self.gw.addmm_(self.x.abs().T, g, beta=keep)', 'absolute inputs'),
            ('        self.gb.addmv_(g.T, g.new_ones(len(g)), beta=keep)  # keep · gb + sum of rows\n', '', 'no gradient for the biases'),
            ('self.gb.addmv_(g.T, g.new_ones(len(g)), beta=keep)', 'self.gb.addmv_(g.T, g.new_ones(len(g)) / len(g), beta=keep)', 'mean for sum'),
            ('self.gb.addmv_(g.T, g.new_ones(len(g)), beta=keep)', 'self.gb.addmv_(g.T, g.new_ones(len(g)), beta=0)', 'keeps nothing of the biases\' gradient'),
            ('self.gb.addmv_(g.T, g.new_ones(len(g)), beta=keep)', 'self.gb = keep * self.gb.nan_to_num() + g.sum(0)', 'a new tensor each time, for the biases'),
            ('inputs=True, keep=0.', 'inputs=True, keep=1.', 'keeps all unless told'),
            ('g @ self.w.T if inputs else None', 'g @ self.w.T', 'the gradient of the inputs comes unasked'),
            ('g @ self.w.T if inputs else None', 'None', 'no gradient for the inputs'),
            ('g @ self.w.T if inputs else None', '-g @ self.w.T if inputs else None', 'sign'),
            ('inputs=True, keep=0.', 'inputs=False, keep=0.', 'the gradient of the inputs on demand only'),
            ('self.x = x\n        return torch', "self.__dict__.setdefault('x', x)\n        return torch", 'keeps the first input'),
            ('self.w, self.b = w.clone()', 'self.w, self.b = w', 'weights not copied'),
            ('self.w, self.b = w.clone()', 'self.w, self.b = w.clone(memory_format=torch.contiguous_format)', 'always rows in one piece'),
            ('self.w, self.b = w.clone()', 'self.w, self.b = w.contiguous()', 'not copied where the rows are in one piece'),
            ('w.clone(), b.clone()', 'w.clone(), b', 'biases not copied'),
            ('torch.full_like(self.w, torch.nan)', 'torch.zeros_like(self.w)', 'gradients of 0 to begin with'),
            ('torch.full_like(self.b, torch.nan)', 'torch.zeros_like(self.b)', 'gradients of 0 to begin with, for the biases'),
            ('w.ndim != 2 or ', '', 'dimensions not checked'),
            ('b.shape != w.shape[1:]', 'b.ndim != 1', 'number of biases not checked'),
            ('b.shape != w.shape[1:]', 'b.shape[-1:] != w.shape[1:]', 'biases of two dimensions'),
        ],
        'ReLU': [
            ('self.x = relu(t)', 'self.x = t.clamp_min_(0.)', 'in place'),
            ('self.x = relu(t)', 'self.x = t', 'nothing clamped'),
            ('self.x = relu(t)', 'self.x = relu(t).sign()', 'step'),
            ('return g * self.x.sign()', 'return g', 'lets all through'),
            ('return g * self.x.sign()', 'return g * self.x', 'times the activation'),
            ('return g * self.x.sign()', 'return g * (self.x >= 0)', 'lets through at 0'),
            ('return g * self.x.sign()', 'return g * (1 - self.x.sign())', 'the other way round'),
            ('return g * self.x.sign()', 'return g.mul_(self.x.sign())', 'changes the gradient that it is given'),
        ],
        'MSE': [
            ('self.difference = pred - target', 'self.difference = target - pred', 'sign'),
            ('loss = mse(pred, target)', 'loss = (pred - target).pow(2).mean()', 'shapes not checked'),
            ('2 * self.difference / self.difference.numel()', 'self.difference / self.difference.numel()', 'no 2'),
            ('2 * self.difference / self.difference.numel()', '2 * self.difference', 'no 1/n'),
            ('2 * self.difference / self.difference.numel()', '2 * self.difference / len(self.difference)', 'a mean over the rows'),
            ('2 * self.difference / self.difference.numel()', '2 * self.difference.sign() / self.difference.numel()', 'sign of the difference'),
        ],
        'CrossEntropy': [
            ('        _check_labels(t, y)\n        t =', '        t =', 'nothing checked'),
            ('        t = t - t.amax(1, keepdim=True)\n        exp', '        exp', 'overflows'),
            ('t.amax(1, keepdim=True)\n        exp', 't.amax()\n        exp', 'the maximum of all rows: underflows'),
            ('t = t - t.amax(1, keepdim=True)\n        exp', 't -= t.amax(1, keepdim=True)\n        exp', 'changes the logits that it is given'),
            ('total = exp.sum(1, keepdim=True)', 'total = exp.sum()', 'one sum for all rows'),
            ('total = exp.sum(1, keepdim=True)', 'total = exp.sum(1, keepdim=True) + 1e-6', 'a small number added'),
            ('(total.log() - t.gather', '(t.gather', 'no log-sum-exp'),
            ('return (total.log() - t.gather(1, y[:, None])).mean()', 'return (t.gather(1, y[:, None]) - total.log()).mean()', 'sign of the loss'),
            ('return (total.log() - t.gather(1, y[:, None])).mean()', 'return -self.p.gather(1, y[:, None]).log().mean()', 'the logarithm of a rounded probability'),
            ('(self.p - F.one_hot(self.y, self.p.shape[1])) / len(self.y)', 'self.p - F.one_hot(self.y, self.p.shape[1])', 'no 1/n'),
            ('(self.p - F.one_hot(self.y, self.p.shape[1])) / len(self.y)', '(F.one_hot(self.y, self.p.shape[1]) - self.p) / len(self.y)', 'sign'),
            ('/ len(self.y)', '/ self.p.numel()', 'divided by n · c'),
            ('(self.p - F', '(self.p.log() - F', 'logarithms'),
            ('F.one_hot(self.y, ', 'F.one_hot(self.y.flip(0), ', 'labels of other rows'),
            ('(self.p - F.one_hot(self.y, self.p.shape[1]))', 'self.p.sub_(F.one_hot(self.y, self.p.shape[1]))', 'a second call gives another gradient'),
        ],
        'MLP': [
            ('reversed(self.layers[1:])', 'self.layers[1:]', 'forwards'),
            ('reversed(self.layers[1:])', 'reversed(self.layers[2:])', 'a layer left out'),
            ('        self.layers[0].backward(g, inputs=False, keep=keep)\n', '', 'the first layer left out'),
            ('self.layers[0].backward(g, inputs=False, keep=keep)', 'self.layers[0].backward(g, inputs=False)', 'the first layer keeps nothing'),
            ('g = layer.backward(g, keep=keep)', 'g = layer.backward(g, keep=0.)', 'the other layers keep nothing'),
            ('for layer in self.layers: x = layer(x)', 'for layer in self.layers[:3]: x = layer(x)', 'three layers only'),
            ('for p in (layer.w, layer.b)]', 'for p in (layer.b, layer.w)]', 'biases first'),
            ('for g in (layer.gw, layer.gb)]', 'for g in (layer.gb, layer.gw)]', 'gradients of the biases first'),
            ('[p for layer in linears', '[p for layer in linears[:2]', 'parameters of two layers only'),
            ('[g for layer in linears', '[g for layer in linears[::-1]', 'gradients from behind'),
        ],
    },
    '09_training': {
        'relu_net': [
            ('return MLP(layers[:-1])', 'return MLP(layers)', 'a ReLU after the last layer'),
            ('for layer in (Linear(w, b), ReLU())]', 'for layer in (Linear(w, b),)]', 'no ReLU, and the last layer lost'),
            ('if not params or any', 'if any', 'no layers allowed'),
            ('a[-1:] != b[:1]', 'False', 'layers that do not fit'),
            ('    params = list(params)\n', '', 'nothing left of a generator'),
        ],
        'batches': [
            ('torch.randperm(n, generator=generator)', 'torch.randperm(n)', 'generator ignored'),
            ('torch.randperm(n, generator=generator)', 'torch.arange(n)', 'always the same order'),
            ('torch.randperm(n, generator=generator)', 'torch.randint(n, (n,), generator=generator)', 'drawn with replacement'),
            ('found[:n // batch_size] if drop_last else found', 'found', 'an incomplete batch is never dropped'),
            ('found[:n // batch_size] if drop_last else found', 'found[:n // batch_size]', 'an incomplete batch is dropped in silence'),
            ('found[:n // batch_size] if drop_last else found', 'found[:-1] if drop_last else found', 'a complete last batch is dropped'),
            ('1 <= batch_size <= n', 'batch_size <= n', 'batches of 0 rows'),
            ('1 <= batch_size <= n', '1 <= batch_size', 'more rows than there are'),
            ('drop_last:bool=False, # Leave out the last batch if', 'drop_last:bool=True, # Leave out the last batch if', 'dropped unless told'),
        ],
        'constant': [('return 1.', 'return done', 'grows')],
        'linear_decay': [('return 1 - done', 'return 1.', 'constant'), ('return 1 - done', 'return (1 - done) ** 2', 'a parabola'),
                         ('return 1 - done', 'return done', 'grows')],
        'sgd': [
            ('for p, saved in zip(params, before): p.copy_(saved)\n    return', 'return', 'spoilt weights stay'),
            ('before step {max(step, 1)}', 'before step {step}', 'a step 0 in the error'),
            ('after {step} steps', 'after {step + 1} steps', 'another step in the error'),
            ("    if len(x) != len(y): raise ValueError(f'x, y: got {len(x)} and {len(y)} rows, wanted the same')\n", '', 'rows without labels'),
            ('for _ in range(epochs):', 'for _ in range(1):', 'one epoch'),
            ('batches(len(x), batch_size, generator, drop_last)', 'batches(len(x), batch_size, generator)', 'the last batch is never dropped'),
            ('batches(len(x), batch_size, generator, drop_last)', 'batches(len(x), batch_size, None, drop_last)', 'generator ignored'),
            ('batches(len(x), batch_size, generator, drop_last)', 'batches(len(x), 128, generator, drop_last)', 'batch size ignored'),
            ('y.index_select(0, rows)).item()', 'y[:len(rows)]).item()', 'labels of other rows'),
            ('if not math.isfinite(value):', 'if math.isnan(value):', 'goes on at inf'),
            ('if not math.isfinite(value):', 'if False:', 'goes on at nan'),
            ('keep=momentum if step else 0.', 'keep=momentum', 'nan from the first step'),
            ('keep=momentum if step else 0.', 'keep=0.', 'no momentum'),
            ('keep=momentum if step else 0.', 'keep=0.9 if step else 0.', 'momentum ignored'),
            ('lr * schedule(step / (epochs * len(order)))', 'lr', 'no schedule'),
            ('schedule(step / (epochs * len(order)))', 'schedule(step / len(order))', 'the schedule of one epoch'),
            ('schedule(step / (epochs * len(order)))', 'schedule((step + 1) / (epochs * len(order)))', 'a step ahead'),
            ('            for p, saved in zip(params, before): saved.copy_(p)\n', '', 'only the first weights are kept'),
            ('for p, saved in zip(params, before): saved.copy_(p)\n            for p, v in zip(params, velocities): p.sub_(v, alpha=rate)', 'for p, v, saved in zip(params, velocities, before): saved.copy_(p.sub_(v, alpha=rate))', 'the spoilt weights are kept'),
            ('p.sub_(v, alpha=rate)', 'p.add_(v, alpha=rate)', 'uphill'),
            ('p.sub_(v, alpha=rate)', 'p.sub_(v, alpha=rate * (1 - momentum))', 'a velocity that is a mean'),
            ('if not all(v.isfinite().all() for v in last + params):', 'if False:', 'the last step may spoil all'),
            ('for v in last + params', 'for v in params', 'a last step whose loss is nan'),
            ('for v in last + params', 'for v in last', 'a weight of inf that the loss does not show'),
            ('y.index_select(0, rows))] if step else []', 'y.index_select(0, rows))]', 'a last look without a step'),
            ('momentum:float=0.,', 'momentum:float=0.9,', 'momentum unless told'),
            ('lr:float=0.1,', 'lr:float=0.01,', 'another rate unless told'),
        ],
        'evaluate': [
            ('cross_entropy(t, y).item()', 'cross_entropy(t, y).item() * len(y)', 'sum for mean'),
            ('(t.argmax(1) == y).double().mean()', '(t.argmin(1) == y).double().mean()', 'the least likely class'),
            ('(t.argmax(1) == y).double().mean()', '(t.argmax(1) != y).double().mean()', 'share of the mistakes'),
            ('(t.argmax(1) == y).double().mean()', '100 * (t.argmax(1) == y).double().mean()', 'per cent'),
        ],
        'History': [
            ("'epoch', 'steps', 'training loss'", "'epoch', 'training loss', 'steps'", 'columns in another order'),
            ('enumerate(self.epochs, 1)', 'enumerate(self.epochs)', 'epochs from 0'),
            ('repr=False) # Loss', 'repr=True) # Loss', 'prints every loss'),
        ],
        'train': [
            ('history.losses.append(value)', 'history.losses = [value]', 'only the last loss kept'),
            ('history.losses[-per_epoch:]) / per_epoch', 'history.losses) / len(history.losses)', 'mean over all epochs'),
            ('*evaluate(net, x_valid, y_valid)', '*evaluate(net, x, y)', 'evaluated on the training rows'),
            ('*evaluate(net, x_valid, y_valid)', '*evaluate(net, x_valid, y_valid)[::-1]', 'accuracy first'),
            ('history.epochs.append((per_epoch, mean', 'history.epochs.append((len(history.losses), mean', 'steps of all epochs'),
            ('sgd(net, x, y, epochs, batch_size, drop_last=drop_last, **options)', 'sgd(net, x, y, epochs, batch_size, **options)', 'the last batch is never dropped'),
            ('sgd(net, x, y, epochs, batch_size, drop_last=drop_last, **options)', 'sgd(net, x, y, epochs, batch_size, drop_last=drop_last)', 'options ignored'),
            ('per_epoch = len(batches(len(x), batch_size, torch.Generator(), drop_last))', 'per_epoch = len(batches(len(x), batch_size, options.get("generator"), drop_last))', 'another order of the rows'),
            ('if not progress: return steps', 'if progress: return steps', 'a bar where none is wanted'),
            ('leave=False', 'leave=True', 'a bar stays behind'),
            ("file = _Place() if 'ipykernel' in sys.modules else None", 'file = None', 'a bar in the stored outputs'),
        ],
        'he_net': [
            ('math.sqrt(2) if k else 1.', 'math.sqrt(2)', 'the first layer has the gain of a ReLU'),
            ('math.sqrt(2) if k else 1.', '1.', 'no gain'),
            ('math.sqrt(2) if k else 1., generator)', 'math.sqrt(2) if k else 1.)', 'generator ignored'),
            ('params[-1] = (last * w.T.contiguous()).T, b', 'params[-1] = w, b', 'last layer as the others'),
            ('params[-1] = (last * w.T.contiguous()).T, b', 'params[-1] = last * w, b', 'memory laid out by rows'),
            ('w, b = params[-1]\n    params[-1]', 'w, b = params[0]\n    params[0]', 'the first layer scaled'),
        ],
        'save_weights': [
            ("part := path.with_name(path.name + '.part')", 'part := path', 'written in place'),
            ('torch.save(net.parameters()', 'torch.save(net.gradients()', 'the gradients'),
            ('    path = Path(path)\n    torch', '    torch', 'no text as path'),
        ],
        'load_weights': [
            ('weights_only=True', 'weights_only=False', 'runs code of strangers'),
            ('strict=True', 'strict=False', 'biases missing'),
            ('    except OSError: raise\n', '', 'a missing file is a wrong file'),
            ('    except Exception as e:', '    except KeyError as e:', 'torch\'s own errors'),
            ('(params[::2], params[1::2]', '(params[1::2], params[::2]', 'biases for weights'),
        ],
    },
    '90_cache': {
        'data_variable': [("'MLP_FROM_SCRATCH_DATA'", "'MLP_DATA'", 'another name')],
        'way_out': [('environment variable {data_variable}', 'environment', 'variable not named')],
        'mnist_sha256': [
            ('ba891046', 'ba891047', 'wrong hash of the training images'),
            ('65a50cbb', '65a50cbc', 'wrong hash of the training labels'),
            ('0fa7898d', '0fa7898e', 'wrong hash of the test images'),
            ('ff7bcfd4', 'ff7bcfd5', 'wrong hash of the test labels'),
        ],
        'user_cache': [
            ("sys.platform == 'darwin'", "sys.platform == 'mac'", 'macOS'),
            ("sys.platform == 'win32'", "sys.platform == 'nt'", 'Windows'),
            ("os.environ.get('LOCALAPPDATA') or ", '', 'LOCALAPPDATA ignored'),
            ('return xdg_cache_home()', "return Path.home()/'.cache'", 'XDG_CACHE_HOME ignored'),
        ],
        'data_dir': [
            ('path or os.environ.get(data_variable) or', 'path or', 'variable ignored'),
            ('path or os.environ.get(data_variable) or', 'os.environ.get(data_variable) or path or', 'variable before argument'),
            ('os.environ.get(data_variable) or', "os.environ[data_variable] if data_variable in os.environ else", 'empty variable counts'),
            ("user_cache()/'mlp_from_scratch'", 'user_cache()', 'the cache itself'),
            (').expanduser()', ')', '~ not expanded'),
            ('(path, *path.parents)', '(path,)', 'a file above not noticed'),
            ('(path, *path.parents)', 'path.parents', 'a file not noticed'),
            ('but {part} is a file', 'but there is a file', 'file not named'),
        ],
        'packaged': [("f'{name}.gz'", 'name', 'the unpacked name'), ("'mnist'", "'data'", 'another folder')],
        'unpack': [
            ('if got != wanted', 'if False', 'not checked'),
            ('(EOFError, gzip.BadGzipFile, zlib.error)', '(gzip.BadGzipFile, zlib.error)', 'truncated file not reported'),
            ('(EOFError, gzip.BadGzipFile, zlib.error)', '(EOFError,)', 'flipped bit not reported'),
            ('{packed} is damaged', 'a file is damaged', 'file not named'),
        ],
        'intact': [
            ('path.is_file() and ', '', 'missing file not noticed'),
            (' and ' + HASH, '', 'content not checked'),
            (HASH, 'path.stat().st_size in (60008, 10008, 47040016, 7840016)', 'size for content'),
        ],
        'temporary_prefix': [("temporary_prefix = '.mlp_from_scratch-'", "temporary_prefix = ''", 'empty: sweeps everything')],
        'temporary_folder': [
            ('parent.mkdir(parents=True, exist_ok=True)', 'parent.mkdir(exist_ok=True)', 'folders above not made'),
            ('parent.mkdir(parents=True, exist_ok=True)', 'parent.mkdir(parents=True)', 'fails where the folder is there'),
            (', dir=parent', '', 'on another disk'),
            ('prefix=temporary_prefix, ', '', 'never swept'),
        ],
        'place': [
            ('Path(tmp, name).write_bytes(data)\n' + MOVE, '(folder/name).write_bytes(data)', 'written in place'),
            ('os.replace(Path(tmp, name), folder/name)', 'shutil.copy(Path(tmp, name), folder/name)', 'copied, not moved'),
            ('write_bytes(data)\n' + MOVE, 'write_bytes(data); os.replace(Path(tmp, name), folder/name)', 'moved one by one'),
        ],
        'sweep': [
            ('st_mtime > age', 'st_mtime < age', 'sweeps the young'),
            ('st_mtime > age', 'st_mtime > 0', 'age ignored'),
            ('st_mtime > age', 'st_mtime > 365 * age', 'sweeps nothing'),
            ("folder.glob(temporary_prefix + '*')", "folder.glob('*')", 'sweeps what is not ours'),
        ],
        'download': [
            ('if damaged := [file.name for file in got if not intact(file)]', 'if damaged := []', 'not checked'),
            ('({type(e).__name__}: {e})', '', 'reason not named'),
            (' {way_out}\') from e\n        return', "') from e\n        return", 'no way out named'),
            ("'raw', name) for name in names]", "'raw', name) for name in names[:1]]", 'only one file'),
        ],
        'fetch': [
            ('if all(', 'if not all(', 'wrong way round'),
            ('if all(packaged(name).is_file() for name in names)', 'if True', 'no download'),
            ('if all(packaged(name).is_file() for name in names)', 'if False', 'always a download'),
        ],
        'mnist_root': [
            ('        sweep(raw)\n', '', 'not swept'),
            ('if not intact(raw/name)]', 'if not (raw/name).is_file()]', 'content not checked'),
            ('if not intact(raw/name)]', ']', 'unpacked every time'),
            ('place(fetch(missing, raw), raw)', 'place(fetch(missing, raw), root)', 'in another folder'),
            ('data_dir(path)', 'data_dir()', 'folder ignored'),
            ('return root', 'return raw', 'the inner folder'),
            ('except OSError as e: raise OSError', 'except RecursionError as e: raise OSError', 'bare errors'),
            ('kept in {root}', 'kept', 'folder not named'),
        ],
    },
    '91_plots': {
        'palette': [
            ("ink='#7a7a7a'", "ink='#333333'", 'too dark for a dark page'),
            ("green='#16946b'", "green='#7fe0b0'", 'too light for a white page'),
        ],
        'contrast': [
            ('0.2126 * r + 0.7152 * g + 0.0722 * b', '(r + g + b) / 3', 'all colours weigh the same'),
            ('0.2126 * r + 0.7152 * g + 0.0722 * b', '0.0722 * r + 0.7152 * g + 0.2126 * b', 'red and blue swapped'),
            ('sorted([luminance(color), luminance(ground)])', '[luminance(color), luminance(ground)]', 'below 1'),
            ('v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4', 'v', 'no gamma'),
            ('(light + 0.05) / (dark + 0.05)', 'light / (dark + 0.05)', 'no flare'),
        ],
        'set_style': [
            ("'figure.facecolor': 'none'", "'figure.facecolor': 'white'", 'white ground'),
            ("'axes.facecolor': 'none'", "'axes.facecolor': 'white'", 'white axes'),
            ("'savefig.facecolor': 'none'", "'savefig.facecolor': 'white'", 'white files'),
            ("'text.color': ink", "'text.color': 'black'", 'black text'),
            ("'ytick.color': ink", "'ytick.color': 'black'", 'black ticks'),
            ('color=colours)', 'color=colours[::-1])', 'palette reversed'),
        ],
        'show_images': [
            ("'vmin': 0, 'vmax': 1, ", '', 'each image on a scale of its own'),
            ("'cmap': 'gray', ", '', 'not grey'),
            (', **kwargs})', '})', 'options ignored'),
            ('-(-len(images) // ncols)', 'len(images) // ncols', 'last row lost'),
            ('titles[i]', 'titles[0]', 'one title for all'),
            ("for ax in axes.flat: ax.axis('off')\n", "for ax in axes.flat[:len(images)]: ax.axis('off')\n", 'empty axes drawn'),
            ('axes.ravel()', 'axes', 'axes as a grid'),
            ('ncols:int=10', 'ncols:int=5', 'five in a row'),
        ],
        'histogram': [
            ('density=True', 'density=False', 'counts for density'),
            ('density(x), color', 'density(x) / 2, color', 'wrong theory'),
            ('color=palette[color], alpha=0.55', "color=palette['blue'], alpha=0.55", 'colour ignored'),
            ('alpha=0.55, label=label', 'alpha=0.55', 'label ignored'),
            ('bins=bins', 'bins=10', 'bins ignored'),
            ('edges[0], edges[-1], 400', '0, edges[-1], 400', 'theory on half of the range'),
        ],
        'table': [
            ('{digits}f', '4f', 'digits ignored'),
            ("'' if v is None else ", '', 'an empty place says None'),
            ("isinstance(v, (str, int))", 'isinstance(v, str)', 'integers with decimals'),
            ("'--:'", "':--'", 'numbers to the left'),
        ],
        'band': [
            ('[5, 50, 95]', '[25, 50, 75]', 'the middle half'),
            ('[5, 50, 95]', '[0, 50, 100]', 'the whole range'),
            ('[5, 50, 95]', '[5, 40, 95]', 'not the median'),
            ('ax.plot(x, middle', 'ax.plot(x, np.asarray(samples).mean(0)', 'mean for median'),
            ('fill_between(x, low, high', 'fill_between(x, middle, high', 'half a band'),
            ('ax.plot(x, middle, color=palette[color])', "ax.plot(x, middle, color=palette['blue'])", 'colour ignored'),
            ('middle[-1])', 'middle[0])', 'label at the wrong end'),
        ],
    },
    '93_explorer': {
        'propagation_explorer': [
            ('return HTML(', 'return str(', 'text that no notebook shows as a figure'),
            ('where this cell is run, and on the site.', 'on the site.', 'no way to it where scripts are off'),
            ('class="propagation-explorer"', 'class="explorer"', 'a place that the script does not find'),
            ('_theory, _measure', '_measure', 'a part of the script missing'),
            ('_numbers, _net', '_numbers, _net, _net', 'a part twice'),
            ('json.dumps(palette)', 'json.dumps(list(palette))', 'no palette'),
            ('(() => {{', '{{', 'its names in the way of others'),
            ('</script></div>', '</div>', 'a script without an end'),
            ('<div><div class', '<div><script src="https://example.org/plot.js"></script><div class', 'a library from elsewhere'),
            ("json.dumps(palette)}", "json.dumps(palette)} // {__import__(\"os\").urandom(4)}", 'another text in each run'),
        ],
    },
}


# ---- Running a notebook and its wrong versions

NOT_A_VERDICT = {'SyntaxError', 'IndentationError', 'NameError', 'ImportError', 'ModuleNotFoundError'}

def first_failure(shell, sources, start=0):
    "Run the code cells from `start` on: index of the first that fails, name of the error and its message, or None."
    for i, source in enumerate(sources[start:], start):
        if source is None: continue
        shell.run(source)
        if shell.exc: return i, type(shell.exc).__name__, str(shell.exc)[:200]

def in_fork(function):
    "The result of a function that runs in a copy of this process, and in a copy of its working directory."
    read, write = os.pipe()
    if os.fork() == 0:
        try:
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(shutil.copytree(os.getcwd(), f'{folder}/nbs'))
                tempfile.tempdir = folder  # what the notebook leaves there goes with it
                os.write(write, json.dumps(function()).encode())
        finally: os._exit(0)
    os.close(write)
    with open(read) as pipe: answer = pipe.read()
    os.wait()
    return json.loads(answer)

def walk(sources, wrong_cells):
    """Run the cells of a notebook as `nbdev_test` does. At a cell that has wrong versions, copies of the process run on with each of them,
    so that the cells above run once. One more copy runs on with the right version, as far as the wrong ones came, lest a copied process
    fail by itself. `wrong_cells` is {key: (index, source)}. The result is {key: first failure}; the notebook stands there under None, and
    the right version of a cell under its index."""
    import torch
    from execnb.shell import CaptureShell
    torch.set_num_threads(1)  # two notebooks run at once, and a process with threads cannot be copied
    failures = {}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / 'settings.ini', folder)
        os.chdir(shutil.copytree(ROOT / 'nbs', f'{folder}/nbs'))
        os.environ.update(IN_TEST='1', MLP_FROM_SCRATCH_DATA=f'{folder}/data')  # a wrong version may spoil the data
        shell = CaptureShell(os.getcwd())
        for i in range(len(sources)):
            here = {key: source for key, (index, source) in wrong_cells.items() if index == i}
            for key, source in here.items():
                failures[key] = in_fork(lambda: first_failure(shell, sources[:i] + [source] + sources[i+1:], i))
            if here:
                last = max(failures[key][0] if failures[key] else i for key in here)
                failures[i] = in_fork(lambda: first_failure(shell, sources[:last+1], i))
            if failure := first_failure(shell, sources[:i+1], i): return failures | {None: failure}
    return failures | {None: None}

def code_cells(name):
    "Sources of a notebook's cells; None for Markdown."
    cells = json.loads((ROOT / f'nbs/{name}.ipynb').read_text(encoding='utf-8'))['cells']
    return [''.join(cell['source']) if cell['cell_type'] == 'code' else None for cell in cells]

def mutate(sources, right, wrong):
    "Index of the one exported cell that holds `right`, and its source with `wrong` instead."
    places = [i for i, s in enumerate(sources) if s and re.match(r'#\| export', s) for _ in range(s.count(right))]
    assert len(places) == 1, f'{right!r} stands {len(places)} times in the exported cells'
    [i] = places
    cell = sources[i].replace(right, wrong)
    assert ast.dump(ast.parse(cell)) != ast.dump(ast.parse(sources[i])), f'{wrong!r} changes no code'
    return i, cell

def verdict(index, failure):
    "What is wrong with a wrong version's run, or None where the notebook has told it."
    if failure is None: return 'survives'
    cell, error, message = failure
    if cell <= index or error in NOT_A_VERDICT: return f'fails in cell {cell} (changed: {index}) by {error}: {message}'


# ---- The tests

@pytest.fixture(scope='module')
def start():
    "Start a walk in a process of its own, two at a time, with the slow imports done already."
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['torch', 'torchvision', 'matplotlib.pyplot', 'execnb.shell'])
    with context.Pool(2, maxtasksperchild=1) as pool: yield lambda *args: pool.apply_async(walk, args)

ROWS = [(name, function, *row) for name, functions in MUTANTS.items() for function, rows in functions.items() for row in rows]

@pytest.fixture(scope='module')
def walks(start):
    started = {}
    for name in MUTANTS:
        sources, wrong_cells = code_cells(name), {}
        for _, _, right, wrong, _ in [row for row in ROWS if row[0] == name]:
            with contextlib.suppress(AssertionError, SyntaxError):  # its own test tells
                wrong_cells[right, wrong] = mutate(sources, right, wrong)
        started[name] = start(sources, wrong_cells)
    return started

@pytest.mark.parametrize('name', MUTANTS)
def test_right_version_is_green(name, walks):
    assert not {key: failure for key, failure in walks[name].get(900).items() if failure and not isinstance(key, tuple)}

@pytest.mark.parametrize('name, function, right, wrong, what', ROWS, ids=[f'{function}: {what}' for _, function, *_, what in ROWS])
def test_wrong_version_is_red(name, function, right, wrong, what, walks):
    index, _ = mutate(code_cells(name), right, wrong)
    failures = walks[name].get(900)
    assert (right, wrong) in failures, f'not reached: {name} itself fails in {failures[None]}'
    found = verdict(index, failures[right, wrong])
    assert found is None, f'{name}, {function}, {what}: {found}'

def test_every_export_has_a_wrong_version():
    exported = set()
    for path in (ROOT / 'mlp_from_scratch').glob('[!_]*.py'):
        match = re.search(r'^__all__ = (\[.*?\])', path.read_text(encoding='utf-8'), flags=re.M | re.S)
        exported |= set(ast.literal_eval(match[1]))
    assert exported == {function for functions in MUTANTS.values() for function in functions}

TINY = ['#| export\ndef twice(x):\n    return 2 * x', None, 'assert twice(3) == 6']

@pytest.mark.parametrize('sources, right, wrong, expected', [
    (TINY, '2 * x', '3 * x', None),
    (TINY, '2 * x', 'x + x', 'survives'),
    (TINY, '2 * x', '2 * y', 'by NameError'),
    (TINY, 'return', 'raise ValueError\n    return', None),
    (TINY[:1] + ['pass'], '2 * x', '3 * x', 'survives'),
    ([TINY[0] + '\ntwice(1)', 'pass'], 'return', 'assert False\n    return', 'fails in cell 0 (changed: 0)')])
def test_a_verdict(sources, right, wrong, expected, start):
    index, cell = mutate(sources, right, wrong)
    failures = start(sources, {'wrong': (index, cell)}).get(60)
    assert failures[None] is None and failures[index] is None
    found = verdict(index, failures['wrong'])
    assert found is None if expected is None else expected in found

def test_a_red_notebook_is_found(start):
    failures = start(TINY + ['assert twice(3) == 7'], {'wrong': (0, TINY[0])}).get(60)
    assert failures[None][:2] == (3, 'AssertionError')

def test_a_copy_that_fails_by_itself_is_found(start):
    sources = ['import os; home = os.getpid()', *TINY, 'assert os.getpid() == home']
    failures = start(sources, {'wrong': (1, TINY[0].replace('2 * x', 'x + x'))}).get(60)
    assert failures[None] is None and failures[1][:2] == [4, 'AssertionError']

@pytest.mark.parametrize('right, wrong', [('x', 'y'), ('absent', 'y'), ('2 * x', '2 *  x'), ('assert', 'y')])
def test_a_useless_mutant_is_refused(right, wrong):
    with pytest.raises(AssertionError): mutate(TINY, right, wrong)
