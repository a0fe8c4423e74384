"""pix2pix-interval: is one method better than another on the same images? A paired bootstrap interval.

    d_i = ours_i - baseline_i,   m_b = mean of d over the images of resample b

and the interval from the (1 - level)/2 quantile of the m_b to the (1 + level)/2 quantile. Fixed: which images a resample holds
comes in as `indices` (R, n), so that there is no randomness; quantiles interpolate linearly, as torch.quantile does.
"""

import math

import torch

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Scores that go up and down together, ties, and numbers of images and resamples that differ."""
    images = 9 + int(randint(0, 4, (), rng=rng))
    hard = 0.2 * draws.normal((images,), rng=rng)  # some images are hard for everybody
    return {"ours": 0.9 + hard + 0.05 * draws.normal((images,), rng=rng), "baseline": 0.8 + hard + 0.05 * draws.normal((images,), rng=rng),
            "ties": draws.ties((images,), rng=rng), "other": draws.ties((images,), rng=rng),
            "indices": randint(0, images, (41 + images, images), rng=rng), "few": randint(0, images, (2, images), rng=rng),
            "level": 0.6 + 0.35 * torch.rand(1, generator=rng).item()}


def probe(paired_interval, ours, baseline, ties, other, indices, few, level):
    """Of scores, of scores the other way round, of ties, at other levels, of large numbers, of two resamples and of one image."""
    def ask(*arguments):
        return torch.stack([probing.tensor(v, "`paired_interval`").double().reshape(()) for v in
                            probing.tensors(paired_interval(*arguments), 3, "`paired_interval`")])

    mean, low, high = ask(ours, baseline, indices, level)
    turned = ask(baseline, ours, indices, level)
    narrow = ask(ours, baseline, indices, 0.1)
    wide = probing.attempt(ask, ours, baseline, indices, 1.0)
    tied = ask(ties, other, indices, level)
    large = ask(-90 * ours, -90 * baseline, indices, level) / 90
    two = probing.attempt(ask, ours, baseline, few, level)
    single = probing.attempt(ask, ours[:1], baseline[:1], torch.zeros(5, 1, dtype=torch.int64), level)
    same = probing.attempt(ask, ours, ours.clone(), indices, level)
    return dict(mean=mean, low=low, high=high, turned=turned, narrow=narrow, wide=wide, tied=tied, large=large, two=two, single=single,
                same=same)


def reference(ours, baseline, indices, level):
    """As in the lesson."""
    difference = ours - baseline
    means = difference[indices].mean(1)
    ends = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=means.dtype)
    low, high = torch.quantile(means, ends)
    return difference.mean(), low, high


def truth(ours, baseline, indices, level):
    """Resample by resample, quantiles from sorted numbers."""
    pairs = list(zip(ours.tolist(), baseline.tolist(), strict=True))
    means = sorted(sum(pairs[i][0] - pairs[i][1] for i in row) / len(row) for row in indices.tolist())

    def quantile(q):
        place = q * (len(means) - 1)
        below = min(math.floor(place), len(means) - 1)
        above = min(below + 1, len(means) - 1)
        return means[below] + (place - below) * (means[above] - means[below])

    mean = sum(a - b for a, b in pairs) / len(pairs)
    return [torch.tensor(v, dtype=torch.float64) for v in (mean, quantile((1 - level) / 2), quantile((1 + level) / 2))]


exercise = Exercise(
    id="pix2pix-interval", defines="paired_interval(ours, baseline, indices, level)", core=False, points=3, level=2, minutes=12,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("mean", shape="()", points=0.5, what="the mean difference", tolerance=1e-5,
                says="The first number: the mean of ours minus baseline over all images."),
        Compare("low", "high", "turned", points=1.25, what="the interval", tolerance=1e-5,
                says="The ends: quantiles of the mean differences of the resamples, with both scores of an image kept together."),
        Compare("narrow", "wide", "tied", "large", points=0.75, what="the interval at another level, with ties, or of large scores", tolerance=1e-5,
                says="The level is the share of resamples between the ends, half of the rest on each side; ties change nothing, nor does the size of scores."),
        Compare("two", "single", "same", points=0.5, what="the interval at an end", tolerance=1e-5,
                says="At the ends: two resamples, a single image, or two methods that are equal."),
    ],
    hints=[
        "An image that is hard for one method is hard for the other. What do you resample, so that this cancels?",
        "Differences first, (n,). Then differences[indices] is (R, n): a row for each resample. One mean for each row, and quantiles of "
        "those means.",
        "d = ours - baseline; means = d[indices].mean(1); torch.quantile(means, (1 - level) / 2) and torch.quantile(means, "
        "(1 + level) / 2); return d.mean(), low, high.",
    ],
    afterwards="If 0 lies outside, the difference is no luck of these test images; a second training run is another question.",
)
