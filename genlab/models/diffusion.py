"""Denoising diffusion: data are turned into noise step by step, and a network learns to walk back.

    forward    q(x_t | x_0) = N(√ᾱ_t x_0, (1 - ᾱ_t) I)      in genlab.models.schedules
    loss       E ‖ε - ε_θ(√ᾱ_t x_0 + √(1 - ᾱ_t) ε, t)‖²
    reverse    x_{t-1} ~ N(mean of q(x_{t-1} | x_t, x̂_0), σ_t² I),  x̂_0 from x_t and ε_θ(x_t, t)

The network estimates a score, ∇ log q(x_t) = -E[ε | x_t] / √(1 - ᾱ_t). The likelihood has a bound; the
loss weights its terms anew and so is none. Time counts 0 … T-1 here, where papers write 1 … T.

Ho, Jain and Abbeel (2020), Denoising diffusion probabilistic models, arXiv:2006.11239.
"""

from collections import deque
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import check_range, evaluating
from genlab.models.conditioning import apply, asked_labels
from genlab.models.schedules import NoiseSchedule, cosine_schedule, linear_schedule
from genlab.models.unet import UNet
from genlab.random import randint, randn

__all__ = ["DiffusionModel", "NoiseSchedule", "cosine_schedule", "linear_schedule"]


