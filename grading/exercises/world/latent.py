"""world-latent: the exact likelihood of a world with a hidden cause, and the bound on it."""

import math

import torch
from torch.distributions import Bernoulli, Categorical, Independent, MixtureSameFamily

from genlab.random import randint, randn
from grading import probing
from grading.exercise import Compare, Exercise, Mistake


def inputs(rng, n=1):
    """B, K and D differ; q is near the posterior of nothing in particular."""
    B, K, D = 6, 3, 4
    double = torch.zeros((), dtype=torch.float64)
    return {
        "x": randint(0, 2, (B, D), rng=rng).double(),
        "prior": torch.softmax(0.8 * randn((K,), like=double, rng=rng), 0),
        "pixel": torch.sigmoid(1.2 * randn((K, D), like=double, rng=rng)),
        "q": torch.softmax(randn((B, K), like=double, rng=rng), 1),
    }


def probe(value_and_bound, x, prior, pixel, q):
    """Both numbers of each image, and those of one image alone."""
    value, bound = probing.tensors(value_and_bound(x, prior, pixel, q), 2, "`value_and_bound`")
    one_value, one_bound = probing.tensors(value_and_bound(x[:1], prior, pixel, q[:1]), 2, "`value_and_bound`")
    return dict(value=value, one_value=one_value, bound=bound, one_bound=one_bound)


def _log_joint(x, prior, pixel):
    """log p(x, z = k), (B, K)."""
    return x @ pixel.log().T + (1 - x) @ (1 - pixel).log().T + prior.log()


def reference(x, prior, pixel, q):
    """log Σ_z p(x, z) and Σ_z q(z | x) [log p(x, z) - log q(z | x)]."""
    log_joint = _log_joint(x, prior, pixel)
    return log_joint.logsumexp(1), (q * (log_joint - q.log())).sum(1)


def truth(x, prior, pixel, q):
    """The value by torch.distributions, the bound as the value minus KL(q ‖ posterior)."""
    world = MixtureSameFamily(Categorical(prior), Independent(Bernoulli(pixel), 1))
    value = world.log_prob(x)
    likelihood = torch.exp(Independent(Bernoulli(pixel), 1).log_prob(x[:, None]))
    posterior = likelihood * prior / value.exp()[:, None]
    return value, value - (q * (q / posterior).log()).sum(1)


# Known mistakes


def bound_for_value(x, prior, pixel, q):
    bound = reference(x, prior, pixel, q)[1]
    return bound, bound


def value_for_bound(x, prior, pixel, q):
    value = reference(x, prior, pixel, q)[0]
    return value, value


def changed_places(x, prior, pixel, q):
    value, bound = reference(x, prior, pixel, q)
    return bound, value


def mean_of_logarithms(x, prior, pixel, q):
    log_likelihood = _log_joint(x, prior, pixel) - prior.log()
    return (prior * log_likelihood).sum(1), reference(x, prior, pixel, q)[1]


def likeliest_code(x, prior, pixel, q):
    return _log_joint(x, prior, pixel).amax(1), reference(x, prior, pixel, q)[1]


def sum_of_logarithms(x, prior, pixel, q):
    return _log_joint(x, prior, pixel).sum(1), reference(x, prior, pixel, q)[1]


def prior_forgotten(x, prior, pixel, q):
    log_likelihood = _log_joint(x, prior, pixel) - prior.log()
    return log_likelihood.logsumexp(1), (q * (log_likelihood - q.log())).sum(1)


def prior_without_logarithm(x, prior, pixel, q):
    log_joint = _log_joint(x, prior, pixel) - prior.log() + prior
    return log_joint.logsumexp(1), (q * (log_joint - q.log())).sum(1)


def uniform_prior(x, prior, pixel, q):
    log_joint = _log_joint(x, prior, pixel) - prior.log() - math.log(len(prior))
    return log_joint.logsumexp(1), (q * (log_joint - q.log())).sum(1)


def prior_forgotten_in_value(x, prior, pixel, q):
    log_likelihood = _log_joint(x, prior, pixel) - prior.log()
    return log_likelihood.logsumexp(1), reference(x, prior, pixel, q)[1]


