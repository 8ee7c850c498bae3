"""Wrong versions of what the notebooks export: each is put, alone, into a copy of its notebook and must turn it red: some later cell must fail, and
not because a name is gone or the code does not parse.

`python -m tools.prove 05` tries those of one notebook, `python -m tools.prove kaiming_init` those of one function, without a word all of them.
They stand in tools/mutants/, in a file named after the notebook's page: {function: [(right, wrong, what is wrong)]}; `right` stands exactly once in
the exported cells of the notebook."""
import ast, contextlib, json, multiprocessing, os, shutil, sys, tempfile, time
from pathlib import Path

from tools import rules
from tools.book import ROOT

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
    with open(read, encoding='utf-8') as pipe: answer = pipe.read()
    os.wait()
    return json.loads(answer)

def walk(sources, wrong_cells, whole=True):
    """Run the cells of a notebook as `nbdev_test` does. At a cell that has wrong versions, copies of the process run on with each of them,
    so that the cells above run once. One more copy runs on with the right version, as far as the wrong ones came, lest a copied process
    fail by itself. `wrong_cells` is {key: (index, source)}. The result is {key: first failure}; the notebook stands there under None, as far as
    its last cell with wrong versions unless the `whole` is wanted, and the right version of a cell under its index."""
    import torch
    from execnb.shell import CaptureShell
    torch.set_num_threads(1)  # two notebooks run at once, and a process with threads cannot be copied
    failures, end = {}, len(sources) if whole else 1 + max(index for index, _ in wrong_cells.values())
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT/'settings.ini', folder)
        os.chdir(shutil.copytree(ROOT/'nbs', f'{folder}/nbs'))
        os.environ.update(IN_TEST='1', MLP_FROM_SCRATCH_DATA=f'{folder}/data')  # a wrong version may spoil the data
        shell = CaptureShell(os.getcwd())
        for i in range(end):
            here = {key: source for key, (index, source) in wrong_cells.items() if index == i}
            for key, source in here.items():
                failures[key] = in_fork(lambda: first_failure(shell, sources[:i] + [source] + sources[i+1:], i))
            if here:
                last = max(failures[key][0] if failures[key] else i for key in here)
                failures[i] = in_fork(lambda: first_failure(shell, sources[:last+1], i))
            if failure := first_failure(shell, sources[:i+1], i): return failures | {None: failure}
    return failures | {None: None}

def sources(book):
    "Sources of a notebook's cells; None for Markdown."
    return [cell.source if cell.cell_type == 'code' else None for cell in book.cells]

def mutate(book, right, wrong):
    "Index of the one exported cell that holds `right`, and its source with `wrong` instead."
    places = [i for i, cell in enumerate(book.cells) if cell.export for _ in range(cell.source.count(right))]
    if len(places) != 1: raise ValueError(f'{right!r} stands {len(places)} times in the exported cells of {book}')
    old = book.cells[places[0]].source
    new = old.replace(right, wrong)
    if ast.dump(ast.parse(new)) == ast.dump(ast.parse(old)): raise ValueError(f'{wrong!r} changes no code')
    return places[0], new

def verdict(index, failure):
    "What is wrong with a wrong version's run, or None where the notebook has told it."
    if failure is None: return 'survives'
    cell, error, message = failure
    if cell <= index or error in NOT_A_VERDICT: return f'fails in cell {cell} (changed: {index}) by {error}: {message}'


# ---- Many of them

@contextlib.contextmanager
def walker():
    "Starts a walk in a process of its own, two at a time, with the slow imports done already."
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['torch', 'torchvision', 'matplotlib.pyplot', 'execnb.shell'])
    with context.Pool(2, maxtasksperchild=1) as pool: yield lambda *args: pool.apply_async(walk, args)

def all_rows(course):
    "(book, function, right, wrong, what) of all wrong versions."
    return [(book, function, *row) for book in course.books for function, rows in course.wrong.get(book.page, {}).items() for row in rows]

def started(start, rows, whole=True):
    "{name: walk} for the notebooks of these rows."
    wrong_cells = {}
    for book, _, right, wrong, _ in rows:
        cells = wrong_cells.setdefault(book.name, (book, {}))[1]
        with contextlib.suppress(ValueError, SyntaxError): cells[right, wrong] = mutate(book, right, wrong)  # `judged` tells
    return {name: start(sources(book), cells, whole) for name, (book, cells) in wrong_cells.items() if cells}

def judged(row, walks):
    "What is wrong with a row, or None."
    book, _, right, wrong, _ = row
    try: index, _ = mutate(book, right, wrong)
    except (ValueError, SyntaxError) as error: return f'useless: {error}'
    failures = walks[book.name].get(900)
    return verdict(index, failures[right, wrong]) if (right, wrong) in failures else f'not reached: {book} itself fails: {failures[None]}'

def broken(name, walks): return {key: failure for key, failure in walks[name].get(900).items() if failure and not isinstance(key, tuple)}

def main(*words):
    begin, course = time.perf_counter(), rules.course()
    rows = [row for row in all_rows(course) if not words or {row[0].name[:2], row[0].name, Path(row[0].name).stem, row[0].page, row[1]} & {*words}]
    if not rows: sys.exit(f'got {" ".join(words)}, wanted the number or name of a notebook, or a function, that has wrong versions in tools/mutants/')
    with walker() as start:
        walks = started(start, rows, whole=False)
        found = [f'{name} itself: {failure}' for name in walks for failure in broken(name, walks).values()]
        found += [f'{row[0]}, {row[1]}: {row[-1]}: {what}' for row in rows if (what := judged(row, walks))]
    print(f'{len(rows)} wrong versions in {time.perf_counter() - begin:.0f} s')
    if found: sys.exit('\n'.join(found))

if __name__ == '__main__': main(*sys.argv[1:])
