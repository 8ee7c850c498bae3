"""The rules of tools/rules.py find no fault in the course, and each fault in tiny notebooks that have it; and what tools/book.py sees in a cell."""
import ast, inspect, os, re, subprocess, sys

import pytest
from nbdev.process import extract_directives
from tiny import code, course, image, stream, tiny

from tools import book as books, rules
from tools.book import ROOT
from tools.rules import (arguments, directives, docstrings, exports, figures, first_cell, first_cells_alike, form, glossary, headings, imports, lengths, lessons, links, minutes, numbers,
                         owners, portable, predictions, syntax, wrong_versions)

COURSE = rules.course()

@pytest.mark.parametrize('rule', rules.RULES, ids=lambda rule: rule.__name__)
def test_rule(rule):
    found = rules.faults(rule, COURSE)
    assert not found, '\n' + '\n'.join(found)

def test_rules_have_words_and_all_are_asked():
    "Each function in tools/rules.py that gives faults of a notebook or of the course is in the list, and its docstring is one sentence."
    found = {f for f in vars(rules).values() if inspect.isgeneratorfunction(f) and {*inspect.signature(f).parameters} in ({'book'}, {'course'})}
    assert found - {rules.trees} == {*rules.RULES} and all(re.fullmatch(r'[^\n]+\.', f.__doc__) for f in rules.RULES)


# ---- What a cell is

SPELLINGS = {'#| hide': True, '\n#| hide': True, '#| hide  ': True, '#|hide': True, '#| hide:': True, '# A comment\n#| hide': False, 'x = 1\n#| hide': False,
             '#| export\n#| hide': True, '# hide': False, '%%time\n#| hide': True}

@pytest.mark.parametrize('spelling', SPELLINGS)
def test_one_sense_of_hidden(spelling):
    "What `book` calls hidden is what nbdev drops, and what the rules, the README and the site (tests/test_stage.py) call so."
    cell = tiny(code(f'{spelling}\nx = 2')).code[1]
    assert cell.hidden == ('hide' in extract_directives(cell, remove=False)) == SPELLINGS[spelling]

def test_directives():
    cell = tiny(code('#| export layers\n#| fig-alt: "A: b."\n#| code-fold: true\n\n#| echo:false\nx = 1\n#| hide')).code[1]
    assert cell.directives == {'export': 'layers', 'fig-alt': '"A: b."', 'code-fold': 'true', 'echo': 'false'} and len(cell.body.split('\n')) == 2
    assert (cell.export, cell.alt, cell.folded, cell.on_page) == (('export', 'layers'), 'A: b.', True, False)

@pytest.mark.parametrize('name, kind, page', [
    ('index.ipynb', 'front', 'index'), ('01_data_prep.ipynb', 'lesson', 'data_prep'), ('10_dropout.ipynb', 'lesson', 'dropout'), ('49_a.ipynb', 'lesson', 'a'),
    ('06a_other_gains.ipynb', 'deeper', 'other_gains'), ('82_glossary.ipynb', 'beyond', 'glossary'), ('99_z.ipynb', 'plumbing', 'z'),
    ('00_a.ipynb', None, 'a'), ('50_a.ipynb', None, 'a'), ('79_a.ipynb', None, 'a'), ('82a_a.ipynb', None, 'a'), ('Untitled.ipynb', None, 'untitled'),
    ('1_a.ipynb', None, 'a'), ('06b.ipynb', None, '06b')])
def test_kind_and_page(name, kind, page): assert (books.kind(name), books.page(name)) == (kind, page)

def test_a_notebook_is_written_as_it_was_read(tmp_path):
    for path in books.paths():
        book = books.load(path)
        book.__dict__['path'] = tmp_path/path.name
        books.save(book)
        assert (tmp_path/path.name).read_bytes() == path.read_bytes()

@pytest.mark.parametrize('text, said', [
    ('{"cells": [\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> theirs\n]}', 'line 2 of the file: a merge conflict'), ('{"cells": [\n\n1,]}', 'line 3 of the file: no notebook'),
    ('{}', "line 1 of the file: no notebook: 'cells'"), ('[]', 'line 1 of the file: no notebook')])
