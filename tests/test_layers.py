"""Parts that several models use."""

import pytest
import torch
from diffusers.models.embeddings import get_timestep_embedding
from torch import nn

from genlab.layers import (
    FourierFeatures,
    SideBySide,
    TimeMLP,
    as_shape,
    clamp_through,
    frozen,
    mlp,
    time_embedding,
)


def test_time_embedding_is_that_of_diffusers():
    t = torch.tensor([0, 1, 17, 18, 999])
    for dim in (4, 32, 128):
        expected = get_timestep_embedding(t, dim, downscale_freq_shift=1)
        torch.testing.assert_close(time_embedding(t, dim), expected, rtol=0, atol=1e-6)


def test_time_embedding_tells_times_apart():
    rows = time_embedding(torch.arange(1000), 32)
    assert (torch.cdist(rows, rows) + 9 * torch.eye(1000)).min() > 0.01


@pytest.mark.parametrize("dim", [2, 7])
def test_time_embedding_refuses_what_it_cannot_halve(dim):
    with pytest.raises(ValueError, match="even and at least 4"):
        time_embedding(torch.arange(3), dim)


def test_time_changes_what_the_network_says():
    network, x = TimeMLP(3, 16), torch.ones(2, 3)
    a, b = network(x, torch.tensor([4, 5]))
    assert a.shape == (3,) and not torch.allclose(a, b)


def test_mlp_has_activations_between_its_layers_only():
    assert [type(layer) for layer in mlp(2, 3, 4, activation=nn.SiLU)] == [nn.Linear, nn.SiLU, nn.Linear]


def test_frozen_lets_gradients_through_but_not_in():
    network = mlp(2, 3, 1, activation=nn.SiLU)  # not ReLU, of which all three may be off
    x = torch.ones(1, 2, requires_grad=True)
    network[0].bias.requires_grad_(False)
    with frozen(network):
        loss = network(x).sum()
    loss.backward()
    assert x.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in network.parameters())
    assert [p.requires_grad for p in network.parameters()] == [True, False, True, True]


def test_fourier_features_are_sines_and_cosines_of_fixed_directions():
    rng = torch.Generator().manual_seed(0)
    waves = FourierFeatures(2, 5, scale=3.0, rng=rng)
    x = torch.randn(7, 2)
    out = waves(x)
    assert out.shape == (7, waves.out_dim) == (7, 12)
    angle = x @ waves.weight
    torch.testing.assert_close(out, torch.cat([x, angle.sin(), angle.cos()], 1))
    torch.testing.assert_close((out[:, 2:7] ** 2 + out[:, 7:] ** 2), torch.ones(7, 5))
    assert not list(waves.parameters()) and "weight" in waves.state_dict()
    assert abs(FourierFeatures(2, 20_000, scale=3.0).weight.std().item() - 3) < 0.1


def test_a_small_network_learns_a_fine_pattern_with_fourier_features_and_not_without():
    """Regression of sin 9x on [-1, 1] by 200 steps: the share of the variance that stays unexplained."""
    left = []
    for features in (FourierFeatures(1, 16, scale=6.0, rng=torch.Generator().manual_seed(1)), None):
        torch.manual_seed(0)
        net = mlp(features.out_dim if features else 1, 32, 1, activation=torch.nn.SiLU)
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
        for _ in range(200):
            x = 2 * torch.rand(128, 1) - 1
            loss = ((net(features(x) if features else x) - (9 * x).sin()) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        left.append(loss.item() / 0.5)
    assert left[0] < 0.05 < 0.3 < left[1]


def test_a_time_mlp_takes_them():
    net = TimeMLP(2, 16, features=FourierFeatures(2, 8))
    assert net(torch.randn(3, 2), torch.arange(3)).shape == (3, 2)


@pytest.mark.parametrize("shape", [(3, 8, 8), (192,)])
def test_channels_last_are_refused_with_the_remedy(shape):
    images = torch.rand(2, 3, 8, 8)
    assert torch.equal(as_shape(images, shape).flatten(), images.flatten())
    with pytest.raises(ValueError, match=r"\(2, 8, 8, 3\), whose channels are last: use x.permute\(0, 3, 1, 2\)"):
        as_shape(images.permute(0, 2, 3, 1), shape)


def test_a_clamp_lets_the_gradient_through():
    x = torch.tensor([-1e3, 0.0, 1e3], requires_grad=True)
    clamp_through(x, -30, 20).sum().backward()
    assert clamp_through(x, -30, 20).tolist() == [-30, 0, 20] and x.grad.tolist() == [1, 1, 1]


def test_side_by_side_are_single_perceptrons():
    torch.manual_seed(0)
    three = SideBySide(3, 2, 5, 4)
    x = torch.randn(12, 2)
    for k in range(3):
        one = mlp(2, 5, 4, activation=lambda: nn.LeakyReLU(0.2))
        for layer, weight, bias in zip(one[::2], three.weights, three.biases, strict=True):
            layer.weight.data, layer.bias.data = weight[k].T.detach(), bias[k, 0].detach()
        torch.testing.assert_close(three(x)[4 * k:4 * k + 4], one(x[4 * k:4 * k + 4]))
    with pytest.raises(ValueError, match="11 rows"):
        three(x[:11])
