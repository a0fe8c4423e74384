"""Planted answers to evaluation-bug, by another author than the check's."""

import torch


def _unit(x):
    return x * 0.5 + 0.5


def untouched(a, b, real, features, distance):
    target = features(real)
    return distance(features(a), target), distance(features(b), target)


def range_repaired(a, b, real, features, distance):
    target = features(real)
    return distance(features(_unit(a)), target), distance(features(_unit(b)), target)


def numbers_repaired(a, b, real, features, distance):
    n, target = min(a.shape[0], b.shape[0]), features(real)
    return distance(features(a[:n]), target), distance(features(b[:n]), target)


def cut_off(a, b, real, features, distance):
    n, target = min(a.shape[0], b.shape[0]), features(real)
    return [distance(features(torch.clip(s[:n], 0, 1)), target) for s in (a, b)]


def min_max(a, b, real, features, distance):
    n, target = min(a.shape[0], b.shape[0]), features(real)
    return [distance(features(((s - s.min()) / (s.max() - s.min()))[:n]), target) for s in (a, b)]


def real_shortened(a, b, real, features, distance):
    n = min(a.shape[0], b.shape[0])
    return [distance(features(_unit(s[:n])), features(real[:n])) for s in (a, b)]


def real_moved(a, b, real, features, distance):
    n, target = min(a.shape[0], b.shape[0]), features(real * 2 - 1)
    return [distance(features(s[:n]), target) for s in (a, b)]


def tail_end(a, b, real, features, distance):
    n, target = min(a.shape[0], b.shape[0]), features(real)
    return [distance(features(_unit(s[len(s) - n:])), target) for s in (a, b)]


def mirrored(a, b, real, features, distance):
    n, target = min(a.shape[0], b.shape[0]), features(real)
    return [distance(features(s[:n].abs()), target) for s in (a, b)]


def second_forgotten(a, b, real, features, distance):
    n, target = min(a.shape[0], b.shape[0]), features(real)
    return distance(features(_unit(a[:n])), target), distance(features(b[:n]), target)


def in_reverse(a, b, real, features, distance):
    n, target = min(a.shape[0], b.shape[0]), features(real)
    return distance(features(_unit(b[:n])), target), distance(features(_unit(a[:n])), target)


def right_with_narrow(a, b, real, features, distance):
    n = min(a.size(0), b.size(0))
    first, second = (features(s.narrow(0, 0, n).sub(-1).mul(0.5)) for s in (a, b))
    target = features(real)
    return distance(first, target), distance(second, target)


def right_in_one_pass(a, b, real, features, distance):
    n = min(len(a), len(b))
    both = features(torch.cat([_unit(a[:n]), _unit(b[:n])]))
    return tuple(distance(part, features(real)) for part in both.split(n))


def overwritten(a, b, real, features, distance):
    n = min(len(a), len(b))
    a.add_(1).div_(2)
    b.add_(1).div_(2)
    return distance(features(a[:n]), features(real)), distance(features(b[:n]), features(real))


wrong = [
    (overwritten, "converted_in_place"),
    (untouched, "buggy_compare"), (range_repaired, "only_the_range"), (numbers_repaired, "only_the_number"),
    (cut_off, "clamped"), (min_max, "stretched_by_its_own_range"), (real_shortened, "real_cut_too"),
    (real_moved, "real_to_signed"), (tail_end, "last_rows"), (mirrored, "absolute_values"),
    (second_forgotten, "one_model_converted"), (in_reverse, "swapped"),
]
right = [right_with_narrow, right_in_one_pass]


def _fair(a, b, real, features, distance, unit=_unit, n=None):
    n = min(len(a), len(b)) if n is None else n
    target = features(real)
    return tuple(distance(features(unit(s[:n])), target) for s in (a, b))


def random_subset(a, b, real, features, distance):
    n = min(len(a), len(b))
    return _fair(*(s[torch.randperm(len(s))[:n]] for s in (a, b)), real, features, distance)


