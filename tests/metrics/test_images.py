"""Images of any model reach the metrics in [0, 1], and a wrong range is refused."""

import math
from types import SimpleNamespace

import pytest
import torch

from genlab import metrics
from genlab.data import digits
from genlab.metrics.images import unit_images

SIGNED = SimpleNamespace(data_range=(-1.0, 1.0), data_form="signed")
BYTES = SimpleNamespace(data_range=(0, 255), data_form="levels")


@pytest.fixture(scope="module")
def unit():
    images, _ = digits("test")
    return (images[:60] * 255).round() / 255  # as bytes can hold them


FORMS = {
    "signed model": (lambda x: 2 * x - 1, SIGNED),
    "signed": (lambda x: 2 * x - 1, "signed"),
    "pair": (lambda x: 4 * x - 2, (-2, 2)),
    "levels": (lambda x: (255 * x).round().long(), BYTES),
    "bytes": (lambda x: (255 * x).round().byte(), (0, 255)),
    "numpy": (lambda x: (2 * x - 1).numpy(), SIGNED),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_numbers(unit, form):
    change, data_range = FORMS[form]
    images, labels = change(unit), torch.arange(60) % 10
    near = dict(abs=1e-4, rel=1e-4)
    for score in (metrics.digit_frechet, metrics.digit_kernel_distance, metrics.digit_inception_score,
                  lambda x, **how: metrics.label_accuracy(x, labels, **how),
                  lambda x, **how: metrics.shuffled_label_baseline(x, labels, **how)):
        got, expected = score(images, data_range=data_range), score(unit)
        assert got == pytest.approx(expected, **near)
    got = metrics.nearest_training_distance(images, unit, data_range=data_range)
    assert got.index.tolist() == list(range(60)) and got.distance.max() < 1e-5


def test_the_report_takes_a_model_for_the_range(unit):
    got, expected = metrics.digit_report(2 * unit - 1, data_range=SIGNED), metrics.digit_report(unit)
    assert got.scores == pytest.approx(expected.scores, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(("change", "data_range", "says"), [
    (lambda x: 2 * x - 1, (0.0, 1.0), "to_unit"),
    (lambda x: 3 * x - 1, SIGNED, "reach from -1 to 2"),
    (lambda x: x, SimpleNamespace(data_range=(-math.inf, math.inf)), "clamp its samples"),
    (lambda x: x, (1, 0), "low < high"),
    (lambda x: x, "levels", "must be one of"),
    (lambda x: x / 0, SIGNED, "60 of 60 images hold values that are not finite"),
    (lambda x: x[:0], SIGNED, "n ≥ 1"),
    (lambda x: x[:, 0], SIGNED, "reshape"),
    (lambda x: x[0].flatten(), SIGNED, r"image\[None\]"),
])
def test_a_wrong_range_or_shape_is_refused(unit, change, data_range, says):
    with pytest.raises(ValueError, match=says):
        metrics.digit_frechet(change(unit), data_range=data_range)


@pytest.mark.parametrize("data_range", [None, 3, torch.nn.Linear(2, 2)])
def test_what_states_no_range_is_refused(unit, data_range):
    with pytest.raises(TypeError, match="data_range must be"):
        unit_images(unit, data_range)


def test_unit_images_said_to_be_signed_are_warned_of(unit):
    with pytest.warns(UserWarning, match="no value of the images lies below 0"):
        unit_images(unit, SIGNED)


@pytest.mark.parametrize("change", [lambda x: 2 * x - 1, lambda x: 255 * x])
def test_copies_in_another_range_do_not_pass_for_new(unit, change):
    """Silently, a memoriser's samples would all have lain far from its training set."""
    with pytest.raises(ValueError, match="data_range"):
        metrics.nearest_training_distance(change(unit), unit)


def test_a_network_in_train_mode_is_measured_in_eval_mode(unit):
    """And is handed back as it was."""
    class Dropping(metrics.DigitFeatures):
        def features(self, x):
            return torch.nn.functional.dropout(super().features(x), 0.5, self.training)

    network = Dropping().train()
    assert torch.equal(metrics.image_features(unit, network=network),
                       metrics.image_features(unit, network=network))
    assert network.training
