"""The bound on log p(x) of a diffusion model, with all its terms: what its training loss is not.

    -log p(x) ≤ KL(q(x_{T-1} | x) ‖ N(0, I))                                          "prior"
              + Σ_{t ≥ 1} E KL(q(x_{t-1} | x_t, x) ‖ p(x_{t-1} | x_t))                "steps"
              + E[-log p(x | x_t at t = 0)]                                           "data"

Times count 0 … T-1, so x_{T-1} is the noisiest. Ho, Jain and Abbeel (2020), arXiv:2006.11239, equation 5 and
section 3.3. An estimate: one draw of x_t for each row and time; its mean over draws is exact.
"""

import math

import torch
from torch import Tensor

from genlab.layers import check_range, evaluating
from genlab.models.diffusion import DiffusionModel
from genlab.random import randn


def diffusion_bound(model: DiffusionModel, x: Tensor, y: Tensor | None = None, *, levels: int | None = 256,
                    rng: torch.Generator | None = None) -> dict[str, Tensor]:
    """The three terms, each (B,) nats per row, and "elbo", minus their sum. T evaluations of the network.

    Divide minus the elbo by the number of values and by log 2 for bits per dimension.

    Args:
        x: data, (B, channels, …) in data_range.
        y: labels, where the network takes them.
        levels: data are of so many levels, evenly spread over data_range, and "elbo" bounds the logarithm of
            their probability; None for real numbers, whose density it bounds.
    """
    low, high = model.data_range
    check_range(x, low, high, "use genlab.data.to_signed, or build the model for this range")
    if levels is not None and not math.isfinite(high - low):
        raise ValueError("levels are spread over data_range, which is infinite here: pass levels=None")
    with evaluating(model):
        last, first = (torch.full((len(x),), step, device=x.device) for step in (model.time_steps - 1, 0))
        kept, scale = model.at("alpha_bar", last, x), model.at("noise_scale", last, x)
        prior = _sum(_gaussian_kl(kept.sqrt() * x, scale.square(), torch.zeros_like(x), torch.ones_like(scale)))
        steps = torch.zeros_like(prior)
        for step in range(1, model.time_steps):
            t = torch.full((len(x),), step, device=x.device)
            x_t = model.q_sample(x, t, randn(x.shape, like=x, rng=rng))
            mean, small = model.posterior(x, x_t, t)
            guess, _ = model.posterior(model.predict_clean(x_t, t, y), x_t, t)
            variance = small if model.variance == "small" else model.at("beta", t, x)
            steps = steps + _sum(_gaussian_kl(mean, small, guess, variance))
        x_t = model.q_sample(x, first, randn(x.shape, like=x, rng=rng))
        guess, std = model.predict_clean(x_t, first, y), model.at("beta", first, x).sqrt()
        data = -_sum(_log_density(x, guess, std) if levels is None else
                     _log_probability(x, guess, std, low, high, levels))
    return {"prior": prior, "steps": steps, "data": data, "elbo": -(prior + steps + data)}


def _gaussian_kl(mean: Tensor, variance: Tensor, other: Tensor, other_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) ‖ N(other, other_variance)) of each value."""
    ratio = variance / other_variance
    return 0.5 * ((mean - other).square() / other_variance + ratio - 1 - ratio.log())


def _log_density(x: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    return -0.5 * ((x - mean) / std).square() - std.log() - 0.5 * math.log(2 * math.pi)


def _log_probability(x: Tensor, mean: Tensor, std: Tensor, low: float, high: float, levels: int) -> Tensor:
    """Of the level's bin under N(mean, std²); the lowest and the highest bin reach to infinity (eq. 13)."""
    half = (high - low) / (levels - 1) / 2
    above = torch.where(x > high - half, math.inf, (x + half - mean) / std)
    below = torch.where(x < low + half, -math.inf, (x - half - mean) / std)
    flip = (above + below) > 0  # on the upper side differences of the lower tail lose their digits
    above, below = torch.where(flip, -below, above), torch.where(flip, -above, below)
    log_above, log_below = (torch.special.log_ndtr(z.double()) for z in (above, below))
    return (log_above + torch.log1p(-(log_below - log_above).exp().clamp(max=1 - 1e-15))).to(x)


def last_step_nats(x: Tensor, guess: Tensor, std: float, *, data_range: tuple[float, float] = (-1.0, 1.0),
                   levels: int = 256) -> Tensor:
    """-log P(x) for data of so many levels under N(guess, std²), summed over values: (B,) nats.

    Each level has the probability of its bin; the lowest and the highest bin reach to infinity (eq. 13).
    """
    return -_sum(_log_probability(x, guess, torch.as_tensor(std).to(x), *data_range, levels))


def _sum(x: Tensor) -> Tensor:
    return x.flatten(1).sum(1)
