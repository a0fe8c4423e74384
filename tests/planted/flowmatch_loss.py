"""Planted answers to flowmatch-loss, by another hand than the check's."""

import torch
import torch.nn.functional as F
from torch import nn


def _mix(x, noise, t):
    s = t
    while s.dim() < x.dim():
        s = s.unsqueeze(-1)
    return noise * (1 - s) + x * s


def start_and_end_swapped(network, x, noise, t):
    loss = nn.MSELoss()
    return loss(network(_mix(x, noise, t), t), noise - x)


def ddpm_habit(network, x, noise, t):
    return nn.functional.mse_loss(noise, network(_mix(x, noise, t), t))


def predicts_the_clean(network, x, noise, t):
    return torch.mean((network(_mix(x, noise, t), t) - x) ** 2)


def reduction_sum(network, x, noise, t):
    return ((network(_mix(x, noise, t), t) - (x - noise)) ** 2).sum()


def mean_of_norms(network, x, noise, t):
    gap = network(_mix(x, noise, t), t) - (x - noise)
    return gap.flatten(1).norm(dim=1).pow(2).mean()


def fresh_noise(network, x, noise, t):
    eps = torch.randn(x.shape, dtype=x.dtype)
    return F.mse_loss(network(_mix(x, eps, t), t), x - eps)


def fresh_times(network, x, noise, t):
    u = torch.rand(len(x), dtype=x.dtype)
    return F.mse_loss(network(_mix(x, noise, u), u), x - noise)


def no_graph(network, x, noise, t):
    with torch.no_grad():
        answer = network(_mix(x, noise, t), t)
    return F.mse_loss(answer, x - noise)


def time_scaled(network, x, noise, t):
    return F.mse_loss(network(_mix(x, noise, t), t * 1000.0), x - noise)


def smooth_l1(network, x, noise, t):
    return F.l1_loss(network(_mix(x, noise, t), t), x - noise)


def column_of_times(network, x, noise, t):
    s = t.unsqueeze(1)
    return F.mse_loss(network(noise * (1 - s) + x * s, t), x - noise)


def half_mse(network, x, noise, t):
    return (network(_mix(x, noise, t), t) - x + noise).pow(2).mean() / 2


def variance_preserving(network, x, noise, t):
    s = _mix(torch.ones_like(x), torch.zeros_like(x), t)
    return F.mse_loss(network(s.sqrt() * x + (1 - s).sqrt() * noise, t), x - noise)


def row_by_row(network, x, noise, t):
    places = torch.stack([n + float(s) * (a - n) for a, n, s in zip(x, noise, t, strict=True)])
    gaps = network(places, t) - x + noise
    return sum(gap.square().mean() for gap in gaps) / len(gaps)


def with_einsum(network, x, noise, t):
    place = torch.einsum("b...,b->b...", x, t) + torch.einsum("b...,b->b...", noise, 1 - t)
    return F.mse_loss(network(place, t), x.sub(noise))


wrong = [(start_and_end_swapped, "target_backwards"), (ddpm_habit, "target_noise"),
         (predicts_the_clean, "target_data"), (reduction_sum, "sums"), (mean_of_norms, "sum_over_values"),
         (fresh_noise, "own_noise"), (fresh_times, "own_times"), (no_graph, "cut_off"), (time_scaled, "thousands"),
         (smooth_l1, "absolute"), (column_of_times, "for_points_only"), (half_mse, "halved"),
         (variance_preserving, "diffusion_path")]
right = [row_by_row, with_einsum]
