"""Answers to dcgan-block: wrong ones with the sentence that names each, and right ones."""

import torch
from torch import nn

from grading.checks.exercise import Mistake


def _paint(inside, out, bias, kernel=4, padding=1, extra=0):
    return nn.ConvTranspose2d(inside, out, kernel, stride=2, padding=padding, output_padding=extra, bias=bias)


def _finish(paint, out, last):
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(paint, nn.BatchNorm2d(out), nn.ReLU())


# Known mistakes


def kernel_three(inside, out, last=False):
    return _finish(_paint(inside, out, last, 3, 1, 1), out, last)


def kernel_five(inside, out, last=False):
    return _finish(_paint(inside, out, last, 5, 2, 1), out, last)


def no_padding(inside, out, last=False):
    return _finish(_paint(inside, out, last, 4, 0), out, last)


def stride_one(inside, out, last=False):
    return _finish(nn.ConvTranspose2d(inside, out, 3, padding=1, bias=last), out, last)


def size_fixed(inside, out, last=False):
    paint = nn.Sequential(nn.Upsample(size=(10, 10)), nn.Conv2d(inside, out, 3, padding=1, bias=last))
    return _finish(paint, out, last)


def no_norm(inside, out, last=False):
    paint = _paint(inside, out, True)
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(paint, nn.ReLU())


def norm_after_relu(inside, out, last=False):
    paint = _paint(inside, out, last)
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(paint, nn.ReLU(), nn.BatchNorm2d(out))


def norm_first(inside, out, last=False):
    paint = _paint(inside, out, True)
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(nn.BatchNorm2d(inside), paint, nn.ReLU())


def norm_everywhere(inside, out, last=False):
    return nn.Sequential(_paint(inside, out, False), nn.BatchNorm2d(out), nn.Tanh() if last else nn.ReLU())


def instance_norm(inside, out, last=False):
    paint = _paint(inside, out, last)
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(paint, nn.InstanceNorm2d(out, affine=True), nn.ReLU())


def group_norm(inside, out, last=False):
    paint = _paint(inside, out, last)
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(paint, nn.GroupNorm(1, out), nn.ReLU())


def bias_everywhere(inside, out, last=False):
    return _finish(_paint(inside, out, True), out, last)


def bias_nowhere(inside, out, last=False):
    return _finish(_paint(inside, out, False), out, last)


def bias_the_wrong_way_round(inside, out, last=False):
    return _finish(_paint(inside, out, not last), out, last)


def norm_without_scale(inside, out, last=False):
    paint = _paint(inside, out, last)
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(paint, nn.BatchNorm2d(out, affine=False), nn.ReLU())


def leaky(inside, out, last=False):
    paint = _paint(inside, out, last)
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(paint, nn.BatchNorm2d(out), nn.LeakyReLU(0.2))


def smooth(inside, out, last=False):
    paint = _paint(inside, out, last)
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(paint, nn.BatchNorm2d(out), nn.Softplus())


def no_activation(inside, out, last=False):
    paint = _paint(inside, out, last)
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(paint, nn.BatchNorm2d(out))


def sigmoid_last(inside, out, last=False):
    paint = _paint(inside, out, last)
    return nn.Sequential(paint, nn.Sigmoid()) if last else _finish(paint, out, last)


def nothing_last(inside, out, last=False):
    paint = _paint(inside, out, last)
    return paint if last else _finish(paint, out, last)


def clipped_last(inside, out, last=False):
    paint = _paint(inside, out, last)
    return nn.Sequential(paint, nn.Hardtanh()) if last else _finish(paint, out, last)


def relu_before_tanh(inside, out, last=False):
    paint = _paint(inside, out, last)
    return nn.Sequential(paint, nn.ReLU(), nn.Tanh()) if last else _finish(paint, out, last)


def ignores_last(inside, out, last=False):
    return _finish(_paint(inside, out, False), out, False)


def always_last(inside, out, last=False):
    return _finish(_paint(inside, out, True), out, True)


def last_the_wrong_way_round(inside, out, last=False):
    return _finish(_paint(inside, out, not last), out, not last)


def dropout_too(inside, out, last=False):
    paint = _paint(inside, out, last)
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(paint, nn.BatchNorm2d(out), nn.Dropout(0.5), nn.ReLU())