def test_what_is_no_notebook_is_named(tmp_path, text, said):
    (tmp_path/'05_a.ipynb').write_text(text, encoding='utf-8')
    with pytest.raises(books.NotANotebook, match=rf'05_a\.ipynb, {said}'): books.load(tmp_path/'05_a.ipynb')


# ---- Nobody else reads notebooks

DIRECTIVE = re.compile(r'(?<!#)#(\\s| )?\*?\\?(\||\[\|\])')  # in a text or a regular expression
STRINGS = 'startswith', 'split', 'partition', 'rpartition', 'replace', 'removeprefix', 'count', 'find', 'index'

def readers(source):
    "Python that reads a notebook's JSON, or looks for directives: in a comparison, by `re` or by a method of strings."
    for node in ast.walk(ast.parse(source)):
        looked_for = []
        if isinstance(node, ast.Compare): looked_for = [node.left, *node.comparators]
        if isinstance(node, ast.Call):
            function = ast.unparse(node.func)
            if re.fullmatch(r'(\w+\.)?(read_nb|NBProcessor)|nbformat\.reads?', function): yield ast.unparse(node)
            if function.partition('.')[0] == 're' or function.rpartition('.')[2] in STRINGS: looked_for = node.args
        if isinstance(node, ast.Subscript) and getattr(node.slice, 'value', '') == 'cells': yield ast.unparse(node)
        if any(DIRECTIVE.search(str(c.value)) for o in looked_for for c in [o, *getattr(o, 'values', [])] if isinstance(c, ast.Constant)): yield ast.unparse(node)

def test_nobody_else_reads_notebooks():
    files = [path for folder in ('tools', 'tests', 'benchmarks', '.ci') for path in (ROOT/folder).rglob('*.py')] + [*ROOT.glob('*.py')]
    assert len(files) > 20
    found = {path.relative_to(ROOT).as_posix(): lines for path in files if (lines := list(readers(path.read_text(encoding='utf-8'))))}
    assert found.pop('tools/book.py') and not found, found

@pytest.mark.parametrize('source', [
    "read_nb('a.ipynb')", "nbformat.read('a.ipynb', 4)", "json.load(file)['cells']", "'#| hide' in lines", "line == '#| hide'", r"re.match(r'#\| hide', line)",
    r"re.search('^#[|] (fig-alt)', line)", "line.startswith('#|')", r"re.compile(fr'\s*#\s*\|{name}')", "source.count('#| export')"])
def test_reader_is_found(source): assert list(readers(source))

def test_no_reader(): assert not list(readers("tiny(code('#| hide\\n1')) == 'a' and book.load(path).cells and x.replace('#', '|')"))


# ---- Text is UTF-8, whatever the machine's encoding is

def in_the_machines_encoding(source):
    "Calls that open a text file, or read what a process says, without naming an encoding."
    for node in ast.walk(ast.parse(books.MAGIC.sub(r'\1pass', source))):
        if not isinstance(node, ast.Call): continue
        name, named = ast.unparse(node.func).rpartition('.')[2], {keyword.arg for keyword in node.keywords}
        binary = any(isinstance(o, ast.Constant) and re.fullmatch('[rwax]+?b', str(o.value)) for o in [*node.args, *(k.value for k in node.keywords)])
        text = name in ('read_text', 'write_text') or name in ('open', 'fdopen') and not binary and isinstance(node.func, (ast.Name, ast.Attribute))
        if (text or any(k.arg in ('text', 'universal_newlines') and ast.unparse(k.value) == 'True' for k in node.keywords)) and 'encoding' not in named: yield ast.unparse(node)

def test_text_is_utf8():
    files = {path.relative_to(ROOT).as_posix(): path.read_text(encoding='utf-8') for path in ROOT.rglob('*.py') if not re.search(r'/(\.(?!ci/)|_|build/)', path.relative_to(ROOT).as_posix())}
    cells = {cell.place: cell.source for book in COURSE.books for cell in book.code}
    found = {place: lines for place, source in (files | cells).items() if (lines := list(in_the_machines_encoding(source)))}
    assert len(files) > 40 and not found, found

