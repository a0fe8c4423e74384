"""Answers to sampling-inpaint: wrong ones with the sentence that names each, and right ones."""

import math
from itertools import pairwise

import torch

from grading.checks.exercise import Mistake


def _noised(known, signal, x, draw=torch.randn_like):
    return math.sqrt(signal) * known + math.sqrt(1 - signal) * draw(x)


def _back(x, t, s):
    return math.sqrt(t / s) * x + math.sqrt(1 - t / s) * torch.randn_like(x)


def _paint(step, x, known, seen, signals, repeats, noised=_noised, back=_back, last=1):
    for t, s in zip(signals, [*signals[1:], 1.0], strict=True):
        for turn in range(repeats if s < 1 else last):
            x = back(x, t, s) if turn else x
            x = torch.where(seen, noised(known, s, x), step(x, t, s))
    return x


# Known mistakes


def known_without_noise(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, seen, signals, repeats, noised=lambda known, s, x: known)


def known_scaled_only(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, seen, signals, repeats, noised=lambda known, s, x: math.sqrt(s) * known)


def known_with_unscaled_noise(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, seen, signals, repeats,
                  noised=lambda known, s, x: known + math.sqrt(1 - s) * torch.randn_like(x))


def known_without_roots(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, seen, signals, repeats, noised=lambda known, s, x: s * known + (1 - s) * torch.randn_like(x))


def amounts_exchanged(step, x, known, seen, signals, repeats):
    def noised(known, s, x):
        return known if s == 1 else math.sqrt(1 - s) * known + math.sqrt(s) * torch.randn_like(x)

    return _paint(step, x, known, seen, signals, repeats, noised=noised)


def noise_of_the_time_before(step, x, known, seen, signals, repeats):
    for t, s in zip(signals, [*signals[1:], 1.0], strict=True):
        for turn in range(repeats if s < 1 else 1):
            x = _back(x, t, s) if turn else x
            x = torch.where(seen, _noised(known, t, x) if s < 1 else known, step(x, t, s))
    return x


def one_noise_for_known(step, x, known, seen, signals, repeats):
    noise = torch.randn_like(x)
    return _paint(step, x, known, seen, signals, repeats, noised=lambda known, s, x: _noised(known, s, x, lambda x: noise))


def start_as_noise(step, x, known, seen, signals, repeats):
    start = x
    return _paint(step, x, known, seen, signals, repeats, noised=lambda known, s, x: _noised(known, s, x, lambda x: start))


def only_in_the_end(step, x, known, seen, signals, repeats):
    for t, s in zip(signals, [*signals[1:], 1.0], strict=True):
        for turn in range(repeats if s < 1 else 1):
            x = _back(x, t, s) if turn else x
            x = step(x, t, s)
    return torch.where(seen, known, x)


def only_at_the_start(step, x, known, seen, signals, repeats):
    x = torch.where(seen, _noised(known, signals[0], x), x)
    for t, s in zip(signals, [*signals[1:], 1.0], strict=True):
        for turn in range(repeats if s < 1 else 1):
            x = _back(x, t, s) if turn else x
            x = step(x, t, s)
    return x


def not_in_the_end(step, x, known, seen, signals, repeats):
    for t, s in zip(signals, [*signals[1:], 1.0], strict=True):
        for turn in range(repeats if s < 1 else 1):
            x = _back(x, t, s) if turn else x
            x = step(x, t, s)
            x = torch.where(seen, _noised(known, s, x), x) if s < 1 else x
    return x


def mask_inverted(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, ~seen, signals, repeats)


def mask_of_the_first_row(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, seen[:1].expand(seen.shape), signals, repeats)


def never_again(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, seen, signals, 1)


def one_time_too_many(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, seen, signals, repeats + 1)


def last_step_again(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, seen, signals, repeats, last=repeats)


def whole_chain_again(step, x, known, seen, signals, repeats):
    for _ in range(repeats):
        x = _paint(step, x, known, seen, signals, 1)
    return x


def again_without_going_back(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, seen, signals, repeats, back=lambda x, t, s: x)


def again_from_the_same_x(step, x, known, seen, signals, repeats):
    for t, s in zip(signals, [*signals[1:], 1.0], strict=True):
        start = x
        for _ in range(repeats if s < 1 else 1):
            x = torch.where(seen, _noised(known, s, x), step(start, t, s))
    return x


def back_without_shrinking(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, seen, signals, repeats,
                  back=lambda x, t, s: x + math.sqrt(1 - t / s) * torch.randn_like(x))


def back_as_from_data(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, seen, signals, repeats, back=lambda x, t, s: _noised(x, t, x))


def back_by_the_difference(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, seen, signals, repeats,
                  back=lambda x, t, s: math.sqrt(t / s) * x + math.sqrt(s - t) * torch.randn_like(x))


def back_without_roots(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, seen, signals, repeats,
                  back=lambda x, t, s: t / s * x + (1 - t / s) * torch.randn_like(x))


def back_without_noise(step, x, known, seen, signals, repeats):
    return _paint(step, x, known, seen, signals, repeats, back=lambda x, t, s: math.sqrt(t / s) * x)


def back_even_the_first_time(step, x, known, seen, signals, repeats):
    for t, s in zip(signals, [*signals[1:], 1.0], strict=True):
        for _ in range(repeats if s < 1 else 1):
            x = torch.where(seen, _noised(known, s, x), step(_back(x, t, s) if s < 1 else x, t, s))
    return x


