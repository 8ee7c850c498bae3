"Tiny notebooks for tests."
from collections import Counter
from types import SimpleNamespace

from tools.book import LANGUAGE, ROOT, Book

HIDDEN = "#| hide\nimport sys\nif 'google.colab' in sys.modules:\n    %pip install -q git+https://github.com/a/b"
KERNEL = dict(kernelspec=dict(display_name='python3', language='python', name='python3'), language_info=dict(LANGUAGE))

def md(source): return dict(cell_type='markdown', id='', metadata={}, source=source)

def code(source, *outputs): return dict(cell_type='code', id='', metadata={}, source=source, outputs=list(outputs), execution_count=None)

def stream(text): return dict(output_type='stream', name='stdout', text=[text])

def image(png='iVBORw0KGgo='): return dict(output_type='display_data', metadata={}, data={'image/png': png, 'text/plain': ['<Figure>']})

def tiny(*cells, name='01_tiny.ipynb', title='# 1 · Tiny\n\n> A promise.', hidden=HIDDEN, size=1000, path=None, **raw):
    "A notebook with the given cells that is sound in every other respect."
    cells = [md(title), code(hidden), *(md(c) if isinstance(c, str) else c for c in cells)]
    cells = [cell | dict(id=cell['id'] or f'{i:08x}') for i, cell in enumerate(cells)]
    return Book(dict(cells=cells, metadata=KERNEL, nbformat=4, nbformat_minor=5) | raw, name, size, path)

def course(*books, modules={}, table='', declared={}, wrong={}, arguments=''):
    return SimpleNamespace(root=ROOT, cfg=dict(user='a', repo='b', branch='main'), books=list(books), modules=modules, table=table,
                           declared=Counter(declared), wrong=wrong, arguments=arguments)
