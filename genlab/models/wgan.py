"""Wasserstein GAN: the discriminator becomes a critic, whose slope is bounded and whose output is no probability.

    distance   W₁(p, g) = min over plans of E‖x - y‖ = max over f with ‖∇f‖ ≤ 1 of E f(x) - E f(G(z))
    critic     minimises mean f(G(z)) - mean f(x), kept from being steep in one of two ways:
        clipping   every weight is cut to [-c, c] before and after each step
        penalty    λ mean (‖∇f(x̂)‖ - 1)² at points x̂ between data and samples: `adversarial.GradientPenalty`
    generator  minimises -mean f(G(z)), after several steps of the critic, each on a new batch

The history's "distance" is mean f(x) - mean f(G(z)) without the penalty. It is W₁ only for the best f of slope 1; a
clipped critic has another bound, K, that nobody knows and that changes as it learns.

Arjovsky, Chintala and Bottou (2017), Wasserstein GAN, arXiv:1701.07875; Gulrajani et al. (2017), Improved training
of Wasserstein GANs, arXiv:1704.00028.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from genlab.layers import as_shape

__all__ = ["WGANCritic", "eager_start", "wasserstein_1d"]


class WGANCritic(nn.Module):
    """Two hidden layers from data to a number of any size: (B, ...) with input_dim values each -> (B,).

    No sigmoid, for it would bound the output instead of the slope, and no BatchNorm, for the penalty needs the
    slope of each row by itself.
    """

    def __init__(self, input_dim: int = 784, *, hidden_dim: int = 512):
        super().__init__()
        self.data_shape = (input_dim,)
        self.net = nn.Sequential(nn.Linear(input_dim, hidden_dim), nn.LeakyReLU(0.2),
                                 nn.Linear(hidden_dim, hidden_dim), nn.LeakyReLU(0.2),
                                 nn.Linear(hidden_dim, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(as_shape(x, self.data_shape)).squeeze(1)


def wasserstein_1d(x: Tensor, y: Tensor) -> Tensor:
    """W₁ between two samples of numbers, (N,) and (M,) -> (): ∫ |F - G| over their cumulative functions.

    For N = M it is mean |x₍ᵢ₎ - y₍ᵢ₎|, the sorted numbers in pairs. Gradients reach both. In the unit of the numbers.

    Raises:
        ValueError: a sample is empty, or not a vector.
    """
    if x.ndim != 1 or y.ndim != 1 or not len(x) or not len(y):
        raise ValueError(f"two vectors with at least one number each are needed, got {tuple(x.shape)} and "
                         f"{tuple(y.shape)}: flatten them, and leave out empty ones")
    places = torch.cat([x, y]).sort().values
    below = [torch.searchsorted(part.detach().sort().values, places.detach()[:-1], right=True).to(places) / len(part)
             for part in (x, y)]
    return ((below[0] - below[1]).abs() * places.diff()).sum()


def eager_start(n_critic: int = 5, *, first: int = 25, again: int = 500, many: int = 100) -> Callable[[int], int]:
    """Critic's steps before each of the generator's, as the authors' program has them.

    `many` for the generator's first 25 steps and at every 500th, n_critic else; for `discriminator_steps` of
    `genlab.fit.fit_adversarial`.
    """
    return lambda step: many if step < first or step % again == 0 else n_critic
