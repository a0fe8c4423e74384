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
    (direct, "products"), (with_numpy, "products_with_logarithms"),
]
right = [with_the_gap]


def _joint(x, prior, pixel):
    return x @ pixel.log().T + (1 - x) @ torch.log1p(-pixel).T + prior.log()


def _both(x, prior, pixel, q):
    table = _joint(x, prior, pixel)
    return table.logsumexp(1), (q * (table - q.log())).sum(1)


def pixels_cut(x, prior, pixel, q):
    return _both(x, prior, pixel.clamp(1e-12, 1 - 1e-12), q)


def a_trifle_in_the_logarithm(x, prior, pixel, q):
    table = x @ (pixel + 1e-12).log().T + (1 - x) @ (1 - pixel + 1e-12).log().T + prior.log()
    return table.logsumexp(1), (q * (table - q.log())).sum(1)


def prior_cut(x, prior, pixel, q):
    return _both(x, prior.clamp(min=1e-8), pixel, q)


def a_drawn_code(x, prior, pixel, q):
    table = _joint(x, prior, pixel)
    z = torch.multinomial(q, 1)
    return table.logsumexp(1), (table - q.log()).gather(1, z)[:, 0]


def likeliest_under_q(x, prior, pixel, q):
    table = _joint(x, prior, pixel)
    return table.logsumexp(1), (table - q.log()).gather(1, q.argmax(1, keepdim=True))[:, 0]


def softmax_of_q(x, prior, pixel, q):
    return _both(x, prior, pixel, q.softmax(1))


def softmax_of_the_prior(x, prior, pixel, q):
    return _both(x, prior.softmax(0), pixel, q)


def q_of_the_batch(x, prior, pixel, q):
    return _both(x, prior, pixel, q.mean(0, keepdim=True).expand_as(q))


def exact_posterior(x, prior, pixel, q):
    table = _joint(x, prior, pixel)
    return _both(x, prior, pixel, table.softmax(1).clamp(min=1e-300))


def first_thousand_pixels(x, prior, pixel, q):
    return _both(x[:, :1000], prior, pixel[:, :1000], q)


def bounded_from_below(x, prior, pixel, q):
    table = _joint(x, prior, pixel).clamp(min=-500)
    return table.logsumexp(1), (q * (table - q.log())).sum(1)


def logarithms_in_place(x, prior, pixel, q):
    off = torch.log1p(-pixel)
    table = x @ pixel.log_().T + (1 - x) @ off.T + prior.log()
    return table.logsumexp(1), (q * (table - q.log())).sum(1)


def prior_in_place(x, prior, pixel, q):
    likelihood = _joint(x, prior, pixel) - prior.log()
    table = likelihood + prior.log_()
    return table.logsumexp(1), (q * (table - q.log())).sum(1)


def weighted_kl(x, prior, pixel, q):
    value, bound = _both(x, prior, pixel, q)
    return value, bound - (q * (q.log() - prior.log())).sum(1)


def gap_to_the_mean(x, prior, pixel, q):
    value, bound = _both(x, prior, pixel, q)
    return value, bound - bound.mean() + value.mean()


def in_numpy(x, prior, pixel, q):
    a, b, c, d = (t.numpy() for t in (x, prior, pixel, q))
    table = a @ np.log(c).T + (1 - a) @ np.log1p(-c).T + np.log(b)
    value = np.logaddexp.reduce(table, axis=1)
    return torch.from_numpy(value), torch.from_numpy((d * (table - np.log(d))).sum(1))


def by_importance(x, prior, pixel, q):
    weights = _joint(x, prior, pixel) - q.log()
    return (weights + q.log()).logsumexp(1), torch.einsum("bk,bk->b", q, weights)


def code_by_code(x, prior, pixel, q):
    value, bound = None, 0.0
    for k in range(len(prior)):
        term = torch.where(x > 0.5, pixel[k].log(), torch.log1p(-pixel[k])).sum(1) + prior[k].log()
        value = term if value is None else torch.logaddexp(value, term)
        bound = bound + q[:, k] * (term - q[:, k].log())
    return [value, bound]


def by_the_gap(x, prior, pixel, q):
    table = _joint(x, prior, pixel)
    value = table.amax(1) + (table - table.amax(1, keepdim=True)).exp().sum(1).log()
    posterior = table - value[:, None]
    return value, torch.minimum(value - (q * (q.log() - posterior)).sum(1), value)


SAYS_1 = ("Improbable pixels and images of 1500 pixels: add up logarithms; the probability itself would "
          "vanish, and a number added to it would show.")
SAYS_2 = ("The second number, the bound: the mean under q of log p(x, z) - log q(z | x).")
SAYS_3 = ("The first number, log p(x): add p(x, z) up over the codes, then take the logarithm.")
SAYS_4 = ("`value_and_bound` changes its argument `pixel` in place: work on a copy.")
SAYS_5 = ("`value_and_bound` changes its argument `prior` in place: work on a copy.")

wrong += [
    (pixels_cut, SAYS_1), (a_trifle_in_the_logarithm, SAYS_1), (prior_cut, SAYS_1), (a_drawn_code, SAYS_2),
    (likeliest_under_q, SAYS_2), (softmax_of_q, SAYS_2), (softmax_of_the_prior, SAYS_3), (q_of_the_batch, SAYS_2),
    (exact_posterior, "value_for_bound"), (first_thousand_pixels, SAYS_1), (bounded_from_below, SAYS_1),
    (logarithms_in_place, SAYS_4), (prior_in_place, SAYS_5), (weighted_kl, SAYS_2), (gap_to_the_mean, SAYS_2),
]
right += [in_numpy, by_importance, code_by_code, by_the_gap]
