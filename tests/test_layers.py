"""Parts that several models use."""

import pytest
import torch
from diffusers.models.embeddings import get_timestep_embedding
from torch import nn

from genlab.layers import TimeMLP, frozen, mlp, time_embedding


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
    network, x = mlp(2, 3, 1), torch.ones(1, 2, requires_grad=True)
    network[0].bias.requires_grad_(False)
    with frozen(network):
        loss = network(x).sum()
    loss.backward()
    assert x.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in network.parameters())
    assert [p.requires_grad for p in network.parameters()] == [True, False, True, True]
