"""Convolutional VAE: the model of `vae.py` with networks that know what a neighbour is.

Two convolutions halve the image twice, two transposed convolutions double it back, and the code
sits between them. Kernels of the transposed convolutions are twice their stride, so that every
pixel is painted equally often (Odena et al. 2016, distill.pub/2016/deconv-checkerboard).

Pu et al. (2016), Variational autoencoder for deep learning of images, arXiv:1609.08976.
"""

from torch import nn

from genlab.models.vae import VAE


def conv_encoder(channels: int, image_size: int, hidden_dim: int, width: int) -> nn.Sequential:
    """(B, channels, image_size, image_size) -> (B, hidden_dim)."""
    side = image_size // 4
    return nn.Sequential(
        nn.Conv2d(channels, width, 4, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(2 * width * side**2, hidden_dim), nn.ReLU())


def conv_decoder(channels: int, image_size: int, hidden_dim: int, latent_dim: int,
                 width: int) -> nn.Sequential:
    """(B, latent_dim) -> logits (B, channels, image_size, image_size)."""
    side = image_size // 4
    return nn.Sequential(
        nn.Linear(latent_dim, hidden_dim), nn.ReLU(),
        nn.Linear(hidden_dim, 2 * width * side**2), nn.ReLU(), nn.Unflatten(1, (2 * width, side, side)),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1), nn.ReLU(),
        nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1))


class ConvVAE(VAE):
    """A VAE of images (B, channels, image_size, image_size), whose samples are such images too.

    A convolutional, conditional, β, Gaussian VAE of colour images in one call:

        ConvVAE(3, 32, 64, num_classes=10, beta=4.0, likelihood=Gaussian())

    Args:
        image_size: a multiple of 4, such as 28 (digits) or 16 (sprites).
        width: channels after the first convolution; the second has twice as many.
        num_classes: condition on labels; the encoder sees them as planes, the decoder beside z.
        options: of `VAE`: likelihood, beta.
    """

    def __init__(self, channels: int = 1, image_size: int = 28, latent_dim: int = 20, *,
                 hidden_dim: int = 128, width: int = 16, num_classes: int | None = None, **options):
        if image_size < 4 or image_size % 4:
            raise ValueError(f"image_size must be a multiple of 4, got {image_size}: pad or resize")
        extra = num_classes or 0
        super().__init__(channels * image_size**2, hidden_dim, latent_dim,
                         encoder=conv_encoder(channels + extra, image_size, hidden_dim, width),
                         decoder=conv_decoder(channels, image_size, hidden_dim, latent_dim + extra, width),
                         data_shape=(channels, image_size, image_size), num_classes=num_classes, **options)
