"""Denoising diffusion: data are turned into noise step by step, and a network learns to walk back.

    forward    q(x_t | x_0) = N(√ᾱ_t x_0, (1 - ᾱ_t) I),  ᾱ_t = Π_{s ≤ t} (1 - β_s)
    loss       E ‖ε - ε_θ(√ᾱ_t x_0 + √(1 - ᾱ_t) ε, t)‖²
    reverse    x_{t-1} ~ N(mean of q(x_{t-1} | x_t, x̂_0), σ_t² I),  x̂_0 from x_t and ε_θ(x_t, t)

The network estimates a score, ∇ log q(x_t) = -E[ε | x_t] / √(1 - ᾱ_t). The likelihood has a bound; the
loss weights its terms anew and so is none. Time counts 0 … T-1 here, where papers write 1 … T.

Ho, Jain and Abbeel (2020), Denoising diffusion probabilistic models, arXiv:2006.11239.
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import check_range, evaluating
from genlab.random import randint, randn


def linear_schedule(steps: int, first: float = 1e-4, last: float = 0.02) -> Tensor:
    """β from `first` to `last`, each times 1000 / steps, and at most 0.999: (T,) in float64.

    The paper's values are meant for 1000 steps; with fewer and smaller noise in all, the last x would not be
    noise, and sampling would start from another distribution than training has seen.
    """
    _check_steps(steps)
    scale = 1000 / steps
    return torch.linspace(scale * first, scale * last, steps, dtype=torch.float64).clamp(max=0.999)


def cosine_schedule(steps: int, offset: float = 0.008) -> Tensor:
    """β with ᾱ = cos²((t/T + s)/(1 + s) · π/2) up to a constant, at most 0.999: (T,) in float64.

    Nichol and Dhariwal (2021), Improved denoising diffusion probabilistic models, arXiv:2102.09672.
    """
    _check_steps(steps)
    t = torch.arange(steps + 1, dtype=torch.float64) / steps
    alpha_bar = torch.cos((t + offset) / (1 + offset) * math.pi / 2).square()
    return (1 - alpha_bar[1:] / alpha_bar[:-1]).clamp(max=0.999)


class DiffusionModel(nn.Module):
    """A network that predicts noise, and the chain that it reverses.

    Below, x_0, x_t and noise are (B, channels, ...), and t is (B,) whole numbers in 0 … T-1.

    Args:
        channels: of the data; for points without channels, their number of coordinates.
        time_steps: T.
        network: maps (x_t, t) to the noise in x_t.
        beta: variance of the noise that each step adds, (T,); by default the linear schedule.
        data_range: of the data; x̂_0 is clamped to it in every step of sampling. May be infinite.
        variance: σ² of a reverse step: "large", β_t, is best for data N(0, I), and "small", the
            variance of q(x_{t-1} | x_t, x_0), for a single point; with few steps samples scatter too
            much with one and too little with the other.
    """

    beta: Tensor
    alpha: Tensor
    alpha_bar: Tensor
    alpha_bar_prev: Tensor  # ᾱ of the time before; 1 at time 0
    noise_scale: Tensor  # √(1 - ᾱ)
    clean_weight: Tensor  # of x_0 and of x_t in the mean of q(x_{t-1} | x_t, x_0)
    noisy_weight: Tensor
    posterior_variance: Tensor  # of q(x_{t-1} | x_t, x_0); 0 at time 0

    def __init__(self, channels: int = 1, time_steps: int = 1000, *, network: nn.Module,
                 beta: Tensor | None = None, data_range: tuple[float, float] = (-1.0, 1.0),
                 variance: str = "large"):
        super().__init__()
        if variance not in ("large", "small"):
            raise ValueError(f'variance must be "large" or "small", got {variance!r}')
        beta = linear_schedule(time_steps) if beta is None else beta.double()
        if beta.shape != (time_steps,) or not ((0 < beta) & (beta < 1)).all():
            raise ValueError(f"beta must be ({time_steps},) of numbers between 0 and 1, "
                             f"got {tuple(beta.shape)} from {beta.min():g} to {beta.max():g}")
        self.network, self.channels, self.time_steps = network, channels, time_steps
        self.data_range, self.variance = data_range, variance
        self._add_buffers(beta)

    def _add_buffers(self, beta: Tensor) -> None:
        """All constants from β in float64: 1 - ᾱ loses its digits otherwise where ᾱ is near 1."""
        alpha_bar = (1 - beta).cumprod(0)
        before = torch.cat([torch.ones(1, dtype=torch.float64), alpha_bar[:-1]])
        for name, values in {"beta": beta, "alpha": 1 - beta, "alpha_bar": alpha_bar}.items():
            self.register_buffer(name, values.float())
        derived = {"alpha_bar_prev": before, "noise_scale": (1 - alpha_bar).sqrt(),
                   "clean_weight": before.sqrt() * beta / (1 - alpha_bar),
                   "noisy_weight": (1 - beta).sqrt() * (1 - before) / (1 - alpha_bar),
                   "posterior_variance": beta * (1 - before) / (1 - alpha_bar)}
        for name, values in derived.items():
            self.register_buffer(name, values.float(), persistent=False)

    def forward_diffusion(self, x_0: Tensor, t: Tensor, *,
                          rng: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """x_t and the noise in it."""
        noise = randn(x_0.shape, like=x_0, rng=rng)
        return self.q_sample(x_0, t, noise), noise

    def q_sample(self, x_0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """x_t = √ᾱ_t x_0 + √(1 - ᾱ_t) ε: any number of steps in one jump (eq. 4)."""
        return _at(self.alpha_bar, t, x_0).sqrt() * x_0 + _at(self.noise_scale, t, x_0) * noise

    def predict_noise(self, x_t: Tensor, t: Tensor) -> Tensor:
        """ε_θ(x_t, t), shaped like x_t."""
        noise = self.network(x_t, t)
        if noise.shape != x_t.shape:
            raise ValueError(f"the network must answer {tuple(x_t.shape)} with that shape, "
                             f"got {tuple(noise.shape)}: it predicts the noise in each value")
        return noise

    def loss(self, x: Tensor, y: Tensor | None = None, *,
             rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """Mean of (ε - ε_θ(x_t, t))² over values, at a random time for each row (eq. 14); labels are ignored.

        Noise cannot be told from data without error, so its best value is above 0.
        """
        self._check_shape(x.shape)
        check_range(x, *self.data_range, "use genlab.data.to_signed, or build the model for this range")
        t = randint(0, self.time_steps, (len(x),), like=x, rng=rng)
        x_t, noise = self.forward_diffusion(x, t, rng=rng)
        return {"loss": F.mse_loss(self.predict_noise(x_t, t), noise)}

    def forward(self, x: Tensor, *, rng: torch.Generator | None = None) -> Tensor:
        """The loss of a batch, (): what there is to compute forwards."""
        return self.loss(x, rng=rng)["loss"]

    def predict_clean(self, x_t: Tensor, t: Tensor) -> Tensor:
        """x̂_0: `q_sample` solved for x_0 with the predicted noise, kept within data_range (eq. 15)."""
        x_0 = x_t - _at(self.noise_scale, t, x_t) * self.predict_noise(x_t, t)
        return (x_0 / _at(self.alpha_bar, t, x_t).sqrt()).clamp(*self.data_range)

    def score(self, x_t: Tensor, t: Tensor) -> Tensor:
        """∇ log q(x_t) = -ε_θ(x_t, t) / √(1 - ᾱ_t), as the network has learnt it."""
        return -self.predict_noise(x_t, t) / _at(self.noise_scale, t, x_t)

    def posterior(self, x_0: Tensor, x_t: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """Mean, shaped like x_t, and variance, (B, 1, ...), of q(x_{t-1} | x_t, x_0) (eq. 6 and 7)."""
        mean = _at(self.clean_weight, t, x_t) * x_0 + _at(self.noisy_weight, t, x_t) * x_t
        return mean, _at(self.posterior_variance, t, x_t)

    def denoise(self, x_t: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """A step of the reverse chain, x_{t-1} (algorithm 2); from t = 0 without noise, to data."""
        mean, small = self.posterior(self.predict_clean(x_t, t), x_t, t)
        variance = small if self.variance == "small" else _at(self.beta, t, x_t)
        return mean + torch.where(small > 0, variance, 0.0).sqrt() * noise

    def trajectory(self, shape: Sequence[int], *, rng: torch.Generator | None = None) -> Iterator[Tensor]:
        """From pure noise to samples: T + 1 states of this shape, (n, channels, ...), in eval mode."""
        self._check_shape(shape)
        x = randn(shape, like=self.beta, rng=rng)
        yield x
        for step in reversed(range(self.time_steps)):
            t = torch.full((len(x),), step, device=x.device)
            with evaluating(self):
                x = self.denoise(x, t, randn(x.shape, like=x, rng=rng))
            yield x

    def sample(self, shape: Sequence[int], *, rng: torch.Generator | None = None) -> Tensor:
        """Samples of this shape, (n, channels, ...), in data_range; T evaluations of the network."""
        return deque(self.trajectory(shape, rng=rng), maxlen=1).pop()

    def _check_shape(self, shape: Sequence[int]) -> None:
        if len(shape) < 2 or shape[1] != self.channels:
            raise ValueError(f"data must be (B, {self.channels}, ...), got {tuple(shape)}: the model was "
                             f"built for {self.channels} channels")


def _at(schedule: Tensor, t: Tensor, like: Tensor) -> Tensor:
    """The schedule's value at each time, (B, 1, ..., 1), to be multiplied with `like`."""
    return schedule[t].view(-1, *[1] * (like.ndim - 1))


def _check_steps(steps: int) -> None:
    if steps < 2:
        raise ValueError(f"a schedule needs at least 2 steps, got {steps}")