@pytest.mark.parametrize('source', ["p.read_text()", "p.write_text('a')", "open(p)", "open(p, 'w')", "p.open('a')", "run(c, text=True)", "open(fd)"])
def test_machines_encoding_is_found(source): assert list(in_the_machines_encoding(source))

def test_bytes_have_no_encoding(): assert not list(in_the_machines_encoding("open(p, 'rb'), p.open('wb'), p.read_bytes(), run(c), open(p, mode='rb')"))


# ---- Each fault is found

def test_sound_notebook_has_no_fault():
    book = tiny('## A question\n\n**Takes** about 5 minutes. [Open](https://colab.research.google.com/github/a/b/blob/main/nbs/01_tiny.ipynb) It is 0.5, see [here](a_0.7.html).',
                code('#| default_exp tiny'), code('#| export\ndef twice(x):\n    "Two of it."\n    return 2 * x', stream('0.5003')),
                code('#| fig-alt: "A colon: and a # too."\n#| echo: false\n\ntwice(1)', image()),
                '**Predict.** What?', code('1'), 'That, as we said.\n\n**Predict.** And then?', code('2'), 'Then that.\n\n## The end')
    whole = course(book, modules={'tiny': "__all__ = ['twice']\ndef twice(x):\n    'Two of it.'\n    return 2 * x"}, wrong={'tiny': {'twice': ['a row']}}, arguments="'tiny.twice'")
    assert {rule.__name__: found for rule in rules.RULES if rule is not links and (found := rules.faults(rule, whole))} == {}

def changed(**kwargs):
    "A tiny notebook with a code cell changed in some keys."
    return tiny(code('1') | kwargs)

def lesson(number, title, end): return tiny(f'[Open in Colab](https://colab.research.google.com/github/a/b/blob/main/nbs/0{number}_{title}.ipynb)', end,
                                            name=f'0{number}_{title}.ipynb', title=f'# {number} · {title}\n\n> A promise.')

