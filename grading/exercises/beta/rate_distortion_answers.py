"""Answers to beta-rate-distortion: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake
from grading.exercises.beta.rate_distortion import reference


def _curve(error, variances, noise):
    return 0.5 * (variances / error).log().sum(1), (error / (2 * noise)).sum(1)


def _level(noise, betas, variances):
    return betas.to(variances).unsqueeze(1) * noise


# Known mistakes


def never_collapses(variances, noise, betas):
    error = _level(noise, betas, variances).expand(-1, len(variances))
    return _curve(error, variances, noise)


def rate_clamped_error_not(variances, noise, betas):
    error = _level(noise, betas, variances).expand(-1, len(variances))
    return 0.5 * (variances / error).log().clamp(min=0).sum(1), (error / (2 * noise)).sum(1)


def collapsed_left_out(variances, noise, betas):
    error = _level(noise, betas, variances).expand(-1, len(variances))
    alive = (variances > error).to(variances)
    return (0.5 * (variances / error).log() * alive).sum(1), (error * alive / (2 * noise)).sum(1)


def rate_without_half(variances, noise, betas):
    rate, distortion = reference(variances, noise, betas)
    return 2 * rate, distortion


def distortion_without_half(variances, noise, betas):
    rate, distortion = reference(variances, noise, betas)
    return rate, 2 * distortion


def distortion_in_squared_error(variances, noise, betas):
    rate, distortion = reference(variances, noise, betas)
    return rate, 2 * noise * distortion


def rate_in_bits(variances, noise, betas):
    rate, distortion = reference(variances, noise, betas)
    return rate / torch.log(torch.tensor(2.0)), distortion


def beta_forgotten(variances, noise, betas):
    return reference(variances, noise, torch.ones_like(betas))


def beta_divides(variances, noise, betas):
    return reference(variances, noise, 1 / betas)


def noise_squared(variances, noise, betas):
    error = torch.minimum(variances, _level(noise**2, betas, variances))
    return _curve(error, variances, noise)


def noise_squared_throughout(variances, noise, betas):
    return reference(variances, noise**2, betas)


def maximum_for_minimum(variances, noise, betas):
    return _curve(torch.maximum(variances, _level(noise, betas, variances)), variances, noise)


def swapped(variances, noise, betas):
    rate, distortion = reference(variances, noise, betas)
    return distortion, rate


def ratio_upside_down(variances, noise, betas):
    rate, distortion = reference(variances, noise, betas)
    return -rate, distortion


def mean_over_directions(variances, noise, betas):
    rate, distortion = reference(variances, noise, betas)
    return rate / len(variances), distortion / len(variances)


def error_clamped_rate_not(variances, noise, betas):
    level = _level(noise, betas, variances)
    return 0.5 * (variances / level).log().sum(1), reference(variances, noise, betas)[1]


def distortion_without_noise(variances, noise, betas):
    rate, distortion = reference(variances, noise, betas)
    return rate, noise * distortion


def channel_capacity(variances, noise, betas):
    error = torch.minimum(variances, _level(noise, betas, variances))
    return 0.5 * torch.log1p(variances / error).sum(1), (error / (2 * noise)).sum(1)


def posterior_variance(variances, noise, betas):
    return _curve(1 / (1 / variances + 1 / _level(noise, betas, variances)), variances, noise)


def collapse_without_beta(variances, noise, betas):
    level = _level(noise, betas, variances)
    return _curve(torch.where(variances > noise, level, variances), variances, noise)


def all_collapse_together(variances, noise, betas):
    level = _level(noise, betas, variances)
    return _curve(torch.where(variances.mean() > level, level, variances), variances, noise)


def constant_kept(variances, noise, betas):
    rate, distortion = reference(variances, noise, betas)
    return rate, distortion + 0.5 * len(variances) * math.log(2 * math.pi * noise)


def beta_times_rate(variances, noise, betas):
    rate, distortion = reference(variances, noise, betas)
    return betas * rate, distortion


def noise_added(variances, noise, betas):
    rate, distortion = reference(variances, noise, betas)
    return rate, distortion + len(variances) / 2


def per_direction(variances, noise, betas):
    error = torch.minimum(variances, _level(noise, betas, variances))
    return 0.5 * (variances / error).log(), error / (2 * noise)


def wrong_axis(variances, noise, betas):
    return tuple(table.sum(0) for table in per_direction(variances, noise, betas))


# Also right


def with_loops(variances, noise, betas):
    rates, distortions = [], []
    for beta in betas:
        rate = distortion = variances.new_zeros(())
        for variance in variances:
            error = min(float(variance), float(beta) * noise)
            rate = rate + 0.5 * torch.log(variance / error)
            distortion = distortion + error / (2 * noise)
        rates.append(rate)
        distortions.append(distortion)
    return [torch.stack(rates), torch.stack(distortions)]


def with_where(variances, noise, betas):
    level = torch.outer(betas.double() * noise, torch.ones_like(variances))
    alive = variances > level
    rate = torch.where(alive, (variances.log() - level.log()) / 2, torch.zeros_like(level))
    left = torch.where(alive, level, variances.expand_as(level))
    return rate.sum(-1), left.sum(-1) / noise / 2


def with_clamped_logarithm(variances, noise, betas):
    ratio = variances[None, :] / (betas[:, None] * noise)
    half = 0.5 * torch.clamp(torch.log(ratio), min=0.0)
    return torch.einsum("bk->b", half), (variances * torch.exp(-2 * half)).sum(1) * 0.5 / noise


mistakes = [
    Mistake(never_collapses, "An error larger than the variance itself gives a negative rate. Not encoding a direction "
            "costs λ and no more: d = min(λ, β s²)."),
    Mistake(rate_clamped_error_not, "The rate of a collapsed direction is 0, but its error is its variance λ, not β s²."),
    Mistake(collapsed_left_out, "A collapsed direction still counts in the distortion: its whole variance is lost."),
    Mistake(rate_without_half, "The rate of a Gaussian direction is half a logarithm."),
    Mistake(distortion_without_half, "The distortion in nats is the squared error divided by 2s²: the 2 is missing."),
    Mistake(distortion_in_squared_error, "This is the squared error. In nats it is divided by 2s²."),
    Mistake(rate_in_bits, "The rate is in bits; the lesson counts in nats (natural logarithm)."),
    Mistake(beta_forgotten, "β does not enter: where it is large, a larger error is accepted."),
    Mistake(beta_divides, "β acts the wrong way round: a larger β accepts a larger error, d = β s²."),
    *(Mistake(wrong, "`noise` is the variance s² already: do not square it.") for wrong in (noise_squared, noise_squared_throughout)),
    Mistake(maximum_for_minimum, "The error left is the smaller of λ and β s², not the larger."),
    Mistake(swapped, "Rate and distortion have changed places."),
    Mistake(ratio_upside_down, "Your rate is negative: it is ½ log(λ / d), the variance above the error."),
    Mistake(mean_over_directions, "Rate and distortion are sums over the directions, not means."),
    Mistake(error_clamped_rate_not, "The rate of a collapsed direction is 0; yours is negative there. Use the same d in rate and distortion."),
    Mistake(distortion_without_noise, "The distortion is the squared error divided by 2s²: the decoder's variance s² is missing."),
    Mistake(channel_capacity, "½ log(1 + λ/d) is the capacity of a channel. The rate needed to leave the error d is ½ log(λ/d)."),
    Mistake(posterior_variance, "1/(1/λ + 1/(β s²)) is a posterior's variance. The optimum has a kink: d is β s² until that exceeds λ."),
    Mistake(collapse_without_beta, "You compare λ with s². A direction collapses where its variance lies below β s²."),
    Mistake(all_collapse_together, "You let all directions collapse together. Each is compared with β s² on its own."),
    Mistake(constant_kept, "You keep the constant ½ log(2π s²) of the Gaussian. The lesson's distortion drops it: Σ d / (2s²)."),
    Mistake(beta_times_rate, "You return β times the rate. β enters the objective; the rate itself is in nats."),
    Mistake(noise_added, "You add the decoder's noise s² to the error. d is all the error that counts here."),
    Mistake(per_direction, "You return a value for each direction. Rate and distortion are sums over the directions."),
    Mistake(wrong_axis, "You sum over the betas. There is one rate and one distortion for each β: sum over the directions."),
]

also_right = [with_loops, with_where, with_clamped_logarithm]

equivalent_mutants = {
    "error = torch.where(variances > level, level, variances)  # (N, K): variances > level → variances >= level":
        "where they are equal either is taken",
    "level = betas.unsqueeze(1) * noise  # (N, 1): 1 → -1": "the last axis of a matrix is its axis 1",
    "return (torch.log(variances / error) / 2).sum(1), error.sum(1) / (2 * noise): 1 → -1":
        "the last axis of a matrix is its axis 1",
}
