"nbdev's own processing of the notebooks, which `nbdev_docs` hands to Quarto and the site builds on, runs and shows the exported functions."
import json, shutil, subprocess, sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Not `nbdev_proc_nbs`, which would look for Quarto first. The workers import this program, hence the guard.
PROGRAM = "if __name__ == '__main__':\n    from nbdev.serve import proc_nbs\n    proc_nbs(force=True)\n"

def test_nbdev_processes_the_notebooks(tmp_path):
    for name in 'nbs', 'mlp_from_scratch': shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / 'settings.ini', tmp_path)
    (tmp_path / 'program.py').write_text(PROGRAM)
    result = subprocess.run([sys.executable, 'program.py'], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]
    names = {p.name for p in (ROOT / 'nbs').glob('*.ipynb')}
    assert {p.name for p in (tmp_path / '_proc').glob('*.ipynb')} == names, result.stderr[-2000:]
    shown = ''.join((tmp_path / '_proc' / name).read_text() for name in names)
    for symbol in 'load_mnist', 'normalize', 'near_zero', 'test_near_zero', 'linear', 'relu', 'naive_init', 'kaiming_init':
        assert json.dumps(f'### {symbol}\n')[1:-1] in shown, f'{symbol} is not shown'
