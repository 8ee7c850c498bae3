"""Build the site: `python -m tools.site [folder]`, then open _docs/index.html, or that of the folder. Needs no network and no Quarto.

A warning of Sphinx or a fault fails the build."""
import gc, importlib, shutil, sys, tempfile, time
from pathlib import Path

from nbdev.config import get_config
from sphinx.cmd.build import build_main

from tools import book as books
from tools.book import NBS, ROOT
from tools.site.faults import faults
from tools.site.stage import Stage, Symbols


def build(notebooks, cfg, out, symbols, names):
    "Write the site to `out`, unless Sphinx or `faults` has something to say. `names` maps each of the library's names to its place."
    with tempfile.TemporaryDirectory() as folder:
        pages, html = Path(folder)/'pages', Path(folder)/'html'
        shutil.copytree(NBS/'images', pages/'images')
        Stage(notebooks, cfg, symbols).write(pages)
        conf = ['-c', Path(__file__).parent, '-d', Path(folder)/'doctrees']
        if build_main([str(o) for o in ['-b', 'html', '-E', '-W', '-n', '--keep-going', '-q', *conf, pages, html]]): raise SystemExit('Sphinx found faults, see above.')
        if found := list(faults(html, names)): raise SystemExit('\n'.join(found))
        (html/'_sources').rmdir()
        shutil.rmtree(out, ignore_errors=True)
        shutil.move(html, out)


def main(out=None):
    start, work = time.perf_counter(), time.process_time()
    cfg = get_config(path=ROOT)
    out = Path(out or cfg.config_path/cfg.doc_path)
    index = importlib.import_module(f'{cfg.lib_name}._modidx').d['syms']
    names = {name.removeprefix(f'{module}.'): place for module, symbols in index.items() for name, (place, _) in symbols.items()}
    build(books.books(), cfg, out, Symbols(), names)
    print(f'{out/"index.html"}: {time.perf_counter() - start:.1f} s, of which the processor {time.process_time() - work:.1f} s')


if __name__ == '__main__':
    gc.disable()  # the run is short, and a third of it would go into looking for garbage
    main(*sys.argv[1:])
