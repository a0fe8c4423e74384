"""Diffusion against data whose best network is known, against Bayes' rule, and against diffusers."""

import math

import pytest
import torch
from diffusers import DDPMScheduler
from torch import nn

from genlab.data import Batches
from genlab.fit import fit
from genlab.layers import TimeMLP
from genlab.models.diffusion import DiffusionModel, NoiseSchedule, cosine_schedule, linear_schedule


class Gaussian(nn.Module):
    """The best network for data N(mean, std²): E[ε | x_t], a line in x_t for each t."""

    def __init__(self, alpha_bar, mean=0.0, std=1.0):
        super().__init__()
        self.alpha_bar, self.mean, self.std = alpha_bar, mean, std
        self.dummy = nn.Parameter(torch.zeros(()))

    def forward(self, x, t):
        signal = self.alpha_bar[t].view(-1, *[1] * (x.ndim - 1))
        noise, variance = 1 - signal, signal * self.std**2 + 1 - signal
        return noise.sqrt() / variance * (x - signal.sqrt() * self.mean) + 0 * self.dummy


def gaussian(mean=0.0, std=1.0, steps=100, **options):
    """A model of one number with that network, unclamped, in double precision."""
    beta = linear_schedule(steps)
    network = Gaussian((1 - beta).cumprod(0), mean, std)
    options = {"data_range": (-math.inf, math.inf)} | options
    return DiffusionModel(1, steps, network=network, beta=beta, **options).double()


def times(*t):
    return torch.tensor(t)


# Schedules

@pytest.mark.parametrize("steps", [50, 100, 1000])
@pytest.mark.parametrize("schedule", [linear_schedule, cosine_schedule])
def test_all_data_are_gone_at_the_end(schedule, steps):
    beta = schedule(steps)
    alpha_bar = (1 - beta).cumprod(0)
    assert beta.dtype == torch.float64 and beta.shape == (steps,)
    assert ((0 < beta) & (beta < 1)).all() and (alpha_bar.diff() < 0).all()
    assert alpha_bar[-1] < 1e-4


def test_schedules_are_those_of_diffusers():
    linear, cosine = DDPMScheduler(1000).betas, DDPMScheduler(100, beta_schedule="squaredcos_cap_v2").betas
    torch.testing.assert_close(linear_schedule(1000).float(), linear, rtol=1e-5, atol=1e-8)
    torch.testing.assert_close(cosine_schedule(100).float(), cosine, rtol=1e-5, atol=1e-7)


def test_buffers_are_what_they_are_called():
    model = gaussian(steps=10)
    torch.testing.assert_close(model.alpha, 1 - model.beta, rtol=0, atol=1e-7)
    torch.testing.assert_close(model.alpha_bar, model.alpha.cumprod(0))
    assert model.alpha_bar_prev[0] == 1
    torch.testing.assert_close(model.alpha_bar_prev[1:], model.alpha_bar[:-1])
    assert {"beta", "alpha", "alpha_bar"} <= set(dict(model.named_buffers()))


def test_what_is_loaded_is_of_one_piece():
    """Of another schedule of the same length: every constant is that schedule's afterwards."""
    one, other = (DiffusionModel(2, 20, network=TimeMLP(2, 8), beta=beta)
                  for beta in (linear_schedule(20), cosine_schedule(20)))
    one.load_state_dict(other.state_dict())
    for name, values in other.named_buffers():
        assert torch.equal(dict(one.named_buffers())[name], values), name


@pytest.mark.parametrize("schedule", [linear_schedule, cosine_schedule])
def test_the_end_is_noise_for_any_number_of_steps(schedule):
    for steps in [*range(2, 200), 250, 500, 2000, 4000]:
        assert (1 - schedule(steps)).prod() < 1e-3, steps


