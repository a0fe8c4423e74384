"""Fréchet distance against closed forms, an independent implementation, and its own bias formula."""

import math

import pytest
import scipy.linalg
import torch

from genlab import _torchvision
from genlab.metrics import frechet_distance, frechet_from_moments
from genlab.metrics.frechet import moments
from genlab.random import randn


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(11)


def normal(n, d, rng):
    return randn((n, d), like=torch.zeros((), dtype=torch.float64), rng=rng)


def covariance(d, rng, rank=None):
    factor = normal(d, d if rank is None else rank, rng)
    return factor @ factor.T / d


def rotation(d, rng):
    return torch.linalg.qr(normal(d, d, rng)).Q


def test_diagonal_gaussians_have_a_closed_form(rng):
    """‖Δμ‖² + Σ (σ_a - σ_b)², dimension by dimension."""
    mu_a, mu_b, std_a, std_b = (normal(5, 1, rng)[:, 0] for _ in range(4))
    expected = (mu_a - mu_b).square().sum() + (std_a.abs() - std_b.abs()).square().sum()
    got = frechet_from_moments(mu_a, std_a.square().diag(), mu_b, std_b.square().diag())
    assert got == pytest.approx(expected.item(), rel=1e-12)


def test_commuting_covariances_have_a_closed_form(rng):
    """With common axes only the roots of the eigenvalues matter; with S and 4S the distance is tr S."""
    axes, a, b = rotation(6, rng), normal(6, 1, rng)[:, 0] ** 2, normal(6, 1, rng)[:, 0] ** 2
    zero = torch.zeros(6, dtype=torch.float64)
    cov_a, cov_b = axes * a @ axes.T, axes * b @ axes.T
    expected = (a.sqrt() - b.sqrt()).square().sum().item()
    assert frechet_from_moments(zero, cov_a, zero, cov_b) == pytest.approx(expected, rel=1e-10)
    assert frechet_from_moments(zero, cov_a, zero, 4 * cov_a) == pytest.approx(a.sum().item(), rel=1e-10)


@pytest.mark.parametrize("rank", [None, 3])
def test_agrees_with_scipys_matrix_root(rng, rank):
    """tr (Σ_a Σ_b)^½ by scipy's general square root, which needs a nudge where covariances are singular."""
    cov_a, cov_b = covariance(7, rng, rank), covariance(7, rng, rank)
    mu_a, mu_b = normal(7, 1, rng)[:, 0], normal(7, 1, rng)[:, 0]
    nudge = 0 if rank is None else 1e-14 * torch.eye(7, dtype=torch.float64)
    root = scipy.linalg.sqrtm(((cov_a + nudge) @ (cov_b + nudge)).numpy())
    expected = (mu_a - mu_b).square().sum() + (cov_a + cov_b).trace() - 2 * root.trace().real
    tolerance = 1e-10 if rank is None else 1e-5
    assert frechet_from_moments(mu_a, cov_a, mu_b, cov_b) == pytest.approx(expected.item(), rel=tolerance)


def test_agrees_with_torchmetrics(rng):
    """The peer, given features as they are instead of Inception's."""
    _torchvision.load()
    from torchmetrics.image.fid import FrechetInceptionDistance

    class Identity(torch.nn.Module):
        num_features = 8

        def forward(self, x):
            return x

    a, b = normal(60, 8, rng), 1.3 * normal(50, 8, rng) @ rotation(8, rng) + 0.2
    peer = FrechetInceptionDistance(Identity(), normalize=True).set_dtype(torch.float64)
    peer.update(a, real=True)
    peer.update(b, real=False)
    assert frechet_distance(a, b) == pytest.approx(peer.compute().item(), rel=1e-8)


def test_rotating_both_sets_changes_nothing_and_order_neither(rng):
    a, b, turn = normal(80, 9, rng), 2 * normal(40, 9, rng) + 1, rotation(9, rng)
    distance = frechet_distance(a, b)
    assert frechet_distance(a @ turn, b @ turn) == pytest.approx(distance, rel=1e-11)
    assert frechet_distance(b, a) == pytest.approx(distance, rel=1e-12)
    shift = b.mean(0) - a.mean(0)
    moved = (shift + 3).square().sum().item() - shift.square().sum().item()
    assert frechet_distance(a, b + 3) == pytest.approx(distance + moved)


@pytest.mark.parametrize("n", [200, 20])
def test_a_set_has_no_distance_to_itself_even_with_singular_covariance(rng, n):
    """20 samples in 64 dimensions: a root of rounding errors would leave 1e-7."""
    a = normal(n, 64, rng)
    assert 0 <= frechet_distance(a, a.clone()) < 1e-10
    assert frechet_distance(a, a + 0.5) == pytest.approx(16, rel=1e-10)


