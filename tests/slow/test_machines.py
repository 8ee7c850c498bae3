"""Other people's machines, as far as they can be had here: folders with odd names, a scratch notebook, git with Windows' line ends, and the usual steps
of nbdev's and Jupyter's own tool chains."""
import os, shutil, subprocess, sys
from pathlib import Path

import pytest

from tools import book as books
from tools.book import ROOT

BIN = Path(sys.executable).parent


def run(cwd, *command, fails=False, **env):
    done = subprocess.run([str(o) for o in command], cwd=cwd, capture_output=True, encoding='utf-8', env=os.environ | dict(PATH=f'{BIN}{os.pathsep}{os.environ["PATH"]}') | env)
    assert bool(done.returncode) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def clone(tree, tmp_path):
    "The tree in git, as a clone of it has it; `git` runs git there, with settings of its own."
    home = tmp_path/'home'
    home.mkdir()
    env = dict(HOME=str(home), GIT_CONFIG_NOSYSTEM='1', GIT_AUTHOR_NAME='a', GIT_AUTHOR_EMAIL='a@b', GIT_COMMITTER_NAME='a', GIT_COMMITTER_EMAIL='a@b')
    for name in '.gitattributes', '.gitignore': shutil.copy(ROOT/name, tree)
    def git(*words, cwd=tree, **more): return run(cwd, 'git', *words, **env, **more)
    git('init', '-q', '-b', 'main')
    git('add', '-A')
    git('commit', '-qm', 'The tree')
    git.env = env
    return git


def test_site_in_a_folder_with_an_odd_name(tree, tmp_path):
    "With spaces and foreign letters in its path and in that of the temporary folder, an encoding that is ASCII, and a scratch notebook in nbs."
    odd, temp = tree.rename(tmp_path/"My course, it's 講座"), tmp_path/'a temporary folder'
    temp.mkdir()
    (odd/'nbs/Untitled.ipynb').write_text('not even JSON', encoding='utf-8')
    said = run(odd, sys.executable, '-m', 'tools.site', LC_ALL='C', PYTHONUTF8='0', PYTHONCOERCECLOCALE='0', TMPDIR=str(temp))
    assert '_docs' in said and not [path for path in temp.iterdir() if path.name[:5] != 'torch']
    names = {path.name for path in (odd/'_docs').glob('*.html')}
    assert {f'{path.stem}.html' for path in (ROOT/'_docs').glob('*.html')} <= names and {'index.html', 'training.html', 'api.html'} <= names and 'untitled.html' not in names


def test_tests_beside_a_scratch_notebook(tree, tmp_path):
    "Rules and refresh in a folder with an odd name leave the scratch notebook alone."
    odd = tree.rename(tmp_path/'My course, 講座')
    (odd/'nbs/Untitled 1.ipynb').write_text('{"cells": []}', encoding='utf-8')
    run(odd, sys.executable, '-m', 'pytest', '-q', 'tests/test_rules.py', 'tests/test_refresh.py', '-k', 'test_rule or test_committed', CI='')


def test_clone_with_windows_line_ends(clone, tree, tmp_path):
    "With core.autocrlf=true the files are the same, byte for byte."
    clone('-c', 'core.autocrlf=true', 'clone', '-q', tree, tmp_path/'clone')
    files = clone('ls-files', '-z').strip('\0').split('\0')
    assert len(files) > 90 and [name for name in files if (tmp_path/'clone'/name).read_bytes() != (tree/name).read_bytes()] == []


def test_nbdev_tool_chain(clone, tree):
    "Hooks, trust, clean, export and the processing of the pages for Quarto leave nothing behind that git sees; a merge conflict is named until it is settled."
    processed = [sys.executable, '-c', 'from nbdev.serve import proc_nbs; proc_nbs(force=True, n_workers=0)']  # nbdev_proc_nbs would install the copy, too
    for command in [BIN/'nbdev_install_hooks'], [BIN/'nbdev_trust'], [BIN/'nbdev_clean'], [BIN/'nbdev_export'], processed, [BIN/'nbdev_update'], [BIN/'nbdev_sidebar']:
        run(tree, *command, **clone.env)
        assert clone('status', '--porcelain') == '', command
    assert {path.name for path in books.paths(tree/'_proc')} == {path.name for path in books.paths(tree/'nbs')}

    def words(text):
        book = books.load(tree/'nbs/05_relu_effect.ipynb')
        book.markdown[3].source = text
        books.save(book)
        clone('commit', '-qam', text)
    clone('checkout', '-qb', 'theirs')
    words('Their words.')
    clone('checkout', '-q', 'main')
    words('Our words.')
    clone('merge', 'theirs', fails=True)  # nbdev's driver, if it is installed, marks the two cells
    said = run(tree, sys.executable, '-m', 'tools.refresh', fails=True)
    assert 'nbs/05_relu_effect.ipynb' in said and 'a merge conflict that is not settled: `<<<<<<< HEAD`' in said
    clone('merge', '--abort')
    clone('config', '--local', '--unset', 'include.path')
    clone('merge', 'theirs', fails=True)
    said = run(tree, sys.executable, '-m', 'tools.refresh', fails=True)
    assert '05_relu_effect.ipynb, line' in said and 'a merge conflict (settle it by `nbdev_fix`' in said
    clone('checkout', '--theirs', 'nbs/05_relu_effect.ipynb')
    assert 'Their words.' in books.load(tree/'nbs/05_relu_effect.ipynb').text


def test_script_from_a_notebook(tree):
    run(tree, BIN/'jupyter', 'nbconvert', '--to', 'script', 'nbs/03_naive_init.ipynb')
    assert 'return x @ w + b' in (tree/'nbs/03_naive_init.py').read_text(encoding='utf-8')
