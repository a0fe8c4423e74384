"""Conditional VAE: encoder and decoder are told the label, so that z is left with the style.

    log p(x | c) ≥ E_q[log p(x | z, c)] - KL(q(z | x, c) ‖ p(z)),  p(z | c) = p(z) = N(0, I)

That the prior is the same for all classes is an assumption: style and label are independent, and
the style of one digit can be worn by another.

Sohn, Lee and Yan (2015), Learning structured output representation using deep conditional
generative models, NeurIPS; Kingma et al. (2014), arXiv:1406.5298 (its model M2).
"""

import torch
from torch import Tensor, nn

from genlab.layers import as_shape, evaluating, mlp, one_hot
from genlab.models.vae import VAE
from genlab.random import bernoulli, randn


class ConditionalVAE(VAE):
    """A VAE of x given a condition c: whole-number labels (B,), or one-hot rows (B, num_classes)."""

    def __init__(self, input_dim: int = 784, num_classes: int = 10, hidden_dim: int = 400,
                 latent_dim: int = 20):
        encoder = nn.Sequential(mlp(input_dim + num_classes, hidden_dim, hidden_dim), nn.ReLU())
        decoder = mlp(latent_dim + num_classes, hidden_dim, hidden_dim, input_dim)
        super().__init__(input_dim, hidden_dim, latent_dim, encoder=encoder, decoder=decoder)
        self.num_classes = num_classes

    def encode(self, x: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """μ and log σ² of q(z | x, c), each (B, K)."""
        x = as_shape(x, self.data_shape)
        return self._heads(self.encoder(torch.cat([x, self._one_hot(c, len(x))], 1)))

    def decode_logits(self, z: Tensor, c: Tensor) -> Tensor:
        """Logits of p(x = 1 | z, c), (B, D)."""
        return self.decoder(torch.cat([z, self._one_hot(c, len(z))], 1))

    def decode(self, z: Tensor, c: Tensor) -> Tensor:
        """p(x = 1 | z, c), (B, D)."""
        return self.decode_logits(z, c).sigmoid()

    def forward(self, x: Tensor, c: Tensor, *,
                rng: torch.Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """p(x = 1 | z, c) at one draw of z, shaped like x; μ and log σ²."""
        mu, logvar = self.encode(self._data(x), c)
        return self.decode(self.reparameterize(mu, logvar, rng=rng), c).view(x.shape), mu, logvar

    def sample(self, num_samples: int = 64, class_label: int | Tensor = 0, *, mean: bool = True,
               rng: torch.Generator | None = None) -> Tensor:
        """x from z ~ N(0, I) and one class, or one label for each sample, (num_samples, D) in [0, 1].

        With mean=False pixels are drawn, 0 or 1, in place of their probabilities.
        """
        labels = torch.as_tensor(class_label, device=self.mu_head.weight.device)
        labels = labels.expand(num_samples) if labels.ndim == 0 else labels
        return self._draw(num_samples, (self._one_hot(labels, num_samples),), mean, rng)

    def sample_grid(self, num_samples: int = 8, *, mean: bool = True,
                    rng: torch.Generator | None = None) -> Tensor:
        """Each row one style z, each column one class: (num_samples, num_classes, D) in [0, 1]."""
        with evaluating(self):
            z = randn((num_samples, self.latent_dim), like=self.mu_head.weight, rng=rng)
            return self._all_classes(z, mean, rng)

    def transfer(self, x: Tensor, c: Tensor) -> Tensor:
        """The style of each image, worn by every class: (B, num_classes, D) in [0, 1], without a graph."""
        with evaluating(self):
            return self._all_classes(self.encode(self._data(x), c)[0], True, None)

    def given(self, y: Tensor | None, n: int) -> tuple[Tensor, ...]:
        """The label of each of n images as a one-hot row."""
        if y is None:
            raise ValueError("a conditional model needs labels: pass y, (B,) whole numbers or one-hot rows")
        return (self._one_hot(y, n),)

    def _one_hot(self, c: Tensor, n: int) -> Tensor:
        rows = one_hot(c, self.num_classes, like=self.mu_head.weight)
        if len(rows) != n:
            raise ValueError(f"{len(rows)} labels for {n} images: pass one label for each")
        return rows

    def _all_classes(self, z: Tensor, mean: bool, rng: torch.Generator | None) -> Tensor:
        classes = torch.arange(self.num_classes, device=z.device)
        probabilities = self.decode(z.repeat_interleave(self.num_classes, 0), classes.repeat(len(z)))
        probabilities = probabilities.view(len(z), self.num_classes, -1)
        return probabilities if mean else bernoulli(probabilities, rng=rng)
