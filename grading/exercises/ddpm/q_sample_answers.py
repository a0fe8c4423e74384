"""Answers to ddpm-q-sample: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _mix(x_0, kept, noise, signal=torch.sqrt, scale=lambda kept: (1 - kept).sqrt()):
    kept = kept.view(-1, *[1] * (x_0.ndim - 1))
    return signal(kept) * x_0 + scale(kept) * noise


def _alpha(alpha_bar):
    return alpha_bar / torch.cat([torch.ones_like(alpha_bar[:1]), alpha_bar[:-1]])


# Known mistakes


def alpha_of_one_step(x_0, t, noise, alpha_bar):
    return _mix(x_0, _alpha(alpha_bar)[t], noise)


def multiplied_up_again(x_0, t, noise, alpha_bar):
    return _mix(x_0, alpha_bar.cumprod(0)[t], noise)


def without_roots(x_0, t, noise, alpha_bar):
    return _mix(x_0, alpha_bar[t], noise, signal=lambda k: k, scale=lambda k: 1 - k)


def noise_without_root(x_0, t, noise, alpha_bar):
    return _mix(x_0, alpha_bar[t], noise, scale=lambda k: 1 - k)


def data_without_root(x_0, t, noise, alpha_bar):
    return _mix(x_0, alpha_bar[t], noise, signal=lambda k: k)


def one_minus_root(x_0, t, noise, alpha_bar):
    return _mix(x_0, alpha_bar[t], noise, scale=lambda k: 1 - k.sqrt())


def weights_swapped(x_0, t, noise, alpha_bar):
    return _mix(noise, alpha_bar[t], x_0)


def full_noise(x_0, t, noise, alpha_bar):
    return _mix(x_0, alpha_bar[t], noise, scale=torch.ones_like)


def data_not_shrunk(x_0, t, noise, alpha_bar):
    return _mix(x_0, alpha_bar[t], noise, signal=torch.ones_like)


def noise_subtracted(x_0, t, noise, alpha_bar):
    return _mix(x_0, alpha_bar[t], noise, scale=lambda k: -(1 - k).sqrt())


def counts_from_one(x_0, t, noise, alpha_bar):
    return _mix(x_0, alpha_bar[t - 1], noise)


def one_too_late(x_0, t, noise, alpha_bar):
    return _mix(x_0, alpha_bar[(t + 1).clamp(max=len(alpha_bar) - 1)], noise)


def no_noise_at_zero(x_0, t, noise, alpha_bar):
    kept = torch.cat([torch.ones_like(alpha_bar[:1]), alpha_bar])[t]
    return _mix(x_0, kept, noise)


def along_the_last_axis(x_0, t, noise, alpha_bar):
    kept = alpha_bar[t]
    return kept.sqrt() * x_0 + (1 - kept).sqrt() * noise


def images_only(x_0, t, noise, alpha_bar):
    kept = alpha_bar[t].view(-1, 1, 1, 1)
    return kept.sqrt() * x_0 + (1 - kept).sqrt() * noise


def one_time_for_all(x_0, t, noise, alpha_bar):
    kept = alpha_bar[t[0]]
    return kept.sqrt() * x_0 + (1 - kept).sqrt() * noise


def own_noise(x_0, t, noise, alpha_bar):
    return _mix(x_0, alpha_bar[t], torch.randn_like(x_0))


def noise_clamped(x_0, t, noise, alpha_bar):
    return _mix(x_0, alpha_bar[t], noise).clamp(-1, 1)


# Also right


def row_by_row(x_0, t, noise, alpha_bar):
    return torch.stack([alpha_bar[int(k)] ** 0.5 * x + (1 - alpha_bar[int(k)]) ** 0.5 * e
                        for x, k, e in zip(x_0, t, noise, strict=True)])


def by_gather_and_reshape(x_0, t, noise, alpha_bar):
    shape = (len(t),) + (1,) * (x_0.dim() - 1)
    signal = torch.sqrt(alpha_bar).gather(0, t).reshape(shape)
    scale = torch.sqrt(1 - alpha_bar).gather(0, t).reshape(shape)
    return torch.addcmul(signal * x_0, scale, noise)


def by_angles(x_0, t, noise, alpha_bar):
    angle = torch.acos(alpha_bar[t].sqrt()).reshape(-1, *[1] * (x_0.ndim - 1))
    return torch.cos(angle) * x_0 + torch.sin(angle) * noise


def flattened(x_0, t, noise, alpha_bar):
    kept = alpha_bar[t][:, None]
    return (kept.sqrt() * x_0.reshape(len(x_0), -1) + (1 - kept).sqrt() * noise.reshape(len(x_0), -1)).view(x_0.shape)


mistakes = [
    Mistake(alpha_of_one_step, "You took α_t, the share that one step keeps. After t steps the share ᾱ_t is left."),
    Mistake(multiplied_up_again, "alpha_bar is already a product over all steps so far: do not multiply it up again."),
    Mistake(without_roots, "ᾱ_t is a variance's share. The weights of data and noise are its root and the root of 1 - ᾱ_t."),
    Mistake(noise_without_root, "The weight of the noise is a standard deviation: √(1 - ᾱ_t), not 1 - ᾱ_t."),
    Mistake(data_without_root, "The weight of the data is √ᾱ_t, not ᾱ_t."),
    Mistake(one_minus_root, "The weight of the noise is √(1 - ᾱ_t). You took 1 - √ᾱ_t, so that the variance does not stay."),
    Mistake(weights_swapped, "Data and noise have changed places: √ᾱ_t, which falls with t, belongs to the data."),
    Mistake(full_noise, "Your noise has the same size at every time: its weight is √(1 - ᾱ_t)."),
    Mistake(data_not_shrunk, "Your data do not shrink, and the variance grows with t: their weight is √ᾱ_t."),
    Mistake(noise_subtracted, "You subtract the noise. As a law that is the same, but a network is to be told which noise was added."),
    Mistake(counts_from_one, "Your index is one too small: t counts from 0, and alpha_bar[0] belongs to t = 0."),
    Mistake(one_too_late, "Your index is one too large: alpha_bar[t] belongs to t."),
    Mistake(no_noise_at_zero, "Your ᾱ is that of the time before, with none at t = 0. At t = 0 one step of noise has been added."),
    Mistake(along_the_last_axis, "Your ᾱ_t lies along the last axis, so that each column has a time of its own. It belongs to the rows."),
    Mistake(images_only, "Your view(-1, 1, 1, 1) fits images alone: with (B, D) it makes four dimensions of two. Ask x_0 how many it has."),
    Mistake(one_time_for_all, "You use the time of the first row for all of them."),
    Mistake(own_noise, "You draw noise of your own. Use the argument: the network's target is the noise that is in x_t."),
    Mistake(noise_clamped, "You clamp x_t. Noise knows no range: only a guess of x_0 may be clamped."),
]

also_right = [row_by_row, by_gather_and_reshape, by_angles, flattened]

equivalent_mutants = {}
