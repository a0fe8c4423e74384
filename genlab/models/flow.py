"""Normalizing flow: an invertible map f from data to normal noise, whose volume change is known.

    density   log p(x) = log N(f(x); 0, I) + log |det ∂f/∂x|
    sample    x = f⁻¹(z),  z ~ N(0, I)

The density is exact and is what training maximises. In exchange f must be invertible with a cheap
determinant, and z must have as many dimensions as x.

Dinh, Sohl-Dickstein and Bengio (2016), Density estimation using Real NVP, arXiv:1605.08803.
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn

from genlab.layers import as_shape, evaluating, mlp
from genlab.models.conditioning import asked_labels
from genlab.random import randn


class AffineCoupling(nn.Module):
    """z = b x + (1 - b)(x eˢ + t), where s and t are functions of b x alone (eq. 9).

    The Jacobian is triangular, so its log-determinant is the sum of s; and what s and t need is left
    as it was, so the inverse is as cheap. Below, x and z are (B, D).

    Args:
        network: maps b x, (B, D), to what becomes s and t, (B, 2 D).
        mask: b, (D,): 1 for coordinates that stay and are looked at, 0 for those that are changed.
        bound: s = bound · tanh(raw / bound), lest one layer stretches a region beyond repair.
    """

    mask: Tensor

    def __init__(self, network: nn.Module, mask: Tensor, *, bound: float = 2.0):
        super().__init__()
        if bound <= 0:
            raise ValueError(f"bound must be above 0, got {bound}: s lies between -bound and bound")
        if mask.ndim != 1 or not ((mask == 0) | (mask == 1)).all() or not 0 < mask.sum() < len(mask):
            raise ValueError(f"mask must be (D,) of zeros and ones, some of each, got {mask.tolist()}")
        self.network, self.bound = network, bound
        self.register_buffer("mask", mask.float(), persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z and log |det ∂z/∂x|: (B, D) and (B,)."""
        s, t = self._scale_and_shift(self._kept(x))
        return x * s.exp() + t, s.sum(1)

    def inverse(self, z: Tensor) -> Tensor:
        """The x that `forward` maps to z."""
        s, t = self._scale_and_shift(self._kept(z))
        return (z - t) * (-s).exp()

    def _kept(self, x: Tensor) -> Tensor:
        dim = len(self.mask)
        if x.ndim != 2 or x.shape[1] != dim:  # one column would be broadcast
            raise ValueError(f"x must be (B, {dim}), got {tuple(x.shape)}: the mask has {dim} coordinates")
        return self.mask * x

    def _scale_and_shift(self, kept: Tensor) -> tuple[Tensor, Tensor]:
        """s and t, which are 0 where the mask is 1."""
        dim = len(self.mask)
        raw = self.network(kept)
        if raw.shape != (len(kept), 2 * dim):
            raise ValueError(f"the network must give {(len(kept), 2 * dim)}, s and t for each coordinate, "
                             f"got {tuple(raw.shape)}")
        s, t = raw.chunk(2, 1)
        change = 1 - self.mask
        return change * self.bound * (s / self.bound).tanh(), change * t


class Flow(nn.Module):
    """Invertible layers, one after the other, from data to noise.

    Args:
        layers: each with `forward(x) -> (z, log_det)` and `inverse(z) -> x`.
        dim: D, coordinates of x.
    """

    data_range, data_form = (-math.inf, math.inf), "real"

    def __init__(self, layers: Iterable[nn.Module], dim: int):
        super().__init__()
        self.layers, self.dim = nn.ModuleList(layers), dim
        # Samples take device and dtype from it: a flow may have no parameter at all.
        self.register_buffer("like", torch.empty(0), persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z = f(x) and log |det ∂f/∂x|: (B, D) and (B,)."""
        z, total = as_shape(x, (self.dim,)), 0
        for layer in self.layers:
            z, log_det = layer(z)
            total = total + log_det
        return z, total

    def inverse(self, z: Tensor) -> Tensor:
        """x = f⁻¹(z): (B, D) -> (B, D)."""
        return deque(self._inverses(z), maxlen=1).pop()

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) in nats, exact: (B, D) -> (B,)."""
        z, log_det = self(x)
        return -0.5 * (z.square() + math.log(2 * math.pi)).sum(1) + log_det

    def loss(self, x: Tensor, y: Tensor | None = None, *,
             rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """Mean of -log p(x) in nats; nothing is random in it, and labels are ignored."""
        return {"loss": -self.log_prob(x).mean()}

    def trajectory(self, num_samples: int = 64, *, labels: None = None, temperature: float = 1.0,
                   rng: torch.Generator | None = None) -> Iterator[Tensor]:
        """From noise to samples, one state for each layer: (num_samples, D) each, in eval mode."""
        asked_labels(labels, num_samples, [], like=self.like)
        with evaluating(self):
            states = list(self._inverses(temperature * randn((num_samples, self.dim), like=self.like,
                                                              rng=rng)))
        yield from states

    def sample(self, num_samples: int = 64, *, labels: None = None, temperature: float = 1.0,
               rng: torch.Generator | None = None) -> Tensor:
        """x = f⁻¹(temperature · z), z ~ N(0, I): (num_samples, D).

        Only temperature 1 gives samples of p; a lower one gives fewer unusual ones.
        """
        states = self.trajectory(num_samples, labels=labels, temperature=temperature, rng=rng)
        return deque(states, maxlen=1).pop()

    def _inverses(self, z: Tensor) -> Iterator[Tensor]:
        yield z
        for layer in reversed(self.layers):
            z = layer.inverse(z)
            yield z


class RealNVP(Flow):
    """Affine couplings that change one half of the coordinates and then the other, in turns.

    It starts as the identity, for the last layer of each network is 0.

    Args:
        dim: D, at least 2.
        couplings: number of layers.
        hidden_dim: width of the two hidden layers of each network.
    """

    def __init__(self, dim: int = 2, couplings: int = 8, hidden_dim: int = 64):
        if dim < 2:
            raise ValueError(f"dim must be at least 2, got {dim}: a coupling splits the coordinates")
        first = torch.arange(dim) % 2
        masks = [first if k % 2 else 1 - first for k in range(couplings)]
        super().__init__([AffineCoupling(coupling_network(dim, hidden_dim), mask) for mask in masks], dim)


def coupling_network(dim: int, hidden_dim: int) -> nn.Sequential:
    """(B, dim) -> (B, 2 dim), which is 0 before training."""
    network = mlp(dim, hidden_dim, hidden_dim, 2 * dim)
    nn.init.zeros_(network[-1].weight)
    nn.init.zeros_(network[-1].bias)
    return network
