"The site: `python -m tools.site [folder]`. `stage` makes pages for Sphinx of the notebooks, conf.py says how Sphinx builds them, `faults` reads what came out."
