"""Did the model draw the digit it was asked for? Accuracy of a classifier on conditional samples.

Chance is not 1/10 unless the samples are spread evenly: a model that draws only ones is right on every
one. `shuffled_label_baseline` is the accuracy left when labels are dealt out at random, which is what a
model that ignores its label gets. The classifier is wrong on some real digits too: see the numbers that
`genlab.weights` writes beside its weights.
"""

import torch
from torch import Tensor

from genlab.metrics.estimate import Estimate, estimate
from genlab.metrics.features import predictions
from genlab.metrics.images import DataRange


def label_accuracy(samples: Tensor, labels: Tensor, *, data_range: DataRange = (0.0, 1.0)) -> Estimate:
    """Share of samples that `digit_features` takes for the digit asked for, with its standard error.

    Args:
        samples: images, (n, 1, 28, 28) or (n, 784), n ≥ 2.
        labels: the digits asked for, (n,) whole numbers 0 … 9.
        data_range: of the samples, when it is not [0, 1]: a pair, or the model that made them.
    """
    labels = _check(labels, samples)
    return estimate((predictions(samples, data_range=data_range).argmax(1) == labels).double())


def shuffled_label_baseline(samples: Tensor, labels: Tensor, *,
                            data_range: DataRange = (0.0, 1.0)) -> float:
    """Expected `label_accuracy` when the labels are shuffled: Σ_c n_c m_c / n², exactly.

    n_c counts how often digit c was asked for, m_c how often it was recognised.
    """
    labels = _check(labels, samples)
    asked = torch.bincount(labels, minlength=10).double()
    seen = torch.bincount(predictions(samples, data_range=data_range).argmax(1), minlength=10).double()
    return (asked @ seen).item() / len(labels) ** 2


def _check(labels: Tensor, samples: Tensor) -> Tensor:
    labels = torch.as_tensor(labels).detach().cpu()
    if labels.shape != (len(samples),):
        raise ValueError(f"labels must be one digit per sample, ({len(samples)},), got {tuple(labels.shape)}")
    if labels.is_floating_point() or labels.dtype == torch.bool or not ((labels >= 0) & (labels <= 9)).all():
        raise ValueError("labels must be whole numbers 0 … 9: use .argmax(1) on one-hot labels")
    return labels.long()
