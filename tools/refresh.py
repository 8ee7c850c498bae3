"""Make everything that is made: `python -m tools.refresh`.

First it cleans the notebooks, moves our own addresses to where settings.ini says, and copies what benchmarks/run.py measured and the lists of
pages to where the notebooks want them. It stops if a notebook is not fit to be generated from (`rules.BEFORE`). Then come the modules, exported
into a folder aside and put in place together, nbs/nbdev.yml, README.md and its figure, and, last, CITATION.cff, which holds the addresses of the
run before. What the other rules find is said at the end."""
import json, os, posixpath, re, shutil, subprocess, sys, tempfile
from base64 import b64decode
from pathlib import Path

import yaml
from nbdev.clean import clean_nb

from tools import book as books, rules
from tools.book import ROOT

FIGURE, FIGURE_NB = 'images/fifty_layers.png', '04_kaiming_init.ipynb'
EXPORT = 'import nbdev.doclinks, nbdev.quarto; nbdev.doclinks.nbdev_export.__wrapped__(); nbdev.quarto.refresh_quarto_yml()'


def put(path, content):
    "Write text or bytes, whole or not at all, unless the file holds them already."
    if isinstance(content, str): content = content.encode()
    if path.exists() and path.read_bytes() == content: return
    part = path.with_name(f'{path.name}.part')
    part.write_bytes(content)
    os.replace(part, path)


def readdress(text, old, new, branch):
    "Replace our repository's address `old` by `new`, on Colab too, and the branch in links to its files."
    owner_repo = re.escape(old.removeprefix('https://github.com/'))
    def moved(m): return m[1] + new.removeprefix('https://github.com/') + (f'/{m[2]}/{branch}' if m[2] else '')
    return re.sub(rf'(github\.com/|research\.google\.com/github/){owner_repo}(?![\w-]|\.(?!git\b)\w)(?:/(blob|tree|edit|raw)/[^\s/)"]+)?',
                  moved, text)


def clean(book):
    "What nbdev_clean does; of the kernel's description only what other tools want to know stays, and of JupyterLab's long ids the first eight characters."
    clean_nb(book)
    for cell in book.cells: cell.id = cell.id.replace('-', '')[:8] if len(cell.id) > 8 else cell.id
    book.metadata = dict(book.metadata, language_info=dict(books.LANGUAGE))


def figure(index, lesson):
    "The stored image of the one cell of `lesson` whose alternative text is that of the front page's figure."
    alts = re.findall(rf'!\[(.*)\]\({FIGURE}\)', index.text)
    found = [cell for cell in lesson.code if cell.alt and cell.alt in alts]
    images = [image for cell in found for image in cell.images]
    if not len(alts) == len(found) == len(images) == 1:
        raise SystemExit(f'{FIGURE}: wanted one place on the front page, one cell of {FIGURE_NB} with its alternative text, '
                         f'and one image there; got {len(alts)}, {len(found)} and {len(images)}. Text: {alts}')
    return b64decode(images[0][0])


def readme(index, nbs):
    "README text from the front page: hidden cells dropped, links made relative to the repository's root."
    def block(lang, text): return f'```{lang}\n{text.rstrip()}\n```'
    def rooted(m): return '](' + posixpath.normpath(f'{nbs}/{m[1]}')
    parts = [f'<!-- Made from {nbs}/index.ipynb by tools/refresh.py: edit that notebook, not this file. -->']
    for cell in index.cells:
        code = books.VARIES.sub('', cell.body).strip()
        if cell.cell_type == 'markdown':
            text = re.sub(r'<!-- [^\n]* -->\n*', '', cell.source)
            parts.append(re.sub(r'\]\((?![a-z]+:|#)([^\s)]+)', rooted, text.strip()))
        elif code and not cell.hidden:
            if parts[-1].startswith('```python'): code = parts.pop()[10:-3] + '\n' + code  # a cell of imports and its example
            parts.append(block('python', code))
            data = [out.get('data', {'text/plain': out.get('text', '')}) for out in cell.outputs]
            parts += [d['text/markdown'] for d in data if 'text/markdown' in d]
            text = ''.join(d.get('text/plain', '') for d in data if 'text/markdown' not in d)
            if text: parts.append(block('text', text))
    return '\n\n'.join(parts) + '\n'


