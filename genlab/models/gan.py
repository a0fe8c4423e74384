"""Generative adversarial network: a generator learns from a discriminator that tells data from its samples.

    game            min_G max_D  E log D(x) + E log(1 - D(G(z))),  z ~ N(0, I)
    best D          D*(x) = p(x) / (p(x) + g(x)), where the game is worth 2 JSD(p ‖ g) - 2 log 2
    in practice     G maximises log D(G(z)) instead: the same fixed point, but a gradient also while D wins

There is no density: one can sample, and nothing else. Losses do not say how good the samples are; at the
equilibrium the discriminator's is 2 log 2 = 1.386 and the generator's log 2 = 0.693, whatever the data.

Goodfellow et al. (2014), Generative adversarial networks, arXiv:1406.2661.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import as_shape, check_range, evaluating, frozen
from genlab.random import randn


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """-mean log D(x) - mean log(1 - D(G(z))) from logits of D: (B,), (N,) -> ()."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def generator_loss(fake: Tensor) -> Tensor:
    """-mean log D(G(z)) from logits: (N,) -> (). Slope -1 for a sample that D is sure is fake."""
    return F.softplus(-fake).mean()


def saturating_generator_loss(fake: Tensor) -> Tensor:
    """mean log(1 - D(G(z))) from logits: (N,) -> (). The game's own; slope 0 where D is sure."""
    return -F.softplus(fake).mean()


class Generator(nn.Module):
    """Two hidden layers from noise to data in [-1, 1]: (B, latent_dim) -> (B, output_dim)."""

    data_range = (-1.0, 1.0)

    def __init__(self, latent_dim: int = 100, output_dim: int = 784, hidden_dim: int = 256):
        super().__init__()
        self.latent_dim, self.data_shape = latent_dim, (output_dim,)
        self.net = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(),
                                 nn.Linear(hidden_dim, 2 * hidden_dim), nn.ReLU(),
                                 nn.Linear(2 * hidden_dim, output_dim), nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        return self.net(as_shape(z, (self.latent_dim,), what="z"))


class Discriminator(nn.Module):
    """Two hidden layers from data to a logit: (B, ...) with input_dim values each -> (B,).

    D(x), the probability that x is real, is its sigmoid. No dropout: D(x) is one number for one x.
    """

    def __init__(self, input_dim: int = 784, hidden_dim: int = 256):
        super().__init__()
        self.data_shape = (input_dim,)
        self.net = nn.Sequential(nn.Linear(input_dim, 2 * hidden_dim), nn.LeakyReLU(0.2),
                                 nn.Linear(2 * hidden_dim, hidden_dim), nn.LeakyReLU(0.2),
                                 nn.Linear(hidden_dim, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(as_shape(x, self.data_shape)).squeeze(1)


class GAN(nn.Module):
    """A generator and a discriminator with their losses, for `genlab.fit.fit_adversarial`.

    Args:
        generator: maps z, (B, latent_dim), to samples.
        discriminator: maps data to logits, (B,) or (B, 1).
        latent_dim: size of z; by default the generator's own `latent_dim`.
        data_range: of the data and of what the generator makes; by default the generator's own, [-1, 1].
        saturating: train the generator with the game's own loss.
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module, latent_dim: int | None = None, *,
                 data_range: tuple[float, float] | None = None, saturating: bool = False):
        super().__init__()
        if latent_dim is None and not hasattr(generator, "latent_dim"):
            raise ValueError(f"{type(generator).__name__} has no latent_dim: pass latent_dim, the size of z")
        self.generator, self.discriminator = generator, discriminator
        self.latent_dim = generator.latent_dim if latent_dim is None else latent_dim
        self.data_range = data_range or getattr(generator, "data_range", (-1.0, 1.0))
        self.saturating = saturating

    def discriminator_loss(self, x: Tensor, y: Tensor | None = None, *,
                           rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """What D minimises on a batch and as many samples; also mean D(x) and D(G(z)). Labels are ignored.

        No gradient reaches the generator. Data and samples go through D apart, so that BatchNorm
        cannot tell D from the batch's statistics what a single image does not show.
        """
        check_range(x, *self.data_range, "use genlab.data.to_signed, or build the GAN with its range")
        with torch.no_grad():
            fake = self.generator(self.noise(len(x), rng=rng))
        real, fake = self._logits(x), self._logits(fake)
        return {"loss": discriminator_loss(real, fake),
                "p_real": real.sigmoid().mean(), "p_fake": fake.sigmoid().mean()}

    def generator_loss(self, x: Tensor, y: Tensor | None = None, *,
                       rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """What G minimises on as many new samples as x has rows; no gradient stays in the discriminator."""
        with frozen(self.discriminator):
            fake = self._logits(self.generator(self.noise(len(x), rng=rng)))
        return {"loss": saturating_generator_loss(fake) if self.saturating else generator_loss(fake)}

    def sample(self, n: int = 64, *, rng: torch.Generator | None = None) -> Tensor:
        """G(z) with z ~ N(0, I), (n, ...) in data_range."""
        with evaluating(self):
            return self.generator(self.noise(n, rng=rng))

    def noise(self, n: int, *, rng: torch.Generator | None = None) -> Tensor:
        """z ~ N(0, I), (n, latent_dim)."""
        return randn((n, self.latent_dim), like=next(self.generator.parameters()), rng=rng)

    def _logits(self, x: Tensor) -> Tensor:
        logits = self.discriminator(x)
        if logits.shape not in ((len(x),), (len(x), 1)):
            raise ValueError(f"the discriminator must give one logit for each of {len(x)} rows, "
                             f"got {tuple(logits.shape)}: it is built for another size of data")
        return logits.reshape(len(x))
