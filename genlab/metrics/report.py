"""Sampled digits by every score at once, beside what held-out real digits get at the same n.

No score decides alone. The Fréchet and the kernel distance mix fidelity and diversity; precision and density
ask for the one, recall and coverage for the other; the inception score looks at labels only; and in all of
them whoever recites the training set looks as good as real, but for the distance to the nearest training
image, which is then 0. The held-out digits hold each class equally often, as honest samples do only on
average, so that samples may lie a little above the real Fréchet distance without any fault.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from genlab.metrics.coverage import neighbour_scores
from genlab.metrics.features import image_features, predictions, reference_features
from genlab.metrics.frechet import frechet_distance
from genlab.metrics.images import DataRange, unit_images
from genlab.metrics.inception_score import inception_score
from genlab.metrics.kernel_distance import kernel_distance
from genlab.metrics.neighbours import nearest_training_distance
from genlab.random import permutation

LARGEST = 1000  # held-out digits there are
KEPT = ("kernel_distance", "precision", "recall", "density", "coverage")


class DigitReport(NamedTuple):
    """name -> number for `n` samples and for `n` held-out real digits; as text a table."""

    scores: dict[str, float]
    real: dict[str, float]
    n: int

    def rows(self) -> dict[str, tuple[float, int]]:
        """What the course's table keeps beside the Fréchet distance: name -> (number, n), as `genlab.results` asks."""
        return {name: (self.scores[name], self.n) for name in KEPT}

    def __str__(self) -> str:
        width = max(map(len, self.scores))
        rows = [f"{name:<{width}}  {value:>9.4g}  {self.real[name]:>9.4g}"
                for name, value in self.scores.items()]
        return "\n".join([f"{f'n = {self.n}':<{width}}  {'samples':>9}  {'real':>9}", *rows])


def digit_report(samples: Tensor, *, reference: str = "grey", k: int = 5, rng: torch.Generator | None = None,
                 data_range: DataRange = (0.0, 1.0)) -> DigitReport:
    """All scores of sampled digits in `digit_features`, and of as many held-out real ones.

    Fréchet and kernel distance are to the 4000 training digits; precision, recall, density and coverage to n
    of them, because balls shrink with the number of points. The inception score is in one split. The mean
    distance to the nearest training image is Euclidean, in pixels.

    Args:
        samples: images, (n, 1, 28, 28) or (n, 784), n > k; of more than 1000 a random 1000 count,
            for there are no more real ones to set beside them.
        reference: "grey" or "binarised", as the samples are; see `digit_frechet`.
        k: the neighbour of all four neighbour scores.
        data_range: of the samples, when it is not [0, 1]: a pair, or the model that made them.
        rng: picks samples and real digits; without one always the same.
    """
    rng = torch.Generator().manual_seed(0) if rng is None else rng
    training, held_out = (_images(split, reference) for split in ("train", "test"))
    samples = unit_images(samples, data_range, "samples")
    n = min(len(samples), LARGEST)
    samples, held_out, balls = (_pick(x, n, rng) for x in
                                (samples, held_out, reference_features(reference)))
    return DigitReport(*(_scores(x, training, balls, reference, k) for x in (samples, held_out)), n)


def _scores(images: Tensor, training: Tensor, balls: Tensor, reference: str, k: int) -> dict[str, float]:
    features, every = image_features(images), reference_features(reference)
    return {"frechet": frechet_distance(features, every),
            "kernel_distance": kernel_distance(features, every).value,
            "inception_score": inception_score(predictions(images), splits=1).value,
            **neighbour_scores(balls, features, k=k)._asdict(),
            "nearest_training": nearest_training_distance(images, training).distance.mean().item()}


def _pick(x: Tensor, n: int, rng: torch.Generator) -> Tensor:
    return x[permutation(len(x), rng=rng)[:n].to(x.device)]


def _images(split: str, form: str) -> Tensor:
    from genlab.data import binarize, digits

    images, _ = digits(split)
    return binarize(images) if form == "binarised" else images
