"""Pictures of texts, and what their widgets are given."""

import pytest
import torch

from genlab.display import (
    attention_explorer,
    attention_maps,
    next_letter,
    plot_attention,
    plot_curves,
    plot_next,
    sampling_explorer,
)
from genlab.display.style import pixels
from genlab.metrics.text import next_by_counting
from genlab.models.transformer import GPT

ALPHABET = " abcdeh"


@pytest.fixture
def model():
    torch.manual_seed(0)
    return GPT(len(ALPHABET), 60, dim=8, depth=2, heads=2)


def test_a_map_has_the_start_and_every_letter(model):
    maps = attention_maps(model, ALPHABET, "a bad bed")
    assert maps.shape == (2, 2, 10, 10) and not maps.triu(1).any()
    tokens = torch.tensor([[ALPHABET.index(c) for c in "a bad bed"]])
    torch.testing.assert_close(maps[..., :9, :9], model.attention(tokens)[0].detach())
    picture = plot_attention(maps, "a bad bed", title="Who looks")
    assert "4 heads" in picture.alt and "a bad bed" in picture.alt
    assert pixels(picture).std() > 1
    assert "2 heads" in plot_attention(maps, "a bad bed", heads=[(0, 1), (1, 0)]).alt


def test_the_explorer_carries_all_weights_and_no_more_places_than_it_needs(model):
    made = attention_explorer(model, ALPHABET, "a bad bed")
    count = sum(p.numel() for p in model.parameters()) - (60 - 48) * 8
    assert len(made.widget.weights) == 2 * count
    assert made.widget.shape == {"dim": 8, "length": 48, "depth": 2, "heads": 2}


def test_the_next_letter_of_the_still_picture_is_counted():
    text = "abcabcabdabc" * 20
    made = next_letter(text, "ab", orders=(0, 2))
    assert made.widget.text == text
    tokens = torch.tensor(["abcd".index(c) for c in text])
    p = next_by_counting(tokens, torch.tensor([0, 1]), 2, 4)
    assert p.argmax() == 2
    bits = -(p * p.log2()).sum().item()
    assert f"looking at 2: {bits:.2f} bits" in made.figure.alt


def test_restrictions_are_told_by_the_bits_that_are_left():
    made = sampling_explorer(torch.tensor([0.0, 0.0, 0.0, 0.0, -50.0, -50.0, -50.0]), ALPHABET, top_k=2, prompt="a")
    assert "the model: 2.00 bits" in made.figure.alt and "top-k 2: 1.00 bits" in made.figure.alt
    assert made.widget.topK == 7 and made.widget.topP == 1 == made.widget.temperature


def test_bars_stand_for_the_most_probable_tokens():
    p = torch.zeros(30).double()
    p[7], p[3] = 0.75, 0.25
    picture = plot_next([chr(97 + i) for i in range(30)], {"p": p}, title="Next")
    labels = [t.get_text() for t in picture.axes[0].get_yticklabels()]
    assert labels[:2] == ["h", "d"] and "0.81 bits" in picture.alt


def test_held_out_bits_stand_in_the_panel_of_the_training_curve():
    """A language model's loss is called bits per token; what is measured on held-out text has the same unit."""
    picture = plot_curves({"bits_per_token": [6.0, 4.0, 3.0, 2.5]}, points={"held_out_bits": ([2, 4], [4.5, 2.6])})
    (panel,) = picture.axes
    drawn = [line.get_ydata().tolist() for line in panel.lines]
    drawn += [dots.get_offsets()[:, 1].tolist() for dots in panel.collections]
    assert [4.5, 2.6] in drawn and panel.get_ylabel() == "bits"
