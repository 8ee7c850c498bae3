"""What the pages must obey: `python -m tools.rules` checks all of it in about a second and names notebook, cell and line.

`python -m tools.rules list` lists them. Each rule is a function of one notebook (`book`) or of all of them (`course`) that gives its faults as sentences."""
import ast, inspect, os, re, runpy, sys
from collections import Counter
from configparser import ConfigParser
from decimal import Decimal
from math import ceil
from types import SimpleNamespace
from urllib.parse import unquote

from tools import book as books
from tools.book import DIRECTIVE, ROOT, definitions, without_code, without_fences


def settings(root=ROOT):
    config = ConfigParser()
    config.read(root/'settings.ini', encoding='utf-8')
    return config['DEFAULT']

def course(root=ROOT, notebooks=None):
    "All that the rules read: settings, notebooks, exported modules, benchmarks, declared numbers and the wrong versions' tables."
    lines = (root/'tests/declared_numbers.txt').read_text(encoding='utf-8').splitlines()
    return SimpleNamespace(
        root=root, cfg=settings(root), books=books.books(root/'nbs') if notebooks is None else notebooks, modules=books.modules(root/'mlp_from_scratch'),
        table=(root/'benchmarks/table.md').read_text(encoding='utf-8'), arguments=(root/'tests/test_arguments.py').read_text(encoding='utf-8'),
        declared=Counter(tuple(field.strip() for field in line.split('|', 2)) for line in lines if line.strip() and line[0] != '#'),
        wrong={path.stem: runpy.run_path(str(path))['WRONG'] for path in sorted((root/'tools/mutants').glob('[!_]*.py'))})


# ---- Directives

KNOWN = re.compile('#[|] (' + '|'.join([
    r'default_exp \w+', r'(export|exports|exporti)( \w+)?', 'hide', 'exec_doc', r'filter_stream \S.*',  # nbdev's: a space
    '(echo|eval|include|warning): (true|false)', 'output: (true|false|asis)', 'code-fold: (true|false|show)',  # Quarto's: a colon
    '(fig-alt|fig-cap|code-summary): .+', r'label: [\w-]+']) + ')')

def directives(book):
    "A directive is one that nbdev or Quarto knows, written as `#| name value` or `#| name: value`, once, above the code."
    for cell in book.markdown:
        if DIRECTIVE.match(cell.source): yield f'{cell.at(0)}: directive in a Markdown cell: {cell.lines[0][:40]}'
    for cell in book.code:
        for i, line in cell.directive_lines:
            if not KNOWN.fullmatch(line): yield f'{cell.at(i)}: unknown directive: {line}'
            if i >= cell.head: yield f'{cell.at(i)}: directive below code or a comment: {line}'
        for name, n in Counter(re.split(r'[\s:]', line.strip('#| '))[0] for _, line in cell.directive_lines).items():
            if n > 1: yield f'{cell.at(0)}: directive given twice in one cell: {name}'
        if re.match(r'#\s*(default_exp|exports?|exporti|hide)\b(\s+\w+)?$', cell.lines[0]): yield f'{cell.at(0)}: directive without its bar: {cell.lines[0]}'


# ---- Figures and their alternative texts

def figures(book):
    "A figure has an alternative text in double quotes (`#| fig-alt: \"…\"`), without backslash or quotes inside; plotting code of more than six lines is folded."
    for cell in book.code:
        if cell.alt is None:
            if cell.images: yield f'{cell.at(0)}: figure without fig-alt'
            continue
        if len(cell.images) != 1: yield f'{cell.at(0)}: fig-alt on {len(cell.images)} figures'
        if not cell.alt: yield f'{cell.at("fig-alt")}: fig-alt is no text in double quotes, without backslash and quotes inside: {cell.directives["fig-alt"]}'
        if (n := len(cell.lines) - cell.head) > 6 and not cell.folded: yield f'{cell.at(cell.head)}: plotting code of {n} lines is not folded'
    for cell in book.markdown:
        for match in re.finditer(r'!\[\s*\]|<img(?![^>]*\balt="[^"]+)', cell.source): yield f'{cell.at(match[0])}: image without alternative text: {match[0]}'


# ---- What must not stand in a notebook that others read

