"""The loop for two players: who moves when, on what, and what is remembered."""

import pytest
import torch
from torch import nn

from genlab.data import Batches
from genlab.fit import cosine_decay, fit_adversarial
from genlab.models import train_gan


class Game(nn.Module):
    """Two players of one weight each: the discriminator follows the data, the generator follows it."""

    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = nn.Linear(1, 1), nn.Linear(1, 1)
        self.calls, self.seen = [], []
        for player in (self.generator, self.discriminator):
            nn.init.zeros_(player.weight), nn.init.zeros_(player.bias)

    def discriminator_loss(self, x, y=None, *, step=0, rng=None):
        self.calls.append("d")
        self.seen.append(x)
        noise = torch.randn((), generator=rng)
        return {"loss": (self.discriminator.bias - x.mean() + 0.01 * noise).square().sum(), "mean": x.mean()}

    def generator_loss(self, x, y=None, *, step=0, rng=None):
        self.calls.append("g")
        return {"loss": (self.generator.bias - self.discriminator.bias.detach()).square().sum()}


def data(n=24):
    return torch.arange(n, dtype=torch.float32)[:, None] / n


def play(game=None, *, steps=6, size=4, seed=0, batches=None, make=torch.optim.Adam, **options):
    game, rng = game or Game(), torch.Generator().manual_seed(seed)
    batches = Batches(data(), size=size, rng=rng) if batches is None else batches
    players = [make(player.parameters(), 0.05) for player in (game.generator, game.discriminator)]
    options = {"progress": False, "rng": rng} | options
    return game, fit_adversarial(game, batches, *players, steps=steps, **options)


@pytest.mark.parametrize("k", [1, 3])
def test_the_discriminator_moves_k_times_each_on_a_new_batch(k):
    game, history = play(steps=4, discriminator_steps=k)
    assert game.calls == [*["d"] * k, "g"] * 4 and len(history) == 4
    distinct = {tuple(x.flatten().tolist()) for x in game.seen[: len(data()) // 4]}
    assert len(distinct) == min(4 * k, len(data()) // 4)


def test_the_history_has_both_losses_and_their_parts():
    _, history = play(steps=5)
    assert history.names == ["discriminator_loss", "mean", "generator_loss"]
    assert history.losses == ["discriminator_loss", "generator_loss"] and history.steps == [1, 2, 3, 4, 5]
    assert "discriminator_loss" in repr(history) and "generator_loss" in repr(history)


def test_each_optimizer_moves_its_own_player():
    game, _ = play(steps=1, size=24, make=torch.optim.SGD)
    step = 2 * 0.05 * data().mean()  # but for the noise of 0.01
    assert game.discriminator.bias.item() == pytest.approx(step.item(), abs=0.01)
    assert game.generator.bias.item() == pytest.approx(2 * 0.05 * game.discriminator.bias.item())


def test_both_follow_the_data():
    game, _ = play(steps=400, size=24)
    assert game.discriminator.bias.item() == pytest.approx(data().mean().item(), abs=0.02)
    assert game.generator.bias.item() == pytest.approx(data().mean().item(), abs=0.02)


def test_watch_ema_schedule_and_mode():
    seen = []
    game = Game().eval()
    _, history = play(game, steps=5, every=2, ema=0.5, schedule=lambda progress: 0.0, discriminator_steps=2,
                      watch=lambda game, history: seen.append((len(history), game.training)))
    assert seen == [(2, True), (4, True), (5, True)] and not game.training
    assert game.discriminator.bias.item() == 0, "a schedule of 0 leaves all as it was"
    assert history.ema.generator.bias.item() == 0 and not history.ema.training


def test_the_bar_shows_both_losses(capsys):
    play(steps=2, progress=True)
    shown = capsys.readouterr().err
    assert "discriminator_loss=" in shown and "generator_loss=" in shown


@pytest.mark.parametrize("at", [5, 11])
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, at):
    def whole(path, game=None, seed=0):
        return play(game, steps=14, seed=seed, ema=0.9, schedule=cosine_decay, save_every=3, checkpoint=path)

    expected, expected_history = whole(None)
    broken, calls = Game(), []
    loss = broken.generator_loss

    def interrupted(*batch, step=0, rng=None):
        calls.append(1)
        if len(calls) == at:
            raise KeyboardInterrupt
        return loss(*batch, rng=rng)

    broken.generator_loss = interrupted
    _, first = whole(tmp_path / "run.pt", broken)
    assert first.interrupted and len(first) == at - 1
    game, history = whole(tmp_path / "run.pt", seed=5)
    assert history.values == expected_history.values
    torch.testing.assert_close(game.state_dict(), expected.state_dict(), rtol=0, atol=0)
    torch.testing.assert_close(history.ema.state_dict(), expected_history.ema.state_dict(), rtol=0, atol=0)


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_a_loss_that_is_not_finite_is_named_and_stops_the_run(player):
    game = Game()
    loss = getattr(game, f"{player}_loss")
    setattr(game, f"{player}_loss",
            lambda *batch, step=0, rng=None: {"loss": loss(*batch, rng=rng)["loss"] / 0})
    with pytest.raises(FloatingPointError, match=f"the {player}_loss became .* at step 1"):
        play(game)
    assert all(parameter.isfinite().all() for parameter in game.parameters())


@pytest.mark.parametrize("options", [{"steps": 0}, {"discriminator_steps": 0}, {"every": 0}, {"ema": 1.0}])
def test_impossible_options_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        play(**options)


def test_batches_that_run_dry_are_refused():
    with pytest.raises(ValueError, match="batches yielded nothing"):
        play(batches=[])


def test_train_gan_brings_images_to_the_range_of_the_generator():
    """And takes what a loader yields, labels included."""
    seen = []
    generator, discriminator = nn.Linear(100, 4), nn.Linear(4, 1)
    discriminator.register_forward_hook(lambda part, inputs, _: seen.append(inputs[0]))
    images = torch.rand(6, 4)
    history = train_gan(generator, discriminator, [(images, torch.zeros(6))], epochs=2, max_steps=3,
                        progress=False, ema=0.5)
    assert len(history) == 2 and history.ema.sample(3).shape == (3, 4)
    torch.testing.assert_close(seen[0], 2 * images - 1)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        train_gan(generator, discriminator, [(3 * images, torch.zeros(6))], epochs=1)
