"""Planted answers to world-energy, by another author than the check's."""

import math
from itertools import product

import torch


def _all(x):
    number = torch.arange(2 ** x.shape[1]).unsqueeze(1)
    return ((number // 2 ** torch.arange(x.shape[1])) % 2).to(x.dtype)


def high_is_likely(x, energy):
    return energy(x) - energy(_all(x)).logsumexp(0)


def unnormalised(x, energy):
    return -energy(x)


def just_energy(x, energy):
    return energy(x)


def softmax_of_batch(x, energy):
    return (-energy(x)).log_softmax(0)


def averaged_z(x, energy):
    return -energy(x) - torch.exp(-energy(_all(x))).mean().log()


def mixed_signs(x, energy):
    return -energy(x) - energy(_all(x)).logsumexp(0)


def added(x, energy):
    return -energy(x) + (-energy(_all(x))).logsumexp(0)


def z_itself(x, energy):
    return -energy(x) - (-energy(_all(x))).exp().sum()


def no_logarithm(x, energy):
    return torch.exp(-energy(x) - (-energy(_all(x))).logsumexp(0))


def naive(x, energy):
    weights = torch.exp(-energy(_all(x)))
    return torch.log(torch.exp(-energy(x)) / weights.sum())


def half_naive(x, energy):
    return -energy(x) - (-energy(_all(x))).exp().sum().log()


def with_epsilon(x, energy):
    weights = torch.exp(-energy(_all(x)))
    return torch.log(torch.exp(-energy(x)) / (weights.sum() + 1e-8) + 1e-8)


def best_only(x, energy):
    return energy(_all(x)).min() - energy(x)


def z_without_gradient(x, energy):
    return -energy(x) - (-energy(_all(x))).logsumexp(0).detach()


def without_blank(x, energy):
    return -energy(x) - (-energy(_all(x)[1:])).logsumexp(0)


def minus_and_plus(x, energy):
    return -energy(x) - (-energy(1 - 2 * _all(x))).logsumexp(0)


def sixteen(x, energy):
    states = torch.tensor(list(product([0.0, 1.0], repeat=4)), dtype=x.dtype)
    return -energy(x) - (-energy(states[:, :x.shape[1]])).logsumexp(0)


def in_base_two(x, energy):
    return (-energy(x) - (-energy(_all(x))).logsumexp(0)) / math.log(2)


def negative(x, energy):
    return energy(x) + (-energy(_all(x))).logsumexp(0)


def mean_over_batch(x, energy):
    return (-energy(x) - (-energy(_all(x))).logsumexp(0)).mean()


def unit_vectors(x, energy):
    return -energy(x) - (-energy(torch.eye(len(x[0])).to(x))).logsumexp(0)


def all_alike(x, energy):
    return torch.full((len(x),), -x.shape[1] * math.log(2), dtype=x.dtype)


def cut_off(x, energy):
    with torch.no_grad():
        return -energy(x) - (-energy(_all(x))).logsumexp(0)


def data_detached(x, energy):
    return -(energy(x).detach() + (-energy(_all(x))).logsumexp(0))


wrong = [
    (cut_off, "without_gradient"), (data_detached, "constant_energy"),
    (high_is_likely, "sign_of_energy"), (unnormalised, "not_normalised"), (just_energy, "energy_itself"),
    (softmax_of_batch, "over_the_batch"), (averaged_z, "mean_for_sum"), (mixed_signs, "normaliser_of_plus"),
    (added, "normaliser_added"), (z_itself, "normaliser_without_logarithm"), (no_logarithm, "probability"),
    (naive, "overflowing"), (half_naive, "overflowing_sum"), (with_epsilon, "small_number_added"),
    (best_only, "likeliest_for_sum"), (z_without_gradient, "constant_normaliser"),
    (without_blank, "one_image_forgotten"), (minus_and_plus, "spins"), (sixteen, "always_four"),
    (in_base_two, "in_bits"), (negative, "loss"), (mean_over_batch, "batch_mean"),
    (unit_vectors, "one_pixel_at_a_time"), (all_alike, "uniform"),
]


def mirrored(x, energy):
    """Bits in another order: the sum does not mind."""
    log_weights = -energy(_all(x))
    return -energy(x) - (log_weights.max() + (log_weights - log_weights.max()).exp().sum().log())


def with_double(x, energy):
    grid = torch.stack(torch.meshgrid(*[torch.arange(2.0)] * x.shape[1], indexing="ij"), -1)
    grid = grid.reshape(-1, x.shape[1]).double()
    return (-energy(x)).double() - torch.logsumexp(-energy(grid).double(), dim=0)


right = [mirrored, with_double]
