"""Answers to pixelcnn-masked-conv: wrong ones with the sentence that names each, and right ones."""

import torch
from torch import nn
from torch.nn import functional as F

from grading.checks.exercise import Mistake
from grading.exercises.pixelcnn.masked_conv import MaskedConv2d

# Known mistakes


class NoMask(MaskedConv2d):
    def forward(self, x):
        return F.conv2d(x, self.weight, self.bias, padding=self.padding)


class WritesData(MaskedConv2d):
    def forward(self, x):
        self.weight.data *= self.mask
        return F.conv2d(x, self.weight, self.bias, padding=self.padding)


class WritesDataAndMultiplies(MaskedConv2d):
    def forward(self, x):
        self.weight.data *= self.mask
        return super().forward(x)


class GradientOnly(MaskedConv2d):
    def __init__(self, mask, in_channels, out_channels):
        super().__init__(mask, in_channels, out_channels)
        self.weight.register_hook(lambda gradient: gradient * self.mask)

    def forward(self, x):
        return F.conv2d(x, self.weight, self.bias, padding=self.padding)


class Detached(MaskedConv2d):
    def forward(self, x):
        return F.conv2d(x, (self.weight * self.mask).detach(), self.bias, padding=self.padding)


class MaskAsParameterOfInput(MaskedConv2d):
    def forward(self, x):
        return F.conv2d(x.detach(), self.weight * self.mask, self.bias, padding=self.padding)


class NoBias(MaskedConv2d):
    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, padding=self.padding)


class NoPadding(MaskedConv2d):
    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask, self.bias)


class Inverted(MaskedConv2d):
    def forward(self, x):
        return F.conv2d(x, self.weight * (1 - self.mask), self.bias, padding=self.padding)


class Flipped(MaskedConv2d):
    def forward(self, x):
        return F.conv2d(x, self.weight * self.mask.flip(0, 1), self.bias, padding=self.padding)


class KernelFlipped(MaskedConv2d):
    def forward(self, x):
        return F.conv2d(x, (self.weight * self.mask).flip(2, 3), self.bias, padding=self.padding)


class FirstChannelOnly(MaskedConv2d):
    def forward(self, x):
        weight = self.weight.clone()
        weight[:, 0] = weight[:, 0] * self.mask
        return F.conv2d(x, weight, self.bias, padding=self.padding)


class StraightThrough(MaskedConv2d):
    """The value is masked, the gradient is not."""

    def forward(self, x):
        weight = self.weight + (self.weight * self.mask - self.weight).detach()
        return F.conv2d(x, weight, self.bias, padding=self.padding)


class PaddedAboveLeft(MaskedConv2d):
    def forward(self, x):
        kh, kw = self.mask.shape
        return F.conv2d(F.pad(x, (kw - 1, 0, kh - 1, 0)), self.weight * self.mask, self.bias)


class Repeated(MaskedConv2d):
    def forward(self, x):
        padding = (self.padding[1], self.padding[1], self.padding[0], self.padding[0])
        return F.conv2d(F.pad(x, padding, mode="replicate"), self.weight * self.mask, self.bias)


class Added(MaskedConv2d):
    def forward(self, x):
        return F.conv2d(x, self.weight + self.mask, self.bias, padding=self.padding)


class Transposed(MaskedConv2d):
    def forward(self, x):
        mask = self.mask.T if self.mask.shape[0] == self.mask.shape[1] else self.mask
        return F.conv2d(x, self.weight * mask, self.bias, padding=self.padding)


class MinusInfinity(MaskedConv2d):
    def forward(self, x):
        return F.conv2d(x, self.weight.masked_fill(self.mask == 0, float("-inf")), self.bias, padding=self.padding)


class Rescaled(MaskedConv2d):
    def forward(self, x):
        weight = self.weight * self.mask * self.mask.numel() / self.mask.sum()
        return F.conv2d(x, weight, self.bias, padding=self.padding)


class MaskIsTrained(MaskedConv2d):
    def __init__(self, mask, in_channels, out_channels):
        super().__init__(mask, in_channels, out_channels)
        del self.mask
        self.mask = torch.nn.Parameter(mask.clone())


class ProductKept(MaskedConv2d):
    def forward(self, x):
        if not hasattr(self, "kernel"):
            self.kernel = self.weight * self.mask
        return F.conv2d(x, self.kernel, self.bias, padding=self.padding)


