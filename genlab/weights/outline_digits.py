"""The small generator with which lesson 60 begins: outlines to digits, trained as the lesson trains a wider one.

Made by `python -m genlab.weights outline_digits`.
"""

import json
import sys
from pathlib import Path

import torch

from genlab import weights
from genlab.data import Batches, outline_pairs, to_signed
from genlab.fit import cosine_decay, fit_adversarial
from genlab.metrics.estimate import estimate
from genlab.metrics.labels import label_accuracy
from genlab.metrics.similarity import ssim
from genlab.models.pix2pix import PatchGAN, Pix2Pix, Pix2PixGenerator

STEPS, BATCH, SEED = 500, 32, 0


def generator() -> Pix2PixGenerator:
    """The network, untrained: 284,001 weights, few enough for a page of the browser."""
    return Pix2PixGenerator(1, 1, image_size=32, width=16, max_width=48, norm="instance", noisy_blocks=2)


def make(folder: Path, checkpoint: Path, *, steps: int = STEPS, save_every: int = 100) -> Path:
    """Trains, stores and measures the network; returns the path of the weights."""
    torch.manual_seed(SEED)
    x, y, _ = outline_pairs("train")
    game = Pix2Pix(generator(), PatchGAN(1, 1, width=32, layers=1, norm="none"))
    batches = Batches(to_signed(x), to_signed(y), size=BATCH, rng=torch.Generator().manual_seed(SEED))
    rates = ((game.generator, 3e-3), (game.discriminator, 2e-3))
    optimizers = [torch.optim.Adam(player.parameters(), rate, betas=(0.5, 0.999)) for player, rate in rates]
    history = fit_adversarial(game, batches, *optimizers, steps=steps, schedule=cosine_decay, ema=0.99,
                              checkpoint=checkpoint, save_every=save_every)
    if history.interrupted:
        sys.exit(f"interrupted after {len(history)} of {steps} steps: the same command goes on")
    path = weights.store("outline_digits", history.ema.generator.state_dict(), folder)
    text = json.dumps({"steps": steps, **measure(folder)}, indent=1) + "\n"
    weights.write(path.with_suffix(".json"), text.encode())
    return path


def measure(folder: Path = weights.FOLDER) -> dict[str, float]:
    """SSIM and the share of digits that are read rightly, of the held-out outlines, without noise."""
    network = generator()
    network.load_state_dict(weights.load("outline_digits", folder))
    x, y, labels = outline_pairs("test")
    made = (Pix2Pix(network, torch.nn.Identity()).sample(to_signed(x), noisy=False) + 1) / 2
    made, y = made[..., 2:-2, 2:-2], y[..., 2:-2, 2:-2]
    accuracy = label_accuracy(made, labels).value
    return {"ssim": round(estimate(ssim(made, y)).value, 4), "label_accuracy": round(accuracy, 4)}
