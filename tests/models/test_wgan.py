"""The Wasserstein GAN against transport that is known: closed forms, scipy, a linear critic, two bumps on a line."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import nn

from genlab import load, save
from genlab.data import loader
from genlab.fit import fit_adversarial
from genlab.layers import mlp
from genlab.models import GAN, DCGANDiscriminator, Generator, WGANCritic, eager_start, train_wgan, wasserstein_1d
from genlab.models.adversarial import GradientPenalty, Hinge, Wasserstein


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


# The distance on a line

@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 7), (5, 5), (40, 13), (64, 64)])
@pytest.mark.parametrize("levels", [None, 4])
def test_distances_are_scipys(n, m, levels):
    x, y = torch.randn(n).double(), 3 * torch.randn(m).double() - 1
    if levels:  # ties within and between the samples
        x, y = x.round(), y.round()
    assert wasserstein_1d(x, y).item() == pytest.approx(wasserstein_distance(x, y), abs=1e-12)
    assert wasserstein_1d(x, y).item() == pytest.approx(wasserstein_1d(y, x).item(), abs=1e-12)


def test_samples_of_one_size_are_paired_in_their_order():
    x, y = torch.randn(2, 50).double()
    torch.testing.assert_close(wasserstein_1d(x, y), (x.sort().values - y.sort().values).abs().mean())
    assert wasserstein_1d(x, x.flip(0)) == 0
    assert wasserstein_1d(x + 1e6, x + 1e6 + 2).item() == pytest.approx(2, abs=1e-8)


def test_bumps_of_one_width_are_as_far_apart_as_their_means():
    grid = torch.linspace(0, 1, 20_003).double()[1:-1]
    bell = torch.distributions.Normal(0, 1).icdf(grid)
    assert wasserstein_1d(bell, bell + 0.7).item() == pytest.approx(0.7, abs=1e-9)
    # N(0, 1) against N(0, s²): E|z| |1 - s|
    assert wasserstein_1d(bell, 3 * bell).item() == pytest.approx(2 * math.sqrt(2 / math.pi), abs=1e-3)


def test_gradients_push_each_number_to_its_partner():
    x = torch.tensor([3.0, 0.0, 1.0], dtype=torch.float64, requires_grad=True)
    y = torch.tensor([10.0, -5.0, 1.5], dtype=torch.float64, requires_grad=True)
    wasserstein_1d(x, y).backward()
    torch.testing.assert_close(x.grad, torch.tensor([-1, 1, -1]).double() / 3)
    torch.testing.assert_close(y.grad, torch.tensor([1, -1, 1]).double() / 3)


@pytest.mark.parametrize(("x", "y"), [(torch.zeros(0), torch.zeros(2)), (torch.zeros(2, 1), torch.zeros(2))])
def test_what_is_no_sample_is_refused(x, y):
    with pytest.raises(ValueError, match="two vectors"):
        wasserstein_1d(x, y)


# The critic and its bounds

def test_a_critic_gives_numbers_of_any_size_one_for_each_row():
    critic = WGANCritic(12, hidden_dim=8)
    x = 1e4 * torch.randn(5, 1, 3, 4)
    assert critic(x).shape == (5,) and critic(x).abs().max() > 100
    torch.testing.assert_close(critic(x)[[3, 0]], critic(x[[3, 0]]))
    assert not any(isinstance(part, (nn.Sigmoid, nn.modules.batchnorm._BatchNorm)) for part in critic.modules())
    with pytest.raises(ValueError, match="12"):
        critic(torch.zeros(2, 13))


def test_a_critic_is_saved_and_comes_back(tmp_path):
    critic = WGANCritic(12, hidden_dim=8)
    save(critic, tmp_path / "critic.safetensors")
    x = torch.randn(3, 12)
    assert torch.equal(load(tmp_path / "critic.safetensors")(x), critic(x))


@pytest.mark.parametrize("scale", [0.0, 1.0, 3.5])
def test_the_penalty_of_a_linear_critic_is_its_length_less_one_squared(scale):
    w = torch.tensor([3.0, -4.0, 12.0]).double() * scale

    def linear(x):
        return x @ w + 2

    real, fake = torch.randn(2, 7, 3).double()
    torch.testing.assert_close(GradientPenalty(10)(linear, real, fake), 10 * (w.norm() - 1) ** 2)


def test_the_penalty_is_laid_between_each_pair_and_each_has_its_own_place():
    def quadratic(x):  # ∇f = x
        return x.square().sum(1) / 2

    real, fake = torch.zeros(4000, 1).double(), torch.full((4000, 1), 4.0).double()
    # (|x̂| - 1)² with x̂ uniform on (0, 4): ∫ (x - 1)²/4 = (27 + 1)/12
    assert GradientPenalty(1)(quadratic, real, fake).item() == pytest.approx(28 / 12, rel=0.1)


def test_the_penalty_has_a_gradient_for_the_weights_also_where_the_slope_is_zero():
    critic = mlp(3, 8, 1, activation=nn.Tanh).double()
    real, fake = torch.randn(2, 6, 3).double()
    rng = torch.Generator()

    def value():
        return GradientPenalty(1)(critic, real, fake, rng=rng.manual_seed(3))

    value().backward()
    weight, step = critic[0].weight, 1e-5
    slope = weight.grad[2, 1].item()
    weight.data[2, 1] += step
    above = value().item()
    weight.data[2, 1] -= 2 * step
    below = value().item()
    assert slope == pytest.approx((above - below) / (2 * step), rel=1e-5)
    for parameter in critic.parameters():
        nn.init.zeros_(parameter)
    critic.zero_grad()
    value().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in critic.parameters())


class Counted:
    """Batches that know how often they were asked for, and which."""

    def __init__(self, rows=6, size=4):
        self.given = []
        self.rows, self.size = rows, size

    def __iter__(self):
        while True:
            self.given.append(torch.randn(self.rows, self.size).clamp(-1, 1))
            yield (self.given[-1],)


class Watched(WGANCritic):
    """Remembers how large its weights were at each call."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.largest = []

    def forward(self, x):
        self.largest.append(max(p.abs().max().item() for p in self.parameters()))
        return super().forward(x)