# Also right


def kernel_two(inside, out, last=False):
    return _finish(_paint(inside, out, last, 2, 0), out, last)


def kernel_six(inside, out, last=False):
    layers = [_paint(inside, out, last, 6, 2)]
    if last:
        layers.append(nn.Tanh())
    else:
        layers.extend([nn.BatchNorm2d(out), nn.ReLU(inplace=True)])
    return nn.Sequential(*layers)


class _Resized(nn.Module):
    def __init__(self, inside, out, last):
        super().__init__()
        self.conv = nn.Conv2d(inside, out, 5, padding=2, bias=last)
        self.norm = None if last else nn.BatchNorm2d(out)

    def forward(self, x):
        y = self.conv(x.repeat_interleave(2, 2).repeat_interleave(2, 3))
        return y.tanh() if self.norm is None else torch.relu(self.norm(y))


def resized_by_hand(inside, out, last=False):
    return _Resized(inside, out, last)


def shuffled(inside, out, last=False):
    paint = nn.Sequential(nn.Conv2d(inside, 4 * out, 3, padding=1, bias=False), nn.PixelShuffle(2))
    if last:
        return nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(inside, out, 3, padding=1), nn.Tanh())
    return _finish(paint, out, last)


BOARD = ("Kernel {} is not a multiple of stride 2: some pixels are painted more often than their neighbours, which is the checkerboard "
         "of section 1.")
SIDE = "The sides do not double: (H - 1) · 2 - 2p + k must be 2H, whatever H is."

mistakes = [
    Mistake(kernel_three, BOARD.format(3)), Mistake(kernel_five, BOARD.format(5)),
    Mistake(no_padding, SIDE), Mistake(stride_one, SIDE), Mistake(size_fixed, SIDE),
    Mistake(no_norm, "BatchNorm is missing: the block's output grows with its input."),
    Mistake(norm_after_relu, "BatchNorm stands after the ReLU, so that negative values leave the block: first BatchNorm, then ReLU."),
    Mistake(norm_first, "BatchNorm stands before the painting: it belongs between the painting and the ReLU."),
    Mistake(norm_everywhere, "The last block has BatchNorm, too: there it would fix each batch's mean and spread, and no image could be "
            "dark or bright by itself."),
    Mistake(instance_norm, "You normalise each image by itself: BatchNorm takes mean and spread over the batch."),
    Mistake(group_norm, "You normalise each image by itself: BatchNorm takes mean and spread over the batch."),
    Mistake(bias_everywhere, "A bias stands in front of BatchNorm, which subtracts it again: bias=False there."),
    Mistake(bias_nowhere, "The last block has no offset: no BatchNorm follows, so its convolution needs the bias."),
    Mistake(bias_the_wrong_way_round, "The biases are the wrong way round: one in the last block, none in front of BatchNorm."),
    Mistake(norm_without_scale, "BatchNorm has no scale and no offset of its own (affine=False): then every channel has the same "
            "spread for ever."),
    Mistake(leaky, "Negative values leave the block: the generator has ReLU; the leaky one is D's."),
    Mistake(smooth, "The activation is not ReLU: no value of your block is exactly 0."),
    Mistake(no_activation, "No activation follows BatchNorm: without it all the blocks together are one linear layer."),
    Mistake(sigmoid_last, "The last block ends in [0, 1]: the data are in [-1, 1], so it ends in tanh."),
    Mistake(nothing_last, "The last block is unbounded: it ends in tanh."),
    Mistake(clipped_last, "The last block does not end in the tanh of its convolution: a clipped output, for one, has no gradient at its ends."),
    Mistake(relu_before_tanh, "The last block has a ReLU before its tanh: then no pixel is darker than 0."),
    Mistake(ignores_last, "`last` makes no difference: the last block has tanh in place of BatchNorm and ReLU."),
    Mistake(always_last, "Every block is like the last one: the others have BatchNorm and ReLU."),
    Mistake(last_the_wrong_way_round, "The two kinds are swapped: tanh belongs to the last block."),
    Mistake(dropout_too, "Something in your block is random: DCGAN has no dropout."),
]

also_right = [kernel_two, kernel_six, resized_by_hand, shuffled]
