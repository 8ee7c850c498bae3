"""Bring everything that is generated in line with settings.ini, the notebooks and the benchmarks: `python tools/refresh.py`.

Rewrites our own addresses, copies what was measured into the notebooks, exports the modules, writes the front-page figure, README.md and, last, CITATION.cff,
which holds the addresses of the run before."""
import json, os, posixpath, re
from base64 import b64decode
from pathlib import Path

import yaml
from execnb.nbio import read_nb, write_nb
from nbdev.config import get_config
from nbdev.doclinks import nbdev_export
from nbdev.quarto import refresh_quarto_yml

FIGURE, FIGURE_NB = 'images/fifty_layers.png', '04_kaiming_init.ipynb'


def readdress(text, old, new, branch):
    "Replace our repository's address `old` by `new`, on Colab too, and the branch in links to its files."
    owner_repo = re.escape(old.removeprefix('https://github.com/'))
    def moved(m): return m[1] + new.removeprefix('https://github.com/') + (f'/{m[2]}/{branch}' if m[2] else '')
    return re.sub(rf'(github\.com/|research\.google\.com/github/){owner_repo}(?![\w-]|\.(?!git\b)\w)(?:/(blob|tree|edit|raw)/[^\s/)"]+)?',
                  moved, text)


def figure(index, lesson):
    "The stored image of the one cell of `lesson` whose alternative text is that of the front page's figure."
    alts = re.findall(rf'!\[(.*)\]\({FIGURE}\)', '\n'.join(c.source for c in index.cells))
    found = [c for c in lesson.cells for o in re.findall(r'^#\| (fig-alt:.*)', c.source, re.M) if yaml.safe_load(o)['fig-alt'] in alts]
    images = [o.data['image/png'] for c in found for o in c.outputs if 'image/png' in o.get('data', {})]
    if not len(alts) == len(found) == len(images) == 1:
        raise SystemExit(f'{FIGURE}: wanted one place on the front page, one cell of {FIGURE_NB} with its alternative text, '
                         f'and one image there; got {len(alts)}, {len(found)} and {len(images)}. Text: {alts}')
    return b64decode(''.join(images[0]))


def readme(index, nbs):
    "README text from the front page: hidden cells dropped, links made relative to the repository's root."
    def block(lang, text): return f'```{lang}\n{text.rstrip()}\n```'
    def rooted(m): return '](' + posixpath.normpath(f'{nbs}/{m[1]}')
    parts = [f'<!-- Made from {nbs}/index.ipynb by tools/refresh.py: edit that notebook, not this file. -->']
    for cell in index.cells:
        code = re.sub(r'^(#\||# varies by machine).*\n?', '', cell.source, flags=re.M).strip()
        if cell.cell_type == 'markdown': parts.append(re.sub(r'\]\((?![a-z]+:|#)([^\s)]+)', rooted, cell.source.strip()))
        elif cell.cell_type == 'code' and code and not re.search(r'^#\| hide *$', cell.source, re.M):
            if parts[-1].startswith('```python'): code = parts.pop()[10:-3] + '\n' + code  # a cell of imports and its example
            parts.append(block('python', code))
            data = [o.get('data', {'text/plain': o.get('text', '')}) for o in cell.outputs]
            parts += [''.join(d['text/markdown']) for d in data if 'text/markdown' in d]
            text = ''.join(''.join(d.get('text/plain', '')) for d in data if 'text/markdown' not in d)
            if text: parts.append(block('text', text))
    return '\n\n'.join(parts) + '\n'


def benchmarks(text, measured):
    "`text` with what stands in `<!-- benchmarks: TITLE -->` … `<!-- / -->` replaced by that section of `measured`."
    sections = dict(re.findall(r'^## (.*?)\n+(.*?)\s*(?=^## |\Z)', measured, re.M | re.S))
    def section(m):
        if m[1] not in sections: raise SystemExit(f'benchmarks/table.md: got {[*sections]}, wanted a section {m[1]!r}')
        return f'<!-- benchmarks: {m[1]} -->\n\n{sections[m[1]]}\n\n<!-- / -->'
    return re.sub(r'<!-- benchmarks: (.*?) -->.*?<!-- / -->', section, text, flags=re.S)


def refresh(root):
    os.chdir(root)
    cfg, citation = get_config(), root/'CITATION.cff'
    old, site = yaml.safe_load(citation.read_text()), cfg.doc_host + cfg.doc_baseurl
    for path in [*cfg.nbs_path.glob('*.ipynb'), root/'CONTRIBUTING.md', root/'CHANGELOG.md']:
        text = path.read_text()
        new = readdress(text, old['repository-code'], cfg.git_url, cfg.branch)
        new = re.sub(re.escape(old['url']) + r'(?![\w-])', lambda m: site, new)
        if new != text: path.write_text(new)

    measured = (root/'benchmarks/table.md').read_text(encoding='utf-8')
    for path in cfg.nbs_path.glob('*.ipynb'):
        nb = read_nb(path)
        old_sources = [c.source for c in nb.cells]
        for c in nb.cells:
            if c.cell_type == 'markdown': c.source = benchmarks(c.source, measured)
        if [c.source for c in nb.cells] != old_sources: write_nb(nb, path)
    nbdev_export.__wrapped__()
    refresh_quarto_yml()
    index = read_nb(cfg.nbs_path/'index.ipynb')
    (cfg.nbs_path/FIGURE).parent.mkdir(exist_ok=True)
    (cfg.nbs_path/FIGURE).write_bytes(figure(index, read_nb(cfg.nbs_path/FIGURE_NB)))
    (root/'README.md').write_text(readme(index, cfg.nbs_path.name))

    text = citation.read_text()
    for key, value in {'title': cfg.title, 'abstract': cfg.description, '  - name': cfg.author, 'version': cfg.version,
                       'repository-code': cfg.git_url, 'url': site}.items():
        text = re.sub(rf'^{key}: .*', lambda m: f'{key}: {json.dumps(value)}', text, flags=re.M)
    citation.write_text(text)


if __name__ == '__main__': refresh(Path(__file__).resolve().parent.parent)
