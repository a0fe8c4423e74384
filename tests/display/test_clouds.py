"""The plane of diffusion: the kernel density's score against autograd, and what its picture says."""

import math

import pytest
import torch
from torch.distributions import Independent, MixtureSameFamily, Normal
from torch.distributions.categorical import Categorical

from genlab.display import diffusion_explorer
from genlab.display.clouds import cosine_signal, kernel_denoiser, kernel_score
from genlab.models import cosine_schedule

POINTS = torch.tensor([[-1.0, 0.5], [0.3, 1.2], [2.0, -0.7]], dtype=torch.float64)


@pytest.mark.parametrize("signal", [0.9, 0.4, 1e-3])
def test_the_score_is_the_slope_of_the_noised_mixture(signal, rng):
    x = torch.randn(7, 2, generator=rng, dtype=torch.float64).requires_grad_()
    std = math.sqrt(signal * 0.2**2 + 1 - signal)
    parts = Independent(Normal(math.sqrt(signal) * POINTS, torch.tensor(std).double()), 1)
    log_q = MixtureSameFamily(Categorical(torch.ones(3).double()), parts).log_prob(x).sum()
    slope, = torch.autograd.grad(log_q, x)
    torch.testing.assert_close(kernel_score(POINTS, 0.2, signal, x.detach()), slope)


def test_without_noise_the_guess_is_the_point_itself():
    x = torch.tensor([[0.35, 1.1]]).double()
    torch.testing.assert_close(kernel_denoiser(POINTS, 0.2, 1 - 1e-9, x), x, rtol=1e-4, atol=1e-4)


def test_its_time_is_that_of_the_cosine_schedule():
    alpha_bar = (1 - cosine_schedule(100)).cumprod(0)
    for i in (0, 30, 79):
        assert cosine_signal((i + 1) / 100) == pytest.approx(alpha_bar[i].item(), rel=1e-6)


def test_the_explorer_carries_its_points_and_says_what_is_seen():
    made = diffusion_explorer(POINTS, arrows=True)
    assert list(made.widget.points) == POINTS.flatten().tolist() and made.widget.way == "data"
    assert "arrows" in made.figure.alt and "arrows" not in diffusion_explorer(POINTS).figure.alt
