"""Training curves, with their units and with labels that stand beside what they name."""

from collections.abc import Mapping, Sequence

import numpy as np

from genlab.display.style import FAINT, PALETTE, Picture, for_text, in_style, new_picture

UNITS = {"bits_per_dim": "bits per dimension", "bits_per_token": "bits", "nats": "nats", "bits": "bits",
         "seconds": "seconds"}
POINTS = 600  # of a curve: more cannot be seen


def plot_curves(history, names: Sequence[str] | None = None, *, smooth: int | None = None,
                title: str | None = None, unit: str | None = None, size: tuple[float, float] = (6.8, 3.1),
                points: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
                lines: Mapping[str, float] | None = None, alt: str | None = None) -> Picture:
    """Training curves: a smoothed line over the faint raw one, named and valued where it ends.

    Quantities with different units stand in panels one above the other. The vertical axis is chosen for what
    comes after the first twentieth, so that the fall at the start does not flatten the rest.

    Args:
        history: what `fit` returns, or a mapping from names to numbers per step.
        names: which to draw; by default all. A suffix tells the unit: "kl_nats", "bits_per_dim".
        smooth: steps, half before and half after, over which the line averages; by default a fiftieth
            of the run.
        unit: of quantities whose name does not tell it; by default the only unit that occurs.
        size: width and height of the picture in hundreds of pixels; more panels make it higher.
        points: what was measured now and then: name -> (steps, values), dots in the panel of its unit.
        lines: what to compare with: name -> value, a dashed line through the first panel.
        alt: description; by default first and last values.
    """
    curves = _curves(history, names)
    panels = _panels(curves, unit)
    values = {name: _average(raw, smooth) for name, raw in curves.items()}
    alt = alt or _describe_curves(values, title) + _describe_more(points or {}, lines or {})
    with in_style():
        figure = new_picture(size[0], size[1] * (0.6 * len(panels) if len(panels) > 1 else 1), alt=alt)
        all_axes = figure.subplots(len(panels), 1, squeeze=False, sharex=True)[:, 0]
        for axes, (panel_unit, members) in zip(all_axes, panels.items(), strict=True):
            drawn = {name: (curves[name], values[name]) for name in members}
            _panel(axes, drawn, list(curves))
            here = {name: pair for name, pair in (points or {}).items() if len(pair[0]) and
                    (_unit(name) or panel_unit) == panel_unit}
            compared = (lines or {}) if axes is all_axes[0] else {}
            _more(axes, here, compared, len(curves))
            _name_ends(axes, drawn, compared, list(curves))
            axes.set_ylabel(panel_unit)
        all_axes[-1].set_xlabel("step")
        if title:
            all_axes[0].set_title(title)
    return figure


def _curves(history, names) -> dict[str, np.ndarray]:
    available = list(history.names if hasattr(history, "names") else history)
    missing = [name for name in names or () if name not in available]
    if missing:
        raise KeyError(f"the history has no {', '.join(missing)}; it has {', '.join(available)}")
    curves = {name: np.asarray(history[name], dtype=float) for name in names or available}
    if not curves or any(len(raw) == 0 for raw in curves.values()):
        raise ValueError("the history is empty: train for at least one step before drawing it")
    return curves


def _unit(name: str) -> str | None:
    ends = (unit for suffix, unit in UNITS.items() if name == suffix or name.endswith("_" + suffix))
    return next(ends, None)


def _word(name: str) -> str:
    """kl_nats -> kl: the unit stands on the axis."""
    for suffix in UNITS:
        name = name.removesuffix("_" + suffix)
    return {"kl": "KL"}.get(name, name.replace("_", " "))


def _panels(curves, unit) -> dict[str, list[str]]:
    known = list(dict.fromkeys(u for name in curves if (u := _unit(name))))
    rest = unit or (known[0] if len(known) == 1 else "")
    panels: dict[str, list[str]] = {}
    for name in curves:
        panels.setdefault(_unit(name) or rest, []).append(name)
    return panels


def _average(raw: np.ndarray, smooth: int | None) -> np.ndarray:
    """Mean over a window around each step, shorter at both ends; what is not finite is left out."""
    half = max(0, round((len(raw) / 50 if smooth is None else smooth) / 2))
    finite = np.isfinite(raw)
    total, count = (np.concatenate([[0.0], np.cumsum(part)]) for part in (np.where(finite, raw, 0), finite))
    place = np.arange(len(raw))
    left, right = np.maximum(place - half, 0), np.minimum(place + half + 1, len(raw))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (total[right] - total[left]) / (count[right] - count[left])


