"""The energy-based model against sums over all states, and Langevin against its known bias."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import MixtureSameFamily, MultivariateNormal

from genlab.data import plane
from genlab.layers import mlp
from genlab.models.energy import EnergyModel, contrastive_divergence, langevin_step

DOUBLE = torch.zeros((), dtype=torch.float64)


class Quadratic(nn.Module):
    """E(x) = ½ a |x|² - b·x: p = N(b/a, 1/a)."""

    def __init__(self, a=1.0, b=(0.0,)):
        super().__init__()
        self.a, self.b = nn.Parameter(torch.tensor(a)), nn.Parameter(torch.tensor(b))

    def forward(self, x):
        return 0.5 * self.a * x.square().sum(1) - x @ self.b


class Boltzmann(nn.Module):
    """E(x) = -½ xᵀWx - c·x over the 2⁸ states of eight units."""

    def __init__(self):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.W, self.c = nn.Parameter(0.5 * torch.randn(8, 8)), nn.Parameter(torch.randn(8))

    def forward(self, x):
        return -0.5 * ((x @ self.W) * x).sum(1) - x @ self.c


def states():
    return torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 8)


def model_of(network, shape=(1,), **options):
    defaults = {"data_range": (-20.0, 20.0), "buffer_size": 0, "penalty": 0}
    return EnergyModel(network, shape, **defaults | options)


# Learning: against enumeration

@pytest.fixture
def boltzmann():
    return model_of(Boltzmann(), (8,)).double()


def gradients(loss, model):
    return torch.cat([part.flatten() for part in torch.autograd.grad(loss, list(model.parameters()))])


def test_the_partition_function_is_the_sum_over_all_states(boltzmann):
    p = (-boltzmann.energy(states()) - boltzmann.log_partition(states())).exp()
    assert p.sum().item() == pytest.approx(1, abs=1e-12)
    network = boltzmann.network
    ratio = (network(states()[3:4]) - network(states()[200:201])).exp()  # p₂₀₀ / p₃, without Z
    torch.testing.assert_close(p[200] / p[3], ratio[0])


def test_contrastive_divergence_with_the_models_samples_is_the_exact_gradient(boltzmann, rng):
    """∇ mean(-log p) by enumeration, against samples that are drawn from p exactly."""
    data = states()[torch.randint(0, 256, (30,), generator=rng)]
    exact = boltzmann.energy(data).mean() + boltzmann.log_partition(states())
    p = (-boltzmann.energy(states()) - boltzmann.log_partition(states())).exp().detach()
    n = 100_000
    samples = states()[torch.multinomial(p, n, replacement=True, generator=rng)]
    estimate = contrastive_divergence(boltzmann.energy(data), boltzmann.energy(samples))
    wanted = gradients(exact, boltzmann)
    difference = gradients(estimate, boltzmann) - wanted
    assert difference.abs().max() < 5 * 0.5 / n**0.5  # ∂E/∂W and ∂E/∂c lie between -1 and 0
    expected = (p * boltzmann.energy(states())).sum()  # without samples there is no error
    torch.testing.assert_close(gradients(boltzmann.energy(data).mean() - expected, boltzmann), wanted)


def test_the_loss_has_the_gradient_of_the_likelihood_when_chains_are_long(rng):
    """On E = ½ a x² - b x: ∂/∂a = ½(mean x² - E_p x²), ∂/∂b = E_p x - mean x; chains have a known bias."""
    model = model_of(Quadratic(2.0, (1.0,)), steps=400, step_size=0.1)
    x = torch.randn(20_000, 1, generator=rng) + 1
    loss = model.loss(x, rng=rng)["loss"]
    d_a, d_b = torch.autograd.grad(loss, list(model.parameters()))
    variance = 0.5 / (1 - 0.1 * 2 / 4)  # of the chain's stationary law; its mean is b / a
    assert d_a.item() == pytest.approx(0.5 * (x.square().mean().item() - variance - 0.25), abs=0.025)
    assert d_b.item() == pytest.approx(0.5 - x.mean().item(), abs=0.03)


def test_chains_from_the_data_are_biased_when_short():
    """CD-1 from data at one point: after a small step samples are still there, so nothing is learnt."""
    model = model_of(Quadratic(), steps=1, step_size=1e-4, noise=0.0)
    d_a, _ = torch.autograd.grad(model.loss(torch.full((9, 1), 5.0))["loss"], list(model.parameters()))
    assert 0 < d_a < 0.01 < 0.5 * (25 - 1)  # the likelihood's would be 12


def test_a_constant_in_the_energy_changes_nothing_but_the_penalty(rng):
    network = mlp(2, 8, 1)
    x = torch.rand(6, 2, generator=rng)
    losses = {}
    for penalty in (0, 0.1):
        for shift in (0.0, 10.0):
            with torch.no_grad():
                network[-1].bias.fill_(shift)
            model = model_of(network, (2,), penalty=penalty)
            losses[penalty, shift] = model.loss(x, rng=torch.Generator().manual_seed(1))["loss"].item()
    assert losses[0, 0.0] == pytest.approx(losses[0, 10.0], abs=1e-5)
    assert losses[0.1, 10.0] > losses[0.1, 0.0] + 15


def test_the_parts_are_the_energies(rng):
    network, x = mlp(2, 8, 1), torch.rand(6, 2, generator=rng)
    model = model_of(network, (2,), penalty=0.3, steps=0)  # without a step the samples are the data
    parts = model.loss(x)
    torch.testing.assert_close(parts["energy_data"], network(x).mean())
    torch.testing.assert_close(parts["energy_samples"], network(x).mean())
    torch.testing.assert_close(parts["loss"], 0.6 * network(x).square().mean())


# Sampling

def test_the_score_is_that_of_torchs_mixture(rng):
    means = torch.tensor([[-1.0, 0.5], [1.0, 0.0]])
    peer = MixtureSameFamily(torch.distributions.Categorical(torch.tensor([0.3, 0.7])),
                             MultivariateNormal(means, 0.2 * torch.eye(2)))

    class Energy(nn.Module):
        def forward(self, x):
            return 7 - peer.log_prob(x)

    x = torch.randn(10, 2, generator=rng)
    pulls = (means - x[:, None]) / 0.2
    responsibility = peer.component_distribution.log_prob(x[:, None]) + torch.tensor([0.3, 0.7]).log()
    expected = (responsibility.softmax(1)[..., None] * pulls).sum(1)
    torch.testing.assert_close(model_of(Energy(), (2,)).score(x), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("step_size", [0.1, 0.5, 1.0])
def test_langevin_on_a_gaussian_has_the_variance_of_its_discretisation(step_size, rng):
    """1 / (1 - ε/4): a chain x' = (1 - ε/2) x + √ε n has variance ε / (1 - (1 - ε/2)²)."""
    x, n = torch.zeros(20_000), 20_000
    for _ in range(math.ceil(20 / step_size)):
        x = langevin_step(lambda x: -x, x, step_size, rng=rng)
    variance = 1 / (1 - step_size / 4)
    assert abs(x.var() - variance) < 5 * variance * (2 / n) ** 0.5
    assert abs(x.mean()) < 5 * (variance / n) ** 0.5


