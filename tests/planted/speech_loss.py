"""Planted answers to speech-loss, by another author than the check's."""

import torch
from torch import nn
from torch.nn import functional as F


def _mask(stop, lengths):
    return (torch.arange(stop.size(1)).expand_as(stop) < lengths.unsqueeze(1)).to(stop.dtype)


def _label(stop, lengths):
    y = torch.zeros_like(stop)
    y[torch.arange(len(stop)), lengths - 1] = 1
    return y


def no_mask(before, after, stop, target, lengths, stop_weight):
    gate = F.binary_cross_entropy_with_logits(stop, _label(stop, lengths), pos_weight=torch.tensor(stop_weight))
    return F.mse_loss(before, target) + F.mse_loss(after, target) + gate


def multiplied_then_mean(before, after, stop, target, lengths, stop_weight):
    m = _mask(stop, lengths)
    gate = F.binary_cross_entropy_with_logits(
        stop, _label(stop, lengths), pos_weight=torch.tensor(stop_weight), reduction="none"
    )
    return (((before - target) ** 2 + (after - target) ** 2) * m[..., None]).mean() + (gate * m).mean()


def last_label_of_the_batch(before, after, stop, target, lengths, stop_weight):
    m, y = _mask(stop, lengths), torch.zeros_like(stop)
    y[:, -1] = 1
    gate = F.binary_cross_entropy_with_logits(stop, y, pos_weight=torch.tensor(stop_weight), reduction="none")
    mel = (((before - target) ** 2 + (after - target) ** 2).mean(2) * m).sum()
    return (mel + (gate * m).sum()) / m.sum()


def label_at_lengths(before, after, stop, target, lengths, stop_weight):
    m = _mask(stop, lengths)
    y = (torch.arange(stop.size(1)) == lengths[:, None]).to(stop.dtype)
    gate = F.binary_cross_entropy_with_logits(stop, y, pos_weight=torch.tensor(stop_weight), reduction="none")
    return ((((before - target) ** 2 + (after - target) ** 2).mean(2) + gate) * m).sum() / m.sum()


def divided_by_bands_too_little(before, after, stop, target, lengths, stop_weight):
    m = _mask(stop, lengths)
    gate = F.binary_cross_entropy_with_logits(
        stop, _label(stop, lengths), pos_weight=torch.tensor(stop_weight), reduction="none"
    )
    return (((before - target) ** 2 + (after - target) ** 2) * m[..., None]).sum() / m.sum() + (
        gate * m
    ).sum() / m.sum()


def each_row_its_mean(before, after, stop, target, lengths, stop_weight):
    m = _mask(stop, lengths)
    gate = F.binary_cross_entropy_with_logits(
        stop, _label(stop, lengths), pos_weight=torch.tensor(stop_weight), reduction="none"
    )
    each = (((before - target) ** 2 + (after - target) ** 2).mean(2) + gate) * m
    return (each.sum(1) / lengths).mean()


def l1(before, after, stop, target, lengths, stop_weight):
    m = _mask(stop, lengths)
    gate = F.binary_cross_entropy_with_logits(
        stop, _label(stop, lengths), pos_weight=torch.tensor(stop_weight), reduction="none"
    )
    return (((before - target).abs() + (after - target).abs()).mean(2) * m + gate * m).sum() / m.sum()


def unweighted(before, after, stop, target, lengths, stop_weight):
    m = _mask(stop, lengths)
    gate = F.binary_cross_entropy_with_logits(stop, _label(stop, lengths), reduction="none")
    return ((((before - target) ** 2 + (after - target) ** 2).mean(2) + gate) * m).sum() / m.sum()


def weighted_mean(before, after, stop, target, lengths, stop_weight):
    m, y = _mask(stop, lengths), _label(stop, lengths)
    w = (1 + (stop_weight - 1) * y) * m
    gate = (F.binary_cross_entropy_with_logits(stop, y, reduction="none") * w).sum() / w.sum()
    return (((before - target) ** 2 + (after - target) ** 2).mean(2) * m).sum() / m.sum() + gate


def probabilities(before, after, stop, target, lengths, stop_weight):
    m, y, p = _mask(stop, lengths), _label(stop, lengths), torch.sigmoid(stop)
    gate = -(stop_weight * y * torch.log(p) + (1 - y) * torch.log(1 - p))
    return ((((before - target) ** 2 + (after - target) ** 2).mean(2) + gate) * m).sum() / m.sum()


