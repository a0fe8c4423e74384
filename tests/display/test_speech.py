"""Speech to see and to hear: what the widget carries, what a player holds, what a picture says in words."""

import base64
import io
import re
import wave as wave_files

import pytest
import torch

from genlab.audio import wav_bytes
from genlab.data.speech import SOUND
from genlab.display import plot_alignments, plot_mels, speaker, voice_of
from genlab.display.speech import Players, packed, spelled
from genlab.models.digit_speaker import untrained


@pytest.fixture(scope="module")
def voice():
    torch.manual_seed(0)
    return untrained().eval()


def test_the_widget_carries_every_weight_once(voice):
    weights, shape = packed(voice)
    norms = sum(p.numel() for name, p in voice.named_parameters() if re.search(r"convolutions\.\d\.1", name))
    doubled = sum(p.numel() for name, p in voice.named_parameters() if "bias_hh" in name)
    biases = norms // 2  # a norm's gain and bias become the convolution's bias
    assert len(weights) == 2 * (sum(p.numel() for p in voice.parameters()) - norms + biases - doubled)
    assert shape["vocab"] == 17 and shape["frames"] == 3 and shape["encoder"] == 64
    made = speaker(voice, "7")
    assert made.widget.text == "7" and "seven" in made.figure.alt
    assert len(weights) * 4 / 3 < 950_000


def test_digits_and_letters_are_spelled():
    assert spelled("31") == "three one" and spelled("Six 1") == "six one"


def test_a_player_holds_the_wave_and_a_name_that_is_read_out():
    x = 0.5 * torch.sin(torch.arange(2000) / 7)
    html = Players({"“two” & more": x}, SOUND.rate)._repr_html_()
    assert 'aria-label="“two” &amp; more"' in html and html.count("<audio") == 1
    data = base64.b64decode(re.search(r"base64,([A-Za-z0-9+/=]+)", html).group(1))
    assert data == wav_bytes(x, SOUND.rate)
    with wave_files.open(io.BytesIO(data)) as file:
        assert file.getnframes() == 2000


def test_pictures_say_what_they_show(voice):
    text = "one"
    said = voice.sample(torch.tensor([[2, 3, 4, 0]]), max_frames=12)
    weights, words = voice_of(said, [text], 0, voice)
    assert weights.shape == (int(said.lengths[0]) // 3, 3) and words == text
    walk = torch.eye(3)
    assert "from letter 1 to letter 3 of 3, back 0 times" in plot_alignments({"a": (walk, text)}).alt
    assert "back 2 times" in plot_alignments({"a": (walk.flip(0), text)}, mels={"a": torch.zeros(9, 48)}).alt
    assert "0.10 s" in plot_mels({"a tone": torch.zeros(9, 48)}).alt
