"""The bound of diffusion against Gaussian data, whose best network and whose log-density are known."""

import math

import pytest
import torch

from genlab.models.diffusion_bound import _log_probability, diffusion_bound
from tests.models.test_diffusion import gaussian


def exact(model, mean, std):
    """Minus the bound on average over data N(mean, std²), with the best network: term by term, in closed form.

    Given x_t, x_0 has the variance v = std² (1 - ᾱ) / (ᾱ std² + 1 - ᾱ) around the guess.
    """
    total = 0.0
    kept = model.alpha_bar[-1].item()
    total += 0.5 * (kept * (mean**2 + std**2) + (1 - kept) - 1 - math.log(1 - kept))
    for t in range(model.time_steps):
        a = model.alpha_bar[t].item()
        v = std**2 * (1 - a) / (a * std**2 + 1 - a)
        beta = model.beta[t].item()
        if t == 0:
            total += 0.5 * (v / beta + math.log(2 * math.pi * beta))
        else:
            small = model.posterior_variance[t].item()
            variance = small if model.variance == "small" else beta
            total += 0.5 * (model.clean_weight[t].item() ** 2 * v / variance + small / variance - 1
                            - math.log(small / variance))
    return total


@pytest.mark.parametrize("variance", ["small", "large"])
@pytest.mark.parametrize("steps", [20, 200])
def test_on_average_it_is_the_closed_form_and_lies_below_the_truth(variance, steps, rng):
    model = gaussian(0.3, 0.5, steps=steps, variance=variance)
    x = 0.3 + 0.5 * torch.randn(20_000, 1, generator=rng, dtype=torch.float64)
    parts = diffusion_bound(model, x, levels=None, rng=rng)
    cost = -parts["elbo"]
    expected, entropy = exact(model, 0.3, 0.5), 0.5 * math.log(2 * math.pi * math.e * 0.25)
    assert abs(cost.mean() - expected) < 5 * cost.std() / 20_000**0.5
    assert expected > entropy
    torch.testing.assert_close(parts["prior"] + parts["steps"] + parts["data"], cost)


def test_more_steps_close_the_gap():
    entropy = 0.5 * math.log(2 * math.pi * math.e * 0.25)
    gaps = [exact(gaussian(0.3, 0.5, steps=steps, variance="small"), 0.3, 0.5) - entropy for steps in (20, 100, 1000)]
    assert gaps[0] > 2 * gaps[1] > 4 * gaps[2] > 0


@pytest.mark.parametrize("std", [0.003, 0.1, 2.0])
def test_the_probabilities_of_all_levels_add_up_to_one(std):
    x = torch.linspace(-1, 1, 256, dtype=torch.float64)
    for mean in (-1.5, 0.101, 0.9999):
        logs = _log_probability(x, torch.tensor(mean).double(), torch.tensor(std).double(), -1.0, 1.0, 256)
        assert logs.exp().sum().item() == pytest.approx(1, abs=1e-9) and logs.isfinite().all()


def test_levels_need_a_range():
    with pytest.raises(ValueError, match="levels=None"):
        diffusion_bound(gaussian(), torch.zeros(1, 1).double())
