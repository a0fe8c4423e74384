"""Planted answers to gan-best-response, by another author than the check's."""

import math

import torch


def _s(p, g):
    t = p + g
    return torch.where(t > 0, p / t, 0.5), torch.where(t > 0, g / t, 0.5)


def _v(p, g, w):
    a, b = _s(p, g)
    return (torch.xlogy(p, a) + torch.xlogy(g, b)).sum() * w


def trapz(p, g, w):
    a, b = _s(p, g)
    return a, torch.trapezoid(torch.xlogy(p, a) + torch.xlogy(g, b), dx=w)


def normalised(p, g, w):
    d = _s(p, g)[0]
    p, g = p / (p.sum() * w), g / (g.sum() * w)
    return d, _v(p, g, w)


def normalised_both(p, g, w):
    p, g = p / (p.sum() * w), g / (g.sum() * w)
    return _s(p, g)[0], _v(p, g, w)


def two_means(p, g, w):
    a, b = _s(p, g)
    return a, torch.xlogy(p, a).mean() + torch.xlogy(g, b).mean()


def squared_width(p, g, w):
    return _s(p, g)[0], _v(p, g, w) * w


def divided_width(p, g, w):
    return _s(p, g)[0], _v(p, g, 1) / w


def two_log_two(p, g, w):
    a = _s(p, g)[0]
    jsd = (_v(p, g, w) + math.log(2) * (p + g).sum() * w) / 2
    return a, 2 * jsd - 2 * math.log(2)


def jsd_minus(p, g, w):
    a = _s(p, g)[0]
    jsd = (_v(p, g, w) + math.log(2) * (p + g).sum() * w) / 2
    return a, jsd - 2 * math.log(2)


def d_saturate(p, g, w):
    a, b = _s(p, g)
    return a, (torch.xlogy(p, a) - torch.xlogy(g, b)).sum() * w


def masked_curve(p, g, w):
    m = (p > 0) & (g > 0)
    return (p / (p + g))[m], _v(p, g, w)


def skip_half(p, g, w):
    m = (p > 0) & (g > 0)
    a, b = _s(p, g)
    return a, ((p * a.log() + g * b.log())[m]).sum() * w


def inplace(p, g, w):
    g += p
    d = p / g
    d[g == 0] = 0.5
    return d, _v(p, g - p, w)


def inplace_after(p, g, w):
    out = _s(p, g)[0], _v(p, g, w)
    p.div_(p + g + 1e-9)
    return out


def item_pair(p, g, w):
    return _v(p, g, w), _s(p, g)[0]


def only_curve(p, g, w):
    return _s(p, g)[0]


def nan_to_half(p, g, w):
    d = (p / (p + g)).nan_to_num(0.5)
    return d, (p * d.log() + g * (1 - d).log()).nan_to_num(0.0).sum() * w


def clamp_logs(p, g, w):
    d = _s(p, g)[0]
    return d, (p * d.log().clamp(min=-100) + g * (1 - d).log().clamp(min=-100)).sum() * w


def clamp_small(p, g, w):
    a, b = _s(p, g)
    return a, (p * a.clamp(min=1e-12).log() + g * b.clamp(min=1e-12).log()).sum() * w


def half_where_either(p, g, w):
    d = torch.where((p > 0) & (g > 0), p / (p + g), 0.5)
    return d, _v(p, g, w)


def half_where_tiny(p, g, w):
    d = torch.where(p + g > 1e-3, p / (p + g), 0.5)
    return d, _v(p, g, w)


def float32(p, g, w):
    return _s(p.float(), g.float())[0], _v(p.float(), g.float(), w)


def ratio_sigmoid_logs_eps(p, g, w):
    d = torch.sigmoid((p + 1e-12).log() - (g + 1e-12).log())
    return d, _v(p, g, w)


def sum_of_abs(p, g, w):
    return _s(p, g)[0], _v(p, g, w).abs()


def value_vector(p, g, w):
    return _s(p, g)[0], _v(p, g, w)[None]


def softplus_logits(p, g, w):
    l = p.log() - g.log()
    d = torch.where(p + g > 0, torch.sigmoid(l), 0.5)
    v = -torch.where(p > 0, p * torch.nn.functional.softplus(-l), 0) - torch.where(
        g > 0, g * torch.nn.functional.softplus(l), 0
    )
    return d, v.sum() * w


def masked_fill(p, g, w):
    t = p + g
    d = torch.div(p, t).masked_fill(t == 0, 0.5)
    e = torch.div(g, t).masked_fill(t == 0, 0.5)
    def ent(q, r):
        return torch.zeros_like(q).index_put((q > 0,), q[q > 0] * r[q > 0].log())
    return d, torch.einsum("i->", ent(p, d) + ent(g, e)) * w


def stack(p, g, w):
    both = torch.stack([p, g])
    share = torch.where(both.sum(0) > 0, both / both.sum(0).clamp(min=1e-300), 0.5)
    return [share[0], float(torch.special.xlogy(both, share).sum() * w)]


def half_where_small(p, g, w):
    d, value = (p + 1e-30) / (p + g + 2e-30), _v(p, g, w)
    return torch.where(p + g < 1e-10, 0.5, d), value


def from_entropies(p, g, w):
    total = p + g
    entropy = torch.special.entr
    return torch.where(total > 0, p / total, 0.5), (entropy(total) - entropy(p) - entropy(g)).sum() * w


SAYS_1 = "The value: ∫ p log D + g log(1 - D) dx, as a sum over cells of this width, in nats."
SAYS_2 = (
    "What `best_response` gives where a density is 0 should have shape (47,), not (31,). Cells that one "
    "density does not reach, where 0 log 0 = 0, or neither, where D is ½: neither, and not nearly neither."
)
SAYS_3 = "`best_response` changes its argument `p` in place: work on a copy."
SAYS_4 = "`best_response` should return 2 tensors, not Tensor. The signature is `best_response(p, g, width)`."
SAYS_5 = "The best D: which share of what lies at x comes from the data?"
SAYS_6 = (
    "The value of `best_response` should have shape (), not (1,): a single number, without an axis. The "
    "value: ∫ p log D + g log(1 - D) dx, as a sum over cells of this width, in nats."
)

wrong = [
    (half_where_small, "half_where_both_are_small"),
    (trapz, SAYS_1),
    (two_means, "mean_over_cells"),
    (squared_width, SAYS_1),
    (divided_width, SAYS_1),
    (jsd_minus, SAYS_1),
    (d_saturate, SAYS_1),
    (masked_curve, SAYS_2),
    (inplace_after, SAYS_3),
    (only_curve, SAYS_4),
    (nan_to_half, "one_minus_d"),
    (half_where_tiny, SAYS_5),
    (sum_of_abs, "loss_for_value"),
    (value_vector, SAYS_6),
]
right = [from_entropies, softplus_logits, masked_fill, stack, float32, normalised, two_log_two]
