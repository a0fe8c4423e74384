"""A U-Net of an image and a time, which answers with an image: the network of diffusion models.

    in ── fine ──────────────── skip ───────────────▶ merge ── out
            └─ down ─ coarse ─ attention ─ coarse ─ up ─┘

Ronneberger, Fischer and Brox (2015), arXiv:1505.04597; residual blocks that hear the time, attention where
the image is small and last layers that begin at 0 are those of Ho, Jain and Abbeel (2020), arXiv:2006.11239;
scale and shift by the time those of Dhariwal and Nichol (2021), arXiv:2105.05233.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import one_hot, time_embedding


def group_norm(channels: int) -> nn.GroupNorm:
    """At most 8 groups: a mean and a variance for each, so that no image of a batch sees another."""
    return nn.GroupNorm(math.gcd(8, channels), channels)


def zero(layer: nn.Module) -> nn.Module:
    """The layer with weights and biases of 0: what it ends begins as doing nothing."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def fold(x: Tensor, side: int) -> Tensor:
    """Each square of side x side pixels becomes channels: (B, C, H, W) -> (B, C·side², H/side, W/side).

    As `F.pixel_unshuffle`, which fails on a batch of no images.
    """
    B, C, H, W = x.shape
    squares = x.reshape(B, C, H // side, side, W // side, side).permute(0, 1, 3, 5, 2, 4)
    return squares.reshape(B, C * side**2, H // side, W // side).contiguous(memory_format=torch.channels_last)


def unfold(x: Tensor, side: int) -> Tensor:
    """The squares that `fold` made channels of, put back."""
    B, C, H, W = x.shape
    squares = x.reshape(B, C // side**2, side, side, H, W).permute(0, 1, 4, 2, 5, 3)
    return squares.reshape(B, C // side**2, H * side, W * side)


class ResidualBlock(nn.Module):
    """x plus two normalised 3 x 3 convolutions, between which the time scales and shifts every channel.

    x (B, in, H, W), time (B, time_dim) -> (B, out, H, W). The second convolution begins at 0, and so does
    the block as the identity, or as a 1 x 1 convolution where the number of channels changes.
    """

    def __init__(self, in_channels: int, out_channels: int, time_dim: int):
        super().__init__()
        self.norm1, self.norm2 = group_norm(in_channels), group_norm(out_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.conv2 = zero(nn.Conv2d(out_channels, out_channels, 3, padding=1))
        self.time = nn.Linear(time_dim, 2 * out_channels)
        same = in_channels == out_channels
        self.skip = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.time(time)[:, :, None, None].chunk(2, 1)
        h = self.norm2(h) * (1 + scale) + shift
        return self.skip(x) + self.conv2(F.silu(h))


class SelfAttention(nn.Module):
    """Every place of an image looks at every other, and at the tokens of a context if there is one.

    x (B, C, H, W), context (B, L, context_dim) -> (B, C, H, W). The last layer begins at 0.
    """

    def __init__(self, channels: int, context_dim: int | None = None, *, heads: int = 4):
        super().__init__()
        self.heads = math.gcd(heads, channels)
        self.norm, self.qkv = group_norm(channels), nn.Linear(channels, 3 * channels)
        self.outside = nn.Linear(context_dim, 2 * channels) if context_dim else None
        self.out = zero(nn.Linear(channels, channels))

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        tokens = self.norm(x).flatten(2).transpose(1, 2)  # (B, H·W, C)
        q, k, v = self.qkv(tokens).chunk(3, -1)
        if self.outside is not None and context is not None:
            k, v = (torch.cat(pair, 1) for pair in zip((k, v), self.outside(context).chunk(2, -1), strict=True))
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (q, k, v))
        seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return x + self.out(seen).transpose(1, 2).view_as(x)


class UNet(nn.Module):
    """Images (B, channels, H, W) and times (B,) -> (B, channels, H, W); 0 for every input before training.

    The first thing is to fold each square of `fold` x `fold` pixels into channels: nothing is lost, and every
    layer after it has `fold`² times fewer places to work on.

    Args:
        channels: of the images.
        time_emb_dim: size of the embedding of the time.
        width: channels at the finer of two resolutions; the coarser has twice as many.
        fold: side of the folded squares; H and W are multiples of it. 1 for images of few pixels.
        num_classes: of labels, a row of which is added to the embedding of the time; None for no labels.
        context_dim: of the tokens (B, L, context_dim) that attention also looks at; None for none.
    """

    def __init__(self, channels: int = 1, time_emb_dim: int = 128, *, width: int = 48, fold: int = 2,
                 num_classes: int | None = None, context_dim: int | None = None):
        super().__init__()
        self.channels, self.time_emb_dim, self.fold, self.num_classes = channels, time_emb_dim, fold, num_classes
        wide, dim = 2 * width, time_emb_dim
        self.time = nn.Sequential(nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, dim), nn.SiLU())
        self.label = nn.Linear(num_classes, dim, bias=False) if num_classes else None
        self.enter = nn.Conv2d(fold**2 * channels, width, 3, padding=1)
        self.fine = ResidualBlock(width, width, dim)
        self.down = nn.Conv2d(width, wide, 3, stride=2, padding=1)
        self.coarse1, self.coarse2 = ResidualBlock(wide, wide, dim), ResidualBlock(wide, wide, dim)
        self.attention = SelfAttention(wide, context_dim)
        self.merge = ResidualBlock(wide + width, width, dim)
        self.leave = nn.Sequential(group_norm(width), nn.SiLU(),
                                   zero(nn.Conv2d(width, fold**2 * channels, 3, padding=1)))
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor, t: Tensor, labels: Tensor | None = None,
                context: Tensor | None = None) -> Tensor:
        """t: (B,) or (1,) whole or real numbers, about 0 … 1000. labels: (B,) or one-hot (B, num_classes)."""
        self._check(x)
        time = time_embedding(t, self.time_emb_dim).to(x)
        if self.label is not None and labels is not None:
            time = time + self.label(one_hot(labels, self.num_classes, like=x))
        time = self.time(time)
        fine = self.fine(self.enter(fold(x, self.fold)), time)
        coarse = self.coarse1(self.down(fine), time)
        coarse = self.coarse2(self.attention(coarse, context), time)
        up = F.interpolate(coarse, size=fine.shape[2:])
        merged = self.merge(torch.cat([up, fine], 1), time)
        return unfold(self.leave(merged), self.fold)

    def _check(self, x: Tensor) -> None:
        if x.ndim != 4 or x.shape[1] != self.channels or any(side % self.fold for side in x.shape[2:]):
            raise ValueError(f"images must be (B, {self.channels}, H, W) with sides that are multiples of "
                             f"{self.fold}, got {tuple(x.shape)}: pad them, or choose channels= and fold=")