def lists(notebooks, cfg):
    "What the front page says of the other pages: {name: Markdown}."
    colab = f'https://colab.research.google.com/github/{cfg["user"]}/{cfg["repo"]}/blob/{cfg["branch"]}/nbs'
    rows = [f'| [{book.front[0]}]({book.name}) | {book.front[1]} | {book.minutes} | [open]({colab}/{book.name}) |' for book in notebooks if book.kind == 'lesson']
    def linked(kind): return ', '.join(f'[{book.front[0]}]({book.name})' for book in notebooks if book.kind == kind)
    return {'lessons': '\n'.join(['| lesson | the question | minutes | in Colab |', '|:--|:--|--:|:--|', *rows]),
            'pages': f'For every reader: {linked("beyond")}. The plumbing: {linked("plumbing")}.'}


def filled(text, made):
    "`text` with what stands in `<!-- NAME -->` … `<!-- / -->` replaced by what is made of that name."
    def part(m):
        if m[1] not in made: raise SystemExit(f'<!-- {m[1]} -->: nothing of that name is made, got {[*made]}; for benchmarks, wanted a section of benchmarks/table.md')
        return f'<!-- {m[1]} -->\n\n{made[m[1]]}\n\n<!-- / -->'
    return re.sub(r'<!-- (\w[^\n]*?) -->(?:(?!<!-- \w).)*?<!-- / -->', part, text, flags=re.S)


def export(root, cfg):
    "The modules and nbs/nbdev.yml, from a copy in which nbdev, which trusts in the machine's encoding, works in UTF-8."
    with tempfile.TemporaryDirectory() as folder:
        aside, nbs, lib = Path(folder), cfg['nbs_path'], cfg['lib_path']
        for path in [root/'settings.ini', root/nbs/'_quarto.yml', *books.paths(root/nbs), *(root/lib).glob('*.py')]:
            (aside/path.relative_to(root)).parent.mkdir(exist_ok=True)
            shutil.copy(path, aside/path.relative_to(root))
        run = subprocess.run([sys.executable, '-X', 'utf8', '-c', EXPORT], cwd=aside, capture_output=True, encoding='utf-8')
        if run.returncode: raise SystemExit(f'nbdev_export failed, and no module was changed:\n{run.stderr}')
        for path in [*(aside/lib).glob('*.py'), aside/nbs/'nbdev.yml']: put(root/path.relative_to(aside), path.read_text(encoding='utf-8'))


def refresh(root):
    cfg, citation = rules.settings(root), root/'CITATION.cff'
    old, site = yaml.safe_load(citation.read_text(encoding='utf-8')), cfg['doc_host'] + cfg['doc_baseurl']
    def moved(text):
        text = readdress(text, old['repository-code'], cfg['git_url'], cfg['branch'])
        return re.sub(re.escape(old['url']) + r'(?![\w-])', lambda m: site, text)
    if unread := [fault for _, fault in rules.all_faults(root, [])]: raise SystemExit('\n'.join(unread))
    for path in [*books.paths(root/'nbs'), root/'CONTRIBUTING.md', root/'CHANGELOG.md']: put(path, moved(path.read_text(encoding='utf-8')))

    notebooks = books.books(root/'nbs')
    for book in notebooks: clean(book)
    table = (root/'benchmarks/table.md').read_text(encoding='utf-8')
    made = lists(notebooks, cfg) | {f'benchmarks: {title}': text for title, text in re.findall(r'^## (.*?)\n+(.*?)\s*(?=^## |\Z)', table, re.M | re.S)}
    for book in notebooks:
        for cell in book.markdown: cell.source = filled(cell.source, made)
        put(book.path, books.dumps(book))
    if wrong := [fault for _, fault in rules.all_faults(root, rules.BEFORE)]: raise SystemExit('\n'.join(wrong) + '\nNothing is made before this is mended.')

    export(root, cfg)
    index = books.load(root/'nbs/index.ipynb')
    (root/'nbs'/FIGURE).parent.mkdir(exist_ok=True)
    put(root/'nbs'/FIGURE, figure(index, books.load(root/'nbs'/FIGURE_NB)))
    put(root/'README.md', readme(index, 'nbs'))
    text = citation.read_text(encoding='utf-8')
    for key, value in {'title': cfg['title'], 'abstract': cfg['description'], '  - name': cfg['author'], 'version': cfg['version'],
                       'repository-code': cfg['git_url'], 'url': site}.items():
        text = re.sub(rf'^{key}: .*', lambda m: f'{key}: {json.dumps(value)}', text, flags=re.M)
    put(citation, text)


if __name__ == '__main__':
    refresh(ROOT)
    rules.main()
