"""Planted answers to world-latent, by another author than the check's."""

import math

import numpy as np
import torch
from torch.distributions import Bernoulli


def _terms(x, prior, pixel):
    """log p(x|z) and log p(z), (B, K) and (K,)."""
    log_likelihood = Bernoulli(probs=pixel).log_prob(x.unsqueeze(1)).sum(-1)
    return log_likelihood, prior.log()


def both_bounds(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    bound = (q * likelihood).sum(1) - (q * (q.log() - log_prior)).sum(1)
    return bound, bound.clone()


def both_values(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    value = torch.logsumexp(likelihood + log_prior, 1)
    return value, value


def with_posterior(x, prior, pixel, q):
    """The bound at the true posterior, which is the value."""
    likelihood, log_prior = _terms(x, prior, pixel)
    q = (likelihood + log_prior).softmax(1)
    value = torch.logsumexp(likelihood + log_prior, 1)
    return value, (q * (likelihood + log_prior - q.log())).sum(1)


def swapped(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    return (q * (likelihood + log_prior - q.log())).sum(1), torch.logsumexp(likelihood + log_prior, 1)


def expected_log(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    return likelihood @ prior, (q * (likelihood + log_prior - q.log())).sum(1)


def best_cause(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    return (likelihood + log_prior).max(1).values, (q * (likelihood + log_prior - q.log())).sum(1)


def no_prior(x, prior, pixel, q):
    likelihood, _ = _terms(x, prior, pixel)
    return likelihood.logsumexp(1), (q * (likelihood - q.log())).sum(1)


def raw_prior(x, prior, pixel, q):
    likelihood, _ = _terms(x, prior, pixel)
    return (likelihood + prior).logsumexp(1), (q * (likelihood + prior - q.log())).sum(1)


def flat_prior(x, prior, pixel, q):
    likelihood, _ = _terms(x, prior, pixel)
    k = len(prior)
    return likelihood.logsumexp(1) - math.log(k), (q * (likelihood - math.log(k) - q.log())).sum(1)


def no_kl(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    return (likelihood + log_prior).logsumexp(1), (q * likelihood).sum(1)


def no_entropy(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    return (likelihood + log_prior).logsumexp(1), (q * (likelihood + log_prior)).sum(1)


def entropy_with_minus(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    return (likelihood + log_prior).logsumexp(1), (q * (likelihood + log_prior + q.log())).sum(1)


def kl_plus(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    return (likelihood + log_prior).logsumexp(1), (q * likelihood).sum(1) + (q * (q.log() - log_prior)).sum(1)


def kl_backwards(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    kl = (prior * (log_prior - q.log())).sum(1)
    return (likelihood + log_prior).logsumexp(1), (q * likelihood).sum(1) - kl


def log_of_mean(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    return (likelihood + log_prior).logsumexp(1), (likelihood + log_prior + q.log()).logsumexp(1)


def only_white(x, prior, pixel, q):
    joint = (x[:, None] * pixel.log()).sum(-1) + prior.log()
    return joint.logsumexp(1), (q * (joint - q.log())).sum(1)


def averaged_pixels(x, prior, pixel, q):
    joint = Bernoulli(probs=pixel).log_prob(x.unsqueeze(1)).mean(-1) + prior.log()
    return joint.logsumexp(1), (q * (joint - q.log())).sum(1)


def not_a_logarithm(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    return (likelihood + log_prior).exp().sum(1), (q * (likelihood + log_prior - q.log())).sum(1)


def as_losses(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    joint = likelihood + log_prior
    return -joint.logsumexp(1), -(q * (joint - q.log())).sum(1)


def bits(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    joint = likelihood + log_prior
    return joint.logsumexp(1) / math.log(2), (q * (joint - q.log())).sum(1) / math.log(2)


def whole_batch(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    joint = likelihood + log_prior
    return joint.logsumexp(1).sum(), (q * (joint - q.log())).sum()


def only_the_value(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    return (likelihood + log_prior).logsumexp(1)


def average_over_guess(x, prior, pixel, q):
    value = (q * torch.where(x[:, None] > 0.5, pixel, 1 - pixel).prod(-1)).sum(1).log()
    return value, direct(x, prior, pixel, q)[1]


wrong = [
    (average_over_guess, "weighted_by_q_in_the_value"),
    (both_bounds, "bound_for_value"), (both_values, "value_for_bound"), (with_posterior, "value_for_bound"),
    (swapped, "changed_places"), (expected_log, "mean_of_logarithms"), (best_cause, "likeliest_code"),
    (no_prior, "prior_forgotten"), (raw_prior, "prior_without_logarithm"), (flat_prior, "uniform_prior"),
    (no_kl, "only_reconstruction"), (no_entropy, "entropy_forgotten"),
    (entropy_with_minus, "entropy_subtracted"), (kl_plus, "divergence_added"),
    (kl_backwards, "divergence_reversed"), (log_of_mean, "logarithm_outside"), (only_white, "only_ink"),
    (averaged_pixels, "mean_of_pixels"), (not_a_logarithm, "probabilities"), (as_losses, "both_negated"),
    (bits, "in_bits"), (whole_batch, "batch_summed"),
    (only_the_value, "`value_and_bound` should return 2 tensors, not Tensor. The signature is "
                     "`value_and_bound(x, prior, pixel, q)`."),
]


def direct(x, prior, pixel, q):
    chances = torch.where(x[:, None] > 0.5, pixel, 1 - pixel).prod(-1) * prior  # p(x, z), (B, K)
    return chances.sum(1).log(), (q * (chances / q).log()).sum(1)


def with_the_gap(x, prior, pixel, q):
    likelihood, log_prior = _terms(x, prior, pixel)
    value = torch.logsumexp(likelihood + log_prior, dim=-1)
    log_posterior = likelihood + log_prior - value[:, None]
    return value, value - torch.nn.functional.kl_div(log_posterior, q, reduction="none").sum(1)


def with_numpy(x, prior, pixel, q):
    x, prior, pixel, q = (t.numpy()[..., None, :] if t is x else t.numpy() for t in (x, prior, pixel, q))
    joint = (pixel**x * (1 - pixel) ** (1 - x)).prod(-1) * prior
    bound = (q * (np.log(joint) - np.log(q))).sum(1)
    return torch.from_numpy(np.log(joint.sum(1))), torch.from_numpy(bound)


right = [direct, with_the_gap, with_numpy]
