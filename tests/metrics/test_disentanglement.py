"""MIG on codes whose verdict is known, and its informations against scikit-learn's."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import mutual_info_score

from genlab.metrics import factor_entropy, factor_gaps, mutual_information, mutual_information_gap


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(3)


@pytest.fixture
def factors():
    """All combinations of 4 × 5 × 3 values: independent, evenly spread."""
    return torch.cartesian_prod(torch.arange(4), torch.arange(5), torch.arange(3))


def test_a_code_that_is_the_factors_has_gap_one(factors):
    assert mutual_information_gap(factors.double(), factors) == pytest.approx(1)


def test_scale_sign_order_and_spare_dimensions_do_not_matter(factors):
    codes = torch.cat([-7 * factors.double()[:, [2, 0, 1]] + 3, torch.zeros(60, 2)], 1)
    torch.testing.assert_close(factor_gaps(codes, factors), torch.ones(3, dtype=torch.float64))


def test_rotating_two_factors_by_45_degrees_closes_their_gap():
    """Both codes then know equally much about both factors: I(x + y; x) = H(x + y) - H(y)."""
    factors = torch.cartesian_prod(torch.arange(8), torch.arange(8))
    x, y = factors.double().T
    codes = torch.stack([x + y, x - y], 1)
    assert mutual_information_gap(codes, factors, bins=15) == pytest.approx(0, abs=1e-12)
    total = torch.tensor([8.0 - abs(k - 7) for k in range(15)], dtype=torch.float64) / 64
    expected = -(total * total.log()).sum() - math.log(8)
    torch.testing.assert_close(mutual_information(codes, factors, bins=15), expected.expand(2, 2))


def test_a_duplicated_code_closes_the_gap_of_its_factor_alone(factors):
    codes = torch.cat([factors, factors[:, :1]], 1).double()
    torch.testing.assert_close(factor_gaps(codes, factors), torch.tensor([0.0, 1, 1], dtype=torch.float64))


def test_noise_knows_almost_nothing(rng):
    """Plug-in information of independent variables is about (bins - 1)(values - 1) / (2N): a χ² law."""
    n, bins, values = 20_000, 20, 4
    codes, factors = torch.rand(n, 3, generator=rng), torch.randint(values, (n, 1), generator=rng)
    degrees = (bins - 1) * (values - 1)
    got = 2 * n * mutual_information(codes, factors, bins=bins)
    assert ((got - degrees).abs() < 6 * math.sqrt(2 * degrees)).all()
    assert mutual_information_gap(codes, factors) < 0.01


def test_agrees_with_scikit_learn(rng):
    factors = torch.randint(5, (400, 2), generator=rng)
    codes = factors.float() @ torch.randn(2, 3, generator=rng) + 0.3 * torch.randn(400, 3, generator=rng)
    got = mutual_information(codes, factors, bins=20)
    for k in range(3):
        edges = np.histogram(codes[:, k].double(), 20)[1][:-1]
        binned = np.digitize(codes[:, k].double(), edges)  # as in disentanglement_lib
        for f in range(2):
            assert got[k, f].item() == pytest.approx(mutual_info_score(binned, factors[:, f]), abs=1e-9)


def test_entropy_of_factors(factors):
    expected = torch.tensor([4.0, 5, 3], dtype=torch.float64).log()
    torch.testing.assert_close(factor_entropy(factors), expected)
    torch.testing.assert_close(factor_entropy(7 * factors - 2), expected)


@pytest.mark.parametrize(("codes", "factors", "says"), [
    (torch.zeros(4, 1), torch.arange(4)[:, None], "two latent dimensions"),
    (torch.zeros(4, 2), torch.zeros(4, 1, dtype=torch.int64), r"factors \[0\] take one value"),
    (torch.zeros(4, 2), torch.zeros(4, 1), "whole numbers"),
    (torch.zeros(4, 2), torch.zeros(3, 1, dtype=torch.int64), "one N"),
    (torch.full((4, 2), math.nan), torch.arange(4)[:, None], "finite"),
])
def test_bad_input_is_refused(codes, factors, says):
    with pytest.raises(ValueError, match=says):
        mutual_information_gap(codes, factors)


def test_bins(factors):
    with pytest.raises(ValueError, match="bins"):
        mutual_information_gap(factors.double(), factors, bins=1)
