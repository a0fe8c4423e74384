"""Answers to sampling-bits: wrong ones with the sentence that names each, and right ones."""

import math
from itertools import pairwise

import torch

from grading.checks.exercise import Mistake


def _snr(s):
    return s / (1 - s)


def _sum(x):
    return x.flatten(1).sum(1)


def _prior(x, s):
    return 0.5 * _sum(s * x**2 + (1 - s) - 1 - math.log(1 - s))


def _steps(denoise, x, signals, noise, weight=lambda t, s: 0.5 * (_snr(s) - _snr(t)), error=torch.square, total=_sum):
    nats = torch.zeros(len(x), dtype=x.dtype)
    for t, s, eps in zip(signals, signals[1:], noise, strict=False):
        guess = denoise(math.sqrt(t) * x + math.sqrt(1 - t) * eps, t)
        nats = nats + weight(t, s) * total(error(x - guess))
    return nats


def _bits(nats, x):
    return nats / x[0].numel() / math.log(2)


# Known mistakes


def in_nats(denoise, x, signals, noise, last):
    return (_prior(x, signals[0]) + _steps(denoise, x, signals, noise) + last) / x[0].numel()


def not_per_dimension(denoise, x, signals, noise, last):
    return (_prior(x, signals[0]) + _steps(denoise, x, signals, noise) + last) / math.log(2)


def per_row_of_the_image(denoise, x, signals, noise, last):
    return (_prior(x, signals[0]) + _steps(denoise, x, signals, noise) + last) / x.shape[1] / math.log(2)


def times_log_two(denoise, x, signals, noise, last):
    return (_prior(x, signals[0]) + _steps(denoise, x, signals, noise) + last) / x[0].numel() * math.log(2)


def log_likelihood(denoise, x, signals, noise, last):
    return -_bits(_prior(x, signals[0]) + _steps(denoise, x, signals, noise) + last, x)


def no_prior(denoise, x, signals, noise, last):
    return _bits(_steps(denoise, x, signals, noise) + last, x)


def last_left_out(denoise, x, signals, noise, last):
    return _bits(_prior(x, signals[0]) + _steps(denoise, x, signals, noise), x)


def last_subtracted(denoise, x, signals, noise, last):
    return _bits(_prior(x, signals[0]) + _steps(denoise, x, signals, noise) - last, x)


def last_divided_twice(denoise, x, signals, noise, last):
    return _bits(_prior(x, signals[0]) + _steps(denoise, x, signals, noise) + last / x[0].numel(), x)


def training_loss(denoise, x, signals, noise, last):
    return _bits(_prior(x, signals[0]) + _steps(denoise, x, signals, noise, weight=lambda t, s: 1.0) + last, x)


def without_half(denoise, x, signals, noise, last):
    return _bits(_prior(x, signals[0]) + _steps(denoise, x, signals, noise, weight=lambda t, s: _snr(s) - _snr(t)) + last, x)


def snr_itself(denoise, x, signals, noise, last):
    return _bits(_prior(x, signals[0]) + _steps(denoise, x, signals, noise, weight=lambda t, s: 0.5 * _snr(t)) + last, x)


def difference_of_signals(denoise, x, signals, noise, last):
    return _bits(_prior(x, signals[0]) + _steps(denoise, x, signals, noise, weight=lambda t, s: 0.5 * (s - t)) + last, x)


def difference_of_logs(denoise, x, signals, noise, last):
    def weight(t, s):
        return 0.5 * (math.log(_snr(s)) - math.log(_snr(t)))

    return _bits(_prior(x, signals[0]) + _steps(denoise, x, signals, noise, weight=weight) + last, x)


def the_other_sign(denoise, x, signals, noise, last):
    return _bits(_prior(x, signals[0]) - _steps(denoise, x, signals, noise) + last, x)


