"""Fewer steps than T, with and without noise: against diffusers, and against data whose best network is known."""

import math

import pytest
import torch
from diffusers import DDIMScheduler

from genlab.data import Batches
from genlab.models import DiffusionModel, UNet, train_diffusion
from genlab.models.schedules import NoiseSchedule, cosine_schedule, linear_schedule
from tests.models.test_diffusion import gaussian


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("step", [0, 1, 7, 19])
def test_a_step_is_that_of_diffusers(eta, step, rng):
    """`DDIMScheduler` with 20 of 100 times, 4, 9, … 99; the network's guess clamped, and ε derived from it."""
    beta = linear_schedule(100)
    peer = DDIMScheduler(100, trained_betas=beta.numpy(), timestep_spacing="trailing", set_alpha_to_one=True)
    peer.set_timesteps(20)
    model = gaussian(0.3, 0.2, variance="small", data_range=(-1.0, 1.0)).float()
    model.network.alpha_bar = model.network.alpha_bar.float()
    times, chain = model._chain(20)
    assert times.tolist() == peer.timesteps.flip(0).tolist()
    x, noise = torch.randn(2, 9, 1, generator=rng)
    t = times[step]
    theirs = peer.step(model.predict_noise(x, t.expand(9)).detach(), int(t), x, eta=eta, use_clipped_model_output=True,
                       variance_noise=noise).prev_sample
    clean = model.predict_clean(x, t.expand(9)).detach()
    torch.testing.assert_close(chain.backwards(clean, x, step, noise, eta=eta), theirs, rtol=1e-4, atol=3e-4)


@pytest.mark.parametrize("steps, wanted", [(100, 0.475), (20, 0.436), (5, 0.271)])
def test_without_noise_the_spread_is_that_of_the_chain(steps, wanted, rng):
    """Data N(0, 0.5²): each step is a factor, and the product of them all is the spread of the samples.

    The spreads at 50, 20 and 5 steps of a chain with T = 1000 are 0.475, 0.436 and 0.271; with T = 100 near.
    """
    model = gaussian(0.0, 0.5)
    chain = model._chain(steps)[1]
    factor = 1.0
    for i in reversed(range(steps)):
        now, before = chain.alpha_bar[i].item(), chain.alpha_bar_prev[i].item()
        eps = math.sqrt(1 - now) / (now * 0.25 + 1 - now)
        factor *= math.sqrt(before / now) * (1 - math.sqrt(1 - now) * eps) + math.sqrt(1 - before) * eps
    x = model.sample((20_000, 1), steps=steps, eta=0.0, rng=rng)
    assert x.std().item() == pytest.approx(factor, rel=0.03)
    assert factor == pytest.approx(wanted, abs=0.02)


def test_without_noise_only_the_first_draw_counts():
    model = gaussian(0.0, 0.5)
    states = list(model.trajectory((4, 1), steps=10, eta=0.0, rng=torch.Generator().manual_seed(3)))
    assert len(states) == 11
    slope = (states[-1] / states[0]).flatten()
    torch.testing.assert_close(slope, slope[:1].expand(4))  # a line through 0


@pytest.mark.parametrize("schedule", [linear_schedule, cosine_schedule])
def test_a_chain_of_few_times_keeps_their_noise(schedule):
    whole = NoiseSchedule(schedule(1000))
    times = torch.tensor([3, 40, 41, 700, 998])
    torch.testing.assert_close(whole.only(times).alpha_bar, whole.alpha_bar[times], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("steps", [0, 101])
def test_steps_that_do_not_exist_are_refused(steps):
    with pytest.raises(ValueError, match="steps must lie in 1 … 100"):
        gaussian().sample((1, 1), steps=steps)


def small(seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return DiffusionModel(1, 20, network=UNet(width=8, time_emb_dim=16), beta=cosine_schedule(20), prediction="v")


def test_training_lowers_the_loss_and_its_average_is_a_model(rng):
    images = (torch.rand(64, 1, 8, 8, generator=rng) < 0.3).float()
    model = small()
    history = train_diffusion(model, Batches(images, torch.zeros(64).long(), size=16, rng=rng), epochs=15, lr=3e-3,
                              ema=0.9, rng=rng, progress=False)
    assert len(history) == 60 and history.last(10) < 0.95 * history["loss"][0]
    assert history.ema.sample((2, 1, 8, 8), steps=5, rng=rng).shape == (2, 1, 8, 8)


def test_an_interrupted_training_goes_on_and_equals_an_uninterrupted_one(tmp_path, rng):
    images = torch.rand(40, 1, 8, 8, generator=rng)

    def run(name, *lengths):
        for steps in lengths:
            model, stream = small(), torch.Generator().manual_seed(5)
            batches = Batches(images, size=16, rng=torch.Generator().manual_seed(6))
            history = train_diffusion(model, batches, max_steps=steps, epochs=100, lr=1e-3, rng=stream,
                                      checkpoint=tmp_path / name, progress=False)
        return history, model

    (once, a), (resumed, b) = run("once.pt", 12), run("twice.pt", 5, 12)
    assert once["loss"] == resumed["loss"]
    for one, other in ((a, b), (once.ema, resumed.ema)):
        for name, value in one.state_dict().items():
            assert torch.equal(value, other.state_dict()[name]), name
