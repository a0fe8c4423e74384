"""Batches of tensors that lie in memory: indexing them is ten times faster than a DataLoader's workers.

    batches = Batches(images, labels, size=64, rng=rng)
    for images, labels in batches: ...      one epoch
    for images, labels in batches: ...      the next, in another order
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genlab.data.digits import digits
from genlab.random import permutation


class Batches:
    """One epoch per iteration: tuples of (size, …) tensors, copied out of `tensors` at random indices.

    It remembers how far the epoch has come: an object that is given another's state goes on where that
    one stood and then yields the very same batches. An epoch that is left by `break` is not continued
    otherwise; the next iteration starts a new one. `len` is the number of batches in an epoch.

    Args:
        tensors: at least one; the first dimension, N, is the same for all. Arrays, and lists of numbers such
            as labels, become tensors.
        size: samples in a batch.
        rng: draws the orders; without one, torch's global generator does, whose state is not part of ours.
        shuffle: a new random order in every epoch; False keeps the given one.
        drop_last: leave out the last batch of an epoch when it is smaller.
    """

    def __init__(self, *tensors: Tensor | np.ndarray | list, size: int, rng: torch.Generator | None = None,
                 shuffle: bool = True, drop_last: bool = False):
        tensors = tuple(map(_as_tensor, tensors))
        self.n = _common_length(tensors)
        if size < 1:
            raise ValueError(f"size must be at least 1, got {size}")
        if drop_last and size > self.n:
            raise ValueError(f"size {size} is more than the {self.n} samples, so drop_last leaves none: "
                             "use a smaller size or drop_last=False")
        self.tensors, self.size, self.rng = tensors, size, rng
        self.shuffle, self.drop_last = shuffle, drop_last
        self._order = torch.arange(self.n)
        self._position = len(self)  # as after an epoch: the next iteration starts a new one
        self._resumes = False

    def __len__(self) -> int:
        return self.n // self.size if self.drop_last else -(-self.n // self.size)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        order, start = self._begin()
        for position in range(start, len(self)):
            self._order, self._position = order, position + 1  # what a state taken by the receiver must say
            index = order[position * self.size : (position + 1) * self.size]
            yield tuple(tensor[index.to(tensor.device)] for tensor in self.tensors)

    def state_dict(self) -> dict[str, object]:
        """Where the epoch stands: its order, the number of batches yielded, the state of the rng."""
        return {"order": self._order, "position": self._position, "size": self.size,
                "rng": None if self.rng is None else self.rng.get_state()}

    def load_state_dict(self, state: dict[str, object]) -> None:
        """Go on where the object stood whose `state_dict` this is; that of our rng is overwritten.

        Raises:
            ValueError: the state belongs to other data, another batch size, or batches with an rng
                where these have none, or the other way round.
        """
        order, position = state["order"].cpu(), state["position"]
        if not torch.equal(order.sort().values, torch.arange(self.n)):
            raise ValueError(f"the state is an order of {len(order)} samples, but there are {self.n} here: "
                             "load it with the tensors it was saved with")
        if state["size"] != self.size or not 0 <= position <= len(self):
            raise ValueError(f"the state stands after batch {position} of size {state['size']}, but here are "
                             f"{len(self)} of size {self.size}: use the arguments it was saved with")
        if (state["rng"] is None) != (self.rng is None):
            saved, here = ("without", "with") if state["rng"] is None else ("with", "without")
            raise ValueError(f"the state was saved {saved} an rng, but these batches were made {here} one: "
                             f"make them {saved} an rng")
        if self.rng is not None:
            self.rng.set_state(state["rng"].cpu())
        self._order, self._position, self._resumes = order, position, True

    def _begin(self) -> tuple[Tensor, int]:
        """Order and first batch of the epoch: a loaded one that is not at its end, or a new one."""
        if self._resumes and self._position < len(self):
            self._resumes = False
            return self._order, self._position
        self._resumes = False
        if not self.shuffle:
            return torch.arange(self.n), 0
        return permutation(self.n, rng=self.rng).cpu(), 0


def loader(split: str = "train", *, batch_size: int = 64, limit: int | None = None,
           rng: torch.Generator | None = None, source: str = "embedded") -> Batches:
    """Batches of digits (B, 1, 28, 28) in [0, 1] with their labels (B,).

    Those to test on come in their fixed order, all others reshuffled in every epoch.

    Args:
        limit: only that many images, the first ones of the split.
        split, source: as in `digits`.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}: leave it out for all images")
    images, labels = digits(split, source=source)
    return Batches(images[:limit], labels[:limit], size=batch_size, rng=rng, shuffle=split != "test")


def _common_length(tensors: tuple[Tensor, ...]) -> int:
    if not tensors:
        raise ValueError("Batches needs at least one tensor: Batches(images, size=64)")
    lengths = [len(tensor) if tensor.dim() else 0 for tensor in tensors]
    if min(lengths) == 0 or len(set(lengths)) > 1:
        raise ValueError(f"all tensors need the same number of samples, at least one, got {lengths}")
    return lengths[0]


def _as_tensor(values: Any) -> Tensor:
    if isinstance(values, Tensor):
        return values
    try:
        if isinstance(values, np.ndarray) or isinstance(values, list):
            return torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError):
        pass  # strings, objects, rows of several lengths
    raise TypeError(f"Batches takes tensors, got {type(values).__name__}: use torch.as_tensor, "
                    "and unpack pairs: Batches(*pair, size=64)")
