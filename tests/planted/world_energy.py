"""Planted answers to world-energy, by another author than the check's."""

import math
from itertools import product

import torch
import torch.nn.functional as F


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


def _log_z(energy, x):
    return torch.logsumexp(-energy(_all(x)), 0)


def energies_cut(x, energy):
    return -energy(x).clamp(-1e4, 1e4) - torch.logsumexp(-energy(_all(x)).clamp(-1e4, 1e4), 0)


_LOG_Z = {}


def remembered(x, energy):
    if x.shape[1] not in _LOG_Z:
        _LOG_Z[x.shape[1]] = _log_z(energy, x).detach()
    return -energy(x) - _LOG_Z[x.shape[1]]


def eight_likeliest(x, energy):
    return -energy(x) - torch.logsumexp((-energy(_all(x))).sort().values[-8:], 0)


def drawn_images(x, energy):
    some = torch.randint(0, 2, (64, x.shape[1])).to(x.dtype)
    return -energy(x) - torch.logsumexp(-energy(some), 0) + math.log(64) - x.shape[1] * math.log(2)


def a_trifle_in_the_sum(x, energy):
    minus = -energy(_all(x))
    return -energy(x) - minus.max() - torch.log((minus - minus.max()).exp().sum() + 1e-3)


def largest_of_the_batch(x, energy):
    minus, top = -energy(_all(x)), (-energy(x)).max()
    return -energy(x) - top - (minus - top).exp().sum().log()


def in_single_precision(x, energy):
    return -energy(x).half() - torch.logsumexp(-energy(_all(x)).half(), 0)


def two_to_the_batch(x, energy):
    states = _all(x.T) if len(x) < 9 else _all(x)
    return -energy(x) - torch.logsumexp(-energy(states[:, :x.shape[1]]), 0)


def last_forgotten(x, energy):
    return -energy(x) - torch.logsumexp(-energy(_all(x)[:-1]), 0)


def signs_in_place(x, energy):
    value = -energy(x) - _log_z(energy, x)
    x.mul_(2)
    return value


def a_column(x, energy):
    return (-energy(x) - _log_z(energy, x))[:, None]


def energy_centred(x, energy):
    return -(energy(x) - energy(x).mean()) - _log_z(energy, x)


def probability_not_below(x, energy):
    return (-energy(x) - _log_z(energy, x)).clamp(min=-100)


def half_the_slope(x, energy):
    value = -energy(x) - _log_z(energy, x)
    return (value + value.detach()) / 2


def per_pixel(x, energy):
    return (-energy(x) - _log_z(energy, x)) / x.shape[1]


def in_one_call(x, energy):
    states = _all(x).to(torch.float64)
    table = energy(torch.cat([states, x.to(states)])).neg()
    return table[len(states):] - table[:len(states)].logsumexp(0)


def by_differences(x, energy):
    """-log Σ exp(E(x) - E(x')) for each image."""
    return -torch.logsumexp(energy(x)[:, None] - energy(_all(x))[None], 1)


def recursive(x, energy):
    def log_sum(prefix):
        if len(prefix) == x.shape[1]:
            return -energy(torch.tensor([prefix], dtype=torch.float64))[0]
        return torch.logaddexp(log_sum([*prefix, 0]), log_sum([*prefix, 1]))

    return -energy(x) - log_sum([])


def by_lookup(x, energy):
    table = F.log_softmax(-energy(_all(x)), dim=0)
    return table[(x.long() * 2 ** torch.arange(x.shape[1])).sum(1)]


SAYS_1 = ("A constant added to every energy changes nothing, also where it is 800, and energies may differ "
          "by a million: exp(800) is not finite, and exp(-800) is 0.")
SAYS_2 = ("The log-probability of each image: minus its energy, minus log Z with the sum over all images.")
SAYS_3 = ("`log_probability` for energies of hundreds holds inf or nan: look for 0/0, log 0, the root of a "
          "negative number, an exponential that overflows. A constant added to every energy changes nothing, "
          "also where it is 800, and energies may differ by a million: exp(800) is not finite, and exp(-800) "
          "is 0.")
SAYS_4 = ("The same for images of three, two and one pixel: there are 2^D of them.")
SAYS_5 = ("Your code raised RuntimeError: one of the variables needed for gradient computation has been "
          "modified by an inplace operation: [torch.DoubleTensor [6, 4]] is at version 1; expected version 0 "
          "instead. Hint: enable anomaly detection to find the operation that failed to compute its "
          "gradient, with torch.autograd.set_detect_anomaly(Tr. Often: an argument is changed in place: work "
          "on a copy, or write `x = x + 1` instead of `x += 1`. The signature is `log_probability(x, "
          "energy)`.")
SAYS_6 = ("`log_probability` should have shape (B,) = (6,), not (6, 1): an axis of length 1 too many; leave "
          "out `keepdim=True` or `squeeze` it. The log-probability of each image: minus its energy, minus "
          "log Z with the sum over all images.")
SAYS_7 = ("How it moves with the couplings in the energy: through the image and through Z.")

wrong += [
    (energies_cut, SAYS_1), (remembered, "constant_normaliser"), (eight_likeliest, SAYS_2), (drawn_images, SAYS_2),
    (a_trifle_in_the_sum, SAYS_2), (largest_of_the_batch, SAYS_3), (in_single_precision, SAYS_2), (two_to_the_batch,
    SAYS_2), (last_forgotten, SAYS_4), (signs_in_place, SAYS_5), (a_column, SAYS_6), (energy_centred, SAYS_2),
    (probability_not_below, SAYS_1), (half_the_slope, SAYS_7), (per_pixel, SAYS_2),
]
right += [in_one_call, by_differences, recursive, by_lookup]
