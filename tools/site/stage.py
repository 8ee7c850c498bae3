"Pages for Sphinx from the notebooks."
import importlib, inspect, re

import nbformat
from nbdev.doclinks import NbdevLookup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import book as books

TAGS = {('echo', 'false'): ['remove-input'], ('output', 'false'): ['remove-output'], ('include', 'false'): ['remove-cell'],
        ('code-fold', 'true'): ['hide-input'], ('code-fold', 'show'): []}  # of a cell's options, as myst-nb calls them
REFERENCE = re.compile(r'^- (?P<authors>[^*\n]+), \*(?P<title>[^*]+)\*,(?P<rest>.*?\b(?:19|20)\d\d\b(?:, \[arXiv [^)]+\))?)', re.M)


class Symbols(NbdevLookup):
    "What nbdev knows of our symbols and of PyTorch's: links to them in Markdown (`linkify`, `link_line`), and where their code stands (`code`)."
    def first_line(self, module, name):
        "The first line of a symbol's docstring, with links."
        return self.link_line(inspect.getdoc(getattr(importlib.import_module(module), name)).split('\n')[0])


class Stage:
    "Pages for Sphinx from `notebooks`, which are Books."
    def __init__(self, notebooks, cfg, symbols):
        self.books, self.cfg, self.symbols = {book.name: book for book in notebooks}, cfg, symbols
        self.modules = {}  # module: {name: its docstring's first line}

    def links(self, text):
        """Links to our notebooks, symbols and files in the form in which Sphinx finds the broken ones; arXiv numbers become links.
        And 60 000 and 29 % stay on one line."""
        site, files = re.escape(self.cfg.doc_host + self.cfg.doc_baseurl), f'{self.cfg.git_url}/blob/{self.cfg.branch}/'
        def symbol(m): return f'{{py:obj}}`{m[1]} <{m[1] if m[1].lower() == m[2] else m[2]}>`'  # nbdev's addresses have no capitals
        text = re.sub(rf'\[`([^`]+)`\]\({site}/[\w-]+\.html#([\w.]+)\)', symbol, text)
        text = re.sub(r'\]\(\.\./([^)\s]+)\)', rf']({files}\1)', text)
        text = re.sub(r'\barXiv (\d{4}\.\d{4,5})', r'[arXiv \1](https://arxiv.org/abs/\1)', text)
        text = re.sub(r'`[^`]*`|(?<=\d) (?=\d{3}\b|%)', lambda m: '\xa0' if m[0] == ' ' else m[0], text)  # code stays as it is
        return re.sub(r'\]\(([\w-]+\.ipynb)(?=[)#])', lambda m: f']({books.page(m[1])}.ipynb' if m[1] in self.books else m[0], text)

    def markdown(self, text): return new_markdown_cell(self.links(self.symbols.linkify(text) or ''))

    def head(self, module, name, kind):
        "A symbol's name and a link to its module; the code itself stands below."
        self.modules.setdefault(module, {})[name] = self.links(self.symbols.first_line(module, name))
        return new_markdown_cell(f':::{{py:{kind}}} {name}\n[`{module}`]({self.symbols.code(name)})\n:::')

    def code(self, cell, book, places):
        "A code cell with its options in myst-nb's form, after the heads or at least the anchors of what it exports."
        options = {name: value for name, value in cell.directives.items() if name not in ('exports', 'fig-alt')}
        if unknown := options.items() - TAGS.keys(): raise SystemExit(f'{cell.at(0)}: no meaning on the site for {unknown}')
        module = cell.export and (cell.export[1] or book.exports_to)
        if module and module[0] != '_':  # a private module has no place in the index
            for name, kind, _ in books.definitions(cell.source):
                if name[0] != '_':
                    headed = kind in ('function', 'class')
                    yield self.head(f'{self.cfg.lib_name}.{module}', name, kind) if headed else new_markdown_cell(
                        f':::{{py:{kind}}} {name}\n:no-typesetting:\n:::')
                    places.add(name)
                if name.lower() not in places: yield new_markdown_cell(f'<span id="{name.lower()}"></span>')  # nbdev's address, where Sphinx makes another
                places.add(name.lower())
        outputs = [nbformat.from_dict(out) for out in cell.outputs if out.get('data') != {}]  # the place of a progress bar
        for out in outputs:
            if text := out.get('data', {}).get('text/markdown'): out.data['text/markdown'] = ''.join(map(self.symbols.link_line, text.splitlines(True)))
        shown = new_code_cell(cell.body, outputs=outputs, metadata=dict(tags=[tag for option in options.items() for tag in TAGS[option]]))
        if cell.alt: shown.metadata['mystnb'] = dict(image=dict(alt=cell.alt))
        yield shown

    def title(self, title, description): return f'# {title}\n\n{{.lead}}\n{self.links(description)}'

    def cells(self, book):
        places = set()
        yield new_markdown_cell(self.title(*book.front))
        if book.kind == 'front':
            first = next(b for b in self.books.values() if b.kind == 'lesson')
            yield new_markdown_cell(self.links(f'[Begin with lesson {first.front[0]}]({first.name})'))
        yield self.markdown(books.FRONT.sub('', book.cells[0].source, count=1))
        for cell in book.cells[1:]:
            if cell.cell_type == 'markdown': yield self.markdown(cell.source)
            elif not books.NOT_SHOWN & cell.directives.keys(): yield from self.code(cell, book, places)
            elif hidden := [name for name, kind, _ in books.definitions(cell.source) if cell.export and kind != 'data' and name[0] != '_']:
                raise SystemExit(f'{cell.at(0)}: no page shows the code of {", ".join(hidden)}; `#| exports` does')
        deeper = [b for b in self.books.values() if b.kind == 'deeper' and book.kind == 'lesson' and b.name[:2] == book.name[:2]]
        if deeper: yield self.contents('', deeper)
        if book.kind == 'front':
            for caption, kind in ('Lessons', 'lesson'), ('Beyond the lessons', 'beyond'), ('Appendix', 'plumbing'):
                yield self.contents(caption, [b for b in self.books.values() if b.kind == kind])
            yield self.contents('Reference', [], 'api', 'references')

    def contents(self, caption, pages, *more):
        "A part of the order of the pages, with a caption unless that is ''."
        lines = [*(book.page for book in pages), *more]
        head = '```{toctree}\n:hidden:\n' + f':caption: {caption}\n' * bool(caption)
        return new_markdown_cell('\n'.join([head, *lines, '```']) if lines else '')

    def api(self):
        "One line per symbol, each a link to where it is built. To be called after all cells."
        yield self.title('API reference', 'Every symbol of the library, with a link to the place where it is built and tested.')
        for module, symbols in self.modules.items():
            lib = importlib.import_module(module)
            constants = {n: f'a constant, of type `{type(getattr(lib, n)).__name__}`' for n in lib.__all__ if not callable(getattr(lib, n))}
            public = {n: line for n, line in (constants | symbols).items() if n in lib.__all__}
            title = module.replace('.', '.\u200b')  # a narrow page may break the line after the dot
            yield f'## {title}\n\n{lib.__doc__ or ""}'
            yield '\n'.join(f'- {{py:obj}}`{n}`: {line}' for n, line in public.items())

    def references(self):
        "What the lessons cite, each work once, with the lessons that cite it."
        yield self.title('References', 'What the lessons cite, and where.')
        found, citing = {}, {}
        for book in self.books.values():
            for m in REFERENCE.finditer(self.links(book.text).partition('\n## References')[2].partition('\n## ')[0]):
                key = (m['authors'], m['title'])
                found[key] = max(found.get(key, ''), m[0], key=len)
                citing.setdefault(key, []).append(f'[{book.front[0]}]({book.page}.ipynb)')
        def surname(work): return work[0].partition(',')[0].split()[-1], work
        yield '\n'.join(f'{found[key]}. Cited in {", ".join(citing[key])}.' for key in sorted(found, key=surname))

    def write(self, folder):
        for book in self.books.values():
            page = new_notebook(cells=[cell for cell in self.cells(book) if cell.source.strip()], metadata=book.metadata)
            page.metadata.update(source=f'{self.cfg.nbs_path.name}/{book.name}', description=book.front[1])
            nbformat.write(page, folder/f'{book.page}.ipynb')
        for name in 'api', 'references': (folder/f'{name}.md').write_text('\n\n'.join(getattr(self, name)()), encoding='utf-8')
