"""What the feature network makes of images whose worth is known: the table beside its weights.

Distances are Fréchet distances in its features. Beside each stand n, the inception score of its own
predictions, exp E KL(p(y|x) ‖ p(y)), and the share of images that it calls some digit with probability
above 0.9: neither of these two sees that a class lacks variety, and the distance must.
"""

import torch
from torch import Tensor

from genlab.data import binarize, digits
from genlab.metrics.features import DigitFeatures, image_features, predictions
from genlab.metrics.frechet import floor, frechet_from_moments, moments
from genlab.random import bernoulli, permutation, rand, randn
from genlab.weights.blurring import blur

FLOORS = (1000, 700, 500, 400, 300, 200, 100)


def measure(network: DigitFeatures) -> dict:
    """The table, as plain numbers."""
    rng = torch.Generator().manual_seed(0)
    (train, train_labels), (test, test_labels) = digits("train"), digits("test")
    right = predictions(test, network=network).argmax(1) == test_labels
    table = {"parameters": sum(parameter.numel() for parameter in network.parameters()),
             "accuracy_on_held_out": {"value": round(right.double().mean().item(), 4), "n": len(test)}}
    forms = {"grey": (train, test, defects(train, train_labels, test, test_labels, rng)),
             "binarised": (binarize(train), binarize(test), binary(test, rng))}
    for form, (reference, held_out, sets) in forms.items():
        target = moments(image_features(reference, network=network))
        features = image_features(held_out, network=network)
        table[f"against {len(reference)} {form} training digits"] = {
            "floor: random subsets of the 1000 held-out digits": [
                floor_row(features, target, n, rng) for n in FLOORS],
            **{name: row(images, target, network) for name, images in sets.items()}}
    return table


def defects(train: Tensor, train_labels: Tensor, test: Tensor, test_labels: Tensor,
            rng: torch.Generator) -> dict[str, Tensor]:
    """Sets of images, good and bad, to be compared with grey digits."""
    means = torch.stack([train[train_labels == label].mean(0) for label in range(10)])
    noise = {f"held-out digits, noise σ = {sigma:g}": (test + sigma * randn(test.shape, rng=rng)).clamp(0, 1)
             for sigma in (0.05, 0.1, 0.2, 0.4)}
    return {
        "held-out digits": test,
        "training digits": train[permutation(len(train), rng=rng)[:1000]],
        "held-out digits, binarised at 0.5": binarize(test),
        "held-out digits, pixels drawn with their grey as probability": bernoulli(test, rng=rng),
        **noise,
        "held-out digits, blurred by one pixel": blur(test),
        "held-out digits, half blurred": (test + blur(test)) / 2,
        "one class only": train[train_labels == 3],
        "three classes missing": test[test_labels > 2],
        "100 held-out digits, ten times each": test[:100].repeat(10, 1, 1, 1),
        "class means": means.repeat(100, 1, 1, 1),
        "pixels independent, each with its mean": bernoulli(train.mean(0).expand(1000, 1, 28, 28), rng=rng),
        "blank": torch.zeros(1000, 1, 28, 28),
        "uniform noise": rand((1000, 1, 28, 28), rng=rng),
    }


def binary(test: Tensor, rng: torch.Generator) -> dict[str, Tensor]:
    """The sets that tell what mixing up the two references costs."""
    return {"held-out digits, binarised at 0.5": binarize(test),
            "held-out digits, pixels drawn with their grey as probability": bernoulli(test, rng=rng),
            "held-out digits, grey": test}


def row(images: Tensor, target: tuple[Tensor, Tensor], network: DigitFeatures) -> dict:
    p = predictions(images, network=network).double()
    log_ratio = p.clamp(min=1e-12).log() - p.mean(0).clamp(min=1e-12).log()
    distance = frechet_from_moments(*moments(image_features(images, network=network)), *target)
    return {"n": len(images), "distance": round(distance, 3),
            "inception_score": round((p * log_ratio).sum(1).mean().exp().item(), 2),
            "confident": round((p.amax(1) > 0.9).double().mean().item(), 3)}


def floor_row(features: Tensor, target: tuple[Tensor, Tensor], n: int, rng: torch.Generator) -> dict:
    value, scatter, _ = floor(features, target, n, repeats=20, rng=rng)
    return {"n": n, "distance": round(value, 3), "scatter": round(scatter, 3) if n < len(features) else None}
