"""Images as sequences of pixels, to touch and to look at: what a pixel sees of the past, and a film of it being drawn.

A field says of each place of an image whether the pixel in question sees it: LATER, SEEN, NOT_YET (only more layers
would), NEVER (the blind spot) or SELF.
"""

from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch
from torch import Tensor, nn

from genlab.display.grids import show_grid
from genlab.display.modules import Touchable, make
from genlab.display.style import INK, PALETTE, Picture, in_style, new_picture
from genlab.random import rand

LATER, SEEN, NOT_YET, NEVER, SELF = range(5)
WORDS = ("later", "seen", "earlier, not seen", "earlier, never seen", "the pixel itself")
COLOURS = ("#FFFFFF", PALETTE[0], "#CFCFCF", PALETTE[1], INK)
MANY = 60  # layers: what these do not see, no number of them does
NEIGHBOURS = ((0, -1), (-1, -1), (-1, 0), (-1, 1))  # of a table of contexts, the first counts 8


def seen_pixels(size: int, pixel: tuple[int, int], *, kernel: int = 3, layers: int = 2, stacks: int = 1) -> np.ndarray:
    """Which pixels an output depends on: (size, size) of bool, walked from the last layer back to the image.

    Args:
        stacks: 1 for square masks, A and then B; 2 for a vertical and a horizontal stack with a link.
    """
    half = kernel // 2
    h, v = np.zeros((2, size, size), dtype=bool)
    h[pixel] = True
    for layer in range(layers, 0, -1):
        own = layer > 1  # mask B
        square = [(i, j) for i in range(-half, 1) for j in range(-half, half + 1) if (i, j) < (0, int(own))]
        if stacks == 1:
            h = _walk(h, square)
            continue
        v = _walk(v | h, [(i, j) for i in range(-half, int(own)) for j in range(-half, half + 1)])
        h = _walk(h, [(i, j) for i, j in square if i == 0])
    return h | v


def _walk(places: np.ndarray, steps: list[tuple[int, int]]) -> np.ndarray:
    """All places inside the image that one of these steps leads to."""
    height, width = places.shape
    reached = np.zeros_like(places)
    for a, b in steps:
        rows, columns = np.nonzero(places)
        rows, columns = rows + a, columns + b
        inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        reached[rows[inside], columns[inside]] = True
    return reached


def field(seen: object, pixel: tuple[int, int], ever: object | None = None) -> np.ndarray:
    """Codes for `plot_fields`, of what is seen from this pixel; what is not in `ever` either is NEVER."""
    seen = _bool(seen)
    place, start = np.arange(seen.size).reshape(seen.shape), np.ravel_multi_index(pixel, seen.shape)
    codes = np.where(seen, SEEN, NOT_YET if ever is None else np.where(_bool(ever), NOT_YET, NEVER))
    codes = np.where((place > start) & ~seen, LATER, codes)
    codes[pixel] = SELF
    return codes


def _bool(values: object) -> np.ndarray:
    return np.asarray(values.detach().cpu() if isinstance(values, Tensor) else values) != 0


def mask_explorer(size: int = 13, *, pixel: tuple[int, int] = (9, 5), kernel: int = 3, layers: int = 2,
                  stacks: int = 1) -> Touchable:
    """An image on which a pixel is dragged, with what it sees through layers of masked convolutions."""
    widget = make("mask.js", dict(size=size),
                  dict(pixel=list(pixel), kernel=kernel, layers=layers, stacks=stacks))
    ever = seen_pixels(size, pixel, kernel=kernel, layers=MANY, stacks=stacks)
    shown = {f"{n} layer{'s' if n > 1 else ''}": field(seen_pixels(size, pixel, kernel=kernel, layers=n, stacks=stacks),
                                                       pixel, ever) for n in sorted({1, layers, 6})}
    return Touchable(widget, plot_fields(shown))


