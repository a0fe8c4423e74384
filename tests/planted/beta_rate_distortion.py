"""Planted answers to beta-rate-distortion, by another author than the check's."""

import math

import numpy as np
import torch

from grading.exercises.beta.rate_distortion import reference


def _left(variances, noise, betas):
    """The squared error that remains: (N, K)."""
    level = torch.outer(betas.to(variances.dtype), torch.ones_like(variances)) * noise
    return torch.where(level < variances, level, variances.expand_as(level))


def _nats(variances, d):
    return 0.5 * (torch.log(variances) - torch.log(d))


def _level(variances, noise, betas):
    return (betas.to(variances.dtype)[:, None] * noise).expand(-1, len(variances))


def never_collapses(variances, noise, betas):
    d = _level(variances, noise, betas)
    return _nats(variances, d).sum(1), d.sum(1) / (2 * noise)


def rate_cut_off_only(variances, noise, betas):
    """No negative rate, yet the distortion goes on growing."""
    d = _level(variances, noise, betas)
    return _nats(variances, d).relu().sum(1), d.sum(1) / (2 * noise)


def only_distortion_cut_off(variances, noise, betas):
    level = _level(variances, noise, betas)
    return _nats(variances, level).sum(1), _left(variances, noise, betas).sum(1) / (2 * noise)


def larger_of_the_two(variances, noise, betas):
    d = torch.maximum(_level(variances, noise, betas), variances)
    return _nats(variances, d).sum(1), d.sum(1) / (2 * noise)


def noise_is_a_deviation(variances, noise, betas):
    d = _left(variances, noise**2, betas)
    return _nats(variances, d).sum(1), d.sum(1) / (2 * noise**2)


def noise_squared_in_level(variances, noise, betas):
    d = _left(variances, noise**2, betas)
    return _nats(variances, d).sum(1), d.sum(1) / (2 * noise)


def bits(variances, noise, betas):
    d = _left(variances, noise, betas)
    return 0.5 * torch.log2(variances / d).sum(1), d.sum(1) / (2 * noise)


def rate_without_half(variances, noise, betas):
    d = _left(variances, noise, betas)
    return torch.log(variances / d).sum(1), d.sum(1) / (2 * noise)


def plain_squared_error(variances, noise, betas):
    d = _left(variances, noise, betas)
    return _nats(variances, d).sum(1), d.sum(1)


def distortion_without_half(variances, noise, betas):
    d = _left(variances, noise, betas)
    return _nats(variances, d).sum(1), (d / noise).sum(1)


def half_without_noise(variances, noise, betas):
    d = _left(variances, noise, betas)
    return _nats(variances, d).sum(1), (d / 2).sum(1)


def mean_over_directions(variances, noise, betas):
    d = _left(variances, noise, betas)
    return _nats(variances, d).mean(1), d.mean(1) / (2 * noise)


def beta_ignored(variances, noise, betas):
    d = _left(variances, noise, torch.ones_like(betas))
    return _nats(variances, d).sum(1), d.sum(1) / (2 * noise)


def collapsed_cost_nothing(variances, noise, betas):
    level = _level(variances, noise, betas)
    alive = variances > level
    rate = torch.where(alive, _nats(variances, level), torch.zeros_like(level)).sum(1)
    return rate, (level * alive).sum(1) / (2 * noise)


def rate_negative(variances, noise, betas):
    d = _left(variances, noise, betas)
    return 0.5 * torch.log(d / variances).sum(1), d.sum(1) / (2 * noise)


def swapped(variances, noise, betas):
    d = _left(variances, noise, betas)
    return d.sum(1) / (2 * noise), _nats(variances, d).sum(1)


def not_summed(variances, noise, betas):
    d = _left(variances, noise, betas)
    return _nats(variances, d), d / (2 * noise)


def summed_over_betas(variances, noise, betas):
    d = _left(variances, noise, betas)
    return _nats(variances, d).sum(0), d.sum(0) / (2 * noise)


def beta_divides(variances, noise, betas):
    d = _left(variances, noise, 1 / betas)
    return _nats(variances, d).sum(1), d.sum(1) / (2 * noise)


def channel_capacity(variances, noise, betas):
    """½ log(1 + λ/d), the rate of a channel with noise d."""
    d = _left(variances, noise, betas)
    return 0.5 * torch.log1p(variances / d).sum(1), d.sum(1) / (2 * noise)


