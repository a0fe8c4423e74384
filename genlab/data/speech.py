"""Speech: letters and log mel spectrograms of equal meaning, padded to equal length.

    spoken = spoken_digits("train")                  digit strings, spoken on the spot by eSpeak NG, then kept
    spoken = spoken_digits("train", voice="tones")   a stand-in voice of gliding formants, which needs nothing
    spoken = speech_folder("LJSpeech-1.1")           your own: wavs/ and metadata.csv

What is spoken and what it becomes is set by `SOUND`: 11,025 samples a second, windows of 512 samples 128 apart, 48
bands, (log - (-5)) / 2.
"""

import math
import wave as wave_files
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from genlab.audio import MelSpectrogram, resample
from genlab.data import espeak
from genlab.data.cache import cached
from genlab.random import randint

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DIGIT_LETTERS = " efghinorstuvwxz"  # of these words
VOICES = ("espeak", "tones")
SPEED = 160  # words a minute
SOUND = MelSpectrogram(11025, 512, 128, 48, floor=1e-4, centre=-5.0, spread=2.0)


@dataclass(frozen=True)
class Spoken:
    """Texts and how they sound.

    Attributes:
        letters: (N, L) int64, places in the alphabet counted from 1; 0 is padding.
        mels: (N, T, bands), frames of log mel spectrograms, 0 where there is none.
        frames: (N,) int64, how many frames are real.
        texts: the texts themselves.
        alphabet: every letter, in order.
    """

    letters: Tensor
    mels: Tensor
    frames: Tensor
    texts: tuple[str, ...]
    alphabet: str

    def __len__(self) -> int:
        return len(self.texts)

    def encode(self, *texts: str) -> Tensor:
        """Letters of these texts, (len(texts), longest)."""
        return encode(texts, self.alphabet)


def encode(texts: Sequence[str], alphabet: str = DIGIT_LETTERS) -> Tensor:
    """Places in the alphabet, from 1, padded with 0: n texts -> (n, longest) int64.

    Raises:
        ValueError: a letter that the alphabet has not, or a text without letters.
    """
    places = {letter: k for k, letter in enumerate(alphabet, 1)}
    strange = sorted({letter for text in texts for letter in text} - places.keys())
    if strange or not all(texts):
        raise ValueError(f"the alphabet has no {', '.join(map(repr, strange))}: leave out these letters" if strange
                         else "a text is empty: give it at least one letter")
    rows = torch.zeros(len(texts), max(map(len, texts)), dtype=torch.int64)
    for row, text in zip(rows, texts, strict=True):
        row[:len(text)] = torch.tensor([places[letter] for letter in text])
    return rows


def spell(number: str) -> str:
    """A digit string in words: "314" -> "three one four"."""
    digits = [c for c in str(number) if not c.isspace()]
    if not digits or not all(c in "0123456789" for c in digits):
        raise ValueError(f"number must be digits from 0 to 9, got {number!r}")
    return " ".join(WORDS[int(c)] for c in digits)


def numbers(split: str = "train") -> list[str]:
    """Digit strings of 2 to 4 digits, 1000 for training and 100 others; none is in both."""
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test', got {split!r}")
    rng, seen = torch.Generator().manual_seed(61), {}
    while len(seen) < 1100:
        digits = randint(0, 10, (int(randint(2, 5, (1,), rng=rng)),), rng=rng)
        seen.setdefault("".join(map(str, digits.tolist())))
    every = list(seen)
    return every[100:] if split == "train" else every[:100]


def spoken_digits(split: str = "train", *, voice: str = "espeak", count: int | None = None) -> Spoken:
    """Digit strings and their spectrograms: 1000 of 2 to 4 digits to train on, 100 others to test.

    Args:
        voice: "espeak", a real synthesiser, or "tones".
        count: only so many of them.

    Raises:
        ImportError: eSpeak NG is missing; the message says what to do.
        ValueError: no such split or voice.
    """
    if voice not in VOICES:
        raise ValueError(f"voice must be one of {', '.join(VOICES)}, got {voice!r}")
    every = numbers(split)
    if count is not None and not 1 <= count <= len(every):
        raise ValueError(f"count must lie between 1 and {len(every)}, got {count}")
    speak = tone_voice if voice == "tones" else _espeak
    if voice == "tones" or count is not None:  # few are quicker spoken than read
        return _spoken([spell(number) for number in every[:count]], speak)

    def make() -> dict[str, np.ndarray]:
        spoken = _spoken([spell(number) for number in every], speak)
        return {"mels": spoken.mels.half().numpy(), "frames": spoken.frames.numpy()}

    def is_valid(arrays) -> bool:
        return arrays["mels"].shape[::2] == (len(every), SOUND.bands) and arrays["frames"].shape == (len(every),)

    stored = cached(f"speech-{split}-{SPEED}-{SOUND.hop}-1", make, is_valid)
    texts = [spell(number) for number in every]
    return Spoken(encode(texts), torch.from_numpy(stored["mels"].astype(np.float32)),
                  torch.from_numpy(stored["frames"].astype(np.int64)), tuple(texts), DIGIT_LETTERS)