def _panel(axes, members, order) -> None:
    length = max(len(raw) for raw, _ in members.values())
    keep = slice(None, None, max(1, length // POINTS))
    for name, (raw, smoothed) in members.items():
        colour, steps = PALETTE[order.index(name) % len(PALETTE)], np.arange(1, len(raw) + 1)
        axes.plot(steps[keep], raw[keep], color=colour, alpha=0.22, linewidth=0.8)
        axes.plot(steps[keep], smoothed[keep], color=colour)
    low, high = _limits(members.values())
    axes.set_ylim(low, high)
    axes.set_xlim(0, length)


def _name_ends(axes, members, lines, order) -> None:
    """Beside the panel: the curves' names where they end, and those of the lines to compare with."""
    low, high = axes.get_ylim()
    ends = {name: smoothed[-1] for name, (_, smoothed) in members.items()}
    values = {("line", name): value for name, value in lines.items()} | {("curve", name): y for name, y in ends.items()}
    for (kind, name), y in spread_labels(values, 0.075 * (high - low)).items():
        colour = for_text(PALETTE[order.index(name) % len(PALETTE)]) if kind == "curve" else FAINT
        axes.annotate(f"{_word(name) if kind == 'curve' else name}  {values[kind, name]:.4g}", (1, y), xytext=(6, 0),
                      va="center", fontsize=9.5, xycoords=("axes fraction", "data"), textcoords="offset points",
                      annotation_clip=False, color=colour)


def _more(axes, points, lines, taken: int) -> None:
    """Dots for what was measured now and then, dashed lines to compare with; the panel makes room."""
    low, high = axes.get_ylim()
    for i, (name, (steps, values)) in enumerate(points.items()):
        colour = PALETTE[(taken + i) % len(PALETTE)]
        axes.plot(steps, values, "o-", color=colour, markersize=3.5, linewidth=1.2)
        axes.annotate(f"{_word(name)}  {values[-1]:.4g}", (steps[-1], values[-1]), xytext=(-4, 8),
                      va="bottom", ha="right", fontsize=9, textcoords="offset points", color=for_text(colour))
    for value in lines.values():
        axes.axhline(value, color=FAINT, linewidth=1.1, linestyle=(0, (4, 3)))
    late = [v for steps, values in points.values() for v in values[len(values) // 5:]]
    room = [*late, *(value * factor for value in lines.values() for factor in (0.96, 1.04))]
    if room:
        axes.set_ylim(min(low, *room), max(high, *room))


def _describe_more(points, lines) -> str:
    parts = [f"{_word(name)} from {values[0]:.4g} to {values[-1]:.4g}"
             for name, (_, values) in points.items() if len(values)]
    parts += [f"for comparison {name} {value:.4g}" for name, value in lines.items()]
    return "; " + ", ".join(parts) if parts else ""


def _limits(pairs) -> tuple[float, float]:
    """Room for everything smoothed after the first twentieth and 98 % of what is raw there."""
    parts = [part[len(part) // 20:] for pair in pairs for part in pair]
    parts = [part[np.isfinite(part)] for part in parts]
    low = min((np.quantile(part, 0.01) for part in parts if len(part)), default=0.0)
    high = max((np.quantile(part, 0.99) for part in parts if len(part)), default=1.0)
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    bottom = low - margin
    return (0.0 if 0 < bottom < 0.15 * high else bottom), high + margin  # what nearly reaches 0 shows it


def spread_labels(ends: dict[str, float], gap: float) -> dict[str, float]:
    """Heights of labels: at their values, moved apart where they would touch."""
    order = sorted((name for name in ends if np.isfinite(ends[name])), key=ends.get)
    heights = [ends[name] for name in order]
    for _ in range(50):
        for i in range(len(heights) - 1):
            lack = gap - (heights[i + 1] - heights[i])
            if lack > 1e-9 * gap:
                heights[i], heights[i + 1] = heights[i] - lack / 2, heights[i + 1] + lack / 2
    return dict(zip(order, heights, strict=True))


def _describe_curves(values, title) -> str:
    parts = [f"{_word(name)} goes from {v[0]:.4g} to {v[-1]:.4g}" for name, v in values.items()]
    steps = max(map(len, values.values()))
    return f"{title or 'Training curves'} over {steps} steps: " + ", ".join(parts)
