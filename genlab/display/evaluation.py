"""Pictures of evaluation: who was preferred, where samples lie among the data, how a score moves with n."""

from collections.abc import Mapping
from itertools import cycle

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.patches import Circle
from torch import Tensor

from genlab.display.curves import spread_labels
from genlab.display.style import INK, PALETTE, Picture, for_text, in_style, new_picture
from genlab.metrics.coverage import balls_around, neighbour_radii


def plot_ranking(ranking, *, level: float = 0.95, title: str | None = None,
                 alt: str | None = None) -> Picture:
    """Bradley-Terry strengths with their intervals, the strongest on top.

    Args:
        ranking: a `genlab.metrics.Ranking`.
        level: of the intervals.
    """
    order = ranking.order()
    bounds = {name: ranking.interval(name, level=level) for name in order}
    middle = {name: (low + high) / 2 for name, (low, high) in bounds.items()}
    words = "; ".join(f"{name} {middle[name]:+.2f}, from {low:+.2f} to {high:+.2f}"
                      for name, (low, high) in bounds.items())
    alt = alt or f"{title or 'Ranking'} by strength with {100 * level:g} % intervals: {words}"
    with in_style():
        figure = new_picture(6.5, 1.1 + 0.36 * len(order), alt=alt)
        axes = figure.add_subplot()
        for row, name in enumerate(order):
            axes.plot(bounds[name], (row, row), color=PALETTE[0], linewidth=2.2)
            axes.plot(middle[name], row, "o", color=PALETTE[0], markersize=7)
            axes.annotate(f"{middle[name]:+.2f}", (middle[name], row), xytext=(0, 7), ha="center", fontsize=9,
                          textcoords="offset points")
        axes.axvline(0, color="#999999", linewidth=0.8)
        axes.set_yticks(range(len(order)), order, fontsize=10)
        axes.set_ylim(len(order) - 0.5, -0.7)
        axes.grid(axis="y", visible=False)
        prior = f", prior {ranking.prior:g}" if ranking.prior else ""
        axes.set_xlabel(f"strength θ, log odds ({100 * level:g} % intervals, n = {ranking.n:g}{prior})")
        if title:
            axes.set_title(title)
    return figure


def plot_manifolds(real: Tensor, fake: Tensor, *, k: int = 3, title: str | None = None,
                   alt: str | None = None) -> Picture:
    """Precision and recall in the plane: balls to the k-th neighbour, and which points lie in them.

    Left the balls of the real points with the fakes, right the balls of the fakes with the real points;
    a dot is inside, a cross outside.

    Args:
        real, fake: points (n, 2) and (m, 2).
    """
    for name, points in (("real", real), ("fake", fake)):
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(f"{name} must be points in the plane, (n, 2), got {tuple(points.shape)}")
    sides = [("precision", "fakes in balls of real points", real, fake, PALETTE[0], PALETTE[1]),
             ("recall", "real points in balls of fakes", fake, real, PALETTE[1], PALETTE[0])]
    inside = [(balls_around(points, centres, k=k) > 0).numpy() for _, _, centres, points, _, _ in sides]
    shares = [f"{side[0]} {held.mean():.3f}" for side, held in zip(sides, inside, strict=True)]
    alt = alt or (f"{title or 'Neighbourhoods'} with k = {k}: {shares[0]}, the share of fakes inside balls "
                  f"around real points; {shares[1]}, the share of real points inside balls around fakes")
    with in_style():
        figure = new_picture(6.8, 4.4 if title else 4.1, alt=alt)
        panels = figure.subplots(1, 2, sharex=True, sharey=True)
        for axes, side, held, share in zip(panels, sides, inside, shares, strict=True):
            _, what, centres, points, ball, dot = side
            _manifold(axes, centres, points.detach().cpu().numpy(), held, k, ball, dot)
            axes.set_title(f"{share}\n{what}", fontsize=10)
        if title:
            figure.suptitle(title, fontsize=11)
        (left, right), (bottom, top) = panels[0].get_xlim(), panels[0].get_ylim()
        figure.set_figheight(3.2 * (top - bottom) / (right - left) + (1.2 if title else 0.9))  # no blanks
    return figure


