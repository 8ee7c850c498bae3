"""What is measured: five ways to train 784 → width → 10, each in a process of its own.

A contender is a generator that trains for ever and, after each step, yields its net: a function from inputs to scores of the classes.
(scikit-learn yields after each epoch; the matrix products yield nothing.) Why processes: autograd runs its backward pass in a thread
of its own, with its own team of OpenMP threads; once that exists, parallel loops are slower in the whole process."""
import multiprocessing, time
from itertools import count, islice

import torch, torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

from mlp_from_scratch.normalization import load_normalized
from mlp_from_scratch.training import constant, evaluate, he_net, linear_decay, sgd


def by_hand(x, y, width, batch, lr, epochs, seed):
    "The course's own step: `sgd` on `he_net`."
    generator = torch.Generator().manual_seed(seed)
    net = he_net([784, width, 10], last=0.1, generator=generator)
    schedule = linear_decay if epochs else constant
    for _ in sgd(net, x, y, epochs or 10**6, batch, lr, momentum=0.9, schedule=schedule, generator=generator): yield net

def _autograd(new_epoch, steps, width, lr, epochs, seed):
    "PyTorch's usual loop, from the same initial weights; `new_epoch()` gives the batches of an epoch."
    first, _, last = he_net([784, width, 10], last=0.1, generator=torch.Generator().manual_seed(seed)).layers
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

def products(x, y, width, batch, lr, epochs, seed):
    "The five matrix products of a step, alone, in the layouts in which they are quickest; nothing is learnt."
    x, x1 = x[:batch].clone(), torch.rand(batch, width)
    w1, w2 = torch.randn(784, width), torch.randn(10, width).T
    g1, g2 = torch.randn(batch, width), torch.randn(batch, 10)
    t1, t2, gx1, gw1, gw2 = (torch.empty_like(t) for t in (g1, g2, g1, w1, w2))
    while True:
        torch.mm(x, w1, out=t1)
        torch.mm(x1, w2, out=t2)
        torch.mm(x1.T, g2, out=gw2)
        torch.mm(g2, w2.T, out=gx1)
        torch.mm(x.T, g1, out=gw1)
        yield

CONTENDERS = {f.__name__: f for f in (by_hand, modules, loader, sklearn, products)}


def serve(name, pipe):
    """Answer requests: ('start', options) makes a new net, after one turn of another one to warm up; 'time' is answered by the
    seconds of the next turn of `steps` steps; 'score' by the validation accuracy."""
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
