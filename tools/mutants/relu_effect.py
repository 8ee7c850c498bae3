"Wrong versions of what nbs/05_relu_effect.ipynb exports, see `tools.prove`."

WRONG = {
    'relu': [
        ('x.clamp_min(0.)', 'x.clamp_max(0.)', 'clamped on the wrong side'),
        ('x.clamp_min(0.)', 'x.clamp_min(1.)', 'clamped at 1'),
        ('x.clamp_min(0.)', 'x.abs()', 'absolute value'),
        ('x.clamp_min(0.)', 'x', 'nothing'),
        ('x.clamp_min(0.)', 'torch.nn.functional.leaky_relu(x)', 'leaky'),
        ('x.clamp_min(0.)', 'torch.nn.functional.softplus(x)', 'softplus'),
        ('x.clamp_min(0.)', 'x.clamp(0., 6.)', 'clamped at 6 too'),
        ('x.clamp_min(0.)', '(x > 0).to(x.dtype)', 'step'),
        ('x.clamp_min(0.)', 'x * (x > 0)', 'nan for −inf'),
        ('x.clamp_min(0.)', 'x.nan_to_num(0.).clamp_min(0.)', 'nan and inf hidden'),
        ('x.clamp_min(0.)', '2 ** 0.5 * x.clamp_min(0.)', "with He's gain"),
        ('x.clamp_min(0.)', 'x.clamp_min(0.) - 0.3989', 'centred'),
        ('x.clamp_min(0.)', 'x.clamp_min_(0.)', 'in place'),
    ],
}
