"""Planted answers to flowmatch-restyle, by another hand than the check's."""

import torch


def _go(velocity, x, labels, times, sign, steps):
    for t in times:
        x = x + sign * velocity(x, t, labels) / steps
    return x


def wrong_labels(velocity, x, old, new, steps):
    z = _go(velocity, x, new, [1 - i / steps for i in range(steps)], -1, steps)
    return _go(velocity, z, old, [i / steps for i in range(steps)], 1, steps)


def forgets_to_return(velocity, x, old, new, steps):
    return _go(velocity, x, old, [1 - i / steps for i in range(steps)], -1, steps)


def no_inversion(velocity, x, old, new, steps):
    return _go(velocity, x, new, [i / steps for i in range(steps)], 1, steps)


def rising_clock(velocity, x, old, new, steps):
    z = _go(velocity, x, old, [i / steps for i in range(steps)], -1, steps)
    return _go(velocity, z, new, [i / steps for i in range(steps)], 1, steps)


def reversed_range(velocity, x, old, new, steps):
    z = _go(velocity, x, old, [i / steps for i in reversed(range(steps))], -1, steps)
    return _go(velocity, z, new, [i / steps for i in range(steps)], 1, steps)


def adds_on_the_way_back(velocity, x, old, new, steps):
    z = _go(velocity, x, old, [1 - i / steps for i in range(steps)], 1, steps)
    return _go(velocity, z, new, [i / steps for i in range(steps)], 1, steps)


def same_label(velocity, x, old, new, steps):
    z = _go(velocity, x, old, [1 - i / steps for i in range(steps)], -1, steps)
    return _go(velocity, z, old, [i / steps for i in range(steps)], 1, steps)


def inclusive_back(velocity, x, old, new, steps):
    z = _go(velocity, x, old, [i / steps for i in range(steps, -1, -1)], -1, steps)
    return _go(velocity, z, new, [i / steps for i in range(steps)], 1, steps)


def unscaled(velocity, x, old, new, steps):
    z = _go(velocity, x, old, [1 - i / steps for i in range(steps)], -1, 1)
    return _go(velocity, z, new, [i / steps for i in range(steps)], 1, 1)


def in_place(velocity, x, old, new, steps):
    for i in range(steps):
        x -= velocity(x, 1 - i / steps, old) / steps
    for i in range(steps):
        x += velocity(x, i / steps, new) / steps
    return x


def straightforward(velocity, x, old, new, steps):
    z = _go(velocity, x, old, [1 - i / steps for i in range(steps)], -1, steps)
    return _go(velocity, z, new, [i / steps for i in range(steps)], 1, steps)


def with_states(velocity, x, old, new, steps):
    states, h = [x.clone()], 1 / steps
    for i in range(2 * steps):
        back = i < steps
        t = 1 - i * h if back else (i - steps) * h
        move = torch.mul(velocity(states[-1], t, old if back else new), h)
        states.append(states[-1] - move if back else states[-1] + move)
    return states[-1]


wrong = [(wrong_labels, "labels_swapped"), (forgets_to_return, "only_back"), (no_inversion, "only_forward"),
         (rising_clock, "back_with_rising_times"), (reversed_range, "back_to_zero"),
         (adds_on_the_way_back, "plus_on_the_way_back"), (same_label, "old_both_ways"),
         (inclusive_back, "one_step_too_many_back"), (unscaled, "without_h"), (in_place, "changes_x_in_place")]
right = [straightforward, with_states]