@pytest.mark.parametrize("prediction", ["noise", "clean", "v"])
def test_each_prediction_gives_the_two_others(prediction, rng):
    schedule = NoiseSchedule(linear_schedule(20))
    x_0, noise = torch.rand(2, 20, 3, generator=rng)
    t = torch.arange(20)
    x_t = schedule.q_sample(x_0, t, noise)
    value = {"noise": noise, "clean": x_0, "v": schedule.velocity(x_0, t, noise)}[prediction]
    at = slice(0, 15)  # later the data are gone, and only rounding is left of them
    clean = schedule.clean_from(prediction, value, x_t, t)
    torch.testing.assert_close(clean[at], x_0[at], rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(schedule.noise_from(prediction, value, x_t, t), noise, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("t", [-1, 20])
def test_times_that_do_not_exist_are_refused(t):
    with pytest.raises(ValueError, match=r"t must lie in 0 … 19"):
        NoiseSchedule(linear_schedule(20)).q_sample(torch.zeros(1, 2), torch.tensor([t]), torch.zeros(1, 2))


def test_a_step_without_noise_is_refused():
    for beta in (torch.zeros(5), torch.full((5,), 1e-20), torch.full((5,), math.nan)):
        with pytest.raises(ValueError, match="beta must be"):
            NoiseSchedule(beta)


class Labelled(TimeMLP):
    def forward(self, x, t, labels):
        return super().forward(x + labels[:, None], t)


def test_labels_reach_a_network_that_takes_them():
    model = DiffusionModel(2, 5, network=Labelled(2, 8))
    with torch.no_grad():
        a, b = (model.sample((3, 2), labels=label, rng=torch.Generator().manual_seed(0)) for label in (0, 5))
    assert not torch.equal(a, b)
    assert torch.equal(a, model.sample((3, 2), labels=[0, 0, 0], rng=torch.Generator().manual_seed(0)))
    assert model.loss(torch.zeros(3, 2), torch.arange(3))["loss"].isfinite()
    with pytest.raises(ValueError, match="pass labels"):
        model.sample((3, 2))
    plain = DiffusionModel(2, 5, network=TimeMLP(2, 8))
    assert plain.loss(torch.zeros(3, 2), torch.arange(3))["loss"].isfinite()
    with pytest.raises(ValueError, match="leave out labels"):
        plain.sample((3, 2), labels=1)


# Forwards

def test_one_jump_is_many_steps():
    """Mean and variance of x_t by x_t = √(1 - β_t) x_{t-1} + √β_t ε, step after step."""
    model, mean, variance = gaussian(), 1.0, 0.0
    for t in range(100):
        beta = model.beta[t].item()
        mean, variance = math.sqrt(1 - beta) * mean, (1 - beta) * variance + beta
        zero, one = torch.zeros(1, 1, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)
        assert model.q_sample(one, times(t), zero).item() == pytest.approx(mean, rel=1e-5)
        assert model.q_sample(zero, times(t), one).item() ** 2 == pytest.approx(variance, rel=1e-5)


def test_forward_diffusion_returns_the_noise_that_is_in_x_t(rng):
    model, x_0, t = gaussian(), torch.rand(6, 1, 4, 5, generator=rng), torch.arange(6) * 7
    x_t, noise = model.float().forward_diffusion(x_0, t, rng=rng)
    assert x_t.shape == noise.shape == x_0.shape
    torch.testing.assert_close(model.q_sample(x_0, t, noise), x_t)
    peer = DDPMScheduler(100, trained_betas=model.beta.numpy())
    torch.testing.assert_close(peer.add_noise(x_0, noise, t), x_t, rtol=1e-4, atol=1e-5)


# The loss

def test_the_best_network_reaches_the_best_loss(rng):
    """Mean over t of Var(ε | x_t) = ᾱ s² / (ᾱ s² + 1 - ᾱ), and no other line does better."""
    model = gaussian(0.7, 0.5)
    x = 0.7 + 0.5 * torch.randn(200_000, 1, generator=rng, dtype=torch.float64)
    signal = model.alpha_bar
    best = (signal * 0.25 / (signal * 0.25 + 1 - signal)).mean()
    assert model.loss(x, rng=rng)["loss"].item() == pytest.approx(best.item(), abs=0.01)
    model.network.mean = 0.0
    assert model.loss(x, rng=rng)["loss"].item() > best + 0.05


def test_every_time_is_visited_as_often(rng):
    model, seen = gaussian(steps=20), []
    model.network.register_forward_hook(lambda part, inputs, _: seen.append(inputs[1]))
    model.loss(torch.zeros(40_000, 1, dtype=torch.float64), rng=rng)
    counts = torch.bincount(seen[0], minlength=20)
    assert len(counts) == 20 and ((counts - 2000).abs() < 5 * 2000**0.5).all()


def test_a_network_that_says_nothing_costs_one():
    model = DiffusionModel(2, 50, network=TimeMLP(2, 8))
    nn.init.zeros_(model.network.net[-1].weight), nn.init.zeros_(model.network.net[-1].bias)
    assert model(torch.zeros(50_000, 2)).item() == pytest.approx(1, abs=0.03)


# Backwards

@pytest.mark.parametrize("t", [1, 10, 50, 99])
def test_the_posterior_is_bayes_rule(t):
    """q(x_{t-1} | x_t, x_0) ∝ q(x_t | x_{t-1}) q(x_{t-1} | x_0): precisions add up."""
    model, x_0, x_t = gaussian(), torch.tensor([[-0.2]]).double(), torch.tensor([[0.7]]).double()
    beta, before = model.beta[t], model.alpha_bar[t - 1]
    precision = (1 - beta) / beta + 1 / (1 - before)
    mean = ((1 - beta).sqrt() * x_t / beta + before.sqrt() * x_0 / (1 - before)) / precision
    got = model.posterior(x_0, x_t, times(t))
    torch.testing.assert_close(got, (mean, (1 / precision).view(1, 1)), rtol=1e-4, atol=1e-5)


def test_the_posterior_at_time_0_is_the_data():
    model, x_0 = gaussian(), torch.tensor([[-0.2]]).double()
    mean, variance = model.posterior(x_0, torch.tensor([[5.0]]).double(), times(0))
    torch.testing.assert_close(mean, x_0, rtol=1e-4, atol=1e-6)
    assert variance.item() == 0


@pytest.mark.parametrize("variance", ["small", "large"])
@pytest.mark.parametrize("data_range", [(-1.0, 1.0), (-math.inf, math.inf)])
@pytest.mark.parametrize("t", [0, 1, 40, 99])
def test_a_step_is_that_of_diffusers(variance, data_range, t, rng):
    model = gaussian(0.3, 0.2, data_range=data_range, variance=variance).float()
    model.network.alpha_bar = model.network.alpha_bar.float()
    x = torch.randn(9, 1, 3, generator=rng)
    peer = DDPMScheduler(100, trained_betas=model.beta.numpy(), variance_type=f"fixed_{variance}",
                         clip_sample=data_range == (-1, 1))
    predicted = model.predict_noise(x, torch.full((9,), t)).detach()
    theirs = peer.step(predicted, t, x, generator=torch.Generator().manual_seed(4)).prev_sample
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(4))
    ours = model.denoise(x, torch.full((9,), t), noise)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=3e-4)