def roots_of_snr(denoise, x, signals, noise, last):
    def weight(t, s):
        return 0.5 * (_snr(s) ** 0.5 - _snr(t) ** 0.5)

    return _bits(_prior(x, signals[0]) + _steps(denoise, x, signals, noise, weight=weight) + last, x)


def error_not_squared(denoise, x, signals, noise, last):
    return _bits(_prior(x, signals[0]) + _steps(denoise, x, signals, noise, error=torch.abs) + last, x)


def mean_over_values(denoise, x, signals, noise, last):
    steps = _steps(denoise, x, signals, noise, total=lambda v: v.flatten(1).mean(1))
    return _bits(_prior(x, signals[0]) + steps + last, x)


def mean_over_times(denoise, x, signals, noise, last):
    steps = _steps(denoise, x, signals, noise) / max(len(signals) - 1, 1)
    return _bits(_prior(x, signals[0]) + steps + last, x)


def clean_x_shown(denoise, x, signals, noise, last):
    nats = _prior(x, signals[0]) + last
    for t, s in pairwise(signals):
        nats = nats + 0.5 * (_snr(s) - _snr(t)) * _sum((x - denoise(x, t)) ** 2)
    return _bits(nats, x)


def noised_without_roots(denoise, x, signals, noise, last):
    nats = _prior(x, signals[0]) + last
    for t, s, eps in zip(signals, signals[1:], noise, strict=False):
        nats = nats + 0.5 * (_snr(s) - _snr(t)) * _sum((x - denoise(t * x + (1 - t) * eps, t)) ** 2)
    return _bits(nats, x)


def at_the_later_time(denoise, x, signals, noise, last):
    nats = _prior(x, signals[0]) + last
    for t, s, eps in zip(signals, signals[1:], noise[1:], strict=False):
        guess = denoise(math.sqrt(s) * x + math.sqrt(1 - s) * eps, s)
        nats = nats + 0.5 * (_snr(s) - _snr(t)) * _sum((x - guess) ** 2)
    return _bits(nats, x)


def last_time_again(denoise, x, signals, noise, last):
    s, nats = signals[-1], _prior(x, signals[0]) + _steps(denoise, x, signals, noise) + last
    denoise(math.sqrt(s) * x + math.sqrt(1 - s) * noise[-1], s)
    return _bits(nats, x)


def prior_of_the_clean_end(denoise, x, signals, noise, last):
    return _bits(_prior(x, signals[-1]) + _steps(denoise, x, signals, noise) + last, x)


def prior_without_log(denoise, x, signals, noise, last):
    return _bits(0.5 * _sum(signals[0] * x**2 - signals[0]) + _steps(denoise, x, signals, noise) + last, x)


def prior_of_the_mean_alone(denoise, x, signals, noise, last):
    return _bits(0.5 * _sum(signals[0] * x**2) + _steps(denoise, x, signals, noise) + last, x)


def prior_with_log_of_deviation(denoise, x, signals, noise, last):
    s = signals[0]
    return _bits(0.5 * _sum(s * x**2 - s - 0.5 * math.log(1 - s)) + _steps(denoise, x, signals, noise) + last, x)


def mean_over_the_batch(denoise, x, signals, noise, last):
    return _bits(_prior(x, signals[0]) + _steps(denoise, x, signals, noise) + last, x).mean()


# Also right


def from_posteriors(denoise, x, signals, noise, last):
    s0 = torch.tensor(signals[0], dtype=torch.float64)
    nats = last + (0.5 * (s0 * x.double() ** 2 - s0 - torch.log1p(-s0))).flatten(1).sum(1)
    for i in range(len(signals) - 1):
        t, s = signals[i], signals[i + 1]
        x_t = math.sqrt(t) * x + math.sqrt(1 - t) * noise[i]
        beta = 1 - t / s
        variance, weight = beta * (1 - s) / (1 - t), math.sqrt(s) * beta / (1 - t)
        nats = nats + (weight * (x - denoise(x_t, t))).square().flatten(1).sum(1) / (2 * variance)
    return nats / (math.log(2) * x.flatten(1).shape[1])


