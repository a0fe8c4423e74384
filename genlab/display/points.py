"""Points and bars: results with their units and errors, and codes in the plane."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.patheffects import withStroke
from torch import Tensor

from genlab.display.style import FAINT, INK, PALETTE, Picture, for_text, in_style, new_picture

CLASS_COLOURS = (*PALETTE[:7], "#B8A200", "#7A4B00", "#7F7F7F")  # yellow darkened, brown and grey added


def plot_bars(values: Mapping[str, object], *, axis: str, title: str | None = None,
              reference: tuple[str, float] | None = None, alt: str | None = None) -> Picture:
    """One bar per row with its error bar and its number, from the top down.

    Args:
        values: name -> number, or (number, error). Say in `axis` what the error is.
        axis: what is measured, with its unit: "Fréchet distance (mean ± sd of 3 seeds, n = 1000)".
        reference: (name, number) of a line to compare with, such as real against real.
    """
    pairs = {name: with_error(value) for name, value in values.items()}
    if not pairs:
        raise ValueError("there are no values to draw: pass at least one name with its number")
    numbers = {name: f"{v:.4g}" + (f" ± {error:.2g}" if error else "") for name, (v, error) in pairs.items()}
    alt = alt or f"{title or axis}. " + "; ".join(f"{name}: {text}" for name, text in numbers.items())
    with in_style():
        figure = new_picture(6.5, 0.95 + 0.36 * len(pairs) + 0.2 * bool(reference or title), alt=alt)
        axes = figure.add_subplot()
        _draw_bars(axes, pairs, numbers)
        if reference:
            _reference_line(axes, *reference)
        axes.set_xlabel(axis)
        if title:
            axes.set_title(title, pad=18 if reference else 10)
    return figure


def plot_rate_distortion(points: Mapping[str, tuple[float, float]], *, title: str | None = None,
                         alt: str | None = None) -> Picture:
    """Rate against distortion: what a code costs and what it leaves out, both in nats.

    On a dashed line the sum, -ELBO, is the same: a β-VAE moves along the curve, a better model moves it
    towards the origin. Alemi et al. (2018), Fixing a broken ELBO, arXiv:1711.00464.

    Args:
        points: label -> (rate, distortion): mean KL(q(z|x) ‖ p(z)) and mean -log p(x|z).
    """
    ordered = dict(sorted(points.items(), key=lambda item: item[1][0]))
    rate, distortion = np.array([[float(r), float(d)] for r, d in ordered.values()]).T
    triples = list(zip(ordered, rate, distortion, strict=True))
    words = "; ".join(f"{label}: rate {r:.1f}, distortion {d:.1f}" for label, r, d in triples)
    alt = alt or f"{title or 'Rate and distortion'}, in nats. {words}"
    with in_style():
        figure = new_picture(5.6, 3.9, alt=alt)
        axes = figure.add_subplot()
        axes.plot(rate, distortion, "-", color=PALETTE[0], alpha=0.35)
        axes.plot(rate, distortion, "o", color=PALETTE[0], markersize=7)
        axes.margins(0.16, 0.14)
        _equal_elbo(axes, rate + distortion)
        for label, r, d in triples:
            axes.annotate(label, (r, d), xytext=(8, 5), textcoords="offset points", fontsize=9.5,
                          path_effects=[withStroke(linewidth=3, foreground="white")])
        axes.set(xlabel="rate: KL(q(z|x) ‖ p(z)) (nats)", ylabel="distortion: -log p(x|z) (nats)")
        if title:
            axes.set_title(title)
    return figure


def latent_scatter(mu: Tensor, labels: Tensor, *, names: Sequence[str] | None = None, limit: int = 1200,
                   title: str | None = None, alt: str | None = None) -> Picture:
    """Codes in the plane, each drawn as its label, so that colour is never the only sign.

    With more than two dimensions: the plane of largest variance, whose share of the variance is stated.

    Args:
        mu: codes, (N, K) with K ≥ 2.
        labels: classes 0, 1, …, (N,).
        names: one character per class to draw; by default its number.
        limit: codes to draw at most, taken evenly.
    """
    if mu.ndim != 2 or mu.shape[1] < 2 or len(mu) != len(labels):
        raise ValueError("latent_scatter takes codes (N, K) with K ≥ 2 and labels (N,), "
                         f"got {tuple(mu.shape)} and {tuple(labels.shape)}")
    keep = torch.linspace(0, len(mu) - 1, min(limit, len(mu))).round().long()
    plane, axis_names = _to_plane(mu.detach().double().cpu())
    plane, kinds = plane[keep].numpy(), labels.detach().cpu()[keep].numpy()
    classes = sorted(set(kinds.tolist()))
    alt = alt or f"{title or 'Latent codes'}: {len(plane)} codes of {len(classes)} classes in the plane"
    with in_style():
        figure = new_picture(5.6, 5.2, alt=alt)
        axes = figure.add_subplot()
        for place, kind in enumerate(classes):
            sign = str(names[kind] if names else kind)
            axes.scatter(*plane[kinds == kind].T, marker=f"${sign}$", s=34, linewidths=0,
                         color=CLASS_COLOURS[place % len(CLASS_COLOURS)], alpha=0.8)
        axes.set(xlabel=axis_names[0], ylabel=axis_names[1])
        axes.set_aspect("equal", adjustable="datalim")
        if title:
            axes.set_title(title)
    return figure


def with_error(value) -> tuple[float, float]:
    if hasattr(value, "error"):  # an Estimate of genlab.metrics
        return float(value.value), float(value.error)
    value, error = value if isinstance(value, tuple | list) else (value, 0.0)
    return float(value), float(error)


def _draw_bars(axes, pairs, numbers) -> None:
    for row, (value, error) in enumerate(pairs.values()):
        axes.barh(row, value, height=0.62, color=PALETTE[0], alpha=0.85)
        if error:
            axes.errorbar(value, row, xerr=error, color=INK, capsize=3, linewidth=1.2)
    for row, (name, (value, error)) in enumerate(pairs.items()):
        axes.annotate(numbers[name], (max(value + error, 0), row), xytext=(7, 0), textcoords="offset points",
                      va="center", fontsize=9)
    axes.set_yticks(range(len(pairs)), list(pairs), fontsize=10)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.spines["left"].set_visible(False)
    low, high = axes.get_xlim()
    axes.set_xlim(low, high + 0.2 * (high - low))


def _reference_line(axes, name: str, value: float) -> None:
    axes.axvline(float(value), color=PALETTE[1], linewidth=1.3, linestyle=(0, (4, 3)))
    axes.annotate(f"{name}  {value:.4g}", (float(value), 1), xytext=(3, 2),
                  xycoords=("data", "axes fraction"), textcoords="offset points", va="bottom",
                  fontsize=9, color=for_text(PALETTE[1]))


def _equal_elbo(axes, sums) -> None:
    """Faint lines of equal rate + distortion."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for total in np.linspace(sums.min(), sums.max(), 4) if np.ptp(sums) > 0 else sums[:1]:
        axes.plot([left, right], [total - left, total - right], color="#BBBBBB", linewidth=0.9, zorder=0,
                  linestyle=(0, (4, 4)))
        x = min(right, total - bottom)
        axes.annotate(f"-ELBO {total:.0f}", (x, total - x), xytext=(4, 0), textcoords="offset points",
                      fontsize=8, color=FAINT, va="center", annotation_clip=False)
    axes.set(xlim=(left, right), ylim=(bottom, top))


def _to_plane(codes: Tensor) -> tuple[Tensor, tuple[str, str]]:
    """Codes (N, K) in two dimensions, and what the axes are."""
    if codes.shape[1] == 2:
        return codes, ("z 0", "z 1")
    centred = codes - codes.mean(0)
    _, values, directions = torch.linalg.svd(centred, full_matrices=False)
    share = values**2 / (values**2).sum()
    directions = directions[:2]
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    directions = directions * largest.sign()  # else the picture is mirrored from one machine to another
    names = tuple(f"principal direction {i + 1} ({100 * share[i]:.0f} % of the variance)" for i in range(2))
    return centred @ directions.T, names
