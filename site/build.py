"""Build the site: `python site/build.py [folder]`, then open _docs/index.html, or that of the folder. Needs no network and no Quarto.

nbdev processes the notebooks (show_doc, hidden cells, links of symbols), `Stage` turns the result into pages for Sphinx, Sphinx builds
them, and `faults` reads what came out. A warning of Sphinx or a fault fails the build."""
import ast, gc, importlib, os, re, shutil, sys, tempfile, time
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urldefrag

import nbformat, yaml
from bs4 import BeautifulSoup
from nbdev.config import get_config
from nbdev.serve import proc_nbs
from nbformat.v4 import new_markdown_cell
from sphinx.cmd.build import build_main

ROOT = Path(__file__).resolve().parent.parent
TAGS = {('echo', False): ['remove-input'], ('output', False): ['remove-output'], ('include', False): ['remove-cell'],
        ('code-fold', True): ['hide-input'], ('code-fold', 'show'): []}  # of a cell's options, as myst-nb calls them
REFERENCE = re.compile(r'^- (?P<authors>[^*\n]+), \*(?P<title>[^*]+)\*,(?P<rest>.*?\b(?:19|20)\d\d\b(?:, \[arXiv [^)]+\))?)', re.M)


def options(source):
    "The options `#| name: value` at the head of a cell, and the source without them."
    head = re.match(r'(?:#\| .*\n?)*', source)[0]
    return yaml.safe_load(re.sub(r'^#\| ', '', head, flags=re.M)) or {}, source[len(head):].strip('\n')

def definitions(source):
    "Names of the functions, classes, methods and variables that a cell defines, each with its kind."
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef): yield node.name, 'function'
        if isinstance(node, ast.ClassDef):
            yield node.name, 'class'
            yield from ((f'{node.name}.{n.name}', 'method') for n in node.body if isinstance(n, ast.FunctionDef))
        if isinstance(node, ast.Assign): yield from ((t.id, 'data') for t in node.targets if isinstance(t, ast.Name))


