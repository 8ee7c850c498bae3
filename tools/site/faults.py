"What is wrong with the pages that Sphinx built."
import re
from collections import Counter
from urllib.parse import unquote, urldefrag

from bs4 import BeautifulSoup


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