class OwnMask(MaskedConv2d):
    def forward(self, x):
        order = torch.arange(self.mask.numel()).view_as(self.mask)
        return F.conv2d(x, self.weight * (order < self.mask.numel() // 2), self.bias, padding=self.padding)


class Reflected(MaskedConv2d):
    def forward(self, x):
        p, q = self.padding
        if x.shape[2] > p and x.shape[3] > q:
            return F.conv2d(F.pad(x, (q, q, p, p), mode="reflect"), self.weight * self.mask, self.bias)
        return super().forward(x)


class BiasTwice(MaskedConv2d):
    def forward(self, x):
        return super().forward(x) + self.bias[:, None, None]


# Also right


class ByForward(nn.Conv2d):
    def __init__(self, mask, in_channels, out_channels):
        super().__init__(in_channels, out_channels, kernel_size=(mask.size(0), mask.size(1)), padding="same")
        self.register_buffer("mask", mask[None, None].float())

    def forward(self, x):
        return self._conv_forward(x, self.weight * self.mask.to(self.weight), self.bias)


class ByShifts(nn.Module):
    """Only the taps that are open."""

    def __init__(self, mask, in_channels, out_channels):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, *mask.shape))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.mask = mask

    def forward(self, x):
        kh, kw = self.mask.shape
        height, width = x.shape[-2:]
        wide = F.pad(x, (kw // 2, kw // 2, kh // 2, kh // 2))
        total = self.bias[None, :, None, None] * torch.ones_like(x[:, :1])
        for i in range(kh):
            for j in range(kw):
                if self.mask[i, j]:
                    total = total + F.conv2d(wide[:, :, i:i + height, j:j + width], self.weight[:, :, i:i + 1, j:j + 1])
        return total


class ByWhere(nn.Conv2d):
    def __init__(self, mask, in_channels, out_channels):
        super().__init__(in_channels, out_channels, tuple(mask.shape))
        self.register_buffer("open", mask.bool())

    def forward(self, x):
        kh, kw = self.open.shape
        x = F.pad(x, (kw // 2, kw // 2, kh // 2, kh // 2))
        return F.conv2d(x, torch.where(self.open, self.weight, 0.0), self.bias)


mistakes = [
    Mistake(NoMask, "The closed taps are used: multiply weight and mask in every forward. A mask that is applied once, when the layer "
            "is made, is gone as soon as weights are loaded or trained."),
    Mistake(WritesData, "You write into the weights during the pass. `.data` is hidden from autograd: closed taps get a gradient, the "
            "optimizer moves them, and whoever shares the tensor finds it changed. Use the product instead."),
    Mistake(WritesDataAndMultiplies, "You write into the weights during the pass: the product with the mask is enough, and changes nothing."),
    Mistake(GradientOnly, "You mask the gradient alone: the pass itself still uses every tap, whatever it was initialised to."),
    Mistake(Detached, "No gradient reaches `weight`: leave out `detach`, `data` and `no_grad`."),
    Mistake(MaskAsParameterOfInput, "No gradient reaches the input: earlier layers would never learn."),
    Mistake(NoBias, "The bias is missing: hand `self.bias` to F.conv2d."),
    Mistake(NoPadding, "The output is smaller than the image: pad by half the kernel on each side."),
    Mistake(Inverted, "You use the taps that are closed: 1 in the mask is open."),
    Mistake(Flipped, "The mask is turned by 180°: F.conv2d does not flip its kernel, so the mask lies on the image as it is."),
    Mistake(KernelFlipped, "The kernel is turned by 180°. PyTorch's convolution does not flip: use weight and mask as they are."),
    Mistake(FirstChannelOnly, "Only the first input channel is masked: the mask applies to every pair of channels."),
    Mistake(StraightThrough, "The closed taps get a gradient, and an optimizer would move them. Let the gradient pass through the product."),
    Mistake(PaddedAboveLeft, "You pad above and to the left only: that shifts the image. Half the kernel on each side."),
    Mistake(Repeated, "The border is padded with copies of its pixels; zeros are asked for, as nn.Conv2d has them."),
    Mistake(Added, "The mask is added to the weights: multiply."),
    Mistake(Transposed, "The mask is transposed: its rows are the kernel's rows."),
    Mistake(MinusInfinity, "A weight of minus infinity belongs in front of a softmax. Here a closed tap counts 0: multiply by the mask."),
    Mistake(MaskIsTrained, "Your mask is a parameter, so the optimizer moves it and closed taps open. A buffer moves with the module and is "
            "not trained: register_buffer."),
    Mistake(ProductKept, "You make the product of weight and mask once and keep it: after a step the weights are others. Make it anew in "
            "each pass."),
    Mistake(OwnMask, "You make a mask of your own. The layer is handed one: self.mask."),
    Mistake(Reflected, "The border is padded with a mirror image; zeros are asked for, as nn.Conv2d has them."),
    Mistake(BiasTwice, "The bias is added twice: F.conv2d does it when it is handed one."),
    Mistake(Rescaled, "The open taps are rescaled; use them as they are."),
]

also_right = [ByForward, ByShifts, ByWhere]
