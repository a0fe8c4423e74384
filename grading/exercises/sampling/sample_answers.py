"""Answers to sampling-sample: wrong ones with the sentence that names each, and right ones."""

from itertools import pairwise

import torch

from grading.checks.exercise import Mistake


def _walk(denoise, step, x, pairs, eta, noise=torch.randn_like):
    states = [x]
    for signal, following in pairs:
        x = step(x, denoise(x, signal), signal, following, eta, noise(x))
        states.append(x)
    return states


def _pairs(signals):
    return list(zip(signals, [*signals[1:], 1.0], strict=True))


# Known mistakes


def never_at_the_data(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, pairwise(signals), eta)


def from_the_clean_end(denoise, step, x, signals, eta):
    signals = signals[::-1]
    return _walk(denoise, step, x, _pairs(signals), eta)


def to_zero(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, zip(signals, [*signals[1:], 0.0], strict=True), eta)


def always_to_one(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, [(s, 1.0) for s in signals], eta)


def first_time_skipped(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, _pairs(signals)[1:], eta)


def guess_of_the_start(denoise, step, x, signals, eta):
    start, states = x, [x]
    for signal, following in _pairs(signals):
        x = step(x, denoise(start, signal), signal, following, eta, torch.randn_like(x))
        states.append(x)
    return states


def guess_made_once(denoise, step, x, signals, eta):
    clean, states = denoise(x, signals[0]), [x]
    for signal, following in _pairs(signals):
        x = step(x, clean, signal, following, eta, torch.randn_like(x))
        states.append(x)
    return states


def always_from_the_start(denoise, step, x, signals, eta):
    return [x] + [step(x, denoise(x, s), s, then, eta, torch.randn_like(x)) for s, then in _pairs(signals)]


def guess_at_the_next_time(denoise, step, x, signals, eta):
    states = [x]
    for signal, following in _pairs(signals):
        x = step(x, denoise(x, following), signal, following, eta, torch.randn_like(x))
        states.append(x)
    return states


def times_exchanged(denoise, step, x, signals, eta):
    states = [x]
    for signal, following in _pairs(signals):
        x = step(x, denoise(x, signal), following, signal, eta, torch.randn_like(x))
        states.append(x)
    return states


def last_state_only(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, _pairs(signals), eta)[-1:]


def start_left_out(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, _pairs(signals), eta)[1:]


def sample_first(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, _pairs(signals), eta)[::-1]


def guesses_for_states(denoise, step, x, signals, eta):
    states = [x]
    for signal, following in _pairs(signals):
        clean = denoise(x, signal)
        x = step(x, clean, signal, following, eta, torch.randn_like(x))
        states.append(clean)
    return states


def starts_from_its_own_noise(denoise, step, x, signals, eta):
    return _walk(denoise, step, torch.randn_like(x), _pairs(signals), eta)


def starts_from_zero(denoise, step, x, signals, eta):
    return _walk(denoise, step, torch.zeros_like(x), _pairs(signals), eta)


def noise_drawn_once(denoise, step, x, signals, eta):
    noise = torch.randn_like(x)
    return _walk(denoise, step, x, _pairs(signals), eta, lambda x: noise)


def start_as_noise(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, _pairs(signals), eta, lambda _, start=x: start)


def uniform_noise(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, _pairs(signals), eta, torch.rand_like)


def one_number_for_all(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, _pairs(signals), eta, lambda x: torch.randn((), dtype=x.dtype).expand(x.shape).clone())


def one_row_for_all(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, _pairs(signals), eta, lambda x: torch.randn_like(x[:1]).expand(x.shape).clone())


def noise_scaled_here(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, _pairs(signals), eta, lambda x: eta * torch.randn_like(x))


def seeded(denoise, step, x, signals, eta):
    def noise(x):
        return torch.randn(x.shape, generator=torch.Generator().manual_seed(0), dtype=x.dtype)

    return _walk(denoise, step, x, _pairs(signals), eta, noise)


def no_noise(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, _pairs(signals), eta, torch.zeros_like)


def eta_always_one(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, _pairs(signals), 1.0)


def eta_never(denoise, step, x, signals, eta):
    return _walk(denoise, step, x, _pairs(signals), 0.0)


def evaluated_twice(denoise, step, x, signals, eta):
    states = [x]
    for signal, following in _pairs(signals):
        denoise(x, signal)
        x = step(x, denoise(x, signal), signal, following, eta, torch.randn_like(x))
        states.append(x)
    return states


def ends_on_the_guess(denoise, step, x, signals, eta):
    states = _walk(denoise, step, x, _pairs(signals)[:-1], eta)
    return [*states, denoise(states[-1], signals[-1])]


