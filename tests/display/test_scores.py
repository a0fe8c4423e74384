"""The table and the dial of scores: ranks in the right direction, a slider that moves everything."""

import pytest
import torch

from genlab.display import score_dial, score_table
from genlab.display.scores import _cell, _ranks

SCORES = {"real": {"distance": (0.21, 0.03), "score": 9.7}, "noise": {"distance": (141.2, 2.1), "score": 1.0}}
BETTER = {"distance": "low", "score": "high"}


def test_table_says_everything_in_words():
    picture = score_table(SCORES, BETTER, title="Two sets")
    for words in ("Two sets", "real: distance 0.210 ± 0.030, score 9.7", "noise: distance 141.2 ± 2.1"):
        assert words in picture.alt
    assert picture.png()[:4] == b"\x89PNG"


def test_ranks_follow_the_direction():
    import numpy as np

    column = np.array([3.0, 1.0, 2.0, 1.0])
    assert _ranks(column, "low").tolist() == [1.0, 0.0, 2 / 3, 0.0]
    assert _ranks(column, "high").tolist() == [0.0, 2 / 3, 1 / 3, 2 / 3]
    assert _ranks(np.array([1.0, np.nan]), "high").tolist() == [0.0, 1.0]


def test_the_error_sets_the_digits():
    assert _cell(141.23, 2.1) == "141.2 ± 2.1"
    assert _cell(0.2071, 0.033) == "0.207 ± 0.033"
    assert _cell(9.684, 0.0) == "9.68"
    assert _cell(float("nan"), 0.0) == "–"


def test_table_refuses_what_it_cannot_rank():
    with pytest.raises(ValueError, match="high"):
        score_table(SCORES, {"distance": "small"})
    with pytest.raises(ValueError, match="recall of real"):
        score_table(SCORES, {"recall": "high"})
    with pytest.raises(ValueError):
        score_table({}, BETTER)


def dial():
    torch.manual_seed(0)
    images = [torch.rand(3, 1, 8, 8) for _ in range(4)]
    scores = {"distance": [1.0, 2.0, (3.0, 0.5), 4.0], "score": [4, 3, 2, 1]}
    return score_dial([0.0, 0.1, 0.2, 0.4], images, scores, name="σ", best={"distance": 0.5}, title="Noise")


def test_the_slider_moves_images_and_numbers():
    it = dial()
    table = it.widget.children[1].children[1]
    picture, numbers = it.image.value, table.value
    assert "<td>distance</td><td style='padding-left:1em'>1</td>" in numbers
    it.sliders[0].value = 2
    assert it.image.value != picture and "3.00 ± 0.50" in table.value and numbers != table.value


def test_the_still_picture_describes_the_curves():
    figure = dial().figure
    assert "Noise, against σ from 0 to 0.4" in figure.alt
    assert "distance goes from 1 to 4" in figure.alt and "score goes from 4 to 1" in figure.alt
    assert [axes.get_title("left") for axes in figure.axes if axes.get_visible()] == ["distance", "score"]


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="one entry for each setting"):
        score_dial([0.0, 0.1], [torch.rand(2, 1, 8, 8)], {"distance": [1.0, 2.0]}, name="σ")
