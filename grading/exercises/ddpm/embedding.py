"""ddpm-embedding: a time as a vector of sines and cosines of geometric frequencies.

Fixed: sines first, then cosines; half = dim // 2 frequencies from 1 down to 1/10000, both ends included; an odd dim has a
0 at its end. Hidden inputs: whole and real times, repeated ones, 0, large ones, odd and even dim, the smallest dim.
"""

import math

import torch

from genlab.random import randint
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Times as whole numbers and as real ones, also beyond 1000 and below 0; several sizes."""
    whole = randint(0, 1000, (6,), rng=rng)
    whole[2], whole[4] = whole[0], 0
    whole[1] += 1000
    real = 1000 * torch.rand(5, generator=rng, dtype=torch.float64)
    real[1], real[3] = -real[1], 1000 + real[3]
    return dict(whole=whole, real=real, even=4 * randint(2, 5, (1,), rng=rng).item() + 2,
                odd=4 * randint(1, 5, (1,), rng=rng).item() + 3)


def probe(time_embedding, whole, real, even, odd):
    """Whole and real times; an odd size; the smallest; one time alone."""

    def ask(t, dim):
        return probing.tensor(time_embedding(t, dim), "`time_embedding`").double()

    return dict(whole=ask(whole, even), real=probing.attempt(ask, real, even), odd=probing.attempt(ask, whole, odd),
                least=probing.attempt(ask, real, 4), alone=probing.attempt(ask, whole[:1], even))


def reference(t, dim):
    """As in the lesson."""
    half = dim // 2
    rate = 10_000 ** (-torch.arange(half, dtype=torch.float64) / (half - 1))
    angle = t[:, None] * rate
    return torch.cat([angle.sin(), angle.cos(), torch.zeros(len(t), dim % 2, dtype=angle.dtype)], 1)


def truth(t, dim):
    """One number at a time."""
    half = dim // 2
    rates = [math.exp(-math.log(10_000) * i / (half - 1)) for i in range(half)]
    rows = [[math.sin(s * r) for r in rates] + [math.cos(s * r) for r in rates] + [0.0] * (dim - 2 * half) for s in t.tolist()]
    return torch.tensor(rows, dtype=torch.float64)


exercise = Exercise(
    id="ddpm-embedding", defines="time_embedding(t, dim)", core=False, points=2, level=2, minutes=10, inputs=inputs,
    probe=probe, reference=reference, truth=truth, withholds=["genlab.layers.time_embedding"],
    comparisons=[
        Compare("real", "whole", "alone", points=1, shape="(B, dim)", tolerance=2e-3,
                what={"whole": "`time_embedding` of whole times", "real": "`time_embedding` of real times",
                      "alone": "`time_embedding` of one time"},
                says="Half sines, then half cosines, of t times frequencies that fall from 1 to 1/10000 by equal factors."),
        Compare("odd", "least", points=1, shape="(B, dim)", tolerance=2e-3,
                what={"odd": "`time_embedding` with an odd dim", "least": "`time_embedding` with dim = 4"},
                says="An odd dim has one 0 at its end; the smallest dim has the frequencies 1 and 1/10000."),
    ],
    hints=[
        "The hands of a clock: a fast one tells neighbours apart, a slow one tells early from late.",
        "half = dim // 2 frequencies, 10000 to the power -i / (half - 1) for i = 0 … half - 1. Angles are (B, half).",
        "rate = 10_000 ** (-torch.arange(half) / (half - 1)); angle = t[:, None] * rate; torch.cat([angle.sin(), angle.cos()], 1), "
        "and F.pad(..., (0, dim % 2)).",
    ],
    afterwards="The same hands tell a transformer the places of its tokens.",
)
