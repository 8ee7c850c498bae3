"""What is measured: four ways to train 784 → width → 10, and the matrix products alone in three libraries, each in a process of its own.

A contender is a generator that trains for ever and, after each step, yields its net: a function from inputs to scores of the classes.
(scikit-learn yields after each epoch; the matrix products yield nothing.) Why processes: each runs its matrix library with a team of threads of its
own, and none meets another's."""
import multiprocessing, os, re, sys, tempfile, time
from functools import cache
from itertools import count, islice

import torch, torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

from mlp_from_scratch.normalization import load_normalized
from mlp_from_scratch.training import constant, evaluate, he_net, linear_decay, sgd_steps


def by_hand(x, y, width, batch, lr, epochs, seed):
    "The course's own step: `sgd_steps` on `he_net`."
    generator = torch.Generator().manual_seed(seed)
    net = he_net([784, width, 10], generator=generator)
    schedule = linear_decay if epochs else constant
    for _ in sgd_steps(net, x, y, epochs or 10**6, batch, lr, momentum=0.9, schedule=schedule, generator=generator): yield net

def _autograd(new_epoch, steps, width, lr, epochs, seed):
    "PyTorch's usual loop, from the same initial weights; `new_epoch()` gives the batches of an epoch."
    first, _, last = he_net([784, width, 10], generator=torch.Generator().manual_seed(seed)).layers
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(784, width), torch.nn.ReLU(), torch.nn.Linear(width, 10))
    with torch.no_grad():
        for p, value in zip(model.parameters(), (first.w.T, first.b, last.w.T, last.b)): p.copy_(value)
    optimiser = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    for step, (x, y) in enumerate(batch for _ in count() for batch in new_epoch()):
        if epochs: optimiser.param_groups[0]['lr'] = lr * linear_decay(step / (epochs * steps))
        loss = F.cross_entropy(model(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss.item()
        yield model

def modules(x, y, width, batch, lr, epochs, seed):
    "`torch.nn` modules, autograd and `torch.optim.SGD` on the same tensors."
    def new_epoch(): return ((x[rows], y[rows]) for rows in torch.randperm(len(x)).split(batch))
    return _autograd(new_epoch, -(-len(x) // batch), width, lr, epochs, seed)

def loader(x, y, width, batch, lr, epochs, seed):
    "The same behind a `torch.utils.data.DataLoader`."
    data = DataLoader(TensorDataset(x, y), batch_size=batch, shuffle=True)
    return _autograd(lambda: data, len(data), width, lr, epochs, seed)

def sklearn(x, y, width, batch, lr, epochs, seed):
    "scikit-learn's `MLPClassifier`; its learning rate falls once per epoch, to the mean of the others' over that epoch."
    import numpy, warnings
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits
    threadpool_limits(torch.get_num_threads())
    warnings.filterwarnings('ignore', 'Stochastic Optimizer')  # one epoch per call does not converge
    x, y = x.numpy(), y.numpy()
    net = MLPClassifier((width,), solver='sgd', batch_size=batch, momentum=0.9, nesterovs_momentum=False, alpha=0,
                        max_iter=1, warm_start=True, random_state=numpy.random.RandomState(seed))
    for epoch in count():
        net.set_params(learning_rate_init=lr * linear_decay((epoch + 0.5) / epochs) if epochs else lr)
        net.fit(x, y)
        yield lambda inputs: torch.from_numpy(net.predict_proba(inputs.numpy()))

def _five(width, batch, x):
    "What the five products of a step take: the inputs of both layers, their weights, and the gradients of their outputs."
    return x[:batch].clone(), torch.rand(batch, width), torch.randn(784, width), torch.randn(10, width).T, torch.randn(batch, width), torch.randn(batch, 10)

def products(x, y, width, batch, lr, epochs, seed):
    "The five matrix products of a step, alone, by `torch.mm`, in the layouts that the hand-written step has; nothing is learnt."
    x, x1, w1, w2, g1, g2 = _five(width, batch, x)
    t1, t2, gx1, gw1, gw2 = (torch.empty_like(t) for t in (g1, g2, g1, w1, w2))
    while True:
        torch.mm(x, w1, out=t1)
        torch.mm(x1, w2, out=t2)
        torch.mm(x1.T, g2, out=gw2)
        torch.mm(g2, w2.T, out=gx1)
        torch.mm(x.T, g1, out=gw1)
        yield

def products_onednn(x, y, width, batch, lr, epochs, seed):
    "The same products by the other matrix library inside PyTorch, oneDNN, which takes the transpose of its second factor."
    x, x1, w1, w2, g1, g2 = _five(width, batch, x)
    def mm(a, b_transposed): return torch.ops.mkldnn._linear_pointwise(a, b_transposed, None, 'none', [], '')
    while True:
        mm(x, w1.T), mm(x1, w2.T), mm(g2.T, x1.T), mm(g2, w2), mm(x.T, g1.T)
        yield

def products_numpy(x, y, width, batch, lr, epochs, seed):
    "The same products by numpy's matrix library, which is that of scikit-learn."
    import numpy
    from threadpoolctl import threadpool_limits
    threadpool_limits(torch.get_num_threads())
    x, x1, w1, w2, g1, g2 = (t.numpy() for t in _five(width, batch, x))
    t1, t2, gx1, gw1, gw2 = (numpy.empty_like(t) for t in (g1, g2, g1, w1, w2))
    while True:
        numpy.matmul(x, w1, out=t1)
        numpy.matmul(x1, w2, out=t2)
        numpy.matmul(x1.T, g2, out=gw2)
        numpy.matmul(g2, w2.T, out=gx1)
        numpy.matmul(x.T, g1, out=gw1)
        yield

CONTENDERS = {f.__name__: f for f in (by_hand, modules, loader, sklearn, products, products_onednn, products_numpy)}


def _printed(f):
    "What `f` makes a library print, past Python."
    with tempfile.TemporaryFile('w+') as file:
        sys.stdout.flush()
        kept = os.dup(1)
        os.dup2(file.fileno(), 1)
        try: f()
        finally: os.dup2(kept, 1), os.close(kept)
        file.seek(0)
        return file.read()

@cache  # a library introduces itself only once
def _kernel(name):
    a = torch.rand(128, 784)
    if name == 'products_onednn':
        with torch.backends.mkldnn.verbose(torch.backends.mkldnn.VERBOSE_ON): said = _printed(lambda: torch.ops.mkldnn._linear_pointwise(a, a, None, 'none', [], ''))
        found = re.search(r'(oneDNN v\S+)', said), re.search(r'isa:(.*)', said)
    else:
        def one():
            with torch.backends.mkl.verbose(torch.backends.mkl.VERBOSE_ON): torch.mm(a, a.T)
        said = _printed(one) if torch.backends.mkl.is_available() else ''
        found = re.search(r'(oneMKL \S+)', said), re.search(r'Intel\(R\) 64 architecture (.*?) (?:enabled )?processors', said)
    return ', kernel '.join(match[1] for match in found) if all(found) else 'unnamed'

def library(name):
    "Matrix library, kernel and threads of this process, as far as they say it."
    if name not in ('sklearn', 'products_numpy'): return f'{_kernel(name)}, threads {torch.get_num_threads()}'
    from threadpoolctl import threadpool_info
    found = [info for info in threadpool_info() if info['user_api'] == 'blas']
    blas = next((info for info in found if 'numpy' in info['filepath']), found[0])  # scipy brings one of its own, which takes no part
    return f"{blas['internal_api']} {blas['version']}, kernel {blas['architecture']}, threads {blas['num_threads']}"


def serve(name, pipe):
    """Answer requests: ('start', options) makes a new net, after one turn of another one to warm up; 'time' is answered by the
    seconds of the next turn of `steps` steps; 'score' by the validation accuracy; 'library' by what `library` says."""
    x, y, x_valid, y_valid = load_normalized()
    while True:
        try: request, options = pipe.recv()
        except EOFError: return  # nobody asks any more
        if request == 'start':
            threads, steps, options = options
            torch.set_num_threads(threads)
            for net in islice(CONTENDERS[name](x, y, **options), steps): pass
            run, answer = CONTENDERS[name](x, y, **options), None
        elif request == 'time':
            start = time.perf_counter()
            for net in islice(run, steps): pass
            answer = time.perf_counter() - start
        elif request == 'library': answer = library(name)
        else:
            with torch.no_grad(): answer = evaluate(net, x_valid, y_valid)[1]
        pipe.send(answer)

class Worker:
    "A process for one contender; it waits on a pipe, not in a loop, while others are measured."
    def __init__(self, name):
        spawn, self.name = multiprocessing.get_context('spawn'), name
        self.pipe, end = spawn.Pipe()
        spawn.Process(target=serve, args=(name, end), daemon=True).start()

    def ask(self, request, options=None):
        "The answer to a request, see `serve`."
        self.pipe.send((request, options))
        return self.pipe.recv()

    def start(self, threads=2, steps=None, width=256, batch=128, lr=0.1, epochs=None, seed=42):
        "A new net, whose learning rate falls to 0 over `epochs` or stays; by default a turn is an epoch."
        steps = 1 if self.name == 'sklearn' else steps or -(-50_000 // batch)
        self.ask('start', (threads, steps, dict(width=width, batch=batch, lr=lr, epochs=epochs, seed=seed)))
