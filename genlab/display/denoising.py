"""A diffusion model's way from noise to data: a film to leaf through, one step taken apart, paths in the plane."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from genlab.display.grids import show_grid, to_tiles
from genlab.display.modules import Touchable, make
from genlab.display.style import BLUE, FAINT, GREEN, INK, VERMILLION, Picture, in_style, new_picture

REACH = 3.2


def denoising_explorer(films: Mapping[str, Sequence], *, start: int = 0,
                       title: str = "From noise to digits") -> Touchable:
    """States of several samplers from the same noise: a slider for the step, x above and the guess of x_0 below.

    Args:
        films: name -> all states of `genlab.models.samplers.trajectory`, of images (B, 1, H, H) in [-1, 1]; the
            number of steps may differ.
        start: step at first.
    """
    films = {name: list(states) for name, states in films.items()}
    first = next(iter(films.values()))
    images, side = len(first[0].x), first[0].x.shape[-1]
    packed = [to_tiles(_frame(states, k).flatten(0, 1).clamp(-1, 1), (-1, 1)).tobytes()
              for states in films.values() for k in range(len(states))]
    signals = [[float(state.signal) for state in states] for states in films.values()]
    counts = [len(states) - 1 for states in films.values()]
    widget = make("denoise.js", dict(frames=b"".join(packed), names=list(films), images=images, side=side,
                                     signals=signals, counts=counts), dict(film=0, step=start))
    last = len(first) - 1
    shown = sorted({round(k * last / 4) for k in range(5)})
    rows, names = [], []
    for k in shown:
        x, guess = _frame(first, k).clamp(-1, 1)
        rows += [x, guess]
        names += [f"step {k}: x", "guess" if k < last else "sample"]
    picture = show_grid(rows, rows=names, value_range=(-1, 1), scale=1 if images > 10 else 2, title=title,
                        alt=f"{title}, {next(iter(films))}: after {', '.join(map(str, shown))} of {last} steps x, and "
                            "the guess of x_0, which is a blur at first and a digit in the end")
    return Touchable(widget, picture)


def _frame(states: Sequence, k: int) -> Tensor:
    """x after k steps and the guess made from it; in the end the sample twice: (2, B, 1, H, W)."""
    guess = states[k + 1].clean if k + 1 < len(states) else states[k].x
    return torch.stack([states[k].x, guess]).detach().cpu().float()


def plot_reverse_step(x: Tensor, clean: Tensor, signal: float, next_signal: float, clouds: Mapping[str, Tensor], *,
                      alt: str | None = None) -> Picture:
    """One step in the plane: x_t, what it is made of, and where it may go; a panel for each cloud of x_s.

    Args:
        x, clean: x_t and the guess of x_0, (2,).
        clouds: name -> points x_s, (N, 2).
    """
    x, clean = (v.detach().cpu().double() for v in (x, clean))
    now, then = math.sqrt(signal) * clean, math.sqrt(next_signal) * clean
    alt = alt or (f"One step in the plane for {', '.join(clouds)}: from x_t towards the shrunken guess; the larger η, "
                  "the wider the cloud of places where it may end")
    everything = torch.stack([x, clean, now, then, *(p.detach().cpu().double().min(0).values for p in clouds.values()),
                              *(p.detach().cpu().double().max(0).values for p in clouds.values())])
    low, high = everything.min(0).values, everything.max(0).values
    middle, half = ((low + high) / 2).tolist(), 0.56 * (high - low).max().item()
    words = ((x, BLUE, "$x_t$", (6, -4)), (now, FAINT, r"$\sqrt{\bar\alpha_t}\,\hat x_0$", (6, -2)),
             (then, INK, r"$\sqrt{\bar\alpha_s}\,\hat x_0$", (4, -16)), (clean, GREEN, r"$\hat x_0$", (-8, 8)))
    with in_style():
        figure = new_picture(6.8, 2.5, alt=alt)
        for ax, (name, points) in zip(figure.subplots(1, len(clouds), squeeze=False)[0], clouds.items(), strict=True):
            ax.plot(*points.detach().cpu().T, ".", color=VERMILLION, markersize=3, alpha=0.6)
            ax.annotate("", x.tolist(), now.tolist(), arrowprops=dict(arrowstyle="->", color=FAINT, linewidth=1))
            for place, colour, word, at in words:
                ax.plot(*place, "o", color=colour, markersize=5)
                ax.annotate(word, place.tolist(), xytext=at, textcoords="offset points", fontsize=9, color=INK)
            _bare(ax, name)
            ax.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half))
    return figure


def plot_walks(panels: Mapping[str, Sequence[Tensor]], *, trails: int = 40, alt: str) -> Picture:
    """Paths of points from noise to data, one panel each: where they started, their way, where they ended.

    Args:
        panels: name -> states, each (N, 2); all N ends are drawn, and the ways of the first `trails`.
    """
    with in_style():
        figure = new_picture(6.8, 6.8 / max(len(panels), 3) + 0.35, alt=alt)
        for ax, (name, states) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
            ways = torch.stack([state.detach().cpu().double() for state in states])  # (S + 1, N, 2)
            for way in ways[:, :trails].unbind(1):
                ax.plot(*way.T, color=FAINT, linewidth=0.6, alpha=0.6)
            ax.plot(*ways[0, :trails].T, ".", color=BLUE, markersize=2.5)
            ax.plot(*ways[-1].T, ".", color=VERMILLION, markersize=2)
            _bare(ax, name)
    return figure


def _bare(ax, name: str) -> None:
    ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=[], yticks=[], aspect="equal")
    ax.set_title(name, fontsize=9.5, pad=4)
    ax.grid(visible=False)