def posterior_variance(variances, noise, betas):
    """1/(1/λ + 1/(β s²)): smooth where the optimum has a kink."""
    d = 1 / (1 / variances + 1 / _level(variances, noise, betas))
    return _nats(variances, d).sum(1), d.sum(1) / (2 * noise)


def threshold_without_beta(variances, noise, betas):
    """A direction is dropped where λ ≤ s², whatever β."""
    level = _level(variances, noise, betas)
    alive = variances > noise
    d = torch.where(alive, level, variances.expand_as(level))
    return _nats(variances, d).sum(1), d.sum(1) / (2 * noise)


def with_constant(variances, noise, betas):
    d = _left(variances, noise, betas)
    constant = 0.5 * len(variances) * math.log(2 * math.pi * noise)
    return _nats(variances, d).sum(1), d.sum(1) / (2 * noise) + constant


def objective(variances, noise, betas):
    """β R and not R."""
    d = _left(variances, noise, betas)
    return betas * _nats(variances, d).sum(1), d.sum(1) / (2 * noise)


def noise_added(variances, noise, betas):
    """The decoder's own noise counted as error."""
    d = _left(variances, noise, betas)
    return _nats(variances, d).sum(1), (d + noise).sum(1) / (2 * noise)


def one_for_all(variances, noise, betas):
    """All directions collapse together, when their mean variance does."""
    level = _level(variances, noise, betas)
    alive = variances.mean() > level
    d = torch.where(alive, level, variances.expand_as(level))
    return _nats(variances, d).sum(1), d.sum(1) / (2 * noise)


def looped(variances, noise, betas):
    rates, distortions = [], []
    for beta in betas.tolist():
        left = [min(v, beta * noise) for v in variances.tolist()]
        rates.append(sum(0.5 * math.log(v / d) for v, d in zip(variances.tolist(), left, strict=True)))
        distortions.append(sum(left) / (2 * noise))
    return torch.tensor(rates), torch.tensor(distortions)


def relu_rate(variances, noise, betas):
    ratio = variances / (noise * betas.to(variances).reshape(-1, 1))
    return [0.5 * ratio.log().clamp(min=0).sum(-1),
            0.5 * (betas.to(variances).reshape(-1, 1) * ratio.clamp(max=1)).sum(-1)]


def masked(variances, noise, betas):
    water = torch.einsum("n,k->nk", betas.to(variances), torch.ones_like(variances)) * noise
    alive = (variances[None] > water).to(variances)
    d = alive * water + (1 - alive) * variances
    return torch.einsum("nk->n", -0.5 * (d / variances).log()), torch.einsum("nk->n", d) / (2 * noise)


def in_float32(variances, noise, betas):
    variances, betas = variances.float(), betas.float()
    d = _left(variances, noise, betas)
    return _nats(variances, d).sum(1), d.sum(1) / (2 * noise)


wrong = [
    (never_collapses, "never_collapses"),
    (rate_cut_off_only, "rate_clamped_error_not"),
    (only_distortion_cut_off, "error_clamped_rate_not"),
    (larger_of_the_two, "maximum_for_minimum"),
    (noise_is_a_deviation, "noise_squared"),
    (noise_squared_in_level, "noise_squared"),
    (bits, "rate_in_bits"),
    (rate_without_half, "rate_without_half"),
    (plain_squared_error, "distortion_in_squared_error"),
    (distortion_without_half, "distortion_without_half"),
    (half_without_noise, "distortion_without_noise"),
    (mean_over_directions, "mean_over_directions"),
    (beta_ignored, "beta_forgotten"),
    (collapsed_cost_nothing, "collapsed_left_out"),
    (rate_negative, "ratio_upside_down"),
    (swapped, "swapped"),
    (not_summed, "per_direction"),
    (summed_over_betas, "wrong_axis"),
    (beta_divides, "beta_divides"),
    (channel_capacity, "channel_capacity"),
    (posterior_variance, "posterior_variance"),
    (threshold_without_beta, "collapse_without_beta"),
    (with_constant, "constant_kept"),
    (objective, "beta_times_rate"),
    (noise_added, "noise_added"),
    (one_for_all, "all_collapse_together"),
]
right = [looped, relu_rate, masked, in_float32]


def sorted_betas(variances, noise, betas):
    return reference(variances, noise, betas.sort().values)


def each_variance_once(variances, noise, betas):
    return reference(variances.unique(), noise, betas)


def error_at_least_a_millionth(variances, noise, betas):
    error = torch.minimum(variances, betas[:, None] * noise).clamp(min=1e-6)
    return 0.5 * (variances / error).log().sum(1), (error / (2 * noise)).sum(1)


