"""Planted answers to ddpm-embedding, by another author than the check's."""

import math

import torch


def off_by_one_in_the_power(t, dim):
    half = dim // 2
    rate = torch.exp(-math.log(10_000.0) * torch.arange(half, dtype=torch.float64) / half)
    angle = t.double()[:, None] * rate
    return torch.nn.functional.pad(torch.cat([angle.sin(), angle.cos()], 1), (0, dim % 2))


def alternating(t, dim):
    out = torch.zeros(len(t), dim, dtype=torch.float64)
    half = dim // 2
    rate = 10_000.0 ** (-torch.arange(half, dtype=torch.float64) / (half - 1))
    out[:, 0:2 * half:2] = (t[:, None] * rate).sin()
    out[:, 1:2 * half:2] = (t[:, None] * rate).cos()
    return out


def cosine_then_sine(t, dim):
    half = dim // 2
    angle = torch.outer(t.double(), torch.logspace(0, -4, half, dtype=torch.float64))
    return torch.nn.functional.pad(torch.cat([angle.cos(), angle.sin()], 1), (0, dim % 2))


def too_short(t, dim):
    half = dim // 2
    angle = torch.outer(t.double(), torch.logspace(0, -4, half, dtype=torch.float64))
    return torch.cat([angle.sin(), angle.cos()], 1)


def turns(t, dim):
    half = dim // 2
    angle = 2 * torch.pi * torch.outer(t.double(), torch.logspace(0, -4, half, dtype=torch.float64))
    return torch.nn.functional.pad(torch.cat([angle.sin(), angle.cos()], 1), (0, dim % 2))


def by_list(t, dim):
    half = dim // 2
    rows = []
    for s in t:
        angles = [float(s) * 10_000.0 ** (-i / (half - 1)) for i in range(half)]
        rows.append([math.sin(a) for a in angles] + [math.cos(a) for a in angles] + [0.0] * (dim % 2))
    return torch.tensor(rows)


wrong = [
    (off_by_one_in_the_power, "divided_by_half"), (alternating, "interleaved"), (cosine_then_sine, "cosines_first"),
    (too_short, "odd_left_short"), (turns, "with_two_pi"),
]
right = [by_list]