MACHINE_PATH = re.compile(r'/(root|home|tmp|work|Users)/|\b[A-Z]:\\|site-packages')
ENGINE_ONLY = re.compile(r'^\s*:::|\{\{<|\{[.#][A-Za-z]|\]\([^)]*\)\{|^\s*>\s*\[!\w+\]|^\s*`{3,}\s*\{|\{admonition\}', flags=re.M)

def portable(book):
    "No path of a machine, no stored error or memory address, and only Markdown that reads the same everywhere."
    for cell in book.cells:
        for text in [cell.source, *cell.texts]:
            if match := MACHINE_PATH.search(text): yield f'{cell.at(match[0])}: machine path: {match[0]}'
    for cell in book.code:
        if any(out.output_type == 'error' for out in cell.outputs): yield f'{cell.at(0)}: stored error'
        for text in cell.texts:
            if match := re.search(r'\b0x[0-9a-fA-F]{5,}', text): yield f'{cell.at(0)}: memory address: {match[0]}'
    for cell in book.markdown:
        fences = '\n'.join(line for line in cell.lines if re.match(r'\s*```', line))
        for match in ENGINE_ONLY.finditer(without_code(cell.source) + '\n' + fences): yield f'{cell.at(match[0].strip())}: engine-only Markdown: {match[0].strip()}'

def form(book):
    "Format 4.5 with a python3 kernel, below 1 MB, ids of eight characters, each once, no execution counts, no conflict that `nbdev_fix` marked."
    for cell in book.markdown:
        if re.match(r'`([<>])\1{6} |`={7}`$', cell.source): yield f'{cell.at(0)}: a merge conflict that is not settled: {cell.source}'
    if (book.nbformat, book.nbformat_minor) != (4, 5): yield f'{book}: format is not 4.5'
    if book.metadata.get('kernelspec', {}).get('name') != 'python3': yield f'{book}: no python3 kernelspec'
    if book.metadata.get('language_info') != books.LANGUAGE: yield f'{book}: language_info is not {books.LANGUAGE}'
    if book.size >= 1_000_000: yield f'{book}: {book.size} bytes'
    for cell_id, n in Counter(cell.get('id', '') for cell in book.cells).items():
        if n > 1: yield f'{book}: id used twice: {cell_id}'
        if not re.fullmatch(r'[\w-]{8}', cell_id): yield f'{book}: id is not of 8 characters: {cell_id!r}'
    for cell in book.code:
        counts = [cell.execution_count, *(out.get('execution_count') for out in cell.outputs)]
        if counts != [None] * len(counts): yield f'{cell.at(0)}: execution count'


# ---- Code cells

def syntax(book):
    "Each code cell is Python, magics aside."
    for cell in book.code:
        try: ast.parse(cell.python)
        except SyntaxError as error: yield f'{cell.at(error.lineno - 1)}: no Python: {error.msg}: {(error.text or "").strip()}'

def trees(book):
    for cell in book.code:
        try: yield cell, ast.parse(cell.python).body
        except SyntaxError: pass  # `syntax` tells

def first_cell(book):
    "The first code cell is hidden plumbing, with an indented `%pip install` on a line of its own for Colab."
    first = next(iter(book.code), None)
    if not first or not first.hidden: yield f'{first.at(0) if first else book}: the first code cell is not hidden'
    pip = [line for line in first.lines if '%pip' in line] if first else []
    if len(pip) != 1 or not re.fullmatch(r' +%pip install -q git\+https://\S+', pip[0]): yield f'{book}: no indented %pip on a line of its own: {pip}'

def first_cells_alike(course):
    "The first code cell is the same in all notebooks."
    found = Counter(book.code[0].source for book in course.books if book.code)
    for book in course.books:
        if book.code and book.code[0].source != found.most_common(1)[0][0]: yield f'{book.code[0].at(0)}: the first code cell is not that of the other notebooks'

def imports(book):
    "Imports stand in cells of their own (all but the first cell's), since nbdev runs every cell that imports when it makes the docs."
    for cell, tree in [*trees(book)][1:]:
        if len({isinstance(node, (ast.Import, ast.ImportFrom)) for node in tree}) == 2: yield f'{cell.at("import ")}: imports beside other code'

