"""A browser and a Jupyter server for the tests. What they measured stands at the end. In CI a skipped test is a failed one: a check that
nobody runs proves nothing."""
import json, os, shutil, subprocess, sys, time
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tools import book as books

BROWSERS = 'chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'
ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync',
        '--no-first-run', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1']  # no host but this one can be reached


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if os.environ.get('CI') and report.skipped and not hasattr(report, 'wasxfail'):
        report.outcome, report.longrepr = 'failed', f'skipped in CI: {report.longrepr[2]}'
    return report


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.getreports('passed') + terminalreporter.getreports('failed'):
        for name, value in report.user_properties: terminalreporter.line(f'{name:>20}  {value}')

@pytest.fixture(scope='module')
def browser():
    with sync_playwright() as playwright:  # keeps an event loop running in this thread, so it must end with the module
        path = next(filter(None, map(shutil.which, BROWSERS)), playwright.chromium.executable_path)
        if not Path(path).exists(): pytest.skip('no Chromium: `apt-get install chromium-headless-shell` or `playwright install chromium` brings one')
        with playwright.chromium.launch(executable_path=path, args=ARGS) as browser: yield browser


@pytest.fixture
def tree(tmp_path):
    "A copy of the repository in which a test may write; without the images of MNIST, and without a reader's own notebooks."
    skip = shutil.ignore_patterns('.*', '*.gz', '__pycache__', '*.egg-info', '_docs', '_proc', 'build', 'dist', *(path.name for path in books.strays()))
    return shutil.copytree(books.ROOT, tmp_path/'tree', ignore=skip)


@pytest.fixture
def jupyter(tmp_path):
    """Starts a server by a command in a folder, and gives the server's own description of itself (url, token, root_dir, ...) and its
    `runtime` folder. Settings of the person who runs the tests play no part."""
    runtime, processes = tmp_path/'runtime', []
    dirs = {f'JUPYTER_{o}_DIR': str(tmp_path/o.lower()) for o in ('RUNTIME', 'CONFIG', 'DATA')}
    path = f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}'
    def start(command, cwd):
        with open(tmp_path/'log', 'w', encoding='utf-8') as log:
            process = subprocess.Popen(command, cwd=cwd, stdout=log, stderr=log,
                                       env=os.environ | dirs | dict(PATH=path, BROWSER='true'))  # `true` stands for a browser
        processes.append(process)
        info, end = None, time.monotonic() + 60
        while not info and process.poll() is None and time.monotonic() < end:
            with suppress(FileNotFoundError, ValueError):  # not yet there, or half-written
                info = json.loads((runtime/f'jpserver-{process.pid}.json').read_text(encoding='utf-8'))
            time.sleep(.1)
        assert info, (tmp_path/'log').read_text(encoding='utf-8')
        return info | dict(runtime=runtime)
    yield start
    for process in processes:
        process.terminate()
        process.wait(30)
    assert not list(runtime.glob('kernel-*.json')), 'the server left a kernel behind'
