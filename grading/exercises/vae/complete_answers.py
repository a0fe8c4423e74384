"""Answers to vae-complete: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.distributions import Bernoulli
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _pixels(x, logits):
    """log p(x_i | z_j) for each image, code and pixel, (B, k, D)."""
    x = x[:, None]
    return x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)


def _log_w(x, seen, logits):
    return torch.where(seen[:, None], _pixels(x, logits), torch.zeros((), dtype=x.dtype)).sum(2)


def _put(x, seen, hidden):
    return torch.where(seen, x, hidden)


# Known mistakes


def prior_mean(x, seen, logits):
    return _put(x, seen, logits.sigmoid().mean(0).expand_as(x))


def every_pixel(x, seen, logits):
    return _put(x, seen, _pixels(x, logits).sum(2).softmax(1) @ logits.sigmoid())


def hidden_pixels(x, seen, logits):
    return _put(x, seen, _log_w(x, ~seen, logits).softmax(1) @ logits.sigmoid())


def best_code(x, seen, logits):
    return _put(x, seen, logits.sigmoid()[_log_w(x, seen, logits).argmax(1)])


def over_images(x, seen, logits):
    return _put(x, seen, _log_w(x, seen, logits).softmax(0) @ logits.sigmoid())


def one_weight_for_all(x, seen, logits):
    return _put(x, seen, (_log_w(x, seen, logits).sum(0).softmax(0) @ logits.sigmoid()).expand_as(x))


def products(x, seen, logits):
    p = logits.sigmoid()
    each = torch.where(x[:, None] > 0.5, p, 1 - p)
    w = torch.where(seen[:, None], each, torch.ones((), dtype=x.dtype)).prod(2)
    return _put(x, seen, w / w.sum(1, keepdim=True) @ p)


def products_guarded(x, seen, logits):
    w = _log_w(x, seen, logits).exp()
    return _put(x, seen, w / (w.sum(1, keepdim=True) + 1e-10) @ logits.sigmoid())


def exp_of_logs(x, seen, logits):
    w = _log_w(x, seen, logits).exp()
    return _put(x, seen, w / w.sum(1, keepdim=True) @ logits.sigmoid())


def not_normalised(x, seen, logits):
    return _put(x, seen, _log_w(x, seen, logits).exp() @ logits.sigmoid())


def divided_by_k(x, seen, logits):
    return _put(x, seen, _log_w(x, seen, logits).exp() @ logits.sigmoid() / len(logits))


def logs_as_weights(x, seen, logits):
    w = _log_w(x, seen, logits)
    return _put(x, seen, (w / w.sum(1, keepdim=True)).nan_to_num(1 / len(logits)) @ logits.sigmoid())


def mean_over_seen(x, seen, logits):
    mean = _log_w(x, seen, logits) / seen.sum(1, keepdim=True).clamp(min=1)
    return _put(x, seen, mean.softmax(1) @ logits.sigmoid())


def mean_over_pixels(x, seen, logits):
    return _put(x, seen, (_log_w(x, seen, logits) / x.shape[1]).softmax(1) @ logits.sigmoid())


def ink_only(x, seen, logits):
    w = torch.where(seen, x, torch.zeros((), dtype=x.dtype)) @ F.logsigmoid(logits).T
    return _put(x, seen, w.softmax(1) @ logits.sigmoid())


def logits_averaged(x, seen, logits):
    return _put(x, seen, (_log_w(x, seen, logits).softmax(1) @ logits).sigmoid())


def logits_returned(x, seen, logits):
    return _put(x, seen, _log_w(x, seen, logits).softmax(1) @ logits)


def seen_too(x, seen, logits):
    return _log_w(x, seen, logits).softmax(1) @ logits.sigmoid()


def swapped(x, seen, logits):
    return _put(x, ~seen, _log_w(x, seen, logits).softmax(1) @ logits.sigmoid())


def hidden_blank(x, seen, logits):
    return x * seen


def rounded(x, seen, logits):
    return _put(x, seen, (_log_w(x, seen, logits).softmax(1) @ logits.sigmoid()).round())


def squared_distance(x, seen, logits):
    gap = (x[:, None] - logits.sigmoid()).square()
    w = -torch.where(seen[:, None], gap, torch.zeros((), dtype=x.dtype)).sum(2)
    return _put(x, seen, w.softmax(1) @ logits.sigmoid())


def sign_lost(x, seen, logits):
    return _put(x, seen, (-_log_w(x, seen, logits)).softmax(1) @ logits.sigmoid())


def logits_as_probabilities(x, seen, logits):
    p = logits.clamp(1e-6, 1 - 1e-6)
    pixels = x[:, None] * p.log() + (1 - x[:, None]) * (1 - p).log()
    w = torch.where(seen[:, None], pixels, torch.zeros((), dtype=x.dtype)).sum(2)
    return _put(x, seen, w.softmax(1) @ logits.sigmoid())


def clamped(x, seen, logits):
    return _put(x, seen, _log_w(x, seen, logits.clamp(-10, 10)).softmax(1) @ logits.sigmoid())


def clamped_probabilities(x, seen, logits):
    p = logits.sigmoid().clamp(1e-6, 1 - 1e-6)
    pixels = x[:, None] * p.log() + (1 - x[:, None]) * (1 - p).log()
    w = torch.where(seen[:, None], pixels, torch.zeros((), dtype=x.dtype)).sum(2)
    return _put(x, seen, w.softmax(1) @ logits.sigmoid())


def capped_by_pytorch(x, seen, logits):
    """binary_cross_entropy stops at 100 nats."""
    p = logits.sigmoid().expand(len(x), -1, -1)
    target = torch.where(seen, x, torch.zeros((), dtype=x.dtype))[:, None].expand_as(p)
    nats = F.binary_cross_entropy(p, target, reduction="none")
    w = -torch.where(seen[:, None], nats, torch.zeros((), dtype=x.dtype)).sum(2)
    return _put(x, seen, w.softmax(1) @ logits.sigmoid())


def in_place(x, seen, logits):
    filled = _log_w(x, seen, logits).softmax(1) @ logits.sigmoid()
    x[~seen] = filled[~seen]
    return x


def first_mask(x, seen, logits):
    w = _log_w(x, seen[:1].expand_as(seen), logits)
    return _put(x, seen, w.softmax(1) @ logits.sigmoid())


def weights_squared(x, seen, logits):
    return _put(x, seen, (2 * _log_w(x, seen, logits)).softmax(1) @ logits.sigmoid())


def linear_part(x, seen, logits):
    return _put(x, seen, ((seen * x) @ logits.T).softmax(1) @ logits.sigmoid())


# Also right


def logsumexp_form(x, seen, logits):
    log_w = _log_w(x, seen, logits)
    w = (log_w - log_w.logsumexp(1, keepdim=True)).exp()
    return torch.where(seen, x, torch.einsum("bk,kd->bd", w, torch.sigmoid(logits)))


def image_by_image(x, seen, logits):
    rows = []
    for image, mask in zip(x, seen, strict=True):
        log_w = Bernoulli(logits=logits[:, mask]).log_prob(image[mask]).sum(1)
        row = image.clone()
        row[~mask] = log_w.softmax(0) @ logits[:, ~mask].sigmoid()
        rows.append(row)
    return torch.stack(rows)


@torch.no_grad()
def matrix_products(x, seen, logits):
    """Σ over seen of x l - softplus(l) for logits l: the cross-entropy of logits, as two products."""
    mask = seen.to(x.dtype)
    log_w = (x * mask) @ logits.T - mask @ F.softplus(logits).T
    return x * mask + (1 - mask) * (log_w.softmax(1) @ logits.sigmoid())


def code_by_code(x, seen, logits):
    nats = [F.binary_cross_entropy_with_logits(code.expand_as(x), torch.where(seen, x, 0.0), weight=seen.to(x.dtype),
                                               reduction="none").sum(1) for code in logits]
    w = F.softmin(torch.stack(nats, 1), dim=1)
    return torch.where(seen, x, w @ torch.sigmoid(logits))


mistakes = [
    Mistake(prior_mean, "Every code counts the same here: weigh it by how well it explains the seen pixels."),
    Mistake(every_pixel, "You weigh codes by all pixels: what stands at hidden ones is not known and must not count."),
    Mistake(hidden_pixels, "You weigh codes by the hidden pixels: `seen` is True where a pixel is known."),
    Mistake(best_code, "You take the best code alone. Others may explain what is seen nearly as well: average them all."),
    Mistake(over_images, "Your weights add up to 1 over the images. Over the codes of each image they should: dim 1."),
    Mistake(one_weight_for_all, "You use the same weights for every image: each has its own seen pixels."),
    Mistake(products, "A product of hundreds of probabilities is 0 in float32, also as the exponential of a sum, and 0/0 is nan: "
            "softmax takes the largest logarithm out first."),
    Mistake(products_guarded, "The exponential of a sum of hundreds of logarithms is 0 in float32, and a small number added "
            "to it hides that: use softmax, which takes the largest out first."),
    Mistake(exp_of_logs, "A product of hundreds of probabilities is 0 in float32, also as the exponential of a sum, and 0/0 is nan: "
            "softmax takes the largest logarithm out first."),
    Mistake(not_normalised, "Your weights do not add up to 1: divide by their sum, which is what softmax does."),
    Mistake(divided_by_k, "You divide by the number of codes. That estimates p(x_seen, x_i = 1); divide by the sum of the weights."),
    Mistake(logs_as_weights, "Log-likelihoods are not weights: take the exponential before dividing by the sum, as softmax does."),
    Mistake(mean_over_seen, "You average the log-likelihood over the seen pixels. It is a sum: each pixel is evidence of its own."),
    Mistake(mean_over_pixels, "You divide the log-likelihood by the number of pixels. It is a sum: each pixel is evidence of its own."),
    Mistake(ink_only, "Only ink counts here. A seen pixel without ink is evidence too: log(1 - p)."),
    Mistake(logits_averaged, "You average logits. Probabilities are to be averaged: take the sigmoid of each code first."),
    Mistake(logits_returned, "You return logits at the hidden pixels, not probabilities."),
    Mistake(seen_too, "Put the seen pixels back: they are known, and come back as they are."),
    Mistake(swapped, "Seen and hidden are swapped at the end: x stays where `seen` is True."),
    Mistake(hidden_blank, "The hidden pixels are left blank."),
    Mistake(rounded, "You round to 0 or 1. Asked for is the probability of ink."),
    Mistake(squared_distance, "Squared distance is not the log-likelihood of a binary pixel: x log p + (1 - x) log(1 - p)."),
    Mistake(sign_lost, "The sign is lost: a code that explains the seen pixels well should weigh more, not less."),
    Mistake(logits_as_probabilities, "You take logits for probabilities: the sigmoid comes first, or F.logsigmoid."),
    *(Mistake(wrong, "What a pixel may cost is capped here, by a clamp of logits or probabilities or by F.binary_cross_entropy at 100 "
              "nats. A code that is sure and wrong must lose all weight: F.logsigmoid needs no clamp.")
      for wrong in (clamped, clamped_probabilities, capped_by_pytorch)),
    Mistake(in_place, "You write into `x` itself: the caller's image has changed. Make a new tensor, as torch.where does."),
    Mistake(first_mask, "You use the first image's mask for all: each row of `seen` belongs to its own image."),
    Mistake(linear_part, "Σ x · logit over the seen pixels is only a part of the log-likelihood: x · logit - softplus(logit). The softplus differs "
            "from code to code and counts at every seen pixel, also where there is no ink."),
    Mistake(weights_squared, "Each weight is squared: is the likelihood counted twice?"),
]

also_right = [logsumexp_form, image_by_image, matrix_products, code_by_code]

equivalent_mutants = {"weights = (ink @ on.T + paper @ off.T).softmax(1)  # (B, k): 1 → -1": "the last axis of a table is its axis 1"}