def one_tensor_for_all(denoise, step, x, signals, eta):
    x = x.clone()
    states = [x]
    for signal, following in _pairs(signals):
        x[:] = step(x, denoise(x, signal), signal, following, eta, torch.randn_like(x))
        states.append(x)
    return states


# Also right


def by_index(denoise, step, x, signals, eta):
    states = [x.clone()]
    with torch.no_grad():
        for i in range(len(signals)):
            following = signals[i + 1] if i < len(signals) - 1 else 1
            noise = torch.empty_like(x).normal_()
            states.append(step(states[-1], denoise(states[-1], signals[i]), signals[i], following, eta, noise))
    return tuple(states)


def none_at_the_end(denoise, step, x, signals, eta):
    states = [x]
    for signal, following in _pairs(signals):
        noise = torch.randn_like(x) if following < 1 else torch.zeros_like(x)
        states.append(step(states[-1], denoise(states[-1], signal), signal, following, eta, noise))
    return states


def while_there_are_times(denoise, step, x, signals, eta):
    left, states = list(signals), [x]
    while left:
        signal = left.pop(0)
        noise = torch.randn(x.shape, dtype=x.dtype) if eta > 0 else torch.zeros_like(x)
        x = step(x=x, clean=denoise(x, signal), signal=signal, next_signal=left[0] if left else 1.0, eta=eta, noise=noise)
        states.append(x)
    return states


def noise_beforehand(denoise, step, x, signals, eta):
    noises = torch.randn(len(signals), *x.shape, dtype=x.dtype)
    states = [x]
    for signal, following, noise in zip(signals, signals[1:] + [1.0], noises, strict=True):
        states.append(step(states[-1], denoise(states[-1], signal), signal, following, eta, noise))
    return states


START = "x, the noise to start from, is handed to you: begin there."
SAME = "Every step gets the same noise: draw it inside the loop."
SHARED = "The noise is shared by several numbers of x: draw it in x's shape (torch.randn_like)."
WAY = "The chain runs from the noisiest time to the data, in the order of `signals`, and its last step leads to signal 1."

mistakes = [
    Mistake(never_at_the_data, "The last step is missing, the one from the last time to the data, at signal 1."),
    Mistake(from_the_clean_end, WAY), Mistake(to_zero, WAY),
    Mistake(always_to_one, "Each step goes to signal 1 at once. It leads to the next time of the chain, and only the last to 1."),
    Mistake(first_time_skipped, "The first time of the chain is left out: x is there, and a step leads from there to the second."),
    Mistake(guess_of_the_start, "The guess is made from the x at the start each time: ask the denoiser about the present x."),
    Mistake(guess_made_once, "You ask the denoiser once. Its guess becomes better on the way: ask at every time."),
    Mistake(always_from_the_start, "Each step starts from the noise again: it goes on from where the last one ended."),
    Mistake(guess_at_the_next_time, "The denoiser is asked about the wrong time: x is still at `signal`."),
    Mistake(times_exchanged, "`step` takes the signal where x is first, and then the one to go to."),
    Mistake(last_state_only, "Only the sample comes back. All states are asked for, in a list."),
    Mistake(start_left_out, "The start is missing in the list: S steps join S + 1 states."),
    Mistake(sample_first, "The list is in the reverse order: the noise at the start comes first."),
    Mistake(guesses_for_states, "Your list holds the guesses. The states x themselves are asked for."),
    Mistake(one_tensor_for_all, "All your states are one tensor, changed in place, so the list holds the sample S + 1 times."),
    Mistake(starts_from_its_own_noise, START), Mistake(starts_from_zero, START),
    *(Mistake(answer, SAME) for answer in (noise_drawn_once, start_as_noise, seeded)),
    Mistake(uniform_noise, "The noise is to be normal: torch.rand gives numbers between 0 and 1, torch.randn normal ones."),
    Mistake(one_number_for_all, SHARED), Mistake(one_row_for_all, SHARED),
    Mistake(noise_scaled_here, "The noise is scaled by eta already in `sample`; `step` does that. Hand over N(0, I)."),
    Mistake(no_noise, "`step` gets zeros for noise. It needs fresh noise at every step where eta > 0."),
    Mistake(eta_always_one, "eta is to be handed on to `step` as it is."),
    Mistake(eta_never, "eta is to be handed on to `step` as it is."),
    Mistake(evaluated_twice, "The denoiser is evaluated twice in each step. Evaluations are what sampling costs: one is enough."),
    Mistake(ends_on_the_guess, "The last step is left to the denoiser alone: it is a call of `step`, to signal 1."),
]

also_right = [none_at_the_end, by_index, while_there_are_times, noise_beforehand]

equivalent_mutants = {}
