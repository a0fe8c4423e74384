"""Answers to evaluation-bias-curve: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake
from grading.exercises.evaluation.bias_curve import _inverse, _line, _quiet, _values

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


mistakes = [
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
]

also_right = [by_lstsq, by_polyfit, by_columns, by_covariance, as_plain_numbers]

equivalent_mutants = {
    "values = torch.tensor([float(distance(network(sample(n)))) for n in sizes], dtype=torch.float64): "
    "torch.tensor([float(distance(network(sample(n)))) for n in sizes], dtype=torch.float64) → "
    "torch.tensor([float(distance(network(sample(n)))) for n in sizes])":
        "single precision holds seven digits, which is more than is asked for",
    "inverse = 1 / torch.tensor(sizes, dtype=torch.float64): torch.tensor(sizes, dtype=torch.float64) → "
    "torch.tensor(sizes)": "1 / n in single precision holds seven digits, which is more than is asked for",
}
