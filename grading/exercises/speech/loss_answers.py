"""Answers to speech-loss: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _real(stop, lengths):
    return torch.arange(stop.shape[1]) < lengths[:, None]


def _last(stop, lengths):
    return (torch.arange(stop.shape[1]) == lengths[:, None] - 1).to(stop.dtype)


def _cross(stop, last, w, real):
    return F.binary_cross_entropy_with_logits(stop[real], last[real], pos_weight=torch.tensor(w, dtype=stop.dtype))


def _loss(real=_real, last=_last, mel=lambda made, target, real: F.mse_loss(made[real], target[real]), gate=_cross,
          join=lambda first, second, gate: first + second + gate, targets=lambda before, after, target: (target, target)):
    def answer(before, after, stop, target, lengths, stop_weight):
        there, one, other = real(stop, lengths), *targets(before, after, target)
        return join(mel(before, one, there), mel(after, other, there), gate(stop, last(stop, lengths), stop_weight, there))

    return answer


def _masked(made, target, real):
    return ((made - target).square() * real[..., None])


def _each(stop, last, w):
    return F.binary_cross_entropy_with_logits(stop, last, pos_weight=torch.tensor(w, dtype=stop.dtype), reduction="none")


# Known mistakes

nothing_masked = _loss(mel=lambda made, target, real: F.mse_loss(made, target),
                       gate=lambda s, y, w, real: _each(s, y, w).mean())
gate_not_masked = _loss(gate=lambda s, y, w, real: _each(s, y, w).mean())
mel_not_masked = _loss(mel=lambda made, target, real: F.mse_loss(made, target))
mean_over_padding = _loss(mel=lambda made, target, real: _masked(made, target, real).mean(),
                          gate=lambda s, y, w, real: (_each(s, y, w) * real).mean())
mel_mean_over_padding = _loss(mel=lambda made, target, real: _masked(made, target, real).mean())
gate_mean_over_padding = _loss(gate=lambda s, y, w, real: (_each(s, y, w) * real).mean())
per_row_first = _loss(mel=lambda made, target, real: (_masked(made, target, real).mean(2).sum(1) / real.sum(1)).mean(),
                      gate=lambda s, y, w, real: ((_each(s, y, w) * real).sum(1) / real.sum(1)).mean())
gate_per_row_first = _loss(gate=lambda s, y, w, real: ((_each(s, y, w) * real).sum(1) / real.sum(1)).mean())
mel_per_row_first = _loss(mel=lambda made, target, real: (_masked(made, target, real).mean(2).sum(1) / real.sum(1)).mean())
bands_summed = _loss(mel=lambda made, target, real: _masked(made, target, real).sum() / real.sum())
summed = _loss(mel=lambda made, target, real: _masked(made, target, real).sum())
absolute = _loss(mel=lambda made, target, real: F.l1_loss(made[real], target[real]))
rooted = _loss(mel=lambda made, target, real: F.mse_loss(made[real], target[real]).sqrt())
made_zeroed = _loss(mel=lambda made, target, real: F.mse_loss(made * real[..., None], target))
residual_as_target = _loss(targets=lambda before, after, target: (target, target - before))
after_towards_before = _loss(targets=lambda before, after, target: (target, before))
after_detached = _loss(targets=lambda before, after, target: (target, target), mel=lambda made, target, real: F.mse_loss(made.detach()[real], target[real]))
before_forgotten = _loss(join=lambda first, second, gate: second + gate)
after_forgotten = _loss(join=lambda first, second, gate: first + gate)
gate_forgotten = _loss(join=lambda first, second, gate: first + second)
mels_averaged = _loss(join=lambda first, second, gate: 0.5 * (first + second) + gate)
all_averaged = _loss(join=lambda first, second, gate: (first + second + gate) / 3)
three_numbers = _loss(join=lambda first, second, gate: torch.stack([first, second, gate]))
label_at_the_batch_end = _loss(last=lambda s, n: (torch.arange(s.shape[1]) == s.shape[1] - 1).to(s.dtype).expand_as(s))
label_behind_the_end = _loss(last=lambda s, n: (torch.arange(s.shape[1]) == n[:, None]).to(s.dtype))
label_one_early = _loss(last=lambda s, n: (torch.arange(s.shape[1]) == n[:, None] - 2).to(s.dtype))
labels_on_padding = _loss(last=lambda s, n: (torch.arange(s.shape[1]) >= n[:, None] - 1).to(s.dtype),
                          gate=lambda s, y, w, real: _each(s, y, w).mean())
label_turned = _loss(last=lambda s, n: 1 - _last(s, n))
ones_everywhere = _loss(last=lambda s, n: torch.ones_like(s))
zeros_everywhere = _loss(last=lambda s, n: torch.zeros_like(s))
one_frame_short = _loss(real=lambda s, n: torch.arange(s.shape[1]) < (n[:, None] - 1).clamp(min=1))
one_frame_short_with_its_label = _loss(real=lambda s, n: torch.arange(s.shape[1]) < (n[:, None] - 1).clamp(min=1),
                                       last=lambda s, n: _last(s, (n - 1).clamp(min=1)))
one_frame_more = _loss(real=lambda s, n: torch.arange(s.shape[1]) <= n[:, None])
longest_for_all = _loss(real=lambda s, n: (torch.arange(s.shape[1]) < n.max()).expand_as(s))
weight_forgotten = _loss(gate=lambda s, y, w, real: _cross(s, y, 1.0, real))
weight_on_zeros = _loss(gate=lambda s, y, w, real: F.binary_cross_entropy_with_logits(s[real], y[real], weight=torch.where(y[real] > 0, 1.0, w).to(s.dtype)))
weight_on_all = _loss(gate=lambda s, y, w, real: w * _cross(s, y, 1.0, real))
weight_at_least_one = _loss(gate=lambda s, y, w, real: _cross(s, y, max(w, 1.0), real))
weight_divided_out = _loss(gate=lambda s, y, w, real: _cross(s, y, w, real) * real.sum() / (1 + (w - 1) * y[real]).sum())
weight_one_too_many = _loss(gate=lambda s, y, w, real: _cross(s, y, 1 + w, real))
last_frames_alone = _loss(gate=lambda s, y, w, real: F.softplus(-s[(y > 0) & real]).mean() * w)
gate_summed = _loss(gate=lambda s, y, w, real: _cross(s, y, w, real) * real.sum())
gate_per_utterance = _loss(gate=lambda s, y, w, real: _cross(s, y, w, real) * real.sum() / len(s))
of_probability = _loss(gate=lambda s, y, w, real: F.binary_cross_entropy(torch.sigmoid(s[real]), y[real], weight=1 + (w - 1) * y[real]))
with_epsilon = _loss(gate=lambda s, y, w, real: -(w * y[real] * torch.log(torch.sigmoid(s[real]) + 1e-8)
                                                 + (1 - y[real]) * torch.log(1 - torch.sigmoid(s[real]) + 1e-8)).mean())
of_logarithms = _loss(gate=lambda s, y, w, real: -(w * y[real] * torch.sigmoid(s[real]).log() + (1 - y[real]) * (1 - torch.sigmoid(s[real])).log()).mean())
clamped = _loss(gate=lambda s, y, w, real: _cross(s.clamp(-30, 30), y, w, real))
sigmoid_twice = _loss(gate=lambda s, y, w, real: _cross(torch.sigmoid(s), y, w, real))
squared_gate = _loss(gate=lambda s, y, w, real: ((1 + (w - 1) * y) * (torch.sigmoid(s) - y).square())[real].mean())
logits_of_padding = _loss(gate=lambda s, y, w, real: _each(s * real, y, w).mean())
padding_costs_log_two = _loss(gate=lambda s, y, w, real: _each(s * real, y, w).sum() / real.sum())
signed = _loss(gate=lambda s, y, w, real: -_cross(s, y, w, real))


def longest_fills_the_batch(before, after, stop, target, lengths, stop_weight):
    return _loss()(before, after, stop, target, lengths + stop.shape[1] - lengths.max(), stop_weight)


def mask_as_long_as_the_longest(before, after, stop, target, lengths, stop_weight):
    real, last = torch.arange(lengths.max()) < lengths[:, None], torch.arange(lengths.max()) == lengths[:, None] - 1
    mels = F.mse_loss(before[real], target[real]) + F.mse_loss(after[real], target[real])
    return mels + _cross(stop, last.to(stop.dtype), stop_weight, real)


def without_gradient(before, after, stop, target, lengths, stop_weight):
    with torch.no_grad():
        return as_sums(before, after, stop, target, lengths, stop_weight)


def as_number(before, after, stop, target, lengths, stop_weight):
    return as_sums(before, after, stop, target, lengths, stop_weight).item()


# Also right


def as_sums(before, after, stop, target, lengths, stop_weight):
    mask = (torch.arange(stop.shape[1])[None] < lengths[:, None]).to(stop.dtype)
    label = F.one_hot(lengths - 1, stop.shape[1]).to(stop.dtype)
    mel = (((before - target) ** 2 + (after - target) ** 2).mean(-1) * mask).sum()
    gate = stop_weight * label * F.softplus(-stop) + (1 - label) * F.softplus(stop)
    return (mel + (gate * mask).sum()) / mask.sum()


def row_by_row(before, after, stop, target, lengths, stop_weight):
    parts = []
    for b, n in enumerate(lengths.tolist()):
        label = torch.zeros(n, dtype=stop.dtype)
        label[-1] = 1
        parts.append(F.mse_loss(before[b, :n], target[b, :n]) * n + F.mse_loss(after[b, :n], target[b, :n]) * n
                     + F.binary_cross_entropy_with_logits(stop[b, :n], label, weight=1 + (stop_weight - 1) * label, reduction="sum"))
    return sum(parts) / lengths.sum()


def padding_replaced(before, after, stop, target, lengths, stop_weight):
    padding = ~(torch.arange(stop.shape[1]) < lengths.unsqueeze(1))
    frames = lengths.sum()
    difference = torch.cat([before - target, after - target], -1).masked_fill(padding.unsqueeze(-1), 0)
    labels = torch.zeros_like(stop).scatter(1, lengths.unsqueeze(1) - 1, 1.0)
    loss = torch.nn.BCEWithLogitsLoss(reduction="none", pos_weight=torch.as_tensor(stop_weight, dtype=stop.dtype))
    return difference.pow(2).sum() / (frames * before.shape[-1]) + loss(stop, labels).masked_fill(padding, 0).sum() / frames


PADDING = "Padding counts: pick the real frames before you average, in each of the three terms."
NUMBER = "Padding is left out of the sum but not of the number: divide by the number of real frames."
ROWS = "You average each row first. The mean is over all real frames of the batch, so that a long row counts more."
BANDS = "The terms of the spectrograms are means, over real frames and over bands."
SQUARES = "The spectrograms are compared by squared errors."
TARGET = "Both spectrograms are compared with the target itself: `after` is the whole spectrogram, not a correction."
TERMS = "The result is the sum of all three terms, each once."
LABEL = "The label of `stop` is 1 at each row's own last real frame, lengths - 1, and 0 before."
FRAMES = "The real frames of a row are t = 0 … length - 1."
WEIGHT = "stop_weight multiplies what the label 1 costs, and nothing else; the mean is still over the number of frames."
SURE = "Where a gate is sure a sigmoid rounds to 0 or 1: stay with the logits."
CROSS = "`stop` holds logits: the last term is the cross-entropy of their sigmoids, with a plus, a mean over real frames."

for _name, _value in list(globals().items()):
    if getattr(_value, "__name__", "") == "answer":
        _value.__name__ = _name  # made by a factory: the name that stands left of the =

mistakes = [
    *(Mistake(answer, PADDING) for answer in (nothing_masked, gate_not_masked, mel_not_masked, made_zeroed, longest_for_all,
                                              logits_of_padding, padding_costs_log_two)),
    *(Mistake(answer, NUMBER) for answer in (mean_over_padding, mel_mean_over_padding, gate_mean_over_padding)),
    *(Mistake(answer, ROWS) for answer in (per_row_first, gate_per_row_first, mel_per_row_first)),
    *(Mistake(answer, BANDS) for answer in (bands_summed, summed)), *(Mistake(answer, SQUARES) for answer in (absolute, rooted)),
    *(Mistake(answer, TARGET) for answer in (residual_as_target, after_towards_before)),
    *(Mistake(answer, "No gradient arrives: nothing would learn from this loss.") for answer in (after_detached, without_gradient, as_number)),
    *(Mistake(answer, TERMS) for answer in (before_forgotten, after_forgotten, gate_forgotten, mels_averaged, all_averaged, three_numbers)),
    *(Mistake(answer, LABEL) for answer in (label_at_the_batch_end, label_behind_the_end, label_one_early, labels_on_padding, label_turned,
                                            ones_everywhere, zeros_everywhere)),
    *(Mistake(answer, FRAMES) for answer in (one_frame_short, one_frame_short_with_its_label, one_frame_more)),
    *(Mistake(answer, WEIGHT) for answer in (weight_forgotten, weight_on_zeros, weight_on_all, weight_at_least_one, weight_divided_out,
                                             weight_one_too_many, last_frames_alone)),
    *(Mistake(answer, "No row need be as long as T: the mask is (B, T), whatever the longest row is.")
      for answer in (longest_fills_the_batch, mask_as_long_as_the_longest)),
    *(Mistake(answer, CROSS) for answer in (gate_summed, gate_per_utterance, sigmoid_twice, squared_gate, signed)),
    *(Mistake(answer, SURE) for answer in (of_probability, with_epsilon, of_logarithms, clamped)),
]

also_right = [as_sums, row_by_row, padding_replaced]

_PLACE = "place = torch.arange(target.shape[1], device=target.device): "
_SQUARES = "squares = (before - target)[real].square().mean() + (after - target)[real].square().mean(): "

equivalent_mutants = {
    f"{_PLACE}torch.arange(target.shape[1], device=target.device) → torch.arange(target.shape[1])": "there is one device",
    f"{_PLACE}target → lengths": "there is one device",
    "real, last = place < lengths[:, None], (place == lengths[:, None] - 1).to(stop): stop → target": "both have the same dtype",
    f"{_SQUARES}before - target → target - before": "a square has no sign",
    f"{_SQUARES}after - target → target - after": "a square has no sign",
}
