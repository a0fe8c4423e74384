"""What a PixelCNN's outputs say about a pixel: a distribution over whole numbers 0 … K-1.

    Categorical       softmax of K logits: knows nothing of the order of grey levels
    LogisticMixture   Σ_j π_j [F((x + ½ - m_j)/s_j) - F((x - ½ - m_j)/s_j)],  F the logistic function

In the second one the lowest and the highest level reach to infinity, so that the masses add up to 1. Both take
outputs (B, outputs, C, H, W) and give one number for each pixel and colour.

Van den Oord et al. (2016), arXiv:1601.06759 (softmax); Salimans et al. (2017), PixelCNN++, arXiv:1701.05517.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Categorical(nn.Module):
    """One logit for each level.

    Args:
        levels: K.
    """

    def __init__(self, levels: int):
        super().__init__()
        self.levels = self.outputs = levels

    def log_prob(self, x: Tensor, output: Tensor) -> Tensor:
        """log p(x_i) in nats: levels (B, C, H, W) and logits (B, K, C, H, W) -> (B, C, H, W)."""
        return output.log_softmax(1).gather(1, x[:, None]).squeeze(1)

    def log_probs(self, output: Tensor) -> Tensor:
        """log p of every level, (B, K, …)."""
        return output.log_softmax(1)


class LogisticMixture(nn.Module):
    """A mixture of logistic distributions, cut into levels; near in level is near in probability.

    Means and scales are in units of the range [-1, 1], as in the paper; log-scales are at least -7. Outputs are, for
    each component, a logit, a mean and a log-scale.

    Args:
        levels: K.
        components: how many, 10 in the paper.
    """

    def __init__(self, levels: int = 256, components: int = 10):
        super().__init__()
        if levels < 2 or components < 1:
            raise ValueError(f"need at least 2 levels and 1 component, got {levels} and {components}")
        self.levels, self.components, self.outputs = levels, components, 3 * components

    def log_prob(self, x: Tensor, output: Tensor) -> Tensor:
        """log p(x_i) in nats: levels (B, …) and outputs (B, 3M, …) -> (B, …)."""
        return self._masses(x[:, None].to(output.dtype), *self._parts(output)).logsumexp(1)

    def log_probs(self, output: Tensor) -> Tensor:
        """log p of every level, (B, K, …)."""
        logits, means, log_scales = (part[:, None] for part in self._parts(output))  # (B, 1, M, …)
        x = torch.arange(self.levels, device=output.device, dtype=output.dtype)
        x = x.view(1, -1, *[1] * (output.ndim - 1))
        return self._masses(x, logits, means, log_scales).logsumexp(2)

    def _parts(self, output: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits, means, log_scales = output.chunk(3, 1)
        return logits.log_softmax(1), means, log_scales.clamp(min=-7)

    def _masses(self, x: Tensor, log_weights: Tensor, means: Tensor, log_scales: Tensor) -> Tensor:
        """log of each component's weight and mass. With a and b the ends of a bin over the scale the mass is
        sigmoid(a) sigmoid(-b) (1 - e^(b - a)), which stays exact where both sigmoids are 0 or 1."""
        inverse, width = (-log_scales).exp(), 2 / (self.levels - 1)
        middle, half = (x * width - 1 - means) * inverse, 0.5 * width * inverse
        above, below = F.logsigmoid(middle + half), F.logsigmoid(half - middle)
        within = above + below + torch.log(-torch.expm1(-2 * half))
        mass = torch.where(x <= 0, above, torch.where(x >= self.levels - 1, below, within))
        return log_weights + mass