def only_after(before, after, stop, target, lengths, stop_weight):
    m = _mask(stop, lengths)
    gate = F.binary_cross_entropy_with_logits(
        stop, _label(stop, lengths), pos_weight=torch.tensor(stop_weight), reduction="none"
    )
    return (((after - target).square().mean(2) + gate) * m).sum() / m.sum()


def correction_compared(before, after, stop, target, lengths, stop_weight):
    m = _mask(stop, lengths)
    gate = F.binary_cross_entropy_with_logits(
        stop, _label(stop, lengths), pos_weight=torch.tensor(stop_weight), reduction="none"
    )
    return ((((before - target) ** 2 + (after - (target - before)) ** 2).mean(2) + gate) * m).sum() / m.sum()


def length_minus_one(before, after, stop, target, lengths, stop_weight):
    return total_then_divide(before, after, stop, target, (lengths - 1).clamp(min=1), stop_weight)


# Right


def total_then_divide(before, after, stop, target, lengths, stop_weight):
    m, y = _mask(stop, lengths), _label(stop, lengths)
    gate = F.binary_cross_entropy_with_logits(
        stop, y, pos_weight=torch.tensor(stop_weight, dtype=stop.dtype), weight=m, reduction="sum"
    )
    return ((((before - target) ** 2 + (after - target) ** 2).mean(2) * m).sum() + gate) / m.sum()


def concatenated(before, after, stop, target, lengths, stop_weight):
    n = lengths.tolist()

    def pick(x):
        return torch.cat([row[:k] for row, k in zip(x, n, strict=True)])

    y = torch.cat([F.one_hot(torch.tensor(k - 1), k) for k in n]).to(stop.dtype)
    mse, t = nn.MSELoss(), pick(target)
    bce = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(float(stop_weight), dtype=stop.dtype))
    return mse(pick(before), t) + mse(pick(after), t) + bce(pick(stop), y)


def logsigmoids(before, after, stop, target, lengths, stop_weight):
    m = _mask(stop, lengths).bool()
    y = _label(stop, lengths)[m]
    g = stop[m]
    gate = -(stop_weight * y * F.logsigmoid(g) + (1 - y) * F.logsigmoid(-g))
    mel = torch.cat([(before - target)[m], (after - target)[m]]).pow(2).mean() * 2
    return mel + gate.mean()


def padding_overwritten(before, after, stop, target, lengths, stop_weight):
    gone = ~_mask(stop, lengths).bool()
    b, a, t = (x.masked_fill(gone[..., None], 0.0) for x in (before, after, target))
    scale = gone.numel() / (~gone).sum()
    y = _label(stop, lengths)
    gate = (F.softplus(stop) * (1 - y) + stop_weight * F.softplus(-stop) * y).masked_fill(gone, 0).sum() / lengths.sum()
    return (F.mse_loss(b, t) + F.mse_loss(a, t)) * scale + gate


def only_after_learns(before, after, stop, target, lengths, stop_weight):
    return by_places(before.detach(), after, stop, target, lengths, stop_weight)


def one_plus_the_weight(before, after, stop, target, lengths, stop_weight):
    return by_places(before, after, stop, target, lengths, stop_weight + 1)


def by_places(before, after, stop, target, lengths, stop_weight):
    """One-hot labels, and products with a mask."""
    T = stop.shape[1]
    real = (torch.arange(T) < lengths[:, None]).to(stop.dtype)
    label = F.one_hot(lengths - 1, T).to(stop.dtype)
    gate = -(stop_weight * label * F.logsigmoid(stop) + (1 - label) * F.logsigmoid(-stop))
    squares = (before - target).pow(2) + (after - target).pow(2)
    frames = real.sum()
    return torch.einsum("btm,bt->", squares, real) / (frames * before.shape[2]) + (gate * real).sum() / frames


wrong = [
    (only_after_learns, "The gradients at `before`, `after` and `stop`: none on padding."),
    (one_plus_the_weight, "weight_one_too_many"),
    (no_mask, "nothing_masked"),
    (multiplied_then_mean, "mean_over_padding"),
    (last_label_of_the_batch, "label_at_the_batch_end"),
    (label_at_lengths, "label_behind_the_end"),
    (divided_by_bands_too_little, "bands_summed"),
    (each_row_its_mean, "per_row_first"),
    (l1, "absolute"),
    (unweighted, "weight_forgotten"),
    (weighted_mean, "weight_divided_out"),
    (probabilities, "of_logarithms"),
    (only_after, "before_forgotten"),
    (correction_compared, "residual_as_target"),
    (length_minus_one, "one_frame_short_with_its_label"),
]
right = [by_places, total_then_divide, concatenated, logsigmoids, padding_overwritten]