def plot_bias(curves: Mapping[str, object], *, score: str, truth: tuple[str, float] | None = None,
              title: str | None = None, alt: str | None = None) -> Picture:
    """A score against 1/n, with the line that ends where the score would be for infinitely many samples.

    Args:
        curves: name -> a `genlab.metrics.BiasCurve`.
        score: what is measured, with its unit.
        truth: (name, number) of a horizontal line to compare with.
    """
    if not curves:
        raise ValueError("there are no curves to draw: pass at least one name with its BiasCurve")
    fits = {name: curve.fit() for name, curve in curves.items()}
    words = "; ".join(f"{name} from {curve.values[0]:.4g} at n = {curve.sizes[0]} to {curve.values[-1]:.4g} "
                      f"at n = {curve.sizes[-1]}, {fits[name][0]:.4g} at 1/n = 0"
                      for name, curve in curves.items())
    alt = alt or f"{title or score} against 1/n: {words}"
    with in_style():
        figure = new_picture(6.5, 3.5, alt=alt)
        axes = figure.add_subplot()
        for colour, (name, curve) in zip(cycle(PALETTE), curves.items(), strict=False):
            _bias_line(axes, curve, *fits[name], colour)
        _bias_labels(axes, curves, fits)
        if truth:
            axes.axhline(truth[1], color=INK, linewidth=1)
            axes.annotate(f"{truth[0]}  {truth[1]:.4g}", (1, truth[1]), xytext=(-4, -12), ha="right",
                          fontsize=9, xycoords=("axes fraction", "data"), textcoords="offset points")
        _number_axis(axes, curves)
        axes.set_ylabel(score)
        if title:
            axes.set_title(title)
    return figure


def _bias_line(axes, curve, intercept: float, slope: float, colour: str) -> None:
    inverse = 1 / curve.sizes.double().numpy()
    ends = np.array([0, inverse.max()])
    axes.plot(ends, intercept + slope * ends, color=colour, linestyle=(0, (4, 3)), linewidth=1.2)
    axes.plot(inverse, curve.values.numpy(), "o", color=colour)


def _bias_labels(axes, curves: Mapping[str, object], fits) -> None:
    """Beside where each line ends, moved apart where they would touch."""
    ends = {name: fits[name][0] + fits[name][1] / int(curve.sizes[0]) for name, curve in curves.items()}
    bottom, top = axes.get_ylim()
    heights = spread_labels(ends, 0.07 * (top - bottom))
    for colour, name in zip(cycle(PALETTE), curves, strict=False):
        axes.annotate(f"{name}, {fits[name][0]:.4g} at 1/n = 0", (1, heights[name]), ha="left", va="center",
                      xytext=(4, 0), fontsize=9, color=for_text(colour), annotation_clip=False,
                      xycoords=("axes fraction", "data"), textcoords="offset points")


def _manifold(axes, centres: Tensor, points: np.ndarray, held: np.ndarray, k: int, ball: str,
              dot: str) -> None:
    radii = neighbour_radii(centres, k=k).tolist()
    circles = [Circle(place, radius) for place, radius in zip(centres.tolist(), radii, strict=True)]
    axes.add_collection(PatchCollection(circles, facecolor=ball, alpha=0.13, linewidth=0))
    axes.plot(*points[held].T, ".", color=dot, markersize=5)
    axes.plot(*points[~held].T, "x", color=dot, markersize=5, markeredgewidth=1.3)
    axes.set_aspect("equal", adjustable="box")
    axes.autoscale_view()


def _number_axis(axes, curves: Mapping[str, object]) -> None:
    """1/n from 0, marked with n, as many as there is room for."""
    sizes = sorted({int(n) for curve in curves.values() for n in curve.sizes})
    marks, last = [(0.0, "∞")], 0.0
    for n in reversed(sizes):
        if 1 / n - last > 0.08 / sizes[0]:
            marks.append((1 / n, str(n)))
            last = 1 / n
    axes.set_xlim(0, 1.04 / sizes[0])
    axes.set_xticks(*zip(*marks, strict=True))
    axes.set_xlabel("number of samples n, on the scale of 1/n")
