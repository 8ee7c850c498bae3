"""The hand-written step is not slower than PyTorch's usual loop, whatever it checks, and not far from its matrix products alone.

Medians of interleaved turns on two threads, `benchmarks/run.py --quick`. Since another program that runs at the same time can spoil any
one measurement, a bound is broken only if it is broken thrice in a row."""
import math, re, subprocess, sys
from pathlib import Path

RUN = Path(__file__).parents[2] / 'benchmarks' / 'run.py'
BOUNDS = {  # ratio: the lowest and the highest that will do
    'modules / by_hand': (1, math.inf),
    'loader / by_hand': (1.3, math.inf),
    'by_hand / products': (1, 2.4),  # below 1, the two would not do the same products
}

def measured():
    "The medians that one run prints: {ratio: median}."
    printed = subprocess.run([sys.executable, RUN, '--quick'], capture_output=True, encoding='utf-8', check=True).stdout
    return {name: float(value) for name, value in re.findall(r'^(.+): ([\d.]+) \(', printed, flags=re.M)}

def broken(found): return {name: value for name, value in found.items() if not BOUNDS[name][0] <= value <= BOUNDS[name][1]}

def test_speed(capsys):
    for _ in range(3):
        found = measured()
        with capsys.disabled(): print('\n' + ', '.join(f'{name} {value}' for name, value in found.items()), end='')
        assert found.keys() == BOUNDS.keys()
        if not broken(found): return
    assert not broken(found), f'got {found}, wanted {BOUNDS}'
