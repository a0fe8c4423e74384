"""Bounds, averaged: equal to log p(x) where the posterior is exact, in order where it is not."""

import math

import pytest
import torch
from torch import nn

from genlab.metrics import bits_per_dim, density_bits_per_dim, estimate, mean_elbo, mean_iwae
from genlab.random import randn


def normal(mean, std):
    return torch.distributions.Normal(*(torch.as_tensor(value, dtype=torch.float64) for value in (mean, std)))


class LinearGaussian(nn.Module):
    """x | z ~ N(w z, s²), z ~ N(0, 1), one dimension each: log p(x) and q are known.

    `widen` scales the standard deviation of q; at 1 it is the exact posterior.
    """

    def __init__(self, w=1.5, s=0.7, widen=1.0):
        super().__init__()
        self.w, self.s, self.widen = w, s, widen
        self.dropout = nn.Dropout()
        self.frozen = nn.Dropout().eval()
        self.modes = []

    def log_prob(self, x):
        return normal(0.0, math.hypot(self.w, self.s)).log_prob(x)

    def log_weights(self, x, k, rng):
        precision = (self.w / self.s) ** 2 + 1
        q = normal(x * self.w / self.s**2 / precision, self.widen * precision**-0.5)
        z = q.mean + q.stddev * randn((k, *x.shape), like=x, rng=rng)
        return normal(self.w * z, self.s).log_prob(x) + normal(0.0, 1.0).log_prob(z) - q.log_prob(z)

    def elbo(self, x, y=None, *, rng=None):
        self.modes.append((self.training, len(x)))
        return self.log_weights(x, 1, rng)[0] + (0 if y is None else y)

    def iwae(self, x, k=50, *, y=None, rng=None):
        return self.log_weights(x, k, rng).logsumexp(0) - math.log(k) + (0 if y is None else y)


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(5)


@pytest.fixture
def x(rng):
    return 2 * randn((700,), like=torch.zeros((), dtype=torch.float64), rng=rng)


def test_with_the_exact_posterior_every_bound_is_the_log_likelihood(x, rng):
    model = LinearGaussian()
    truth = model.log_prob(x)
    for got in (mean_elbo(model, x, rng=rng), mean_iwae(model, x, k=7, rng=rng)):
        assert got.value == pytest.approx(truth.mean().item(), rel=1e-12)
        assert got.error == pytest.approx(truth.std().item() / math.sqrt(len(x)), rel=1e-10)
        assert got.n == len(x)


def test_more_draws_tighten_the_bound(x, rng):
    """A posterior r times too wide: ELBO < L_5 < L_100 < log p(x), and the ELBO's gap is KL(q ‖ p(z|x)).

    log w = log p(x) + log r - (r² - 1) ε² / 2, so its standard deviation is (r² - 1) / √2.
    """
    model, r = LinearGaussian(widen=1.5), 1.5
    truth = model.log_prob(x).mean().item()
    gap = 0.5 * (r**2 - 1 - 2 * math.log(r))
    bounds = [mean_elbo(model, x, rng=rng)] + [mean_iwae(model, x, k=k, rng=rng) for k in (5, 100)]
    error = (r**2 - 1) / 2 * math.sqrt(2 / len(x))
    assert abs(truth - gap - bounds[0].value) < 5 * error
    assert bounds[0].value < bounds[1].value < bounds[2].value < truth + 0.01


def test_batches_make_no_difference(x):
    model = LinearGaussian()
    whole = mean_elbo(model, x, batch=10_000)
    assert mean_elbo(model, x, batch=64).value == pytest.approx(whole.value, rel=1e-12)
    assert [size for _, size in model.modes[1:]] == [64] * 10 + [60]


def test_labels_travel_with_their_images(x):
    model, y = LinearGaussian(), torch.arange(700.0)
    assert mean_elbo(model, x, y, batch=64).value == pytest.approx((model.log_prob(x) + y).mean().item())
    assert mean_iwae(model, x, y, k=2).value == pytest.approx((model.log_prob(x) + y).mean().item())
    with pytest.raises(ValueError, match="700 and 3"):
        mean_elbo(model, x, y[:3])


def test_eval_mode_no_graph_and_modes_restored(x):
    model = LinearGaussian()
    model.scale = nn.Parameter(torch.ones(()))
    mean_elbo(model, x)
    assert not any(training for training, _ in model.modes)
    assert model.training and model.dropout.training and not model.frozen.training
    with pytest.raises(ValueError, match="k must be"):
        mean_iwae(model, x, k=0)


def test_modes_are_restored_after_an_error(x):
    model = LinearGaussian()
    model.elbo = lambda x, rng=None: x.sum()
    with pytest.raises(ValueError, match="one number per image"):
        mean_elbo(model, x)
    assert model.training


def test_needs_no_module(x):
    class Constant:
        def elbo(self, x, *, rng=None):
            return torch.full_like(x, -2.0)

    assert mean_elbo(Constant(), x) == (-2.0, 0.0, 700)


def test_same_rng_same_value_and_global_state_untouched(x):
    state = torch.get_rng_state()
    model = LinearGaussian(widen=2)
    for bound in (mean_elbo, mean_iwae):
        first, second = (bound(model, x, rng=torch.Generator().manual_seed(1)) for _ in range(2))
        assert first == second and torch.equal(state, torch.get_rng_state())


def test_k_and_its_batches_reach_the_model(x):
    """k = 4000 draws leave room for two images at a time."""
    class Recorder:
        def iwae(self, x, k=50, *, rng=None):
            return torch.full_like(x, 10 * k + len(x))

    assert mean_iwae(Recorder(), x, k=4000).value == 40_002
    assert mean_iwae(Recorder(), x, k=4000, batch=7).value == 40_007


@pytest.mark.parametrize("values", [[1.0], [], [[1.0, 2.0]], [1.0, math.inf]])
def test_no_error_bar_without_numbers(values):
    with pytest.raises(ValueError, match=r"numbers|finite"):
        estimate(torch.tensor(values))


def test_estimate_shows_what_it_is():
    assert str(estimate(torch.tensor([-90.0, -92.0, -94.0]))) == "-92 ± 1.2 (n = 3)"


def test_bits_per_dim():
    """A fair coin a pixel is one bit a pixel; uniform bytes are eight."""
    assert bits_per_dim(784 * math.log(2), 784) == pytest.approx(1)
    torch.testing.assert_close(bits_per_dim(torch.tensor([3 * math.log(256.0)]), 3), torch.tensor([8.0]))
    with pytest.raises(ValueError, match="pixels"):
        bits_per_dim(1.0, 0)


@pytest.mark.parametrize("width", [1.0, 1 / 256, 2 / 256])
def test_density_bits_per_dim_does_not_depend_on_the_scale(width):
    """Levels 0 … 255 equally likely, noise added: a density of 1 / (256 width) everywhere, 8 bits each."""
    nats = torch.tensor([3 * math.log(256 * width)], dtype=torch.float64)
    torch.testing.assert_close(density_bits_per_dim(nats, 3, bin_width=width), torch.tensor([8.0]).double())
    with pytest.raises(ValueError, match="bin_width"):
        density_bits_per_dim(nats, 3, bin_width=0.0)