def trifle_below_the_fraction(variances, noise, betas):
    error = torch.minimum(variances, betas[:, None] * noise)
    return 0.5 * (variances / (error + 1e-8)).log().sum(1), (error / (2 * noise)).sum(1)


def betas_changed(variances, noise, betas):
    betas *= noise
    error = torch.minimum(variances, betas[:, None])
    return 0.5 * (variances / error).log().sum(1), (error / (2 * noise)).sum(1)


def first_beta_for_all(variances, noise, betas):
    rate, distortion = reference(variances, noise, betas[:1])
    return rate.expand(len(betas)), distortion.expand(len(betas))


def log10(variances, noise, betas):
    rate, distortion = reference(variances, noise, betas)
    return rate / math.log(10), distortion


def distortion_by_beta(variances, noise, betas):
    error = torch.minimum(variances, betas[:, None] * noise)
    return 0.5 * (variances / error).log().sum(1), (error / (2 * betas[:, None] * noise)).sum(1)


def level_over_the_directions(variances, noise, betas):
    error = torch.minimum(variances, betas[:, None] * noise / len(variances))
    return 0.5 * (variances / error).log().sum(1), (error / (2 * noise)).sum(1)


def total_variance(variances, noise, betas):
    return reference(variances.sum()[None], noise, betas)


def a_transposed_pair(variances, noise, betas):
    return torch.stack(reference(variances, noise, betas), 1)


def survivors_alone(variances, noise, betas):
    n = (variances > betas[:, None] * noise).sum(1)
    rate, _ = reference(variances, noise, betas)
    return rate, n * betas / 2


def deviations_for_variances(variances, noise, betas):
    return reference(variances.sqrt(), noise, betas)


def by_numpy(variances, noise, betas):
    level = betas.numpy()[:, None] * noise
    left = np.minimum(variances.numpy()[None], level)
    return torch.from_numpy(np.log(variances.numpy() / left).sum(1) / 2), torch.from_numpy(left.sum(1) / noise / 2)


def by_plain_numbers(variances, noise, betas):
    rows = [[(max(0.0, math.log(v / (b * noise)) / 2), min(v / noise, b) / 2) for v in variances.tolist()]
            for b in betas.tolist()]
    return [torch.tensor([sum(pair[i] for pair in row) for row in rows], dtype=torch.float64) for i in (0, 1)]


def by_thresholds(variances, noise, betas):
    ratio = torch.outer(1 / betas, variances / noise)  # λ / (β s²)
    rate = 0.5 * torch.where(ratio > 1, ratio, torch.ones_like(ratio)).log().sum(-1)
    return rate, 0.5 * betas * ratio.clamp(max=1).sum(-1)


def mapped(variances, noise, betas):
    def one(beta):
        left = torch.minimum(variances, beta * noise)
        return (variances.log() - left.log()).sum() / 2, left.sum() / (2 * noise)

    return torch.vmap(one)(betas)


TOLD_1 = ("One value for each β in the order given, also where β falls or returns, for one direction or "
          "equal ones.")
TOLD_2 = ("β from thousandths to thousands, and variances in another unit, as they are: nothing added or "
          "cut off.")
TOLD_3 = ("`rate_distortion_curve` changes its argument `betas` in place: work on a copy. One value for "
          "each β in the order given, also where β falls or returns, for one direction or equal ones.")
TOLD_4 = ("The rate while every direction is encoded: Σ ½ log(λ / d).")
TOLD_5 = ("The distortion while every direction is encoded: Σ d / (2s²).")
TOLD_6 = ("`rate_distortion_curve` should return 2 tensors, not Tensor. The signature is "
          "`rate_distortion_curve(variances, noise, betas)`.")

wrong += [
    (sorted_betas, TOLD_1),
    (each_variance_once, TOLD_1),
    (error_at_least_a_millionth, TOLD_2),
    (trifle_below_the_fraction, TOLD_2),
    (betas_changed, TOLD_3),
    (first_beta_for_all, TOLD_1),
    (log10, TOLD_4),
    (distortion_by_beta, TOLD_5),
    (level_over_the_directions, TOLD_4),
    (total_variance, TOLD_4),
    (a_transposed_pair, TOLD_6),
    (survivors_alone, "collapsed_left_out"),
    (deviations_for_variances, TOLD_4),
]
right += [by_numpy, by_plain_numbers, by_thresholds, mapped]
