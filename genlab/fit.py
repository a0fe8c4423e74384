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

from genlab.training.checkpoint import Checkpoint
from genlab.training.checks import as_device, check_optimizer, check_options, compiled, stream_of, unwrapped
from genlab.training.history import History
from genlab.training.loop import (
    Precision,
    Rates,
    Together,
    device_of,
    loss_parts,
    moving_average,
    update,
    with_generator,
)

__all__ = ["History", "cosine_decay", "fit", "fit_adversarial", "linear_decay"]


def fit(model: nn.Module, batches: Iterable, optimizer: torch.optim.Optimizer, *, steps: int,
        rng: torch.Generator | None = None, watch: Callable[[Any, History], Any] | None = None,
        every: int = 100, ema: float | None = None, clip: float | None = None,
        checkpoint: str | Path | None = None, save_every: int = 500,
        schedule: Callable[[float], float] | None = None, precision: str | None = None,
        device: str | torch.device | None = None, progress: bool = True) -> History:
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
        device: where to move the model, "auto" for the fastest there is; by default it stays.

    Raises:
        ValueError: no batches, data of another form than the model's, or a checkpoint of another run.
        FloatingPointError: the loss is no longer finite; the model is as it was before that step.
    """
    check_options(clip=clip, steps=steps, every=every, save_every=save_every)
    check_optimizer(optimizer, model)
    loss, model = compiled(model, "loss"), unwrapped(model)
    model.to(device_of(model) if device is None else as_device(device))
    mixed = Precision(precision, device_of(model))
    average, history = moving_average(model, ema), History()
    saved = Checkpoint(checkpoint, rng, model=model, optimizer=optimizer, average=average,
                       scaler=mixed.scaler, history=history, batches=batches)
    stream, history.ema = stream_of(batches, model), average and average.module

    def step() -> dict[str, float]:
        with mixed.autocast():
            parts = loss_parts(loss(*next(stream), rng=rng))
        numbers = history.finite(parts)
        update(parts["loss"], model, optimizer, mixed.scaler, clip)
        return numbers

    return _run(step, model, Rates([optimizer], schedule), history, average, saved, steps=steps, watch=watch,
                every=every, save_every=save_every, progress=progress)


def fit_adversarial(gan: nn.Module, batches: Iterable, generator_optimizer: torch.optim.Optimizer,
                    discriminator_optimizer: torch.optim.Optimizer, *, steps: int,
                    discriminator_steps: int | Callable[[int], int] = 1, rng: torch.Generator | None = None,
                    watch: Callable[[Any, History], Any] | None = None, every: int = 100,
                    ema: float | None = None, clip: float | None = None,
                    checkpoint: str | Path | None = None, save_every: int = 500,
                    schedule: Callable[[float], float] | None = None,
                    discriminator_schedule: Callable[[float], float] | None = None,
                    precision: str | None = None, device: str | torch.device | None = None,
                    progress: bool = True) -> History:
    """Two players in turns: `discriminator_steps` updates of one, each on a new batch, then one of the other.

    The GAN has parts `generator` and `discriminator`, and methods `generator_loss` and
    `discriminator_loss`, each called as loss(*batch, step=steps done, rng=rng) and answering
    {"loss": …, …}. Its `constrain`, if it has one, is called before and after each step of the discriminator.
    The history has "discriminator_loss" and "generator_loss", with the losses' other parts under their own
    names. Neither says how good the samples are: look at them, or measure them, in `watch`.

    Args:
        steps: updates of the generator in all; all else is as in `fit`, `clip` for each player by itself.
        discriminator_steps: a number, or a function of the generator's steps done.
        ema: averages the generator alone; `history.ema` is the GAN with that generator.
        schedule, discriminator_schedule: of both players, unless the discriminator has its own.

    Raises:
        ValueError: no batches, or a checkpoint of another run.
        FloatingPointError: a loss is no longer finite; the player is as it was before that step.
    """
    turns = discriminator_steps if callable(discriminator_steps) else lambda step: discriminator_steps
    check_options(clip=clip, discriminator_steps=turns(0), steps=steps, every=every, save_every=save_every)
    losses = {name: compiled(gan, f"{name}_loss") for name in ("generator", "discriminator")}
    gan = unwrapped(gan)
    check_optimizer(generator_optimizer, gan.generator, "generator")
    check_optimizer(discriminator_optimizer, gan.discriminator, "discriminator")
    gan.to(device_of(gan) if device is None else as_device(device))
    average, history = moving_average(gan.generator, ema), History()
    mixed = {name: Precision(precision, device_of(gan)) for name in losses}
    history.ema = with_generator(gan, average)
    constrain = getattr(gan, "constrain", lambda: None)
    saved = Checkpoint(checkpoint, rng, gan=gan, generator_optimizer=generator_optimizer,
                       discriminator_optimizer=discriminator_optimizer, average=average, history=history,
                       generator_scaler=mixed["generator"].scaler,
                       discriminator_scaler=mixed["discriminator"].scaler, batches=batches)
    stream = stream_of(batches, gan)

    def play(name: str, batch: tuple, optimizer: torch.optim.Optimizer) -> dict[str, float]:
        with mixed[name].autocast():
            parts = loss_parts(losses[name](*batch, step=len(history), rng=rng))
        loss = parts.pop("loss")
        numbers = history.finite({f"{name}_loss": loss} | parts)
        update(loss, getattr(gan, name), optimizer, mixed[name].scaler, clip)
        return numbers

    def step() -> dict[str, float]:
        for _ in range(turns(len(history))):
            constrain()
            batch = next(stream)
            numbers = play("discriminator", batch, discriminator_optimizer)
        constrain()
        return numbers | play("generator", batch, generator_optimizer)

    rates = Rates([generator_optimizer], schedule), Rates([discriminator_optimizer],
                                                          discriminator_schedule or schedule)
    return _run(step, gan, Together(*rates), history, average, saved, steps=steps, watch=watch, every=every,
                save_every=save_every, progress=progress, followed=gan.generator)


def _run(step: Callable[[], dict[str, float]], model: nn.Module, rates: Rates, history: History,
         average: AveragedModel | None, saved: Checkpoint, *, steps: int, followed: nn.Module | None = None,
         watch: Callable[[Any, History], Any] | None, every: int, save_every: int,
         progress: bool) -> History:
    """Step after step until there are `steps`, with all that goes on around them."""
    from tqdm.auto import tqdm  # here, so that checks of answers need no more than torch and numpy

    saved.load()
    mode, clock = model.training, time.perf_counter() - history.seconds
    processor = time.process_time() - history.cpu_seconds
    shown = 0.0
    bar = tqdm(total=steps, initial=len(history), disable=not progress, unit="step")
    try:
        model.train()
        while len(history) < steps:
            rates.set(len(history) / steps)
            numbers = step()
            if average:
                average.update_parameters(model if followed is None else followed)
            history.append(numbers, seconds=time.perf_counter() - clock,
                           cpu_seconds=time.process_time() - processor)
            bar.update()
            if progress and (len(history) == steps or time.perf_counter() - shown > bar.mininterval):
                shown = time.perf_counter()
                bar.set_postfix({name: f"{history.last(every, name):.4g}" for name in history.losses},
                                refresh=False)
            if watch and (len(history) % every == 0 or len(history) == steps):
                watch(model, history)
                model.train()  # whatever was watched
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
