"""Gaussian VAE: the model of `vae.py` for real-valued data.

    p(x | z) = N(x; decoder(z), σ² I),  σ learnt with all else

A squared error alone is this likelihood with σ² fixed to ½ and its constant dropped: the weight of the KL is
then an accident of the data's units, and the number is no bound on log p(x). With σ learnt it is one.

Rybkin, Daniilidis and Levine (2020), Simple and effective VAE training with calibrated decoders,
arXiv:2006.13202.
"""

import math

import torch
from torch import Tensor, nn

from genlab.layers import as_shape, evaluating
from genlab.models.vae import VAE, gaussian_kl, gaussian_log_density
from genlab.random import randn


class GaussianVAE(VAE):
    """A VAE for data (B, D) without bounds; decode and forward give the mean of p(x | z).

    Args:
        sigma: what σ starts from.
    """

    data_range = (-math.inf, math.inf)

    def __init__(self, input_dim: int = 2, hidden_dim: int = 64, latent_dim: int = 2, *,
                 encoder: nn.Module | None = None, decoder: nn.Module | None = None, sigma: float = 1.0):
        super().__init__(input_dim, hidden_dim, latent_dim, encoder=encoder, decoder=decoder)
        self.log_sigma = nn.Parameter(torch.tensor(math.log(sigma)))

    @property
    def sigma(self) -> Tensor:
        """σ of p(x | z), a scalar."""
        return self.log_sigma.exp()

    def decode(self, z: Tensor) -> Tensor:
        """Mean of p(x | z), (B, D)."""
        return self.decoder(z)

    def loss_function(self, recon_x: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
        """The objective from what `forward` returns, in nats, mean over the batch."""
        likelihood = self.log_likelihood(self._data(x), as_shape(recon_x, self.data_shape, what="recon_x"))
        return self.objective(-likelihood.mean(), gaussian_kl(mu, logvar).mean())

    def log_likelihood(self, x: Tensor, mean: Tensor) -> Tensor:
        """log N(x; mean, σ² I) in nats: (B,)."""
        return gaussian_log_density(x.flatten(1), mean.flatten(1), 2 * self.log_sigma.expand(x[0].numel()))

    def sample(self, num_samples: int = 64, *, mean: bool = False,
               rng: torch.Generator | None = None) -> Tensor:
        """x ~ p(x | z) with z ~ N(0, I), (num_samples, D); with mean=True the mean of p(x | z) alone."""
        with evaluating(self):
            x = self.decode(randn((num_samples, self.latent_dim), like=self.log_sigma, rng=rng))
            return x if mean else x + self.sigma * randn(x.shape, like=x, rng=rng)
