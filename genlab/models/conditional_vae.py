import torch
from torch import Tensor

from genlab.models.vae import VAE


class ConditionalVAE(VAE):
    """A VAE of x given a condition c: whole-number labels (B,), or one-hot rows (B, num_classes).

    Args:
        options: of `VAE`: encoder, decoder, likelihood, data_shape, beta.
    """

    def __init__(self, input_dim: int = 784, num_classes: int = 10, hidden_dim: int = 400,
                 latent_dim: int = 20, **options):
        super().__init__(input_dim, hidden_dim, latent_dim, num_classes=num_classes, **options)

    def encode(self, x: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """μ and log σ² of q(z | x, c), each (B, K)."""
        return super().encode(x, c)

    def decode(self, z: Tensor, c: Tensor) -> Tensor:
        """Mean of p(x | z, c), (B, D)."""
        return super().decode(z, c)

    def forward(self, x: Tensor, c: Tensor, *,
                rng: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Mean of p(x | z, c) at one draw of z, shaped like x; μ and log σ²."""
        return super().forward(x, c, rng=rng)

    def sample(self, num_samples: int = 64, class_label: int | Tensor = 0, *,
               labels: int | Tensor | None = None, mean: bool = True,
               rng: torch.Generator | None = None) -> Tensor:
        """As `VAE.sample`; `class_label` is the outline's name of `labels`, which come first if both are passed."""
        return super().sample(num_samples, labels=class_label if labels is None else labels, mean=mean, rng=rng)
