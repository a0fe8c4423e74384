"""The training loop, on one screen.

    history = fit(model, batches, torch.optim.Adam(model.parameters(), 1e-3), steps=4000, rng=rng)

A model is anything with `loss(*batch, rng=None) -> {"loss": …, …}`; batches are anything that can be
iterated over again and again. With `checkpoint="run.pt"` an interrupted run goes on where it was last
saved and, with `genlab.data.Batches`, equals an uninterrupted one bit for bit.
"""

import math
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm.auto import tqdm

from genlab.checkpoint import Checkpoint
from genlab.history import History
from genlab.loop import Precision, at_least_one, device_of, endless, loss_parts, moved, moving_average, update

__all__ = ["History", "cosine_decay", "fit", "linear_decay"]


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
    at_least_one(steps=steps, every=every, save_every=save_every)
    device, average = device_of(model), moving_average(model, ema)
    mixed = Precision(precision, device)
    history = History(ema=average and average.module)
    rates = [group["lr"] for group in optimizer.param_groups]
    saved = Checkpoint(checkpoint, rng, model=model, optimizer=optimizer, average=average,
                       scaler=mixed.scaler, history=history, batches=batches)
    saved.load()
    mode, clock = model.training, time.perf_counter() - history.seconds
    bar = tqdm(total=steps, initial=len(history), disable=not progress, unit="step")
    try:
        for batch in islice(endless(batches), max(0, steps - len(history))):
            model.train()
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * (schedule(len(history) / steps) if schedule else 1.0)
            with mixed.autocast():
                parts = loss_parts(model.loss(*moved(batch, device), rng=rng))
            numbers = history.finite(parts)
            update(parts["loss"], model, optimizer, mixed.scaler, clip)
            if average:
                average.update_parameters(model)
            history.append(numbers, seconds=time.perf_counter() - clock)
            bar.update()
            bar.set_postfix(loss=f"{history.last(every):.4g}", refresh=False)
            if watch and (len(history) % every == 0 or len(history) == steps):
                watch(model, history)
            if len(history) % save_every == 0 or len(history) == steps:
                saved.save()  # after watch, which may have drawn from rng
    except KeyboardInterrupt:
        history.interrupted = True
    finally:
        bar.close()
        model.train(mode)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
    return history


def cosine_decay(progress: float) -> float:
    """½ (1 + cos π·progress): from 1 to 0, slowly at both ends (Loshchilov 2016, arXiv:1608.03983)."""
    return 0.5 * (1 + math.cos(math.pi * progress))


def linear_decay(progress: float) -> float:
    """1 - progress: from 1 to 0."""
    return 1 - progress
