"""Spoken digits: letters and frames that belong together, two voices, and a folder of one's own."""

import pytest
import torch

from genlab.audio import wav_bytes
from genlab.data import espeak
from genlab.data.speech import (
    DIGIT_LETTERS,
    SOUND,
    WORDS,
    encode,
    numbers,
    read_wav,
    speech_folder,
    spell,
    spoken_digits,
    tone_voice,
)

needs_espeak = pytest.mark.skipif(not espeak.available(), reason="espeakng-loader is not installed")


def test_digits_become_words_and_words_letters():
    assert spell("3 1") == "three one" and set("".join(WORDS) + " ") == set(DIGIT_LETTERS)
    rows = encode(["one", "three one"])
    assert rows.shape == (2, 9) and rows[0, 3:].eq(0).all() and rows.max() <= len(DIGIT_LETTERS)
    assert "".join(DIGIT_LETTERS[k - 1] for k in rows[1].tolist()) == "three one"
    with pytest.raises(ValueError, match="no 'q'"):
        encode(["quit"])
    with pytest.raises(ValueError, match="empty"):
        encode(["one", ""])
    with pytest.raises(ValueError, match="digits"):
        spell("3.1")


def test_no_string_is_in_both_halves():
    train, test = numbers("train"), numbers("test")
    assert (len(train), len(test)) == (1000, 100) and not set(train) & set(test)
    assert {len(n) for n in train} == {2, 3, 4} and {c for n in test for c in n} == set("0123456789")
    assert numbers("train") == train


def test_tones_need_nothing_and_are_the_same_each_time():
    spoken = spoken_digits("test", voice="tones", count=6)
    again = spoken_digits("test", voice="tones", count=6)
    assert torch.equal(spoken.mels, again.mels) and len(spoken) == 6
    assert spoken.mels.shape == (6, int(spoken.frames.max()), SOUND.bands)
    for mel, count, text in zip(spoken.mels, spoken.frames, spoken.texts, strict=True):
        assert mel[count:].eq(0).all() and torch.allclose(mel[:count], SOUND(tone_voice(text)))
    letters = [SOUND(tone_voice(letter * 4))[8] for letter in DIGIT_LETTERS]
    apart = torch.cdist(torch.stack(letters), torch.stack(letters)) + 9 * torch.eye(len(letters))
    assert apart.min() > 1


@needs_espeak
def test_a_real_voice_says_what_it_is_given():
    spoken = spoken_digits("test", count=4)
    assert spoken.texts == tuple(spell(n) for n in numbers("test")[:4])
    assert torch.equal(spoken.letters, spoken.encode(*spoken.texts))
    per_letter = spoken.frames / (spoken.letters != 0).sum(1)
    assert 4 < per_letter.min() and per_letter.max() < 14
    slow, fast = (espeak.say("one two", speed=speed) for speed in (100, 300))
    assert slow[1] == 22050 and len(slow[0]) > 1.5 * len(fast[0]) and slow[0].abs().max() <= 1
    with pytest.raises(ValueError, match="knows no voice"):
        espeak.say("one", voice="nobody")


def test_where_there_is_no_synthesiser_the_message_says_what_to_do(monkeypatch):
    def missing():
        raise ImportError("no module")

    monkeypatch.setattr(espeak, "_library", missing)
    assert not espeak.available()
    with pytest.raises(ImportError, match=r"pip install espeakng-loader.*tones"):
        espeak.say("one")


def test_misuse_is_refused():
    with pytest.raises(ValueError, match="voice must be one of"):
        spoken_digits(voice="flute")
    with pytest.raises(ValueError, match="split"):
        spoken_digits("dev", voice="tones", count=2)
    with pytest.raises(ValueError, match="count"):
        spoken_digits("test", voice="tones", count=101)


def test_a_folder_of_ones_own(tmp_path):
    (tmp_path / "wavs").mkdir()
    lines = []
    for name, text in (("a", "Hi"), ("b", "One, 2|One, two")):
        (tmp_path / "wavs" / f"{name}.wav").write_bytes(wav_bytes(tone_voice("one"), 22050))
        lines.append(f"{name}|{text}")
    (tmp_path / "metadata.csv").write_text("\n".join(lines) + "\n")
    spoken = speech_folder(tmp_path)
    assert spoken.texts == ("hi", "one, two") and set(spoken.alphabet) == set("hi one, two")
    wave, rate = read_wav(tmp_path / "wavs" / "a.wav")
    assert rate == 22050 and (wave - tone_voice("one")).abs().max() < 1e-4
    assert int(spoken.frames[0]) == round(len(wave) / 2) // SOUND.hop + 1
    assert len(speech_folder(tmp_path, count=1)) == 1
    (tmp_path / "metadata.csv").write_text("a|\n")
    with pytest.raises(ValueError, match="without text"):
        speech_folder(tmp_path)
