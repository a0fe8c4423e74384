"""Planted answers to pixelcnn-nll, by another author than the check's."""

import math

import torch
from torch.nn import functional as F


def _bits(nats, x):
    return nats, nats / math.log(2) / x[0].numel()


def levels_from_the_batch(x, logits):
    """One-hot over the levels that occur."""
    K = int(x.max()) + 1
    target = F.one_hot(x, K).movedim(-1, 1).to(logits)
    return _bits(-(target * logits[:, :K].log_softmax(1)).flatten(1).sum(1), x)


def levels_counted(x, logits):
    """Levels renumbered by what occurs in the batch."""
    _, rank = x.unique(return_inverse=True)
    return _bits(F.cross_entropy(logits, rank, reduction="none").flatten(1).sum(1), x)


def squeezed(x, logits):
    nats = F.cross_entropy(logits, x, reduction="none").squeeze().flatten(1).sum(1)
    return _bits(nats, x)


def squeezed_at_the_end(x, logits):
    nats = F.cross_entropy(logits, x, reduction="none").flatten(1).sum(1).squeeze()
    return _bits(nats, x)


def cut_at_100(x, logits):
    return _bits(F.cross_entropy(logits, x, reduction="none").clamp(max=100).flatten(1).sum(1), x)


def logits_cut(x, logits):
    return _bits(F.cross_entropy(logits.clamp(-50, 50), x, reduction="none").flatten(1).sum(1), x)


def bare_exponentials(x, logits):
    p = logits.exp() / logits.exp().sum(1, keepdim=True)
    return _bits(-p.gather(1, x[:, None]).log().flatten(1).sum(1), x)


def product_of_probabilities(x, logits):
    return _bits(-logits.softmax(1).gather(1, x[:, None]).flatten(1).prod(1).log(), x)


def base_of_the_levels(x, logits):
    nats = F.cross_entropy(logits, x, reduction="none").flatten(1).sum(1)
    return nats, nats / math.log(2) / math.prod(x.shape[1:]) / math.log2(logits.shape[1])


def colours_averaged(x, logits):
    return _bits(F.cross_entropy(logits, x, reduction="none").mean(1).flatten(1).sum(1), x)


def colours_apart(x, logits):
    nats = F.cross_entropy(logits, x, reduction="none").flatten(2).sum(2)
    return nats, nats / math.log(2) / (x.shape[2] * x.shape[3])


def width_twice(x, logits):
    nats = F.cross_entropy(logits, x, reduction="none").flatten(1).sum(1)
    return nats, nats / math.log(2) / (x.shape[1] * x.shape[3] ** 2)


def bits_of_the_whole_batch(x, logits):
    nats = F.cross_entropy(logits, x, reduction="none").flatten(1).sum(1)
    return nats, nats.mean() / math.log(2) / x[0].numel()


def plain_numbers(x, logits):
    nats = F.cross_entropy(logits, x, reduction="none").flatten(1).sum(1)
    return nats.tolist(), [n / math.log(2) / x[0].numel() for n in nats.tolist()]


def by_the_mean_of_cross_entropy(x, logits):
    rows = [F.cross_entropy(logits[i:i + 1], x[i:i + 1]) for i in range(len(x))]
    nats = torch.stack(rows)
    return nats, nats / math.log(2)


def first_image_broadcast(x, logits):
    p = logits.log_softmax(1)
    return _bits(-p.gather(1, x[:1, None].expand(len(x), -1, -1, -1, -1)).flatten(1).sum(1), x)


def without_gradient(x, logits):
    with torch.no_grad():
        nats = F.cross_entropy(logits, x, reduction="none").flatten(1).sum(1)
    return _bits(nats, x)


def smoothed(x, logits):
    return _bits(F.cross_entropy(logits, x, reduction="none", label_smoothing=0.01).flatten(1).sum(1), x)


def zero_ignored(x, logits):
    return _bits(F.cross_entropy(logits, x, reduction="none", ignore_index=0).flatten(1).sum(1), x)


def targets_in_place(x, logits):
    x += 0
    logits -= logits.detach().amax(1, keepdim=True)
    return _bits(F.cross_entropy(logits, x, reduction="none").flatten(1).sum(1), x)


def reshaped_to_levels_last(x, logits):
    K = logits.shape[1]
    each = F.cross_entropy(logits.reshape(-1, K), x.reshape(-1), reduction="none")
    return _bits(each.view(len(x), -1).sum(1), x)


