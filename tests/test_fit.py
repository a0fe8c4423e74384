"""The training loop: what it does to the model, what it remembers, and how it is interrupted and resumed."""

import math

import pytest
import torch
from torch import nn

from genlab.data import Batches
from genlab.fit import History, cosine_decay, fit, linear_decay
from genlab.loop import Precision


class Line(nn.Module):
    """Least squares with noise of its own and dropout, so that every source of randomness counts."""

    def __init__(self, dropout=0.0):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(dropout), nn.Linear(4, 1))

    def loss(self, x, y=None, *, rng=None):
        noise = 0.01 * torch.randn(x.shape, generator=rng)
        error = (self.net(x + noise)[:, 0] - x.sum(1)).square()
        return {"loss": error.mean(), "worst": error.max()}


def data(n=40):
    return torch.randn(n, 3, generator=torch.Generator().manual_seed(7))


def train(model=None, *, steps=12, seed=0, lr=0.05, batches=None, **options):
    """A run from scratch: (model, history)."""
    model = model or Line(dropout=0.3)
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    batches = batches if batches is not None else Batches(data(), size=8, rng=rng)
    optimizer = torch.optim.Adam(model.parameters(), lr)
    options = {"progress": False, "rng": rng} | options
    return model, fit(model, batches, optimizer, steps=steps, **options)


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


# History

def test_history_has_every_part_of_every_step():
    _, history = train(steps=12)
    assert history.steps == list(range(1, 13)) and len(history) == 12
    assert history.names == ["loss", "worst"]
    assert all(0 < loss <= worst for loss, worst in zip(history["loss"], history["worst"], strict=True))
    assert history.last(4) == pytest.approx(sum(history["loss"][-4:]) / 4)
    assert history.last(1, "worst") == history["worst"][-1]
    assert history.seconds > 0 and not history.interrupted and history.ema is None
    assert "12 steps" in repr(history)


def test_a_part_that_is_there_now_and_then_is_nan_elsewhere():
    history = History()
    history.append({"loss": 1.0}, seconds=0)
    history.append({"loss": 2.0, "penalty": 3.0}, seconds=0)
    history.append({"loss": 4.0}, seconds=0)
    assert [math.isnan(p) for p in history["penalty"]] == [True, False, True]
    assert history.last(3, "penalty") == 3
    assert math.isnan(history.last(1, "penalty"))


def test_an_unknown_part_is_named_with_those_that_exist():
    with pytest.raises(KeyError, match="loss, worst"):
        train(steps=1)[1]["kl"]


# What is done to the model

def test_training_lowers_the_loss():
    _, history = train(Line(), steps=300)
    assert history.last(20) < 0.1 * history["loss"][0]


def test_the_same_seed_gives_the_same_run():
    (a, history_a), (b, history_b), (_, other) = train(), train(), train(seed=1)
    assert history_a["loss"] == history_b["loss"] != other["loss"]
    torch.testing.assert_close(a.state_dict(), b.state_dict(), rtol=0, atol=0)


@pytest.mark.parametrize("training", [True, False])
def test_it_trains_in_training_mode_and_restores_the_mode(training):
    model = Line().train(training)
    modes = []
    model.net.register_forward_hook(lambda part, *_: modes.append(part.training))
    train(model, steps=3, watch=lambda model, _: model.eval(), every=1)
    assert modes == [True] * 3 and model.training is training


def test_watch_is_called_every_so_often_and_at_the_end():
    seen = []
    train(steps=10, watch=lambda model, history: seen.append(history.steps[-1]), every=4)
    assert seen == [4, 8, 10]
    seen.clear()
    train(steps=8, watch=lambda model, history: seen.append(history.steps[-1]), every=4)
    assert seen == [4, 8]


def test_clip_bounds_the_gradient():
    model = Line()
    optimizer = torch.optim.SGD(model.parameters(), 1.0)
    before = torch.cat([p.detach().flatten().clone() for p in model.parameters()])
    fit(model, Batches(100 * data(), size=8), optimizer, steps=1, clip=0.5, progress=False)
    after = torch.cat([p.detach().flatten() for p in model.parameters()])
    torch.testing.assert_close((after - before).norm(), torch.tensor(0.5), rtol=1e-3, atol=0)


