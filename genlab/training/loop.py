"""Small parts of training loops."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def device_of(model: nn.Module) -> torch.device:
    """Where the model's parameters are."""
    parameter = next(model.parameters(), None)
    return torch.device("cpu") if parameter is None else parameter.device


def loss_parts(parts: Any) -> dict[str, Tensor]:
    """What `loss` returned, if it is what it should be."""
    if not isinstance(parts, Mapping) or "loss" not in parts:
        raise TypeError(f'model.loss must return a dict of scalars with the key "loss", '
                        f'got {type(parts).__name__}: return {{"loss": loss}}')
    shapes = {name: tuple(part.shape) for name, part in parts.items() if part.ndim}
    if shapes:
        raise ValueError(f"the parts of a loss must be scalars, got {shapes}: average over the batch")
    return dict(parts)


def update(loss: Tensor, model: nn.Module, optimizer: torch.optim.Optimizer, scaler: torch.amp.GradScaler,
           clip: float | None = None) -> None:
    """One step downhill, with the norm of the gradient clipped; a disabled scaler does nothing."""
    optimizer.zero_grad(set_to_none=True)
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    with fused(optimizer):
        scaler.step(optimizer)
    scaler.update()


@contextmanager
def fused(optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """Steps of Adam and AdamW in one pass over each tensor, where whoever made the optimizer left that open.

    The update is the same to rounding. On CUDA torch fuses by itself, on the CPU only when it is told to. Told
    for one step at a time, so that neither the optimizer's owner nor a checkpoint finds another choice.
    """
    adam = type(optimizer) in (torch.optim.Adam, torch.optim.AdamW)
    groups = [group for group in optimizer.param_groups if adam and _undecided(group)]
    for group in groups:
        group["fused"] = True
    try:
        yield
    finally:
        for group in groups:
            group["fused"] = None


def _undecided(group: Mapping[str, Any]) -> bool:
    """Whether a fused step is possible on the CPU, and neither asked for nor ruled out."""
    return (group["fused"] is None and group["foreach"] is None and not isinstance(group["lr"], Tensor)
            and not group["capturable"] and not group["differentiable"]
            and all(p.device.type == "cpu" and p.is_floating_point() for p in group["params"]))


def moving_average(model: nn.Module, decay: float | None) -> AveragedModel | None:
    """A copy of the model that follows its weights; no copy for None. Its `.module` is the averaged model.

    Early on it forgets faster, w̄ ← d w̄ + (1 - d) w with d = min(decay, (1 + k)/(10 + k)) after k
    updates, so that a short run is not an average with its initial weights.
    """
    if decay is None:
        return None
    if not 0 < decay < 1:
        raise ValueError(f"ema must lie between 0 and 1, got {decay}: 0.999 averages about 1000 steps")

    @torch.no_grad()
    def follow(averages: list[Tensor], weights: list[Tensor], count: Tensor | int) -> None:
        k = int(count)
        for average, weight in zip(averages, weights, strict=True):
            average.lerp_(weight, 1 - min(decay, (1 + k) / (10 + k)))

    averaged = AveragedModel(model, multi_avg_fn=follow).requires_grad_(False)
    averaged.module.train(model.training)
    return averaged


class Precision:
    """Mixed precision where there is CUDA; elsewhere, and for None, plain float32.

    Its scaler multiplies the loss before the gradient is taken, because small gradients would be 0 in
    float16 (Micikevicius et al. 2017, arXiv:1710.03740); in all other cases it does nothing.
    """

    def __init__(self, name: str | None, device: torch.device):
        if name not in (None, "bfloat16", "float16"):
            raise ValueError(f'precision must be None, "bfloat16" or "float16", got {name!r}')
        self.enabled = name is not None and device.type == "cuda"
        self.device = device.type
        self.dtype = getattr(torch, name) if name else None
        self.scaler = torch.amp.GradScaler("cuda", enabled=self.enabled and name == "float16")

    def autocast(self) -> torch.autocast:
        """A context in which operations choose their precision."""
        return torch.autocast(self.device if self.enabled else "cpu", dtype=self.dtype, enabled=self.enabled)


class Rates:
    """The learning rates of some optimizers, multiplied by a schedule's factor while a run lasts."""

    def __init__(self, optimizers: Sequence[torch.optim.Optimizer],
                 schedule: Callable[[float], float] | None):
        self.optimizers, self.schedule = optimizers, schedule
        self.rates = [group["lr"] for group in self._groups()]

    def set(self, progress: float) -> None:
        """The rates when so large a fraction of the run is done."""
        self._multiply(self.schedule(progress) if self.schedule else 1.0)

    def restore(self) -> None:
        """As they were."""
        self._multiply(1.0)

    def _groups(self) -> list[dict[str, Any]]:  # asked for anew each time: loading a state replaces them
        return [group for optimizer in self.optimizers for group in optimizer.param_groups]

    def _multiply(self, factor: float) -> None:
        for group, rate in zip(self._groups(), self.rates, strict=True):
            group["lr"] = rate * factor


class Together:
    """Several `Rates` as one: a schedule for each player."""

    def __init__(self, *rates: Rates):
        self.rates = rates

    def set(self, progress: float) -> None:
        for rates in self.rates:
            rates.set(progress)

    def restore(self) -> None:
        for rates in self.rates:
            rates.restore()


def with_generator(gan: nn.Module, average: AveragedModel | None) -> nn.Module | None:
    """The GAN with the averaged generator; its discriminator is the GAN's own."""
    if average is None:
        return None
    averaged = copy.copy(gan)
    averaged._modules = {**gan._modules, "generator": average.module}
    return averaged
