"""tools/refresh.py changes nothing in the committed tree, moves a fork to its own addresses, and notices what is stale; no link is dead."""
import json, re, shutil, subprocess, sys
from configparser import ConfigParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from execnb.nbio import read_nb, write_nb

ROOT = Path(__file__).parent.parent
CONFIG = ConfigParser()
CONFIG.read(ROOT/'settings.ini', encoding='utf-8')
CFG = CONFIG['DEFAULT']
OWN = f'{CFG["user"]}/{CFG["repo"]}'
SITE = CFG['doc_host'] + CFG['doc_baseurl']
NOTEBOOKS = sorted((ROOT/'nbs').glob('*.ipynb'))


@pytest.fixture
def tree(tmp_path):
    "A copy of what refresh.py reads and writes."
    for name in 'settings.ini', 'README.md', 'CITATION.cff', 'CONTRIBUTING.md', 'CHANGELOG.md': shutil.copy(ROOT/name, tmp_path)
    (tmp_path/'benchmarks').mkdir()
    shutil.copy(ROOT/'benchmarks/table.md', tmp_path/'benchmarks')
    skip = shutil.ignore_patterns('mnist', '__pycache__', '.*', '_proc')
    for name in 'nbs', 'tools', 'mlp_from_scratch': shutil.copytree(ROOT/name, tmp_path/name, ignore=skip)
    return tmp_path


def contents(tree):
    return {str(p.relative_to(tree)): p.read_bytes() for p in tree.rglob('*') if p.is_file() and '__pycache__' not in p.parts}


def refresh(tree):
    "Run the command and return the names of the files that it changed."
    before = contents(tree)
    subprocess.run([sys.executable, 'tools/refresh.py'], cwd=tree, check=True, capture_output=True, text=True)
    after = contents(tree)
    return {name for name in before | after if before.get(name) != after.get(name)}


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_committed_tree_is_fresh(tree):
    assert refresh(tree) == set()


def test_new_measurements_reach_the_lesson_and_the_readme(tree):
    edit(tree/'benchmarks/table.md', '## One epoch\n\n', '## One epoch\n\nMeasured anew. ')
    assert refresh(tree) == {'nbs/index.ipynb', 'nbs/09_training.ipynb', 'README.md'}
    assert all('Measured anew. ' in (tree/name).read_text() for name in ('nbs/index.ipynb', 'nbs/09_training.ipynb', 'README.md'))
    assert refresh(tree) == set()


def test_measurement_that_is_gone_is_an_error(tree):
    edit(tree/'benchmarks/table.md', '## One epoch', '## Two epochs')
    with pytest.raises(subprocess.CalledProcessError) as stop: refresh(tree)
    assert "wanted a section 'One epoch'" in stop.value.stderr


def test_fork_gets_its_own_addresses(tree):
    foreign = [f'https://github.com/{OWN}-solutions', f'https://github.com/{OWN}.js', f'https://github.com/somebody-else/{CFG["repo"]}',
               'https://github.com/pytorch/pytorch/blob/main/README.md', f'{SITE}-2/page.html',
               f'https://colab.research.google.com/github/somebody-else/{CFG["repo"]}/blob/{CFG["branch"]}/nbs/index.ipynb']
    ours = [f'https://github.com/{OWN}.git', f'git+https://github.com/{OWN}', f'See https://github.com/{OWN}.',
            f'https://github.com/{OWN}/tree/{CFG["branch"]}/nbs', f'{SITE}/page.html']
    nb = read_nb(tree/'nbs/index.ipynb')
    nb.cells[0].source += '\n\n' + '\n'.join(foreign + ours)
    write_nb(nb, tree/'nbs/index.ipynb')
    with (tree/'CONTRIBUTING.md').open('a') as f: f.write('\n'.join(foreign + ours))

    for key, value in dict(user='a-fork', repo='its.course', branch='trunk').items():
        edit(tree/'settings.ini', f'\n{key} = {CFG[key]}\n', f'\n{key} = {value}\n')
    changed = refresh(tree)
    assert changed >= {'README.md', 'CITATION.cff', 'nbs/nbdev.yml', 'mlp_from_scratch/_modidx.py'} | {f'nbs/{o.name}' for o in NOTEBOOKS}

    for name in 'README.md', 'CONTRIBUTING.md', 'nbs/index.ipynb':
        text = (tree/name).read_text()
        for link in foreign: assert link in text, (name, link)
    for name, data in contents(tree).items():
        text = data.decode(errors='ignore')
        for link in foreign: text = text.replace(link, '')
        assert OWN not in text and f'{CFG["user"]}.github.io' not in text and f'cd {CFG["repo"]}' not in text, name
        assert not re.search(r'a-fork/its\.course/(blob|tree|edit|raw)/(?!trunk/)', text), name
    readme = (tree/'README.md').read_text()
    assert 'https://colab.research.google.com/github/a-fork/its.course/blob/trunk/nbs/01_' in readme
    for end in '/its.course.git', '/its.course.\n', '/its.course/tree/trunk/nbs', '.github.io/its.course/page.html':
        assert f'a-fork{end}' in readme, end
    assert refresh(tree) == set()


