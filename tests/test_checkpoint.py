"""Training runs that are interrupted, resumed, finished, or not what the checkpoint says."""

import pytest
import torch
from torch import nn

from genlab.data import Batches
from genlab.fit import cosine_decay
from tests.line import Line, data, train


class Stop:
    """Raises at its nth call in all; as a `watch`, or inside of a loss."""

    def __init__(self, at, error=KeyboardInterrupt):
        self.calls, self.at, self.error = 0, at, error

    def __call__(self, *_):
        self.calls += 1
        if self.calls == self.at:
            raise self.error


def interrupted(model, at, error=KeyboardInterrupt):
    """The model with a loss that is interrupted at its nth call."""
    stop, loss = Stop(at, error), model.loss
    model.loss = lambda *batch, rng=None: (stop(), loss(*batch, rng=rng))[1]
    return model


def test_an_interrupted_run_leaves_a_usable_model():
    model, history = train(interrupted(Line(), at=6), steps=12, ema=0.9)
    assert history.interrupted and len(history) == 5
    assert "interrupted" in repr(history)
    assert model.training and all(p.isfinite().all() for p in model.parameters())
    del model.loss  # the interruption
    _, more = train(model, steps=5)
    assert len(more) == 5 and not more.interrupted


def test_other_errors_are_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        train(interrupted(Line(), at=2, error=ZeroDivisionError))


def whole(path, steps=23, **options):
    """A run with all that a checkpoint must hold."""
    return train(steps=steps, ema=0.9, clip=1.0, schedule=cosine_decay, save_every=4, checkpoint=path,
                 **options)


@pytest.mark.parametrize("at", [9, 13, 20])
@pytest.mark.parametrize("drop_last", [True, False])
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, at, drop_last):
    """Weights, averages and history, bit for bit, whatever the seeds of the second call."""
    def batches(seed):
        return Batches(data(36), size=8, drop_last=drop_last, rng=torch.Generator().manual_seed(seed))

    expected, expected_history = whole(None, batches=batches(3))
    _, first = whole(tmp_path / "run.pt", batches=batches(3), model=interrupted(Line(0.3), at))
    assert first.interrupted and len(first) == at - 1
    model, history = whole(tmp_path / "run.pt", batches=batches(99), seed=5)
    assert dict(history.values) == expected_history.values
    torch.testing.assert_close(model.state_dict(), expected.state_dict(), rtol=0, atol=0)
    torch.testing.assert_close(history.ema.state_dict(), expected_history.ema.state_dict(), rtol=0, atol=0)
    assert not history.interrupted and history.seconds > first.seconds and history.cpu_seconds > first.cpu_seconds > 0


def test_one_generator_may_serve_both_model_and_batches(tmp_path):
    expected, _ = whole(None)
    whole(tmp_path / "run.pt", model=interrupted(Line(0.3), 11))
    model, _ = whole(tmp_path / "run.pt", seed=5)
    torch.testing.assert_close(model.state_dict(), expected.state_dict(), rtol=0, atol=0)


def test_a_finished_run_is_only_loaded_and_may_be_prolonged(tmp_path):
    options = {"checkpoint": tmp_path / "run.pt", "save_every": 5}
    model, first = train(steps=10, **options)
    again, second = train(interrupted(Line(0.3), at=1), steps=10, **options)
    assert second["loss"] == first["loss"] and not second.interrupted
    torch.testing.assert_close(again.state_dict(), model.state_dict(), rtol=0, atol=0)
    assert train(steps=15, **options)[1]["loss"] == train(steps=15)[1]["loss"]


def test_an_interruption_while_saving_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    train(steps=4, checkpoint=path)
    before = path.read_bytes()
    monkeypatch.setattr(torch, "save", lambda state, file: (file.write(b"half"), Stop(1)())[0])
    assert train(steps=8, checkpoint=path)[1].interrupted
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_checkpoints_of_other_runs_are_refused(tmp_path):
    path = tmp_path / "run.pt"
    train(steps=4, checkpoint=path)
    with pytest.raises(ValueError, match=r"holds model, .* but this run has .*average"):
        train(steps=8, checkpoint=path, ema=0.9)
    other = Line()
    other.net[0] = nn.Linear(3, 5)
    with pytest.raises(ValueError, match=r"the model in .* is of another run"):
        train(other, steps=8, checkpoint=path)
    with pytest.raises(ValueError, match=r"the batches in .* is of another run"):
        train(steps=8, checkpoint=path, batches=Batches(data(), size=4, rng=torch.Generator()))
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(ValueError, match="cannot be read"):
        train(steps=8, checkpoint=path)
    torch.save({"weights": torch.zeros(1)}, path)
    with pytest.raises(ValueError, match="not a checkpoint of a run"):
        train(steps=8, checkpoint=path)
