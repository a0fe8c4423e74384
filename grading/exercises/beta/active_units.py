"""beta-active-units: which latent dimensions does the encoder use?"""

import torch

from genlab.random import permutation, randint, randn
from grading import probing
from grading.exercise import Compare, Exercise, Mistake


def inputs(rng, n=1):
    """Standard deviations around the threshold's root, in random order, with means far from zero or near.

    0.0112 and 0.0145 part the standard deviation from other measures of spread; 2.4 makes shares of the
    largest variance differ from variances.
    """
    one = torch.ones(1, dtype=torch.float64)
    N, K = 40, 17
    order = permutation(K, rng=rng)
    spread = torch.tensor([0.0, 0.004, 0.008, 0.0112, 0.0145, 0.02, 0.04, 0.07, 0.085, 0.12, 0.15, 0.2, 0.3,
                           0.5, 0.8, 1.1, 2.4], dtype=torch.float64)[order]

    def table(images):  # exactly these spreads: nothing is near a threshold, whichever divisor is used
        raw = randn((images, K), like=one, rng=rng)
        far = torch.tensor([3.0, 0.05, 0.003], dtype=torch.float64)[randint(0, 3, (K,), rng=rng)]
        sign = 1 - 2 * randint(0, 2, (K,), rng=rng)
        return (raw - raw.mean(0)) / raw.std(0) * spread + far * sign

    return {"mu": table(N), "few": table(6), "threshold": float(0.026 + 0.004 * torch.rand(1, generator=rng))}


def probe(active_units, mu, threshold, few):
    """Which units are active, at the default threshold and at another, as numbers 0 and 1."""
    standard = probing.tensor(active_units(mu), "`active_units`")
    other = probing.tensor(active_units(mu, threshold), "`active_units`")
    small = probing.tensor(active_units(few, threshold=threshold), "`active_units`")
    return dict(standard=standard.double(), other=other.double(), small=small.double(), kind=str(standard.dtype))


def reference(mu, threshold=0.01):
    """A_k = [Var over images of μ_k(x) > threshold] (Burda et al. 2015)."""
    return mu.var(0) > threshold


# Known mistakes


def variance_within_an_image(mu, threshold=0.01):
    return mu.var(1) > threshold


def std_for_variance(mu, threshold=0.01):
    return mu.std(0) > threshold


def second_moment(mu, threshold=0.01):
    return (mu**2).mean(0) > threshold


def mean_for_variance(mu, threshold=0.01):
    return mu.mean(0).abs() > threshold


def collapsed_counted(mu, threshold=0.01):
    return mu.var(0) < threshold


def threshold_ignored(mu, threshold=0.01):
    return mu.var(0) > 0.01


def count_only(mu, threshold=0.01):
    return (mu.var(0) > threshold).sum()


def variance_returned(mu, threshold=0.01):
    return mu.var(0)


def whole_matrix(mu, threshold=0.01):
    return (mu - mu.mean(0)) ** 2 > threshold


def range_for_variance(mu, threshold=0.01):
    return mu.amax(0) - mu.amin(0) > threshold


def largest_entry(mu, threshold=0.01):
    return mu.abs().amax(0) > threshold


def absolute_deviation(mu, threshold=0.01):
    return (mu - mu.mean(0)).abs().mean(0) > threshold


def sum_for_mean(mu, threshold=0.01):
    return ((mu - mu.mean(0)) ** 2).sum(0) > threshold


def any_image(mu, threshold=0.01):
    return ((mu - mu.mean(0)) ** 2 > threshold).any(0)


def share_of_the_largest(mu, threshold=0.01):
    return mu.var(0) / mu.var(0).max() > threshold


def share_of_the_sum(mu, threshold=0.01):
    return mu.var(0) / mu.var(0).sum() > threshold


def indices(mu, threshold=0.01):
    return torch.nonzero(mu.var(0) > threshold).flatten()


def one_for_all(mu, threshold=0.01):
    return mu.var() > threshold


# Also right


def by_moments(mu, threshold=0.01):
    return ((mu - mu.mean(0, keepdim=True)) ** 2).sum(0) / (len(mu) - 1) > threshold


def population_variance(mu, threshold=0.01):
    return torch.var(mu, dim=0, unbiased=False).gt(threshold)


def by_columns(mu, threshold=0.01):
    return torch.tensor([float(column.std()) ** 2 > threshold for column in mu.T])


exercise = Exercise(
    id="beta-active-units", defines="active_units(mu, threshold=0.01)", core=True, points=2, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference,
    withholds=["genlab.metrics.posterior.active_units"],
    comparisons=[
        Compare("standard", points=1, shape="(K,)", says="One truth value for each latent dimension: does the mean of q "
                "vary from image to image by more than the threshold?"),
        Compare("other", "small", points=1, shape="(K,)", says="The same at another threshold and for fewer images."),
    ],
    mistakes=[
        Mistake(variance_within_an_image, "You take the variance over the latent dimensions of one image. A unit is active if it "
                "varies from image to image: over the batch."),
        Mistake(std_for_variance, "This compares the standard deviation with the threshold (or the variance with its square). "
                "The threshold is for the variance."),
        Mistake(second_moment, "A unit stuck at a constant far from 0 carries no information. Subtract the mean over images: "
                "it is the variance that counts."),
        Mistake(mean_for_variance, "You look at the mean of μ. What matters is whether μ changes from image to image."),
        Mistake(collapsed_counted, "You mark the collapsed units. The active ones are asked for."),
        Mistake(threshold_ignored, "The argument `threshold` is not used."),
        Mistake(count_only, "You return how many units are active. One truth value for each unit is asked for."),
        Mistake(variance_returned, "You return the variances. Compare them with the threshold."),
        Mistake(whole_matrix, "You compare every image's deviation. Average over the images first."),
        Mistake(range_for_variance, "You compare the range from smallest to largest with the threshold; it is for the variance."),
        Mistake(largest_entry, "You ask whether μ is ever far from 0. What matters is whether it changes from image to image: its variance."),
        Mistake(absolute_deviation, "You compare the mean absolute deviation with the threshold; it is for the variance, the mean of squares."),
        Mistake(sum_for_mean, "You sum the squared deviations. The variance is their mean: otherwise more images make more units active."),
        Mistake(any_image, "One image far from the mean is enough for you. Average the squared deviations over the images first."),
        Mistake(share_of_the_largest, "You compare a share of the variance with the threshold; it is for the variance itself."),
        Mistake(share_of_the_sum, "You compare a share of the variance with the threshold; it is for the variance itself."),
        Mistake(indices, "You return the indices of the active units. One truth value for each unit is asked for."),
        Mistake(one_for_all, "You take one variance over everything. Each latent dimension has its own, over the images (dim 0)."),
    ],
    equivalent_mutants={
        "deviations = mu - mu.mean(0): mu - mu.mean(0) → mu.mean(0) - mu": "the deviations are squared",
        "return (deviations**2).mean(0) > threshold: (deviations ** 2).mean(0) > threshold → "
        "(deviations ** 2).mean(0) >= threshold": "no variance is exactly the threshold",
    },
    also_right=[by_moments, population_variance, by_columns],
    hints=[
        "If the decoder gets the same code for every image in some dimension, what can it learn from it?",
        "A unit k is active if the variance over the images of μ_k(x) exceeds the threshold.",
        "mu.var(0) is the variance of each column; compare it with the threshold.",
    ],
)
