"""Answers to evaluation-inception-score: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake
from grading.exercises.evaluation.inception_score import truth

TINY = 1e-30


def _kl(p, marginal):
    return (p * ((p + TINY).log() - (marginal + TINY).log())).sum(-1)


def _by_parts(score):
    """The function that applies `score` to every part and averages."""
    def answer(p, splits=1):
        return torch.stack([score(part) for part in p.chunk(splits)]).mean()

    answer.__name__ = score.__name__
    return answer


# Known mistakes


@_by_parts
def exponential_inside(p):
    return _kl(p, p.mean(0)).exp().mean()


@_by_parts
def bits_in_exp(p):
    return (_kl(p, p.mean(0)) / math.log(2)).mean().exp()


@_by_parts
def kl_reversed(p):
    marginal = p.mean(0).expand_as(p)
    return (marginal * ((marginal + 1e-6).log() - (p + 1e-6).log())).sum(1).mean().exp()


@_by_parts
def kl_reversed_with_tiny(p):
    marginal = p.mean(0).expand_as(p)
    return (marginal * ((marginal + TINY).log() - (p + TINY).log())).sum(1).mean().exp()


@_by_parts
def softmax_again(p):
    p = torch.softmax(p, 1)
    return _kl(p, p.mean(0)).mean().exp()


@_by_parts
def sum_over_the_wrong_axis(p):
    return (p * ((p + TINY).log() - (p.mean(0) + TINY).log())).sum(0).mean().exp()


@_by_parts
def power_of_two_of_nats(p):
    return 2 ** _kl(p, p.mean(0)).mean()


@_by_parts
def no_exponential(p):
    return _kl(p, p.mean(0)).mean()


@_by_parts
def mean_over_classes(p):
    return (_kl(p, p.mean(0)) / p.shape[1]).mean().exp()


@_by_parts
def sum_over_images(p):
    return _kl(p, p.mean(0)).sum().exp()


@_by_parts
def entropy_of_the_mean(p):
    return torch.special.entr(p.mean(0)).sum().exp()


@_by_parts
def entropy_of_each(p):
    return torch.special.entr(p).sum(1).mean().exp()


@_by_parts
def sign_reversed(p):
    return (-_kl(p, p.mean(0)).mean()).exp()


@_by_parts
def uniform_reference(p):
    return _kl(p, torch.full_like(p[0], 1 / p.shape[1])).mean().exp()


@_by_parts
def hard_labels(p):
    hard = torch.nn.functional.one_hot(p.argmax(1), p.shape[1]).to(p.dtype)
    return _kl(hard, hard.mean(0)).mean().exp()


@_by_parts
def mean_over_the_wrong_axis(p):
    return _kl(p, p.mean(1, keepdim=True)).mean().exp()


@_by_parts
def no_care_for_zero(p):
    return (p * (p / p.mean(0)).log()).sum(1).mean().exp()


@_by_parts
def no_care_for_the_log(p):
    return (p * (p.log() - p.mean(0).log())).sum(1).mean().exp()


@_by_parts
def large_epsilon(p):
    return (p * ((p + 0.01) / (p.mean(0) + 0.01)).log()).sum(1).mean().exp()


def splits_ignored(p, splits=1):
    return truth(p)


def marginal_of_all(p, splits=1):
    marginal = p.mean(0)
    return torch.stack([_kl(part, marginal).mean().exp() for part in p.chunk(splits)]).mean()


def mean_before_exp(p, splits=1):
    return torch.stack([_kl(part, part.mean(0)).mean() for part in p.chunk(splits)]).mean().exp()


def every_other_row(p, splits=1):
    return torch.stack([truth(p[i::splits]) for i in range(splits)]).mean()


def parts_of_that_size(p, splits=1):
    return torch.stack([truth(part) for part in p.split(splits)]).mean() if splits > 1 else truth(p)


def first_part_only(p, splits=1):
    return truth(p[: len(p) // splits])


def best_part(p, splits=1):
    return torch.stack([truth(part) for part in p.chunk(splits)]).max()


def parts_added(p, splits=1):
    return torch.stack([truth(part) for part in p.chunk(splits)]).sum()


# Also right


def by_entropies(p, splits=1):
    def nats(q):
        return -(torch.xlogy(q, q)).sum(-1)

    scores = [math.exp(float(nats(part.mean(0)) - nats(part).mean())) for part in torch.split(p, len(p) // splits)]
    return sum(scores) / len(scores)


@_by_parts
def with_epsilon(p):
    return (p * (torch.log(p + 1e-16) - torch.log(p.mean(0, keepdim=True) + 1e-16))).sum(1).mean().exp()


@_by_parts
def with_kl_div(p):
    marginal = p.mean(0, keepdim=True).clamp(min=1e-20).expand_as(p)
    return torch.nn.functional.kl_div(marginal.log(), p, reduction="batchmean").exp()


@_by_parts
def powers_of_two(p):
    bits = torch.where(p > 0, p * torch.log2(p / p.mean(0)), torch.zeros_like(p)).sum() / len(p)
    return 2**bits


UNIFORM = ("You compare with the uniform distribution: the mean of a row is 1/K, whatever the row. p(y) is the mean over the "
           "images, axis 0.")


REVERSED = ("The divergence is the other way round: KL(p(y|x) ‖ p(y)) weighs by p(y|x). (F.kl_div(a, b) takes the logarithm "
            "of the second distribution as a, and the first as b.)")


ZERO = ("0 · log 0 is nan on a computer, and so is the quotient 0 / 0 for a class that no image of a part has: write the "
        "logarithm of the quotient as a difference, each with torch.xlogy or a tiny number inside.")


mistakes = [
    Mistake(exponential_inside, "You take the exponential of each image's divergence: average first, then take "
            "the exponential."),
    Mistake(bits_in_exp, "The divergence is in bits, the exponential wants nats: use the natural logarithm."),
    Mistake(kl_reversed, REVERSED),
    Mistake(kl_reversed_with_tiny, REVERSED),
    Mistake(softmax_again, "The rows of p are probabilities already: no softmax."),
    Mistake(sum_over_the_wrong_axis, "The sum runs over the classes (axis 1), the mean over the images (axis 0); you have "
            "them the other way round."),
    Mistake(power_of_two_of_nats, "You raise 2 to a number of nats: with the natural logarithm it is exp."),
    Mistake(no_exponential, "The exponential is missing: this is the mean divergence in nats."),
    Mistake(mean_over_classes, "You average over the classes: a divergence sums over them."),
    Mistake(sum_over_images, "You sum over the images: take their mean."),
    Mistake(entropy_of_the_mean, "This is the exponential of the entropy of p(y) alone: it says how evenly the "
            "classes are used, not how sure the classifier is."),
    Mistake(entropy_of_each, "This is the exponential of the mean entropy of p(y|x): it is largest when the "
            "classifier is least sure."),
    Mistake(sign_reversed, "The sign is wrong: no score is below 1."),
    Mistake(uniform_reference, UNIFORM),
    Mistake(hard_labels, "You use the most likely class only; the probabilities themselves are asked for."),
    Mistake(mean_over_the_wrong_axis, UNIFORM),
    Mistake(no_care_for_the_log, ZERO),
    Mistake(no_care_for_zero, ZERO),
    Mistake(large_epsilon, "The number inside the logarithm is too large: it changes the score. Take 1e-12 or "
            "less."),
    Mistake(splits_ignored, "The argument splits is not used."),
    Mistake(marginal_of_all, "Each part has its own p(y), the mean of its own rows; you use that of all rows."),
    Mistake(mean_before_exp, "You average the divergences of the parts before the exponential: average their "
            "scores."),
    Mistake(every_other_row, "The parts are consecutive rows, not every so-many-th row."),
    Mistake(parts_of_that_size, "torch.split takes the size of a part; splits is the number of parts "
            "(torch.chunk)."),
    Mistake(first_part_only, "Only the first part is scored: average over all of them."),
    Mistake(best_part, "You keep the best part: average over all of them."),
    Mistake(parts_added, "You add the scores of the parts up: average them."),
]

also_right = [by_entropies, with_epsilon, with_kl_div, powers_of_two]

equivalent_mutants = {
    "kl = (torch.xlogy(part, part) - torch.xlogy(part, part.mean(0))).sum(1): 1 → -1": "the last axis of a matrix is its axis 1",
}
