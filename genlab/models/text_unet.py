"""A U-Net that is told what to draw: at every resolution the places of the image ask, and the words answer.

    image ─▶ residual ─▶ + attention(places, places) ─▶ + attention(places, words) ─▶ …

The parts are those of `unet.py`, for small images such as the codes of an autoencoder. Rombach et al. (2022),
arXiv:2112.10752, section 3.3.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import time_embedding
from genlab.models.text_encoder import Context
from genlab.models.unet import ResidualBlock, SelfAttention, group_norm, zero


def cross_attention(q: Tensor, k: Tensor, v: Tensor, keep: Tensor | None, heads: int) -> Tensor:
    """For each of N places the mean of the kept tokens' values: (B, N, D), (B, L, D) twice, (B, L) -> (B, N, D).

    The weights of a head are softmax(q·k / √(D / heads)) over the tokens to keep; padding has weight 0.
    """
    q, k, v = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in (q, k, v))
    mask = None if keep is None else keep[:, None, None, :]
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2)


class CrossAttention(nn.Module):
    """x (B, C, H, W) plus what each place gathers from the words: queries of the image, keys and values of the text.

    As the first layers begin, so does this one: as doing nothing. `weights` says where it looks.
    """

    def __init__(self, channels: int, context_dim: int, *, heads: int = 4):
        super().__init__()
        self.heads = math.gcd(heads, channels)
        self.norm = group_norm(channels)
        self.to_q = nn.Linear(channels, channels, bias=False)
        self.to_k, self.to_v = (nn.Linear(context_dim, channels, bias=False) for _ in range(2))
        self.out = zero(nn.Linear(channels, channels))

    def forward(self, x: Tensor, context: Context) -> Tensor:
        places = self.norm(x).flatten(2).transpose(1, 2)  # (B, H·W, C)
        k, v = self.to_k(context.vectors), self.to_v(context.vectors)
        seen = cross_attention(self.to_q(places), k, v, context.keep, self.heads)
        return x + self.out(seen).transpose(1, 2).view_as(x)

    def weights(self, x: Tensor, context: Context) -> Tensor:
        """The weight that each place gives to each token, mean over heads: (B, L, H, W)."""
        q = self.to_q(self.norm(x).flatten(2).transpose(1, 2))
        q, k = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (q, self.to_k(context.vectors)))
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
        if context.keep is not None:
            scores = scores.masked_fill(~context.keep[:, None, None, :], -math.inf)
        return scores.softmax(-1).mean(1).transpose(1, 2).unflatten(2, x.shape[2:])


class TextUNet(nn.Module):
    """Codes (B, channels, H, W), times (B,) and a context -> (B, channels, H, W); 0 for every input before training.

    Args:
        channels: of the codes; H and W are even.
        context_dim: of the vectors of the text.
        width: channels at the finer of two resolutions; the coarser has `coarse`.
    """

    def __init__(self, channels: int = 8, context_dim: int = 64, *, width: int = 64, coarse: int = 96,
                 time_dim: int = 128):
        super().__init__()
        self.channels, self.time_dim, dim = channels, time_dim, time_dim
        self.time = nn.Sequential(nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, dim), nn.SiLU())
        self.enter = nn.Conv2d(channels, width, 3, padding=1)
        self.fine = ResidualBlock(width, width, dim)
        self.fine_words = CrossAttention(width, context_dim)
        self.down = nn.Conv2d(width, coarse, 3, stride=2, padding=1)
        self.coarse1, self.coarse2 = ResidualBlock(coarse, coarse, dim), ResidualBlock(coarse, coarse, dim)
        self.places, self.words = SelfAttention(coarse), CrossAttention(coarse, context_dim)
        self.merge = ResidualBlock(coarse + width, width, dim)
        self.merge_words = CrossAttention(width, context_dim)
        self.last = ResidualBlock(width, width, dim)
        self.leave = nn.Sequential(group_norm(width), nn.SiLU(), zero(nn.Conv2d(width, channels, 3, padding=1)))
        self.to(memory_format=torch.channels_last)

    def forward(self, z: Tensor, t: Tensor, context: Context) -> Tensor:
        """t: (B,) numbers, about 0 … 1000."""
        if z.ndim != 4 or z.shape[1] != self.channels or any(side % 2 for side in z.shape[2:]):
            raise ValueError(f"codes must be (B, {self.channels}, H, W) with even sides, got {tuple(z.shape)}")
        time = self.time(time_embedding(t, self.time_dim).to(z))
        fine = self.fine_words(self.fine(self.enter(z), time), context)
        coarse = self.words(self.places(self.coarse1(self.down(fine), time)), context)
        coarse = self.coarse2(coarse, time)
        up = F.interpolate(coarse, size=fine.shape[2:])
        merged = self.merge_words(self.merge(torch.cat([up, fine], 1), time), context)
        return self.leave(self.last(merged, time))
