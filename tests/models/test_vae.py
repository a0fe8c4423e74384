"""The VAE against a model whose likelihood is known, against PCA, and against wrong inputs."""

import math
from itertools import pairwise

import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from genlab.data import Batches
from genlab.fit import fit
from genlab.models import VAE, DiscretizedLogistic, elbo, reparameterize
from genlab.random import randn

DOUBLE = torch.zeros((), dtype=torch.float64)


def binary(*shape, rng):
    return (torch.rand(shape, generator=rng) < 0.4).float()


# A model whose truth is known: x | z ~ N(Wz + b, s² I), so x ~ N(b, WWᵀ + s² I)

class LinearVAE(VAE):
    """Linear and Gaussian: probabilistic PCA (Tipping and Bishop 1999), with a VAE's encoder."""

    data_form, data_range = "real", (-math.inf, math.inf)

    def __init__(self, dim, latent_dim):
        super().__init__(dim, dim, latent_dim, encoder=nn.Identity(), decoder=nn.Linear(latent_dim, dim))
        self.log_s = nn.Parameter(torch.zeros(()))

    def log_likelihood(self, x, mean):
        return Normal(mean, self.log_s.exp()).log_prob(x).sum(-1)

    def log_prob(self, x):
        W, b = self.decoder.weight, self.decoder.bias
        noise = (2 * self.log_s).exp() * torch.eye(len(b), dtype=W.dtype)
        return MultivariateNormal(b, W @ W.mT + noise).log_prob(x)

    @torch.no_grad()
    def invert(self):
        """Set q to the posterior N(M⁻¹Wᵀ(x - b), s²M⁻¹) with M = WᵀW + s²I, for orthogonal columns of W."""
        W, b, variance = self.decoder.weight, self.decoder.bias, (2 * self.log_s).exp()
        M = (W * W).sum(0) + variance
        self.mu_head.weight.copy_(W.mT / M[:, None])
        self.mu_head.bias.copy_(-self.mu_head.weight @ b)
        self.logvar_head.weight.zero_()
        self.logvar_head.bias.copy_((variance / M).log())


@pytest.fixture
def linear(rng):
    model = LinearVAE(7, 3).double()
    with torch.no_grad():
        W = torch.linalg.qr(randn((7, 3), like=DOUBLE, rng=rng)).Q
        model.decoder.weight.copy_(W * torch.tensor([2.0, 1.0, 0.5]))
        model.decoder.bias.copy_(randn((7,), like=DOUBLE, rng=rng))
        model.log_s.fill_(-0.3)
    model.invert()
    return model


@pytest.fixture
def x(linear, rng):
    z = randn((4, 3), like=DOUBLE, rng=rng)
    return (linear.decoder(z) + 0.7 * randn((4, 7), like=DOUBLE, rng=rng)).detach()


def mean_elbo(model, x, rng, draws=20_000):
    """Over many draws of z, with its standard error, (B,) each."""
    with torch.no_grad():
        values = model.elbo(x.repeat(draws, 1), rng=rng).view(draws, -1)
    return values.mean(0), values.std(0) / draws**0.5


def test_elbo_is_the_likelihood_if_q_is_the_posterior(linear, x, rng):
    value, error = mean_elbo(linear, x, rng)
    assert ((value - linear.log_prob(x)).abs() < 5 * error).all()


def test_elbo_lies_below_by_the_divergence_from_the_posterior(linear, x, rng):
    q = linear.encode(x)
    with torch.no_grad():
        linear.mu_head.bias.add_(0.4)
        linear.logvar_head.bias.add_(0.5)
    value, error = mean_elbo(linear, x, rng)
    p = linear.encode(x)
    gap = kl_divergence(Normal(p[0], (p[1] / 2).exp()), Normal(q[0], (q[1] / 2).exp())).sum(1)
    assert (gap > 0.1).all()
    assert ((linear.log_prob(x) - value - gap).abs() < 5 * error).all()


@pytest.mark.parametrize("k", [1, 5])
def test_iwae_has_no_gap_and_no_variance_if_q_is_the_posterior(linear, x, rng, k):
    torch.testing.assert_close(linear.iwae(x, k, rng=rng), linear.log_prob(x))


