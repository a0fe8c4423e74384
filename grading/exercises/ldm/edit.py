"""ldm-edit: from the latents of an image to others that resemble them, by entering the chain late.

    z = √ᾱ latents + √(1 - ᾱ) noise at the first time that is walked; then DDIM steps without further noise, ᾱ = 1 at the end

(Meng et al. 2022, SDEdit, arXiv:2108.01073). Fixed: the last round(strength · S) of the S times are walked; strength 0 gives the latents
back, 1 walks the whole chain; `denoise` is asked once at each of these times. Free: forms; strength · S is never near a half.
"""

import torch

from genlab.random import rand, randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A chain of five times and one of a single time; shares that are exact and some that are not."""
    T = 13
    alpha_bar = (0.03 + 0.9 * rand((T,), rng=rng).double()).sort(descending=True).values
    alpha_bar[0], alpha_bar[-1] = 0.9995 - 1e-4 * rand((), rng=rng).item(), 2e-4 * (1 + rand((), rng=rng).item())  # a bound shows
    times = torch.cat([torch.tensor([T - 1]), (1 + torch.randperm(T - 2, generator=rng)[:3]).sort(descending=True).values, torch.tensor([0])])
    part = int(randint(2, 5, (), rng=rng))
    return {"alpha_bar": alpha_bar, "times": times, "latents": 3 * draws.normal((3, 2, 4, 5), rng=rng),
            "noise": draws.normal((3, 2, 4, 5), rng=rng), "above": (part + 0.1 + 0.2 * rand((), rng=rng).item()) / 5,
            "below": (part - 0.1 - 0.2 * rand((), rng=rng).item()) / 5, "key": 0.5 + rand((3,), rng=rng).double()}


def probe(image_to_image, alpha_bar, times, latents, noise, above, below, key):
    """At several strengths: what came back, what `denoise` was asked about, and what it was shown first."""
    asked, shown = [], []

    def denoise(z, t):
        if torch.as_tensor(t).numel() != 1:
            raise probing.WrongType("`image_to_image` should give `denoise` one whole number t, not a number for each row")
        asked.append(float(t))
        shown.append(z.detach().clone())
        return torch.sin(key[0].to(z) * z + key[1].to(z) * float(t)) * 12 * key[2].to(z)

    def run(strength, rows=slice(None), chain=times):
        asked.clear(), shown.clear()
        listed = probing.watch("times", [int(t) for t in chain])
        return probing.tensor(image_to_image(denoise, latents[rows], alpha_bar, listed, strength, noise[rows]), "`image_to_image`")

    def visited():
        return torch.tensor((asked + [-1.0] * 9)[:9], dtype=torch.float64)

    up = run(below)
    more = visited()
    part = run(above)
    some, first = visited(), shown[0] if shown else latents * 0
    whole = run(1.0)
    all_times, whole_first = visited(), shown[0] if shown else latents * 0
    last = probing.attempt(run, 0.2)
    last_time = visited()
    none = probing.attempt(run, 0.0)
    return dict(some=some, more=more, all_times=all_times, last_time=last_time, no_time=visited() + key[0], first=first, whole_first=whole_first,
                part=part, up=up, whole=whole, last=last, none=none, little=probing.attempt(run, 0.04), row=run(above, slice(1, 2)),
                single=probing.attempt(run, 1.0, slice(None), times[2:3]), half=run(0.6))


def reference(denoise, latents, alpha_bar, times, strength, noise):
    """As in the lesson."""
    steps = round(strength * len(times))
    if not steps:
        return latents
    times = list(times)[len(times) - steps:]
    signal = alpha_bar[times[0]]
    z = signal.sqrt() * latents + (1 - signal).sqrt() * noise
    for i, t in enumerate(times):
        signal = alpha_bar[t]
        after = alpha_bar[times[i + 1]] if i + 1 < len(times) else torch.ones_like(signal)
        clean = denoise(z, t)
        direction = (z - signal.sqrt() * clean) / (1 - signal).sqrt()
        z = after.sqrt() * clean + (1 - after).sqrt() * direction
    return z


def truth(denoise, latents, alpha_bar, times, strength, noise):
    """Backwards from the end of the list, by the recursion z' = r z + (√ᾱ' - r √ᾱ) ẑ_0 with r² = (1 - ᾱ')/(1 - ᾱ)."""
    count = int(strength * len(times) + 0.5)
    walked = [int(t) for t in times][::-1][:count][::-1]

    def go_on(z, rest):
        if not rest:
            return z
        now = alpha_bar[rest[0]].item()
        then = alpha_bar[rest[1]].item() if len(rest) > 1 else 1.0
        ratio = ((1 - then) / (1 - now)) ** 0.5
        return go_on(ratio * z + (then**0.5 - ratio * now**0.5) * denoise(z, rest[0]), rest[1:])

    if not walked:
        return latents.clone()
    kept = alpha_bar[walked[0]]
    return go_on(torch.lerp(torch.zeros_like(latents), latents, kept.sqrt().to(latents)) + noise * (1 - kept).sqrt(), walked)


exercise = Exercise(
    id="ldm-edit", defines="image_to_image(denoise, latents, alpha_bar, times, strength, noise)", core=False, points=3, level=3, minutes=12,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.latent_diffusion.LatentDiffusion", "genlab.models.samplers.sample", "genlab.models.samplers.trajectory",
               "genlab.models.samplers.reverse_step", "genlab.models.schedules.NoiseSchedule.backwards"],
    comparisons=[
        Compare("some", "more", "all_times", "last_time", points=0.75, what="the times at which `denoise` is asked",
                says="The last round(strength · S) of the S times are walked, each once, the noisiest of them first."),
        Compare("first", "whole_first", shape="(B, C, h, w)", points=0.75, what="what `denoise` is shown first",
                says="The latents are noised as at the first time that is walked: √ᾱ latents + √(1 - ᾱ) noise."),
        Compare("last", "single", "part", "up", "half", "whole", "row", shape="(B, C, h, w)", points=1, what="`image_to_image`", tolerance=1e-4,
                says="DDIM steps from one walked time to the next, without fresh noise; after the last one ᾱ = 1."),
        Compare("none", "little", "no_time", points=0.5, what={
            "none": "`image_to_image` at strength 0", "little": "`image_to_image` where no step is walked",
            "no_time": "the times asked about where no step is walked"},
                says="Where no step is walked the latents come back as they were, and `denoise` is not asked."),
    ],
    hints=[
        "The chain goes from noise to data. Where along it is an image that keeps its outline and loses its details?",
        "Count the steps, take the last so many of `times`, noise the latents as at the first of them, then step as ever.",
        "steps = round(strength * S); walked = times[S - steps:]; z = a.sqrt() * latents + (1 - a).sqrt() * noise with a = alpha_bar[walked[0]]; "
        "for each time: clean = denoise(z, t), direction = (z - a.sqrt() * clean)/(1 - a).sqrt(), z = b.sqrt() * clean + (1 - b).sqrt() * "
        "direction, b of the next time or 1.",
    ],
    afterwards="One number decides between copying and inventing, and the network knows nothing of it.",
)