ONE, TWO = lesson(1, 'a', '**Next:** [2 · b](02_b.ipynb)'), lesson(2, 'b', '**Before:** [1 · a](01_a.ipynb)')
GLOSSARY = dict(name='82_glossary.ipynb', title='# Glossary\n\n> A promise.')
NEAR = {'a': 'def near_zero(x): pass'}

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
    (figures, tiny(code('#| fig-alt: A line: it rises.', image())), 'no text in double quotes'),
    (figures, tiny(code('#| fig-alt: "A line."' + '\nplot()' * 7, image())), 'code of 7 lines is not folded'),
    (figures, tiny(code("#| fig-alt: 'A line.'", image())), 'no text in double quotes'),
    (figures, tiny(code('#| fig-alt: "A "good" line."', image())), 'no text in double quotes'),
    (figures, tiny(code('#| fig-alt: "A formula \\sigma."', image())), 'no text in double quotes'),
    (figures, tiny(code('#| fig-alt: " "', image())), 'no text in double quotes'),
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
    *((form, tiny('A', mark), f'cell 4 (00000003), line 1: a merge conflict that is not settled: {mark}') for mark in ['`<<<<<<< HEAD`', '`=======`', '`>>>>>>> 1cc7ef6`']),
    (form, changed(id='00000001'), 'used twice'),
    (first_cell, tiny(hidden='import sys'), 'not hidden'),
    (first_cell, tiny(hidden="#| hide\nif 'google.colab' in sys.modules: %pip install -q git+https://a.b/c"), 'no indented %pip'),
    (imports, tiny(code('import a\na.b()')), 'beside other code'),
    (imports, tiny(code('%matplotlib inline\nfrom a import b')), 'beside other code'),
    (headings, tiny(title='# Tiny'), 'H1 with a >'),
    (headings, tiny(title='> A promise.\n\n# Tiny'), 'H1 with a >'),
    (headings, tiny('# Another'), 'exactly one H1'),
    (headings, tiny('## A', '#### B'), 'jumps from level 2 to 4'),
    *((headings, course(tiny(text), modules=NEAR), 'takes the anchor') for text in ['## `near_zero`', '### Near zero', '## `near_zero()`']),
    *((predictions, tiny(*cells), 'without an answer') for cells in [
        ('**Predict.** What?',), ('**Predict.** What?', 'That.'), ('**Predict.** What?', code('1')), ('**Predict.** What?', code('#| hide\n1'), 'That.'),
        ('**Predict.** What?', code('1'), '## Next\n\nThat.'), ('**Predict.** What? **Predict.** And what?', code('1'), 'That.'),
        ('**Predict.** What?', code('1'), '**Predict.** And now?', code('1'), 'That.')]),
    (minutes, tiny('**Takes** about 10 minutes'), 'got 10, wanted 5'),
    (minutes, tiny('Words.'), 'got None, wanted 5'),
    (minutes, tiny('**Takes** about 5 minutes. ' + 'word ' * 900), 'wanted 10'),
    (minutes, tiny('**Takes** about 5 minutes', code('1\n' * 63)), 'wanted 10'),
    (minutes, tiny('**Takes** about 5 minutes', *['**Predict.** What?'] * 8), 'wanted 10'),
    (minutes, tiny('**Takes** about 5 minutes', *[code('#| fig-alt: "A line."', image())] * 8), 'wanted 10'),
    (lengths, tiny(code('\n' * 30)), '31 lines'),
    (lengths, tiny(*[code('1')] * 2, code('#| hide\n1'), *[code('1')] * 3), 'five visible'),
    (syntax, tiny('A', code('x = 1\nf(')), "cell 4 (00000003), line 2: no Python: '(' was never closed: f("),
    (syntax, tiny(code('!ls\n%time 1\nif x:\n    %pip install a\n  y = 1')), 'line 5: no Python'),
    (first_cells_alike, course(tiny(), tiny(), tiny(hidden='#| hide\n1')), 'cell 2 (00000001), line 1: the first code cell is not that'),
    (lessons, course(ONE, lesson(2, 'b', 'The end.')), 'nbs/02_b.ipynb, cell 4 (00000003), line 1: the last cell has no "**Before:** [1 · a](01_a.ipynb)"'),
    (lessons, course(lesson(1, 'a', 'The end.'), TWO), '"**Next:** [2 · b](02_b.ipynb)"'),
    (lessons, course(ONE), '"Next" on the last lesson'),
    (lessons, course(tiny()), 'no link to Colab: [Open in Colab](https://colab.research.google.com/github/a/b/blob/main/nbs/01_tiny.ipynb)'),
    (lessons, course(tiny(title='# 2 · Tiny\n\n> A promise.')), 'a title that does not begin with "1 · "'),
    (lessons, course(ONE, TWO, tiny('Text.', name='02a_more.ipynb')), 'no link to lesson 2'),
    (links, course(tiny('A [link](nope.ipynb#x).')), 'a link to nope.ipynb'),
    (links, course(tiny('<img src="images/nope.png">')), 'a link to images/nope.png'),
    (links, course(tiny('See https://github.com/a/b/blob/main/nope.py.')), 'a link to main/nope.py'),
    (docstrings, tiny(code('#| export\ndef f(): pass')), 'line 2: f has no docstring'),
    (wrong_versions, course(tiny(code('#| export\ndef f(): pass'))), 'f has no wrong version in tools/mutants/tiny.py'),
    (arguments, course(tiny(code('#| export a\ndef f(*, x): pass')), arguments="'b.f'"), 'a.f has no row in tests/test_arguments.py'),
    (arguments, course(tiny(code('#| default_exp a'), code('#| export\nclass C:\n    def __init__(self, x): pass'))), 'a.C has no row'),
    (wrong_versions, course(tiny(code('#| export\ndef f(): pass')), wrong={'tiny': {'f': []}}), 'f has no wrong version'),
    (wrong_versions, course(tiny(), wrong={'tiny': {'f': ['a row']}}), 'exports no f'),
    (wrong_versions, course(tiny(), wrong={'big': {'f': ['a row']}}), 'no notebook has a page big'),
]