def moments(model, mean, std):
    """Of the end of the reverse chain, exactly: each step is linear in x_t with constant noise."""
    m, v = 0.0, 1.0
    for t in reversed(range(model.time_steps)):
        at = lambda x, noise=0.0: model.denoise(  # noqa: E731
            torch.tensor([[x]]).double(), times(t), torch.tensor([[noise]]).double()).item()  # noqa: B023
        slope, scale = at(1.0) - at(0.0), at(0.0, 1.0) - at(0.0)
        m, v = at(0.0) + slope * m, slope**2 * v + scale**2
    return m, v**0.5


@pytest.mark.parametrize("variance, wanted", [("small", 0.466), ("large", 0.508)])
def test_few_steps_scatter_too_little_or_too_much(variance, wanted, rng):
    """Data N(0.3, 0.5²) at T = 100: the chain's own moments, and samples that have them."""
    model = gaussian(0.3, 0.5, variance=variance)
    mean, std = moments(model, 0.3, 0.5)
    assert mean == pytest.approx(0.3, abs=0.01) and std == pytest.approx(wanted, abs=3e-3)
    x = model.sample((20_000, 1), rng=rng)
    assert abs(x.mean() - mean) < 5 * std / 20_000**0.5
    assert abs(x.std() - std) < 5 * std / 40_000**0.5


