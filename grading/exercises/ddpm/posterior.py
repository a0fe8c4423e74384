"""ddpm-posterior: where x_(t-1) was, for somebody who knows both ends, x_0 and x_t.

Fixed: t counts 0 … T-1 and may differ from row to row; the variance is (B, 1, ..., 1), as many dimensions as x_t; at
t = 0 the mean is x_0 and the variance 0. Hidden inputs: as many rows as columns, rows (B, D), ᾱ near 1 and near 0, times
0 and T-1, one row. The truth conditions a Gaussian by matrix algebra.
"""

import torch

from genlab.random import randint, randn
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise
from grading.exercises.ddpm._steady import steady


def inputs(rng, n=1):
    """A falling ᾱ of eight steps; both ends of a step in two shapes."""
    one = torch.ones(1, dtype=torch.float64)
    kept = torch.rand(8, generator=rng, dtype=torch.float64).sort(descending=True).values * 0.9 + 0.04
    kept[0], kept[-1] = 1 - 1e-3 * (1 + torch.rand((), generator=rng).item()), 1e-4
    B = 4 + randint(0, 3, (1,), rng=rng).item()

    def pair(*shape):
        return randn(shape, like=one, rng=rng), randn(shape, like=one, rng=rng)

    images, noisy = pair(B, 2, B, B)
    wide = (-30 - 5 * kept[1].item(), 40 + 5 * kept[1].item())  # so far out that a bound shows
    images, noisy = draws.placed(images, wide, rng=rng), draws.placed(noisy, wide, rng=rng)
    video, noisy_video = pair(2, 3, 2, 4, 3)
    rows, noisy_rows = pair(B, B)
    t = randint(1, 7, (B,), rng=rng)
    t[2] = t[0]
    return dict(alpha_bar=kept, t=t, images=images, noisy=noisy, rows=rows, noisy_rows=noisy_rows, video=video, noisy_video=noisy_video,
                ends=torch.tensor([0, 7]).repeat(B)[:B], last=torch.tensor([7]))


def probe(posterior, alpha_bar, t, images, noisy, rows, noisy_rows, video, noisy_video, ends, last):
    """Times between the ends, the two ends, rows of numbers, one row."""

    def ask(x_0, x_t, at):
        return probing.tensors(posterior(x_0, x_t, at, alpha_bar), 2, "`posterior`")

    def both(name, x_0, x_t, at):
        found = probing.attempt(ask, x_0, x_t, at)
        return {name: found, f"{name}_spread": found} if isinstance(found, str) else {name: found[0], f"{name}_spread": found[1]}

    mean, spread = ask(images, noisy, t)
    return dict(mean=mean, spread=spread, again=ask(images, noisy, t)[0]) | both("ends", images, noisy, ends) | both("rows", rows, noisy_rows, t) | both(
        "single", images[:1], noisy[:1], last) | both("video", video, noisy_video, t[1:3])


def reference(x_0, x_t, t, alpha_bar):
    """As in the lesson."""
    shape = (-1, *[1] * (x_t.ndim - 1))
    kept = alpha_bar[t].view(shape)
    before = torch.where(t > 0, alpha_bar[(t - 1).clamp(min=0)], 1.0).view(shape)
    beta = 1 - kept / before
    mean = (before.sqrt() * beta * x_0 + (1 - beta).sqrt() * (1 - before) * x_t) / (1 - kept)
    return mean, beta * (1 - before) / (1 - kept)


def truth(x_0, x_t, t, alpha_bar):
    """The joint normal law of (x_(t-1), x_t) given x_0, conditioned on x_t by its covariance matrix, row by row."""
    means, spreads = [], []
    for clean, noisy, step in zip(x_0, x_t, t.tolist(), strict=True):
        a = alpha_bar[step] / (alpha_bar[step - 1] if step else 1)
        known = alpha_bar[step - 1] if step else torch.ones_like(alpha_bar[0])
        covariance = torch.stack([torch.stack([1 - known, a.sqrt() * (1 - known)]),
                                  torch.stack([a.sqrt() * (1 - known), a * (1 - known) + 1 - a])])
        gain = covariance[0, 1] / covariance[1, 1]
        means.append(known.sqrt() * clean + gain * (noisy - (a * known).sqrt() * clean))
        spreads.append(covariance[0, 0] - gain * covariance[1, 0])
    return torch.stack(means), torch.stack(spreads).view(-1, *[1] * (x_t.ndim - 1))


def ends_are_exact(inputs, got, expected, n):
    """Mean and variance at the two ends; at t = 0 a variance of 0 and nothing larger, however small."""
    for name in ("ends", "ends_spread"):
        if not torch.allclose(got[name].double(), expected[name].double(), rtol=1e-4, atol=1e-5):
            return False, got[name].double(), expected[name].double()
    first = got["ends_spread"].double()[inputs["ends"] == 0]
    if first.abs().max() > 1e-12:
        return False, "a variance above 0 at t = 0", "0"
    return True, got["ends"].double(), expected["ends"].double()


exercise = Exercise(
    id="ddpm-posterior", defines="posterior(x_0, x_t, t, alpha_bar)", core=True, points=4, level=3, minutes=12,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.schedules.NoiseSchedule.posterior", "genlab.models.schedules._derived"],
    comparisons=[
        Compare("mean", points=1.5, shape="(B, ...)", test=steady("mean"), resolution=1e-4, what="the mean",
                says="The mean is a weighted sum of x_0 and x_t; as t goes to 0, all the weight goes to x_0."),
        Compare("spread", points=1, shape="(B, 1, ..., 1)", what="the variance", tolerance=1e-4,
                says="The variance is β_t (1 - ᾱ_(t-1)) / (1 - ᾱ_t), one number for each row."),
        Compare("ends", "ends_spread", points=1, shape="(B, ...)", test=ends_are_exact, resolution=1e-4,
                what={"ends": "the mean at the first and the last time", "ends_spread": "the variance at the first and the last time"},
                says="At t = 0 the time before has ᾱ = 1, so that the mean is x_0 and the variance 0."),
        Compare("rows", "rows_spread", "single", "single_spread", "video", "video_spread", points=0.5, shape="(B, ...)", tolerance=1e-4,
                what={"rows": "the mean for data (B, D)", "rows_spread": "the variance for data (B, D)",
                      "single": "the mean for one row", "single_spread": "the variance for one row",
                      "video": "the mean for data (B, C, T, H, W)", "video_spread": "the variance for data (B, C, T, H, W)"},
                says="Data may have any number of dimensions; the variance has as many, all but the first of size 1."),
    ],
    hints=[
        "What does x_0 alone say of x_(t-1)? What does x_t alone say? Multiply two bells, and precisions add.",
        "β_t = 1 - ᾱ_t / ᾱ_(t-1), and ᾱ of the time before is 1 at t = 0. An index of -1 is no error in Python: it is the last.",
        "before = torch.where(t > 0, alpha_bar[t - 1], 1.0); beta = 1 - kept / before; mean = (before.sqrt() * beta * x_0 + "
        "(1 - beta).sqrt() * (1 - before) * x_t) / (1 - kept), each with .view(-1, 1, ..., 1).",
    ],
    afterwards="The network is asked for nothing but x_0: everything else in a step backwards is this formula.",
)
