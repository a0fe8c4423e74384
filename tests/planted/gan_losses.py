"""Planted answers to gan-losses, by another author than the check's."""


import torch
import torch.nn.functional as F
from torch import nn


def _d(r, f):
    return F.softplus(-r).mean() + F.softplus(f).mean()


def _g(f):
    return F.softplus(-f).mean()


def naive_log1p(r, f):
    return torch.log1p(torch.exp(-r)).mean() + torch.log1p(torch.exp(f)).mean(), torch.log1p(torch.exp(-f)).mean()


def fakes_cut_to_data(r, f):
    f = f[: len(r)]
    return (F.softplus(-r) + F.softplus(f)).mean(), _g(f)


def data_cut_to_fakes(r, f):
    r = r[: len(f)]
    return _d(r, f), _g(f)


def fake_sum_over_B(r, f):
    return F.softplus(-r).mean() + F.softplus(f).sum() / len(r), F.softplus(-f).sum() / len(r)


def clamp_logits_20(r, f):
    r, f = r.clamp(-20, 20), f.clamp(-20, 20)
    return _d(r, f), _g(f)


def clamp_logits_200(r, f):
    r, f = r.clamp(-200, 200), f.clamp(-200, 200)
    return _d(r, f), _g(f)


def d_alone(r, f):
    return _d(r, f)


def g_halved(r, f):
    return _d(r, f), _g(f) / 2


def g_sum(r, f):
    return _d(r, f), F.softplus(-f).sum()


def keepdims(r, f):
    return F.softplus(-r).mean(0, keepdim=True) + F.softplus(f).mean(0, keepdim=True), F.softplus(-f).mean(
        0, keepdim=True
    )


def nograd(r, f):
    with torch.no_grad():
        return _d(r, f), _g(f)


def nanfix(r, f):
    def log(p):
        return torch.log(p).nan_to_num(neginf=-100.0)
    return -log(torch.sigmoid(r)).mean() - log(1 - torch.sigmoid(f)).mean(), -log(torch.sigmoid(f)).mean()


def seeded(r, f):
    torch.manual_seed(0)
    return _d(r, f), _g(f)


def inplace(r, f):
    d = _d(r, f)
    f.neg_()
    return d, F.softplus(f).mean()


def negd_is_g_fake(r, f):
    return _d(r, f), -torch.log(torch.sigmoid(-f)).mean()


def one_minus_real(r, f):
    return -torch.log(1 - torch.sigmoid(r)).mean() - torch.log(torch.sigmoid(f)).mean(), _g(f)


def tanh_half(r, f):
    def p(v):
        return 0.5 * (1 + torch.tanh(v / 2))
    return -p(r).log().mean() - (1 - p(f)).log().mean(), -p(f).log().mean()


def ce_columns(r, f):
    def sp(v, y):
        return F.cross_entropy(torch.stack([torch.zeros_like(v), v], 1), torch.full((len(v),), y))
    return sp(r, 1) + sp(f, 0), sp(f, 1)


def loops(r, f):
    a = sum(F.softplus(-v) for v in r) / len(r)
    b = sum(F.softplus(v) for v in f) / len(f)
    return [a + b, sum(F.softplus(v) - v for v in f) / len(f)]


def stable_max(r, f):
    def sp(v):
        return v.clamp(min=0) + torch.log1p(torch.exp(-v.abs()))
    return sp(-r).mean() + sp(f).mean(), sp(-f).mean()


def in32(r, f):
    return _d(r.float(), f.float()), _g(f.float())


def f32labels(r, f):
    b = nn.BCEWithLogitsLoss()
    return b(r, torch.ones(len(r))) + b(f, torch.zeros(len(f))), b(f, torch.ones(len(f)))


def einsum(r, f):
    d = torch.einsum("b,b->", F.softplus(-r), torch.full_like(r, 1 / len(r))) + torch.dot(
        F.softplus(f), torch.full_like(f, 1 / len(f))
    )
    return d, d * 0 + torch.logsumexp(torch.stack([-f, f * 0]), 0).mean()


def sum_reduction(r, f):
    b = F.binary_cross_entropy_with_logits
    return b(r, r * 0 + 1, reduction="sum").div(r.numel()) + b(f, f * 0, reduction="sum").div_(f.numel()), b(
        f, f * 0 + 1
    )



def threshold_of_five(r, f):
    return (F.softplus(-r, threshold=5).mean() + F.softplus(f, threshold=5).mean(), F.softplus(-f, threshold=5).mean())


SAYS_1 = "D's loss: a mean over data and a mean over samples, added."
SAYS_2 = "Values and slopes where D is sure, rightly or wrongly: logits of ±30, ±150 and ±900."
SAYS_3 = (
    "Two losses are asked for, D's and then G's: return d_loss, g_loss. The terms of data and samples in D's are added."
)
SAYS_4 = "G's loss: how surprised D is to be told that samples are real."
SAYS_5 = (
    "The first loss of `gan_losses` should have shape (), not (1,): a single number, without an axis. D's"
    " loss: a mean over data and a mean over samples, added."
)
SAYS_6 = (
    "`gan_losses` changes a setting of PyTorch for everything that runs afterwards: no "
    "`torch.manual_seed`, `set_grad_enabled` or `set_default_dtype` in it."
)
SAYS_7 = (
    "Your code raised RuntimeError: a leaf Variable that requires grad is being used in an in-place "
    "operation. Often: an argument is changed in place: work on a copy, or write `x = x + 1` instead of "
    "`x += 1`. The signature is `gan_losses(real, fake)`."
)

wrong = [
    (threshold_of_five, "D's loss: a mean over data and a mean over samples, added."),
    (naive_log1p, "softplus_by_exp"),
    (fakes_cut_to_data, SAYS_1),
    (data_cut_to_fakes, SAYS_2),
    (fake_sum_over_B, SAYS_1),
    (clamp_logits_20, SAYS_2),
    (clamp_logits_200, SAYS_2),
    (d_alone, SAYS_3),
    (g_halved, SAYS_4),
    (g_sum, SAYS_4),
    (keepdims, SAYS_5),
    (nograd, "made_plain_numbers"),
    (nanfix, "logs_of_sigmoids"),
    (seeded, SAYS_6),
    (inplace, SAYS_7),
    (negd_is_g_fake, "generator_wants_fakes"),
    (one_minus_real, "labels_swapped"),
    (tanh_half, "logs_of_sigmoids"),
]
right = [ce_columns, loops, stable_max, in32, f32labels, einsum, sum_reduction]
