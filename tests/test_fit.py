"""The training loop: what it does to the model, what it remembers, and what it refuses."""

import math

import pytest
import torch

from genlab.data import Batches
from genlab.fit import History, cosine_decay, fit, linear_decay
from genlab.training.loop import Precision
from tests.line import Line, data, train

# History

def test_history_has_every_part_of_every_step():
    _, history = train(steps=12)
    assert history.steps == list(range(1, 13)) and len(history) == 12
    assert history.names == ["loss", "worst"]
    assert all(0 < loss <= worst for loss, worst in zip(history["loss"], history["worst"], strict=True))
    assert history.last(4) == pytest.approx(sum(history["loss"][-4:]) / 4)
    assert history.last(1, "worst") == history["worst"][-1]
    assert history.seconds > 0 and history.cpu_seconds > 0 and not history.interrupted and history.ema is None
    assert "12 steps" in repr(history)


def test_a_part_that_is_there_now_and_then_is_nan_elsewhere():
    history = History()
    history.append({"loss": 1.0}, seconds=0, cpu_seconds=0)
    history.append({"loss": 2.0, "penalty": 3.0}, seconds=0, cpu_seconds=0)
    history.append({"loss": 4.0}, seconds=0, cpu_seconds=0)
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


def steps_with(make, lr=0.01, **choice):
    """The weights after a run, and what `fused` was in each step."""
    model, seen = Line(), []
    optimizer = make(model.parameters(), lr, **choice)
    before = dict(optimizer.param_groups[0])
    optimizer.register_step_pre_hook(lambda one, *_: seen.append(one.param_groups[0]["fused"]))
    fit(model, Batches(data(), size=8, shuffle=False), optimizer, steps=20, progress=False,
        rng=torch.Generator().manual_seed(0))
    assert optimizer.param_groups[0]["fused"] is before["fused"], "undone"
    return torch.cat([p.detach().flatten() for p in model.parameters()]), set(seen)


@pytest.mark.parametrize("make", [torch.optim.Adam, torch.optim.AdamW])
def test_steps_are_fused_on_the_cpu_and_change_nothing_but_the_time(make):
    (fused, during), (plain, kept) = steps_with(make), steps_with(make, foreach=False)
    assert during == {True} and kept == {None}, "a choice that was made is kept"
    assert steps_with(make, fused=False)[1] == {False}
    torch.testing.assert_close(fused, plain, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adagrad])
def test_other_optimizers_step_as_they_were_made(make):
    assert steps_with(make)[1] == {None}


def test_a_learning_rate_that_is_a_tensor_is_left_to_torch():
    weights, seen = steps_with(torch.optim.Adam, lr=torch.tensor(0.01))
    assert seen == {None} and weights.isfinite().all()


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
    batches = [data(8), data(8), data(8), torch.full((8, 3), math.inf)]
    with pytest.raises(FloatingPointError, match="at step 4"):
        train(model, steps=4, batches=batches)
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


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("precision", [None, "bfloat16", "float16"])
def test_it_runs_on_a_gpu(precision, tmp_path):
    from genlab.models import VAE

    x, rng, model = (data(64) > 0).float(), torch.Generator().manual_seed(0), VAE(3, 8, 2).cuda()
    batches, optimizer = Batches(x, size=16, rng=rng), torch.optim.Adam(model.parameters())
    history = fit(model, batches, optimizer, steps=20, rng=rng, clip=1.0, ema=0.9,
                  checkpoint=tmp_path / "run.pt", precision=precision, progress=False)
    assert len(history) == 20 and history.ema.sample(2).is_cuda
