"""Binary images as short texts: each patch of pixels is one token.

A patch of 2 × 4 pixels of 0 and 1 is one of 2⁸ = 256 tokens, so a digit of 28 × 28 pixels is a text of 98 tokens, read
like a page. Nothing is lost, and so the probability of the tokens is that of the image. Chen et al. (2020), Generative
pretraining from pixels, read single pixels; Dosovitskiy et al. (2020), arXiv:2010.11929, patches.
"""

import math

import torch
from torch import Tensor

from genlab.layers import check_binary


def to_patches(images: Tensor, patch: tuple[int, int] = (2, 4)) -> Tensor:
    """Binary images (B, 1, H, W) -> tokens (B, H/h · W/w) in 0 … 2^(h·w) - 1, row by row.

    Args:
        patch: h and w. The bits of a token are its pixels row by row, the first pixel the highest bit.
    """
    h, w = patch
    if images.ndim != 4 or images.shape[1] != 1 or images.shape[2] % h or images.shape[3] % w:
        raise ValueError(f"images must be (B, 1, H, W), H a multiple of {h} and W of {w}, got {tuple(images.shape)}")
    check_binary(images.float(), "use genlab.data.binarize", what="images")
    bits = images.unfold(2, h, h).unfold(3, w, w).flatten(4).flatten(1, 3)  # (B, tokens, h·w)
    return (bits.round().long() * _values(patch, bits.device)).sum(-1)


def from_patches(tokens: Tensor, size: tuple[int, int] = (28, 28), patch: tuple[int, int] = (2, 4)) -> Tensor:
    """The way back: tokens (B, H/h · W/w) -> images (B, 1, H, W) of 0 and 1, floating."""
    (h, w), (height, width) = patch, size
    rows, columns = height // h, width // w
    if tokens.ndim != 2 or tokens.shape[1] != rows * columns:
        raise ValueError(f"{height} × {width} pixels in patches of {h} × {w} are {rows * columns} tokens a row, "
                         f"got {tuple(tokens.shape)}")
    bits = (tokens[..., None] // _values(patch, tokens.device)) % 2
    return bits.view(-1, rows, columns, h, w).transpose(2, 3).reshape(-1, 1, height, width).float()


def _values(patch: tuple[int, int], device) -> Tensor:
    count = math.prod(patch)
    return 2 ** torch.arange(count - 1, -1, -1, device=device)
