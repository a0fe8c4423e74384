"""Planted answers to pixelcnn-receptive-field, by another author than the check's."""

import torch
from torch.nn import functional as F


def _steps(k, centre):
    h = k // 2
    return [(a, b) for a in range(-h, 1) for b in range(-h, h + 1) if a < 0 or b < 0 or (centre and b == 0)]


def _back(kernels, height, width, row, column, centre=lambda layer: layer > 0, inside=True):
    places = {(row, column)}
    for layer in range(len(kernels) - 1, -1, -1):
        places = {(r + a, c + b) for r, c in places for a, b in _steps(kernels[layer], centre(layer))}
        if inside:
            places = {(r, c) for r, c in places if 0 <= r < height and 0 <= c < width}
    table = torch.zeros(height, width, dtype=torch.bool)
    for r, c in places:
        if 0 <= r < height and 0 <= c < width:
            table[r, c] = True
    return table


def mask_a_in_the_last_layer(kernels, height, width, row, column):
    return _back(kernels, height, width, row, column, centre=lambda layer: layer < len(kernels) - 1)


def first_kernel_for_all(kernels, height, width, row, column):
    return _back([kernels[0]] * len(kernels), height, width, row, column)


def last_kernel_for_all(kernels, height, width, row, column):
    return _back([kernels[-1]] * len(kernels), height, width, row, column)


def one_large_kernel(kernels, height, width, row, column):
    return _back([sum(k - 1 for k in kernels) + 1], height, width, row, column)


def with_itself(kernels, height, width, row, column):
    table = _back(kernels, height, width, row, column)
    table[row, column] = True
    return table


def negative_indices(kernels, height, width, row, column):
    places = {(row, column)}
    for layer in reversed(range(len(kernels))):
        places = {(r + a, c + b) for r, c in places for a, b in _steps(kernels[layer], layer > 0)}
    table = torch.zeros(height, width, dtype=torch.bool)
    for r, c in places:
        if -height <= r < height and -width <= c < width:
            table[r, c] = True
    return table


def counted_paths(kernels, height, width, row, column):
    table = torch.zeros(1, 1, height, width)
    table[0, 0, row, column] = 1
    for layer in reversed(range(len(kernels))):
        k = kernels[layer]
        taps = (torch.arange(k * k) < k * k // 2 + (layer > 0)).float().view(1, 1, k, k)
        table = F.conv_transpose2d(table, taps, padding=k // 2)
    return table[0, 0]


def cone_to_both_sides(kernels, height, width, row, column):
    """As far to the right in the own row's past as to the left."""
    reach = sum(k // 2 for k in kernels)
    r, c = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    up, right = row - r, c - column
    near = (up >= 0) & (up <= reach) & (right.abs() <= reach)
    return near & ((up > 0) | (right < 0)) & (right <= up * max(kernels) // 2)


def list_used_up(kernels, height, width, row, column):
    places = {(row, column)}
    while kernels:
        k = kernels.pop()
        places = {(r + a, c + b) for r, c in places for a, b in _steps(k, bool(kernels))
                  if 0 <= r + a < height and 0 <= c + b < width}
    table = torch.zeros(height, width)
    for r, c in places:
        table[r, c] = 1
    return table


def layers_the_other_way(kernels, height, width, row, column):
    return _back(list(reversed(kernels)), height, width, row, column)


def even_row_open(kernels, height, width, row, column):
    places = {(row, column)}
    for layer in reversed(range(len(kernels))):
        h = kernels[layer] // 2
        steps = [(a, b) for a in range(-h, 1) for b in range(-h, h + 1) if (a, b) != (0, 0) or layer]
        places = {(r + a, c + b) for r, c in places for a, b in steps if 0 <= r + a < height and 0 <= c + b < width}
    table = torch.zeros(height, width, dtype=torch.bool)
    for r, c in places:
        table[r, c] = True
    return table


def list_of_places(kernels, height, width, row, column):
    return _back(kernels, height, width, row, column).nonzero()


def cut_only_at_the_end(kernels, height, width, row, column):
    """Every way that leaves the image and comes back has a shorter one within."""
    return _back(kernels, height, width, row, column, inside=False)


def by_transposed_convolution(kernels, height, width, row, column):
    return counted_paths(kernels, height, width, row, column) > 0.5


def by_random_weights(kernels, height, width, row, column):
    x = torch.zeros(1, 1, height, width, dtype=torch.float64, requires_grad=True)
    y = x
    for i, k in enumerate(kernels):
        taps = 0.5 + torch.rand(k * k, dtype=torch.float64)
        taps[k * k // 2 + (i > 0):] = 0
        y = F.conv2d(y, (taps / k).view(1, 1, k, k), padding=k // 2)
    y[0, 0, row, column].backward()
    return x.grad[0, 0] != 0


def by_rolling(kernels, height, width, row, column):
    reach = sum(kernels)
    table = torch.zeros(height + 2 * reach, width + 2 * reach)
    table[reach + row, reach + column] = 1
    edge = F.pad(torch.ones(height, width), (reach,) * 4)
    for layer in reversed(range(len(kernels))):
        moved = [table.roll(step, (0, 1)) for step in _steps(kernels[layer], layer > 0)]
        table = edge * sum(moved, torch.zeros_like(table))
        table = table.clamp(max=1)
    return table[reach:reach + height, reach:reach + width].int()


SAYS_1 = ("With more layers: what the places that are seen have seen in turn, and no more.")
SAYS_2 = ("One layer sees the open taps of its mask A, around (row, column).")
SAYS_3 = ("`receptive_field` of one layer should have shape (height, width) = (11, 16), not (12, 2). One layer sees"
          " the open taps of its mask A, around (row, column).")
SAYS_4 = ("`receptive_field` of one layer should have shape (height, width) = (13, 16), not (12, 2). One layer "
          "sees the open taps of its mask A, around (row, column).")

wrong = [
    (mask_a_in_the_last_layer, "layers_reversed"), (first_kernel_for_all, "first_kernel_for_all"),
    (last_kernel_for_all, "last_kernel_for_all"), (one_large_kernel, "no_blind_spot"),
    (with_itself, "mask_b_throughout"), (negative_indices, "comes_round"), (counted_paths, "chains_counted"),
    (cone_to_both_sides, SAYS_1), (list_used_up, "list_used_up"), (layers_the_other_way, "layers_reversed"),
    (even_row_open, SAYS_2), (list_of_places, SAYS_4),
]
right = [cut_only_at_the_end, by_transposed_convolution, by_random_weights, by_rolling]
