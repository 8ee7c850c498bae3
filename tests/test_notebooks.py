"""The notebooks as files: what nbdev, Quarto or a reader would stumble over without an error message.

Each check is a function that returns a list of faults. `test_notebook` runs it over every notebook, and `test_fault_is_found`
over tiny notebooks that have the fault."""
import ast, json, math, re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest, yaml

ROOT = Path(__file__).parents[1]
LIB = ROOT / 'mlp_from_scratch'


# ---- Reading notebooks, and writing tiny ones

def load(path):
    notebook = json.loads(path.read_text(encoding='utf-8'))
    for cell in notebook['cells']: cell['source'] = ''.join(cell['source'])
    return notebook | {'name': path.name, 'size': path.stat().st_size}

def notebooks():
    "All notebooks in the order in which nbdev exports them."
    paths = [p for p in (ROOT / 'nbs').rglob('*.ipynb') if not any(part[0] in '_.' for part in p.relative_to(ROOT / 'nbs').parts)]
    return [load(path) for path in sorted(paths, key=lambda p: p.name)]

NOTEBOOKS = notebooks()
HIDDEN = "#| hide\nimport sys\nif 'google.colab' in sys.modules:\n    %pip install -q git+https://github.com/a/b"

def md(source): return dict(cell_type='markdown', id='', metadata={}, source=source)

def code(source, *outputs): return dict(cell_type='code', id='', metadata={}, source=source, outputs=list(outputs), execution_count=None)

def stream(text): return dict(output_type='stream', name='stdout', text=[text])

def image(): return dict(output_type='display_data', metadata={}, data={'image/png': 'iVBORw0KGgo=', 'text/plain': ['<Figure>']})

def tiny(*cells, name='01_tiny.ipynb', title='# Tiny\n\n> A promise.', hidden=HIDDEN, size=1000, **kwargs):
    "A notebook with the given cells that is sound in every other respect."
    cells = [md(title), code(hidden), *(md(c) if isinstance(c, str) else c for c in cells)]
    for i, cell in enumerate(cells): cell['id'] = cell['id'] or f'{i:08x}'
    kernel = dict(display_name='python3', language='python', name='python3')
    return dict(cells=cells, metadata={'kernelspec': kernel}, nbformat=4, nbformat_minor=5, name=name, size=size) | kwargs

def of_type(notebook, kind): return [cell for cell in notebook['cells'] if cell['cell_type'] == kind]

def texts(cell):
    "The text outputs of a code cell."
    for out in cell['outputs']:
        for mime, text in {'text/plain': out.get('text', ''), **out.get('data', {})}.items():
            if mime.startswith('text/'): yield ''.join(text)

def without_code(source):
    "Markdown without its fenced blocks, inline code and formulas."
    source = re.sub(r'^( *)(```|~~~).*?^\1\2', '', source, flags=re.M | re.S)
    return re.sub(r'`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$', '', source, flags=re.S)


# ---- Directives

LOOKS_LIKE_DIRECTIVE = re.compile(r'\s*#\s*\|')  # what nbdev takes for one
KNOWN = re.compile('#[|] (' + '|'.join([
    r'default_exp \w+', r'(export|exports|exporti)( \w+)?', 'hide', 'exec_doc', r'filter_stream \S.*',  # nbdev's: a space
    '(echo|eval|include|warning): (true|false)', 'output: (true|false|asis)', 'code-fold: (true|false|show)',  # Quarto's: a colon
    '(fig-alt|fig-cap|code-summary): .+', r'label: [\w-]+']) + ')')

def split_directives(source):
    "Number of leading lines in which nbdev looks for directives, and all the lines."
    lines = source.split('\n')
    code_lines = [i for i, line in enumerate(lines) if line.strip() and not LOOKS_LIKE_DIRECTIVE.match(line) and not line.startswith('%%')]
    return min(code_lines, default=len(lines)), lines

def directives(notebook):
    for cell in of_type(notebook, 'markdown'):
        if LOOKS_LIKE_DIRECTIVE.match(cell['source']): yield f"directive in a Markdown cell: {cell['source'][:40]}"
    for cell in of_type(notebook, 'code'):
        n_head, lines = split_directives(cell['source'])
        found = [(i, line) for i, line in enumerate(lines) if LOOKS_LIKE_DIRECTIVE.match(line)]
        for i, line in found:
            if not KNOWN.fullmatch(line): yield f'unknown directive: {line}'
            if i >= n_head: yield f'directive below code or a comment: {line}'
        for name, n in Counter(re.split(r'[\s:]', line.strip('#| '))[0] for _, line in found).items():
            if n > 1: yield f'directive given twice in one cell: {name}'
        if re.match(r'#\s*(default_exp|exports?|exporti|hide)\b(\s+\w+)?$', lines[0]): yield f'directive without its bar: {lines[0]}'


