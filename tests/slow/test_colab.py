"The hidden first cell installs the package on Colab, once, and does nothing elsewhere. Colab's module and pip are stand-ins that record."
import os

import nbformat, pytest
from nbclient import NotebookClient

from tools import book as books, rules

@pytest.mark.parametrize('on_colab', [True, False])
def test_first_cell_installs_only_on_colab(on_colab, tmp_path, monkeypatch):
    for name, source in {
            'google/colab/__init__.py': '', 'google/__init__.py': '', 'pip/__init__.py': '',
            'pip/__main__.py': f"import sys; open({str(tmp_path / 'calls')!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')",
            'sitecustomize.py': 'import google.colab' if on_colab else ''}.items():  # Colab's kernel imports it before the first cell
        path = tmp_path / 'stand_ins' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding='utf-8')
    monkeypatch.setenv('PYTHONPATH', str(tmp_path / 'stand_ins'), prepend=os.pathsep)
    first = nbformat.from_dict(books.load(books.NBS/'01_data_prep.ipynb').code[0])
    NotebookClient(nbformat.v4.new_notebook(cells=[first]), kernel_name='python3', timeout=60).execute()
    calls = (tmp_path / 'calls').read_text(encoding='utf-8').splitlines() if (tmp_path / 'calls').exists() else []
    assert calls == ([f"install -q git+{rules.settings()['git_url']}"] if on_colab else [])
