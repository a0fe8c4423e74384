"""How the shipped diffusion model of digits is trained, and how good its samples are.

A class-conditional U-Net that predicts v on the cosine schedule of 1000 times. The label of one image in
seven is left out, so that the same network is also a model of all digits (Ho and Salimans 2022,
arXiv:2207.12598). Times are drawn so that the logarithm of noise over signal is N(0, 1), as in Esser et al.
(2024), arXiv:2403.03206: the middle, where a digit is decided, is seen more often than the ends. What is kept
is the moving average of the weights. Made by `python -m genlab.weights digit_diffusion`.
"""

import json
import math
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab import weights
from genlab.data import Batches, digits, to_signed
from genlab.fit import cosine_decay, fit
from genlab.layers import one_hot
from genlab.metrics import digit_report
from genlab.metrics.features import predictions
from genlab.models.diffusion import DiffusionModel
from genlab.models.digit_diffusion import untrained
from genlab.random import bernoulli, randn

STEPS, BATCH, SEED = 3400, 64, 1
DROPPED = 0.15  # share of the labels that are left out


def make(folder: Path, checkpoint: Path, *, steps: int = STEPS, n: int = 1000) -> Path:
    """Trains, stores and measures the network; returns the path of the weights."""
    torch.manual_seed(SEED)
    rng = torch.Generator().manual_seed(SEED)
    images, labels = digits("train")
    recipe = Recipe(untrained())
    optimizer = torch.optim.AdamW(recipe.parameters(), lr=2e-3, weight_decay=0.01)
    began = time.process_time()
    history = fit(recipe, Batches(to_signed(images), labels, size=BATCH, rng=rng), optimizer, steps=steps, rng=rng,
                  clip=1.0, ema=0.995, schedule=warm_up, checkpoint=checkpoint, save_every=400)
    if history.interrupted:
        sys.exit(f"interrupted after {len(history)} of {steps} steps: the same command goes on")
    seconds = time.process_time() - began
    path = weights.store("digit_diffusion", history.ema.model.network.state_dict(), folder)
    model = untrained()
    model.network.load_state_dict(weights.load("digit_diffusion", folder))
    table = {"steps": steps, "cpu_seconds": round(seconds), **measure(model.eval(), n)}
    text = json.dumps(table, indent=1, ensure_ascii=False) + "\n"
    weights.write(path.with_suffix(".json"), text.encode())
    return path


class Recipe(nn.Module):
    """The model with the loss that trains it."""

    def __init__(self, model: DiffusionModel):
        super().__init__()
        self.model = model

    def loss(self, x: Tensor, y: Tensor, *, rng: torch.Generator | None = None) -> dict[str, Tensor]:
        rows = one_hot(y, 10, like=x)
        rows = rows * (1 - bernoulli(torch.full_like(rows[:, :1], DROPPED), rng=rng))
        t = middle_times(self.model.time_steps, len(x), like=x, rng=rng)
        x_t, noise = self.model.forward_diffusion(x, t, rng=rng)
        return {"loss": F.mse_loss(self.model.network(x_t, t, rows), self.model.velocity(x, t, noise))}


def middle_times(steps: int, n: int, *, like: Tensor, rng: torch.Generator | None = None) -> Tensor:
    """Times (n,) of the cosine schedule at which log √((1 - ᾱ) / ᾱ) is about N(0, 1)."""
    angle = randn((n,), like=like, rng=rng).exp().atan()
    return (angle * 2 / math.pi * steps).long().clamp(0, steps - 1)


def warm_up(progress: float) -> float:
    """Factor of the learning rate: up over the first fiftieth, down along a cosine."""
    return min(1.0, 50 * progress + 0.01) * cosine_decay(progress)


@torch.no_grad()
def measure(model: DiffusionModel, n: int = 1000) -> dict:
    """Loss on held-out digits, and the scores of n samples from 20 evaluations, with and without labels."""
    rng = torch.Generator().manual_seed(0)
    images, labels = digits("test")
    recipe = Recipe(model)
    held_out = torch.stack([recipe.loss(to_signed(x), y, rng=rng)["loss"]
                            for x, y in zip(images.split(100), labels.split(100), strict=True)])
    table = {"parameters": sum(p.numel() for p in model.network.parameters()),
             "loss_on_held_out": {"value": round(held_out.mean().item(), 4), "n": len(images)}}
    asked = torch.arange(n) % 10
    for name, wanted in (("without labels", None), ("with labels", asked)):
        parts = [model.sample((len(part), 1, 28, 28), steps=20, eta=0.0, rng=rng,
                              labels=None if wanted is None else part) for part in asked.split(50)]
        samples = torch.cat(parts)
        report = digit_report(samples, data_range=model.data_range)
        table[f"{n} samples of 20 evaluations, {name}"] = {
            key: round(value, 3) for key, value in report.scores.items()}
        if wanted is not None:
            likely = predictions(samples, data_range=model.data_range).argmax(1)
            table["accuracy_of_labels"] = {"value": round((likely == asked).float().mean().item(), 3), "n": n}
    return table
