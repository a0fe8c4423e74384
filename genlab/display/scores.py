"""Many scores of many sets at once: a table that ranks, and a dial that shows what moves which score.

Scores have different units and directions, so neither puts two of them on one axis: the table shades each
column by rank, and the dial draws a panel for each score.
"""

import html
import textwrap
from collections.abc import Mapping, Sequence

import ipywidgets
import numpy as np
from torch import Tensor

from genlab.display.points import with_error
from genlab.display.style import BLUE, PALETTE, Picture, in_style, new_picture
from genlab.display.widgets import Interactive, image_png, side_by_side

DIRECTIONS = {"high": "↑", "low": "↓"}


def score_table(scores: Mapping[str, Mapping[str, object]], better: Mapping[str, str], *,
                title: str | None = None, alt: str | None = None) -> Picture:
    """Sets in rows, scores in columns; in each column the better, the darker, and the best one framed.

    Args:
        scores: name of a set -> name of a score -> number, or (number, error).
        better: name of a score -> "high" or "low", whichever is better; its order is that of the columns.
    """
    unknown = {word for word in better.values() if word not in DIRECTIONS}
    if unknown or not scores or not better:
        raise ValueError(f'scores must hold a set or more, and better must say "high" or "low", got {better}')
    missing = [f"{score} of {name}" for name in scores for score in better if score not in scores[name]]
    if missing:
        raise ValueError(f"there is no {', '.join(missing)}")
    values = np.array([[with_error(scores[name][score])[0] for score in better] for name in scores])
    text = [[_cell(*with_error(scores[name][score])) for score in better] for name in scores]
    heads = [f"{score} {DIRECTIONS[better[score]]}" for score in better]
    ranks = np.stack([_ranks(values[:, i], word) for i, word in enumerate(better.values())], 1)
    alt = alt or f"{title or 'Scores'}. " + "; ".join(
        f"{name}: " + ", ".join(f"{score} {cell}" for score, cell in zip(better, row, strict=True))
        for name, row in zip(scores, text, strict=True))
    with in_style():
        figure = new_picture(1.9 + 1.02 * len(better), 0.8 + 0.31 * len(scores) + 0.25 * bool(title), alt=alt)
        axes = figure.add_subplot()
        _draw_table(axes, ranks, text, list(scores), heads)
        if title:
            figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure


def score_dial(settings: Sequence[float], images: Sequence[Tensor],
               scores: Mapping[str, Sequence[object]], *, name: str, best: Mapping[str, float] | None = None,
               title: str | None = None) -> Interactive:
    """A slider over settings with the images and all scores beside it; below, each score as a curve.

    Everything is computed before, so the slider answers at once.

    Args:
        settings: numbers, such as amounts of noise, in order.
        images: for each setting a batch that `show_grid` takes, shown side by side.
        scores: name of a score -> for each setting a number, or (number, error).
        name: of the setting, for the slider and the axes.
        best: name of a score -> its value for real data, drawn as a dashed line.
    """
    lengths = {len(settings), len(images), *(len(values) for values in scores.values())}
    if len(lengths) != 1 or not scores or not settings:
        raise ValueError("settings, images and every score must have one entry for each setting, "
                         f"got {len(settings)} settings, {len(images)} batches of images and scores of "
                         f"lengths {sorted({len(values) for values in scores.values()})}")
    pairs = {score: [with_error(value) for value in values] for score, values in scores.items()}
    pictures = [image_png(batch, (0, 1)) for batch in images]
    options = [(f"{setting:g}", i) for i, setting in enumerate(settings)]
    slider = ipywidgets.SelectionSlider(options=options, description=name)
    layout = ipywidgets.Layout(max_width="100%")
    image = ipywidgets.Image(value=pictures[0], format="png", layout=layout, width=len(images[0]) * 45)
    table = ipywidgets.HTML(_rows(pairs, 0))

    def turn(change) -> None:
        image.value, table.value = pictures[change["new"]], _rows(pairs, change["new"])

    slider.observe(turn, names="value")
    widget = ipywidgets.VBox([image, side_by_side(slider, table)])
    return Interactive(widget, [slider], image, _curves(settings, pairs, name, best or {}, title))


def _cell(value: float, error: float) -> str:
    """As many digits as the error leaves meaning to; three without one."""
    if not np.isfinite(value):
        return "–"
    if not np.isfinite(error) or error < 1e-9 * max(1.0, abs(value)):
        return f"{value:.3g}"
    places = max(0, min(3, 1 - int(np.floor(np.log10(error)))))
    return f"{value:.{places}f} ± {error:.{places}f}"


def _ranks(column: np.ndarray, word: str) -> np.ndarray:
    """0 for the best, 1 for the worst; equal values share a rank."""
    order = np.where(np.isfinite(column), column if word == "low" else -column, np.inf)
    return np.array([(order < value).sum() for value in order]) / max(1, len(order) - 1)


def _draw_table(axes, ranks, text, rows, heads) -> None:
    for (i, j), rank in np.ndenumerate(ranks):
        axes.add_patch(_box(j, i, alpha=0.5 * (1 - rank), facecolor=BLUE, linewidth=0))
        if rank == 0:
            axes.add_patch(_box(j, i, fill=False, edgecolor=BLUE, linewidth=1.4))
        axes.text(j, i, text[i][j], ha="center", va="center", fontsize=8.5, in_layout=False)
    axes.set(xlim=(-0.5, len(heads) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axes.set_xticks(range(len(heads)), [textwrap.fill(head, 14) for head in heads])
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _box(x: float, y: float, **options):
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, **options)


def _rows(pairs, i: int) -> str:
    cells = (f"<tr><td>{html.escape(score)}</td><td style='padding-left:1em'>{_cell(*values[i])}</td></tr>"
             for score, values in pairs.items())
    return f"<table>{''.join(cells)}</table>"


def _curves(settings, pairs, name: str, best, title) -> Picture:
    """A panel for each score, three in a row."""
    alt = f"{title or 'Scores'}, against {name} from {settings[0]:g} to {settings[-1]:g}. " + "; ".join(
        f"{score} goes from {_cell(*values[0])} to {_cell(*values[-1])}" for score, values in pairs.items())
    columns = min(3, len(pairs))
    rows = -(-len(pairs) // columns)
    with in_style():
        figure = new_picture(7, 0.3 + 1.75 * rows, alt=alt)
        panels = figure.subplots(rows, columns, squeeze=False, sharex=True).flatten()
        for axes, (score, values) in zip(panels, pairs.items(), strict=False):
            value, error = np.array(values).T
            axes.fill_between(settings, value - error, value + error, color=BLUE, alpha=0.2, linewidth=0)
            axes.plot(settings, value, marker=".", color=BLUE)
            if score in best:
                axes.axhline(best[score], color=PALETTE[1], linewidth=1.2, linestyle=(0, (4, 3)))
            axes.set_title(score, fontsize=10)
        for axes in panels[len(pairs):]:
            axes.set_visible(False)
        for axes in panels[max(0, len(pairs) - columns):len(pairs)]:
            axes.set_xlabel(name)
            axes.xaxis.set_tick_params(labelbottom=True)
        if title:
            figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure
