"""evaluation-bias-curve: how a distance falls with the number of samples, and where it would end.

    E d²(n) ≈ d²(∞) + slope / n

(Chong and Forsyth 2020, arXiv:1911.07023). Fixed: fresh samples for every size, the network in eval mode while it
computes features and afterwards as it was found (its mode, what is trained and how), a plain least-squares line in 1/n. Free: the order of the sizes.

The samples come from the judge and depend on the size asked for and on how often it has been asked for, so that
samples used again show in the values. The network is a batch normalisation between two maps: in training mode it
gives other features, and its state changes.
"""

import torch
from torch import nn

from genlab.random import permutation, rand, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Sizes out of order, one of them twice; a slope that chance cannot bring near 0."""
    D, K = 5, 3
    double = torch.zeros((), dtype=torch.float64)

    def draw(*shape):
        return randn(shape, like=double, rng=rng)

    sizes = torch.tensor([17, 26, 41, 67])[permutation(4, rng=rng)]
    sizes = sizes.flip(0) if bool((sizes.diff() > 0).all()) else sizes
    sizes = torch.cat([sizes, sizes[int(3 * rand((), rng=rng)), None]])
    return {"table": draw(997, D), "counts": sizes, "first": draw(D, K), "second": draw(K, K), "mean": draw(K),
            "var": 0.5 + rand((K,), like=double, rng=rng), "target": draw(K), "extra": draw(7, D),
            "spread": 500 + 100 * rand((), like=double, rng=rng)}


def probe(frechet_bias_curve, table, counts, first, second, mean, var, target, extra, spread):
    """The curve and the line, with a network found in training mode and in eval mode; then one more batch."""
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(len(mean), affine=False, dtype=torch.float64)
            self.norm.running_mean.copy_(mean)
            self.norm.running_var.copy_(var)
            self.fixed, self.learnt = nn.Parameter(first, requires_grad=False), nn.Parameter(second)

        def forward(self, x):
            return torch.tanh(self.norm(x @ self.fixed)) @ self.learnt

    def play(training):
        asked, network = [], Network().train(training)

        def sample(n):
            asked.append(n)
            return table[(torch.arange(n) + 31 * n + 211 * asked.count(n)) % len(table)]

        def distance(features):
            gap = (features.mean(0) - target).square().sum()
            return 4 * gap + spread / len(features) + 4 * features.var(0).sum()

        given = probing.watch("sizes", counts.tolist())
        found = frechet_bias_curve(sample, network, distance, given)
        if isinstance(found, (tuple, list)) and len(found) == 3 and (
                isinstance(found[0], (tuple, list)) or hasattr(found[0], "__array__")):
            found = torch.as_tensor(found[0], dtype=torch.float64), *found[1:]  # numbers in a row, as they come
        values, *line = probing.tensors(found, 3, "`frechet_bias_curve`")
        if values.shape == counts.shape:  # which of two draws of the same size came first is free
            values = values.clone()
            for size in counts.unique():
                values[counts == size] = values[counts == size].sort().values
        limit, slope = (number.squeeze() for number in line)  # a column of lstsq's solution serves
        after = network(extra)
        learning, = probing.vjp(after, [network.learnt], after.detach())
        flags = torch.tensor([float(p.requires_grad) for p in network.parameters()])
        state = torch.cat([network.norm.running_mean, network.norm.running_var, flags.double()])
        return dict(values=values, limit=limit, slope=slope, after=after, state=state, learning=learning)

    return play(True) | {f"{name}_again": value for name, value in play(False).items()}


def _values(sample, network, distance, sizes):
    with torch.no_grad():
        return torch.stack([torch.as_tensor(distance(network(sample(n)))) for n in sizes]).double()


def _quiet(function):
    """The function with the network in eval mode, restored afterwards."""
    def answer(sample, network, distance, sizes):
        found = network.training
        network.eval()
        try:
            return function(sample, network, distance, sizes)
        finally:
            network.train(found)

    answer.__name__ = function.__name__
    return answer


def _line(inverse, values):
    """Least squares: (intercept, slope)."""
    centred = inverse - inverse.mean()
    slope = (centred * (values - values.mean())).sum() / centred.square().sum()
    return values.mean() - slope * inverse.mean(), slope


def _inverse(sizes):
    return 1 / torch.tensor(sizes, dtype=torch.float64)


@_quiet
def reference(sample, network, distance, sizes):
    """Fresh samples at every size, and the line in 1/n."""
    values = _values(sample, network, distance, sizes)
    return values, *_line(_inverse(sizes), values)


@_quiet
def truth(sample, network, distance, sizes):
    """By the normal equations."""
    values = _values(sample, network, distance, sizes)
    design = torch.stack([torch.ones(len(sizes), dtype=torch.float64), _inverse(sizes)], 1)
    limit, slope = torch.linalg.solve(design.T @ design, design.T @ values)
    return values, limit, slope


exercise = Exercise(
    id="evaluation-bias-curve", defines="frechet_bias_curve(sample, network, distance, sizes)", core=False, points=3,
    level=3, minutes=20, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.metrics.bias.bias_curve", "genlab.metrics.bias.BiasCurve.fit",
               "genlab.metrics.bias.extrapolate"],
    comparisons=[
        Compare("values", "values_again", shape="(len(sizes),)", points=1, what="`values`",
                says="The distance at each size, in the order of sizes: fresh samples, features in eval mode."),
        Compare("limit", "limit_again", "slope", "slope_again", shape="()", points=1, tolerance=1e-3,
                what={"limit": "`limit`", "limit_again": "`limit`", "slope": "`slope`", "slope_again": "`slope`"},
                says="The least-squares line through all values against 1/n: limit at 1/n = 0, and slope."),
        Compare("after", "after_again", shape="(B, K)", points=0.5, what="the network's output after the call",
                says="The network is left in the mode in which it was found."),
        Compare("learning", "learning_again", "state", "state_again", points=0.5,
                what={"learning": "the gradient that the network's weights get after the call",
                      "state": "what the network is after the call and one batch more"},
                says="The network learns afterwards as before: a weight that had requires_grad has it still, one that "
                     "had not has it not, and BatchNorm follows its batches."),
    ],
    hints=[
        "One point of the curve: n fresh samples, their features, their distance. The points lie near a line if they "
        "are drawn over 1/n; the limit is where it meets 1/n = 0.",
        "With u = 1/n: slope = Σ (u - ū)(v - v̄) / Σ (u - ū)², limit = v̄ - slope · ū. Before that: "
        "was = network.training; network.eval(); afterwards network.train(was).",
        "values = torch.tensor([float(distance(network(sample(n)))) for n in sizes]); design = torch.stack("
        "[torch.ones(len(sizes)), 1 / torch.tensor(sizes)], 1); limit, slope = torch.linalg.lstsq(design, "
        "values[:, None]).solution[:, 0]; return values, limit, slope",
    ],
)
