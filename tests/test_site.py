"""The built site in a real browser: every page at two widths in two themes, and the ways that readers go.

`faults` returns what is wrong with the pages that are open; `test_fault_is_found` shows it tiny broken ones."""
import gzip, importlib, re, subprocess, sys
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from nbdev.config import get_config

from tools import book as books
from tools.book import ROOT

CFG = get_config(path=ROOT)
COLAB = f'https://colab.research.google.com/github/{CFG.user}/{CFG.repo}'
NOTEBOOKS = {book.page: book for book in books.books()}
LESSONS = [name for name, book in NOTEBOOKS.items() if book.kind == 'lesson']
ORDER = ['index', *(name for name in NOTEBOOKS if name != 'index'), 'api', 'references']  # as `next` goes
PAGES = [*ORDER, 'search']
INDEX = importlib.import_module(f'{CFG.lib_name}._modidx').d['syms']
SYMBOLS = sorted(place for names in INDEX.values() for place, _ in names.values())  # each `page.html#name`

WIDE, NARROW = dict(viewport=dict(width=1280, height=800)), dict(viewport=dict(width=390, height=800))
THEMES = 'light', 'dark'

# What axe-core finds in the theme's frame, by rule and selector; `test_exceptions_are_needed` wants each to be there.
EXCEPTIONS = {('region', '.title')}  # the course's name above the sidebar is in no landmark

def code(name): return NOTEBOOKS[name].code if name in NOTEBOOKS else []


# ---- The built site, a server and a browser

@pytest.fixture(scope='module')
def site(tmp_path_factory):
    "The folder of the built site; what the build printed is in `log` beside it."
    out = tmp_path_factory.mktemp('site')/'html'
    run = subprocess.run([sys.executable, '-m', 'tools.site', out], cwd=ROOT, capture_output=True, encoding='utf-8')
    assert run.returncode == 0, run.stdout + run.stderr
    out.with_name('log').write_text(run.stdout, encoding='utf-8')
    return out

@cache
def compressed(path): return gzip.compress(path.read_bytes(), 6)

class Handler(SimpleHTTPRequestHandler):
    "Files of a folder, text compressed and kept by the browser for ten minutes, as GitHub Pages does it."
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        path = Path(self.translate_path(self.path))
        kind = self.guess_type(path) if path.is_file() else 'none'
        text = re.match(r'text/|image/svg|application/(javascript|json)', kind)
        body = b'' if kind == 'none' else compressed(path) if text else path.read_bytes()
        self.send_response(404 if kind == 'none' else 200)
        if text: self.send_header('Content-Encoding', 'gzip')
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', len(body))
        self.send_header('Cache-Control', 'max-age=600')
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass

@pytest.fixture(scope='module')
def base(browser, site):
    "The address of the served site."
    with ThreadingHTTPServer(('127.0.0.1', 0), partial(Handler, directory=site)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_port}/'
        server.shutdown()

def view(browser, base, **options):
    "A new reader's page. `page.wrong` lists its requests to others and its errors."
    context = browser.new_context(base_url=base, reduced_motion='reduce', permissions=['clipboard-read', 'clipboard-write'], **options)
    page, wrong = context.new_page(), []
    page.on('request', lambda request: request.url.startswith((base, 'data:', 'file:')) or wrong.append(f'a request to {request.url}'))
    page.on('console', lambda message: message.type == 'error' and wrong.append(f'{message.text} {message.location["url"]}'))
    page.on('pageerror', lambda error: wrong.append(f'an error in a script: {error}'))
    page.wrong = wrong
    return page

@pytest.fixture
def page(browser, base):
    page = view(browser, base, **WIDE)
    yield page
    page.context.close()

@pytest.fixture(scope='module')
def narrow(browser, base):
    "A narrow page with axe-core."
    page = view(browser, base, **NARROW)
    page.add_init_script(AXE_SCRIPT)
    page.goto('index.html')
    yield page
    page.context.close()

