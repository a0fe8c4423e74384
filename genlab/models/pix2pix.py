"""Image to image: a U-Net draws, and a discriminator of patches judges the drawing beside its input.

    x  ->  G(x)        both images (B, C, S, S), in [-1, 1]; S a power of two
    D(x, y)            a logit for each patch of the pair, (B, 1, h, w)

    L_D = ½ (mean softplus(-D(x, y)) + mean softplus(D(x, G(x))))
    L_G = mean softplus(-D(x, G(x))) + λ mean |y - G(x)|,    λ = 100

There is no z: the only noise is dropout in the innermost blocks of the decoder, which stays on in use.

Isola, Zhu, Zhou and Efros (2016), Image-to-image translation with conditional adversarial networks,
arXiv:1611.07004. Layers, initial weights and the halved loss as in the authors' code.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import check_range, evaluating, frozen
from genlab.models.adversarial import NonSaturating
from genlab.random import bernoulli

KERNEL = 4
NORMS = ("batch", "instance", "none")


def _norm(kind: str, channels: int) -> nn.Module:
    """A norm of `channels` maps over the batch, over each image by itself, or none.

    The statistics are those of the images at hand, also when the network is used: the paper's choice. With a single
    image the two norms are the same, and then what is drawn does not depend on its neighbours in a batch.
    """
    if kind not in NORMS:
        raise ValueError(f"norm must be one of {', '.join(NORMS)}, got {kind!r}")
    if kind == "none":
        return nn.Identity()
    if kind == "batch":
        return nn.BatchNorm2d(channels, track_running_stats=False)
    return nn.InstanceNorm2d(channels, affine=True)


def halving(inside: int, outside: int, *, norm: str = "batch") -> nn.Sequential:
    """A block of the encoder: maps (B, inside, 2h, 2w) -> (B, outside, h, w). A bias only where no norm follows."""
    return nn.Sequential(nn.Conv2d(inside, outside, KERNEL, 2, 1, bias=norm == "none"), _norm(norm, outside))


def doubling(inside: int, outside: int, *, norm: str = "batch") -> nn.Sequential:
    """A block of the decoder: maps (B, inside, h, w) -> (B, outside, 2h, 2w)."""
    return nn.Sequential(nn.ConvTranspose2d(inside, outside, KERNEL, 2, 1, bias=norm == "none"), _norm(norm, outside))


def init_weights(module: nn.Module) -> nn.Module:
    """Weights N(0, 0.02²), gains of norms N(1, 0.02²), biases 0, as published; returns the module."""
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(part.weight, 0.0, 0.02)
        elif isinstance(part, (nn.BatchNorm2d, nn.InstanceNorm2d)) and part.weight is not None:
            nn.init.normal_(part.weight, 1.0, 0.02)
        else:
            continue
        if part.bias is not None:
            nn.init.zeros_(part.bias)
    return module


class Pix2PixGenerator(nn.Module):
    """A U-Net from image to image: (B, input_channels, S, S) -> (B, output_channels, S, S) in [-1, 1].

    The encoder halves the image until a single place is left, so the depth is log2 S and every pixel of the result may
    depend on every pixel of the input. The decoder doubles it again, and sees beside its own maps those of the encoder
    that have the same size (the skips).

    Args:
        image_size: S, a power of two, at least 4.
        width: channels after the first layer; each further layer has twice as many, up to max_width (8 · width).
        norm: "batch" as published, "instance", which is the same for a single image, or "none". The first layer and the
            innermost one have none: a norm at 1×1 would leave nothing of its input.
        dropout: share of the values set to 0 in the innermost `noisy_blocks` of the decoder.
        skips: False cuts the bridges, to see what they carry: the maps of the encoder are replaced by 0. Numbers leave
            those whose maps have so many places a side. May be set later, too.

    `noisy = False` switches dropout off; train() and eval() do not.
    """

    data_range = (-1.0, 1.0)
    data_form = "signed"

    def __init__(self, input_channels: int = 3, output_channels: int = 3, *, image_size: int = 256, width: int = 64,
                 max_width: int | None = None, norm: str = "batch", dropout: float = 0.5, noisy_blocks: int = 3,
                 skips: bool | Sequence[int] = True):
        super().__init__()
        depth = _power_of_two(image_size)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), got {dropout}")
        self.data_shape = (input_channels, image_size, image_size)
        self.dropout, self.noisy_blocks, self.skips, self.noisy = dropout, noisy_blocks, skips, True
        widths = [min(width * 2**k, max_width or 8 * width) for k in range(depth)]
        sizes = [input_channels, *widths]
        self.down = nn.ModuleList(halving(sizes[k], sizes[k + 1], norm=norm if 0 < k < depth - 1 else "none")
                                  for k in range(depth))
        sizes[0] = output_channels
        self.up = nn.ModuleList(doubling(widths[k] * (1 if k == depth - 1 else 2), sizes[k], norm=norm if k else "none")
                                for k in reversed(range(depth)))  # from the innermost outwards
        init_weights(self)

    def forward(self, x: Tensor, *, rng: torch.Generator | None = None) -> Tensor:
        _check_images(x, self.data_shape)
        skips, h = [], x
        for k, block in enumerate(self.down):
            h = block(h if k == 0 else F.leaky_relu(h, 0.2))
            skips.append(h)
        skips.pop()  # the innermost is no skip: it is all that the decoder starts from
        for k, block in enumerate(self.up):
            h = block(F.relu(h))
            if self.noisy and self.dropout and k < min(self.noisy_blocks, len(self.up) - 1):
                h = h * bernoulli(torch.full_like(h, 1 - self.dropout), rng=rng) / (1 - self.dropout)
            if skips:
                skip = skips.pop()
                bridge = skip.shape[-1] in self.skips if isinstance(self.skips, (tuple, list)) else self.skips
                h = torch.cat([h, skip if bridge else torch.zeros_like(skip)], 1)
        return h.tanh()


class PatchGAN(nn.Module):
    """A logit for each patch of a pair: x (B, input_channels, H, W), y (B, output_channels, H, W) -> (B, 1, h, w).

    `layers` convolutions of stride 2, two of stride 1, all 4×4: a logit sees `field` × `field` pixels of both images,
    16, 34, 70, 142 for layers = 1, 2, 3, 4. With layers = 0 all convolutions are 1×1, and it judges single pixels.

    Args:
        conditional: False hides x from it, to see what becomes of the pairs.
        width, norm: as in `Pix2PixGenerator`, up to 8 · width channels; the first layer and the last have no norm.
    """

    def __init__(self, input_channels: int = 3, output_channels: int = 3, *, width: int = 64, layers: int = 3,
                 norm: str = "batch", conditional: bool = True):
        super().__init__()
        if layers < 0:
            raise ValueError(f"layers must be at least 0, got {layers}: it counts convolutions of stride 2")
        self.conditional, self.data_shape = conditional, (output_channels,)
        self.kernels, self.strides = ([KERNEL] * (layers + 2), [2] * layers + [1, 1]) if layers else ([1] * 3, [1] * 3)
        sizes = [input_channels * conditional + output_channels]
        sizes += [width * min(2**k, 8) for k in range(len(self.kernels) - 1)] + [1]
        parts = []
        for k, (kernel, stride) in enumerate(zip(self.kernels, self.strides, strict=True)):
            bare = k in (0, len(self.kernels) - 1)
            parts.append(nn.Conv2d(sizes[k], sizes[k + 1], kernel, stride, kernel // 4, bias=bare or norm == "none"))
            parts += [] if bare else [_norm(norm, sizes[k + 1])]
            parts += [nn.LeakyReLU(0.2)] if k < len(self.kernels) - 1 else []
        self.net = init_weights(nn.Sequential(*parts))

    @property
    def field(self) -> int:
        """Side of the patch that one logit sees, in pixels."""
        return receptive_field(self.kernels, self.strides)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        if x.shape[0] != y.shape[0] or x.shape[2:] != y.shape[2:]:
            raise ValueError(f"x and y must be pairs of one size, got {tuple(x.shape)} and {tuple(y.shape)}")
        if min(y.shape[2:]) < 2 ** self.strides.count(2) * 3 and KERNEL in self.kernels:
            raise ValueError(f"images of {tuple(y.shape[2:])} are too small for {self.strides.count(2)} halvings and "
                             "two more layers: use fewer layers")
        return self.net(torch.cat([x, y], 1) if self.conditional else y)


def receptive_field(kernels: Sequence[int], strides: Sequence[int]) -> int:
    """Side of the square of input pixels that one output of a stack of convolutions sees, first layer first.

    From the last layer backwards: r ← (r - 1) · stride + kernel, from r = 1.
    """
    field = 1
    for kernel, stride in reversed(list(zip(kernels, strides, strict=True))):
        field = (field - 1) * stride + kernel
    return field


class Pix2Pix(nn.Module):
    """Generator and discriminator with their losses on pairs (x, y), for `genlab.fit.fit_adversarial`.

    Args:
        l1_weight: λ. 0 leaves the adversarial loss alone.
        adversarial_weight: of the other term. 0 leaves the L1 loss alone, and D, which then learns nothing that
            anybody asks for, is not asked either.
        loss: a pair of losses, see `genlab.models.adversarial`.
    """

    data_range = (-1.0, 1.0)
    data_form = "signed"

    def __init__(self, generator: nn.Module, discriminator: nn.Module, *, l1_weight: float = 100.0,
                 adversarial_weight: float = 1.0, loss: object | None = None):
        super().__init__()
        if min(l1_weight, adversarial_weight) < 0 or l1_weight == adversarial_weight == 0:
            raise ValueError("weights must be at least 0, and one of them above it, got "
                             f"l1_weight = {l1_weight}, adversarial_weight = {adversarial_weight}")
        self.generator, self.discriminator = generator, discriminator
        self.l1_weight, self.adversarial_weight = l1_weight, adversarial_weight
        self.adversarial = loss or NonSaturating()

    def discriminator_loss(self, x: Tensor, y: Tensor, *, step: int = 0,
                           rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """L_D, and the mean share of patches that D takes for real, of data and of G. No gradient reaches G."""
        check_range(y, *self.data_range, "use genlab.data.to_signed", what="y")
        with torch.no_grad():
            made = self._make(x, rng)
        real, fake = self.discriminator(x, y), self.discriminator(x, made)
        parts = {"loss": 0.5 * self.adversarial.discriminator(real, fake)}
        return parts | {"p_real": real.sigmoid().mean(), "p_fake": fake.sigmoid().mean()}

    def generator_loss(self, x: Tensor, y: Tensor, *, step: int = 0,
                       rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """L_G and its two terms, "l1" without its weight; no gradient stays in D."""
        made = self._make(x, rng)
        l1 = F.l1_loss(made, y)
        parts = {"loss": self.l1_weight * l1, "l1": l1.detach()}
        if self.adversarial_weight:
            with frozen(self.discriminator):
                fake = self.discriminator(x, made)
                needed = (self.discriminator(x, y),) if getattr(self.adversarial, "needs_real", False) else ()
            fooling = self.adversarial.generator(fake, *needed)
            parts |= {"loss": parts["loss"] + self.adversarial_weight * fooling, "fooling": fooling.detach()}
        return parts

    def sample(self, x: Tensor, *, noisy: bool = True, rng: torch.Generator | None = None) -> Tensor:
        """G(x), in [-1, 1]; noisy = False without dropout, so that equal inputs give equal images."""
        was = getattr(self.generator, "noisy", None)
        try:
            self.generator.noisy = noisy
            with evaluating(self):
                return self._make(x, rng)
        finally:
            self.generator.noisy = was

    def _make(self, x: Tensor, rng: torch.Generator | None) -> Tensor:
        return self.generator(x, rng=rng) if isinstance(self.generator, Pix2PixGenerator) else self.generator(x)


def _power_of_two(size: int) -> int:
    depth = int(math.log2(size)) if size >= 1 else 0
    if size < 4 or 2**depth != size:
        raise ValueError(f"image_size must be a power of two, at least 4, got {size}: the U-Net halves the image until "
                         f"one place is left; pad images to {2 ** max(2, math.ceil(math.log2(max(size, 4))))}")
    return depth


def _check_images(x: Tensor, shape: tuple[int, int, int]) -> None:
    if x.ndim != 4 or tuple(x.shape[1:]) != shape:
        raise ValueError(f"x must be (B, {', '.join(map(str, shape))}), got {tuple(x.shape)}: pad or resize the "
                         "images, or build the network with their image_size and input_channels")
