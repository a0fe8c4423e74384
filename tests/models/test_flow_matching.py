"""Flow matching against data whose best velocity is known, and the solvers against exact solutions."""

import math

import pytest
import torch
from torch import nn

from genlab.data import Batches, plane
from genlab.fit import fit
from genlab.layers import TimeMLP
from genlab.models.flow_matching import (
    FlowMatching,
    gaussian_velocity,
    logit_normal_time,
    path_curvature,
    solve,
    states,
)


class Best(nn.Module):
    """v* of data N(mean, std²), asked with times of 0 … 1000."""

    def __init__(self, mean=0.0, std=1.0):
        super().__init__()
        self.mean, self.std = mean, std

    def forward(self, x, t):
        return gaussian_velocity(x, t.view(-1, *[1] * (x.ndim - 1)) / 1000, self.mean, self.std)


def real(network, shape=(1,), **options):
    return FlowMatching(network, shape, data_range=(-math.inf, math.inf), **options)


@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (1.5, 0.4), (-2.0, 0.0)])
def test_the_velocity_is_the_conditional_mean(mean, std, rng):
    """Regression of x_1 - x_0 on x_t over many pairs: the same line."""
    for t in (0.0, 0.3, 0.8):
        noise = torch.randn(400_000, generator=rng, dtype=torch.float64)
        data = mean + std * torch.randn(400_000, generator=rng, dtype=torch.float64)
        x_t = (1 - t) * noise + t * data
        slope = torch.cov(torch.stack([data - noise, x_t]))[0, 1] / x_t.var()
        for x in (-1.0, 0.7):
            line = (data - noise).mean() + slope * (x - x_t.mean())
            found = gaussian_velocity(torch.tensor(x).double(), t, mean, std)
            assert found.item() == pytest.approx(line.item(), abs=0.02)


def test_following_it_maps_quantiles_to_quantiles():
    """In one dimension the flow keeps the order, so x_0 ends at m + s x_0; on the way x_t has the law of the path."""
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
    path = list(states(lambda x, t: gaussian_velocity(x, t, 1.0, 0.5), x, 400, method="heun"))
    torch.testing.assert_close(path[-1], 1 + 0.5 * x, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(path[200], 0.5 + math.sqrt(0.25 + 0.25 * 0.25) * x, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("heun", 2)])
def test_errors_fall_as_the_order_says(method, order):
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
    errors = [(solve(lambda x, t: gaussian_velocity(x, t, 1.0, 0.5), x, n, method=method) - (1 + 0.5 * x)).abs().max()
              for n in (40, 80)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.15)


def test_solvers_are_exact_where_they_should_be():
    x = torch.tensor([[0.3], [-2.0]], dtype=torch.float64)
    for method in ("euler", "heun"):
        torch.testing.assert_close(solve(lambda x, t: torch.full_like(x, 3.0), x, 1, method=method), x + 3)
    torch.testing.assert_close(solve(lambda x, t: 0 * x + 2 * t, x, 5, method="heun"), x + 1)
    torch.testing.assert_close(solve(lambda x, t: 0 * x + 2 * t, x, 5), x + 0.8)
    torch.testing.assert_close(solve(lambda x, t: 0 * x + 2 * t, x, 5, backwards=True), x - 1.2)


def test_the_first_euler_step_of_all_goes_to_the_mean():
    x = torch.randn(5, 1).double()
    torch.testing.assert_close(solve(lambda x, t: gaussian_velocity(x, t, 1.7, 0.2), x, 1), torch.full_like(x, 1.7))


def test_the_best_network_reaches_the_floor(rng):
    """Var(x_1 - x_0 | x_t) = s² / ((1 - t)² + t² s²); at s = 1 and t = ½ it is 2."""
    mean, std, t = 0.7, 0.5, (torch.arange(2000, dtype=torch.float64) + 0.5) / 2000
    floor = (std**2 / ((1 - t) ** 2 + t**2 * std**2)).mean()
    data = mean + std * torch.randn(200_000, 1, generator=rng, dtype=torch.float64)
    best = real(Best(mean, std), time="uniform").double().loss(data, rng=rng)["loss"]
    assert best.item() == pytest.approx(floor.item(), abs=0.01)
    assert real(Best(0.0, std), time="uniform").double().loss(data, rng=rng)["loss"] > floor + 0.05


