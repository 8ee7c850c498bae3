"A tiny lesson 10 is written into a copy as CONTRIBUTING tells, and what is missing is said, place after place, until nothing is."
import re, subprocess, sys

from tiny import code, md

from tools import book as books

LAST = max((book for book in books.books() if book.kind == 'lesson'), key=lambda book: book.name)
NUMBER = int(LAST.name[:2]) + 1
NAME = f'{NUMBER:02}_dropout.ipynb'
NEXT = f'**Next:** [{NUMBER} · Dropout]({NAME})'
EXPORT = '#| exports\ndef keep(x, share): return x * share'
DOCUMENTED = '#| exports\ndef keep(x, share):\n    "A share of it."\n    return x * share'
ROW = "    'dropout.keep': (dict(x=rows, share=lambda: 0.5), {'x': TORCHS, 'share': TORCHS}),\n"
WRONG = "WRONG = {'keep': [('x * share', 'x + share', 'added')]}\n"

def run(tree, *command): return subprocess.run([sys.executable, '-m', *command], cwd=tree, capture_output=True, encoding='utf-8')

def test_lesson_ten(tree):
    path = tree/'nbs'/NAME
    raw = {key: LAST[key] for key in ('metadata', 'nbformat', 'nbformat_minor')}
    lesson = books.Book(raw | dict(cells=[md(f'# {NUMBER} · Dropout\n\n> What is kept?')]), NAME, path=path)

    def say(words):
        "Write the notebook, with ids as JupyterLab makes them; refresh must ask for these words."
        lesson.cells = [books.Cell(cell, id=f'{i:04}cafe-0000-0000-0000-000000000000') for i, cell in enumerate(lesson.cells)]
        books.save(lesson)
        made = run(tree, 'tools.refresh')
        assert made.returncode and words in made.stderr, made.stderr
        return made.stderr

    say('the first code cell is not hidden')
    lesson.cells.append(code('#| hide\nimport sys\nif sys:\n    %pip install -q git+https://a.b/c'))
    say('the first code cell is not that of the other notebooks')
    lesson.cells[-1] = code(LAST.code[0].source)
    address = re.search(r'\[Open in Colab\]\(\S+\)', say('no link to Colab'))[0]
    lesson.cells.append(md(f'{address} **Takes** about 7 minutes.'))
    wanted = re.search(r'got 7, wanted (\d+)', say('**Takes** about … minutes'))[1]
    lesson.cells[-1]['source'] = f'{address} **Takes** about {wanted} minutes.'
    say(f'the last cell has no "**Before:** [{LAST.front[0]}]({LAST.name})"')
    lesson.cells.append(md(f'**Before:** [{LAST.front[0]}]({LAST.name}).'))
    lesson.cells[3:3] = [code(EXPORT)]
    say('export without default_exp')
    lesson.cells[3:3] = [code('#| default_exp dropout')]
    say('keep has no docstring')
    lesson.cells[4] = code(DOCUMENTED)
    say('keep has no wrong version in tools/mutants/dropout.py')
    (tree/'tools/mutants/dropout.py').write_text(WRONG, encoding='utf-8')
    say('dropout.keep has no row in tests/test_arguments.py')
    table = tree/'tests/test_arguments.py'
    table.write_text(table.read_text(encoding='utf-8').replace("    'training.relu_net'", f"{ROW}    'training.relu_net'"), encoding='utf-8')
    said = say('the last cell has no "**Next:**')
    assert f'nbs/{LAST.name}' in said and f'the last cell has no "{NEXT}"' in said and len(said.splitlines()) == 1, said
    before = books.load(tree/'nbs'/LAST.name)
    before.markdown[-1].source += f' {NEXT}.'
    books.save(before)

    made = run(tree, 'tools.refresh')
    assert made.returncode == 0 and not made.stderr, made.stderr
    assert f'| [{NUMBER} · Dropout](nbs/{NAME}) | What is kept? | {wanted} |' in (tree/'README.md').read_text(encoding='utf-8')
    proved = run(tree, 'tools.prove', str(NUMBER))  # no cell looks at `keep` yet
    assert proved.returncode and 'keep: added: survives' in proved.stderr, proved.stderr
    lesson = books.load(path)
    lesson.cells.insert(-1, books.Cell(code('#| hide\nassert keep(3, 2) == 6') | dict(id='abcdef01')))
    books.save(lesson)
    proved = run(tree, 'tools.prove', str(NUMBER))
    assert proved.returncode == 0 and '1 wrong versions' in proved.stdout, proved.stderr
    assert run(tree, 'pytest', '-q', 'tests/test_rules.py', 'tests/test_refresh.py', '-k', 'test_rule or test_committed').returncode == 0
    assert run(tree, 'pytest', '-q', 'tests/test_arguments.py', '-k', 'row or dropout').returncode == 0

    built = run(tree, 'tools.site', str(tree/'html'))
    assert built.returncode == 0, built.stderr
    pages = {page: (tree/f'html/{page}.html').read_text(encoding='utf-8') for page in ('index', LAST.page, 'dropout', 'api')}
    assert all(f'{NUMBER} · Dropout' in text for name, text in pages.items() if name != 'api') and 'dropout.html#keep' in pages['api']
    assert re.search(r'right-next[^>]*href="dropout\.html"|href="dropout\.html"[^>]*right-next', pages[LAST.page])