# ---- Figures and their alternative texts

def alternative_text(cell):
    match = re.search(r'^#[|] (fig-alt:.*)$', cell['source'], flags=re.M)
    return match and match.group(1)

def figures(notebook):
    for cell in of_type(notebook, 'code'):
        n_images = sum(any(mime.startswith('image/') for mime in out.get('data', {})) for out in cell['outputs'])
        text = alternative_text(cell)
        if text is None:
            if n_images: yield f"figure without fig-alt in {cell['id']}"
            continue
        if n_images != 1: yield f"fig-alt on {n_images} figures in {cell['id']}"
        if not re.fullmatch(r'fig-alt: ".*"', text): yield f'fig-alt not in double quotes: {text}'
        try: value = yaml.safe_load(text)['fig-alt']
        except (yaml.YAMLError, TypeError, KeyError): value = None
        if not isinstance(value, str) or not value.strip(): yield f'fig-alt is no YAML text: {text}'
        n_head, lines = split_directives(cell['source'])
        n_code = len(lines) - n_head
        if n_code > 6 and '#| code-fold: true' not in lines: yield f"plotting code of {n_code} lines is not folded: {cell['id']}"
    for cell in of_type(notebook, 'markdown'):
        for match in re.finditer(r'!\[\s*\]|<img(?![^>]*\balt="[^"]+)', cell['source']):
            yield f"image without alternative text in {cell['id']}: {match[0]}"


# ---- What must not stand in a notebook that others read

MACHINE_PATH = re.compile(r'/(root|home|tmp|work|Users)/|\b[A-Z]:\\|site-packages')
ENGINE_ONLY = re.compile(r'^\s*:::|\{\{<|\{[.#][A-Za-z]|\]\([^)]*\)\{|^\s*>\s*\[!\w+\]|^\s*`{3,}\s*\{|\{admonition\}', flags=re.M)

def portable(notebook):
    for cell in notebook['cells']:
        for text in [cell['source'], *texts(cell)] if cell['cell_type'] == 'code' else [cell['source']]:
            if match := MACHINE_PATH.search(text): yield f"machine path in {cell['id']}: {match[0]}"
    for cell in of_type(notebook, 'code'):
        if any(out['output_type'] == 'error' for out in cell['outputs']): yield f"stored error in {cell['id']}"
        for text in texts(cell):
            if match := re.search(r'\b0x[0-9a-fA-F]{5,}', text): yield f"memory address in {cell['id']}: {match[0]}"
    for cell in of_type(notebook, 'markdown'):
        fences = '\n'.join(line for line in cell['source'].split('\n') if re.match(r'\s*```', line))
        for match in ENGINE_ONLY.finditer(without_code(cell['source']) + '\n' + fences):
            yield f"engine-only Markdown in {cell['id']}: {match[0]}"

def form(notebook):
    if (notebook['nbformat'], notebook['nbformat_minor']) != (4, 5): yield 'format is not 4.5'
    if notebook['metadata'].get('kernelspec', {}).get('name') != 'python3': yield 'no python3 kernelspec'
    if notebook['size'] >= 1_000_000: yield f"{notebook['size']} bytes"
    for cell_id, n in Counter(cell.get('id', '') for cell in notebook['cells']).items():
        if n > 1: yield f'id used twice: {cell_id}'
        if not re.fullmatch(r'[\w-]{8}', cell_id): yield f'id is not of 8 characters: {cell_id!r}'
    for cell in of_type(notebook, 'code'):
        counts = [cell['execution_count'], *(out.get('execution_count') for out in cell['outputs'])]
        if counts != [None] * len(counts): yield f"execution count in {cell['id']}"

