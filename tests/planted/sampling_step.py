"""Planted answers to sampling-step, by another author than the check's."""

import math

import numpy as np
import torch


def mean_of_posterior_only(x, clean, signal, next_signal, eta, noise):
    """DDPM's mean, and no noise."""
    beta = 1 - signal / next_signal
    a = math.sqrt(next_signal) * beta / (1 - signal)
    b = math.sqrt(signal / next_signal) * (1 - next_signal) / (1 - signal)
    return a * clean + b * x


def ddpm_whatever_eta(x, clean, signal, next_signal, eta, noise):
    beta = 1 - signal / next_signal
    a = math.sqrt(next_signal) * beta / (1 - signal)
    b = math.sqrt(signal / next_signal) * (1 - next_signal) / (1 - signal)
    return a * clean + b * x + math.sqrt(beta * (1 - next_signal) / (1 - signal)) * noise


def eta_is_a_switch(x, clean, signal, next_signal, eta, noise):
    sigma2 = (1 - next_signal) / (1 - signal) * (1 - signal / next_signal) if eta > 0 else 0.0
    eps = (x - math.sqrt(signal) * clean) / math.sqrt(1 - signal)
    return math.sqrt(next_signal) * clean + math.sqrt(1 - next_signal - sigma2) * eps + math.sqrt(sigma2) * noise


def eta_on_noise_only(x, clean, signal, next_signal, eta, noise):
    """Room for all of DDPM's noise, but eta times of it added."""
    sigma2 = (1 - next_signal) / (1 - signal) * (1 - signal / next_signal)
    eps = (x - math.sqrt(signal) * clean) / math.sqrt(1 - signal)
    return math.sqrt(next_signal) * clean + math.sqrt(1 - next_signal - sigma2) * eps + eta * math.sqrt(sigma2) * noise


def room_by_eta(x, clean, signal, next_signal, eta, noise):
    """η forgets its square in the room that is made."""
    s2 = (1 - next_signal) / (1 - signal) * (1 - signal / next_signal)
    eps = (x - signal**0.5 * clean) / (1 - signal) ** 0.5
    return next_signal**0.5 * clean + max(1 - next_signal - eta * s2, 0) ** 0.5 * eps + eta * s2**0.5 * noise


def noise_for_direction(x, clean, signal, next_signal, eta, noise):
    return math.sqrt(next_signal) * clean + math.sqrt(1 - next_signal) * ((1 - eta) * (x - math.sqrt(signal) * clean) /
                                                                          math.sqrt(1 - signal) + eta * noise)


def adds_the_direction(x, clean, signal, next_signal, eta, noise):
    """Euler's step from x itself."""
    return x + (next_signal - signal) * (clean - x)


def sign_of_direction(x, clean, signal, next_signal, eta, noise):
    eps = (math.sqrt(signal) * clean - x) / math.sqrt(1 - signal)
    s2 = eta**2 * (1 - next_signal) / (1 - signal) * (1 - signal / next_signal)
    return math.sqrt(next_signal) * clean + math.sqrt(max(1 - next_signal - s2, 0)) * eps + math.sqrt(s2) * noise


def ratio_of_steps(x, clean, signal, next_signal, eta, noise):
    """1 - ᾱ_s/ᾱ_t is below 0: its absolute value is no variance."""
    s2 = eta**2 * (1 - next_signal) / (1 - signal) * abs(1 - next_signal / signal)
    eps = (x - math.sqrt(signal) * clean) / math.sqrt(1 - signal)
    return math.sqrt(next_signal) * clean + math.sqrt(max(1 - next_signal - s2, 0)) * eps + math.sqrt(s2) * noise


def clipped(x, clean, signal, next_signal, eta, noise):
    clean = clean.clamp(-1, 1)
    s2 = eta**2 * (1 - next_signal) / (1 - signal) * (1 - signal / next_signal)
    eps = (x - math.sqrt(signal) * clean) / math.sqrt(1 - signal)
    return math.sqrt(next_signal) * clean + math.sqrt(max(1 - next_signal - s2, 0)) * eps + math.sqrt(s2) * noise


