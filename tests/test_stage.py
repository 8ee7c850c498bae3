"""tools/site: what becomes of a cell, and that whatever is wrong with a page stops the build. All on tiny pages and notebooks."""
import pytest
from bs4 import BeautifulSoup
from nbdev.config import get_config
from tiny import code, image, stream, tiny

from tools.book import DIRECTIVE, ROOT
from tools.site import faults as site_faults
from tools.site.__main__ import build

pytestmark = pytest.mark.filterwarnings('ignore::DeprecationWarning', 'ignore::PendingDeprecationWarning')  # the theme's


# ---- `faults` on tiny pages

A = '''<h1 id="top">A</h1><link href="#"><a href="b.html#f%20x">a place</a> <a href="b.html?q=1">a page</a> <a href="https://e.org/#x">e</a>
<article><p><a href="b.html#f"><code>f</code></a> <a href="https://e.org"><code>torch.nn</code></a> <code>g</code></p>
<img src="images/a.png"><h2><code>f</code></h2><pre><code>f</code></pre><p>Words.</p><table><tr><td>1</td></tr></table>'''
B = '<p id="f">f</p><p id="f x">Other</p><code>f</code>'

def faults(folder, more, symbols):
    (folder/'images').mkdir()
    for name, text in {'a.html': A + more + '</article>', 'b.html': B, 'images/a.png': ''}.items(): (folder/name).write_text(text, encoding='utf-8')
    return list(site_faults.faults(folder, symbols))

def test_sound_pages_have_no_fault(tmp_path): assert faults(tmp_path, '', {'f': 'b.html#f'}) == []

@pytest.mark.parametrize('more, message', [
    ('<p id="top">', 'id top is given 2 times'),
    ('<a href="c.html">c</a>', 'c.html, which is no file'), ('<a href="#c">c</a>', 'a.html#c, which is no place'),
    ('<a href="b.html#top">c</a>', 'b.html#top, which is no place'), ('<img src="images/c.png">', 'images/c.png, which is no file'),
    ('<link href="c.css">', 'c.css, which is no file'), ('<script src="c.js">', 'c.js, which is no file'),
    ('<code>f</code>', 'f is not linked'), ('<code>torch.nn.relu</code>', 'torch.nn.relu is not linked'),
    ('<h2>Title</h2><table><tr><td>2</td></tr></table>', 'no words before the table')])
def test_fault_is_found(tmp_path, more, message):
    found = faults(tmp_path, more, {'f': 'b.html#f'})
    assert len(found) == 1 and message in found[0], found

@pytest.mark.parametrize('place', ['b.html#h', 'c.html#f', 'b.html'])
def test_symbol_without_a_place_is_found(tmp_path, place): assert f'h: {place} is no place' in faults(tmp_path, '', {'h': place})


# ---- `build` on tiny notebooks

@pytest.fixture(scope='module')
def cfg():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # tools/site/conf.py looks for settings.ini here
        yield get_config()

def notebook(title, name, *cells): return tiny(*cells, title=f'# {title}\n\n> The promise of {name}, arXiv 1502.01852.', name=name)

SOURCE = 'https://github.com/a/b/blob/main/mlp_from_scratch/layers.py#L3'

class Known:
    "Stands for what nbdev knows of the symbols: here the notebooks have their links already."
    def linkify(self, text): return text
    def link_line(self, text): return text
    def code(self, name): return SOURCE
    def first_line(self, module, name): return 'Its line, like `x`.'

OPTIONS = {'echo: false': {'output'}, 'output: false': {'input'}, 'include: false': set(), 'code-fold: true': {'folded', 'output'},
           'code-fold: show': {'input', 'output'}, '\n#| hide': set(), 'fig-alt: "An alt: text."': {'input', 'output'}}
PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
SYMBOLS = {'linear': 'one.html#linear', 'Tiny': 'more.html#tiny', 'Tiny.grow': 'more.html#tiny.grow', '_secret': 'more.html#_secret',
           'size': 'more.html#size'}  # as nbdev has them, in small letters

ODD = '1a · Why `w` & "b" < 50 % of $x_0$, it\'s | odd'  # words that mean something to Markdown, HTML or Sphinx
READ = '1a · Why w & “b” < 50 % of x0, it’s | odd'

def notebooks(cfg, *cells):
    "A front page, a lesson and an appendix; `cells` come at the end of the lesson."
    site = cfg.doc_host + cfg.doc_baseurl
    shown = [code(f'#| {option}\nspot_{i} = 1', stream(f'spot_{i}')) for i, option in enumerate(OPTIONS)]
    shown[-1]['outputs'] = [dict(output_type='display_data', metadata={}, data={}), image(PNG)]  # an empty one is left by a progress bar
    return [
        notebook('1 · One', '01_one.ipynb', '## The place\n\nSee 29 % of 60 000, `6 100`, $x^2$, ($y$) and arXiv 1905.10498.', code('#| default_exp layers'),
                 code('#| exports\ndef linear(x): return x'), *shown,
                 '## References\n\n- A. B, *A title*, X 2019, arXiv 1905.10498: why.\n- No work.', *cells),
        notebook(ODD, '01a_behind.ipynb', 'Deeper.'), notebook('2 · Two', '10_two.ipynb', 'Later.'), notebook('Words', '80_words.ipynb', 'Beyond.'),
        notebook('More of it', '90_more.ipynb', f'[`linear`]({site}/one.html#linear) has [code](../mlp_from_scratch/layers.py).',
                 code('#| default_exp init'), code('#| exports\nclass Tiny:\n    def grow(self): return _secret()'), code('#| exports\ndef _secret(): pass\nsize = 1')),
        notebook('Tiny course', 'index.ipynb', f'[The place](01_one.ipynb#the-place), [`Tiny`]({site}/more.html#tiny), [more](90_more.ipynb).')]

@pytest.fixture(scope='module')
def pages(cfg, tmp_path_factory):
    "The pages of the tiny site by name."
    out = tmp_path_factory.mktemp('tiny')/'html'
    build(notebooks(cfg), cfg, out, Known(), SYMBOLS)
    return {path.stem: BeautifulSoup(path.read_text(encoding='utf-8'), 'html.parser') for path in out.glob('*.html')}

def hrefs(page, selector='article a'): return [a['href'] for a in page.select(selector)]

def test_pages_and_their_order(pages, cfg):
    assert set(pages) == {'index', 'one', 'behind', 'two', 'words', 'more', 'api', 'references', 'search'}
    assert [[' '.join(li.get_text().split()) for li in ul.select('li.toctree-l1')] for ul in pages['index'].select('.bd-sidenav')[1:]] == [
        [f'1 · One {READ}', '2 · Two'], ['Words'], ['More of it'], ['API reference', 'References']]
    assert [p.get_text(strip=True) for p in pages['index'].select('p.caption')] == ['Lessons', 'Beyond the lessons', 'Appendix', 'Reference']
    assert pages['one'].select_one('.right-next')['href'] == 'behind.html' and pages['behind'].select_one('.right-next')['href'] == 'two.html'
    for book in notebooks(cfg):
        page = pages[book.page]
        assert [' '.join(h.get_text().strip('#').split()) for h in page.select('h1')] == [READ if book.front[0] == ODD else book.front[0]]
        assert f'The promise of {book.name}' in page.select_one('p.lead').text
        assert page.select_one('meta[name=description]')['content'].startswith(f'The promise of {book.name}')
        assert hrefs(page, 'a.edit')[0].endswith(f'/nbs/{book.name}')