def lengths(book):
    "A code cell has at most 30 lines, and at most four visible ones stand in a row."
    run = 0
    for cell in book.cells:
        run = 0 if cell.cell_type == 'markdown' else run + (not cell.hidden)
        if cell.cell_type == 'code' and len(cell.lines) > 30: yield f'{cell.at(30)}: code cell of {len(cell.lines)} lines'
        if run == 5: yield f'{cell.at(0)}: five visible code cells in a row'


# ---- Headings

def bare(name): return re.sub('[^a-z0-9]', '', name.lower())

def headings(course):
    "A page begins with its only H1 and a `>` line, levels are not skipped, and no heading has the name of an exported symbol (it would take its anchor)."
    symbols = {bare(name) for source in course.modules.values() for name, kind, _ in definitions(source) if name[0] != '_' and kind != 'method'}
    for book in course.books:
        found = [(cell, len(level), title) for cell in book.markdown for level, title in re.findall(r'^(#{1,6})\s+(.*)', without_fences(cell.source), flags=re.M)]
        if not book.front: yield f'{book.cells[0].at(0)}: the first cell is not an H1 with a > line'
        if sum(level == 1 for _, level, _ in found) != 1: yield f'{book}: not exactly one H1: {[title for _, level, title in found if level == 1]}'
        for (_, above, _), (cell, level, title) in zip(found, found[1:]):
            if level > above + 1: yield f'{cell.at(title)}: heading jumps from level {above} to {level}: {title}'
        for cell, _, title in found:
            if bare(title) in symbols: yield f'{cell.at(title)}: heading takes the anchor of an exported symbol: {title}'


# ---- Lessons

def predictions(book):
    "Each **Predict.** is followed by code that a reader sees, and then by words that answer it, before the next one and before the section (##) ends."
    open_ = None  # the cell with the prediction, and whether its code has come
    for cell in book.cells:
        if cell.cell_type == 'code': open_ = open_ and (open_[0], open_[1] or not cell.hidden)
        else:
            for part in re.split(r'(?m)(?=^#{1,2} |\*\*Predict\.\*\*)', cell.source):
                if not part.strip(): continue
                starts = part.startswith(('#', '**Predict.**'))
                if open_ and open_[1] and not starts: open_ = None
                elif open_ and starts: yield f'{open_[0].at("**Predict.**")}: a prediction without an answer'; open_ = None
                if part.startswith('**Predict.**'): open_ = cell, False
    if open_: yield f'{open_[0].at("**Predict.**")}: a prediction without an answer'

def reading_minutes(book):
    "By convention: 180 words a minute, and 0.08 minutes for a line of visible code, 0.7 for a figure and 0.7 for a prediction; rounded up to five."
    text = without_fences(book.text)
    lines = sum(bool(line.strip()) and not DIRECTIVE.match(line) for cell in book.seen for line in cell.lines)
    n_figures = sum(cell.alt is not None for cell in book.seen) + text.count('![')
    return 5 * ceil((len(text.split()) / 180 + 0.08 * lines + 0.7 * n_figures + 0.7 * text.count('**Predict.**')) / 5)

def minutes(book):
    "A lesson's `**Takes** about N minutes` is the reading time by the convention of `reading_minutes`."
    if book.kind == 'lesson' and book.minutes != reading_minutes(book): yield f'{book}: **Takes** about … minutes: got {book.minutes}, wanted {reading_minutes(book)}'

def lessons(course):
    "A lesson is numbered in its title, opens in Colab, and links the one before it and the next in its last cell; a deeper page links its lesson in the first."
    numbered = [book for book in course.books if book.kind == 'lesson']
    for before, book, after in zip([None, *numbered], numbered, [*numbered[1:], None]):
        number, end = int(book.name[:2]), book.markdown[-1]
        if not (book.front or [''])[0].startswith(f'{number} · '): yield f'{book.cells[0].at(0)}: a title that does not begin with "{number} · "'
        address = f'https://colab.research.google.com/github/{course.cfg["user"]}/{course.cfg["repo"]}/blob/{course.cfg["branch"]}/nbs/{book.name}'
        if f']({address})' not in book.text: yield f'{book}: no link to Colab: [Open in Colab]({address})'
        for word, other in ('Before', before), ('Next', after):
            wanted = f'**{word}:** [{other.front[0]}]({other.name})' if other and other.front else None
            if wanted and wanted not in end.source: yield f'{end.at(0)}: the last cell has no "{wanted}"'
            if not other and f'**{word}:**' in end.source: yield f'{end.at(word)}: "{word}" on the {"first" if word == "Before" else "last"} lesson'
    for book in course.books:
        if book.kind == 'deeper' and not any(b.name[:2] == book.name[:2] and f']({b.name}' in book.markdown[1].source for b in numbered):
            yield f'{book.markdown[1].at(0)}: no link to lesson {int(book.name[:2])}'