def test_schedule_scales_the_learning_rate_and_is_undone():
    model, rates = Line(), []
    optimizer = torch.optim.SGD(model.parameters(), 0.04)
    fit(model, Batches(data(), size=8), optimizer, steps=4, schedule=linear_decay, every=1, progress=False,
        watch=lambda *_: rates.append(optimizer.param_groups[0]["lr"]))
    assert rates == pytest.approx([0.04, 0.03, 0.02, 0.01])
    assert optimizer.param_groups[0]["lr"] == 0.04


def test_decays_go_from_one_to_zero():
    for decay in (cosine_decay, linear_decay):
        assert decay(0) == 1 and decay(0.5) == pytest.approx(0.5) and decay(1) == pytest.approx(0)


def test_ema_follows_the_weights_as_the_formula_says():
    weights = []
    model, history = train(steps=6, ema=0.4, every=1,
                           watch=lambda model, _: weights.append(model.net[0].weight.detach().clone()))
    expected = weights[0]
    for k, weight in enumerate(weights[1:], start=1):
        decay = min(0.4, (1 + k) / (10 + k))
        expected = decay * expected + (1 - decay) * weight
    torch.testing.assert_close(history.ema.net[0].weight, expected)
    assert not torch.equal(history.ema.net[0].weight, model.net[0].weight)
    assert not any(p.requires_grad for p in history.ema.parameters())


def test_a_loader_of_torch_and_bare_tensors_are_batches_too():
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(data()), batch_size=8)
    assert len(train(steps=7, batches=loader)[1]) == 7
    assert len(train(steps=7, batches=list(data().split(8)))[1]) == 7


def test_bar_shows_the_loss(capsys):
    train(steps=3, progress=True)
    assert "loss=" in capsys.readouterr().err
    train(steps=3)
    assert capsys.readouterr().err == ""


# What is refused

@pytest.mark.parametrize("batches", [[], iter([]), iter([data(8)])])
def test_batches_that_run_dry_are_refused(batches):
    with pytest.raises(ValueError, match="batches yielded nothing"):
        train(steps=3, batches=batches)


IMPOSSIBLE = [{"steps": 0}, {"every": 0}, {"save_every": 0}, {"ema": 1.0}, {"precision": "half"}]


@pytest.mark.parametrize("options", IMPOSSIBLE)
def test_impossible_options_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        train(**options)


def test_a_loss_that_is_not_finite_stops_the_run_before_it_does_harm():
    model = Line()
    batches = [data(8), data(8), torch.full((8, 3), math.inf)]
    with pytest.raises(FloatingPointError, match="at step 3"):
        train(model, steps=3, batches=batches)
    assert all(p.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("returned, error, says", [
    (lambda loss: loss["loss"], TypeError, 'key "loss"'),
    (lambda loss: {"mse": loss["loss"]}, TypeError, 'key "loss"'),
    (lambda loss: {"loss": loss["loss"].expand(3)}, ValueError, "scalars"),
])
def test_a_loss_of_the_wrong_form_is_refused(returned, error, says):
    model = Line()
    loss = model.loss
    model.loss = lambda *batch, rng=None: returned(loss(*batch, rng=rng))
    with pytest.raises(error, match=says):
        train(model)


def test_mixed_precision_needs_cuda():
    assert not Precision("bfloat16", torch.device("cpu")).enabled
    assert Precision("bfloat16", torch.device("cuda")).enabled
    _, plain = train()
    assert train(precision="bfloat16")[1]["loss"] == plain["loss"]


# Interruption and checkpoints

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
    assert not history.interrupted and history.seconds > 0


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


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("precision", [None, "bfloat16", "float16"])
def test_it_runs_on_a_gpu(precision, tmp_path):
    from genlab.models import VAE

    x, rng, model = (data(64) > 0).float(), torch.Generator().manual_seed(0), VAE(3, 8, 2).cuda()
    batches, optimizer = Batches(x, size=16, rng=rng), torch.optim.Adam(model.parameters())
    history = fit(model, batches, optimizer, steps=20, rng=rng, clip=1.0, ema=0.9,
                  checkpoint=tmp_path / "run.pt", precision=precision, progress=False)
    assert len(history) == 20 and history.ema.sample(2).is_cuda
