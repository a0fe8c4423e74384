"""Losses and penalties of two players against closed forms."""

import math

import pytest
import torch
from torch import nn

from genlab.models.adversarial import (
    R1,
    R2,
    GradientPenalty,
    Hinge,
    Lazy,
    LeastSquares,
    PathLength,
    Relativistic,
    Wasserstein,
)
from genlab.models.gan import GAN, Discriminator, Generator

REAL, FAKE = torch.tensor([0.5, 2.0]), torch.tensor([-2.0, 0.5])


@pytest.mark.parametrize("loss, discriminator, generator", [
    (LeastSquares(), 0.5 * (0.25 + 1) / 2 + 0.5 * (4 + 0.25) / 2, 0.5 * (9 + 0.25) / 2),
    (Hinge(), 0.5 / 2 + 1.5 / 2, 0.75),
    (Wasserstein(), -0.75 - 1.25, 0.75),
    (Relativistic(), (math.log1p(math.exp(-2.5)) + math.log1p(math.exp(-1.5))) / 2,
     (math.log1p(math.exp(2.5)) + math.log1p(math.exp(1.5))) / 2),
])
def test_losses_are_their_formulas(loss, discriminator, generator):
    assert loss.discriminator(REAL, FAKE).item() == pytest.approx(discriminator)
    real = (REAL,) if getattr(loss, "needs_real", False) else ()
    assert loss.generator(FAKE, *real).item() == pytest.approx(generator)


def test_penalties_of_a_linear_critic(rng):
    w = torch.randn(3, generator=rng)
    x, fake = torch.randn(2, 7, 3, generator=rng)
    critic = lambda x: x @ w  # noqa: E731
    wanted = 10 * (w.norm().item() - 1) ** 2
    assert GradientPenalty(10)(critic, x, fake, rng=rng).item() == pytest.approx(wanted)
    for penalty in (R1(4), R2(4)):
        assert penalty(critic, x, fake).item() == pytest.approx(2 * w.square().sum().item(), rel=1e-5)


def test_r1_is_at_the_data_and_r2_at_the_samples(rng):
    """D = ½|x|² has slope x."""
    x, fake = torch.randn(2, 7, 3, generator=rng)
    critic = lambda x: 0.5 * x.square().sum(1)  # noqa: E731
    assert R1(2)(critic, x, fake).item() == pytest.approx(x.square().sum(1).mean().item())
    assert R2(2)(critic, x, fake).item() == pytest.approx(fake.square().sum(1).mean().item())


def test_the_gradient_penalty_mixes_each_row_by_itself_and_can_be_differentiated(rng):
    net, seen = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1)), []
    net.register_forward_hook(lambda part, inputs, _: seen.append(inputs[0].detach()))
    value = GradientPenalty()(net, torch.ones(50, 3), torch.zeros(50, 3), rng=rng)
    value.backward()
    a = seen[0]
    assert (a == a[:, :1]).all() and len(a[:, 0].unique()) == 50 and 0 <= a.min() and a.max() <= 1
    assert net[0].weight.grad.any()


class Linear(nn.Module):
    """w = z, and images A w."""

    def __init__(self, a):
        super().__init__()
        self.a = nn.Parameter(a)

    def mapping(self, z):
        return z.clone().requires_grad_()

    def synthesis(self, w):
        return (w @ self.a.T).view(len(w), 1, 4, 5)


def test_path_length_of_a_linear_generator(rng):
    """E ‖Aᵀy‖² = ‖A‖² / pixels, and the moving mean is remembered."""
    a = torch.linalg.qr(torch.randn(20, 3, generator=rng)).Q * 20**0.5
    penalty, z = PathLength(weight=1, decay=1.0), torch.randn(4000, 3, generator=rng)
    value = penalty(Linear(a), z, None, rng=rng)
    length = 2 * math.sqrt(2 / math.pi)  # mean of a chi variable with three degrees of freedom
    assert penalty.mean.item() == pytest.approx(length, rel=0.03)
    assert value.item() == pytest.approx(3 - length**2, rel=0.1)
    assert "mean" in penalty.state_dict()


def test_lazy_penalties_are_due_now_and_then_and_heavier():
    lazy = Lazy(lambda *_, step, rng: torch.tensor(2.0), every=4)
    assert [lazy(step=k) for k in range(6)] == [8, None, None, None, 8, None]


def test_a_gan_adds_what_is_due_and_says_so(rng):
    gan = GAN(Generator(3, 2, 8), Discriminator(2, 8), penalties=[Lazy(R1(10), 2)])
    x = torch.rand(6, 2, generator=rng)
    with_it, without = (gan.discriminator_loss(x, step=step, rng=torch.Generator().manual_seed(0))
                        for step in (2, 3))
    assert "r1" in with_it and "r1" not in without
    torch.testing.assert_close(with_it["loss"], without["loss"] + with_it["r1"])


def test_weights_are_clipped():
    gan = GAN(Generator(3, 2, 8), Discriminator(2, 8), weight_limit=0.01, loss=Wasserstein())
    gan.constrain()
    assert all(p.abs().max() <= 0.01 for p in gan.discriminator.parameters())


def test_patch_logits_are_welcome():
    generator = nn.Sequential(nn.Linear(3, 64), nn.Unflatten(1, (1, 8, 8)), nn.Tanh())
    gan = GAN(generator, nn.Conv2d(1, 1, 4, 2), 3, penalties=[R1()], loss=Relativistic())
    assert gan.discriminator_loss(torch.zeros(4, 1, 8, 8))["loss"].isfinite()
    assert gan.generator_loss(torch.zeros(4, 1, 8, 8))["loss"].isfinite()


class ByLabel(nn.Module):
    latent_dim = 3

    def __init__(self, size, out):
        super().__init__()
        self.net, self.table = nn.Linear(size, out), nn.Embedding(4, size)

    def forward(self, x, labels):
        return self.net(x + self.table(labels)).tanh()


def test_labels_reach_both_networks():
    gan, x, y = GAN(ByLabel(3, 2), ByLabel(2, 1)), torch.zeros(4, 2), torch.arange(4)
    for loss in (gan.discriminator_loss, gan.generator_loss):
        a, b = (loss(x, labels, rng=torch.Generator().manual_seed(0))["loss"] for labels in (y, 0 * y))
        assert a != b
    one = gan.sample(3, labels=2, rng=torch.Generator().manual_seed(0))
    assert torch.equal(one, gan.sample(3, labels=[2, 2, 2], rng=torch.Generator().manual_seed(0)))
    with pytest.raises(ValueError, match="pass labels"):
        gan.sample(3)
    with pytest.raises(ValueError, match="leave out labels"):
        GAN(Generator(3, 2, 8), Discriminator(2, 8)).sample(3, labels=1)
    with pytest.raises(ValueError, match="3 samples need 3 labels"):
        gan.sample(3, labels=[1, 2])