# ---- Decimal numbers in prose

NUMBER = re.compile(r'''(?P<sign>(?<![\w)\]}])[-−])? (?<![\w.]) (?P<digits>\d+\.\d+) (?!\d|\.\d)
    (?: e(?P<e>[-+−]?\d+) | \s*(?:×|·|\\times|\\cdot)\s*10\^\{?(?P<power>[-−]?\d+)\}? )? (?P<percent>\s*\\?%)?''', flags=re.X)
SUPERSCRIPT = str.maketrans('⁻⁰¹²³⁴⁵⁶⁷⁸⁹', '-0123456789')
MEASURED = re.compile(r'<!-- benchmarks: (.*?) -->\n*(.*?)\s*<!-- / -->', flags=re.S)  # `tools.refresh` puts it there

def decimals(text):
    "Decimal numbers in `text`: as written, value with its decimals, and whether it is a percentage. Versions (1.2.3, v1.2) are none."
    text = re.sub('10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)', lambda m: f'10^{m[1].translate(SUPERSCRIPT)}', text)
    for m in NUMBER.finditer(text):
        exponent = (m['e'] or m['power'] or '0').replace('−', '-')
        written = ('-' if m['sign'] else '') + m['digits'] + (f'e{exponent}' if exponent != '0' else '')
        yield written, Decimal(written), bool(m['percent'])

def rounds_to(output, prose):
    "Does the number of an output, with as many decimals or more, round to the number in the prose?"
    place = prose.as_tuple().exponent
    return output.as_tuple().exponent <= place and abs(output - prose) <= Decimal(5).scaleb(place - 1)

def measured(book, table):
    "What a notebook shows of benchmarks/table.md; what is no longer there does not count."
    return [text for cell in book.markdown for title, text in MEASURED.findall(cell.source) if f'## {title}\n\n{text}\n' in table]

def prose(book, table):
    "(cell, text): Markdown and alternative texts, without addresses, arXiv numbers, names of licences and what was measured."
    copied = measured(book, table)
    for cell in book.cells:
        text = cell.source if cell.cell_type == 'markdown' else cell.directives.get('fig-alt', '')
        for known in copied: text = text.replace(known, '')
        text = re.sub(r'\]\([^)\s]*( "[^"]*")?\)|https?://\S+|\b(src|href)="[^"]*"', ' ', text)
        yield cell, re.sub(r'(?i)\barxiv[:\s]*\d{4}\.\d{4,5}|\bCC BY(-SA)? \d\.\d', ' ', text)

def numbers(course):
    "A decimal number in the prose rounds one in a stored output of its notebook (the front page: of any), or stands in tests/declared_numbers.txt with its source."
    shown = {book.name: {value for text in [text for cell in book.code for text in cell.texts] + measured(book, course.table)
                         for _, value, _ in decimals(re.sub('<[^>]*>', ' ', text))} for book in course.books}
    shown['index.ipynb'] = set().union(*shown.values())
    known, needed = Counter(entry[:2] for entry in course.declared.elements()), set()
    for book in course.books:
        for cell, text in prose(book, course.table):
            for written, value, percent in dict.fromkeys(decimals(text)):
                if any(rounds_to(out, value) or percent and rounds_to(out.scaleb(2), value) for out in shown[book.name]): continue
                needed.add((book.name, written))
                if (book.name, written) not in known: yield f'{cell.at(written.partition("e")[0].strip("-"))}: no output shows {written}'
    for entry in course.declared:
        if len(entry) != 3 or not all(entry): yield f'declared_numbers.txt: a line is `notebook | number | source`, got {" | ".join(entry)}'
    for (name, number), n in known.items():
        if (name, number) not in needed: yield f'declared_numbers.txt: {name}: {number} is declared but not needed'
        if n > 1: yield f'declared_numbers.txt: {name}: {number} is declared twice'


# ---- Exports, and their wrong versions

def sources(source): return {name: ast.unparse(node) for name, kind, node in definitions(source) if kind != 'method'}

