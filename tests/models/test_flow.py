"""The flow against autograd's Jacobian, against integrals, and against densities that are known."""

import pytest
import torch
from torch import nn
from torch.distributions import AffineTransform, MultivariateNormal, Normal, TransformedDistribution

from genlab.data import Batches, plane
from genlab.fit import cosine_decay, fit
from genlab.layers import mlp
from genlab.models.flow import AffineCoupling, Flow, RealNVP
from genlab.random import randn

DOUBLE = torch.zeros((), dtype=torch.float64)


def wild(dim=3, couplings=4, seed=0):
    """A flow far from the identity: its networks' last layers are random, too."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = RealNVP(dim, couplings, 16)
        for layer in model.layers:
            nn.init.normal_(layer.network[-1].weight, std=0.3)
            nn.init.normal_(layer.network[-1].bias, std=0.3)
    return model.double()


@pytest.fixture
def x(rng):
    return 2 * randn((5, 3), like=DOUBLE, rng=rng)


# One coupling

def test_a_coupling_is_the_formula(x):
    """z = b x + (1 - b)(x eˢ + t) with s and t from b x."""
    mask = torch.tensor([1.0, 0.0, 1.0])
    coupling = AffineCoupling(mlp(3, 8, 6), mask, bound=1.5).double()
    raw_s, raw_t = coupling.network(x * mask).split(3, 1)
    s = 1.5 * (raw_s / 1.5).tanh()
    z, log_det = coupling(x)
    torch.testing.assert_close(z, mask * x + (1 - mask) * (x * s.exp() + raw_t))
    torch.testing.assert_close(log_det, s[:, 1])


def test_the_scale_is_bounded(x):
    coupling = AffineCoupling(mlp(3, 6), torch.tensor([1.0, 0.0, 0.0])).double()
    with torch.no_grad():
        coupling.network[0].bias.fill_(1e4)
    assert coupling(x)[1].max() <= 4


@pytest.mark.parametrize("mask", [[0.0, 0.0], [1.0, 1.0], [0.5, 1.0], [[0.0, 1.0]]])
def test_masks_that_change_nothing_or_all_are_refused(mask):
    with pytest.raises(ValueError, match="mask must be"):
        AffineCoupling(mlp(2, 4), torch.tensor(mask))


def test_one_column_is_not_broadcast(x):
    mask = torch.tensor([1.0, 0.0, 0.0])
    coupling = AffineCoupling(mlp(3, 6), mask).double()
    for call in (coupling, coupling.inverse):
        with pytest.raises(ValueError, match=r"x must be \(B, 3\)"):
            call(x[:, :1])
    with pytest.raises(ValueError, match="s and t for each coordinate"):
        AffineCoupling(mlp(3, 2), mask).double()(x)
    with pytest.raises(ValueError, match="bound must be above 0"):
        AffineCoupling(mlp(3, 6), mask, bound=0)


# The flow

def test_the_log_determinant_is_that_of_autograds_jacobian(x):
    model = wild()
    jacobian = torch.func.vmap(torch.func.jacrev(lambda row: model(row[None])[0][0]))(x)
    torch.testing.assert_close(model(x)[1], torch.linalg.slogdet(jacobian).logabsdet)


def test_the_inverse_undoes_the_map_in_both_directions(x):
    model = wild()
    torch.testing.assert_close(model.inverse(model(x)[0]), x)
    torch.testing.assert_close(model(model.inverse(x))[0], x)
    assert (model(x)[0] - x).abs().max() > 0.5


@pytest.mark.parametrize("seed", [0, 1])
def test_the_density_integrates_to_one(seed):
    model = wild(2, 4, seed)
    points, area = plane.grid(300, limit=20.0)
    with torch.no_grad():
        total = model.log_prob(points.double()).exp().sum() * area
    assert total == pytest.approx(1, abs=2e-3)


def test_samples_follow_the_density(rng):
    """Mean of any function under p, here two: from samples and by summing over a grid."""
    model = wild(2, 4)
    points, area = plane.grid(300, limit=20.0)
    with torch.no_grad():
        p = model.log_prob(points.double()).exp() * area
    samples = model.sample(20_000, rng=rng)
    for function in (lambda x: (x[:, 0] > 0.3).double(), lambda x: (x[:, 0] - x[:, 1]).sin()):
        values = function(samples)
        assert abs(values.mean() - (p * function(points)).sum()) < 5 * values.std() / 20_000**0.5 + 4e-3


def test_it_starts_as_the_identity(x):
    model = RealNVP(3).double()
    torch.testing.assert_close(model(x), (x, torch.zeros(5, dtype=torch.float64)))
    torch.testing.assert_close(model.log_prob(x), Normal(0, 1).log_prob(x).sum(1))


def test_every_coordinate_is_changed(x):
    assert ((wild()(x)[0] - x).abs() > 1e-6).all()


def test_trajectory_goes_from_noise_to_the_samples():
    model = wild(3, 4)
    states = list(model.trajectory(6, rng=torch.Generator().manual_seed(1)))
    assert len(states) == 5 and not states[-1].requires_grad
    assert torch.equal(states[-1], model.sample(6, rng=torch.Generator().manual_seed(1)))
    torch.testing.assert_close(model(states[-1])[0], states[0])


def test_temperature_narrows_the_noise():
    model = RealNVP(2).double()
    warm, cool = (model.sample(9, temperature=t, rng=torch.Generator().manual_seed(1)) for t in (1.0, 0.5))
    torch.testing.assert_close(cool, 0.5 * warm)


# Peers and known solutions

def test_a_coupling_with_constant_s_and_t_is_torchs_affine_transform(x):
    network = nn.Linear(3, 6)
    nn.init.zeros_(network.weight)
    model = Flow([AffineCoupling(network, torch.tensor([0.0, 1.0, 0.0]))], 3).double()
    with torch.no_grad():
        s, t = network.bias.chunk(2)
        s, t = (2 * (s / 2).tanh() * torch.tensor([1, 0, 1]), t * torch.tensor([1, 0, 1]))
    peer = TransformedDistribution(Normal(torch.zeros(3, dtype=torch.float64), 1.0),
                                   AffineTransform(-t * (-s).exp(), (-s).exp()))
    torch.testing.assert_close(model.log_prob(x), peer.log_prob(x).sum(1))


def test_training_finds_a_correlated_gaussian(rng):
    """Two couplings with linear shifts can be exact; the loss then is the entropy."""
    covariance = torch.tensor([[1.5, 0.9], [0.9, 0.8]])
    truth = MultivariateNormal(torch.tensor([0.4, -1.0]), covariance)
    x = torch.linalg.cholesky(covariance) @ torch.randn(2, 4000, generator=rng) + truth.mean[:, None]
    masks = (torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]))
    model = Flow([AffineCoupling(nn.Linear(2, 4), mask) for mask in masks], 2)
    for p in model.parameters():  # the identity: torch's own start lies, for one seed in ten, too far for 300 steps
        nn.init.zeros_(p)
    fit(model, Batches(x.T, size=500, rng=rng), torch.optim.Adam(model.parameters(), 0.03), steps=300,
        schedule=cosine_decay, progress=False)
    with torch.no_grad():
        gap = (truth.log_prob(x.T) - model.log_prob(x.T)).mean()  # KL but for sampling error
    assert abs(gap) < 0.01


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="hold 2 values per row"):
        RealNVP(2).log_prob(torch.zeros(4, 3))
    with pytest.raises(ValueError, match="dim must be at least 2"):
        RealNVP(1)
