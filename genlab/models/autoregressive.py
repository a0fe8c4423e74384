"""Autoregressive model: one variable after the other, each given those before it.

    log p(x) = Σ_d log p(x_d | x_1 … x_{d-1}),  x_d in 0 … K-1

Exact, for each factor is a softmax over K values and sums to one. All factors of a given x come from one
evaluation of the network, in which no output may see its own input or a later one; a sample takes D of
them, one for each variable.

Larochelle and Murray (2011), The neural autoregressive distribution estimator, AISTATS.
Germain, Gregor, Murray and Larochelle (2015), MADE: masked autoencoder for distribution estimation,
arXiv:1502.03509.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import check_range, evaluating
from genlab.models.conditioning import apply, asked_labels
from genlab.random import rand


class MaskedLinear(nn.Linear):
    """A linear layer with some connections cut: x (W ⊙ mask)ᵀ + b.

    Args:
        mask: (out, in), 1 for a connection that is there. The weights that it cuts get no gradient.
    """

    mask: Tensor

    def __init__(self, mask: Tensor):
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask.float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self.mask, self.bias)


class MADE(nn.Module):
    """Logits of all conditionals at once by masked layers: whole numbers (B, D) -> (B, D, K).

    Inputs are one-hot. Every hidden unit has a degree m in 1 … D-1 and sees variables 1 … m at most; the
    logits of variable d see units of a degree below d (eq. 12 and 13 of the paper). The degrees are spread
    evenly, where the paper draws them. Fewer than D-1 units cannot have all degrees, and what lies between
    two would stay unseen: inputs then reach the logits by direct connections as well, as in the paper.

    Args:
        dims: D.
        levels: K.
        hidden_dim: width of the `depth` hidden layers.
    """

    def __init__(self, dims: int, levels: int, hidden_dim: int = 128, *, depth: int = 2):
        super().__init__()
        self.dims, self.levels = dims, levels
        seen = torch.arange(1, dims + 1).repeat_interleave(levels)  # degree of each input
        layers: list[nn.Module] = []
        for _ in range(depth):
            cuts = max(1, dims - 1)
            degree = torch.arange(hidden_dim)
            degree = (degree % cuts if hidden_dim >= cuts else degree * cuts // hidden_dim) + 1
            layers += [MaskedLinear(degree[:, None] >= seen), nn.ReLU()]
            seen = degree
        wanted = torch.arange(1, dims + 1).repeat_interleave(levels)
        self.net = nn.Sequential(*layers, MaskedLinear(wanted[:, None] > seen))
        inputs = torch.arange(1, dims + 1).repeat_interleave(levels)
        self.direct = MaskedLinear(wanted[:, None] > inputs) if hidden_dim < dims - 1 else None
        if self.direct is not None:  # from nothing: many inputs would outweigh what the layers say at first
            nn.init.zeros_(self.direct.weight)
            self.direct.bias = None

    def forward(self, x: Tensor) -> Tensor:
        rows = F.one_hot(x, self.levels).to(self.net[0].weight).flatten(1)
        logits = self.net(rows)
        if self.direct is not None:
            logits = logits + self.direct(rows)
        return logits.view(len(x), self.dims, self.levels)


class Autoregressive(nn.Module):
    """A causal network as a distribution over D whole numbers in 0 … K-1; x is (B, D) int64.

    Args:
        network: maps x, or (x, labels), to logits (B, D, K), those of x_d depending on x_1 … x_{d-1} only.
        dims: D.
        levels: K.
    """

    data_form = "levels"

    def __init__(self, network: nn.Module, dims: int, levels: int):
        super().__init__()
        self.network, self.dims, self.levels = network, dims, levels
        self.data_range = (0, levels - 1)

    def conditionals(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """log p(x_d = k | x_1 … x_{d-1}) in nats, (B, D, K)."""
        self._check(x)
        logits = apply(self.network, x, labels=labels)
        if logits.shape != (*x.shape, self.levels):
            raise ValueError(f"the network must give logits {(*x.shape, self.levels)}, "
                             f"got {tuple(logits.shape)}: K for each variable")
        return logits.log_softmax(-1)

    def log_prob(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """log p(x) in nats, exact: (B, D) -> (B,)."""
        return self.conditionals(x, labels).gather(-1, x[..., None]).squeeze(-1).sum(1)

    def loss(self, x: Tensor, y: Tensor | None = None, *,
             rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """Mean of -log p(x) in nats and in bits per variable; nothing is random."""
        nats = -self.log_prob(x, y).mean()
        return {"loss": nats, "bits_per_dim": nats.detach() / (self.dims * math.log(2))}

    def trajectory(self, num_samples: int = 64, *, labels: Sequence[int] | Tensor | int | None = None,
                   rng: torch.Generator | None = None) -> Iterator[Tensor]:
        """Samples in the making, (num_samples, D) each: D + 1 states, with 0 where nothing is drawn yet."""
        like = next(self.network.parameters())
        labels = asked_labels(labels, num_samples, [self.network], like=like)
        x = torch.zeros(num_samples, self.dims, dtype=torch.int64, device=like.device)
        yield x
        for d in range(self.dims):
            x = self._draw(x, d, rand((num_samples, 1), like=like, rng=rng), labels)
            yield x

    def sample(self, num_samples: int = 64, *, labels: Sequence[int] | Tensor | int | None = None,
               rng: torch.Generator | None = None) -> Tensor:
        """Samples, (num_samples, D) whole numbers; D evaluations of the network."""
        return deque(self.trajectory(num_samples, labels=labels, rng=rng), maxlen=1).pop()

    def _draw(self, x: Tensor, d: int, u: Tensor, labels: Tensor | None) -> Tensor:
        """x with variable d drawn from its conditional, by the inverse of the cumulative sum at u."""
        with evaluating(self):
            cumulative = self.conditionals(x, labels)[:, d].exp().cumsum(1)
        # u times the last entry, which rounding may leave off 1: the count then stays below K.
        value = (cumulative <= u * cumulative[:, -1:]).sum(1).clamp(max=self.levels - 1)
        return torch.cat([x[:, :d], value[:, None], x[:, d + 1:]], 1)

    def _check(self, x: Tensor) -> None:
        if x.is_floating_point() or x.ndim != 2 or x.shape[1] != self.dims:
            raise ValueError(f"x must be whole numbers (B, {self.dims}), got {x.dtype} {tuple(x.shape)}: "
                             "use genlab.data.to_levels, or plane.to_bins")
        check_range(x, *self.data_range, "the model was built for fewer levels", what="x")
