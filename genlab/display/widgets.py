"""Things to move: sliders over a latent space, and films. Each stands above a still picture of the same.

The still picture stays where widgets are not alive: on code hosts, in print, in a stored notebook. Sliders
are reached with Tab and moved with the arrow keys.
"""

from collections.abc import Callable, Sequence

import ipywidgets
import numpy as np
import torch
from torch import Tensor, nn

from genlab.display.grids import PAGE, compose, show_grid, to_tiles
from genlab.display.quiet import owner, quietly
from genlab.display.style import SHARPNESS, Picture, in_notebook, png, show

SIDE = 224  # of a widget's image, in pixels of the page
SLIDERS = 8  # at most, unless asked for


class Interactive:
    """A widget and its still picture; as the value of a cell it shows both.

    Attributes:
        widget: what moves; from Python too, by `sliders[0].value = 1.0`.
        sliders: its sliders, in order.
        image: the ipywidgets.Image that follows them.
        figure: the still picture.
    """

    def __init__(self, widget: ipywidgets.Widget, sliders: list, image: ipywidgets.Image, figure: Picture):
        self.widget, self.sliders, self.image, self.figure = widget, sliders, image, figure

    def _ipython_display_(self) -> None:
        if in_notebook():
            from IPython.display import display

            display(self.widget)
            show(self.figure)


def traversal(decode: Callable[[Tensor], Tensor], latent_dim: int, *, start: Tensor | None = None,
              dims: Sequence[int] | None = None, span: float = 3.0, steps: int = 11,
              value_range: tuple[float, float] = (0, 1), title: str | None = None) -> Interactive:
    """One slider per latent dimension, and below them a row of images per dimension.

    Args:
        decode: maps codes (B, latent_dim) to images of any shape that `show_grid` takes.
        latent_dim: the number of latent dimensions.
        start: the code from which each dimension departs, (latent_dim,) or (1, latent_dim); by default 0,
            the prior's mean.
        dims: which dimensions to move; by default the first eight.
        span: how far to go to both sides of 0, in standard deviations of the prior.
        steps: images per row of the still picture.
    """
    dims = list(range(min(latent_dim, SLIDERS))) if dims is None else [int(d) for d in dims]
    if not dims or not all(0 <= d < latent_dim for d in dims):
        raise ValueError(f"dims must name dimensions 0 … {latent_dim - 1}, got {dims}")
    origin = _origin(decode, latent_dim, start)
    sliders = [_slider(d, origin[d].item(), span) for d in dims]

    def draw() -> bytes:
        code = origin.clone()
        for d, slider in zip(dims, sliders, strict=True):
            code[d] = slider.value
        return image_png(_decode(decode, code.unsqueeze(0)), value_range)

    figure = _still_traversal(decode, origin, dims, span, steps, value_range, title)
    image = ipywidgets.Image(value=draw(), format="png", width=SIDE, height=SIDE)
    for slider in sliders:
        slider.observe(lambda change: setattr(image, "value", draw()), names="value")
    reset = ipywidgets.Button(description="Reset", tooltip="Put every slider back to where it started")
    starts = [slider.value for slider in sliders]

    def put_back(_) -> None:
        for slider, value in zip(sliders, starts, strict=True):
            slider.value = value

    reset.on_click(put_back)
    column = ipywidgets.VBox([*sliders, reset])
    return Interactive(side_by_side(column, image), sliders, image, figure)


def play(frames: Tensor | Sequence[Tensor], *, titles: Sequence[str] | None = None, interval: int = 150,
         strip: int = 10, value_range: tuple[float, float] = (0, 1), title: str | None = None) -> Interactive:
    """A film: a slider and a play button over the frames, and below it a strip of evenly chosen frames.

    Args:
        frames: images (T, C, H, W) or any shape that `show_grid` takes, or a sequence of batches
            (N, …), each of which is one frame with its images side by side.
        titles: a word per frame, such as its time; by default its number.
        interval: milliseconds per frame.
        strip: frames in the still picture.
    """
    stacks = [frames[i:i + 1] for i in range(len(frames))] if isinstance(frames, Tensor) else list(frames)
    if not stacks:
        raise ValueError("there are no frames to play: pass at least one image")
    if titles is not None and len(titles) != len(stacks):
        raise ValueError(f"titles must hold one word per frame: {len(stacks)} frames, {len(titles)} titles")
    titles = [str(t) for t in (range(len(stacks)) if titles is None else titles)]
    pictures = [image_png(stack, value_range) for stack in stacks]
    last = len(stacks) - 1
    slider = ipywidgets.IntSlider(0, 0, last, description="frame", readout=False)
    button = ipywidgets.Play(value=0, min=0, max=last, interval=interval, description="Play the film")
    word = ipywidgets.Label(titles[0])
    layout = ipywidgets.Layout(max_height=f"{SIDE}px", max_width="100%")
    image = ipywidgets.Image(value=pictures[0], format="png", layout=layout)

    def turn(change) -> None:
        image.value, word.value = pictures[change["new"]], titles[change["new"]]

    slider.observe(turn, names="value")
    ipywidgets.link((button, "value"), (slider, "value"))
    column = ipywidgets.VBox([ipywidgets.HBox([button, word]), slider])
    return Interactive(side_by_side(column, image), [slider], image,
                       _still_film(stacks, titles, strip, value_range, title))


