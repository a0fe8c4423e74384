"""Planted answers to beta-active-units, by another author than the check's."""

import statistics

import numpy as np
import torch


def deviation(mu, threshold=0.01):
    return torch.std(mu, dim=0) > threshold


def second_moment(mu, threshold=0.01):
    """Not centred: a constant far from zero looks active."""
    return (mu * mu).mean(dim=0) > threshold


def size_of_mean(mu, threshold=0.01):
    return mu.mean(dim=0).abs() > threshold


def largest_entry(mu, threshold=0.01):
    return mu.abs().amax(dim=0) > threshold


def across_dimensions(mu, threshold=0.01):
    return torch.var(mu, dim=1) > threshold


def inactive(mu, threshold=0.01):
    return torch.var(mu, dim=0) < threshold


def how_many(mu, threshold=0.01):
    return (torch.var(mu, dim=0) > threshold).sum()


def which(mu, threshold=0.01):
    return torch.where(torch.var(mu, dim=0) > threshold)[0]


def deaf_to_threshold(mu, threshold=0.01):
    return torch.var(mu, dim=0) > 0.01


def only_variance(mu, threshold=0.01):
    return torch.var(mu, dim=0)


def spread(mu, threshold=0.01):
    """From the smallest to the largest."""
    return mu.amax(0) - mu.amin(0) > threshold


def threshold_squared(mu, threshold=0.01):
    return torch.var(mu, dim=0) > threshold * threshold


def relative(mu, threshold=0.01):
    variance = torch.var(mu, dim=0)
    return variance / variance.max() > threshold


def share(mu, threshold=0.01):
    variance = torch.var(mu, dim=0)
    return variance / variance.sum() > threshold


def each_image(mu, threshold=0.01):
    return (mu - mu.mean(0)).square() > threshold


def any_image(mu, threshold=0.01):
    """One image further than the threshold is enough."""
    return ((mu - mu.mean(0)).square() > threshold).any(dim=0)


def absolute_deviation(mu, threshold=0.01):
    return (mu - mu.mean(0)).abs().mean(0) > threshold


def all_together(mu, threshold=0.01):
    return mu.var() > threshold


def sum_of_squares(mu, threshold=0.01):
    """Not divided by the number of images."""
    return (mu - mu.mean(0)).square().sum(0) > threshold


def numbered(mu, threshold=0.01):
    return [bool(v > threshold) for v in mu.var(0)]


def population(mu, threshold=0.01):
    return torch.var(mu, dim=0, correction=0) > threshold


def moments(mu, threshold=0.01):
    return (mu**2).mean(0) - mu.mean(0) ** 2 > threshold


def columns(mu, threshold=0.01):
    return torch.stack([column.std() ** 2 > threshold for column in mu.T])


def covariance(mu, threshold=0.01):
    return torch.cov(mu.T).reshape(mu.shape[1], -1).diagonal().gt(threshold)


def root(mu, threshold=0.01):
    return mu.std(dim=0) > threshold**0.5


def in_numpy(mu, threshold=0.01):
    return torch.from_numpy(np.var(mu.numpy(), axis=0) > threshold)


def pairs(mu, threshold=0.01):
    """Half the mean squared difference of two images is the variance."""
    return (mu[:, None] - mu[None]).square().mean((0, 1)) / 2 > threshold


def in_float32(mu, threshold=0.01):
    return mu.float().var(0) > threshold


wrong = [
    (deviation, "std_for_variance"),
    (second_moment, "second_moment"),
    (size_of_mean, "mean_for_variance"),
    (largest_entry, "largest_entry"),
    (across_dimensions, "variance_within_an_image"),
    (inactive, "collapsed_counted"),
    (how_many, "count_only"),
    (which, "indices"),
    (deaf_to_threshold, "threshold_ignored"),
    (only_variance, "variance_returned"),
    (spread, "range_for_variance"),
    (threshold_squared, "std_for_variance"),
    (relative, "share_of_the_largest"),
    (share, "share_of_the_sum"),
    (each_image, "whole_matrix"),
    (any_image, "any_image"),
    (absolute_deviation, "absolute_deviation"),
    (all_together, "one_for_all"),
    (sum_of_squares, "sum_for_mean"),
    (numbered, "`active_units` should return a tensor, not list. The signature is "
               "`active_units(mu, threshold=0.01)`."),
    (moments, "by_moments_of_zero"),
]
right = [population, columns, covariance, root, in_numpy, pairs, in_float32]


def in_half_precision(mu, threshold=0.01):
    return mu.half().float().var(0) > threshold


