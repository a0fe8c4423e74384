"""Planted answers to ldm-sample, by another author than the check's."""

import numpy as np
import torch


def _chain(T, S):
    return [int(t) for t in np.round(np.linspace(T / S, T, S)[::-1]) - 1]


def _ask(network, z, t, prompts, empty):
    """v of the prompts and of the empty prompt; each pair is (vectors, mask)."""
    B = len(z)
    rows = torch.full((B,), t, dtype=torch.long)
    return network(z, rows, *prompts), network(z, rows, empty[0].expand(B, -1, -1), empty[1].expand(B, -1))


def _walk(network, alpha_bar, prompts, empty, z, S, weight, chain=_chain, ask=_ask, step=None, after=None):
    times = chain(len(alpha_bar), S)
    for i, t in enumerate(times):
        a = alpha_bar[t].item()
        b = alpha_bar[times[i + 1]].item() if i < len(times) - 1 else 1.0
        b = b if after is None else after(a, b)
        said, nothing = ask(network, z, t, prompts, empty)
        v = nothing + weight * (said - nothing)
        clean, noise = a**0.5 * z - (1 - a) ** 0.5 * v, (1 - a) ** 0.5 * z + a**0.5 * v
        z = step(z, clean, noise, a, b) if step else b**0.5 * clean + (1 - b) ** 0.5 * noise
    return z