def test_iwae_rises_with_k_to_the_likelihood(linear, x, rng):
    with torch.no_grad():
        linear.mu_head.bias.add_(0.4)
        linear.logvar_head.bias.add_(0.5)
        many = x.repeat(500, 1)
        bounds = [linear.iwae(many, k, rng=rng).mean() for k in (1, 4, 16, 64, 256)]
    truth = linear.log_prob(x).mean()
    assert all(low < high for low, high in pairwise(bounds))
    assert truth - bounds[0] > 0.1
    assert abs(truth - bounds[-1]) < 0.01


def test_a_trained_linear_vae_is_probabilistic_pca(rng):
    data = randn((200, 2), rng=rng) @ torch.tensor([[2.0, 0.5, -1.0, 0.3, 0.0], [0.0, 1.0, 0.7, -0.5, 0.4]])
    data = data + 0.4 * randn((200, 5), rng=rng) + 1
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = LinearVAE(5, 2)
    batches = Batches(data, size=200, shuffle=False)
    fit(model, batches, torch.optim.Adam(model.parameters(), 0.03), steps=800, rng=rng, progress=False)
    best = PCA(2).fit(data.numpy()).score(data.numpy())
    value, _ = mean_elbo(model, data, rng, draws=200)
    assert value.mean() < best + 0.01
    assert value.mean() > best - 0.1
    assert model.log_prob(data).mean() > best - 0.05


# The model

def test_sizes_are_the_outlines():
    assert sum(p.numel() for p in VAE().parameters()) == 973_624


def test_images_and_rows_give_the_same(rng):
    model, images = VAE(64, 32, 5), binary(6, 1, 8, 8, rng=rng)
    mu, logvar = model.encode(images)
    torch.testing.assert_close((mu, logvar), model.encode(images.flatten(1)))
    recon = model(images)[0]
    assert recon.shape == images.shape
    assert ((0 < recon) & (recon < 1)).all()


def test_decode_is_the_sigmoid_of_the_logits(rng):
    model, z = VAE(64, 32, 5), randn((3, 5), rng=rng)
    torch.testing.assert_close(model.decode(z).logit(), model.decode_logits(z), rtol=1e-4, atol=1e-5)


def test_loss_function_agrees_with_loss(rng):
    model, x = VAE(64, 32, 5), binary(6, 64, rng=rng)
    state = rng.get_state()
    recon, mu, logvar = model(x, rng=rng)
    rng.set_state(state)
    torch.testing.assert_close(model.loss_function(recon, x, mu, logvar), model.loss(x, rng=rng)["loss"])


def test_loss_function_survives_certainty():
    """Probabilities of exactly 0 and 1 count as 1e-6 and 1 - 1e-6."""
    zeros = torch.zeros(1, 4)
    loss = VAE(4, 8, 2).loss_function(torch.tensor([[0.0, 1.0, 0.0, 1.0]]), torch.ones(1, 4), zeros, zeros)
    torch.testing.assert_close(loss.item(), -2 * math.log(1e-6), rtol=1e-4, atol=0)


def test_parts_add_up_to_the_loss(rng):
    parts = VAE(64, 32, 5).loss(binary(6, 64, rng=rng), rng=rng)
    torch.testing.assert_close(parts["loss"], parts["reconstruction_nats"] + parts["kl_nats"])


@pytest.mark.parametrize("scale", [-1e3, 1e3])
def test_extreme_inputs_give_finite_losses_and_gradients(scale, rng):
    model = VAE(64, 32, 5)
    mu, logvar = model.encode(torch.full((4, 64), scale) * binary(4, 64, rng=rng))
    z = reparameterize(mu, logvar, rng=rng)
    loss = -elbo(binary(4, 64, rng=rng), model.decode_logits(z), mu, logvar).mean()
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() for p in model.parameters())


def test_logvar_is_clamped():
    model = VAE(64, 32, 5)
    with torch.no_grad():
        model.logvar_head.bias.copy_(torch.tensor([-1e3, 1e3, 0, 1e4, -1e4]))
        model.logvar_head.weight.zero_()
    assert model.encode(torch.zeros(1, 64))[1][0].tolist() == [-30, 20, 0, 20, -30]
    assert model.loss(torch.zeros(1, 64))["loss"].isfinite()


