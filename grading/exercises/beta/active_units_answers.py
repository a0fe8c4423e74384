"""Answers to beta-active-units: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake

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


def by_moments_of_zero(mu, threshold=0.01):
    return (mu**2).mean(0) - mu.mean(0) ** 2 > threshold


# Also right


def by_moments(mu, threshold=0.01):
    return ((mu - mu.mean(0, keepdim=True)) ** 2).sum(0) / (len(mu) - 1) > threshold


def population_variance(mu, threshold=0.01):
    return torch.var(mu, dim=0, unbiased=False).gt(threshold)


def by_columns(mu, threshold=0.01):
    return torch.tensor([float(column.std()) ** 2 > threshold for column in mu.T])


mistakes = [
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
    Mistake(by_moments_of_zero, "E[μ²] - E[μ]² is a small difference of large numbers where the mean is far from 0, and float32 has "
            "no digits left for it. Subtract the mean first, then square."),
    Mistake(one_for_all, "You take one variance over everything. Each latent dimension has its own, over the images (dim 0)."),
]

also_right = [by_moments, population_variance, by_columns]

equivalent_mutants = {
    "deviations = mu - mu.mean(0): mu - mu.mean(0) → mu.mean(0) - mu": "the deviations are squared",
    "return (deviations**2).mean(0) > threshold: (deviations ** 2).mean(0) > threshold → "
    "(deviations ** 2).mean(0) >= threshold": "no variance is exactly the threshold",
}
