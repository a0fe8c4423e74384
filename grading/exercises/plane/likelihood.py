"""plane-likelihood: normalise a density in the plane by a sum over small squares."""

import math

import torch

from genlab.random import randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A mixture of three bumps well inside a square of side 8, off its middle; its constant is hidden."""
    double = torch.zeros((), dtype=torch.float64)
    centre = torch.tensor([[-1.5, 0.6], [1.1, 1.4], [0.5, -1.6]], dtype=torch.float64)
    return {
        "means": centre + 0.25 * randn((3, 2), like=double, rng=rng).clamp(-1.5, 1.5),
        "widths": 0.32 + 0.2 * torch.rand((3, 2), generator=rng, dtype=torch.float64),
        "shares": torch.softmax(0.6 * randn((3,), like=double, rng=rng), 0),
        "constant": float(2 + 2 * torch.rand((), generator=rng)),
        "shift": float(800 + 100 * torch.rand((), generator=rng)),
        "points": 1.5 * randn((7, 2), like=double, rng=rng),
        "side": float(1.15 + 0.15 * torch.rand((), generator=rng)),
        "slope": (1.2 + 0.6 * torch.rand((2,), generator=rng, dtype=torch.float64)) * (1 - 2 * randint(0, 2, (), rng=rng)),
    }


def probe(log_likelihood_on_grid, means, widths, shares, constant, shift, points, side, slope):
    """At seven points and at one, for a smaller square that cuts the bumps, and for other cells; shifted.

    Of a density that rises across the square, too, and how many points were asked for per cell of the grid.
    """
    asked = []

    def rising(where):
        asked.append(len(where))
        return where.to(means.dtype) @ slope

    def log_density(where, by=constant):
        if where.ndim != 2 or where.shape[1] != 2:
            raise ValueError(f"log_density takes points (N, 2), got {tuple(where.shape)}")
        apart = (where.to(means.dtype)[:, None] - means) / widths
        return torch.logsumexp(shares.log() - widths.log().sum(1) - 0.5 * (apart**2).sum(2), 1) + by

    def ask(*given, **named):
        value = probing.tensor(log_likelihood_on_grid(*given, **named), "`log_likelihood_on_grid`")
        return value.double()

    near = side * torch.tanh(points)
    return dict(value=ask(log_density, points, cells=100), one=ask(log_density, points[:1], cells=60),
                coarse=ask(log_density, points, cells=75), wide=ask(log_density, points, 5.0, 100),
                cut=ask(log_density, near, extent=side, cells=32),
                rising=ask(rising, near, extent=side, cells=40), evaluations=sum(asked) / 40**2,
                reaching=ask(lambda w: log_density(w / 2.6), 3 * near, cells=32),
                high=ask(lambda w: log_density(w, shift), points, cells=64),
                low=ask(lambda w: log_density(w, -shift), points, cells=64),
                higher=ask(lambda w: log_density(w, 20 * shift), points, cells=64),
                pit=ask(lambda w: log_density(w) - 3000 * (w.norm(dim=1) > 5), points, cells=70),
                deep=ask(lambda w: log_density(w) - 3000 * (w.norm(dim=1) > 5), 3.7 * torch.sign(points[:2])),  # in corners
                lower=ask(lambda w: log_density(w, -20 * shift), points, cells=64))


def rising_and_few(inputs, got, expected, n):
    """The density that rises, at about a point for each cell: neither on cells of the answer's own, nor at corners."""
    asked, value, wanted = got["evaluations"], got["rising"], expected["rising"]
    if not 0.9 <= asked <= 4:  # of the points themselves come a few more
        return False, float(asked), 1.0
    gap = (value - wanted).abs()
    return bool((gap <= 1e-2).all()), value, wanted


def _middles(extent, cells):
    """Side of a cell, and the middles of all, (cells², 2)."""
    h = 2 * extent / cells
    axis = -extent + h * (torch.arange(cells, dtype=torch.float64) + 0.5)
    return h, torch.cartesian_prod(axis, axis)


def reference(log_density, points, extent=4.0, cells=160):
    """log f(x) - log Z with Z ≈ h² Σ f over the middles of the cells."""
    h, middles = _middles(extent, cells)
    return log_density(points) - torch.logsumexp(log_density(middles.to(points)), 0) - 2 * math.log(h)


def truth(log_density, points, extent=4.0, cells=160):
    """By Gauss-Legendre quadrature: points and weights that owe nothing to cells."""
    nodes, weights = _legendre(48)
    where = torch.cartesian_prod(extent * nodes, extent * nodes)
    both = torch.cartesian_prod(extent * weights, extent * weights).prod(1)
    return log_density(points) - torch.logsumexp(log_density(where) + both.log(), 0)


def _legendre(count):
    """Nodes and weights in [-1, 1] (Golub and Welsch 1969), as eigenvalues and vectors of the recurrence."""
    k = torch.arange(1, count, dtype=torch.float64)
    off = k / torch.sqrt(4 * k**2 - 1)
    values, vectors = torch.linalg.eigh(torch.diag(off, 1) + torch.diag(off, -1))
    return values, 2 * vectors[0] ** 2


exercise = Exercise(
    id="plane-likelihood", defines="log_likelihood_on_grid(log_density, points, extent=4.0, cells=160)", core=True,
    points=3, level=2, minutes=15, inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("value", "one", "coarse", "wide", points=1.5, shape="(B,)", tolerance=1e-4,
                says="Log-densities under which the whole square has probability 1."),
        Compare("cut", "reaching", points=0.25, shape="(B,)", tolerance=1e-2,
                says="A density that reaches beyond the square: only what lies inside counts."),
        Compare("rising", points=0.25, shape="(B,)", test=rising_and_few, resolution=1e-4,
                says="A density that rises from one side of the square to the other: f at the middle of each cell, of which "
                     "there are cells × cells."),
        Compare("high", "low", "higher", "lower", "pit", "deep", points=1, shape="(B,)", tolerance=1e-4,
                what="the log-likelihood of a density with a large constant",
                says="A constant added to log_density changes nothing, also where it is 800: exp(800) is not finite."),
    ],
    withholds=["genlab.models.energy.EnergyModel.log_partition", "genlab.data.plane.grid"],
    hints=[
        "Cut the square into cells × cells small squares. What is the volume under the density over one of them, nearly?",
        "With h = 2 extent / cells, Z ≈ h² Σ exp(log_density(middle of a cell)), so log Z is a logsumexp over all middles plus "
        "2 log h. Subtract it from log_density(points).",
        "axis = -extent + h * (torch.arange(cells) + 0.5); middles = torch.cartesian_prod(axis, axis); log_z = "
        "log_density(middles).logsumexp(0) + 2 * math.log(h).",
    ],
)
