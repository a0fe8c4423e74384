"""Densities in the plane whose every value is known, so that one can see what a model has learnt.

    ring          eight Gaussians on a circle: are all of them found?
    moons         two half circles blurred by Gaussian noise: a thin, bent support
    checkerboard  uniform on eight squares: edges, and holes between them
    pinwheel      five Gaussians swirled about the origin: bent and stretched

    plane.RING.sample(1000, rng=rng)     points (1000, 2)
    plane.RING.log_density(points)       nats, (1000,), normalised
    plane.RING.entropy()                 nats: no model's mean negative log-likelihood is lower

All are centred and lie, but for a fraction of 1e-5 of their mass, in the square [-3, 3]². The ring is the
usual test for dropped modes (Metz et al. 2016, arXiv:1611.02163); checkerboard and pinwheel are those of
Grathwohl et al. (2018), arXiv:1810.01367, and Johnson et al. (2016), arXiv:1603.06277, in other units.
"""

import functools
import math
from abc import ABC, abstractmethod

import numpy as np
import torch
from torch import Tensor

from genlab.layers import check_range
from genlab.random import rand, randint, randn

LIMIT = 3.0  # the square that pictures, grids and bins cover is [-LIMIT, LIMIT]²


class Density(ABC):
    """What the four have in common; `_draw` and `_log` say which one it is, in float64.

    Attributes:
        name: in lower case.
        modes: centres of the parts that a model may miss, (M, 2); none for the moons.
        radius: a point at most so far from a mode counts as one of its samples.
    """

    def __init__(self, name: str, modes: Tensor, radius: float):
        self.name, self.modes, self.radius = name, modes, radius

    def sample(self, n: int, *, rng: torch.Generator | None = None) -> Tensor:
        """n independent points, (n, 2)."""
        if n < 0:
            raise ValueError(f"n must not be negative, got {n}: it counts points")
        return self._draw(n, rng).float()

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x) in nats, with the dtype of x and differentiable: (..., 2) -> (...)."""
        if x.shape[-1:] != (2,) or not x.is_floating_point():
            raise ValueError(f"points must be floats (..., 2), got {x.dtype} {tuple(x.shape)}")
        return self._log(x.double()).to(x.dtype)

    @functools.cache  # noqa: B019 (one number for each of a few densities)
    def entropy(self) -> float:
        """-∫ p log p dx in nats, by a sum over a fine grid that holds the mass; error below 1e-6."""
        points, area = grid(240, limit=4.0)
        log_p = torch.cat([self._log(part) for part in points.double().split(20_000)])
        return -(log_p.exp() * log_p).sum().item() * area

    @abstractmethod
    def _draw(self, n: int, rng: torch.Generator | None) -> Tensor:
        """n points, (n, 2)."""

    @abstractmethod
    def _log(self, x: Tensor) -> Tensor:
        """log p(x) in nats: (..., 2) -> (...)."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class Ring(Density):
    """p(x) = (1/M) Σ_m N(x; c_m, σ² I), with the M centres evenly on a circle.

    Args:
        count: M.
        size: radius of the circle.
        sigma: σ. A sample counts for a mode within 3σ, where 98.9 % of a Gaussian's points lie.
    """

    def __init__(self, count: int = 8, size: float = 2.0, sigma: float = 0.2):
        angle = 2 * math.pi * torch.arange(count, dtype=torch.float64) / count
        super().__init__("ring", size * torch.stack([angle.cos(), angle.sin()], -1), 3 * sigma)
        self.sigma = sigma

    def _draw(self, n: int, rng: torch.Generator | None) -> Tensor:
        which = randint(0, len(self.modes), (n,), rng=rng)
        return self.modes[which] + self.sigma * randn((n, 2), like=self.modes, rng=rng)

    def _log(self, x: Tensor) -> Tensor:
        weights = torch.full((len(self.modes),), -math.log(len(self.modes)), dtype=x.dtype)
        return _log_mixture(x, self.modes, weights, self.sigma)


