"The library at its border to PyTorch: another device (its fake tensors stand in for one), another default type, warnings as errors."
import warnings
from unittest.mock import patch

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from mlp_from_scratch.backprop import CrossEntropy
from mlp_from_scratch.init import kaiming_init
from mlp_from_scratch.normalization import load_normalized, near_zero, normalize
from mlp_from_scratch.plots import band, histogram, show_images, table
from mlp_from_scratch.propagation import deep_init, propagate
from mlp_from_scratch.training import batches, evaluate, he_net, load_weights, relu_net, save_weights, sgd_steps, train


@pytest.fixture
def elsewhere():
    "A device that is not the CPU. Its tensors have no numbers, so whatever asks for one gets 0, or True."
    said = dict(item=lambda v: 0, __int__=lambda v: 0, __bool__=lambda v: True, __float__=lambda v: 0.)
    with FakeTensorMode(allow_non_fake_inputs=True), patch.multiple(torch.Tensor, **said): yield torch.device('cuda')

def test_two_devices_are_noticed(elsewhere):
    with pytest.raises(RuntimeError): torch.randn(4, 2, device=elsewhere).index_select(0, torch.tensor([0, 1]))

def test_everything_follows_the_device_of_the_data(elsewhere):
    x, y = torch.randn(64, 20, device=elsewhere), torch.zeros(64, dtype=torch.int64, device=elsewhere)
    outside = torch.nn.Linear(20, 5, device=elsewhere), torch.nn.Linear(5, 3, device=elsewhere)
    net = relu_net([(layer.weight.T, layer.bias) for layer in outside])
    assert len(list(sgd_steps(net, x, y, batch_size=16, momentum=0.9))) == 4
    assert len(train(net, x, y, x[:9], y[:9], epochs=2, batch_size=32, progress=False).epochs) == 2
    evaluate(net, x, y)
    loss = CrossEntropy()
    loss(net(x), y)
    net.backward(loss.backward())
    assert {v.device.type for v in [*net.parameters(), *net.gradients()]} == {'cuda'}
    assert normalize(x, x.mean(0), 1.).device == near_zero(x).device == x.device
    assert {v.device.type for v in propagate(x, [torch.randn(20, 3, device=elsewhere)])} == {'cuda'}

def test_weights_go_where_they_are_told(elsewhere):
    assert {p.device.type for p in he_net([20, 5, 3], device=elsewhere).parameters()} == {'cuda'}

@pytest.mark.parametrize('wrong', ['x', 'y'])
def test_data_elsewhere_are_refused(wrong):
    data = dict(x=torch.zeros(4, 3), y=torch.tensor([0, 1, 1, 0]))
    data[wrong] = data[wrong].to('meta')
    with pytest.raises(ValueError, match='got .*meta.*, wanted one'): sgd_steps(he_net([3, 2]), **data)

def test_another_default_type():
    x, y = torch.rand(8, 3), torch.tensor([0, 1] * 4)
    torch.set_default_dtype(torch.float64)
    try:
        with pytest.raises(TypeError, match='x: got torch.float32 .*, wanted torch.float64, as the weights have it'): sgd_steps(he_net([3, 2]), x, y)
        train(he_net([3, 2], dtype=torch.float32), x, y, x, y, epochs=1, batch_size=4, progress=False)
        train(he_net([3, 2]), x.double(), y, x.double(), y, epochs=1, batch_size=4, progress=False)
        assert {w.dtype for w in (*kaiming_init(3, 2), *deep_init([3, 2]))} == {torch.float64}
    finally: torch.set_default_dtype(torch.float32)

@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float64])
def test_any_type_of_floats(dtype):
    x = torch.rand(64, 3, generator=torch.Generator().manual_seed(1)).to(dtype)
    y, net = (x[:, 0] > 0.5).long(), he_net([3, 4, 2], generator=torch.Generator().manual_seed(1), dtype=dtype)
    history = train(net, x, y, x, y, epochs=10, batch_size=8, lr=0.5, progress=False)
    assert {p.dtype for p in net.parameters()} == {dtype} and history.epochs[-1].training_loss < history.epochs[0].training_loss / 2

def test_no_warning(tmp_path):
    "What is deprecated today fails tomorrow."
    import matplotlib
    matplotlib.use('agg')
    import matplotlib.pyplot as plt
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        x, y, x_valid, y_valid = load_normalized(n_train=1000)
        net = he_net([784, 5, 10])
        history = train(net, x, y, x_valid[:100], y_valid[:100], epochs=np.int64(1), progress=False)
        save_weights(net, tmp_path/'net')
        load_weights(tmp_path/'net')
        history.plot()
        fig, ax = plt.subplots()
        weights = torch.nn.Parameter(net.parameters()[0])
        histogram(ax, weights)
        band(ax, range(2), weights[:, :2])
        show_images(weights.T.view(5, 28, 28), titles=y[:5])
        table(['', 'mean'], {'w': [weights.mean()]})
        batches(10, np.int64(3))
    plt.close('all')