@pytest.mark.parametrize('rule', rules.RULES, ids=lambda rule: rule.__name__)
def test_rule_bears_a_cell_that_is_no_python(rule): rules.faults(rule, course(tiny(code('#| default_exp a'), code('#| export\ndef f(:'))))

@pytest.mark.parametrize('rule, notebooks, message', FAULTS)
def test_fault_is_found(rule, notebooks, message):
    found = rules.faults(rule, notebooks if hasattr(notebooks, 'books') else course(notebooks))
    assert any(message in fault for fault in found), found

ROWS = ['01_a.ipynb', '# 1 · A\n\n> Once again, two *batches*.'], ['02_b.ipynb', '# 2 · B\n\n> A batch, the `gain`, a mean\nimage.\n\nRoot\n\nmean']
A, B = '[1 · A](01_a.ipynb)', '[2 · B](02_b.ipynb)'

def glossary_of(*rows):
    table = '\n'.join(f'| {" | ".join(row)} |' for row in [['T', 'M', 'I'], [':--'] * 3, *rows])
    return list(glossary(course(*(tiny(title=title, name=name) for name, title in ROWS), tiny('<!-- A batch. -->', code('1'), table, **GLOSSARY))))

@pytest.mark.parametrize('row', [['batch', 'Rows.', A], ['Gain', 'A factor.', B], ['`gain`', 'A factor.', B], ['mean image', 'A mean.', B]])
def test_sound_row_has_no_fault(row): assert glossary_of(row) == []

@pytest.mark.parametrize('row, message', [
    (['batch', 'Rows.', B], 'already in 01_a.ipynb'), (['gain', 'A factor.', A], 'not in 01_a.ipynb'), (['root mean', 'A.', B], 'not in 02_b.ipynb'),
    (['batch', 'Rows', A], 'no full stop'), (['batch', 'Rows.', '[1 · B](01_a.ipynb)'], 'not called'), (['batch', 'Rows.', '[C](03_c.ipynb)'], 'no link'),
    (['batch', 'Rows.', ''], 'three cells'), (['batch', 'Rows.'], 'three cells'), (['batch', 'A', 'B.', A], 'three cells')])
def test_fault_of_a_row_is_found(row, message): assert [message in fault for fault in glossary_of(row)] == [True]

def test_fault_of_the_table_is_found():
    rows = [['gain', 'A factor.', B], ['batch', 'Rows.', A], ['batch', 'Rows.', A]]
    assert glossary_of(*rows) == ['nbs/82_glossary.ipynb: batch: not after gain', 'nbs/82_glossary.ipynb: batch: given twice']


# ---- Numbers

@pytest.mark.parametrize('text, output', [
    ('It is 0.3989.', '0.39894'), ('about 0.3989', 'tensor(0.3989)'), ('$-0.0059$ and −0.0059', '-0.0059'), ('28.5 %', '0.28512'),
    ('28.5 %', '28.512'), ('sd 1.8e-4', '0.000183'), ('$2.3\\times 10^{-5}$', '2.31e-05'), ('2.3 × 10⁻⁵', '0.0000231'),
    ('0.98–0.99', '0.981 0.994'), ('2.5 MB', '2.51'), ('x-0.5', '0.5'),
    ('version 1.2.3 of v1.2, arXiv 1502.01852, [a](b_1.5.html)', ''), ('27.8', '<td>27.789</td>')])
def test_number_with_a_source(text, output): assert list(numbers(course(tiny(text, code('1', stream(output)))))) == []

@pytest.mark.parametrize('text, output', [
    ('0.3989', '0.3990'), ('0.3989', '0.4'), ('0.3989', '0.398'), ('0.3989', '0.39884'), ('−0.0059', '0.0059'),
    ('0.0059', '-0.0059'), ('28.5 %', '0.29'), ('28.5', '0.285'), ('1.8e-4', '1.8'), ('2.3 × 10⁻⁵', '2.3'), ('12.5GB', '12.4'),
    ('2.50', '2.5'), ('`1.5`', '1.4'), ('$1.5$', '1.4'), ('1502.01852', '1')])
