"""Guidance in the plane: walkers led by a label, with a slider for the weight (guide.js), and the still picture.

Every label has some heaps, normal densities, so the best guess of x_0 is known with the label and without it.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from genlab.display.clouds import REACH, cosine_signal, kernel_denoiser
from genlab.display.modules import Touchable, make
from genlab.display.style import INK, Picture, in_style, new_picture

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")  # of the labels, as in guide.js
STEPS = 40


def guided_walk(heaps: Tensor, labels: Sequence[int], *, spread: float, label: int, weight: float, x: Tensor) -> Tensor:
    """Where walkers x (B, 2), drawn from N(0, I), end at the data: (B, 2).

    Each of the 40 steps is DDIM's without noise, with the guess û + w (ĉ - û) of x_0.

    Args:
        heaps: centres (H, 2); each has the standard deviation `spread`, and the label at its place in `labels`.
        label: the one that leads.
        weight: w.
    """
    own = torch.tensor([value == label for value in labels])
    heaps, x = heaps.double(), x.double()
    for step in range(STEPS, 0, -1):
        now, later = cosine_signal(step / STEPS), cosine_signal((step - 1) / STEPS) if step > 1 else 1.0
        without = kernel_denoiser(heaps, spread, now, x)
        clean = without + weight * (kernel_denoiser(heaps[own], spread, now, x) - without)
        shrink = math.sqrt((1 - later) / (1 - now))
        x = shrink * x + (math.sqrt(later) - shrink * math.sqrt(now)) * clean
    return x


def heap_shares(points: Tensor, heaps: Tensor, spread: float) -> Tensor:
    """The share of points whose nearest heap, within three standard deviations, is this one: (H,)."""
    distance, nearest = torch.cdist(points.double(), heaps.double()).min(1)
    return torch.bincount(nearest[distance < 3 * spread], minlength=len(heaps)) / len(points)


def guidance_explorer(heaps: Tensor, labels: Sequence[int], *, names: Sequence[str], spread: float = 0.28,
                      weight: float = 1.0, label: int = 0, title: str = "One label leads") -> Touchable:
    """Walkers from noise to the heaps of one label, with sliders for the weight and the time.

    Args:
        heaps: centres (H, 2), within ±3; of each label the first is called outer and the second inner.
        labels: for each heap, 0 … L-1.
        names: of the L labels, at most four.
        spread: standard deviation of every heap.
        weight, label: where it begins; `widget.weight` and `widget.label` are where it stands.
    """
    if len(names) > len(COLOURS):
        raise ValueError(f"there are colours for {len(COLOURS)} labels, got {len(names)}")
    flat = heaps.detach().cpu().double().flatten().tolist()
    fixed = dict(heaps=flat, labels=list(labels), names=list(names), spread=float(spread))
    widget = make("guide.js", fixed, dict(weight=float(weight), label=int(label)))
    return Touchable(widget, _still(heaps.detach().cpu(), labels, names, spread, label, title))


def _still(heaps: Tensor, labels, names, spread: float, label: int, title: str) -> Picture:
    weights = (0.0, 1.0, 2.0, 4.0)
    noise = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
    with in_style():
        figure, told = new_picture(6.8, 2.0), []
        for axes, weight in zip(figure.subplots(1, len(weights)), weights, strict=True):
            for centre, own in zip(heaps.tolist(), labels, strict=True):
                shade = 0.5 if own == label else 0.2
                axes.scatter(*centre, s=420 * spread, color=COLOURS[own], alpha=shade, linewidth=0)
            ends = guided_walk(heaps, labels, spread=spread, label=label, weight=weight, x=noise)
            axes.plot(*ends.T, ".", color=INK, markersize=1.6)
            axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=[], yticks=[], aspect="equal")
            axes.set_title(f"weight {weight:g}", fontsize=9)
            share = heap_shares(ends, heaps, spread)[[i for i, own in enumerate(labels) if own == label]]
            told.append(f"weight {weight:g}: " + ", ".join(f"{100 * s:.0f} %" for s in share.tolist()))
        figure.alt = f"{title}, {names[label]}: shares of its heaps at " + "; ".join(told)
    return figure
