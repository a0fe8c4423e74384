"""evaluation-bias-curve: how a distance falls with the number of samples, and where it would end.

    E d²(n) ≈ d²(∞) + slope / n

(Chong and Forsyth 2020, arXiv:1911.07023). Fixed: fresh samples for every size, the network in eval mode while it
computes features and afterwards as it was found, a plain least-squares line in 1/n. Free: the order of the sizes.

The samples come from the judge and depend on the size asked for and on how often it has been asked for, so that
samples used again show in the values. The network is a batch normalisation between two maps: in training mode it
gives other features, and its state changes.
"""

import torch
from torch import nn

from genlab.random import permutation, rand, randn
from grading import probing
from grading.exercise import Compare, Exercise, Mistake


def inputs(rng, n=1):
    """Four sizes out of order, none a multiple of another; a slope that chance cannot bring near 0."""
    D, K = 5, 3
    double = torch.zeros((), dtype=torch.float64)

    def draw(*shape):
        return randn(shape, like=double, rng=rng)

    sizes = torch.tensor([17, 26, 41, 67])[permutation(4, rng=rng)]
    sizes = sizes.flip(0) if bool((sizes.diff() > 0).all()) else sizes
    return {"table": draw(997, D), "sizes": sizes, "first": draw(D, K), "second": draw(K, K), "mean": draw(K),
            "var": 0.5 + rand((K,), like=double, rng=rng), "target": draw(K), "extra": draw(7, D),
            "spread": 500 + 100 * rand((), like=double, rng=rng)}


def probe(frechet_bias_curve, table, sizes, first, second, mean, var, target, extra, spread):
    """The curve and the line, with a network found in training mode and in eval mode; then one more batch."""
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(len(mean), affine=False, dtype=torch.float64)
            self.norm.running_mean.copy_(mean)
            self.norm.running_var.copy_(var)

        def forward(self, x):
            return torch.tanh(self.norm(x @ first)) @ second

    def play(training):
        asked, network = [], Network().train(training)

        def sample(n):
            asked.append(n)
            return table[(torch.arange(n) + 31 * n + 211 * asked.count(n)) % len(table)]

        def distance(features):
            gap = (features.mean(0) - target).square().sum()
            return gap + spread / len(features) + features.var(0).sum()

        found = frechet_bias_curve(sample, network, distance, sizes.tolist())
        if isinstance(found, (tuple, list)) and len(found) == 3 and (
                isinstance(found[0], (tuple, list)) or hasattr(found[0], "__array__")):
            found = torch.as_tensor(found[0], dtype=torch.float64), *found[1:]  # numbers in a row, as they come
        values, *line = probing.tensors(found, 3, "`frechet_bias_curve`")
        limit, slope = (number.squeeze() for number in line)  # a column of lstsq's solution serves
        return values, limit, slope, network(extra)

    values, limit, slope, after = play(True)
    again, limit_again, _, after_again = play(False)
    return dict(values=values, limit=limit, slope=slope, after=after, again=again, limit_again=limit_again,
                after_again=after_again)


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


# Known mistakes


@_quiet
def one_sample_for_all(sample, network, distance, sizes):
    largest = sample(max(sizes))
    values = torch.stack([distance(network(largest[:n])) for n in sizes]).detach()
    return values, *_line(_inverse(sizes), values)


@_quiet
def growing_sample(sample, network, distance, sizes):
    kept, values = sample(min(sizes)), {min(sizes): None}
    for n in sorted(sizes):
        kept = torch.cat([kept, sample(n - len(kept))]) if n > len(kept) else kept
        values[n] = distance(network(kept)).detach()
    values = torch.stack([values[n] for n in sizes])
    return values, *_line(_inverse(sizes), values)


@_quiet
def same_size_for_all(sample, network, distance, sizes):
    values = _values(sample, network, distance, [max(sizes)] * len(sizes))
    return values, *_line(_inverse(sizes), values)


def network_as_found(sample, network, distance, sizes):
    values = _values(sample, network, distance, sizes)
    return values, *_line(_inverse(sizes), values)


def training_mode(sample, network, distance, sizes):
    found = network.training
    network.train()
    values = _values(sample, network, distance, sizes)
    network.train(found)
    return values, *_line(_inverse(sizes), values)


def left_in_eval(sample, network, distance, sizes):
    network.eval()
    values = _values(sample, network, distance, sizes)
    return values, *_line(_inverse(sizes), values)


