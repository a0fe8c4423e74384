"""A flow for whole grey levels: noise fills the steps, a logit opens the cube, and bits become comparable.

    levels     x in {0 … K - 1}^D
    noise      v = (x + u) / K,  u uniform in [0, 1)^D: v lies in a cell of volume K^-D
    bound      log P(x) ≥ E_u[log p(v)] - D log K  (Jensen)
    logit      y = ½ logit(a + (1 - 2a) v), which a flow maps to noise

Without the noise a density could rise without limit over the few values that occur, and mean nothing.

Theis, van den Oord and Bethge (2015), A note on the evaluation of generative models, arXiv:1511.01844.
Dinh, Sohl-Dickstein and Bengio (2016), Density estimation using Real NVP, arXiv:1605.08803 (the logit).
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genlab.layers import check_range
from genlab.models.flow import Flow
from genlab.random import rand


def bits_per_dim(nats: Tensor, dim: int) -> Tensor:
    """nats / (D log 2)."""
    return nats / (dim * math.log(2))


class DequantizedFlow(nn.Module):
    """A flow of D = ∏ shape real numbers as a model of images of whole levels.

    Args:
        flow: maps (B, D) to noise.
        shape: of one image.
        levels: K.
        margin: a, which keeps the logit finite at both ends of the cube.
    """

    data_form = "levels"

    def __init__(self, flow: Flow, shape: Sequence[int], levels: int, *, margin: float = 0.01):
        super().__init__()
        if math.prod(shape) != flow.dim:
            raise ValueError(f"the flow has {flow.dim} coordinates, images of {tuple(shape)} have {math.prod(shape)}")
        if not 0 < margin < 0.5:
            raise ValueError(f"margin must lie between 0 and ½, got {margin}: the logit is taken of [a, 1 - a]")
        self.flow, self.shape, self.levels, self.margin = flow, tuple(shape), levels, margin
        self.data_range = (0, levels - 1)

    def cube_log_prob(self, v: Tensor) -> Tensor:
        """log p(v) of points in [0, 1]^D, exact, in nats: (B, D) -> (B,)."""
        a = self.margin
        inner = a + (1 - 2 * a) * v
        y = inner.logit() / 2
        # ∂y/∂v = ½ (1 - 2a) / (w (1 - w)), and log w(1 - w) = logσ(2y) + logσ(-2y)
        volume = math.log((1 - 2 * a) / 2) - F.logsigmoid(2 * y) - F.logsigmoid(-2 * y)
        return self.flow.log_prob(y) + volume.sum(1)

    def elbo(self, x: Tensor, *, rng: torch.Generator | None = None) -> Tensor:
        """A lower bound on log P(x) in nats, from one draw of the noise: (B, *shape) of levels -> (B,)."""
        check_range(x, *self.data_range, "the model was built for fewer levels")
        like = next(self.flow.parameters())
        flat = x.reshape(len(x), -1).to(like)
        v = (flat + rand(flat.shape, like=flat, rng=rng)) / self.levels
        return self.cube_log_prob(v) - self.flow.dim * math.log(self.levels)

    def loss(self, x: Tensor, y: Tensor | None = None, *,
             rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """Mean of -elbo in nats, and the same in bits per dimension; labels are ignored."""
        loss = -self.elbo(x, rng=rng).mean()
        return {"loss": loss, "bits_per_dim": bits_per_dim(loss, self.flow.dim)}

    def sample(self, num_samples: int = 64, *, labels: None = None, temperature: float = 1.0,
               rng: torch.Generator | None = None) -> Tensor:
        """Images of levels, (num_samples, *shape), int64: the cell in which a draw of the flow falls."""
        y = self.flow.sample(num_samples, labels=labels, temperature=temperature, rng=rng)
        v = ((2 * y).sigmoid() - self.margin) / (1 - 2 * self.margin)
        return (v * self.levels).floor().clamp(0, self.levels - 1).long().view(num_samples, *self.shape)
