"""The bending grid and the painted ground: what travels with them, and their still pictures."""

import math

import pytest
import torch
from torch import nn

from genlab.display import energy_painter, flow_grid, painted_energy, plot_flow_grid, plot_forces
from genlab.display.flows import CELLS, _cells
from genlab.models import RealNVP
from genlab.models.flow import AffineCoupling, Flow


@pytest.fixture
def flow():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = RealNVP(2, 3, 8)
        for layer in model.layers:
            nn.init.normal_(layer.network[-1].weight, std=0.3)
    return model


def bowl(x):
    return x.square().sum(1)


def test_the_weights_of_every_layer_travel_with_the_widget(flow):
    made = flow_grid(flow, torch.zeros(4, 2), x=(0.5, -1.0))
    count = sum(p.numel() for p in flow.parameters())
    assert len(made.widget.weights) == 2 * count
    assert [layer["sizes"] for layer in made.widget.layers] == [[2, 8, 8, 4]] * 3
    assert list(made.widget.x) == [0.5, -1.0] and made.widget.at == 0
    assert made.figure.alt


def test_networks_that_the_browser_cannot_run_are_refused():
    odd = Flow([AffineCoupling(nn.Sequential(nn.Linear(2, 4), nn.Tanh()), torch.tensor([1.0, 0.0]))], 2)
    with pytest.raises(ValueError, match="couplings of the plane"):
        flow_grid(odd, torch.zeros(1, 2))


def test_the_grid_starts_bent_and_ends_straight(flow):
    figure = plot_flow_grid(flow, torch.zeros(5, 2))
    first, last = figure.axes[0], figure.axes[-1]
    assert len(figure.axes) == 4 and [ax.get_title(loc="left") for ax in (first, last)] == ["data", "noise"]
    upright = last.lines[0].get_xdata()
    assert max(upright) - min(upright) < 1e-3 < max(first.lines[0].get_xdata()) - min(first.lines[0].get_xdata())


def test_a_painted_energy_is_a_table_over_the_square():
    made = energy_painter(bowl)
    table = painted_energy(made)
    assert table.shape == (CELLS, CELLS)
    torch.testing.assert_close(table.flatten(), bowl(_cells()))


def test_walkers_of_the_still_picture_gather_in_the_valley():
    figure = energy_painter(bowl, title="A bowl").figure
    spread = [torch.tensor(list(zip(*ax.lines[0].get_data(), strict=True))).std().item() for ax in figure.axes]
    assert spread[0] > 1.5 and abs(spread[-1] - math.sqrt(0.5)) < 0.12 and "A bowl" in figure.alt


def test_fields_show_density_score_and_points():
    figure = plot_forces({"all": (lambda x: -bowl(x), lambda x: -2 * x, torch.zeros(3, 2)),
                          "points": (None, None, torch.zeros(1, 2))}, alt="a hill")
    full, bare = figure.axes
    assert len(full.images) == 1 and len(full.collections) == 1 and len(full.lines) == 1
    assert not bare.images and not bare.collections
    arrows = full.collections[0]
    at = torch.tensor(arrows.XY)
    assert (torch.tensor(arrows.U) * at[:, 0] + torch.tensor(arrows.V) * at[:, 1]).max() <= 0  # towards the top
