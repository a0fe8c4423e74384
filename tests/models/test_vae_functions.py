"""The VAE's functions against closed forms, torch.distributions and diffusers."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from genlab import _torchvision
from genlab.models import (
    bernoulli_log_likelihood,
    elbo,
    gaussian_kl,
    gaussian_log_density,
    iwae_bound,
    reparameterize,
    slerp,
)
from genlab.random import randn

DOUBLE = torch.zeros((), dtype=torch.float64)


@pytest.fixture
def posterior(rng):
    return 1 + randn((6, 4), like=DOUBLE, rng=rng), 2 * randn((6, 4), like=DOUBLE, rng=rng)


def binary(*shape, rng):
    return (torch.rand(shape, generator=rng) < 0.4).float()


def test_kl_is_that_of_torch_distributions(posterior):
    mu, logvar = posterior
    expected = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0 * mu, 1 + 0 * mu)).sum(1)
    torch.testing.assert_close(gaussian_kl(mu, logvar), expected)


def test_kl_is_that_of_diffusers(posterior):
    _torchvision.load()  # which diffusers imports
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

    mu, logvar = posterior
    theirs = DiagonalGaussianDistribution(torch.cat([mu, logvar], 1)[..., None, None])  # (B, 2K, 1, 1)
    torch.testing.assert_close(gaussian_kl(mu, logvar), theirs.kl())


def test_kl_is_zero_at_the_prior_and_positive_elsewhere(posterior):
    assert torch.equal(gaussian_kl(torch.zeros(2, 3), torch.zeros(2, 3)), torch.zeros(2))
    assert (gaussian_kl(*posterior) > 0).all()


def test_kl_of_a_known_case():
    """N(1, 1) from N(0, 1): half a nat."""
    assert gaussian_kl(torch.ones(1, 1), torch.zeros(1, 1)).item() == 0.5


def test_log_density_is_that_of_torch_distributions(posterior, rng):
    mu, logvar = posterior
    z = randn((3, *mu.shape), like=mu, rng=rng)
    expected = Normal(mu, (logvar / 2).exp()).log_prob(z).sum(-1)
    torch.testing.assert_close(gaussian_log_density(z, mu, logvar), expected)


def test_likelihood_is_that_of_torch_distributions(rng):
    x, logits = binary(5, 1, 3, 4, rng=rng).double(), 3 * randn((5, 1, 3, 4), like=DOUBLE, rng=rng)
    expected = Independent(Bernoulli(logits=logits), 3).log_prob(x)
    torch.testing.assert_close(bernoulli_log_likelihood(x, logits), expected)


def test_likelihood_of_a_blank_answer_is_a_coin_toss_for_each_pixel(rng):
    value = bernoulli_log_likelihood(binary(3, 784, rng=rng), torch.zeros(3, 784))
    torch.testing.assert_close(value, torch.full((3,), -784 * math.log(2)))


@pytest.mark.parametrize("logit", [-200.0, 200.0])
def test_a_confident_mistake_costs_its_logit_and_has_a_gradient(logit):
    logits = torch.tensor([[logit]], requires_grad=True)
    wrong = torch.tensor([[0.0 if logit > 0 else 1.0]])
    value = bernoulli_log_likelihood(wrong, logits)
    value.sum().backward()
    assert value.item() == -200
    assert logits.grad.item() == -math.copysign(1, logit)


def test_elbo_is_likelihood_minus_kl(posterior, rng):
    mu, logvar = posterior
    x, logits = binary(6, 9, rng=rng).double(), randn((6, 9), like=DOUBLE, rng=rng)
    likelihood = Independent(Bernoulli(logits=logits), 1).log_prob(x)
    kl = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0 * mu, 1 + 0 * mu)).sum(1)
    torch.testing.assert_close(elbo(x, logits, mu, logvar), likelihood - kl)


def test_reparameterize_has_the_right_law(rng):
    mu, logvar = torch.full((100_000, 2), 0.7), torch.tensor([2 * math.log(3.0), -1.0]).expand(100_000, 2)
    z = reparameterize(mu, logvar, rng=rng)
    std = (logvar[0] / 2).exp()
    assert ((z.mean(0) - 0.7).abs() < 5 * std / 100_000**0.5).all()
    assert ((z.std(0) / std - 1).abs() < 5 / 200_000**0.5).all()


def test_reparameterize_passes_gradients(posterior, rng):
    """∂z/∂μ = 1 and ∂z/∂log σ² = ½ σε = ½ (z - μ)."""
    mu, logvar = (part.requires_grad_() for part in posterior)
    z = reparameterize(mu, logvar, rng=rng)
    z.sum().backward()
    torch.testing.assert_close(mu.grad, torch.ones_like(mu))
    torch.testing.assert_close(logvar.grad, 0.5 * (z - mu).detach())


def test_iwae_bound_of_one_weight_is_that_weight_and_grows_no_infinity():
    log_w = torch.tensor([[-1000.0, 500.0]])
    torch.testing.assert_close(iwae_bound(log_w), log_w[0])
    torch.testing.assert_close(iwae_bound(log_w.repeat(7, 1)), log_w[0])


def test_slerp_keeps_the_norm_and_divides_the_angle_evenly(rng):
    a, b = (F.normalize(randn((5, 8), like=DOUBLE, rng=rng), dim=1) for _ in range(2))
    path = torch.stack([slerp(a, b, i / 6) for i in range(7)])
    torch.testing.assert_close(path.norm(dim=-1), torch.ones(7, 5, dtype=torch.float64))
    turns = (path[1:] * path[:-1]).sum(-1).acos()
    torch.testing.assert_close(turns, turns[:1].expand_as(turns))
    torch.testing.assert_close(path[0], a)
    torch.testing.assert_close(path[-1], b)


def test_slerp_of_a_quarter_turn():
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 3.0])
    torch.testing.assert_close(slerp(a, b, 1 / 3), torch.tensor([2 * math.sin(math.pi / 3), 3 * 0.5]))


@pytest.mark.parametrize("b", [[1.0, 2.0], [2.0, 4.0], [1.0, 2.0 + 1e-6], [0.0, 0.0]])
def test_slerp_of_parallel_or_zero_vectors_is_the_straight_line(b):
    a, b = torch.tensor([1.0, 2.0]), torch.tensor(b)
    torch.testing.assert_close(slerp(a, b, 0.25), a.lerp(b, 0.25))


def test_slerp_of_opposite_vectors_goes_round():
    a = torch.tensor([[1.0, 2.0, 2.0], [0.0, 0.0, 3.0]])
    path = torch.stack([slerp(a, -a, i / 4) for i in range(5)])
    torch.testing.assert_close(path.norm(dim=-1), torch.full((5, 2), 3.0))
    torch.testing.assert_close(path[-1], -a)


def test_slerp_in_one_dimension_is_finite():
    assert slerp(torch.tensor([[1.0]]), torch.tensor([[-1.0]]), 0.5).isfinite().all()
