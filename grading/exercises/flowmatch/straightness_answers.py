"""Answers to flowmatch-straightness: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _path(velocity, x, steps):
    """The whole way, the velocities (steps, B, D) and the places where they were asked."""
    start, found, places = x, [], []
    for k in range(steps):
        places.append(x)
        found.append(velocity(x, k / steps))
        x = x + found[-1] / steps
    return x - start, torch.stack(found).flatten(2), torch.stack(places).flatten(2)


def _gaps(velocity, x, steps):
    total, found, _ = _path(velocity, x, steps)
    return total.flatten(1) - found


# Known mistakes


def mean_over_values(velocity, x, steps):
    return _gaps(velocity, x, steps).square().mean(2).mean(0)


def sum_over_steps(velocity, x, steps):
    return _gaps(velocity, x, steps).square().sum(2).sum(0)


def not_squared(velocity, x, steps):
    return _gaps(velocity, x, steps).norm(dim=2).mean(0)


def root_at_the_end(velocity, x, steps):
    return _gaps(velocity, x, steps).square().sum(2).mean(0).clamp_min(0).sqrt()


def one_number(velocity, x, steps):
    return _gaps(velocity, x, steps).square().sum(2).mean()


def steps_for_velocities(velocity, x, steps):
    total, found, _ = _path(velocity, x, steps)
    return (total.flatten(1) - found / steps).square().sum(2).mean(0)


def sum_of_velocities(velocity, x, steps):
    _, found, _ = _path(velocity, x, steps)
    return (found.sum(0) - found).square().sum(2).mean(0)


def from_the_first(velocity, x, steps):
    _, found, _ = _path(velocity, x, steps)
    return (found - found[0]).square().sum(2).mean(0)


def from_step_to_step(velocity, x, steps):
    _, found, _ = _path(velocity, x, steps)
    return found.diff(dim=0).square().sum(2).mean(0) if steps > 1 else torch.zeros(len(x), dtype=x.dtype)


def unbiased(velocity, x, steps):
    gaps = _gaps(velocity, x, steps).square().sum(2).sum(0)
    return gaps / max(steps - 1, 1)


def squares_of_the_speed(velocity, x, steps):
    total, found, _ = _path(velocity, x, steps)
    return (total.flatten(1).norm(dim=1) - found.norm(dim=2)).square().mean(0)


def length_over_distance(velocity, x, steps):
    total, found, _ = _path(velocity, x, steps)
    return found.norm(dim=2).mean(0) / total.flatten(1).norm(dim=1)


def length_minus_distance(velocity, x, steps):
    total, found, _ = _path(velocity, x, steps)
    return found.norm(dim=2).mean(0) - total.flatten(1).norm(dim=1)


def end_not_minus_start(velocity, x, steps):
    total, found, _ = _path(velocity, x, steps)
    return ((x + total).flatten(1) - found).square().sum(2).mean(0)


def start_minus_end(velocity, x, steps):
    total, found, _ = _path(velocity, x, steps)
    return (-total.flatten(1) - found).square().sum(2).mean(0)


def off_the_chord(velocity, x, steps):
    total, _, places = _path(velocity, x, steps)
    times = torch.arange(steps, dtype=x.dtype)[:, None, None] / steps
    return (places - (x.flatten(1) + times * total.flatten(1))).square().sum(2).mean(0)


def squares_of_sums(velocity, x, steps):
    return _gaps(velocity, x, steps).sum(2).square().mean(0)


def gaps_averaged_first(velocity, x, steps):
    return _gaps(velocity, x, steps).mean(0).square().sum(1)


def asked_at_the_end(velocity, x, steps):
    start, found = x, []
    for k in range(steps):
        found.append(velocity(x, (k + 1) / steps))
        x = x + found[-1] / steps
    return ((x - start) - torch.stack(found)).flatten(2).square().sum(2).mean(0)


def asked_on_the_chord(velocity, x, steps):
    total, _, _ = _path(velocity, x, steps)
    found = torch.stack([velocity(x + k / steps * total, k / steps) for k in range(steps)]).flatten(2)
    return (total.flatten(1) - found).square().sum(2).mean(0)


def times_by_arange(velocity, x, steps):
    start, found = x, []
    for t in torch.arange(0, 1, 1 / steps).tolist():
        found.append(velocity(x, t))
        x = x + found[-1] / steps
    return ((x - start) - torch.stack(found)).flatten(2).square().sum(2).mean(0)


# Also right


def variance_of_velocities(velocity, x, steps):
    _, found, _ = _path(velocity, x, steps)
    return found.var(0, correction=0).sum(1)


def in_two_walks(velocity, x, steps):
    end = x
    for k in range(steps):
        end = end + velocity(end, k / steps) / steps
    place, total = x, torch.zeros(len(x), dtype=x.dtype)
    for k in range(steps):
        v = velocity(place, k / steps)
        total = total + ((end - x - v) ** 2).reshape(len(x), -1).sum(-1) / steps
        place = place + v / steps
    return total


mistakes = [
    Mistake(mean_over_values, "You average over the values of a row: their squares are added, as in a squared distance."),
    Mistake(sum_over_steps, "You add up the steps: their mean is asked for, or S would grow with their number."),
    Mistake(not_squared, "You average distances: squared distances are asked for."),
    Mistake(root_at_the_end, "You take a root in the end: S is a mean of squares."),
    Mistake(one_number, "You average over the starts: one number for each is asked for, (B,)."),
    Mistake(steps_for_velocities, "You compare the whole way with single steps: with velocities, which are `steps` times longer."),
    Mistake(sum_of_velocities, "You compare with the sum of the velocities: the whole way is their mean, as each lasts 1/steps."),
    Mistake(from_the_first, "You compare with the first velocity: with the whole way, end minus start."),
    Mistake(from_step_to_step, "You compare each velocity with the next: with the whole way, end minus start."),
    Mistake(unbiased, "You divide by steps - 1: the mean over the steps divides by their number."),
    Mistake(squares_of_the_speed, "You compare speeds, without direction: a circle would be straight. Compare the velocities "
            "themselves."),
    Mistake(length_over_distance, "That is the length of the path over the distance of its ends: a good measure, and another "
            "one."),
    Mistake(length_minus_distance, "That is the length of the path minus the distance of its ends: a good measure, and another "
            "one."),
    Mistake(end_not_minus_start, "You compare with the end itself: the whole way is end minus start."),
    Mistake(start_minus_end, "The whole way is end minus start, not start minus end."),
    Mistake(off_the_chord, "You measure how far the places are from a straight line: the velocities are asked for."),
    Mistake(squares_of_sums, "You add the values of a row before you square them: square first."),
    Mistake(gaps_averaged_first, "You average the differences before you square them: they add up to 0."),
    Mistake(asked_at_the_end, "You ask for the velocity at the time where a step ends: Euler asks where it begins."),
    Mistake(asked_on_the_chord, "You ask on the straight line between the ends: ask on the path itself."),
    Mistake(times_by_arange, "torch.arange(0, 1, 1 / steps) holds one time too many for some numbers of steps (49, say), by "
            "rounding: count whole steps."),
]

also_right = [variance_of_velocities, in_two_walks]

equivalent_mutants = {
    "gaps = (x - start) - torch.stack(found): x - start - torch.stack(found) → torch.stack(found) - (x - start)":
        "its square is the same",
}
