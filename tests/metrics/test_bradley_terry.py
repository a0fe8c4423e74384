"""Strengths against closed forms, Hunter's algorithm and logistic regression; intervals by simulation."""

import math

import pytest
import torch
from sklearn.linear_model import LogisticRegression

from genlab.metrics import bradley_terry, bradley_terry_by_rater
from genlab.random import bernoulli

STRENGTHS = torch.tensor([0.9, 0.3, -0.2, -1.0], dtype=torch.float64)


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(21)


def simulate(strengths, per_pair, rng):
    """Answers of raters who follow the model: (K, K) wins."""
    k = len(strengths)
    wins = torch.zeros(k, k, dtype=torch.float64)
    for i in range(k):
        for j in range(i):
            p = torch.sigmoid(strengths[i] - strengths[j])
            wins[i, j] = bernoulli(p.expand(per_pair), rng=rng).sum()
            wins[j, i] = per_pair - wins[i, j]
    return wins


def by_hunter(wins, steps=3000):
    """The minorise-maximise iteration on γ = exp θ."""
    gamma = torch.ones(len(wins), dtype=torch.float64)
    counts = wins + wins.T
    for _ in range(steps):
        gamma = wins.sum(1) / (counts / (gamma[:, None] + gamma[None])).sum(1)
    return gamma.log() - gamma.log().mean()


def test_two_models_have_a_closed_form():
    """θ_a - θ_b = logit of the share, with standard error √(1/wins + 1/losses)."""
    got = bradley_terry(torch.tensor([[0, 30], [10, 0]]), names=["a", "b"])
    assert got.strengths.tolist() == pytest.approx([math.log(3) / 2, -math.log(3) / 2])
    difference = got.difference("a", "b")
    assert difference == pytest.approx((math.log(3), math.sqrt(1 / 30 + 1 / 10), 40))
    assert (got.probability("a", "b"), got.probability("b", "a")) == pytest.approx((0.75, 0.25))
    assert got.interval("b", level=0.9) == pytest.approx(
        tuple(-math.log(3) / 2 + s * 1.6448536 * difference.error / 2 for s in (-1, 1)))


def test_agrees_with_hunters_algorithm(rng):
    wins = simulate(STRENGTHS, 25, rng)
    got = bradley_terry(wins)
    torch.testing.assert_close(got.strengths, by_hunter(wins), rtol=1e-8, atol=1e-8)
    assert got.strengths.sum().item() == pytest.approx(0, abs=1e-12) and got.n == 150


def test_agrees_with_logistic_regression(rng):
    """No intercept, one column per model, +1 for the one and -1 for the other."""
    wins = simulate(STRENGTHS, 25, rng)
    rows, chosen, weights = [], [], []
    for i, j in wins.nonzero().tolist():
        row = torch.zeros(4, dtype=torch.float64)
        row[i], row[j] = 1, -1
        rows += [row, -row]
        chosen += [1, 0]
        weights += [wins[i, j].item()] * 2
    peer = LogisticRegression(C=1e9, fit_intercept=False, tol=1e-10, max_iter=1000)
    peer.fit(torch.stack(rows).numpy(), chosen, sample_weight=weights)
    expected = torch.tensor(peer.coef_[0])
    torch.testing.assert_close(bradley_terry(wins).strengths, expected - expected.mean(), rtol=0, atol=1e-4)


def test_errors_are_the_inverse_information(rng):
    """By autograd: the second derivatives of the log-likelihood, inverted off their null direction."""
    wins = simulate(STRENGTHS, 25, rng)
    got = bradley_terry(wins)

    def cost(s):
        return -(wins * torch.nn.functional.logsigmoid(s[:, None] - s[None])).sum()

    hessian = torch.autograd.functional.hessian(cost, got.strengths)
    torch.testing.assert_close(got.covariance, torch.linalg.pinv(hessian), rtol=1e-6, atol=1e-9)