class DiffusionModel(NoiseSchedule):
    """A noise schedule, and a network that walks back.

    Below, x_0, x_t and noise are (B, channels, ...), and t is (B,) whole numbers in 0 … T-1.

    Args:
        channels: of the data; for points without channels, their number of coordinates.
        time_steps: T.
        network: maps (x_t, t), or (x_t, t, labels), to what `prediction` says; by default a U-Net, for
            images. Points want another, such as genlab.layers.TimeMLP.
        beta: variance of the noise that each step adds, (T,); by default the linear schedule.
        prediction: what the network is trained to say of x_t: "noise", "clean" (x_0) or "v".
        data_range: of the data; x̂_0 is clamped to it in every step of sampling. May be infinite.
        variance: σ² of a reverse step: "large", β_t, is best for data N(0, I), and "small", the
            variance of q(x_{t-1} | x_t, x_0), for a single point; with few steps samples scatter too
            much with one and too little with the other.
    """

    def __init__(self, channels: int = 1, time_steps: int = 1000, *, network: nn.Module | None = None,
                 beta: Tensor | None = None, prediction: str = "noise",
                 data_range: tuple[float, float] = (-1.0, 1.0), variance: str = "large"):
        if variance not in ("large", "small"):
            raise ValueError(f'variance must be "large" or "small", got {variance!r}')
        if prediction not in ("noise", "clean", "v"):
            raise ValueError(f'prediction must be "noise", "clean" or "v", got {prediction!r}')
        beta = linear_schedule(time_steps) if beta is None else beta
        if beta.shape != (time_steps,):
            raise ValueError(f"beta must be ({time_steps},) of numbers between 0 and 1, "
                             f"got {tuple(beta.shape)}: pass time_steps={len(beta)}")
        super().__init__(beta)
        self.network = UNet(channels) if network is None else network
        self.channels, self.prediction = channels, prediction
        self.data_range, self.variance = data_range, variance

    @property
    def data_form(self) -> str:
        """"signed", "unit" or "real", as data_range says."""
        return {(-1, 1): "signed", (0, 1): "unit"}.get(tuple(self.data_range), "real")

    def loss(self, x: Tensor, y: Tensor | None = None, *,
             rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """Mean squared error of the prediction over values, at a random time for each row (eq. 14).

        Noise cannot be told from data without error, so its best value is above 0.
        """
        self._check_shape(x.shape)
        check_range(x, *self.data_range, "use genlab.data.to_signed, or build the model for this range")
        t = randint(0, self.time_steps, (len(x),), like=x, rng=rng)
        x_t, noise = self.forward_diffusion(x, t, rng=rng)
        target = {"noise": lambda: noise, "clean": lambda: x, "v": lambda: self.velocity(x, t, noise)}
        return {"loss": F.mse_loss(self._answer(x_t, t, y), target[self.prediction]())}

    def forward(self, x: Tensor, y: Tensor | None = None, *, rng: torch.Generator | None = None) -> Tensor:
        """The loss of a batch, (): what there is to compute forwards."""
        return self.loss(x, y, rng=rng)["loss"]

    def predict_noise(self, x_t: Tensor, t: Tensor, labels: Tensor | None = None) -> Tensor:
        """ε_θ(x_t, t), shaped like x_t."""
        return self.noise_from(self.prediction, self._answer(x_t, t, labels), x_t, t)

    def predict_clean(self, x_t: Tensor, t: Tensor, labels: Tensor | None = None) -> Tensor:
        """x̂_0: `q_sample` solved for x_0 with the prediction, kept within data_range (eq. 15)."""
        answer = self._answer(x_t, t, labels)
        return self.clean_from(self.prediction, answer, x_t, t).clamp(*self.data_range)

    def score(self, x_t: Tensor, t: Tensor, labels: Tensor | None = None) -> Tensor:
        """∇ log q(x_t) = -ε_θ(x_t, t) / √(1 - ᾱ_t), as the network has learnt it."""
        return -self.predict_noise(x_t, t, labels) / self.at("noise_scale", t, x_t)

    def denoise(self, x_t: Tensor, t: Tensor, noise: Tensor, labels: Tensor | None = None) -> Tensor:
        """A step of the reverse chain, x_{t-1} (algorithm 2); from t = 0 without noise, to data."""
        mean, small = self.posterior(self.predict_clean(x_t, t, labels), x_t, t)
        variance = small if self.variance == "small" else self.at("beta", t, x_t)
        return mean + torch.where(small > 0, variance, 0.0).sqrt() * noise

    def trajectory(self, shape: Sequence[int], *, labels: Sequence[int] | Tensor | int | None = None,
                   steps: int | None = None, eta: float = 1.0,
                   rng: torch.Generator | None = None) -> Iterator[Tensor]:
        """From pure noise to samples: steps + 1 states of this shape, (n, channels, ...), in eval mode."""
        self._check_shape(shape)
        labels = asked_labels(labels, shape[0], [self.network], like=self.beta)
        times, chain = self._chain(self.time_steps if steps is None else steps)
        x = randn(shape, like=self.beta, rng=rng)
        yield x
        for step in reversed(range(len(times))):
            noise = randn(x.shape, like=x, rng=rng)
            with evaluating(self):
                clean = self.predict_clean(x, times[step].expand(len(x)), labels)
                x = chain.backwards(clean, x, step, noise, eta=eta, large=self.variance == "large")
            yield x

    def sample(self, shape: Sequence[int], *, labels: Sequence[int] | Tensor | int | None = None,
               steps: int | None = None, eta: float = 1.0, rng: torch.Generator | None = None) -> Tensor:
        """Samples of this shape, (n, channels, ...), in data_range.

        Args:
            labels: one for all or one for each, where the network takes them.
            steps: evaluations of the network, at so many of the T times, evenly spread, the last one
                among them; by default all T.
            eta: how much of the noise each step draws. 1 is DDPM's chain, 0 draws none after the first x
                (DDIM; Song, Meng and Ermon 2021, arXiv:2010.02502), which is better with few steps.
        """
        return deque(self.trajectory(shape, labels=labels, steps=steps, eta=eta, rng=rng), maxlen=1).pop()

    def _chain(self, steps: int) -> tuple[Tensor, NoiseSchedule]:
        """Times (steps,), increasing, and the schedule of the chain that visits these alone."""
        if not 1 <= steps <= self.time_steps:
            raise ValueError(f"steps must lie in 1 … {self.time_steps}, got {steps}")
        times = torch.linspace(self.time_steps / steps, self.time_steps, steps, dtype=torch.float64)
        times = (times.round().long() - 1).to(self.beta.device)
        return times, self if steps == self.time_steps else self.only(times)

    def _answer(self, x_t: Tensor, t: Tensor, labels: Tensor | None) -> Tensor:
        answer = apply(self.network, x_t, t, labels=labels)
        if answer.shape != x_t.shape:
            raise ValueError(f"the network must answer {tuple(x_t.shape)} with that shape, "
                             f"got {tuple(answer.shape)}: it predicts one number for each value")
        return answer

    def _check_shape(self, shape: Sequence[int]) -> None:
        if isinstance(shape, int) or len(shape) < 2 or shape[1] != self.channels:
            got = shape if isinstance(shape, int) else tuple(shape)
            raise ValueError(f"data must be (B, {self.channels}, ...), got {got}: the model was "
                             f"built for {self.channels} channels, and samples are asked for by their shape")