def _spoken(texts: Sequence[str], speak) -> Spoken:
    return _padded(texts, [SOUND(speak(text)) for text in texts], DIGIT_LETTERS)


def _padded(texts: Sequence[str], mels: Sequence[Tensor], alphabet: str) -> Spoken:
    frames = torch.tensor([len(mel) for mel in mels])
    return Spoken(encode(texts, alphabet), torch.nn.utils.rnn.pad_sequence(list(mels), batch_first=True), frames,
                  tuple(texts), alphabet)


def _espeak(text: str) -> Tensor:
    wave, rate = espeak.say(text, speed=SPEED)
    return resample(wave, rate, SOUND.rate)


def tone_voice(text: str) -> Tensor:
    """A voice that needs nothing, (N,): each letter is a buzz with two formants of its own, 60 ms; a space is silence.

    Nobody would call it speech, but letters have sounds, sounds have lengths, and a network can learn it.
    """
    rate, step = SOUND.rate, round(0.06 * SOUND.rate)
    places = torch.tensor([DIGIT_LETTERS.index(letter) for letter in text])
    low = torch.where(places > 0, 250.0 + 45.0 * places, 0.0).repeat_interleave(step)
    high = torch.where(places > 0, 900.0 + 330.0 * ((7 * places) % 12), 0.0).repeat_interleave(step)
    loud = (places > 0).float().repeat_interleave(step)
    smooth = torch.hann_window(2 * (step // 4) + 1)
    kernel = (smooth / smooth.sum()).view(1, 1, -1)
    low, high, loud = (torch.nn.functional.conv1d(x.view(1, 1, -1), kernel, padding=kernel.shape[-1] // 2).flatten()
                       for x in (low, high, loud))
    turns = torch.cumsum(torch.stack([torch.full_like(low, 110.0), low, high]), 1) * (2 * math.pi / rate)
    return 0.25 * loud * (0.5 * turns[0].sin() + turns[1].sin() + 0.7 * turns[2].sin())


def speech_folder(path: str | Path, *, count: int | None = None, sound: MelSpectrogram = SOUND) -> Spoken:
    """Your own recordings, in the form of LJSpeech: `metadata.csv` with lines `name|text` and `wavs/name.wav`, 16 bits.

        spoken = speech_folder("LJSpeech-1.1", count=500)

    A third column, the text with its numbers spelled out, is preferred. Texts are in lower case. Other sampling rates
    become that of `sound`; of several channels the first is taken.

    Raises:
        FileNotFoundError: no metadata.csv there.
        ValueError: a line without text, or a file of another form.
    """
    path = Path(path).expanduser()
    lines = (path / "metadata.csv").read_text(encoding="utf-8").splitlines()
    texts, mels = [], []
    for line in [line for line in lines if line.strip()][:count]:
        name, *columns = line.split("|")
        text = columns[-1].strip().lower() if columns else ""
        if not text:
            raise ValueError(f"metadata.csv has a line without text, {line!r}: write name|text")
        texts.append(text)
        mels.append(sound(resample(*read_wav(path / "wavs" / f"{name}.wav"), sound.rate)))
    return _padded(texts, mels, "".join(sorted(set("".join(texts)))))


def read_wav(path: str | Path) -> tuple[Tensor, int]:
    """The first channel of a WAV file of 16 bits, (N,) in [-1, 1], and its samples a second."""
    with wave_files.open(str(path)) as file:
        if file.getsampwidth() != 2:
            raise ValueError(f"{path} has {8 * file.getsampwidth()} bits a sample: convert it to 16")
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())[:, 0]
        return torch.from_numpy(samples.astype(np.float32) / 32768), file.getframerate()