def always_back_to_training(sample, network, distance, sizes):
    network.eval()
    values = _values(sample, network, distance, sizes)
    network.train()
    return values, *_line(_inverse(sizes), values)


@_quiet
def line_in_n(sample, network, distance, sizes):
    values = _values(sample, network, distance, sizes)
    return values, *_line(torch.tensor(sizes, dtype=torch.float64), values)


@_quiet
def line_in_root(sample, network, distance, sizes):
    values = _values(sample, network, distance, sizes)
    return values, *_line(_inverse(sizes).sqrt(), values)


@_quiet
def line_in_log(sample, network, distance, sizes):
    values = _values(sample, network, distance, sizes)
    return values, *_line(-_inverse(sizes).log(), values)


@_quiet
def all_at_once(sample, network, distance, sizes):
    parts = network(sample(sum(sizes))).split(sizes)
    values = torch.stack([distance(part) for part in parts]).detach()
    return values, *_line(_inverse(sizes), values)


@_quiet
def two_points(sample, network, distance, sizes):
    values, inverse = _values(sample, network, distance, sizes), _inverse(sizes)
    a, b = int(inverse.argmax()), int(inverse.argmin())
    slope = (values[a] - values[b]) / (inverse[a] - inverse[b])
    return values, values[b] - slope * inverse[b], slope


@_quiet
def first_and_last(sample, network, distance, sizes):
    values, inverse = _values(sample, network, distance, sizes), _inverse(sizes)
    slope = (values[0] - values[-1]) / (inverse[0] - inverse[-1])
    return values, values[0] - slope * inverse[0], slope


@_quiet
def slope_before_limit(sample, network, distance, sizes):
    values = _values(sample, network, distance, sizes)
    limit, slope = _line(_inverse(sizes), values)
    return values, slope, limit


@_quiet
def largest_as_limit(sample, network, distance, sizes):
    values = _values(sample, network, distance, sizes)
    return values, values[int(torch.tensor(sizes).argmax())], _line(_inverse(sizes), values)[1]


@_quiet
def mean_as_limit(sample, network, distance, sizes):
    values = _values(sample, network, distance, sizes)
    return values, values.mean(), _line(_inverse(sizes), values)[1]


@_quiet
def no_intercept(sample, network, distance, sizes):
    values, inverse = _values(sample, network, distance, sizes), _inverse(sizes)
    return values, torch.zeros((), dtype=torch.float64), (values * inverse).sum() / inverse.square().sum()


@_quiet
def axes_swapped(sample, network, distance, sizes):
    values = _values(sample, network, distance, sizes)
    return values, *_line(values, _inverse(sizes))


@_quiet
def limit_at_mean_size(sample, network, distance, sizes):
    values, inverse = _values(sample, network, distance, sizes), _inverse(sizes)
    limit, slope = _line(inverse, values)
    return values, limit + slope / (sum(sizes) / len(sizes)), slope


@_quiet
def sizes_sorted(sample, network, distance, sizes):
    values = _values(sample, network, distance, sorted(sizes))
    return values, *_line(_inverse(sorted(sizes)), values)


# Also right


@_quiet
def by_lstsq(sample, network, distance, sizes):
    values = [float(distance(network(sample(n)))) for n in reversed(sizes)][::-1]
    design = torch.tensor([[1.0, 1 / n] for n in sizes], dtype=torch.float64)
    line = torch.linalg.lstsq(design, torch.tensor(values, dtype=torch.float64)[:, None]).solution[:, 0]
    return torch.tensor(values, dtype=torch.float64), line[0].item(), line[1].item()


def by_polyfit(sample, network, distance, sizes):
    import numpy as np

    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    values = torch.tensor([distance(network(sample(n)).detach()) for n in sizes], dtype=torch.float64)
    for module, training in modes:
        module.training = training
    slope, limit = np.polyfit([1 / n for n in sizes], values.numpy(), 1)
    return [values, float(limit), float(slope)]


@_quiet
def as_plain_numbers(sample, network, distance, sizes):
    values = [distance(network(sample(n))).item() for n in sizes]
    middle, mean = sum(1 / n for n in sizes) / len(sizes), sum(values) / len(values)
    slope = sum((1 / n - middle) * v for n, v in zip(sizes, values, strict=True)) / sum(
        (1 / n - middle) ** 2 for n in sizes)
    return values, mean - slope * middle, slope