@pytest.fixture(scope='module', params=PAGES)
def reader(request, browser, base, narrow):
    "A new reader's page, with axe-core, and what was loaded for it; the narrow page is there too. The tests that use it go from page to page together."
    page = view(browser, base, **WIDE)
    page.add_init_script(AXE_SCRIPT)
    page.name, page.loaded = request.param, []
    page.on('requestfinished', lambda request: page.loaded.append(request))
    for either in page, narrow: either.goto(f'{page.name}.html', wait_until='commit')  # both load at the same time
    for either in page, narrow: either.wait_for_load_state()
    yield page
    page.context.close()


# ---- What can be wrong with a page

SIDEWAYS = r"""() => {
    const root = document.documentElement, scrolls = e => e && (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement))
    const out = [...document.querySelectorAll('article *, .prev-next-area *')].filter(e =>
        e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e.parentElement))
    const faults = out.map(e => `${e.tagName} sticks out: ${e.innerText}`)
    return root.scrollWidth > innerWidth ? [`the page is ${root.scrollWidth} px wide`, ...faults] : faults
}"""
FAULTS = r"""async theme => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))  // the theme's script has seen the system's theme
    const faults = [], all = (selector, root = document) => [...root.querySelectorAll(selector)]
    const expect = (holds, ...words) => holds || faults.push(words.join(' '))
    const root = document.documentElement, style = getComputedStyle, ground = style(document.body).backgroundColor

    const shade = Math.max(...ground.match(/\d+/g).slice(0, 3)) > 127 ? 'light' : 'dark'
    expect(root.dataset.theme === theme && shade === theme, 'the theme is', root.dataset.theme, 'on', shade)

    faults.push(...SIDEWAYS())
    for (const img of all('img')) {
        expect(img.complete && (img.naturalWidth || !img.checkVisibility()), 'a broken image:', img.src)
        expect(img.hasAttribute('alt') && (/\w \w/.test(img.alt) || !img.closest('article')), 'no words for an image:', img.src)
    }
    for (const img of all('article img')) {
        expect(style(img).filter === 'none', 'a filter on an image')
        for (let e = img; e !== document.body; e = e.parentElement)
            expect(['rgba(0, 0, 0, 0)', ground].includes(style(e).backgroundColor), 'a ground of an image:', e.tagName)
    }

    for (const math of all('math').filter(math => math.checkVisibility()))
        expect(math.textContent.trim() && math.getBoundingClientRect().width, 'an empty formula')
    expect(!all('merror, .katex-error, mjx-merror').length, 'an error in a formula')
    for (let walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), text; text = walk.nextNode();)
        expect(!/\$|\\[a-z]/i.test(text.data) || text.parentElement.closest('code, pre, script, style, noscript'), 'raw TeX:', text.data)

    expect(all('h1').length === 1 && all('h1')[0].checkVisibility(), all('h1').length, 'main headings, or a hidden one')
    const levels = all('main :is(h1, h2, h3, h4, h5, h6)').map(h => +h.tagName[1])
    levels.forEach((level, i) => expect(level <= (levels[i - 1] ?? 0) + 1, 'a jump of headings to h' + level))
    return faults
}""".replace('SIDEWAYS', f'({SIDEWAYS})')
AXE = """async () => {
    const all = selector => [...document.querySelectorAll(selector)], style = getComputedStyle
    const numbers = new Map(), number = new Map(), seen = new Set(), first = look => !seen.has(look) && seen.add(look)
    for (const e of all('body, body *')) {  // elements with the same number look alike and stand on the same grounds
        const s = style(e), inFlow = ['static', 'relative'].includes(s.position)
        const look = [s.color, s.fontSize, s.fontWeight, s.opacity, s.textShadow, s.filter, s.backgroundColor, s.backgroundImage, s.position,
            number.get(e.parentElement), inFlow || number.size].join()
        if (!numbers.has(look)) numbers.set(look, numbers.size)
        number.set(e, numbers.get(look))
    }

    // Of what looks alike, one is enough for the colours; without the other code tokens, axe-core takes a fifth of the time.
    for (const span of all('pre span')) first(span.className + number.get(span)) || span.replaceWith(...span.childNodes)
    document.body.normalize()
    for (const e of all('body *')) {
        const speaks = e.checkVisibility() && [...e.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())
        e.toggleAttribute('data-colors', e.matches('input, select, textarea') || speaks && first(number.get(e)))
    }
    axe.configure({rules: [{id: 'color-contrast', selector: '[data-colors]'}]})

    const nodes = ({id, nodes}) => nodes.map(n => [id, n.target.join(' '), n.html.slice(0, 80), !!n.element?.closest('article')])
    const found = await axe.run({resultTypes: ['violations'], preload: false, elementRef: true})
    return found.violations.flatMap(nodes)
}"""  # rule, selector, element, and whether it is in the article
BOTH = f"theme => {{ window.found = ({FAULTS})(theme).then(async faults => [faults, await ({AXE})()]) }}"

