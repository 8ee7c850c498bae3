"""`python -m tools.refresh` changes nothing in the committed tree, moves a fork to its own addresses, notices what is stale, and is all or nothing."""
import os, re, subprocess, sys

import pytest
from tiny import code, md, stream

from tools import book as books, rules

CFG = rules.course(notebooks=[]).cfg
OWN = f'{CFG["user"]}/{CFG["repo"]}'
SITE = CFG['doc_host'] + CFG['doc_baseurl']


def contents(tree):
    return {str(p.relative_to(tree)): p.read_bytes() for p in tree.rglob('*') if p.is_file() and '__pycache__' not in p.parts}


def refresh(tree, said=(), **env):
    "Run the command and return the names of the files that it changed. It says something only where it must."
    before = contents(tree)
    run = subprocess.run([sys.executable, '-m', 'tools.refresh'], cwd=tree, capture_output=True, encoding='utf-8', env=os.environ | env)
    assert bool(run.returncode) == bool(said) and all(words in run.stderr for words in said), run.stderr
    after = contents(tree)
    return {name for name in before | after if before.get(name) != after.get(name)}


def edit(path, old, new):
    text = path.read_text(encoding='utf-8')
    assert old in text
    path.write_text(text.replace(old, new), encoding='utf-8')


def add(path, *cells):
    "Put cells at the end of a notebook."
    book = books.load(path)
    book.cells += books.Book(dict(cells=[cell | dict(id=f'abcdef{i:02}') for i, cell in enumerate(cells)]), path.name).cells
    books.save(book)


def test_committed_tree_is_fresh(tree):
    assert refresh(tree) == set()


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


def test_stale_files_are_rewritten(tree):
    committed = contents(tree)
    edit(tree/'README.md', '\n\n', '\n\nA line by hand.\n\n')
    with (tree/'nbs/images/fifty_layers.png').open('ab') as f: f.write(b'0')
    with (tree/'mlp_from_scratch/layers.py').open('a', encoding='utf-8') as f: f.write('# by hand\n')
    stale = {'README.md', 'nbs/images/fifty_layers.png', 'mlp_from_scratch/layers.py'}
    assert refresh(tree) == stale and contents(tree) == committed

    edit(tree/'settings.ini', f'version = {CFG["version"]}', 'version = 98.7')
    assert refresh(tree) == {'CITATION.cff', 'mlp_from_scratch/__init__.py'}
    assert 'version: "98.7"' in (tree/'CITATION.cff').read_text(encoding='utf-8')


@pytest.mark.parametrize('copies', [0, 2])
def test_front_page_figure_is_one_figure(tree, copies):
    "Its alternative text in no cell of the lesson, or in two, is an error that leaves the figure alone."
    lesson = books.load(tree/'nbs/04_kaiming_init.ipynb')
    alt = re.search(r'!\[(.*)\]\(images/fifty_layers.png\)', books.load(tree/'nbs/index.ipynb').text)[1]
    at = next(i for i, cell in enumerate(lesson.cells) if cell.alt == alt)
    lesson.cells[at:at + 1] = [lesson.cells[at] | dict(id=f'abcdef0{i}') for i in range(copies)]
    books.save(lesson)
    assert refresh(tree, [f'got 1, {copies} and {copies}', alt]) == set()


def test_readme_from_cells(tree):
    "Hidden cells are dropped, directive lines too; outputs follow their code; links are made relative to the root."
    result = dict(output_type='execute_result', metadata={}, execution_count=None, data={'text/plain': ['3'], 'text/html': ['<b>']})
    add(tree/'nbs/index.ipynb', code('#| eval: true\nshown()', stream('one\ntwo\n'), result), code('\n#| hide\nhidden()', stream('four')),
        md('[a](01_data_prep.ipynb#x) [b](../LICENSE) [c](#top) [d](https://e.org/f) ![g](images/h.png "t")'))
    assert refresh(tree, ['images/h.png, which is no file']) == {'README.md'}
    assert (tree/'README.md').read_text(encoding='utf-8').endswith('\n\n```python\nshown()\n```\n\n```text\none\ntwo\n3\n```\n\n'
        '[a](nbs/01_data_prep.ipynb#x) [b](LICENSE) [c](#top) [d](https://e.org/f) ![g](nbs/images/h.png "t")\n')


def test_readme_installs_this_repository_and_is_short():
    readme = (rules.ROOT/'README.md').read_text(encoding='utf-8')
    assert len(readme.splitlines()) <= 105
    for book in rules.course().books:
        assert set(re.findall(r'git\+([^\s\'"\\]+)', book.text + book.code[0].source)) == {CFG['git_url']}, book.name


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


def test_commands_for_every_shell():
    "Windows' cmd.exe knows no single quotes, so no command that is printed for a reader has them."
    for path in [*rules.ROOT.glob('*.md'), rules.ROOT/'nbs/index.ipynb', rules.ROOT/'benchmarks/run.py', *(rules.ROOT/'.github').rglob('*.yml')]:
        text = path.read_text(encoding='utf-8')
        commands = re.findall(r'\b(?:pip install|python -m|python benchmarks|jupyter|nbdev_\w+|pytest) [^`\n]*', text)
        assert not [command for command in commands if re.search(r"(^| )'[^']*'( |$)", command)], path


def test_sentences_about_what_was_measured():
    "What lesson 9 says in its own words of benchmarks/table.md, by the numbers there."
    epoch, _, step, _ = (rules.ROOT/'benchmarks/table.md').read_text(encoding='utf-8').split('\n## ')[1:]
    rows = {cells[0]: cells[1:] for line in (step + epoch).splitlines() if line.startswith('| ') for cells in [[cell.strip() for cell in line.strip('|').split('|')]]}
    ratios = [[float(rows[name][i].split()[0]) for i in (1, 3)] for name in ('`torch.nn`, autograd, `torch.optim.SGD`', "scikit-learn's `MLPClassifier`")]
    assert all(1.15 < ratio < 1.25 for pair in ratios for ratio in pair)  # "by about a fifth"
    shares = {name: int(cells[2].split()[0]) for name, cells in rows.items() if ', batches of ' in name}
    small = {'64 units, batches of 128', '128 units, batches of 128', '256 units, batches of 16'}
    assert {name for name, share in shares.items() if share < 50} == small and all(shares[name] > 75 for name in shares if re.search('^(512|1024|2048|4096)|(256|1024|4096)$', name))