def evenly_thinned(a, b, real, features, distance):
    n = min(len(a), len(b))
    return _fair(*(s[torch.linspace(0, len(s) - 1, n).long()] for s in (a, b)), real, features, distance)


def cut_to_the_real_ones_too(a, b, real, features, distance):
    return _fair(a, b, real, features, distance, n=min(len(a), len(b), len(real)))


def one_fewer(a, b, real, features, distance):
    return _fair(a, b, real, features, distance, n=max(min(len(a), len(b)) - 1, 1))


def a_fixed_number(a, b, real, features, distance):
    return _fair(a, b, real, features, distance, n=7)


def rounded_to_bytes(a, b, real, features, distance):
    return _fair(a, b, real, features, distance, lambda s: (127.5 * s + 127.5).round() / 255)


def greys_cut(a, b, real, features, distance):
    return _fair(a, b, real, features, distance, lambda s: _unit(s).clamp(0.01, 0.99))


def only_if_negative(a, b, real, features, distance):
    return _fair(a, b, real, features, distance, lambda s: _unit(s) if s.min() < -0.9 else s)


def flattened(a, b, real, features, distance):
    return _fair(a, b, real.flatten(1).view_as(real), lambda x: features(x.flatten(1)), distance)


def roots(a, b, real, features, distance):
    return tuple(d**0.5 for d in _fair(a, b, real, features, distance))


def mean_image(a, b, real, features, distance):
    n, target = min(len(a), len(b)), features(real)
    return tuple(distance(features(_unit(s[:n])).mean(0, keepdim=True), target) for s in (a, b))


def real_overwritten(a, b, real, features, distance):
    answer = _fair(a, b, real, features, distance)
    real.mul_(2).sub_(1)
    return answer


def grown_to_the_larger(a, b, real, features, distance):
    n = max(len(a), len(b))
    return _fair(*(s[torch.arange(n) % len(s)] for s in (a, b)), real, features, distance, n=n)


def right_by_index(a, b, real, features, distance):
    keep = torch.arange(min(len(a), len(b)))
    return tuple(distance(features(torch.lerp(torch.zeros_like(s[keep]), torch.ones_like(s[keep]), (s[keep] + 1) / 2)),
                          features(real)) for s in (a, b))


def right_as_numbers(a, b, real, features, distance):
    return [float(d) for d in _fair(a, b, real, features, distance)]


def right_without_a_graph(a, b, real, features, distance):
    with torch.no_grad():
        return _fair(a.clone().add_(1).mul_(0.5).mul(2).sub(1), b, real, features, distance)


def right_by_recursion(a, b, real, features, distance):
    if len(a) > len(b):
        return right_by_recursion(b, a, real, features, distance)[::-1]
    return _fair(a, b[:len(a)], real, features, distance)


SAYS_1 = ("Sets of different sizes: both models are measured on the first min(len(a), len(b)) samples, and "
          "against all real images.")
SAYS_2 = ("Two sets of one size: the samples lie in [-1, 1], the network takes [0, 1].")
SAYS_3 = ("Your code raised RuntimeError: einsum(): the number of subscripts in the equation (4) does not "
          "match the number of dimensions (2) for operand 0 and no ellipsis was given. The signature is "
          "`compare(a, b, real, features, distance)`.")
SAYS_4 = ("`compare` changes its argument `real` in place: work on a copy.")

wrong += [
    (random_subset, SAYS_1), (evenly_thinned, SAYS_1), (cut_to_the_real_ones_too, SAYS_1), (one_fewer, SAYS_2),
    (a_fixed_number, SAYS_2), (rounded_to_bytes, SAYS_2), (greys_cut, SAYS_2), (only_if_negative, SAYS_2), (flattened,
    SAYS_3), (roots, SAYS_2), (mean_image, SAYS_2), (real_overwritten, SAYS_4), (grown_to_the_larger,
    "repeated_to_the_larger"),
]
right += [right_by_index, right_as_numbers, right_without_a_graph, right_by_recursion]
