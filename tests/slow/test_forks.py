"`python -m tools.refresh` in a fork, after new measurements, on a machine with odd names, and that nothing is made from a broken notebook."
import re

import pytest
from test_refresh import CFG, OWN, SITE, add, contents, edit, refresh
from tiny import md

from tools import book as books


def test_new_measurements_reach_the_lesson_and_the_readme(tree):
    edit(tree/'benchmarks/table.md', '## One epoch\n\n', '## One epoch\n\nMeasured anew. ')
    assert refresh(tree) == {'nbs/index.ipynb', 'nbs/09_training.ipynb', 'README.md'}
    assert all('Measured anew. ' in (tree/name).read_text(encoding='utf-8') for name in ('nbs/index.ipynb', 'nbs/09_training.ipynb', 'README.md'))
    assert refresh(tree) == set()


def test_measurement_that_is_gone_is_an_error(tree):
    edit(tree/'benchmarks/table.md', '## One epoch', '## Two epochs')
    assert refresh(tree, ['benchmarks: One epoch', "'benchmarks: Two epochs'"]) == set()


def test_fork_gets_its_own_addresses(tree):
    foreign = [f'https://github.com/{OWN}-solutions', f'https://github.com/{OWN}.js', f'https://github.com/somebody-else/{CFG["repo"]}',
               'https://github.com/pytorch/pytorch/blob/main/README.md', f'{SITE}-2/page.html',
               f'https://colab.research.google.com/github/somebody-else/{CFG["repo"]}/blob/{CFG["branch"]}/nbs/index.ipynb']
    ours = [f'https://github.com/{OWN}.git', f'git+https://github.com/{OWN}', f'See https://github.com/{OWN}.',
            f'https://github.com/{OWN}/tree/{CFG["branch"]}/nbs', f'{SITE}/page.html']
    add(tree/'nbs/index.ipynb', md('\n'.join(foreign + ours)))
    with (tree/'CONTRIBUTING.md').open('a', encoding='utf-8') as f: f.write('\n'.join(foreign + ours))

    for key, value in dict(user='a-fork', repo='its.course', branch='trunk').items():
        edit(tree/'settings.ini', f'\n{key} = {CFG[key]}\n', f'\n{key} = {value}\n')
    changed = refresh(tree)
    assert changed >= {'README.md', 'CITATION.cff', 'nbs/nbdev.yml', 'mlp_from_scratch/_modidx.py'} | {f'nbs/{path.name}' for path in books.paths()}

    for name in 'README.md', 'CONTRIBUTING.md', 'nbs/index.ipynb':
        text = (tree/name).read_text(encoding='utf-8')
        for link in foreign: assert link in text, (name, link)
    for name, data in contents(tree).items():
        text = data.decode(errors='ignore')
        for link in foreign: text = text.replace(link, '')
        assert OWN not in text and f'{CFG["user"]}.github.io' not in text and f'cd {CFG["repo"]}' not in text, name
        assert not re.search(r'a-fork/its\.course/(blob|tree|edit|raw)/(?!trunk/)', text), name
    readme = (tree/'README.md').read_text(encoding='utf-8')
    assert 'https://colab.research.google.com/github/a-fork/its.course/blob/trunk/nbs/01_' in readme
    for end in '/its.course.git', '/its.course.\n', '/its.course/tree/trunk/nbs', '.github.io/its.course/page.html':
        assert f'a-fork{end}' in readme, end
    assert refresh(tree) == set()


@pytest.mark.parametrize('copies', [0, 2])
def test_front_page_figure_is_one_figure(tree, copies):
    "Its alternative text in no cell of the lesson, or in two, is an error that leaves the figure alone."
    lesson = books.load(tree/'nbs/04_kaiming_init.ipynb')
    alt = re.search(r'!\[(.*)\]\(images/fifty_layers.png\)', books.load(tree/'nbs/index.ipynb').text)[1]
    at = next(i for i, cell in enumerate(lesson.cells) if cell.alt == alt)
    lesson.cells[at:at + 1] = [lesson.cells[at] | dict(id=f'abcdef0{i}') for i in range(copies)]
    books.save(lesson)
    assert refresh(tree, [f'got 1, {copies} and {copies}', alt]) == set()


@pytest.mark.parametrize('name, change, words', [
    ('05_relu_effect', lambda text: text.replace('def relu(', 'def relu(('), ['nbs/05_relu_effect.ipynb, cell 7 (c5258356), line 2: no Python']),
    ('05_relu_effect', lambda text: '<<<<<<< HEAD\n' + text, ['05_relu_effect.ipynb, line 1 of the file: a merge conflict']),
    ('05_relu_effect', lambda text: text.replace(' exports layers', ' exports'), ['export without default_exp']),
    ('90_cache', lambda text: text.replace(' default_exp cache', ' default_exp cache of data'), ['unknown directive: #| default_exp cache of data'])])
def test_nothing_is_made_from_a_broken_notebook(tree, name, change, words):
    "Notebook, cell and line are named, and modules, README and figures stay as they are, though another notebook changed."
    edit(tree/'nbs/03_naive_init.ipynb', 'return x @ w + b', 'return b + x @ w')
    path = tree/f'nbs/{name}.ipynb'
    before = path.read_text(encoding='utf-8')
    assert change(before) != before
    path.write_text(change(before), encoding='utf-8')
    assert refresh(tree, words) == set()


def test_machine_with_another_encoding_and_odd_names(tree, tmp_path):
    "Spaces and foreign letters in paths, a temporary folder with a space, and an encoding that has no √."
    odd, temp = tree.rename(tmp_path/'My course, 講座'), tmp_path/'a temporary folder'
    temp.mkdir()
    with (odd/'mlp_from_scratch/init.py').open('a', encoding='utf-8') as f: f.write('# by hand\n')
    edit(odd/'README.md', '\n\n', '\n\nA line by hand.\n\n')
    ascii = dict(LC_ALL='C', PYTHONUTF8='0', PYTHONCOERCECLOCALE='0', TMPDIR=str(temp))
    assert refresh(odd, **ascii) == {'README.md', 'mlp_from_scratch/init.py'}
    assert '√' in (odd/'mlp_from_scratch/init.py').read_text(encoding='utf-8') and not list(temp.iterdir())
