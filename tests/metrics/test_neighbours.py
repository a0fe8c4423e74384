"""Nearest training images: a copy is at 0, and the brute force agrees."""

import math

import pytest
import torch

from genlab.metrics import nearest_training_distance


@pytest.fixture
def training():
    return torch.rand(300, 1, 28, 28, generator=torch.Generator().manual_seed(2))


def test_a_copy_is_found_at_distance_zero(training):
    got = nearest_training_distance(training[[7, 250, 7]], training)
    assert got.index.tolist() == [7, 250, 7] and got.distance.tolist() == [0, 0, 0]


def test_agrees_with_brute_force(training):
    samples = torch.rand(130, 784, generator=torch.Generator().manual_seed(4))
    got = nearest_training_distance(samples, training)
    every = (samples[:, None].double() - training.flatten(1).double()).norm(dim=2)
    assert torch.equal(got.index, every.argmin(1))
    torch.testing.assert_close(got.distance, every.min(1).values)


def test_a_known_shift(training):
    """One pixel moved by 0.25."""
    samples = training[5:6].clone()
    samples[0, 0, 3, 3] += 0.25
    assert nearest_training_distance(samples, training).distance.item() == pytest.approx(0.25, rel=1e-6)


@pytest.mark.parametrize(("samples", "says"), [
    (torch.zeros(0, 784), "n ≥ 1"),
    (torch.zeros(2, 100), "100 values"),
    (torch.full((2, 784), math.nan), "finite"),
])
def test_bad_samples_are_refused(training, samples, says):
    with pytest.raises(ValueError, match=says):
        nearest_training_distance(samples, training)
