"Wrong versions of what nbs/06_he_gain.ipynb exports, see `tools.prove`."

WRONG = {
    'expectation': [
        ('torch.arange(-12_000, 12_001', 'torch.arange(0, 12_001', 'half of the line'),
        ('torch.arange(-12_000, 12_001', 'torch.arange(-3_000, 3_001', 'tails cut off'),
        ('dtype=torch.float64) / 1000', 'dtype=torch.float32) / 1000', 'float32'),
        ('(-z ** 2 / 2).exp()', '(-z ** 2).exp()', 'another variance'),
        (' / math.sqrt(2 * math.pi)', '', 'density not normalised'),
        ('elementwise(f, z) * density', 'f(z) * density', 'not checked'),
        ('elementwise(f, z) * density', 'elementwise(f, z).abs() * density', 'mean of the magnitude'),
        ('elementwise(f, z) * density', 'density * elementwise(f, z) ** 2', 'second moment'),
        ('dx=0.001).item()', 'dx=0.001)', 'a tensor'),
    ],
    'activation_gain': [
        ('elementwise(f, z) ** 2)', 'elementwise(f, z))', 'of the mean'),
        ('elementwise(f, z) ** 2)', 'f(z) ** 2)', 'bare errors'),
        ('1 / math.sqrt(second)', '1 / second', 'variance for std'),
        ('1 / math.sqrt(second)', 'math.sqrt(second)', 'multiplied for divided'),
        ('1 / math.sqrt(second)', '1 / math.sqrt(second - expectation(f) ** 2)', 'keeps the standard deviation'),
        ('1 / math.sqrt(second)', 'math.sqrt(2)', "ReLU's gain for all"),
        ('0 < second < math.inf', '0 <= second < math.inf', 'gain of a function that is 0'),
        ('0 < second < math.inf', '0 < second', 'an infinite second moment allowed'),
        ('not 0 < second < math.inf', 'second <= 0 or second == math.inf', 'nan allowed'),
    ],
}
