"""The figure of lesson 7 in a real browser: its forward pass against PyTorch's on the same weights, its random numbers against their
moments and against the generator written in Python, its time, and the figure by keyboard, on a phone and for a screen reader.

`faults_of_forward` and `faults_of_normals` return what is wrong; `test_wrong_code_is_found` shows them wrong JavaScript."""
import base64, json, math, re
from statistics import median

import numpy as np, pytest, torch
from axe_playwright_python.base import AXE_SCRIPT

from mlp_from_scratch.explorer import propagation_explorer
from mlp_from_scratch.propagation import deep_init, propagate
from tools import book as books

HTML = propagation_explorer().data
ACTIVATIONS = {'ReLU': torch.relu, 'tanh': torch.tanh, 'GELU': torch.nn.functional.gelu, 'linear': lambda t: t}
FIGURE = "document.querySelector('.propagation-explorer')"


def show(page, *figures, style=''):
    "A new document with the figures, where nothing is wrong yet."
    page.goto('about:blank')
    page.wrong.clear()
    body = ''.join(f'<article>{figure}</article>' for figure in figures)
    page.set_content(f'<!doctype html><html lang="en"><title>Figure</title><style>{style}</style><main><h1>Figure</h1>{body}</main>')
    return page

def view(browser, *figures, style='', **options):
    "A new reader's page with the figures, and `page.wrong`, the list of its requests and of its errors."
    page = browser.new_context(**{'viewport': dict(width=1000, height=700), **options}).new_page()
    page.set_default_timeout(10_000)
    page.wrong = []
    page.on('request', lambda request: page.wrong.append(f'a request to {request.url}'))
    page.on('console', lambda message: page.wrong.append(message.text))
    page.on('pageerror', lambda error: page.wrong.append(f'an error in a script: {error}'))
    return show(page, *figures, style=style)

@pytest.fixture(scope='module')
def tab(browser): return view(browser)  # one for all, as a new one takes longer than the figure

@pytest.fixture
def page(tab):
    yield show(tab, HTML)
    assert not tab.wrong

@pytest.fixture(scope='module')
def still(browser): return view(browser, HTML)  # for tests that change nothing

def shown(page):
    "All that a change may change: words, both pictures and their labels, and where the controls stand."
    return page.evaluate(f"""[...{FIGURE}.shadowRoot.querySelectorAll('p, svg, span, input')].map(e =>
        e.tagName === 'INPUT' ? e.value + e.checked : (e.getAttribute('aria-label') ?? '') + e.innerHTML)""")

def redrawn(page):
    "Wait until a change has been drawn."
    page.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
    return shown(page)

def words(page): return page.locator('p[aria-live]').inner_text()


# ---- The forward pass

def in_browser(page, x, weights, activation, *gain):
    "What each layer hands on. The numbers travel as text: Playwright's own way takes ten times as long."
    layers = page.evaluate(f"text => {FIGURE}.forward(...JSON.parse(text)).map(rows => rows.map(row => row.join(' ')))",
                           json.dumps([x.tolist(), [w.tolist() for w in weights], activation, *gain]))
    return [torch.tensor([[float(value) for value in row.split()] for row in rows], dtype=torch.float64) for rows in layers]

def faults_of_forward(page):
    "Where what the browser's layers hand on is not PyTorch's, to 1e-5 of a layer's root mean square; the last case leaves the gain at 1."
    for name, f in ACTIVATIONS.items():
        for sizes, n, *gain in (([7, 5, 11, 3], 4, 1.5), ([30] * 31, 8, 1.5), ([1, 1], 1, 0.7), ([6, 9, 4], 3)):
            g = torch.Generator().manual_seed(42)
            x, weights = torch.randn(n, sizes[0], generator=g), deep_init(sizes, generator=g)
            wanted = propagate(x.double(), [w.double() for w in weights], lambda t: math.prod(gain) * f(t))
            got = in_browser(page, x, weights, name, *gain)
            if [a.shape for a in got] != [a.shape for a in wanted]: yield f'{name} {sizes[:4]}: shapes {[a.shape for a in got]}'; continue
            for layer, (a, b) in enumerate(zip(wanted, got), 1):
                off = (a - b).abs().max() / a.pow(2).mean().sqrt()
                if not off < 1e-5: yield f'{name} {sizes[:4]}, layer {layer}: off by {off:.1e}'

