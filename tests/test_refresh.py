"""`python -m tools.refresh` changes nothing in the committed tree and notices what is stale (more in tests/slow/test_forks.py); what the README says."""
import os, re, subprocess, sys

from tiny import code, md, stream

from tools import book as books, rules

CFG = rules.settings()
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
    assert all(0.94 < one < 1.07 for one, _ in ratios)  # on one thread "within about a twentieth"
    for name in ('`torch.nn`, autograd, `torch.optim.SGD`', "scikit-learn's `MLPClassifier`"):  # on two "by less than the brackets"
        low, high = map(float, re.search(r'\((\S+) to (\S+)\)', rows[name][3]).groups())
        assert low < 1 < high
    shares = {name: int(cells[2].split()[0]) for name, cells in rows.items() if ', batches of ' in name}
    small = {'64 units, batches of 128', '128 units, batches of 128', '256 units, batches of 128', '256 units, batches of 16', '256 units, batches of 64'}
    assert {name for name, share in shares.items() if share < 50} == small and all(shares[name] > 65 for name in shares if re.search('^(1024|2048|4096)|(1024|4096)$', name))
