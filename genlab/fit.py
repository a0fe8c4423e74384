"""The training loops: `fit` for one loss, `fit_adversarial` for two players.

    history = fit(model, batches, torch.optim.Adam(model.parameters(), 1e-3), steps=4000, rng=rng)

A model is anything with `loss(*batch, rng=None) -> {"loss": …, …}`; batches are anything that can be
iterated over again and again. With `checkpoint="run.pt"` an interrupted run goes on where it was last
saved and, with `genlab.data.Batches`, equals an uninterrupted one bit for bit.
"""

import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel
from tqdm.auto import tqdm

from genlab.checkpoint import Checkpoint
from genlab.history import History
from genlab.loop import (
    Precision,
    Rates,
    at_least_one,
    device_of,
    endless,
    loss_parts,
    moved,
    moving_average,
    update,
)

__all__ = ["History", "cosine_decay", "fit", "fit_adversarial", "linear_decay"]


def fit(model: nn.Module, batches: Iterable, optimizer: torch.optim.Optimizer, *, steps: int,
        rng: torch.Generator | None = None, watch: Callable[[Any, History], Any] | None = None,
        every: int = 100, ema: float | None = None, clip: float | None = None,
        checkpoint: str | Path | None = None, save_every: int = 500,
        schedule: Callable[[float], float] | None = None, precision: str | None = None,
        progress: bool = True) -> History:
    """Minimise `model.loss(*batch, rng=rng)["loss"]`; interrupt it when you have seen enough.

    Args:
        batches: yields tuples of tensors, epoch after epoch; moved to the model's device.
        steps: updates in all, those of a resumed checkpoint included.
        watch: called as watch(model, history) after every `every` steps and at the end.
        ema: keep an exponential moving average of the weights, such as 0.999, as `history.ema`.
        clip: largest norm of the gradient.
        checkpoint: a file to resume from, if it is there, and to write after every `save_every` steps
            and at the end. Resuming also restores torch's global random state.
        schedule: factor of the learning rate, from the fraction of `steps` done: see `cosine_decay`.
        precision: "bfloat16" or "float16" for mixed precision on CUDA; no effect elsewhere.

    Raises:
        ValueError: no batches, or a checkpoint of another run.
        FloatingPointError: the loss is no longer finite; the model is as it was before that step.
    """
    mixed = Precision(precision, device_of(model))
    average, history = moving_average(model, ema), History()
    saved = Checkpoint(checkpoint, rng, model=model, optimizer=optimizer, average=average,
                       scaler=mixed.scaler, history=history, batches=batches)
    stream = endless(batches)

    def step() -> dict[str, float]:
        with mixed.autocast():
            parts = loss_parts(model.loss(*moved(next(stream), device_of(model)), rng=rng))
        numbers = history.finite(parts)
        update(parts["loss"], model, optimizer, mixed.scaler, clip)
        return numbers

    return _run(step, model, [optimizer], history, average, saved, steps=steps, watch=watch, every=every,
                save_every=save_every, schedule=schedule, progress=progress)


def fit_adversarial(gan: nn.Module, batches: Iterable, generator_optimizer: torch.optim.Optimizer,
                    discriminator_optimizer: torch.optim.Optimizer, *, steps: int,
                    discriminator_steps: int = 1, rng: torch.Generator | None = None,
                    watch: Callable[[Any, History], Any] | None = None, every: int = 100,
                    ema: float | None = None, clip: float | None = None,
                    checkpoint: str | Path | None = None, save_every: int = 500,
                    schedule: Callable[[float], float] | None = None, progress: bool = True) -> History:
    """Two players in turns: `discriminator_steps` updates of one, each on a new batch, then one of the other.

    The GAN has parts `generator` and `discriminator`, and methods `generator_loss` and
    `discriminator_loss`, each called as loss(*batch, rng=rng) and answering {"loss": …, …}. The history
    has "discriminator_loss" and "generator_loss", with the losses' other parts under their own names. Neither
    says how good the samples are: look at them, or measure them, in `watch`.

    Args:
        steps: updates of the generator in all; all else is as in `fit`, `clip` for each player by itself.

    Raises:
        ValueError: no batches, or a checkpoint of another run.
        FloatingPointError: a loss is no longer finite; the player is as it was before that step.
    """
    at_least_one(discriminator_steps=discriminator_steps)
    average, history = moving_average(gan, ema), History()
    saved = Checkpoint(checkpoint, rng, gan=gan, generator_optimizer=generator_optimizer,
                       discriminator_optimizer=discriminator_optimizer, average=average, history=history,
                       batches=batches)
    stream, plain = endless(batches), Precision(None, device_of(gan)).scaler

    def play(name: str, batch: tuple, optimizer: torch.optim.Optimizer) -> dict[str, float]:
        parts = loss_parts(getattr(gan, f"{name}_loss")(*batch, rng=rng))
        loss = parts.pop("loss")
        numbers = history.finite({f"{name}_loss": loss} | parts)
        update(loss, getattr(gan, name), optimizer, plain, clip)
        return numbers

    def step() -> dict[str, float]:
        for _ in range(discriminator_steps):
            batch = moved(next(stream), device_of(gan))
            numbers = play("discriminator", batch, discriminator_optimizer)
        return numbers | play("generator", batch, generator_optimizer)

    return _run(step, gan, [discriminator_optimizer, generator_optimizer], history, average, saved,
                steps=steps, watch=watch, every=every, save_every=save_every, schedule=schedule,
                progress=progress)


def _run(step: Callable[[], dict[str, float]], model: nn.Module, optimizers: list[torch.optim.Optimizer],
         history: History, average: AveragedModel | None, saved: Checkpoint, *, steps: int,
         watch: Callable[[Any, History], Any] | None, every: int, save_every: int,
         schedule: Callable[[float], float] | None, progress: bool) -> History:
    """Step after step until there are `steps`, with all that goes on around them."""
    at_least_one(steps=steps, every=every, save_every=save_every)
    history.ema = average and average.module
    rates = Rates(optimizers, schedule)
    saved.load()
    mode, clock = model.training, time.perf_counter() - history.seconds
    bar = tqdm(total=steps, initial=len(history), disable=not progress, unit="step")
    try:
        while len(history) < steps:
            model.train()
            rates.set(len(history) / steps)
            numbers = step()
            if average:
                average.update_parameters(model)
            history.append(numbers, seconds=time.perf_counter() - clock)
            bar.update()
            bar.set_postfix({name: f"{history.last(every, name):.4g}" for name in history.losses},
                            refresh=False)
            if watch and (len(history) % every == 0 or len(history) == steps):
                watch(model, history)
            if len(history) % save_every == 0 or len(history) == steps:
                saved.save()  # after watch, which may have drawn from rng
    except KeyboardInterrupt:
        history.interrupted = True
    finally:
        bar.close()
        model.train(mode)
        rates.restore()
    return history


def cosine_decay(progress: float) -> float:
    """½ (1 + cos π·progress): from 1 to 0, slowly at both ends (Loshchilov 2016, arXiv:1608.03983)."""
    return 0.5 * (1 + math.cos(math.pi * progress))


def linear_decay(progress: float) -> float:
    """1 - progress: from 1 to 0."""
    return 1 - progress
