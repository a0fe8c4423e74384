"""Digits that are heard, edits counted by hand, and walks whose numbers are known."""

import json

import pytest
import torch

from genlab import weights
from genlab.data import espeak
from genlab.data.speech import numbers, spoken_digits
from genlab.metrics.speech import DigitListener, alignment_report, digit_error_rate, edit_distance, heard
from genlab.pretrained import digit_speaker


@pytest.mark.parametrize("said, wanted, edits", [("", "", 0), ("314", "314", 0), ("34", "314", 1), ("3114", "314", 1),
                                                 ("514", "314", 1), ("", "42", 2), ("413", "314", 2), ("12", "34", 2)])
def test_edits_by_hand(said, wanted, edits):
    assert edit_distance(said, wanted) == edit_distance(wanted, said) == edits


class Scripted(torch.nn.Module):
    """Says, whatever it hears, the digits of its script: blank, digit, digit, blank, …"""

    lengths = staticmethod(DigitListener.lengths)

    def __init__(self, *scripts):
        super().__init__()
        self.scripts = scripts

    def forward(self, mels, frames):
        logits = torch.zeros(len(mels), (mels.shape[1] + 1) // 2, 11)
        for row, script in zip(logits, self.scripts, strict=True):
            for k, symbol in enumerate(script.ljust(len(row), "-")):
                row[k, 0 if symbol == "-" else 1 + int(symbol)] = 1
        return logits


def test_repeats_are_one_unless_a_pause_is_between_them():
    network = Scripted("33-33-1", "--7777-")
    mels, frames = torch.zeros(2, 14, 48), torch.tensor([14, 8])
    assert heard(mels, frames, network=network) == ["331", "7"]
    rate = digit_error_rate(mels, frames, ["31", "77"], network=network)
    assert rate.value == pytest.approx(2 / 4) and rate.n == 2
    with pytest.raises(ValueError, match="one digit string"):
        digit_error_rate(mels, frames, ["3", ""], network=network)


def test_what_is_heard_does_not_depend_on_padding():
    torch.manual_seed(0)
    network = DigitListener()
    mels, frames = torch.randn(2, 40, 48), torch.tensor([25, 40])
    noisy = mels.clone()
    noisy[0, 25:] = 100.0
    alone = network(mels[:1, :25], frames[:1])
    assert torch.allclose(network(noisy, frames)[0, :13], alone[0], atol=1e-5)


@pytest.mark.skipif(not espeak.available(), reason="espeakng-loader is not installed")
def test_the_shipped_recogniser_understands_a_real_voice():
    spoken = spoken_digits("test", count=30)
    assert digit_error_rate(spoken.mels, spoken.frames, numbers("test")[:30]).value < 0.02
    assert digit_error_rate(spoken.mels, spoken.frames, numbers("test")[1:31]).value > 0.7


@pytest.mark.skipif(not espeak.available(), reason="espeakng-loader is not installed")
def test_the_shipped_voice_is_understood_and_its_table_keeps_the_bars():
    table = json.loads((weights.FOLDER / "digit_speaker.json").read_text(encoding="utf-8"))
    assert table["digit_error_rate"] <= 0.05 and table["after_griffin_lim"] <= 0.1 and table["monotone"] >= 0.98
    spoken = spoken_digits("test", count=25)
    said = digit_speaker().sample(spoken.letters, rng=torch.Generator().manual_seed(0))
    assert digit_error_rate(said.after, said.lengths, numbers("test")[:25]).value <= 0.06
    assert ((said.lengths - spoken.frames).abs() <= 0.2 * spoken.frames).all()


def test_walks_whose_numbers_are_known():
    walk = torch.eye(6).repeat_interleave(2, 0)
    assert alignment_report(walk) == (1.0, 1.0, 1.0)
    assert alignment_report(walk.flip(0)).monotone == pytest.approx(6 / 11)
    blank = torch.full((12, 6), 1 / 6)
    report = alignment_report(blank, width=1.0, least=1.99)
    assert report == pytest.approx((1.0, 1.0, 1.0)) and alignment_report(blank, least=2.1).covered == 0
    stuck = torch.zeros(10, 5)
    stuck[:, 0] = 1
    assert alignment_report(stuck, width=0.2) == pytest.approx((0.3, 1.0, 0.2))
    assert alignment_report(torch.ones(1, 1)) == (1.0, 1.0, 1.0)
