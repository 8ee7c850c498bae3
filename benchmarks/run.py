"""The course's step against PyTorch's and scikit-learn's: writes `table.md` and `nbs/images/step_time.png`, in about ten minutes.

    python benchmarks/run.py           everything; needs benchmarks/requirements.txt
    python benchmarks/run.py --quick   the ratios on two threads, printed; needs nothing but the course
"""
import importlib.util, math, os, platform, re, sys
from importlib.metadata import version
from pathlib import Path
from statistics import mean, median

import torch

from contenders import Worker

LIBRARIES = dict(products='`torch.mm`, that of the first three', products_onednn='oneDNN, also inside PyTorch', products_numpy='numpy, that of scikit-learn')
HERE = Path(__file__).parent
HELD_BACK = 'OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE'  # where they are set, they hold OpenBLAS to another processor's kernel
TITLES = dict(by_hand='written by hand: `sgd_steps`', modules='`torch.nn`, autograd, `torch.optim.SGD`',
              loader='the same behind a `DataLoader`', sklearn="scikit-learn's `MLPClassifier`", products='the five matrix products alone, by `torch.mm`',
              products_onednn='the five matrix products alone, by oneDNN', products_numpy='the five matrix products alone, by numpy')


def interleaved(workers, rounds, **options):
    "Seconds of each contender's turns, one turn each per round: {name: [seconds, ...]}."
    for worker in workers.values(): worker.start(**options)
    turns = [{name: worker.ask('time') for name, worker in workers.items()} for _ in range(rounds)]
    return {name: [turn[name] for turn in turns] for name in workers}

def ratios(a, b):
    "What a takes, in units of what b takes in the same round: median, lowest and highest."
    found = sorted(p / q for p, q in zip(a, b))
    return median(found), found[0], found[-1]

def two_digits(v): return f'{v:.{max(0, 1 - math.floor(math.log10(v)))}f}'

def markdown(columns, rows):
    from mlp_from_scratch.plots import table  # not above: each contender's process imports this file
    return table(columns, rows).data + '\n'


def one_epoch(workers):
    "Seconds per epoch on one and on two threads."
    rows = {title: [] for title in TITLES.values()}
    for threads in (1, 2):
        seconds = interleaved(workers, 7, threads=threads)
        for name, worker in workers.items(): print(f'{threads} {name}:', worker.ask('library'), flush=True)
        for name, title in TITLES.items():
            ratio = '%.2f (%.2f to %.2f)' % ratios(seconds[name], seconds['by_hand'])
            rows[title] += [two_digits(median(seconds[name])), '1' if name == 'by_hand' else ratio]
    quickest = min((median(seconds[name]), name) for name in TITLES if name.startswith('products'))[1]  # on two threads
    return ('Seconds for one epoch of 784 → 256 → 10 on 50 000 rows (batches of 128, shuffled anew, the last one incomplete, momentum 0.9, '
            f'float32), on {processor()}, and the time in units of the hand-written step: medians of seven rounds, in brackets the lowest and the highest.\n\n'
            + markdown(['what trains', 'one thread', 'ratio', 'two threads', 'ratio'], rows) +
            '\nThe first four do the same work: gather the rows, both passes, the update, and a look at the loss in each step. '
            'What is not alike: `sgd_steps` serves one kind of net, where PyTorch and scikit-learn serve many, and it keeps '
            'the weights from before each step and looks at them after it, which they do not; scikit-learn has another matrix library, and checks its inputs '
            'once per epoch; the products read the same batch every time and learn nothing. Each process runs its matrix library as it finds it: '
            + '; '.join(f'{what} ({workers[name].ask("library")})' for name, what in LIBRARIES.items()) +
            f'. On two threads the quickest products here are those {TITLES[quickest].partition(", ")[2]}, the nearest to a bound that this run has.\n')

def processor():
    "The kind of processor, as the system names it, and its cores."
    try: model = re.search(r'^model name\s*:\s*(.*)', Path('/proc/cpuinfo').read_text(encoding='utf-8'), re.M)[1]
    except (OSError, TypeError): model = platform.processor() or platform.machine()
    return f'{os.cpu_count()} cores of a processor that calls itself {model} ({torch.backends.cpu.get_cpu_capability()})'

def time_to_98(workers, seeds=(42, 43, 44), epochs=5):
    "Seconds and epochs until the validation accuracy is 98 %."
    found = {name: [] for name in TITLES if not name.startswith('products')}
    for seed in seeds:
        for name in found: workers[name].start(epochs=epochs, seed=seed)
        spent, reached = dict.fromkeys(found, 0.), set()
        for epoch in range(1, epochs + 1):
            for name in found:
                spent[name] += workers[name].ask('time')
                if name not in reached and workers[name].ask('score') >= 0.98:
                    reached.add(name)
                    found[name].append((spent[name], epoch))
    def cells(hits):
        missing = [(math.inf, math.inf)] * (len(seeds) - len(hits))
        seconds, taken = map(median, zip(*hits, *missing))
        middle = [two_digits(seconds), str(taken)] if taken < math.inf else [f'not within {epochs} epochs', '']
        return [*middle, f'{len(hits)} of {len(seeds)}']
    return ('Time until 98 % of the validation rows are right, on two threads, evaluation not counted: medians over three seeds, '
            'a seed that does not get there counted as the longest. '
            'Learning rate 0.1, falling to 0 over five epochs in a straight line, momentum 0.9, the same initial weights. '
            'scikit-learn starts from weights of its own and has no such schedule: it is given a new rate, and starts '
            'with a new velocity, at each epoch, in five stairs.\n\n'
            + markdown(['what trains', 'seconds', 'epochs', 'seeds that get there'], {TITLES[name]: cells(hits) for name, hits in found.items()}))

