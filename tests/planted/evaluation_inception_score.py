"""Planted answers to evaluation-inception-score, by another author than the check's."""

import math

import torch

EPS = 1e-16


def _each(p):
    py = p.mean(dim=0, keepdim=True)
    return torch.sum(p * (torch.log(p + EPS) - torch.log(py + EPS)), dim=1)


def exp_too_early(p, splits=1):
    return sum(torch.exp(_each(part)).mean() for part in torch.chunk(p, splits)) / splits


def forgets_exp(p, splits=1):
    return sum(_each(part).mean() for part in torch.chunk(p, splits)) / splits


def log_of_two(p, splits=1):
    scores = []
    for part in torch.chunk(p, splits):
        py = part.mean(0)
        kl = torch.sum(part * (torch.log2(part + EPS) - torch.log2(py + EPS)), 1)
        scores.append(torch.exp(kl.mean()))
    return torch.stack(scores).mean()


def nan_at_zero(p, splits=1):
    scores = []
    for part in torch.chunk(p, splits):
        kl = part * torch.log(part / part.mean(0, keepdim=True))
        scores.append(torch.exp(kl.sum(1).mean()))
    return torch.stack(scores).mean()


def class_average(p, splits=1):
    scores = []
    for part in torch.chunk(p, splits):
        py = part.mean(0, keepdim=True)
        kl = part * (torch.log(part + EPS) - torch.log(py + EPS))
        scores.append(kl.mean().exp())
    return torch.stack(scores).mean()


def from_argmax(p, splits=1):
    scores = []
    for part in torch.chunk(p, splits):
        labels = torch.zeros_like(part).scatter(1, part.argmax(1, keepdim=True), 1.0)
        scores.append(_each(labels).mean().exp())
    return torch.stack(scores).mean()


def against_uniform(p, splits=1):
    k = p.shape[1]
    scores = [torch.sum(part * torch.log(part * k + EPS), 1).mean().exp() for part in torch.chunk(p, splits)]
    return torch.stack(scores).mean()


def one_marginal(p, splits=1):
    py = p.mean(0)
    scores = [torch.sum(part * (torch.log(part + EPS) - torch.log(py + EPS)), 1).mean().exp()
              for part in torch.chunk(p, splits)]
    return torch.stack(scores).mean()


def splits_unused(p, splits=1):
    return _each(p).mean().exp()


def geometric(p, splits=1):
    return torch.exp(sum(_each(part).mean() for part in torch.chunk(p, splits)) / splits)


def strided(p, splits=1):
    return sum(_each(p[i::splits]).mean().exp() for i in range(splits)) / splits


def entropy_alone(p, splits=1):
    parts = [part.mean(0) for part in p.chunk(splits)]
    return sum(torch.exp(-(py * torch.log(py + EPS)).sum()) for py in parts) / splits


def negative_exponent(p, splits=1):
    return sum(torch.exp(-_each(part).mean()) for part in torch.chunk(p, splits)) / splits


def right_with_numpy(p, splits=1):
    import numpy as np

    scores = []
    for part in np.split(p.double().numpy(), splits):
        py = part.mean(0)
        kl = np.where(part > 0, part * (np.log(np.maximum(part, 1e-300)) - np.log(np.maximum(py, 1e-300))), 0)
        scores.append(np.exp(kl.sum(1).mean()))
    return torch.tensor(np.mean(scores))


def right_by_reshaping(p, splits=1):
    parts = p.double().view(splits, len(p) // splits, p.shape[1])
    py = parts.mean(1, keepdim=True)
    kl = torch.where(parts > 0, parts * (parts.clamp_min(1e-45).log() - py.clamp_min(1e-45).log()), 0.0)
    return kl.sum(2).mean(1).exp().mean().item()


def right_by_distributions(p, splits=1):
    total = 0.0
    for part in p.double().chunk(splits):
        marginal = torch.distributions.Categorical(part.mean(0)).entropy()
        total += math.exp(marginal - torch.special.entr(part).sum(1).mean())
    return total / splits


wrong = [
    (exp_too_early, "exponential_inside"), (forgets_exp, "no_exponential"), (log_of_two, "bits_in_exp"),
    (nan_at_zero, "no_care_for_zero"), (class_average, "mean_over_classes"), (from_argmax, "hard_labels"),
    (against_uniform, "uniform_reference"), (one_marginal, "marginal_of_all"),
    (splits_unused, "splits_ignored"), (geometric, "mean_before_exp"), (strided, "every_other_row"),
    (entropy_alone, "entropy_of_the_mean"), (negative_exponent, "sign_reversed"),
]
right = [right_with_numpy, right_by_reshaping, right_by_distributions]
