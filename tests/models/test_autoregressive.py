"""The autoregressive model against sums over all states, and MADE's masks against autograd."""

import math
from itertools import pairwise

import pytest
import torch
from scipy.stats import chisquare
from torch import nn
from torch.distributions import Categorical

from genlab.data import Batches
from genlab.fit import fit
from genlab.models.autoregressive import MADE, Autoregressive


def model(dims=4, levels=2, seed=0, scale=3.0):
    """A model with strong dependences: its weights are larger than fresh ones."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        made = MADE(dims, levels, 24)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(scale)
    return Autoregressive(made, dims, levels).double()


def states(dims, levels):
    return torch.cartesian_prod(*[torch.arange(levels)] * dims).view(-1, dims)


@pytest.mark.parametrize("dims, levels", [(4, 2), (2, 7), (9, 2), (3, 5)])
def test_probabilities_of_all_states_sum_to_one(dims, levels):
    p = model(dims, levels).log_prob(states(dims, levels)).exp()
    assert p.sum().item() == pytest.approx(1, abs=1e-12)
    assert p.max() > 2 * p.median(), "a uniform model would pass as well"


def test_a_network_that_sees_its_own_variable_is_no_distribution():
    """What the sum over states is good for: shifted by one variable, it misses 1."""
    cheat = model()
    honest = cheat.network.forward
    cheat.network.forward = lambda x: honest(x).roll(-1, 1)
    assert abs(cheat.log_prob(states(4, 2)).exp().sum().item() - 1) > 0.01


def test_log_prob_is_the_chain_rule():
    """By marginals of the enumerated table: p(x) = Π p(x_1 … x_d) / p(x_1 … x_{d-1})."""
    m, x = model(3, 3), states(3, 3)
    table = m.log_prob(x).exp().view(3, 3, 3)
    conditionals = m.conditionals(x).exp().view(3, 3, 3, 3, 3)
    torch.testing.assert_close(conditionals[0, 0, 0, 0], table.sum((1, 2)))
    torch.testing.assert_close(conditionals[:, 0, 0, 1], table.sum(2) / table.sum((1, 2))[:, None])
    torch.testing.assert_close(conditionals[:, :, 0, 2], table / table.sum(2, keepdim=True))


def test_conditionals_are_torchs_categorical():
    m, x = model(3, 5), states(3, 5)
    peer = Categorical(logits=m.network(x)).log_prob(x).sum(1)
    torch.testing.assert_close(m.log_prob(x), peer)


def test_loss_is_the_mean_in_nats_and_in_bits():
    m, x = model(4, 2), states(4, 2)
    parts = m.loss(x)
    torch.testing.assert_close(parts["loss"], -m.log_prob(x).mean())
    assert parts["bits_per_dim"].item() == pytest.approx(parts["loss"].item() / 4 / math.log(2))
    for parameter in m.parameters():
        nn.init.zeros_(parameter)
    assert m.loss(x)["bits_per_dim"].item() == pytest.approx(1), "uniform over two values"


@pytest.mark.parametrize("dims, levels", [(5, 3), (2, 4), (1, 3)])
def test_made_depends_on_all_earlier_variables_and_on_no_other(dims, levels):
    """Strictly lower triangular and full below the diagonal, by changing one variable at a time."""
    made = model(dims, levels, scale=2.0).network
    x = states(dims, levels)[:200]
    depends = torch.zeros(dims, dims, dtype=torch.bool)
    for d in range(dims):
        changed = x.clone()
        changed[:, d] = (changed[:, d] + 1) % levels
        depends[:, d] = (made(changed) != made(x)).any(2).any(0)
    assert torch.equal(depends, torch.ones(dims, dims).tril(-1).bool())


@pytest.mark.parametrize("dims, options", [(784, {}), (784, {"hidden_dim": 500}), (9, {"hidden_dim": 3}),
                                           (9, {"hidden_dim": 8}), (9, {"hidden_dim": 20})])
def test_every_output_sees_every_earlier_input(dims, options):
    """By the gradient of the logits with positive weights, so that nothing cancels."""
    made = MADE(dims, 1, **options)
    for parameter in made.parameters():
        nn.init.constant_(parameter, 0.01)
    x = torch.ones(1, dims, requires_grad=True)
    hidden = made.net(x) + (0 if made.direct is None else made.direct(x))
    for d in (0, 1, 2, dims // 3, dims // 2, dims - 2, dims - 1):
        slope, = torch.autograd.grad(hidden[0, d], x, retain_graph=True, allow_unused=True)
        assert torch.equal(slope[0] != 0, torch.arange(dims) < d), d


def test_cut_connections_get_no_gradient():
    m = model(3, 2)
    m.loss(states(3, 2))["loss"].backward()
    for layer in m.network.net[::2]:
        assert (layer.weight.grad[layer.mask == 0] == 0).all() and layer.weight.grad.any()


@pytest.mark.parametrize("dims, levels", [(4, 2), (2, 5)])
def test_samples_come_as_often_as_their_probability_says(dims, levels, rng):
    m, n = model(dims, levels), 40_000
    x = m.sample(n, rng=rng)
    place = (x * levels ** torch.arange(dims - 1, -1, -1)).sum(1)
    expected = n * m.log_prob(states(dims, levels)).exp().detach()
    found = torch.bincount(place, minlength=levels**dims).double()
    keep = expected > 5
    found = torch.cat([found[keep], found[~keep].sum()[None] + 1e-9])
    expected = torch.cat([expected[keep], expected[~keep].sum()[None] + 1e-9])
    assert chisquare(found, expected * found.sum() / expected.sum()).pvalue > 1e-4


def test_variables_are_drawn_in_order_with_one_evaluation_each(rng):
    m, calls = model(4, 3), []
    m.network.register_forward_hook(lambda *_: calls.append(1))
    before = list(m.trajectory(50, rng=rng))
    assert len(calls) == 4 and len(before) == 5
    for d, (a, b) in enumerate(pairwise(before)):
        assert torch.equal(a[:, :d], b[:, :d]) and (b[:, d + 1:] == 0).all()


def test_training_finds_the_frequencies_of_a_2x2_world(rng):
    """All 16 binary images with known probabilities; the loss ends at the entropy of the sample."""
    p = torch.randn(16, generator=rng).softmax(0)
    x = states(4, 2)[torch.multinomial(p, 4000, replacement=True, generator=rng)]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        m = Autoregressive(MADE(4, 2, 32), 4, 2)
    fit(m, Batches(x, size=500, rng=rng), torch.optim.Adam(m.parameters(), 0.02), steps=300, progress=False)
    share = torch.bincount(x @ torch.tensor([8, 4, 2, 1]), minlength=16) / len(x)
    entropy = -torch.special.xlogy(share, share).sum()
    assert m.loss(x)["loss"].item() == pytest.approx(entropy.item(), abs=0.01)
    torch.testing.assert_close(m.log_prob(states(4, 2)).exp().detach(), share, rtol=0, atol=0.02)


def test_what_does_not_fit_is_refused():
    m = model(4, 2)
    with pytest.raises(ValueError, match=r"whole numbers \(B, 4\)"):
        m.log_prob(torch.zeros(3, 4))
    with pytest.raises(ValueError, match=r"whole numbers \(B, 4\)"):
        m.log_prob(torch.zeros(3, 5, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\]"):
        m.log_prob(torch.full((3, 4), 2))
    with pytest.raises(ValueError, match="must give logits"):
        Autoregressive(MADE(4, 3), 4, 2).log_prob(states(4, 2))
