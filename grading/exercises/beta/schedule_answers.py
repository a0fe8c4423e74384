"""Answers to beta-schedule: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake

# Known mistakes


def never_stops(step, warmup_steps, beta):
    return beta * step / warmup_steps if warmup_steps else beta


def stops_at_one(step, warmup_steps, beta):
    return min(1.0, beta * step / warmup_steps) if warmup_steps else min(1.0, beta)


def forgets_beta(step, warmup_steps, beta):
    return min(1.0, step / warmup_steps) if warmup_steps else 1.0


def divides_by_zero(step, warmup_steps, beta):
    return beta * min(1.0, step / warmup_steps)


def integer_division(step, warmup_steps, beta):
    return beta * min(1, step // warmup_steps) if warmup_steps else beta


def falls(step, warmup_steps, beta):
    return beta * max(0.0, 1 - step / warmup_steps) if warmup_steps else beta


def one_step_ahead(step, warmup_steps, beta):
    return beta * min(1.0, (step + 1) / warmup_steps) if warmup_steps else beta


def from_one_to_beta(step, warmup_steps, beta):
    return 1 + (beta - 1) * min(1.0, step / warmup_steps) if warmup_steps else beta


def zero_without_warmup(step, warmup_steps, beta):
    return beta * min(1.0, step / warmup_steps) if warmup_steps else 0.0


def zero_at_the_first_step(step, warmup_steps, beta):
    return beta * min(1.0, step / max(1, warmup_steps))


def slope_without_beta(step, warmup_steps, beta):
    return min(beta, step / warmup_steps) if warmup_steps else beta


def never_below_beta(step, warmup_steps, beta):
    return beta * max(1.0, step / warmup_steps) if warmup_steps else beta


def one_step_behind(step, warmup_steps, beta):
    return beta * min(1.0, max(step - 1, 0) / warmup_steps) if warmup_steps else beta


def one_step_short(step, warmup_steps, beta):
    return beta * min(1.0, step / (warmup_steps - 1)) if warmup_steps else beta


def half_a_cosine(step, warmup_steps, beta):
    return beta if step >= warmup_steps else beta * (1 - math.cos(math.pi * step / warmup_steps)) / 2


def squared(step, warmup_steps, beta):
    return beta if step >= warmup_steps else beta * (step / warmup_steps) ** 2


def begins_again(step, warmup_steps, beta):
    return beta * (step % warmup_steps) / warmup_steps if warmup_steps else beta


# Also right


def with_branches(step, warmup_steps, beta):
    if step >= warmup_steps:
        return beta
    return beta * step / warmup_steps


def with_tensors(step, warmup_steps, beta):
    if warmup_steps == 0:
        return torch.tensor(beta)
    return torch.clamp(torch.tensor(step / warmup_steps, dtype=torch.float64), max=1.0) * beta


def with_a_guard(step, warmup_steps, beta):
    return min(beta, beta * step / max(warmup_steps, 1)) if warmup_steps else float(beta)


mistakes = [
    Mistake(never_stops, "Your weight goes on growing past β after the warm-up."),
    Mistake(stops_at_one, "Your weight stops at 1; it should stop at β."),
    Mistake(forgets_beta, "Your weight ends at 1; it should end at β."),
    Mistake(divides_by_zero, "With warmup_steps = 0 you divide by zero: the weight is then β from the first step."),
    Mistake(integer_division, "Your weight stays at 0 and jumps at the end, as with `//`, which drops the fraction: divide with `/`."),
    Mistake(falls, "Your weight falls during the warm-up; it should rise from 0 to β."),
    Mistake(one_step_ahead, "Your weight is one step ahead: at step 0 it is 0."),
    Mistake(from_one_to_beta, "Your weight starts at 1; the warm-up starts at 0."),
    Mistake(zero_without_warmup, "Without a warm-up (warmup_steps = 0) the weight is β, not 0."),
    Mistake(zero_at_the_first_step, "With warmup_steps = 0 your weight is still 0 at step 0: without a warm-up it is β from the first step."),
    Mistake(slope_without_beta, "Your weight grows by 1 / warmup_steps in each step, whatever β is; it should grow by β / warmup_steps."),
    Mistake(never_below_beta, "Your weight never falls below β: take the smaller of 1 and step / warmup_steps, not the larger."),
    Mistake(one_step_behind, "Your weight is one step behind: at step = warmup_steps it is β."),
    Mistake(one_step_short, "Your warm-up is one step too short: at `step` the fraction is step / warmup_steps."),
    Mistake(half_a_cosine, "Your weight grows along a curve; this warm-up is linear."),
    Mistake(squared, "Your weight grows along a curve; this warm-up is linear."),
    Mistake(begins_again, "Your warm-up begins anew when it is over. After it the weight stays at β."),
]

also_right = [with_branches, with_tensors, with_a_guard]