def only_reconstruction(x, prior, pixel, q):
    log_joint = _log_joint(x, prior, pixel)
    return log_joint.logsumexp(1), (q * (log_joint - prior.log())).sum(1)


def entropy_forgotten(x, prior, pixel, q):
    log_joint = _log_joint(x, prior, pixel)
    return log_joint.logsumexp(1), (q * log_joint).sum(1)


def entropy_subtracted(x, prior, pixel, q):
    log_joint = _log_joint(x, prior, pixel)
    return log_joint.logsumexp(1), (q * (log_joint + q.log())).sum(1)


def divergence_added(x, prior, pixel, q):
    log_joint = _log_joint(x, prior, pixel)
    kl = (q * (q.log() - prior.log())).sum(1)
    return log_joint.logsumexp(1), (q * (log_joint - prior.log())).sum(1) + kl


def only_divergence(x, prior, pixel, q):
    return reference(x, prior, pixel, q)[0], (q * (prior.log() - q.log())).sum(1)


def bound_negated(x, prior, pixel, q):
    value, bound = reference(x, prior, pixel, q)
    return value, -bound


def prior_forgotten_in_bound(x, prior, pixel, q):
    log_likelihood = _log_joint(x, prior, pixel) - prior.log()
    return reference(x, prior, pixel, q)[0], (q * (log_likelihood - q.log())).sum(1)


def averaged_over_codes_too(x, prior, pixel, q):
    value, bound = reference(x, prior, pixel, q)
    return value, bound / q.shape[1]


def value_averaged_over_codes(x, prior, pixel, q):
    value, bound = reference(x, prior, pixel, q)
    return value - math.log(len(prior)), bound


def prior_twice(x, prior, pixel, q):
    return (_log_joint(x, prior, pixel) + prior.log()).logsumexp(1), reference(x, prior, pixel, q)[1]


def q_without_logarithm(x, prior, pixel, q):
    log_joint = _log_joint(x, prior, pixel)
    return log_joint.logsumexp(1), (q * (log_joint - q)).sum(1)


def black_for_white(x, prior, pixel, q):
    return reference(1 - x, prior, pixel, q)


def probabilities_as_logits(x, prior, pixel, q):
    return reference(x, prior, torch.sigmoid(pixel), q)


def divergence_reversed(x, prior, pixel, q):
    log_joint = _log_joint(x, prior, pixel)
    kl = (prior * (prior.log() - q.log())).sum(1)
    return log_joint.logsumexp(1), (q * (log_joint - prior.log())).sum(1) - kl


def logarithm_outside(x, prior, pixel, q):
    log_joint = _log_joint(x, prior, pixel)
    return log_joint.logsumexp(1), (q * log_joint.exp()).sum(1).log()


def not_weighted_by_q(x, prior, pixel, q):
    log_joint = _log_joint(x, prior, pixel)
    return log_joint.logsumexp(1), (log_joint - q.log()).mean(1)


def weighted_by_prior(x, prior, pixel, q):
    log_joint = _log_joint(x, prior, pixel)
    return log_joint.logsumexp(1), (prior * (log_joint - q.log())).sum(1)


def q_ignored(x, prior, pixel, q):
    log_joint = _log_joint(x, prior, pixel)
    return log_joint.logsumexp(1), (prior * (log_joint - prior.log())).sum(1)


def only_ink(x, prior, pixel, q):
    log_joint = x @ pixel.log().T + prior.log()
    return log_joint.logsumexp(1), (q * (log_joint - q.log())).sum(1)


def mean_of_pixels(x, prior, pixel, q):
    log_joint = (_log_joint(x, prior, pixel) - prior.log()) / x.shape[1] + prior.log()
    return log_joint.logsumexp(1), (q * (log_joint - q.log())).sum(1)


def probabilities(x, prior, pixel, q):
    value, bound = reference(x, prior, pixel, q)
    return value.exp(), bound


def both_negated(x, prior, pixel, q):
    value, bound = reference(x, prior, pixel, q)
    return -value, -bound


def in_bits(x, prior, pixel, q):
    value, bound = reference(x, prior, pixel, q)
    return value / math.log(2), bound / math.log(2)