def first_code_cell(notebook):
    "The hidden plumbing cell; `test_first_code_cell_is_the_same_everywhere` compares it between the notebooks."
    source = next((cell['source'] for cell in of_type(notebook, 'code')), '')
    if not source.startswith('#| hide\n'): yield 'the first code cell is not hidden'
    pip = [line for line in source.split('\n') if '%pip' in line]
    if len(pip) != 1 or not re.fullmatch(r' +%pip install -q git\+https://\S+', pip[0]):
        yield f'no indented %pip on a line of its own: {pip}'

def imports(notebook):
    "nbdev runs every cell that imports when it makes the docs, so imports stand in cells of their own (all but the first, which is plumbing)."
    for cell in of_type(notebook, 'code')[1:]:
        tree = ast.parse(re.sub(r'^( *)[%!].*', r'\1pass', cell['source'], flags=re.M)).body
        kinds = {isinstance(node, (ast.Import, ast.ImportFrom)) for node in tree}
        if len(kinds) == 2: yield f"{cell['id']}: imports beside other code"


# ---- Headings

def bare(name): return re.sub('[^a-z0-9]', '', name.lower())

def headings(notebook, symbols=()):
    text = '\n'.join(cell['source'] for cell in of_type(notebook, 'markdown'))
    text = re.sub(r'^ *```.*?^ *```', '', text, flags=re.M | re.S)
    found = [(len(level), title) for level, title in re.findall(r'^(#{1,6})\s+(.*)', text, flags=re.M)]
    first = notebook['cells'][0]
    if first['cell_type'] != 'markdown' or not re.match(r'# \S.*\n\s*> \S', first['source']):
        yield 'the first cell is not an H1 with a > line'
    if sum(level == 1 for level, _ in found) != 1: yield f'not exactly one H1: {[title for level, title in found if level == 1]}'
    for (above, _), (level, title) in zip(found, found[1:]):
        if level > above + 1: yield f'heading jumps from level {above} to {level}: {title}'
    for _, title in found:
        if bare(title) in {bare(s) for s in symbols}: yield f'heading takes the anchor of an exported symbol: {title}'


# ---- Length

def lengths(notebook):
    run = 0
    for cell in notebook['cells']:
        n_head, lines = split_directives(cell['source'])
        if cell['cell_type'] == 'markdown': run = 0
        elif '#| hide' not in lines[:n_head]: run += 1
        if cell['cell_type'] == 'code' and len(lines) > 30: yield f"code cell of {len(lines)} lines: {cell['id']}"
        if run == 5: yield f"five visible code cells in a row: {cell['id']}"


# ---- Predictions, and the minutes that a lesson promises

def visible(notebook):
    "Code cells that a reader sees."
    return [c for c in of_type(notebook, 'code') if '#| hide' not in c['source'].split('\n')[:split_directives(c['source'])[0]]]

def predictions(notebook):
    "Each **Predict.** is followed by code that a reader sees, and then by words that answer it, before the next one and before the section (##) ends."
    seen, open_ = visible(notebook), None  # open_: the cell with the prediction, and whether its code has come
    for cell in notebook['cells']:
        if cell['cell_type'] == 'code': open_ = open_ and (open_[0], open_[1] or any(cell is c for c in seen))
        else:
            for part in re.split(r'(?m)(?=^#{1,2} |\*\*Predict\.\*\*)', cell['source']):
                if not part.strip(): continue
                starts = part.startswith(('#', '**Predict.**'))
                if open_ and open_[1] and not starts: open_ = None
                elif open_ and starts: yield f'a prediction without an answer: {open_[0]}'; open_ = None
                if part.startswith('**Predict.**'): open_ = cell['id'], False
    if open_: yield f'a prediction without an answer: {open_[0]}'

def reading_minutes(notebook):
    "By convention: 180 words a minute, and 0.08 minutes for a line of visible code, 0.7 for a figure and 0.7 for a prediction; rounded up to five."
    text = '\n'.join(re.sub(r'^( *)(```|~~~).*?^\1\2', '', c['source'], flags=re.M | re.S) for c in of_type(notebook, 'markdown'))
    lines = sum(bool(line.strip()) and not LOOKS_LIKE_DIRECTIVE.match(line) for c in visible(notebook) for line in c['source'].split('\n'))
    n_figures = sum(alternative_text(c) is not None for c in visible(notebook)) + text.count('![')
    return 5 * math.ceil((len(text.split()) / 180 + 0.08 * lines + 0.7 * n_figures + 0.7 * text.count('**Predict.**')) / 5)

TAKES = re.compile(r'\*\*Takes\*\* about (\d+) minutes')

