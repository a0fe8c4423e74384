"""Planted answers to beta-schedule, by another author than the check's."""

import math
from fractions import Fraction

import numpy as np
import torch

from grading.exercises.beta.schedule import reference


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


def sigmoid_ramp(step, warmup_steps, beta):
    return beta if step >= warmup_steps else beta / (1 + math.exp(-12 * (step / warmup_steps - 0.5)))


def root_ramp(step, warmup_steps, beta):
    return beta if step >= warmup_steps else beta * (step / warmup_steps) ** 0.5


def hundredths(step, warmup_steps, beta):
    return beta if step >= warmup_steps else round(beta * step / warmup_steps, 2)


def staircase(step, warmup_steps, beta):
    return beta if step >= warmup_steps else beta * (10 * step // warmup_steps) / 10


def guarded_by_a_trifle(step, warmup_steps, beta):
    return beta * min(1.0, step / (warmup_steps + 1e-8))


def end_left_out(step, warmup_steps, beta):
    if warmup_steps == 0 or step > warmup_steps:
        return beta
    return 0.0 if step == warmup_steps else beta * step / warmup_steps


def only_after_the_end(step, warmup_steps, beta):
    return beta if step > warmup_steps else beta * step / warmup_steps


def one_after_the_end(step, warmup_steps, beta):
    return 1.0 if step >= warmup_steps else beta * step / warmup_steps


def whole_price(step, warmup_steps, beta):
    return int(beta) if step >= warmup_steps else int(beta) * step / warmup_steps


def cut_at_a_million(step, warmup_steps, beta):
    return beta * min(1.0, min(step, 10**6) / warmup_steps) if warmup_steps else beta


def percent(step, warmup_steps, beta):
    return beta if step >= warmup_steps else beta * (100 * step // warmup_steps) / 100


def larger_of_both(step, warmup_steps, beta):
    return max(beta, beta * step / warmup_steps) if warmup_steps else beta


def waits_then_jumps(step, warmup_steps, beta):
    return 0.0 if step < warmup_steps else beta


def a_floor(step, warmup_steps, beta):
    return max(1e-3, beta * min(1.0, step / warmup_steps)) if warmup_steps else beta


def back_and_forth(step, warmup_steps, beta):
    return beta * (1 - abs(1 - min(2.0, step / warmup_steps))) if warmup_steps else beta


def never_above_one(step, warmup_steps, beta):
    return min(1.0, reference(step, warmup_steps, beta))


def never_below_one(step, warmup_steps, beta):
    beta = max(beta, 1.0)
    return reference(step, warmup_steps, beta)


def by_interpolation(step, warmup_steps, beta):
    return float(np.interp(step, [0, warmup_steps], [0, beta])) if warmup_steps else beta


def by_fractions(step, warmup_steps, beta):
    part = Fraction(min(step, warmup_steps), warmup_steps) if warmup_steps else Fraction(1)
    return float(part) * beta


def by_lerp(step, warmup_steps, beta):
    part = 1.0 if step >= warmup_steps else step / warmup_steps
    return torch.lerp(torch.zeros(()), torch.tensor(beta), part)


def by_counting_down(step, warmup_steps, beta):
    left = max(0, warmup_steps - step)
    return beta - beta * left / warmup_steps if left else beta


TOLD_1 = ("During the warm-up the weight grows in proportion to the step, from 0.")
TOLD_2 = ("From the end of the warm-up on, and without one, the weight is β; a warm-up may last one step.")

wrong += [
    (sigmoid_ramp, TOLD_1),
    (root_ramp, TOLD_1),
    (hundredths, TOLD_1),
    (staircase, TOLD_1),
    (guarded_by_a_trifle, "zero_at_the_first_step"),
    (end_left_out, TOLD_2),
    (only_after_the_end, "divides_by_zero"),
    (one_after_the_end, TOLD_2),
    (whole_price, TOLD_1),
    (cut_at_a_million, TOLD_1),
    (percent, TOLD_1),
    (larger_of_both, "never_below_beta"),
    (waits_then_jumps, "integer_division"),
    (a_floor, TOLD_1),
    (back_and_forth, TOLD_2),
    (never_above_one, "stops_at_one"),
    (never_below_one, TOLD_1),
]
right += [by_interpolation, by_fractions, by_lerp, by_counting_down]
