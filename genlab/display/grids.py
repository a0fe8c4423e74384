"""Many images as one picture.

A grid is a single composed image, not one set of axes per tile: ten times faster and pixel for pixel.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from genlab.display.style import DPI, INK, Picture, in_style

PAGE = 680  # pixels that a column of text is wide
GAP = 0.07  # between tiles, as a part of a tile's side
SLACK = 1e-3  # rounding that a value range forgives


def show_grid(images: Tensor | Sequence[Tensor], *, columns: int | None = None,
              rows: Sequence[str] | None = None, titles: Sequence[str] | None = None,
              title: str | None = None, value_range: tuple[float, float] = (0, 1), scale: int | None = None,
              alt: str | None = None, photographic: bool = True) -> Picture:
    """A picture of images in rows and columns, which shows itself as the value of a cell.

    Args:
        images: (N, C, H, W) with C = 1 or 3, (N, H, W) or (N, D) with D a square; on any device. Or a
            sequence of such tensors, each of which becomes a row: [original, reconstruction].
        columns: how many stand in a row; by default what makes a pleasing block.
        rows: a label to the left of each row.
        titles: a label above each column, or above each image where there are as many as images.
        value_range: what is black and what is white. Values outside are refused, never clipped.
        scale: screen pixels per pixel; by default as large as the page allows, at most 4.
        alt: description for readers who do not see the picture; by default made from title and labels.
        photographic: keep every colour of colour images; otherwise 256, in less than half of the bytes.

    Raises:
        ValueError: wrong shapes, values outside the range or not finite, labels that do not match.
    """
    tiles, columns = _arrange(images, columns, value_range)
    height = math.ceil(len(tiles) / columns)
    per_tile = titles is not None and len(titles) == len(tiles) and height > 1
    _check_labels(rows, height, "rows")
    if titles is not None and not per_tile:
        _check_labels(titles, columns, "titles")
    alt = _default_alt(len(tiles), height, columns, rows, titles, title) if alt is None else alt
    picture = _Sheet(tiles, columns, rows, titles, title, scale, per_tile).picture(alt)
    picture.photographic &= photographic
    return picture


def to_tiles(images: Tensor, value_range: tuple[float, float] = (0, 1)) -> np.ndarray:
    """Images of any accepted shape as bytes: (N, H, W, C) with C = 1 or 3."""
    x = torch.as_tensor(images).detach().to("cpu", torch.float32)
    x = _to_nchw(x)
    low, high = value_range
    _check_range(x, low, high)
    x = ((x - low) / (high - low)).clamp(0, 1)
    return (255 * x + 0.5).to(torch.uint8).permute(0, 2, 3, 1).numpy()


def compose(tiles: np.ndarray, columns: int, *, scale: int = 1, gap: int = 2, row_gap: int | None = None,
            background: int = 255) -> np.ndarray:
    """Tiles (N, H, W, C) of bytes as one image (H', W', 3); missing tiles are background."""
    n, h, w, _ = tiles.shape
    row_gap = gap if row_gap is None else row_gap
    rows = math.ceil(n / columns)
    tiles = tiles.repeat(scale, axis=1).repeat(scale, axis=2)
    h, w = h * scale, w * scale
    sheet = np.full((rows * (h + row_gap) - row_gap, columns * (w + gap) - gap, 3), background, np.uint8)
    for index, tile in enumerate(tiles):
        top, left = index // columns * (h + row_gap), index % columns * (w + gap)
        sheet[top:top + h, left:left + w] = tile
    return sheet


def best_scale(side: int, columns: int, rows: int, limit: int = 4) -> int:
    """The largest whole magnification with which the grid fits the page in both directions."""
    return max(1, min(limit, int(PAGE / (columns * side * (1 + GAP))), int(PAGE / (rows * side * (1 + GAP)))))


def pleasing_columns(n: int) -> int:
    """Up to ten in one row; a full block where one divides evenly; else a little wider than high."""
    if n <= 10:
        return n
    full = [c for c in range(math.ceil(math.sqrt(n)), 17) if n % c == 0 and c <= 2.5 * (n / c)]
    return full[0] if full else min(16, math.ceil(math.sqrt(1.5 * n)))


class _Sheet:
    """The composed image with room for its labels, laid out in whole pixels so that no tile is blurred."""

    def __init__(self, tiles, columns, rows, titles, title, scale, per_tile):
        self.columns, self.rows, self.titles, self.title = columns, rows, titles, title
        self.n, self.per_tile = len(tiles), per_tile
        self.photographic = tiles.shape[-1] == 3
        side, height = max(tiles.shape[1:3]), math.ceil(len(tiles) / columns)
        scale = scale or best_scale(side, columns, height)
        self.gap = max(2, round(GAP * side * scale))
        self.row_gap = self.gap + (17 if per_tile else 0)
        self.h, self.w = tiles.shape[1] * scale, tiles.shape[2] * scale
        self.image = compose(tiles, columns, scale=scale, gap=self.gap, row_gap=self.row_gap)

    def picture(self, alt: str) -> Picture:
        margin = 4
        left = margin + (10 + 7 * max(map(len, self.rows)) if self.rows else 0)
        top = margin + (24 if self.title else 0) + (18 if self.titles else 0)
        height, width = self.image.shape[:2]
        needed = max(left + width + margin, 10 + round(6.6 * len(self.title or "")))
        size = needed, top + height + margin
        with in_style():
            figure = Picture(figsize=(size[0] / DPI, size[1] / DPI), dpi=DPI, alt=alt,
                             photographic=self.photographic)
            axes = figure.add_axes((left / size[0], margin / size[1], width / size[0], height / size[1]))
            axes.imshow(self.image, interpolation="none", aspect="auto", extent=(0, width, height, 0))
            axes.axis("off")
            self._label(axes, left, top)
        return figure

    def _label(self, axes, left: int, top: int) -> None:
        if self.title:
            axes.text(4 - left, -top + 6, self.title, fontsize=11, va="top", color=INK)
        for row, text in enumerate(self.rows or ()):
            y = row * (self.h + self.row_gap) + self.h / 2
            axes.text(-8, y, text, fontsize=9.5, ha="right", va="center", color=INK)
        longest = max(map(len, self.titles or [""]), default=0)
        size = max(5.5, min(9, 1.15 * self.w / max(longest, 1)))  # as large as the tile's width allows
        for index, text in enumerate(self.titles or ()):
            x = index % self.columns * (self.w + self.gap) + self.w / 2
            y = index // self.columns * (self.h + self.row_gap) - 4
            axes.text(x, y, text, fontsize=size, ha="center", va="bottom", color=INK)


def _arrange(images, columns, value_range) -> tuple[np.ndarray, int]:
    """All tiles in order, and how many stand in a row."""
    if isinstance(images, Tensor | np.ndarray):
        tiles = to_tiles(images, value_range)
        return tiles, min(columns or pleasing_columns(len(tiles)), len(tiles))
    stacks = [to_tiles(row, value_range) for row in images]
    if len({stack.shape for stack in stacks}) != 1:
        shapes = ", ".join(str(tuple(stack.shape)) for stack in stacks)
        raise ValueError(f"the rows of a grid must have the same shape, got {shapes} (N, H, W, C)")
    columns = min(columns or len(stacks[0]), len(stacks[0]))
    return np.concatenate([stack[:columns] for stack in stacks]), columns


def _to_nchw(x: Tensor) -> Tensor:
    if x.ndim == 2 and math.isqrt(x.shape[1]) ** 2 == x.shape[1]:
        x = x.unflatten(1, (1, math.isqrt(x.shape[1]), -1))
    elif x.ndim == 3:
        x = x.unsqueeze(1)
    if x.ndim != 4 or x.shape[1] not in (1, 3) or x.numel() == 0:
        raise ValueError("images must have shape (N, C, H, W) with C = 1 or 3, (N, H, W) or (N, D) with D a "
                         f"square, got {tuple(x.shape)}: for a single image add the first axis by x[None]")
    return x


def _check_range(x: Tensor, low: float, high: float) -> None:
    least, most = x.min().item(), x.max().item()
    if not (math.isfinite(least) and math.isfinite(most)):
        raise ValueError("images hold values that are not finite: look for a diverged loss or a division "
                         "by zero")
    slack = SLACK * (high - low)
    if least < low - slack or most > high + slack:
        raise ValueError(f"images must lie in [{low:g}, {high:g}], got {least:.4g} … {most:.4g}: "
                         "say value_range=(low, high), or convert with genlab.data.to_unit")


def _check_labels(labels: Sequence[str] | None, wanted: int, name: str) -> None:
    if labels is not None and len(labels) != wanted:
        raise ValueError(f"{name} must hold {wanted} labels for this grid, got {len(labels)}")


def _default_alt(n, height, width, rows, titles, title) -> str:
    what = "1 image" if n == 1 else f"{n} images in a row"
    if height > 1:
        what = f"{n} images in {height} rows of {width}"
    labels = [f"rows: {', '.join(rows)}" if rows else "", f"labels: {', '.join(titles)}" if titles else ""]
    return "; ".join(part for part in [f"{title}: {what}" if title else what, *labels] if part)