def test_normal_data_stay_normal_with_the_large_variance():
    """x_t ~ N(0, 1) for all t; the last step, without noise, leaves 1 - β_0."""
    model = gaussian()
    mean, std = moments(model, 0, 1)
    assert mean == pytest.approx(0, abs=1e-9)
    assert std**2 == pytest.approx(1 - model.beta[0].item(), abs=1e-6)


def test_a_single_point_is_hit_with_the_small_variance(rng):
    model = gaussian(0.4, 0.0, variance="small")
    assert (model.sample((50, 1), rng=rng) - 0.4).abs().max() < 1e-4


def test_the_score_is_that_of_the_noised_data():
    """x_t ~ N(√ᾱ m, ᾱ s² + 1 - ᾱ)."""
    model, x, t = gaussian(0.3, 0.5), torch.tensor([[1.2], [-0.4]]).double(), times(7, 60)
    signal = model.alpha_bar[t, None]
    expected = (signal.sqrt() * 0.3 - x) / (signal * 0.25 + 1 - signal)
    torch.testing.assert_close(model.score(x, t).detach(), expected, rtol=1e-4, atol=1e-5)


def test_the_clean_guess_is_clamped():
    assert gaussian(9.0, 0.1, data_range=(-1.0, 1.0)).predict_clean(torch.ones(1, 1).double(), times(3)) == 1


def test_sampling_walks_every_time_backwards_and_ends_with_the_samples():
    model, seen = gaussian(steps=12), []
    model.network.register_forward_hook(lambda part, inputs, _: seen.append(inputs[1].unique().tolist()))
    states = list(model.trajectory((3, 1), rng=torch.Generator().manual_seed(1)))
    assert seen == [[t] for t in reversed(range(12))] and len(states) == 13
    assert torch.equal(states[-1], model.sample((3, 1), rng=torch.Generator().manual_seed(1)))
    assert not any(state.requires_grad for state in states)


def test_training_comes_near_the_best_loss(rng):
    """Data N(0.5, 0.3²), whose best loss is known: a brief training ends less than a tenth above it."""
    x = 0.5 + 0.3 * torch.randn(8000, 1, generator=rng)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = DiffusionModel(1, 30, network=TimeMLP(1, 32, depth=2), data_range=(-math.inf, math.inf))
    fit(model, Batches(x, size=256, rng=rng), torch.optim.Adam(model.parameters(), 5e-3), steps=400, rng=rng,
        progress=False)
    signal = model.alpha_bar
    best = (signal * 0.09 / (signal * 0.09 + 1 - signal)).mean()
    loss = model.loss(x.repeat(5, 1), rng=rng)["loss"]
    assert 0.95 * best < loss < 1.1 * best


# What is refused

def test_what_does_not_fit_is_refused():
    model = DiffusionModel(2, 20, network=TimeMLP(2, 8))
    with pytest.raises(ValueError, match=r"data must be \(B, 2, \.\.\.\)"):
        model.loss(torch.zeros(3, 5))
    with pytest.raises(ValueError, match=r"data must be \(B, 2, \.\.\.\)"):
        model.sample((3,))
    with pytest.raises(ValueError, match="to_signed"):
        model.loss(torch.full((3, 2), 200.0))
    with pytest.raises(ValueError, match="that shape"):
        DiffusionModel(3, 20, network=lambda_network()).loss(torch.zeros(4, 3))
    with pytest.raises(ValueError, match=r"beta must be \(20,\)"):
        DiffusionModel(2, 20, network=TimeMLP(2, 8), beta=linear_schedule(30))
    with pytest.raises(ValueError, match="large"):
        DiffusionModel(2, 20, network=TimeMLP(2, 8), variance="medium")
    with pytest.raises(ValueError, match="at least 2 steps"):
        linear_schedule(1)


def lambda_network():
    """A network that answers with one number per row."""
    class Wrong(nn.Module):
        def forward(self, x, t):
            return x[:, :1]
    return Wrong()


def test_a_checkpoint_of_another_number_of_steps_is_refused():
    """Buffers are part of the state: T cannot be mixed up in silence."""
    short, long = (DiffusionModel(2, steps, network=TimeMLP(2, 8)) for steps in (10, 20))
    with pytest.raises(RuntimeError, match="build it with time_steps=10"):
        long.load_state_dict(short.state_dict())
