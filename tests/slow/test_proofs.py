"Each wrong version of an exported function turns its notebook red, and the machine that tries them (tools/prove.py) tells what does not."
import pytest

from tiny import code, tiny
from tools import prove, rules

COURSE = rules.course()
ROWS = prove.all_rows(COURSE)

@pytest.fixture(scope='module')
def start():
    with prove.walker() as start: yield start

@pytest.fixture(scope='module')
def walks(start, request):
    "Walks through the notebooks of the tests that were asked for."
    names = {item.callspec.params['row'][0].name for item in request.session.items if 'row' in getattr(getattr(item, 'callspec', None), 'params', {})}
    return prove.started(start, [row for row in ROWS if row[0].name in names])

@pytest.mark.parametrize('row', ROWS, ids=[f'{book.page} {function}: {what}' for book, function, *_, what in ROWS])
def test_wrong_version_is_red(row, walks): assert prove.judged(row, walks) is None

def test_right_versions_are_green(walks): assert {name: found for name in walks if (found := prove.broken(name, walks))} == {}

TINY = [code('#| export\ndef twice(x):\n    return 2 * x'), 'Text.', code('assert twice(3) == 6')]

@pytest.mark.parametrize('cells, right, wrong, expected', [
    (TINY, '2 * x', '3 * x', None),
    (TINY, '2 * x', 'x + x', 'survives'),
    (TINY, '2 * x', '2 * y', 'by NameError'),
    (TINY, 'return', 'raise ValueError\n    return', None),
    (TINY[:1] + [code('pass')], '2 * x', '3 * x', 'survives'),
    ([code(TINY[0]['source'] + '\ntwice(1)'), code('pass')], 'return', 'assert False\n    return', 'fails in cell 2 (changed: 2)'),
    (TINY, 'x', 'y', 'useless'), (TINY, 'absent', 'y', 'useless'), (TINY, '2 * x', '2 *  x', 'useless: '), (TINY, 'assert', 'y', 'useless'),
    (TINY, '2 * x', '2 *', 'useless: invalid syntax')])
def test_a_verdict(cells, right, wrong, expected, start):
    row = tiny(*cells, hidden='#| hide\n1'), 'twice', right, wrong, 'what'
    walks = prove.started(start, [row])
    found = prove.judged(row, walks)
    assert found is None if expected is None else expected in found
    assert all(prove.broken(name, walks) == {} for name in walks)

@pytest.mark.parametrize('cells, at', [
    ([*TINY, code('assert twice(3) == 7')], (None, 5)), ([code('import os; home = os.getpid()'), *TINY, code('assert os.getpid() == home')], (3, 6))])
def test_a_notebook_or_a_copy_that_is_red_by_itself_is_found(cells, at, start):
    row = tiny(*cells, hidden='#| hide\n1'), 'twice', '2 * x', 'x + x', 'what'
    failure = prove.broken('01_tiny.ipynb', prove.started(start, [row]))[at[0]]
    assert failure[0] == at[1] and failure[1] == 'AssertionError'
