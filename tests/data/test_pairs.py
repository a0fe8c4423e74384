"""Pairs of images: outlines, stripes whose place nothing tells, and folders of one's own."""

import pytest
import torch
from PIL import Image

from genlab.data import digits, outline_pairs, outlines, pair_folder, striped_pairs
from genlab.data.pairs import LEVELS, stripes


def test_an_outline_runs_round_what_is_bright():
    image = torch.zeros(1, 1, 7, 8)
    image[0, 0, 3, 3:5] = 1
    drawn = outlines(image)
    expected = torch.zeros(7, 8)
    expected[2:5, 2:6] = 1
    expected[3, 3:5] = 0
    assert torch.equal(drawn[0, 0], expected) and drawn.dtype == image.dtype


def test_pairs_are_digits_with_a_border_and_their_outlines():
    x, y, labels = outline_pairs("test")
    images, known = digits("test")
    assert x.shape == y.shape == (1000, 1, 32, 32) and torch.equal(labels, known)
    assert torch.equal(y[..., 2:-2, 2:-2], images) and set(x.unique().tolist()) == {0.0, 1.0}
    assert not (x * (y > 0.5)).any()  # the outline lies outside


def test_stripes_start_anywhere_and_nothing_else_differs():
    x, y, inside = striped_pairs("test", seed=3)
    assert torch.equal(y, striped_pairs("test", seed=3)[1]) and not torch.equal(y, striped_pairs("test", seed=4)[1])
    assert torch.equal(x, striped_pairs("test", seed=4)[0]) and not (y * (1 - inside)).any()
    patterns = torch.stack([stripes(start) for start in range(len(LEVELS))])
    assert torch.allclose(patterns.mean(0), torch.full((32, 32), 0.6))
    fits = ((y[:, :, None] - patterns * inside[:, :, None]).abs().amax((-2, -1)) == 0).flatten(1)
    assert (fits.sum(1) == 1).all() and (fits.float().mean(0) - 0.25).abs().max() < 0.06


def coloured(path, colour, size=(20, 20)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def test_two_folders_of_equal_names(tmp_path):
    for i, (a, b) in enumerate([("red", "blue"), ("white", "black")]):
        coloured(tmp_path / "A" / f"{i}.png", a)
        coloured(tmp_path / "B" / f"{i}.jpg", b)
    inputs, targets = pair_folder(tmp_path, size=8)
    assert inputs.shape == targets.shape == (2, 3, 8, 8)
    assert inputs[0, :, 0, 0].tolist() == [1, 0, 0] and inputs[1].min() > 0.95 and targets[1].max() < 0.05
    coloured(tmp_path / "B" / "alone.png", "red")
    with pytest.raises(ValueError, match=r"no partner.*alone"):
        pair_folder(tmp_path)


def test_images_that_hold_both_halves(tmp_path):
    both = Image.new("RGB", (40, 20), "white")
    both.paste("black", (20, 0, 40, 20))
    both.save(tmp_path / "pair.png")
    inputs, targets = pair_folder(tmp_path, size=16, channels=1)
    assert inputs.shape == (1, 1, 16, 16) and inputs.min() > 0.9 and targets[..., 1:].max() < 0.1
    coloured(tmp_path / "square.png", "red")
    with pytest.raises(ValueError, match="twice as wide"):
        pair_folder(tmp_path)


def test_what_is_no_folder_of_pairs_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no image"):
        pair_folder(tmp_path)
    with pytest.raises(FileNotFoundError, match="not a folder"):
        pair_folder(tmp_path / "nowhere")
