"""Attention that knows where it was, and a penalty for attention that strays from the diagonal.

    e_n = v · tanh(W q + V h_n + U f_n),   f = convolution of [weights of the last step; sum of all weights so far]
    w = softmax over the letters,          c = Σ_n w_n h_n

Chorowski et al. (2015), Attention-based models for speech recognition, arXiv:1506.07503.
"""

import math

import torch
from torch import Tensor, nn

from genlab.layers import configurable


@configurable
class LocationAttention(nn.Module):
    """One look at the letters: which of them is spoken now?"""

    def __init__(self, query_dim: int, memory_dim: int, dim: int = 128, filters: int = 32, width: int = 31):
        super().__init__()
        if width % 2 == 0:
            raise ValueError(f"width must be odd, got {width}: as far to the left as to the right")
        self.query = nn.Linear(query_dim, dim, bias=False)
        self.key = nn.Linear(memory_dim, dim, bias=False)
        self.location = nn.Conv1d(2, filters, width, padding=width // 2, bias=False)
        self.place = nn.Linear(filters, dim, bias=False)
        self.score = nn.Linear(dim, 1, bias=False)

    def forward(self, query: Tensor, memory: Tensor, last: Tensor, total: Tensor,
                mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A step.

        Args:
            query: (B, Q); memory: (B, N, M), what the encoder made of each letter.
            last: weights of the step before, (B, N); total: the sum of the weights of all steps so far, (B, N).
            mask: (B, N), True where there is a letter.

        Returns:
            The context (B, M), the weights (B, N), 0 outside the mask, and the sum with these weights.
        """
        features = self.location(torch.stack([last, total], 1)).transpose(1, 2)  # (B, N, filters)
        hidden = torch.tanh(self.query(query)[:, None] + self.key(memory) + self.place(features))
        weights = self.score(hidden)[..., 0].masked_fill(~mask, -math.inf).softmax(1)
        return (weights[:, None] @ memory)[:, 0], weights, total + weights


def guided_penalty(weights: Tensor, letters: Tensor, steps: Tensor, width: float = 0.2) -> Tensor:
    """Mean over utterances and their steps of Σ_n w_tn (1 - exp(-(n/N - t/T)² / (2 width²))): a single number.

    Speech runs through its text at a nearly even pace, so the map of weights is nearly a diagonal, and whatever is far
    from it is wrong. Tachibana, Uenoyama and Aihara (2017), arXiv:1710.08969.

    Args:
        weights: (B, steps, letters); letters, steps: (B,), how many of each are real, N and T above.
    """
    n = torch.arange(weights.shape[2], device=weights.device) / letters[:, None]
    t = torch.arange(weights.shape[1], device=weights.device) / steps[:, None]
    off = 1 - torch.exp(-((n[:, None] - t[..., None]) ** 2) / (2 * width**2))
    real = (t < 1)[..., None] & (n < 1)[:, None]
    per_step = torch.where(real, weights * off.to(weights), 0).sum((1, 2)) / steps
    return per_step.mean()
