"""The README's first command starts a Jupyter server, for root too, and lesson 1 runs in its kernel. The figure of lesson 7 works in JupyterLab."""
import json, re, shlex, sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest, tiny
from jupyter_client import BlockingKernelClient

from mlp_from_scratch.explorer import propagation_explorer
from tools import book as books
from tools.book import ROOT

LESSON = '01_data_prep.ipynb'


@pytest.fixture
def server(jupyter):
    command = re.search(r'&& (jupyter lab[^`\n]*)', (ROOT/'README.md').read_text(encoding='utf-8'))[1]
    assert '--allow-root' in command  # the tests need not run as root, a reader in a container does
    return jupyter(shlex.split(command), ROOT)


def ask(server, path, data=None, token=True):
    "The server's answer to a request, as JSON."
    headers = {'Authorization': f'token {server["token"]}'} if token else {}
    request = Request(f'{server["url"]}api/{path}', json.dumps(data).encode() if data else None, headers)
    return json.load(urlopen(request, timeout=30))


def test_first_command(server):
    assert Path(server['root_dir']) == ROOT/'nbs' and server['hostname'] == 'localhost'
    for path in 'contents/index.ipynb', 'kernels':
        with pytest.raises(HTTPError, match='403'): ask(server, path, token=False)

    lesson = ask(server, f'contents/{LESSON}')
    session = ask(server, 'sessions', dict(path=LESSON, name=LESSON, type='notebook', kernel=dict(name='python3')))
    client = BlockingKernelClient(connection_file=str(server['runtime']/f'kernel-{session["kernel"]["id"]}.json'))
    client.load_connection_file()
    client.start_channels()
    try:
        client.wait_for_ready(60)
        cells = books.Book(lesson['content'], LESSON).code
        assert cells
        for cell in cells:
            reply = client.execute_interactive(cell.source, timeout=120, output_hook=lambda message: None)['content']
            assert reply['status'] == 'ok', f'{cell.source}\n{reply["ename"]}: {reply["evalue"]}'
    finally: client.stop_channels()


# ---- The figure of lesson 7 in JupyterLab

FIGURE = "document.querySelector('.propagation-explorer')"

@pytest.fixture
def lab(jupyter, tmp_path):
    "The address of a notebook in JupyterLab, in which the figure is stored but has not been run by this reader."
    figure = dict(output_type='display_data', metadata={}, data={'text/html': propagation_explorer().data, 'text/plain': ''})
    sources = ['from mlp_from_scratch.explorer import propagation_explorer', 'propagation_explorer()']
    cells = [tiny.md('# Figure'), *(tiny.code(s, *[figure] * (s == sources[1])) for s in sources)]
    (tmp_path/'work').mkdir()
    books.save(tiny.tiny(*cells, path=tmp_path/'work/figure.ipynb'))
    command = [sys.executable, '-m', 'jupyterlab', '--no-browser', '--allow-root', '--ip=127.0.0.1']
    server = jupyter(command, tmp_path/'work')
    return f'{server["url"]}lab/tree/figure.ipynb?token={server["token"]}'

def test_jupyterlab(browser, lab):
    "A stored figure shows its sentence; once its cell has run it works, and its arrow keys are its own and not the notebook's."
    page = browser.new_context(viewport=dict(width=1300, height=900)).new_page()
    page.set_default_timeout(60_000)
    page.goto(lab)
    page.get_by_text('scripts are off').wait_for()
    assert not page.evaluate(f'{FIGURE}.shadowRoot')
    page.get_by_text('Python 3 (ipykernel) | Idle').wait_for()  # in the status bar
    page.get_by_text('Run', exact=True).click()
    page.get_by_text('Run All Cells', exact=True).click()
    page.get_by_role('slider', name='gain').focus()
    active = "[...document.querySelectorAll('.jp-Notebook .jp-Cell')].findIndex(cell => cell.classList.contains('jp-mod-active'))"
    before, where = page.locator('.jp-Cell').count(), page.evaluate(active)
    for key, gain in ('ArrowDown', '1.400'), ('ArrowUp', '1.410'), ('ArrowRight', '1.420'):
        page.keyboard.press(key)
        page.get_by_text(f'ReLU at gain {gain}, ').wait_for()
    for key in 'b', 'a', 'd', 'd': page.keyboard.press(key)  # to JupyterLab: new cells, and one less
    page.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')  # until it is drawn
    assert (page.locator('.jp-Cell').count(), page.evaluate(active), page.evaluate(f'{FIGURE}.shadowRoot.activeElement?.name')) == (before, where, 'gain')
    page.context.close()
