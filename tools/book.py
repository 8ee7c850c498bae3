"""What a notebook looks like: the only file that knows. Rules, site, refresh, proofs and tests ask here.

A `Book` and its `Cell`s are the notebook's JSON, with lists of lines joined and the fields as attributes too, and what nbdev and a reader see in it."""
import ast, json, re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NBS = ROOT/'nbs'
MODULES = ROOT/'mlp_from_scratch'
LANGUAGE = {'file_extension': '.py', 'name': 'python'}  # what `nbconvert --to script` has to know
KINDS = ((range(1, 50), 'lesson'), (range(80, 90), 'beyond'), (range(90, 100), 'plumbing'))


# ---- Pages by their file names

def kind(name):
    """What a notebook is by its number: a 'lesson' (01 to 49), a 'deeper' page (06a stands behind lesson 6), a page for every reader 'beyond' the
    lessons (80 to 89), 'plumbing' (90 to 99); 'front' is index.ipynb, and None is no page of the course."""
    if name == 'index.ipynb': return 'front'
    number = re.fullmatch(r'(\d\d)([a-z]?)_\w+\.ipynb', name)
    found = number and next((kind for numbers, kind in KINDS if int(number[1]) in numbers), None)
    return found if not (number and number[2]) else 'deeper' if found == 'lesson' else None

def page(name):
    "The name of a notebook's page, as nbdev makes it: without number and suffix."
    return re.sub(r'^\d+[a-zA-Z0-9]*_', '', name.lower()).removesuffix('.ipynb')

def paths(folder=NBS):
    "The notebooks of the course in the order in which nbdev exports them."
    return sorted((path for path in folder.glob('*.ipynb') if kind(path.name)), key=lambda path: path.name)

def strays(folder=NBS):
    "Notebooks that are no page of the course: somebody's scratch, or a number that has no kind."
    found = (path for path in folder.rglob('*.ipynb') if not any(part[0] in '_.' for part in path.relative_to(folder).parts))
    return sorted(path for path in found if path.parent != folder or not kind(path.name))


# ---- Cells

DIRECTIVE = re.compile(r'\s*#\s*\|')  # what nbdev takes for one
MAGIC = re.compile(r'^( *)[%!].*', re.M)
FRONT = re.compile(r'# (\S.*)\n\s*> (\S.*)')
VARIES = re.compile(r'^# varies by machine$', re.M)
NOT_SHOWN = {'hide', 'export', 'exporti', 'default_exp'}  # what nbdev leaves out of a page

class Node(dict):
    "JSON whose fields are attributes, too."
    def __getattr__(self, name):
        try: return self[name]
        except KeyError: raise AttributeError(name) from None
    __setattr__ = dict.__setitem__

class Cell(Node):
    "`place` is where it stands: the notebook's name, and its number and id."
    def at(self, line):
        "Where a line of the cell is, given by its index or by words of it."
        if isinstance(line, str): line = next((i for i, text in enumerate(self.lines) if line in text), 0)
        return f'{self.place}, line {line + 1}'
    @property
    def lines(self): return self.source.split('\n')
    @property
    def head(self):
        "The number of leading lines in which nbdev looks for directives."
        other = (i for i, line in enumerate(self.lines) if line.strip() and not DIRECTIVE.match(line) and not line.startswith('%%'))
        return next(other, len(self.lines)) if self.cell_type == 'code' else 0
    @property
    def directive_lines(self): return [(i, line) for i, line in enumerate(self.lines) if DIRECTIVE.match(line)]
    @property
    def directives(self):
        "The directives that nbdev sees: {name: value}, as `hide` and as `fig-alt`."
        pairs = (re.match(r'([^\s:]+)(?::\s*$|:?\s*)(.*)', DIRECTIVE.sub('', line, count=1).strip()) for i, line in self.directive_lines if i < self.head)
        return {pair[1]: pair[2].strip() for pair in pairs if pair}
    @property
    def hidden(self): return 'hide' in self.directives
    @property
    def on_page(self):
        "Does a reader of the site see the code?"
        return not NOT_SHOWN & self.directives.keys() and not {'echo', 'include'} & {name for name, value in self.directives.items() if value == 'false'}
    @property
    def export(self):
        "(kind, module or '') for an exported cell, else None."
        return next(((name, value) for name, value in self.directives.items() if name in ('export', 'exports', 'exporti')), None)
    @property
    def body(self): return '\n'.join(self.lines[self.head:]).strip('\n')
    @property
    def python(self):
        "The source without magics, line for line."
        return MAGIC.sub(r'\1pass', self.source)
    @property
    def alt(self):
        "The alternative text of the cell's figure: what stands in double quotes, or '' where it is not written so."
        text = self.directives.get('fig-alt')
        return text and (re.fullmatch(r'"([^"\\]*\w[^"\\]*)"', text) or ['', ''])[1]
    @property
    def folded(self): return self.directives.get('code-fold') == 'true'
    @property
    def varies(self): return self.cell_type == 'code' and bool(VARIES.search(self.source))
    @property
    def texts(self):
        "The text outputs."
        return [text for out in self.get('outputs', []) for mime, text in {'text/plain': out.get('text', ''), **out.get('data', {})}.items()
                if mime.startswith('text/')]
    @property
    def images(self):
        "The image outputs, one each."
        return [data for out in self.get('outputs', []) if (data := [v for mime, v in out.get('data', {}).items() if mime.startswith('image/')])]