@_quiet
def by_columns(sample, network, distance, sizes):
    values = torch.tensor([float(distance(network(sample(n)))) for n in sizes])
    design = torch.stack([torch.ones(len(sizes)), 1 / torch.tensor(sizes)], 1)
    limit, slope = torch.linalg.lstsq(design, values[:, None]).solution  # of shape (1,) each
    return values, limit, slope


@_quiet
def by_covariance(sample, network, distance, sizes):
    values = torch.tensor([float(distance(network(sample(n)))) for n in sizes], dtype=torch.float64)
    both = torch.cov(torch.stack([_inverse(sizes), values]))
    slope = both[0, 1] / both[0, 0]
    return values, (values - slope * _inverse(sizes)).mean(), slope


exercise = Exercise(
    id="evaluation-bias-curve", defines="frechet_bias_curve(sample, network, distance, sizes)", core=False, points=3,
    level=3, minutes=20, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.metrics.bias.bias_curve", "genlab.metrics.bias.BiasCurve.fit",
               "genlab.metrics.bias.extrapolate"],
    comparisons=[
        Compare("values", "again", shape="(len(sizes),)", points=1.5,
                says="The distance at each size, in the order of sizes: fresh samples, features in eval mode."),
        Compare("limit", "limit_again", "slope", shape="()", points=1, tolerance=1e-3,
                says="The least-squares line through the values against 1/n: limit at 1/n = 0, and slope."),
        Compare("after", "after_again", shape="(B, K)", points=0.5,
                says="The network is left in the mode in which it was found."),
    ],
    mistakes=[
        Mistake(one_sample_for_all, "You draw once and use parts of it for the smaller sizes: then the points of the "
                "curve are not independent. Draw afresh for each size."),
        Mistake(growing_sample, "You use the smaller samples again within the larger ones: draw afresh for each size."),
        Mistake(all_at_once, "You draw all samples in one call and cut them up. For each n in sizes call sample(n) once."),
        Mistake(same_size_for_all, "Every point of the curve has the same number of samples: draw n for each n in "
                "sizes."),
        Mistake(network_as_found, "The network computes features in whichever mode it is found. In training mode batch "
                "normalisation uses the batch's own statistics: switch to eval mode first."),
        Mistake(training_mode, "The features are computed in training mode, where batch normalisation uses the batch's "
                "own statistics: switch to eval mode."),
        Mistake(left_in_eval, "The network stays in eval mode: put it back into the mode in which it was found."),
        Mistake(always_back_to_training, "The network ends in training mode even if it was found in eval mode: keep "
                "network.training and restore it."),
        Mistake(line_in_n, "Your line is in n; the bias falls as 1/n, so fit against 1/n."),
        Mistake(line_in_root, "Your line is in 1/√n: a standard error falls so, the bias falls as 1/n."),
        Mistake(line_in_log, "Your line is in log n; the bias falls as 1/n."),
        Mistake(two_points, "Your line goes through two of the points only: fit all of them by least squares."),
        Mistake(first_and_last, "Your line goes through two of the points only: fit all of them by least squares."),
        Mistake(slope_before_limit, "Limit and slope have changed places."),
        Mistake(largest_as_limit, "You return the value at the largest size as the limit; it still has the bias "
                "slope / n in it. Extrapolate to 1/n = 0."),
        Mistake(mean_as_limit, "The mean of the values is no limit: extrapolate the line to 1/n = 0."),
        Mistake(no_intercept, "Your line goes through the origin, as if the distance fell to 0: fit the limit, too."),
        Mistake(axes_swapped, "The axes are swapped: the distance is fitted as a function of 1/n."),
        Mistake(limit_at_mean_size, "The limit is the line at 1/n = 0, not at some finite size."),
        Mistake(sizes_sorted, "The values come in the order in which the sizes were given; do not sort them."),
    ],
    equivalent_mutants={
        "values = torch.tensor([float(distance(network(sample(n)))) for n in sizes], dtype=torch.float64): "
        "torch.tensor([float(distance(network(sample(n)))) for n in sizes], dtype=torch.float64) → "
        "torch.tensor([float(distance(network(sample(n)))) for n in sizes])":
            "single precision holds seven digits, which is more than is asked for",
        "inverse = 1 / torch.tensor(sizes, dtype=torch.float64): torch.tensor(sizes, dtype=torch.float64) → "
        "torch.tensor(sizes)": "1 / n in single precision holds seven digits, which is more than is asked for",
    },
    also_right=[by_lstsq, by_polyfit, by_columns, by_covariance, as_plain_numbers],
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
