"""A KL autoencoder: a convolutional VAE whose code is a small image, for diffusion to work in.

    (3, 32, 32) ── fold ── down ──▶ μ, log σ² of (8, 8, 8) ── draw ──▶ up ── unfold ──▶ (3, 32, 32)

It is the VAE of `vae.py` with a Gaussian likelihood and heads that are 1 x 1 convolutions, so that a value of the code
knows the pixels around its place and no others. No layer normalises: group norm divides by the contrast of an image,
and with it small shapes become blobs.

Rombach, Blattmann, Lorenz, Esser and Ommer (2022), High-resolution image synthesis with latent diffusion models,
arXiv:2112.10752, with a squared error in place of their perceptual and adversarial losses.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from genlab.models.likelihoods import Gaussian
from genlab.models.unet import zero
from genlab.models.vae import VAE


class Block(nn.Module):
    """x plus two 3 x 3 convolutions of it, (B, C, H, W); the identity before training."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = zero(nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(F.silu(self.conv1(F.silu(x))))


class Shaped(nn.Module):
    """Codes, flat or not, as images of one shape."""

    def __init__(self, *shape: int):
        super().__init__()
        self.shape = shape

    def forward(self, z: Tensor) -> Tensor:
        return z.reshape(len(z), *self.shape)


class Head(nn.Conv2d):
    """A 1 x 1 convolution whose answer is flat, as the VAE has its codes."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).flatten(1)


class KLAutoencoder(VAE):
    """A VAE of colour images whose code, flat for the VAE, is an image of `latent_shape`.

    Args:
        channels, image_size: of the images, in [-1, 1]; image_size is a multiple of 4.
        latent_channels: of the code, whose side is a quarter of the images'.
        width: channels of the layers.
        sigma: standard deviation of the Gaussian likelihood, in units of the data: what may be lost. Fixed; the larger
            it is, the less the code keeps.
        options: of `VAE`: beta.
    """

    def __init__(self, channels: int = 3, image_size: int = 32, latent_channels: int = 8, *, width: int = 48,
                 sigma: float = 0.1, **options):
        if image_size < 4 or image_size % 4:
            raise ValueError(f"image_size must be a multiple of 4, got {image_size}: pad or resize")
        side, inner = image_size // 4, 2 * width
        encoder = nn.Sequential(
            nn.PixelUnshuffle(2), nn.Conv2d(4 * channels, width, 3, padding=1), Block(width),
            nn.Conv2d(width, inner, 4, stride=2, padding=1), Block(inner), nn.SiLU())
        decoder = nn.Sequential(
            Shaped(latent_channels, side, side), nn.Conv2d(latent_channels, inner, 3, padding=1), Block(inner),
            nn.Conv2d(inner, 4 * width, 1), nn.PixelShuffle(2), Block(width),
            nn.SiLU(), nn.Conv2d(width, 4 * channels, 3, padding=1), nn.PixelShuffle(2))
        super().__init__(hidden_dim=inner, latent_dim=latent_channels * side**2, encoder=encoder, decoder=decoder,
                         data_shape=(channels, image_size, image_size),
                         likelihood=Gaussian(sigma, learned=False), **options)
        self.mu_head, self.logvar_head = Head(inner, latent_channels, 1), Head(inner, latent_channels, 1)
        self.latent_shape = (latent_channels, side, side)
