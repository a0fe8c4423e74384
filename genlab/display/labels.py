"""Labels to touch: a conditional GAN on coloured heaps that trains in the browser, and a wheel of labels.

On the heaps D is one of four: "blind", without the label; "concat", (x, one-hot y) together (Mirza and Osindero 2014,
arXiv:1411.1784); "projection", w·h + b + ⟨e(y), h⟩ (Miyato and Koyama 2018, arXiv:1802.05637); "auxiliary", which names
the class (Odena, Olah and Shlens 2016, arXiv:1610.09585).
"""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from genlab.data import plane
from genlab.display.grids import show_grid
from genlab.display.modules import Touchable, make
from genlab.display.quiet import quietly
from genlab.display.style import PALETTE, Picture, in_style, new_picture

CLASSES = 4  # labels of the game: heap k has the label k mod 4
HIDDEN = 32  # units of a layer of its networks
KINDS = ("blind", "concat", "projection", "auxiliary")


def label_game(kind: str = "blind", *, sigma: float = 0.2, label: float = 0.0, seed: int = 0) -> Touchable:
    """A conditional GAN on eight heaps of four colours that trains in the browser, with a slider over the labels.

    Args:
        kind: which discriminator the reader finds first, one of `KINDS`.
        sigma: width of the heaps.
        label: where the slider starts, from 0 to 3; between two labels both networks get a bit of each.
        seed: of the networks and of everything random.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    ring = plane.Ring(sigma=sigma)
    fixed = dict(modes=ring.modes.tolist(), sigma=float(sigma), hidden=HIDDEN, classes=CLASSES, seed=seed)
    widget = make("labels.js", fixed, dict(kind=kind, label=float(label)))
    rng = torch.Generator().manual_seed(seed)
    heap = torch.randint(0, 8, (400,), generator=rng)
    points = ring.modes[heap] + sigma * torch.randn(400, 2, generator=rng).double()
    still = plot_labels({"the data: eight heaps, four labels": (None, points, heap % CLASSES)}, ring)
    return Touchable(widget, still)


def plot_labels(panels: Mapping[str, tuple[Callable[[Tensor], Tensor] | None, Tensor, Tensor]], ring: plane.Density, *,
                columns: int = 4, classes: int = CLASSES, alt: str | None = None) -> Picture:
    """Points in the colour of their label, D's surface behind them, heaps as rings: one panel for each title.

    Args:
        panels: title -> (surface, points, labels): a function of points (N, 2) to logits (N,), or None; points (M, 2);
            labels (M,), whole numbers.
        ring: its mode k has the label k mod classes.
        columns: panels in a row.
    """
    rows = math.ceil(len(panels) / columns)
    wide = min(columns, len(panels))
    with in_style():
        alt = alt or f"Points in the colours of their labels: {', '.join(panels)}"
        figure = new_picture(min(6.8, 3.4 * wide), rows * (3.3 if wide < 2 else 6.8 / wide + 0.25), alt=alt)
        grid = figure.subplots(rows, wide, squeeze=False).flatten()
        for axes, (title, (surface, points, labels)) in zip(grid, panels.items(), strict=False):
            _panel(axes, surface, points.detach(), labels, ring, classes)
            axes.set_title(title, fontsize=9 if wide > 2 else 10, pad=4)
        for axes in grid[len(panels):]:
            axes.set_axis_off()
    return figure


def _panel(axes, surface, points: Tensor, labels: Tensor, ring: plane.Density, classes: int) -> None:
    at, limit = plane.grid(80)[0], plane.LIMIT
    if surface is not None:
        with quietly(surface) if isinstance(surface, nn.Module) else torch.no_grad():
            share = surface(at).reshape(80, 80).sigmoid().T
        axes.imshow(share, origin="lower", extent=(-limit, limit, -limit, limit), vmin=0, vmax=1, alpha=0.6)
    angle = torch.linspace(0, 2 * math.pi, 60)
    for k, (x, y) in enumerate(ring.modes.tolist()):
        colour = PALETTE[k % classes]
        axes.plot(x + ring.radius * angle.cos(), y + ring.radius * angle.sin(), color=colour, linewidth=1.5)
    colours = [PALETTE[c] for c in labels.tolist()]
    axes.scatter(*points.T, s=6, c=colours, edgecolors="white", linewidths=0.25)
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[], yticks=[], aspect="equal")
    axes.grid(visible=False)


def label_dial(models: Mapping[str, Callable[[Tensor, Tensor], Tensor]], z: Tensor, *, classes: int = 10,
               stops: int = 6, title: str = "One code under every label") -> Touchable:
    """A wheel of labels around one code, and what each model makes of it; between labels, of a bit of both.

    Args:
        models: name -> function of codes (N, K) and rows of weights of the labels (N, classes), which sum to 1, to
            images of 28 by 28 pixels in [0, 1].
        z: codes to choose from, (S, K), the same for all models.
        stops: from one label to the next.
    """
    place = torch.arange(classes * stops)
    share = (place % stops / stops)[:, None]
    eye = torch.eye(classes)
    weights = (1 - share) * eye[place // stops] + share * eye[(place // stops + 1) % classes]
    images = []
    with torch.no_grad():
        for make_images in models.values():
            for code in z:
                made = make_images(code.expand(len(place), -1), weights.to(code)).reshape(-1, 28, 28)
                images.append((made.clamp(0, 1) * 255).round().byte().cpu())
    frames = torch.stack(images)  # (models · S, places, 28, 28)
    fixed = dict(frames=frames.numpy().tobytes(), names=list(models), classes=classes, stops=stops, codes=len(z))
    first = frames.view(len(models), len(z), len(place), 1, 28, 28)[:, 0, ::stops].float() / 255
    still = show_grid(list(first), rows=list(models), scale=2, title=title,
                      alt=f"{title}: a row of {classes} images by each of {', '.join(models)}")
    return Touchable(make("dial.js", fixed, dict(place=0, code=0)), still)
