"""ldm-sample: images for prompts, from noise in latent space, by DDIM with guidance and the network's v.

    v = v_empty + w (v_prompt - v_empty),  ẑ_0 = √ᾱ z - √(1 - ᾱ) v,  ε̂ = √(1 - ᾱ) z + √ᾱ v,  z' = √ᾱ' ẑ_0 + √(1 - ᾱ') ε̂

(Song et al. 2021, arXiv:2010.02502; Salimans and Ho 2022, arXiv:2202.00512; Ho and Salimans 2022, arXiv:2207.12598). Fixed: the times
round(kT/S) - 1 for k = S … 1, and ᾱ' = 1 at the end; latents are divided by the scale, decoded, brought from [-1, 1] to [0, 1] and
clamped; no gradient is kept. Free: one call for both halves or several; T/S has no ties in rounding here. The truth goes by
angles: (z, v) turn together.
"""

import torch
from torch.nn import functional as F

from genlab.random import rand, randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """T that S divides and does not divide; one step, and as many as there are times; weights 0, 1 and a large one."""
    B, L, D, T = 3, 4, 5, 5 * int(randint(5, 9, (), rng=rng))
    more = int(randint(7, 10, (), rng=rng))  # nine steps do not divide T + more
    keep = torch.arange(L) < randint(1, L + 1, (B, 1), rng=rng)
    short = int(randint(0, B, (), rng=rng))
    keep[short], keep[short - 1] = torch.arange(L) < 1, True  # one at least is not as long as the empty prompt
    alpha_bar = torch.cos((torch.arange(T + more).double() + 1 + rand((), rng=rng).double()) / (T + more + 2) * torch.pi / 2).square()
    alpha_bar[-1] = 1e-5 * (1 + rand((), rng=rng).item())  # so dark that a bound shows
    latents = draws.placed(draws.normal((B, 2, 3, 4), rng=rng), (-25.0, 25.0), rng=rng)  # and so far out
    return {"alpha_bar": alpha_bar[:T], "longer": alpha_bar, "context": 1 + draws.normal((B, L, D), rng=rng), "keep": keep,
            "empty": draws.normal((L, D), rng=rng) - 1, "empty_keep": torch.arange(L) < int(randint(1, 3, (), rng=rng)),
            "latents": latents, "scale": 0.1 + 0.4 * rand((), rng=rng).item(),
            "weight": 7 + 2 * rand((), rng=rng).item(), "key": 0.7 + rand((6,), rng=rng).double(), "steps": 5 + 2 * int(randint(0, 2, (), rng=rng))}


def probe(text_to_image, alpha_bar, longer, context, keep, empty, empty_keep, latents, scale, weight, key, steps):
    """With a network that depends on all it is given; what it was asked, what the decoder was given, and what came back."""
    asked, given = [], []
    learnt = probing.leaf(key)

    def network(z, t, context, keep):
        rows = torch.as_tensor(t)
        asked.append(torch.stack([rows.double().min(), rows.double().max(), torch.tensor(float(rows.shape == z.shape[:1])).double()]))
        said = (context.sin() * keep[..., None]).sum((1, 2)) / 3 + keep.sum(1) * learnt[2] / 4
        clock = rows.to(z).expand(len(z)) / 11
        return torch.sin(learnt[0] * z + (learnt[1] * said + clock).to(z.dtype).view(-1, 1, 1, 1) + learnt[3].to(z.dtype)).to(z.dtype)

    def decode(z):
        given.append(z.detach())
        return F.interpolate(1.7 * torch.sin(4 * learnt[4].to(z) * scale * z + learnt[5].to(z)), scale_factor=2)

    def run(alpha_bar, steps, weight, rows=slice(None), scale=scale):
        asked.clear(), given.clear()
        made = text_to_image(network, decode, alpha_bar, context[rows], keep[rows], empty, empty_keep, latents[rows], scale, steps, weight)
        return probing.tensor(made, "`text_to_image`")

    def times():
        """Each time once, in the order of the first calls, however many there are; filled up with -1."""
        found = [row for i, row in enumerate(asked) if not any(torch.equal(row, before) for before in asked[:i])]
        return torch.stack([*found, *[torch.full((3,), -1.0, dtype=torch.float64)] * 40][:40])

    def images_given():
        """What the decoder was given for the images that came back, all at once or one by one."""
        return torch.cat(given)[-len(latents):] if given else latents * 0

    once = run(alpha_bar, 1, 1.0)
    one_time, decoded = times(), images_given()
    plain = run(alpha_bar, steps, 1.0)
    few = times()
    guided = run(alpha_bar, steps, weight)
    attached = float(guided.requires_grad)
    last = images_given()
    every = run(alpha_bar, len(alpha_bar), 1.0)
    all_times = times()
    long = run(longer, 9, 1.0)
    return dict(once=once, decoded=decoded, plain=plain, guided=guided, last=last, every=every, long=long, odd_times=times(),
                one_time=one_time, few=few, all_times=all_times, empty=run(alpha_bar, steps, 0.0), row=run(alpha_bar, 3, weight, slice(0, 1)),
                large=run(alpha_bar, 3, weight, scale=1 / scale), free=key[0] + attached)


