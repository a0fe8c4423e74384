"""Answers to cgan-baseline: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _counts(predictions, labels):
    size = int(max(predictions.max(), labels.max())) + 1
    return (torch.bincount(v, minlength=size).double() for v in (labels, predictions))


def _square(asked, seen, n):
    both = (asked * seen).sum()
    return both - (asked**2 * seen).sum() / n - (asked * seen**2).sum() / n + both**2 / n**2


def _spread(asked, seen, n):
    return (_square(asked, seen, n).clamp(min=0) / max(n - 1, 1)).sqrt() / n


# Known mistakes


def accuracy_itself(predictions, labels):
    n = len(labels)
    return (predictions == labels).double().mean(), _spread(*_counts(predictions, labels), n)


def one_over_classes(predictions, labels):
    asked, seen = _counts(predictions, labels)
    return torch.tensor(1 / int((asked > 0).sum())), _spread(asked, seen, len(labels))


def one_tenth(predictions, labels):
    asked, seen = _counts(predictions, labels)
    return 0.1, _spread(asked, seen, len(labels))


def largest_class(predictions, labels):
    asked, seen = _counts(predictions, labels)
    return asked.max() / len(labels), _spread(asked, seen, len(labels))


def asked_twice(predictions, labels):
    asked, seen = _counts(predictions, labels)
    return (asked**2).sum() / len(labels) ** 2, _spread(asked, seen, len(labels))


def variance(predictions, labels):
    asked, seen = _counts(predictions, labels)
    n = len(labels)
    return (asked @ seen) / n**2, _spread(asked, seen, n) ** 2


def binomial(predictions, labels):
    asked, seen = _counts(predictions, labels)
    n = len(labels)
    p = (asked @ seen) / n**2
    return p, (p * (1 - p) / n).sqrt()


def binomial_of_one(predictions, labels):
    asked, seen = _counts(predictions, labels)
    p = (asked @ seen) / len(labels) ** 2
    return p, (p * (1 - p)).sqrt()


def divided_by_n(predictions, labels):
    asked, seen = _counts(predictions, labels)
    n = len(labels)
    return (asked @ seen) / n**2, (_square(asked, seen, n).clamp(min=0) / n).sqrt() / n


def spread_of_counts(predictions, labels):
    asked, seen = _counts(predictions, labels)
    n = len(labels)
    return (asked @ seen) / n**2, _spread(asked, seen, n) * n


def counts_not_shares(predictions, labels):
    asked, seen = _counts(predictions, labels)
    n = len(labels)
    return (asked @ seen) / n, _spread(asked, seen, n)


def nan_for_one(predictions, labels):
    asked, seen = _counts(predictions, labels)
    n = len(labels)
    return (asked @ seen) / n**2, (_square(asked, seen, n).clamp(min=0) / torch.tensor(float(n - 1))).sqrt() / n


def rounds_below_zero(predictions, labels):
    asked, seen = _counts(predictions, labels)
    n = len(labels)
    return (asked @ seen) / n**2, ((_square(asked, seen, n) - 1e-17) / max(n - 1, 1)).sqrt() / n


def last_terms_lost(predictions, labels):
    asked, seen = _counts(predictions, labels)
    n = len(labels)
    both = asked @ seen
    return both / n**2, ((both - both**2 / n**2).clamp(min=0) / max(n - 1, 1)).sqrt() / n


# Also right


def with_one_hot(predictions, labels):
    n = len(labels)
    match = (predictions[:, None] == labels[None, :]).double()
    centred = match - match.mean(0, keepdim=True) - match.mean(1, keepdim=True) + match.mean()
    return match.mean(), ((centred**2).sum() / max(n - 1, 1)).sqrt() / n


def by_classes(predictions, labels):
    n = len(labels)
    both = first = second = 0.0
    for c in set(predictions.tolist()) & set(labels.tolist()):
        a, m = int((labels == c).sum()), int((predictions == c).sum())
        both, first, second = both + a * m, first + a * a * m, second + a * m * m
    square = max(both - first / n - second / n + both**2 / n**2, 0.0)
    return both / n**2, (square / max(n - 1, 1)) ** 0.5 / n


def counts_by_unique(predictions, labels):
    names, where = torch.cat([predictions, labels]).unique(return_inverse=True)
    seen, asked = (F.one_hot(part, len(names)).double().sum(0) for part in where.split(len(labels)))
    n, both = len(labels), seen @ asked
    square = both - (asked.square() @ seen + asked @ seen.square()) / n + both**2 / n**2
    return both / n**2, (square.clamp(min=0) / max(n - 1, 1)).sqrt() / n


def small_integers(predictions, labels):
    n, size = len(labels), int(max(predictions.max(), labels.max())) + 1
    asked, seen = (torch.bincount(v, minlength=size).to(torch.int16) for v in (labels, predictions))
    both = (asked * seen).sum()
    square = both - (asked**2 * seen).sum() / n - (asked * seen**2).sum() / n + both**2 / n**2
    return both / n**2, (square.clamp(min=0) / max(n - 1, 1)).sqrt() / n


def a_hundred_classes(predictions, labels):
    n = len(labels)
    asked, seen = (torch.bincount(v, minlength=100).double()[:100] for v in (labels, predictions))
    both = (asked * seen).sum()
    square = both - (asked**2 * seen).sum() / n - (asked * seen**2).sum() / n + both**2 / n**2
    return both / n**2, (square.clamp(min=0) / max(n - 1, 1)).sqrt() / n


CHANCE = ("That would be chance if the classes were even. Each sample is right with the share of the labels that equal what it was "
          "recognised as.")
BINOMIAL = "That is the spread of independent guesses. Shuffled labels are drawn without putting back: use the exact variance."

mistakes = [
    Mistake(accuracy_itself, "That is the accuracy of the labels as they stand: the mean over all their orders is asked for."),
    Mistake(one_over_classes, CHANCE), Mistake(one_tenth, CHANCE),
    Mistake(largest_class, "That is the accuracy of always naming the most frequent class, and not of these predictions."),
    Mistake(asked_twice, "Both counts of your product are those of the labels: one is of the predictions."),
    Mistake(variance, "That is the variance: its root is asked for."),
    Mistake(binomial, BINOMIAL), Mistake(binomial_of_one, BINOMIAL),
    Mistake(divided_by_n, "Your variance is divided by n: without putting back it is n - 1."),
    Mistake(spread_of_counts, "That is the spread of the number of right samples: divide by n for the accuracy's."),
    Mistake(counts_not_shares, "You divide by n once: one n makes a share of the labels, the other a mean over samples."),
    Mistake(nan_for_one, "A single sample gives 0/0: with one label there is one order, and the spread is 0."),
    Mistake(rounds_below_zero, "Where no order changes anything the variance may round to below 0, and its root is nan: clamp it at 0."),
    Mistake(last_terms_lost, "The variance lacks its two terms in the middle, Σ n²m/n and Σ nm²/n."),
    Mistake(small_integers, "Your counts overflow: products of three counts of a few hundred labels are larger than a short integer holds."),
    Mistake(a_hundred_classes, "You fix the number of classes: any whole number may be a class, and the largest one says how many there are."),
]

also_right = [with_one_hot, by_classes, counts_by_unique]

_SIZE = "n, size = len(labels), int(max(predictions.max(), labels.max())) + 1: "
_LAST = "return both / n**2, (square.clamp(min=0) / max(n - 1, 1)).sqrt() / n: "

equivalent_mutants = {
    f"{_SIZE}labels → predictions": "both have the same length",
    f"{_SIZE}1 → 2": "a class that never comes counts nothing",
    f"{_LAST}square.clamp(min=0) → square": "a guard against rounding, which whole numbers as small as these do not need",
    f"{_LAST}0 → -1": "a guard against rounding, which whole numbers as small as these do not need",
} | {
    f"{name} = torch.bincount({of}, minlength=size).double(): torch.bincount({of}, minlength=size).double() → "
    f"torch.bincount({of}, minlength=size)": "whole numbers as small as these are exact, and the division makes them floats"
    for name, of in (("asked", "labels"), ("seen", "predictions"))
}