def test_number_without_a_source(text, output):
    assert len(list(numbers(course(tiny(text, code('1', stream(output))))))) == 1

def test_number_in_fig_alt():
    assert list(numbers(course(tiny(code('#| fig-alt: "It is 1.5."', image()))))) == ['nbs/01_tiny.ipynb, cell 3 (00000002), line 1: no output shows 1.5']

def test_front_page_quotes_any_notebook():
    found = list(numbers(course(tiny(code('1', stream('1.5'))), tiny('It is 1.5.', name='index.ipynb'), tiny('It is 1.5.', name='02_b.ipynb'))))
    assert found == ['nbs/02_b.ipynb, cell 3 (00000002), line 1: no output shows 1.5']

def test_measured_number_needs_no_other_source():
    def found(title, text):
        book = tiny(f'<!-- benchmarks: {title} -->\n\n{text}\n\n<!-- / -->\n\nSo it is 1.5.')
        return list(numbers(course(book, table='# B\n\n## A race\n\nIt took 1.5 s.\n\n## Other\n\nIt took 2.5 s.\n')))
    assert found('A race', 'It took 1.5 s.') == []
    assert len(found('A race', 'It took 1.6 s.')) == 2 and len(found('Other', 'It took 2.5 s.')) == 1 and len(found('Other', 'It took 1.5 s.')) == 1

def test_declared_number_is_needed_once():
    def found(*declared): return list(numbers(course(tiny('It is 1.5, and 2.5.', code('1', stream('2.5'))), declared=declared)))
    entry = ('01_tiny.ipynb', '1.5', 'A source')
    assert found(entry) == []
    assert 'not needed' in found(entry, ('01_tiny.ipynb', '2.5', 'A source'))[0] and 'not needed' in found(entry, ('01_tiny.ipynb', '3.5', 'A source'))[0]
    assert 'twice' in found(entry, entry)[0] and 'twice' in found(entry, entry[:2] + ('Another',))[0] and 'a line is' in found(entry[:2])[0]


# ---- Exports

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
    found = [*owners(course(*books)), *exports(course(*books, modules=modules))]
    assert any(message in fault for fault in found), found

def test_append_to_the_module_of_an_earlier_notebook():
    later = tiny(code('#| export a\ndef _g(): return 1'), name='02.ipynb')
    whole = course(tiny(*OWNER), later, modules={'a': MODULE + '\ndef _g(): return 1'})
    assert [*owners(whole), *exports(whole)] == []


# ---- The command

def command(tree, **env):
    run = subprocess.run([sys.executable, '-m', 'tools.rules'], cwd=tree, capture_output=True, encoding='utf-8', env={**os.environ, 'CI': '', **env})
    return run.returncode, run.stderr.splitlines()

def test_command(tree):
    "It names notebook, cell, line and rule; a notebook of nobody's is left alone, but not in CI."
    assert command(tree) == (0, [])
    (tree/'nbs/Untitled.ipynb').write_text('1 + 1', encoding='utf-8')
    code, [line] = command(tree)
    assert code == 0 and line.startswith('nbs/Untitled.ipynb is no page of the course and is left alone: ')
    assert command(tree, CI='true') == (1, [f'{line}  [strays]'])
    (tree/'nbs/90_cache.ipynb').write_text('{\n<<<<<<< HEAD\n', encoding='utf-8')
    book = books.load(tree/'nbs/05_relu_effect.ipynb')
    book.markdown[2].source += '\n\nIt is ::: in /tmp/x.'
    books.save(book)
    code, lines = command(tree)
    assert code == 1 and f'{book.markdown[2].at("/tmp")}: machine path: /tmp/  [portable]' in lines
    assert any(line.startswith('90_cache.ipynb, line 2 of the file: a merge conflict') for line in lines) and len(lines) == 3, lines
