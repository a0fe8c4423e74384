"""Planted answers to sampling-sample, by another author than the check's."""

from itertools import pairwise

import torch


def ends_one_short(denoise, step, x, signals, eta):
    states = [x]
    for i in range(len(signals) - 1):
        x = step(x, denoise(x, signals[i]), signals[i], signals[i + 1], eta, torch.randn_like(x))
        states.append(x)
    states.append(x)
    return states


def sorted_downwards(denoise, step, x, signals, eta):
    states = [x]
    times = sorted(signals, reverse=True)
    for i, now in enumerate(times):
        then = times[i + 1] if i + 1 < len(times) else 1.0
        x = step(x, denoise(x, now), now, then, eta, torch.randn_like(x))
        states.append(x)
    return states


def overwrites_the_list(denoise, step, x, signals, eta):
    """The same tensor S + 1 times, changed in place."""
    x = x.clone()
    states = [x]
    for now, then in zip(signals, signals[1:] + [1.0], strict=True):
        x.copy_(step(x, denoise(x, now), now, then, eta, torch.randn_like(x)))
        states.append(x)
    return states


def noise_between_zero_and_one(denoise, step, x, signals, eta):
    states = [x]
    for now, then in zip(signals, signals[1:] + [1.0], strict=True):
        x = step(x, denoise(x, now), now, then, eta, torch.rand(x.shape, dtype=x.dtype))
        states.append(x)
    return states


def adds_noise_itself(denoise, step, x, signals, eta):
    states = [x]
    for now, then in zip(signals, signals[1:] + [1.0], strict=True):
        x = step(x, denoise(x, now), now, then, 0.0, torch.zeros_like(x)) + eta * torch.randn_like(x)
        states.append(x)
    return states


def no_noise_at_the_end(denoise, step, x, signals, eta):
    """Zeros in the last step, where `step` knows itself that none is needed."""
    states = [x]
    for now, then in zip(signals, signals[1:] + [1.0], strict=True):
        noise = torch.randn_like(x) if then < 1 else torch.zeros_like(x)
        x = step(x, denoise(x, now), now, then, eta, noise)
        states.append(x)
    return states


def jumps_by_two(denoise, step, x, signals, eta):
    states = [x]
    times = signals + [1.0, 1.0]
    for i in range(len(signals)):
        x = step(x, denoise(x, times[i]), times[i], times[i + 2], eta, torch.randn_like(x))
        states.append(x)
    return states


def guesses_of_the_last_x(denoise, step, x, signals, eta):
    states, clean = [x], None
    for now, then in zip(signals, signals[1:] + [1.0], strict=True):
        fresh = denoise(x, now)
        x = step(x, fresh if clean is None else clean, now, then, eta, torch.randn_like(x))
        clean = fresh
        states.append(x)
    return states


def start_made_noisier(denoise, step, x, signals, eta):
    x = x + torch.randn_like(x)
    states = [x]
    for now, then in zip(signals, signals[1:] + [1.0], strict=True):
        x = step(x, denoise(x, now), now, then, eta, torch.randn_like(x))
        states.append(x)
    return states


def antithetic(denoise, step, x, signals, eta):
    states, sign, noise = [x], 1, torch.randn_like(x)
    for now, then in zip(signals, signals[1:] + [1.0], strict=True):
        x = step(x, denoise(x, now), now, then, eta, sign * noise)
        sign = -sign
        states.append(x)
    return states


def in_place_on_its_own(denoise, step, x, signals, eta):
    states = torch.empty(len(signals) + 1, *x.shape, dtype=x.dtype)
    states[0] = x
    ends = iter([*signals[1:], 1.0])
    for i, now in enumerate(signals):
        states[i + 1] = step(states[i], denoise(states[i], now), now, next(ends), eta, torch.randn_like(x))
    return list(states)


def with_reduce(denoise, step, x, signals, eta):
    from functools import reduce

    def further(states, pair):
        last = states[-1]
        return [*states, step(last, denoise(last, pair[0]), *pair, eta, torch.normal(torch.zeros_like(x), 1.0))]

    return reduce(further, zip(signals, signals[1:] + [1.0], strict=True), [x])


CALLS = "From the noisiest time to the data: one evaluation and one step for each time, the last one to signal 1."
STATES = "All states are returned, S + 1 of them: the noise at the start first, the sample last."
GUESS = "The guess is made from the present x, and the step leads to the next one, for any chain and any shape."
FRESH = "Each step gets fresh standard normal noise, for every number of x by itself."

wrong = [
    (ends_one_short, "never_at_the_data"), (sorted_downwards, "from_the_clean_end"),
    (overwrites_the_list, "one_tensor_for_all"),
    (noise_between_zero_and_one, "uniform_noise"), (adds_noise_itself, "eta_never"),
    (jumps_by_two, CALLS), (guesses_of_the_last_x, GUESS), (start_made_noisier, "starts_from_its_own_noise"),
    (antithetic, FRESH),
]
right = [no_noise_at_the_end, in_place_on_its_own, with_reduce]


def appends_the_data(denoise, step, x, signals, eta):
    """The caller's list grows by a 1 at each call."""
    signals.append(1.0)
    states = [x]
    for now, then in pairwise(signals):
        states.append(step(states[-1], denoise(states[-1], now), now, then, eta, torch.randn_like(x)))
    return states


def overwrites_the_start(denoise, step, x, signals, eta):
    states = [x.clone()]
    for now, then in zip(signals, signals[1:] + [1.0], strict=True):
        x.copy_(step(x, denoise(x, now), now, then, eta, torch.randn_like(x)))
        states.append(x.clone())
    return states


def _walk(denoise, step, x, signals, eta, draw):
    states = [x]
    for now, then in zip(signals, signals[1:] + [1.0], strict=True):
        states.append(step(states[-1], denoise(states[-1], now), now, then, eta, draw()))
    return states


def generator_of_its_own(denoise, step, x, signals, eta):
    """Reproducible, it says: the same noise at every call."""
    g = torch.Generator().manual_seed(0)
    return _walk(denoise, step, x, signals, eta, lambda: torch.randn(x.shape, generator=g, dtype=x.dtype))


def noise_within_two(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, signals, eta, lambda: torch.randn_like(x).clamp(-2, 2))


def guess_within_five(denoise, step, x, signals, eta):
    return _walk(lambda x, now: denoise(x, now).clamp(-5, 5), step, x, signals, eta, lambda: torch.randn_like(x))


def zeros_where_none_is_needed(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, signals, eta, lambda: torch.randn_like(x) if eta else torch.zeros_like(x))


wrong += [
    (appends_the_data, "`sample` changes its argument `signals` in place: work on a copy."),
    (overwrites_the_start, "`sample` changes its argument `x` in place: work on a copy."),
    (generator_of_its_own, FRESH), (noise_within_two, FRESH), (guess_within_five, GUESS),
]
right += [zeros_where_none_is_needed]
