"""Answers to gan-best-response: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake


def _shares(p, g):
    total = p + g
    return torch.where(total > 0, p / total, 0.5), torch.where(total > 0, g / total, 0.5)


def _value(p, g, width):
    real, made = _shares(p, g)
    return (torch.xlogy(p, real) + torch.xlogy(g, made)).sum() * width


# Known mistakes


def other_share(p, g, width):
    return _shares(p, g)[1], _value(p, g, width)


def ratio(p, g, width):
    d = p / g
    return d, (p * d.log() + g * (1 - d).log()).sum() * width


def ratio_of_densities(p, g, width):
    return torch.where(g > 0, p / g, 0.5), _value(p, g, width)


def logit_for_probability(p, g, width):
    return p.log() - g.log(), _value(p, g, width)


def squashed_ratio(p, g, width):
    return torch.sigmoid(p / g), _value(p, g, width)


def hard_decision(p, g, width):
    return (p > g).to(p.dtype), _value(p, g, width)


def plain_logs(p, g, width):
    d = p / (p + g)
    return d, (p * torch.log(d) + g * torch.log(1 - d)).sum() * width


def one_minus_d(p, g, width):
    d = _shares(p, g)[0]
    return d, (torch.xlogy(p, d) + torch.xlogy(g, 1 - d)).sum() * width


def logs_of_shares(p, g, width):
    d, rest = p / (p + g), g / (p + g)
    return d, (p * d.log() + g * rest.log()).sum() * width


def nothing_by_nothing(p, g, width):
    d, rest = p / (p + g), g / (p + g)
    return d, torch.nan_to_num(torch.xlogy(p, d) + torch.xlogy(g, rest)).sum() * width


def zero_for_nothing(p, g, width):
    return torch.nan_to_num(p / (p + g)), _value(p, g, width)


def a_little_added(p, g, width):
    d = p / (p + g + 1e-8)
    return d, (p * torch.log(d + 1e-8) + g * torch.log(1 - d + 1e-8)).sum() * width


def d_clamped(p, g, width):
    d = _shares(p, g)[0].clamp(1e-4, 1 - 1e-4)
    return d, (p * d.log() + g * (1 - d).log()).sum() * width


def in_bits(p, g, width):
    return _shares(p, g)[0], _value(p, g, width) / math.log(2)


def jensen_shannon(p, g, width):
    return _shares(p, g)[0], (_value(p, g, width) + math.log(2) * (p + g).sum() * width) / 2


def twice_jensen_shannon(p, g, width):
    return _shares(p, g)[0], _value(p, g, width) + math.log(2) * (p + g).sum() * width


def loss_for_value(p, g, width):
    return _shares(p, g)[0], -_value(p, g, width)


def no_width(p, g, width):
    return _shares(p, g)[0], _value(p, g, 1.0)


def mean_over_cells(p, g, width):
    return _shares(p, g)[0], _value(p, g, 1.0) / len(p)


def data_term_only(p, g, width):
    real = _shares(p, g)[0]
    return real, torch.xlogy(p, real).sum() * width


def terms_crossed(p, g, width):
    real, made = _shares(p, g)
    return real, (torch.xlogy(p, made) + torch.xlogy(g, real)).sum() * width


def not_weighted(p, g, width):
    real, made = _shares(p, g)
    return real, (torch.log(real) + torch.log(made)).sum() * width


def logs_missing(p, g, width):
    real, made = _shares(p, g)
    return real, (p * real + g * made).sum() * width


def halved(p, g, width):
    return _shares(p, g)[0], _value(p, g, width) / 2


def value_in_each_cell(p, g, width):
    real, made = _shares(p, g)
    return real, (torch.xlogy(p, real) + torch.xlogy(g, made)) * width


def value_first(p, g, width):
    return _value(p, g, width), _shares(p, g)[0]


def half_where_both_are_small(p, g, width):
    return torch.where(p + g < 1e-8, 0.5, _shares(p, g)[0]), _value(p, g, width)


def a_trillionth_added(p, g, width):
    return (p + 1e-12) / (p + g + 2e-12), _value(p, g, width)


def half_beside_holes(p, g, width):
    return torch.where((p > 0) & (g > 0), p / (p + g), 0.5), _value(p, g, width)


def changed_in_place(p, g, width):
    g += p
    d = torch.where(g > 0, p / g, 0.5)
    return d, _value(p, g - p, width)


# Also right


def by_theorem(p, g, width):
    m = (p + g) / 2
    divergence = sum((torch.xlogy(q, q) - torch.xlogy(q, m)).sum() for q in (p, g)) * width / 2
    return _shares(p, g)[0], 2 * divergence - 2 * math.log(2)


def from_logarithms(p, g, width):
    d = torch.sigmoid(p.log() - g.log()).nan_to_num(0.5)
    total = torch.logaddexp(p.log(), g.log())
    terms = torch.where(p > 0, p * (p.log() - total), 0) + torch.where(g > 0, g * (g.log() - total), 0)
    return d, width * terms.sum()


from_logarithms.shown = True


def cell_by_cell(p, g, width):
    curve, value = [], 0.0
    for a, b in zip(p.tolist(), g.tolist(), strict=True):
        curve.append(a / (a + b) if a + b > 0 else 0.5)
        value += a * math.log(a / (a + b)) if a > 0 else 0
        value += b * math.log(b / (a + b)) if b > 0 else 0
    return torch.tensor(curve, dtype=p.dtype), width * value


def by_divergences(p, g, width):
    m = (p + g) / 2
    kl = [torch.special.xlogy(q, torch.where(q > 0, q / m, 1)).sum() * width for q in (p, g)]
    d = torch.full_like(p, 0.5)
    d[m > 0] = p[m > 0] / (2 * m[m > 0])
    return [d, kl[0] + kl[1] - math.log(2) * (p + g).sum() * width]


mistakes = [
    Mistake(other_share, "This is the share of samples, 1 - D: D is the probability that x comes from the data."),
    Mistake(ratio, "p/g is a ratio of densities and grows beyond 1. A probability is p's share of p + g."),
    Mistake(ratio_of_densities, "p/g is a ratio of densities and grows beyond 1. A probability is p's share of p + g."),
    Mistake(logit_for_probability, "log p - log g is the logit of the best D. D itself is its sigmoid, p/(p + g)."),
    Mistake(squashed_ratio, "The sigmoid belongs to log p - log g, not to p/g."),
    Mistake(hard_decision, "You decide for the likelier side. A bet on a probability is asked for: the share of p."),
    Mistake(one_minus_d, "Where g is tiny D rounds to 1, and the logarithm of 1 - D is infinite: 1 - D is g/(p + g), which "
            "does not round to 0."),
    Mistake(plain_logs, "0/0 and 0 · log 0 give nan: torch.xlogy makes 0 log 0 = 0, and where both densities are 0 D is ½. "
            "And 1 - D rounds to 0 where g is tiny: write g/(p + g)."),
    Mistake(logs_of_shares, "Where a density is 0 your value is nan: 0 · log 0 counts as 0 (torch.xlogy), and D is ½ where both "
            "are 0."),
    Mistake(nothing_by_nothing, "Where both densities are 0 your D is 0/0: it is ½ there."),
    Mistake(zero_for_nothing, "Where both densities are 0 your D is 0: nothing is known there, so it is ½."),
    Mistake(a_little_added, "A small number added to densities or to probabilities changes the result where they are small "
            "themselves: use torch.xlogy, and torch.where for 0/0."),
    Mistake(d_clamped, "You clamp D: where it is nearly 0 or 1 that changes the value."),
    Mistake(in_bits, "Your value is in bits; nats are asked for (natural logarithm)."),
    Mistake(jensen_shannon, "This is the Jensen-Shannon divergence. The value of the game is twice that, less 2 log 2."),
    Mistake(twice_jensen_shannon, "2 log 2 is missing: the value of the game is ∫ p log D + g log(1 - D) dx as it stands."),
    Mistake(loss_for_value, "This is D's loss; the value of the game is minus that, and never above 0."),
    Mistake(no_width, "The width of the cells is missing: an integral is a sum of height times width."),
    Mistake(mean_over_cells, "You average over the cells: an integral is a sum of height times width."),
    Mistake(data_term_only, "The samples' part is missing: g log(1 - D)."),
    Mistake(terms_crossed, "The logarithms have changed places: p goes with log D, g with log(1 - D)."),
    Mistake(not_weighted, "The logarithms are not weighted: p log D + g log(1 - D)."),
    Mistake(logs_missing, "The logarithms are missing."),
    Mistake(halved, "Your value is half as large: the two parts are added, not averaged."),
    Mistake(value_first, "The two results have changed places: the curve comes first, then the value."),
    Mistake(half_where_both_are_small, "D is ½ only where both densities are 0: where they are merely small, it is p's share of p + g."),
    Mistake(a_trillionth_added, "A number of 1e-12 added to both densities makes D nearly ½ where they are smaller than that: use "
            "torch.where for 0/0."),
    Mistake(half_beside_holes, "D is ½ only where both densities are 0. Where only one is, D is 0 or 1."),
    Mistake(changed_in_place, "You change p or g in place, and whoever handed them over goes on with other numbers."),
    Mistake(value_in_each_cell, "You return one number for each cell: the value is their sum."),
]

also_right = [by_theorem, from_logarithms, cell_by_cell, by_divergences]

equivalent_mutants = {
    f"made = torch.where(total > 0, g / total, 0.5): 0.5 → {other}":
        "where both densities are 0, 0 log of anything is 0" for other in ("0.25", "1.5", "-0.5", "1.0", "0")
}