def faults(views, theme):
    "What is wrong with the pages that are open in `views`, where the system has this theme. The views work at the same time."
    for view in views: view.emulate_media(color_scheme=theme)
    for view in views: view.evaluate(BOTH, theme)
    for view in views:
        faults, nodes = view.evaluate('found')
        faults += [f'{rule}: {selector} {html}' for rule, selector, html, inside in nodes if inside or (rule, selector) not in EXCEPTIONS]
        yield from (f'{view.viewport_size["width"]} px, {theme}: {fault}' for fault in faults + view.wrong)
        view.wrong.clear()

FOLDS = """open => {
    for (const fold of document.querySelectorAll('article details')) fold.open = open
    for (const fading of document.getAnimations()) fading.finish()
}"""

def test_size(reader, record_property):
    "Bytes over the wire for a reader with an empty cache; less than the first bound would be a miscount."
    size = sum(size for request in reader.loaded for kind, size in request.sizes().items() if kind.startswith('response'))
    record_property(f'{reader.name}.html', f'{size / 1000:.0f} kB')
    assert 100_000 < size < (400_000 if reader.name == 'index' else 1_000_000)

def test_code_copies_and_unfolds(reader):
    "The page's code is the notebook's and has a button to copy it, output has none, and what is folded opens and closes."
    assert reader.locator('article details.hide').count() == sum(cell.folded for cell in code(reader.name))
    for fold in reader.locator('article details').all():
        inside, head = fold.locator('> :not(summary)').first, fold.locator('summary').first
        assert not inside.is_visible()
        head.click()
        assert inside.is_visible() and inside.inner_text().strip()
        head.click()
        assert not inside.is_visible()
    shown, buttons = reader.locator('.cell_input pre').all_text_contents(), reader.locator('.cell_input button.copybtn')
    assert [text.strip('\n') for text in shown] == [cell.body for cell in code(reader.name) if cell.on_page] and buttons.count() == len(shown)
    assert not reader.locator('.cell_output button.copybtn').count()
    if reader.name != LESSONS[3]: return  # it is enough to press the buttons of the lesson with the most folds
    reader.evaluate(FOLDS, True)
    for button, source in zip(buttons.all(), shown):
        button.click()
        assert reader.evaluate('navigator.clipboard.readText()').strip('\n') == source.strip('\n')
    reader.evaluate(FOLDS, False)

@pytest.fixture(scope='module')
def places(site):
    "The tag at each place, `page.html` or `page.html#id`."
    pages = {path.name: path.read_text(encoding='utf-8') for path in site.glob('*.html')}
    return dict.fromkeys(pages, 'html') | {f'{name}#{i}': tag for name, text in pages.items() for tag, i in re.findall(r'<(\w+)[^<>]*? id="([^"]*)"', text)}

