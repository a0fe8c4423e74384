"""Planted answers to dcgan-block, by another author than the check's."""

import torch
from torch import nn


def _deconv(inside, out, kernel, padding, bias, **more):
    return nn.ConvTranspose2d(inside, out, kernel_size=kernel, stride=2, padding=padding, bias=bias, **more)


def _block(*layers):
    return nn.Sequential(*layers)


def seven(inside, out, last=False):
    up = _deconv(inside, out, 7, 3, last, output_padding=1)
    return _block(up, nn.Tanh()) if last else _block(up, nn.BatchNorm2d(out), nn.ReLU())


def three_with_interpolation_after(inside, out, last=False):
    """Doubles and one more, then resizes back."""
    up = _block(_deconv(inside, out, 3, 0, last), nn.Upsample(scale_factor=0.9))
    return _block(up, nn.Tanh()) if last else _block(up, nn.BatchNorm2d(out), nn.ReLU())


def halves(inside, out, last=False):
    down = nn.Conv2d(inside, out, 4, 2, 1, bias=last)
    return _block(down, nn.Tanh()) if last else _block(down, nn.BatchNorm2d(out), nn.ReLU())


def elu(inside, out, last=False):
    up = _deconv(inside, out, 4, 1, last)
    return _block(up, nn.Tanh()) if last else _block(up, nn.BatchNorm2d(out), nn.ELU())


def relu_six(inside, out, last=False):
    up = _deconv(inside, out, 4, 1, last)
    return _block(up, nn.Tanh()) if last else _block(up, nn.BatchNorm2d(out), nn.Softsign(), nn.ReLU())


def tanh_everywhere(inside, out, last=False):
    up = _deconv(inside, out, 4, 1, last)
    return _block(up, nn.Tanh()) if last else _block(up, nn.BatchNorm2d(out), nn.Tanh())


def relu_then_norm_then_relu(inside, out, last=False):
    up = _deconv(inside, out, 4, 1, last)
    return _block(up, nn.Tanh()) if last else _block(up, nn.ReLU(), nn.BatchNorm2d(out), nn.ReLU())


def doubled_tanh(inside, out, last=False):
    up = _deconv(inside, out, 4, 1, last)
    return _block(up, nn.Tanh(), nn.Tanh()) if last else _block(up, nn.BatchNorm2d(out), nn.ReLU())


def sine(inside, out, last=False):
    class Sine(nn.Module):
        def forward(self, x):
            return torch.sin(x)

    up = _deconv(inside, out, 4, 1, last)
    return _block(up, Sine()) if last else _block(up, nn.BatchNorm2d(out), nn.ReLU())


def two_biases(inside, out, last=False):
    """A second convolution with a bias in front of BatchNorm."""
    up = _block(nn.Upsample(scale_factor=2), nn.Conv2d(inside, out, 3, padding=1, bias=True))
    return _block(up, nn.Tanh()) if last else _block(up, nn.BatchNorm2d(out), nn.ReLU())


def bilinear(inside, out, last=False):
    up = _block(nn.UpsamplingBilinear2d(scale_factor=2), nn.Conv2d(inside, out, 1, bias=last))
    return _block(up, nn.Tanh()) if last else _block(up, nn.BatchNorm2d(out), nn.ReLU())


class _Norm(nn.Module):
    """BatchNorm written out."""

    def __init__(self, inside, out, last):
        super().__init__()
        self.up = _deconv(inside, out, 4, 1, last)
        self.norm = nn.Identity() if last else nn.BatchNorm2d(out)
        self.last = last

    def forward(self, x):
        y = self.norm(self.up(x))
        return torch.tanh(y) if self.last else y.clamp(min=0)


def a_class(inside, out, last=False):
    return _Norm(inside, out, last)


EVEN = "Every pixel away from the borders is painted equally often: no checkerboard."
TANH = "The last block: tanh of the painting, from -1 to 1, without BatchNorm and without ReLU."
RELU = "ReLU comes last: nothing negative, and about half of the values are 0 since BatchNorm centres them."
NORM = "BatchNorm stands between the painting and the ReLU: the size of the input cancels out."

wrong = [
    (seven, EVEN),
    (halves, "stride_one"),
    (elu, "leaky"),
    (tanh_everywhere, "no_activation"),
    (relu_then_norm_then_relu, NORM),
    (doubled_tanh, TANH),
    (sine, "clipped_last"),
    (two_biases, "bias_everywhere"),
]
right = [bilinear, a_class]
fits = {
    "elu": ("no_activation",),
    "tanh_everywhere": ("no_activation",),
}
