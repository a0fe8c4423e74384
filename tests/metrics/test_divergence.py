"""Divergences against torch.distributions and enumeration."""

import math

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from genlab.metrics import monte_carlo_kl, normal_kl
from genlab.random import randn


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(9)


def draw(shape, rng):
    return randn(shape, like=torch.zeros((), dtype=torch.float64), rng=rng)


def law(mu, logvar):
    return Independent(Normal(mu, (logvar / 2).exp()), 1)


def test_agrees_with_torch_distributions(rng):
    mu_p, logvar_p, mu_q, logvar_q = (draw((6, 4), rng) for _ in range(4))
    expected = kl_divergence(law(mu_p, logvar_p), law(mu_q, logvar_q))
    torch.testing.assert_close(normal_kl(mu_p, logvar_p, mu_q, logvar_q), expected)
    standard = kl_divergence(law(mu_p, logvar_p), law(torch.zeros_like(mu_p), torch.zeros_like(mu_p)))
    torch.testing.assert_close(normal_kl(mu_p, logvar_p), standard)


def test_zero_only_for_the_same_law(rng):
    mu, logvar = draw((5, 3), rng), draw((5, 3), rng)
    torch.testing.assert_close(normal_kl(mu, logvar, mu, logvar), torch.zeros(5, dtype=torch.float64))
    assert (normal_kl(mu, logvar, mu + 0.1, logvar) > 0).all()


def test_samples_recover_the_closed_form_and_its_scatter(rng):
    mu, logvar = draw((1, 3), rng), draw((1, 3), rng)
    p, q = law(mu[0], logvar[0]), law(torch.zeros(3).double(), torch.zeros(3).double())
    samples = mu + (logvar / 2).exp() * draw((4000, 3), rng)
    got = monte_carlo_kl(samples, p.log_prob, q.log_prob)
    assert abs(got.value - normal_kl(mu, logvar).item()) < 4.5 * got.error and got.n == 4000
    ratios = p.log_prob(samples) - q.log_prob(samples)
    assert got.error == pytest.approx(ratios.std().item() / math.sqrt(4000))


def test_other_direction_is_another_number(rng):
    wide = normal_kl(torch.zeros(1, 1), torch.full((1, 1), math.log(4.0)))
    narrow = normal_kl(torch.zeros(1, 1), torch.zeros(1, 1), 0.0, math.log(4.0))
    assert wide.item() == pytest.approx(0.5 * (4 - 1 - math.log(4)))
    assert narrow.item() == pytest.approx(0.5 * (0.25 - 1 + math.log(4)))


def test_what_is_wrong_is_said(rng):
    x = draw((5, 2), rng)
    flat, scalar = (lambda x: torch.zeros(len(x))), (lambda x: torch.zeros(()))
    with pytest.raises(ValueError, match="log_q must give one number per sample"):
        monte_carlo_kl(x, flat, scalar)
    with pytest.raises(ValueError, match="5 of 5 samples: the divergence is infinite"):
        monte_carlo_kl(x, flat, lambda x: torch.full((len(x),), -math.inf))