def test_links(reader, base, places):
    """Those to our pages lead to an element, those to our repository name files. Each notebook's page can be edited, each lesson opened
    in Colab, and torch's symbols are looked up at PyTorch."""
    links = reader.eval_on_selector_all('a[href]', 'all => all.map(a => a.href)')
    inside = {unquote(link.removeprefix(base)).removesuffix('#') for link in links if link.startswith(base)}
    assert {f'{name}.html' for name in ORDER} <= inside and inside <= places.keys(), inside - places.keys()
    files = [match.groups() for link in links if (match := re.match(rf'(?:{CFG.git_url}|{COLAB})/(?:blob|edit)/([^/]+)/([^#]+)', link))]
    assert all(branch == CFG.branch and (ROOT/path).exists() for branch, path in files), files
    if reader.name in NOTEBOOKS:
        path = f'{CFG.branch}/nbs/{NOTEBOOKS[reader.name].name}'
        assert reader.locator(f'a[href="{CFG.git_url}/edit/{path}"]').is_visible() and files
        assert reader.name not in LESSONS or reader.locator(f'article a[href="{COLAB}/blob/{path}"]').is_visible()
    torch = reader.eval_on_selector_all('article a > code', 'all => all.map(c => [c.innerText, c.parentElement.href])')
    assert all(re.match(r'https://(docs\.)?pytorch\.org/', link) for text, link in torch if text.startswith('torch.')), torch

@pytest.mark.parametrize('place', SYMBOLS)
def test_symbol_has_a_place(places, place): assert places[place] not in ('section', 'h1', 'h2', 'h3')

def test_page(reader, narrow):
    "All folds are closed by day and open at night."
    views, found = [reader, narrow], []
    for theme in THEMES:
        for page in views: page.evaluate(FOLDS, theme == 'dark')
        found += faults(views, theme)
    assert not found, '\n'.join(found)

def test_narrower_page_and_larger_text(reader, narrow):
    "Nothing sticks out at 320 px, and with text at 200 % on a phone and on half a screen (WCAG 1.4.4 and 1.4.10), with all folds open."
    narrow.evaluate(FOLDS, True)
    for width, text in (320, 100), (390, 200), (640, 200):
        narrow.set_viewport_size(dict(width=width, height=800))
        found = narrow.evaluate(f"document.documentElement.style.fontSize = '{text}%', ({SIDEWAYS})()")
        assert not found, (width, text, found)
    narrow.set_viewport_size(NARROW['viewport'])
    narrow.evaluate("document.documentElement.style.fontSize = ''")

def test_no_page_is_forgotten(site): assert {path.stem for path in site.glob('*.html')} == set(PAGES)

def test_exceptions_are_needed(page):
    page.goto('index.html')
    page.add_script_tag(content=AXE_SCRIPT)
    assert EXCEPTIONS <= {(rule, selector) for rule, selector, *_ in page.evaluate(AXE)}

PIXEL = "src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>\""
LONG = '<p style="width: 3000px">wide</p>'
TINY = f'''<!doctype html><html lang="en" data-theme="light"><title>T</title><link rel="icon" href="data:,">
<style>body {{ background: white }}</style><main><h1>One</h1><article><h2>Two</h2><p><code>$x</code> <math><mi>x</mi></math></p>
<div tabindex="0" style="overflow: auto">{LONG}</div><img {PIXEL} alt="A dot">%s</article></main><p class="title">Frame'''

