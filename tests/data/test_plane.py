"""Densities in the plane: they integrate to one, and their samples follow them."""

import math

import pytest
import torch
from scipy.integrate import quad
from scipy.stats import chisquare, kstest, multivariate_normal

from genlab.data import plane

ALL = list(plane.DENSITIES.values())
DOUBLE = torch.zeros((), dtype=torch.float64)


@pytest.fixture(params=ALL, ids=lambda density: density.name)
def density(request):
    return request.param


def cells(density, points, *, finer=20):
    """Probability of each cell of a grid, by the mean of the density over finer × finer points in it."""
    x, area = plane.grid(points * finer)
    p = density.log_density(x.double()).exp().view(points, finer, points, finer)
    return p.sum((1, 3)).flatten() * area


# Against the definition

def test_integrates_to_one(density):
    x, area = plane.grid(240, limit=4.0)
    assert density.log_density(x.double()).exp().sum().item() * area == pytest.approx(1, abs=1e-6)


def test_the_square_holds_the_mass(density):
    x, area = plane.grid(240)
    assert 1 - 1e-5 < density.log_density(x.double()).exp().sum().item() * area < 1 + 1e-6


def test_samples_fall_into_cells_as_the_density_says(density, rng):
    """χ² over the cells of a 24 × 24 grid in which five or more points are expected."""
    n = 40_000
    expected = n * cells(density, 24)
    counts = plane.to_bins(density.sample(n, rng=rng), 24) @ torch.tensor([24, 1])
    found = torch.bincount(counts, minlength=24**2).double()
    often = expected >= 5
    found = torch.cat([found[often], found[~often].sum()[None]])
    expected = torch.cat([expected[often], expected[~often].sum()[None]])
    keep = expected > 0
    assert found[~keep].sum() == 0
    p_value = chisquare(found[keep], expected[keep] * n / expected.sum()).pvalue
    assert 1e-4 < p_value


def test_entropy_is_what_samples_cost(density, rng):
    values = -density.log_density(density.sample(40_000, rng=rng)).double()
    error = 5 * values.std() / 200 + 1e-6
    assert abs(values.mean() - density.entropy()) < error


def test_entropy_of_a_finer_grid_is_the_same(density):
    x, area = plane.grid(720, limit=4.5)
    p = torch.cat([density.log_density(part.double()).exp() for part in x.split(50_000)])
    assert -torch.special.xlogy(p, p).sum() * area == pytest.approx(density.entropy(), abs=1e-6)


def test_the_ring_is_scipys_mixture(rng):
    x = 3 * torch.randn(50, 2, generator=rng, dtype=torch.float64)
    parts = [multivariate_normal((2 * math.cos(k * math.pi / 4), 2 * math.sin(k * math.pi / 4)), 0.04)
             for k in range(8)]
    expected = sum(part.pdf(x) for part in parts) / 8
    torch.testing.assert_close(plane.RING.log_density(x).exp(), torch.as_tensor(expected), rtol=1e-9, atol=0)
    far_apart = math.log(8) + math.log(2 * math.pi * math.e * 0.04)  # of Gaussians that do not overlap
    assert far_apart - 1e-3 < plane.RING.entropy() < far_apart


def test_the_moons_are_the_integral_along_the_arcs():
    """By adaptive quadrature, on the arcs, between them and far away."""
    def along(turn, x, y, sign):
        a, b = 1.5 * sign * (math.cos(turn) - 0.5), 1.5 * sign * (math.sin(turn) - 0.25)
        return math.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * 0.15**2)) / (2 * math.pi * 0.15**2)

    for x, y in [(0.75, 1.125), (-2.25, -0.4), (0, 0), (1.3, 0.5), (2.9, -2.9), (-3, 3), (-0.7, -0.3)]:
        parts = [quad(along, 0, math.pi, args=(x, y, sign), epsabs=0, epsrel=1e-11, limit=400)[0]
                 for sign in (1, -1)]
        ours = plane.MOONS.log_density(torch.tensor([x, y], dtype=torch.float64)).exp().item()
        assert ours == pytest.approx(sum(parts) / (2 * math.pi), rel=1e-7)


def test_the_checkerboard_is_uniform_on_its_squares(rng):
    x = plane.CHECKERBOARD.sample(20_000, rng=rng)
    assert (plane.CHECKERBOARD.log_density(x) == torch.tensor(-math.log(8))).all()
    for axis in (0, 1):
        assert kstest(x[:, axis].double(), "uniform", args=(-2, 4)).pvalue > 1e-4
    outside = torch.tensor([[0.5, -0.5], [2.5, 2.5], [-2.1, 0.5], [math.nan, 0.5]])
    assert not plane.CHECKERBOARD.log_density(outside).isfinite().any()