def _answer(image=None, weigh=lambda w: w, start=lambda z: z, **parts):
    def made(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
        with torch.no_grad():
            prompts, nothing = (context, keep), (empty, empty_keep)
            z = _walk(network, alpha_bar, prompts, nothing, start(latents), num_steps, weigh(weight), **parts)
            return image(decode, z, scale) if image else (0.5 * decode(z / scale) + 0.5).clamp(0, 1)

    return made


fresh_noise = _answer(step=lambda z, clean, noise, a, b: b**0.5 * clean + (1 - b) ** 0.5 * torch.randn_like(z))
one_time_too_few = _answer(chain=lambda T, S: _chain(T, S)[1:] or _chain(T, S))
one_time_too_many = _answer(chain=lambda T, S: [*_chain(T, S), 0])
from_T = _answer(chain=lambda T, S: [min(round(k * T / S), T - 1) for k in range(S, 0, -1)])
noisiest_times_alone = _answer(chain=lambda T, S: range(T - 1, T - 1 - S, -1))
leading_times = _answer(chain=lambda T, S: [min(t + 2, T - 1) for t in range(0, T, T // S)][:S][::-1])
square_times = _answer(chain=lambda T, S: [round((k / S) ** 2 * T) - 1 if k < S else T - 1 for k in range(S, 0, -1)])
weight_squared = _answer(weigh=lambda w: w * w)
weight_halved = _answer(weigh=lambda w: w / 2 if w > 1 else w)
weight_plus_1 = _answer(weigh=lambda w: w + 1)
start_scaled = _answer(start=lambda z: z / 2)
start_drawn_anew = _answer(start=torch.randn_like)
start_cut = _answer(start=lambda z: z.clamp(-1, 1))
v_for_score = _answer(step=lambda z, clean, noise, a, b: clean + (1 - b) ** 0.5 * noise)
amounts_swapped = _answer(step=lambda z, clean, noise, a, b: (1 - b) ** 0.5 * clean + b**0.5 * noise)
steps_of_ddpm = _answer(step=lambda z, clean, noise, a, b: (
    b**0.5 * (1 - a / b) / (1 - a) * clean + (a / b) ** 0.5 * (1 - b) / (1 - a) * z))
noise_of_the_present = _answer(step=lambda z, clean, noise, a, b: (
    b**0.5 * clean + (1 - a) ** 0.5 * noise if b < 1 else clean))
guess_clamped = _answer(step=lambda z, clean, noise, a, b: b**0.5 * clean.clamp(-1, 1) + (1 - b) ** 0.5 * noise)
ends_at_first_alpha = _answer(after=lambda a, b: b if b < 1 else 0.999)
unscaled_before_the_walk = _answer(start=lambda z: z, image=lambda decode, z, scale: (
    0.5 * decode(z / scale**2) + 0.5).clamp(0, 1))
decoded_of_1_to_255 = _answer(image=lambda decode, z, scale: ((decode(z / scale) + 1) * 127.5).round().clamp(0, 255))
lower_end_alone = _answer(image=lambda decode, z, scale: (0.5 * decode(z / scale) + 0.5).clamp(min=0))
upper_end_alone = _answer(image=lambda decode, z, scale: (0.5 * decode(z / scale) + 0.5).clamp(max=1))
upper_end_and_minus_1 = _answer(image=lambda decode, z, scale: (0.5 * decode(z / scale) + 0.5).clamp(-1, 1))
clamped_then_brought = _answer(image=lambda decode, z, scale: (decode(z / scale).clamp(0, 1) + 1) / 2)
wrapped = _answer(image=lambda decode, z, scale: (0.5 * decode(z / scale) + 0.5) % 1)
latents_returned = _answer(image=lambda decode, z, scale: z / scale)
empty_kept_whole = _answer(ask=lambda network, z, t, prompts, empty: _ask(
    network, z, t, prompts, (empty[0], torch.ones_like(empty[1]))))
prompts_kept_whole = _answer(ask=lambda network, z, t, prompts, empty: _ask(
    network, z, t, (prompts[0], torch.ones_like(prompts[1])), empty))
first_prompt_for_all = _answer(ask=lambda network, z, t, prompts, empty: _ask(
    network, z, t, (prompts[0][:1].expand_as(prompts[0]), prompts[1][:1].expand_as(prompts[1])), empty))
empty_unless_kept = _answer(ask=lambda network, z, t, prompts, empty: _ask(
    network, z, t, prompts, (prompts[0][0] * 0, empty[1])))
time_before_told = _answer(ask=lambda network, z, t, prompts, empty: _ask(network, z, max(t - 1, 0), prompts, empty))


def strides_behind(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    """Times of the chain, and steps to the time a stride of whole numbers before."""
    z, T = latents, len(alpha_bar)
    with torch.no_grad():
        for t in _chain(T, num_steps):
            a, u = alpha_bar[t], t - T // num_steps
            b = alpha_bar[u] if u >= 0 else torch.ones_like(a)
            said, nothing = _ask(network, z, t, (context, keep), (empty, empty_keep))
            v = torch.lerp(nothing, said, weight)
            clean, noise = a.sqrt() * z - (1 - a).sqrt() * v, (1 - a).sqrt() * z + a.sqrt() * v
            z = b.sqrt() * clean + (1 - b).sqrt() * noise
        return (0.5 * decode(z / scale) + 0.5).clamp(0, 1)


def graph_cut_late(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    z = _walk(network, alpha_bar, (context, keep), (empty, empty_keep), latents, num_steps, weight)
    return (0.5 * decode(z.detach() / scale) + 0.5).clamp(0, 1)


def written_over(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    with torch.no_grad():
        latents.copy_(_walk(network, alpha_bar, (context, keep), (empty, empty_keep), latents, num_steps, weight))
        return (0.5 * decode(latents / scale) + 0.5).clamp(0, 1)


def detached_images(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    z = _walk(network, alpha_bar, (context, keep), (empty, empty_keep), latents, num_steps, weight)
    return (0.5 * decode(z / scale) + 0.5).clamp(0, 1).detach()


@torch.inference_mode()
def by_angles(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    times = torch.tensor(_chain(len(alpha_bar), num_steps))
    angles = torch.acos(torch.sqrt(torch.cat([alpha_bar[times], torch.ones_like(alpha_bar[:1])])))
    z = latents
    for t, turn in zip(times.tolist(), angles[:-1] - angles[1:], strict=True):
        said, nothing = _ask(network, z, t, (context, keep), (empty, empty_keep))
        z = torch.cos(turn) * z - torch.sin(turn) * torch.lerp(nothing, said, weight)
    return torch.clamp((1 + decode(z / scale)) / 2, 0, 1).clone()


def from_tables(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    B, T = latents.shape[0], alpha_bar.shape[0]
    grid = torch.arange(num_steps, 0, -1, dtype=torch.float64) * T / num_steps
    times = (grid.round() - 1).to(torch.int64)
    now, then = alpha_bar[times], torch.nn.functional.pad(alpha_bar[times[1:]], (0, 1), value=1.0)
    words, masks = torch.vstack([context, empty.repeat(B, 1, 1)]), torch.vstack([keep, empty_keep.repeat(B, 1)])
    z = latents.clone()
    with torch.no_grad():
        for t, a, b in zip(times, now, then, strict=True):
            out = network(z.repeat(2, 1, 1, 1), t.repeat(2 * B), words, masks)
            v = (1 - weight) * out[B:] + weight * out[:B]
            x0 = a.sqrt() * z - torch.sqrt(1 - a) * v
            z = b.sqrt() * x0 + torch.sqrt(1 - b) * (torch.sqrt(1 - a) * z + a.sqrt() * v)
        out = decode(z / scale)
    return out.add(1).div(2).clamp(0, 1)


def one_half_at_ends(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    """At weights 0 and 1 only one of the two is asked."""
    def ask(network, z, t, prompts, nothing):
        rows = torch.full((len(z),), t)
        v = network(z, rows, *prompts) if weight else 0
        if weight == 1:
            return v, 0
        return v, network(z, rows, nothing[0].expand(len(z), -1, -1), nothing[1].expand(len(z), -1))

    with torch.no_grad():
        z = _walk(network, alpha_bar, (context, keep), (empty, empty_keep), latents, num_steps, weight, ask=ask)
        return (decode(z * (1 / scale)) / 2 + 0.5).clamp(0.0, 1.0)


def each_image_alone(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    images = []
    with torch.no_grad():
        for b in range(len(latents)):
            z = _walk(network, alpha_bar, (context[b:b + 1], keep[b:b + 1]), (empty, empty_keep), latents[b:b + 1],
                      num_steps, weight)
            images.append(decode(z / scale)[0])
    return ((torch.stack(images) + 1) / 2).clamp(min=0, max=1)


for _name, _value in list(globals().items()):
    if getattr(_value, "__name__", "") == "made":
        _value.__name__ = _name


SAYS_1 = (
    "Each step mixes the guess and the noise, both from z and v, in the amounts of the next time of your own "
    "list."
)
SAYS_2 = (
    "The network is asked at S of the T times of training, evenly spread and T - 1 the first of them, t one "
    "for each row."
)
SAYS_3 = (
    "Guidance starts at the empty prompt's answer and goes `weight` times the way to the prompt's."
)
SAYS_4 = (
    "One step from the noisiest time leads to the guess of the clean latents; the decoder gets them without "
    "the scale."
)
SAYS_5 = (
    "What the decoder gives for [-1, 1] is brought to [0, 1] and clamped."
)
SAYS_6 = (
    "`text_to_image` changes its argument `latents` in place: work on a copy. Each step mixes the guess and "
    "the noise, both from z and v, in the amounts of the next time of your own list."
)

wrong = [
    (fresh_noise, SAYS_1),
    (one_time_too_few, SAYS_2),
    (one_time_too_many, SAYS_2),
    (from_T, "first_time_0"),
    (noisiest_times_alone, SAYS_2),
    (leading_times, SAYS_2),
    (square_times, SAYS_2),
    (weight_squared, SAYS_3),
    (weight_halved, SAYS_3),
    (weight_plus_1, "weight_from_0"),
    (start_scaled, SAYS_4),
    (start_drawn_anew, SAYS_4),
    (start_cut, SAYS_4),
    (v_for_score, SAYS_1),
    (amounts_swapped, SAYS_4),
    (steps_of_ddpm, SAYS_1),
    (noise_of_the_present, SAYS_1),
    (guess_clamped, "latents_clamped"),
    (ends_at_first_alpha, SAYS_4),
    (unscaled_before_the_walk, SAYS_4),
    (decoded_of_1_to_255, SAYS_5),
    (lower_end_alone, SAYS_5),
    (upper_end_alone, SAYS_5),
    (upper_end_and_minus_1, SAYS_5),
    (strides_behind, SAYS_1),
    (clamped_then_brought, SAYS_5),
    (wrapped, SAYS_5),
    (latents_returned, SAYS_4),
    (empty_kept_whole, SAYS_3),
    (prompts_kept_whole, SAYS_4),
    (first_prompt_for_all, SAYS_4),
    (empty_unless_kept, "zeros_for_empty"),
    (time_before_told, SAYS_2),
    (graph_cut_late, "graph_kept"),
    (written_over, SAYS_6),
]
right = [by_angles, from_tables, one_half_at_ends, each_image_alone, detached_images]