def minutes(notebook):
    said = [int(m) for c in of_type(notebook, 'markdown') for m in TAKES.findall(c['source'])]
    if re.match('0[1-9]_', notebook['name']) and said != [reading_minutes(notebook)]:
        yield f"'**Takes** about … minutes': got {said}, wanted [{reading_minutes(notebook)}]"


# ---- Decimal numbers in prose

NUMBER = re.compile(r'''(?P<sign>(?<![\w)\]}])[-−])? (?<![\w.]) (?P<digits>\d+\.\d+) (?!\d|\.\d)
    (?: e(?P<e>[-+−]?\d+) | \s*(?:×|·|\\times|\\cdot)\s*10\^\{?(?P<power>[-−]?\d+)\}? )? (?P<percent>\s*\\?%)?''', flags=re.X)
SUPERSCRIPT = str.maketrans('⁻⁰¹²³⁴⁵⁶⁷⁸⁹', '-0123456789')

def numbers(text):
    "Decimal numbers in `text`: as written, value with its decimals, and whether it is a percentage. Versions (1.2.3, v1.2) are none."
    text = re.sub('10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)', lambda m: f'10^{m[1].translate(SUPERSCRIPT)}', text)
    for m in NUMBER.finditer(text):
        exponent = (m['e'] or m['power'] or '0').replace('−', '-')
        sign = '-' if m['sign'] else ''
        written = sign + m['digits'] + (f'e{exponent}' if exponent != '0' else '')
        yield written, Decimal(written), bool(m['percent'])

def rounds_to(output, prose):
    "Does the number of an output, with as many decimals or more, round to the number in the prose?"
    place = prose.as_tuple().exponent
    return output.as_tuple().exponent <= place and abs(output - prose) <= Decimal(5).scaleb(place - 1)

MEASURED = re.compile(r'<!-- benchmarks: (.*?) -->\n*(.*?)\s*<!-- / -->', flags=re.S)  # tools/refresh.py puts it there

TABLE = (ROOT / 'benchmarks/table.md').read_text(encoding='utf-8')

def measured(notebook):
    "What a notebook shows of benchmarks/table.md; what is no longer there does not count."
    return [text for c in of_type(notebook, 'markdown') for title, text in MEASURED.findall(c['source']) if f'## {title}\n\n{text}\n' in TABLE]

def prose(notebook):
    "Markdown and alternative texts, without addresses, arXiv numbers, names of licences and what was measured."
    for text in [c['source'] for c in of_type(notebook, 'markdown')] + [alternative_text(c) or '' for c in of_type(notebook, 'code')]:
        for known in measured(notebook): text = text.replace(known, '')
        text = re.sub(r'\]\([^)\s]*( "[^"]*")?\)|https?://\S+|\b(src|href)="[^"]*"', ' ', text)
        yield re.sub(r'(?i)\barxiv[:\s]*\d{4}\.\d{4,5}|\bCC BY(-SA)? \d\.\d', ' ', text)

def output_numbers(notebook):
    shown = [text for cell in of_type(notebook, 'code') for text in texts(cell)] + measured(notebook)
    return {value for text in shown for _, value, _ in numbers(re.sub('<[^>]*>', ' ', text))}

def unproven_numbers(notebook, outputs):
    "Decimal numbers in the prose that round no number in `outputs`."
    for text in prose(notebook):
        for written, value, percent in numbers(text):
            if not any(rounds_to(out, value) or percent and rounds_to(out.scaleb(2), value) for out in outputs): yield written

def declared():
    "Numbers with another source: {(notebook, number)}."
    lines = (ROOT / 'tests/declared_numbers.txt').read_text(encoding='utf-8').splitlines()
    entries = [[field.strip() for field in line.split('|')] for line in lines if line.strip() and line[0] != '#']
    assert all(len(entry) == 3 and all(entry) for entry in entries), 'a line is: notebook | number | source'
    return Counter((name, number) for name, number, _ in entries)

def number_faults(books, declared):
    "Numbers without a source, and declared numbers that need none; the front page may quote any notebook."
    outputs = {book['name']: output_numbers(book) for book in books}
    shown = outputs | {'index.ipynb': set().union(*outputs.values())}
    unproven = {(book['name'], number) for book in books for number in unproven_numbers(book, shown[book['name']])}
    yield from (f'{name}: no output shows {number}' for name, number in sorted(unproven - set(declared)))
    yield from (f'{name}: {number} is declared but not needed' for name, number in sorted(set(declared) - unproven))
    yield from (f'{name}: {number} is declared twice' for (name, number), n in declared.items() if n > 1)


