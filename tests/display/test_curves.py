"""Curves and points show the numbers they are given, with units, errors and labels that can be read."""

import numpy as np
import pytest
import torch

from genlab.display import latent_scatter, plot_bars, plot_curves, plot_rate_distortion
from genlab.display.curves import _average, spread_labels
from genlab.display.style import PALETTE, for_text
from genlab.training.history import History


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_a_history_is_drawn_with_its_unit_and_last_values():
    history = History({"loss": [110.0] * 60, "reconstruction_nats": [90.0] * 60, "kl_nats": [20.0] * 60})
    figure = plot_curves(history)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "step" and axes.get_ylabel() == "nats"
    assert texts(figure) == ["KL  20", "reconstruction  90", "loss  110"]
    assert figure.alt == ("Training curves over 60 steps: loss goes from 110 to 110, "
                          "reconstruction goes from 90 to 90, KL goes from 20 to 20")


def test_units_that_differ_have_panels_of_their_own():
    figure = plot_curves({"loss_nats": [3.0, 2.0], "bits_per_dim": [2.0, 1.0]})
    assert [axes.get_ylabel() for axes in figure.axes] == ["nats", "bits per dimension"]
    assert len(plot_curves({"generator_loss": [1.0], "discriminator_loss": [2.0]}, unit="nats").axes) == 1


def test_smoothing_is_a_centred_mean_without_what_is_not_finite():
    raw = np.array([1.0, np.nan, 3.0, 5.0, np.inf, 7.0])
    np.testing.assert_allclose(_average(raw, 2), [1, 2, 4, 4, 6, 7])
    np.testing.assert_allclose(_average(np.arange(9.0), 4)[2:-2], np.arange(9.0)[2:-2])
    assert _average(raw, 1)[0] == 1


def test_the_fall_at_the_start_does_not_flatten_the_rest():
    loss = 100 + 5 * np.sin(np.arange(1000)) + 1e5 * np.exp(-np.arange(1000.0))
    low, high = plot_curves({"loss": loss}, smooth=1).axes[0].get_ylim()
    assert 90 < low < 96 and 104 < high < 110


def test_a_run_that_diverged_or_has_just_begun_can_be_drawn():
    plot_curves({"loss": [1.0]}).png()
    plot_curves({"loss": [1.0, float("nan"), float("inf"), float("nan")]}).png()
    plot_curves({"loss": [float("nan")] * 3}).png()


def test_what_is_missing_is_named():
    with pytest.raises(KeyError, match="no kl; it has loss"):
        plot_curves({"loss": [1.0]}, ["kl"])
    with pytest.raises(ValueError, match="train for at least one step"):
        plot_curves(History())


def test_labels_keep_their_order_and_distance():
    heights = spread_labels({"a": 1.0, "b": 1.01, "c": 0.99, "d": 5.0}, 0.5)
    assert list(heights) == ["c", "a", "b", "d"] and heights["d"] == 5.0
    gaps = np.diff(list(heights.values()))
    assert (gaps > 0.49).all()


def test_bars_state_value_and_error():
    figure = plot_bars({"VAE": (12.34, 0.5), "plain": 3}, axis="distance (n = 1000)", reference=("real", 1.2))
    assert texts(figure) == ["12.34 ± 0.5", "3", "real  1.2"]
    assert [bar.get_width() for bar in figure.axes[0].patches] == [12.34, 3]
    assert figure.alt == "distance (n = 1000). VAE: 12.34 ± 0.5; plain: 3"
    with pytest.raises(ValueError, match="no values"):
        plot_bars({}, axis="nothing")


def test_bars_take_the_estimates_of_the_metrics():
    from genlab.metrics import Estimate

    assert texts(plot_bars({"VAE": Estimate(1.5, 0.25, 100)}, axis="nats")) == ["1.5 ± 0.25"]


def test_rate_and_distortion_lie_where_they_should():
    figure = plot_rate_distortion({"β = 4": (10.0, 120.0), "β = 1": (25.0, 80.0)}, title="trade")
    line = next(line for line in figure.axes[0].lines if line.get_marker() == "o")
    assert line.get_xydata().tolist() == [[10, 120], [25, 80]]
    assert "-ELBO 105" in texts(figure) and "-ELBO 130" in texts(figure)
    plot_rate_distortion({"one": (10.0, 120.0)}).png()


def test_codes_are_drawn_as_their_labels(rng):
    mu, labels = torch.randn(50, 2, generator=rng), torch.arange(50) % 3
    figure = latent_scatter(mu, labels, names="abc")
    offsets = np.concatenate([c.get_offsets() for c in figure.axes[0].collections])
    np.testing.assert_allclose(sorted(offsets.tolist()), sorted(mu.double().tolist()))
    assert len(figure.axes[0].collections) == 3 and figure.axes[0].get_xlabel() == "z 0"
    assert len(latent_scatter(mu, labels, limit=10).axes[0].collections) == 3


def test_more_dimensions_are_shown_in_the_plane_of_largest_variance(rng):
    mu = torch.randn(400, 5, generator=rng) * torch.tensor([0.1, 3.0, 0.1, 1.0, 0.1]) + 7
    figure = latent_scatter(mu, torch.zeros(400, dtype=torch.long))
    offsets = figure.axes[0].collections[0].get_offsets()
    centred = (mu - mu.mean(0)).double()
    for axis, dim in enumerate((1, 3)):
        assert np.corrcoef(offsets[:, axis], centred[:, dim])[0, 1] > 0.99
    share = centred[:, 1].var() / centred.var(0).sum()
    assert f"({100 * share:.0f} %" in figure.axes[0].get_xlabel()


@pytest.mark.parametrize("mu, labels", [((5,), (5,)), ((5, 1), (5,)), ((5, 2), (4,))])
def test_codes_of_the_wrong_shape_are_refused(mu, labels):
    with pytest.raises(ValueError, match="takes codes"):
        latent_scatter(torch.zeros(mu), torch.zeros(labels))


def test_letters_in_colour_can_be_read_on_white():
    """WCAG asks for a contrast of 4.5; yellow, the last of the palette, is for surfaces only."""
    for colour in PALETTE[:4]:
        rgb = [int(for_text(colour)[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (luminance + 0.05) > 4.5, colour
