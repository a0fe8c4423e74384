"""What an entry's samples are worth, computed outside the sandbox on tensors alone.

A copy of a real digit is no sample. A sample is called a copy if it is at most half as far from the nearest real
digit as from the second nearest; real digits may be moved by a pixel for it. (Carlini et al. 2023, Extracting
training data from diffusion models, arXiv:2301.13188, and Yoon et al. 2023, Diffusion probabilistic models generalize
when they fail to memorize, compare the same two distances; the latter's bound is a third.) None of the 1000
held-out digits is a copy of a training digit in this sense, and of training digits with noise of 0.1 on each pixel
four in five are.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from genlab import metrics
from genlab.data import digits

SHAPE = (1, 28, 28)
LARGEST_SHARE = 0.05  # of copies: honest models make hardly any
RATIO = 0.5


class Refused(ValueError):
    """Samples that are not measured; the message says why."""


@dataclass(frozen=True)
class Score:
    """Fréchet distance of n samples, what n real digits get, and the share of copies among the samples."""

    frechet: float
    floor: float
    copies: float
    n: int


def score(samples: Tensor, n: int) -> Score:
    """The score of samples (n, 1, 28, 28) in [0, 1] beside the training digits that the entry was given.

    Raises:
        Refused: another shape or type, values outside [0, 1] or not finite, or copies of training or held-out digits.
    """
    samples = checked(samples, n)
    copies = share_of_copies(samples, digits("all")[0])
    if copies > LARGEST_SHARE:
        raise Refused(f"{copies:.0%} of the samples are copies of real digits (at most half as far from the nearest as "
                      f"from the second nearest; {LARGEST_SHARE:.0%} are let pass): generate, do not recite.")
    return Score(metrics.digit_frechet(samples), metrics.real_floor(n).value, copies, n)


def checked(samples: Tensor, n: int) -> Tensor:
    """The samples as float32 in [0, 1], if that is what they are."""
    if samples.ndim == 1 and samples.dtype != torch.bool and len(samples) <= 8 and len(samples) > 1:
        raise Refused(f"`sample({n})` should return {_shape(n)}, not {tuple(samples.long().tolist())}.")
    if tuple(samples.shape) != (n, *SHAPE):
        raise Refused(f"`sample({n})` should return {_shape(n)}, not {tuple(samples.shape)}.")
    if not samples.is_floating_point():
        raise Refused(f"`sample({n})` should return floating numbers in [0, 1], not {samples.dtype}.")
    if bad := int((~samples.isfinite()).flatten(1).any(1).sum()):
        raise Refused(f"{bad} of {n} samples hold NaN or infinity: the training diverged, or a step divides by 0.")
    least, most = (value.item() for value in samples.aminmax())
    if least < -1e-5 or most > 1 + 1e-5:
        raise Refused(f"samples must lie in [0, 1], got {least:.3g} … {most:.3g}: from [-1, 1] it is (x + 1) / 2, and "
                      "`.clamp(0, 1)` cuts what is left over.")
    return samples.float().clamp(0, 1)


def _shape(n: int) -> str:
    return f"images ({n}, {', '.join(map(str, SHAPE))})"


@torch.no_grad()
def share_of_copies(samples: Tensor, real: Tensor) -> float:
    """The share of samples that are copies of one of the real images, where it is or moved by a pixel."""
    flat, distance = samples.flatten(1), None
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            moved = torch.cdist(flat, real.roll((dy, dx), (2, 3)).flatten(1))
            distance = moved if distance is None else torch.minimum(distance, moved)
    nearest, second = distance.topk(2, largest=False).values.unbind(1)
    return (nearest <= RATIO * second).double().mean().item()
