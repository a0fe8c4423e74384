"""Planted answers to pix2pix-interval, by another author than the check's."""

import torch


def _ends(m, level):
    return m.quantile((1 - level) / 2), m.quantile(0.5 + level / 2)


def each_alone(ours, baseline, indices, level):
    """Worst case of two separate intervals."""
    a, b = _ends(ours[indices].mean(1), level), _ends(baseline[indices].mean(1), level)
    return ours.mean() - baseline.mean(), a[0] - b[1], a[1] - b[0]


def shuffled_partner(ours, baseline, indices, level):
    m = ours[indices].mean(1) - baseline[indices.flip(0)].mean(1)
    return (ours - baseline).mean(), *_ends(m, level)


def standard_error(ours, baseline, indices, level):
    d = ours - baseline
    z = torch.distributions.Normal(0.0, 1.0).icdf(torch.tensor(0.5 + min(level, 0.999) / 2))
    half = d[indices].mean(1).std() * z
    return d.mean(), d.mean() - half, d.mean() + half


def tails_of_full_size(ours, baseline, indices, level):
    d = ours - baseline
    m = d[indices].mean(1)
    return d.mean(), m.quantile(1 - level), m.quantile(level)


def baseline_minus_ours(ours, baseline, indices, level):
    d = baseline - ours
    return d.mean(), *_ends(d[indices].mean(1), level)


def across_columns(ours, baseline, indices, level):
    d = ours - baseline
    return d.mean(), *_ends(d[indices].mean(0), level)


def images_not_means(ours, baseline, indices, level):
    d = ours - baseline
    return d.mean(), *_ends(d[indices].reshape(-1), level)


def percent(ours, baseline, indices, level):
    d = 100 * (ours - baseline) / baseline
    return d.mean(), *_ends(d[indices].mean(1), level)


def middle_of_the_resamples(ours, baseline, indices, level):
    m = (ours - baseline)[indices].mean(1)
    return m.mean(), *_ends(m, level)


def nearest(ours, baseline, indices, level):
    d = ours - baseline
    m = d[indices].mean(1)
    ends = (m.quantile(0.5 + side * level / 2, interpolation="nearest") for side in (-1, 1))
    return d.mean(), *ends


def through_numpy(ours, baseline, indices, level):
    """Also right."""
    import numpy as np

    d = (ours - baseline).numpy()
    low, high = np.quantile(d[indices.numpy()].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(d.mean()), float(low), float(high)


wrong = [
    (each_alone, "intervals_subtracted"), (shuffled_partner, "unpaired_turned"),
    (standard_error, "normal_law_of_a_sample"), (tails_of_full_size, "both_tails_each"),
    (baseline_minus_ours, "other_sign"), (across_columns, "along_resamples"), (images_not_means, "of_single_draws"),
    (percent, "percent"), (middle_of_the_resamples, "mean_over_resamples"), (nearest, "nearest_rank"),
]
right = [through_numpy]
