"""Planted answers to flowmatch-euler, by another hand than the check's."""

import torch


def linspace_with_the_end(velocity, x, steps):
    for t in torch.linspace(0, 1, steps, dtype=torch.float64):
        x = x + velocity(x, t.item()) / steps
    return x


def from_one_down(velocity, x, steps):
    t = 1.0
    for _ in range(steps):
        x = x + (1 / steps) * velocity(x, t)
        t -= 1 / steps
    return x


def minus_like_diffusion(velocity, x, steps):
    for i in range(steps):
        x = x - velocity(x, i / steps) / steps
    return x


def time_first(velocity, x, steps):
    t = 0.0
    for _ in range(steps):
        t += 1 / steps
        x = x + velocity(x, t) / steps
    return x


def no_step_size(velocity, x, steps):
    for i in range(steps):
        x = x + velocity(x, i / steps)
    return x


def counter_for_time(velocity, x, steps):
    for i in range(steps):
        x = x + velocity(x, i) / steps
    return x


def inclusive_range(velocity, x, steps):
    for i in range(0, steps + 1):
        x = x + velocity(x, i / steps) / steps
    return x


def starts_counting_at_one(velocity, x, steps):
    for i in range(1, steps):
        x = x + velocity(x, i / steps) / steps
    return x


def in_place(velocity, x, steps):
    for i in range(steps):
        x.add_(velocity(x, i / steps), alpha=1 / steps)
    return x


def indented_return(velocity, x, steps):
    dt = 1.0 / steps
    for i in range(steps):
        x = x + dt * velocity(x, i * dt)
        return x


def while_loop(velocity, x, steps):
    i, y = 0, x.clone()
    while i < steps:
        y.add_(velocity(y, i / steps), alpha=1 / steps)
        i += 1
    return y


def from_a_list(velocity, x, steps):
    states = [x]
    for i in range(steps):
        states.append(states[-1] + velocity(states[-1], i / steps) * (1 / steps))
    return states[-1]


wrong = [(linspace_with_the_end, "linspace_to_one"), (from_one_down, "time_backwards"),
         (minus_like_diffusion, "walks_backwards"), (time_first, "asks_at_the_end"), (no_step_size, "without_h"),
         (counter_for_time, "whole_times"), (inclusive_range, "one_step_too_many"),
         (starts_counting_at_one, "first_skipped"), (in_place, "changes_x_in_place"),
         (indented_return, "returns_in_the_loop")]
right = [while_loop, from_a_list]
