"""Answers to flowmatch-heun: wrong ones with the sentence that names each, and right ones."""

from itertools import pairwise

import torch

from grading.checks.exercise import Mistake


def _walk(velocity, x, steps, step):
    h = 1 / steps
    for k in range(steps):
        x = step(velocity, x, k * h, h)
    return x


# Known mistakes


def euler(velocity, x, steps):
    return _walk(velocity, x, steps, lambda v, x, t, h: x + h * v(x, t))


def midpoint(velocity, x, steps):
    return _walk(velocity, x, steps, lambda v, x, t, h: x + h * v(x + h / 2 * v(x, t), t + h / 2))


def sum_for_mean(velocity, x, steps):
    def step(v, x, t, h):
        first = v(x, t)
        return x + h * (first + v(x + h * first, t + h))
    return _walk(velocity, x, steps, step)


def second_at_the_same_time(velocity, x, steps):
    def step(v, x, t, h):
        first = v(x, t)
        return x + h / 2 * (first + v(x + h * first, t))
    return _walk(velocity, x, steps, step)


def second_at_the_same_place(velocity, x, steps):
    return _walk(velocity, x, steps, lambda v, x, t, h: x + h / 2 * (v(x, t) + v(x, t + h)))


def second_alone(velocity, x, steps):
    return _walk(velocity, x, steps, lambda v, x, t, h: x + h * v(x + h * v(x, t), t + h))


def starts_from_the_look_ahead(velocity, x, steps):
    def step(v, x, t, h):
        first = v(x, t)
        x = x + h * first
        return x + h / 2 * (first + v(x, t + h))
    return _walk(velocity, x, steps, step)


def two_euler_steps(velocity, x, steps):
    def step(v, x, t, h):
        x = x + h / 2 * v(x, t)
        return x + h / 2 * v(x, t + h / 2)
    return _walk(velocity, x, steps, step)


def look_ahead_without_h(velocity, x, steps):
    def step(v, x, t, h):
        first = v(x, t)
        return x + h / 2 * (first + v(x + first, t + h))
    return _walk(velocity, x, steps, step)


def half_a_look_ahead(velocity, x, steps):
    def step(v, x, t, h):
        first = v(x, t)
        return x + h / 2 * (first + v(x + h / 2 * first, t + h))
    return _walk(velocity, x, steps, step)


def half_the_time_ahead(velocity, x, steps):
    def step(v, x, t, h):
        first = v(x, t)
        return x + h / 2 * (first + v(x + h * first, t + h / 2))
    return _walk(velocity, x, steps, step)


def look_behind(velocity, x, steps):
    def step(v, x, t, h):
        first = v(x, t)
        return x + h / 2 * (first + v(x - h * first, t + h))
    return _walk(velocity, x, steps, step)


def last_step_euler(velocity, x, steps):
    h = 1 / steps
    for k in range(steps):
        first = velocity(x, k * h)
        x = x + (h * first if k == steps - 1 else h / 2 * (first + velocity(x + h * first, (k + 1) * h)))
    return x


def mean_of_places(velocity, x, steps):
    def step(v, x, t, h):
        ahead = x + h * v(x, t)
        return (x + ahead) / 2
    return _walk(velocity, x, steps, step)


def without_h(velocity, x, steps):
    def step(v, x, t, h):
        first = v(x, t)
        return x + (first + v(x + h * first, t + h)) / 2
    return _walk(velocity, x, steps, step)


def time_backwards(velocity, x, steps):
    h = 1 / steps
    for k in range(steps):
        t = 1 - k * h
        first = velocity(x, t)
        x = x + h / 2 * (first + velocity(x + h * first, t - h))
    return x


def walks_backwards(velocity, x, steps):
    h = -1 / steps
    for k in range(steps):
        t = 1 + k * h
        first = velocity(x, t)
        x = x + h / 2 * (first + velocity(x + h * first, t + h))
    return x


def minus(velocity, x, steps):
    def step(v, x, t, h):
        first = v(x, t)
        return x + h / 2 * (first - v(x + h * first, t + h))
    return _walk(velocity, x, steps, step)


def runge_kutta(velocity, x, steps):
    def step(v, x, t, h):
        a = v(x, t)
        b = v(x + h / 2 * a, t + h / 2)
        c = v(x + h / 2 * b, t + h / 2)
        return x + h / 6 * (a + 2 * b + 2 * c + v(x + h * c, t + h))
    return _walk(velocity, x, steps, step)


