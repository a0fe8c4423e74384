"""Gaussian VAE: the model of `vae.py` for real-valued data.

    p(x | z) = N(x; decoder(z), σ² I),  σ learnt with all else

A squared error alone is this likelihood with σ² fixed to ½ and its constant dropped: the weight of the KL is
then an accident of the data's units, and the number is no bound on log p(x). With σ learnt it is one.

Rybkin, Daniilidis and Levine (2020), Simple and effective VAE training with calibrated decoders,
arXiv:2006.13202.
"""

import torch
from torch import Tensor

from genlab.models.likelihoods import Gaussian
from genlab.models.vae import VAE


class GaussianVAE(VAE):
    """A VAE for data (B, D) without bounds; decode and forward give the mean of p(x | z).

    Args:
        sigma: what σ starts from.
        options: of `VAE`: encoder, decoder, data_shape, num_classes, beta.
    """

    def __init__(self, input_dim: int = 2, hidden_dim: int = 64, latent_dim: int = 2, *, sigma: float = 1.0,
                 **options):
        super().__init__(input_dim, hidden_dim, latent_dim, likelihood=Gaussian(sigma), **options)
        self.register_load_state_dict_pre_hook(_renamed)

    @property
    def log_sigma(self) -> Tensor:
        """log σ, the parameter of the likelihood."""
        return self.likelihood.log_sigma

    @property
    def sigma(self) -> Tensor:
        """σ of p(x | z), a scalar."""
        return self.log_sigma.exp()

    def sample(self, num_samples: int = 64, *, labels: int | Tensor | None = None, mean: bool = False,
               rng: torch.Generator | None = None) -> Tensor:
        """x ~ p(x | z) with z ~ N(0, I), (num_samples, D); with mean=True the mean of p(x | z) alone."""
        return super().sample(num_samples, labels=labels, mean=mean, rng=rng)


def _renamed(model, state, prefix, *_) -> None:
    """Weights saved before σ belonged to the likelihood."""
    if prefix + "log_sigma" in state:
        state[prefix + "likelihood.log_sigma"] = state.pop(prefix + "log_sigma")
