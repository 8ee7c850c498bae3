// The icons come from the style sheet; the theme would load another half megabyte to draw them by script.