def test_the_pinwheels_swirl_keeps_areas():
    """Jacobian of the map from petals to points, by autograd: its determinant is s² everywhere."""
    petal = torch.tensor([[1.0, 0.1], [0.2, -0.3], [1.8, 0.0]], dtype=torch.float64)
    jacobian = torch.func.vmap(torch.func.jacrev(plane.PINWHEEL._swirled))(petal)
    torch.testing.assert_close(jacobian.det(), torch.full((3,), 1.3**2, dtype=torch.float64))


# Modes

@pytest.mark.parametrize("density, count", [(plane.RING, 8), (plane.CHECKERBOARD, 8), (plane.PINWHEEL, 5)])
def test_every_mode_has_its_share_of_the_samples(density, count, rng):
    assert density.modes.shape == (count, 2)
    nearest = torch.cdist(density.sample(8000, rng=rng).double(), density.modes).argmin(1)
    share = torch.bincount(nearest, minlength=count) / 8000
    assert ((share - 1 / count).abs() < 5 * (1 / count / 8000) ** 0.5).all()


def test_modes_of_smooth_densities_are_maxima():
    for density in (plane.RING, plane.PINWHEEL):
        x = density.modes.clone().requires_grad_()
        slope, = torch.autograd.grad(density.log_density(x).sum(), x)
        assert slope.abs().max() < 1e-3
    assert plane.MOONS.modes.shape == (0, 2)


def test_balls_around_the_rings_modes_are_apart_and_hold_what_a_gaussian_holds(rng):
    distance = torch.cdist(plane.RING.modes, plane.RING.modes) + 9 * torch.eye(8)
    assert distance.min() > 2 * plane.RING.radius
    near = torch.cdist(plane.RING.sample(20_000, rng=rng).double(), plane.RING.modes).amin(1)
    share, wanted = (near <= plane.RING.radius).double().mean(), 1 - math.exp(-4.5)
    assert abs(share - wanted) < 5 * (wanted * (1 - wanted) / 20_000) ** 0.5


# Interface

def test_samples_are_points_in_single_precision(density, rng):
    for n in (0, 1, 7):
        x = density.sample(n, rng=rng)
        assert x.shape == (n, 2) and x.dtype == torch.float32
    assert density.log_density(x).dtype == torch.float32
    assert density.log_density(x[:6].view(3, 2, 2)).shape == (3, 2)


def test_the_same_rng_gives_the_same_points_and_the_global_state_is_left_alone(density):
    before = torch.get_rng_state()
    a, b, c = (density.sample(5, rng=torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(a, b) and not torch.equal(a, c)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_gradient_is_the_score(density, rng):
    """Finite everywhere in the support, and minus the pull towards the mode for a lone Gaussian."""
    x = density.sample(500, rng=rng).requires_grad_()
    score, = torch.autograd.grad(density.log_density(x).sum(), x)
    assert score.isfinite().all()
    one = plane.Ring(count=1, size=0.5, sigma=0.3)
    score, = torch.autograd.grad(one.log_density(x).sum(), x)
    torch.testing.assert_close(score, ((one.modes - x) / 0.09).float(), rtol=1e-4, atol=1e-4)


def test_what_is_not_a_point_is_refused(density):
    for wrong in (torch.zeros(3), torch.zeros(2, 3), torch.zeros(4, 2, dtype=torch.int64)):
        with pytest.raises(ValueError, match=r"points must be floats \(\.\.\., 2\)"):
            density.log_density(wrong)
    with pytest.raises(ValueError, match="n must not be negative"):
        density.sample(-1)


# Grids and bins

def test_grid_has_the_centres_of_its_cells():
    x, area = plane.grid(3, limit=1.5)
    assert area == pytest.approx(1)
    assert x.tolist() == [[a, b] for a in (-1, 0, 1) for b in (-1, 0, 1)]
    with pytest.raises(ValueError, match="points must be at least 1"):
        plane.grid(0)


@pytest.mark.parametrize("bins", [1, 7, 64])
def test_a_point_drawn_in_a_bin_lies_in_that_bin(bins, rng):
    levels = torch.randint(0, bins, (500, 2), generator=rng)
    x = plane.from_bins(levels, bins, rng=rng)
    assert torch.equal(plane.to_bins(x, bins), levels) and x.abs().max() <= plane.LIMIT
    assert kstest(((x + 3) * bins / 6 % 1).flatten().double(), "uniform").pvalue > 1e-4


def test_bins_at_the_edge_take_what_lies_beyond():
    assert plane.to_bins(torch.tensor([[-9.0, 9.0], [-3.0, 3.0]]), 10).tolist() == [[0, 9], [0, 9]]
    with pytest.raises(ValueError, match="levels must lie in"):
        plane.from_bins(torch.tensor([[0, 10]]), 10)
    with pytest.raises(TypeError, match="to_bins"):
        plane.from_bins(torch.zeros(1, 2), 10)
