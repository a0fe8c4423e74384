"""Planted answers to evaluation-inception-score, by another author than the check's."""

import math

import torch
import torch.nn.functional as F

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


def _score(p):
    return (torch.xlogy(p, p) - torch.xlogy(p, p.mean(0))).sum(1).mean().exp()


def _over_parts(p, splits, score):
    return torch.stack([score(part) for part in p.chunk(splits)]).mean()


def a_trifle_added_in_place(p, splits=1):
    p += 1e-12
    return _over_parts(p, splits, _score)


def nought_nine_added(p, splits=1):
    return _over_parts(p + 1e-6, splits, _score)


def probabilities_cut(p, splits=1):
    return _over_parts(p.clamp(1e-4, 1), splits, _score)


def interleaved_parts(p, splits=1):
    return torch.stack([_score(p[i::splits]) for i in range(splits)]).mean()


def shuffled_first(p, splits=1):
    return _over_parts(p[torch.randperm(len(p))], splits, _score)


def median_of_parts(p, splits=1):
    return torch.stack([_score(part) for part in p.chunk(splits)]).median()


def geometric_mean_of_parts(p, splits=1):
    return torch.stack([_score(part).log() for part in p.chunk(splits)]).mean().exp()


def rows_sharpened(p, splits=1):
    return _over_parts(F.one_hot(p.argmax(1), p.shape[1]).to(p), splits, _score)


def rows_normalised_again(p, splits=1):
    return _over_parts(p.softmax(1), splits, _score)


def parts_of_the_classes(p, splits=1):
    return torch.stack([_score(part) for part in p.tensor_split(splits, dim=1)]).mean()


def in_half_precision(p, splits=1):
    return _over_parts(p.half().to(p), splits, _score)


def at_least_one_class_fewer(p, splits=1):
    return _over_parts(p[:, :-1], splits, _score)


def without_sure_images(p, splits=1):
    rows = p[(p < 1).all(1)]
    return _over_parts(rows if len(rows) >= splits else p, splits, _score)


def base_two(p, splits=1):
    return _over_parts(p, splits, lambda part: (_score(part).log() / math.log(2)).exp())


def by_entropies(p, splits=1):
    def score(part):
        return (torch.special.entr(part.mean(0)).sum() - torch.special.entr(part).sum(1).mean()).exp()

    return _over_parts(p, splits, score)


def with_kl_div(p, splits=1):
    scores = []
    for part in p.split(len(p) // splits):
        log_mean = part.mean(0).clamp(min=1e-38).log().expand_as(part)
        scores.append(F.kl_div(log_mean, part, reduction="batchmean").exp())
    return sum(scores) / splits


def plain_loops(p, splits=1):
    total, size = 0.0, len(p) // splits
    for i in range(splits):
        part = p[i * size:(i + 1) * size].tolist()
        mean = [sum(column) / size for column in zip(*part, strict=True)]
        nats = sum(a * math.log(a / b) for row in part for a, b in zip(row, mean, strict=True) if a > 0)
        total += math.exp(nats / size)
    return total / splits


def masked(p, splits=1):
    parts = p.reshape(splits, -1, p.shape[-1])
    ratio = parts / parts.mean(1, keepdim=True)
    safe = torch.where(parts > 0, ratio, torch.ones_like(ratio))
    terms = torch.where(parts > 0, parts * safe.log(), torch.zeros_like(parts))
    return terms.sum(2).mean(1).exp().mean()


SAYS_1 = ("`inception_score` changes its argument `p` in place: work on a copy.")
SAYS_2 = ("exp of the mean over images of KL(p(y|x) ‖ p(y)), where p(y) is the mean of the rows.")
SAYS_3 = ("Probabilities of exactly 0: 0 log 0 is 0, and the image counts like every other.")

wrong += [
    (a_trifle_added_in_place, SAYS_1), (nought_nine_added, SAYS_2), (probabilities_cut, SAYS_3), (interleaved_parts,
    "every_other_row"), (shuffled_first, SAYS_3), (median_of_parts, SAYS_3), (geometric_mean_of_parts,
    "mean_before_exp"), (rows_sharpened, "hard_labels"), (rows_normalised_again, "softmax_again"),
    (parts_of_the_classes, SAYS_3), (in_half_precision, SAYS_2), (at_least_one_class_fewer, SAYS_2),
    (without_sure_images, SAYS_3), (base_two, "bits_in_exp"),
]
right += [by_entropies, with_kl_div, plain_loops, masked]
fits = {"median_of_parts": ("first_part_only",)}
