"""Planted answers to cgan-best-logit, by another author than the check's."""

import torch


def mixture(log_p, prior):
    return torch.logsumexp(log_p + torch.log(prior), dim=-1)


def classifier(log_p, prior):
    joint = log_p + torch.log(prior)
    return joint - torch.logsumexp(joint, dim=-1, keepdim=True)


def uniform_prior(log_p, prior):
    C = log_p.size(1)
    return log_p - torch.logsumexp(log_p - torch.log(torch.tensor(1.0 * C)), dim=1).unsqueeze(1)


def no_prior(log_p, prior):
    return torch.nn.functional.log_softmax(log_p, dim=1)


def plain_densities(log_p, prior):
    p = torch.exp(log_p)
    return torch.log(p) - torch.log((p * prior[None]).sum(-1, keepdim=True))


def with_epsilon(log_p, prior):
    p = torch.exp(log_p)
    return torch.log((p + 1e-8) / ((p * prior).sum(1, keepdim=True) + 1e-8))


def sigmoid_of_it(log_p, prior):
    return torch.sigmoid(log_p - mixture(log_p, prior)[:, None])


def flipped(log_p, prior):
    return mixture(log_p, prior)[:, None] - log_p


def expectation_of_logs(log_p, prior):
    return log_p - torch.einsum("nc,c->n", log_p, prior)[:, None]


def over_points(log_p, prior):
    return log_p - torch.logsumexp(log_p + prior.log(), dim=0)


def prior_not_logged(log_p, prior):
    return log_p - torch.logsumexp(log_p * prior, dim=1, keepdim=True)


def data_and_samples_mixed(log_p, prior):
    return log_p - torch.logaddexp(log_p, mixture(log_p, prior)[:, None])


def largest_without_regard_to_share(log_p, prior):
    top, _ = log_p.max(1, keepdim=True)
    return log_p - top - torch.log(((log_p - top).exp() * prior).sum(1, keepdim=True))


def floor_for_what_is_absent(log_p, prior):
    weighted = torch.where(prior > 0, log_p + prior.log(), torch.full_like(log_p, -1e5))
    return log_p - torch.logsumexp(weighted, 1, keepdim=True)


def log_of_0_as_a_number(log_p, prior):
    return log_p - torch.logsumexp(log_p + prior.log().nan_to_num(neginf=-1e3), 1, keepdim=True)


def right_with_largest_that_occurs(log_p, prior):
    top = log_p.masked_fill(prior == 0, -torch.inf).amax(1, keepdim=True).detach()
    weight = torch.where(prior > 0, log_p - top, 0).exp() * prior
    return log_p - top - weight.sum(1, keepdim=True).log()


def right_by_columns_present(log_p, prior):
    there = prior > 0
    return log_p - torch.logsumexp(log_p[:, there] + prior[there].log(), 1, keepdim=True)


def right_by_bayes(log_p, prior):
    out = []
    for c in range(log_p.shape[1]):
        ratio = torch.logsumexp(log_p - log_p[:, c : c + 1] + prior.log(), dim=1)
        out.append(-ratio)
    return torch.stack(out, dim=1)


SAYS_2 = ("Data of label y against all that is made for it, which is the mixture of the classes, weighted "
          "by how often each occurs.")
SAYS_3 = ("Log-densities of -100 000 or +1000: their exponentials round to 0 or overflow, their differences do not.")
SAYS_4 = ("The slope of the logits in the log-densities.")

wrong = [
    (classifier, "posterior"), (uniform_prior, "even_classes"), (no_prior, "prior_forgotten"),
    (plain_densities, "overflows"), (with_epsilon, "overflows"), (sigmoid_of_it, "probability"), (flipped,
    "upside_down"), (expectation_of_logs, "mean_of_logs"), (over_points, "wrong_axis"), (prior_not_logged,
    SAYS_2), (data_and_samples_mixed, SAYS_2), (largest_without_regard_to_share, "largest_of_all"),
    (floor_for_what_is_absent, SAYS_3), (log_of_0_as_a_number, SAYS_4),
]
right = [right_by_bayes, right_with_largest_that_occurs, right_by_columns_present]
