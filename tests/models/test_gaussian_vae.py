"""The Gaussian VAE against torch.distributions and against probabilistic PCA, whose likelihood is known."""

import math

import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn
from torch.distributions import Independent, MultivariateNormal, Normal

from genlab.data import Batches
from genlab.fit import fit
from genlab.models import GaussianVAE


def linear(dim=4, latent_dim=2):
    """A linear encoder and decoder: probabilistic PCA, log p(x) = log N(x; b, WWᵀ + σ² I)."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return GaussianVAE(dim, dim, latent_dim, encoder=nn.Identity(), decoder=nn.Linear(latent_dim, dim))


def exact(model, x):
    W, b = model.decoder.weight, model.decoder.bias
    return MultivariateNormal(b, W @ W.mT + model.sigma**2 * torch.eye(len(b))).log_prob(x)


def test_the_likelihood_is_torchs_normal(rng):
    model, (x, mean) = GaussianVAE(3, sigma=0.7), torch.randn(2, 5, 3, generator=rng)
    expected = Independent(Normal(mean, 0.7), 1).log_prob(x)
    torch.testing.assert_close(model.log_likelihood(x, mean), expected)


def test_training_reaches_the_likelihood_of_pca(rng):
    W = torch.tensor([[1.5, 0.0], [0.5, 0.8], [-1.0, 0.3], [0.2, -0.6]])
    x = torch.randn(2000, 2, generator=rng) @ W.mT + 0.4 * torch.randn(2000, 4, generator=rng)
    model = linear()
    fit(model, Batches(x, size=500, rng=rng), torch.optim.Adam(model.parameters(), 0.02), steps=600, rng=rng,
        progress=False)
    best = PCA(2).fit(x.numpy()).score(x.numpy())
    with torch.no_grad():
        assert exact(model, x).mean() == pytest.approx(best, abs=0.03)
        assert model.iwae(x, 100, rng=rng).mean() == pytest.approx(best, abs=0.03)
        bound = model.elbo(x.repeat(10, 1), rng=rng).mean()
    assert best - 0.1 < bound < best + 0.01
    assert model.sigma.item() == pytest.approx(0.4, abs=0.03)


def test_many_draws_of_z_give_the_likelihood(rng):
    model, x = linear(), torch.randn(6, 4, generator=rng)
    with torch.no_grad():
        for head in (model.mu_head, model.logvar_head):  # q is the prior, whose tails are wide enough
            head.weight.zero_(), head.bias.zero_()
        torch.testing.assert_close(model.iwae(x, 50_000, rng=rng), exact(model, x), rtol=0, atol=0.03)


def test_samples_have_the_models_covariance(rng):
    model = linear()
    with torch.no_grad():
        x = model.sample(40_000, rng=rng)
        noise = model.sigma**2 * torch.eye(4)
        wanted = model.decoder.weight @ model.decoder.weight.mT
        torch.testing.assert_close(x.T.cov(), wanted + noise, rtol=0, atol=0.05)
        means = model.sample(40_000, mean=True, rng=rng)
        torch.testing.assert_close(means.T.cov(), wanted, rtol=0, atol=0.05)


def test_forward_and_loss_function_speak_of_the_mean(rng):
    model, x = GaussianVAE(3, 8, 2, sigma=0.5), torch.randn(6, 3, generator=rng)
    recon, mu, logvar = model(x, rng=torch.Generator().manual_seed(3))
    parts = model.loss(x, rng=torch.Generator().manual_seed(3))
    torch.testing.assert_close(model.loss_function(recon, x, mu, logvar), parts["loss"])
    constant = 3 * (math.log(0.5) + 0.5 * math.log(2 * math.pi))
    error = (recon - x).square().sum(1).mean() / (2 * 0.25)
    torch.testing.assert_close(parts["reconstruction_nats"], error + constant)
    torch.testing.assert_close(model.reconstruct(x), model.decode(model.encode(x)[0]).detach())
