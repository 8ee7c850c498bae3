"""Every notebook is run again under a real kernel, and what is stored in it must be what comes out.

A cell whose outputs vary by machine (versions, timings) holds the line `# varies by machine`; it is run and not compared, and its name is printed."""
import base64, copy as copies, io, re, shutil, sys, time
from decimal import Decimal

import matplotlib.image, nbformat, numpy as np, pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbdev.clean import clean_nb

from tools import book as books
from tools.book import ROOT

NAMES = [path.name for path in books.paths()]


# ---- Running

def read(path): return nbformat.from_dict(books.load(path))

def execute(notebook, folder):
    "Run `notebook` in place with `folder` as its working directory, as Jupyter does; returns seconds and the kernel's peak memory in MB."
    probe = 'import resource, sys; print(sys.executable, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)'
    notebook.cells.append(nbformat.v4.new_code_cell(probe))
    start = time.perf_counter()
    NotebookClient(notebook, kernel_name='python3', timeout=600, resources={'metadata': {'path': str(folder)}}).execute()
    seconds = time.perf_counter() - start
    python, peak = notebook.cells.pop().outputs[0].text.split()
    assert python == sys.executable, f'the kernel runs {python}'
    return seconds, int(peak) / 1000  # ru_maxrss is in kB on Linux

@pytest.fixture(scope='module')
def copy(tmp_path_factory):
    "A copy of the repository, in which a notebook may write."
    folder = tmp_path_factory.mktemp('copy') / 'repository'
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns('.git', '__pycache__', 'mnist', '*.egg-info'))
    return folder

@pytest.fixture
def say(capsys):
    "Print a line even where pytest captures the output."
    def say(line):
        with capsys.disabled(): print('\n' + line, end='')
    return say


# ---- Comparing text

NUMBER = re.compile(r'((?<![\w.])[-+−]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?)')

def same_number(stored, new):
    """Integers are exact. A printed decimal stands for a value that another CPU, summing in another order, moves by about 1e-6 of itself.
    That can carry it over one rounding boundary: one unit in the last place, and half a unit of room.
    What is zero up to rounding has no digits to compare."""
    a, b = (Decimal(s.replace('−', '-')) for s in (stored, new))
    if re.fullmatch(r'[-+−]?\d+', stored) and re.fullmatch(r'[-+−]?\d+', new): return a == b
    if max(abs(a), abs(b)) < Decimal('1e-6'): return True
    return abs(a - b) <= Decimal('1.5').scaleb(min(a.as_tuple().exponent, b.as_tuple().exponent))

def text_difference(stored, new):
    "The first difference between two texts, or None. White space may differ, since a column is as wide as its numbers."
    a, b = NUMBER.split(stored), NUMBER.split(new)
    for i, (x, y) in enumerate(zip(a, b)):
        same = same_number(x, y) if i % 2 else x.split() == y.split()
        if not same: return f'{x.strip()!r} is stored, {y.strip()!r} came out'
    if len(a) != len(b): return f'{len(a) // 2} numbers are stored, {len(b) // 2} came out'


# ---- Comparing figures

# Mean change of a pixel, and share of the pixels that change by more than a tenth. Another number of threads or another instruction set
# moved the mean by up to 7e-7, and no pixel by a tenth. Another matplotlib (3.10 for 3.11) draws letters otherwise: up to 0.013 and 0.050.
# Two figures of the course that have nothing to do with each other are at least 0.026 and 0.070 apart.
SAME_MATPLOTLIB, OTHER_MATPLOTLIB = (1e-5, 1e-5), (0.02, 0.06)

def drawn_by(png): return re.search(rb'Matplotlib version(\d+\.\d+)', base64.b64decode(png))[1]

def pixels(png):
    "Red, green and blue times opacity, and opacity: what a transparent pixel holds cannot be seen."
    rgba = matplotlib.image.imread(io.BytesIO(base64.b64decode(png))).astype(float)
    if rgba.ndim == 2 or rgba.shape[2] == 3: return rgba
    return np.concatenate([rgba[..., :3] * rgba[..., 3:], rgba[..., 3:]], axis=2)

def figure_difference(stored, new):
    a, b = pixels(stored), pixels(new)
    if a.shape != b.shape: return f'a figure of shape {a.shape} is stored, {b.shape} came out'
    change = np.abs(a - b).reshape(*a.shape[:2], -1).max(axis=2)
    mean, share = np.abs(a - b).mean(), (change > 0.1).mean()
    most = SAME_MATPLOTLIB if drawn_by(stored) == drawn_by(new) else OTHER_MATPLOTLIB
    if mean > most[0] or share > most[1]: return f'the figure differs by {mean:.1e} on average, strongly in {share:.1e} of its pixels'


# ---- Comparing cells

def flat(outputs):
    "Outputs as [(kind, content)]; neighbouring pieces of one stream are joined, because a kernel may send them in any pieces."
    found = []
    for out in outputs:
        if out['output_type'] == 'error': found.append(('error', out['ename'] + ': ' + out['evalue']))
        for mime, content in sorted(out.get('data', {}).items()): found.append((f"{out['output_type']} {mime}", ''.join(content)))
        if out['output_type'] == 'stream':
            kind, text = f"stream {out['name']}", ''.join(out['text'])
            if found and found[-1][0] == kind: text = found.pop()[1] + text
            found.append((kind, text))
    return found