@pytest.mark.parametrize('i, seen', list(enumerate(OPTIONS.values())), ids=OPTIONS)
def test_cell_option(pages, i, seen):
    spots = dict(input=':not(details) > .cell_input', folded='details > .cell_input', output='.cell_output')
    page = pages['one']
    for img in page.select('article img[alt="An alt: text."]'): img.replace_with(f'spot_{len(OPTIONS) - 1}')
    assert {name for name, selector in spots.items() if any(f'spot_{i}' in tag.text for tag in page.select(selector))} == seen
    assert not DIRECTIVE.search(page.text)

def test_links(pages, cfg):
    files = f'{cfg.git_url}/blob/{cfg.branch}/mlp_from_scratch/layers.py'
    assert set(hrefs(pages['index'])) >= {'one.html#the-place', 'more.html#Tiny', 'more.html', 'https://arxiv.org/abs/1502.01852'}
    assert set(hrefs(pages['more'])) >= {'one.html#linear', files}
    assert set(hrefs(pages['one'])) >= {SOURCE, 'https://arxiv.org/abs/1905.10498'}

def test_what_stays_on_one_line(pages):
    assert '29\xa0% of 60\xa0000, 6 100' in pages['one'].text
    assert [(span.text, span.math.text) for span in pages['one'].select('p .text-nowrap')] == [('x2,', 'x2'), ('(y)', 'y')]

def test_definitions(pages):
    assert pages['one'].select_one('dt#linear .sig-name').text == 'linear' and SOURCE in hrefs(pages['one'])
    for name in 'Tiny', 'tiny', 'Tiny.grow', 'tiny.grow', '_secret', 'size': assert pages['more'].find(id=name), name

def test_api_and_references(pages):
    assert [li.text.strip() for li in pages['api'].select('article li')] == ['linear: Its line, like x.']
    assert 'one.html#linear' in hrefs(pages['api'])
    lines = [li.text.strip() for li in pages['references'].select('article li')]
    assert lines == ['A. B, A title, X 2019, arXiv 1905.10498. Cited in 1 · One.']
    assert {'https://arxiv.org/abs/1905.10498', 'one.html'} <= set(hrefs(pages['references']))


BROKEN = [
    (r'$\frac{1$', 'frac{1'), (r'$$\nope$$', r'\nope'), ('[a](90_nope.ipynb)', '90_nope'), ('[a](90_more.ipynb#nope)', 'nope'),
    ('[a](#nope)', 'nope'), ('[`nope`](SITE/x.html#nope)', 'nope'), ('![A](images/nope.png)', 'nope.png'),
    ('Call `linear`.', 'linear is not linked'), ('Call `torch.nope`.', 'torch.nope is not linked'),
    ('<b id="the-place"></b>', 'id the-place is given 2 times'),
    (code('#| eval: false\n1'), "('eval', 'false')"), (code('#| nope: 1\n1'), "('nope', '1')"),
    (code('#| export\ndef relu(x): pass'), 'no page shows the code of relu')]

@pytest.mark.parametrize('cell, said', BROKEN, ids=lambda o: repr(o['source'] if isinstance(o, dict) else o))
def test_broken_page_stops_the_build(cfg, tmp_path, capfd, cell, said):
    (tmp_path/'page.html').write_text('as it was', encoding='utf-8')
    if isinstance(cell, str): cell = cell.replace('SITE', cfg.doc_host + cfg.doc_baseurl)
    with pytest.raises(SystemExit) as stop: build(notebooks(cfg, cell), cfg, tmp_path, Known(), SYMBOLS)
    assert said in str(stop.value) + capfd.readouterr().err
    assert [(path.name, path.read_text(encoding='utf-8')) for path in tmp_path.iterdir()] == [('page.html', 'as it was')]

def test_symbol_without_a_place_stops_the_build(cfg, tmp_path):
    with pytest.raises(SystemExit, match='one.html#nope is no place'):
        build(notebooks(cfg), cfg, tmp_path/'out', Known(), SYMBOLS | {'nope': 'one.html#nope'})
