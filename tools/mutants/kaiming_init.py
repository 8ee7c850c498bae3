"Wrong versions of what nbs/04_kaiming_init.ipynb exports, see `tools.prove`."

RANDN = 'return torch.randn(fan_in, fan_out, generator=generator, device=device)'

WRONG = {
    'naive_init': [
        (RANDN, RANDN + ' / math.sqrt(fan_in)', 'scaled'),
        (RANDN, 'return torch.rand(fan_in, fan_out, generator=generator)', 'uniform on [0, 1)'),
        (RANDN, 'return 12 ** 0.5 * (torch.rand(fan_in, fan_out, generator=generator) - 0.5)', 'uniform of std 1'),
        (RANDN, 'return torch.randn(fan_out, fan_in, generator=generator)', "torch's storage order"),
        (RANDN, 'return torch.randn(fan_in, fan_out)', 'generator ignored'),
        (RANDN, RANDN.replace('=generator', '=torch.Generator().manual_seed(42)'), 'the same weights each time'),
        (RANDN, RANDN.replace('fan_in', '1') + '.expand(fan_in, -1)', 'the same weight for all inputs'),
        ('torch.zeros(fan_out, device=device)', 'torch.ones(fan_out)', 'biases of 1'),
        ('torch.zeros(fan_out, device=device)', 'torch.zeros(fan_in)', 'one bias per input'),
        ('torch.zeros(fan_out, device=device)', '0.', 'a number as biases'),
        ('    require(fan_in=fan_in, fan_out=fan_out, generator=generator)\n', '', 'fans not checked'),
        ('require(fan_in=fan_in, fan_out=fan_out, generator=generator)', 'require(fan_in=fan_in, generator=generator)', 'fan_out not checked'),
        ('require(fan_in=fan_in, fan_out=fan_out, generator=generator)', 'require(fan_in=fan_out, fan_out=fan_in, generator=generator)', 'the other fan named'),
        ("device = generator.device if generator else 'cpu'", "device = 'meta'", 'drawn elsewhere'),
    ],
    'kaiming_init': [
        ('gain / math.sqrt(fan_in)', 'gain * math.sqrt(2 / (fan_in + fan_out))', "Glorot's scale"),
        ('gain / math.sqrt(fan_in)', 'gain * math.sqrt(2 / fan_in)', "He's scale"),
        ('gain / math.sqrt(fan_in)', 'gain / math.sqrt(3 * fan_in)', "PyTorch's default scale"),
        ('gain / math.sqrt(fan_in)', 'gain / math.sqrt(fan_out)', 'fan_out for fan_in'),
        ('gain / math.sqrt(fan_in)', 'gain / fan_in', 'variance for std'),
        ('gain / math.sqrt(fan_in)', 'gain', 'not scaled'),
        ('gain / math.sqrt(fan_in)', '0.98 * gain / math.sqrt(fan_in)', 'two per cent off'),
        ('gain / math.sqrt(fan_in)', '1 / math.sqrt(fan_in)', 'gain ignored'),
        ('gain / math.sqrt(fan_in)', 'gain ** 2 / math.sqrt(fan_in)', 'gain squared'),
        ('gain / math.sqrt(fan_in)', '1 / gain / math.sqrt(fan_in)', 'divided by the gain'),
        ('gain / math.sqrt(fan_in)), b', 'gain / math.sqrt(fan_in)), b + 1', 'biases of 1'),
        ('gain / math.sqrt(fan_in)), b', 'gain / math.sqrt(fan_in)) + 0.01, b', 'weights not centred'),
        ('naive_init(fan_in, fan_out, generator)', 'naive_init(fan_in, fan_out)', 'generator ignored'),
        ('fan_out, generator)', 'fan_out, torch.Generator().manual_seed(42))', 'the same weights each time'),
        ('gain:float=1.', 'gain:float=2 ** 0.5', "He's gain unless told"),
    ],
}