class Moons(Density):
    """A point of one of two half circles, uniform along the arc, plus N(0, σ² I).

    The density is an integral along the arcs without a closed form. Gauss-Legendre quadrature gives it
    with a relative error below 1e-7 in the square [-3, 3]².

    Args:
        size: radius of the arcs, which are those of scikit-learn's `make_moons` in units of this radius.
        sigma: σ.
    """

    def __init__(self, size: float = 1.5, sigma: float = 0.15):
        super().__init__("moons", torch.empty(0, 2, dtype=torch.float64), 3 * sigma)
        self.size, self.sigma = size, sigma
        nodes, weights = (torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(64))
        turn = 0.5 * math.pi * (nodes + 1)
        upper, lower = torch.zeros(64, dtype=torch.int64), torch.ones(64, dtype=torch.int64)
        self.arcs = torch.cat([self._arc(turn, upper), self._arc(turn, lower)])
        self.weights = (weights / 4).log().repeat(2)  # half for the mean over an arc, half for the choice

    def _arc(self, turn: Tensor, lower: Tensor) -> Tensor:
        """The point at an angle in [0, π] of the upper (0) or the lower (1) arc: (N,) twice -> (N, 2)."""
        upper = torch.stack([turn.cos() - 0.5, turn.sin() - 0.25], -1)
        return self.size * upper * (1 - 2 * lower[:, None])  # each is the other, turned by 180°

    def _draw(self, n: int, rng: torch.Generator | None) -> Tensor:
        lower = randint(0, 2, (n,), rng=rng)
        turn = math.pi * rand((n,), like=self.arcs, rng=rng)
        return self._arc(turn, lower) + self.sigma * randn((n, 2), like=self.arcs, rng=rng)

    def _log(self, x: Tensor) -> Tensor:
        return _log_mixture(x, self.arcs, self.weights, self.sigma)


class Checkerboard(Density):
    """Uniform on every other one of the 4 × 4 unit squares of [-2, 2]²; log p = -∞ elsewhere."""

    def __init__(self):
        row, column = torch.cartesian_prod(torch.arange(4), torch.arange(4)).T
        centres = torch.stack([column, row], -1)[(row + column) % 2 == 0] - 1.5
        super().__init__("checkerboard", centres.double(), 0.5)

    def entropy(self) -> float:
        """log 8 nats: that of a uniform density on an area of 8."""
        return math.log(8)

    def _draw(self, n: int, rng: torch.Generator | None) -> Tensor:
        which = randint(0, 8, (n,), rng=rng)
        return self.modes[which] + rand((n, 2), like=self.modes, rng=rng) - 0.5

    def _log(self, x: Tensor) -> Tensor:
        square = x.floor()
        inside = (square.abs().amax(-1) <= 2) & (square.amax(-1) < 2) & (square.sum(-1) % 2 == 0)
        log_p = torch.full_like(x[..., 0], -math.log(8))
        return log_p.masked_fill(~inside, -math.inf) + 0 * x.sum(-1)  # a gradient of 0, where there is one


class Pinwheel(Density):
    """Petals N((1, 0), diag(0.3², 0.1²)), turned to `count` directions, then swirled: x = s R(rate e^|f|) f.

    Each point turns about the origin by an angle that depends on its distance alone. That is one to one
    and keeps areas, so the density is the petals' at the point turned back. (Johnson et al. turn by the
    first coordinate, which is neither.)

    Args:
        count: number of petals.
        size: s.
        rate: how fast the swirl grows outwards.
    """

    STRETCH = (0.3, 0.1)  # standard deviations along and across a petal

    def __init__(self, count: int = 5, size: float = 1.3, rate: float = 0.4):
        self.size, self.rate = size, rate
        self.angles = 2 * math.pi * torch.arange(count, dtype=torch.float64) / count
        centres = _turned(torch.tensor([[1.0, 0.0]], dtype=torch.float64), self.angles)
        super().__init__("pinwheel", self._swirled(centres), 3 * self.STRETCH[1] * size)

    def _swirled(self, petal: Tensor) -> Tensor:
        return self.size * _turned(petal, self.rate * petal.norm(dim=-1).exp())

    def _draw(self, n: int, rng: torch.Generator | None) -> Tensor:
        angle = self.angles[randint(0, len(self.angles), (n,), rng=rng)]
        noise = randn((n, 2), like=self.angles, rng=rng)
        straight = noise * noise.new_tensor(self.STRETCH) + noise.new_tensor([1.0, 0.0])
        return self._swirled(_turned(straight, angle))

    def _log(self, x: Tensor) -> Tensor:
        x = x / self.size
        petal = _turned(x, -self.rate * (x.square().sum(-1) + 1e-300).sqrt().exp())  # √ has no slope at 0
        straight = _turned(petal[..., None, :], -self.angles)
        scaled = (straight - straight.new_tensor([1.0, 0.0])) / straight.new_tensor(self.STRETCH)
        constant = math.log(2 * math.pi * math.prod(self.STRETCH) * self.size**2 * len(self.angles))
        return (-0.5 * scaled.square().sum(-1)).logsumexp(-1) - constant


