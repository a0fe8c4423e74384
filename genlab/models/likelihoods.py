"""Likelihoods p(x | z) of a VAE: what its decoder's output says about the data.

    Bernoulli            Π p_i^x_i (1 - p_i)^(1 - x_i),  p = sigmoid(output)          x of 0 and 1
    Gaussian             N(x; output, σ² I), σ learnt or fixed                       real x
    DiscretizedLogistic  Π [F(x_i + ½δ) - F(x_i - ½δ)], F logistic around sigmoid(output)   x of grey levels

Each states the form and the range of its data. Values are log-densities in nats, the last one of
probabilities, so that its bits per dimension can be compared between models.

Salimans et al. (2017), PixelCNN++, arXiv:1701.05517 (the discretized logistic);
Rybkin, Daniilidis and Levine (2020), arXiv:2006.13202 (one learnt σ).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import configurable
from genlab.random import bernoulli, rand, randn


class Bernoulli(nn.Module):
    """Pixels of 0 and 1 from logits."""

    data_form, data_range = "binary", (0.0, 1.0)
    remedy = ("use genlab.data.binarize, or for grey and colour images another likelihood, such as "
              "VAE(..., likelihood=Gaussian()) of genlab.models")

    def log_prob(self, x: Tensor, output: Tensor) -> Tensor:
        """Σ x log p + (1 - x) log(1 - p) from logits, in nats: (B, ...) twice -> (B,)."""
        return -F.binary_cross_entropy_with_logits(output, x, reduction="none").flatten(1).sum(1)

    def mean(self, output: Tensor) -> Tensor:
        """p(x = 1 | z), shaped like the output."""
        return output.sigmoid()

    def output(self, mean: Tensor) -> Tensor:
        """Logits of a mean, which is clamped to [1e-6, 1 - 1e-6]."""
        return mean.logit(eps=1e-6)

    def sample(self, output: Tensor, *, rng: torch.Generator | None = None) -> Tensor:
        """x ~ p(x | z), shaped like the output."""
        return bernoulli(output.sigmoid(), rng=rng)


@configurable
class Gaussian(nn.Module):
    """Real values around the decoder's output with one standard deviation σ, in the data's units.

    Args:
        sigma: σ, or what it starts from if it is learnt.
        learned: learn log σ with all else.
    """

    data_form, data_range = "real", (-math.inf, math.inf)
    remedy = "look for a division by zero or an overflow where it was computed"

    def __init__(self, sigma: float = 1.0, *, learned: bool = True):
        super().__init__()
        if not 0 < sigma < math.inf:
            raise ValueError(f"sigma must be positive, got {sigma}: it is a standard deviation")
        self.learned = learned
        start = torch.tensor(math.log(sigma))
        if learned:
            self.log_sigma = nn.Parameter(start)
        else:
            self.register_buffer("log_sigma", start)

    def log_prob(self, x: Tensor, output: Tensor) -> Tensor:
        """log N(x; output, σ² I) in nats: (B, ...) twice -> (B,)."""
        error = (x - output).flatten(1)
        constant = self.log_sigma + 0.5 * math.log(2 * math.pi)
        return -0.5 * error.square().sum(1) * (-2 * self.log_sigma).exp() - error.shape[1] * constant

    def mean(self, output: Tensor) -> Tensor:
        """The output itself."""
        return output

    def output(self, mean: Tensor) -> Tensor:
        """The mean itself."""
        return mean

    def sample(self, output: Tensor, *, rng: torch.Generator | None = None) -> Tensor:
        """x ~ N(output, σ² I)."""
        return output + self.log_sigma.exp() * randn(output.shape, like=output, rng=rng)


@configurable
class DiscretizedLogistic(nn.Module):
    """Grey or colour values k/(levels - 1) in [0, 1], each with the mass of its bin of width δ = 1/(levels - 1).

    The outermost bins reach to infinity, so that the masses add up to 1. The scale is learnt.

    Args:
        levels: number of values that a pixel can have.
        scale: what the scale of the logistic distribution starts from, in units of the data.
    """

    data_form, data_range = "unit", (0.0, 1.0)
    remedy = "use genlab.data.to_unit"

    def __init__(self, levels: int = 256, *, scale: float = 0.1):
        super().__init__()
        if levels < 2 or not 0 < scale < math.inf:
            raise ValueError(f"levels must be at least 2 and scale positive, got {levels} and {scale}")
        self.levels = levels
        self.log_scale = nn.Parameter(torch.tensor(math.log(scale)))

    def log_prob(self, x: Tensor, output: Tensor) -> Tensor:
        """Σ log [F(x + ½δ) - F(x - ½δ)] in nats, x rounded to its level: (B, ...) twice -> (B,).

        With a and b the two ends over the scale, the mass is sigmoid(a) sigmoid(-b) (1 - e^(b - a)).
        """
        level = (x * (self.levels - 1)).round()
        inverse, width = (-self.log_scale).exp(), 1 / (self.levels - 1)
        middle = (level * width - output.sigmoid()) * inverse
        half = 0.5 * width * inverse
        above, below = F.logsigmoid(middle + half), F.logsigmoid(half - middle)
        within = above + below + torch.log(-torch.expm1(-2 * half))
        log_mass = torch.where(level <= 0, above, torch.where(level >= self.levels - 1, below, within))
        return log_mass.flatten(1).sum(1)

    def mean(self, output: Tensor) -> Tensor:
        """Middle of the logistic distribution, in (0, 1)."""
        return output.sigmoid()

    def output(self, mean: Tensor) -> Tensor:
        """What the decoder would have to say for a middle, clamped to [1e-6, 1 - 1e-6]."""
        return mean.logit(eps=1e-6)

    def sample(self, output: Tensor, *, rng: torch.Generator | None = None) -> Tensor:
        """x ~ p(x | z), at its levels."""
        noise = rand(output.shape, like=output, rng=rng).logit(eps=1e-6)
        x = (output.sigmoid() + self.log_scale.exp() * noise).clamp(0, 1)
        return (x * (self.levels - 1)).round() / (self.levels - 1)
