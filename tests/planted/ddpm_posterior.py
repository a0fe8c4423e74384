"""Planted answers to ddpm-posterior, by another author than the check's."""

import torch


def _at(values, t, x):
    return values[t].reshape([-1] + [1] * (x.dim() - 1))


def _tables(alpha_bar, first=1.0):
    previous = torch.cat([torch.full_like(alpha_bar[:1], first), alpha_bar[:-1]])
    return previous, 1 - alpha_bar / previous


def rolled(x_0, x_t, t, alpha_bar):
    previous = alpha_bar.roll(1)
    beta = 1 - alpha_bar / previous
    a = previous.sqrt() * beta / (1 - alpha_bar)
    b = (1 - beta).sqrt() * (1 - previous) / (1 - alpha_bar)
    return _at(a, t, x_t) * x_0 + _at(b, t, x_t) * x_t, _at(beta * (1 - previous) / (1 - alpha_bar), t, x_t)


def beta_as_variance(x_0, x_t, t, alpha_bar):
    previous, beta = _tables(alpha_bar)
    a = previous.sqrt() * beta / (1 - alpha_bar)
    b = (1 - beta).sqrt() * (1 - previous) / (1 - alpha_bar)
    return _at(a, t, x_t) * x_0 + _at(b, t, x_t) * x_t, _at(beta, t, x_t)


def no_roots(x_0, x_t, t, alpha_bar):
    previous, beta = _tables(alpha_bar)
    a, b = previous * beta / (1 - alpha_bar), (1 - beta) * (1 - previous) / (1 - alpha_bar)
    return _at(a, t, x_t) * x_0 + _at(b, t, x_t) * x_t, _at(beta * (1 - previous) / (1 - alpha_bar), t, x_t)


def standard_deviation(x_0, x_t, t, alpha_bar):
    mean, variance = _right(x_0, x_t, t, alpha_bar)
    return mean, variance**0.5


def roles_exchanged(x_0, x_t, t, alpha_bar):
    return _right(x_t, x_0, t, alpha_bar)


def flat_variance(x_0, x_t, t, alpha_bar):
    mean, variance = _right(x_0, x_t, t, alpha_bar)
    return mean, variance.reshape(-1)


def full_variance(x_0, x_t, t, alpha_bar):
    mean, variance = _right(x_0, x_t, t, alpha_bar)
    return mean, variance * torch.ones_like(mean)


def a_draw(x_0, x_t, t, alpha_bar):
    mean, variance = _right(x_0, x_t, t, alpha_bar)
    return torch.normal(mean, variance.sqrt().expand_as(mean).contiguous()), variance


def images_written_in(x_0, x_t, t, alpha_bar):
    previous, beta = _tables(alpha_bar)
    a = previous.sqrt() * beta / (1 - alpha_bar)
    b = (1 - beta).sqrt() * (1 - previous) / (1 - alpha_bar)
    v = beta * (1 - previous) / (1 - alpha_bar)
    return a[t][:, None, None, None] * x_0 + b[t][:, None, None, None] * x_t, v[t][:, None, None, None]


def _right(x_0, x_t, t, alpha_bar):
    previous, beta = _tables(alpha_bar)
    a = previous.sqrt() * beta / (1 - alpha_bar)
    b = (1 - beta).sqrt() * (1 - previous) / (1 - alpha_bar)
    return _at(a, t, x_t) * x_0 + _at(b, t, x_t) * x_t, _at(beta * (1 - previous) / (1 - alpha_bar), t, x_t)


def with_tables(x_0, x_t, t, alpha_bar):
    return _right(x_0, x_t, t, alpha_bar)


def by_a_correction(x_0, x_t, t, alpha_bar):
    """The mean of q(x_(t-1) | x_0), corrected by how far x_t is from where it was expected."""
    previous, beta = _tables(alpha_bar)
    gain = (1 - beta).sqrt() * (1 - previous) / (1 - alpha_bar)
    prior = _at(previous.sqrt(), t, x_t) * x_0
    mean = prior + _at(gain, t, x_t) * (x_t - _at((1 - beta).sqrt(), t, x_t) * prior)
    return mean, _at((1 - previous) * (1 - gain * (1 - beta).sqrt()), t, x_t)


wrong = [
    (rolled, "last_for_first"), (beta_as_variance, "spread_is_beta"), (no_roots, "roots_missing"),
    (standard_deviation, "deviation"),
    (roles_exchanged, "ends_swapped"), (flat_variance, "spread_flat"), (full_variance, "spread_everywhere"), (a_draw,
                                                                                                              "sampled"),
    (images_written_in, "images_only"),
]
right = [with_tables, by_a_correction]
