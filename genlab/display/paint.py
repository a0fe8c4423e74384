"""Transposed convolutions to touch and to look at: which output pixel is painted how often.

Odena, Dumoulin and Olah (2016), Deconvolution and checkerboard artifacts, distill.pub/2016/deconv-checkerboard.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from genlab.display.modules import Touchable, make
from genlab.display.style import INK, PALETTE, Picture, in_style, new_picture
from genlab.models.dcgan import paint_counts


def paint_plane(size: int, kernel: int, stride: int) -> Tensor:
    """How often a transposed convolution without padding paints each output pixel: (side, side), whole numbers."""
    line = paint_counts(size, kernel, stride)
    return line[:, None] * line


def paint_explorer(size: int = 5, *, kernel: int = 3, stride: int = 2, step: int = 3) -> Touchable:
    """An input whose pixels press their stamps one after another, with sliders for kernel and stride.

    Args:
        size: of the input, along both axes.
        step: how many pixels have pressed their stamp at first.
    """
    widget = make("paint.js", dict(size=size), dict(kernel=kernel, stride=stride, step=step))
    pairs = dict.fromkeys([(kernel, stride), (4, 2), (5, 2), (5, 3)])
    return Touchable(widget, plot_planes({f"kernel {k}, stride {s}": paint_plane(size, k, s) for k, s in pairs}))


def plot_planes(planes: Mapping[str, Tensor], *, numbers: bool = True, title: str | None = None,
                label: str = "painted", alt: str | None = None) -> Picture:
    """Planes of numbers side by side, each with its own scale from 0 (white) to its largest value (blue).

    Args:
        numbers: write whole numbers into the cells where they fit.
        label: what the numbers are, for the alt text.
    """
    if alt is None:
        span = {name: (plane.min().item(), plane.max().item()) for name, plane in planes.items()}
        alt = "; ".join(f"{name}: {label} {low:g} to {high:g}" for name, (low, high) in span.items())
    with in_style():
        figure = new_picture(7.0, 7.0 / len(planes) + (0.5 if title else 0.25), alt=alt)
        figure.set_layout_engine("constrained")
        for ax, (name, plane) in zip(figure.subplots(1, len(planes), squeeze=False)[0], planes.items(), strict=True):
            plane = plane.detach().cpu().double()
            ax.imshow(plane, cmap=_blues(), vmin=min(0.0, plane.min().item()), vmax=max(plane.max().item(), 1e-12))
            ax.set_xticks([])
            ax.set_yticks([])
            ax.set_title(name, fontsize=9.5)
            if numbers and plane.shape[1] <= 16:
                for (i, j) in torch.cartesian_prod(torch.arange(plane.shape[0]), torch.arange(plane.shape[1])).tolist():
                    dark = plane[i, j] > 0.55 * plane.max()
                    ax.text(j, i, f"{plane[i, j]:.0f}", ha="center", va="center", fontsize=5.5,
                            color="#FFFFFF" if dark else INK)
        if title:
            figure.suptitle(title, fontsize=10.5)
    return figure


def _blues():
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("paint", ["#FFFFFF", PALETTE[0]])


def plot_tower(towers: Mapping[str, Sequence[tuple[int, int]]], *, alt: str | None = None) -> Picture:
    """Towers of maps, each map as a square of its side, with (channels, side) written below it.

    Args:
        towers: name -> (channels, side) from the first map to the last.
    """
    described = "; ".join(f"{name}: " + ", ".join(f"{c} × {s} × {s}" for c, s in maps) for name, maps in towers.items())
    largest = max(side for maps in towers.values() for _, side in maps)
    with in_style():
        figure = new_picture(7.0, 1.45 * len(towers), alt=alt or f"Maps from layer to layer. {described}")
        axes = figure.subplots(len(towers), 1, squeeze=False)[:, 0]
        most = max(len(maps) for maps in towers.values())
        for ax, (name, maps) in zip(axes, towers.items(), strict=True):
            x = 0.0
            for k, (channels, side) in enumerate(maps):
                across = 0.2 + 0.8 * side / largest
                deep = 1 + min(4, max(0, channels.bit_length() - 2))
                for back in reversed(range(deep)):
                    shift = 0.045 * back
                    ax.add_patch(_square(x + shift, shift, across, k == len(maps) - 1))
                ax.text(x + across / 2, -0.12, f"{channels} × {side} × {side}", ha="center", va="top", fontsize=8)
                x += 1.65
            ax.set_xlim(-0.6, 1.65 * most)
            ax.set_ylim(-0.4, 1.3)
            ax.set_aspect("equal", anchor="W")
            ax.axis("off")
            ax.set_title(name, fontsize=10, loc="left")
    return figure


def _square(x: float, y: float, side: float, last: bool):
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), side, side, facecolor="#FFFFFF" if last else "#DCE9F3", edgecolor=PALETTE[0], linewidth=1)
