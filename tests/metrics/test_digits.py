"""Metrics that look through the trained network, on images whose worth is known."""

import math
import subprocess
import sys

import pytest
import torch

from genlab.data import binarize, digits
from genlab.metrics import (
    DigitFeatures,
    digit_features,
    digit_frechet,
    frechet_distance,
    image_features,
    label_accuracy,
    predictions,
    real_floor,
    shuffled_label_baseline,
)
from genlab.random import rand, randn


@pytest.fixture(scope="module")
def held_out():
    return digits("test")


def test_the_network_is_small_and_ready_to_use():
    network = digit_features()
    assert network is digit_features() and not network.training
    assert sum(p.numel() for p in network.parameters()) < 50_000
    assert not any(p.requires_grad for p in network.parameters())


def test_it_recognises_held_out_digits(held_out):
    images, labels = held_out
    got = label_accuracy(images, labels)
    assert got.value >= 0.98 and got.n == 1000
    assert got.error == pytest.approx(math.sqrt(got.value * (1 - got.value) / 999), rel=1e-9)


def test_features_are_before_the_relu_and_of_unit_variance():
    images, _ = digits("train")
    features = image_features(images)
    assert features.shape == (4000, 64) and features.min() < 0
    torch.testing.assert_close(features.std(0), torch.ones(64), atol=0.01, rtol=0)


def test_batches_and_shapes_make_no_difference(held_out):
    images = held_out[0][:50]
    flat = image_features(images.flatten(1))
    torch.testing.assert_close(image_features(images, batch=7), flat, atol=1e-4, rtol=1e-4)
    p = predictions(images)
    torch.testing.assert_close(p.sum(1), torch.ones(50))
    torch.testing.assert_close(p, digit_features()(images).softmax(1), atol=1e-5, rtol=1e-4)


def test_another_network_can_be_named(held_out):
    other, images = DigitFeatures().requires_grad_(False), held_out[0][:3]
    torch.testing.assert_close(image_features(images, network=other), other.features(images))


def test_noise_and_blank_are_called_no_digit(rng):
    """No digit gets a probability above one half."""
    assert predictions(rand((200, 784), rng=rng)).max() < 0.5
    assert predictions(torch.zeros(2, 784)).max() < 0.5


def test_distance_orders_known_defects(held_out, rng):
    """Real < a little noise < missing classes < one class; the floor is far below all defects."""
    images, labels = held_out
    floor = real_floor(1000).value
    speckle = digit_frechet((images + 0.1 * randn(images.shape, rng=rng)).clamp(0, 1))
    missing = digit_frechet(images[labels > 2])
    single = digit_frechet(images[labels == 3])
    assert digit_frechet(images) == pytest.approx(floor, rel=1e-6)
    assert 1.5 * floor < speckle < missing < single / 3
    assert speckle < single / 20


def test_distance_is_that_of_the_features(held_out):
    images = held_out[0]
    own = digits("train")[0][:500]
    expected = frechet_distance(image_features(images), image_features(own))
    assert digit_frechet(images, reference=own) == pytest.approx(expected, rel=1e-9)


def test_binarised_digits_belong_beside_the_binarised_reference(held_out):
    binary = binarize(held_out[0])
    floor = real_floor(1000, reference="binarised").value
    assert digit_frechet(binary, reference="binarised") == pytest.approx(floor, rel=1e-6)
    assert digit_frechet(binary) > floor


def test_floor_falls_with_n_and_shows_its_scatter():
    floors = [real_floor(n) for n in (100, 300, 1000)]
    assert floors[0].value > 2 * floors[1].value > 2 * floors[2].value
    assert 0 < floors[1].error < floors[0].error and math.isnan(floors[2].error)
    assert real_floor(300) == floors[1]
    assert real_floor(300, rng=torch.Generator().manual_seed(9)) != floors[1]


def test_global_random_state_is_left_alone():
    state = torch.get_rng_state()
    real_floor(50, repeats=2)
    assert torch.equal(state, torch.get_rng_state())


def test_accuracy_counts_and_the_baseline_is_what_shuffling_leaves(held_out, rng):
    images, labels = held_out[0][:300], held_out[1][:300].clone()
    labels[:100] = 0
    right = predictions(images).argmax(1) == labels
    assert label_accuracy(images, labels).value == pytest.approx(right.double().mean().item())
    seen = predictions(images).argmax(1)
    orders = (torch.randperm(300, generator=rng) for _ in range(2000))
    shuffled = torch.stack([(seen == labels[order]).double().mean() for order in orders])
    error = shuffled.std().item() / math.sqrt(2000)
    assert abs(shuffled_label_baseline(images, labels) - shuffled.mean().item()) < 5 * error


def test_a_constant_model_gains_nothing_from_its_labels(held_out):
    """Only ones, asked for only ones: the baseline is as high as the accuracy."""
    ones = held_out[0][held_out[1] == 1]
    asked = torch.ones(len(ones), dtype=torch.int64)
    assert shuffled_label_baseline(ones, asked) == pytest.approx(label_accuracy(ones, asked).value)


@pytest.mark.parametrize(("images", "says"), [
    (torch.full((2, 784), -0.5), r"must lie in \[0, 1\]"),
    (torch.full((2, 784), 255.0), r"must lie in \[0, 1\]"),
    (torch.full((2, 784), math.nan), "2 of 2 images"),
    (torch.zeros(2, 3, 28, 28), "28, 28"),
    (torch.zeros(0, 784), "n ≥ 1"),
])
def test_bad_images_are_refused(images, says):
    with pytest.raises(ValueError, match=says):
        digit_frechet(images)


def test_bad_arguments_are_refused(held_out):
    images, labels = held_out
    for call, says in [
        (lambda: digit_frechet(images[:1]), "n ≥ 2"),
        (lambda: digit_frechet(images, reference="gray"), "binarised"),
        (lambda: real_floor(1), "from 2 to 1000"),
        (lambda: real_floor(1001), "from 2 to 1000"),
        (lambda: real_floor(100, repeats=1), "repeats"),
        (lambda: label_accuracy(images, labels[:3]), "one digit per sample"),
        (lambda: label_accuracy(images[:2], torch.tensor([0, 10])), "whole numbers"),
        (lambda: label_accuracy(images[:2], torch.tensor([0.0, 1.0])), "whole numbers"),
        (lambda: label_accuracy(images[:1], labels[:1]), "at least two"),
    ]:
        with pytest.raises(ValueError, match=says):
            call()


def test_importing_the_metrics_is_cheap():
    """Neither plots, torchvision nor data sets come along."""
    heavy = {"matplotlib", "torchvision", "IPython", "mlxtend", "sklearn", "pandas"}
    code = f"import sys, genlab.metrics; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
