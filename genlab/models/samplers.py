"""From noise to data with any denoiser: DDPM and DDIM in one step with η, a solver of second order, inpainting.

A denoiser is a function denoise(x, ᾱ) -> x̂_0 of a whole batch at one time; a chain is a list of ᾱ, increasing,
from the noisiest time to the last one before the data, where ᾱ = 1.

    x_s = √ᾱ_s x̂_0 + √(1 - ᾱ_s - σ²) ε̂ + σ z,    ε̂ = (x_t - √ᾱ_t x̂_0) / √(1 - ᾱ_t)
    σ² = η² (1 - ᾱ_s) / (1 - ᾱ_t) · (1 - ᾱ_t / ᾱ_s)

Song, Meng and Ermon (2021), Denoising diffusion implicit models, arXiv:2010.02502, equations 12 and 16: η = 1 is
DDPM's chain, also where it jumps, and η = 0 draws no noise. Second order: Lu et al. (2022), DPM-Solver++,
arXiv:2211.01095, algorithm 2, for the same equation without noise. Inpainting: Lugmayr et al. (2022), RePaint,
arXiv:2201.09865.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from genlab.layers import evaluating
from genlab.models.diffusion import DiffusionModel
from genlab.random import randn

Denoiser = Callable[[Tensor, float], Tensor]


class State(NamedTuple):
    """Where a sampler is: x, ᾱ there, and the guess x̂_0 that led there (None at the start)."""

    x: Tensor
    signal: float
    clean: Tensor | None


def denoiser(model: DiffusionModel, labels: Tensor | int | None = None, *, batch: int = 50) -> Denoiser:
    """denoise(x, ᾱ) of a diffusion model: x̂_0 at that of its times whose ᾱ is nearest, in eval mode.

    Args:
        labels: one for all or one for each row, where the network takes them.
        batch: rows at a time; few of them stay in the processor's cache, which is faster on a CPU.
    """
    logits = (model.alpha_bar.double().log() - (1 - model.alpha_bar.double()).clamp_min(1e-12).log()).cpu()

    def denoise(x: Tensor, signal: float) -> Tensor:
        t = (logits - math.log(signal / max(1 - signal, 1e-12))).abs().argmin().to(x.device)
        rows = None if labels is None else torch.as_tensor(labels, device=x.device).expand(len(x))
        with evaluating(model):
            parts = [model.predict_clean(part, t.expand(len(part)), None if rows is None else rows[at:at + batch])
                     for at, part in zip(range(0, len(x), batch), x.split(batch), strict=True)]
        return torch.cat(parts)

    return denoise


def chain(alpha_bar: Tensor, steps: int) -> list[float]:
    """ᾱ at `steps` of the T times, evenly spread and the noisiest among them, increasing.

    Args:
        alpha_bar: of all times, (T,), decreasing, as `NoiseSchedule` has it.
    """
    if not 1 <= steps <= len(alpha_bar):
        raise ValueError(f"steps must lie in 1 … {len(alpha_bar)}, got {steps}")
    times = torch.linspace(len(alpha_bar) / steps, len(alpha_bar), steps, dtype=torch.float64).round().long() - 1
    return alpha_bar.double().cpu()[times].flip(0).tolist()


def reverse_step(x: Tensor, clean: Tensor, signal: float, next_signal: float, *, eta: float = 0.0,
                 noise: Tensor | None = None) -> Tensor:
    """x at the cleaner time with `next_signal`, from x at `signal`, a guess of x_0, and noise where η > 0."""
    direction = (x - math.sqrt(signal) * clean) / math.sqrt(1 - signal)
    variance = eta**2 * (1 - next_signal) / (1 - signal) * (1 - signal / next_signal)
    mean = math.sqrt(next_signal) * clean + math.sqrt(max(1 - next_signal - variance, 0.0)) * direction
    return mean if variance == 0 or noise is None else mean + math.sqrt(variance) * noise


def second_order_step(x: Tensor, clean: Tensor, before: Tensor, signals: Sequence[float]) -> Tensor:
    """A step of DPM-Solver++(2M): along the straight line, in λ = ½ log ᾱ/(1 - ᾱ), through the last two guesses.

        x_s = σ_s/σ_t x_t + (√ᾱ_s - √ᾱ_t σ_s/σ_t) D,   D = x̂_0 + h/(2 h') (x̂_0 - x̂_0'),   h = λ_s - λ_t

    Args:
        x, clean: x and the guess at the present time; `before` is the guess at the time before it.
        signals: ᾱ of the time before, of the present and of the next one. To ᾱ = 1 the answer is `clean`.
    """
    old, signal, next_signal = signals
    if next_signal >= 1:
        return clean
    past, now, then = (0.5 * math.log(s / (1 - s)) for s in (old, signal, next_signal))
    guess = clean + (then - now) / (2 * (now - past)) * (clean - before)
    shrink = math.sqrt((1 - next_signal) / (1 - signal))
    return shrink * x + (math.sqrt(next_signal) - math.sqrt(signal) * shrink) * guess


def trajectory(denoise: Denoiser, x: Tensor, signals: Sequence[float], *, eta: float = 0.0, order: int = 1,
               rng: torch.Generator | None = None) -> Iterator[State]:
    """All states from x, which is noise, to data: one more than there are times in the chain.

    Args:
        x: (B, ...), as at the noisiest time.
        eta: how much of DDPM's noise every step draws.
        order: 2 for DPM-Solver++(2M), which knows no noise. Its first step and its last are of order 1.
    """
    _check(signals, eta, order)
    state, guesses = State(x, signals[0], None), []
    yield state
    for i, signal in enumerate(signals):
        next_signal = signals[i + 1] if i + 1 < len(signals) else 1.0
        guesses.append(denoise(state.x, signal))
        if order == 2 and i:
            x = second_order_step(state.x, guesses[-1], guesses[-2], (signals[i - 1], signal, next_signal))
        else:
            noise = randn(x.shape, like=x, rng=rng) if eta else None
            x = reverse_step(state.x, guesses[-1], signal, next_signal, eta=eta, noise=noise)
        state = State(x, next_signal, guesses[-1])
        yield state


def sample(denoise: Denoiser, x: Tensor, signals: Sequence[float], *, eta: float = 0.0, order: int = 1,
           rng: torch.Generator | None = None) -> Tensor:
    """The last x of `trajectory`, as many evaluations of the denoiser as there are times."""
    return deque(trajectory(denoise, x, signals, eta=eta, order=order, rng=rng), maxlen=1).pop().x


def repaint(denoise: Denoiser, x: Tensor, known: Tensor, seen: Tensor, signals: Sequence[float], *, eta: float = 1.0,
            repeats: int = 1, rng: torch.Generator | None = None) -> Tensor:
    """Samples that agree with what is seen of `known`: (B, ...).

    After every step the seen part is that of `known` with fresh noise of that time. With repeats > 1 each step but
    the last is undone, by noise, and taken again, so that the rest can adapt to what is seen.

    Args:
        x: noise to start from; known: data; seen: bool; all (B, ...). What is not seen of `known` plays no role.
    """
    _check(signals, eta, 1)
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, got {repeats}")
    for signal, next_signal in zip(signals, [*signals[1:], 1.0], strict=True):
        for again in range(repeats if next_signal < 1 else 1):
            if again:
                ratio = signal / next_signal
                x = math.sqrt(ratio) * x + math.sqrt(1 - ratio) * randn(x.shape, like=x, rng=rng)
            noise = randn(x.shape, like=x, rng=rng) if eta else None
            x = reverse_step(x, denoise(x, signal), signal, next_signal, eta=eta, noise=noise)
            scale = math.sqrt(1 - next_signal)
            x = torch.where(seen, math.sqrt(next_signal) * known + scale * randn(x.shape, like=x, rng=rng), x)
    return x


def _check(signals: Sequence[float], eta: float, order: int) -> None:
    if not signals or not all(0 < s < 1 for s in signals) or any(a >= b for a, b in pairwise(signals)):
        raise ValueError("signals must be numbers between 0 and 1 that increase, from the noisiest time to the "
                         "cleanest: see genlab.models.samplers.chain")
    if order not in (1, 2) or not 0 <= eta <= 1 or (order == 2 and eta):
        raise ValueError(f"order must be 1 or 2 and eta lie in 0 … 1, 0 at order 2; got order={order}, eta={eta}")
