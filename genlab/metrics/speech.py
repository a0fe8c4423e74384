"""Is it intelligible, and did the attention walk through the text?

    digit error rate    (substituted + left out + put in) / digits asked for, as heard by a small recogniser
    alignment           how much of the attention is near the diagonal, never goes back, and leaves no letter out

The recogniser reads log mel spectrograms of `genlab.data.speech.SOUND`. It is trained by connectionist temporal
classification on the training strings, with noise and changes of pace, by `python -m genlab.weights digit_listener`;
what it makes of held-out real speech stands in genlab/weights/digit_listener.json.

Graves, Fernández, Gomez and Schmidhuber (2006), Connectionist temporal classification.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import evaluating
from genlab.metrics.estimate import Estimate, estimate


class DigitListener(nn.Module):
    """Spectrograms (B, T, bands) to logits (B, ⌈T / 2⌉, 11): nothing new, or one of ten digits."""

    def __init__(self, bands: int = 48, dim: int = 48):
        super().__init__()
        self.first = nn.Conv1d(bands, dim, 5, stride=2, padding=2)
        self.second = nn.Conv1d(dim, dim, 5, padding=2)
        self.lstm = nn.LSTM(dim, dim, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * dim, 11)

    def forward(self, mels: Tensor, frames: Tensor) -> Tensor:
        counts = self.lengths(frames)
        real = torch.arange(mels.shape[1], device=mels.device) < frames[:, None]
        h = F.relu(self.first((mels * real[..., None]).transpose(1, 2)))
        h = h * (torch.arange(h.shape[2], device=h.device) < counts[:, None])[:, None]
        h = F.relu(self.second(h)).transpose(1, 2)
        packed = nn.utils.rnn.pack_padded_sequence(h, counts.cpu(), batch_first=True, enforce_sorted=False)
        return self.head(nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True,
                                                          total_length=h.shape[1])[0])

    @staticmethod
    def lengths(frames: Tensor) -> Tensor:
        """How many logits so many frames have."""
        return (frames + 1) // 2


@lru_cache
def digit_listener() -> DigitListener:
    """The trained recogniser, on the CPU, in eval mode, without gradients of its own; one for all callers."""
    from genlab import weights

    network = DigitListener()
    network.load_state_dict(weights.load("digit_listener"))
    return network.eval().requires_grad_(False)


@torch.no_grad()
def heard(mels: Tensor, frames: Tensor, *, network: DigitListener | None = None) -> list[str]:
    """The digits in each spectrogram: (B, T, bands) of which `frames` (B,) are real -> B strings."""
    network = network or digit_listener()
    with evaluating(network):
        best = network(mels.cpu().float(), frames.cpu()).argmax(-1)
    counts = network.lengths(frames.cpu()).tolist()
    runs = [torch.unique_consecutive(row[:count]).tolist() for row, count in zip(best, counts, strict=True)]
    return ["".join(str(k - 1) for k in run if k) for run in runs]


def edit_distance(said: Sequence, wanted: Sequence) -> int:
    """The least number of symbols to substitute, leave out or put in to make one of the other (Levenshtein)."""
    row = list(range(len(wanted) + 1))
    for i, a in enumerate(said, 1):
        corner, row[0] = row[0], i
        for j, b in enumerate(wanted, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (a != b))
    return row[-1]


def digit_error_rate(mels: Tensor, frames: Tensor, wanted: Sequence[str], *,
                     network: DigitListener | None = None) -> Estimate:
    """Edits per digit asked for, over all utterances; its error is that of a ratio of means.

    Args:
        mels: (B, T, bands), of which `frames` (B,) are speech.
        wanted: the digits that were to be said, such as "314".
    """
    if len(wanted) != len(mels) or not all(wanted):
        raise ValueError(f"wanted must be one digit string for each of {len(mels)} spectrograms, none empty")
    edits = torch.tensor([edit_distance(a, b) for a, b in zip(heard(mels, frames, network=network), wanted,
                                                              strict=True)]).double()
    digits = torch.tensor([len(text) for text in wanted]).double()
    rate = (edits.sum() / digits.sum()).item()
    spread = estimate((edits - rate * digits) / digits.mean()).error if len(wanted) > 1 else float("nan")
    return Estimate(rate, spread, len(wanted))


class Alignment(NamedTuple):
    """What `alignment_report` says, each from 0 to 1."""

    diagonal: float
    monotone: float
    covered: float


def alignment_report(weights: Tensor, width: float = 0.2, least: float = 0.3) -> Alignment:
    """How the attention of one utterance walked: weights (T, N), steps by letters, no padding.

    Args:
        width: how far from the diagonal, as a share of the text, still counts as near.
        least: weight that a letter must get over all steps, in steps.

    Returns:
        diagonal: the share of the weight in cells with |n/N - t/T| ≤ width; monotone: the share of neighbouring steps
        in which the place of the largest weight does not go back; covered: the share of the letters that got `least`.
    """
    steps, letters = weights.shape
    apart = torch.arange(letters) / letters - (torch.arange(steps) / steps)[:, None]
    near = (apart.abs() <= width).to(weights)
    ahead = weights.argmax(1).diff() >= 0
    return Alignment(((weights * near).sum() / weights.sum()).item(),
                     ahead.double().mean().item() if steps > 1 else 1.0,
                     (weights.sum(0) >= least).double().mean().item())