def test_without_noise_a_step_is_half_a_step_of_gradient_descent(rng):
    x = torch.randn(5, 2, generator=rng)
    torch.testing.assert_close(langevin_step(lambda x: -3 * x, x, 0.2, 0.0), x - 0.3 * x)


def test_samples_of_a_given_energy_follow_its_density(rng):
    """A Gaussian away from 0, reached from uniform noise."""
    model = EnergyModel(Quadratic(4.0, (2.0, -4.0)), (2,), data_range=(-3.0, 3.0), step_size=0.05)
    x = model.sample(20_000, steps=200, rng=rng)
    variance = 0.25 / (1 - 0.05 * 4 / 4)
    error = 5 * (variance / 20_000) ** 0.5
    torch.testing.assert_close(x.mean(0), torch.tensor([0.5, -1.0]), rtol=0, atol=error)
    torch.testing.assert_close(x.T.cov(), variance * torch.eye(2), rtol=0, atol=error)


def test_trajectory_starts_from_uniform_noise_and_ends_with_the_samples():
    model = EnergyModel(mlp(2, 8, 1), (2,), data_range=(-3.0, 3.0), steps=5)
    states = list(model.trajectory(4000, rng=torch.Generator().manual_seed(1)))
    assert len(states) == 6 and not any(state.requires_grad for state in states)
    assert abs(states[0].var() - 36 / 12) < 0.1 and states[0].abs().max() <= 3
    assert torch.equal(states[-1], model.sample(4000, rng=torch.Generator().manual_seed(1)))


def test_a_grid_normalises_the_energy():
    """E = -log p + 7 of a known density: log Z = -7."""
    class Energy(nn.Module):
        def forward(self, x):
            return 7 - plane.RING.log_density(x)

    points, area = plane.grid(200)
    assert model_of(Energy(), (2,)).log_partition(points, area).item() == pytest.approx(-7, abs=1e-4)


# The buffer

def test_chains_go_on_where_they_stopped():
    """With restart=0 and no noise a chain of a quadratic energy shrinks by the same factor at every visit."""
    model = EnergyModel(Quadratic(1.0, (0.0, 0.0)), (2,), steps=3, step_size=0.2, noise=0.0, buffer_size=1,
                        restart=0.0)
    seen = []
    for _ in range(3):
        model.loss(torch.zeros(1, 2), rng=torch.Generator().manual_seed(1))
        seen.append(model.replay[0].clone())
    torch.testing.assert_close(seen[1], 0.9**3 * seen[0])
    torch.testing.assert_close(seen[2], 0.9**6 * seen[0])
    assert seen[0].abs().min() > 0


def test_some_chains_start_anew(rng):
    model = EnergyModel(Quadratic(1.0, (0.0,)), (1,), steps=0, buffer_size=4000, restart=0.25)
    model.visited.fill_(True)  # all at 0: only those that start anew leave it
    model.loss(torch.zeros(20_000, 1), rng=rng)
    touched = 1 - math.exp(-5)  # of 4000 places by 20 000 visits; the last visit decides
    share = (model.replay != 0).double().mean()
    assert abs(share - 0.25 * touched) < 5 * (0.25 * 0.75 / 4000) ** 0.5


def test_the_buffer_is_part_of_the_state():
    model, other = (EnergyModel(Quadratic(), (1,), buffer_size=50) for _ in range(2))
    model.loss(torch.zeros(30, 1))
    assert 0 < model.visited.sum() < 50 and (model.replay[~model.visited] == 0).all()
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.replay, model.replay) and torch.equal(other.visited, model.visited)


def test_sampling_leaves_no_gradient_on_the_parameters():
    model = EnergyModel(mlp(2, 8, 1), (2,))
    model.sample(3)
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())


def test_it_samples_under_inference_mode_too():
    model = EnergyModel(mlp(2, 8, 1), (2,), steps=4)
    free = model.sample(3, rng=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(model.sample(3, rng=torch.Generator().manual_seed(0)), free)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="data_range must be finite"):
        EnergyModel(Quadratic(), (1,), data_range=(-math.inf, math.inf))
    with pytest.raises(ValueError, match=r"x must lie in \[-1, 1\]"):
        EnergyModel(Quadratic(), (1,)).loss(torch.full((2, 1), 4.0))