def ralston(velocity, x, steps):
    def step(v, x, t, h):
        first = v(x, t)
        return x + h * (first / 4 + 3 / 4 * v(x + 2 / 3 * h * first, t + 2 / 3 * h))
    return _walk(velocity, x, steps, step)


def asked_three_times(velocity, x, steps):
    return _walk(velocity, x, steps, lambda v, x, t, h: x + h / 2 * (v(x, t) + v(x + h * v(x, t), t + h)))


def one_step_too_few(velocity, x, steps):
    h = 1 / steps
    for k in range(steps - 1):
        first = velocity(x, k * h)
        x = x + h / 2 * (first + velocity(x + h * first, (k + 1) * h))
    return x


def time_stands_still(velocity, x, steps):
    h = 1 / steps
    for _ in range(steps):
        first = velocity(x, 0.0)
        x = x + h / 2 * (first + velocity(x + h * first, h))
    return x


def times_by_arange(velocity, x, steps):
    for t in torch.arange(0, 1, 1 / steps).tolist():
        first = velocity(x, t)
        x = x + (first + velocity(x + first / steps, t + 1 / steps)) / (2 * steps)
    return x


# Also right


def correcting(velocity, x, steps):
    t, h = 0.0, 1 / steps
    for _ in range(steps):
        first = velocity(x, t)
        ahead = x + first * h
        t += h
        x = ahead + 0.5 * h * (velocity(ahead, t) - first)
    return x


def by_linspace(velocity, x, steps):
    times = torch.linspace(0, 1, steps + 1, dtype=torch.float64).tolist()
    x = x.clone()
    for now, then in pairwise(times):
        with torch.no_grad():
            v = [velocity(x, now)]
            v.append(velocity(x + (then - now) * v[0], then))
            x += (then - now) * torch.stack(v).mean(0)
    return x


mistakes = [
    Mistake(euler, "These are Euler's steps: the look ahead is missing."),
    Mistake(midpoint, "This is the midpoint rule, which is also of order 2. Heun takes the mean of the velocities at both ends."),
    Mistake(ralston, "This is Ralston's rule, which is also of order 2. Heun asks at both ends, and weights them alike."),
    Mistake(runge_kutta, "This is the Runge–Kutta rule of order 4: Heun needs two evaluations."),
    Mistake(sum_for_mean, "You add the two velocities: their mean is asked for, so a ½ is missing."),
    Mistake(second_at_the_same_time, "You ask for the second velocity at the time where the step begins: it is that at t + h."),
    Mistake(second_at_the_same_place, "You ask for the second velocity at the place where the step begins: it is that where an "
            "Euler step would end."),
    Mistake(second_alone, "You take the second velocity alone: the mean of both is asked for."),
    Mistake(starts_from_the_look_ahead, "Your step starts from the look ahead: that was only to ask, the step starts from x."),
    Mistake(two_euler_steps, "These are two Euler steps of half the length: Heun takes the mean of two velocities."),
    Mistake(look_ahead_without_h, "Your look ahead is not multiplied by h."),
    Mistake(half_a_look_ahead, "Your look ahead is half an Euler step: a whole one is asked for."),
    Mistake(half_the_time_ahead, "You look a whole step ahead at half of its time: the time there is t + h."),
    Mistake(look_behind, "You look behind instead of ahead: x + h times the first velocity."),
    Mistake(last_step_euler, "Your last step is one of Euler's, as some samplers have it. Here all are alike."),
    Mistake(mean_of_places, "You take the mean of x and the look ahead, which is half an Euler step: take that of velocities."),
    Mistake(without_h, "The step's length is missing: velocity times h = 1/steps is distance."),
    Mistake(time_backwards, "Your times run from 1 down: noise stands at t = 0, and the walk begins there."),
    Mistake(walks_backwards, "You walk from data to noise: start at t = 0 and add h times the velocity."),
    Mistake(minus, "You take the difference of the two velocities: their mean is asked for."),
    Mistake(asked_three_times, "Right, but each step asks three times: keep the first velocity. Evaluations are what a sample "
            "costs."),
    Mistake(one_step_too_few, "One step is missing at the end: there are `steps` of them."),
    Mistake(time_stands_still, "Time stands still from step to step: step number k begins at k·h."),
    Mistake(times_by_arange, "torch.arange(0, 1, 1 / steps) holds one time too many for some numbers of steps (49, say), by "
            "rounding: count whole steps."),
]

also_right = [correcting, by_linspace]
