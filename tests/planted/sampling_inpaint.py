"""Planted answers to sampling-inpaint, by another author than the check's."""

import math

import torch


def _chain(signals, repeats):
    times = [*signals, 1.0]
    for i in range(len(signals)):
        for k in range(repeats if i + 1 < len(signals) else 1):
            yield times[i], times[i + 1], k


def _q(known, s):
    return math.sqrt(s) * known + math.sqrt(1 - s) * torch.randn_like(known)


def pastes_before_the_step(step, x, known, seen, signals, repeats):
    """The seen part is replaced before each step, and after the last; at the start, too, which is no harm."""
    for t, s, k in _chain(signals, repeats):
        if k:
            x = math.sqrt(t / s) * x + math.sqrt(1 - t / s) * torch.randn_like(x)
        x = step(torch.where(seen, _q(known, t), x), t, s)
    return torch.where(seen, known, x)


def blends(step, x, known, seen, signals, repeats):
    for t, s, k in _chain(signals, repeats):
        if k:
            x = math.sqrt(t / s) * x + math.sqrt(1 - t / s) * torch.randn_like(x)
        made = step(x, t, s)
        x = torch.where(seen, 0.5 * made + 0.5 * _q(known, s), made) if s < 1 else torch.where(seen, known, made)
    return x


def goes_back_for_unseen_only(step, x, known, seen, signals, repeats):
    for t, s, k in _chain(signals, repeats):
        if k:
            back = math.sqrt(t / s) * x + math.sqrt(1 - t / s) * torch.randn_like(x)
            x = torch.where(seen, x, back)
        x = torch.where(seen, _q(known, s), step(x, t, s))
    return x


def shared_noise(step, x, known, seen, signals, repeats):
    """The same z for the seen part and for the way back."""
    for t, s, k in _chain(signals, repeats):
        z = torch.randn_like(x)
        if k:
            x = math.sqrt(t / s) * x + math.sqrt(1 - t / s) * z
        x = torch.where(seen, math.sqrt(s) * known + math.sqrt(1 - s) * z[:1], step(x, t, s))
    return x


def back_to_pure_noise(step, x, known, seen, signals, repeats):
    for t, s, k in _chain(signals, repeats):
        if k:
            x = torch.randn_like(x)
        x = torch.where(seen, _q(known, s), step(x, t, s))
    return x


def ratio_inverted(step, x, known, seen, signals, repeats):
    for t, s, k in _chain(signals, repeats):
        if k:
            x = math.sqrt(s / t) * x + math.sqrt(1 - t / s) * torch.randn_like(x)
        x = torch.where(seen, _q(known, s), step(x, t, s))
    return x


def uniform_noise(step, x, known, seen, signals, repeats):
    for t, s, k in _chain(signals, repeats):
        if k:
            x = math.sqrt(t / s) * x + math.sqrt(1 - t / s) * torch.rand_like(x)
        x = torch.where(seen, _q(known, s), step(x, t, s))
    return x


def two_turns_at_most(step, x, known, seen, signals, repeats):
    for t, s, k in _chain(signals, min(repeats, 2)):
        if k:
            x = math.sqrt(t / s) * x + math.sqrt(1 - t / s) * torch.randn_like(x)
        x = torch.where(seen, _q(known, s), step(x, t, s))
    return x


def repeats_the_first_step_only(step, x, known, seen, signals, repeats):
    for t, s, k in _chain(signals, repeats):
        if k and t != signals[0]:
            continue
        if k:
            x = math.sqrt(t / s) * x + math.sqrt(1 - t / s) * torch.randn_like(x)
        x = torch.where(seen, _q(known, s), step(x, t, s))
    return x


def in_float_masks(step, x, known, seen, signals, repeats):
    m = seen.double().to(x.dtype)
    for t, s, k in _chain(signals, repeats):
        if k:
            x = (t / s) ** 0.5 * x + (1 - t / s) ** 0.5 * torch.randn(x.shape, dtype=x.dtype)
        x = step(x, t, s)
        x = x + m * (_q(known, s) - x)
    return x


def after_the_way_back(step, x, known, seen, signals, repeats):
    """The seen part is noised for where the next step begins, from `known` itself: the same law."""
    pairs = list(_chain(signals, repeats))
    for i, (t, s, _) in enumerate(pairs):
        x = step(x, t, s)
        again = i + 1 < len(pairs) and pairs[i + 1][2] > 0
        if again:
            x = math.sqrt(t / s) * x + math.sqrt(1 - t / s) * torch.randn_like(x)
        x = torch.where(seen, _q(known, t if again else s), x)
    return x


SEEN = "Between steps the seen part is `known` with fresh noise of that time."
AGAIN = "Before a step is taken again, the unseen part is brought back to its time by fresh noise."
COUNT = "Each step is taken `repeats` times, but the last one, to signal 1, once."

wrong = [
    (blends, SEEN), (goes_back_for_unseen_only, SEEN), (shared_noise, SEEN), (back_to_pure_noise, AGAIN),
    (ratio_inverted, AGAIN),
    (uniform_noise, "back_without_roots"), (two_turns_at_most, COUNT), (repeats_the_first_step_only, COUNT),
]
right = [in_float_masks, after_the_way_back, pastes_before_the_step]


def _walk(step, x, known, seen, signals, repeats, draw):
    for now, then in zip(signals, signals[1:] + [1.0], strict=True):
        for turn in range(repeats if then < 1 else 1):
            if turn:
                x = math.sqrt(now / then) * x + math.sqrt(1 - now / then) * draw(x)
            x = torch.where(seen, math.sqrt(then) * known + math.sqrt(1 - then) * draw(x), step(x, now, then))
    return x


def appends_the_data(step, x, known, seen, signals, repeats):
    signals.append(1.0)
    return _walk(step, x, known, seen, signals[:-1], repeats, torch.randn_like)


def empties_known(step, x, known, seen, signals, repeats):
    known[~seen] = 0
    return _walk(step, x, known, seen, signals, repeats, torch.randn_like)


def generator_of_its_own(step, x, known, seen, signals, repeats):
    g = torch.Generator().manual_seed(0)
    return _walk(step, x, known, seen, signals, repeats, lambda x: torch.randn(x.shape, generator=g, dtype=x.dtype))


def one_noise_a_turn(step, x, known, seen, signals, repeats):
    """What takes x back is also the noise of the seen part after the step."""
    for now, then in zip(signals, signals[1:] + [1.0], strict=True):
        for turn in range(repeats if then < 1 else 1):
            z = torch.randn_like(x)
            if turn:
                x = math.sqrt(now / then) * x + math.sqrt(1 - now / then) * z
            x = torch.where(seen, math.sqrt(then) * known + math.sqrt(1 - then) * z, step(x, now, then))
    return x


def by_masked_scatter(step, x, known, seen, signals, repeats):
    for now, then in zip(signals, signals[1:] + [1.0], strict=True):
        for left in reversed(range(repeats if then < 1 else 1)):
            x = step(x, now, then)
            x = x.masked_scatter(seen, torch.normal(math.sqrt(then) * known[seen], math.sqrt(1 - then)))
            if left:
                x = math.sqrt(now / then) * x + math.sqrt(1 - now / then) * torch.randn_like(x)
    return x


FRESH = "Between steps the seen part is `known` with fresh noise of that time."
wrong += [
    (appends_the_data, "`inpaint` changes its argument `signals` in place: work on a copy."),
    (empties_known, "`inpaint` changes its argument `known` in place: work on a copy."),
    (generator_of_its_own, FRESH), (one_noise_a_turn, FRESH),
]
right += [by_masked_scatter]
