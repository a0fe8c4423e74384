"""Planted answers to pixelcnn-masked-conv, by another author than the check's."""

import torch
from torch import nn
from torch.nn import functional as F


class _Plain(nn.Conv2d):
    """A right layer, in parts."""

    def __init__(self, mask, in_channels, out_channels):
        super().__init__(in_channels, out_channels, tuple(mask.shape), padding="same")
        self.register_buffer("mask", mask)

    def kernel(self):
        return self.weight * self.mask

    def forward(self, x):
        return F.conv2d(x, self.kernel(), self.bias, padding="same")


class MaskedOnce(_Plain):
    """The mask is applied when the layer is made."""

    def __init__(self, mask, in_channels, out_channels):
        super().__init__(mask, in_channels, out_channels)
        self.weight.data *= mask

    def kernel(self):
        return self.weight


class MaskedInNoGrad(_Plain):
    def forward(self, x):
        with torch.no_grad():
            self.weight.mul_(self.mask)
        return super().forward(x)


class MaskAsParameter(_Plain):
    def __init__(self, mask, in_channels, out_channels):
        super().__init__(mask, in_channels, out_channels)
        del self.mask
        self.mask = nn.Parameter(mask.clone())


class PaddedByHeight(_Plain):
    def forward(self, x):
        p = self.mask.shape[0] // 2
        return F.conv2d(x, self.kernel(), self.bias, padding=p)


