"""The small voice with which lesson 61 begins: words of digits to spectrograms, trained as the lesson trains its own.

Made by `python -m genlab.weights digit_speaker`; it needs eSpeak NG (the extra `speech`).
"""

import json
import sys
from pathlib import Path

import torch

from genlab import weights
from genlab.data import Batches
from genlab.data.speech import numbers, spoken_digits
from genlab.fit import fit
from genlab.metrics.speech import alignment_report, digit_error_rate
from genlab.models.digit_speaker import schedule, untrained
from genlab.weights.digit_listener import rebuilt

STEPS, BATCH, SEED = 900, 32, 0


def make(folder: Path, checkpoint: Path, *, steps: int = STEPS, save_every: int = 50) -> Path:
    """Trains, stores and measures the network; returns the path of the weights."""
    torch.manual_seed(SEED)
    spoken, model = spoken_digits("train"), untrained()
    rng = torch.Generator().manual_seed(SEED)
    batches = Batches(spoken.letters, spoken.mels, spoken.frames, size=BATCH, rng=rng)
    optimizer = torch.optim.Adam(model.parameters(), 4e-3, betas=(0.9, 0.98))
    history = fit(model, batches, optimizer, steps=steps, rng=rng, clip=1.0, schedule=schedule, ema=0.98,
                  checkpoint=checkpoint, save_every=save_every)
    if history.interrupted:
        sys.exit(f"interrupted after {len(history)} of {steps} steps: the same command goes on")
    path = weights.store("digit_speaker", history.ema.state_dict(), folder)
    text = json.dumps({"steps": steps, **measure(folder)}, indent=1) + "\n"
    weights.write(path.with_suffix(".json"), text.encode())
    return path


def measure(folder: Path = weights.FOLDER) -> dict[str, float]:
    """Held-out strings, spoken freely: digit error rates, how the attention walked, whether lengths are right."""
    model = untrained()
    model.load_state_dict(weights.load("digit_speaker", folder))
    spoken, wanted = spoken_digits("test"), numbers("test")
    said = model.sample(spoken.letters, rng=torch.Generator().manual_seed(0))
    counts, steps = (spoken.letters != 0).sum(1).tolist(), (said.lengths // model.frames_per_step).tolist()
    walks = [alignment_report(w[:t, :n]) for w, t, n in zip(said.weights, steps, counts, strict=True)]
    close = ((said.lengths - spoken.frames).abs() <= 0.2 * spoken.frames).double().mean()
    heard_ = type(spoken)(spoken.letters, said.after, said.lengths, spoken.texts, spoken.alphabet)
    return {"digit_error_rate": round(digit_error_rate(said.after, said.lengths, wanted).value, 4),
            "after_griffin_lim": round(digit_error_rate(*rebuilt(heard_), wanted).value, 4),
            "monotone": round(sum(walk.monotone for walk in walks) / len(walks), 4),
            "length_within_fifth": round(close.item(), 4)}
