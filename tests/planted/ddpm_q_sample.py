"""Planted answers to ddpm-q-sample, by another author than the check's."""

import numpy as np
import torch


def _wide(values, x):
    return values.reshape([-1] + [1] * (x.dim() - 1))


def cumulated_in_place_of_given(x_0, t, noise, alpha_bar):
    a = _wide(torch.cumprod(alpha_bar, 0)[t], x_0)
    return torch.sqrt(a) * x_0 + torch.sqrt(1 - a) * noise


def squared_weights(x_0, t, noise, alpha_bar):
    a = _wide(alpha_bar[t], x_0)
    return a * x_0 + (1 - a) * noise


def lerp_of_the_two(x_0, t, noise, alpha_bar):
    return torch.lerp(noise, x_0, _wide(alpha_bar[t].sqrt(), x_0))


def unit_noise(x_0, t, noise, alpha_bar):
    return _wide(alpha_bar[t].sqrt(), x_0) * x_0 + noise


def step_before(x_0, t, noise, alpha_bar):
    a = _wide(alpha_bar[t - 1], x_0)
    return a.sqrt() * x_0 + (1 - a).sqrt() * noise


def data_and_noise_exchanged(x_0, t, noise, alpha_bar):
    a = _wide(alpha_bar[t], x_0)
    return (1 - a).sqrt() * x_0 + a.sqrt() * noise


def four_dimensions_written_in(x_0, t, noise, alpha_bar):
    a = alpha_bar.gather(0, t)[:, None, None, None]
    return a.sqrt() * x_0 + (1 - a).sqrt() * noise


def broadcast_to_columns(x_0, t, noise, alpha_bar):
    return alpha_bar[t].sqrt() * x_0 + (1 - alpha_bar[t]).sqrt() * noise


def first_time_only(x_0, t, noise, alpha_bar):
    a = alpha_bar[t.flatten()[0].item()]
    return a**0.5 * x_0 + (1 - a) ** 0.5 * noise


def noise_of_its_own(x_0, t, noise, alpha_bar):
    a = _wide(alpha_bar[t], x_0)
    return a.sqrt() * x_0 + (1 - a).sqrt() * torch.randn(x_0.shape, dtype=x_0.dtype)


def in_numpy(x_0, t, noise, alpha_bar):
    a = alpha_bar.numpy()[t.numpy()].reshape((-1,) + (1,) * (x_0.ndim - 1))
    return torch.from_numpy(np.sqrt(a) * x_0.numpy() + np.sqrt(1 - a) * noise.numpy())


def by_einsum(x_0, t, noise, alpha_bar):
    return torch.einsum("b,b...->b...", alpha_bar[t].sqrt(), x_0) + torch.einsum("b,b...->b...",
                                                                                 (1 - alpha_bar[t]).sqrt(), noise)


def with_transposes(x_0, t, noise, alpha_bar):
    a = alpha_bar[t]
    turn = list(range(x_0.ndim))[::-1]
    return (a.sqrt() * x_0.permute(turn) + (1 - a).sqrt() * noise.permute(turn)).permute(turn)


wrong = [
    (cumulated_in_place_of_given, "multiplied_up_again"), (squared_weights, "without_roots"), (lerp_of_the_two,
                                                                                               "one_minus_root"),
    (unit_noise, "full_noise"), (step_before, "counts_from_one"), (data_and_noise_exchanged, "weights_swapped"),
    (four_dimensions_written_in, "images_only"), (broadcast_to_columns, "along_the_last_axis"),
    (first_time_only, "one_time_for_all"), (noise_of_its_own, "own_noise"),
]
right = [in_numpy, by_einsum, with_transposes]


def data_within_five(x_0, t, noise, alpha_bar):
    kept = alpha_bar[t][(...,) + (None,) * (x_0.ndim - 1)]
    return kept.sqrt() * x_0.clamp(-5, 5) + (1 - kept).sqrt() * noise


def by_einsum(x_0, t, noise, alpha_bar):
    kept = alpha_bar[t]
    return torch.einsum("b,b...->b...", kept.sqrt(), x_0) + torch.einsum("b,b...->b...", (1 - kept).sqrt(), noise)


wrong += [(data_within_five, "x_t is √ᾱ_t x_0 + √(1 - ᾱ_t) noise, with the ᾱ of each row's own time.")]
right += [by_einsum]
