"""Pictures that explain an idea before its formula: functions over an axis, and what many draws give."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator
from torch import Tensor

from genlab.display.style import INK, PALETTE, Picture, in_style, new_picture

Marks = Mapping[str, float]


def plot_lines(panels: Sequence[Mapping[str, tuple]], *, x: str | Sequence[str], y: str,
               titles: Sequence[str] | None = None, alt: str, ylim: tuple[float, float] | None = None,
               fill: bool = False) -> Picture:
    """Functions side by side, one panel for each mapping name -> (x values, y values).

    Args:
        x, y: what the axes are, with units; one `x` per panel where they differ.
        fill: shade under each line, as for densities.
        alt: what is to be seen.
    """
    with in_style():
        figure = new_picture(6.8, 2.6, alt=alt)
        axes = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
        for i, (panel, ax) in enumerate(zip(panels, axes, strict=True)):
            for colour, (name, (place, value)) in zip(PALETTE, panel.items(), strict=False):
                place, value = _array(place), _array(value)
                ax.plot(place, value, color=colour, label=name)
                if fill:
                    ax.fill_between(place, value, color=colour, alpha=0.15, linewidth=0)
            ax.set_xlabel(x if isinstance(x, str) else x[i])
            if titles:
                ax.set_title(titles[i], fontsize=10)
            if ylim:
                ax.set_ylim(*ylim)
            if len(panel) > 1 or not titles:
                ax.legend(fontsize=8)
        axes[0].set_ylabel(y)
    return figure


def plot_loglog(curves: Mapping[str, tuple], *, x: str, y: str, alt: str) -> Picture:
    """Powers of something as straight lines: name -> (x values, y values), all above 0, on logarithmic axes.

    Args:
        x, y: what the axes are, with units.
        alt: what is to be seen.
    """
    with in_style():
        figure = new_picture(5.6, 3.0, alt=alt)
        ax = figure.subplots()
        for colour, (name, (place, value)) in zip(PALETTE, curves.items(), strict=False):
            ax.loglog(_array(place), _array(value), "o-", color=colour, label=name, markersize=4)
        ticks = sorted({float(v) for place, _ in curves.values() for v in _array(place)})
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
        heights = np.concatenate([_array(value) for _, value in curves.values()])
        if heights.max() < 100 * heights.min():  # powers of ten alone would name one height or two
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.set(xlabel=x, ylabel=y)
        ax.legend(fontsize=8)
    return figure


def plot_histograms(draws: Mapping[str, object], *, axis: str, marks: Marks | None = None,
                    alt: str | None = None, limits: tuple[float, float] | None = None,
                    bins: int = 60) -> Picture:
    """Histograms over one axis, one under the other, each with its mean and spread in words.

    Args:
        draws: name -> numbers.
        axis: what the numbers are, with their unit.
        marks: name -> place of a line through all of them, such as a true value.
        limits: of the axis; numbers outside are counted in the words, not drawn.
    """
    values = {name: _array(numbers).ravel() for name, numbers in draws.items()}
    together = np.concatenate(list(values.values()))
    low, high = limits or (np.quantile(together, 0.001), np.quantile(together, 0.999))
    words = {name: f"mean {v.mean():.2f}, standard deviation {v.std():.2f}" for name, v in values.items()}
    alt = alt or f"Histograms of {axis}. " + "; ".join(f"{name}: {text}" for name, text in words.items())
    with in_style():
        figure = new_picture(6.5, 0.7 + 1.0 * len(values), alt=alt)
        all_axes = figure.subplots(len(values), 1, squeeze=False, sharex=True)[:, 0]
        for colour, ax, (name, numbers) in zip(PALETTE, all_axes, values.items(), strict=False):
            heights, *_ = ax.hist(numbers, bins=bins, range=(low, high), color=colour, alpha=0.75)
            ax.set_ylim(0, 1.25 * max(heights.max(), 1))  # the name of a mark stands above the bars
            ax.set_title(f"{name}: {words[name]}", fontsize=9.5, pad=4)
            ax.set_yticks([])
            for mark, place in (marks or {}).items():
                ax.axvline(place, color=INK, linewidth=1.3, linestyle=(0, (4, 3)))
                if ax is all_axes[0]:
                    ax.annotate(mark, (place, 0.98), xytext=(4, 0), xycoords=("data", "axes fraction"),
                                va="top", textcoords="offset points", fontsize=8.5)
        all_axes[-1].set_xlabel(axis)
    return figure


def _array(values) -> np.ndarray:
    if isinstance(values, Tensor):
        values = values.detach().cpu().double().numpy()
    return np.asarray(values, dtype=float)
