"""Planted answers to sampling-second-order, by another author than the check's."""

import math

import torch


def _lam(s):
    return 0.5 * math.log(s / (1 - s))


def _go(x, guess, signal, then):
    k = math.sqrt((1 - then) / (1 - signal))
    return k * x + (math.sqrt(then) - math.sqrt(signal) * k) * guess


def wrong_branch(x, clean, before, signals):
    """The end is taken care of, but by the step of order 1 from the guess before."""
    if signals[2] >= 1:
        return before
    h, g = _lam(signals[2]) - _lam(signals[1]), _lam(signals[1]) - _lam(signals[0])
    return _go(x, clean + h / (2 * g) * (clean - before), signals[1], signals[2])


def mean_with_full_line(x, clean, before, signals):
    if signals[2] == 1:
        return clean
    h, g = _lam(signals[2]) - _lam(signals[1]), _lam(signals[1]) - _lam(signals[0])
    ahead = clean + h / g * (clean - before)
    return _go(x, ahead, signals[1], signals[2])


def half_twice(x, clean, before, signals):
    if signals[2] == 1:
        return clean
    h, g = _lam(signals[2]) - _lam(signals[1]), _lam(signals[1]) - _lam(signals[0])
    return _go(x, clean + h / (4 * g) * (clean - before), signals[1], signals[2])


def swapped_difference(x, clean, before, signals):
    if signals[2] == 1:
        return clean
    h, g = _lam(signals[2]) - _lam(signals[1]), _lam(signals[1]) - _lam(signals[0])
    return _go(x, clean + h / (2 * g) * (before - clean), signals[1], signals[2])


def log_base_ten(x, clean, before, signals):
    """The base cancels: this is right."""
    if signals[2] == 1:
        return clean
    lam = [math.log10(s / (1 - s)) for s in signals]
    return _go(x, clean + (lam[2] - lam[1]) / (2 * (lam[1] - lam[0])) * (clean - before), *signals[1:])


def line_in_time_index(x, clean, before, signals):
    if signals[2] == 1:
        return clean
    t = [math.acos(math.sqrt(s)) for s in signals]
    return _go(x, clean + (t[2] - t[1]) / (2 * (t[1] - t[0])) * (clean - before), *signals[1:])


def line_in_sigma_over_alpha(x, clean, before, signals):
    if signals[2] == 1:
        return clean
    t = [math.sqrt((1 - s) / s) for s in signals]
    return _go(x, clean + (t[2] - t[1]) / (2 * (t[1] - t[0])) * (clean - before), *signals[1:])


def small_number_in_log(x, clean, before, signals):
    if signals[2] == 1:
        return clean
    lam = [0.5 * math.log((s + 1e-3) / (1 - s + 1e-3)) for s in signals]
    return _go(x, clean + (lam[2] - lam[1]) / (2 * (lam[1] - lam[0])) * (clean - before), *signals[1:])


def extrapolates_x(x, clean, before, signals):
    if signals[2] == 1:
        return clean
    return _go(x + 0.5 * (clean - before), clean, *signals[1:])


def by_noise(x, clean, before, signals):
    if signals[2] == 1:
        return clean
    lam = [math.atanh(2 * s - 1) for s in signals]
    guess = torch.lerp(clean, before, -(lam[2] - lam[1]) / (2 * (lam[1] - lam[0])))
    eps = (x - math.sqrt(signals[1]) * guess) / math.sqrt(1 - signals[1])
    return math.sqrt(signals[2]) * guess + math.sqrt(1 - signals[2]) * eps


def two_parts(x, clean, before, signals):
    if not signals[2] < 1:
        return clean
    first = _go(x, clean, signals[1], signals[2])
    r = (_lam(signals[2]) - _lam(signals[1])) / (_lam(signals[1]) - _lam(signals[0]))
    weight = math.sqrt(signals[2]) - math.sqrt(signals[1] * (1 - signals[2]) / (1 - signals[1]))
    return first + weight * r / 2 * (clean - before)


MIDDLE = "If it has, the guess of the middle of the step counts: on the straight line in λ through both guesses."
END = "To signal 1, where λ is infinite, the step ends on the guess."

wrong = [
    (wrong_branch, END), (mean_with_full_line, "to_the_end_of_the_step"), (half_twice, MIDDLE),
    (swapped_difference, "backwards"),
    (line_in_time_index, MIDDLE), (line_in_sigma_over_alpha, MIDDLE),
    (small_number_in_log, MIDDLE), (extrapolates_x, MIDDLE),
]
right = [by_noise, two_parts, log_base_ten]


def shrinks_x_in_place(x, clean, before, signals):
    if signals[2] == 1:
        return clean
    past, now, then = (0.5 * math.log(s / (1 - s)) for s in signals)
    guess = clean + (then - now) / (2 * (now - past)) * (clean - before)
    shrink = math.sqrt((1 - signals[2]) / (1 - signals[1]))
    x *= shrink
    x += (math.sqrt(signals[2]) - math.sqrt(signals[1]) * shrink) * guess
    return x


def stretch_within_ten(x, clean, before, signals):
    """A long step after a short one is taken for an accident."""
    if signals[2] == 1:
        return clean
    past, now, then = (0.5 * math.log(s / (1 - s)) for s in signals)
    guess = clean + min((then - now) / (2 * (now - past)), 10.0) * (clean - before)
    shrink = math.sqrt((1 - signals[2]) / (1 - signals[1]))
    return shrink * x + (math.sqrt(signals[2]) - math.sqrt(signals[1]) * shrink) * guess


def with_expm1(x, clean, before, signals):
    if signals[2] == 1:
        return clean.clone()
    lam = torch.logit(torch.tensor(signals, dtype=torch.float64)) / 2
    h = lam.diff()
    guess = torch.lerp(before.double(), clean.double(), 1 + h[1] / h[0] / 2)
    ratio = math.sqrt((1 - signals[2]) / (1 - signals[1]))
    return (ratio * x - math.sqrt(signals[2]) * torch.expm1(-h[1]) * guess).to(x.dtype)


wrong += [
    (shrinks_x_in_place, "`second_order_step` changes its argument `x` in place: work on a copy."),
    (stretch_within_ten, "If it has, the guess of the middle of the step counts: on the straight line in λ through "
     "both guesses."),
]
right += [with_expm1]
