"""Planted answers to guidance-tilt, by another author than the check's."""

import torch


def _sums(mean, std, mean_without, std_without, a, b):
    return a * mean_without / std_without**2 + b * mean / std**2, a / std_without**2 + b / std**2


def _out(pull, precision):
    precision = torch.where(precision > 0, precision, torch.nan)
    return pull / precision, precision**-0.5


def mean_by_widths(mean, std, mean_without, std_without, weight):
    _, s = _out(mean, (1 - weight) / std_without**2 + weight / std**2)
    pull = (1 - weight) * mean_without / std_without + weight * mean / std
    return pull / ((1 - weight) / std_without + weight / std) + 0 * s, s


def weight_squared(mean, std, mean_without, std_without, weight):
    a, b = (1 - weight) ** 2 / std_without**2, weight**2 / std**2
    return _out(a * mean_without + b * mean, a + b)


def weight_in_the_mean_alone(mean, std, mean_without, std_without, weight):
    m, _ = _out(*_sums(mean, std, mean_without, std_without, 1 - weight, weight))
    return m, std + 0 * m


def weight_kept_in_0_1(mean, std, mean_without, std_without, weight):
    w = min(max(weight, 0.0), 1.0)
    return _out((1 - w) * mean_without / std_without**2 + w * mean / std**2, (1 - w) / std_without**2 + w / std**2)


def std_alone_nan(mean, std, mean_without, std_without, weight):
    p = (1 - weight) / std_without**2 + weight / std**2
    pull = (1 - weight) * mean_without / std_without**2 + weight * mean / std**2
    return pull / p, torch.where(p > 0, p, torch.nan) ** -0.5


def zero_for_no_density(mean, std, mean_without, std_without, weight):
    m, s = _out(*_sums(mean, std, mean_without, std_without, 1 - weight, weight))
    return m.nan_to_num(0.0), s.nan_to_num(0.0)


def half_the_precision(mean, std, mean_without, std_without, weight):
    m, s = _out(*_sums(mean, std, mean_without, std_without, 1 - weight, weight))
    return m, s * 2**0.5


def one_coefficient_after_the_other(mean, std, mean_without, std_without, weight):
    led, free = weight * std.reciprocal().square(), (1 - weight) * std_without.reciprocal().square()
    bottom = led + free
    m = torch.full_like(mean, torch.nan)
    s = torch.full_like(std, torch.nan)
    fine = bottom > 0
    m[fine] = ((led * mean + free * mean_without) / bottom)[fine]
    s[fine] = bottom[fine].sqrt().reciprocal()
    return m, s


def in_double_precision(mean, std, mean_without, std_without, weight):
    m, s, mu, su = (v.double() for v in (mean, std, mean_without, std_without))
    precision = weight / s.square() - (weight - 1) / su.square()
    spread = torch.where(precision > 0, precision, torch.nan).pow(-0.5)
    shift = spread.square() * (weight * m / s.square() - (weight - 1) * mu / su.square())
    return [shift.to(mean.dtype), spread.to(std.dtype)]


SAYS_1 = (
    "Powers of normal densities multiply their precisions 1/s², and products add them; so do the terms "
    "m/s²."
)
SAYS_2 = (
    "With equal standard deviations the mean moves along the straight line, and the width stays."
)
SAYS_3 = (
    "At weight 1 the product is the density with the label, at weight 0 the one without."
)
SAYS_4 = (
    "Where the precision is not above 0 there is no density: nan for mean and standard deviation of that "
    "row alone."
)

wrong = [
    (mean_by_widths, SAYS_1),
    (weight_squared, SAYS_2),
    (weight_in_the_mean_alone, SAYS_3),
    (weight_kept_in_0_1, SAYS_2),
    (std_alone_nan, "mean_without_nan"),
    (zero_for_no_density, SAYS_4),
    (half_the_precision, SAYS_3),
]
right = [one_coefficient_after_the_other, in_double_precision]
