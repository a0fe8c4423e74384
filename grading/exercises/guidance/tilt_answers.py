"""Answers to guidance-tilt: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _finish(pull, precision):
    precision = torch.where(precision > 0, precision, torch.nan)
    return pull / precision, precision**-0.5


# Known mistakes


def larger_by_one(mean, std, mean_without, std_without, weight):
    precision = -weight / std_without**2 + (1 + weight) / std**2
    return _finish(-weight * mean_without / std_without**2 + (1 + weight) * mean / std**2, precision)


def roles_swapped(mean, std, mean_without, std_without, weight):
    precision = (1 - weight) / std**2 + weight / std_without**2
    return _finish((1 - weight) * mean / std**2 + weight * mean_without / std_without**2, precision)


def mixture(mean, std, mean_without, std_without, weight):
    m = (1 - weight) * mean_without + weight * mean
    second = (1 - weight) * (std_without**2 + mean_without**2) + weight * (std**2 + mean**2)
    return m, (second - m**2).abs().sqrt()


def means_in_a_line(mean, std, mean_without, std_without, weight):
    _, s = _finish(mean, (1 - weight) / std_without**2 + weight / std**2)
    return mean_without + weight * (mean - mean_without) + 0 * s, s


def widths_in_a_line(mean, std, mean_without, std_without, weight):
    m, _ = _finish((1 - weight) * mean_without / std_without**2 + weight * mean / std**2,
                   (1 - weight) / std_without**2 + weight / std**2)
    return m, (1 - weight) * std_without + weight * std + 0 * m


def variances_in_a_line(mean, std, mean_without, std_without, weight):
    variance = (1 - weight) * std_without**2 + weight * std**2
    return _finish(mean_without / variance + weight * (mean - mean_without) / variance, 1 / variance)


def variance_returned(mean, std, mean_without, std_without, weight):
    m, s = _finish((1 - weight) * mean_without / std_without**2 + weight * mean / std**2,
                   (1 - weight) / std_without**2 + weight / std**2)
    return m, s**2


def precision_returned(mean, std, mean_without, std_without, weight):
    m, s = _finish((1 - weight) * mean_without / std_without**2 + weight * mean / std**2,
                   (1 - weight) / std_without**2 + weight / std**2)
    return m, s**-2


def std_not_squared(mean, std, mean_without, std_without, weight):
    return _finish((1 - weight) * mean_without / std_without + weight * mean / std,
                   (1 - weight) / std_without + weight / std)


def not_divided(mean, std, mean_without, std_without, weight):
    _, s = _finish(mean, (1 - weight) / std_without**2 + weight / std**2)
    return (1 - weight) * mean_without / std_without**2 + weight * mean / std**2 + 0 * s, s


def plain_product(mean, std, mean_without, std_without, weight):
    return _finish(mean_without / std_without**2 + weight * mean / std**2, 1 / std_without**2 + weight / std**2)


def absolute_precision(mean, std, mean_without, std_without, weight):
    precision = (1 - weight) / std_without**2 + weight / std**2
    return ((1 - weight) * mean_without / std_without**2 + weight * mean / std**2) / precision, precision.abs()**-0.5


def mean_without_nan(mean, std, mean_without, std_without, weight):
    precision = (1 - weight) / std_without**2 + weight / std**2
    return ((1 - weight) * mean_without / std_without**2 + weight * mean / std**2) / precision, precision**-0.5


def clamped_precision(mean, std, mean_without, std_without, weight):
    precision = ((1 - weight) / std_without**2 + weight / std**2).clamp_min(1e-6)
    return ((1 - weight) * mean_without / std_without**2 + weight * mean / std**2) / precision, precision**-0.5


def nan_for_all(mean, std, mean_without, std_without, weight):
    precision = (1 - weight) / std_without**2 + weight / std**2
    if (precision <= 0).any():
        return torch.full_like(mean, torch.nan), torch.full_like(std, torch.nan)
    return ((1 - weight) * mean_without / std_without**2 + weight * mean / std**2) / precision, precision**-0.5


def label_alone(mean, std, mean_without, std_without, weight):
    return mean.clone(), std / abs(weight)**0.5 if weight else std_without.clone()


def nan_where_wider(mean, std, mean_without, std_without, weight):
    precision = (1 - weight) / std_without**2 + weight / std**2
    precision = torch.where(std < std_without, precision, torch.nan) if weight > 1 else precision
    return ((1 - weight) * mean_without / std_without**2 + weight * mean / std**2) / precision, precision**-0.5


def little_added(mean, std, mean_without, std_without, weight):
    precision = (1 - weight) / std_without**2 + weight / std**2
    pull = (1 - weight) * mean_without / std_without**2 + weight * mean / std**2
    return _finish(pull, torch.where(precision > 0, precision + 1e-8, torch.nan))


def little_added_to_variances(mean, std, mean_without, std_without, weight):
    u, c = std_without**2 + 1e-8, std**2 + 1e-8
    return _finish((1 - weight) * mean_without / u + weight * mean / c, (1 - weight) / u + weight / c)


# Also right


def by_variances(mean, std, mean_without, std_without, weight):
    u, c = std_without.square(), std.square()
    bottom = (1 - weight) * c + weight * u
    bottom = torch.where(bottom > 0, bottom, float("nan"))
    return ((1 - weight) * c * mean_without + weight * u * mean) / bottom, (u * c / bottom).sqrt()


def row_by_row(mean, std, mean_without, std_without, weight):
    found = []
    for m, s, mu, su in zip(mean.tolist(), std.tolist(), mean_without.tolist(), std_without.tolist(), strict=True):
        a, b = weight / s**2, (1 - weight) / su**2
        found.append(((a * m + b * mu) / (a + b), (a + b) ** -0.5) if a + b > 0 else (float("nan"), float("nan")))
    return tuple(torch.tensor(column, dtype=mean.dtype) for column in zip(*found, strict=True))


def from_the_label(mean, std, mean_without, std_without, weight):
    precision = std**-2 + (weight - 1) * (std**-2 - std_without**-2)
    shift = (weight - 1) * (mean - mean_without) / (std_without**2 * precision)
    bad = precision <= 0
    return (mean + shift).masked_fill(bad, torch.nan), precision.masked_fill(bad, torch.nan).rsqrt()


def root_makes_nan(mean, std, mean_without, std_without, weight):
    led, free = std.pow(-2), std_without.pow(-2)
    width = free.lerp(led, weight).reciprocal().sqrt()
    return width * width * torch.lerp(free * mean_without, led * mean, weight), width


mistakes = [
    Mistake(larger_by_one, "This is the product for a weight that is larger by 1, as some papers count. Here weight 1 is the label alone."),
    Mistake(roles_swapped, "The roles are swapped: the density with the label has the power w, the other one 1 - w."),
    Mistake(mixture, "This is the mean and width of a mixture. Here densities are multiplied, not added."),
    Mistake(means_in_a_line, "The mean moves along the straight line only if both widths are equal. A narrow density pulls harder."),
    Mistake(widths_in_a_line, "Standard deviations do not add up like this: the precisions 1/s² do."),
    Mistake(variances_in_a_line, "Variances do not add up like this: the precisions 1/s² do."),
    Mistake(variance_returned, "The second value is the variance. Its root is asked for."),
    Mistake(precision_returned, "The second value is the precision 1/s². The standard deviation is asked for."),
    Mistake(std_not_squared, "A precision is 1/s², with the square."),
    Mistake(not_divided, "The sum of the m/s² is not yet the mean: divide by the precision of the product."),
    Mistake(plain_product, "The density without the label has the power 1 - w, not 1."),
    Mistake(absolute_precision, "Where the precision is negative there is no density: nan, for mean and standard deviation."),
    Mistake(mean_without_nan, "Where the precision is negative there is no density, and so no mean either: nan for both."),
    Mistake(clamped_precision, "Where the precision is negative there is no density: nan, for mean and standard deviation."),
    Mistake(nan_for_all, "One row without a density turns all rows into nan. Each row stands for itself."),
    Mistake(label_alone, "The density without the label plays no role here. Its power is 1 - w."),
    Mistake(nan_where_wider, "A density with the label that is wider does not yet mean that there is none: look at the precision of the "
            "product."),
    Mistake(little_added, "You add a little to the precision. Where both densities are very wide, that little is all."),
    Mistake(little_added_to_variances, "You add a little to the variances. Where both densities are very narrow, that little is all."),
]

also_right = [by_variances, row_by_row, from_the_label, root_makes_nan]

equivalent_mutants = {
    "precision = torch.where(precision > 0, precision, torch.nan): precision > 0 → precision >= 0":
        "whether a sum of fractions is 0 exactly is decided by rounding",
}
