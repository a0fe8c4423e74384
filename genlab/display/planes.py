"""Points and densities in the plane as small square images, to be put side by side by `show_grid` and `play`.

    show_grid(torch.stack([point_tile(samples), density_tile(log_density)]))

All cover the same square, [-limit, limit]², with x to the right and y upwards.
"""

from collections.abc import Mapping, Sequence

import ipywidgets
import matplotlib
import torch
from matplotlib.colors import to_rgb
from torch import Tensor
from torch.nn import functional as F

from genlab.data.plane import LIMIT
from genlab.display.grids import compose, to_tiles
from genlab.display.style import BLUE, FIELD_MAP, SHARPNESS, Picture, png
from genlab.display.widgets import Interactive, side_by_side

SIDE = 112  # pixels of a tile
OPACITY = 0.5  # of one point; where several lie on each other it is darker


def point_tile(points: Tensor, *, side: int = SIDE, limit: float = LIMIT, colour: str = BLUE) -> Tensor:
    """Points (N, 2) as dots of three pixels on white: (3, side, side) in [0, 1].

    Points outside the square, or not finite, are left out.
    """
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points must have shape (N, 2), got {tuple(points.shape)}")
    points = points.detach().cpu().double()
    points = points[points.isfinite().all(1)]
    column, row = ((points + limit) * (side / (2 * limit))).floor().clamp(-1, side).long().T
    row = side - 1 - row
    inside = (0 <= column) & (column < side) & (0 <= row) & (row < side)
    counts = torch.bincount((row * side + column)[inside], minlength=side**2).view(1, 1, side, side).float()
    dot = torch.tensor([[0.35, 0.8, 0.35], [0.8, 1.0, 0.8], [0.35, 0.8, 0.35]])
    ink = 1 - (1 - OPACITY) ** F.conv2d(counts, dot.view(1, 1, 3, 3), padding=1)[0]
    return _framed(1 - ink * (1 - torch.tensor(to_rgb(colour)).view(3, 1, 1)))


def density_tile(log_density: Tensor, *, side: int = SIDE, top: float | None = None) -> Tensor:
    """A density over the cells of `genlab.data.plane.grid(side)`, bright where it is high: (3, side, side).

    Args:
        log_density: nats, (side²,) in the order of the grid; -∞ is a density of 0.
        top: the density that is brightest, so that several tiles compare; by default the highest.
    """
    if log_density.numel() != side**2:
        raise ValueError(f"a tile of side {side} wants {side**2} values, got {log_density.numel()}: evaluate "
                         f"the density at plane.grid({side})")
    density = log_density.detach().cpu().double().exp().nan_to_num(0, posinf=0).view(side, side).T.flip(0)
    brightness = (density / (density.max() if top is None else top)).clamp(0, 1).sqrt()
    colours = matplotlib.colormaps[FIELD_MAP](brightness.numpy())[..., :3]
    return torch.from_numpy(colours).permute(2, 0, 1).float()


def choose(images: Mapping[tuple[str, ...], Tensor], names: Sequence[str], *, figure: Picture,
           captions: Mapping[tuple[str, ...], str] | None = None) -> Interactive:
    """A slider over words for each name; beside them the picture that belongs to what is chosen.

    Sliders, because a menu that is open in a notebook leaves letters and arrow keys to Jupyter.

    Args:
        images: (word, …) -> images (N, 3, H, W), which stand side by side; one for every combination.
        names: of the sliders, one for each word.
        figure: the still picture.
        captions: (word, …) -> a line of text under the picture.
    """
    options = [list(dict.fromkeys(key[i] for key in images)) for i in range(len(names))]
    pictures = {key: _picture(tiles) for key, tiles in images.items()}
    sliders = [ipywidgets.SelectionSlider(options=words, description=name)
               for words, name in zip(options, names, strict=True)]
    first = next(iter(images))
    layout = ipywidgets.Layout(max_width="100%", height=f"{next(iter(images.values())).shape[-2]}px")
    image = ipywidgets.Image(value=pictures[first], format="png", layout=layout)
    words = ipywidgets.Label((captions or {}).get(first, ""))

    def turn(_) -> None:
        key = tuple(slider.value for slider in sliders)
        image.value, words.value = pictures[key], (captions or {}).get(key, "")

    for slider, word in zip(sliders, first, strict=True):
        slider.value = word
        slider.observe(turn, names="value")
    column = ipywidgets.VBox([*sliders, words])
    return Interactive(side_by_side(column, image), sliders, image, figure)


def _picture(tiles: Tensor) -> bytes:
    row = to_tiles(tiles)
    return png(compose(row, len(row), scale=SHARPNESS, gap=8))


def _framed(image: Tensor) -> Tensor:
    """With a faint border, so that white is seen to end."""
    image[:, [0, -1], :] = image[:, :, [0, -1]] = 0.85
    return image
