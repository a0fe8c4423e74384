"""Kernel distance against closed forms, enumeration, torchmetrics and scikit-learn; and its missing bias."""

import importlib
import math

import pytest
import torch
from sklearn.metrics.pairwise import polynomial_kernel

from genlab import _torchvision
from genlab.metrics import digit_kernel_distance, kernel_distance
from genlab.random import randn


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(4)


def normal(n, d, rng):
    return randn((n, d), like=torch.zeros((), dtype=torch.float64), rng=rng)


def by_sklearn(a, b):
    """The U-statistic from full kernel matrices."""
    aa, bb, ab = (torch.tensor(polynomial_kernel(x.numpy(), y.numpy(), degree=3, coef0=1)) for x, y in
                  ((a, a), (b, b), (a, b)))
    n, m = len(a), len(b)
    return ((aa.sum() - aa.trace()) / (n * (n - 1)) + (bb.sum() - bb.trace()) / (m * (m - 1))
            - 2 * ab.mean()).item()


def test_agrees_with_full_kernel_matrices_of_sklearn(rng):
    a, b = normal(31, 5, rng), 1.5 * normal(23, 5, rng) + 0.2
    assert kernel_distance(a, b).value == pytest.approx(by_sklearn(a, b), rel=1e-10)
    assert kernel_distance(a, b).n == 23


def test_a_linear_kernel_sees_the_difference_of_means(rng):
    """Degree 1: without bias, ‖a̅ - b̅‖² minus the variance of the two means."""
    a, b = normal(40, 3, rng), normal(50, 3, rng) + 1
    expected = (a.mean(0) - b.mean(0)).square().sum() - a.var(0).sum() / 40 - b.var(0).sum() / 50
    assert kernel_distance(a, b, degree=1, gamma=1).value == pytest.approx(expected.item(), rel=1e-10)


def test_points_have_a_closed_form():
    """All of a at x, all of b at y: k(x, x) + k(y, y) - 2 k(x, y)."""
    a, b = torch.tensor([[2.0]]).repeat(6, 1), torch.tensor([[-1.0]]).repeat(4, 1)
    got = kernel_distance(a, b)
    assert got.value == pytest.approx(5**3 + 2**3 - 2 * (-1) ** 3, rel=1e-12)
    assert got.error == pytest.approx(0, abs=1e-9)


def test_agrees_with_torchmetrics_on_subsets(rng):
    """One subset that is the whole set leaves no chance; the peer needs its features as they are."""
    _torchvision.load()
    from torchmetrics.image.kid import KernelInceptionDistance

    a, b = normal(40, 8, rng), 1.2 * normal(40, 8, rng) + 0.3
    peer = KernelInceptionDistance(torch.nn.Identity(), subsets=3, subset_size=40, normalize=True)
    peer.set_dtype(torch.float64)
    peer.update(a, real=True)
    peer.update(b, real=False)
    expected = peer.compute()[0].item()
    got = kernel_distance(a, b, subsets=3, size=40)
    assert got.value == pytest.approx(expected, rel=1e-8)
    assert got.value == pytest.approx(kernel_distance(a, b).value, rel=1e-10)
    assert got.error == pytest.approx(0, abs=1e-9) and got.n == 40


def test_subsets_scatter_around_all_pairs(rng):
    a, b = normal(300, 4, rng), normal(300, 4, rng) + 0.4
    got, whole = kernel_distance(a, b, subsets=200, size=50), kernel_distance(a, b)
    assert abs(got.value - whole.value) < 5 * got.error / math.sqrt(200)
    assert got.n == 50 and got.error > 2 * whole.error
    assert got == kernel_distance(a, b, subsets=200, size=50)


@pytest.mark.parametrize("n", [5, 60])
def test_no_bias_at_any_n(rng, n):
    """Against the exact MMD² of two Gaussians in one dimension, by their moments: k = (xy + 1)³."""
    mean, std = 0.5, 1.3
    moments_a = torch.tensor([1.0, 0.0, 1.0, 0.0])
    moments_b = torch.tensor([1.0, mean, mean**2 + std**2, mean**3 + 3 * mean * std**2])
    truth = (torch.tensor([1.0, 3.0, 3.0, 1.0]) * (moments_a - moments_b) ** 2).sum().item()
    values = torch.tensor([kernel_distance(normal(n, 1, rng), std * normal(n, 1, rng) + mean).value
                           for _ in range(400)])
    assert abs(values.mean() - truth) < 4.5 * values.std() / 20


def test_equal_laws_give_values_on_both_sides_of_zero(rng):
    values = torch.tensor([kernel_distance(normal(40, 3, rng), normal(40, 3, rng)).value for _ in range(200)])
    assert abs(values.mean()) < 4.5 * values.std() / math.sqrt(200)
    assert 0.3 < (values < 0).double().mean() < 0.8


def test_the_jackknife_error_is_the_scatter_between_draws(rng):
    got = [kernel_distance(normal(100, 2, rng), normal(80, 2, rng) + 0.7) for _ in range(150)]
    values = torch.tensor([e.value for e in got])
    errors = torch.tensor([e.error for e in got])
    assert errors.median().item() == pytest.approx(values.std().item(), rel=0.25)


def test_few_rows_at_a_time_change_nothing(rng, monkeypatch):
    a, b = normal(31, 5, rng), normal(23, 5, rng)
    whole = kernel_distance(a, b)
    module = importlib.import_module("genlab.metrics.kernel_distance")  # the package names the function
    monkeypatch.setattr(module, "ROWS", 50)
    assert kernel_distance(a, b) == pytest.approx(whole, rel=1e-10)


def test_digits_noise_and_one_class():
    from genlab.data import digits

    images, labels = digits("test")
    real = digit_kernel_distance(images)
    assert abs(real.value) < 0.1
    assert digit_kernel_distance(images[labels == 1]).value > 10 * max(real.value, real.error)


@pytest.mark.parametrize(("a", "b", "options", "says"), [
    (torch.zeros(2, 3), torch.zeros(5, 3), {}, "n ≥ 3"),
    (torch.zeros(5, 2), torch.zeros(5, 3), {}, "one dimension"),
    (torch.full((5, 3), math.inf), torch.zeros(5, 3), {}, "finite"),
    (torch.zeros(5, 3), torch.zeros(5, 3), {"subsets": 2, "size": 6}, "size"),
    (torch.zeros(5, 3), torch.zeros(5, 3), {"subsets": 1, "size": 5}, "subsets"),
    (torch.zeros(5, 3), torch.zeros(5, 3), {"degree": 0}, "degree"),
])
def test_bad_input_is_refused(a, b, options, says):
    with pytest.raises(ValueError, match=says):
        kernel_distance(a, b, **options)
