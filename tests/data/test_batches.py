"""Batches: every sample once an epoch, and an interrupted run equals an uninterrupted one."""

import itertools

import pytest
import torch

from genlab.data import Batches, digits, loader

N, SIZE = 10, 3


def make(seed=0, **options):
    numbers = torch.arange(N)
    return Batches(numbers, -numbers, size=SIZE, rng=torch.Generator().manual_seed(seed), **options)


def stream(batches, count):
    """The next batches, through as many epochs as needed."""
    epochs = itertools.chain.from_iterable(itertools.repeat(batches))
    return [first.tolist() for first, _ in itertools.islice(epochs, count)]


def test_an_epoch_has_every_sample_once_and_pairs_stay_together():
    batches = list(make())
    assert [len(first) for first, _ in batches] == [3, 3, 3, 1] and len(make()) == 4
    assert sorted(torch.cat([first for first, _ in batches]).tolist()) == list(range(N))
    assert all(torch.equal(first, -second) for first, second in batches)


def test_the_next_epoch_has_another_order():
    batches = make()
    assert stream(batches, 4) != stream(batches, 4)


def test_the_rng_decides():
    assert stream(make(1), 12) == stream(make(1), 12) != stream(make(2), 12)


def test_without_shuffling_the_order_stays():
    batches = make(shuffle=False)
    assert stream(batches, 8) == 2 * [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]


def test_drop_last_leaves_out_the_small_batch():
    batches = make(drop_last=True)
    assert len(batches) == 3 and [len(first) for first, _ in batches] == [3, 3, 3]
    assert len(Batches(torch.zeros(9), size=3, drop_last=True)) == len(Batches(torch.zeros(9), size=3)) == 3


def test_batches_are_copies():
    data = torch.zeros(4)
    for shuffle in (True, False):
        for (batch,) in Batches(data, size=2, shuffle=shuffle):
            batch.add_(1)
    assert data.eq(0).all()


def test_leaving_an_epoch_starts_a_new_one():
    batches = make(shuffle=False)
    next(iter(batches))
    assert stream(batches, 4)[0] == [0, 1, 2]


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("seen", range(10))
def test_resuming_anywhere_equals_not_stopping(seen, shuffle, tmp_path):
    """Before, in the middle and at the end of epochs; through a file; the rng's own state included."""
    uninterrupted = stream(make(shuffle=shuffle), seen + 9)
    first = make(shuffle=shuffle)
    before = stream(first, seen)
    torch.save(first.state_dict(), tmp_path / "state")
    second = make(seed=99, shuffle=shuffle)
    second.load_state_dict(torch.load(tmp_path / "state", weights_only=True))
    assert before + stream(second, 9) == uninterrupted


def test_a_resumed_loop_over_epochs_gets_the_rest_and_never_an_empty_epoch():
    for seen, left in ((1, 3), (3, 1), (4, 4)):
        first, second = make(), make()
        stream(first, seen)
        second.load_state_dict(first.state_dict())
        assert [sum(1 for _ in second) for _ in range(2)] == [left, 4]


@pytest.mark.parametrize("seen", [2, 4])
def test_what_was_loaded_is_resumed_once(seen):
    """Then, too, an epoch left by `break` is not continued."""
    first, second = make(), make()
    stream(first, seen)
    second.load_state_dict(first.state_dict())
    next(iter(second))
    assert sum(1 for _ in second) == 4


def test_a_state_does_not_move_on():
    batches = make()
    stream(batches, 2)
    state = batches.state_dict()
    kept = {name: value.clone() if torch.is_tensor(value) else value for name, value in state.items()}
    stream(batches, 7)
    assert all(torch.equal(state[name], kept[name]) for name in ("order", "rng"))
    assert state["position"] == kept["position"] == 2


def test_resuming_within_an_epoch_needs_no_rng():
    first, second = (Batches(torch.arange(N), size=SIZE) for _ in range(2))
    epoch = iter(first)
    seen = next(epoch)[0]
    second.load_state_dict(first.state_dict())
    rest = torch.cat([batch for (batch,) in second])
    assert torch.equal(rest, torch.cat([batch for (batch,) in epoch]))
    assert sorted(torch.cat([seen, rest]).tolist()) == list(range(N))


def test_a_shared_rng_is_left_alone_between_epochs(rng):
    """A model may draw its noise from the same generator: only the start of an epoch draws the order."""
    batches = iter(Batches(torch.arange(N), size=SIZE, rng=rng))
    next(batches)
    before = rng.get_state()
    next(batches)
    assert torch.equal(rng.get_state(), before)


@pytest.mark.parametrize("other, message", [
    (lambda: Batches(torch.zeros(N + 1), size=SIZE, rng=torch.Generator()), "10 samples, but there are 11"),
    (lambda: Batches(torch.zeros(N), size=4, rng=torch.Generator()), "of size 3, but here are 3 of size 4"),
    (lambda: Batches(torch.zeros(N), size=SIZE), "saved with an rng, .* make them with an rng"),
])
def test_a_state_of_others_is_refused(other, message):
    with pytest.raises(ValueError, match=message):
        other().load_state_dict(make().state_dict())


@pytest.mark.parametrize("tensors, options, message", [
    ((), {}, "at least one tensor"),
    ((["a", "b"],), {}, "got list: use torch.as_tensor"),
    (((torch.zeros(3), torch.zeros(3)),), {}, r"unpack pairs: Batches\(\*pair"),
    ((torch.zeros(3), torch.zeros(4)), {}, r"same number of samples, at least one, got \[3, 4\]"),
    ((torch.zeros(0),), {}, r"got \[0\]"),
    ((torch.tensor(1.0),), {}, r"got \[0\]"),
    ((torch.zeros(3),), {"size": 0}, "size must be at least 1, got 0"),
    ((torch.zeros(3),), {"size": 4, "drop_last": True}, "drop_last leaves none"),
])
def test_wrong_arguments_are_explained(tensors, options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        Batches(*tensors, **{"size": 2, **options})


def test_loader_gives_digits_with_their_labels(rng):
    batches = loader(batch_size=50, limit=120, rng=rng)
    images, labels = next(iter(batches))
    assert images.shape == (50, 1, 28, 28) and labels.shape == (50,) and len(batches) == 3
    every, every_label = digits()
    for image, label in zip(images[:5], labels[:5], strict=True):
        (index,) = (every[:120] == image).flatten(1).all(1).nonzero()[:, 0].tolist()
        assert every_label[index] == label


def test_loader_keeps_the_order_of_the_test_digits():
    images, labels = next(iter(loader("test", batch_size=7)))
    assert torch.equal(images, digits("test")[0][:7]) and torch.equal(labels, digits("test")[1][:7])


def test_loader_refuses_an_empty_limit():
    with pytest.raises(ValueError, match="limit must be at least 1, got 0"):
        loader(limit=0)


def test_labels_may_be_a_list_or_an_array():
    import numpy as np

    _, labels, more = next(iter(Batches(torch.zeros(3, 2), [2, 0, 1], np.arange(3), size=3, shuffle=False)))
    assert labels.tolist() == [2, 0, 1] and labels.dtype == torch.int64 and more.tolist() == [0, 1, 2]