class SidesExchanged(_Plain):
    def forward(self, x):
        kh, kw = self.mask.shape
        return F.conv2d(x, self.kernel(), self.bias, padding=(kw // 2, kh // 2))


class CutBack(_Plain):
    """Padded by the whole kernel and cut at the end."""

    def forward(self, x):
        kh, kw = self.mask.shape
        return F.conv2d(x, self.kernel(), self.bias, padding=(kh - 1, kw - 1))[:, :, :x.shape[2], :x.shape[3]]


class KernelSquared(_Plain):
    def kernel(self):
        return self.weight * self.mask * self.weight


class RasterMask(_Plain):
    """A mask A of its own in place of the one that is handed over."""

    def kernel(self):
        kh, kw = self.mask.shape
        return self.weight * (torch.arange(kh * kw) < kh * kw // 2).view(kh, kw)


class GradientByHook(_Plain):
    """Value masked, gradient masked once more and halved by a slip."""

    def __init__(self, mask, in_channels, out_channels):
        super().__init__(mask, in_channels, out_channels)
        self.weight.register_hook(lambda g: g * self.mask / 2)


class BiasMasked(_Plain):
    def forward(self, x):
        return F.conv2d(x, self.kernel(), self.bias * self.mask.mean(), padding="same")


class BiasTwice(_Plain):
    def forward(self, x):
        return F.conv2d(x, self.kernel(), self.bias, padding="same") + self.bias.view(1, -1, 1, 1)


class Reflected(_Plain):
    def forward(self, x):
        kh, kw = self.mask.shape
        return F.conv2d(F.pad(x, (kw // 2, kw // 2, kh // 2, kh // 2), mode="reflect"), self.kernel(), self.bias)


class Depthwise(_Plain):
    def forward(self, x):
        parts = [F.conv2d(x[:, i:i + 1], self.kernel()[:, i:i + 1], padding="same") for i in range(x.shape[1])]
        return parts[-1] + self.bias.view(1, -1, 1, 1)


class KernelKept(_Plain):
    """The product is made once and kept."""

    def kernel(self):
        if not hasattr(self, "kept"):
            self.kept = self.weight * self.mask
        return self.kept


class KernelKeptDetached(_Plain):
    """The mask is laid on a copy of the weights that is made at the first pass."""

    def forward(self, x):
        if not hasattr(self, "copy"):
            self.copy = nn.Parameter((self.weight * self.mask).detach())
        return F.conv2d(x, self.copy, self.bias, padding="same")


class ReturnsTheKernel(_Plain):
    def forward(self, x):
        return self.kernel()


class FirstImageOnly(_Plain):
    def forward(self, x):
        return F.conv2d(x[:1], self.kernel(), self.bias, padding="same").expand(len(x), -1, -1, -1)


class InputZeroed(_Plain):
    """In place on the image."""

    def forward(self, x):
        x = x.relu_() if not x.requires_grad else x.relu()
        return F.conv2d(x, self.kernel(), self.bias, padding="same")


class ByUnfold(nn.Module):
    """Columns of the image times the open weights."""

    def __init__(self, mask, in_channels, out_channels):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, *mask.shape))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.register_buffer("mask", mask)

    def forward(self, x):
        kh, kw = self.mask.shape
        columns = F.unfold(x, (kh, kw), padding=(kh // 2, kw // 2))
        y = (self.weight * self.mask).flatten(1) @ columns
        return y.view(len(x), -1, *x.shape[2:]) + self.bias.view(-1, 1, 1)


class BySuper(nn.Conv2d):
    def __init__(self, mask, in_channels, out_channels):
        kh, kw = mask.shape
        super().__init__(in_channels, out_channels, (kh, kw), stride=1, padding=(kh // 2, kw // 2), bias=True)
        self.open = mask.bool()

    def forward(self, x):
        return self._conv_forward(x, self.weight.masked_fill(~self.open, 0), self.bias)


class ByEinsum(_Plain):
    def forward(self, x):
        kh, kw = self.mask.shape
        patches = F.pad(x, (kw // 2, kw // 2, kh // 2, kh // 2)).unfold(2, kh, 1).unfold(3, kw, 1)
        y = torch.einsum("bchwij,ocij,ij->bohw", patches, self.weight, self.mask.to(x.dtype))
        return y + self.bias[:, None, None]


class OpenWhenEvaluated(_Plain):
    """The mask is used in training alone."""

    def kernel(self):
        return self.weight * self.mask if self.training else self.weight


SAYS_1 = ("`forward` should have shape (B, out, H, W) = (3, 4, 7, 6), not (3, 4, 7, 8). The output: a convolution "
          "with the open taps alone, of the size of x, with the bias.")
SAYS_2 = ("`forward` should have shape (B, out, H, W) = (3, 4, 7, 6), not (3, 4, 5, 8). The output: a convolution "
          "with the open taps alone, of the size of x, with the bias.")
SAYS_3 = ("The output: a convolution with the open taps alone, of the size of x, with the bias.")
SAYS_4 = ("Open taps have the gradient of a convolution, closed ones exactly 0.")
SAYS_5 = ("`forward` should have shape (B, out, H, W) = (3, 4, 7, 6), not (4, 2, 5, 3). The output: a convolution "
          "with the open taps alone, of the size of x, with the bias.")
SAYS_6 = ("`MaskedConv2d` changes its argument `x` in place: work on a copy. The output: a convolution with the "
          "open taps alone, of the size of x, with the bias.")
SAYS_7 = ("The output: a convolution with the open taps alone, of the size of x, with the bias.")

wrong = [
    (MaskedOnce, "NoMask"), (MaskedInNoGrad, "WritesDataAndMultiplies"), (MaskAsParameter, "MaskIsTrained"),
    (PaddedByHeight, SAYS_1), (SidesExchanged, SAYS_2), (CutBack, "PaddedAboveLeft"), (KernelSquared, SAYS_3),
    (RasterMask, "OwnMask"), (GradientByHook, SAYS_4), (BiasMasked, SAYS_3), (BiasTwice, "BiasTwice"),
    (Reflected, "Reflected"), (Depthwise, SAYS_3), (KernelKept, "ProductKept"), (KernelKeptDetached, "Detached"),
    (ReturnsTheKernel, SAYS_5), (FirstImageOnly, SAYS_3), (InputZeroed, SAYS_6),
    (OpenWhenEvaluated, SAYS_7),
]
right = [ByUnfold, BySuper, ByEinsum]