@pytest.mark.parametrize('html, message', [
    ('', ''), (LONG, 'the page is'), (f'<div style="overflow: hidden">{LONG}</div>', 'P sticks out: wide'),
    ('<img src="data:," alt="A dot">', 'a broken image'),
    (f'<img {PIXEL}>', 'no words for an image'), (f'<img {PIXEL} alt="">', 'no words'), (f'<img {PIXEL} alt="a.png">', 'no words'),
    (f'<img {PIXEL} alt="A dot" style="background: #eee">', 'a ground of an image: IMG'),
    (f'<b style="background: #eee"><img {PIXEL} alt="A dot"></b>', 'a ground of an image: B'),
    (f'<img {PIXEL} alt="A dot" style="filter: invert(1)">', 'a filter on an image'),
    ('<math></math>', 'an empty formula'), ('<math><merror><mi>x</mi></merror></math>', 'an error in a formula'),
    ('$x$', 'raw TeX: $x$'), (r'<math><mtext>\frac</mtext></math>', r'raw TeX: \frac'),
    ('<h1>Two</h1>', '2 main headings'), ('<style>h1 { display: none }</style>', 'a hidden one'), ('<h4>Deep</h4>', 'a jump of headings'),
    ('<script>document.documentElement.dataset.theme = "dark"</script>', 'the theme is dark on light'),
    ('<style>body { background: #111; color: white }</style>', 'the theme is light on dark'),
    ('<button></button>', 'button-name: button'), ('<p style="color: #bbb">pale', 'color-contrast: p'),
    ('<p style="color: #666">dark</p><div style="background: #999"><p style="color: #666">pale', 'color-contrast: div:nth-child(6) > p'),
    ('<pre><span style="color: #666">dark</span></pre><pre style="background: #999"><span style="color: #666">pale', 'color-contrast: pre:nth-child(6) > span'),
    ('<p style="color: #666">dark</p><p style="color: #666; opacity: .5">pale', 'color-contrast: p'),
    ('</article></main><p id="a">b', 'region: #a'),
    ('<img src="http://example.org/a.png" alt="A dot">', 'a request to http://example.org'), ('<img src="/nope.png" alt="A dot">', '404'),
    ('<script>console.error("oh")</script>', 'oh'), ('<script>throw Error("oh")</script>', 'an error in a script: oh')])
def test_fault_is_found(narrow, html, message):
    narrow.set_content(TINY % html)
    found = list(faults([narrow], 'light'))
    assert any(message in fault for fault in found) if message else not found, found


# ---- Time, size, reading

def test_time_of_the_build(site, record_property):
    log = site.with_name('log').read_text(encoding='utf-8').strip()
    record_property('build', log.partition('.html: ')[2])
    assert float(re.search(r'the processor ([\d.]+) s', log)[1]) < 30  # on an idle machine that is the time it takes

def test_text_without_scripts(browser, base):
    page = view(browser, base, java_script_enabled=False, **WIDE)
    for name in 'index', *LESSONS[:2]:
        page.goto(f'{name}.html')
        for theme, selector in product(THEMES, ['h1', 'article p', 'article pre']):
            page.emulate_media(color_scheme=theme)
            assert page.locator(selector).first.is_visible() and page.locator(selector).first.inner_text().strip(), (name, theme, selector)

def test_text_column(page):
    page.goto(f'{LESSONS[1]}.html')
    lines = page.eval_on_selector_all('article p', """all => all.filter(p => p.innerText.length > 250)
        .map(p => p.innerText.length / Math.round(p.clientHeight / parseFloat(getComputedStyle(p).lineHeight)))""")
    assert len(lines) > 2 and 60 < sum(lines) / len(lines) < 80, lines

def test_code_column(page):
    "Code may have longer lines than text before it scrolls."
    page.goto(f'{LESSONS[1]}.html')
    assert page.eval_on_selector('.cell_input pre', """pre => [88, 120].map(length => {
        pre.textContent = 'x'.repeat(length)
        return pre.scrollWidth > pre.clientWidth
    })""") == [False, True]

def test_print(page):
    page.emulate_media(media='print', color_scheme='dark')
    page.goto(f'{LESSONS[3]}.html')
    for selector in '.bd-sidebar-primary', '.bd-sidebar-secondary', '.bd-header-article', 'footer', 'button', '.headerlink', 'summary':
        assert page.locator(selector).count() and not page.locator(f'{selector}:visible').count(), selector
    assert page.locator('h1').is_visible() and page.locator('article').bounding_box()['width'] > .9 * WIDE['viewport']['width']
    assert [page.evaluate(f"dispatchEvent(new Event('{event}')), document.documentElement.dataset.theme")
            for event in ('beforeprint', 'afterprint')] == ['light', 'dark']


# ---- The ways that readers go

@pytest.mark.parametrize('size', [WIDE, NARROW], ids=['wide', 'narrow'])
def test_first_screen_leads_into_the_course(browser, base, size):
    page = view(browser, base, **size)
    page.goto('index.html')
    assert page.locator(f'article a[href="{LESSONS[0]}.html"]').first.bounding_box()['y'] < size['viewport']['height'] / 2
    page.context.close()

