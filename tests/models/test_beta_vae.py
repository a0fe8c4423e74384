"""β-VAE and its capacity variant: one term of the loss, and nothing else."""

import pytest
import torch

from genlab.models import VAE, BetaVAE, CapacityVAE


@pytest.fixture
def x(rng):
    return (torch.rand(6, 64, generator=rng) < 0.4).float()


def same_weights(model):
    plain = VAE(64, 32, 5)
    model.load_state_dict(plain.state_dict())
    return plain, model


def loss(model, x):
    return model.loss(x, rng=torch.Generator().manual_seed(1))


def test_beta_one_is_the_vae_exactly(x):
    plain, model = same_weights(BetaVAE(64, 32, 5, beta=1))
    assert loss(model, x)["loss"] == loss(plain, x)["loss"] == loss(model, x)["negative_elbo_nats"]
    recon, mu, logvar = plain(x)
    assert model.loss_function(recon, x, mu, logvar) == plain.loss_function(recon, x, mu, logvar)


def test_beta_weighs_the_kl_alone(x):
    plain, model = same_weights(BetaVAE(64, 32, 5, beta=4.0))
    ours, theirs = loss(model, x), loss(plain, x)
    torch.testing.assert_close(ours["loss"], theirs["loss"] + 3 * theirs["kl_nats"])
    torch.testing.assert_close(ours["negative_elbo_nats"], theirs["loss"])
    recon, mu, logvar = plain(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    expected = plain.loss_function(recon, x, mu, logvar) + 3 * kl
    torch.testing.assert_close(model.loss_function(recon, x, mu, logvar), expected)


def test_default_and_normalised_beta():
    assert BetaVAE().beta == 4
    assert BetaVAE(latent_dim=20).beta_norm == pytest.approx(4 * 20 / 784)


def test_a_negative_beta_is_refused():
    with pytest.raises(ValueError, match="negative, got -1"):
        BetaVAE(beta=-1)


def test_capacity_is_the_distance_of_the_kl_from_a_goal(x):
    plain, model = same_weights(CapacityVAE(64, 32, 5, beta=30.0, capacity=25.0))
    _, reconstruction, kl = loss(plain, x).values()
    torch.testing.assert_close(loss(model, x)["loss"], reconstruction + 30 * (25 - kl))
    model.capacity = 0.0
    torch.testing.assert_close(loss(model, x)["loss"], reconstruction + 30 * kl)
