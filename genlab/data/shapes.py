"""Coloured shapes with captions: what was asked for can be told from the pixels, by a rule and without doubt.

    image = shape (circle, square, triangle) of a colour (6) and a size (small, large), anywhere, on one background

Drawn by a formula; a pixel has the share of the colour that the shape covers of it. `read` goes the other way: it
looks for the shape, the radius and the colour whose picture comes closest.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 32  # pixels
COLOURS = {"red": (0.84, 0.15, 0.16), "green": (0.17, 0.63, 0.17), "blue": (0.12, 0.35, 0.80),
           "yellow": (0.95, 0.80, 0.10), "purple": (0.58, 0.24, 0.70), "black": (0.10, 0.10, 0.12)}
SHAPES = ("circle", "square", "triangle")
SIZES = {"small": (4.0, 5.0), "large": (7.5, 9.0)}  # half the width, in pixels: from … to
BACKGROUND = (0.93, 0.92, 0.88)
WORDS = ("a", *SIZES, *COLOURS, *SHAPES, "shape")  # all words of captions
UNSEEN = ("green", "triangle")  # the pair that `shapes` leaves out unless it is asked for
CLOSE = 0.006  # mean squared miss up to which `read` takes a picture for a shape; none at all misses by more


class Shapes(NamedTuple):
    """Images and what is to be seen in them.

    images: (n, 3, 32, 32) in [0, 1].
    captions: n strings such as "a small red circle"; some say less, as "a red shape".
    factors: (n, 3) int64: the place of size, colour and shape in `SIZES`, `COLOURS` and `SHAPES`.
    """

    images: Tensor
    captions: list[str]
    factors: Tensor


def shapes(n: int, *, seed: int = 0, unseen: bool = False, say_less: float = 0.2) -> Shapes:
    """n pictures; each size and each pair of a colour and a shape is equally often, and green triangles are left out.

    Args:
        seed: of everything random; the same numbers on every machine.
        unseen: True for green triangles alone.
        say_less: the share of captions in which the size, the colour or the kind of the shape is not said.
    """
    rng = torch.Generator().manual_seed(seed)
    colours, kinds = list(COLOURS), list(SHAPES)
    pairs = [(c, k) for c in colours for k in kinds if ((c, k) == UNSEEN) == unseen]
    pair = torch.randint(0, len(pairs), (n,), generator=rng)
    size = torch.randint(0, 2, (n,), generator=rng)
    factors = torch.tensor([[s, colours.index(pairs[p][0]), kinds.index(pairs[p][1])]
                            for s, p in zip(size.tolist(), pair.tolist(), strict=True)], dtype=torch.int64).view(n, 3)
    ends = torch.tensor(list(SIZES.values()))[size]
    radius = ends[:, 0] + (ends[:, 1] - ends[:, 0]) * torch.rand(n, generator=rng)
    centre = radius[:, None] + 1 + (SIDE - 2 * radius[:, None] - 2) * torch.rand(n, 2, generator=rng)
    quiet = torch.where(torch.rand(n, generator=rng) < say_less, torch.randint(0, 3, (n,), generator=rng), -1)
    captions = [caption(row, leave_out=gone) for row, gone in zip(factors.tolist(), quiet.tolist(), strict=True)]
    return Shapes(draw(factors[:, 1], factors[:, 2], radius, centre), captions, factors)


def caption(factors: Sequence[int], *, leave_out: int = -1) -> str:
    """"a small red circle" for (size, colour, shape); leave_out 0, 1 or 2 says nothing of that factor."""
    size, colour, kind = list(SIZES)[factors[0]], list(COLOURS)[factors[1]], SHAPES[factors[2]]
    words = ["a", "" if leave_out == 0 else size, "" if leave_out == 1 else colour, "shape" if leave_out == 2 else kind]
    return " ".join(word for word in words if word)


def all_captions(*, unseen: bool | None = None) -> list[str]:
    """The 36 full captions; with `unseen` True those of green triangles alone, with False the others."""
    rows = [(s, c, k) for s in range(2) for c in range(len(COLOURS)) for k in range(len(SHAPES))]
    pair = (list(COLOURS).index(UNSEEN[0]), SHAPES.index(UNSEEN[1]))
    return [caption(row) for row in rows if unseen is None or (row[1:] == pair) == unseen]


def cover(kind: Tensor, radius: Tensor, centre: Tensor, *, finer: int = 4) -> Tensor:
    """The share of each pixel that a shape covers: (n, SIDE, SIDE) in [0, 1].

    Args:
        kind: place in `SHAPES`, (n,). radius: (n,). centre: (n, 2), x to the right and y downwards, in pixels.
        finer: points at which a pixel is looked at, along each side.
    """
    points = (torch.arange(SIDE * finer) + 0.5) / finer
    x, y = ((points - centre[:, i, None]) / radius[:, None] for i in range(2))  # a shape reaches from -1 to 1
    x, y = x[:, None, :], y[:, :, None]
    circle, square = x**2 + y**2 <= 1, torch.maximum(x.abs(), y.abs()) <= 0.9
    triangle = (y.abs() <= 1) & (2 * x.abs() <= 1 + y)
    inside = torch.where((kind == 0)[:, None, None], circle, torch.where((kind == 1)[:, None, None], square, triangle))
    return F.avg_pool2d(inside[:, None].float(), finer)[:, 0]


def draw(colour: Tensor, kind: Tensor, radius: Tensor, centre: Tensor) -> Tensor:
    """Pictures (n, 3, SIDE, SIDE) in [0, 1]; colour: place in `COLOURS`, (n,); all else as in `cover`."""
    paint = torch.tensor(list(COLOURS.values()))[colour][:, :, None, None]
    paper = torch.tensor(BACKGROUND).view(1, 3, 1, 1)
    parts = zip(kind.split(200), radius.split(200), centre.split(200), strict=True)
    share = torch.cat([cover(*part) for part in parts])
    return paper + share[:, None] * (paint - paper)


class Reading(NamedTuple):
    """What `read` finds in n pictures.

    factors: (n, 3) int64 as in `Shapes`: the best there is, also where nothing is close.
    found: (n,) bool, whether the best comes close: one shape of one colour on the paper, and nothing else.
    miss: (n,) mean squared difference between the picture and the best shape.
    """

    factors: Tensor
    found: Tensor
    miss: Tensor


def read(images: Tensor) -> Reading:
    """Size, colour and shape of pictures (n, 3, SIDE, SIDE) in [0, 1], by a rule: nothing in it is learnt.

    The colour is the one nearest to that of the pixels which differ most from the paper. How much of it there is, and
    where its middle lies, give radius and centre for each kind of shape; of the three drawings the closest wins.
    """
    paints, paper = torch.tensor(list(COLOURS.values())), torch.tensor(BACKGROUND).view(1, 3, 1, 1)
    images = images.detach().cpu().float()
    off = images - paper
    weight = off.square().sum(1, keepdim=True).square()
    mean = (weight * images).sum((2, 3)) / weight.sum((2, 3)).clamp(min=1e-9)
    colour = torch.cdist(mean, paints).argmin(1)
    line = paints[colour][:, :, None, None] - paper
    share = (off * line).sum(1) / line.square().sum(1)
    share = (1.5 * (share - 0.5) + 0.5).clamp(0, 1)  # steeper: faint noise all over the paper has no area
    area = share.sum((1, 2)).clamp(min=1e-6)
    place = torch.arange(SIDE) + 0.5
    middle = torch.stack([(share.sum(1) * place).sum(1), (share.sum(2) * place).sum(1)], 1) / area[:, None]
    misses, radii = [], []
    for kind, (size, low) in enumerate(((torch.pi, 0.0), (1.8**2, 0.0), (2.0, 1 / 3))):  # area, middle below centre
        radius = (area / size).sqrt().clamp(1.0, SIDE / 2)
        centre = middle - torch.stack([0 * radius, low * radius], 1)
        drawn = draw(colour, torch.full_like(colour, kind), radius, centre)
        misses.append((drawn - images).square().mean((1, 2, 3)))
        radii.append(radius)
    miss, kind = torch.stack(misses).min(0)
    radius = torch.stack(radii).gather(0, kind[None])[0]
    size = (radius > (SIZES["small"][1] + SIZES["large"][0]) / 2).long()
    sound = (radius > SIZES["small"][0] - 1) & (radius < SIZES["large"][1] + 1)
    return Reading(torch.stack([size, colour, kind], 1), (miss < CLOSE) & sound, miss)


def agree(images: Tensor, factors: Tensor) -> dict[str, Tensor]:
    """Whether pictures show what was asked for: "size", "colour", "shape" and "all", each (n,) bool.

    "all" also asks that the picture is one shape and nothing else. Factors below 0 were not asked for, and are right.
    """
    reading = read(images)
    right = (reading.factors == factors) | (factors < 0)
    parts = {name: right[:, i] for i, name in enumerate(("size", "colour", "shape"))}
    return parts | {"all": right.all(1) & reading.found}


def factors_of(caption: str) -> list[int]:
    """Size, colour and shape that a caption asks for, -1 for what it leaves out."""
    words = caption.split()
    return [next((i for i, name in enumerate(names) if name in words), -1) for names in (SIZES, COLOURS, SHAPES)]
