"""Losses of two players, and penalties that keep the game in bounds. Logits r = D(x), f = D(G(z)).

    NonSaturating   D  softplus(-r) + softplus(f)       G  softplus(-f)     Goodfellow 2014, arXiv:1406.2661
    Saturating      D  the same                         G  -softplus(f)     the game itself
    LeastSquares    D  ½ (r - 1)² + ½ f²                G  ½ (f - 1)²       Mao 2016, arXiv:1611.04076
    Hinge           D  max(0, 1 - r) + max(0, 1 + f)    G  -f               Lim and Ye 2017, arXiv:1705.02894
    Wasserstein     D  f - r                            G  -f               Arjovsky 2017, arXiv:1701.07875
    Relativistic    D  softplus(f - r)                  G  softplus(r - f)  Jolicoeur-Martineau 2018,
                                                                            arXiv:1807.00734

all as means. A loss is anything with `discriminator(real, fake)` and `generator(fake)`; with
`needs_real = True` the latter is called as generator(fake, real); `told(real, fake)`, if it is there, is what the
history gets in place of mean D(x) and D(G(z)). A penalty is a function

    penalty(discriminator, real, fake, *, step, rng) -> () or None     of D, as a function of x alone
    penalty(generator, z, images, *, step, rng) -> () or None          of G

None where nothing is due at this step: `Lazy(penalty, every=16)` is due at every 16th, 16 times as heavy.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab.random import rand, randn


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """-mean log D(x) - mean log(1 - D(G(z))) from logits of D: (B,), (N,) -> ()."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def generator_loss(fake: Tensor) -> Tensor:
    """-mean log D(G(z)) from logits: (N,) -> (). Slope -1 for a sample that D is sure is fake."""
    return F.softplus(-fake).mean()


def saturating_generator_loss(fake: Tensor) -> Tensor:
    """mean log(1 - D(G(z))) from logits: (N,) -> (). The game's own; slope 0 where D is sure."""
    return -F.softplus(fake).mean()


def as_probabilities(real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    """Mean D(x) and D(G(z)), for the history."""
    return {"p_real": real.sigmoid().mean(), "p_fake": fake.sigmoid().mean()}


class NonSaturating:
    discriminator, generator = staticmethod(discriminator_loss), staticmethod(generator_loss)


class Saturating:
    discriminator, generator = staticmethod(discriminator_loss), staticmethod(saturating_generator_loss)


class LeastSquares:
    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return 0.5 * (real - 1).square().mean() + 0.5 * fake.square().mean()

    def generator(self, fake: Tensor) -> Tensor:
        return 0.5 * (fake - 1).square().mean()


class Hinge:
    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()

    def generator(self, fake: Tensor) -> Tensor:
        return -fake.mean()


class Wasserstein:
    """Minus the critic's loss is W₁ times an unknown constant, and only at the best critic."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return fake.mean() - real.mean()

    def told(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """For the history: outputs of a critic are no logits, but their difference is an estimate."""
        return {"distance": real.mean() - fake.mean()}

    def generator(self, fake: Tensor) -> Tensor:
        return -fake.mean()


class Relativistic:
    """Each sample against the image in its place of the batch."""

    needs_real = True

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return F.softplus(fake - real).mean()

    def generator(self, fake: Tensor, real: Tensor) -> Tensor:
        return F.softplus(real - fake).mean()


def _slope(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """∇ function, summed over logits, at each x: (B, values), with a graph."""
    x = x.detach().requires_grad_()
    slope, = torch.autograd.grad(function(x).sum(), x, create_graph=True)
    return slope.flatten(1)


class GradientPenalty:
    """λ mean (‖∇D(x̂)‖ - 1)², x̂ = a x + (1 - a) G(z), a ~ U(0, 1) for each row (arXiv:1704.00028).

    D must treat rows apart from each other: no BatchNorm.
    """

    name = "gradient_penalty"

    def __init__(self, weight: float = 10.0):
        self.weight = weight

    def __call__(self, discriminator, real: Tensor, fake: Tensor, *, step: int = 0,
                 rng: torch.Generator | None = None) -> Tensor:
        a = rand((len(real), *[1] * (real.ndim - 1)), like=real, rng=rng)
        slope = _slope(discriminator, a * real + (1 - a) * fake.reshape(real.shape))
        return self.weight * (slope.norm(dim=1) - 1).square().mean()


class R1:
    """γ/2 mean ‖∇D(x)‖² at real x (Mescheder, Geiger and Nowozin 2018, arXiv:1801.04406)."""

    name = "r1"

    def __init__(self, gamma: float = 10.0):
        self.gamma = gamma

    def __call__(self, discriminator, real: Tensor, fake: Tensor, *, step: int = 0,
                 rng: torch.Generator | None = None) -> Tensor:
        return self.gamma / 2 * _slope(discriminator, real).square().sum(1).mean()


class R2(R1):
    """γ/2 mean ‖∇D(G(z))‖²: the same at samples."""

    name = "r2"

    def __call__(self, discriminator, real: Tensor, fake: Tensor, *, step: int = 0,
                 rng: torch.Generator | None = None) -> Tensor:
        return super().__call__(discriminator, fake, fake, step=step, rng=rng)


class PathLength(nn.Module):
    """λ mean (‖Jᵀy‖ - a)², J = ∂G/∂w, y ~ N(0, I)/√pixels; a, a moving mean of lengths, is part of the state.

    The generator must have `mapping(z) -> w`, (B, dim) or (B, layers, dim), and `synthesis(w) -> images`.
    Karras et al. (2019), arXiv:1912.04958, eq. 4.
    """

    name = "path_length"
    mean: Tensor

    def __init__(self, weight: float = 2.0, decay: float = 0.01):
        super().__init__()
        self.weight, self.decay = weight, decay
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, generator, z: Tensor, images: Tensor, *, step: int = 0,
                rng: torch.Generator | None = None) -> Tensor:
        w = generator.mapping(z)
        images = generator.synthesis(w)
        pixels = math.prod(images.shape[2:])
        y = randn(images.shape, like=images, rng=rng) / math.sqrt(pixels)
        slope, = torch.autograd.grad((images * y).sum(), w, create_graph=True)
        length = slope.square().sum(-1).flatten(1).mean(1).sqrt() if w.ndim > 2 else slope.norm(dim=1)
        with torch.no_grad():
            self.mean.lerp_(length.mean(), self.decay)
        return self.weight * (length - self.mean).square().mean()


class Lazy(nn.Module):
    """A penalty at every k-th step only, k times as heavy (arXiv:1912.04958, section 3.1)."""

    def __init__(self, penalty: Callable, every: int = 16):
        super().__init__()
        if every < 1:
            raise ValueError(f"every must be at least 1, got {every}")
        self.penalty, self.every, self.name = penalty, every, name_of(penalty)

    def forward(self, *args, step: int, rng: torch.Generator | None = None) -> Tensor | None:
        return None if step % self.every else self.every * self.penalty(*args, step=step, rng=rng)


def name_of(penalty: Callable) -> str:
    """Its name in the history."""
    return getattr(penalty, "name", None) or getattr(penalty, "__name__", type(penalty).__name__)