def owners(course):
    "A module is owned by one notebook (`default_exp`); others only add to it, later; each export has a module to go to."
    owner = {}
    for book in course.books:
        default = None
        for cell in book.code:
            default = cell.directives.get('default_exp', default)
            if not cell.export: continue
            module = cell.export[1] or default
            if module is None: yield f'{cell.at(0)}: export without default_exp'
            elif not cell.export[1] and owner.setdefault(module, book) is not book: yield f'{cell.at(0)}: {owner[module].name} already owns {module}'
            elif cell.export[1] and owner.get(module, book) is book: yield f'{cell.at(0)}: export {module} needs an earlier notebook that owns {module}'

def exports(course):
    "What a notebook exports stands in its module as in the notebook, and in `__all__` unless it is private; nothing else stands there."
    defined = {name: sources(source) for name, source in course.modules.items()}
    in_all = {name: set(books.public(source)) for name, source in course.modules.items()}
    exported = {name: {'__all__'} for name in course.modules}
    for book in course.books:
        for cell, _ in trees(book):
            if not cell.export or not (module := cell.export[1] or book.exports_to): continue
            for name, source in sources(cell.source).items():
                exported.setdefault(module, set()).add(name)
                if defined.get(module, {}).get(name) != source: yield f'{cell.at(name)}: {name} is not in {module}.py as it stands here; run python -m tools.refresh'
                listed = name in in_all.get(module, ())
                if listed != (cell.export[0] != 'exporti' and name[0] != '_'): yield f"{cell.at(name)}: {name} {'is' if listed else 'is not'} in {module}.__all__"
    for module, names in defined.items():
        for name in names.keys() - exported[module]: yield f'{module}.py: {name} is in no notebook'

def docstrings(book):
    "A public function or class that is exported has a docstring: the API page shows its first line."
    for cell, _ in trees(book):
        for name, kind, node in definitions(cell.source) if cell.export else ():
            if kind in ('function', 'class') and name[0] != '_' and not ast.get_docstring(node): yield f'{cell.at(name)}: {name} has no docstring'

def wrong_versions(course):
    "Each public name that a notebook exports has wrong versions in tools/mutants/, in the file named after the notebook's page."
    for book in course.books:
        public = {name: cell for cell, _ in trees(book) if cell.export and cell.export[0] != 'exporti' for name in sources(cell.source) if name[0] != '_'}
        known = course.wrong.get(book.page, {})
        for name in public.keys() - {n for n, rows in known.items() if rows}: yield f'{public[name].at(name)}: {name} has no wrong version in tools/mutants/{book.page}.py'
        for name in known.keys() - public.keys(): yield f'tools/mutants/{book.page}.py: {book} exports no {name}'
    for page in course.wrong.keys() - {book.page for book in course.books}: yield f'tools/mutants/{page}.py: no notebook has a page {page}'


def arguments(course):
    "Each public function or class with parameters that a notebook exports has a row in tests/test_arguments.py: what it takes, and so what it refuses."
    for book in course.books:
        for cell, tree in trees(book):
            module = cell.export and (cell.export[1] or book.exports_to or '_')
            if not module or module[0] == '_': continue  # the checks are what is tested
            for name, kind, node in definitions(cell.source):
                made = node if kind == 'function' else next((n for n in getattr(node, 'body', ()) if getattr(n, 'name', '') == '__init__'), None) if kind == 'class' else None
                taken = made and [arg.arg for arg in (*made.args.posonlyargs, *made.args.args, *made.args.kwonlyargs) if arg.arg != 'self']
                if taken and name[0] != '_' and f"'{module}.{name}'" not in course.arguments: yield f'{cell.at(name)}: {module}.{name} has no row in tests/test_arguments.py'


# ---- Glossary and links

def contains(text, term):
    "Does the term stand in the text as whole words of one paragraph, or its plural in -s or -es? `gain` is not in `again`."
    return bool(re.search(r'(?<!\w)' + r'[ \n]'.join(map(re.escape, term.split())) + r'(e?s)?(?!\w)', text, flags=re.I))