class Stage:
    "Pages for Sphinx from `notebooks`, which maps a file name to the notebook that nbdev made of it."
    def __init__(self, notebooks, cfg):
        self.notebooks, self.cfg = dict(sorted(notebooks.items())), cfg
        self.front = {name: yaml.safe_load(nb.cells[0].source.strip().strip('-')) for name, nb in self.notebooks.items()}
        self.page = {name: Path(front['output-file']).stem for name, front in self.front.items()}
        self.symbols = {}  # module: {name: its docstring's first line}

    def links(self, text):
        """Links to our notebooks, symbols and files in the form in which Sphinx finds the broken ones; arXiv numbers become links.
        And 60 000 and 29 % stay on one line."""
        site, files = re.escape(self.cfg.doc_host + self.cfg.doc_baseurl), f'{self.cfg.git_url}/blob/{self.cfg.branch}/'
        def symbol(m): return f'{{py:obj}}`{m[1]} <{m[1] if m[1].lower() == m[2] else m[2]}>`'  # nbdev's addresses have no capitals
        text = re.sub(rf'\[`([^`]+)`\]\({site}/[\w-]+\.html#([\w.]+)\)', symbol, text)
        text = re.sub(r'\]\(\.\./([^)\s]+)\)', rf']({files}\1)', text)
        text = re.sub(r'\barXiv (\d{4}\.\d{4,5})', r'[arXiv \1](https://arxiv.org/abs/\1)', text)
        text = re.sub(r'(?<=\d) (?=\d{3}\b|%)', '\xa0', text)
        return re.sub(r'\]\(([\w-]+\.ipynb)(?=[)#])', lambda m: f']({self.page.get(m[1], m[1][:-6])}.ipynb', text)

    def definition(self, cell):
        "A symbol's name and the head of its definition, from nbdev's show_doc; the code itself stands in a later cell."
        text = cell.outputs[0].data['text/markdown']
        url, name = re.search(r'^\[source\]\((.*?)\)', text, re.M)[1], re.search(r'^#+ (\S+)', text, re.M)[1]
        module = re.search(rf'/({self.cfg.lib_name}/.+)\.py', url)[1].replace('/', '.')
        line = text.rpartition('```')[2].strip().split('\n')[0]
        self.symbols.setdefault(module, {})[name] = self.links(re.sub(r'^\*(.*?)\*?$', r'\1', line))
        kind = 'method' if '.' in name else 'class' if isinstance(getattr(importlib.import_module(module), name), type) else 'function'
        return name, new_markdown_cell(f':::{{py:{kind}}} {name}\n[`{module}`]({url})\n:::')

    def code(self, cell, page, heads):
        "A code cell with its options in myst-nb's form, after the heads or at least the anchors of what it defines."
        opts, cell.source = options(cell.source)
        if opts.pop('code-summary', '') == 'Exported source':  # what nbdev says of an `exports` cell
            for name, kind in definitions(cell.source):
                if name in heads: yield heads.pop(name)
                elif name[0] != '_': yield new_markdown_cell(f':::{{py:{kind}}} {name}\n:no-typesetting:\n:::')
                if name[0] != '_': self.places.add(name)
                if name.lower() not in self.places:  # nbdev's address, where Sphinx makes another
                    yield new_markdown_cell(f'<span id="{name.lower()}"></span>')
                    self.places.add(name.lower())
        cell.outputs = [o for o in cell.outputs if o.get('data') != {}]  # the place of a progress bar
        if alt := opts.pop('fig-alt', ''): cell.metadata['mystnb'] = dict(image=dict(alt=alt))
        if unknown := opts.items() - TAGS.keys(): raise SystemExit(f'{page}: no meaning on the site for a cell\'s {unknown}')
        cell.metadata['tags'] = [tag for item in opts.items() for tag in TAGS[item]]
        yield cell

    def head(self, title, description): return f'# {title}\n\n{{.lead}}\n{self.links(description)}'

    def cells(self, name):
        page, front, heads, self.places = self.page[name], self.front[name], {}, set()
        yield new_markdown_cell(self.head(front['title'], front['description']))
        if page == 'index':
            first = min(n for n in self.page if n[0] == '0')
            yield new_markdown_cell(self.links(f'[Begin with lesson {self.front[first]["title"]}]({first})'))
        for cell in self.notebooks[name].cells[1:]:
            if cell.cell_type == 'code' and 'show_doc(' in cell.source: heads.update([self.definition(cell)])
            elif cell.cell_type == 'code': yield from self.code(cell, page, heads)
            elif not cell.source.startswith('<!-- WARNING: THIS FILE WAS AUTOGENERATED'):
                yield new_markdown_cell(self.links(cell.source))
        if heads: raise SystemExit(f'{page}: found no code that defines {", ".join(heads)}')
        if page == 'index': yield new_markdown_cell(self.contents())

    def contents(self):
        "The order of the pages."
        def entry(name): return f'{re.sub("^Appendix: (.)", lambda m: m[1].upper(), self.front[name]["title"])} <{self.page[name]}>'
        parts = dict(Lessons=[entry(n) for n in self.page if n[0] == '0'], Appendix=[entry(n) for n in self.page if n[0] == '9'],
                     Reference=['api', 'references'])
        return '\n\n'.join(f'```{{toctree}}\n:hidden:\n:caption: {part}\n\n' + '\n'.join(pages) + '\n```' for part, pages in parts.items())

    def api(self):
        "One line per symbol, each a link to where it is built. To be called after all cells."
        yield self.head('API reference', 'Every symbol of the library, with a link to the place where it is built and tested.')
        for module, symbols in self.symbols.items():
            lib = importlib.import_module(module)
            constants = {n: f'a constant, of type `{type(getattr(lib, n)).__name__}`' for n in lib.__all__ if not callable(getattr(lib, n))}
            public = {n: line for n, line in (constants | symbols).items() if n.split('.')[0] in lib.__all__}
            title = module.replace('.', '.\u200b')  # a narrow page may break the line after the dot
            yield f'## {title}\n\n{lib.__doc__ or ""}'
            yield '\n'.join(f'- {{py:obj}}`{n}`: {line}' for n, line in public.items())

    def references(self):
        "What the lessons cite, each work once, with the lessons that cite it. To be called after all cells."
        yield self.head('References', 'What the lessons cite, and where.')
        found, citing = {}, {}
        for name, nb in self.notebooks.items():
            section = next((c.source.partition('## References')[2] for c in nb.cells if '\n## References' in '\n' + c.source), '')
            for m in REFERENCE.finditer(section):
                key = (m['authors'], m['title'])
                found[key] = max(found.get(key, ''), m[0], key=len)
                citing.setdefault(key, []).append(f'[{self.front[name]["title"]}]({self.page[name]}.ipynb)')
        def surname(work): return work[0].partition(',')[0].split()[-1], work
        yield '\n'.join(f'{found[key]}. Cited in {", ".join(citing[key])}.' for key in sorted(found, key=surname))

    def write(self, folder):
        for name, nb in self.notebooks.items():
            nb.cells = list(self.cells(name))
            nb.metadata.update(source=f'{self.cfg.nbs_path.name}/{name}', description=self.front[name]['description'])
            nbformat.write(nb, folder/f'{self.page[name]}.ipynb')
        for name in 'api', 'references':
            (folder/f'{name}.md').write_text('\n\n'.join(getattr(self, name)()), encoding='utf-8')


