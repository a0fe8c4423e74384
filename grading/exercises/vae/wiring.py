"""vae-wiring: a convolutional VAE put together from given layers.

The lesson gives the constructor, word for word as in `Given` below; the student writes the three
methods of the class:

    encode(self, x) -> (mu, logvar)               (B, 1, 28, 28) -> twice (B, latent_dim)
    decode_logits(self, z) -> logits              (B, latent_dim) -> (B, 1, 28, 28)
    forward(self, x, noise) -> (logits, mu, logvar)   z = μ + σ · noise, noise (B, latent_dim) from outside
"""

import torch
from torch import nn


class Given(nn.Module):
    """The constructor as the lesson gives it; the names of the layers are fixed."""

    def __init__(self, latent_dim=20, channels=16):
        super().__init__()
        features = 2 * channels * 7 * 7
        self.body = nn.Sequential(
            nn.Conv2d(1, channels, 4, stride=2, padding=1), nn.GELU(),  # 28 -> 14
            nn.Conv2d(channels, 2 * channels, 4, stride=2, padding=1), nn.GELU(),  # 14 -> 7
            nn.Flatten())  # (B, features)
        self.mu_head = nn.Linear(features, latent_dim)
        self.logvar_head = nn.Linear(features, latent_dim)
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, features), nn.GELU(), nn.Unflatten(1, (2 * channels, 7, 7)),
            nn.ConvTranspose2d(2 * channels, channels, 4, stride=2, padding=1), nn.GELU(),  # 7 -> 14
            nn.ConvTranspose2d(channels, 1, 4, stride=2, padding=1))  # 14 -> 28


class ConvVAE(Given):
    """The reference."""

    def encode(self, x):
        features = self.body(x)
        return self.mu_head(features), self.logvar_head(features)

    def decode_logits(self, z):
        return self.decoder(z)

    def forward(self, x, noise):
        mu, logvar = self.encode(x)
        z = mu + torch.exp(logvar / 2) * noise
        return self.decode_logits(z), mu, logvar
