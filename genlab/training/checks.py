"""What a loop looks at before it trains: options, optimizers, and the first batches."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

FIRST = 3  # batches whose values are looked at; afterwards a look would make a GPU wait at every step


def unwrapped(model: nn.Module) -> nn.Module:
    """The model behind torch.compile's wrapper, if there is one."""
    return getattr(model, "_orig_mod", model)


def compiled(model: nn.Module, name: str):
    """A loss of the model, compiled as the model is: the wrapper compiles calls of the model alone."""
    method = getattr(unwrapped(model), name)
    return model.dynamo_ctx(method) if unwrapped(model) is not model else method


def check_options(*, clip: float | None = None, **counts: int) -> None:
    """Raise ValueError for a count below 1, or a norm that would stop or turn the gradient."""
    for name, number in counts.items():
        if number < 1:
            raise ValueError(f"{name} must be at least 1, got {number}")
    if clip is not None and not clip > 0:
        raise ValueError(f"clip must be above 0, got {clip}: it is the largest norm of the gradient; "
                         "None leaves it as it is")


def check_optimizer(optimizer: torch.optim.Optimizer, model: nn.Module, what: str = "model") -> None:
    """Raise ValueError for an optimizer that holds parameters which are not the model's."""
    own = {id(parameter) for parameter in unwrapped(model).parameters()}
    held = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    if any(id(parameter) not in own for parameter in held):
        raise ValueError(f"the optimizer holds parameters that are not this {what}'s, and leaves its own "
                         f"as they are: build it from {what}.parameters(), after any copy of the {what}")


def as_device(name: str | torch.device) -> torch.device:
    """"auto" is cuda, mps or cpu, whichever is there first."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def as_tuple(batch: Any) -> tuple:
    """A batch as a tuple of tensors; arrays and lists of numbers become tensors.

    Raises:
        TypeError: a dict, whose order says nothing.
        ValueError: it has no rows.
    """
    if isinstance(batch, Mapping):
        names = list(map(str, batch))
        parts = ", ".join(f"b[{name!r}]" for name in names)
        raise TypeError(f"a batch is a dict of {', '.join(names)}, but losses take (images, labels): pass "
                        f"[({parts}) for b in loader] in the loss's order, or a collate_fn that makes tuples")
    parts = batch if isinstance(batch, (tuple, list)) else (batch,)
    parts = tuple(torch.as_tensor(part) if isinstance(part, (np.ndarray, list)) else part for part in parts)
    if parts and isinstance(parts[0], Tensor) and parts[0].ndim and not len(parts[0]):
        raise ValueError("a batch has no rows: leave empty batches out, its mean would not be a number")
    return parts


def check_data(x: Any, model: nn.Module) -> None:
    """Raise ValueError for data that are not numbers, or not of the model's form."""
    if not isinstance(x, Tensor) or x.is_meta or not x.numel():
        return
    if not torch.isfinite(x).all():
        raise ValueError("the data hold NaN or infinity: look for a division by zero where they were made")
    form, name = getattr(model, "data_form", "real"), type(model).__name__
    low, high = x.min().item(), x.max().item()
    if form == "signed" and x.is_floating_point() and 0 <= low < high <= 1:
        raise ValueError(f"{name} takes data in [-1, 1], and these lie in [{low:g}, {high:g}]: use "
                         "genlab.data.to_signed, or build the model with data_range=(0, 1)")
    if form == "binary" and not ((x == 0) | (x == 1)).all():
        raise ValueError(f"{name} takes zeros and ones, and these are grey, {low:g} … {high:g}: use "
                         "genlab.data.binarize, or genlab.models.GaussianVAE for real numbers")


def stream_of(batches: Iterable, model: nn.Module) -> Iterator[tuple]:
    """Epoch after epoch, each batch as tensors with the model's device and kind of float."""
    like = next(model.parameters(), None)
    like = torch.empty(0) if like is None else like
    count = 0
    while True:
        before = count
        for batch in batches:
            batch, count = as_tuple(batch), count + 1
            if count <= FIRST:
                check_data(batch[0], model)
            yield tuple(_moved(part, like) if isinstance(part, Tensor) else part for part in batch)
        if count == before:
            raise ValueError("batches yielded nothing: the data set is empty or smaller than one batch "
                             "(drop_last=False keeps it), or an iterator that is used up: pass a loader")


def _moved(part: Tensor, like: Tensor) -> Tensor:
    dtype = like.dtype if part.is_floating_point() and like.is_floating_point() else part.dtype
    return part.to(like.device, dtype, non_blocking=True)
