"""Flow matching: a velocity field that carries noise to data, learnt from straight lines between the two.

    path       x_t = (1 - t) x_0 + t x_1,   x_0 ~ N(0, I) noise at t = 0,  x_1 data at t = 1
    loss       E ‖v_θ(x_t, t) - (x_1 - x_0)‖²
    sample     dx/dt = v_θ(x, t) from t = 0 to t = 1

The best network answers v*(x, t) = E[x_1 - x_0 | x_t = x]. Pairs that cross at x pull in different directions, so the
best loss is above 0; but the points that follow v* have the law of x_t at every t. Time runs from noise to data here,
the other way round than in genlab.models.diffusion.

Lipman, Chen, Ben-Hamu, Nickel and Le (2022), Flow matching for generative modeling, arXiv:2210.02747; Liu, Gong and Liu
(2022), Flow straight and fast: learning to generate and transfer data with rectified flow, arXiv:2209.03003; Albergo
and Vanden-Eijnden (2022), Building normalizing flows with stochastic interpolants, arXiv:2209.15571.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.layers import as_shape, check_range, evaluating
from genlab.models.conditioning import apply, asked_labels
from genlab.random import rand, randn

Velocity = Callable[[Tensor, float], Tensor]
RATE = 1000.0  # what time_embedding expects of times: about 0 … 1000


def spread(t: Tensor, x: Tensor) -> Tensor:
    """t (B,) as (B, 1, …), to be multiplied with x (B, ...)."""
    return t.to(x).view(-1, *[1] * (x.ndim - 1))


def gaussian_velocity(x: Tensor, t: float, mean: Tensor | float, std: Tensor | float) -> Tensor:
    """v*(x, t) = m + (t s² - (1 - t)) / ((1 - t)² + t² s²) · (x - t m), for data N(m, s²) in each coordinate.

    Noise and data are independent, so x_1 - x_0 and x_t are jointly normal, with Cov(x_1 - x_0, x_t) = t s² - (1 - t).

    Args:
        x: (..., D). mean, std: m and s, numbers or (D,); t: in [0, 1]. s = 0 at t = 1 divides by 0.
    """
    slope = (t * std**2 - (1 - t)) / ((1 - t) ** 2 + t**2 * std**2)
    return mean + slope * (x - t * mean)


def logit_normal_time(n: int, *, like: Tensor | None = None, rng: torch.Generator | None = None) -> Tensor:
    """Times in (0, 1), (n,): sigmoid(z) with z ~ N(0, 1), most of them near the middle (Esser et al. 2024,
    Scaling rectified flow transformers for high-resolution image synthesis, arXiv:2403.03206).
    """
    return randn((n,), like=like, rng=rng).sigmoid()


def euler_step(velocity: Velocity, x: Tensor, t: float, h: float) -> Tensor:
    """x + h v(x, t): one evaluation, an error of order h² in this step and h in all."""
    return x + h * velocity(x, t)


def heun_step(velocity: Velocity, x: Tensor, t: float, h: float) -> Tensor:
    """x + h (v(x, t) + v(x + h v(x, t), t + h)) / 2: two evaluations, an error of order h² in all."""
    first = velocity(x, t)
    return x + h / 2 * (first + velocity(x + h * first, t + h))


STEPS = {"euler": euler_step, "heun": heun_step}


def states(velocity: Velocity, x: Tensor, num_steps: int, *, method: str = "euler", backwards: bool = False
           ) -> Iterator[Tensor]:
    """The num_steps + 1 states of a solution of dx/dt = v(x, t), from t = 0 to t = 1, or from 1 to 0.

    Args:
        velocity: of points (B, ...) and a time, a number in [0, 1], shaped like the points.
        method: "euler", or "heun" with twice as many evaluations.
    """
    if method not in STEPS:
        raise ValueError(f"method must be one of {', '.join(STEPS)}, got {method!r}")
    if num_steps < 1:
        raise ValueError(f"num_steps must be at least 1, got {num_steps}: it cuts the time from 0 to 1 into steps")
    yield x
    for k in range(num_steps):
        t, h = (1 - k / num_steps, -1 / num_steps) if backwards else (k / num_steps, 1 / num_steps)
        x = STEPS[method](velocity, x, t, h)
        yield x


def solve(velocity: Velocity, x: Tensor, num_steps: int, *, method: str = "euler", backwards: bool = False) -> Tensor:
    """The last of the `states`."""
    return deque(states(velocity, x, num_steps, method=method, backwards=backwards), maxlen=1).pop()


def path_curvature(velocity: Velocity, x: Tensor, num_steps: int) -> Tensor:
    """S = ∫ ‖(x_1 - x_0) - v(x_t, t)‖² dt along each Euler path: (B, ...) -> (B,), in squared units of x.

    0 for a path that is straight and of constant speed; then a single step ends where many do (Liu et al. 2022, eq. 4).
    """
    path = list(states(velocity, x, num_steps))
    total = path[-1] - path[0]
    gaps = [(total - num_steps * (after - before)).flatten(1).square().sum(1)
            for before, after in pairwise(path)]
    return torch.stack(gaps).mean(0)


class FlowMatching(nn.Module):
    """A network as a velocity field, and the equation that it drives.

    Below, x is (B, *shape); times are numbers in [0, 1], or (B,).

    Args:
        network: maps (x, 1000 t), or (x, 1000 t, labels), to velocities shaped like x, as `UNet` and `TimeMLP` do.
        shape: of one x.
        data_range: of the data; samples are clamped to it. May be infinite.
        time: "logit_normal" or "uniform": at which times the loss is taken.
    """

    anchor: Tensor

    def __init__(self, network: nn.Module, shape: Sequence[int] = (1, 28, 28), *,
                 data_range: tuple[float, float] = (-1.0, 1.0), time: str = "logit_normal"):
        super().__init__()
        if time not in ("logit_normal", "uniform"):
            raise ValueError(f'time must be "logit_normal" or "uniform", got {time!r}')
        self.network, self.shape = network, tuple(shape)
        self.data_range, self.time = data_range, time
        self.register_buffer("anchor", torch.zeros(()), persistent=False)  # where noise is drawn, and how precisely

    @property
    def data_form(self) -> str:
        """"signed", "unit" or "real", as data_range says."""
        return {(-1, 1): "signed", (0, 1): "unit"}.get(tuple(self.data_range), "real")

    def loss(self, x: Tensor, y: Tensor | None = None, *, noise: Tensor | None = None,
             rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """Mean squared error of the velocity over values, at a random time for each row. Its best value is above 0.

        Args:
            noise: x_0 of each row, as reflow has it; by default drawn anew.
        """
        x = as_shape(x, self.shape)
        check_range(x, *self.data_range, "use genlab.data.to_signed, or build the model for this range")
        draw = logit_normal_time if self.time == "logit_normal" else _uniform_time
        t = draw(len(x), like=x, rng=rng)
        noise = randn(x.shape, like=x, rng=rng) if noise is None else as_shape(noise, self.shape, what="noise")
        x_t = torch.lerp(noise, x, spread(t, x))
        return {"loss": F.mse_loss(self.velocity(x_t, t, y), x - noise)}

    def forward(self, x: Tensor, y: Tensor | None = None, *, rng: torch.Generator | None = None) -> Tensor:
        """The loss of a batch, (): what there is to compute forwards."""
        return self.loss(x, y, rng=rng)["loss"]

    def velocity(self, x: Tensor, t: Tensor | float, labels: Tensor | None = None) -> Tensor:
        """v_θ(x, t), shaped like x; t is one number for all rows, or (B,)."""
        times = torch.as_tensor(t, dtype=x.dtype, device=x.device).expand(len(x))
        answer = apply(self.network, x, RATE * times, labels=labels)
        if answer.shape != x.shape:
            raise ValueError(f"the network must answer {tuple(x.shape)} with that shape, got {tuple(answer.shape)}: "
                             "a velocity has one number for each value")
        return answer

    def trajectory(self, num_samples: int, *, labels: Sequence[int] | Tensor | int | None = None, num_steps: int = 20,
                   method: str = "euler", rng: torch.Generator | None = None) -> Iterator[Tensor]:
        """From noise to samples: num_steps + 1 states, (num_samples, *shape), in eval mode; none is clamped."""
        labels = asked_labels(labels, num_samples, [self.network], like=self.anchor)
        noise = randn((num_samples, *self.shape), like=self.anchor, rng=rng)
        return self._states(noise, labels, num_steps, method)

    def sample(self, num_samples: int, *, labels: Sequence[int] | Tensor | int | None = None, num_steps: int = 20,
               method: str = "euler", rng: torch.Generator | None = None) -> Tensor:
        """Samples (num_samples, *shape), in data_range.

        Args:
            labels: one for all or one for each, where the network takes them.
            num_steps: steps from t = 0 to t = 1; the network is evaluated once in each by "euler", twice by "heun".
        """
        path = self.trajectory(num_samples, labels=labels, num_steps=num_steps, method=method, rng=rng)
        return deque(path, maxlen=1).pop().clamp(*self.data_range)

    def decode(self, noise: Tensor, labels: Tensor | None = None, *, num_steps: int = 20,
               method: str = "euler") -> Tensor:
        """The data to which noise flows, shaped like it; not clamped."""
        return deque(self._states(noise, labels, num_steps, method), maxlen=1).pop()

    def encode(self, x: Tensor, labels: Tensor | None = None, *, num_steps: int = 20, method: str = "euler") -> Tensor:
        """The noise from which data flow: the same equation, backwards from t = 1."""
        return deque(self._states(x, labels, num_steps, method, backwards=True), maxlen=1).pop()

    def _states(self, x, labels, num_steps, method, backwards=False) -> Iterator[Tensor]:
        def velocity(x: Tensor, t: float) -> Tensor:
            with evaluating(self):
                return self.velocity(x, t, labels)

        with torch.no_grad():
            path = states(velocity, x, num_steps, method=method, backwards=backwards)
        for state in path:
            yield state.detach()


def _uniform_time(n: int, *, like: Tensor | None = None, rng: torch.Generator | None = None) -> Tensor:
    return rand((n,), like=like, rng=rng)