def difference(stored, new):
    "The first difference between two cells' outputs, or None."
    stored, new = flat(stored), flat(new)
    kinds, new_kinds = ([kind for kind, _ in outputs] for outputs in (stored, new))
    if kinds != new_kinds: return f'{kinds} are stored, {new_kinds} came out'
    for (kind, a), (_, b) in zip(stored, new):
        found = figure_difference(a, b) if kind.endswith('image/png') else text_difference(a, b)
        if found: return found


# ---- The tests

@pytest.mark.parametrize('name', NAMES)
def test_outputs_are_those_of_a_rerun(name, copy, say):
    path = copy / 'nbs' / name
    stored, new = read(path), read(path)
    seconds, peak = execute(new, path.parent)
    clean_nb(new)
    say(f'{name:24} {seconds:6.1f} s {peak:6.0f} MB peak {path.stat().st_size / 1000:6.0f} kB')
    varies = {cell.id for cell in books.load(path).code if cell.varies}
    if varies: say(f'not compared: {" ".join(sorted(varies))}')
    pairs = [(a, b) for a, b in zip(stored.cells, new.cells) if a.cell_type == 'code' and a.id not in varies]
    images = [content for pair in pairs for cell in pair for kind, content in flat(cell.outputs) if kind.endswith('image/png')]
    if len(versions := {drawn_by(png).decode() for png in images}) > 1: say(f'{name}: figures by matplotlib {versions}, compared coarsely')
    found = [f'{a.id}: {what}' for a, b in pairs if (what := difference(a.outputs, b.outputs))]
    assert not found, '\n' + '\n'.join(found)

def twice(notebook):
    "The notebook with each code cell standing twice in a row, as for a reader who presses Shift and Enter twice."
    notebook.cells = [copies.deepcopy(cell) for cell in notebook.cells for _ in range(1 + (cell.cell_type == 'code'))]
    for i, cell in enumerate(notebook.cells): cell.id = f'{i:08x}'
    return notebook

@pytest.mark.parametrize('name', NAMES)
def test_each_cell_can_be_run_twice(name, copy):
    execute(twice(read(copy / 'nbs' / name)), copy / 'nbs')

def test_cell_that_can_be_run_only_once_is_found(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('a = 1'), nbformat.v4.new_code_cell('del a')])
    execute(copies.deepcopy(notebook), tmp_path)
    with pytest.raises(CellExecutionError, match="name 'a' is not defined"): execute(twice(notebook), tmp_path)

@pytest.mark.parametrize('stored, new', [
    ('0.3989', '0.3990'), ('tensor([ 0.5000, -0.1000])', 'tensor([0.5000, -0.1001])'), ('2.1e-08', '-3.4e-09'), ('-0.0000', '0.0000'),
    ('1.00', '0.999'), ('n = 784', 'n  = 784'), ('0.5', '0.5001'), ('0.5', '0.4999')])
def test_same_text(stored, new): assert text_difference(stored, new) is None

@pytest.mark.parametrize('stored, new', [
    ('0.3989', '0.4029'), ('0.3989', '0.3991'), ('27.69', '27.79'), ('27.69', '26.69'), ('784', '785'), ('0', '1'), ('0.3989', '-0.3989'),
    ('1.8e-04', '1.8e-05'), ('2.1e-08', '2.1e-05'), ('0.0000', '0.0003'), ('0.5', '0.5003'), ('mean 0.5', 'std 0.5'), ('0.5', '0.5 0.5'),
    ('0.5', 'nan'), ('True', 'False'), ('', '0.5'), ('float32', 'float64'), ('version 1.2.3', 'version 1.2.4')])
def test_other_text_is_found(stored, new):
    assert text_difference(stored, new) and text_difference(new, stored)

def drawn(*, shift=0., label='validation rows', width=4, lines=2, version='3.11.2'):
    from matplotlib.figure import Figure
    figure, x = Figure(figsize=(width, 3)), np.linspace(0, 6, 200)
    ax = figure.subplots()
    if lines == 2: ax.plot(x, np.cos(x) + shift)
    ax.fill_between(x, np.sin(x)) if lines else ax.imshow(np.eye(9))
    ax.set_title(label)
    figure.savefig(buffer := io.BytesIO(), transparent=True, metadata={'Software': f'Matplotlib version{version}'})
    return [dict(output_type='display_data', data={'image/png': base64.b64encode(buffer.getvalue()).decode()})]

@pytest.mark.parametrize('other', [drawn(shift=1e-6), drawn(version='3.10.9'), drawn(version='3.10.9', label='Validation rows')])
def test_same_figure(other): assert difference(drawn(), other) is None

@pytest.mark.parametrize('other', [
    [], drawn(shift=0.02), drawn(lines=1), drawn(label='validation row'), drawn(label='Validation rows'), drawn(width=4.1),
    drawn(version='3.10.9', lines=0), drawn(version='3.10.9', width=4.1)])
def test_other_figure_is_found(other): assert difference(drawn(), other)

TEXT = dict(output_type='stream', name='stdout', text='0.3989\n')

@pytest.mark.parametrize('other', [[], [TEXT | dict(name='stderr')], [TEXT, dict(output_type='error', ename='E', evalue='')],
                                   [dict(output_type='execute_result', data={'text/plain': '0.3989'})]])
def test_other_outputs_are_found(other): assert difference([TEXT], other) and difference(other, [TEXT])

def test_a_stream_may_come_in_pieces(): assert difference([TEXT], [TEXT | dict(text='0.39'), TEXT | dict(text='89\n')]) is None
