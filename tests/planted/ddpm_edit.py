"""Planted answers to ddpm-edit, by another author than the check's."""

import torch


def _down(step, x, start):
    for t in range(start, -1, -1):
        x = step(x, torch.full((len(x),), t))
    return x


def clean_drawing(step, x, start, alpha_bar):
    return _down(step, x.clone(), start)


def without_shrinking(step, x, start, alpha_bar):
    return _down(step, x + torch.sqrt(1 - alpha_bar[start]) * torch.randn_like(x), start)


def from_the_end(step, x, start, alpha_bar):
    x = alpha_bar[start].sqrt() * x + (1 - alpha_bar[start]).sqrt() * torch.randn_like(x)
    return _down(step, x, len(alpha_bar) - 1)


def range_to_start(step, x, start, alpha_bar):
    x = alpha_bar[start].sqrt() * x + (1 - alpha_bar[start]).sqrt() * torch.randn_like(x)
    for t in reversed(range(start)):
        x = step(x, torch.full((len(x),), t))
    return x


def down_to_one(step, x, start, alpha_bar):
    x = alpha_bar[start].sqrt() * x + (1 - alpha_bar[start]).sqrt() * torch.randn_like(x)
    for t in range(start, 0, -1):
        x = step(x, torch.full((len(x),), t))
    return x


def noise_alone(step, x, start, alpha_bar):
    return _down(step, torch.randn_like(x), start)


def squared_weights(step, x, start, alpha_bar):
    return _down(step, alpha_bar[start] * x + (1 - alpha_bar[start]) * torch.randn_like(x), start)


def weights_exchanged(step, x, start, alpha_bar):
    return _down(step, (1 - alpha_bar[start]).sqrt() * x + alpha_bar[start].sqrt() * torch.randn_like(x), start)


def scalar_time(step, x, start, alpha_bar):
    x = alpha_bar[start].sqrt() * x + (1 - alpha_bar[start]).sqrt() * torch.randn_like(x)
    for t in reversed(range(start + 1)):
        x = step(x, torch.tensor([t]))
    return x


def with_a_list(step, x, start, alpha_bar):
    states = [alpha_bar[start] ** 0.5 * x + (1 - alpha_bar[start]) ** 0.5 * torch.randn(*x.shape, dtype=x.dtype)]
    for t in list(range(start + 1))[::-1]:
        states.append(step(states[-1], torch.zeros(len(x), dtype=torch.long) + t))
    return states[-1]


wrong = [
    (clean_drawing, "not_noised"), (without_shrinking, "noise_added_unshrunk"), (from_the_end, "whole_chain"),
    (range_to_start, "start_left_out"), (down_to_one, "zero_left_out"), (noise_alone, "pure_noise"),
    (squared_weights, "roots_missing"), (weights_exchanged, "weights_swapped"), (scalar_time, "one_time_alone"),
]
right = [with_a_list]


def times_in_a_column(step, x, start, alpha_bar):
    x = alpha_bar[start].sqrt() * x + (1 - alpha_bar[start]).sqrt() * torch.randn_like(x)
    for t in reversed(range(start + 1)):
        x = step(x, torch.full((len(x), 1), t))
    return x


def noise_within_two(step, x, start, alpha_bar):
    x = alpha_bar[start].sqrt() * x + (1 - alpha_bar[start]).sqrt() * torch.randn_like(x).clamp(-2, 2)
    for t in reversed(range(start + 1)):
        x = step(x, torch.full((len(x),), t))
    return x


wrong += [
    (times_in_a_column, "`step` is asked once for each time from start down to 0, both included, with t (B,)."),
    (noise_within_two, "The noise is standard normal, drawn anew for every number and call, and of the size that "
     "belongs to start."),
]
