"""Planted answers to beta-active-units, by another author than the check's."""

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
    return torch.cov(mu.T).diagonal().gt(threshold)


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
]
right = [population, moments, columns, covariance, root, in_numpy, pairs, in_float32]