def test_stale_files_are_rewritten(tree):
    committed = contents(tree)
    edit(tree/'README.md', '\n\n', '\n\nA line by hand.\n\n')
    with (tree/'nbs/images/fifty_layers.png').open('ab') as f: f.write(b'0')
    with (tree/'mlp_from_scratch/layers.py').open('a') as f: f.write('# by hand\n')
    stale = {'README.md', 'nbs/images/fifty_layers.png', 'mlp_from_scratch/layers.py'}
    assert refresh(tree) == stale and contents(tree) == committed

    edit(tree/'settings.ini', f'version = {CFG["version"]}', 'version = 98.7')
    assert refresh(tree) == {'CITATION.cff', 'mlp_from_scratch/__init__.py'}
    assert 'version: "98.7"' in (tree/'CITATION.cff').read_text()


@pytest.mark.parametrize('copies', [0, 2])
def test_front_page_figure_is_one_figure(tree, copies):
    "Its alternative text in no cell of the lesson, or in two, is an error that leaves the figure alone."
    nb = read_nb(tree/'nbs/04_kaiming_init.ipynb')
    alt = re.search(r'!\[(.*)\]\(images/fifty_layers.png\)', ''.join(c.source for c in read_nb(tree/'nbs/index.ipynb').cells))[1]
    at = next(i for i, c in enumerate(nb.cells) if f'#| fig-alt: {json.dumps(alt, ensure_ascii=False)}' in c.source)
    nb.cells[at:at + 1] = [nb.cells[at]] * copies
    write_nb(nb, tree/'nbs/04_kaiming_init.ipynb')
    before = (tree/'nbs/images/fifty_layers.png').read_bytes()
    with pytest.raises(subprocess.CalledProcessError) as error: refresh(tree)
    assert f'got 1, {copies} and {copies}' in error.value.stderr and alt in error.value.stderr
    assert (tree/'nbs/images/fifty_layers.png').read_bytes() == before


def test_readme_from_cells(tree):
    "Hidden cells are dropped, directive lines too; outputs follow their code; links are made relative to the root."
    nb = read_nb(tree/'nbs/index.ipynb')
    shown, hidden = [dict(cell_type='code', id=f'abcdef0{i}', metadata={}, execution_count=None, source=s, outputs=[
        dict(output_type='stream', name='stdout', text=['one\n', 'two\n']),
        dict(output_type='execute_result', metadata={}, execution_count=None, data={'text/plain': ['3'], 'text/html': ['<b>']})])
        for i, s in enumerate(['#| eval: true\nshown()', '#| hide\nhidden()'])]
    links = dict(cell_type='markdown', id='abcdef09', metadata={},
                 source='[a](01_data_prep.ipynb#x) [b](../LICENSE) [c](#top) [d](https://e.org/f) ![g](images/h.png "t")')
    write_nb(dict(nb, cells=nb.cells + [shown, hidden, links]), tree/'nbs/index.ipynb')
    assert refresh(tree) == {'README.md'}
    assert (tree/'README.md').read_text().endswith('\n\n```python\nshown()\n```\n\n```text\none\ntwo\n3\n```\n\n'
        '[a](nbs/01_data_prep.ipynb#x) [b](LICENSE) [c](#top) [d](https://e.org/f) ![g](nbs/images/h.png "t")\n')


def prose(path):
    if path.suffix == '.md': return path.read_text()
    return '\n\n'.join(c.source for c in read_nb(path).cells if c.cell_type == 'markdown')


@pytest.mark.parametrize('path', [*NOTEBOOKS, *ROOT.glob('*.md')], ids=lambda o: o.name)
def test_no_dead_link_into_the_tree(path):
    "Relative links and links to our own repository name files that exist."
    text = prose(path)
    for link in re.findall(r'\]\((?![a-z]+:|#)([^\s)#]+)', text) + re.findall(r'(?:src|href)="(?![a-z]+:|#)([^"#]+)', text):
        assert (path.parent/unquote(link)).exists(), link
    for link in re.findall(rf'(?:github\.com|google\.com/github)/{re.escape(OWN)}/(?:blob|tree|edit|raw)/([^\s)"#]+)', text):
        assert (ROOT/unquote(link.removeprefix(CFG['branch'] + '/'))).exists(), link


def test_every_lesson_is_linked_and_installs_this_repository():
    readme = (ROOT/'README.md').read_text()
    assert len(readme.splitlines()) <= 105
    for path in NOTEBOOKS:
        colab = f'https://colab.research.google.com/github/{OWN}/blob/{CFG["branch"]}/nbs/{path.name}'
        if re.match('0[1-9]_', path.name): assert f'](nbs/{path.name})' in readme and colab in readme, path.name
        assert set(re.findall(r'git\+([^\s\'"\\]+)', path.read_text())) == {CFG['git_url']}, path.name