def in_single(x, logits):
    return _bits(F.cross_entropy(logits.half().float(), x, reduction="none").flatten(1).sum(1), x)


def by_rows(x, logits):
    B, _, C, H, W = logits.shape
    nats = logits.new_zeros(B)
    for r in range(H):
        for c in range(W):
            for g in range(C):
                z = logits[:, :, g, r, c]
                nats = nats + torch.logsumexp(z, 1) - z[torch.arange(B), x[:, g, r, c]]
    return nats, nats / (math.log(2) * C * H * W)


def levels_last(x, logits):
    z = logits.movedim(1, -1).flatten(0, -2)
    each = F.cross_entropy(z, x.flatten(), reduction="none").view(len(x), -1)
    return [each.sum(1), each.mean(1) * math.log2(math.e)]


def by_einsum(x, logits):
    there = F.one_hot(x, logits.shape[1]).to(logits.dtype)
    q = torch.einsum("bkchw,bchwk->b", torch.log_softmax(logits, 1), there).neg()
    return q, torch.div(q, torch.log(torch.tensor(2.0, dtype=q.dtype))) / torch.numel(x[0])


def levels_given_an_axis(x, logits):
    """The levels get their axis in place, for gather."""
    n = x[0].numel()
    nats = -logits.log_softmax(1).gather(1, x.unsqueeze_(1)).flatten(1).sum(1)
    return nats, nats / (n * math.log(2))


def cut_at_2000(x, logits):
    return _bits(F.cross_entropy(logits.clamp(-2000, 2000), x, reduction="none").flatten(1).sum(1), x)


SAYS_1 = ("The first number of `nll` should have shape (B,) = (1,), not (2,). Nats of each image: minus the sum "
          "over pixels and colours of the log-probability of the level that is there.")
SAYS_2 = ("The first number of `nll` should have shape (B,) = (1,), not (). Nats of each image: minus the sum over "
          "pixels and colours of the log-probability of the level that is there.")
SAYS_3 = ("Sure logits, right or wrong: value and gradient stay finite and exact.")
SAYS_4 = ("The first number of `nll` should have shape (B,) = (3,), not (3, 2). Nats of each image: minus the sum "
          "over pixels and colours of the log-probability of the level that is there.")
SAYS_5 = ("Bits per dimension: nats over ln 2, over the number of values C·H·W.")
SAYS_6 = ("The second number of `nll` should have shape (B,) = (3,), not (): one number for each of the B = 3, not "
          "a single number; do not sum or average over them. Bits per dimension: nats over ln 2, over the number of"
          " values C·H·W.")
SAYS_7 = ("`nll` should return a tensor, not list. The signature is `nll(x, logits)`.")
SAYS_8 = ("Nats of each image: minus the sum over pixels and colours of the log-probability of the level that is "
          "there.")
SAYS_9 = ("Your code raised RuntimeError: a leaf Variable that requires grad is being used in an in-place "
          "operation. Often: an argument is changed in place: work on a copy, or write `x = x + 1` instead of `x +="
          " 1`. The signature is `nll(x, logits)`.")
SAYS_10 = ("`nll` changes its argument `x` in place: work on a copy.")
SAYS_11 = ("Sure logits, right or wrong: value and gradient stay finite and exact.")

wrong = [
    (levels_from_the_batch, "levels_that_occur"), (levels_counted, "levels_renumbered"), (squeezed, SAYS_1),
    (squeezed_at_the_end, SAYS_2), (cut_at_100, SAYS_3), (logits_cut, SAYS_3),
    (bare_exponentials, "log_of_softmax"), (product_of_probabilities, "log_of_softmax"),
    (base_of_the_levels, "per_level"), (colours_averaged, "colours_averaged"), (colours_apart, SAYS_4),
    (width_twice, SAYS_5), (bits_of_the_whole_batch, SAYS_6), (plain_numbers, SAYS_7),
    (by_the_mean_of_cross_entropy, "pixel_mean"), (first_image_broadcast, SAYS_8), (without_gradient, "detached"),
    (smoothed, SAYS_8), (zero_ignored, "zero_ignored"), (targets_in_place, SAYS_9),
    (reshaped_to_levels_last, "levels_not_moved"), (in_single, SAYS_8),
    (levels_given_an_axis, SAYS_10),
    (cut_at_2000, SAYS_11),
]
right = [by_rows, levels_last, by_einsum]
