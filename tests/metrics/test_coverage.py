"""Precision, recall, density and coverage: on points placed by hand, by numpy, and in their known limits."""

import math

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

import genlab.metrics.distances as module
from genlab.metrics import density_coverage, expected_coverage, precision_recall
from genlab.metrics.coverage import balls_around, neighbour_radii
from genlab.random import randn


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(6)


def normal(n, d, rng):
    return randn((n, d), like=torch.zeros((), dtype=torch.float64), rng=rng)


def line(*places):
    return torch.tensor(places, dtype=torch.float64)[:, None]


def by_sklearn(real, fake, k_pr, k_dc):
    """All four from scikit-learn's neighbours and full matrices of distances."""
    def radii(x, k):
        return NearestNeighbors(n_neighbors=k + 1).fit(x).kneighbors(x)[0][:, k]

    distances = np.linalg.norm(real[:, None] - fake[None], axis=2)
    precision = (distances <= radii(real, k_pr)[:, None]).any(0).mean()
    recall = (distances <= radii(fake, k_pr)[None]).any(1).mean()
    ball = radii(real, k_dc)[:, None]
    return precision, recall, (distances < ball).sum(0).mean() / k_dc, (distances.min(1) < ball[:, 0]).mean()


@pytest.mark.parametrize("block", [None, 40])
def test_agrees_with_sklearn(rng, monkeypatch, block):
    """Also where only one row of distances fits into memory."""
    if block:
        monkeypatch.setattr(module, "BLOCK", block)
    real, fake = normal(60, 3, rng), 0.8 * normal(45, 3, rng) + 0.5
    got = (*precision_recall(real, fake, k=3), *density_coverage(real, fake, k=5))
    assert got == pytest.approx(by_sklearn(real.numpy(), fake.numpy(), 3, 5), rel=1e-12)


def test_points_on_a_line():
    """Real 0, 1, 3 with k = 1 reach 1, 1 and 2; fakes 2, 9 reach 7 and 7."""
    real, fake = line(0, 1, 3), line(2, 9)
    assert neighbour_radii(real, k=1).tolist() == [1, 1, 2]
    assert precision_recall(real, fake, k=1) == (1 / 2, 1)
    assert balls_around(fake, real, k=1).tolist() == [2, 0]
    assert density_coverage(real, fake, k=1) == (1 / 2, 1 / 3)  # 2 lies on the rim of the ball of 1


def test_a_point_is_not_its_own_neighbour_but_its_twin_is():
    assert neighbour_radii(line(5, 5, 8), k=1).tolist() == [0, 0, 3]
    assert neighbour_radii(line(5, 5, 8), k=2).tolist() == [3, 3, 3]


def test_roles_are_not_exchangeable(rng):
    """Fakes from half of the data: all precise, half recalled; noise around all of it: the reverse."""
    two = torch.cat([normal(200, 2, rng), normal(200, 2, rng) + 30])
    half = normal(300, 2, rng)
    precision, recall = precision_recall(two, half)
    assert precision > 0.95 and recall < 0.55
    assert precision_recall(half, two) == (recall, precision)
    density, coverage = density_coverage(two, half)
    assert density > 0.8 and coverage < 0.55


def test_an_outlier_buys_precision_and_little_density(rng):
    """One far real point has a ball that holds whatever lies between."""
    real = torch.cat([normal(200, 2, rng), torch.tensor([[100.0, 0.0]], dtype=torch.float64)])
    fake = 0.1 * normal(100, 2, rng) + torch.tensor([50.0, 0.0], dtype=torch.float64)
    assert precision_recall(real, fake).precision == 1
    assert density_coverage(real, fake).density <= 1 / 5


def test_one_law_for_both(rng):
    """Density is 1 on average, coverage 1 - Π (n-1-i) / (n+m-1-i); means over 60 draws."""
    n, m, k = 60, 40, 3
    values = torch.tensor([density_coverage(normal(n, 4, rng), normal(m, 4, rng), k=k) for _ in range(60)])
    error = values.std(0) / math.sqrt(60)
    expected = torch.tensor([1.0, expected_coverage(n, m, k=k)])
    assert ((values.mean(0) - expected).abs() < 4.5 * error).all()


def test_expected_coverage_by_counting_orders():
    """Which of the other 3 reals and 2 fakes come nearest: 10 orders, of which 3 begin with two reals."""
    assert expected_coverage(4, 2, k=2) == pytest.approx(1 - 3 / 10)
    assert expected_coverage(10_000, 10_000, k=5) == pytest.approx(1 - 2**-5, abs=1e-4)


def test_a_memoriser_is_perfect(rng):
    real = normal(50, 3, rng)
    assert precision_recall(real, real.clone()) == (1, 1)
    assert density_coverage(real, real.clone()).coverage == 1


@pytest.mark.parametrize(("real", "fake", "k", "says"), [
    (torch.zeros(3, 2), torch.zeros(9, 2), 3, "k must be a whole number from 1 to 2"),
    (torch.zeros(9, 2), torch.zeros(9, 2), 0, "k must"),
    (torch.zeros(9, 2), torch.zeros(9, 3), 3, "one dimension"),
    (torch.full((9, 2), math.nan), torch.zeros(9, 2), 3, "finite"),
])
def test_bad_input_is_refused(real, fake, k, says):
    with pytest.raises(ValueError, match=says):
        precision_recall(real, fake, k=k)
    with pytest.raises(ValueError, match=says):
        density_coverage(real, fake, k=k)


def test_expected_coverage_refuses_too_many_neighbours():
    with pytest.raises(ValueError, match="k < n"):
        expected_coverage(5, 5, k=5)
