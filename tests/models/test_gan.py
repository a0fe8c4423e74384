"""The GAN against what theory says of its losses, and on data whose density is known."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Normal

from genlab.data import Batches
from genlab.fit import fit_adversarial
from genlab.layers import mlp
from genlab.models.adversarial import Saturating
from genlab.models.gan import (
    GAN,
    Discriminator,
    Generator,
    discriminator_loss,
    generator_loss,
    saturating_generator_loss,
)


def seeded(build, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build()


class Constant(nn.Module):
    """A discriminator with one opinion."""

    def __init__(self, logit=0.0):
        super().__init__()
        self.logit = nn.Parameter(torch.tensor(logit))

    def forward(self, x):
        return self.logit.expand(len(x), 1)


# Losses

def test_losses_are_cross_entropies_from_logits(rng):
    real, fake = 3 * torch.randn(2, 50, generator=rng)
    ones = torch.ones(50)
    cross_entropy = F.binary_cross_entropy_with_logits
    torch.testing.assert_close(discriminator_loss(real, fake),
                               cross_entropy(real, ones) + cross_entropy(fake, 0 * ones))
    torch.testing.assert_close(generator_loss(fake), cross_entropy(fake, ones))
    torch.testing.assert_close(saturating_generator_loss(fake), -cross_entropy(fake, 0 * ones))


def test_the_best_discriminator_is_worth_the_jensen_shannon_divergence(rng):
    """-V(D*) = 2 log 2 - 2 JSD(p ‖ g) for densities on five points, with D* = p / (p + g)."""
    p, g = torch.rand(2, 5, generator=rng, dtype=torch.float64).softmax(1)
    logits = (p / g).log()
    value = (p * F.softplus(-logits)).sum() + (g * F.softplus(logits)).sum()
    mixture = (p + g) / 2
    jsd = 0.5 * (p * (p / mixture).log()).sum() + 0.5 * (g * (g / mixture).log()).sum()
    torch.testing.assert_close(value, 2 * math.log(2) - 2 * jsd)
    many = 400_000  # and so says the loss, from samples
    real, fake = (logits[torch.multinomial(q, many, True, generator=rng)] for q in (p, g))
    error = (F.softplus(-real).std() + F.softplus(fake).std()) / many**0.5
    assert abs(discriminator_loss(real, fake) - value) < 5 * error


def test_at_the_equilibrium_losses_are_multiples_of_log_2():
    gan = GAN(Generator(3, 2, 8), Constant())
    parts = gan.discriminator_loss(torch.zeros(4, 2))
    assert parts["loss"].item() == pytest.approx(2 * math.log(2)) == 1.3862943611198906
    assert parts["p_real"].item() == parts["p_fake"].item() == 0.5
    assert gan.generator_loss(torch.zeros(4, 2))["loss"].item() == pytest.approx(math.log(2))


def test_the_saturating_loss_is_asked_for():
    for loss, expected in ((None, math.log1p(math.exp(-2))), (Saturating(), -math.log1p(math.exp(2)))):
        gan = GAN(Generator(3, 2, 8), Constant(2.0), loss=loss)
        assert gan.generator_loss(torch.zeros(4, 2))["loss"].item() == pytest.approx(expected)


def test_each_loss_moves_its_own_player_only():
    gan = seeded(lambda: GAN(Generator(3, 2, 8), Discriminator(2, 8)))
    x = torch.zeros(4, 2)
    gan.discriminator_loss(x)["loss"].backward()
    assert all(p.grad is None for p in gan.generator.parameters())
    assert all(p.grad is not None for p in gan.discriminator.parameters())
    gan.zero_grad()
    gan.generator_loss(x)["loss"].backward()
    assert all(p.grad is not None for p in gan.generator.parameters())
    assert all(p.grad is None for p in gan.discriminator.parameters())


def test_both_losses_see_samples_of_the_batchs_size(rng):
    gan, sizes = GAN(Generator(3, 2, 8), Discriminator(2, 8)), []
    gan.generator.register_forward_hook(lambda part, inputs, _: sizes.append(tuple(inputs[0].shape)))
    gan.discriminator_loss(torch.zeros(4, 2), rng=rng)
    gan.generator_loss(torch.zeros(7, 2), rng=rng)
    assert sizes == [(4, 3), (7, 3)]


# Training

@pytest.fixture(scope="module")
def trained():
    """A GAN on N(2, 0.5²) with a linear generator, which can be exact, and its history."""
    gan = seeded(lambda: GAN(nn.Linear(1, 1), mlp(1, 32, 1), 1, data_range=(-math.inf, math.inf)))
    rng = torch.Generator().manual_seed(0)
    x = 2 + 0.5 * torch.randn(8000, 1, generator=rng)
    players = [torch.optim.Adam(player.parameters(), 5e-3, betas=(0.5, 0.999))
               for player in (gan.generator, gan.discriminator)]
    history = fit_adversarial(gan, Batches(x, size=256, rng=rng), *players, steps=600, rng=rng, ema=0.99,
                              discriminator_steps=2, progress=False)
    return gan, history


def test_it_finds_a_gaussian(trained):
    x = trained[1].ema.sample(20_000, rng=torch.Generator().manual_seed(1))
    assert x.mean().item() == pytest.approx(2, abs=0.1)
    assert x.std().item() == pytest.approx(0.5, abs=0.1)


def test_its_losses_end_at_the_equilibrium(trained):
    assert trained[1].last(200, "discriminator_loss") == pytest.approx(2 * math.log(2), abs=0.03)
    assert trained[1].last(200, "generator_loss") == pytest.approx(math.log(2), abs=0.05)


def test_a_discriminator_against_a_fixed_generator_learns_the_ratio_of_densities(rng):
    """D* = p / (p + g), here for two Gaussians: a straight line in x before the sigmoid."""
    gan = seeded(lambda: GAN(nn.Linear(1, 1), nn.Linear(1, 1), 1, data_range=(-math.inf, math.inf)))
    with torch.no_grad():
        gan.generator.weight.fill_(1.0), gan.generator.bias.fill_(-1.0)
    optimizer = torch.optim.Adam(gan.discriminator.parameters(), 0.02)
    for _ in range(400):
        optimizer.zero_grad()
        gan.discriminator_loss(1 + torch.randn(1000, 1, generator=rng), rng=rng)["loss"].backward()
        optimizer.step()
    x = torch.linspace(-3, 3, 20)[:, None]
    expected = Normal(1, 1).log_prob(x) - Normal(-1, 1).log_prob(x)
    torch.testing.assert_close(gan.discriminator(x).detach(), expected, rtol=0.1, atol=0.15)


# Interface

def test_flat_rows_and_images_are_both_welcome():
    discriminator = Discriminator()
    images = torch.rand(3, 1, 28, 28)
    assert torch.equal(discriminator(images), discriminator(images.flatten(1)))
    assert discriminator(images).shape == (3,)


def test_what_does_not_fit_is_refused():
    gan = GAN(Generator(3, 2, 8), Discriminator(2, 8))
    with pytest.raises(ValueError, match="to_signed"):
        gan.discriminator_loss(torch.full((4, 2), 7.0))
    with pytest.raises(ValueError, match="hold 2 values per row"):
        gan.discriminator_loss(torch.zeros(4, 3))
    with pytest.raises(ValueError, match="one logit for each of 4 rows"):
        GAN(Generator(3, 2, 8), nn.Linear(2, 5)).discriminator_loss(torch.zeros(4, 2))
    with pytest.raises(ValueError, match="has no latent_dim"):
        GAN(nn.Linear(3, 2), Discriminator(2, 8))
