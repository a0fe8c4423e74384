"""Generative adversarial network: a generator learns from a discriminator that tells data from its samples.

    game            min_G max_D  E log D(x) + E log(1 - D(G(z))),  z ~ N(0, I)
    best D          D*(x) = p(x) / (p(x) + g(x)), where the game is worth 2 JSD(p ‖ g) - 2 log 2
    in practice     G maximises log D(G(z)) instead: the same fixed point, but a gradient also while D wins

There is no density: one can sample, and nothing else. Losses do not say how good the samples are; at the
equilibrium the discriminator's is 2 log 2 = 1.386 and the generator's log 2 = 0.693, whatever the data.

Goodfellow et al. (2014), Generative adversarial networks, arXiv:1406.2661.
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from genlab.layers import as_shape, check_range, evaluating, frozen
from genlab.models.adversarial import (
    NonSaturating,
    as_probabilities,
    discriminator_loss,
    generator_loss,
    name_of,
    saturating_generator_loss,
)
from genlab.models.conditioning import apply, asked_labels
from genlab.random import randn

__all__ = ["GAN", "Discriminator", "Generator", "discriminator_loss", "generator_loss",
           "saturating_generator_loss"]


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
        generator: maps z, (B, latent_dim), or (z, labels), to samples.
        discriminator: maps data, or (data, labels), to logits: (B,), (B, 1), or patches (B, 1, H, W).
        latent_dim: size of z; by default the generator's own `latent_dim`.
        loss: a pair of losses, see `genlab.models.adversarial`.
        penalties: added to the discriminator's loss, and to the history under their names.
        generator_penalties: the same for the generator's.
        weight_limit: c, to which `constrain` clips the discriminator's weights, as WGAN does.
        data_range: of the data and of what the generator makes; by default the generator's own, [-1, 1].
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module, latent_dim: int | None = None, *,
                 loss: object | None = None, penalties: Sequence[Callable] = (),
                 generator_penalties: Sequence[Callable] = (), weight_limit: float | None = None,
                 data_range: tuple[float, float] | None = None):
        super().__init__()
        if latent_dim is None and not hasattr(generator, "latent_dim"):
            raise ValueError(f"{type(generator).__name__} has no latent_dim: pass latent_dim, the size of z")
        if weight_limit is not None and weight_limit <= 0:
            raise ValueError(f"weight_limit must be above 0, got {weight_limit}: WGAN takes 0.01")
        self.generator, self.discriminator = generator, discriminator
        self.latent_dim = generator.latent_dim if latent_dim is None else latent_dim
        self.data_range = data_range or getattr(generator, "data_range", (-1.0, 1.0))
        self.adversarial, self.weight_limit = loss or NonSaturating(), weight_limit
        self.penalties, self.generator_penalties = tuple(penalties), tuple(generator_penalties)
        parts = [part for part in (*penalties, *generator_penalties) if isinstance(part, nn.Module)]
        self.penalty_states = nn.ModuleList(parts)  # what they remember is part of our state

    @property
    def data_form(self) -> str:
        """"signed", "unit" or "real", as data_range says."""
        return {(-1, 1): "signed", (0, 1): "unit"}.get(tuple(self.data_range), "real")

    def discriminator_loss(self, x: Tensor, y: Tensor | None = None, *, step: int = 0,
                           rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """What D minimises on a batch and as many samples; also mean D(x) and D(G(z)), or what the loss tells.

        No gradient reaches the generator. Data and samples go through D apart, so that BatchNorm
        cannot tell D from the batch's statistics what a single image does not show.
        """
        check_range(x, *self.data_range, "use genlab.data.to_signed, or build the GAN with its range")
        with torch.no_grad():
            made = apply(self.generator, self.noise(len(x), rng=rng), labels=y).to(x.dtype)
        real, fake = self._logits(x, y), self._logits(made, y)
        told = getattr(self.adversarial, "told", as_probabilities)
        parts = {"loss": self.adversarial.discriminator(real, fake)} | told(real.detach(), fake.detach())
        return with_penalties(self.penalties, parts, partial(self._logits, y=y), x, made, step=step, rng=rng)

    def generator_loss(self, x: Tensor, y: Tensor | None = None, *, step: int = 0,
                       rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """What G minimises on as many new samples as x has rows; no gradient stays in the discriminator."""
        z = self.noise(len(x), rng=rng)
        made = apply(self.generator, z, labels=y)
        with frozen(self.discriminator):
            fake = self._logits(made, y)
            needed = (self._logits(x, y),) if getattr(self.adversarial, "needs_real", False) else ()
        parts = {"loss": self.adversarial.generator(fake, *needed)}
        return with_penalties(self.generator_penalties, parts, self.generator, z, made, step=step, rng=rng)

    @torch.no_grad()
    def constrain(self) -> None:
        """Clip the discriminator's weights to [-c, c]; nothing without a `weight_limit`."""
        if self.weight_limit is not None:
            for weight in self.discriminator.parameters():
                weight.clamp_(-self.weight_limit, self.weight_limit)

    def sample(self, num_samples: int = 64, *, labels: Sequence[int] | Tensor | int | None = None,
               rng: torch.Generator | None = None) -> Tensor:
        """G(z) with z ~ N(0, I), (num_samples, ...) in data_range; labels: one for all or one for each."""
        z = self.noise(num_samples, rng=rng)
        labels = asked_labels(labels, num_samples, [self.generator], like=z)
        with evaluating(self):
            return apply(self.generator, z, labels=labels)

    def noise(self, n: int, *, rng: torch.Generator | None = None) -> Tensor:
        """z ~ N(0, I), (n, latent_dim)."""
        return randn((n, self.latent_dim), like=next(self.generator.parameters()), rng=rng)

    def _logits(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        logits = apply(self.discriminator, x, labels=y)
        patches = logits.ndim == 4 and logits.shape[:2] == (len(x), 1)
        if not patches and logits.shape not in ((len(x),), (len(x), 1)):
            raise ValueError(f"the discriminator must give one logit for each of {len(x)} rows, or patches "
                             f"({len(x)}, 1, H, W), got {tuple(logits.shape)}: it is built for other data")
        return logits if patches else logits.reshape(len(x))


def with_penalties(penalties: Sequence[Callable], parts: dict[str, Tensor], *args,
                   step: int, rng: torch.Generator | None) -> dict[str, Tensor]:
    """The parts with those penalties that are due, which count in the loss."""
    for penalty in penalties:
        value = penalty(*args, step=step, rng=rng)
        if value is not None:
            parts = parts | {"loss": parts["loss"] + value, name_of(penalty): value.detach()}
    return parts
