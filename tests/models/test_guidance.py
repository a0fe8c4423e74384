"""Classifier-free guidance: closed forms, conventions, and that one pass is two."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Normal

from genlab.models import DiffusionModel, UNet, cosine_schedule
from genlab.models.guidance import Guided, drop_labels, tilted_normal, with_guidance


@pytest.fixture
def model():
    torch.manual_seed(0)
    network = UNet(1, 16, width=8, fold=2, num_classes=3)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.2)
    return DiffusionModel(1, 20, network=network, beta=cosine_schedule(20), prediction="v").eval()


def inputs(n=4):
    rng = torch.Generator().manual_seed(1)
    return torch.randn(n, 1, 8, 8, generator=rng), torch.arange(n) * 3, torch.arange(n) % 3


def test_weights_0_and_1_are_the_two_answers_and_the_rest_lies_on_their_line(model):
    x, t, labels = inputs()
    led, free = model.network(x, t, labels), model.network(x, t)
    assert (led - free).abs().max() > 0.01
    for weight in (0.0, 1.0, 3.5, -2.0):
        got = Guided(model.network, weight)(x, t, labels)
        torch.testing.assert_close(got, free + weight * (led - free), atol=1e-5, rtol=1e-4)


def test_it_is_the_same_for_noise_velocity_and_data(model):
    x, t, labels = inputs()
    guided = with_guidance(model, 2.5)
    for which in ("noise_from", "clean_from"):
        led, free = (getattr(model, which)("v", model.network(x, t, rows), x, t) for rows in (labels, None))
        both = getattr(guided, which)("v", guided.network(x, t, labels), x, t)
        torch.testing.assert_close(both, free + 2.5 * (led - free), atol=1e-4, rtol=1e-3)


def test_it_leads_away_from_another_label_and_the_weight_may_depend_on_the_time(model):
    x, t, labels = inputs()
    led, other = model.network(x, t, labels), model.network(x, t, torch.full((4,), 2))
    got = Guided(model.network, 3.0, away=2)(x, t, labels)
    torch.testing.assert_close(got, other + 3 * (led - other), atol=1e-5, rtol=1e-4)
    free = model.network(x, t)
    late = Guided(model.network, lambda t: torch.where(t < 5, 4.0, 1.0))(x, t, labels)
    weight = torch.tensor([4.0, 4.0, 1.0, 1.0]).view(4, 1, 1, 1)
    torch.testing.assert_close(late, free + weight * (led - free), atol=1e-5, rtol=1e-4)


def test_it_asks_the_network_once_and_shares_its_weights(model):
    calls = []
    model.network.register_forward_hook(lambda module, given, out: calls.append(len(given[0])))
    guided = with_guidance(model, 3.0)
    x, t, labels = inputs()
    guided.network(x, t, labels)
    assert calls == [8]
    assert {id(p) for p in guided.parameters()} == {id(p) for p in model.parameters()}
    sample = guided.sample((3, 1, 8, 8), labels=[0, 1, 2], steps=4, eta=0.0, rng=torch.Generator().manual_seed(0))
    assert sample.shape == (3, 1, 8, 8) and sample.abs().max() <= 1
    without = guided.sample((3, 1, 8, 8), steps=4, eta=0.0, rng=torch.Generator().manual_seed(0))
    plain = model.sample((3, 1, 8, 8), steps=4, eta=0.0, rng=torch.Generator().manual_seed(0))
    assert torch.equal(without, plain)


def test_networks_without_labels_and_labels_that_are_not_there_are_refused(model):
    with pytest.raises(ValueError, match="takes no labels"):
        Guided(UNet(1, 16, width=8))
    with pytest.raises(ValueError, match="away must be a label"):
        Guided(model.network, away=3)


def test_equal_widths_move_the_mean_along_the_line():
    mean, std = tilted_normal(torch.tensor([1.2]), torch.tensor([0.3]), torch.tensor([0.5]), torch.tensor([0.3]), 3.0)
    assert mean.item() == pytest.approx(0.5 + 3 * 0.7, rel=1e-5) and std.item() == pytest.approx(0.3, rel=1e-5)


@pytest.mark.parametrize("weight", [0.0, 0.4, 1.0, 2.0, 6.0])
def test_the_tilted_density_agrees_with_a_sum_over_a_grid(weight):
    led, free = Normal(2.0, 0.8), Normal(0.5, 1.4)
    x = torch.linspace(-20, 20, 400_001, dtype=torch.float64)
    p = ((1 - weight) * free.log_prob(x) + weight * led.log_prob(x)).softmax(0)
    mean = (p * x).sum()
    std = (p * (x - mean).square()).sum().sqrt()
    got = tilted_normal(*(torch.tensor([v], dtype=torch.float64) for v in (2.0, 0.8, 0.5, 1.4)), weight)
    assert torch.cat(got).tolist() == pytest.approx([mean.item(), std.item()], rel=1e-6)


def test_where_the_product_is_no_density_there_is_nan_for_that_row_alone():
    mean, std = tilted_normal(torch.zeros(2), torch.tensor([2.0, 0.5]), torch.ones(2), torch.ones(2), 3.0)
    assert mean.isnan().tolist() == [True, False] == std.isnan().tolist()


def test_labels_are_dropped_each_by_itself(rng):
    labels = torch.arange(20_000) % 7
    dropped = drop_labels(labels, 0.3, 7, rng=rng)
    gone = dropped == 7
    assert torch.equal(dropped[~gone], labels[~gone])
    assert abs(gone.double().mean().item() - 0.3) < 5 * math.sqrt(0.21 / 20_000)
    pairs = (gone[1:] & gone[:-1]).double().mean().item()
    assert abs(pairs - 0.09) < 0.015
    assert torch.equal(drop_labels(labels, 0.0, 7), labels) and (drop_labels(labels, 1.0, 7) == 7).all()
    with pytest.raises(ValueError, match="share"):
        drop_labels(labels, 1.5, 7)
