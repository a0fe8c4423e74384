"""Samplers against diffusers, and against Gaussian data, whose best denoiser, flow and law are known."""

import math

import pytest
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

from genlab.models import samplers
from genlab.models.digit_diffusion import untrained
from genlab.models.schedules import NoiseSchedule, cosine_schedule, linear_schedule

BETA = linear_schedule(100)
ALPHA_BAR = (1 - BETA).cumprod(0)
MEAN, SPREAD = 0.3, 0.5


def best(x, signal, mean=MEAN, spread=SPREAD):
    """E[x_0 | x_t] for data N(mean, spread²)."""
    root, variance = math.sqrt(signal), signal * spread**2 + 1 - signal
    return mean + root * spread**2 / variance * (x - root * mean)


def exact(x, signal, mean=MEAN, spread=SPREAD):
    """Where the equation without noise ends: x standardised under q(x_t), then of the data's spread."""
    return mean + spread * (x - math.sqrt(signal) * mean) / math.sqrt(signal * spread**2 + 1 - signal)


@pytest.mark.parametrize("eta", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("i", [0, 3, 9])
def test_a_step_is_that_of_diffusers(eta, i, rng):
    peer = DDIMScheduler(100, trained_betas=BETA.numpy(), timestep_spacing="trailing", set_alpha_to_one=True,
                         clip_sample=False, prediction_type="sample")
    peer.set_timesteps(10)
    signals = [*samplers.chain(ALPHA_BAR, 10), 1.0]
    x, clean, noise = torch.randn(3, 4, 2, generator=rng, dtype=torch.float64)
    theirs = peer.step(clean, int(peer.timesteps[i]), x, eta=eta, variance_noise=noise).prev_sample
    ours = samplers.reverse_step(x, clean, signals[i], signals[i + 1], eta=eta, noise=noise)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("steps", [2, 5, 10])
def test_second_order_is_that_of_diffusers(steps, rng):
    """`DPMSolverMultistepScheduler`, algorithm dpmsolver++, to ᾱ = 1."""
    peer = DPMSolverMultistepScheduler(100, trained_betas=BETA.numpy(), timestep_spacing="trailing", solver_order=2,
                                       prediction_type="sample", final_sigmas_type="zero", lower_order_final=True)
    peer.set_timesteps(steps)
    x = theirs = torch.randn(5, 2, generator=rng, dtype=torch.float64)
    for t in peer.timesteps:
        theirs = peer.step(torch.tanh(theirs) + best(theirs, ALPHA_BAR[t].item()), t, theirs).prev_sample
    ours = samplers.sample(lambda x, s: torch.tanh(x) + best(x, s), x, samplers.chain(ALPHA_BAR, steps), order=2)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("order", [1, 2])
def test_errors_fall_with_the_order(order):
    """From ᾱ = 0.02 to 0.98; halving the steps in λ halves the error, or divides it by four."""
    x, errors = torch.tensor([[1.3], [-0.4]], dtype=torch.float64), []
    for steps in (40, 80):
        logits = torch.linspace(-3.9, 3.9, steps + 1, dtype=torch.float64)
        signals = torch.sigmoid(logits).tolist()
        states = list(samplers.trajectory(best, x, signals, order=order))
        there = states[steps].x  # before the jump to ᾱ = 1
        wanted = exact(x, signals[0])
        reached = exact(there, signals[-1])
        errors.append((reached - wanted).abs().max().item())
    assert errors[0] / errors[1] == pytest.approx(2**order, rel=0.12)


def test_with_noise_the_moments_are_those_of_the_chain(rng):
    """Every step is affine in x and normal: mean and variance by recursion."""
    signals = samplers.chain(ALPHA_BAR, 7)
    mean, variance = 0.0, 1.0
    for s, then in zip(signals, [*signals[1:], 1.0], strict=True):
        added = 0.7**2 * (1 - then) / (1 - s) * (1 - s / then)
        ends = [samplers.reverse_step(v, best(v, s), s, then) for v in torch.tensor([[0.0], [1.0]]).double()]
        keep = math.sqrt(1 - then - added) / math.sqrt(1 - then) if then < 1 else 1.0
        at = [math.sqrt(then) * best(v, s) + keep * (e - math.sqrt(then) * best(v, s))
              for v, e in zip(torch.tensor([[0.0], [1.0]]).double(), ends, strict=True)]
        slope = (at[1] - at[0]).item()
        mean, variance = at[0].item() + slope * mean, slope**2 * variance + added
    made = samplers.sample(best, torch.randn(200_000, 1, generator=rng, dtype=torch.float64), signals, eta=0.7, rng=rng)
    assert made.mean().item() == pytest.approx(mean, abs=0.01)
    assert made.var().item() == pytest.approx(variance, rel=0.02)


def test_a_point_is_hit_exactly_and_the_last_step_draws_nothing(rng):
    signals = samplers.chain(ALPHA_BAR, 4)
    for options in (dict(eta=0.0), dict(eta=1.0), dict(order=2)):
        noise = torch.randn(3, 2, generator=rng)
        made = samplers.sample(lambda x, s: torch.full_like(x, 0.25), noise, signals, **options)
        torch.testing.assert_close(made, torch.full((3, 2), 0.25))


def test_chains():
    assert samplers.chain(ALPHA_BAR, 100) == ALPHA_BAR.flip(0).tolist()
    assert samplers.chain(ALPHA_BAR, 1) == [ALPHA_BAR[-1].item()]
    assert len(samplers.chain(ALPHA_BAR, 7)) == 7 and samplers.chain(ALPHA_BAR, 7)[0] == ALPHA_BAR[-1].item()
    for steps in (0, 101):
        with pytest.raises(ValueError, match="steps must lie in 1 … 100"):
            samplers.chain(ALPHA_BAR, steps)


@pytest.mark.parametrize("options, message", [
    (dict(order=3), "order must be 1 or 2"), (dict(order=2, eta=1.0), "0 at order 2"), (dict(eta=1.5), "eta"),
    (dict(signals=[0.5, 0.4]), "increase"), (dict(signals=[]), "increase"),
    (dict(signals=[0.5, 1.0]), "between 0 and 1")])
def test_what_is_no_chain_is_refused(options, message):
    signals = options.pop("signals", [0.1, 0.5])
    with pytest.raises(ValueError, match=message):
        samplers.sample(best, torch.zeros(1, 1), signals, **options)


def test_a_model_as_a_denoiser():
    """At each of its times the model's own guess, in eval mode, by small batches and with labels."""
    torch.manual_seed(0)
    model = untrained()
    torch.nn.init.normal_(model.network.leave[2].weight, std=0.1)
    model.train()
    x, labels = torch.randn(3, 1, 8, 8), torch.tensor([3, 1, 4])
    for t in (0, 500, 999):
        signal = model.alpha_bar[t].item()
        ours = samplers.denoiser(model, labels, batch=2)(x, signal)
        with torch.no_grad():
            torch.testing.assert_close(ours, model.predict_clean(x, torch.full((3,), t), labels), rtol=1e-4, atol=1e-5)
    assert model.training and not ours.requires_grad
    one = samplers.denoiser(model, 3)(x, 0.5)
    torch.testing.assert_close(one[0], samplers.denoiser(model, labels)(x, 0.5)[0], rtol=1e-4, atol=1e-5)


def test_it_samples_as_the_model_does(rng):
    """The model's own sampler and this one agree without noise."""
    torch.manual_seed(0)
    model = untrained()
    torch.nn.init.normal_(model.network.leave[2].weight, std=0.05)
    start = torch.Generator().manual_seed(5)
    theirs = model.sample((2, 1, 8, 8), steps=6, eta=0.0, rng=start)
    x = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(5))
    ours = samplers.sample(samplers.denoiser(model), x, samplers.chain(model.alpha_bar, 6))
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=2e-3)


