"""Planted answers to beta-schedule, by another author than the check's."""

import math

import numpy as np
import torch


def grows_for_ever(step, warmup_steps, beta):
    return beta * step / max(warmup_steps, 1) if warmup_steps else beta


def no_guard(step, warmup_steps, beta):
    return beta * min(step / warmup_steps, 1)


def guard_by_one(step, warmup_steps, beta):
    """max(1, warmup_steps): without warm-up, the first step still has weight 0."""
    return beta * min(1.0, step / max(1, warmup_steps))


def guard_by_epsilon(step, warmup_steps, beta):
    return beta * min(1.0, step / (warmup_steps + 1e-8))


def forgets_beta(step, warmup_steps, beta):
    return 1.0 if warmup_steps == 0 else min(1.0, step / warmup_steps)


def caps_at_beta(step, warmup_steps, beta):
    """min(β, fraction): the slope does not know β."""
    return min(beta, step / warmup_steps) if warmup_steps else beta


def at_least_one(step, warmup_steps, beta):
    return beta * max(1.0, step / warmup_steps) if warmup_steps else beta


def counts_from_one(step, warmup_steps, beta):
    return beta * min(1.0, (step + 1) / warmup_steps) if warmup_steps else beta


def step_behind(step, warmup_steps, beta):
    return beta * min(1.0, max(step - 1, 0) / warmup_steps) if warmup_steps else beta


def whole_numbers(step, warmup_steps, beta):
    return beta * min(1, step // warmup_steps) if warmup_steps else beta


def waits(step, warmup_steps, beta):
    return 0.0 if step < warmup_steps else beta


def cools_down(step, warmup_steps, beta):
    return beta * (1 - step / warmup_steps) if step < warmup_steps else 0.0


def from_one(step, warmup_steps, beta):
    """Starts at 1 and goes to β."""
    return 1 + (beta - 1) * min(1.0, step / warmup_steps) if warmup_steps else beta


def cosine(step, warmup_steps, beta):
    if step >= warmup_steps:
        return beta
    return beta * (1 - math.cos(math.pi * step / warmup_steps)) / 2


def squared(step, warmup_steps, beta):
    return beta * min(1.0, step / warmup_steps) ** 2 if warmup_steps else beta


def cycles(step, warmup_steps, beta):
    """Begins anew after each warm-up."""
    return beta * (step % warmup_steps) / warmup_steps if warmup_steps else beta


def zero_without(step, warmup_steps, beta):
    return 0.0 if warmup_steps == 0 else beta * min(1.0, step / warmup_steps)


def one_after(step, warmup_steps, beta):
    """β is forgotten after the warm-up."""
    return beta * step / warmup_steps if step < warmup_steps else 1.0


def half_way(step, warmup_steps, beta):
    """The denominator is off by one, as in linspace."""
    return beta * min(1.0, step / (warmup_steps - 1)) if warmup_steps else beta


def interpolated(step, warmup_steps, beta):
    if warmup_steps == 0:
        return beta
    return np.interp(step, [0, warmup_steps], [0.0, beta])


def by_cases(step, warmup_steps, beta):
    if step < warmup_steps:
        return step * (beta / warmup_steps)
    return beta


def as_tensor(step, warmup_steps, beta):
    if not warmup_steps:
        return torch.tensor(beta)
    return beta * torch.clamp(torch.tensor(step / warmup_steps), 0, 1)


def clipped(step, warmup_steps, beta):
    return float(np.clip(beta * step / warmup_steps, 0, beta)) if warmup_steps > 0 else beta


def missing_part(step, warmup_steps, beta):
    return beta - beta * max(0, warmup_steps - step) / max(1, warmup_steps)


wrong = [
    (grows_for_ever, "never_stops"),
    (no_guard, "divides_by_zero"),
    (guard_by_one, "zero_at_the_first_step"),
    (guard_by_epsilon, "zero_at_the_first_step"),
    (forgets_beta, "forgets_beta"),
    (caps_at_beta, "slope_without_beta"),
    (at_least_one, "never_below_beta"),
    (counts_from_one, "one_step_ahead"),
    (step_behind, "one_step_behind"),
    (whole_numbers, "integer_division"),
    (waits, "integer_division"),
    (cools_down, "falls"),
    (from_one, "from_one_to_beta"),
    (cosine, "half_a_cosine"),
    (squared, "squared"),
    (cycles, "begins_again"),
    (zero_without, "zero_without_warmup"),
    (one_after, "stops_at_one"),
    (half_way, "one_step_short"),
]
right = [interpolated, by_cases, as_tensor, clipped, missing_part]