def test_next_and_previous(page):
    page.goto('index.html')
    for before, name in zip(ORDER, ORDER[1:]):
        page.click('.right-next')
        page.wait_for_url(f'**/{name}.html')
        assert page.get_attribute('.left-prev', 'href') == f'{before}.html'
    assert not page.locator('.right-next').count() and not page.wrong, page.wrong

@pytest.mark.parametrize('words, place', [
    ('kaiming_init', 'kaiming_init.html#kaiming_init'), ('palette', 'plots.html#palette'), ('deep rectifiers', 'references.html')])
@pytest.mark.parametrize('scheme', ['http', 'file'])
def test_search(page, base, site, scheme, words, place):
    page.goto((base if scheme == 'http' else f'{site.as_uri()}/') + 'index.html')
    page.keyboard.press('Control+k')
    page.keyboard.type(f'{words}\n')
    page.locator(f'#search-results a[href="{place}"]').first.click()
    page.wait_for_url(f'**/{place}')
    top = page.locator(':target' if '#' in place else 'h1').bounding_box()['y']
    assert page.url.startswith(scheme) and 0 <= top < 400 and not page.wrong, (page.url, top, page.wrong)

def test_focus_is_seen(page):
    "A ring is around what has it."
    page.goto(f'{LESSONS[3]}.html')
    page.keyboard.press('Tab')  # the keyboard is in use
    for selector in '.bd-sidebar-primary .toctree-l1 a', '.theme-switch-button', 'article p a', 'article summary', 'article button', '.bd-toc a', '.right-next':
        place = page.locator(selector).first
        place.scroll_into_view_if_needed()
        box = place.bounding_box()
        clip = dict(x=box['x'] - 4, y=box['y'], width=4, height=box['height'])  # the ring's left side
        page.evaluate('document.activeElement.blur()')
        before = page.screenshot(clip=clip)
        place.focus()
        assert page.screenshot(clip=clip) != before, selector

@pytest.mark.parametrize('theme, system', [THEMES, THEMES[::-1]])
def test_chosen_theme_stays(page, theme, system):
    page.emulate_media(color_scheme=system)
    page.goto('index.html')
    assert page.get_attribute('html', 'data-theme') == system
    page.click('.theme-switch-button')
    page.click(f'.theme-change-button[data-mode={theme}]')
    for go in lambda: None, page.reload, lambda: page.goto('api.html'):
        go()
        assert page.get_attribute('html', 'data-theme') == theme

def test_drawer_on_a_phone(browser, base):
    page = view(browser, base, **NARROW)
    page.goto('index.html')
    link = page.locator(f'.bd-sidebar-primary a[href="{LESSONS[2]}.html"]')
    assert not link.is_visible()
    page.click('.primary-toggle')
    link.click()
    page.wait_for_url(f'**/{LESSONS[2]}.html')
    assert page.locator('h1').is_visible() and not page.wrong, page.wrong

def test_api_has_a_line_for_every_name(page):
    page.goto('api.html')
    lines = page.eval_on_selector_all('article li', 'all => all.map(li => [li.innerText, li.querySelector("a").href])')
    for module in (ROOT/CFG.lib_name).glob('[!_]*.py'):
        for name in books.public(module.read_text(encoding='utf-8')):
            assert [link.partition('#')[2] for text, link in lines if re.match(rf'{name}: \w', text)] == [name], name

def test_references_has_every_work_that_is_cited(page):
    page.goto('references.html')
    lines = page.locator('article li').all_inner_texts()
    texts = [book.text.partition('## References')[2] for book in NOTEBOOKS.values()]
    titles = {title for text in texts for title in re.findall(r'^- .*?, \*([^*]+)\*', text, re.M)}
    surnames = [line.partition(',')[0].split()[-1] for line in lines]
    assert surnames == sorted(surnames)
    assert len(titles) == len(lines) > 5 and all(any(title in line for line in lines) for title in titles), (titles, lines)