def all_at_the_end(denoise, x, signals, noise, last):
    terms = [-0.5 * torch.ones_like(x) * (math.log1p(-signals[0]) + signals[0]) + 0.5 * signals[0] * x**2]
    for t, s, eps in zip(signals[:-1], signals[1:], noise[:-1], strict=True):
        guess = denoise(t**0.5 * x + (1 - t) ** 0.5 * eps, t)
        terms.append((x - guess) ** 2 * (s / (1 - s) - t / (1 - t)) / 2)
    return (torch.stack(terms).flatten(2).sum((0, 2)) + last) / x[0].numel() / math.log(2)


WEIGHT = "A step weighs its error by ½ (SNR_s - SNR_t), with SNR = ᾱ/(1 - ᾱ)."
PRIOR = "The first part is KL(N(√ᾱ_T x, 1 - ᾱ_T) ‖ N(0, 1)) = ½ (ᾱ_T x² + (1 - ᾱ_T) - 1 - log(1 - ᾱ_T)), summed over values."
PER = "Divide by the number of values of one image, x[0].numel()."
SHOWN = "The denoiser sees √ᾱ_t x + √(1 - ᾱ_t) noise, at the noisier of the two times."

mistakes = [
    Mistake(in_nats, "This is in nats. Divide by log 2 for bits."),
    Mistake(not_per_dimension, PER), Mistake(per_row_of_the_image, PER),
    Mistake(times_log_two, "A bit is log 2 nats: divide by log 2."),
    Mistake(log_likelihood, "The sign: bits are a cost, minus the bound on log p."),
    Mistake(no_prior, "The first part is missing: x_T still knows a little about x, which KL(q(x_T | x) ‖ N(0, I)) counts."),
    Mistake(last_left_out, "The cost of the last step, `last`, is missing."),
    Mistake(last_subtracted, "`last` is a cost, -log p(x | x at the cleanest time): add it."),
    Mistake(last_divided_twice, "`last` is in nats for the whole image already: add it before you divide."),
    Mistake(training_loss, "Every time counts alike here: this is the loss of training, not the bound. " + WEIGHT),
    Mistake(without_half, "The ½ before (SNR_s - SNR_t) is missing."),
    *(Mistake(answer, WEIGHT) for answer in (snr_itself, difference_of_signals, difference_of_logs, roots_of_snr)),
    Mistake(the_other_sign, "Steps cost something: SNR_s - SNR_t is above 0, for s is the cleaner time."),
    Mistake(error_not_squared, "The error of the guess counts squared."),
    Mistake(mean_over_values, "You average the error over an image's values and divide by their number again in the end: sum."),
    Mistake(mean_over_times, "The bound is a sum over all steps, not a mean."),
    *(Mistake(answer, SHOWN) for answer in (clean_x_shown, noised_without_roots, at_the_later_time)),
    Mistake(last_time_again, "The denoiser is asked at the last time, too. That step is paid for by `last`."),
    Mistake(prior_of_the_clean_end, "The first part is that of the noisiest time, signals[0]."),
    *(Mistake(answer, PRIOR) for answer in (prior_without_log, prior_of_the_mean_alone, prior_with_log_of_deviation)),
    Mistake(mean_over_the_batch, "One number for each image is asked for: do not average over the batch."),
]

also_right = [from_posteriors, all_at_the_end]

_TERM = "nats = nats + 0.5 * gain * (x - guess).square().flatten(1).sum(1): "

equivalent_mutants = {
    "nats = 0.5 * (first * x**2 - first - math.log1p(-first)).flatten(1).sum(1) + last: 1 → -1": "the last of two axes",
    f"{_TERM}1 → -1": "the last of two axes",
    f"{_TERM}x - guess → guess - x": "a square has no sign",
    "return nats / x[0].numel() / math.log(2): 0 → -1": "all rows have the same size",
}