@pytest.mark.parametrize("n", [10, 300])
def test_singular_covariances_cost_no_digit(rng, n):
    """Two sets in subspaces that meet nowhere: nothing overlaps, d² = ‖Δμ‖² + tr Σ_a + tr Σ_b.

    Roots of covariances keep 1e-8 of what rounding left where there is no variance.
    """
    axes = torch.linalg.qr(normal(64, 6, rng)).Q.T
    a, b = normal(n, 3, rng) @ axes[:3], (2 * normal(n, 3, rng) + 1) @ axes[3:]
    expected = (a.mean(0) - b.mean(0)).square().sum() + a.var(0).sum() + b.var(0).sum()
    assert frechet_distance(a, b) == pytest.approx(expected.item(), rel=1e-12)
    assert frechet_from_moments(*moments(a), *moments(b)) == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(10, 300), (300, 10), (2, 2), (7, 64), (64, 65)])
def test_few_samples_give_what_their_subspace_gives(rng, n, m):
    """The same in 5 dimensions and turned into 64, with fewer samples than dimensions or just as many."""
    a, b, axes = normal(n, 5, rng), 2 * normal(m, 5, rng) + 1, torch.linalg.qr(normal(64, 5, rng)).Q.T
    expected = frechet_distance(a, b)
    assert frechet_distance(a @ axes, b @ axes) == pytest.approx(expected, rel=1e-10)
    assert frechet_from_moments(*moments(a), *moments(b)) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("spread", [1.0, 1e-3, 1e-7])
def test_tiny_variances_are_not_lost(rng, spread):
    """Half of the dimensions vary little: common axes, so the roots' differences are known."""
    stds = torch.cat([torch.ones(6), torch.full((6,), spread)]).double()
    zero = torch.zeros(12, dtype=torch.float64)
    got = frechet_from_moments(zero, stds.square().diag(), zero, (3 * stds).square().diag())
    assert got == pytest.approx((2 * stds).square().sum().item(), rel=1e-9)


@pytest.mark.parametrize("dtype", [torch.float16, torch.int64, torch.uint8])
def test_other_dtypes_are_taken_as_they_are(rng, dtype):
    a, b = (4 * normal(50, 3, rng).abs()).to(dtype), (5 * normal(50, 3, rng).abs()).to(dtype)
    assert frechet_distance(a, b) == frechet_distance(a.double(), b.double())


def test_float32_features_are_worked_on_in_float64(rng):
    """A mean far from 0 would swallow the variances in float32."""
    a, b = (1000 + normal(100, 4, rng)).float(), (1000 + normal(100, 4, rng)).float()
    near_zero = frechet_distance(a.double() - 1000, b.double() - 1000)
    assert frechet_distance(a, b) == pytest.approx(near_zero, rel=1e-9)


def test_bias_of_white_features(rng):
    """Two sets of n from one N(0, I): E d² ≈ (d² + 5d) / (2n), from second-order perturbation.

    The mean of 40 measurements; its scatter is estimated from them.
    """
    d, n = 12, 1000
    values = torch.tensor([frechet_distance(normal(n, d, rng), normal(n, d, rng)) for _ in range(40)])
    expected = (d * d + 5 * d) / (2 * n)
    assert abs(values.mean() - expected) < 5 * values.std() / math.sqrt(40) + 0.02 * expected


@pytest.mark.parametrize(("a", "b", "says"), [
    (torch.zeros(1, 3), torch.zeros(5, 3), "n ≥ 2"),
    (torch.zeros(5), torch.zeros(5, 3), "n ≥ 2"),
    (torch.zeros(5, 2), torch.zeros(5, 3), "one dimension"),
    (torch.tensor([[0.0], [math.nan], [1.0]]), torch.zeros(5, 1), "1 of 3 samples"),
])
def test_bad_features_are_refused(a, b, says):
    with pytest.raises(ValueError, match=says):
        frechet_distance(a, b)


@pytest.mark.parametrize(("cov", "says"), [
    (torch.tensor([[1.0, 0.0], [0.0, -1.0]]), "negative eigenvalue"),
    (torch.tensor([[1.0, 0.5], [0.0, 1.0]]), "symmetric"),
    (torch.eye(3), r"\(d, d\)"),
    (torch.full((2, 2), math.inf), "finite"),
])
def test_what_is_no_covariance_is_refused(cov, says):
    mu = torch.zeros(2)
    with pytest.raises(ValueError, match=says):
        frechet_from_moments(mu, cov, mu, torch.eye(2))
