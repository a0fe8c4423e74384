"""speech-loss: three terms, over the frames that are there.

    mean of (before - target)²  +  mean of (after - target)²
    + mean of -(w y log σ(stop) + (1 - y) log(1 - σ(stop))),   y = 1 at the last real frame of each row, else 0

Fixed: before, after, target (B, T, M), stop (B, T) logits, lengths (B,) int64 of 1 … T, stop_weight w > 0 a number; the result
is a single number. Means are over all real frames of the batch (and over M), also in the last term, whatever w is; padding
counts in neither sum nor number and sends back no gradient. It may hold any finite numbers.
"""

import torch
from torch.nn import functional as F

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Rows that are full, of one frame, and between; padding holds large numbers."""
    B, T, M = 4, 6, 3
    lengths = torch.tensor([T, 1, int(randint(2, T, (), rng=rng)), int(randint(2, T, (), rng=rng))])
    lengths = lengths[torch.randperm(B, generator=rng)]
    padding = (torch.arange(T) >= lengths[:, None]).double()

    def mel():
        return draws.normal((B, T, M), rng=rng) * (1 + 30 * padding[..., None])

    return {"before": mel(), "after": mel(), "target": mel(), "stop": 2 * draws.normal((B, T), rng=rng) * (1 + 5 * padding),
            "lengths": lengths, "stop_weight": 1.5 + 8 * torch.rand(1, generator=rng).item(),
            "sure": 800 + 50 * torch.rand(1, generator=rng).item()}


def probe(speech_loss, before, after, stop, target, lengths, stop_weight, sure):
    """Each term by itself, without and with padding; the whole and its gradients; a row, a frame, rows all shorter than T; gates that are sure."""
    def ask(*arguments):
        return probing.tensor(speech_loss(*arguments), "`speech_loss`")

    T = stop.shape[1]
    every, last = torch.full_like(lengths, T), torch.arange(T)
    right = 100 * (2.0 * (last == lengths[:, None] - 1).to(stop.dtype) - 1)  # costs less than 1e-40 where the row goes on or ends
    over = 100 * (2.0 * (last == T - 1).to(stop.dtype) - 1).expand_as(stop)
    values = dict(mels=ask(before, after, over, target, every, stop_weight), gate=ask(target, target, stop, target, every, 1.0),
                  weighed=ask(target, target, stop, target, every, stop_weight),
                  light=ask(target, target, stop, target, every, 1 / stop_weight),
                  real_mels=ask(before, after, right, target, lengths, stop_weight),
                  real_gate=ask(target, target, stop, target, lengths, stop_weight))
    leaves = [probing.leaf(x) for x in (before, after, stop)]
    loss = ask(*leaves, target, lengths, stop_weight)
    values |= dict(zip(("d_before", "d_after", "d_stop"), probing.vjp(loss, leaves), strict=True), loss=loss)
    one = int(lengths.argmin())
    batch = before, after, stop, target, lengths
    values["row"] = probing.attempt(ask, *(x[:1] for x in batch), stop_weight)
    values["frame"] = probing.attempt(ask, *(x[one:one + 1, :1] for x in batch[:4]), lengths[one:one + 1], stop_weight)
    for name, sign in dict(high=1.0, low=-1.0).items():
        leaf = probing.leaf(sign * sure * stop.sign())
        term = probing.attempt(ask, before, after, leaf, target, lengths, stop_weight)
        values |= {name: term, f"d_{name}": term if isinstance(term, str) else probing.vjp(term, [leaf])[0]}
    values["spare"] = probing.attempt(ask, *batch[:4], lengths.clamp(max=T - 1), stop_weight)
    return values


def reference(before, after, stop, target, lengths, stop_weight):
    """What is real is picked out, then averaged."""
    real = torch.arange(stop.shape[1]) < lengths[:, None]
    last = (torch.arange(stop.shape[1]) == lengths[:, None] - 1).to(stop.dtype)
    weight = torch.tensor(stop_weight, dtype=stop.dtype)
    gate = F.binary_cross_entropy_with_logits(stop[real], last[real], pos_weight=weight)
    return F.mse_loss(before[real], target[real]) + F.mse_loss(after[real], target[real]) + gate


def truth(before, after, stop, target, lengths, stop_weight):
    """Frame by frame."""
    mel = gate = 0.0
    for b, length in enumerate(lengths.tolist()):
        for t in range(length):
            for made in (before, after):
                mel = mel + (made[b, t] - target[b, t]).square().sum()
            gate = gate - (stop_weight * F.logsigmoid(stop[b, t]) if t == length - 1 else F.logsigmoid(-stop[b, t]))
    frames = int(lengths.sum())
    return mel / (frames * before.shape[2]) + gate / frames


exercise = Exercise(
    id="speech-loss", defines="speech_loss(before, after, stop, target, lengths, stop_weight)", core=True, points=3, level=2,
    minutes=15, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.speech_losses.speech_loss", "genlab.models.speech_losses.Speech"],
    comparisons=[
        Compare("mels", shape="()", points=0.5, what="`speech_loss` where the gate is right",
                says="Without padding, where the gate is right: the mean squared errors of `before` and of `after`, both to the target."),
        Compare("gate", "weighed", "light", shape="()", points=0.5, what="`speech_loss` where the spectrograms are right",
                says="Without padding, where the spectrograms are right: the cross-entropy of `stop`, its 1 at the last frame weighed."),
        Compare("real_mels", "real_gate", "loss", shape="()", points=1, what="`speech_loss` of a padded batch",
                says="With padding: means over real frames, with a 1 at each row's own last one. Padding counts in neither sum nor number."),
        Compare("d_before", "d_after", "d_stop", points=0.5, what="a gradient", tolerance=1e-4,
                says="The gradients at `before`, `after` and `stop`: none on padding."),
        Compare("row", "frame", "spare", "high", "low", "d_high", "d_low", points=0.5, what="`speech_loss` at an end", tolerance=1e-4,
                says="At the ends: a batch of one, a single frame, more places than the longest row has, and gates that are sure, with logits of ±800."),
    ],
    hints=[
        "A row of two frames in a batch of six has four frames that nobody ever said. In which two places of a mean could they sneak in?",
        "A mask picks the real frames: real = torch.arange(T) < lengths[:, None], and x[real] is (number of real frames, M). The label of "
        "`stop` is 1 where t = length - 1.",
        "F.mse_loss(before[real], target[real]), the same for after, and F.binary_cross_entropy_with_logits(stop[real], last[real], "
        "pos_weight=torch.tensor(stop_weight)) with last = (torch.arange(T) == lengths[:, None] - 1).to(stop.dtype).",
    ],
    afterwards="One frame in forty is the last: without a weight a gate that always says 'go on' is right 39 times in 40.",
)
