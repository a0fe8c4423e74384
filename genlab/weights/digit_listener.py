"""The recogniser of spoken digits by which the digit error rate is measured.

Made by `python -m genlab.weights digit_listener`; it needs eSpeak NG (the extra `speech`).
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab import weights
from genlab.data import Batches
from genlab.data.speech import SOUND, Spoken, numbers, spoken_digits
from genlab.fit import cosine_decay, fit
from genlab.metrics.speech import DigitListener, digit_error_rate
from genlab.random import rand, randn

STEPS, BATCH, SEED = 600, 32, 0


class Recipe(nn.Module):
    """The network with the loss that trains it: CTC on spectrograms that are louder or noisier, slower or faster."""

    def __init__(self):
        super().__init__()
        self.network = DigitListener()

    def loss(self, mels: Tensor, frames: Tensor, digits: Tensor, counts: Tensor, *,
             rng: torch.Generator | None = None) -> dict[str, Tensor]:
        mels = mels[:, :int(frames.max())]
        pace = 0.8 + 0.4 * rand((1,), rng=rng).item()
        mels = F.interpolate(mels.transpose(1, 2), scale_factor=pace, mode="linear").transpose(1, 2)
        frames = (frames * pace).long().clamp(max=mels.shape[1])
        size = (len(mels), 1, 1)
        mels = mels + 0.5 * randn(size, rng=rng) + 0.3 * rand(size, rng=rng) * randn(mels.shape, rng=rng)
        log_p = self.network(mels, frames).log_softmax(-1).transpose(0, 1)
        return {"loss": F.ctc_loss(log_p, digits, self.network.lengths(frames), counts, zero_infinity=True)}


def as_targets(texts: list[str]) -> tuple[Tensor, Tensor]:
    """Digits + 1, padded with 0, and how many there are."""
    rows = [torch.tensor([int(c) + 1 for c in text]) for text in texts]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True), torch.tensor([len(row) for row in rows])


def make(folder: Path, checkpoint: Path, *, steps: int = STEPS, save_every: int = 100) -> Path:
    """Trains, stores and measures the network; returns the path of the weights."""
    torch.manual_seed(SEED)
    spoken, recipe = spoken_digits("train"), Recipe()
    rng = torch.Generator().manual_seed(SEED)
    batches = Batches(spoken.mels, spoken.frames, *as_targets(numbers("train")), size=BATCH, rng=rng)
    optimizer = torch.optim.Adam(recipe.parameters(), 6e-3, betas=(0.9, 0.98))
    history = fit(recipe, batches, optimizer, steps=steps, rng=rng, clip=1.0, schedule=cosine_decay,
                  checkpoint=checkpoint, save_every=save_every)
    if history.interrupted:
        sys.exit(f"interrupted after {len(history)} of {steps} steps: the same command goes on")
    path = weights.store("digit_listener", recipe.network.state_dict(), folder)
    text = json.dumps({"steps": steps, **measure(folder)}, indent=1) + "\n"
    weights.write(path.with_suffix(".json"), text.encode())
    return path


def measure(folder: Path = weights.FOLDER) -> dict[str, float]:
    """Digit error rates on held-out strings: as spoken, after Griffin and Lim, and against other strings."""
    network = DigitListener()
    network.load_state_dict(weights.load("digit_listener", folder))
    spoken, wanted = spoken_digits("test"), numbers("test")

    def rate(mels: Tensor, frames: Tensor, texts: list[str]) -> float:
        return round(digit_error_rate(mels, frames, texts, network=network).value, 4)

    return {"digit_error_rate": rate(spoken.mels, spoken.frames, wanted),
            "after_griffin_lim": rate(*rebuilt(spoken), wanted),
            "wrong_text": rate(spoken.mels, spoken.frames, wanted[1:] + wanted[:1])}


def rebuilt(spoken: Spoken, rounds: int = 30) -> tuple[Tensor, Tensor]:
    """The spectrograms of waves that Griffin and Lim's method made of spectrograms."""
    waves = [SOUND.invert(mel[:count], rounds=rounds) for mel, count in zip(spoken.mels, spoken.frames.tolist(),
                                                                            strict=True)]
    mels = [SOUND(wave) for wave in waves]
    return nn.utils.rnn.pad_sequence(mels, batch_first=True), torch.tensor([len(mel) for mel in mels])
