"""Deep convolutional GANs: the two players of `gan.py` as towers of strided convolutions.

    G   z (B, K) -> a seed of 4×4 or 7×7 pixels with many channels; each block doubles the side and halves the
        channels: transposed convolution, BatchNorm, ReLU. The last has no BatchNorm and ends in tanh.
    D   the same backwards: convolution of stride 2, BatchNorm, LeakyReLU(0.2); none on the image itself. One logit.

No pooling and no hidden fully connected layer. All weights begin as N(0, 0.02²), BatchNorm's scales as N(1, 0.02²).

Radford, Metz and Chintala (2015), Unsupervised representation learning with deep convolutional generative
adversarial networks, arXiv:1511.06434. Kernels are twice their stride, so that every pixel is painted equally
often (Odena, Dumoulin and Olah 2016, distill.pub/2016/deconv-checkerboard).
"""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

from genlab.layers import as_shape

__all__ = ["DCGANDiscriminator", "DCGANGenerator", "conv_out_size", "dcgan_init", "down_block", "paint_counts",
           "resize_block", "up_block"]


def conv_out_size(n: int, kernel: int, stride: int = 1, padding: int = 0, *, transposed: bool = False) -> int:
    """Pixels along one axis after a convolution, or after a transposed one, of n pixels.

        convolution    ⌊(n + 2p - k)/s⌋ + 1        transposed    (n - 1) s - 2p + k

    Raises:
        ValueError: nothing would be left.
    """
    size = (n - 1) * stride - 2 * padding + kernel if transposed else (n + 2 * padding - kernel) // stride + 1
    if size < 1:
        kind = "transposed convolution" if transposed else "convolution"
        raise ValueError(f"a {kind} with kernel {kernel}, stride {stride} and padding {padding} leaves nothing of "
                         f"{n} pixels: use a {'larger' if transposed else 'smaller'} kernel or other padding")
    return size


def paint_counts(n: int, kernel: int, stride: int, padding: int = 0) -> Tensor:
    """How many of n pixels paint each pixel of a transposed convolution's output along one axis: whole numbers.

    Away from the borders all are equal if, and only if, the stride divides the kernel.
    """
    out = torch.zeros(conv_out_size(n, kernel, stride, transposed=True), dtype=torch.int64)
    for i in range(n):
        out[i * stride:i * stride + kernel] += 1
    return out[padding:len(out) - padding]


def dcgan_init(module: nn.Module) -> None:
    """The paper's initialisation, for `network.apply(dcgan_init)`.

    Weights of convolutions, transposed convolutions and linear layers ~ N(0, 0.02²), scales of BatchNorm
    ~ N(1, 0.02²), offsets 0; all else stays.
    """
    if isinstance(module, (nn.modules.conv._ConvNd, nn.Linear)):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.modules.batchnorm._BatchNorm) and module.affine:
        nn.init.normal_(module.weight, 1.0, 0.02)
    else:
        return
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def up_block(inside: int, out: int, last: bool = False) -> nn.Sequential:
    """Twice the side by a transposed convolution: (B, inside, H, W) -> (B, out, 2H, 2W); the last in [-1, 1]."""
    paint = nn.ConvTranspose2d(inside, out, 4, stride=2, padding=1, bias=last)
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(paint, nn.BatchNorm2d(out), nn.ReLU())


def resize_block(inside: int, out: int, last: bool = False) -> nn.Sequential:
    """The same by repeating each pixel, then a convolution, which cannot paint unevenly (Odena et al. 2016)."""
    paint = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(inside, out, 3, padding=1, bias=last))
    return nn.Sequential(paint, nn.Tanh()) if last else nn.Sequential(paint, nn.BatchNorm2d(out), nn.ReLU())


