"""Answers to world-latent: wrong ones with the sentence that names each, and right ones."""

import math

import torch
from torch.distributions import Bernoulli, Categorical, Independent

from grading.checks.exercise import Mistake
from grading.exercises.world.latent import _log_joint, reference

# Known mistakes


def _slip(name, change):
    """An answer that has both numbers right, and returns what `change` makes of them and of the number of codes."""
    def answer(x, prior, pixel, q):
        return change(*reference(x, prior, pixel, q), len(prior))

    answer.__name__ = name
    return answer


SLIPS = {name: _slip(name, change) for name, change in {
    "bound_for_value": lambda value, bound, codes: (bound, bound),
    "value_for_bound": lambda value, bound, codes: (value, value),
    "changed_places": lambda value, bound, codes: (bound, value),
    "bound_negated": lambda value, bound, codes: (value, -bound),
    "both_negated": lambda value, bound, codes: (-value, -bound),
    "gap_for_bound": lambda value, bound, codes: (value, value - bound),
    "averaged_over_codes_too": lambda value, bound, codes: (value, bound / codes),
    "value_averaged_over_codes": lambda value, bound, codes: (value - math.log(codes), bound),
    "probabilities": lambda value, bound, codes: (value.exp(), bound),
    "in_bits": lambda value, bound, codes: (value / math.log(2), bound / math.log(2)),
    "batch_summed": lambda value, bound, codes: (value.sum(), bound.sum()),
}.items()}


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


def prior_forgotten_in_bound(x, prior, pixel, q):
    log_likelihood = _log_joint(x, prior, pixel) - prior.log()
    return reference(x, prior, pixel, q)[0], (q * (log_likelihood - q.log())).sum(1)


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


def weighted_by_q_in_the_value(x, prior, pixel, q):
    log_likelihood = _log_joint(x, prior, pixel) - prior.log()
    return (q * log_likelihood.exp()).sum(1).log(), reference(x, prior, pixel, q)[1]


def each_code_alone(x, prior, pixel, q):
    log_joint = _log_joint(x, prior, pixel)
    return log_joint, q * (log_joint - q.log())


def products(x, prior, pixel, q):
    joint = prior * torch.where(x[:, None] == 1, pixel, 1 - pixel).prod(2)
    return joint.sum(1).log(), (q * torch.log(joint / q)).sum(1)


def products_with_logarithms(x, prior, pixel, q):
    joint = prior * torch.where(x[:, None] == 1, pixel, 1 - pixel).prod(2)
    return joint.sum(1).log(), (q * (joint.log() - q.log())).sum(1)


def exponentials_added_up(x, prior, pixel, q):
    return _log_joint(x, prior, pixel).exp().sum(1).log(), reference(x, prior, pixel, q)[1]


def small_number_added(x, prior, pixel, q):
    joint = prior * torch.where(x[:, None] == 1, pixel, 1 - pixel).prod(2) + 1e-10
    return joint.sum(1).log(), (q * (joint.log() - q.log())).sum(1)


# Also right


def by_distributions(x, prior, pixel, q):
    log_likelihood = Independent(Bernoulli(pixel), 1).log_prob(x[:, None])  # (B, K)
    kl = torch.distributions.kl_divergence(Categorical(q), Categorical(prior.expand_as(q)))
    return torch.logsumexp(log_likelihood + prior.log(), 1), (q * log_likelihood).sum(1) - kl


def by_loop(x, prior, pixel, q):
    values, bounds = [], []
    for image, belief in zip(x, q, strict=True):
        total, bound = torch.tensor(-math.inf), 0.0
        for k in range(len(prior)):
            log_p = prior[k].log() + torch.where(image == 1, pixel[k], 1 - pixel[k]).log().sum()
            total, bound = torch.logaddexp(total.to(log_p), log_p), bound + belief[k] * (log_p - belief[k].log())
        values.append(total)
        bounds.append(bound)
    return torch.stack(values), torch.stack(bounds)