def faults(out, symbols):
    """What is wrong with the pages in `out`: ids given twice, links and images that lead nowhere, symbols without a link or a place,
    tables without words before them.
    `symbols` maps each name to its address, `page.html#name`."""
    pages = {path.name: BeautifulSoup(path.read_text(encoding='utf-8'), 'html.parser') for path in sorted(out.glob('*.html'))}
    ids = {name: Counter(tag['id'] for tag in page.find_all(id=True)) for name, page in pages.items()}
    for name, page in pages.items():
        yield from (f'{name}: id {i} is given {n} times' for i, n in ids[name].items() if n > 1)
        for tag in page.find_all(['a', 'img', 'link', 'script']):
            address, fragment = urldefrag(tag.get('href') or tag.get('src') or '')
            if re.match('[a-z]+:|//', address): continue
            target = unquote(address).partition('?')[0] or name
            if not (out/target).exists(): yield f'{name}: a link to {target}, which is no file'
            elif fragment and unquote(fragment) not in ids.get(target, [unquote(fragment)]):
                yield f'{name}: a link to {target}#{fragment}, which is no place'
        for table in page.select('article table'):
            before = table.find_previous(['p', 'li', 'h1', 'h2', 'h3', 'h4', 'table'])
            if before.name not in ('p', 'li') or before.find_parent('table'): yield f'{name}: no words before the table {table.get_text()[:30]!r}'
        for code in page.select('article code'):
            text = code.get_text()
            if (text in symbols or re.fullmatch(r'torch\.[\w.]+', text)) and not code.find_parent(['a', 'pre', 'h1', 'h2', 'h3', 'h4']):
                yield f'{name}: {text} is not linked: an unknown symbol?'
    for name, address in symbols.items():
        page, _, fragment = address.partition('#')
        if fragment not in ids.get(page, ()): yield f'{name}: {address} is no place'


def build(notebooks, cfg, out, symbols):
    "Write the site to `out`, unless Sphinx or `faults` has something to say."
    with tempfile.TemporaryDirectory() as folder:
        pages, html = Path(folder)/'pages', Path(folder)/'html'
        shutil.copytree(cfg.nbs_path/'images', pages/'images')
        Stage(notebooks, cfg).write(pages)
        options = f'-b html -E -W -n --keep-going -q -c {ROOT/"site"} -d {folder}/doctrees {pages} {html}'.split(' ')
        if build_main(options): raise SystemExit('Sphinx found faults, see above.')
        if found := list(faults(html, symbols)): raise SystemExit('\n'.join(found))
        (html/'_sources').rmdir()
        shutil.rmtree(out, ignore_errors=True)
        shutil.move(html, out)


def main(out=None):
    os.chdir(ROOT)
    cfg, start = get_config(), time.perf_counter()
    out = Path(out or cfg.doc_path)
    notebooks = {path.name: nbformat.read(path, 4) for path in Path(proc_nbs(force=True, n_workers=0)).glob('*.ipynb')}
    index = importlib.import_module(f'{cfg.lib_name}._modidx').d['syms']
    symbols = {name.removeprefix(f'{module}.'): place for module, names in index.items() for name, (place, _) in names.items()}
    middle, work = time.perf_counter(), time.process_time()
    build(notebooks, cfg, out, symbols)
    print(f'{out/"index.html"}: nbdev took {middle - start:.1f} s, the pages {time.perf_counter() - middle:.1f} s, '
          f'of which the processor {time.process_time() - work:.1f} s')


if __name__ == '__main__':
    gc.disable()  # the run is short, and a third of it would go into looking for garbage
    main(*sys.argv[1:])
    gc.freeze()  # IPython looks for garbage at exit, once for each notebook
