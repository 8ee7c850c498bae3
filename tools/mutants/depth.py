"Wrong versions of what nbs/07_depth.ipynb exports, see `tools.prove`."

WRONG = {
    'deep_init': [
        ('kaiming_init(*fans, gain, generator)', 'kaiming_init(*fans, 1., generator)', 'gain ignored'),
        ('kaiming_init(*fans, gain, generator)', 'kaiming_init(*fans, gain)', 'generator ignored'),
        ('kaiming_init(*fans, gain, generator)', 'kaiming_init(*fans, gain, torch.Generator().manual_seed(42))', 'the same weights in each layer'),
        ('kaiming_init(*fans, gain, generator)', 'kaiming_init(*fans, gain ** 2, generator)', 'gain squared'),
        ('generator)[0] for', 'generator) for', 'with biases'),
        ('zip(sizes, sizes[1:])', 'zip(sizes[1:], sizes)', 'fans swapped'),
        ('zip(sizes, sizes[1:])', 'zip(sizes, sizes[1:-1])', 'a layer missing'),
        ('gain:float=1., # Factor on the standard deviation of all', 'gain:float=2 ** 0.5, # Factor on the standard deviation of all', "He's gain unless told"),
    ],
    'propagate': [
        ('x := activation(x @ w)', 'activation(x := x @ w)', 'activation only in what is kept'),
        ('x := activation(x @ w)', 'x := x @ w', 'no activation'),
        ('x := activation(x @ w)', 'x := relu(x @ w)', 'activation ignored'),
        ('for w in weights:', 'for w in [*weights[:2], *[weights[1]] * (len(weights) - 2)]:', 'one matrix again and again'),
        ('activations.append(x', 'activations.insert(0, x', 'last layer first'),
        ('    return activations', '    return activations[:-1]', 'last layer not kept'),
        ('    return activations', '    return [x]', 'only the last layer kept'),
        ('activation=relu', 'activation=torch.tanh', 'tanh unless told'),
    ],
    'arc_cosine_map': [
        ('    c = c.clamp(-1, 1)  # rounding\n', '', 'nan for a rounded cosine beyond 1'),
        ('(math.pi - c.acos()) * c', 'c.acos() * c', 'the angle for its supplement'),
        ('(math.pi - c.acos()) * c', 'math.pi - c.acos()', 'the kernel of order 0 and more'),
        (' * c) / math.pi', ' * c) / (2 * math.pi)', 'not a cosine'),
        ('(1 - c ** 2).sqrt()', '(1 - c ** 2)', 'sine squared'),
        ('c = c.clamp(-1, 1)', 'c = c.float().clamp(-1, 1)', 'float32 for float64'),
    ],
}