@torch.no_grad()
def reference(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    """As in the lesson."""
    B, T = len(latents), len(alpha_bar)
    both = torch.cat([context, empty.expand(B, -1, -1)])
    both_keep = torch.cat([keep, empty_keep.expand(B, -1)])
    z = latents
    times = [round(k * T / num_steps) - 1 for k in range(num_steps, 0, -1)]
    for t, following in zip(times, [*times[1:], None], strict=True):
        v, without = network(torch.cat([z, z]), torch.full((2 * B,), t), both, both_keep).chunk(2)
        v = without + weight * (v - without)
        signal, after = alpha_bar[t], alpha_bar[following] if following is not None else torch.ones_like(alpha_bar[t])
        clean = signal.sqrt() * z - (1 - signal).sqrt() * v
        noise = (1 - signal).sqrt() * z + signal.sqrt() * v
        z = after.sqrt() * clean + (1 - after).sqrt() * noise
    return ((decode(z / scale) + 1) / 2).clamp(0, 1)


def truth(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight):
    """A step turns z by the difference of two angles, away from v: z' = cos(a - a') z - sin(a - a') v, with cos a = √ᾱ."""
    angles = torch.arccos(alpha_bar.sqrt())
    whole = torch.linspace(len(alpha_bar) / num_steps, len(alpha_bar), num_steps, dtype=torch.float64).round().long() - 1
    places = whole.flip(0)
    stops = torch.cat([angles[places], torch.zeros_like(angles[:1])])
    with torch.no_grad():
        z = latents
        for i, t in enumerate(places):
            rows = t.expand(len(z))
            without = network(z, rows, empty[None].repeat(len(z), 1, 1), empty_keep[None].repeat(len(z), 1))
            v = (1 - weight) * without + weight * network(z, rows, context, keep)
            turn = stops[i] - stops[i + 1]
            z = turn.cos() * z - turn.sin() * v
        return torch.minimum(torch.maximum(0.5 + decode(z / scale) / 2, torch.tensor(0.0)), torch.tensor(1.0))


exercise = Exercise(
    id="ldm-sample",
    defines="text_to_image(network, decode, alpha_bar, context, keep, empty, empty_keep, latents, scale, num_steps, weight)", core=True,
    points=5, level=4, minutes=25, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.latent_diffusion.LatentDiffusion", "genlab.models.latent_diffusion.chain_times", "genlab.models.samplers.sample",
               "genlab.models.samplers.trajectory", "genlab.models.samplers.reverse_step", "genlab.models.schedules.NoiseSchedule.backwards",
               "genlab.models.schedules.NoiseSchedule.clean_from", "genlab.models.schedules.NoiseSchedule.noise_from"],
    comparisons=[
        Compare("one_time", "few", "all_times", "odd_times", points=1, what="the list of times (least, largest, one for each row?)",
                says="The network is asked at S of the T times of training, evenly spread and T - 1 the first of them, t one for each row."),
        Compare("decoded", shape="(B, C, h, w)", points=0.75, what="what `decode` is given after a single step", tolerance=1e-4,
                says="One step from the noisiest time leads to the guess of the clean latents; the decoder gets them without the scale."),
        Compare("once", shape="(B, 3, H, W)", points=0.5, what="`text_to_image` with a single step", tolerance=1e-4,
                says="What the decoder gives for [-1, 1] is brought to [0, 1] and clamped."),
        Compare("plain", "every", "long", shape="(B, 3, H, W)", points=1, tolerance=1e-3, what={
            "plain": "`text_to_image` with weight 1", "every": "`text_to_image` with T steps", "long": "`text_to_image` with another T"},
                says="Each step mixes the guess and the noise, both from z and v, in the amounts of the next time of your own list."),
        Compare("empty", "guided", "last", "row", "large", points=1.5, what={
            "empty": "`text_to_image` with weight 0", "guided": "`text_to_image` with guidance", "last": "what `decode` is given",
            "row": "`text_to_image` for one prompt", "large": "`text_to_image` with another scale"},
                tolerance=1e-3, says="Guidance starts at the empty prompt's answer and goes `weight` times the way to the prompt's."),
        Compare("free", shape="()", points=0.25, what="whether a graph hangs on the images",
                says="No gradient is needed to sample: without torch.no_grad() every step is kept in memory."),
    ],
    hints=[
        "From which of the T times to which does each of S steps go? Three changes of size frame the loop: double the rows before the network, "
        "undo the scale before the decoder, and change the range after it.",
        "z_0 = √ᾱ z - √(1 - ᾱ) v and ε = √(1 - ᾱ) z + √ᾱ v, with the guided v. Mix both in the amounts of the next time; after the last one "
        "ᾱ = 1.",
        "times = [round(k * T / S) - 1 for k in range(S, 0, -1)]; v, u = network(cat([z, z]), full((2 * B,), t), cat([context, "
        "empty.expand(B, -1, -1)]), cat([keep, empty_keep.expand(B, -1)])).chunk(2); v = u + weight * (v - u); at the end ((decode(z / scale) "
        "+ 1) / 2).clamp(0, 1).",
    ],
    afterwards="Of all this only the decoder ever sees pixels, and it is asked once.",
)
