"""Planted answers to ldm-edit, by another author than the check's."""

import math
from functools import reduce
from itertools import pairwise

import torch


def _count(strength, S):
    return round(strength * S)


def _noise(x, eps, a):
    return a**0.5 * x + (1 - a) ** 0.5 * eps


def _go(denoise, z, signals, times, step=None):
    """Along the times; signals has one more entry, the last of them 1."""
    for t, a, b in zip(times, signals, signals[1:], strict=False):
        clean = denoise(z, t)
        eps = (z - a**0.5 * clean) / (1 - a) ** 0.5
        z = step(z, clean, eps, a, b) if step else b**0.5 * clean + (1 - b) ** 0.5 * eps
    return z


def _answer(take=lambda times, n: times[len(times) - n:], count=_count, noise_to=_noise, step=None, at=None, end=1.0):
    def made(denoise, latents, alpha_bar, times, strength, noise):
        walked = take(list(times), count(strength, len(times)))
        if len(walked) == 0:
            return latents
        signals = [float(alpha_bar[t]) for t in walked] + [end]
        start = signals[0] if at is None else float(alpha_bar[at(list(times), walked)])
        return _go(denoise, noise_to(latents, noise, start), signals, walked, step)

    return made


own_noise = _answer(noise_to=lambda x, eps, a: _noise(x, torch.randn_like(x), a))
fresh_noise = _answer(step=lambda z, clean, eps, a, b: b**0.5 * clean + (1 - b) ** 0.5 * torch.randn_like(z))
first_times_forward = _answer(take=lambda times, n: times[:n])
first_step_skipped = _answer(take=lambda times, n: times[len(times) - n + 1:] if n else [])
every_other = _answer(take=lambda times, n: times[len(times) - n::2])
noisiest_time_always = _answer(take=lambda times, n: [times[0], *times[len(times) - n + 1:]] if n else [])
floor_plus_1 = _answer(count=lambda strength, S: min(S, math.floor(strength * S) + 1))
never_whole = _answer(count=lambda strength, S: min(S - 1, round(strength * S)))
squared_strength = _answer(count=lambda strength, S: round(strength**2 * S))
whole_chain = _answer(count=lambda strength, S: S)
noised_to_the_next_time = _answer(at=lambda times, walked: walked[min(1, len(walked) - 1)])
noised_to_the_last_time = _answer(at=lambda times, walked: walked[-1])
variances_for_amounts = _answer(noise_to=lambda x, eps, a: a**0.5 * x + (1 - a) * eps)
noise_subtracted = _answer(noise_to=lambda x, eps, a: _noise(x, -eps, a))
latents_not_shrunk = _answer(noise_to=lambda x, eps, a: x + ((1 - a) / a) ** 0.5 * eps)
ends_before_the_data = _answer(end=0.99)
noise_of_the_start_kept = _answer(step=lambda z, clean, eps, a, b: clean + (1 - b) ** 0.5 * (z - clean))
direction_long = _answer(step=lambda z, clean, eps, a, b: b**0.5 * clean + (1 - b) ** 0.5 * (z - a**0.5 * clean))
amounts_of_the_present = _answer(step=lambda z, clean, eps, a, b: clean if b == 1 else _noise(clean, eps, a))
guess_halved = _answer(step=lambda z, clean, eps, a, b: clean if b == 1 else (z + clean) / 2)


def mixed_with_the_image(denoise, latents, alpha_bar, times, strength, noise):
    made = at_once(denoise, latents, alpha_bar, times, 1.0, noise)
    return strength * made + (1 - strength) * latents


def times_of_the_signals(denoise, latents, alpha_bar, times, strength, noise):
    made = at_once(lambda z, t: denoise(z, alpha_bar[t]), latents, alpha_bar, times, strength, noise)
    return made


def written_over(denoise, latents, alpha_bar, times, strength, noise):
    made = at_once(denoise, latents, alpha_bar, times, strength, noise)
    return latents.copy_(made)


def times_used_up(denoise, latents, alpha_bar, times, strength, noise):
    n = round(strength * len(times))
    while len(times) > n:
        times.pop(0)
    return at_once(denoise, latents, alpha_bar, times, 1.0, noise)


def time_for_each_row(denoise, latents, alpha_bar, times, strength, noise):
    return at_once(lambda z, t: denoise(z, torch.full((len(z),), t)), latents, alpha_bar, times, strength, noise)


def nothing_at_0(denoise, latents, alpha_bar, times, strength, noise):
    if round(strength * len(times)):
        return at_once(denoise, latents, alpha_bar, times, strength, noise)
    return None


def noise_at_0(denoise, latents, alpha_bar, times, strength, noise):
    if round(strength * len(times)):
        return at_once(denoise, latents, alpha_bar, times, strength, noise)
    return _noise(latents, noise, float(alpha_bar[times[-1]]))


def at_once(denoise, latents, alpha_bar, times, strength, noise):
    n = int(strength * len(times) + 0.5)
    chain = [(t, alpha_bar[t]) for t in times[len(times) - n:]] + [(None, torch.ones_like(alpha_bar[0]))]
    z = latents
    for i, ((t, a), (_, b)) in enumerate(pairwise(chain)):
        if i == 0:
            z = torch.sqrt(a) * latents + torch.sqrt(1 - a) * noise
        guess = denoise(z, t)
        z = torch.sqrt(b) * guess + torch.sqrt((1 - b) / (1 - a)) * (z - torch.sqrt(a) * guess)
    return z