def test_known_strengths_are_recovered_and_intervals_hold_them_as_often_as_they_say(rng):
    """120 studies of 240 answers: 95 % intervals for four strengths and one difference."""
    held, ranked = torch.zeros(5), 0
    for _ in range(120):
        got = bradley_terry(simulate(STRENGTHS, 40, rng), names=["a", "b", "c", "d"])
        for i, name in enumerate(got.names):
            low, high = got.interval(name)
            held[i] += low <= STRENGTHS[i] <= high
        gap = got.difference("a", "d")
        held[4] += abs(gap.value - 1.9) < 1.96 * gap.error
        ranked += got.order() == ["a", "b", "c", "d"]
    assert 0.93 < held.sum() / 600 < 0.97 and (held / 120 > 0.88).all()
    assert ranked > 95


def test_ties_are_half_a_win_each():
    got = bradley_terry(torch.tensor([[0, 3.5], [3.5, 0]]))
    assert got.strengths.tolist() == [0, 0] and got.n == 7


def test_who_never_lost_is_named():
    wins = torch.tensor([[0, 4, 3], [0, 0, 2], [0, 5, 0]])
    with pytest.raises(ValueError, match=r"real never lost to VAE, GAN.*prior=0\.5"):
        bradley_terry(wins, names=["real", "VAE", "GAN"])
    got = bradley_terry(wins, names=["real", "VAE", "GAN"], prior=0.5)
    assert got.order() == ["real", "GAN", "VAE"] and got.strengths.isfinite().all() and got.prior == 0.5
    assert "imagined" in str(got)


def test_a_group_that_never_lost_is_named_too():
    wins = torch.tensor([[0, 2, 5, 1], [3, 0, 2, 2], [0, 0, 0, 3], [0, 0, 4, 0]])
    with pytest.raises(ValueError, match="0, 1 never lost to 2, 3"):
        bradley_terry(wins)


def test_models_that_never_met_are_named():
    wins = torch.tensor([[0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 3], [0, 0, 1, 0]])
    with pytest.raises(ValueError, match="2, 3 was never compared with 0"):
        bradley_terry(wins)


def test_models_that_met_through_others_have_a_common_scale():
    """a beats b 2 to 1, b beats c 2 to 1: a and c never met, and differ by 2 log 2."""
    got = bradley_terry(torch.tensor([[0, 20, 0], [10, 0, 20], [0, 10, 0]]), names="abc")
    assert got.difference("a", "c").value == pytest.approx(2 * math.log(2))


def test_lopsided_counts_converge():
    got = bradley_terry(torch.tensor([[0, 100_000], [1, 0]]))
    assert got.strengths[0].item() == pytest.approx(math.log(100_000) / 2)


def test_raters_who_differ_widen_the_intervals(rng):
    """Each rater has a taste of their own, so answers are not independent; equal raters stay as narrow."""
    def tables(spread):
        tastes = STRENGTHS + spread * torch.randn(12, 4, generator=rng, dtype=torch.float64)
        return torch.stack([simulate(taste, 30, rng) for taste in tastes])

    apart, alike = tables(1.0), tables(0.0)
    for wins, low, high in ((apart, 1.8, 20), (alike, 0.5, 1.5)):
        pooled = bradley_terry(wins.sum(0), prior=0.5)
        by_rater = bradley_terry_by_rater(wins, draws=200, rng=rng)
        torch.testing.assert_close(by_rater.strengths, pooled.strengths)
        ratio = (by_rater.covariance.diagonal() / pooled.covariance.diagonal()).sqrt().mean()
        assert low < ratio < high


@pytest.mark.parametrize(("wins", "options", "says"), [
    (torch.zeros(2, 3), {}, r"\(K, K\)"), (torch.tensor([[1, 1], [1, 0]]), {}, "diagonal"),
    (torch.tensor([[0, -1], [1, 0]]), {}, "counts"), (torch.tensor([[0, 1], [1, 0]]), {"prior": -1}, "prior"),
    (torch.tensor([[0, 1], [1, 0]]), {"names": ["a", "a"]}, "different words"),
])
def test_bad_tables_are_refused(wins, options, says):
    with pytest.raises(ValueError, match=says):
        bradley_terry(wins, **options)
    with pytest.raises(ValueError, match="two raters"):
        bradley_terry_by_rater(wins[None])


def test_unknown_names_are_refused():
    got = bradley_terry(torch.tensor([[0, 1], [1, 0]]), names=["a", "b"])
    with pytest.raises(KeyError, match="there are a, b"):
        got.interval("c")
