"""The small digits: what they hold, and that their split never changes."""

import pytest
import torch
from sklearn.datasets import load_digits

from genlab.data import small_digits
from genlab.data.small_digits import LEVELS


def test_all_of_scikit_learns_digits_are_there_once():
    images, labels = small_digits("all")
    peer, answers = load_digits(return_X_y=True)
    ours = torch.cat([images.flatten(1), labels[:, None]], 1)
    theirs = torch.cat([torch.from_numpy(peer), torch.from_numpy(answers)[:, None]], 1).long()
    assert sorted(map(tuple, ours.tolist())) == sorted(map(tuple, theirs.tolist()))


def test_levels_and_split():
    train, test = small_digits(), small_digits("test")
    assert train[0].shape == (1300, 1, 8, 8) and test[0].shape == (497, 1, 8, 8)
    assert train[0].dtype == train[1].dtype == torch.int64
    assert train[0].unique().tolist() == list(range(LEVELS))
    assert set(train[1].tolist()) == set(test[1].tolist()) == set(range(10))
    assert torch.bincount(train[1]).min() > 100  # shuffled: every class is in both parts
    with pytest.raises(ValueError, match="split must be one of"):
        small_digits("validation")