def batch_summed(x, prior, pixel, q):
    value, bound = reference(x, prior, pixel, q)
    return value.sum(), bound.sum()


def gap_for_bound(x, prior, pixel, q):
    value, bound = reference(x, prior, pixel, q)
    return value, value - bound


def weighted_by_q_in_the_value(x, prior, pixel, q):
    log_likelihood = _log_joint(x, prior, pixel) - prior.log()
    return (q * log_likelihood.exp()).sum(1).log(), reference(x, prior, pixel, q)[1]


def each_code_alone(x, prior, pixel, q):
    log_joint = _log_joint(x, prior, pixel)
    return log_joint, q * (log_joint - q.log())


# Also right


def by_distributions(x, prior, pixel, q):
    log_likelihood = Independent(Bernoulli(pixel), 1).log_prob(x[:, None])  # (B, K)
    value = (log_likelihood.exp() * prior).sum(1).log()
    kl = torch.distributions.kl_divergence(Categorical(q), Categorical(prior.expand_as(q)))
    return value, (q * log_likelihood).sum(1) - kl


def by_loop(x, prior, pixel, q):
    values, bounds = [], []
    for image, belief in zip(x, q, strict=True):
        total, bound = 0.0, 0.0
        for k in range(len(prior)):
            p = prior[k] * torch.where(image == 1, pixel[k], 1 - pixel[k]).prod()
            total, bound = total + p, bound + belief[k] * torch.log(p / belief[k])
        values.append(torch.log(total))
        bounds.append(bound)
    return torch.stack(values), torch.stack(bounds)


def by_plain_numbers(x, prior, pixel, q):
    values, bounds = [], []
    for image, belief in zip(x.tolist(), q.tolist(), strict=True):
        joint = [p * math.prod(on if d else 1 - on for d, on in zip(image, row, strict=True))
                 for p, row in zip(prior.tolist(), pixel.tolist(), strict=True)]
        values.append(math.log(sum(joint)))
        bounds.append(sum(b * math.log(p / b) for b, p in zip(belief, joint, strict=True)))
    return torch.tensor(values), torch.tensor(bounds)


def as_a_list(x, prior, pixel, q):
    log_joint = torch.xlogy(x[:, None], pixel) + torch.xlogy(1 - x[:, None], 1 - pixel)
    log_joint = log_joint.sum(2) + prior.log()
    return [torch.log(log_joint.exp().sum(1)), torch.einsum("bk,bk->b", q, log_joint) - torch.xlogy(q, q).sum(1)]


