"""Blur: what the feature network is trained to see past, and one of the defects by which it is measured."""

import torch
import torch.nn.functional as F
from torch import Tensor


def blur(x: Tensor) -> Tensor:
    """A Gaussian of one pixel's width, 5×5."""
    kernel = torch.exp(-torch.arange(-2, 3, device=x.device, dtype=x.dtype).square() / 2)
    kernel = (kernel / kernel.sum()).view(1, 1, 1, 5)
    return F.conv2d(F.conv2d(x, kernel, padding=(0, 2)), kernel.mT, padding=(2, 0))
