"Wrong versions of what nbs/93_explorer.ipynb exports, see `tools.prove`."

WRONG = {
    'propagation_explorer': [
        ('return HTML(', 'return str(', 'text that no notebook shows as a figure'),
        ('where this cell is run, and on the site.', 'on the site.', 'no way to it where scripts are off'),
        ('class="propagation-explorer"', 'class="explorer"', 'a place that the script does not find'),
        ('_theory, _measure', '_measure', 'a part of the script missing'),
        ('_numbers, _net', '_numbers, _net, _net', 'a part twice'),
        ('json.dumps(palette)', 'json.dumps(list(palette))', 'no palette'),
        ('(() => {{', '{{', 'its names in the way of others'),
        ('</script></div>', '</div>', 'a script without an end'),
        ('<div><div class', '<div><script src="https://example.org/plot.js"></script><div class', 'a library from elsewhere'),
        ("json.dumps(palette)}", "json.dumps(palette)} // {__import__(\"os\").urandom(4)}", 'another text in each run'),
    ],
}
