"""Answers to pixelcnn-mixture: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _ends(x, means, log_scales, half=0.5):
    x, inverse = x[:, None].to(means.dtype), (-log_scales).exp()
    return (x - half - means) * inverse, (x + half - means) * inverse


def _within(a, b):
    return F.logsigmoid(b) + F.logsigmoid(-a) + torch.log(-torch.expm1(a - b))


def _with_edges(x, a, b, within, levels):
    first, last = (x == 0)[:, None], (x == levels - 1)[:, None]
    return torch.where(first, F.logsigmoid(b), torch.where(last, F.logsigmoid(-a), within))


def _mix(logits, mass):
    return (logits.log_softmax(1) + mass).logsumexp(1)


def _right(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    return _mix(logits, _with_edges(x, a, b, _within(a, b), levels))


# Known mistakes


def no_edges(x, logits, means, log_scales, levels):
    return _mix(logits, _within(*_ends(x, means, log_scales)))


def lower_edge_only(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    return _mix(logits, torch.where((x == 0)[:, None], F.logsigmoid(b), _within(a, b)))


def upper_edge_only(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    return _mix(logits, torch.where((x == levels - 1)[:, None], F.logsigmoid(-a), _within(a, b)))


def edges_swapped(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    return _mix(logits, _with_edges(levels - 1 - x, a, b, _within(a, b), levels))


def always_256(x, logits, means, log_scales, levels):
    return _right(x, logits, means, log_scales, 256)


def density(x, logits, means, log_scales, levels):
    t = (x[:, None] - means) * (-log_scales).exp()
    return _mix(logits, F.logsigmoid(t) + F.logsigmoid(-t) - log_scales)


def plain_difference(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    mass = torch.sigmoid(b) - torch.sigmoid(a)
    return _mix(logits, _with_edges(x, a, b, mass.log(), levels))


def clamped_difference(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    mass = (torch.sigmoid(b) - torch.sigmoid(a)).clamp(min=1e-12)
    return _mix(logits, _with_edges(x, a, b, mass.log(), levels))


def density_where_small(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    middle = (a + b) / 2
    mass = torch.sigmoid(b) - torch.sigmoid(a)
    approximate = F.logsigmoid(middle) + F.logsigmoid(-middle) - log_scales
    within = torch.where(mass > 1e-5, mass.clamp(min=1e-12).log(), approximate)
    return _mix(logits, _with_edges(x, a, b, within, levels))


def weights_not_normalised(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    return (logits + _with_edges(x, a, b, _within(a, b), levels)).logsumexp(1)


def weights_over_the_batch(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    return (logits.log_softmax(0) + _with_edges(x, a, b, _within(a, b), levels)).logsumexp(1)


def weights_left_out(x, logits, means, log_scales, levels):
    return _right(x, torch.zeros_like(logits), means, log_scales, levels)


def mean_of_logs(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    return (logits.softmax(1) * _with_edges(x, a, b, _within(a, b), levels)).sum(1)


def scale_without_exp(x, logits, means, log_scales, levels):
    return _right(x, logits, means, log_scales.abs().log(), levels)


def multiplied_by_scale(x, logits, means, log_scales, levels):
    return _right(x, logits, means, -log_scales, levels)


def bins_twice_as_wide(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales, half=1.0)
    return _mix(logits, _with_edges(x, a, b, _within(a, b), levels))


def bins_above(x, logits, means, log_scales, levels):
    return _right(x, logits, means - 0.5, log_scales, levels)


def bins_below(x, logits, means, log_scales, levels):
    return _right(x, logits, means + 0.5, log_scales, levels)


def gaussian(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    a, b = torch.where(a + b > 0, -b, a), torch.where(a + b > 0, -a, b)
    low, high = torch.special.log_ndtr(a), torch.special.log_ndtr(b)
    return _mix(logits, high + torch.log1p(-(low - high).exp()))


def negative(x, logits, means, log_scales, levels):
    return -_right(x, logits, means, log_scales, levels)


def added_over_the_batch(x, logits, means, log_scales, levels):
    return _right(x, logits, means, log_scales, levels).sum()


def levels_scaled_to_one(x, logits, means, log_scales, levels):
    inverse, half = (-log_scales).exp(), 0.5 / (levels - 1)
    distance = (x / (levels - 1))[:, None] - means
    a, b = (distance - half) * inverse, (distance + half) * inverse
    return _mix(logits, _with_edges(x, a, b, _within(a, b), levels))


def means_cut(x, logits, means, log_scales, levels):
    return _right(x, logits, means.clamp(0, levels - 1), log_scales, levels)


def scales_cut(x, logits, means, log_scales, levels):
    return _right(x, logits, means, log_scales.clamp(-3, 4), levels)


def edges_by_sigmoids(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    first, last = (x == 0)[:, None], (x == levels - 1)[:, None]
    mass = torch.where(first, torch.sigmoid(b).log(), torch.where(last, torch.sigmoid(-a).log(), _within(a, b)))
    return _mix(logits, mass)


def log_of_the_softmax(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    return (logits.softmax(1).log() + _with_edges(x, a, b, _within(a, b), levels)).logsumexp(1)


def sum_then_log(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    return (logits.softmax(1) * _with_edges(x, a, b, _within(a, b), levels).exp()).sum(1).log()


def best_component(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    return (logits.log_softmax(1) + _with_edges(x, a, b, _within(a, b), levels)).amax(1)


def heaviest_component(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    return _with_edges(x, a, b, _within(a, b), levels).gather(1, logits.argmax(1, keepdim=True))[:, 0]


def variance_for_scale(x, logits, means, log_scales, levels):
    return _right(x, logits, means, log_scales / 2, levels)


def in_bits(x, logits, means, log_scales, levels):
    return _right(x, logits, means, log_scales, levels) / torch.tensor(2.0).log()


def ends_of_the_batch(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    within = torch.where((x == x.min())[:, None], F.logsigmoid(b), _within(a, b))
    return _mix(logits, torch.where((x == x.max())[:, None], F.logsigmoid(-a), within))


# Also right


def by_two_sides(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    far = a + b > 0
    low, high = torch.where(far, -b, a), torch.where(far, -a, b)
    low, high = F.logsigmoid(low), F.logsigmoid(high)
    within = high + torch.log(-torch.expm1(low - high))
    return torch.logsumexp(_with_edges(x, a, b, within, levels) + logits, 1) - torch.logsumexp(logits, 1)


def by_softplus(x, logits, means, log_scales, levels):
    a, b = _ends(x, means, log_scales)
    width = torch.exp(-log_scales)
    within = -F.softplus(-b) - F.softplus(a) + torch.log1p(-torch.exp(-width))
    mass = torch.where((x == 0)[:, None], -F.softplus(-b),
                       torch.where((x == levels - 1)[:, None], -F.softplus(a), within))
    return (torch.log_softmax(logits, 1) + mass).logsumexp(-1)


mistakes = [
    Mistake(no_edges, "The outer bins end half a level beyond the range. The lowest reaches down to -∞, the highest up to +∞, or the sum "
            "over all levels stays below 1."),
    Mistake(lower_edge_only, "The lowest level is right. The highest has all the mass above it as well."),
    Mistake(upper_edge_only, "The highest level is right. The lowest has all the mass below it as well."),
    Mistake(edges_swapped, "The two ends are exchanged: the lowest level keeps the sigmoid of its upper end, the highest that of minus its "
            "lower end."),
    Mistake(always_256, "The highest level is `levels` - 1, which is not always 255."),
    Mistake(density, "That is the density at x. A level has the mass of its bin, from x - ½ to x + ½."),
    Mistake(plain_difference, "Where both sigmoids round to the same number their difference is 0 and its logarithm -∞: rewrite the "
            "difference as a product."),
    Mistake(clamped_difference, "The clamp hides that both sigmoids round to the same number: value and gradient are lost there. Rewrite the "
            "difference as a product."),
    Mistake(density_where_small, "Where the mass is small you put the density in its place, which is wrong for bins wider than the scale. The "
            "difference of sigmoids has an exact product form."),
    Mistake(weights_not_normalised, "The weights are the softmax of `logits`: exp of the logits alone does not add up to 1."),
    Mistake(weights_over_the_batch, "The softmax runs over the pixels. It should run over the components of each pixel, axis 1."),
    Mistake(weights_left_out, "All components get the same weight: use `logits`."),
    Mistake(mean_of_logs, "You average the logarithms. The probabilities are averaged, and then comes the logarithm: logsumexp."),
    Mistake(scale_without_exp, "The scale is exp(log_scales), not log_scales."),
    Mistake(multiplied_by_scale, "The distance from the mean is divided by the scale: times exp(-log_scales)."),
    Mistake(bins_twice_as_wide, "Your bins reach from x - 1 to x + 1 and overlap: half a level to each side."),
    Mistake(bins_above, "Your bins reach from x to x + 1: they should lie around x, half a level to each side."),
    Mistake(bins_below, "Your bins reach from x - 1 to x: they should lie around x, half a level to each side."),
    Mistake(gaussian, "That is a normal distribution. The logistic one has the sigmoid as its distribution function."),
    Mistake(levels_scaled_to_one, "You divide the levels by their number. Means and scales are in levels, so x stays as it is."),
    Mistake(means_cut, "You cut means to the range of the levels. They may lie beyond it."),
    Mistake(scales_cut, "You cut large or small scales. All are allowed."),
    Mistake(edges_by_sigmoids, "At the outer bins you take the logarithm of a sigmoid, which can round to 0: F.logsigmoid there, too."),
    Mistake(log_of_the_softmax, "A weight can round to 0 while its component has all the mass: log_softmax, not the logarithm of the softmax."),
    Mistake(sum_then_log, "The sum of the probabilities rounds to 0 where all are tiny, and its logarithm is -∞: add log weights and log masses, "
            "then logsumexp."),
    Mistake(best_component, "You take the best component alone. The probabilities of all are added: logsumexp."),
    Mistake(heaviest_component, "You take the component of the largest weight alone. The probabilities of all are added."),
    Mistake(variance_for_scale, "You halve `log_scales`, as for a logarithm of a variance. The scale is exp(log_scales)."),
    Mistake(in_bits, "Your answer is in bits: nats are asked for, no division by ln 2."),
    Mistake(ends_of_the_batch, "You take the lowest and highest level that occur for the ends. The ends are 0 and levels - 1."),
    Mistake(negative, "The sign is reversed: asked is the log-probability, which is never above 0."),
    Mistake(added_over_the_batch, "One number for each pixel, not their sum."),
]

also_right = [by_two_sides, by_softplus]

equivalent_mutants = {
    "return torch.logsumexp(logits.log_softmax(1) + mass, 1): 1 → -1": "the last axis of a table is its axis 1",
}
