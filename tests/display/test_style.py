"""Pictures are small files with a description, and drawing leaves matplotlib as it was."""

import io

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from genlab.display import in_style, new_picture, plot_curves
from genlab.display.style import DPI, SHARPNESS, pixels, png


def test_a_file_holds_its_description():
    data = png(np.zeros((4, 4, 3), np.uint8), alt="β: nothing")
    assert Image.open(io.BytesIO(data)).text["Description"] == "β: nothing"


def test_grey_is_exact_and_white_stays_white():
    grey = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png(grey))).convert("RGB")), grey)
    figure = plot_curves({"a": [1.0, 2.0], "b": [2.0, 1.0]})
    back = np.asarray(Image.open(io.BytesIO(figure.png())).convert("RGB")).astype(int)
    assert (back[0, 0] == 255).all() and abs(back - pixels(figure)).max() <= 16


def test_photographs_keep_their_colours():
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png(image, photographic=True)))), image)


def test_a_picture_has_its_size_and_keeps_its_resolution():
    with in_style():
        figure = new_picture(3, 2)
    assert pixels(figure).shape == (2 * DPI * SHARPNESS, 3 * DPI * SHARPNESS, 3)
    assert figure.dpi == DPI


def test_the_same_picture_is_the_same_file():
    assert plot_curves({"a": [1.0, 3.0]}).png() == plot_curves({"a": [1.0, 3.0]}).png()


def test_settings_and_foreign_figures_are_left_alone():
    before = dict(matplotlib.rcParams)
    foreign = Figure()
    canvas, dpi = foreign.canvas, foreign.dpi
    pixels(foreign)
    plot_curves({"a": [1.0]}).png()
    assert dict(matplotlib.rcParams) == before
    assert foreign.canvas is canvas and foreign.dpi == dpi
