"Wrong versions of what nbs/91_plots.ipynb exports, see `tools.prove`."

WRONG = {
    'palette': [
        ("ink='#7a7a7a'", "ink='#333333'", 'too dark for a dark page'),
        ("green='#16946b'", "green='#7fe0b0'", 'too light for a white page'),
    ],
    'contrast': [
        ('0.2126 * r + 0.7152 * g + 0.0722 * b', '(r + g + b) / 3', 'all colours weigh the same'),
        ('0.2126 * r + 0.7152 * g + 0.0722 * b', '0.0722 * r + 0.7152 * g + 0.2126 * b', 'red and blue swapped'),
        ('sorted([luminance(color), luminance(ground)])', '[luminance(color), luminance(ground)]', 'below 1'),
        ('v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4', 'v', 'no gamma'),
        ('(light + 0.05) / (dark + 0.05)', 'light / (dark + 0.05)', 'no flare'),
    ],
    'set_style': [
        ("'figure.facecolor': 'none'", "'figure.facecolor': 'white'", 'white ground'),
        ("'axes.facecolor': 'none'", "'axes.facecolor': 'white'", 'white axes'),
        ("'savefig.facecolor': 'none'", "'savefig.facecolor': 'white'", 'white files'),
        ("'text.color': ink", "'text.color': 'black'", 'black text'),
        ("'ytick.color': ink", "'ytick.color': 'black'", 'black ticks'),
        ('color=colours)', 'color=colours[::-1])', 'palette reversed'),
    ],
    'show_images': [
        ("'vmin': 0, 'vmax': 1, ", '', 'each image on a scale of its own'),
        ("'cmap': 'gray', ", '', 'not grey'),
        (', **kwargs})', '})', 'options ignored'),
        ('-(-len(images) // ncols)', 'len(images) // ncols', 'last row lost'),
        ('titles[i]', 'titles[0]', 'one title for all'),
        ("for ax in axes.flat: ax.axis('off')\n", "for ax in axes.flat[:len(images)]: ax.axis('off')\n", 'empty axes drawn'),
        ('axes.ravel()', 'axes', 'axes as a grid'),
        ('ncols:int=10', 'ncols:int=5', 'five in a row'),
    ],
    'histogram': [
        ('density=True', 'density=False', 'counts for density'),
        ('density(x), color', 'density(x) / 2, color', 'wrong theory'),
        ('color=palette[color], alpha=0.55', "color=palette['blue'], alpha=0.55", 'colour ignored'),
        ('alpha=0.55, label=label', 'alpha=0.55', 'label ignored'),
        ('bins=bins', 'bins=10', 'bins ignored'),
        ('edges[0], edges[-1], 400', '0, edges[-1], 400', 'theory on half of the range'),
    ],
    'table': [
        ('{digits}f', '4f', 'digits ignored'),
        ("'' if v is None else ", '', 'an empty place says None'),
        ("isinstance(v, (str, int))", 'isinstance(v, str)', 'integers with decimals'),
        ("'--:'", "':--'", 'numbers to the left'),
    ],
    'band': [
        ('[5, 50, 95]', '[25, 50, 75]', 'the middle half'),
        ('[5, 50, 95]', '[0, 50, 100]', 'the whole range'),
        ('[5, 50, 95]', '[5, 40, 95]', 'not the median'),
        ('ax.plot(x, middle', 'ax.plot(x, np.asarray(samples).mean(0)', 'mean for median'),
        ('fill_between(x, low, high', 'fill_between(x, middle, high', 'half a band'),
        ('ax.plot(x, middle, color=palette[color])', "ax.plot(x, middle, color=palette['blue'])", 'colour ignored'),
        ('middle[-1])', 'middle[0])', 'label at the wrong end'),
    ],
}