def grid(points: int = 200, *, limit: float = LIMIT) -> tuple[Tensor, float]:
    """Centres of points × points cells of [-limit, limit]², (points², 2), and the area of a cell.

    The first coordinate changes slowest: `values.view(points, points).T` is a picture with x to the right
    (and, drawn with origin="lower", y upwards). Σ p · area over the grid approximates ∫ p dx.
    """
    if points < 1:
        raise ValueError(f"points must be at least 1, got {points}: it counts cells along each side")
    side = 2 * limit / points
    axis = (torch.arange(points, dtype=torch.float64) + 0.5) * side - limit
    return torch.cartesian_prod(axis, axis).float(), side**2


def to_bins(x: Tensor, bins: int, *, limit: float = LIMIT) -> Tensor:
    """Number of the bin, 0 … bins - 1 along each axis (int64), in which a coordinate lies; (..., 2).

    Points outside the square go to the outermost bins. A probability P of a bin stands for the density
    P / area, log p = log P - 2 log(2 limit / bins), on all of the bin.
    """
    return ((x + limit) * (bins / (2 * limit))).floor().long().clamp(0, bins - 1)


def from_bins(levels: Tensor, bins: int, *, limit: float = LIMIT,
              rng: torch.Generator | None = None) -> Tensor:
    """A uniformly drawn point of each bin, floats (..., 2): from an exact discrete to an exact density."""
    if levels.is_floating_point():
        raise TypeError(f"levels must be whole numbers, got {levels.dtype}: to_bins makes them of points")
    check_range(levels, 0, bins - 1, what="levels")
    like = torch.empty(0, device=levels.device)
    return (levels + rand(levels.shape, like=like, rng=rng)) * (2 * limit / bins) - limit


def _log_mixture(x: Tensor, centres: Tensor, log_weights: Tensor, sigma: float) -> Tensor:
    """log Σ_m w_m N(x; c_m, σ² I): (..., 2), (M, 2), (M,) -> (...)."""
    centres, log_weights = centres.to(x.device), log_weights.to(x.device)
    # |x - c|² multiplied out: float64 has digits to spare, and one matrix product is several times faster
    along = x @ centres.mT - 0.5 * centres.square().sum(-1)
    terms = (log_weights + along / sigma**2).logsumexp(-1)
    return terms - 0.5 * x.square().sum(-1) / sigma**2 - math.log(2 * math.pi * sigma**2)


def _turned(x: Tensor, angle: Tensor) -> Tensor:
    """x turned counter-clockwise about the origin: (..., 2), (...) -> (..., 2)."""
    cos, sin = angle.to(x.device).cos(), angle.to(x.device).sin()
    return torch.stack([x[..., 0] * cos - x[..., 1] * sin, x[..., 0] * sin + x[..., 1] * cos], -1)


RING, MOONS, CHECKERBOARD, PINWHEEL = Ring(), Moons(), Checkerboard(), Pinwheel()
DENSITIES = {density.name: density for density in (RING, MOONS, CHECKERBOARD, PINWHEEL)}
