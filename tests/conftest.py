"A browser for the tests. What they measured stands at the end. In CI a skipped test is a failed one: a check that nobody runs proves nothing."
import os, shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

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
