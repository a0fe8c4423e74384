"""Planted answers to guidance-sample, by another author than the check's."""

import math


def _walk(predict, x, signals, weight_at, low=-1.0, high=1.0, power=0.5):
    for s, n in zip(signals, [*signals[1:], 1.0], strict=True):
        clean = ((x - (1 - s) ** power * predict(x, s, weight_at(s))) / s**power).clamp(low, high)
        noise = (x - s**power * clean) / (1 - s) ** power
        x = n**power * clean + (1 - n) ** power * noise
    return x


def upper_end_alone(predict, x, signals, weight_at):
    return _walk(predict, x, signals, weight_at, low=-math.inf)


def range_of_3(predict, x, signals, weight_at):
    return _walk(predict, x, signals, weight_at, low=-3.0, high=3.0)


def weight_of_the_last_time(predict, x, signals, weight_at):
    return _walk(predict, x, signals, lambda s: weight_at(signals[-1]))


def weight_always_1(predict, x, signals, weight_at):
    return _walk(predict, x, signals, lambda s: 1.0)


def time_in_place_of_signal(predict, x, signals, weight_at):
    return _walk(lambda y, s, w: predict(y, 1 - s, w), x, signals, weight_at)


def times_by_index(predict, x, signals, weight_at):
    ends = list(signals) + [1.0]
    for i in range(len(signals)):
        s, n = ends[i], ends[i + 1]
        noise = predict(x, s, weight_at(s))
        clean = (x / math.sqrt(s) - math.sqrt(1 / s - 1) * noise).clamp(-1, 1)
        x = clean * math.sqrt(n) + (x - clean * math.sqrt(s)) * math.sqrt((1 - n) / (1 - s))
    return x


def by_recursion(predict, x, signals, weight_at):
    first, *rest = signals
    guess = (x - math.sqrt(1 - first) * predict(x, first, weight_at(first))) / math.sqrt(first)
    guess = guess.clip(-1, 1)
    if not rest:
        return guess
    noise = (x - math.sqrt(first) * guess) / math.sqrt(1 - first)
    return by_recursion(predict, math.sqrt(rest[0]) * guess + math.sqrt(1 - rest[0]) * noise, rest, weight_at)


SAYS_1 = (
    "From a single time the result is the guess of x_0, kept within [-1, 1]."
)

wrong = [
    (upper_end_alone, SAYS_1),
    (range_of_3, "never_kept_in_range"),
    (weight_of_the_last_time, "weight_of_the_start"),
    (weight_always_1, SAYS_1),
    (time_in_place_of_signal, SAYS_1),
]
right = [times_by_index, by_recursion]
