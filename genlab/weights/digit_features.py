"""How the metrics' feature network is trained, and what it then makes of images that are known.

Each batch of digits is seen twice: distorted (turned, scaled, sheared, moved), and distorted and spoiled
(blur, contrast, noise). Both are to be recognised, and each feature is to differ between the two by
little of its own variance, so that speckle costs a sample less than a wrong shape does. With them come
images that are no digits, for which all ten are to be equally likely (outlier exposure: Hendrycks,
Mazeika and Dietterich, 2019, arXiv:1812.04606). Made by `python -m genlab.weights digit_features`.
"""

import json
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genlab import weights
from genlab.data import Batches, digits
from genlab.fit import cosine_decay, fit
from genlab.metrics.features import DigitFeatures
from genlab.random import bernoulli, permutation, rand, randn
from genlab.weights.blurring import blur
from genlab.weights.defects import measure

STEPS, BATCH, SEED = 2000, 100, 1
OUTLIERS = 20  # images in a batch that are no digits


def make(folder: Path, checkpoint: Path, *, steps: int = STEPS, save_every: int = 100) -> Path:
    """Trains, stores and measures the network; returns the path of the weights."""
    rng = torch.Generator().manual_seed(SEED)
    images, labels = digits("train")
    recipe = Recipe(initialised(DigitFeatures(), rng))
    optimizer = torch.optim.AdamW(recipe.parameters(), lr=3e-3, weight_decay=0.1)
    history = fit(recipe, Batches(images, labels, size=BATCH, rng=rng), optimizer, steps=steps, rng=rng,
                  clip=2.0, schedule=warm_up, checkpoint=checkpoint, save_every=save_every)
    if history.interrupted:
        sys.exit(f"interrupted after {len(history)} of {steps} steps: the same command goes on")
    standardise(recipe.network, images)
    path = weights.store("digit_features", recipe.network.state_dict(), folder)
    network = DigitFeatures()
    network.load_state_dict(weights.load("digit_features", folder))
    table = {"steps": steps, **measure(network.eval())}
    text = json.dumps(table, indent=1, ensure_ascii=False) + "\n"
    weights.write(path.with_suffix(".json"), text.encode())
    return path


class Recipe(nn.Module):
    """The network with the loss that trains it."""

    def __init__(self, network: DigitFeatures):
        super().__init__()
        self.network = network

    def loss(self, x: Tensor, y: Tensor, *, rng: torch.Generator | None = None) -> dict[str, Tensor]:
        distorted = distort(x, rng)
        inputs = torch.cat([distorted, spoil(distorted, rng), not_digits(x, OUTLIERS, rng)])
        features = self.network.features(inputs)
        clean, spoilt, _ = features.split([len(x), len(x), OUTLIERS])
        logits = self.network.head(F.relu(features))
        log_p = logits.log_softmax(1)
        recognition = F.nll_loss(log_p[:-OUTLIERS], torch.cat([y, y]))
        surprise = -log_p[-OUTLIERS:].mean() - math.log(10)  # KL(uniform ‖ p), nats
        change = ((spoilt - clean).square().mean(0) / (clean.var(0) + 1e-3)).mean()
        return {"loss": recognition + 0.1 * surprise + 0.1 * change,
                "recognition_nats": recognition, "surprise_nats": surprise, "change": change}


def initialised(network: DigitFeatures, rng: torch.Generator) -> DigitFeatures:
    """He's initialisation, from rng alone."""
    for parameter in network.parameters():
        if parameter.ndim > 1:
            nn.init.kaiming_uniform_(parameter, nonlinearity="relu", generator=rng)
        else:
            nn.init.zeros_(parameter)
    return network


def warm_up(progress: float) -> float:
    """Factor of the learning rate: up over the first tenth, down along a cosine."""
    return min(1.0, 10 * progress + 0.01) * cosine_decay(progress)


def distort(x: Tensor, rng: torch.Generator | None) -> Tensor:
    """Each image turned by up to 15°, scaled by up to 15 %, sheared by up to 1/4, moved by up to 2 pixels."""
    angle, size, shear, right, down = 2 * rand((5, len(x)), like=x, rng=rng) - 1
    angle, size = math.radians(15) * angle, 1 + 0.15 * size
    rows = (size * angle.cos(), 0.25 * shear - size * angle.sin(), right / 7,
            size * angle.sin(), size * angle.cos(), down / 7)
    grid = F.affine_grid(torch.stack(rows, 1).view(-1, 2, 3), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


def spoil(x: Tensor, rng: torch.Generator | None) -> Tensor:
    """Half are blurred, half are noisy (σ up to 0.3), a quarter gain contrast, each by a random amount."""
    def amount(probability: float) -> Tensor:
        size = rand((len(x), 1, 1, 1), like=x, rng=rng)
        return size * bernoulli(torch.full_like(size, probability), rng=rng)

    x = x + amount(0.5) * (blur(x) - x)
    x = (x - 0.5) * (1 + 7 * amount(0.25)) + 0.5
    return (x.clamp(0, 1) + 0.3 * amount(0.5) * randn(x.shape, like=x, rng=rng)).clamp(0, 1)


def not_digits(x: Tensor, n: int, rng: torch.Generator | None) -> Tensor:
    """n images: even ones, speckle, digits with their pixels shuffled, blobs, and means of five digits."""
    share = -(-n // 5)
    x = x[permutation(len(x), rng=rng).to(x.device)]
    noise = rand((3, share, *x.shape[1:]), like=x, rng=rng)
    level, amount, contrast = rand((3, share, 1, 1, 1), like=x, rng=rng)
    shuffled = x[:share].flatten(1)[:, permutation(784, rng=rng).to(x.device)].view_as(x[:share])
    even = level * (level < 0.7) + amount * (noise[0] - 0.5)
    blobs = 10 * (blur(blur(noise[2])) - 0.5) * (0.5 + contrast) + 1 - level
    means = torch.stack(x[:5 * share].chunk(5)).mean(0) * (1 + contrast)
    return torch.cat([even, noise[1], shuffled, blobs, means])[:n].clamp(0, 1)


@torch.no_grad()
def standardise(network: DigitFeatures, images: Tensor) -> None:
    """Gives every feature unit variance over the images, without changing a logit.

    ReLU(s h) = s ReLU(h) for s > 0: what the embedding is divided by, the head is multiplied by.
    """
    scale = torch.cat([network.features(part) for part in images.split(500)]).std(0)
    network.embedding.weight /= scale[:, None]
    network.embedding.bias /= scale
    network.head.weight *= scale
