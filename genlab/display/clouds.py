"""Diffusion in the plane: a cloud that a slider noises and frees of noise, and its still picture.

The data are a kernel density, small normal densities around some points, whose score at every time is known
in closed form; the browser computes it (cloud.js), and so does this file.
"""

import math

import torch
from torch import Tensor

from genlab.display.modules import Touchable, make
from genlab.display.style import BLUE, Picture, in_style, new_picture

REACH = 3.2


def cosine_signal(u: float) -> float:
    """ᾱ at a time between 0 and 1 by the cosine rule, at least 1e-4."""
    at = [math.cos((v + 0.008) / 1.008 * math.pi / 2) ** 2 for v in (u, 0.0)]
    return max(1e-4, at[0] / at[1])


def kernel_denoiser(points: Tensor, spread: float, signal: float, x: Tensor) -> Tensor:
    """E[x_0 | x_t = x] for data that are normal around each of the points: (B, 2) -> (B, 2).

    Args:
        points: (N, 2), each with the standard deviation `spread`.
        signal: ᾱ of the time.
    """
    root, variance = math.sqrt(signal), signal * spread**2 + 1 - signal
    gap = x[:, None] - root * points  # (B, N, 2)
    weight = (-gap.square().sum(2) / (2 * variance)).softmax(1)
    guess = points + root * spread**2 / variance * gap
    return (weight[..., None] * guess).sum(1)


def kernel_score(points: Tensor, spread: float, signal: float, x: Tensor) -> Tensor:
    """∇ log q(x_t) = (√ᾱ E[x_0 | x_t] - x_t) / (1 - ᾱ): (B, 2) -> (B, 2)."""
    return (math.sqrt(signal) * kernel_denoiser(points, spread, signal, x) - x) / (1 - signal)


def diffusion_explorer(points: Tensor, *, spread: float = 0.12, arrows: bool = False, way: str = "data",
                       time: float = 0.0, title: str = "Noise, and back") -> Touchable:
    """A cloud in the plane with a slider for the time, paths back from noise, and data to draw by hand.

    Args:
        points: (N, 2), within ±3; `widget.points` holds them flat, those that a reader draws included.
        spread: standard deviation of the data around each point.
        arrows: whether the score is shown at first.
        way: "data" (noise is added), "chance" or "path": back from noise with fresh noise in every step, or
            without.
        time: where the slider stands at first, 0 … 1.
    """
    flat = [round(v, 3) for v in points.detach().cpu().double().flatten().tolist()]
    widget = make("cloud.js", dict(spread=float(spread)),
                  dict(points=flat, time=float(time), way=way, arrows=float(arrows)))
    return Touchable(widget, _still(points.detach().cpu().double(), spread, arrows, title))


def _still(points: Tensor, spread: float, arrows: bool, title: str) -> Picture:
    rng = torch.Generator().manual_seed(0)
    noise = torch.randn(points.shape, generator=rng, dtype=torch.float64)
    times = (0.0, 0.3, 0.6, 1.0)
    alt = (f"{title}: the same points at the times {', '.join(map(str, times))}; their shape dissolves into a "
           "round cloud" + ("; arrows point to where points are denser" if arrows else ""))
    with in_style():
        figure = new_picture(6.8, 2.0, alt=alt)
        for axes, u in zip(figure.subplots(1, 4), times, strict=True):
            signal = cosine_signal(u) if u else 1.0
            x = math.sqrt(signal) * points + math.sqrt(1 - signal) * noise
            axes.plot(*x.T.numpy(), ".", color=BLUE, markersize=2)
            if arrows:
                at = torch.linspace(-2.8, 2.8, 11, dtype=torch.float64)
                grid = torch.cartesian_prod(at, at)
                slope = kernel_score(points, spread, min(cosine_signal(u), 0.995), grid)
                length = slope.norm(dim=1, keepdim=True).clamp_min(1e-9)
                slope = slope / (length + 1.5)  # long arrows would cover the short ones
                axes.quiver(*grid.T.numpy(), *slope.T.numpy(), color="#888888", width=0.008, scale=18)
            axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=[], yticks=[], aspect="equal")
            axes.set_title(f"time {u:g}", fontsize=9)
    return figure