def glossary(course):
    "A row of the glossary is a term, a sentence and a link to the lesson that has the term, where no earlier one has it; rows are in the order of the alphabet."
    texts = {book.name: without_fences(book.text, comments=False) for book in course.books if book.kind in ('lesson', 'deeper')}
    titles = {book.name: book.front[0] for book in course.books if book.front}
    for book in course.books:
        if book.page != 'glossary': continue
        rows = [[cell.strip() for cell in line[1:-1].split('|')] for line in re.findall(r'^\|.*\|$', without_fences(book.text), flags=re.M)[2:]]
        for row in rows:
            if len(row) != 3 or not all(row): yield f'{book}: not three cells with text: {row}'; continue
            term, meaning, link = row
            if not meaning.endswith('.'): yield f'{book}: {term}: the meaning has no full stop'
            match = re.fullmatch(r'\[([^]]+)\]\(([^)]+)\)', link)
            if not match or match[2] not in texts: yield f'{book}: {term}: no link to a lesson: {link}'; continue
            title, name = match.groups()
            if titles[name] != title: yield f'{book}: {term}: {name} is not called {title}'
            if not contains(texts[name], term): yield f'{book}: {term}: not in {name}'
            yield from (f'{book}: {term}: already in {earlier}' for earlier in texts if earlier < name and contains(texts[earlier], term))
        terms = [row[0].strip('`').lower() for row in rows]
        yield from (f'{book}: {b}: not after {a}' for a, b in zip(terms, terms[1:]) if a > b)
        yield from (f'{book}: {term}: given twice' for term, n in Counter(terms).items() if n > 1)

def links(course):
    "Relative links, and links to our own repository, name files that exist."
    own = rf'(?:github\.com|google\.com/github)/{re.escape(course.cfg["user"])}/{re.escape(course.cfg["repo"])}/(?:blob|tree|edit|raw)/([^\s)"#]+)'
    pages = [(cell.at, cell.source, course.root/'nbs') for book in course.books for cell in book.markdown]
    pages += [(lambda at, name=path.name: name, path.read_text(encoding='utf-8'), course.root) for path in course.root.glob('*.md')]
    for at, text, folder in pages:
        for link in re.findall(r'\]\((?![a-z]+:|#)([^\s)#]+)', text) + re.findall(r'(?:src|href)="(?![a-z]+:|#)([^"#]+)', text):
            if not (folder/unquote(link)).exists(): yield f'{at(link)}: a link to {link}, which is no file'
        for link in re.findall(own, text):
            if not (course.root/unquote(link.removeprefix(course.cfg['branch'] + '/'))).exists(): yield f'{at(link)}: a link to {link}, which is no file'


# ---- All of them

RULES = [directives, figures, portable, form, syntax, first_cell, first_cells_alike, imports, lengths, headings, predictions, minutes, lessons, numbers,
         owners, exports, docstrings, wrong_versions, arguments, glossary, links]
BEFORE = [directives, form, syntax, first_cell, owners]  # what must hold before anything is generated

def of_one(rule): return 'book' in inspect.signature(rule).parameters

def faults(rule, course): return [fault for book in course.books for fault in rule(book)] if of_one(rule) else list(rule(course))

def all_faults(root=ROOT, rules=RULES):
    """(rule, fault) for all that is wrong. A notebook that cannot be read is a fault, and then only the others by themselves are looked at; in CI one
    that is no page of the course is a fault, too."""
    notebooks, paths = [], books.paths(root/'nbs')
    for path in paths:
        try: notebooks.append(books.load(path))
        except books.NotANotebook as error: yield 'readable', str(error)
    for path in books.strays(root/'nbs'):
        what = (f'{path.relative_to(root).as_posix()} is no page of the course and is left alone: lessons are named 01_… to 49_…, deeper pages 06a_…, '
                'pages for every reader 80_… to 89_…, plumbing 90_… to 99_…')
        if os.environ.get('CI'): yield 'strays', what
        else: print(what, file=sys.stderr)
    all_books = course(root, notebooks)
    for rule in rules:
        if of_one(rule) or len(notebooks) == len(paths): yield from ((rule.__name__, fault) for fault in faults(rule, all_books))

def main(*args):
    sys.stdout.reconfigure(errors='replace')
    if args: return print('\n'.join(f'{rule.__name__:18} {rule.__doc__}' for rule in RULES))
    found = [f'{fault}  [{rule}]' for rule, fault in all_faults()]
    if found: sys.exit('\n'.join(found))

if __name__ == '__main__': main(*sys.argv[1:])