def test_clipping_is_as_in_the_algorithm():
    """A new batch for each of the critic's steps, and no output that was computed with weights above c."""
    critic, batches = Watched(4, hidden_dim=8), Counted()
    assert max(p.abs().max() for p in critic.parameters()) > 0.01
    gan = GAN(Generator(3, 4, 8), critic, loss=Wasserstein(), weight_limit=0.01)
    optimizers = [torch.optim.RMSprop(part.parameters(), 0.05) for part in (gan.generator, critic)]
    fit_adversarial(gan, batches, *optimizers, steps=7, discriminator_steps=5, progress=False)
    fresh = {tuple(batch.flatten().tolist()) for batch in batches.given}
    assert len(fresh) == len(batches.given) >= 35 and len(batches.given) <= 36
    assert max(critic.largest) <= 0.01 + 1e-9
    assert max(p.abs().max() for p in critic.parameters()) <= 0.01 + 1e-9


def test_the_steps_of_a_function_are_asked_before_each_turn():
    turns, batches = eager_start(2, first=3, again=5, many=7), Counted()
    gan = GAN(Generator(3, 4, 8), WGANCritic(4, hidden_dim=8), loss=Wasserstein(), weight_limit=0.01)
    optimizers = [torch.optim.RMSprop(part.parameters(), 1e-4) for part in (gan.generator, gan.discriminator)]
    fit_adversarial(gan, batches, *optimizers, steps=7, discriminator_steps=turns, progress=False)
    assert [turns(step) for step in range(7)] == [7, 7, 7, 2, 2, 7, 2]
    assert len(batches.given) in (34, 35)


def test_the_history_tells_the_distance_and_no_probabilities():
    gan = GAN(Generator(3, 4, 8), WGANCritic(4, hidden_dim=8), loss=Wasserstein(), penalties=[GradientPenalty(10)])
    parts = gan.discriminator_loss(torch.rand(6, 4))
    assert set(parts) == {"loss", "distance", "gradient_penalty"}
    torch.testing.assert_close(parts["loss"], parts["gradient_penalty"] - parts["distance"])
    assert "p_real" in GAN(Generator(3, 4, 8), WGANCritic(4), loss=Hinge()).discriminator_loss(torch.rand(6, 4))


@pytest.mark.parametrize("shift", [0.0, 0.7, -2.5])
def test_a_critic_with_a_penalty_finds_the_distance_of_two_bumps(shift):
    """|m|, as scipy does, but for the slope: s |m| - λ (s - 1)² is largest at s = 1 + |m|/(2λ).

    In a plane, for on a line a slope of the wrong sign would have to pass 0, where the penalty is high, and stays.
    """
    critic = mlp(2, 32, 32, 1, activation=lambda: nn.LeakyReLU(0.2))
    optimizer = torch.optim.Adam(critic.parameters(), 3e-3, betas=(0.5, 0.9))
    told = []
    for _ in range(400):
        real, fake = torch.randn(256, 2), torch.randn(256, 2) + torch.tensor([shift, 0])
        distance = critic(real).mean() - critic(fake).mean()
        optimizer.zero_grad()
        (GradientPenalty(10)(critic, real, fake) - distance).backward()
        optimizer.step()
        told.append(distance.item())
    by_scipy = wasserstein_distance(np.random.default_rng(0).normal(size=4000), shift + torch.randn(4000).numpy())
    assert np.mean(told[-100:]) == pytest.approx(by_scipy * (1 + by_scipy / 20), abs=0.15)


# The trainer

def test_an_epoch_is_one_pass_over_the_data_whatever_n_critic_is():
    history = train_wgan(Generator(), WGANCritic(), loader(limit=640), epochs=2, n_critic=5, progress=False)
    assert len(history) == len(history["distance"]) == 4
    assert history["distance"] == [-loss for loss in history["discriminator_loss"]]
    history = train_wgan(Generator(), WGANCritic(), loader(limit=64), epochs=1, n_critic=5, progress=False)
    assert len(history) == 1


def test_clipped_weights_stay_clipped_and_penalised_ones_are_free():
    clipped, free = WGANCritic(), WGANCritic()
    train_wgan(Generator(), clipped, loader(limit=128), max_steps=2, clip_value=0.003, progress=False)
    assert max(p.abs().max() for p in clipped.parameters()) <= 0.003 + 1e-9
    history = train_wgan(Generator(), free, loader(limit=128), max_steps=2, penalty=10.0, progress=False)
    assert max(p.abs().max() for p in free.parameters()) > 0.02 and len(history["gradient_penalty"]) == 2


def test_convolutions_make_a_critic_too():
    critic = DCGANDiscriminator(1, 28, width=4, norm=False)
    generator = nn.Sequential(Generator(), nn.Unflatten(1, (1, 28, 28)))
    history = train_wgan(generator, critic, loader(limit=64), max_steps=1, n_critic=1, penalty=10.0, progress=False)
    assert math.isfinite(history["gradient_penalty"][0])


@pytest.mark.parametrize("options", [{"n_critic": 0}, {"clip_value": -1}])
def test_what_makes_no_sense_is_refused(options):
    with pytest.raises(ValueError, match=r"n_critic|weight_limit"):
        train_wgan(Generator(), WGANCritic(), loader(limit=64), epochs=1, progress=False, **options)
