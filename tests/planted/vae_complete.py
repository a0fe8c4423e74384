"""Planted answers to vae-complete, by another author than the check's."""

import torch
import torch.nn.functional as F


def _explained(x, seen, logits):
    """Nats of each code for what is seen of each image, (B, k)."""
    pixels = F.binary_cross_entropy_with_logits(
        logits.expand(len(x), -1, -1), x[:, None].expand(-1, len(logits), -1), reduction="none")
    return -(pixels * seen[:, None]).sum(2)


def _filled(x, seen, logits, w):
    return torch.where(seen, x, w @ logits.sigmoid())


def logits_cut_at_300(x, seen, logits):
    w = _explained(x, seen, logits.clamp(-300, 300)).softmax(1)
    return _filled(x, seen, logits, w)


def nats_cut_at_1000(x, seen, logits):
    return _filled(x, seen, logits, _explained(x, seen, logits).clamp(min=-1000).softmax(1))


def three_best_codes(x, seen, logits):
    nats = _explained(x, seen, logits)
    best = nats.topk(min(3, nats.shape[1]), 1)
    w = torch.zeros_like(nats).scatter(1, best.indices, best.values.softmax(1))
    return _filled(x, seen, logits, w)


def floor_under_weights(x, seen, logits):
    w = _explained(x, seen, logits).softmax(1).clamp(min=1e-3)
    return _filled(x, seen, logits, w / w.sum(1, keepdim=True))


def rounded_to_three_digits(x, seen, logits):
    w = _explained(x, seen, logits).softmax(1)
    return _filled(x, seen, logits, w).round(decimals=3)


def tempered(x, seen, logits):
    return _filled(x, seen, logits, (0.9 * _explained(x, seen, logits)).softmax(1))


def a_sampled_code(x, seen, logits):
    w = _explained(x, seen, logits).softmax(1)
    return torch.where(seen, x, logits.sigmoid()[torch.multinomial(w, 1)[:, 0]])


def hidden_taken_for_paper(x, seen, logits):
    return _filled(x, seen, logits, _explained(x * seen, torch.ones_like(seen), logits).softmax(1))


def hidden_taken_for_half(x, seen, logits):
    guess = torch.where(seen, x, 0.5)
    return _filled(x, seen, logits, _explained(guess, torch.ones_like(seen), logits).softmax(1))


def nothing_seen_is_blank(x, seen, logits):
    filled = _filled(x, seen, logits, _explained(x, seen, logits).softmax(1))
    return torch.where(seen.any(1, keepdim=True), filled, torch.zeros_like(x))


def mask_negated_in_place(x, seen, logits):
    w = _explained(x, seen, logits).softmax(1)
    return torch.where(seen.logical_not_(), w @ logits.sigmoid(), x)


def logits_made_probabilities_in_place(x, seen, logits):
    w = _explained(x, seen, logits).softmax(1)
    return torch.where(seen, x, w @ logits.sigmoid_())


def hidden_blanked_in_place(x, seen, logits):
    x.mul_(seen)
    return _filled(x, seen, logits, _explained(x, seen, logits).softmax(1))


def pixels_of_the_first_mask(x, seen, logits):
    filled = _filled(x, seen, logits, _explained(x, seen, logits).softmax(1))
    return torch.where(seen[:1], x, filled)


def without_the_first_code(x, seen, logits):
    nats = _explained(x, seen, logits)
    nats = torch.cat([torch.full_like(nats[:, :1], -1e9), nats[:, 1:]], 1)
    return _filled(x, seen, logits, nats.softmax(1))


def seen_explained_by_the_codes(x, seen, logits):
    w = _explained(x, seen, logits).softmax(1)
    return torch.where(seen, (w @ logits.sigmoid() > 0.5).to(x), w @ logits.sigmoid())


def row_by_row(x, seen, logits):
    out = x.clone()
    for i in range(len(x)):
        image, mask = x[i], seen[i]
        nats = (F.logsigmoid(logits[:, mask]) * image[mask] + F.logsigmoid(-logits[:, mask]) * (1 - image[mask])).sum(1)
        out[i, ~mask] = torch.softmax(nats, 0) @ torch.sigmoid(logits[:, ~mask])
    return out


def in_double(x, seen, logits):
    w = _explained(x.double(), seen, logits.double()).softmax(1)
    return _filled(x.double(), seen, logits.double(), w).to(x.dtype)


def by_signs(x, seen, logits):
    sign = (2 * x - 1) * seen
    nats = F.logsigmoid(sign[:, None] * logits).masked_fill(~seen[:, None], 0).sum(-1)
    w = torch.exp(nats - torch.logsumexp(nats, 1, keepdim=True))
    return x.masked_scatter(~seen, torch.einsum("bk,kd->bd", w, torch.sigmoid(logits))[~seen])


def by_linearity(x, seen, logits):
    ink = torch.where(seen, x, torch.zeros_like(x))
    nats = ink @ logits.T - seen.to(logits) @ F.softplus(logits).T
    return torch.where(seen, x, nats.softmax(-1) @ logits.sigmoid())


SAYS_1 = ("Images of 784 pixels, and codes that are surely wrong: such products of probabilities leave the "
          "range of floats, their logarithms do not.")
SAYS_2 = ("With nothing seen every code counts the same: the mean of the codes' probabilities.")
SAYS_3 = ("The hidden pixels: each code's probabilities, weighted by how well it explains what is seen.")
SAYS_4 = ("`complete` changes its argument `seen` in place: work on a copy.")
SAYS_5 = ("`complete` changes its argument `logits` in place: work on a copy.")
SAYS_6 = ("With a single code the hidden pixels are that code's probabilities.")
SAYS_7 = ("Pixels that are seen come back as they are.")

wrong = [
    (logits_cut_at_300, SAYS_1), (nats_cut_at_1000, SAYS_1), (three_best_codes, SAYS_2), (floor_under_weights,
    SAYS_3), (rounded_to_three_digits, SAYS_2), (tempered, SAYS_3), (a_sampled_code, SAYS_2), (hidden_taken_for_paper,
    SAYS_2), (hidden_taken_for_half, SAYS_2), (nothing_seen_is_blank, SAYS_2), (mask_negated_in_place, SAYS_4),
    (logits_made_probabilities_in_place, SAYS_5), (hidden_blanked_in_place, "in_place"), (pixels_of_the_first_mask,
    SAYS_6), (without_the_first_code, SAYS_2), (seen_explained_by_the_codes, SAYS_7),
]
right = [row_by_row, in_double, by_signs, by_linearity]


def linear_part_alone(x, seen, logits):
    return _filled(x, seen, logits, ((seen * x) @ logits.T).softmax(1))


def linear_part_of_signs(x, seen, logits):
    return _filled(x, seen, logits, ((seen * (2 * x - 1)) @ logits.T).softmax(1))


TOLD_1 = ("The hidden pixels: each code's probabilities, weighted by how well it explains what is seen.")

wrong += [
    (linear_part_alone, "linear_part"),
    (linear_part_of_signs, TOLD_1),
]
