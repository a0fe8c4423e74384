"""Answers to pix2pix-interval: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _quantiles(means, level):
    return torch.quantile(means, (1 - level) / 2), torch.quantile(means, (1 + level) / 2)


def _interval(differences=lambda a, b: a - b, means=lambda d, rows: d[rows].mean(1), ends=_quantiles, middle=lambda d: d.mean()):
    def answer(ours, baseline, indices, level):
        d = differences(ours, baseline)
        return middle(d), *ends(means(d, indices), level)

    return answer


# Known mistakes


def unpaired(ours, baseline, indices, level):
    means = ours[indices].mean(1) - baseline[indices.roll(1, 0)].mean(1)
    return (ours - baseline).mean(), *_quantiles(means, level)


def intervals_subtracted(ours, baseline, indices, level):
    low, high = _quantiles(ours[indices].mean(1), level)
    low_b, high_b = _quantiles(baseline[indices].mean(1), level)
    return (ours - baseline).mean(), low - high_b, high - low_b


def ends_subtracted(ours, baseline, indices, level):
    low, high = _quantiles(ours[indices].mean(1), level)
    low_b, high_b = _quantiles(baseline[indices].mean(1), level)
    return (ours - baseline).mean(), low - low_b, high - high_b


def normal_law(ours, baseline, indices, level):
    d = ours - baseline
    z = torch.distributions.Normal(0.0, 1.0).icdf(torch.tensor((1 + min(level, 0.999)) / 2))
    half = z * d[indices].mean(1).std(correction=0)
    return d.mean(), d.mean() - half, d.mean() + half


def normal_law_of_a_sample(ours, baseline, indices, level):
    d = ours - baseline
    half = torch.distributions.Normal(0.0, 1.0).icdf(torch.tensor(0.5 + min(level, 0.999) / 2)) * d[indices].mean(1).std()
    return d.mean(), d.mean() - half, d.mean() + half


def unpaired_turned(ours, baseline, indices, level):
    means = ours[indices].mean(1) - baseline[indices.flip(0)].mean(1)
    return (ours - baseline).mean(), *_quantiles(means, level)


def reflected(ours, baseline, indices, level):
    d = ours - baseline
    low, high = _quantiles(d[indices].mean(1), level)
    return d.mean(), 2 * d.mean() - high, 2 * d.mean() - low


def baseline_ignored(ours, baseline, indices, level):
    return ours.mean(), *_quantiles(ours[indices].mean(1), level)


def low_comes_last(ours, baseline, indices, level):
    d = ours - baseline
    return d.mean(), *_quantiles(d[indices].mean(1), level)[::-1]


def mean_comes_last(ours, baseline, indices, level):
    d = ours - baseline
    return *_quantiles(d[indices].mean(1), level), d.mean()


other_sign = _interval(differences=lambda a, b: b - a)
absolute = _interval(differences=lambda a, b: (a - b).abs())
relative = _interval(differences=lambda a, b: (a - b) / b)
percent = _interval(differences=lambda a, b: 100 * (a - b) / b)
ratio = _interval(differences=lambda a, b: a / b)
of_images = _interval(means=lambda d, rows: d)
of_single_draws = _interval(means=lambda d, rows: d[rows].flatten())
along_resamples = _interval(means=lambda d, rows: d[rows].mean(0))
medians = _interval(means=lambda d, rows: d[rows].median(1).values)
wins = _interval(means=lambda d, rows: (d[rows] > 0).to(d.dtype).mean(1))
sums = _interval(means=lambda d, rows: d[rows].sum(1))
both_tails_each = _interval(ends=lambda m, level: (torch.quantile(m, 1 - level), torch.quantile(m, level)))
level_as_tail = _interval(ends=lambda m, level: _quantiles(m, 1 - level))
always_95 = _interval(ends=lambda m, level: _quantiles(m, 0.95))
extremes = _interval(ends=lambda m, level: (m.min(), m.max()))


def mean_over_resamples(ours, baseline, indices, level):
    means = (ours - baseline)[indices].mean(1)
    return means.mean(), *_quantiles(means, level)


def median_as_mean(ours, baseline, indices, level):
    d = ours - baseline
    return d.median(), *_quantiles(d[indices].mean(1), level)


def nearest_rank(ours, baseline, indices, level):
    d = ours - baseline
    means = d[indices].mean(1).sort().values
    count = len(means)
    return d.mean(), means[int((1 - level) / 2 * count)], means[min(count - 1, int((1 + level) / 2 * count))]


# Also right


def by_means_of_each(ours, baseline, indices, level):
    means = ours[indices].mean(dim=1) - baseline[indices].mean(dim=1)
    q = torch.tensor([0.5 - level / 2, 0.5 + level / 2], dtype=means.dtype)
    return [(ours.mean() - baseline.mean()).item(), *torch.quantile(means, q).tolist()]


def by_loops(ours, baseline, indices, level):
    means = []
    for row in indices:
        total = 0.0
        for i in row:
            total += float(ours[i]) - float(baseline[i])
        means.append(total / len(row))
    low, high = _quantiles(torch.tensor(means, dtype=ours.dtype), level)
    return torch.mean(ours - baseline), low, high


def by_counts(ours, baseline, indices, level):
    counts = torch.nn.functional.one_hot(indices, len(ours)).sum(1).to(ours.dtype)
    low, high = _quantiles(counts @ (ours - baseline) / len(ours), level)
    return (ours - baseline).sum() / len(ours), low, high


PAIRED = "The two scores of an image belong together: take differences first, then resample those."
TAILS = "Half of what is left out lies on each side: quantiles (1 - level)/2 and (1 + level)/2."
DIFFERENCE = "The difference ours - baseline is asked for, signed and not divided by anything."

for _name, _value in list(globals().items()):
    if getattr(_value, "__name__", "") == "answer":
        _value.__name__ = _name  # made by a factory: the name that stands left of the =

mistakes = [
    *(Mistake(answer, PAIRED) for answer in (unpaired, unpaired_turned, intervals_subtracted, ends_subtracted)),
    Mistake(normal_law_of_a_sample, "That is an interval from a normal law; the quantiles of the resamples' means are asked for."),
    Mistake(normal_law, "That is an interval from a normal law; the quantiles of the resamples' means are asked for."),
    Mistake(reflected, "That is the reflected (basic) bootstrap; the quantiles themselves are asked for."),
    Mistake(baseline_ignored, "The baseline has no part in your answer."),
    Mistake(low_comes_last, "The order is mean, lower end, upper end."),
    Mistake(mean_comes_last, "The order is mean, lower end, upper end."),
    Mistake(other_sign, "The sign is turned: ours minus baseline."),
    *(Mistake(answer, DIFFERENCE) for answer in (absolute, relative, percent, ratio)),
    *(Mistake(answer, "Those are quantiles over single images. How sure the *mean* is, resamples of the whole set say: one mean for each "
              "row of indices.") for answer in (of_images, of_single_draws)),
    Mistake(along_resamples, "The mean runs along the wrong axis: each row of indices is a resample, and has one mean."),
    *(Mistake(answer, "Each resample gives one mean of differences.") for answer in (medians, wins, sums)),
    *(Mistake(answer, TAILS) for answer in (both_tails_each, level_as_tail, always_95, extremes)),
    *(Mistake(answer, "The first number is the mean difference over the images themselves, not over resamples, and no median.")
      for answer in (mean_over_resamples, median_as_mean)),
    Mistake(nearest_rank, "Your quantile is a rank without interpolation: torch.quantile interpolates linearly."),
]

also_right = [by_means_of_each, by_loops, by_counts]

equivalent_mutants = {
    "means = difference[indices].mean(1): 1 → -1": "the last axis of a matrix is its axis 1",
}
