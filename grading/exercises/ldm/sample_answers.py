"""Answers to ldm-sample: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake


def _times(T, S):
    return [round(k * T / S) - 1 for k in range(S, 0, -1)]


def _halves(network, z, t, context, keep, empty, empty_keep):
    """v for the prompts and for the empty prompt."""
    B = len(z)
    words = torch.cat([context, empty.expand(B, -1, -1)])
    return network(torch.cat([z, z]), torch.full((2 * B,), t), words, torch.cat([keep, empty_keep.expand(B, -1)])).chunk(2)


def _combine(v, without, weight):
    return without + weight * (v - without)


def _parts(z, v, signal):
    return math.sqrt(signal) * z - math.sqrt(1 - signal) * v, math.sqrt(1 - signal) * z + math.sqrt(signal) * v


def _mix(clean, noise, signal):
    return math.sqrt(signal) * clean + math.sqrt(1 - signal) * noise


def _image(decode, z, scale):
    return ((decode(z / scale) + 1) / 2).clamp(0, 1)


def _sampler(times=_times, halves=_halves, combine=_combine, parts=_parts, mix=_mix, image=_image, end=1.0):
    @torch.no_grad()
    def answer(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
        z, chain = latents, list(times(len(alpha_bar), num_steps))
        for i, t in enumerate(chain):
            after = alpha_bar[chain[i + 1]].item() if i + 1 < len(chain) else end
            v, without = halves(network, z, t, context, keep, empty, empty_keep)
            z = mix(*parts(z, combine(v, without, weight), alpha_bar[t].item()), after)
        return image(decode, z, scale)

    return answer


# Known mistakes

outlines_times = _sampler(times=lambda T, S: range(S - 1, -1, -1))
ascending = _sampler(times=lambda T, S: _times(T, S)[::-1])
first_time_0 = _sampler(times=lambda T, S: [round(k * T / S) for k in range(S - 1, -1, -1)])
both_ends = _sampler(times=lambda T, S: torch.linspace(T - 1, 0, S).round().long().tolist())
whole_strides = _sampler(times=lambda T, S: list(range(T - 1, -1, -(T // S)))[:S])
all_times = _sampler(times=lambda T, S: range(T - 1, -1, -1))
from_1_to_T = _sampler(times=lambda T, S: [min(t + 1, T - 1) for t in _times(T, S)])
rounded_down = _sampler(times=lambda T, S: [k * T // S - 1 for k in range(S, 0, -1)])

never_unscaled = _sampler(image=lambda decode, z, scale: ((decode(z) + 1) / 2).clamp(0, 1))
multiplied_by_scale = _sampler(image=lambda decode, z, scale: ((decode(z * scale) + 1) / 2).clamp(0, 1))
image_divided = _sampler(image=lambda decode, z, scale: ((decode(z) / scale + 1) / 2).clamp(0, 1))
not_clamped = _sampler(image=lambda decode, z, scale: (decode(z / scale) + 1) / 2)
range_kept = _sampler(image=lambda decode, z, scale: decode(z / scale).clamp(-1, 1))
negative_cut_off = _sampler(image=lambda decode, z, scale: decode(z / scale).clamp(0, 1))
sigmoid = _sampler(image=lambda decode, z, scale: torch.sigmoid(decode(z / scale)))
stretched = _sampler(image=lambda decode, z, scale: (decode(z / scale) - decode(z / scale).min()) / (
    decode(z / scale).max() - decode(z / scale).min()))
latents_clamped = _sampler(parts=lambda z, v, signal: (_parts(z, v, signal)[0].clamp(-1, 1), _parts(z, v, signal)[1]))

prompt_in_both = _sampler(halves=lambda network, z, t, context, keep, empty, empty_keep: _halves(
    network, z, t, context, keep, context[0], keep[0]) if len(z) == 1 else network(
        torch.cat([z, z]), torch.full((2 * len(z),), t), torch.cat([context, context]), torch.cat([keep, keep])).chunk(2))
empty_in_both = _sampler(halves=lambda network, z, t, context, keep, empty, empty_keep: _halves(
    network, z, t, empty.expand_as(context), empty_keep.expand_as(keep), empty, empty_keep))
halves_swapped = _sampler(halves=lambda *given: _halves(*given)[::-1])
zeros_for_empty = _sampler(halves=lambda network, z, t, context, keep, empty, empty_keep: _halves(
    network, z, t, context, keep, torch.zeros_like(empty), empty_keep))
masks_of_prompts = _sampler(halves=lambda network, z, t, context, keep, empty, empty_keep: network(
    torch.cat([z, z]), torch.full((2 * len(z),), t), torch.cat([context, empty.expand_as(context)]), torch.cat([keep, keep])).chunk(2))
scalar_time = _sampler(halves=lambda network, z, t, context, keep, empty, empty_keep: network(
    torch.cat([z, z]), torch.tensor(t), torch.cat([context, empty.expand_as(context)]), torch.cat([keep, empty_keep.expand_as(keep)])).chunk(2))
rows_interleaved = _sampler(halves=lambda *given: (torch.stack(_halves(*given), 1).flatten(0, 1)[:len(given[1])], torch.stack(
    _halves(*given), 1).flatten(0, 1)[len(given[1]):]))
weight_from_0 = _sampler(combine=lambda v, without, weight: (1 + weight) * v - weight * without)
from_the_prompt = _sampler(combine=lambda v, without, weight: v + weight * (v - without))
without_guidance = _sampler(combine=lambda v, without, weight: v)
weight_within_1 = _sampler(combine=lambda v, without, weight: _combine(v, without, min(weight, 1.0)))

v_is_noise = _sampler(parts=lambda z, v, signal: ((z - math.sqrt(1 - signal) * v) / math.sqrt(signal), v))
v_is_clean = _sampler(parts=lambda z, v, signal: (v, (z - math.sqrt(signal) * v) / math.sqrt(1 - signal)))
sign_of_v = _sampler(parts=lambda z, v, signal: _parts(z, -v, signal))
roots_forgotten = _sampler(parts=lambda z, v, signal: (signal * z - (1 - signal) * v, (1 - signal) * z + signal * v))
mixed_without_roots = _sampler(mix=lambda clean, noise, signal: signal * clean + (1 - signal) * noise)
last_step_missing = _sampler(end=0.95)
guess_alone = _sampler(mix=lambda clean, noise, signal: clean)


def same_time_again(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    z = latents
    with torch.no_grad():
        for t in _times(len(alpha_bar), num_steps):
            v, without = _halves(network, z, t, context, keep, empty, empty_keep)
            z = _mix(*_parts(z, _combine(v, without, weight), alpha_bar[t].item()), alpha_bar[t].item())
        return _image(decode, z, scale)


def neighbour_in_training(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    z = latents
    with torch.no_grad():
        for t in _times(len(alpha_bar), num_steps):
            v, without = _halves(network, z, t, context, keep, empty, empty_keep)
            after = alpha_bar[t - 1].item() if t > 0 else 1.0
            z = _mix(*_parts(z, _combine(v, without, weight), alpha_bar[t].item()), after)
        return _image(decode, z, scale)


def graph_kept(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    z, times = latents, _times(len(alpha_bar), num_steps)
    for t, after in zip(times, [*times[1:], None], strict=True):
        v, without = _halves(network, z, t, context, keep, empty, empty_keep)
        z = _mix(*_parts(z, _combine(v, without, weight), alpha_bar[t].item()), 1.0 if after is None else alpha_bar[after].item())
    return _image(decode, z, scale)


def decoder_outside_no_grad(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    z, times = latents, _times(len(alpha_bar), num_steps)
    with torch.no_grad():
        for t, after in zip(times, [*times[1:], None], strict=True):
            v, without = _halves(network, z, t, context, keep, empty, empty_keep)
            z = _mix(*_parts(z, _combine(v, without, weight), alpha_bar[t].item()), 1.0 if after is None else alpha_bar[after].item())
    return _image(decode, z, scale)


# Also right


@torch.no_grad()
def by_noise(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    T = len(alpha_bar)
    times = (torch.linspace(T / num_steps, T, num_steps, dtype=torch.float64).round().long() - 1).flip(0)
    signals = torch.cat([alpha_bar[times], torch.ones_like(alpha_bar[:1])])
    z = latents.clone()
    for t, signal, after in zip(times, signals[:-1], signals[1:], strict=True):
        rows = t.repeat(len(z))
        v = network(z, rows, context, keep) if weight else torch.zeros_like(z)
        if weight != 1:
            v = weight * v + (1 - weight) * network(z, rows, empty.repeat(len(z), 1, 1), empty_keep.repeat(len(z), 1))
        noise = (1 - signal).sqrt() * z + signal.sqrt() * v
        clean = (z - (1 - signal).sqrt() * noise) / signal.sqrt()
        z = after.sqrt() * clean + (1 - after).sqrt() * noise
    return torch.clamp(decode(z.div(scale)) * 0.5 + 0.5, min=0.0, max=1.0)


def halves_the_other_way(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    B, T = len(latents), len(alpha_bar)
    words = torch.cat([empty[None].expand(B, -1, -1), context], dim=0)
    masks = torch.cat([empty_keep[None].expand(B, -1), keep], dim=0)
    with torch.inference_mode():
        z = latents
        for k in range(num_steps, 0, -1):
            t = round(T * k / num_steps) - 1
            after = float(alpha_bar[round(T * (k - 1) / num_steps) - 1]) if k > 1 else 1.0
            answers = network(z.repeat(2, 1, 1, 1), torch.tensor([t] * (2 * B)), words, masks)
            v = answers[:B] + weight * (answers[B:] - answers[:B])
            z = _mix(*_parts(z, v, float(alpha_bar[t])), after)
        image = (decode(z / scale) + 1) / 2
        return image.clamp_(0, 1).clone()


@torch.no_grad()
def image_after_image(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    times = _times(len(alpha_bar), num_steps)
    z = latents
    for i, t in enumerate(times):
        asked = torch.tensor([t])
        v = torch.cat([_combine(network(z[b:b + 1], asked, context[b:b + 1], keep[b:b + 1]),
                                network(z[b:b + 1], asked, empty[None], empty_keep[None]), weight) for b in range(len(z))])
        clean, noise = _parts(z, v, alpha_bar[t].item())
        z = _mix(clean, noise, alpha_bar[times[i + 1]].item()) if i + 1 < len(times) else clean
    return ((decode(z / scale) + 1) / 2).clip(0, 1)


for _name, _value in list(globals().items()):
    if getattr(_value, "__name__", "") == "answer":
        _value.__name__ = _name  # made by a factory: the name that stands left of the =

_SPREAD = "The times of a few steps are spread over all T: round(k T / S) - 1 for k = S … 1, from T - 1 down."
_RANGE = "The decoder speaks in [-1, 1]: (x + 1) / 2 brings that to [0, 1], and what lies beyond is clamped."
_WEIGHT = "At weight 0 the empty prompt alone is asked for, at 1 the prompt alone: v_empty + weight · (v_prompt - v_empty)."
_V = "v is neither noise nor latents but both: z_0 = √ᾱ z - √(1 - ᾱ) v and ε = √(1 - ᾱ) z + √ᾱ v."
_DEAF = "The weight has no influence: the empty prompt's answer is not asked for, or not used. What counts is the difference of the two."
_GRAPH = "A graph hangs on the images: sampling needs no gradient, torch.no_grad() saves the memory, for the decoder too."
_NEXT = "The step after t leads to the next time of your own list, which is not t - 1, and after the last one to ᾱ = 1."
mistakes = [
    Mistake(outlines_times, "You ask about the times num_steps - 1 … 0: of T they are the cleanest alone, and what you start from is pure noise. "
            + _SPREAD),
    Mistake(ascending, "You begin at the cleanest time. The start is noise: begin at T - 1."),
    Mistake(first_time_0, _SPREAD), Mistake(both_ends, _SPREAD), Mistake(whole_strides, _SPREAD), Mistake(from_1_to_T, _SPREAD),
    Mistake(rounded_down, _SPREAD),
    Mistake(all_times, "You go through all T times: num_steps says how many."),
    Mistake(scalar_time, "The network is to be given a time for each row, (2 B,), not a single number."),
    Mistake(never_unscaled, "The decoder gets scaled latents. It has learnt the size that they had before: divide by the scale."),
    Mistake(multiplied_by_scale, "You multiply by the scale once more. Divide by it, before decoding."),
    Mistake(image_divided, "You divide the image by the scale. It is the latents that are scaled: divide them before decoding."),
    *(Mistake(answer, _RANGE) for answer in (not_clamped, range_kept, negative_cut_off, sigmoid, stretched)),
    Mistake(latents_clamped, "You keep the guess of the latents within [-1, 1]. Only pixels have that range; latents reach further."),
    Mistake(prompt_in_both, _DEAF), Mistake(without_guidance, _DEAF),
    Mistake(empty_in_both, "Both halves are asked about the empty prompt: the words never reach the network."),
    Mistake(halves_swapped, "The halves are swapped: you lead away from the prompt."),
    Mistake(zeros_for_empty, "The empty prompt is not a prompt of zeros: its vectors are handed over as `empty`."),
    Mistake(masks_of_prompts, "The empty half has the masks of the prompts. Its own is `empty_keep`."),
    Mistake(rows_interleaved, "After torch.cat the first B rows belong together: chunk(2) takes the halves apart, every other row does not."),
    Mistake(weight_from_0, _WEIGHT), Mistake(from_the_prompt, _WEIGHT), Mistake(weight_within_1, _WEIGHT),
    Mistake(v_is_noise, _V), Mistake(v_is_clean, _V), Mistake(sign_of_v, _V),
    Mistake(roots_forgotten, "ᾱ is a share of the variance: amounts are √ᾱ and √(1 - ᾱ)."),
    Mistake(mixed_without_roots, "ᾱ is a share of the variance: amounts are √ᾱ and √(1 - ᾱ)."),
    Mistake(last_step_missing, "Some noise is left at the end: the last step leads to ᾱ = 1, the guess itself."),
    Mistake(guess_alone, "You go to the guess at once, at every time. Put noise back, in the amount of the next time."),
    Mistake(same_time_again, _NEXT), Mistake(neighbour_in_training, _NEXT),
    Mistake(graph_kept, _GRAPH), Mistake(decoder_outside_no_grad, _GRAPH),
]

also_right = [by_noise, halves_the_other_way, image_after_image]

equivalent_mutants = {}
