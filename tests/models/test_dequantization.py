"""The flow of grey levels: against sums over all images, autograd's volume and torch's own distributions."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Normal, SigmoidTransform, TransformedDistribution

from genlab.models import DequantizedFlow, RealNVP
from genlab.models.dequantization import bits_per_dim


def wild(dim=2, levels=3, margin=0.01):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        flow = RealNVP(dim, 4, 16)
        for layer in flow.layers:
            nn.init.normal_(layer.network[-1].weight, std=0.3)
    return DequantizedFlow(flow, (1, dim), levels, margin=margin).double()


def cube(side):
    at = (torch.arange(side, dtype=torch.float64) + 0.5) / side
    return torch.cartesian_prod(at, at), side**-2


def test_the_density_of_the_cube_is_that_of_the_flow_with_autograds_volume(rng):
    model = wild()
    v = torch.rand(6, 2, generator=rng).double()

    def opened(v):
        return (0.01 + 0.98 * v).logit() / 2

    jacobian = torch.func.vmap(torch.func.jacrev(opened))(v)
    wanted = model.flow.log_prob(opened(v)) + torch.linalg.slogdet(jacobian).logabsdet
    torch.testing.assert_close(model.cube_log_prob(v), wanted)


def test_a_flow_that_is_the_identity_is_torchs_sigmoid_of_a_normal(rng):
    """Without a margin to speak of: v = sigmoid(2 y), y ~ N(0, 1)."""
    model = DequantizedFlow(RealNVP(2, 2, 8), (2,), 4, margin=1e-9).double()
    v = 0.1 + 0.8 * torch.rand(5, 2, generator=rng).double()
    peer = TransformedDistribution(Normal(torch.zeros(2).double(), 2.0), SigmoidTransform())
    torch.testing.assert_close(model.cube_log_prob(v), peer.log_prob(v).sum(1), rtol=1e-6, atol=1e-6)


def test_the_probabilities_of_all_images_add_up_to_nearly_one():
    """Mass of the nine cells by a fine grid; what is missing lies within the margin beyond the cube."""
    model = wild()
    points, area = cube(300)
    with torch.no_grad():
        total = model.cube_log_prob(points).exp().sum() * area
    assert 0.9 < total < 1 + 1e-3


def test_the_bound_lies_below_the_probability_and_means_what_it_says(rng):
    model = wild()
    points, area = cube(300)
    cell = (points * 3).floor().long()
    image = torch.tensor([2, 0])
    inside = (cell == image).all(1)
    with torch.no_grad():
        log_p = model.cube_log_prob(points)
        exact = (log_p[inside].exp().sum() * area).log()
        mean = log_p[inside].mean() - 2 * math.log(3)
        bounds = model.elbo(image.view(1, 1, 1, 2).expand(4000, 1, 1, 2).squeeze(1), rng=rng)
    assert mean < exact
    assert abs(bounds.mean() - mean) < 5 * bounds.std() / 4000**0.5 + 1e-3


def test_bits_and_nats():
    assert bits_per_dim(torch.tensor(64 * math.log(17)), 64).item() == pytest.approx(math.log2(17))
    model = wild()
    parts = model.loss(torch.tensor([[[0, 2]]]), rng=torch.Generator().manual_seed(0))
    assert parts["bits_per_dim"].item() == pytest.approx(parts["loss"].item() / (2 * math.log(2)))


def test_samples_follow_the_cells(rng):
    model = wild()
    points, area = cube(300)
    with torch.no_grad():
        mass = model.cube_log_prob(points).exp() * area
    image = model.sample(20_000, rng=rng).view(-1, 2)
    for level in range(1, 2):  # the outer cells also take what lies beyond the cube
        wanted = mass[((points * 3).floor() == level).all(1)].sum()
        found = (image == level).all(1).double().mean()
        assert abs(found - wanted) < 5 * (wanted * (1 - wanted) / 20_000) ** 0.5 + 2e-3


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="the flow has 2 coordinates"):
        DequantizedFlow(RealNVP(2), (1, 3), 4)
    with pytest.raises(ValueError, match="margin must lie"):
        DequantizedFlow(RealNVP(2), (2,), 4, margin=0.5)
    with pytest.raises(ValueError, match="x must lie in"):
        wild().elbo(torch.tensor([[[0, 3]]]))