def with_padded_signals(denoise, latents, alpha_bar, times, strength, noise):
    n, a = round(strength * len(times)), torch.cat([alpha_bar[torch.tensor(times)], alpha_bar.new_ones(1)])
    z = torch.einsum("k,kbchw->bchw", torch.stack([a[-n - 1].sqrt(), (1 - a[-n - 1]).sqrt()]).to(latents),
                     torch.stack([latents, noise])) if n else latents.clone()
    for i in range(len(times) - n, len(times)):
        ratio = ((1 - a[i + 1]) / (1 - a[i])).sqrt()
        z = ratio * z + (a[i + 1].sqrt() - ratio * a[i].sqrt()) * denoise(z, times[i])
    return z


def by_reduce(denoise, latents, alpha_bar, times, strength, noise):
    walked = list(times)[::-1][:round(strength * len(times))][::-1]
    if not walked:
        return latents
    after = dict(zip(walked, [float(alpha_bar[t]) for t in walked[1:]] + [1.0], strict=True))

    def step(z, t):
        a, b = float(alpha_bar[t]), after[t]
        clean = denoise(z, t)
        return math.sqrt(b) * clean + math.sqrt(1 - b) / math.sqrt(1 - a) * (z - math.sqrt(a) * clean)

    return reduce(step, walked, _noise(latents, noise, float(alpha_bar[walked[0]])))


def with_a_pointer(denoise, latents, alpha_bar, times, strength, noise):
    S = len(times)
    at = S - round(S * strength)
    if at >= S:
        return latents + 0
    signals = [*alpha_bar[list(times)].tolist(), 1.0]
    z = signals[at] ** 0.5 * latents + (1 - signals[at]) ** 0.5 * noise
    while at < S:
        clean = denoise(z, times[at])
        eps = (z - signals[at] ** 0.5 * clean) / (1 - signals[at]) ** 0.5
        at += 1
        z = signals[at] ** 0.5 * clean + (1 - signals[at]) ** 0.5 * eps
    return z


def by_angles(denoise, latents, alpha_bar, times, strength, noise):
    walked = times[len(times) - round(strength * len(times)):]
    if not walked:
        return latents
    angles = [math.acos(float(alpha_bar[t]) ** 0.5) for t in walked] + [0.0]
    z = math.cos(angles[0]) * latents + math.sin(angles[0]) * noise
    for t, old, new in zip(walked, angles, angles[1:], strict=False):
        clean = denoise(z, t)
        z = (math.sin(new) * z + math.sin(old - new) * clean) / math.sin(old)
    return z


for _name, _value in list(globals().items()):
    if getattr(_value, "__name__", "") == "made":
        _value.__name__ = _name


SAYS_1 = (
    "The latents are noised as at the first time that is walked: √ᾱ latents + √(1 - ᾱ) noise."
)
SAYS_2 = (
    "DDIM steps from one walked time to the next, without fresh noise; after the last one ᾱ = 1."
)
SAYS_3 = (
    "The last round(strength · S) of the S times are walked, each once, the noisiest of them first."
)
SAYS_4 = (
    "`image_to_image` changes its argument `latents` in place: work on a copy. The latents are noised as at "
    "the first time that is walked: √ᾱ latents + √(1 - ᾱ) noise."
)
SAYS_5 = (
    "`image_to_image` should return a tensor, not None (is a `return` missing?). The signature is "
    "`image_to_image(denoise, latents, alpha_bar, times, strength, noise)`."
)
SAYS_6 = (
    "Where no step is walked the latents come back as they were, and `denoise` is not asked."
)

wrong = [
    (own_noise, SAYS_1),
    (fresh_noise, SAYS_2),
    (first_times_forward, "first_times"),
    (first_step_skipped, SAYS_3),
    (every_other, SAYS_3),
    (noisiest_time_always, SAYS_3),
    (floor_plus_1, "rounded_down"),
    (never_whole, SAYS_3),
    (squared_strength, SAYS_3),
    (whole_chain, SAYS_3),
    (noised_to_the_next_time, SAYS_1),
    (noised_to_the_last_time, SAYS_1),
    (variances_for_amounts, SAYS_1),
    (noise_subtracted, SAYS_1),
    (latents_not_shrunk, SAYS_1),
    (ends_before_the_data, SAYS_2),
    (noise_of_the_start_kept, SAYS_2),
    (direction_long, SAYS_2),
    (amounts_of_the_present, SAYS_2),
    (guess_halved, SAYS_2),
    (mixed_with_the_image, SAYS_3),
    (times_of_the_signals, SAYS_3),
    (written_over, SAYS_4),
    (times_used_up, "`image_to_image` changes its argument `times` in place: work on a copy."),
    (time_for_each_row, "`image_to_image` should give `denoise` one whole number t, not a number for each row. "
     "The signature is `image_to_image(denoise, latents, alpha_bar, times, strength, noise)`."),
    (nothing_at_0, SAYS_5),
    (noise_at_0, SAYS_6),
]
right = [with_padded_signals, at_once, by_reduce, with_a_pointer, by_angles]
