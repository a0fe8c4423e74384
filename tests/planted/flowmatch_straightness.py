"""Planted answers to flowmatch-straightness, by another hand than the check's."""

from itertools import pairwise

import torch


def _walk(velocity, x, steps):
    states, found = [x], []
    for i in range(steps):
        found.append(velocity(states[-1], i / steps))
        states.append(states[-1] + found[-1] / steps)
    return states, found


def averaged_over_everything(velocity, x, steps):
    states, found = _walk(velocity, x, steps)
    return torch.stack([(states[-1] - x - v).flatten(1).pow(2).mean(1) for v in found]).mean(0)


def added_over_time(velocity, x, steps):
    states, found = _walk(velocity, x, steps)
    return sum((states[-1] - x - v).flatten(1).pow(2).sum(1) for v in found)


def distances(velocity, x, steps):
    states, found = _walk(velocity, x, steps)
    return torch.stack([(states[-1] - x - v).flatten(1).norm(dim=1) for v in found]).mean(0)


def mean_of_the_batch(velocity, x, steps):
    states, found = _walk(velocity, x, steps)
    return torch.stack([(states[-1] - x - v).flatten(1).pow(2).sum(1) for v in found]).mean()


def displacement_of_a_step(velocity, x, steps):
    states, _ = _walk(velocity, x, steps)
    return torch.stack([(states[-1] - x - (b - a)).flatten(1).pow(2).sum(1)
                        for a, b in pairwise(states)]).mean(0)


def against_the_first(velocity, x, steps):
    _, found = _walk(velocity, x, steps)
    return torch.stack([(v - found[0]).flatten(1).pow(2).sum(1) for v in found]).mean(0)


def wrong_way(velocity, x, steps):
    states, found = _walk(velocity, x, steps)
    return torch.stack([(x - states[-1] - v).flatten(1).pow(2).sum(1) for v in found]).mean(0)


def sample_variance(velocity, x, steps):
    _, found = _walk(velocity, x, steps)
    stack = torch.stack(found).flatten(2)
    return stack.var(0).sum(1) if steps > 1 else 0 * stack[0].sum(1)


def arc_over_chord(velocity, x, steps):
    states, found = _walk(velocity, x, steps)
    length = sum(v.flatten(1).norm(dim=1) for v in found) / steps
    return length / (states[-1] - x).flatten(1).norm(dim=1)


def rms(velocity, x, steps):
    states, found = _walk(velocity, x, steps)
    return torch.stack([(states[-1] - x - v).flatten(1).pow(2).sum(1) for v in found]).mean(0).sqrt()


def by_moments(velocity, x, steps):
    _, found = _walk(velocity, x, steps)
    v = torch.stack(found).flatten(2)
    return (v - v.mean(0)).pow(2).mean(0).sum(1)


def loop_in_the_end(velocity, x, steps):
    states, found = _walk(velocity, x, steps)
    total = states[-1] - states[0]
    return torch.stack([sum(((total[i] - v[i]) ** 2).sum() for v in found) / steps for i in range(len(x))])


wrong = [(averaged_over_everything, "mean_over_values"), (added_over_time, "sum_over_steps"),
         (distances, "not_squared"), (mean_of_the_batch, "one_number"),
         (displacement_of_a_step, "steps_for_velocities"), (against_the_first, "from_the_first"),
         (wrong_way, "start_minus_end"), (sample_variance, "unbiased"), (arc_over_chord, "length_over_distance"),
         (rms, "root_at_the_end")]
right = [by_moments, loop_in_the_end]
