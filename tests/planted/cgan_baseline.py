"""Planted answers to cgan-baseline, by another author than the check's."""

import math
from collections import Counter

import torch


def centred(predictions, labels):
    a = (predictions.unsqueeze(1) == labels.unsqueeze(0)).double()
    return a, a - a.mean(0) - a.mean(1, keepdim=True) + a.mean()


def spread_of(predictions, labels):
    n = labels.numel()
    return torch.sqrt(centred(predictions, labels)[1].square().sum() / max(n - 1, 1)) / n


def as_measured(predictions, labels):
    return (predictions == labels).double().mean(), spread_of(predictions, labels)


def uniform_chance(predictions, labels):
    return 1 / len(labels.unique()), spread_of(predictions, labels)


def majority(predictions, labels):
    return labels.bincount().max() / labels.numel(), spread_of(predictions, labels)


def squared_spread(predictions, labels):
    return centred(predictions, labels)[0].mean(), spread_of(predictions, labels) ** 2


def coins(predictions, labels):
    p = centred(predictions, labels)[0].mean()
    return p, torch.sqrt(p * (1 - p) / labels.numel())


def of_the_count(predictions, labels):
    return centred(predictions, labels)[0].mean(), spread_of(predictions, labels) * labels.numel()


def biased(predictions, labels):
    n = labels.numel()
    a, d = centred(predictions, labels)
    return a.mean(), torch.sqrt(d.square().sum() / n) / n


def divides_by_zero(predictions, labels):
    n = labels.numel()
    a, d = centred(predictions, labels)
    return a.mean(), torch.sqrt(d.square().sum() / torch.tensor(n - 1.0)) / n


def labels_twice(predictions, labels):
    return centred(labels, labels)[0].mean(), spread_of(predictions, labels)


def not_centred(predictions, labels):
    n = labels.numel()
    a = centred(predictions, labels)[0]
    return a.mean(), torch.sqrt((a - a.mean()).square().sum() / max(n - 1, 1)) / n


def ten_counters(predictions, labels):
    n, a, b = len(labels), torch.zeros(200).double(), torch.zeros(200).double()
    for y, p in zip(labels.tolist(), predictions.tolist(), strict=True):
        a[y % 10] += 1
        b[p % 10] += 1
    both = a @ b
    square = both - (a * a * b).sum() / n - (a * b * b).sum() / n + both**2 / n**2
    return both / n**2, (square.clamp(min=0) / max(n - 1, 1)).sqrt() / n


def as_bytes(predictions, labels):
    n, size = len(labels), 1 + int(torch.cat([predictions, labels]).max())
    a, b = (torch.bincount(v, minlength=size).to(torch.uint8) for v in (labels, predictions))
    both = float((a * b).sum())
    square = both - float((a * a * b).sum()) / n - float((a * b * b).sum()) / n + both**2 / n**2
    return both / n**2, (max(square, 0) / max(n - 1, 1)) ** 0.5 / n


def right_with_counter(predictions, labels):
    n, a, b = len(labels), Counter(labels.tolist()), Counter(predictions.tolist())
    both = sum(a[c] * b[c] for c in b)
    square = both - sum(a[c] * b[c] * (a[c] + b[c]) for c in b) / n + both**2 / n**2
    return both / n**2, math.sqrt(max(square, 0) / max(n - 1, 1)) / n


def right_centred(predictions, labels):
    return centred(predictions, labels)[0].mean(), spread_of(predictions, labels)


def right_counted(predictions, labels):
    n = len(labels)
    top = 1 + int(torch.cat([predictions, labels]).max())
    a, b = torch.bincount(labels, minlength=top) / n, torch.bincount(predictions, minlength=top) / n
    a, b = a.double(), b.double()
    share = torch.dot(a, b)
    if n == 1:
        return share, torch.zeros(())
    variance = (share - torch.dot(a * a, b) - torch.dot(a, b * b) + share**2) / (n - 1)
    return share, variance.clamp_min(0).sqrt()

SAYS = ("The mean accuracy over all orders of the labels: classes count as often as they were asked for and seen.")

wrong = [
    (as_measured, "accuracy_itself"), (uniform_chance, "one_over_classes"), (majority, "largest_class"),
    (squared_spread, "variance"), (coins, "binomial"), (of_the_count, "spread_of_counts"), (biased,
    "divided_by_n"), (divides_by_zero, "nan_for_one"), (labels_twice, "asked_twice"), (not_centred,
    "last_terms_lost"), (ten_counters, SAYS), (as_bytes, SAYS),
]
right = [right_with_counter, right_centred, right_counted]
