"""Handwritten digits of eight by eight pixels and 17 grey levels, without a download: small enough for a flow.

They come with scikit-learn, 1797 of them, ordered by who wrote them; here they are shuffled once and for all.
Each pixel counts the dark ones of a block of four by four, so that there are the levels 0 … 16.

Alpaydin and Kaynak (1998), Optical recognition of handwritten digits, UCI machine learning repository.
"""

import functools

import numpy as np
import torch
from torch import Tensor

LEVELS = 17  # 0 … 16: one more than sixteen
TRAIN = 1300


def small_digits(split: str = "train") -> tuple[Tensor, Tensor]:
    """Levels (N, 1, 8, 8), int64 in 0 … 16, and labels (N,), int64, in a fixed random order.

    Later calls return the same tensors: do not change them in place.

    Args:
        split: "train" (1300), "test" (497), or "all", which is the one after the other.
    """
    if split not in ("train", "test", "all"):
        raise ValueError(f"split must be one of 'train', 'test', 'all', got {split!r}")
    images, labels = _load()
    part = {"train": slice(TRAIN), "test": slice(TRAIN, None), "all": slice(None)}[split]
    return images[part], labels[part]


@functools.cache
def _load() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits  # here, since it imports scipy too

    images, labels = load_digits(return_X_y=True)
    # numpy promises that the numbers of RandomState never change, so the split is the same for everybody.
    order = np.random.RandomState(0).permutation(len(labels))
    return (torch.from_numpy(images[order]).long().view(-1, 1, 8, 8), torch.from_numpy(labels[order]).long())
