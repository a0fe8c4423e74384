"""ddpm-convert: x_0, the noise, v and the score are four ways to say the same thing of a given x_t.

Fixed: `alpha_bar` is ᾱ_t of each row, ready to be multiplied with x_t; the order of the four results. Hidden inputs: all
four given quantities, ᾱ near 1 and near 0 where they can be converted, other shapes.
"""

import torch

from genlab.random import randn
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """x_t and something of it; ᾱ between 0 and 1, and for two of the kinds nearly 1 or nearly 0."""
    one = torch.ones(1, dtype=torch.float64)
    middle = 0.1 + 0.8 * torch.rand(5, 1, 1, 1, generator=rng, dtype=torch.float64)
    low = middle.clone()
    low[1], low[3] = 1e-7 * (1 + torch.rand((), generator=rng).item()), 1e-4
    high = middle.clone()
    high[0], high[2] = 1 - 1e-7 * (1 + torch.rand((), generator=rng).item()), 1 - 1e-4
    wide = (-30 - 5 * middle[2].item(), 40 + 5 * middle[2].item())  # so far out that a bound shows
    x_t, value = (draws.placed(randn((5, 2, 3, 4), like=one, rng=rng), wide, rng=rng) for _ in range(2))
    return dict(x_t=x_t, value=value, middle=middle,
                low=low, high=high, row=randn((1, 6), like=one, rng=rng), of_row=randn((1, 6), like=one, rng=rng),
                kept=torch.full((1, 1), 0.3 + 0.4 * torch.rand((), generator=rng).item(), dtype=torch.float64))


def probe(convert, x_t, value, middle, low, high, row, of_row, kept):
    """Each kind in the middle; each at the end where it can be converted; for one row of numbers."""
    names = ("clean", "noise", "v", "score")

    def ask(kind, value, x_t, alpha_bar):
        found = convert(kind, value, x_t, alpha_bar)
        return torch.stack([part.expand(x_t.shape) if part.ndim == 0 else part
                            for part in probing.tensors(found, 4, "`convert`")])

    def flat(kind, value, x_t, alpha_bar):
        return ask(kind, value, x_t, alpha_bar).flatten(0, 1)

    values = {kind: probing.attempt(ask, kind, value, x_t, middle) for kind in names}
    for kind in ("clean", "v"):
        values[f"{kind}_low"] = probing.attempt(ask, kind, value, x_t, low)
    for kind in ("noise", "v", "score"):
        values[f"{kind}_high"] = probing.attempt(ask, kind, value, x_t, high)
    return values | dict(row=probing.attempt(flat, "v", of_row, row, kept))


def reference(kind, value, x_t, alpha_bar):
    """As in the lesson."""
    signal, scale = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
    if kind == "clean":
        clean, noise = value, (x_t - signal * value) / scale
    elif kind == "v":
        clean, noise = signal * x_t - scale * value, scale * x_t + signal * value
    else:
        noise = value if kind == "noise" else -scale * value
        clean = (x_t - scale * noise) / signal
    return clean, noise, signal * noise - scale * clean, -noise / scale


def truth(kind, value, x_t, alpha_bar):
    """By solving two linear equations: x_t = √ᾱ x_0 + √(1 - ᾱ) ε, and what was given."""
    signal, scale = (part.expand_as(x_t) for part in (alpha_bar.sqrt(), (1 - alpha_bar).sqrt()))
    given = {"clean": (torch.ones_like(x_t), torch.zeros_like(x_t)), "noise": (torch.zeros_like(x_t), torch.ones_like(x_t)),
             "v": (-scale, signal), "score": (torch.zeros_like(x_t), -1 / scale)}[kind]
    rows = torch.stack([torch.stack([signal, scale], -1), torch.stack(given, -1)], -2)
    both = torch.linalg.solve(rows, torch.stack([x_t, value], -1))
    clean, noise = both.unbind(-1)
    return clean, noise, signal * noise - scale * clean, -noise / scale


exercise = Exercise(
    id="ddpm-convert", defines="convert(kind, value, x_t, alpha_bar)", core=True, points=3, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.schedules.NoiseSchedule.clean_from", "genlab.models.schedules.NoiseSchedule.noise_from",
               "genlab.models.schedules.NoiseSchedule.velocity"],
    comparisons=[
        Compare("noise", "noise_high", points=0.75, shape="(B, ...), four of them", tolerance=1e-4,
                what={"noise": "`convert` of the noise", "noise_high": "`convert` of the noise at ᾱ near 1"},
                says="From the noise: x_0 is x_t without it, divided by √ᾱ; then v and the score by their definitions."),
        Compare("clean", "clean_low", points=0.75, shape="(B, ...), four of them", tolerance=1e-4,
                what={"clean": "`convert` of x_0", "clean_low": "`convert` of x_0 at ᾱ near 0"},
                says="From x_0: the noise is what x_t has beyond √ᾱ x_0, divided by √(1 - ᾱ)."),
        Compare("v", "v_low", "v_high", "row", points=1, shape="(B, ...), four of them", tolerance=1e-4,
                what={"v": "`convert` of v", "v_low": "`convert` of v at ᾱ near 0", "v_high": "`convert` of v at ᾱ near 1",
                      "row": "`convert` of v for one row"},
                says="From v nothing has to be divided: x_t and v are (x_0, ε) turned by an angle, so turn them back."),
        Compare("score", "score_high", points=0.5, shape="(B, ...), four of them", tolerance=1e-4,
                what={"score": "`convert` of the score", "score_high": "`convert` of the score at ᾱ near 1"},
                says="From the score: it is -ε / √(1 - ᾱ), so the noise is -√(1 - ᾱ) times it."),
    ],
    hints=[
        "Two equations, two unknowns: x_t is made of x_0 and ε, and you are given one more. Find x_0 and ε; the rest follows.",
        "With c = √ᾱ and s = √(1 - ᾱ): x_t = c x_0 + s ε and v = c ε - s x_0, and c² + s² = 1. Multiply by c and s, and add.",
        "From v: clean = c * x_t - s * v, noise = s * x_t + c * v. From the noise: clean = (x_t - s * noise) / c. From the score: "
        "noise = -s * score.",
    ],
    afterwards="v is the only one that can be turned into the others without a division, at ᾱ = 1 and at ᾱ = 0.",
)
