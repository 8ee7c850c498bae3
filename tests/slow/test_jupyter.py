"""The README's first command starts a Jupyter server, for root too, and lesson 1 runs in its kernel."""
import json, re, shlex
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from jupyter_client import BlockingKernelClient

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
