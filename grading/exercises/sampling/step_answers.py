"""Answers to sampling-step: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake


def _sigma2(signal, next_signal, eta):
    return eta**2 * (1 - next_signal) / (1 - signal) * (1 - signal / next_signal)


def _direction(x, clean, signal):
    return (x - math.sqrt(signal) * clean) / math.sqrt(1 - signal)


def _mix(clean, direction, next_signal, variance, noise):
    rest = math.sqrt(max(1 - next_signal - variance, 0.0))
    return math.sqrt(next_signal) * clean + rest * direction + math.sqrt(variance) * noise


# Known mistakes


def no_room(x, clean, signal, next_signal, eta, noise):
    s2 = _sigma2(signal, next_signal, eta)
    return (math.sqrt(next_signal) * clean + math.sqrt(1 - next_signal) * _direction(x, clean, signal)
            + math.sqrt(s2) * noise)


def sigma_not_squared_inside(x, clean, signal, next_signal, eta, noise):
    s = math.sqrt(_sigma2(signal, next_signal, eta))
    rest = math.sqrt(max(1 - next_signal - s, 0.0))
    return math.sqrt(next_signal) * clean + rest * _direction(x, clean, signal) + s * noise


def variance_for_sigma(x, clean, signal, next_signal, eta, noise):
    s2 = _sigma2(signal, next_signal, eta)
    rest = math.sqrt(max(1 - next_signal - s2, 0.0))
    return math.sqrt(next_signal) * clean + rest * _direction(x, clean, signal) + s2 * noise


def eta_not_squared(x, clean, signal, next_signal, eta, noise):
    return _mix(clean, _direction(x, clean, signal), next_signal, _sigma2(signal, next_signal, math.sqrt(eta)), noise)


def eta_squared_twice(x, clean, signal, next_signal, eta, noise):
    return _mix(clean, _direction(x, clean, signal), next_signal, _sigma2(signal, next_signal, eta**2), noise)


def eta_ignored(x, clean, signal, next_signal, eta, noise):
    return _mix(clean, _direction(x, clean, signal), next_signal, _sigma2(signal, next_signal, 1.0), noise)


def no_noise_ever(x, clean, signal, next_signal, eta, noise):
    return _mix(clean, _direction(x, clean, signal), next_signal, 0.0, noise)


def noise_left_out(x, clean, signal, next_signal, eta, noise):
    return _mix(clean, _direction(x, clean, signal), next_signal, _sigma2(signal, next_signal, eta), 0 * noise)


def beta_for_variance(x, clean, signal, next_signal, eta, noise):
    return _mix(clean, _direction(x, clean, signal), next_signal, eta**2 * (1 - signal / next_signal), noise)


def fraction_upside_down(x, clean, signal, next_signal, eta, noise):
    s2 = eta**2 * (1 - signal) / max(1 - next_signal, 1e-12) * (1 - signal / next_signal)
    return _mix(clean, _direction(x, clean, signal), next_signal, s2, noise)


def ratio_forgotten(x, clean, signal, next_signal, eta, noise):
    return _mix(clean, _direction(x, clean, signal), next_signal, eta**2 * (1 - next_signal) / (1 - signal), noise)


def all_noise_fresh(x, clean, signal, next_signal, eta, noise):
    return math.sqrt(next_signal) * clean + math.sqrt(1 - next_signal) * noise


def at_the_old_time(x, clean, signal, next_signal, eta, noise):
    return _mix(clean, _direction(x, clean, signal), signal, min(_sigma2(signal, next_signal, eta), 1 - signal), noise)


def direction_not_divided(x, clean, signal, next_signal, eta, noise):
    return _mix(clean, x - math.sqrt(signal) * clean, next_signal, _sigma2(signal, next_signal, eta), noise)


def direction_by_variance(x, clean, signal, next_signal, eta, noise):
    return _mix(clean, (x - math.sqrt(signal) * clean) / (1 - signal), next_signal, _sigma2(signal, next_signal, eta), noise)


def direction_without_root(x, clean, signal, next_signal, eta, noise):
    return _mix(clean, (x - signal * clean) / math.sqrt(1 - signal), next_signal, _sigma2(signal, next_signal, eta), noise)


def x_for_direction(x, clean, signal, next_signal, eta, noise):
    return _mix(clean, x, next_signal, _sigma2(signal, next_signal, eta), noise)


def no_roots(x, clean, signal, next_signal, eta, noise):
    s2 = _sigma2(signal, next_signal, eta)
    return next_signal * clean + (1 - next_signal - s2) * _direction(x, clean, signal) + s2 * noise


def guess_not_scaled(x, clean, signal, next_signal, eta, noise):
    s2 = _sigma2(signal, next_signal, eta)
    rest = math.sqrt(max(1 - next_signal - s2, 0.0))
    return clean + rest * _direction(x, clean, signal) + math.sqrt(s2) * noise


def guess_without_root(x, clean, signal, next_signal, eta, noise):
    s2 = _sigma2(signal, next_signal, eta)
    rest = math.sqrt(max(1 - next_signal - s2, 0.0))
    return next_signal * clean + rest * _direction(x, clean, signal) + math.sqrt(s2) * noise


def the_guess(x, clean, signal, next_signal, eta, noise):
    return clean


def noise_at_the_end(x, clean, signal, next_signal, eta, noise):
    if next_signal == 1:
        return clean + eta * math.sqrt(1 - signal) * noise
    return _mix(clean, _direction(x, clean, signal), next_signal, _sigma2(signal, next_signal, eta), noise)


def signals_swapped(x, clean, signal, next_signal, eta, noise):
    signal, next_signal = next_signal, signal
    return _mix(clean, (x - math.sqrt(signal) * clean) / math.sqrt(max(1 - signal, 1e-12)), next_signal, 0.0, noise)


def one_minus_sigma(x, clean, signal, next_signal, eta, noise):
    s2 = _sigma2(signal, next_signal, eta)
    rest = math.sqrt(1 - next_signal) * math.sqrt(max(1 - s2, 0.0))
    return math.sqrt(next_signal) * clean + rest * _direction(x, clean, signal) + math.sqrt(s2) * noise


def clamped_signal(x, clean, signal, next_signal, eta, noise):
    signal, next_signal = max(signal, 1e-3), min(next_signal, 0.999) if next_signal < 1 else 1
    return _mix(clean, _direction(x, clean, signal), next_signal, _sigma2(signal, next_signal, eta), noise)


# Also right


def by_posterior(x, clean, signal, next_signal, eta, noise):
    if next_signal == 1:
        return clean.clone()
    beta = 1 - signal / next_signal
    posterior = beta * (1 - next_signal) / (1 - signal)
    gain = ((1 - next_signal - eta**2 * posterior) / (1 - signal)) ** 0.5
    return next_signal**0.5 * clean + gain * (x - signal**0.5 * clean) + eta * posterior**0.5 * noise


def in_tensors(x, clean, signal, next_signal, eta, noise):
    a, b = torch.tensor(signal, dtype=torch.float64), torch.tensor(next_signal, dtype=torch.float64)
    sigma = eta * torch.sqrt((1 - b) / (1 - a)) * torch.sqrt(1 - a / b)
    eps = (x.double() - a.sqrt() * clean) / (1 - a).sqrt()
    return (b.sqrt() * clean + (1 - b - sigma**2).clamp_min(0).sqrt() * eps + sigma * noise).to(x.dtype)


def term_by_term(x, clean, signal, next_signal, eta, noise):
    sigma = eta * math.sqrt((1 - next_signal) / (1 - signal) * (1 - signal / next_signal))
    result = torch.zeros_like(x)
    result += math.sqrt(next_signal) * clean
    result += math.sqrt(abs(1 - next_signal - sigma * sigma)) * _direction(x, clean, signal)
    return result.add_(noise, alpha=sigma)


ROOM = ("You add fresh noise without taking anything away: the noise at the later time has variance 1 - ᾱ_s in all, so if σ² "
        "of it is fresh, only 1 - ᾱ_s - σ² is left for the old direction.")
SHARE = "η scales the standard deviation of the fresh noise, so its variance goes with η²."

mistakes = [
    Mistake(no_room, ROOM),
    Mistake(sigma_not_squared_inside, "Under the root stands the variance that is left, 1 - ᾱ_s - σ²: σ is to be squared there."),
    Mistake(variance_for_sigma, "Noise is multiplied by the standard deviation σ, the root of the variance."),
    Mistake(eta_not_squared, SHARE), Mistake(eta_squared_twice, SHARE),
    Mistake(eta_ignored, "You draw DDPM's noise whatever η is: η = 0 draws none."),
    Mistake(no_noise_ever, "No fresh noise at any η: this is the step for η = 0."),
    Mistake(noise_left_out, "You make room for fresh noise, but never add it: σ z is missing."),
    Mistake(beta_for_variance, "1 - ᾱ_t/ᾱ_s is the variance of the step forwards. The one backwards is smaller, by "
            "(1 - ᾱ_s)/(1 - ᾱ_t)."),
    Mistake(fraction_upside_down, "The fraction (1 - ᾱ_s)/(1 - ᾱ_t) is upside down: less noise is left later, so it is below 1."),
    Mistake(ratio_forgotten, "The factor 1 - ᾱ_t/ᾱ_s is missing in σ²: a step that goes nowhere needs no noise."),
    Mistake(all_noise_fresh, "You forget where x_t was: all noise is drawn anew. Some of it, or at η = 0 all, keeps its direction."),
    Mistake(at_the_old_time, "You put the parts together in the amounts of the time that you come from. ᾱ_s = next_signal is meant."),
    Mistake(direction_not_divided, "The direction ε̂ has variance 1: x_t - √ᾱ_t x̂_0 is to be divided by √(1 - ᾱ_t)."),
    Mistake(direction_by_variance, "x_t - √ᾱ_t x̂_0 is to be divided by √(1 - ᾱ_t), not by 1 - ᾱ_t."),
    Mistake(direction_without_root, "In x_t the guess is contained √ᾱ_t times, not ᾱ_t times."),
    Mistake(x_for_direction, "x_t itself is no noise: take the guess out of it first, (x_t - √ᾱ_t x̂_0)/√(1 - ᾱ_t)."),
    Mistake(no_roots, "ᾱ and 1 - ᾱ are variances; what multiplies x̂_0 and noise are their roots."),
    Mistake(guess_not_scaled, "At the later time the guess counts √ᾱ_s times, not once."),
    Mistake(guess_without_root, "At the later time the guess counts √ᾱ_s times, not ᾱ_s times."),
    Mistake(the_guess, "You jump to the guess at once. Only the step to signal 1 does so."),
    Mistake(noise_at_the_end, "At signal 1 nothing is noise: there σ is 0."),
    Mistake(signals_swapped, "The two times are exchanged: x is at `signal`, and you are asked for `next_signal`, which is larger."),
    Mistake(one_minus_sigma, "What is left for the old direction is 1 - ᾱ_s - σ², a difference of variances, not a product."),
    Mistake(clamped_signal, "You keep signals away from their ends. Nothing here divides by 0 for 0 < ᾱ_t < ᾱ_s."),
]

also_right = [by_posterior, in_tensors, term_by_term]

equivalent_mutants = {}