def down_block(inside: int, out: int, norm: bool = True) -> nn.Sequential:
    """Half the side: (B, inside, H, W) -> (B, out, H/2, W/2)."""
    look = nn.Conv2d(inside, out, 4, stride=2, padding=1, bias=not norm)
    return nn.Sequential(look, *([nn.BatchNorm2d(out)] if norm else []), nn.LeakyReLU(0.2))


class DCGANGenerator(nn.Module):
    """From noise to images in [-1, 1]: (B, latent_dim) or (B, latent_dim, 1, 1) -> (B, channels, size, size).

    Args:
        image_size: 4 or 7 times a power of two, such as 28, 32, 64 or 128; the depth follows from it.
        width: channels before the last block; the paper has 128, which is 15 times the weights of 32.
        block: what doubles the side, block(inside, out, last) as `up_block`, which is the default.
    """

    data_range = (-1.0, 1.0)

    def __init__(self, latent_dim: int = 100, channels: int = 1, image_size: int = 64, *, width: int = 64,
                 block: Callable[[int, int, bool], nn.Module] | None = None):
        super().__init__()
        self.latent_dim, self.data_shape = latent_dim, (channels, image_size, image_size)
        seed, doublings = seed_of(image_size)
        widths = [width * 2**i for i in reversed(range(doublings))]  # such as 512, 256, 128, 64
        block = up_block if block is None else block
        self.net = nn.Sequential(
            nn.ConvTranspose2d(latent_dim, widths[0], seed, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(),
            *(block(inside, out, False) for inside, out in pairwise(widths)),
            block(width, channels, True))
        self.apply(dcgan_init)

    def forward(self, z: Tensor) -> Tensor:
        return self.net(as_shape(z, (self.latent_dim,), what="z")[:, :, None, None])


class DCGANDiscriminator(nn.Module):
    """From images to logits: (B, channels, size, size) -> (B,). D(x) is the sigmoid.

    Data and samples go through it in batches of their own: BatchNorm would tell each what the others are like.

    Args:
        image_size: as for the generator.
        width: channels after the first block.
        norm: BatchNorm in all blocks but the first, as published. Penalties on the slope at each image, such as
            R1, need False.
    """

    def __init__(self, channels: int = 1, image_size: int = 64, *, width: int = 64, norm: bool = True):
        super().__init__()
        self.data_shape = (channels, image_size, image_size)
        last, halvings = seed_of(image_size)
        widths = [channels, *(width * 2**i for i in range(halvings))]
        self.net = nn.Sequential(
            *(down_block(inside, out, norm and i > 0)
              for i, (inside, out) in enumerate(pairwise(widths))),
            nn.Conv2d(widths[-1], 1, last), nn.Flatten(0))
        self.apply(dcgan_init)

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim == 4 and x.shape[1] == self.data_shape[0] and x.shape[2] == x.shape[3] != self.data_shape[1]:
            side, fits = x.shape[2], nearest_size(x.shape[2])
            first = "" if side == fits else f"pad or resize the images to {fits}, and "
            raise ValueError(f"this discriminator is built for images of {self.data_shape[1]} × {self.data_shape[2]} "
                             f"pixels, got {side} × {side}: {first}build both players with image_size={fits}")
        return self.net(as_shape(x, self.data_shape))


def seed_of(image_size: int) -> tuple[int, int]:
    """The side of the smallest map, 4 or 7, and how often it is doubled.

    Raises:
        ValueError: no number of doublings gives this size.
    """
    for seed in (4, 7):
        times = image_size // seed
        if image_size == seed * times and times > 1 and times & (times - 1) == 0:
            return seed, times.bit_length() - 1
    raise ValueError(f"image_size must be 4 or 7 times 2, 4, 8, …, such as 28, 32, 64 or 128, got {image_size}: "
                     f"pad or resize the images to {nearest_size(image_size)}")


def nearest_size(side: int) -> int:
    """The smallest size that fits images of this side."""
    return min(seed * 2**i for seed in (4, 7) for i in range(1, 13) if seed * 2**i >= min(side, 4096))