def test_repaint_keeps_what_is_seen_and_repeats_help(rng):
    """Two coordinates of correlation 0.9; the first is seen, and the second's mean and variance given it are known."""
    covariance = torch.tensor([[1.0, 0.9], [0.9, 1.0]], dtype=torch.float64)

    def two(x, signal):
        noisy = signal * covariance + (1 - signal) * torch.eye(2).double()
        return math.sqrt(signal) * x @ torch.linalg.solve(noisy, covariance)

    signals = samplers.chain((1 - cosine_schedule(200)).cumprod(0), 40)
    n = 4000
    known, seen = torch.tensor([1.5, math.nan]).double().expand(n, 2), torch.tensor([True, False]).expand(n, 2)
    means = []
    for repeats in (1, 8):
        made = samplers.repaint(two, torch.randn(n, 2, generator=rng, dtype=torch.float64), known, seen, signals,
                                repeats=repeats, rng=rng)
        assert torch.equal(made[:, 0], known[:, 0]) and made.isfinite().all()
        means.append(made[:, 1].mean().item())
    assert abs(means[1] - 1.35) < 0.08 and abs(means[0] - 1.35) > 2 * abs(means[1] - 1.35)


def test_the_chain_of_a_schedule_is_as_only_makes_it():
    schedule = NoiseSchedule(cosine_schedule(100))
    times = torch.arange(9, 100, 10)
    torch.testing.assert_close(torch.tensor(samplers.chain(schedule.alpha_bar, 10)).flip(0),
                               schedule.only(times).alpha_bar, rtol=1e-4, atol=1e-7)
