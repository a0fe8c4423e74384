"""Labels on their way to networks: who takes them, and what form they come in.

A network is conditional if its `num_classes` says so or, without that attribute, if its forward has an
argument `labels`. Other networks never see labels: a batch may hold some all the same, a sample may not.
"""

import inspect
from collections.abc import Sequence

import torch
from torch import Tensor, nn


def takes_labels(network: nn.Module) -> bool:
    """Whether a network is conditional."""
    network = getattr(network, "_orig_mod", network)  # behind torch.compile's wrapper
    if hasattr(network, "num_classes"):
        return bool(network.num_classes)
    return "labels" in inspect.signature(network.forward).parameters


def apply(network: nn.Module, *inputs: Tensor, labels: Tensor | None = None) -> Tensor:
    """network(*inputs, labels), or network(*inputs) where it takes none."""
    if not takes_labels(network):
        return network(*inputs)
    bare = getattr(network, "_orig_mod", network)
    argument = inspect.signature(bare.forward).parameters.get("labels")
    if labels is None and (argument is None or argument.default is inspect.Parameter.empty):
        raise ValueError(f"{type(bare).__name__} is conditional: pass labels, one for each row")
    return network(*inputs, labels)


def asked_labels(labels: int | Sequence[int] | Tensor | None, n: int, networks: Sequence[nn.Module], *,
                 like: Tensor) -> Tensor | None:
    """Labels for n samples, one for all or one for each, on the device of `like`.

    Raises:
        ValueError: no network takes labels, or there are not n of them.
    """
    if labels is None:
        return None
    if not any(map(takes_labels, networks)):
        raise ValueError("this model has no labels to choose from: leave out labels, or build it with "
                         "networks whose forward takes `labels`")
    labels = torch.as_tensor(labels, device=like.device)
    if labels.ndim == 0:
        labels = labels.expand(n)
    if len(labels) != n:
        raise ValueError(f"{n} samples need {n} labels or a single one, got {len(labels)}")
    return labels