exercise = Exercise(
    id="world-latent", defines="value_and_bound(x, prior, pixel, q)", core=True, points=3, level=2, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("value", "one_value", points=1.5, shape="(B,)",
                says="The first number, log p(x): add p(x, z) up over the codes, then take the logarithm."),
        Compare("bound", "one_bound", points=1.5, shape="(B,)",
                says="The second number, the bound: the mean under q of log p(x, z) - log q(z | x)."),
    ],
    mistakes=[
        Mistake(bound_for_value, "You return the bound for the value as well. log p(x) can be added up exactly here, and the "
                "bound is smaller: log of a sum, not a sum of logs."),
        Mistake(value_for_bound, "You return the value for the bound as well. The two are equal only where q is the posterior, "
                "and the q you are given is not."),
        Mistake(changed_places, "The two have changed places: first the value log p(x), then the bound, which is never larger."),
        Mistake(mean_of_logarithms, "Your value is the mean of the logarithms over the prior, which is a bound (Jensen). For "
                "the value average the probabilities p(x | z), and take the logarithm last."),
        Mistake(likeliest_code, "You keep only the likeliest code. All codes may have made the image: add their probabilities."),
        Mistake(sum_of_logarithms, "You add up logarithms. The probabilities of different codes add up; the logarithm comes last."),
        Mistake(prior_forgotten, "The prior is missing: p(x, z) = p(x | z) p(z), in both numbers."),
        Mistake(prior_without_logarithm, "You add the prior to a logarithm. Add its logarithm."),
        Mistake(uniform_prior, "You give every code the same probability. Use the given prior."),
        Mistake(prior_forgotten_in_value, "In the value the prior is missing: p(x) = Σ p(x | z) p(z)."),
        Mistake(prior_forgotten_in_bound, "In the bound the prior is missing: it is a mean of log p(z) + log p(x | z) - log q(z | x)."),
        Mistake(prior_twice, "In the value the prior is counted twice: p(x, z) = p(x | z) p(z) has it already."),
        Mistake(value_averaged_over_codes, "Your value averages p(x, z) over the codes. Their sum is p(x): the prior is the weight."),
        Mistake(averaged_over_codes_too, "Your bound averages over the codes once more. The weights q(z | x) add up to 1: sum."),
        Mistake(q_without_logarithm, "Your bound subtracts q(z | x). Subtract its logarithm."),
        Mistake(only_reconstruction, "Your bound is only its first part, the mean of log p(x | z). The divergence of q from the "
                "prior has to be subtracted."),
        Mistake(entropy_forgotten, "Your bound lacks -log q(z | x): without it nothing is gained by leaving the code open."),
        Mistake(entropy_subtracted, "In your bound log q(z | x) has the wrong sign: it is subtracted."),
        Mistake(divergence_added, "In your bound the divergence of q from the prior is added. It is a price: subtract it."),
        Mistake(only_divergence, "Your bound is only the divergence of q from the prior. The mean of log p(x | z) is missing."),
        Mistake(divergence_reversed, "Your divergence is KL(p(z) ‖ q), with the mean under the prior. It is KL(q ‖ p(z)), with the "
                "mean under q."),
        Mistake(logarithm_outside, "In your bound the logarithm comes after the mean. In the bound it comes before: a mean of "
                "logarithms."),
        Mistake(not_weighted_by_q, "Your bound weighs all codes alike. Weigh each by q(z | x)."),
        Mistake(weighted_by_prior, "Your bound is a mean under the prior. Weigh the codes by q(z | x)."),
        Mistake(q_ignored, "Your bound uses the prior in place of q. That is a bound too, but not the one asked for."),
        Mistake(only_ink, "You count only the pixels that are 1. A pixel that is 0 has probability 1 - p, and counts too."),
        Mistake(mean_of_pixels, "You average over pixels. The probability of an image is a product over its pixels, so "
                "logarithms add up."),
        Mistake(probabilities, "The first number is p(x) itself. Its logarithm is asked for."),
        Mistake(bound_negated, "Your bound has the wrong sign: the bound on the log-likelihood is asked for, not a loss."),
        Mistake(black_for_white, "x and 1 - x have changed places: a pixel that is 1 has probability p, one that is 0 has 1 - p."),
        Mistake(probabilities_as_logits, "`pixel` holds probabilities. A function that expects logits puts them through a sigmoid "
                "once more."),
        Mistake(both_negated, "Both have the wrong sign: log-likelihoods are asked for, not losses."),
        Mistake(in_bits, "These are bits. Nats are asked for: the natural logarithm."),
        Mistake(batch_summed, "You sum over the batch. One number for each image is asked for, twice."),
        Mistake(gap_for_bound, "The second number is the gap between value and bound. The bound itself is asked for."),
        Mistake(weighted_by_q_in_the_value, "Your value weighs the codes by q(z | x), which is only a guess. log p(x) knows no q: "
                "the weights are the prior's."),
        Mistake(each_code_alone, "One number per image and code is left over: sum over the codes."),
    ],
    equivalent_mutants={edit: "the last axis of a table is its axis 1" for edit in (
        "value = log_joint.logsumexp(1): 1 → -1", "bound = (q * (log_joint - q.log())).sum(1): 1 → -1")},
    also_right=[by_distributions, by_loop, by_plain_numbers, as_a_list],
    hints=[
        "There are only K codes. For each of them you can say how probable it is together with the image: log p(x, z).",
        "log p(x, z = k) = log prior[k] + Σ_d [x_d log p_kd + (1 - x_d) log (1 - p_kd)]. The value is the logarithm of the sum "
        "over k of its exponential; the bound is Σ_k q_k (log p(x, z = k) - log q_k).",
        "With L = x @ pixel.log().T + (1 - x) @ (1 - pixel).log().T + prior.log(), of shape (B, K): L.logsumexp(1) and "
        "(q * (L - q.log())).sum(1).",
    ],
)
