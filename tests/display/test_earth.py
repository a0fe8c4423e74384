"""Two heaps on a line: what is computed for them, against scipy and closed forms, and what travels with the widget."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from genlab.display import earth_explorer, earth_plan, earth_terms, plot_earth
from genlab.display.earth import earth_density, earth_grid

TWO = [(0.4, -2.5, 0.4), (0.6, 1.5, 0.7)]


@pytest.mark.parametrize(("mean", "width"), [(0.5, 0.5), (-3.0, 0.2), (2.5, 0.8)])
def test_the_distance_is_scipys_and_the_divergence_is_a_quadrature(mean, width):
    x, made = earth_grid(), [(1.0, mean, width)]
    p, g = earth_density(TWO, x), earth_density(made, x)
    terms = earth_terms(TWO, made)
    assert terms.wasserstein == pytest.approx(wasserstein_distance(x, x, p, g), abs=2e-3)
    middle = (p + g) / 2
    entropies = [-torch.special.xlogy(q, q).sum() * 0.01 for q in (middle, p, g)]
    assert terms.divergence == pytest.approx((entropies[0] - (entropies[1] + entropies[2]) / 2).item(), abs=1e-6)


def test_equal_bumps_are_as_far_apart_as_their_means_and_soon_quite_different():
    terms = earth_terms([(1.0, -2.0, 0.2)], [(1.0, 1.5, 0.2)])
    assert terms.wasserstein == pytest.approx(3.5, abs=1e-9)
    assert terms.divergence == pytest.approx(math.log(2), abs=1e-6)
    same = earth_terms(TWO, TWO)
    assert same.wasserstein == same.divergence == 0 and same.critic.abs().max() == 0


@pytest.mark.parametrize("made", [(1.0, 0.5, 0.5), (1.0, -3.0, 0.7)])
def test_the_critic_has_slope_one_and_earns_the_distance(made):
    x, terms = earth_grid(), earth_terms(TWO, [made])
    assert (terms.critic.diff().abs() <= 0.01 + 1e-9).all()
    earned = (terms.critic * (earth_density(TWO, x) - earth_density([made], x))).sum() * 0.01
    assert earned.item() == pytest.approx(terms.wasserstein, rel=5e-3)


def test_the_plan_costs_the_distance_and_keeps_the_order():
    made = [(1.0, 0.5, 0.5)]
    plan = earth_plan(TWO, made, 600)
    assert (plan.diff(dim=0) >= 0).all()
    assert (plan[:, 0] - plan[:, 1]).abs().mean().item() == pytest.approx(earth_terms(TWO, made).wasserstein, abs=0.02)


def test_the_numbers_travel_and_the_still_picture_says_what_is_seen():
    explorer = earth_explorer(TWO, mean=1, width=0.5, critic=True)
    assert np.allclose(explorer.widget.data, TWO) and (explorer.widget.mean, explorer.widget.critic) == (1.0, 1)
    assert "W₁ = " in explorer.figure.alt
    assert "0.693" in plot_earth([(1.0, -3.0, 0.2)], [(1.0, 3.0, 0.2)]).alt
