"""The glossary: each term stands in the lesson that its row links, and in none before it. Tiny broken tables show that the faults are found."""
import json, re
from pathlib import Path

import pytest

NBS = Path(__file__).parents[1]/'nbs'

def visible(notebook):
    "Text of the Markdown cells without fenced code and HTML comments."
    text = '\n\n'.join(''.join(cell['source']) for cell in notebook['cells'] if cell['cell_type'] == 'markdown')
    return re.sub(r'^( *)(```|~~~).*?^\1\2[^\n]*|<!--.*?-->', '', text, flags=re.M | re.S)

def read(name): return visible(json.loads((NBS/name).read_text(encoding='utf-8')))

def rows(text):
    "The cells of each row of the table, less its head."
    return [[cell.strip() for cell in line[1:-1].split('|')] for line in re.findall(r'^\|.*\|$', text, flags=re.M)[2:]]

def contains(text, term):
    "Does the term stand in the text as whole words of one paragraph, or its plural in -s or -es? `gain` is not in `again`."
    return bool(re.search(r'(?<!\w)' + r'[ \n]'.join(map(re.escape, term.split())) + r'(e?s)?(?!\w)', text, flags=re.I))

def row_faults(row, lessons):
    "`lessons` is {file name: visible text}; the names sort in the order of reading."
    if len(row) != 3 or not all(row): yield f'not three cells with text: {row}'; return
    term, meaning, link = row
    if not meaning.endswith('.'): yield f'{term}: the meaning has no full stop'
    match = re.fullmatch(r'\[([^]]+)\]\(([^)]+)\)', link)
    if not match or match[2] not in lessons: yield f'{term}: no link to a lesson: {link}'; return
    title, name = match.groups()
    if not lessons[name].startswith(f'# {title}\n'): yield f'{term}: {name} is not called {title}'
    if not contains(lessons[name], term): yield f'{term}: not in {name}'
    yield from (f'{term}: already in {earlier}' for earlier in lessons if earlier < name and contains(lessons[earlier], term))

def table_faults(rows):
    terms = [row[0].strip('`').lower() for row in rows]
    yield from (f'{b}: not after {a}' for a, b in zip(terms, terms[1:]) if a > b)
    yield from (f'{term}: given twice' for term in sorted({t for t in terms if terms.count(t) > 1}))

LESSONS = {path.name: read(path.name) for path in sorted(NBS.glob('0[1-9]_*.ipynb'))}
ROWS = rows(read('92_glossary.ipynb'))

@pytest.mark.parametrize('row', ROWS, ids=lambda row: row[0])
def test_row(row): assert list(row_faults(row, LESSONS)) == []

def test_table(): assert len(ROWS) >= 25 and list(table_faults(ROWS)) == []

# ---- Each fault is found

TINY = {'01_a.ipynb': '# 1 · A\n\nOnce again, two *batches*.', '02_b.ipynb': '# 2 · B\n\nA batch, the `gain`, a mean\nimage.\n\nRoot\n\nmean'}
A, B = '[1 · A](01_a.ipynb)', '[2 · B](02_b.ipynb)'

@pytest.mark.parametrize('row', [['batch', 'Rows.', A], ['Gain', 'A factor.', B], ['`gain`', 'A factor.', B], ['mean image', 'A mean.', B]])
def test_sound_row_has_no_fault(row): assert list(row_faults(row, TINY)) == []

@pytest.mark.parametrize('row, message', [
    (['batch', 'Rows.', B], 'already in 01_a.ipynb'), (['gain', 'A factor.', A], 'not in 01_a.ipynb'), (['root mean', 'A.', B], 'not in 02_b.ipynb'),
    (['batch', 'Rows', A], 'no full stop'), (['batch', 'Rows.', '[1 · B](01_a.ipynb)'], 'not called'), (['batch', 'Rows.', '[C](03_c.ipynb)'], 'no link'),
    (['batch', 'Rows.', ''], 'three cells'), (['batch', 'Rows.'], 'three cells'), (['batch', 'A', 'B.', A], 'three cells')])
def test_fault_is_found(row, message): assert [message in fault for fault in row_faults(row, TINY)] == [True]

@pytest.mark.parametrize('terms, message', [('a b b', 'b: given twice'), ('`a` A', 'a: given twice'), ('b `a`', 'a: not after b')])
def test_fault_of_the_table_is_found(terms, message): assert list(table_faults([[term] for term in terms.split()])) == [message]

def test_what_is_visible():
    cells = ['# A', '```python\nfenced\n```\nText', '<!-- a\ncomment --> ends.', '| T | M | I |\n|:--|:--|:--|\n| a | B. | C |']
    text = visible(dict(cells=[dict(cell_type=kind, source=[c]) for kind, c in [('code', '#| hide\nx'), *(('markdown', c) for c in cells)]]))
    assert text.split()[:4] == ['#', 'A', 'Text', 'ends.'] and rows(text) == [['a', 'B.', 'C']]