# ---- Notebooks

class NotANotebook(ValueError): pass

class Book(Node):
    "A notebook; `name`, `size` and `path` are not in its JSON."
    def __init__(self, raw, name, size=0, path=None):
        super().__init__(raw, cells=[Cell(cell, source=''.join(cell['source'])) for cell in raw['cells']])
        self.__dict__.update(name=name, size=size, path=path)
        for number, cell in enumerate(self.cells, 1):
            cell.__dict__['place'] = f'{self}, cell {number} ({cell.get("id")})'
            if 'outputs' in cell: cell['outputs'] = [output(out) for out in cell.outputs]
    def __str__(self): return f'nbs/{self.name}'
    @property
    def kind(self): return kind(self.name)
    @property
    def page(self): return page(self.name)
    @property
    def code(self): return [cell for cell in self.cells if cell.cell_type == 'code']
    @property
    def markdown(self): return [cell for cell in self.cells if cell.cell_type == 'markdown']
    @property
    def seen(self):
        "Code cells that are not hidden."
        return [cell for cell in self.code if not cell.hidden]
    @property
    def front(self):
        "Title and the line below it, the lesson's question: an H1 and a `>` line in the first cell."
        return (found := FRONT.match(self.cells[0].source)) and found.groups()
    @property
    def minutes(self):
        "What the page says that it takes, or None."
        said = re.findall(r'\*\*Takes\*\* about (\d+) minutes', self.text)
        return int(said[0]) if len(said) == 1 else None
    @property
    def text(self): return '\n\n'.join(cell.source for cell in self.markdown)
    @property
    def exports_to(self): return next((cell.directives['default_exp'] for cell in self.code if 'default_exp' in cell.directives), None)

def output(out):
    data = {mime: ''.join(value) if isinstance(value, list) else value for mime, value in out.get('data', {}).items()}
    return Node(out, **{'data': Node(data)} if 'data' in out else {}, **{'text': ''.join(out['text'])} if 'text' in out else {})

def load(path):
    text = Path(path).read_text(encoding='utf-8')
    conflict = re.search(r'^(<{7}|={7}|>{7})( |$)', text, re.M)
    try: return Book(json.loads(text), Path(path).name, len(text.encode()), Path(path))
    except (ValueError, KeyError, TypeError) as error:
        line = 1 + text[:conflict.start() if conflict else getattr(error, 'pos', 0)].count('\n')
        what = 'a merge conflict (settle it by `nbdev_fix`, or take one side by `git checkout --ours` or `--theirs`)' if conflict else f'no notebook: {error}'
        raise NotANotebook(f'{Path(path).name}, line {line} of the file: {what}') from None

def books(folder=NBS): return [load(path) for path in paths(folder)]

def dumps(book):
    "A notebook as the text that nbdev writes."
    def listed(out): return out | {key: out[key].splitlines(True) for key in ('source', 'text') if isinstance(out.get(key), str)} | (
        {'data': {mime: v.splitlines(True) if mime[:5] == 'text/' or 'svg' in mime else v for mime, v in out['data'].items()}} if 'data' in out else {})
    cells = [listed(cell) | ({'outputs': [listed(out) for out in cell['outputs']]} if 'outputs' in cell else {}) for cell in book.cells]
    return json.dumps(dict(book, cells=cells), sort_keys=True, indent=1, ensure_ascii=False) + '\n'

def save(book): book.path.write_text(dumps(book), encoding='utf-8', newline='\n')


# ---- Text

def without_fences(text, *, comments=True):
    "Markdown without its fenced blocks, and without HTML comments unless those are wanted."
    text = re.sub(r'^( *)(```|~~~).*?^\1\2[^\n]*', '', text, flags=re.M | re.S)
    return text if comments else re.sub(r'<!--.*?-->', '', text, flags=re.S)

def without_code(text):
    "Markdown without fenced blocks, inline code and formulas."
    return re.sub(r'`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$', '', without_fences(text), flags=re.S)


# ---- What a cell or a module defines

def definitions(source):
    "(name, kind, node) of the functions, classes, methods and variables that Python source defines at its top."
    for node in ast.parse(MAGIC.sub(r'\1pass', source)).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)): yield node.name, 'function', node
        elif isinstance(node, ast.ClassDef):
            yield node.name, 'class', node
            yield from ((f'{node.name}.{n.name}', 'method', n) for n in node.body if isinstance(n, ast.FunctionDef))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in getattr(node, 'targets', None) or [node.target]:
                for name in getattr(target, 'elts', [target]):
                    if isinstance(name, ast.Name): yield name.id, 'data', node

def public(source):
    "What Python source lists in `__all__`."
    return next((ast.literal_eval(node.value) for name, _, node in definitions(source) if name == '__all__'), [])

def modules(folder=MODULES):
    "{name: source} of the exported modules."
    return {path.stem: path.read_text(encoding='utf-8') for path in sorted(folder.glob('*.py')) if path.stem not in ('__init__', '_modidx')}