def interpolation(decode: Callable[[Tensor], Tensor], codes: Tensor, *, titles: Sequence[str] | None = None,
                  value_range: tuple[float, float] = (0, 1), title: str | None = None,
                  interval: int = 150) -> Interactive:
    """A film along a path of codes (T, K): `play` of what they decode to."""
    images = _decode(decode, codes.detach())
    return play(images, titles=titles, value_range=value_range, title=title, interval=interval)


def _origin(decode, latent_dim: int, start: Tensor | None) -> Tensor:
    """The code to start from, (K,), where the decoder lives."""
    if start is None:
        return torch.zeros(latent_dim, device=_home(decode))
    origin = start.detach().clone().reshape(-1)
    if len(origin) != latent_dim:
        raise ValueError(f"start must hold {latent_dim} numbers, got shape {tuple(start.shape)}")
    return origin


def _home(decode) -> torch.device:
    """The device of the network that decodes, as far as it can be seen."""
    module = owner(decode)
    parameter = next(module.parameters(), None) if isinstance(module, nn.Module) else None
    return torch.device("cpu") if parameter is None else parameter.device


def _decode(decode, codes: Tensor) -> Tensor:
    with quietly(owner(decode)):
        return decode(codes)


def _slider(d: int, value: float, span: float) -> ipywidgets.FloatSlider:
    """From -span to span, and further where the start lies outside."""
    return ipywidgets.FloatSlider(value, min=min(-span, value), max=max(span, value), step=span / 20,
                                  description=f"z {d}", readout_format=".2f")


def image_png(images: Tensor, value_range) -> bytes:
    """Images side by side, enlarged in whole steps to about the widget's size."""
    tiles = to_tiles(images, value_range)
    n, height, width, channels = tiles.shape
    scale = max(1, min(SIDE * SHARPNESS // height, PAGE * SHARPNESS // (n * width)))
    row = compose(tiles, n, scale=scale, gap=4 if n > 1 else 0)
    return png(row, photographic=channels == 3)


def side_by_side(controls: ipywidgets.Widget, image: ipywidgets.Image) -> ipywidgets.HBox:
    """Controls to the left of their image, or above it where the page is narrow."""
    layout = ipywidgets.Layout(align_items="center", grid_gap="24px", flex_flow="row wrap")
    return ipywidgets.HBox([controls, image], layout=layout)


def _still_traversal(decode, origin, dims, span, steps, value_range, title) -> Picture:
    values = torch.linspace(-span, span, steps, device=origin.device, dtype=origin.dtype)
    rows = []
    for d in dims:
        codes = origin.repeat(steps, 1)
        codes[:, d] = values
        rows.append(_decode(decode, codes))
    words = [f"{value:+.1f}" if abs(value) > 1e-6 else "0" for value in values.tolist()]
    alt = (f"{title or 'Latent traversal'}: a row for each of the dimensions {', '.join(map(str, dims))}, "
           f"moved from {-span:g} to {span:g} in {steps} steps while the others stay")
    return show_grid(rows, rows=[f"z {d}" for d in dims], titles=words, title=title, value_range=value_range,
                     alt=alt)


def _still_film(stacks, titles, strip: int, value_range, title) -> Picture:
    chosen = [round(i) for i in np.linspace(0, len(stacks) - 1, min(strip, len(stacks)))]
    words = [titles[i] for i in chosen]
    columns = [stacks[i] for i in chosen]
    rows = [torch.stack([stack[r] for stack in columns]) for r in range(len(columns[0]))]
    alt = f"{title or 'Film'}: {len(chosen)} of {len(stacks)} frames: {', '.join(words)}"
    return show_grid(rows, titles=words, title=title, value_range=value_range, alt=alt)
