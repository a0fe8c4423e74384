"""β-VAE: another price for information in the code.

    loss      -E_q[log p(x | z)] + β KL(q(z | x) ‖ p(z))
    capacity  -E_q[log p(x | z)] + γ |KL(q(z | x) ‖ p(z)) - C|, where C grows during training

Both terms are sums, over D pixels and K latents: averaging one of them would change β by the
number of its terms. The paper therefore also quotes β_norm = β K / D. For β ≠ 1 the loss is not
minus the ELBO; compare models by "negative_elbo_nats".

Higgins et al. (2017), β-VAE: learning basic visual concepts with a constrained variational
framework, ICLR. Burgess et al. (2018), Understanding disentangling in β-VAE, arXiv:1804.03599.
"""

import math

import torch
from torch import Tensor

from genlab.models.vae import VAE


class BetaVAE(VAE):
    """A VAE whose KL weighs β times as much; β = 1 is the VAE.

    Args:
        options: of `VAE`: encoder, decoder, likelihood, data_shape, num_classes.
    """

    def __init__(self, input_dim: int = 784, hidden_dim: int = 400, latent_dim: int = 20,
                 beta: float = 4.0, **options):
        super().__init__(input_dim, hidden_dim, latent_dim, beta=beta, **options)

    @property
    def beta_norm(self) -> float:
        """β K / D, which can be compared between data sets of other sizes (Higgins et al., appendix)."""
        return self.beta * self.latent_dim / math.prod(self.data_shape)

    def loss(self, x: Tensor, y: Tensor | None = None, *,
             rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """The objective, its two parts, and minus the ELBO, which is something else; means over the batch."""
        parts = super().loss(x, y, rng=rng)
        return parts | {"negative_elbo_nats": parts["reconstruction_nats"] + parts["kl_nats"]}


class CapacityVAE(BetaVAE):
    """A β-VAE whose code is asked to carry C nats (Burgess et al., eq. 8).

    Training starts at C = 0 and raises it slowly (`fit(watch=…, every=1)`: set `model.capacity`),
    so that one direction of the code after the other becomes worth its nats. `beta` is their γ.
    """

    def __init__(self, input_dim: int = 784, hidden_dim: int = 400, latent_dim: int = 20,
                 beta: float = 30.0, capacity: float = 25.0, **options):
        super().__init__(input_dim, hidden_dim, latent_dim, beta, **options)
        self.capacity = capacity

    def objective(self, reconstruction: Tensor, kl: Tensor) -> Tensor:
        """Reconstruction + γ |KL - C|, nats."""
        return reconstruction + self.beta * (kl - self.capacity).abs()