def test_forward_is_pytorchs(still): assert not list(faults_of_forward(still))

def test_gelu_is_exact(still):
    "Through one unit of weight 1, also far out, where the series ends."
    x = torch.cat([torch.linspace(-12, 12, 4001), torch.tensor([0., 1e-30, -1e-30, 8, -8, 40, -40])]).double()[:, None]
    [got] = in_browser(still, x, [torch.ones(1, 1)], 'GELU')
    assert (got - torch.nn.functional.gelu(x)).abs().max() < 1e-12

def test_nan_stays_visible(still):
    assert still.evaluate(f"Object.values({{a: 'ReLU', b: 'tanh', c: 'linear', d: 'GELU'}}).every(f => isNaN({FIGURE}.forward([[NaN, 1]], [[[1], [1]]], f)[0][0][0]))")


# ---- The random numbers

def sfc32(seed):
    "Doty-Humphrey's generator with our three starting words; the first twelve numbers are dropped."
    a, b, c, counter = seed, 2654435769, 608135816, 1
    for i in range(1 << 62):
        out = (a + b + counter) % 2**32
        counter += 1
        a, b, c = b ^ b >> 9, (c + (c << 3)) % 2**32, (((c << 21 | c >> 11) % 2**32) + out) % 2**32
        if i >= 12: yield out

