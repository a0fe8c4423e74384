"""A picture that follows training: the curves on the left, what the model makes now on the right.

    fit(model, batches, optimizer, steps=2000, watch=LivePicture(lambda model: model.sample(36)))

One place on the page is updated, so that only the last frame is stored in the notebook.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from torch import nn

from genlab.display.curves import plot_curves
from genlab.display.grids import best_scale, compose, to_tiles
from genlab.display.quiet import quietly
from genlab.display.style import SHARPNESS, bundle, description, in_notebook, pixels, png

HEIGHT = 310  # of a frame, in pixels of the page
SHARE = 0.1  # of the time that drawing may take


class LivePicture:
    """Draws while a model trains; to be given to `fit` as `watch`.

    It calls draw without gradients, in evaluation mode and with torch's global random state kept, so that
    a run that is watched equals one that is not. A call that comes too soon is put off; what was put
    off last is drawn at the end of the cell. Without a notebook it does nothing.

    Args:
        draw: maps the model to images (any shape that `show_grid` takes) or to a figure.
        names: curves to draw; by default all of the history.
        columns: of the grid of images.
        value_range: of the images.
        seconds: between two frames at least; drawing never takes more than a tenth of the time.
        measure: maps the model to numbers by name, such as a bound on held-out data; asked at every call, and
            drawn as dots over the curves. What it found is kept in `measured`, name -> (steps, values).
        lines: numbers to compare with, name -> value, as dashed lines.
        alt: what the right-hand picture shows.
    """

    def __init__(self, draw: Callable[[nn.Module], object] | None = None, *,
                 names: Sequence[str] | None = None, columns: int | None = None,
                 value_range: tuple[float, float] = (0, 1), seconds: float = 1.0,
                 measure: Callable[[nn.Module], Mapping[str, float]] | None = None,
                 lines: Mapping[str, float] | None = None, alt: str = "samples of the model"):
        self.draw, self.names, self.columns = draw, names, columns
        self.value_range, self.seconds, self.alt = value_range, seconds, alt
        self.measure, self.lines = measure, lines
        self.measured: dict[str, tuple[list[int], list[float]]] = {}
        self.frames = 0
        self._next = 0.0
        self._run = self._handle = self._words = self._late = None

    def __call__(self, model: nn.Module, history) -> None:
        """One more frame, unless the last was drawn a moment ago."""
        if not in_notebook():
            return
        if history is not self._run:  # another run, another place on the page
            self._run, self._handle, self._next, self.measured = history, None, 0.0, {}
        self._measure(model, history)
        if time.monotonic() < self._next:
            self._put_off(model, history)
        else:
            self._late = None
            self._show(model, history)

    def frame(self, model: nn.Module, history) -> np.ndarray:
        """The frame as an array (H, W, 3) of bytes."""
        parts = [pixels(self._curves(history))]
        if self.draw is not None:
            parts.append(self._picture(model))
        return beside(parts)

    def _curves(self, history) -> Figure:
        return plot_curves(history, self.names, size=(5.2, HEIGHT / 100), points=self.measured,
                           lines=self.lines)

    def _measure(self, model, history) -> None:
        if self.measure is None:
            return
        with quietly(model):
            found = self.measure(model)
        for name, value in found.items():
            steps, values = self.measured.setdefault(name, ([], []))
            steps.append(len(history))
            values.append(float(value))

    def _show(self, model, history) -> None:
        start = time.monotonic()
        self._display(self.frame(model, history), self._describe(history))
        self.frames += 1
        spent = time.monotonic() - start
        self._next = time.monotonic() + max(self.seconds, spent * (1 - SHARE) / SHARE)

    def _display(self, image: np.ndarray, alt: str) -> None:
        data, metadata = bundle(png(image, alt=alt), alt)
        if self._handle is None:
            from IPython.display import display

            self._handle = display(data, raw=True, metadata=metadata, display_id=True)
            self._words = display(description(alt), raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True, metadata=metadata)
            self._words.update(description(alt), raw=True)

    def _put_off(self, model, history) -> None:
        """Remember this frame; the end of the cell draws it if no later one was drawn."""
        from IPython import get_ipython

        get_ipython().events.register("post_run_cell", self._finish)  # once, however often it is asked
        self._late = (model, history)

    def _finish(self, result=None) -> None:
        from IPython import get_ipython

        get_ipython().events.unregister("post_run_cell", self._finish)
        if self._late is not None:
            late, self._late = self._late, None
            self._show(*late)

    def _picture(self, model: nn.Module) -> np.ndarray:
        with quietly(model):
            drawn = self.draw(model)
        if isinstance(drawn, Figure):
            return pixels(drawn)
        tiles = to_tiles(drawn, self.value_range)
        columns = self.columns or math.ceil(math.sqrt(len(tiles)))
        rows = -(-len(tiles) // columns)
        side = max(tiles.shape[1:3])
        scale = max(1, min(best_scale(side, columns, rows), round(HEIGHT / (rows * (side + 2)))))
        return compose(tiles, columns, scale=scale * SHARPNESS, gap=2 * SHARPNESS)

    def _describe(self, history) -> str:
        words = self._curves(history).alt
        return f"{words}. Beside them: {self.alt}." if self.draw is not None else words


def beside(parts: Sequence[np.ndarray], gap: int = 24) -> np.ndarray:
    """Images next to each other, centred vertically on white. The higher ones are shrunk to the page."""
    limit = 2 * HEIGHT * SHARPNESS
    parts = [_shrink(part, limit) for part in parts]
    height = max(len(part) for part in parts)
    width = sum(part.shape[1] for part in parts) + gap * (len(parts) - 1)
    sheet, left = np.full((height, width, 3), 255, np.uint8), 0
    for part in parts:
        top = (height - len(part)) // 2
        sheet[top:top + len(part), left:left + part.shape[1]] = part
        left += part.shape[1] + gap
    return sheet


def _shrink(image: np.ndarray, limit: int) -> np.ndarray:
    if len(image) <= limit:
        return image
    width = round(image.shape[1] * limit / len(image))
    return np.asarray(Image.fromarray(image).resize((width, limit), Image.Resampling.LANCZOS))
