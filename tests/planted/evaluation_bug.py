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
