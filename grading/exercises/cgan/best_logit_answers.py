"""Answers to cgan-best-logit: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake

# Known mistakes


def even_classes(log_p, prior):
    return log_p - torch.logsumexp(log_p, 1, keepdim=True) + torch.log(torch.tensor(float(log_p.shape[1])))


def prior_forgotten(log_p, prior):
    return log_p - torch.logsumexp(log_p, 1, keepdim=True)


def posterior(log_p, prior):
    return torch.log_softmax(log_p + prior.log(), 1)


def upside_down(log_p, prior):
    return torch.logsumexp(log_p + prior.log(), 1, keepdim=True) - log_p


def wrong_axis(log_p, prior):
    return log_p - torch.logsumexp(log_p + prior.log(), 0, keepdim=True)


def overflows(log_p, prior):
    return log_p - (log_p.exp() @ prior).log()[:, None]


def overflows_as_ratio(log_p, prior):
    p = log_p.exp()
    return torch.log(p / (p * prior).sum(1, keepdim=True))


def small_number(log_p, prior):
    return log_p - ((log_p.exp() * prior).sum(1, keepdim=True) + 1e-8).log()


def mean_of_logs(log_p, prior):
    return log_p - (log_p @ prior)[:, None]


def others_only(log_p, prior):
    eye = torch.eye(log_p.shape[1], dtype=torch.bool)
    rest = (log_p + prior.log())[:, None, :].masked_fill(eye, -torch.inf)
    return log_p - torch.logsumexp(rest, 2)


def probability(log_p, prior):
    return torch.sigmoid(log_p - torch.logsumexp(log_p + prior.log(), 1, keepdim=True))


def without_gradient(log_p, prior):
    return (log_p - torch.logsumexp(log_p + prior.log(), 1, keepdim=True)).detach()


def numerator_weighted(log_p, prior):
    return torch.log_softmax(log_p + prior.log(), dim=1) + prior.log()


def marginal_alone(log_p, prior):
    return torch.logsumexp(log_p + prior.log(), 1, keepdim=True).expand_as(log_p)


def prior_added(log_p, prior):
    return log_p - torch.logsumexp(log_p + prior, 1, keepdim=True)


def one_column(log_p, prior):
    return (log_p - torch.logsumexp(log_p + prior.log(), 1, keepdim=True)).sum(1)


def prior_shifted(log_p, prior):
    return log_p - torch.logsumexp(log_p + (prior + 1e-6).log(), 1, keepdim=True)


def prior_clamped(log_p, prior):
    return log_p - torch.logsumexp(log_p + prior.clamp(min=torch.finfo(prior.dtype).tiny).log(), 1, keepdim=True)


def largest_of_all(log_p, prior):
    shifted = log_p - log_p.max(dim=1, keepdim=True).values
    return shifted - (shifted.exp() @ prior).log()[:, None]


def largest_of_batch(log_p, prior):
    top = log_p.max()
    return log_p - top - ((log_p - top).exp() @ prior).log()[:, None]


def logits_clamped(log_p, prior):
    return (log_p - torch.logsumexp(log_p + prior.log(), 1, keepdim=True)).clamp(-10_000, 10_000)


# Also right


def by_softmax(log_p, prior):
    top = log_p.masked_fill(prior == 0, -torch.inf).max(dim=1, keepdim=True).values
    shifted = (log_p - top).masked_fill(prior == 0, -torch.inf)
    return log_p - top - torch.log(torch.einsum("nc,c->n", shifted.exp(), prior)).unsqueeze(1)


def by_pairs(log_p, prior):
    odds = log_p[:, None, :] - log_p[:, :, None]
    return -torch.logsumexp(odds + prior.log(), -1)


def present_classes_only(log_p, prior):
    there = prior > 0
    mixture = [torch.logsumexp(row[there] + prior[there].log(), 0) for row in log_p]
    return log_p - torch.stack(mixture)[:, None]


def class_by_class(log_p, prior):
    total = torch.full_like(log_p[:, 0], -torch.inf)
    for c in range(len(prior)):
        if prior[c] > 0:
            total = torch.logaddexp(total, log_p[:, c] + prior[c].log())
    return torch.stack([log_p[:, c] - total for c in range(len(prior))], dim=-1)


PRIOR = "Your mixture forgets how often each class occurs: class c has the weight π_c in it."
EXP = ("Your exponentials round to 0 or overflow: keep to logarithms, with torch.logsumexp over log p(x | c) + log π_c.")

mistakes = [
    Mistake(even_classes, "You take all classes for equally frequent: class c has the weight π_c in the mixture."),
    Mistake(prior_forgotten, PRIOR),
    Mistake(posterior, "That is log p(y | x), the classifier itself. Data of label y have the density p(x | y), without π_y."),
    Mistake(numerator_weighted, "Data of label y have the density p(x | y): π_y stands in the mixture alone."),
    Mistake(upside_down, "Upside down: the logit is log (data / samples), high where data of this label are."),
    Mistake(wrong_axis, "Your sum runs over the points: the mixture is a sum over the classes, dimension 1."),
    Mistake(overflows, EXP), Mistake(overflows_as_ratio, EXP),
    Mistake(small_number, "A small number added inside the logarithm decides the result where densities are low: keep to "
            "torch.logsumexp."),
    Mistake(mean_of_logs, "You average the logarithms: the mixture is a mean of the densities, and its logarithm comes last."),
    Mistake(others_only, "You leave class y out of the samples: a generator that does not listen makes y as often as all else."),
    Mistake(probability, "That is the probability D: the logit is asked for, without a sigmoid."),
    Mistake(without_gradient, "No gradient passes `best_logit`: leave out `no_grad` and `detach`."),
    Mistake(marginal_alone, "That is the density of samples alone: subtract it from the density of the data of each label."),
    Mistake(prior_added, "You add π to a log-density: a weight in a mixture becomes + log π inside the logarithm."),
    Mistake(one_column, "You sum over the labels: D has one logit for each pair of a point and a label, (N, C)."),
    Mistake(prior_shifted, "You add a small number to π: a class that never occurs has log π = -∞ and adds exactly nothing."),
    Mistake(prior_clamped, "A share that you keep above a small number still counts, where the density of a class that never occurs is "
            "e^1000 times as high: log 0 = -∞ is what it needs, and logsumexp takes it."),
    Mistake(largest_of_all, "You subtract the largest log-density before the exponential, also where it belongs to a class that never "
            "occurs: all that does occur then rounds to 0. torch.logsumexp over log p + log π takes the right one."),
    Mistake(largest_of_batch, "You subtract one number from all points before the exponential: of a point far below the others nothing is "
            "left. Each point has a largest log-density of its own."),
    Mistake(logits_clamped, "You put a bound on the logits: they may be as large as they come."),
]

also_right = [by_softmax, by_pairs, present_classes_only, class_by_class]

equivalent_mutants = {
    "return log_p - torch.logsumexp(log_p + prior.log(), 1, keepdim=True): 1 → -1": "the last axis of a matrix is its axis 1",
}
