"""Velocity fields in the plane: the exact one against the score of the noised data, and what the explorer carries."""

import math

import pytest
import torch
from torch.distributions import Independent, MixtureSameFamily, Normal
from torch.distributions.categorical import Categorical

from genlab.display import kernel_velocity, network_velocity, paths_explorer, plot_fans, plot_loglog, plot_paths
from genlab.layers import TimeMLP
from genlab.models.flow_matching import solve

POINTS = torch.tensor([[-1.0, 0.5], [0.3, 1.2], [2.0, -0.7]], dtype=torch.float64)


@pytest.mark.parametrize("t", [0.1, 0.5, 0.95])
def test_the_velocity_follows_from_the_score(t, rng):
    """t v = x + (1 - t) ∇ log p_t(x), with the score of a mixture of normal densities."""
    x = torch.randn(7, 2, generator=rng, dtype=torch.float64).requires_grad_()
    std = torch.tensor(math.sqrt((1 - t) ** 2 + t**2 * 0.04), dtype=torch.float64)
    parts = Independent(Normal(t * POINTS, std), 1)
    log_p = MixtureSameFamily(Categorical(torch.ones(3).double()), parts).log_prob(x).sum()
    score, = torch.autograd.grad(log_p, x)
    torch.testing.assert_close(kernel_velocity(POINTS, 0.2, t, x.detach()), (x.detach() + (1 - t) * score) / t)


def test_it_leads_to_the_points(rng):
    x = torch.randn(200, 2, generator=rng, dtype=torch.float64)
    ends = solve(lambda x, t: kernel_velocity(POINTS, 0.05, t, x), x, 200)
    near = torch.cdist(ends, POINTS)
    assert near.min(1).values.max() < 0.3 and torch.bincount(near.argmin(1)).min() > 20
    one = solve(lambda x, t: kernel_velocity(POINTS, 0.05, t, x), x, 1)
    torch.testing.assert_close(one, POINTS.mean(0).expand_as(one))


def test_a_network_is_asked_with_times_up_to_a_thousand():
    torch.manual_seed(0)
    network, x = TimeMLP(2, 8), torch.randn(3, 2)
    torch.testing.assert_close(network_velocity(network)(x, 0.25), network(x, torch.tensor([250.0] * 3)))


def test_the_explorer_carries_points_or_weights():
    exact = paths_explorer(POINTS)
    assert list(exact.widget.points) == POINTS.flatten().tolist() and list(exact.widget.sizes) == []
    learnt = paths_explorer(TimeMLP(2, 8, depth=2), data=POINTS, steps=3)
    assert list(learnt.widget.sizes) == [34, 8, 8, 2] and learnt.widget.steps == 3
    assert len(learnt.widget.weights) == 2 * sum(p.numel() for p in TimeMLP(2, 8, depth=2).parameters())
    assert "Euler steps" in exact.figure.alt
    with pytest.raises(ValueError, match="TimeMLP of the plane"):
        paths_explorer(TimeMLP(3, 8))


def test_paths_are_drawn_side_by_side(rng):
    path = torch.randn(4, 6, 2, generator=rng)
    picture = plot_paths({"a": path, "b": list(path)}, data=POINTS, dots=True, title="both", alt="two")
    assert len(picture.axes) == 2 and picture.alt == "two"


def test_numbers_over_time_and_powers_are_drawn():
    fans = plot_fans({"one": (torch.linspace(0, 1, 3), torch.randn(3, 5)), "two": (torch.zeros(2), torch.zeros(2, 1))},
                     alt="fans")
    assert [len(ax.lines) for ax in fans.axes] == [5, 1] and fans.alt == "fans"
    powers = plot_loglog({"square": ([1, 2, 5], [1, 4, 25]), "line": ([1, 2], [3, 3])}, x="a", y="b", alt="powers")
    ax, = powers.axes
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1", "2", "5"]