def own_noise(x, clean, signal, next_signal, eta, noise):
    s2 = eta**2 * (1 - next_signal) / (1 - signal) * (1 - signal / next_signal)
    eps = (x - math.sqrt(signal) * clean) / math.sqrt(1 - signal)
    z = torch.randn_like(x)
    return math.sqrt(next_signal) * clean + math.sqrt(max(1 - next_signal - s2, 0)) * eps + math.sqrt(s2) * z


def in_numpy(x, clean, signal, next_signal, eta, noise):
    a, c, z = (v.numpy() for v in (x, clean, noise))
    s2 = eta**2 * (1 - next_signal) / (1 - signal) * (1 - signal / next_signal)
    eps = (a - np.sqrt(signal) * c) / np.sqrt(1 - signal)
    out = np.sqrt(next_signal) * c + np.sqrt(max(1 - next_signal - s2, 0)) * eps + np.sqrt(s2) * z
    return torch.from_numpy(np.asarray(out)).to(x.dtype)


def by_weights_of_x_and_guess(x, clean, signal, next_signal, eta, noise):
    s2 = eta * eta * (1 - next_signal) * (next_signal - signal) / ((1 - signal) * next_signal)
    of_x = math.sqrt(max(1 - next_signal - s2, 0) / (1 - signal))
    return torch.add(of_x * x + (math.sqrt(next_signal) - math.sqrt(signal) * of_x) * clean, noise, alpha=math.sqrt(s2))


PATH = "Without fresh noise: the guess of x_0 and the guess of the noise, mixed anew for the later time."
CHANCE = "With eta > 0: σ times fresh noise, and as much less of the old direction."

wrong = [
    (mean_of_posterior_only, PATH), (ddpm_whatever_eta, "eta_ignored"), (eta_is_a_switch, CHANCE),
    (eta_on_noise_only, PATH),
    (room_by_eta, CHANCE), (noise_for_direction, CHANCE), (adds_the_direction, PATH), (sign_of_direction, PATH),
    (ratio_of_steps, CHANCE), (clipped, PATH), (own_noise, CHANCE),
]
right = [in_numpy, by_weights_of_x_and_guess]


def standardises_x_in_place(x, clean, signal, next_signal, eta, noise):
    x -= math.sqrt(signal) * clean
    x /= math.sqrt(1 - signal)
    s2 = eta**2 * (1 - next_signal) / (1 - signal) * (1 - signal / next_signal)
    return math.sqrt(next_signal) * clean + math.sqrt(max(1 - next_signal - s2, 0)) * x + math.sqrt(s2) * noise


def scales_noise_in_place(x, clean, signal, next_signal, eta, noise):
    s2 = eta**2 * (1 - next_signal) / (1 - signal) * (1 - signal / next_signal)
    noise.mul_(math.sqrt(s2))
    eps = (x - math.sqrt(signal) * clean) / math.sqrt(1 - signal)
    return math.sqrt(next_signal) * clean + math.sqrt(max(1 - next_signal - s2, 0)) * eps + noise


def guess_within_five(x, clean, signal, next_signal, eta, noise):
    return by_weights_of_x_and_guess(x, clean.clamp(-5, 5), signal, next_signal, eta, noise)


def by_addcmul(x, clean, signal, next_signal, eta, noise):
    sigma = eta * math.sqrt((1 - next_signal) / (1 - signal)) * math.sqrt(1 - signal / next_signal)
    eps = (x - signal**0.5 * clean) / (1 - signal) ** 0.5
    room = torch.full_like(eps, math.sqrt(max(0, 1 - next_signal - sigma**2)))
    return torch.addcmul(next_signal**0.5 * clean, eps, room).add(noise, alpha=sigma)


wrong += [
    (standardises_x_in_place, "`reverse_step` changes its argument `x` in place: work on a copy."),
    (scales_noise_in_place, "`reverse_step` changes its argument `noise` in place: work on a copy."),
    (guess_within_five, CHANCE),
]
right += [by_addcmul]
