"""Answers to flowmatch-restyle: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _back(velocity, x, labels, times, h):
    for t in times:
        x = x - h * velocity(x, t, labels)
    return x


def _forward(velocity, x, labels, times, h):
    for t in times:
        x = x + h * velocity(x, t, labels)
    return x


def _down(steps):
    return [k / steps for k in range(steps, 0, -1)]


def _up(steps):
    return [k / steps for k in range(steps)]


# Known mistakes


def labels_swapped(velocity, x, old, new, steps):
    return _forward(velocity, _back(velocity, x, new, _down(steps), 1 / steps), old, _up(steps), 1 / steps)


def new_both_ways(velocity, x, old, new, steps):
    return _forward(velocity, _back(velocity, x, new, _down(steps), 1 / steps), new, _up(steps), 1 / steps)


def old_both_ways(velocity, x, old, new, steps):
    return _forward(velocity, _back(velocity, x, old, _down(steps), 1 / steps), old, _up(steps), 1 / steps)


def only_back(velocity, x, old, new, steps):
    return _back(velocity, x, old, _down(steps), 1 / steps)


def only_forward(velocity, x, old, new, steps):
    return _forward(velocity, x, new, _up(steps), 1 / steps)


def from_zero(velocity, x, old, new, steps):
    _back(velocity, x, old, _down(steps), 1 / steps)
    return _forward(velocity, torch.zeros_like(x), new, _up(steps), 1 / steps)


def noise_forgotten(velocity, x, old, new, steps):
    _back(velocity, x, old, _down(steps), 1 / steps)
    return _forward(velocity, x, new, _up(steps), 1 / steps)


def back_with_rising_times(velocity, x, old, new, steps):
    return _forward(velocity, _back(velocity, x, old, _up(steps), 1 / steps), new, _up(steps), 1 / steps)


def back_to_zero(velocity, x, old, new, steps):
    return _forward(velocity, _back(velocity, x, old, _up(steps)[::-1], 1 / steps), new, _up(steps), 1 / steps)


def forward_from_h(velocity, x, old, new, steps):
    return _forward(velocity, _back(velocity, x, old, _down(steps), 1 / steps), new, _down(steps)[::-1], 1 / steps)


def both_with_their_ends(velocity, x, old, new, steps):
    return _forward(velocity, _back(velocity, x, old, _up(steps)[::-1], 1 / steps), new, _down(steps)[::-1], 1 / steps)


def plus_on_the_way_back(velocity, x, old, new, steps):
    return _forward(velocity, _forward(velocity, x, old, _down(steps), 1 / steps), new, _up(steps), 1 / steps)


def minus_on_the_way_forward(velocity, x, old, new, steps):
    return _back(velocity, _back(velocity, x, old, _down(steps), 1 / steps), new, _up(steps), 1 / steps)


def one_step_too_many_back(velocity, x, old, new, steps):
    return _forward(velocity, _back(velocity, x, old, [*_down(steps), 0.0], 1 / steps), new, _up(steps), 1 / steps)


def one_step_too_few_back(velocity, x, old, new, steps):
    return _forward(velocity, _back(velocity, x, old, _down(steps)[:-1], 1 / steps), new, _up(steps), 1 / steps)


def one_step_too_many_forward(velocity, x, old, new, steps):
    return _forward(velocity, _back(velocity, x, old, _down(steps), 1 / steps), new, [*_up(steps), 1.0], 1 / steps)


def forward_first(velocity, x, old, new, steps):
    return _back(velocity, _forward(velocity, x, new, _up(steps), 1 / steps), old, _down(steps), 1 / steps)


def without_h(velocity, x, old, new, steps):
    return _forward(velocity, _back(velocity, x, old, _down(steps), 1), new, _up(steps), 1)


def in_one_go(velocity, x, old, new, steps):
    for k in range(steps):
        x = x + (velocity(x, k / steps, new) - velocity(x, 1 - k / steps, old)) / steps
    return x


def half_the_steps_each(velocity, x, old, new, steps):
    half = max(steps // 2, 1)
    return _forward(velocity, _back(velocity, x, old, _down(half), 1 / half), new, _up(half), 1 / half)


def one_label_for_all(velocity, x, old, new, steps):
    a, b = old[:1].expand(len(old)), new[:1].expand(len(new))
    return _forward(velocity, _back(velocity, x, a, _down(steps), 1 / steps), b, _up(steps), 1 / steps)


def changes_x_in_place(velocity, x, old, new, steps):
    for t in _down(steps):
        x -= velocity(x, t, old) / steps
    return _forward(velocity, x, new, _up(steps), 1 / steps)


def times_by_arange(velocity, x, old, new, steps):
    times = torch.arange(0, 1, 1 / steps)
    return _forward(velocity, _back(velocity, x, old, (1 - times).tolist(), 1 / steps), new, times.tolist(), 1 / steps)


# Also right


def by_linspace(velocity, x, old, new, steps):
    times = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    for grid, labels in ((times.flip(0), old), (times, new)):
        for now, then in zip(grid[:-1].tolist(), grid[1:].tolist(), strict=True):
            with torch.no_grad():
                x = x + (then - now) * velocity(x, now, labels)
    return x


def counting_time(velocity, x, old, new, steps):
    t, h, x = 1.0, 1 / steps, x.clone()
    for _ in range(steps):
        x -= h * velocity(x, t, old)
        t -= h
    t = 0.0
    for _ in range(steps):
        x += h * velocity(x, t, new)
        t += h
    return x


RISING = "On the way back your times begin at 0: an image stands at t = 1, and the first step back begins there."

mistakes = [
    Mistake(labels_swapped, "Your labels have changed places: back under the old one, forward under the new one."),
    Mistake(new_both_ways, "You go back under the new label: the image is one of the old."),
    Mistake(old_both_ways, "You go forward under the old label: that brings the old image back."),
    Mistake(only_back, "You return the noise: the way forward, under the new label, is missing."),
    Mistake(only_forward, "You follow the new label from the image as if it were noise: first go back, from t = 1 to 0."),
    Mistake(from_zero, "You start forward from zeros: start from the noise at the end of the way back."),
    Mistake(noise_forgotten, "Your way forward starts at the image again: start from the noise at the end of the way back."),
    Mistake(back_with_rising_times, RISING),
    Mistake(back_to_zero, "On the way back you ask at the times where the steps end: 1 - h, …, 0. Each step asks where it "
            "begins: 1, …, h."),
    Mistake(forward_from_h, "On the way forward you ask at the times where the steps end: h, …, 1. They begin at 0, …, 1 - h."),
    Mistake(both_with_their_ends, "Both ways you ask at the times where steps end: each asks where it begins."),
    Mistake(plus_on_the_way_back, "On the way back you walk along the velocity: against it, x - h v."),
    Mistake(minus_on_the_way_forward, "On the way forward you walk against the velocity: along it, x + h v."),
    Mistake(one_step_too_many_back, "That is one step too many on the way back: the last one begins at h."),
    Mistake(one_step_too_few_back, "One step is missing on the way back: the last one begins at h."),
    Mistake(one_step_too_many_forward, "That is one step too many on the way forward: the last one begins at 1 - h."),
    Mistake(forward_first, "You go forward first: an image stands at t = 1 and goes back first."),
    Mistake(without_h, "The step's length is missing: velocity times h = 1/steps is distance."),
    Mistake(in_one_go, "You take steps of both kinds in turn: go all the way back first, then all the way forward."),
    Mistake(half_the_steps_each, "You share the steps between both ways: each way has `steps` of them."),
    Mistake(one_label_for_all, "The first labels serve for all rows: each row has its own."),
    Mistake(changes_x_in_place, "`restyle` changes its argument `x` in place: work on a copy, x = x - …"),
    Mistake(times_by_arange, "torch.arange(0, 1, 1 / steps) holds one time too many for some numbers of steps (49, say), by "
            "rounding: count whole steps."),
]

also_right = [by_linspace, counting_time]
