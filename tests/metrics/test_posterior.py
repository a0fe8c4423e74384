"""Active units counted on hand-made posteriors; the parts of the KL term where they are known."""

import math

import pytest
import torch

from genlab.metrics import active_units, kl_decomposition


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(8)


def test_active_units_are_counted_by_the_variance_of_the_mean():
    """Variances 0, 0.0099, 0.0101 and 4, whatever the level of the mean."""
    sign = torch.tensor([1.0, -1.0]).repeat(50)[:, None]
    mu = sign * torch.tensor([0.0, 0.0099**0.5, 0.0101**0.5, 2.0]) + torch.tensor([5.0, 0.0, 100.0, 0.0])
    assert active_units(mu.double()).tolist() == [False, False, True, True]
    assert active_units(mu.double(), threshold=1.0).tolist() == [False, False, False, True]
    assert active_units(torch.tensor([[0.08, 0.12], [-0.08, -0.12]])).tolist() == [False, True]


def test_collapsed_posteriors_have_no_information(rng):
    """q(z|x) = p(z): every term is 0, draw by draw."""
    got = kl_decomposition(torch.zeros(50, 3), torch.zeros(50, 3), rng=rng)
    assert all(abs(value) < 1e-12 for value in got.values())


def test_equal_posteriors_carry_no_information_but_stray_from_the_prior(rng):
    """All at N(1, I): information 0, and the marginal KL is the whole KL, ½ ‖μ‖² = 1.

    One draw's log q(z) / p(z) = μ·z - ½ ‖μ‖² has variance ‖μ‖² = 2, which the error must show.
    """
    got = kl_decomposition(torch.ones(60, 2), torch.zeros(60, 2), rng=rng, draws=50)
    assert got["kl"] == pytest.approx(1) and abs(got["mutual_information"]) < 1e-12
    assert abs(got["marginal_kl"] - 1) < 5 * got["marginal_kl_error"]
    assert got["marginal_kl_error"] == pytest.approx(math.sqrt(2 / (60 * 50)), rel=0.1)


def test_posteriors_far_apart_tell_every_image(rng):
    """Narrow and disjoint: the information is log N."""
    mu = 10 * torch.arange(64.0)[:, None]
    got = kl_decomposition(mu, torch.full((64, 1), -8.0), rng=rng)
    assert got["mutual_information"] == pytest.approx(math.log(64), abs=1e-9)


def test_parts_sum_to_the_whole_and_information_is_at_most_log_n(rng):
    mu, logvar = 2 * torch.randn(40, 5, generator=rng), torch.randn(40, 5, generator=rng) - 1
    got = kl_decomposition(mu, logvar, rng=rng, draws=100)
    total = got["mutual_information"] + got["marginal_kl"]
    assert abs(total - got["kl"]) < 5 * (got["mutual_information_error"] + got["marginal_kl_error"])
    assert 0 < got["mutual_information"] <= math.log(40)
    normal = torch.distributions.Normal
    peer = torch.distributions.kl_divergence(normal(mu, (logvar / 2).exp()), normal(0.0, 1.0)).sum(1).mean()
    assert got["kl"] == pytest.approx(peer.item(), rel=1e-5)


def test_against_quadrature(rng):
    """One dimension, three posteriors: KL(q(z) ‖ p) by the trapezoid rule on a fine grid."""
    mu, std = torch.tensor([-1.0, 0.5, 2.0]).double(), torch.tensor([0.5, 1.0, 0.3]).double()
    z = torch.linspace(-12, 12, 40_001).double()
    q = torch.distributions.Normal(mu, std).log_prob(z[:, None]).exp().mean(1)
    p = torch.distributions.Normal(0.0, 1.0).log_prob(z)
    integrand = torch.where(q > 0, q * (q.clamp(min=1e-300).log() - p), 0.0)
    marginal = torch.trapezoid(integrand, z).item()
    got = kl_decomposition(mu[:, None], 2 * std.log()[:, None], rng=rng, draws=3000)
    assert abs(got["marginal_kl"] - marginal) < 5 * got["marginal_kl_error"]
    assert abs(got["mutual_information"] - (got["kl"] - marginal)) < 5 * got["mutual_information_error"]


def test_chunks_of_rows_make_no_difference(rng):
    """More images than a chunk holds; disjoint posteriors make the answer known."""
    mu = 10 * torch.arange(1100.0)[:, None]
    got = kl_decomposition(mu, torch.full((1100, 1), -6.0), rng=rng, draws=2)
    assert got["mutual_information"] == pytest.approx(math.log(1100), abs=1e-6)


@pytest.mark.parametrize(("mu", "logvar", "says"), [
    (torch.zeros(1, 2), torch.zeros(1, 2), "N ≥ 2"),
    (torch.zeros(3, 2), torch.zeros(3, 3), "differ in shape"),
    (torch.full((3, 2), math.nan), torch.zeros(3, 2), "mu must be finite"),
    (torch.zeros(3, 2), torch.full((3, 2), -math.inf), "logvar must be finite"),
])
def test_bad_posteriors_are_refused(mu, logvar, says):
    with pytest.raises(ValueError, match=says):
        kl_decomposition(mu, logvar)


def test_too_few_draws_or_images():
    with pytest.raises(ValueError, match="draws"):
        kl_decomposition(torch.zeros(3, 1), torch.zeros(3, 1), draws=1)
    with pytest.raises(ValueError, match="N ≥ 2"):
        active_units(torch.zeros(1, 4))
