"""Planted answers to flowmatch-time, by another hand than the check's."""

import numpy as np
import torch


def forgets_the_sigmoid(n, rng):
    return torch.randn((n,), generator=rng)


def torch_rand(n, rng):
    return torch.rand((n,), generator=rng)


def global_noise(n, rng):
    return torch.randn(n).sigmoid()


def numpy_noise(n, rng):
    return torch.from_numpy(1 / (1 + np.exp(-np.random.randn(n))))


def sigmoid_of_rand(n, rng):
    return torch.rand(n, generator=rng).sigmoid()


def one_draw(n, rng):
    return torch.full((n,), torch.randn(1, generator=rng).sigmoid().item())


def with_a_channel(n, rng):
    return torch.randn((n, 1), generator=rng).sigmoid()


def fixed_seed(n, rng):
    return torch.randn(n, generator=torch.Generator().manual_seed(42)).sigmoid()


def exponential(n, rng):
    return torch.randn(n, generator=rng).exp()


def half_a_tanh(n, rng):
    return 0.5 + 0.5 * torch.randn(n, generator=rng).tanh()


def logit_for_sigmoid(n, rng):
    return torch.special.logit(torch.rand(n, generator=rng))


def by_tanh_of_half(n, rng):
    return 0.5 * (1 + torch.tanh(torch.randn(n, generator=rng, dtype=torch.float64) / 2))


def from_a_ratio(n, rng):
    odds = torch.randn(n, generator=rng).exp()
    return odds / (odds + 1)


def one_after_the_other(n, rng):
    return torch.cat([torch.randn(1, generator=rng).sigmoid() for _ in range(n)])


wrong = [(forgets_the_sigmoid, "plain_normal"), (torch_rand, "uniform"), (global_noise, "without_rng"),
         (numpy_noise, "without_rng"), (sigmoid_of_rand, "sigmoid_of_uniform"), (one_draw, "one_for_all"),
         (with_a_channel, "a_column"), (fixed_seed, "seeded_again"), (exponential, "log_normal"),
         (half_a_tanh, "tanh_shifted"), (logit_for_sigmoid, "logit")]
right = [one_after_the_other, by_tanh_of_half, from_a_ratio]
