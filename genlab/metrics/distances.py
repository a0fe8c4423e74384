"""Euclidean distances between two sets of points, as fast as a matrix product and as exact as a difference.

    ‖a - b‖² = ‖a‖² - 2 a·b + ‖b‖²

The right side is one matrix product, ten times faster than differences in many dimensions, but it cancels: a
copy lies at 1e-7 instead of 0, and whether a point on the rim of a ball is inside is left to rounding. Here
the product only decides what it can decide. Its error is at most

    2 (d + 8) ε (‖a‖ + ‖b‖)²,   ε = 2⁻⁵²

(Higham, 2002, Accuracy and stability of numerical algorithms, §3.1, for d products and sums in any order),
and whatever lies closer than that to the value with which it is compared is computed again, by differences.
So all results are those of differences to the last bit; few pairs need it, and where most do, all get it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

BLOCK = 2**21  # distances held at a time, 16 MB
LARGEST = 1e150  # squares of more overflow
SPARE = 4  # neighbours looked at beyond those asked for, so that ties are seen


class Points:
    """Points (n, d), float64, with what the product needs: moved to a common centre, and their norms."""

    def __init__(self, points: Tensor, centre: Tensor):
        self.points = points
        self.moved = points - centre
        self.squares = self.moved.square().sum(1)

    def __len__(self) -> int:
        return len(self.points)


class Part(NamedTuple):
    """Some rows of the matrix of squared distances: their numbers, the values, and the error of each row."""

    rows: Tensor
    squares: Tensor
    error: Tensor


def points(*sets: Tensor) -> tuple[Points, ...]:
    """Sets (n, d) in float64, ready to be compared with one another.

    Raises:
        ValueError: values whose squares no float64 holds.
    """
    if max(x.abs().max().item() for x in sets) > LARGEST:
        raise ValueError(f"values beyond {LARGEST:g} have no finite distances: rescale them")
    centre = sets[0].mean(0)
    return tuple(Points(x, centre) for x in sets)


def pairs(a: Tensor, b: Tensor) -> Tensor:
    """Distance of each row of a to the same row of b by differences, (n,): to the bit as in `rows_of`."""
    parts = [torch.cdist(x[:, None], y[:, None], compute_mode="donot_use_mm_for_euclid_dist").view(-1)
             for x, y in zip(a.split(_chunk(a)), b.split(_chunk(b)), strict=True)]
    return torch.cat(parts) if parts else a.new_empty(0)


def rows_of(a: Tensor, b: Tensor) -> Tensor:
    """All distances by differences, (n, m)."""
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def parts(a: Points, b: Points) -> Iterator[Part]:
    """The squared distances of all pairs by the product, a few rows at a time."""
    size = max(1, BLOCK // len(b))
    scale = 2 * (a.points.shape[1] + 8) * torch.finfo(torch.float64).eps
    reach = max(a.squares.max(), b.squares.max()).sqrt()
    for rows in torch.arange(len(a)).split(size):
        part = slice(int(rows[0]), int(rows[-1]) + 1)
        squares = torch.addmm(b.squares, a.moved[part], b.moved.T, alpha=-2).add_(a.squares[part, None])
        yield Part(rows, squares, scale * (a.squares[part].sqrt() + reach).square())


class Nearest(NamedTuple):
    """Of each of n points: distance to its k-th nearest of another set, (n,), and which one, (n,) int64."""

    distance: Tensor
    index: Tensor


def nearest(a: Points, b: Points, k: int = 1) -> Nearest:
    """The k-th nearest point of b for each point of a; if a is b, the point itself does not count.

    Of several at one distance the first counts.
    """
    found = [_nearest_of(part, a, b, k) for part in parts(a, b)]
    return Nearest(*(torch.cat(column) for column in zip(*found, strict=True)))


def _nearest_of(part: Part, a: Points, b: Points, k: int) -> Nearest:
    if a is b:
        part.squares[torch.arange(len(part.rows)), part.rows] = torch.inf
    count = min(k + SPARE, len(b) - (a is b))
    values, index = part.squares.topk(count, largest=False)
    limit, slack = values[:, k - 1, None], 2 * part.error[:, None]
    doubtful = (values - limit).abs() <= slack  # the k-th itself, and who might stand in its place
    below = (values < limit - slack).sum(1)
    row, column = doubtful.nonzero(as_tuple=True)
    distance = torch.full_like(values, torch.inf)
    distance[row, column] = pairs(a.points[part.rows[row]], b.points[index[row, column]])
    distance, index = _pick(distance, index, k - 1 - below)
    if count < len(b) - (a is b):
        for row in (values[:, -1] <= (limit + slack)[:, 0]).nonzero().flatten().tolist():  # ties go on
            whole = rows_of(a.points[part.rows[row], None], b.points)
            if a is b:
                whole[0, part.rows[row]] = torch.inf
            everyone = torch.arange(len(b))[None]
            distance[row], index[row] = _pick(whole, everyone, torch.tensor([k - 1]))
    return Nearest(distance, index)


def _pick(distance: Tensor, index: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
    """The entry at `place` of each row when sorted by distance, equal ones by index."""
    order = index.argsort(1)
    order = order.gather(1, distance.gather(1, order).argsort(dim=1, stable=True))
    chosen = order.gather(1, place[:, None])
    return distance.gather(1, chosen)[:, 0], index.gather(1, chosen)[:, 0]


def compare(part: Part, a: Points, b: Points, radius: Tensor) -> tuple[Tensor, Tensor]:
    """Which distances of a part are below the radius, and which are at most it: two (rows, m) of bool.

    Args:
        radius: (rows, 1), one for each point of a, or (m,), one for each of b; distances that `nearest` gave.
    """
    limit, slack = radius.square(), part.error[:, None]
    below, within = part.squares < limit - slack, part.squares <= limit + slack
    row, column = (below ^ within).nonzero(as_tuple=True)
    if not len(row):
        return below, within
    if 8 * len(row) > below.numel():
        distance = rows_of(a.points[part.rows], b.points)
        return distance < radius, distance <= radius
    distance, radius = pairs(a.points[part.rows[row]], b.points[column]), radius.expand_as(below)[row, column]
    below[row, column], within[row, column] = distance < radius, distance <= radius
    return below, within


def _chunk(x: Tensor) -> int:
    return max(1, BLOCK // x.shape[1])
