"Wrong versions of what nbs/03_naive_init.ipynb exports, see `tools.prove`."

WRONG = {
    'linear': [
        ('return x @ w + b', 'return x @ w', 'bias dropped'),
        ('return x @ w + b', 'return x @ w - b', 'bias subtracted'),
        ('return x @ w + b', 'return x @ w + b.mean()', 'one bias for all units'),
        ('return x @ w + b', 'return x @ w.T + b', 'transposed weights'),
        ('return x @ w + b', 'return x @ (w.T if len(w) == len(w.T) else w) + b', 'transposed weights where the shape does not tell'),
        ('return x @ w + b', 'return x @ w / len(w) ** 0.5 + b', 'scaled by 1/√fan_in'),
        ('return x @ w + b', 'return (x @ w + b).relu()', 'with a ReLU'),
        ('return x @ w + b', 'return (x @ w + b).nan_to_num()', 'inf and nan hidden'),
    ],
}
