"Where CI is set in the environment, a skipped test is a failed one: a check that nobody runs proves nothing."
import os

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if os.environ.get('CI') and report.skipped and not hasattr(report, 'wasxfail'):
        report.outcome, report.longrepr = 'failed', f'skipped in CI: {report.longrepr[2]}'
    return report