def step_time(workers):
    "Milliseconds per step against width and against batch, as a table and as a figure."
    pair = {name: workers[name] for name in ('by_hand', 'products')}
    sweeps = dict(width=[(64 * 2**k, 128) for k in range(7)], batch=[(256, 16 * 4**k) for k in range(5)])
    found = {}  # (width, batch) to milliseconds by hand, those of the products, their share in per cent
    for width, batch in sweeps['width'] + sweeps['batch']:
        steps = min(391, max(12, 8_000_000 // (width * batch)))
        seconds = interleaved(pair, 9, width=width, batch=batch, lr=0.01, steps=steps)
        times = [1000 * median(values) / steps for values in seconds.values()]
        found[width, batch] = *times, 100 * ratios(seconds['products'], seconds['by_hand'])[0]
    draw(sweeps, found)
    rows = {f'{width} units, batches of {batch}': (two_digits(hand), two_digits(bound), f'{share:.0f} %')
            for (width, batch), (hand, bound, share) in found.items()}
    return ('Milliseconds per step on two threads, and the share that its matrix products alone take, by `torch.mm`: medians of nine rounds.\n\n'
            + markdown(['size', 'written by hand', 'products alone', 'share'], rows))

def draw(sweeps, found):
    "The figure `step_time.png`: a panel per sweep."
    import matplotlib.pyplot as plt
    from mlp_from_scratch.plots import palette, set_style
    plt.switch_backend('agg')
    set_style()
    fig, axes = plt.subplots(1, 2, sharey=True, figsize=(8, 3.6))
    for ax, (what, points), unit in zip(axes, sweeps.items(), ('units', 'rows')):
        sizes = [point[what == 'batch'] for point in points]
        lines = (('the step by hand', 'blue', (-8, 12), 'right'), ('its matrix products alone', 'orange', (6, -14), 'left'))
        for k, (text, color, offset, side) in enumerate(lines):
            times, at = [found[point][k] for point in points], len(points) // 2
            ax.loglog(sizes, times, 'o-', ms=4, color=palette[color])
            ax.annotate(text, (sizes[at], times[at]), xytext=offset, textcoords='offset points', va='center', ha=side, color=palette[color])
        ax.set_xticks(sizes, sizes)
        ax.minorticks_off()
        ax.yaxis.set_major_formatter('{x:g}')
        first, last = (f'{found[point][2]:.0f} % of the step' for point in (points[0], points[-1]))
        ax.set_title(f'Products: {first} at {sizes[0]} {unit},\n{last} at {sizes[-1]}')
    axes[0].set(xlabel='units in the hidden layer (batches of 128)', ylabel='milliseconds per step')
    axes[1].set_xlabel('rows in a batch (256 units)')
    fig.savefig(HERE.parent / 'nbs/images/step_time.png', dpi=110)

def wider(workers, seeds=(42, 43, 44, 45, 46), rates=(0.03, 0.05)):
    "Validation accuracy of a net with 1024 units."
    worker, rows = workers['by_hand'], []
    for lr in rates:
        scores = []
        for seed in seeds:
            worker.start(width=1024, batch=64, lr=lr, epochs=5, seed=seed, steps=391)  # half an epoch
            for _ in range(10): worker.ask('time')
            scores.append(100 * worker.ask('score'))
        rows.append((mean(scores), str(lr), [f'{score:.2f}' for score in [*scores, mean(scores)]]))
    return ('Validation accuracy in per cent of 784 → 1024 → 10 after five epochs: batches of 64, momentum 0.9, the learning rate falling '
            'to 0 in a straight line; a row per learning rate, the best one first.\n\n'
            + markdown(['learning rate', *[f'seed {seed}' for seed in seeds], 'mean'], {lr: row for _, lr, row in sorted(rows, reverse=True)}))


def quick():
    "Print the ratios on two threads: an epoch in three turns, thrice."
    seconds = interleaved({name: Worker(name) for name in ('by_hand', 'modules', 'loader', 'products')}, 9, steps=131)
    for a, b in (('modules', 'by_hand'), ('loader', 'by_hand'), ('by_hand', 'products')):
        print(f'{a} / {b}: %.2f (%.2f to %.2f)' % ratios(seconds[a], seconds[b]))

def main():
    for name in ('OMP_WAIT_POLICY', *HELD_BACK): os.environ.pop(name, None)  # the notebooks set the first; a program does not
    if sys.argv[1:] == ['--quick']: return quick()
    if not importlib.util.find_spec('sklearn'): sys.exit('scikit-learn is missing: pip install -r benchmarks/requirements.txt')
    workers = {name: Worker(name) for name in TITLES}
    text = f'# Benchmarks\n\nOne run of `benchmarks/run.py`, with torch {version("torch")} and scikit-learn {version("scikit-learn")}.\n'
    for title, measure in (('One epoch', one_epoch), ('Time to 98 %', time_to_98),
                           ('A step against width and batch', step_time), ('A wider net', wider)):
        print(title, flush=True)
        text += f'\n## {title}\n\n{measure(workers)}'
    (HERE / 'table.md').write_text(text, encoding='utf-8')

if __name__ == '__main__': main()