def test_a_network_that_says_nothing_costs_the_variance(rng):
    class Nothing(nn.Module):
        def forward(self, x, t):
            return 0 * x

    data = 2 + torch.zeros(100_000, 1)
    assert real(Nothing()).loss(data, rng=rng)["loss"].item() == pytest.approx(1 + 4, abs=0.05)


def test_times_are_logit_normal(rng):
    t = logit_normal_time(200_000, rng=rng)
    assert t.shape == (200_000,) and 0 < t.min() and t.max() < 1
    assert t.mean().item() == pytest.approx(0.5, abs=0.003)
    for z in (-1.0, 0.5):
        share = torch.special.ndtr(torch.tensor(z)).item()
        assert (t < torch.tensor(z).sigmoid()).float().mean().item() == pytest.approx(share, abs=0.005)


def test_given_noise_is_used(rng):
    model = real(Best(), (2,))
    with torch.no_grad():
        model.network = TimeMLP(2, 4)
        for p in model.network.parameters():
            p.zero_()
    x, noise = torch.randn(2, 5, 2, generator=rng)
    assert model.loss(x, noise=noise)["loss"].item() == pytest.approx((x - noise).square().mean().item())


def test_samples_have_the_moments_of_the_data(rng):
    samples = real(Best(1.5, 0.4)).sample(50_000, num_steps=20, method="heun", rng=rng)
    assert samples.mean().item() == pytest.approx(1.5, abs=0.01)
    assert samples.std().item() == pytest.approx(0.4, abs=0.01)


def test_encoding_is_decoding_backwards(rng):
    model, x = real(Best(1.5, 0.4)).double(), torch.randn(6, 1, generator=rng, dtype=torch.float64)
    code = model.encode(x, num_steps=200, method="heun")
    torch.testing.assert_close(code, (x - 1.5) / 0.4, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(model.decode(code, num_steps=200, method="heun"), x, rtol=1e-3, atol=1e-3)


def test_straight_paths_have_no_curvature():
    x = torch.randn(4, 2, dtype=torch.float64)
    assert path_curvature(lambda x, t: torch.ones_like(x), x, 7).abs().max() < 1e-20
    bent = path_curvature(lambda x, t: torch.full_like(x, 2 * t), x, 1000)  # 2 ∫ (1 - 2t)² dt
    torch.testing.assert_close(bent, torch.full((4,), 2 / 3, dtype=torch.float64), rtol=1e-3, atol=1e-3)


def test_a_small_network_finds_the_eight_heaps(rng):
    torch.manual_seed(0)
    model = real(TimeMLP(2, 64), (2,))
    batches = Batches(plane.RING.sample(8000, rng=rng), size=256, rng=rng)
    fit(model, batches, torch.optim.Adam(model.parameters(), 3e-3), steps=600, rng=rng, progress=False)
    samples = model.sample(2000, num_steps=30, rng=rng)
    near = torch.cdist(samples.double(), plane.RING.modes)
    on = near.min(1).values < plane.RING.radius
    assert on.float().mean() > 0.7 and torch.bincount(near.argmin(1)[on], minlength=8).min() > 80


def test_what_does_not_fit_is_refused():
    model = FlowMatching(TimeMLP(2, 8), (2,))
    with pytest.raises(ValueError, match="to_signed"):
        model.loss(torch.full((3, 2), 7.0))
    with pytest.raises(ValueError, match="time must be"):
        FlowMatching(TimeMLP(2, 8), (2,), time="cosine")
    with pytest.raises(ValueError, match="num_steps must be at least 1"):
        model.sample(3, num_steps=0)
    with pytest.raises(ValueError, match="method must be one of"):
        model.sample(3, method="rk4")
    with pytest.raises(ValueError, match="leave out labels"):
        model.sample(3, labels=1)
    with pytest.raises(ValueError, match="must answer"):
        FlowMatching(Wrong(), (3,)).loss(torch.zeros(2, 3))


class Wrong(nn.Module):
    def forward(self, x, t):
        return x[:, :1]
