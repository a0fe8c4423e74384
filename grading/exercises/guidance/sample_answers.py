"""Answers to guidance-sample: wrong ones with the sentence that names each, and right ones."""

import itertools
import math

import torch

from grading.checks.exercise import Mistake


def _chain(signals):
    return zip(signals, [*signals[1:], 1.0], strict=True)


def _clean(x, noise, signal):
    return (x - math.sqrt(1 - signal) * noise) / math.sqrt(signal)


def _noise(x, clean, signal):
    return (x - math.sqrt(signal) * clean) / math.sqrt(1 - signal)


def _mix(clean, noise, signal):
    return math.sqrt(signal) * clean + math.sqrt(1 - signal) * noise


# Known mistakes


def never_kept_in_range(predict, x, signals, weight_at):
    for signal, following in _chain(signals):
        noise = predict(x, signal, weight_at(signal))
        x = _mix(_clean(x, noise, signal), noise, following)
    return x


def old_noise_kept(predict, x, signals, weight_at):
    for signal, following in _chain(signals):
        noise = predict(x, signal, weight_at(signal))
        x = _mix(_clean(x, noise, signal).clamp(-1, 1), noise, following)
    return x


def range_at_the_end_alone(predict, x, signals, weight_at):
    return never_kept_in_range(predict, x, signals, weight_at).clamp(-1, 1)


def x_kept_in_range(predict, x, signals, weight_at):
    for signal, following in _chain(signals):
        noise = predict(x, signal, weight_at(signal))
        x = _mix(_clean(x, noise, signal), noise, following).clamp(-1, 1)
    return x


def noise_kept_in_range(predict, x, signals, weight_at):
    for signal, following in _chain(signals):
        noise = predict(x, signal, weight_at(signal)).clamp(-1, 1)
        clean = _clean(x, noise, signal).clamp(-1, 1)
        x = _mix(clean, _noise(x, clean, signal), following)
    return x


def range_of_0_to_1(predict, x, signals, weight_at):
    for signal, following in _chain(signals):
        clean = _clean(x, predict(x, signal, weight_at(signal)), signal).clamp(0, 1)
        x = _mix(clean, _noise(x, clean, signal), following)
    return x


def last_step_missing(predict, x, signals, weight_at):
    for signal, following in itertools.pairwise(signals):
        clean = _clean(x, predict(x, signal, weight_at(signal)), signal).clamp(-1, 1)
        x = _mix(clean, _noise(x, clean, signal), following)
    return x


def same_time_again(predict, x, signals, weight_at):
    for signal in signals:
        clean = _clean(x, predict(x, signal, weight_at(signal)), signal).clamp(-1, 1)
        x = _mix(clean, _noise(x, clean, signal), signal)
    return x


def straight_to_the_guess(predict, x, signals, weight_at):
    for signal in signals:
        x = _clean(x, predict(x, signal, weight_at(signal)), signal).clamp(-1, 1)
    return x


def backwards(predict, x, signals, weight_at):
    times = list(reversed(signals))
    for signal, following in _chain(times):
        clean = _clean(x, predict(x, signal, weight_at(signal)), signal).clamp(-1, 1)
        x = _mix(clean, _noise(x, clean, signal), following)
    return x


def weight_of_the_start(predict, x, signals, weight_at):
    weight = weight_at(signals[0])
    for signal, following in _chain(signals):
        clean = _clean(x, predict(x, signal, weight), signal).clamp(-1, 1)
        x = _mix(clean, _noise(x, clean, signal), following)
    return x


def weight_of_the_next_time(predict, x, signals, weight_at):
    for signal, following in _chain(signals):
        clean = _clean(x, predict(x, signal, weight_at(following)), signal).clamp(-1, 1)
        x = _mix(clean, _noise(x, clean, signal), following)
    return x


def asked_at_the_next_time(predict, x, signals, weight_at):
    for signal, following in _chain(signals):
        asked = following if following < 1 else signal
        clean = _clean(x, predict(x, asked, weight_at(signal)), signal).clamp(-1, 1)
        x = _mix(clean, _noise(x, clean, signal), following)
    return x


def asked_twice(predict, x, signals, weight_at):
    for signal, following in _chain(signals):
        clean = _clean(x, predict(x, signal, weight_at(signal)), signal).clamp(-1, 1)
        predict(x, signal, weight_at(signal))
        x = _mix(clean, _noise(x, clean, signal), following)
    return x


def roots_forgotten(predict, x, signals, weight_at):
    for signal, following in _chain(signals):
        noise = predict(x, signal, weight_at(signal))
        clean = ((x - (1 - signal) * noise) / signal).clamp(-1, 1)
        x = following * clean + (1 - following) * (x - signal * clean) / (1 - signal)
    return x


