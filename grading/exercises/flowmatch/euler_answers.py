"""Answers to flowmatch-euler: wrong ones with the sentence that names each, and right ones."""

from itertools import pairwise

import torch

from grading.checks.exercise import Mistake


def _steps(velocity, x, times, h):
    for t in times:
        x = x + h * velocity(x, t)
    return x


# Known mistakes


def asks_at_the_end(velocity, x, steps):
    return _steps(velocity, x, [(k + 1) / steps for k in range(steps)], 1 / steps)


def asks_in_the_middle(velocity, x, steps):
    return _steps(velocity, x, [(k + 0.5) / steps for k in range(steps)], 1 / steps)


def time_backwards(velocity, x, steps):
    return _steps(velocity, x, [1 - k / steps for k in range(steps)], 1 / steps)


def time_backwards_from_the_last(velocity, x, steps):
    return _steps(velocity, x, [(steps - 1 - k) / steps for k in range(steps)], 1 / steps)


def walks_backwards(velocity, x, steps):
    return _steps(velocity, x, [k / steps for k in range(steps)], -1 / steps)


def reversed_altogether(velocity, x, steps):
    return _steps(velocity, x, [1 - k / steps for k in range(steps)], -1 / steps)


def without_h(velocity, x, steps):
    return _steps(velocity, x, [k / steps for k in range(steps)], 1)


def whole_times(velocity, x, steps):
    return _steps(velocity, x, range(steps), 1 / steps)


def times_to_a_thousand(velocity, x, steps):
    return _steps(velocity, x, [1000 * k / steps for k in range(steps)], 1 / steps)


def one_step_too_few(velocity, x, steps):
    return _steps(velocity, x, [k / steps for k in range(steps - 1)], 1 / steps)


def one_step_too_many(velocity, x, steps):
    return _steps(velocity, x, [k / steps for k in range(steps + 1)], 1 / steps)


def first_skipped(velocity, x, steps):
    return _steps(velocity, x, [k / steps for k in range(1, steps)], 1 / steps)


def linspace_to_one(velocity, x, steps):
    return _steps(velocity, x, torch.linspace(0, 1, steps, dtype=torch.float64).tolist(), 1 / steps)


def linspace_with_its_own_h(velocity, x, steps):
    times = torch.linspace(0, 1, steps + 1, dtype=torch.float64).tolist()
    return _steps(velocity, x, times, 1 / (steps + 1))


def time_stands_still(velocity, x, steps):
    return _steps(velocity, x, [0.0] * steps, 1 / steps)


def one_velocity_for_all(velocity, x, steps):
    first = velocity(x, 0.0)
    for _ in range(steps):
        x = x + first / steps
    return x


def always_from_the_start(velocity, x, steps):
    start = x
    for k in range(steps):
        x = x + velocity(start, k / steps) / steps
    return x


def replaces_x(velocity, x, steps):
    for k in range(steps):
        x = velocity(x, k / steps) / steps
    return x


def only_the_last(velocity, x, steps):
    end = x
    for k in range(steps):
        end = x + velocity(end, k / steps) / steps
    return end


def returns_in_the_loop(velocity, x, steps):
    for k in range(steps):
        return x + velocity(x, k / steps) / steps


def heun(velocity, x, steps):
    h = 1 / steps
    for k in range(steps):
        first = velocity(x, k * h)
        x = x + h / 2 * (first + velocity(x + h * first, (k + 1) * h))
    return x


def changes_x_in_place(velocity, x, steps):
    for k in range(steps):
        x += velocity(x, k / steps) / steps
    return x


def h_squared(velocity, x, steps):
    return _steps(velocity, x, [k / steps for k in range(steps)], 1 / steps**2)


def times_by_arange(velocity, x, steps):
    for t in torch.arange(0, 1, 1 / steps).tolist():
        x = x + velocity(x, t) / steps
    return x


# Also right


def counting_time(velocity, x, steps):
    t, h = 0.0, 1 / steps
    x = x.clone()
    for _ in range(steps):
        x += h * velocity(x, t)
        t += h
    return x


def by_linspace(velocity, x, steps):
    times = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    for now, then in pairwise(times):
        with torch.no_grad():
            x = x + (then - now).item() * velocity(x, now.item())
    return x


def recursive(velocity, x, steps):
    def go(z, k):
        return z if k == steps else go(z + velocity(z, k / steps) / steps, k + 1)
    return go(x, 0)


mistakes = [
    Mistake(asks_at_the_end, "You ask for the velocity at the time where the step ends: the first step begins at t = 0."),
    Mistake(asks_in_the_middle, "You ask for the velocity at the middle of the step's time: Euler asks where the step begins."),
    Mistake(time_backwards, "Your times run from 1 down: noise stands at t = 0, and the walk begins there."),
    Mistake(time_backwards_from_the_last, "Your times run down to 0: noise stands at t = 0, and the walk begins there."),
    Mistake(walks_backwards, "You walk against the velocity: plus h times the velocity."),
    Mistake(reversed_altogether, "You walk from data to noise: start at t = 0 and add h times the velocity."),
    Mistake(without_h, "The step's length is missing: velocity times h = 1/steps is distance."),
    Mistake(whole_times, "Your times are 0, 1, 2, …: the step number k begins at t = k / steps."),
    Mistake(times_to_a_thousand, "Your times go to 1000: `velocity` wants them between 0 and 1."),
    Mistake(one_step_too_few, "One step is missing at the end: there are `steps` of them."),
    Mistake(one_step_too_many, "That is one step too many: the last one begins at 1 - h."),
    Mistake(first_skipped, "The first step, which begins at t = 0, is missing."),
    Mistake(linspace_to_one, "linspace(0, 1, steps) also holds t = 1, where no step begins: the times are k / steps."),
    Mistake(linspace_with_its_own_h, "You take steps + 1 steps of length 1/(steps + 1): linspace holds both ends."),
    Mistake(time_stands_still, "You ask at t = 0 in every step: time goes on by h."),
    Mistake(one_velocity_for_all, "You take one velocity for all steps: ask again after each."),
    Mistake(always_from_the_start, "You ask for the velocity at the start in every step: ask where x is now."),
    Mistake(replaces_x, "x itself is missing in your step: x + h v, not h v."),
    Mistake(only_the_last, "Each of your steps begins at the start: it begins where the last one ended."),
    Mistake(returns_in_the_loop, "Your `return` stands inside the loop: only one step is done."),
    Mistake(heun, "These are Heun's steps, with two evaluations each. They come next; here one is asked for."),
    Mistake(changes_x_in_place, "`euler` changes its argument `x` in place: work on a copy, x = x + …"),
    Mistake(h_squared, "The step's length is divided by the number of steps twice."),
    Mistake(times_by_arange, "torch.arange(0, 1, 1 / steps) holds one time too many for some numbers of steps (49, say), by "
            "rounding: count whole steps."),
]

also_right = [counting_time, by_linspace, recursive]
