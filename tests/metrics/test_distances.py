"""Distances: those of differences to the last bit, wherever points lie and however many coincide."""

import math

import pytest
import torch

import genlab.metrics.distances as module
from genlab.metrics.distances import compare, nearest, parts, points, rows_of


def cloud(n, d, seed, offset=0.0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=rng, dtype=torch.float64) + offset


def whole(n, d, seed, offset=0.0):
    """Points of a small grid: many coincide, and most distances are tied."""
    return torch.randint(0, 3, (n, d), generator=torch.Generator().manual_seed(seed)).double() + offset


SETS = {
    "apart": (cloud(90, 5, 1), cloud(70, 5, 2)),
    "far from 0": (cloud(90, 5, 1, 1e7), cloud(70, 5, 2, 1e7)),
    "copies": (cloud(90, 64, 1), cloud(90, 64, 1)[torch.arange(70) % 7]),
    "a grid": (whole(90, 3, 1), whole(70, 3, 2)),
    "a grid far from 0": (whole(90, 3, 1, 3e6), whole(70, 3, 2, 3e6)),
    "one point": (torch.ones(40, 4).double(), torch.ones(30, 4).double()),
    "an outlier": (torch.cat([cloud(89, 5, 1), cloud(1, 5, 3, 1e9)]), cloud(70, 5, 2)),
    "thousandths": (cloud(90, 5, 1, 1e3) / 1e3, cloud(70, 5, 2, 1e3) / 1e3),
}


@pytest.fixture(params=[2**21, 100], ids=["at once", "row by row"])
def block(request, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", request.param)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("k", [1, 3, 7])
def test_nearest_are_those_of_differences(name, k, block):
    a, b = SETS[name]
    everything = rows_of(a, b)
    x, y = points(a, b)
    distance, index = nearest(x, y, k)
    order = everything.argsort(dim=1, stable=True)
    assert torch.equal(distance, everything.sort(1).values[:, k - 1])
    assert torch.equal(index, order[:, k - 1])


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("k", [1, 5])
def test_a_point_is_not_its_own_neighbour(name, k, block):
    a, _ = SETS[name]
    expected = rows_of(a, a).fill_diagonal_(math.inf).sort(1).values[:, k - 1]
    x, = points(a)
    assert torch.equal(nearest(x, x, k).distance, expected)


@pytest.mark.parametrize("name", SETS)
def test_rims_are_met_exactly(name, block):
    """Radii that are themselves distances between the sets, so that some pairs lie on the rim."""
    a, b = SETS[name]
    everything = rows_of(a, b)
    x, y = points(a, b)
    for radius in (everything[:, 3:4], everything[5], everything.median(1, keepdim=True).values):
        for part in parts(x, y):
            chosen = radius[part.rows] if radius.ndim == 2 else radius
            below, within = compare(part, x, y, chosen)
            assert torch.equal(below, everything[part.rows] < chosen)
            assert torch.equal(within, everything[part.rows] <= chosen)


def test_values_without_finite_distances_are_refused():
    with pytest.raises(ValueError, match="rescale"):
        points(torch.full((3, 2), 1e200, dtype=torch.float64))
