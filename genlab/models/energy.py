"""Energy-based model: any network that gives a number is a density, up to a constant nobody knows.

    model      p(x) = exp(-E(x)) / Z,  Z = ∫ exp(-E(x)) dx
    learning   ∇(-log p(x)) = ∇E(x) - E_{x' ~ p} ∇E(x'): down where data are, up where samples are
    sampling   x ← x + ½ ε s(x) + √ε n,  s = ∇ log p = -∇E,  n ~ N(0, I): Langevin dynamics

The score s does not contain Z, so one can sample without it; log p(x) itself stays unknown but where Z can
be summed, as in the plane. Chains are kept between the steps of training (a replay buffer), because
a chain that starts from noise each time is too short to arrive.

Hinton (2002), Training products of experts by minimizing contrastive divergence, Neural Computation 14.
Du and Mordatch (2019), Implicit generation and modeling with energy-based models, arXiv:1903.08689.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from genlab.layers import as_shape, check_range, evaluating
from genlab.models.conditioning import asked_labels
from genlab.random import rand, randint, randn


def langevin_step(score: Callable[[Tensor], Tensor], x: Tensor, step_size: float, noise: float | None = None,
                  *, rng: torch.Generator | None = None) -> Tensor:
    """x + ½ ε s(x) + noise · n with ε = step_size and n ~ N(0, I): (B, ...) -> (B, ...), without a graph.

    Only noise √ε, the default, leads to p, and that for ε → 0: on N(0, 1) the variance becomes
    1 / (1 - ε/4). Less noise is p at a lower temperature.
    """
    with torch.no_grad():
        scale = math.sqrt(step_size) if noise is None else noise
        return x + 0.5 * step_size * score(x) + scale * randn(x.shape, like=x, rng=rng)


def contrastive_divergence(energy_data: Tensor, energy_samples: Tensor) -> Tensor:
    """mean E(data) - mean E(samples): (B,), (N,) -> ().

    Its gradient is an unbiased one of the mean of -log p, if the samples are p's; its value says nothing,
    for Z is missing from it.
    """
    return energy_data.mean() - energy_samples.mean()


class EnergyModel(nn.Module):
    """A network as an energy, and Langevin chains that sample from it.

    `loss` is stateful: it moves chains on and puts them back into the buffer, which is part of the
    model's state, so that a checkpoint has it.

    Args:
        network: maps x, (B, *shape), to energies (B,) or (B, 1); no BatchNorm, which couples samples.
        shape: of one x.
        data_range: finite; chains start uniformly in it and are kept inside.
        steps: of Langevin dynamics for each step of training, and by default for a sample.
        step_size: ε.
        noise: standard deviation of the noise of a step; by default √ε, which samples from p. Published
            recipes for images take far less, and so train an energy at another temperature.
        buffer_size: chains that are kept; with 0, chains start from the batch of data (CD-k of
            Hinton, biased for few steps).
        restart: probability that a chain of the buffer starts anew from noise.
        penalty: weight of mean E(data)² + mean E(samples)², which holds the energy's free constant.
    """

    replay: Tensor
    visited: Tensor

    def __init__(self, network: nn.Module, shape: tuple[int, ...], *,
                 data_range: tuple[float, float] = (-1.0, 1.0), steps: int = 60, step_size: float = 0.01,
                 noise: float | None = None, buffer_size: int = 10_000, restart: float = 0.05,
                 penalty: float = 0.1):
        super().__init__()
        if step_size <= 0:
            raise ValueError(f"step_size must be above 0, got {step_size}: chains would stand still")
        if not all(map(math.isfinite, data_range)):
            raise ValueError(f"data_range must be finite, got {data_range}: chains start uniformly in it")
        self.network, self.shape, self.data_range = network, tuple(shape), data_range
        self.steps, self.step_size, self.noise = steps, step_size, noise
        self.restart, self.penalty = restart, penalty
        self.register_buffer("replay", torch.zeros(buffer_size, *self.shape))
        self.register_buffer("visited", torch.zeros(buffer_size, dtype=torch.bool))

    @property
    def data_form(self) -> str:
        """"signed", "unit" or "real", as data_range says."""
        return {(-1, 1): "signed", (0, 1): "unit"}.get(tuple(self.data_range), "real")

    def energy(self, x: Tensor) -> Tensor:
        """E(x): (B, *shape) -> (B,)."""
        return self.network(as_shape(x, self.shape)).reshape(len(x))

    def score(self, x: Tensor) -> Tensor:
        """s(x) = ∇ log p(x) = -∇E(x), (B, *shape), without a graph; the parameters get no gradient."""
        with torch.inference_mode(False), torch.enable_grad():  # a clone, for inference tensors have no graph
            x = as_shape(x, self.shape).detach().clone().requires_grad_()
            slope, = torch.autograd.grad(self.energy(x).sum(), x)
        return -slope

    def loss(self, x: Tensor, y: Tensor | None = None, *,
             rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """Contrastive divergence against the chains, with the penalty; labels are ignored.

        Also the mean energies of data and samples. When both stay equal while samples look like data,
        all is well; the loss is near 0 from the first step to the last.
        """
        x = as_shape(x, self.shape)
        check_range(x, *self.data_range, "rescale the data, or build the model with their range")
        samples = self._negatives(x, rng)
        # One pass for both, so that dropout and the like see no difference between them.
        real, fake = self.energy(torch.cat([x, samples])).split(len(x))
        loss = contrastive_divergence(real, fake)
        if self.penalty:
            loss = loss + self.penalty * (real.square().mean() + fake.square().mean())
        return {"loss": loss, "energy_data": real.mean(), "energy_samples": fake.mean()}

    def trajectory(self, num_samples: int = 64, *, labels: None = None, steps: int | None = None,
                   rng: torch.Generator | None = None) -> Iterator[Tensor]:
        """Chains from uniform noise, a state before the first step and after each: (num_samples, *shape)."""
        asked_labels(labels, num_samples, [], like=self.replay)
        return self._chain(self._noise(num_samples, rng), self.steps if steps is None else steps, rng)

    def sample(self, num_samples: int = 64, *, labels: None = None, steps: int | None = None,
               rng: torch.Generator | None = None) -> Tensor:
        """The ends of chains from noise, (num_samples, *shape); of p only if chains are long enough."""
        return deque(self.trajectory(num_samples, labels=labels, steps=steps, rng=rng), maxlen=1).pop()

    def log_partition(self, points: Tensor, area: float = 1.0) -> Tensor:
        """log Z ≈ log Σ exp(-E) area, (): -E(x) - log Z is log p(x), in nats.

        Args:
            points: all states, or the centres of cells that cover the mass, (N, *shape).
            area: of a cell; 1 for states.
        """
        return (-self.energy(points)).logsumexp(0) + math.log(area)

    def _noise(self, n: int, rng: torch.Generator | None) -> Tensor:
        low, high = self.data_range
        return low + (high - low) * rand((n, *self.shape), like=self.replay, rng=rng)

    def _chain(self, x: Tensor, steps: int, rng: torch.Generator | None) -> Iterator[Tensor]:
        yield x
        for _ in range(steps):
            with evaluating(self):
                x = langevin_step(self.score, x, self.step_size, self.noise, rng=rng).clamp(*self.data_range)
            yield x

    def _negatives(self, x: Tensor, rng: torch.Generator | None) -> Tensor:
        """Ends of chains, as many as x has rows, from the buffer or, without one, from x itself."""
        if not len(self.replay):
            return deque(self._chain(x.detach(), self.steps, rng), maxlen=1).pop()
        place = randint(0, len(self.replay), (len(x),), like=self.replay, rng=rng)
        fresh = rand((len(x),), like=self.replay, rng=rng) < self.restart
        fresh = (fresh | ~self.visited[place]).view(-1, *[1] * len(self.shape))
        start = torch.where(fresh, self._noise(len(x), rng), self.replay[place])
        end = deque(self._chain(start, self.steps, rng), maxlen=1).pop()
        self.replay[place], self.visited[place] = end, torch.ones_like(self.visited[place])
        return end
