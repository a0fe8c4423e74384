"""What speech is scored by while a model learns it, and how it is spoken when it has learnt."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Speech(NamedTuple):
    """What a model says.

    Attributes:
        before, after: spectrograms (B, T, mels), before and after the postnet; the latter is the result.
        stop: (B, steps), logits of "this was the last step".
        weights: (B, steps, N), what the attention looked at.
        lengths: (B,), how many frames are speech.
    """

    before: Tensor
    after: Tensor
    stop: Tensor
    weights: Tensor
    lengths: Tensor


def speech_loss(before: Tensor, after: Tensor, stop: Tensor, target: Tensor, frames: Tensor, steps: Tensor,
                stop_weight: float = 1.0) -> tuple[Tensor, Tensor]:
    """Mean squared errors before and after the postnet, together, and the binary cross-entropy of stopping.

    Means are over real frames and real steps of the batch; padding has no part in them.

    Args:
        before, after, target: (B, T, mels), of which `frames` (B,) are real.
        stop: logits (B, S), of which `steps` (B,) are real; the last of them is the one at which to stop.
        stop_weight: how many times that one counts.
    """
    real = torch.arange(target.shape[1], device=target.device) < frames[:, None]
    squares = (before - target)[real].square().mean() + (after - target)[real].square().mean()
    place = torch.arange(stop.shape[1], device=stop.device)
    now, last = place < steps[:, None], (place == steps[:, None] - 1).to(stop)
    costs = F.softplus(-stop) * last * stop_weight + F.softplus(stop) * (1 - last)
    return squares, costs[now].mean()


def free_run(step: Callable[[Tensor, Any], tuple[Tensor, Tensor, Any]], state: Any, go: Tensor,
             max_steps: int) -> tuple[Tensor, Tensor, Tensor]:
    """Feed a decoder its own output until each utterance has ended.

    Args:
        step: (what it made last (B, …), state) -> what it makes now (B, …), stop logits (B,), the next state.
        go: what it is fed first.

    Returns:
        Everything it made, (B, T, …), 0 after an utterance's end; the logits (B, T); the lengths (B,). An utterance
        ends with the first step whose logit is above 0, that step included, or after max_steps.
    """
    lengths = torch.full((len(go),), max_steps, device=go.device)
    made, stops, out = [], [], go
    for t in range(max_steps):
        out, stop, state = step(out, state)
        made.append(out)
        stops.append(stop)
        lengths = torch.where((stop > 0) & (lengths == max_steps), t + 1, lengths)
        if bool((lengths <= t + 1).all()):
            break
    whole = torch.stack(made, 1)
    real = torch.arange(len(made), device=go.device) < lengths[:, None]
    return torch.where(real.view(*real.shape, *[1] * (go.ndim - 1)), whole, 0), torch.stack(stops, 1), lengths