def box_muller(seed, n):
    stream = sfc32(seed)
    for _ in range(n // 2):
        u, v = ((next(stream) + 0.5) / 2**32 for _ in range(2))
        yield from (math.sqrt(-2 * math.log(u)) * f(2 * math.pi * v) for f in (math.cos, math.sin))

def draw(page, seed, *lengths):
    "Successive pieces of the figure's normal numbers; their bytes travel as base64, since a million numbers as JSON take seconds."
    pieces = page.evaluate(f"""([seed, lengths]) => {{
        const next = {FIGURE}.normals(seed), part = bytes => String.fromCharCode(...bytes)
        return lengths.map(next).map(z => new Uint8Array(z.buffer)).map(bytes =>
            btoa(Array.from({{length: Math.ceil(bytes.length / 4096)}}, (_, i) => part(bytes.subarray(4096 * i, 4096 * (i + 1)))).join(''))) }}""",
        [seed, lengths])
    return [np.frombuffer(base64.b64decode(piece), np.float32).astype(float) for piece in pieces]

def faults_of_normals(page):
    "A sound generator has a moment beyond five standard errors once in 250 000 runs of this."
    [z] = draw(page, 42, 1_000_000)
    for name, value, theory, variance in (('mean', z.mean(), 0, 1), ('second moment', (z**2).mean(), 1, 2), ('third moment', (z**3).mean(), 0, 15),
                                          ('fourth moment', (z**4).mean(), 3, 96), ('product of neighbours', (z[1:] * z[:-1]).mean(), 0, 1),
                                          ('product at a row of 100', (z[100:] * z[:-100]).mean(), 0, 1),
                                          ('product of neighbouring squares', (z[1:]**2 * z[:-1]**2).mean() - 1, 0, 12)):  # 8 + 4, neighbours share one
        if not abs(value - theory) < 5 * math.sqrt(variance / len(z)): yield f'{name}: {value:.4f}, wanted {theory}'
    skew, kurtosis = (((z - z.mean()) / z.std())**k for k in (3, 4))
    if not (abs(skew.mean()) < 5 * math.sqrt(6 / len(z)) and abs(kurtosis.mean() - 3) < 5 * math.sqrt(24 / len(z))): yield 'skew or kurtosis'
    if not np.array_equal(draw(page, 42, 1000)[0], z[:1000]): yield 'the same seed gives other numbers'
    if np.isin(draw(page, 43, 1000)[0], z[:1000]).any(): yield 'another seed gives the same numbers'
    if not np.allclose(list(box_muller(42, 1000)), z[:1000], rtol=1e-6, atol=0): yield 'not sfc32'  # stored as float32

def test_normals(still): assert not list(faults_of_normals(still))

def test_draws_follow_each_other(still):
    "Pieces of even length are one stream; a piece of odd length drops half of its last pair."
    [all_of_it] = draw(still, 7, 12)
    a, b, c = draw(still, 7, 4, 5, 2)
    assert np.array_equal(np.concatenate([a, b, c]), all_of_it[[*range(9), 10, 11]]) and [len(z) for z in (a, b, c)] == [4, 5, 2]

@pytest.mark.parametrize('right, wrong, faults', [
    ('value * from[j]', 'value * from[j] + 1e-4', faults_of_forward), ('value = row[i]', 'value = row[i] * 1.0001', faults_of_forward),
    ('gain * f(t[j])', 'f(t[j])', faults_of_forward), ('gain * f(t[j])', 'f(gain * t[j])', faults_of_forward),
    ('activation, gain = 1)', 'activation, gain = 1.0001)', faults_of_forward), ('t[j] += value', 't[j] -= value', faults_of_forward), ('x => Math.max(x, 0)', 'x => Math.max(x, .01 * x)', faults_of_forward),
    ('Math.tanh', 'Math.atan', faults_of_forward), ('k = 3;', 'k = 5;', faults_of_forward), ('> 1e-12;', '> 1e-3;', faults_of_forward),
    ('linear: x => x}', 'linear: x => x + 1e-4}', faults_of_forward), ('x * normalCdf(x)', 'x / (1 + Math.exp(-1.702 * x))', faults_of_forward),
    ('radius * Math.sin', 'radius * Math.cos', faults_of_normals), ('-2 * Math.log', '-1.98 * Math.log', faults_of_normals),
    ('+ .5) / 2 ** 32', '+ .5) / 2 ** 31', faults_of_normals), ('Math.sqrt(-2 * Math.log(unit()))', 'Math.abs(Math.log(unit()))', faults_of_normals),
    ('let a = seed | 0', 'let a = 0', faults_of_normals), ('c << 21 | c >>> 11', 'c << 20 | c >>> 12', faults_of_normals),
    ('2654435769 | 0', 'Date.now() | 0', faults_of_normals)])
def test_wrong_code_is_found(tab, right, wrong, faults):
    assert HTML.count(right) == 1
    assert next(faults(show(tab, HTML.replace(right, wrong))), None)


# ---- What is drawn is what was computed

def expected(page, activation, gain, depth, width, seed):
    "Mean squares and mean cosines of the figure's own net, by PyTorch, from the figure's random numbers."
    rows = draw(page, seed, *[width] * (24 + depth * width))
    x, z = (torch.tensor(np.stack(part)) for part in (rows[:24], rows[24:]))
    weights = list(z.view(depth, width, width) / math.sqrt(width))
    layers = propagate(x / x.pow(2).mean(1, keepdim=True).sqrt(), weights, lambda t: gain * ACTIVATIONS[activation](t))
    cosines = [(u := torch.nn.functional.normalize(layer)) @ u.T for layer in layers]
    return [layer.pow(2).mean().item() for layer in layers], [((c.sum() - 24) / (24 * 23)).item() for c in cosines], layers

def drawn(page, key):
    "The heights of a line of the left picture."
    path = page.evaluate(f"{FIGURE}.shadowRoot.querySelector('svg .{key}').getAttribute('d')")
    return np.array([float(y) for y in re.findall(r'[ML]\S+ (\S+?)(?=L|$)', path)])

def choose(page, activation, **values):
    page.get_by_role('radio', name=activation).check()
    for name, value in values.items(): page.get_by_role('slider', name=name).fill(str(value))
    redrawn(page)

@pytest.mark.parametrize('activation, gain', [('ReLU', 1.41), ('ReLU', 0.9), ('tanh', 1.5), ('GELU', 1.53), ('linear', 1.2)])
def test_picture_and_words_are_the_computation(page, activation, gain):
    choose(page, activation, gain=gain, depth=20, width=50)
    squares, cosines, layers = expected(page, activation, gain, 20, 50, seed=1)
    lines, theory = drawn(page, 'square'), [1.]
    z = torch.linspace(-12, 12, 4001, dtype=torch.float64)
    for _ in range(20): theory.append(gain**2 * torch.trapezoid(ACTIVATIONS[activation](math.sqrt(theory[-1]) * z)**2 * torch.exp(-z**2 / 2), z).item() / math.sqrt(2 * math.pi))
    low, high = min(-2, math.floor(math.log10(min(squares + theory)))), max(2, math.ceil(math.log10(max(squares + theory))))
    def heights(values): return 196 - 180 * (np.log10(values) - low) / (high - low)
    assert np.abs(lines - heights(squares)).max() < 0.06 and np.abs(drawn(page, 'theory') - heights(theory[1:])).max() < 0.06  # drawn to a tenth
    said = re.search(r'come to (\S+); in theory, for a very wide net, (\S+)\. .* from 0 to (\S+)\.$', words(page)).groups()
    assert words(page).startswith(f'{activation} at gain {gain:.3f}, 20 layers of width 50: the signal ')
    for text, value in zip(said, (squares[-1], theory[-1])): assert float(text) == pytest.approx(value, rel=0.06), words(page)
    assert float(said[2]) == pytest.approx(cosines[-1], abs=0.0051)
    near_zero = (layers[-1].abs() < math.sqrt(squares[-1]) * 3 / 40).double().mean().item()
    share = re.search(r'(\d+) % of the values', page.get_by_role('img').nth(1).get_attribute('aria-label'))[1]
    assert float(share) == pytest.approx(100 * near_zero, abs=0.6)

@pytest.mark.parametrize('gain, fate', [(0.9, 'vanishes'), (1.41, 'keeps its size'), (2., 'explodes')])
def test_words_name_the_fate(page, gain, fate):
    choose(page, 'ReLU', gain=gain, width=300)
    assert f'the signal {fate}.' in words(page)

@pytest.mark.parametrize('settings', [dict(gain=0.5, depth=100, width=10), dict(gain=2.5, depth=100, width=300), dict(depth=1)])
@pytest.mark.parametrize('activation', ACTIVATIONS)
def test_ends_of_the_controls(page, activation, settings):
    choose(page, activation, **settings)
    assert not re.search('NaN|Infinity|undefined', ''.join(shown(page)))

def test_dead_net_says_so(page):
    "Ten units: some draw leaves nothing, and the figure survives it."
    choose(page, 'ReLU', depth=100, width=10)
    for _ in range(40):
        if 'the signal dies' in words(page): break
        page.get_by_role('button', name='New weights').click()
        redrawn(page)
    assert 'the signal dies. From 1 at the input, its mean square has come to 0;' in words(page) and 'NaN' not in ''.join(shown(page))

def test_gain_of_relu_leaves_the_shape_alone(page):
    "The finding that the lesson sends the reader to: one picture tilts, the other stays. With tanh both change."
    def pictures(): return page.evaluate(f"[...{FIGURE}.shadowRoot.querySelectorAll('svg')].map(svg => svg.innerHTML)")
    changes = {}
    for activation in 'ReLU', 'tanh':
        choose(page, activation, gain=1.2)
        before = pictures()
        choose(page, activation, gain=2.4)
        changes[activation] = [a != b for a, b in zip(before, pictures())]
    assert changes == {'ReLU': [True, False], 'tanh': [True, True]}

@pytest.mark.parametrize('activation, gain', [('ReLU', '1.414'), ('tanh', '1.593'), ('GELU', '1.534'), ('linear', '1.000')])
def test_gain_that_holds(page, activation, gain):
    page.get_by_role('radio', name=activation).check()
    page.get_by_role('button', name='Gain that holds').click()
    redrawn(page)
    assert f'{activation} at gain {gain},' in words(page)

def theory_that_strays(page):
    "The activations whose theory leaves 1, at any of a hundred layers, with the button's gain."
    for activation in ACTIVATIONS:
        choose(page, activation, depth=100)
        page.get_by_role('button', name='Gain that holds').click()
        redrawn(page)
        at_1 = page.evaluate(f"[...{FIGURE}.shadowRoot.querySelector('svg').querySelectorAll('text')].find(t => t.textContent === '1' && t.getAttribute('text-anchor') === 'end').getAttribute('y')")
        heights = drawn(page, 'theory')
        if len(heights) != 100 or np.abs(heights - (float(at_1) - 4)).max() > 0.06 or 'for a very wide net, 1.0.' not in words(page): yield activation

def test_gain_that_holds_holds(page): assert not list(theory_that_strays(page))

@pytest.mark.parametrize('right, wrong, strays', [
    ('gain ** 2 * gaussian(z => activations[activation](Math.sqrt(theory) * z) ** 2)', 'gaussian(z => activations[activation](gain * Math.sqrt(theory) * z) ** 2)', ['tanh', 'GELU']),
    ('** 2) ** -.5})', '** 2) ** -.5 + .001})', ['ReLU', 'GELU', 'linear']), ('** 2) ** -.5})', '** 2) ** -.5 * 0 + Math.SQRT2})', ['tanh', 'GELU', 'linear'])])
def test_gain_that_does_not_hold_is_found(tab, right, wrong, strays):
    assert HTML.count(right) == 1
    assert set(theory_that_strays(show(tab, HTML.replace(right, wrong)))) >= set(strays)

def test_net_at_the_gain_that_holds(page):
    "The errors of a tanh net die, so that the net itself stays near 1, whatever its width allows; a GELU net runs away."
    for activation, stays in ('tanh', True), ('GELU', False):
        choose(page, activation, depth=100, width=300)
        page.get_by_role('button', name='Gain that holds').click()
        redrawn(page)
        square = float(re.search(r'come to (\S+);', words(page))[1])
        assert (0.8 < square < 1.25) == stays, words(page)


# ---- Time

def test_redraw_within_100_ms(page, record_property):
    "At the default size, from the change of a control to the next frame, and the work alone; the first few runs warm up the compiler."
    work, frame = [], []
    for i in range(25):
        frame.append(page.evaluate(f"""i => new Promise(done => {{
            const slider = {FIGURE}.shadowRoot.querySelector('input[name=gain]'), begin = performance.now()
            slider.value = 1.3 + i / 100
            slider.dispatchEvent(new Event('input', {{bubbles: true}}))
            requestAnimationFrame(() => {{ const channel = new MessageChannel()  // a message arrives after the frame is painted
                channel.port1.onmessage = () => done(performance.now() - begin); channel.port2.postMessage(0) }}) }})""", i))
        work.append(page.evaluate(f'{FIGURE}.milliseconds'))
    record_property('redraw', f'{median(work[5:]):.0f} ms of work, {median(frame[5:]):.0f} ms to the frame (medians of 20), first {work[0]:.0f} ms')
    assert '50 layers of width 100' in words(page)
    assert median(work[5:]) < 100 and median(frame[5:]) < 100


# ---- Readers

def focused(page): return page.evaluate(f'{FIGURE}.shadowRoot.activeElement?.name')

def test_keyboard(page):
    page.locator('h1').click()
    order = []
    for _ in range(6):
        page.keyboard.press('Tab')
        order.append(focused(page))
    assert order == ['activation', 'gain', 'hold', 'depth', 'width', 'draw']
    for steps_back, key, what in ((5, 'ArrowDown', 'tanh at'), (4, 'ArrowRight', 'gain 1.42'), (3, 'Enter', 'gain 1.593'), (2, 'ArrowLeft', '49 layers'),
                                  (1, 'End', 'width 300'), (0, 'Space', '')):
        page.locator('h1').click()
        for _ in range(6 - steps_back): page.keyboard.press('Tab')
        before = shown(page)
        page.keyboard.press(key)
        after = redrawn(page)
        assert after != before and what in words(page), (key, words(page))
        pictures = [i for i, text in enumerate(after) if '<path' in text]
        assert len(pictures) == 2 and any(after[i] != before[i] for i in pictures), key

def test_labels(page):
    for name in 'gain', 'depth', 'width': assert page.get_by_role('slider', name=name, exact=True).count() == 1
    for name in ACTIVATIONS: assert page.get_by_role('radio', name=name, exact=True).count() == 1
    assert page.get_by_role('group', name='activation').count() == 1
    for name in 'Gain that holds', 'New weights': assert page.get_by_role('button', name=name).count() == 1
    images = page.get_by_role('img').all()
    assert len(images) == 2 and all(len(image.get_attribute('aria-label')) > 60 for image in images)
    assert words(page) in images[0].get_attribute('aria-label')

LIGHT, DARK = 'body { background: white; color: #222 }', 'html { color-scheme: dark } body { background: #0d1117; color: #ddd }'

@pytest.mark.parametrize('style', [LIGHT, DARK, 'body { background: #111; color: #eee }'], ids=['light', 'dark', 'dark without a word'])
@pytest.mark.parametrize('width', [390, 1280])
def test_themes_and_widths(browser, style, width):
    page = view(browser, HTML, style=style, viewport=dict(width=width, height=700))
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({preload: false}).then(found => found.violations.flatMap(({id, nodes}) => nodes.map(n => `${id}: ${n.html}`)))")
    assert not found, found
    assert page.evaluate('document.documentElement.scrollWidth') == width
    inside = page.evaluate(f"""[...{FIGURE}.shadowRoot.querySelectorAll('form, label, button, svg, text, p')].filter(e =>
        e.getBoundingClientRect().right > innerWidth || e.getBoundingClientRect().left < 0).map(e => e.outerHTML)""")
    assert not inside, inside
    grounds = page.evaluate(f"[...{FIGURE}.shadowRoot.querySelectorAll(':not(input)')].map(e => getComputedStyle(e).backgroundColor)")
    assert set(grounds) == {'rgba(0, 0, 0, 0)'}  # the page's own ground shows, in any theme
    text = page.evaluate(f"['p', 'text', 'label', 'button'].map(s => getComputedStyle({FIGURE}.shadowRoot.querySelector(s))).map((s, i) => i === 1 ? s.fill : s.color)")
    assert set(text) == {page.evaluate('getComputedStyle(document.body).color')}
    assert not page.wrong
    page.context.close()

def test_figures_on_one_page_are_independent(tab):
    page = show(tab, HTML, HTML, HTML)
    second = page.locator('.propagation-explorer').nth(1)
    before = page.locator('p[aria-live]').all_inner_texts()
    second.get_by_role('radio', name='tanh').check()
    second.get_by_role('slider', name='depth').fill('7')
    redrawn(page)
    after = page.locator('p[aria-live]').all_inner_texts()
    assert before[0] == before[1] == before[2] == after[0] == after[2] and after[1].startswith('tanh at gain 1.414, 7 layers')
    assert [group.get_by_role('radio', name='ReLU').is_checked() for group in page.locator('.propagation-explorer').all()] == [True, False, True]
    assert not page.evaluate("[...document.querySelectorAll('[id]')].length") and not page.wrong

def test_script_of_another_host(tab):
    "VS Code runs a copy of the script at the end of the output, and some hosts leave a script without a place of its own."
    sentence, script = re.fullmatch(r'(.*)<script>(.*)</script></div>', HTML, re.S).groups()
    page = show(tab, f'{sentence}</div>', f'{sentence}</div>')
    page.evaluate('code => { const script = document.createElement("script"); script.text = code; document.querySelectorAll("article")[1].append(script) }', script)
    started = "[...document.querySelectorAll('.propagation-explorer')].map(e => !!e.shadowRoot)"
    assert page.evaluate(started) == [False, True]
    page.evaluate('code => (0, eval)(code)', script)
    assert page.evaluate(started) == [True, True] and not page.wrong
    page.evaluate('code => (0, eval)(code)', script)  # nothing left to start
    assert not page.wrong

def test_without_scripts(browser, page):
    assert not page.get_by_text('scripts are off').is_visible()
    page = view(browser, HTML, java_script_enabled=False)
    assert page.locator('article').inner_text().startswith('A figure to play with stands here, but scripts are off.')
    page.context.close()

def test_lesson_stores_this_figure():
    cells = books.load(books.NBS/'07_depth.ipynb').code
    stored = [out.data['text/html'] for cell in cells for out in cell.outputs if 'text/html' in out.get('data', {})]
    assert stored == [HTML]