def back_even_the_last_time(step, x, known, seen, signals, repeats):
    for t, s in zip(signals, [*signals[1:], 1.0], strict=True):
        for _ in range(repeats if s < 1 else 1):
            x = torch.where(seen, _noised(known, s, x), step(x, t, s))
            x = _back(x, t, s) if s < 1 and repeats > 1 else x
    return x


def to_the_next_time_only(step, x, known, seen, signals, repeats):
    for t, s in pairwise(signals):
        for turn in range(repeats):
            x = _back(x, t, s) if turn else x
            x = torch.where(seen, _noised(known, s, x), step(x, t, s))
    return torch.where(seen, known, x)


# Also right


def seen_first(step, x, known, seen, signals, repeats):
    for i, t in enumerate(signals):
        s = signals[i + 1] if i + 1 < len(signals) else 1.0
        for turn in reversed(range(repeats if s < 1 else 1)):
            noisy = s**0.5 * known + (1 - s) ** 0.5 * torch.randn(known.shape, dtype=known.dtype)
            made = step(x, t, s)
            x = torch.where(seen, noisy, made)
            if turn:
                x = (t / s) ** 0.5 * x + (1 - t / s) ** 0.5 * torch.randn(x.shape, dtype=x.dtype)
    return x


def with_arithmetic(step, x, known, seen, signals, repeats):
    mask, left = seen.to(x.dtype), list(signals)
    while left:
        t, s = left.pop(0), (left[0] if left else 1.0)
        turns = repeats if left else 1
        while True:
            x = mask * _noised(known, s, x) + (1 - mask) * step(x, t, s)
            turns -= 1
            if not turns:
                break
            x = _back(x, t, s)
    return x


def with_indices(step, x, known, seen, signals, repeats):
    times = list(signals) + [1.0]
    for i in range(len(signals)):
        for turn in range(1 if i == len(signals) - 1 else repeats):
            if turn > 0:
                x = torch.normal(math.sqrt(times[i] / times[i + 1]) * x, math.sqrt(1 - times[i] / times[i + 1]))
            x = step(x, times[i], times[i + 1]).clone()
            noise = torch.randn_like(x) * math.sqrt(1 - times[i + 1])
            x[seen] = (math.sqrt(times[i + 1]) * known + noise)[seen]
    return x


NOISE = ("At the time s the seen part is √ᾱ_s known + √(1 - ᾱ_s) z: as noisy as the rest is then, or the model takes it for "
         "something else.")
FRESH = "The seen part gets the same noise each time: draw it anew after each step."
BACK = ("Back from s to t: x_t = √(ᾱ_t/ᾱ_s) x_s + √(1 - ᾱ_t/ᾱ_s) z', which starts from x_s and not from the data.")
COUNT = "Each step is taken `repeats` times in all; only the last one, to signal 1, once."
BETWEEN = "You go back to t too often: only between two turns of the same step, not before the first and not after the last."

mistakes = [
    Mistake(known_without_noise, NOISE), Mistake(known_scaled_only, NOISE), Mistake(known_with_unscaled_noise, NOISE),
    Mistake(known_without_roots, NOISE), Mistake(amounts_exchanged, NOISE),
    Mistake(noise_of_the_time_before, "The seen part gets the noise of the time that you come from. After the step x is at the next "
            "one."),
    Mistake(one_noise_for_known, FRESH), Mistake(start_as_noise, FRESH),
    Mistake(only_in_the_end, "`known` is pasted in at the end, so the rest never heard of it: replace the seen part after each step."),
    Mistake(only_at_the_start, "`known` is put in once, at the start, and the model then changes it: replace the seen part after each "
            "step."),
    Mistake(not_in_the_end, "After the last step the seen part is to be `known` itself."),
    Mistake(mask_inverted, "`seen` is True where `known` counts; there your x is replaced by it."),
    Mistake(mask_of_the_first_row, "Each row has a mask of its own."),
    *(Mistake(answer, COUNT) for answer in (never_again, one_time_too_many, last_step_again)),
    Mistake(whole_chain_again, "You repeat the whole chain. Each single step is undone and taken again before the next one."),
    Mistake(again_without_going_back, "A step is taken again from where it ended: first go back to its start, by adding noise."),
    Mistake(again_from_the_same_x, "A step is taken again from the same x as before: start from x_s, noised back to the time t, so "
            "that it knows what is seen."),
    *(Mistake(answer, BACK) for answer in (back_without_shrinking, back_as_from_data, back_by_the_difference, back_without_roots,
                                           back_without_noise)),
    Mistake(back_even_the_first_time, BETWEEN), Mistake(back_even_the_last_time, BETWEEN),
    Mistake(to_the_next_time_only, "The last step is missing, the one to signal 1."),
]

also_right = [seen_first, with_arithmetic, with_indices]

_NOISY = "math.sqrt(next_signal) * known {} math.sqrt(1 - next_signal) * torch.randn_like(x)"
_AGAIN = "math.sqrt(ratio) * x {} math.sqrt(1 - ratio) * torch.randn_like(x)"

equivalent_mutants = {
    f"noisy = {_NOISY.format('+')}: {_NOISY.format('+')} → {_NOISY.format('-')}": "minus a normal number has the same law",
    f"x = {_AGAIN.format('+')}: {_AGAIN.format('+')} → {_AGAIN.format('-')}": "minus a normal number has the same law",
    f"noisy = {_NOISY.format('+')}: x → known": "the noise has the same shape either way",
    "x = math.sqrt(ratio) * x + math.sqrt(1 - ratio) * torch.randn_like(x): x → known":
        "the noise has the same shape either way",
}
