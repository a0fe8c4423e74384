"""Planted answers to flow-bits, by another author than the check's."""

import math

import numpy as np
import torch


def _b(v, count, lp):
    return (math.log(count) - lp(v) / v.shape[1]) / math.log(2)


def count_of_the_batch(levels, count, log_prob):
    count = int(levels.max()) + 1
    return _b((levels + torch.rand(levels.shape)) / count, count, log_prob)


def tri(levels, count, log_prob):
    u = (torch.rand(levels.shape) + torch.rand(levels.shape)) / 2
    return _b((levels + u) / count, count, log_prob)


def u_09(levels, count, log_prob):
    return _b((levels + 0.9 * torch.rand(levels.shape)) / count, count, log_prob)


def u_99(levels, count, log_prob):
    return _b((levels + 0.99 * torch.rand(levels.shape)) / count, count, log_prob)


def detach_lp(levels, count, log_prob):
    v = (levels + torch.rand(levels.shape)) / count
    return _b(v, count, lambda v: log_prob(v).detach())


def keepdim(levels, count, log_prob):
    return _b((levels + torch.rand(levels.shape)) / count, count, log_prob)[:, None]


def seeded(levels, count, log_prob):
    torch.manual_seed(0)
    return _b((levels + torch.rand(levels.shape)) / count, count, log_prob)


def seed_fork(levels, count, log_prob):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return _b((levels + torch.rand(levels.shape)) / count, count, log_prob)


def float_of_bool(levels, count, log_prob):
    v = (levels + torch.rand(levels.shape)) / count
    return -torch.log2(log_prob(v).exp()) / levels.shape[1] + math.log2(count)


def log_of_D(levels, count, log_prob):
    v = (levels + torch.rand(levels.shape)) / count
    return (math.log(count * levels.shape[1]) - log_prob(v) / levels.shape[1]) / math.log(2)


def rounds(levels, count, log_prob):
    v = ((levels + torch.rand(levels.shape)) / count * 255).round() / 255
    return _b(v, count, log_prob)


def clamp_v(levels, count, log_prob):
    v = ((levels + torch.rand(levels.shape) - 0.5) / count).clamp(0, 1)
    return _b(v, count, log_prob)


def count_minus(levels, count, log_prob):
    v = (levels + torch.rand(levels.shape)) / count
    return (math.log(count - 1) - log_prob(v) / levels.shape[1]) / math.log(2)


def mean_of_ten(levels, count, log_prob):
    return sum(_b((levels + torch.rand(levels.shape)) / count, count, log_prob) for _ in range(10)) / 10


def logit_space(levels, count, log_prob):
    v = (levels + torch.rand(levels.shape)) / count
    v = torch.logit(v.clamp(1e-5, 1 - 1e-5))
    return _b(v, count, log_prob)


def noise_from_8bit(levels, count, log_prob):
    u = torch.randint(0, 256, levels.shape) / 256
    return _b((levels + u) / count, count, log_prob)


def one_minus(levels, count, log_prob):
    v = (levels.to(torch.float64) + 1 - torch.rand(levels.shape, dtype=torch.float64)) / count
    return torch.stack(
        [
            -(log_prob(v)[i] - levels.shape[1] * math.log(count)) / levels.shape[1] / math.log(2)
            for i in range(len(levels))
        ]
    )


def numpy_u(levels, count, log_prob):
    v = (levels.numpy() + np.random.rand(*levels.shape)) / count
    return _b(torch.from_numpy(v), count, log_prob)


def dist(levels, count, log_prob):
    u = torch.distributions.Uniform(0.0, 1.0).sample(levels.shape)
    v = torch.empty(levels.shape).copy_(levels)
    v += u
    v /= count
    return (log_prob(v) / math.log(2) - levels.shape[1] * math.log2(count)).neg() / levels.shape[1]


def lists(levels, count, log_prob):
    v = torch.tensor(
        [[(float(l) + np.random.random()) / count for l in row] for row in levels.tolist()], dtype=torch.float64
    )
    return _b(v, count, log_prob)


SAYS_1 = (
    "For a density that is constant over every cell, the bits are exactly -log₂ of the image's "
    "probability, divided by its number of pixels."
)
SAYS_2 = "Each pixel of each image gets its own u, uniform in [0, 1) and fresh at every call."
SAYS_3 = (
    "`bits_per_dim` should have shape (B,) = (300,), not (300, 1): an axis of length 1 too many; leave "
    "out `keepdim=True` or `squeeze` it. For a density that is constant over every cell, the bits are "
    "exactly -log₂ of the image's probability, divided by its number of pixels."
)

wrong = [
    (count_of_the_batch, SAYS_1),
    (tri, SAYS_2),
    (u_09, SAYS_2),
    (u_99, SAYS_2),
    (detach_lp, "without_gradient"),
    (keepdim, SAYS_3),
    (seeded, "noise_with_a_seed"),
    (seed_fork, "noise_with_a_seed"),
    (log_of_D, SAYS_1),
    (rounds, SAYS_1),
    (clamp_v, "noise_around_the_level"),
    (count_minus, SAYS_1),
    (logit_space, SAYS_1),
    (noise_from_8bit, SAYS_2),
]
right = [one_minus, numpy_u, dist, lists, float_of_bool]