@pytest.mark.parametrize("x, says", [
    (torch.full((2, 64), -1.0), "to_unit"),
    (torch.full((2, 64), 255.0), r"\[0, 1\], got 255"),
    (torch.full((2, 64), math.nan), "NaN"),
    (torch.zeros(2, 63), r"\(B, 64\).*got \(2, 63\)"),
    (torch.zeros(64), r"got \(64,\)"),
    (torch.zeros(2, 64, dtype=torch.uint8), "floating point"),
])
@pytest.mark.parametrize("method", ["loss", "elbo", "iwae", "forward", "reconstruct"])
def test_wrong_inputs_are_refused_with_a_remedy(method, x, says):
    with pytest.raises(ValueError, match=says):
        getattr(VAE(64, 32, 5), method)(x)


def test_iwae_needs_a_draw():
    with pytest.raises(ValueError, match="k must be at least 1"):
        VAE(64, 32, 5).iwae(torch.zeros(2, 64), 0)


def test_samples_are_probabilities_or_pixels(rng):
    model = VAE(64, 32, 5)
    probabilities, pixels = model.sample(500, rng=rng), model.sample(500, mean=False, rng=rng)
    assert ((0 < probabilities) & (probabilities < 1)).all()
    assert set(pixels.unique().tolist()) == {0.0, 1.0}
    # The law of total variance bounds the error of a pixel's frequency by that of a coin.
    assert abs(pixels.mean() - probabilities.mean()) < 5 * 0.5 / (500 * 64) ** 0.5 + 0.01


def test_reconstruct_and_interpolate(rng):
    model, a, b = VAE(64, 32, 5), binary(3, 1, 8, 8, rng=rng), binary(3, 1, 8, 8, rng=rng)
    path = model.interpolate(a, b, 5)
    assert path.shape == (5, 3, 64) and not path.requires_grad
    torch.testing.assert_close(path[0], model.reconstruct(a).flatten(1))
    torch.testing.assert_close(path[-1], model.reconstruct(b).flatten(1))
    with pytest.raises(ValueError, match="both ends"):
        model.interpolate(a, b, 1)


def test_networks_can_be_given():
    model = VAE(64, 16, 3, encoder=nn.Linear(64, 16), decoder=nn.Linear(3, 64))
    assert sum(p.numel() for p in model.parameters()) == (64 * 16 + 16) + 2 * (16 * 3 + 3) + (3 * 64 + 64)


@pytest.mark.parametrize("extreme", [-1e3, 1e3])
def test_an_extreme_logvar_finds_its_way_back(extreme):
    """The KL's gradient points inwards, where a plain clamp has none."""
    model = VAE(64, 32, 5)
    torch.nn.init.constant_(model.logvar_head.bias, extreme)
    loss = model.loss(torch.zeros(8, 64), rng=torch.Generator().manual_seed(0))["kl_nats"]
    loss.backward()
    gradient = model.logvar_head.bias.grad
    assert loss.isfinite() and gradient.isfinite().all() and (gradient * extreme > 0).all()


@pytest.mark.parametrize("method", ["loss", "elbo", "iwae"])
def test_grey_values_are_refused_by_a_bernoulli_likelihood(method):
    with pytest.raises(ValueError, match=r"100% of its values lie between: use genlab.data.binarize, or .*Gaussian"):
        getattr(VAE(64, 32, 5), method)(torch.full((2, 64), 0.3))


def test_an_empty_batch_is_refused():
    with pytest.raises(ValueError, match="the batch is empty"):
        VAE(64, 32, 5).loss(torch.zeros(0, 64))


def test_discretized_masses_add_up_to_one():
    likelihood = DiscretizedLogistic(16, scale=0.07).double()
    values = torch.arange(16, dtype=torch.float64)[:, None] / 15
    for output in (-9.0, -1.0, 0.4, 9.0):
        mass = likelihood.log_prob(values, torch.full((16, 1), output).double()).exp()
        torch.testing.assert_close(mass.sum().item(), 1.0)


def test_iwae_in_chunks_is_iwae(rng, monkeypatch):
    model, x = VAE(64, 32, 5), binary(6, 64, rng=rng)
    whole = model.iwae(x, 7, rng=torch.Generator().manual_seed(1))
    monkeypatch.setattr("genlab.models.vae.CHUNK", 6 * 64 * 2)
    torch.testing.assert_close(model.iwae(x, 7, rng=torch.Generator().manual_seed(1)), whole)
