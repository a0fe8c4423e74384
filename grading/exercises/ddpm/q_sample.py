"""ddpm-q-sample: any number of noising steps in one jump, for rows that each have their own time.

Fixed: t counts 0 … T-1 and may differ from row to row; the data may have any number of dimensions, one of them (B,).
Hidden inputs: as many rows as columns, so that a time laid along the wrong axis gives numbers and no error; one row;
ᾱ so near 1 and so near 0 that a wrong root shows.
"""

import torch

from genlab.random import randint, randn
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise
from grading.exercises.ddpm._steady import steady


def inputs(rng, n=1):
    """A falling ᾱ of nine steps, and data of four shapes."""
    one = torch.ones(1, dtype=torch.float64)
    kept = torch.rand(9, generator=rng, dtype=torch.float64).sort(descending=True).values * 0.9 + 0.05
    kept[0], kept[-1] = 1 - 1e-4 * (1 + torch.rand((), generator=rng).item()), 3e-5
    B = 4 + randint(0, 3, (1,), rng=rng).item()

    def pair(*shape):
        return randn(shape, like=one, rng=rng), randn(shape, like=one, rng=rng)

    images, noise = pair(B, 2, B, B)
    wide = (-30 - 5 * kept[1].item(), 40 + 5 * kept[1].item())  # so far out that a bound shows
    images, noise = draws.placed(images, wide, rng=rng), draws.placed(noise, wide, rng=rng)
    video, video_noise = pair(2, 3, 2, 4, 3)
    rows, rows_noise = pair(B, B)
    line, line_noise = pair(B)
    single, single_noise = pair(1, 3, 5)
    t = randint(1, 8, (B,), rng=rng)
    t[1] = t[0]
    ends = torch.tensor([0, 8]).repeat(B)[:B]
    return dict(alpha_bar=kept, t=t, ends=ends, images=images, noise=noise, rows=rows, rows_noise=rows_noise, line=line,
                line_noise=line_noise, single=single, single_noise=single_noise, video=video, video_noise=video_noise, last=torch.tensor([8]))


def probe(q_sample, alpha_bar, t, ends, images, noise, rows, rows_noise, line, line_noise, single, single_noise, video, video_noise,
          last):
    """Images with times between the ends and at the ends; rows, numbers, and one row alone."""

    def ask(x, at, e):
        return probing.tensor(q_sample(x, at, e, alpha_bar), "`q_sample`")

    return dict(images=ask(images, t, noise), again=ask(images, t, noise), ends=probing.attempt(ask, images, ends, noise),
                rows=probing.attempt(ask, rows, t, rows_noise), line=probing.attempt(ask, line, t, line_noise),
                single=probing.attempt(ask, single, last, single_noise),
                video=probing.attempt(ask, video, t[2:4], video_noise))


def reference(x_0, t, noise, alpha_bar):
    """As in the lesson."""
    kept = alpha_bar[t].view(-1, *[1] * (x_0.ndim - 1))
    return kept.sqrt() * x_0 + (1 - kept).sqrt() * noise


def truth(x_0, t, noise, alpha_bar):
    """Row by row: the mean, and the standard deviation by which all steps together add noise."""
    rows = []
    for row, step, e in zip(x_0, t.tolist(), noise, strict=True):
        alphas = alpha_bar[:step + 1] / torch.cat([torch.ones(1).to(alpha_bar), alpha_bar[:step]])
        mean, variance = row, torch.zeros((), dtype=alpha_bar.dtype)
        for alpha in alphas:
            mean, variance = alpha.sqrt() * mean, alpha * variance + 1 - alpha
        rows.append(mean + variance.sqrt() * e)
    return torch.stack(rows)


exercise = Exercise(
    id="ddpm-q-sample", defines="q_sample(x_0, t, noise, alpha_bar)", core=True, points=2, level=1, minutes=8,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.schedules.NoiseSchedule.q_sample", "genlab.models.schedules.NoiseSchedule.forward_diffusion"],
    comparisons=[
        Compare("images", points=1, shape="(B, ...)", test=steady("images"), resolution=1e-4, what="`q_sample` for images",
                says="x_t is √ᾱ_t x_0 + √(1 - ᾱ_t) noise, with the ᾱ of each row's own time."),
        Compare("ends", points=0.5, shape="(B, ...)", what="`q_sample` at the first and the last time",
                says="At time 0 nearly all is data, at the last time nearly all is noise; both are times like any other."),
        Compare("rows", "line", "single", "video", points=0.5, shape="(B, ...)",
                what={"rows": "`q_sample` for data (B, D)", "line": "`q_sample` for data (B,)",
                      "single": "`q_sample` for one row", "video": "`q_sample` for data (B, C, T, H, W)"},
                says="Data may have any number of dimensions: ᾱ_t belongs to the row, whatever follows."),
    ],
    hints=[
        "Two weights, one for the data and one for the noise. What must their squares add up to, if data of variance 1 are to "
        "keep it? And which axis of x_0 does t belong to?",
        "alpha_bar[t] is (B,). Give it as many trailing dimensions of size 1 as x_0 has more than it.",
        "kept = alpha_bar[t].view(-1, *[1] * (x_0.ndim - 1)); return kept.sqrt() * x_0 + (1 - kept).sqrt() * noise",
    ],
    afterwards="Training needs only this jump: no chain of steps is ever run forwards.",
)