def first_noise(predict, x, signals, weight_at):
    start = x
    for signal, following in _chain(signals):
        clean = _clean(x, predict(x, signal, weight_at(signal)), signal).clamp(-1, 1)
        x = _mix(clean, start, following)
    return x


def guess_scaled_by_weight(predict, x, signals, weight_at):
    for signal, following in _chain(signals):
        noise = weight_at(signal) * predict(x, signal, weight_at(signal))
        clean = _clean(x, noise, signal).clamp(-1, 1)
        x = _mix(clean, _noise(x, clean, signal), following)
    return x


def takes_times_off_the_list(predict, x, signals, weight_at):
    while signals:
        signal = signals.pop(0)
        clean = _clean(x, predict(x, signal, weight_at(signal)), signal).clamp(-1, 1)
        x = _mix(clean, _noise(x, clean, signal), signals[0] if signals else 1.0)
    return x


def guarded_division(predict, x, signals, weight_at):
    for signal, following in _chain(signals):
        clean = _clean(x, predict(x, signal, weight_at(signal)), signal).clamp(-1, 1)
        x = _mix(clean, (x - math.sqrt(signal) * clean) / max(math.sqrt(1 - signal), 0.1), following)
    return x


# Also right


def as_a_shrinking(predict, x, signals, weight_at):
    signals = [*signals, 1.0]
    for i in range(len(signals) - 1):
        now, then = signals[i], signals[i + 1]
        clean = torch.clip(_clean(x, predict(x, now, weight_at(now)), now), -1.0, 1.0)
        r = math.sqrt((1 - then) / (1 - now))
        x = r * x + (math.sqrt(then) - r * math.sqrt(now)) * clean
    return x


def last_guess_returned(predict, x, signals, weight_at):
    clean = x
    for i, signal in enumerate(signals):
        clean = _clean(x, predict(x, signal, weight_at(signal)), signal).clamp(-1, 1)
        if i + 1 < len(signals):
            x = _mix(clean, _noise(x, clean, signal), signals[i + 1])
    return clean


def with_tensors(predict, x, signals, weight_at):
    a = torch.tensor([*signals, 1.0], dtype=x.dtype)
    for i, signal in enumerate(signals):
        noise = predict(x, signal, weight_at(signal))
        clean = ((x - (1 - a[i]).sqrt() * noise) / a[i].sqrt()).clamp(min=-1, max=1)
        noise = (x - a[i].sqrt() * clean) / (1 - a[i]).sqrt()
        x = a[i + 1].sqrt() * clean + (1 - a[i + 1]).sqrt() * noise
    return x


mistakes = [
    Mistake(never_kept_in_range, "The guess of x_0 is never kept within [-1, 1]."),
    Mistake(old_noise_kept, "After the guess was kept in range, the old noise no longer fits: take it anew, (x - √ᾱ x̂_0)/√(1 - ᾱ)."),
    Mistake(range_at_the_end_alone, "Keep the guess in range at every time, not only at the end."),
    Mistake(x_kept_in_range, "You keep x in range, which is mostly noise. Keep the guess of x_0 in range."),
    Mistake(noise_kept_in_range, "The noise is not bounded by 1. Keep the guess of x_0 in range."),
    Mistake(range_of_0_to_1, "The images lie in [-1, 1], not in [0, 1]."),
    Mistake(last_step_missing, "The last step is missing: after the last time comes ᾱ = 1."),
    Mistake(same_time_again, "Mix in the amounts of the next time. With those of the present one, x stays as noisy as it was."),
    Mistake(straight_to_the_guess, "You go to the guess at once, at every time. Put noise back, in the amount of the next time."),
    Mistake(backwards, "You walk through the times backwards: `signals` begins with the noisiest."),
    Mistake(weight_of_the_start, "The weight is asked once, at the start. Ask `weight_at` at every time."),
    Mistake(weight_of_the_next_time, "The weight is that of the next time. Ask `weight_at` for the present one."),
    Mistake(asked_at_the_next_time, "`predict` is asked with the signal of the next time. Ask with that of x."),
    Mistake(asked_twice, "`predict` is asked more than once at a time. It is the expensive part."),
    Mistake(roots_forgotten, "ᾱ is a share of the variance: amounts are √ᾱ and √(1 - ᾱ)."),
    Mistake(first_noise, "You put the noise of the start back. Take the noise from the present x."),
    Mistake(guess_scaled_by_weight, "The weight is for `predict`, which guides by itself: do not multiply by it."),
    Mistake(takes_times_off_the_list, "You change the list `signals` itself. Walk over it, or over a copy."),
    Mistake(guarded_division, "You guard a division by √(1 - ᾱ) that needs no guard: ᾱ is below 1, and at nearly clean times the noise comes "
            "out too small."),
]

also_right = [as_a_shrinking, last_guess_returned, with_tensors]

equivalent_mutants = {}