def by_plain_numbers(x, prior, pixel, q):
    values, bounds = [], []
    for image, belief in zip(x.tolist(), q.tolist(), strict=True):
        logs = [math.log(p) + sum(math.log(on if d else 1 - on) for d, on in zip(image, row, strict=True))
                for p, row in zip(prior.tolist(), pixel.tolist(), strict=True)]
        top = max(logs)
        values.append(top + math.log(sum(math.exp(log - top) for log in logs)))
        bounds.append(sum(b * (log - math.log(b)) for b, log in zip(belief, logs, strict=True)))
    return torch.tensor(values), torch.tensor(bounds)


def as_a_list(x, prior, pixel, q):
    log_joint = torch.xlogy(x[:, None], pixel) + torch.xlogy(1 - x[:, None], 1 - pixel)
    log_joint = log_joint.sum(2) + prior.log()
    value = log_joint.log_softmax(1)
    return [(log_joint - value)[:, 0], torch.einsum("bk,bk->b", q, log_joint) - torch.xlogy(q, q).sum(1)]


mistakes = [
    Mistake(SLIPS["bound_for_value"], "You return the bound for the value as well. log p(x) can be added up exactly here, and the "
            "bound is smaller: log of a sum, not a sum of logs."),
    Mistake(SLIPS["value_for_bound"], "You return the value for the bound as well. The two are equal only where q is the posterior, "
            "and the q you are given is not."),
    Mistake(SLIPS["changed_places"], "The two have changed places: first the value log p(x), then the bound, which is never larger."),
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
    Mistake(SLIPS["value_averaged_over_codes"], "Your value averages p(x, z) over the codes. Their sum is p(x): the prior is the weight."),
    Mistake(SLIPS["averaged_over_codes_too"], "Your bound averages over the codes once more. The weights q(z | x) add up to 1: sum."),
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
    Mistake(SLIPS["probabilities"], "The first number is p(x) itself. Its logarithm is asked for."),
    Mistake(SLIPS["bound_negated"], "Your bound has the wrong sign: the bound on the log-likelihood is asked for, not a loss."),
    Mistake(black_for_white, "x and 1 - x have changed places: a pixel that is 1 has probability p, one that is 0 has 1 - p."),
    Mistake(probabilities_as_logits, "`pixel` holds probabilities. A function that expects logits puts them through a sigmoid "
            "once more."),
    Mistake(SLIPS["both_negated"], "Both have the wrong sign: log-likelihoods are asked for, not losses."),
    Mistake(SLIPS["in_bits"], "These are bits. Nats are asked for: the natural logarithm."),
    Mistake(SLIPS["batch_summed"], "You sum over the batch. One number for each image is asked for, twice."),
    Mistake(SLIPS["gap_for_bound"], "The second number is the gap between value and bound. The bound itself is asked for."),
    Mistake(weighted_by_q_in_the_value, "Your value weighs the codes by q(z | x), which is only a guess. log p(x) knows no q: "
            "the weights are the prior's."),
    *(Mistake(wrong, "Right for a few pixels. The probability of an image of hundreds is too small for a number, and 0 has no "
              "logarithm: add up logarithms, and use torch.logsumexp over the codes.")
      for wrong in (products, products_with_logarithms, exponentials_added_up)),
    Mistake(small_number_added, "A number added inside the logarithm changes the value of every image that is improbable: add up "
            "logarithms, and use torch.logsumexp over the codes."),
    Mistake(each_code_alone, "One number per image and code is left over: sum over the codes."),
]

also_right = [by_distributions, by_loop, by_plain_numbers, as_a_list]

equivalent_mutants = {edit: "the last axis of a table is its axis 1" for edit in (
    "value = log_joint.logsumexp(1): 1 → -1", "bound = (q * (log_joint - q.log())).sum(1): 1 → -1")}
