"""The conditional GAN: what D sees, what G is asked for, and both losses against closed forms."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from genlab.data import plane
from genlab.fit import fit_adversarial
from genlab.layers import mlp, one_hot
from genlab.models.adversarial import Hinge, NonSaturating
from genlab.models.conditional_gan import (
    AuxiliaryDiscriminator,
    ConcatDiscriminator,
    ConditionalGAN,
    ConditionalGenerator,
    ProjectionDiscriminator,
    auxiliary_classifier_loss,
    projection_logit,
)
from genlab.models.gan import Discriminator

SEEING = (ConcatDiscriminator, ProjectionDiscriminator)


def small(**options):
    torch.manual_seed(0)
    return ConditionalGAN(5, 3, 1, image_size=4, hidden_dim=8, **options)


@pytest.fixture
def batch(rng):
    return torch.rand(6, 1, 4, 4, generator=rng) * 2 - 1, torch.tensor([0, 1, 2, 2, 0, 1])


def test_usage_of_the_outline():
    images = ConditionalGAN(latent_dim=100, num_classes=10, img_channels=1)(torch.randn(4, 100), torch.arange(4))
    assert images.shape == (4, 1, 28, 28) and images.abs().max() <= 1


@pytest.mark.parametrize("kind", SEEING)
def test_d_depends_on_the_label_and_takes_rows_of_weights(kind, batch):
    torch.manual_seed(0)
    d = kind((1, 4, 4), 3, hidden_dim=8)
    x, y = batch
    assert d(x, y).shape == (6,)
    assert (d(x, y) != d(x, (y + 1) % 3)).all()
    torch.testing.assert_close(d(x, F.one_hot(y, 3)), d(x, y))
    torch.testing.assert_close(d(x[:1], y[:1]), d(x, y)[:1])


def test_the_projection_is_one_linear_layer_for_each_label(rng):
    h, weight, table = (torch.randn(shape, generator=rng).double() for shape in ((7, 4), (4,), (3, 4)))
    labels, bias = torch.randint(0, 3, (7,), generator=rng), torch.tensor(0.3).double()
    every = h @ (table + weight).T + bias
    torch.testing.assert_close(projection_logit(h, labels, weight, bias, table), every[torch.arange(7), labels])
    shares = torch.rand(7, 3, generator=rng).double().softmax(1)
    torch.testing.assert_close(projection_logit(h, shares, weight, bias, table), (every * shares).sum(1))


def test_the_projection_is_the_best_d_for_heaps_of_one_width(rng):
    """log p(x | y) - log Σ π_c p(x | c) = ψ(x) + ⟨μ_y / σ², x⟩ on a circle."""
    ring = plane.Ring(count=4, size=1.7, sigma=0.8)
    x = torch.randn(50, 2, generator=rng).double()
    log_p = -0.5 * torch.cdist(x, ring.modes).square() / ring.sigma**2
    table = ring.modes / ring.sigma**2
    shared = -torch.logsumexp(x @ table.T, 1) + math.log(4)
    for c in range(4):
        got = shared + projection_logit(x, torch.full((50,), c), torch.zeros(2).double(), torch.tensor(0.0), table)
        torch.testing.assert_close(got, log_p[:, c] - torch.logsumexp(log_p - math.log(4), 1))


def test_the_generator_joins_the_labels_row_and_mixes_rows(rng):
    torch.manual_seed(0)
    g = ConditionalGenerator(5, 3, (2, 2), hidden_dim=8, label_dim=4)
    z = torch.randn(6, 5, generator=rng)
    labels = torch.tensor([0, 1, 2, 2, 0, 1])
    wanted = g.net(torch.cat([z, g.table.weight[labels]], 1)).view(6, 2, 2)
    torch.testing.assert_close(g(z, labels), wanted)
    torch.testing.assert_close(g(z, F.one_hot(labels, 3).float()), wanted)
    assert not torch.allclose(g(z, labels), g(z, (labels + 1) % 3))
    with pytest.raises(ValueError, match="count from 0"):
        g(z, labels + 1)


def test_auxiliary_losses_are_cross_entropies(rng):
    real, fake = 3 * torch.randn(2, 6, generator=rng)
    classes = 2 * torch.randn(2, 6, 3, generator=rng)
    y = torch.tensor([0, 1, 2, 2, 0, 1])
    d, g = auxiliary_classifier_loss(real, fake, *classes, y)
    coin = F.binary_cross_entropy_with_logits
    named = [-classes[i].log_softmax(1).gather(1, y[:, None]).mean() for i in range(2)]
    torch.testing.assert_close(d, coin(real, torch.ones(6)) + coin(fake, torch.zeros(6)) + sum(named))
    torch.testing.assert_close(g, coin(fake, torch.ones(6)) + named[1])


def test_ac_gan_adds_the_classes_to_both_losses(batch):
    x, y = batch
    gan = small(condition="auxiliary", loss=NonSaturating())
    without = small(condition="auxiliary", loss=NonSaturating(), auxiliary=0.0)
    rng = lambda: torch.Generator().manual_seed(1)  # noqa: E731
    d, plain = (model.discriminator_loss(x, y, rng=rng()) for model in (gan, without))
    torch.testing.assert_close(d["loss"], plain["loss"] + d["class_nats"])
    made = gan.generator(gan.noise(6, rng=rng()), y)
    named = F.cross_entropy(gan.discriminator.class_logits(made), y)
    torch.testing.assert_close(gan.generator_loss(x, y, rng=rng())["loss"],
                               without.generator_loss(x, y, rng=rng())["loss"] + named)


def test_mismatched_pairs_take_their_share_of_the_fakes(batch):
    """With two classes the wrong label is the other one, so that the loss is known."""
    x, y = batch[0], batch[1] % 2
    for loss in (NonSaturating(), Hinge(), None):
        torch.manual_seed(0)
        gan = ConditionalGAN(5, 2, 1, image_size=4, hidden_dim=8, loss=loss, mismatched=0.25)
        made = gan.generator(gan.noise(6, rng=torch.Generator().manual_seed(1)), y).detach()
        real, fake, wrong = gan.discriminator(x, y), gan.discriminator(made, y), gan.discriminator(x, 1 - y)
        wanted = 0.75 * gan.adversarial.discriminator(real, fake) + 0.25 * gan.adversarial.discriminator(real, wrong)
        found = gan.discriminator_loss(x, y, rng=torch.Generator().manual_seed(1))
        torch.testing.assert_close(found["loss"], wanted)
        torch.testing.assert_close(found["p_wrong"], wrong.sigmoid().mean())


@pytest.mark.parametrize("condition", ["concat", "projection", "auxiliary"])
def test_no_gradient_crosses(condition, batch):
    gan = small(condition=condition)
    gan.discriminator_loss(*batch)["loss"].backward()
    assert all(p.grad is None for p in gan.generator.parameters())
    assert all(p.grad is not None for p in gan.discriminator.parameters())
    gan.discriminator.zero_grad()
    gan.generator_loss(*batch)["loss"].backward()
    assert all(p.grad is None for p in gan.discriminator.parameters())
    assert all(p.grad is not None and p.grad.any() for p in gan.generator.parameters())


def test_samples_take_one_label_one_for_each_or_all_in_turn():
    gan = small()
    seeded = lambda: torch.Generator().manual_seed(2)  # noqa: E731
    assert torch.equal(gan.sample(4, labels=2, rng=seeded()), gan.sample(4, labels=[2] * 4, rng=seeded()))
    assert torch.equal(gan.sample(4, rng=seeded()), gan.sample(4, labels=[0, 1, 2, 0], rng=seeded()))


def test_errors_say_what_helps(batch):
    with pytest.raises(ValueError, match="condition must be one of concat, projection, auxiliary"):
        small(condition="wheel")
    with pytest.raises(ValueError, match="takes no labels, so no pair can be mismatched"):
        small(discriminator=Discriminator(16), mismatched=0.5)
    with pytest.raises(ValueError, match="share of the fakes"):
        small(mismatched=2)
    with pytest.raises(ValueError, match="one class only"):
        ConditionalGAN(5, 1, 1, image_size=4, mismatched=0.5)
    with pytest.raises(ValueError, match="its forward needs z and labels"):
        small(generator=nn.Linear(5, 16))
    with pytest.raises(ValueError, match="learns from pairs"):
        small().discriminator_loss(batch[0])
    with pytest.raises(ValueError, match=r"one-hot labels must be \(B, 3\)"):
        one_hot(torch.ones(2, 4), 3, like=torch.ones(1))


def test_only_a_d_that_sees_labels_makes_g_listen():
    """Two heaps, two labels: after a few hundred rounds a blind D has left labels to chance or to a whim."""
    class Heaps:
        def __iter__(self):
            while True:
                y = torch.randint(0, 2, (64,))
                yield 0.3 * torch.randn(64, 2) + (2.0 * y - 1)[:, None], y

    class Net(nn.Module):
        data_range, latent_dim, num_classes = (-math.inf, math.inf), 2, 2

        def __init__(self):
            super().__init__()
            self.net = mlp(4, 16, 2)

        def forward(self, z, labels):
            return self.net(torch.cat([z, one_hot(labels, 2, like=z)], 1))

    torch.manual_seed(0)
    d = ProjectionDiscriminator((2,), 2, hidden_dim=16)
    gan = ConditionalGAN(2, 2, generator=Net(), discriminator=d, loss=NonSaturating())
    players = [torch.optim.Adam(p.parameters(), 5e-3, betas=(0.0, 0.99)) for p in (gan.generator, d)]
    fit_adversarial(gan, Heaps(), *players, steps=200, progress=False)
    y = torch.arange(200) % 2
    assert ((gan.sample(200, labels=y).sum(1) > 0) == y.bool()).double().mean() > 0.95


def test_ac_gans_d_is_never_told_the_label():
    gan = small(condition="auxiliary")
    assert isinstance(gan.discriminator, AuxiliaryDiscriminator)
    with pytest.raises(TypeError):
        gan.discriminator(torch.zeros(2, 1, 4, 4), torch.zeros(2).long())
