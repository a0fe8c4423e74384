"""Inception score against closed forms, torchmetrics, and what it does not see."""

import math

import pytest
import torch

from genlab import _torchvision
from genlab.metrics import digit_inception_score, inception_score, label_entropies
from genlab.metrics.inception_score import as_probabilities
from genlab.random import randn


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(3)


def logits(n, classes, rng):
    return 3 * randn((n, classes), like=torch.zeros((), dtype=torch.float64), rng=rng)


def test_balanced_certainty_gets_the_number_of_classes():
    score = inception_score(torch.eye(7).repeat(30, 1), splits=1)
    assert score.value == pytest.approx(7, rel=1e-12) and math.isnan(score.error) and score.n == 210


@pytest.mark.parametrize("row", [[0.25] * 4, [1.0, 0, 0, 0], [0.7, 0.2, 0.1, 0]])
def test_equal_rows_get_one(row):
    """Doubt about every sample, or one class only: no information about the label in either."""
    score = inception_score(torch.tensor([row]).repeat(50, 1), splits=5)
    assert score.value == pytest.approx(1, abs=1e-12) and score.error == pytest.approx(0, abs=1e-12)


def test_two_levels_have_a_closed_form():
    """Each class once, right with probability c, the rest spread: K c^c ((1 - c) / (K - 1))^(1 - c)."""
    classes, c = 5, 0.8
    p = torch.full((classes, classes), (1 - c) / (classes - 1), dtype=torch.float64)
    p.fill_diagonal_(c)
    expected = classes * c**c * ((1 - c) / (classes - 1)) ** (1 - c)
    assert inception_score(p, splits=1).value == pytest.approx(expected, rel=1e-12)


def test_agrees_with_torchmetrics(rng):
    """The peer, given logits as they are instead of Inception's."""
    _torchvision.load()
    from torchmetrics.image.inception import InceptionScore

    x = logits(90, 6, rng)
    peer = InceptionScore(torch.nn.Identity(), splits=1).set_dtype(torch.float64)
    peer.update(x)
    expected = peer.compute()[0].item()
    assert inception_score(x.softmax(1), splits=1).value == pytest.approx(expected, rel=1e-10)


def test_splits_are_the_formula_on_each_part_of_the_shuffled_samples(rng):
    p = logits(103, 6, rng).softmax(1)
    order = torch.randperm(103, generator=torch.Generator().manual_seed(8))
    scores = []
    for part in p[order].tensor_split(4):
        marginal = part.mean(0, keepdim=True)
        scores.append((part * (part.log() - marginal.log())).sum(1).mean().exp())
    scores = torch.stack(scores)
    got = inception_score(p, splits=4, rng=torch.Generator().manual_seed(8))
    assert got.value == pytest.approx(scores.mean().item(), rel=1e-12)
    assert got.error == pytest.approx(scores.std().item(), rel=1e-9) and got.n == 103


def test_sorted_samples_are_shuffled_first():
    """Unshuffled, each of ten splits would hold one class and get 1."""
    score = inception_score(torch.eye(10).repeat_interleave(100, 0), splits=10)
    assert score.value > 9.3
    assert score == inception_score(torch.eye(10).repeat_interleave(100, 0), splits=10)


def test_the_logarithm_is_a_difference_of_entropies(rng):
    p = logits(40, 5, rng).softmax(1)
    marginal, conditional = label_entropies(p)
    assert inception_score(p, splits=1).value == pytest.approx(math.exp(marginal - conditional), rel=1e-12)
    assert label_entropies(torch.eye(5)) == (pytest.approx(math.log(5)), 0)


def test_order_of_samples_and_classes_does_not_matter(rng):
    p = logits(60, 5, rng).softmax(1)
    value = inception_score(p, splits=1).value
    turned = p.flip(0)[:, torch.tensor([3, 1, 4, 0, 2])]
    assert inception_score(turned, splits=1).value == pytest.approx(value, rel=1e-12)


def test_global_random_state_is_left_alone(rng):
    before = torch.get_rng_state()
    inception_score(logits(30, 3, rng).softmax(1))
    assert torch.equal(before, torch.get_rng_state())


def test_rounding_of_float32_rows_is_repaired():
    p = torch.rand(1000, 10, generator=torch.Generator().manual_seed(1)).softmax(1)
    assert (as_probabilities(p).sum(1) - 1).abs().max() < 1e-14


def test_real_digits_and_one_picture_per_class():
    """Ten pictures, repeated, are no generator, and get the score of the real thing or more."""
    from genlab.data import digits

    images, labels = digits("test")
    real = digit_inception_score(images)
    ten = torch.stack([images[labels == c][0] for c in range(10)]).repeat(100, 1, 1, 1)
    assert 9 < real.value < 10
    assert digit_inception_score(ten).value > real.value - 0.5
    assert digit_inception_score(images[labels == 3]).value < 1.3


@pytest.mark.parametrize(("p", "splits", "says"), [
    (torch.tensor([[2.0, -1.0]]), 1, "softmax"),
    (torch.tensor([[0.5, 0.4]]), 1, "sum to 1"),
    (torch.tensor([[math.nan, 1.0]]), 1, "finite"),
    (torch.ones(3), 1, r"\(n, K\)"),
    (torch.eye(3), 4, "splits"),
    (torch.eye(3), 0, "splits"),
])
def test_bad_input_is_refused(p, splits, says):
    with pytest.raises(ValueError, match=says):
        inception_score(p, splits=splits)