# ---- Exports

def definitions(source):
    "Top-level definitions and assigned names of Python source, without magics: {name: normalised source}."
    found = {}
    for node in ast.parse(re.sub(r'^\s*%.*$', '', source, flags=re.M)).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)): found[node.name] = ast.unparse(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in getattr(node, 'targets', None) or [node.target]:
                for name in getattr(target, 'elts', [target]):
                    if isinstance(name, ast.Name): found[name.id] = ast.unparse(node)
    return found

def export_faults(books, modules):
    "`modules` is {name: source}. nbdev goes through the notebooks by name; default_exp starts a module anew, `export module` adds to it."
    defined = {name: definitions(source) for name, source in modules.items()}
    in_all = {name: set(ast.literal_eval(d.get('__all__', '__all__ = []').split('=', 1)[1].strip())) for name, d in defined.items()}
    owner, exported = {}, {name: {'__all__'} for name in modules}
    for book in books:
        default = None
        for cell in of_type(book, 'code'):
            if m := re.search(r'^\s*#[|]\s*default_exp\s+(\w+)', cell['source'], flags=re.M): default = m[1]
            m = re.search(r'^\s*#[|]\s*(export\w*)(?:[ ]+(\w+))?', cell['source'], flags=re.M)
            if not m: continue
            kind, module, where = m[1], m[2] or default, f"{book['name']} {cell['id']}"
            if module is None: yield f'{where}: export without default_exp'; continue
            if m[2] is None and owner.setdefault(module, book['name']) != book['name']:
                yield f'{where}: {owner[module]} already owns {module}'
            if m[2] and owner.get(module, book['name']) == book['name']:
                yield f'{where}: export {module} needs an earlier notebook that owns {module}'
            for name, source in definitions(cell['source']).items():
                exported.setdefault(module, set()).add(name)
                if defined.get(module, {}).get(name) != source:
                    yield f'{where}: {name} is not in {module}.py as it stands here; run nbdev_export'
                listed = name in in_all.get(module, ())
                if listed != (kind != 'exporti' and name[0] != '_'):
                    yield f"{where}: {name} {'is' if listed else 'is not'} in {module}.__all__"
    for module, names in defined.items():
        for name in names.keys() - exported[module]: yield f'{module}.py: {name} is in no notebook'

def module_sources():
    return {p.stem: p.read_text(encoding='utf-8') for p in LIB.glob('*.py') if p.stem not in ('__init__', '_modidx')}

def exported_symbols():
    return {name for source in module_sources().values() for name in definitions(source) if name[0] != '_'}


# ---- The tests

def assert_none(faults):
    faults = list(faults)
    assert not faults, '\n' + '\n'.join(faults)

CHECKS = [directives, figures, portable, form, first_code_cell, imports, headings, lengths, predictions, minutes]

@pytest.mark.parametrize('notebook', NOTEBOOKS, ids=lambda n: n['name'])
@pytest.mark.parametrize('check', CHECKS, ids=lambda c: c.__name__)
def test_notebook(notebook, check):
    assert_none(check(notebook, exported_symbols()) if check is headings else check(notebook))

def test_there_are_notebooks():
    names = {notebook['name'] for notebook in NOTEBOOKS}
    assert {'index.ipynb', '01_data_prep.ipynb', '05_relu_effect.ipynb', '90_cache.ipynb', '91_plots.ipynb'} <= names

def test_first_code_cell_is_the_same_everywhere():
    assert len({cell['source'] for n in NOTEBOOKS for cell in of_type(n, 'code')[:1]}) == 1

def test_front_page_has_the_lessons_minutes():
    [index] = [n for n in NOTEBOOKS if n['name'] == 'index.ipynb']
    said = re.findall(r'each takes (\d+) to (\d+) minutes', '\n'.join(c['source'] for c in of_type(index, 'markdown')))
    found = [reading_minutes(n) for n in NOTEBOOKS if re.match('0[1-9]_', n['name'])]
    assert said == [(str(min(found)), str(max(found)))]

def test_every_export_is_in_its_module(): assert_none(export_faults(NOTEBOOKS, module_sources()))

def test_every_decimal_number_has_a_source(): assert_none(number_faults(NOTEBOOKS, declared()))


# ---- Each fault is found

def test_sound_notebook_has_no_fault():
    book = tiny('## A question\n\nIt is 0.5, see [here](a_0.7.html).', code('#| default_exp tiny'),
                code('#| export\ndef twice(x): return 2 * x', stream('0.5003')),
                code('#| fig-alt: "A colon: and a # too."\n#| echo: false\n\ntwice(1)', image()))
    book['cells'] += [md('**Takes** about 5 minutes. **Predict.** What?'), code('1') | dict(id='a1b2c3d4'), md('That, as we said.\n\n**Predict.** And then?'),
                      code('2') | dict(id='a1b2c3d5'), md('Then that.\n\n## The end')]
    for i, cell in enumerate(book['cells']): cell['id'] = cell['id'] or f'{i:08x}'
    assert {check.__name__: list(check(book)) for check in CHECKS} == {check.__name__: [] for check in CHECKS}
    assert list(number_faults([book], {})) == []
    assert list(export_faults([book], {'tiny': "__all__ = ['twice']\ndef twice(x): return 2 * x"})) == []

def changed(**kwargs):
    "A tiny notebook with a code cell changed in some keys."
    return tiny(code('1') | kwargs)

FAULTS = [
    (directives, tiny(code('#| exprot\nx = 1')), 'unknown directive: #| exprot'),
    (directives, tiny(code('#| default_exp: data')), 'unknown'),
    (directives, tiny(code('#|export:\nx = 1')), 'unknown'),
    (directives, tiny(code('#|export\nx = 1')), 'unknown'),
    (directives, tiny(code('# | export\nx = 1')), 'unknown'),
    (directives, tiny(code('#| notest: true\nx = 1')), 'unknown'),
    (directives, tiny(code('#| eval false\nx = 1')), 'unknown'),
    (directives, tiny(code('#| echo: flase\nx = 1')), 'unknown'),
    (directives, tiny(code('#| fig-alt "A line."\nx = 1')), 'unknown'),
    (directives, tiny(code('#| export a b\nx = 1')), 'unknown'),
    (directives, tiny(code('# A comment\n#| export\nx = 1')), 'below code'),
    (directives, tiny(code('x = 1\n    #| export')), 'below code'),
    (directives, tiny(code('#| export\n#| export layers\nx = 1')), 'twice'),
    (directives, tiny(code('#export\nx = 1')), 'without its bar'),
    (directives, tiny('#| hide\n\nText.'), 'Markdown cell'),
    (figures, tiny(code('#| fig-alt: A line: it rises.', image())), 'not in double quotes'),
    (figures, tiny(code('#| fig-alt: "A line."' + '\nplot()' * 7, image())), 'code of 7 lines is not folded'),
    (figures, tiny(code("#| fig-alt: 'A line.'", image())), 'not in double quotes'),
    (figures, tiny(code('#| fig-alt: "A "good" line."', image())), 'no YAML'),
    (figures, tiny(code('#| fig-alt: "A formula \\sigma."', image())), 'no YAML'),
    (figures, tiny(code('#| fig-alt: " "', image())), 'no YAML'),
    (figures, tiny(code('plot()', image())), 'figure without fig-alt'),
    (figures, tiny(code('#| fig-alt: "A line."')), 'on 0 figures'),
    (figures, tiny(code('#| fig-alt: "A line."', image(), image())), 'on 2 figures'),
    (figures, tiny('![](a.png)'), 'image without'),
    (figures, tiny('<img src="a.png">'), 'image without'),
    (portable, tiny(code('1', dict(output_type='error', ename='E', evalue='', traceback=[]))), 'stored error'),
    (portable, tiny(code('1', stream('Root location: /home/me/data'))), 'machine path'),
    (portable, tiny(code("open('C:\\\\data')")), 'machine path'),
    (portable, tiny('See /Users/me/x.'), 'machine path'),
    (portable, tiny(code('1', stream('lib/site-packages/torch'))), 'machine path'),
    (portable, tiny(code('1', stream('<object at 0x7f21bc>'))), 'memory address'),
    *((portable, tiny(text), 'engine-only') for text in [
        '::: {.callout-note}\nText.\n:::', '{{< include a.md >}}', '[a]{.aside}', '![a](a.png){width=50%}', '> [!NOTE]\n> Text.',
        '```{admonition} Title\nText.\n```', '```{note}\nText.\n```', '## Title {#anchor}']),
    (form, tiny(nbformat_minor=4), 'format'),
    (form, tiny(metadata={}), 'kernelspec'),
    (form, tiny(size=1_000_000), 'bytes'),
    (form, changed(execution_count=3), 'execution count'),
    (form, changed(outputs=[dict(output_type='execute_result', execution_count=3, data={})]), 'execution count'),
    (form, changed(id='abc'), '8 characters'),
    (form, changed(id='00000001'), 'used twice'),
    (first_code_cell, tiny(hidden='import sys'), 'not hidden'),
    (first_code_cell, tiny(hidden="#| hide\nif 'google.colab' in sys.modules: %pip install -q git+https://a.b/c"), 'no indented %pip'),
    (imports, tiny(code('import a\na.b()')), 'beside other code'),
    (imports, tiny(code('%matplotlib inline\nfrom a import b')), 'beside other code'),
    (headings, tiny(title='# Tiny'), 'H1 with a >'),
    (headings, tiny(title='> A promise.\n\n# Tiny'), 'H1 with a >'),
    (headings, tiny('# Another'), 'exactly one H1'),
    (headings, tiny('## A', '#### B'), 'jumps from level 2 to 4'),
    *((headings, tiny(text), 'takes the anchor') for text in ['## `near_zero`', '### Near zero', '## `near_zero(x)`'.replace('(x)', '()')]),
    *((predictions, tiny(*cells), 'without an answer') for cells in [
        ('**Predict.** What?',), ('**Predict.** What?', 'That.'), ('**Predict.** What?', code('1')), ('**Predict.** What?', code('#| hide\n1'), 'That.'),
        ('**Predict.** What?', code('1'), '## Next\n\nThat.'), ('**Predict.** What? **Predict.** And what?', code('1'), 'That.'),
        ('**Predict.** What?', code('1'), '**Predict.** And now?', code('1'), 'That.')]),
    (minutes, tiny('**Takes** about 10 minutes'), 'got [10], wanted [5]'),
    (minutes, tiny('Words.'), 'got [], wanted [5]'),
    (minutes, tiny('**Takes** about 5 minutes. ' + 'word ' * 900), 'wanted [10]'),
    (minutes, tiny('**Takes** about 5 minutes', code('1\n' * 63)), 'wanted [10]'),
    (minutes, tiny('**Takes** about 5 minutes', *['**Predict.** What?'] * 8), 'wanted [10]'),
    (minutes, tiny('**Takes** about 5 minutes', *[code('#| fig-alt: "A line."', image())] * 8), 'wanted [10]'),
    (lengths, tiny(code('\n' * 30)), '31 lines'),
    (lengths, tiny(*[code('1')] * 2, code('#| hide\n1'), *[code('1')] * 3), 'five visible'),
]

@pytest.mark.parametrize('check, notebook, message', FAULTS)
def test_fault_is_found(check, notebook, message):
    faults = list(check(notebook, ['near_zero']) if check is headings else check(notebook))
    assert any(message in fault for fault in faults), faults

@pytest.mark.parametrize('text, output', [
    ('It is 0.3989.', '0.39894'), ('about 0.3989', 'tensor(0.3989)'), ('$-0.0059$ and −0.0059', '-0.0059'), ('28.5 %', '0.28512'),
    ('28.5 %', '28.512'), ('sd 1.8e-4', '0.000183'), ('$2.3\\times 10^{-5}$', '2.31e-05'), ('2.3 × 10⁻⁵', '0.0000231'),
    ('0.98–0.99', '0.981 0.994'), ('2.5 MB', '2.51'), ('x-0.5', '0.5'),
    ('version 1.2.3 of v1.2, arXiv 1502.01852, [a](b_1.5.html)', ''), ('27.8', '<td>27.789</td>')])
def test_number_with_a_source(text, output): assert list(number_faults([tiny(text, code('1', stream(output)))], {})) == []

@pytest.mark.parametrize('text, output', [
    ('0.3989', '0.3990'), ('0.3989', '0.4'), ('0.3989', '0.398'), ('0.3989', '0.39884'), ('−0.0059', '0.0059'),
    ('0.0059', '-0.0059'), ('28.5 %', '0.29'), ('28.5', '0.285'), ('1.8e-4', '1.8'), ('2.3 × 10⁻⁵', '2.3'), ('12.5GB', '12.4'),
    ('2.50', '2.5'), ('`1.5`', '1.4'), ('$1.5$', '1.4'), ('1502.01852', '1')])
def test_number_without_a_source(text, output):
    assert len(list(number_faults([tiny(text, code('1', stream(output)))], {}))) == 1

def test_number_in_fig_alt():
    book = tiny(code('#| fig-alt: "It is 1.5."', image()))
    assert list(number_faults([book], {})) == ['01_tiny.ipynb: no output shows 1.5']

def test_front_page_quotes_any_notebook():
    books = [tiny(code('1', stream('1.5'))), tiny('It is 1.5.', name='index.ipynb'), tiny('It is 1.5.', name='02_b.ipynb')]
    assert list(number_faults(books, {})) == ['02_b.ipynb: no output shows 1.5']

def test_measured_number_needs_no_other_source(monkeypatch):
    monkeypatch.setitem(globals(), 'TABLE', '# B\n\n## A race\n\nIt took 1.5 s.\n\n## Other\n\nIt took 2.5 s.\n')
    def faults(title, text): return list(number_faults([tiny(f'<!-- benchmarks: {title} -->\n\n{text}\n\n<!-- / -->\n\nSo it is 1.5.')], {}))
    assert faults('A race', 'It took 1.5 s.') == []
    assert len(faults('A race', 'It took 1.6 s.')) == 2 and len(faults('Other', 'It took 2.5 s.')) == 1 and len(faults('Other', 'It took 1.5 s.')) == 1

def test_declared_number_is_needed_once():
    book, entry = tiny('It is 1.5, and 2.5.', code('1', stream('2.5'))), ('01_tiny.ipynb', '1.5')
    assert list(number_faults([book], {entry: 1})) == []
    assert 'not needed' in list(number_faults([book], {entry: 1, ('01_tiny.ipynb', '2.5'): 1}))[0]
    assert 'not needed' in list(number_faults([book], {entry: 1, ('01_tiny.ipynb', '3.5'): 1}))[0]
    assert 'twice' in list(number_faults([book], {entry: 2}))[0]

MODULE = "__all__ = ['f']\ndef f(): return 1"
OWNER = [code('#| default_exp a'), code('#| export\ndef f(): return 1')]

@pytest.mark.parametrize('books, modules, message', [
    ([tiny(code('#| default_exp a'), code('#| export\ndef f(): return 1\ndef g(): pass'))], {'a': MODULE}, 'g is not in a.py'),
    ([tiny(code('#| default_exp a'), code('#| export\ndef f(): return 2'))], {'a': MODULE}, 'f is not in a.py as it stands'),
    ([tiny(code('#| default_exp a'), code('#| export\nclass f: pass'))], {}, 'f is not in a.py'),
    ([tiny(*OWNER)], {'a': 'def f(): return 1'}, 'f is not in a.__all__'),
    ([tiny(code('#| default_exp a'), code('#| exporti\ndef f(): return 1'))], {'a': MODULE}, 'f is in a.__all__'),
    ([tiny(code('#| export\ndef f(): return 1'))], {'a': MODULE}, 'without default_exp'),
    ([tiny(*OWNER), tiny(code('#| default_exp a'), code('#| export\ndef g(): return 1'), name='02.ipynb')], {'a': MODULE},
     '01_tiny.ipynb already owns a'),
    ([tiny(code('#| export a\ndef g(): return 1')), tiny(*OWNER, name='02.ipynb')], {'a': MODULE}, 'needs an earlier notebook'),
    ([tiny(*OWNER, code('#| export a\ndef g(): return 1'))], {'a': MODULE}, 'needs an earlier notebook'),
    ([tiny(*OWNER)], {'a': MODULE + '\ndef g(): return 1'}, 'g is in no notebook'),
    ([tiny(*OWNER)], {'a': MODULE, 'b': 'limit = 3'}, 'limit is in no notebook')])
def test_lost_export_is_found(books, modules, message):
    faults = list(export_faults(books, modules))
    assert any(message in fault for fault in faults), faults

def test_append_to_the_module_of_an_earlier_notebook():
    later = tiny(code('#| export a\ndef _g(): return 1'), name='02.ipynb')
    assert list(export_faults([tiny(*OWNER), later], {'a': MODULE + '\ndef _g(): return 1'})) == []