def plot_fields(fields: Mapping[str, np.ndarray], *, alt: str | None = None) -> Picture:
    """Fields side by side, each place in the colour of its code, with a legend of those that occur."""
    used = sorted({int(code) for codes in fields.values() for code in np.unique(codes)})
    missed = {name: int(np.isin(codes, (NOT_YET, NEVER)).sum()) for name, codes in fields.items()}
    counts = "; ".join(f"{name}: {int((codes == SEEN).sum())} seen, {missed[name]} earlier ones not"
                       for name, codes in fields.items())
    with in_style():
        wide = min(7.0, 2.3 * len(fields) + 0.3)
        figure = new_picture(wide, wide / len(fields) + 0.9, alt=alt or f"What a pixel sees. {counts}")
        figure.set_layout_engine("constrained")  # leaves room for titles and legend
        for ax, (name, codes) in zip(figure.subplots(1, len(fields), squeeze=False)[0], fields.items(), strict=True):
            height, width = codes.shape
            ax.imshow(codes, cmap=ListedColormap(COLOURS), vmin=-0.5, vmax=4.5)
            ax.set_xticks(np.arange(width + 1) - 0.5, labels=[])
            ax.set_yticks(np.arange(height + 1) - 0.5, labels=[])
            ax.grid(True, color="#E6E6E6", linewidth=0.6)
            ax.tick_params(length=0)
            ax.set_title(name, fontsize=10)
        handles = [Patch(facecolor=COLOURS[code], edgecolor="#767676", label=WORDS[code]) for code in used]
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=8.5, frameon=False)
    return figure


def raster_film(source: Tensor | nn.Module, *, size: tuple[int, int] = (28, 28), seed: int = 0) -> Touchable:
    """An image that is drawn pixel by pixel, where the reader picks a pixel or lets chance do it.

    `.widget.image` holds what is drawn so far, as a list.

    Args:
        source: the chance of ink by place and context, (H, W, 16), see `NEIGHBOURS`; or a `PixelCNN` of one channel
            and two levels without classes, whose weights travel with the widget.
        seed: of the draws.
    """
    if isinstance(source, Tensor):
        numbers, sizes, frames = source, {}, _film_of_table(source, seed)
    else:
        numbers, sizes = _weights(source)
        states = source.trajectory((1, 1, *size), rng=torch.Generator().manual_seed(seed))
        frames = list(states)
    packed = numbers.detach().cpu().float().contiguous().numpy().tobytes()
    widget = make("raster.js", dict(size=list(size), sizes=sizes, numbers=packed, seed=seed), dict(image=[]))
    rows = [round(k * size[0] / 4) for k in range(5)]
    shown = torch.cat([frames[r] for r in rows]).float().cpu()
    for image, r in zip(shown, rows, strict=True):
        image[:, r:] = 0.5  # not yet drawn
    picture = show_grid(shown, scale=4, titles=[f"{r} rows" for r in rows],
                        alt=f"An image being drawn from the top, after {', '.join(map(str, rows))} rows")
    return Touchable(widget, picture)


def context_codes(images: Tensor) -> Tensor:
    """The four earlier neighbours of each pixel as a number 0 … 15: (B, 1, H, W) of 0 and 1 -> the same, int64."""
    x = nn.functional.pad(images.long(), (1, 1, 1, 0))
    height, width = images.shape[2:]
    return sum(2 ** (3 - k) * x[:, :, 1 + a:1 + a + height, 1 + b:1 + b + width] for k, (a, b) in enumerate(NEIGHBOURS))


def _film_of_table(table: Tensor, seed: int) -> list[Tensor]:
    height, width = table.shape[:2]
    image, u = torch.zeros(1, 1, height, width), rand((height, width), rng=torch.Generator().manual_seed(seed))
    frames = [image.clone()]
    for r in range(height):
        for c in range(width):
            image[0, 0, r, c] = float(u[r, c] < table[r, c, context_codes(image)[0, 0, r, c]])
        frames.append(image.clone())
    return frames


def _weights(model: nn.Module) -> tuple[Tensor, dict[str, object]]:
    """All that raster.js reads, in its order: closed taps are left out, and the head gives one logit, that of ink."""
    if model.channels != 1 or model.levels != 2 or model.num_classes or model.likelihood.outputs != 2:
        raise ValueError("raster_film needs a PixelCNN of one channel and two levels, without classes")
    first, reach = model.first, model.first.vertical.kernel_size[1] // 2
    head, last = model.head[1], model.head[3]
    parts = [first.vertical.weight, first.vertical.bias, first.horizontal.weight[..., :reach], first.horizontal.bias,
             first.place.weight, first.place.bias]
    for layer in model.layers:
        parts += [layer.vertical.weight, layer.vertical.bias, layer.horizontal.weight[..., :2], layer.horizontal.bias,
                  layer.link.weight, layer.link.bias, layer.out.weight, layer.out.bias]
    parts += [head.weight, head.bias, last.weight[1] - last.weight[0], last.bias[1] - last.bias[0]]
    sizes = dict(features=first.vertical.out_channels, above=first.above, reach=reach,
                 dilations=[layer.dilation for layer in model.layers])
    return torch.cat([part.detach().flatten() for part in parts]), sizes