def about_the_first(mu, threshold=0.01):
    return ((mu - mu[0]) ** 2).mean(0) > threshold


def successive(mu, threshold=0.01):
    return mu.diff(dim=0).var(0) > threshold


def quartiles(mu, threshold=0.01):
    q = torch.quantile(mu, torch.tensor([0.25, 0.75]).to(mu), dim=0)
    return (q[1] - q[0]) ** 2 > threshold


def ten_images(mu, threshold=0.01):
    return mu[:10].var(0) > threshold


def centred_in_place(mu, threshold=0.01):
    mu -= mu.mean(0)
    return (mu**2).mean(0) > threshold


def at_least(mu, threshold=0.01):
    return ((mu - mu.mean(0)) ** 2).mean(0) >= threshold


def coefficient(mu, threshold=0.01):
    return mu.var(0) / mu.mean(0) ** 2 > threshold


def of_the_batch_mean(mu, threshold=0.01):
    return ((mu - mu.mean()) ** 2).mean(0) > threshold


def standardised(mu, threshold=0.01):
    return ((mu - mu.mean()) / mu.std()).var(0) > threshold


def truth_sorted(mu, threshold=0.01):
    return (mu.var(0) > threshold).sort().values


def a_column(mu, threshold=0.01):
    return mu.var(0, keepdim=True) > threshold


def squeezed(mu, threshold=0.01):
    return (mu.var(0) > threshold).squeeze()


def nats(mu, threshold=0.01):
    return 0.5 * (mu**2).mean(0) > threshold


def half_the_variance(mu, threshold=0.01):
    return mu.var(0) / 2 > threshold


def floor_under_threshold(mu, threshold=0.01):
    return mu.var(0) > max(threshold, 0.01)


def all_images(mu, threshold=0.01):
    return ((mu - mu.mean(0)) ** 2 > threshold).all(0)


def most_images(mu, threshold=0.01):
    return ((mu - mu.mean(0)) ** 2 > threshold).double().mean(0) > 0.5


def welford(mu, threshold=0.01):
    mean, total = mu[0].clone(), torch.zeros_like(mu[0])
    for n, row in enumerate(mu[1:], 2):
        gap = row - mean
        mean = mean + gap / n
        total = total + gap * (row - mean)
    return total / len(mu) > threshold


def by_statistics(mu, threshold=0.01):
    return torch.tensor([statistics.pvariance(column) > threshold for column in mu.T.tolist()])


def by_einsum(mu, threshold=0.01):
    gap = mu.double() - mu.double().mean(0)
    return (torch.einsum("nk,nk->k", gap, gap) / len(mu) > threshold).int()


def by_var_mean(mu, threshold=0.01):
    return torch.var_mean(mu.T, dim=1, correction=0)[0].sqrt() > threshold**0.5


def about_the_median(mu, threshold=0.01):
    return ((mu - mu.median(0).values) ** 2).mean(0) > threshold


TOLD_1 = ("Means in the thousands change no variance, and a dimension that stands still is never active.")
TOLD_2 = ("One truth value for each latent dimension: does the mean of q vary from image to image by more "
          "than the threshold?")
TOLD_3 = ("`active_units` changes its argument `mu` in place: work on a copy.")
TOLD_4 = ("`active_units` should have shape (K,) = (17,), not (1, 17): an axis of length 1 too many; "
          "leave out `keepdim=True` or `squeeze` it. One truth value for each latent dimension: does the "
          "mean of q vary from image to image by more than the threshold?")
TOLD_5 = ("`active_units` should have shape (K,) = (1,), not (). The same at another threshold, for fewer "
          "images, and for one dimension.")
TOLD_6 = ("The same at another threshold, for fewer images, and for one dimension.")

wrong += [
    (in_half_precision, TOLD_1),
    (about_the_first, TOLD_2),
    (successive, TOLD_2),
    (quartiles, TOLD_2),
    (ten_images, TOLD_2),
    (centred_in_place, TOLD_3),
    (at_least, TOLD_1),
    (coefficient, TOLD_2),
    (of_the_batch_mean, TOLD_2),
    (standardised, TOLD_2),
    (truth_sorted, TOLD_2),
    (a_column, TOLD_4),
    (squeezed, TOLD_5),
    (nats, "second_moment"),
    (half_the_variance, TOLD_2),
    (about_the_median, TOLD_6),
    (floor_under_threshold, TOLD_6),
    (all_images, TOLD_2),
    (most_images, TOLD_2),
]
right += [welford, by_statistics, by_einsum, by_var_mean]
