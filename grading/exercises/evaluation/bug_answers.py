"""Answers to evaluation-bug: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake
from grading.exercises.evaluation.bug import reference

# Known mistakes


def buggy_compare(a, b, real, features, distance):
    return distance(features(a), features(real)), distance(features(b), features(real))


def only_the_range(a, b, real, features, distance):
    return buggy_compare((a + 1) / 2, (b + 1) / 2, real, features, distance)


def only_the_number(a, b, real, features, distance):
    n = min(len(a), len(b))
    return buggy_compare(a[:n], b[:n], real, features, distance)


def clamped(a, b, real, features, distance):
    return only_the_number(a.clamp(0, 1), b.clamp(0, 1), real, features, distance)


def stretched_by_its_own_range(a, b, real, features, distance):
    a, b = ((s - s.min()) / (s.max() - s.min()) for s in (a, b))
    return only_the_number(a, b, real, features, distance)


def halved_only(a, b, real, features, distance):
    return only_the_number(a / 2, b / 2, real, features, distance)


def shifted_only(a, b, real, features, distance):
    return only_the_number(a + 1, b + 1, real, features, distance)


def shifted_after_halving(a, b, real, features, distance):
    return only_the_number(a / 2 + 1, b / 2 + 1, real, features, distance)


def halved_before_the_sum(a, b, real, features, distance):
    return only_the_number(a + 1 / 2, b + 1 / 2, real, features, distance)


def to_levels(a, b, real, features, distance):
    return only_the_number((a + 1) * 127.5, (b + 1) * 127.5, real, features, distance)


def one_model_converted(a, b, real, features, distance):
    return only_the_number((a + 1) / 2, b, real, features, distance)


def absolute_values(a, b, real, features, distance):
    return only_the_number(a.abs(), b.abs(), real, features, distance)


def sigmoid(a, b, real, features, distance):
    return only_the_number(a.sigmoid(), b.sigmoid(), real, features, distance)


def real_to_signed(a, b, real, features, distance):
    return only_the_number(a, b, 2 * real - 1, features, distance)


def everything_converted(a, b, real, features, distance):
    return only_the_number((a + 1) / 2, (b + 1) / 2, (real + 1) / 2, features, distance)


def real_cut_too(a, b, real, features, distance):
    n = min(len(a), len(b))
    return reference(a, b, real[:n], features, distance)


def last_rows(a, b, real, features, distance):
    n = min(len(a), len(b))
    return reference(a[-n:], b[-n:], real, features, distance)


def repeated_to_the_larger(a, b, real, features, distance):
    n = max(len(a), len(b))
    a, b = (s[torch.arange(n) % len(s)] for s in (a, b))
    return only_the_range(a, b, real, features, distance)


def pixels_compared(a, b, real, features, distance):
    n = min(len(a), len(b))
    return tuple(distance((s[:n] + 1) / 2, real) for s in (a, b))


def swapped(a, b, real, features, distance):
    return reference(b, a, real, features, distance)


def difference_of_both(a, b, real, features, distance):
    first, second = reference(a, b, real, features, distance)
    return first - second, second - first


def arguments_swapped(a, b, real, features, distance):
    return reference(a, b, real, features, lambda x, y: distance(y, x))


def converted_in_place(a, b, real, features, distance):
    for samples in (a, b):
        samples += 1
        samples /= 2
    return only_the_number(a, b, real, features, distance)


# Also right


def step_by_step(a, b, real, features, distance):
    n = len(a) if len(a) < len(b) else len(b)
    a_unit, b_unit = 0.5 * a[:n] + 0.5, 0.5 * b[:n] + 0.5
    target = features(real)
    return [distance(features(a_unit), target), distance(features(b_unit), target)]


def with_lerp(a, b, real, features, distance):
    pairs = list(zip(a, b, strict=False))  # as many as the shorter has
    first, second = (torch.stack(column).add(1).div(2) for column in zip(*pairs, strict=True))
    return distance(features(first), features(real)).item(), distance(features(second), features(real)).item()


def features_first(a, b, real, features, distance):
    x, y = (features(s.mul(0.5).add(0.5)) for s in (a, b))
    n = min(x.shape[0], y.shape[0])
    return distance(x[:n], features(real)), distance(y[:n], features(real))


RANGE = "The range is still wrong: [-1, 1] becomes [0, 1] by (x + 1) / 2, and nothing else keeps the greys."


mistakes = [
    Mistake(buggy_compare, "This is still the buggy comparison. In what range do the samples lie, and in what range the "
            "real images? And what does the distance do when a set is smaller?"),
    Mistake(only_the_range, "The range is right now. But each model is still measured on a number of samples of its "
            "own, and the distance is biased upward for the smaller set."),
    Mistake(only_the_number, "The numbers are equal now. But the samples still lie in [-1, 1], and the network takes "
            "[0, 1]."),
    Mistake(clamped, "Clamping turns everything darker than middle grey into black: use (x + 1) / 2."),
    Mistake(stretched_by_its_own_range, "You stretch each set by its own smallest and largest value; the range of the "
            "model is [-1, 1], whatever a set happens to hold."),
    Mistake(halved_only, RANGE),
    Mistake(shifted_only, RANGE),
    Mistake(shifted_after_halving, RANGE),
    Mistake(halved_before_the_sum, "x + 1 / 2 adds one half, because the division comes first: write (x + 1) / 2."),
    Mistake(to_levels, "You convert to 0 … 255; the network takes [0, 1]: (x + 1) / 2."),
    Mistake(absolute_values, RANGE),
    Mistake(sigmoid, RANGE),
    Mistake(one_model_converted, "Only the first model's samples are converted."),
    Mistake(real_to_signed, "You moved the real images to [-1, 1] instead: but the network was trained on [0, 1]."),
    Mistake(everything_converted, "The real images lie in [0, 1] already; you converted them as well."),
    Mistake(real_cut_too, "The real images need not be fewer: they are the same for both models, and a larger "
            "reference has less bias."),
    Mistake(last_rows, "The first min(len(a), len(b)) samples are asked for, not the last."),
    Mistake(repeated_to_the_larger, "Repeating samples does not make them more: take the smaller number of both."),
    Mistake(pixels_compared, "The distance is between features: the network is left out."),
    Mistake(swapped, "The two distances have changed places."),
    Mistake(arguments_swapped, "The distance takes the features of the samples first, then those of the real images."),
    Mistake(converted_in_place, "You change the samples themselves, with += for instance: measured a second time they would lie in "
            "[½, 1]. Write (samples + 1) / 2, which makes a new tensor."),
    Mistake(difference_of_both, "Return both distances, not their difference."),
]

also_right = [step_by_step, with_lerp, features_first]

equivalent_mutants = {}
