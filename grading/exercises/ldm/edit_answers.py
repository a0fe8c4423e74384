"""Answers to ldm-edit: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake


def _step(z, clean, signal, after):
    direction = (z - math.sqrt(signal) * clean) / math.sqrt(1 - signal)
    return math.sqrt(after) * clean + math.sqrt(1 - after) * direction


def _walk(denoise, z, alpha_bar, times, end=1.0):
    for i, t in enumerate(times):
        after = alpha_bar[times[i + 1]].item() if i + 1 < len(times) else end
        z = _step(z, denoise(z, t), alpha_bar[t].item(), after)
    return z


def _noised(latents, noise, signal):
    return math.sqrt(signal) * latents + math.sqrt(1 - signal) * noise


def _last(times, strength):
    steps = round(strength * len(times))
    return list(times)[len(times) - steps:]


def _edit(chosen=_last, noised=_noised, walk=_walk):
    def answer(denoise, latents, alpha_bar, times, strength, noise):
        walked = chosen(times, strength)
        if not walked:
            return latents
        return walk(denoise, noised(latents, noise, alpha_bar[walked[0]].item()), alpha_bar, walked)

    return answer


# Known mistakes

first_times = _edit(chosen=lambda times, strength: list(times)[:round(strength * len(times))])
strength_turned = _edit(chosen=lambda times, strength: _last(times, 1 - strength))
backwards = _edit(chosen=lambda times, strength: _last(times, strength)[::-1])
rounded_down = _edit(chosen=lambda times, strength: list(times)[len(times) - int(strength * len(times)):])
rounded_up = _edit(chosen=lambda times, strength: list(times)[len(times) - math.ceil(strength * len(times)):])
minus_0 = _edit(chosen=lambda times, strength: list(times)[-round(strength * len(times)):])
at_least_one = _edit(chosen=lambda times, strength: list(times)[len(times) - max(1, round(strength * len(times))):])
one_too_many = _edit(chosen=lambda times, strength: list(times)[max(0, len(times) - round(strength * len(times)) - 1):])
of_all_training_times = _edit(chosen=lambda times, strength: list(range(round(strength * (times[0] + 1)) - 1, -1, -1)))

not_noised = _edit(noised=lambda latents, noise, signal: latents)
noise_alone = _edit(noised=lambda latents, noise, signal: noise)
noise_added = _edit(noised=lambda latents, noise, signal: latents + math.sqrt(1 - signal) * noise)
weights_swapped = _edit(noised=lambda latents, noise, signal: _noised(latents, noise, 1 - signal))
roots_forgotten = _edit(noised=lambda latents, noise, signal: signal * latents + (1 - signal) * noise)

one_guess = _edit(walk=lambda denoise, z, alpha_bar, times: denoise(z, times[0]))
noise_left = _edit(walk=lambda denoise, z, alpha_bar, times: _walk(denoise, z, alpha_bar, times, alpha_bar[0].item()))
last_step_missing = _edit(walk=lambda denoise, z, alpha_bar, times: _walk(denoise, z, alpha_bar, times[:-1], alpha_bar[times[-1]].item()))


def _guesses(denoise, z, alpha_bar, times):
    for t in times:
        z = denoise(z, t)
    return z


def _neighbours(denoise, z, alpha_bar, times):
    for t in times:
        z = _step(z, denoise(z, t), alpha_bar[t].item(), alpha_bar[t - 1].item() if t else 1.0)
    return z


def _same_time(denoise, z, alpha_bar, times):
    for t in times:
        z = _step(z, denoise(z, t), alpha_bar[t].item(), alpha_bar[t].item())
    return z


def _first_latents(denoise, z, alpha_bar, times):
    start = z
    for i, t in enumerate(times):
        after = alpha_bar[times[i + 1]].item() if i + 1 < len(times) else 1.0
        z = _step(start, denoise(z, t), alpha_bar[t].item(), after)
    return z


def _as_noise(denoise, z, alpha_bar, times):
    for i, t in enumerate(times):
        signal, after = alpha_bar[t].item(), alpha_bar[times[i + 1]].item() if i + 1 < len(times) else 1.0
        noise = denoise(z, t)
        clean = (z - math.sqrt(1 - signal) * noise) / math.sqrt(signal)
        z = math.sqrt(after) * clean + math.sqrt(1 - after) * noise
    return z


guess_at_every_time = _edit(walk=_guesses)
neighbour_in_training = _edit(walk=_neighbours)
same_time_again = _edit(walk=_same_time)
always_from_the_start = _edit(walk=_first_latents)
guess_taken_for_noise = _edit(walk=_as_noise)
clamped = _edit(walk=lambda denoise, z, alpha_bar, times: _walk(lambda z, t: denoise(z, t).clamp(-1, 1), z, alpha_bar, times))


def noise_of_the_whole_chain(denoise, latents, alpha_bar, times, strength, noise):
    walked = _last(times, strength)
    return _walk(denoise, _noised(latents, noise, alpha_bar[times[0]].item()), alpha_bar, walked) if walked else latents


def noised_by_strength(denoise, latents, alpha_bar, times, strength, noise):
    walked = _last(times, strength)
    return _walk(denoise, (1 - strength) * latents + strength * noise, alpha_bar, walked) if walked else latents


# Also right


def with_tensors(denoise, latents, alpha_bar, times, strength, noise):
    skip = len(times) - round(strength * len(times))
    if skip == len(times):
        return latents.clone()
    signals = torch.cat([alpha_bar[torch.tensor(times[skip:])], alpha_bar.new_ones(1)])
    z = signals[0].sqrt() * latents + (1 - signals[0]).sqrt() * noise
    for t, now, then in zip(times[skip:], signals, signals[1:], strict=False):
        clean = denoise(z, t)
        noise = (z - now.sqrt() * clean) / (1 - now).sqrt()
        z = then.sqrt() * clean + (1 - then).sqrt() * noise
    return z


def as_a_shrinking(denoise, latents, alpha_bar, times, strength, noise):
    z, at = latents, None
    for i in range(len(times) - round(strength * len(times)), len(times)):
        signal = float(alpha_bar[times[i]])
        z = _noised(latents, noise, signal) if at is None else z
        at = float(alpha_bar[times[i + 1]]) if i < len(times) - 1 else 1.0
        shrink = ((1 - at) / (1 - signal)) ** 0.5
        z = shrink * z + (at**0.5 - shrink * signal**0.5) * denoise(z, times[i])
    return z


def last_guess_returned(denoise, latents, alpha_bar, times, strength, noise):
    steps = round(strength * len(times))
    if steps == 0:
        return latents
    walked = times[-steps:]
    z = torch.sqrt(alpha_bar[walked[0]]) * latents + torch.sqrt(1 - alpha_bar[walked[0]]) * noise
    while True:
        t, *walked = walked
        clean = denoise(z, t)
        if not walked:
            return clean
        z = _step(z, clean, alpha_bar[t].item(), alpha_bar[walked[0]].item())


for _name, _value in list(globals().items()):
    if getattr(_value, "__name__", "") == "answer":
        _value.__name__ = _name  # made by a factory: the name that stands left of the =

_COUNT = "round(strength · S) steps are walked: the nearest whole number, neither rounded down nor up, and none where that is 0."
_START = "Latents and noise are mixed in other amounts than the first time that is walked has: √ᾱ latents + √(1 - ᾱ) noise."
_NEXT = "A step leads from one walked time to the next of the list, by the noise that z holds: √ᾱ' z_0 + √(1 - ᾱ') ε."
_END = "After the last time ᾱ is 1: the result is the last guess itself, without any noise."
mistakes = [
    Mistake(first_times, "You walk the first times, from the noisiest one. The last ones are walked, so that the image is still to be seen."),
    Mistake(strength_turned, "The other way round: strength 0 gives the latents back, 1 walks the whole chain."),
    Mistake(backwards, "You walk from the cleanest time to the noisiest."),
    Mistake(rounded_down, _COUNT), Mistake(rounded_up, _COUNT), Mistake(at_least_one, _COUNT), Mistake(one_too_many, _COUNT),
    Mistake(minus_0, "times[-0:] is the whole list: where no step is to be walked, all are."),
    Mistake(of_all_training_times, "You walk through the times of training. Those of the chain are handed over as `times`."),
    Mistake(not_noised, "The latents are not noised: `denoise` is told that there is noise where there is none."),
    Mistake(noise_alone, "You start from noise alone: nothing of the image is left."),
    *(Mistake(answer, _START) for answer in (noise_added, weights_swapped, roots_forgotten, noised_by_strength)),
    Mistake(noise_of_the_whole_chain, "You noise as at the first time of the whole chain. It is the first time that is walked that says how much."),
    Mistake(one_guess, "You return the first guess. The chain goes on from there, time by time."),
    Mistake(noise_left, _END), Mistake(last_step_missing, _END),
    *(Mistake(answer, _NEXT) for answer in (guess_at_every_time, neighbour_in_training, same_time_again, always_from_the_start)),
    Mistake(guess_taken_for_noise, "`denoise` gives the clean latents; you take its answer for the noise."),
    Mistake(clamped, "You keep the guess within [-1, 1]. Only pixels have that range; latents reach further."),
]

also_right = [with_tensors, as_a_shrinking, last_guess_returned]

equivalent_mutants = {
    "times = list(times)[len(times) - steps:]: len(times) - steps → -steps": "steps is not 0 there",
}
