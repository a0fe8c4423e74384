"""Answers to pixelcnn-receptive-field: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _taps(k, with_centre):
    half = k // 2
    return [(i, j) for i in range(-half, half + 1) for j in range(-half, half + 1)
            if (i, j) < (0, 0) or (with_centre and i == j == 0)]


def _walk(layers, height, width, row, column, wrap=False):
    """`layers`: for each layer, first to last, the steps that it can take."""
    reached = {(row, column)}
    for taps in reversed(layers):
        new = {(i + a, j + b) for i, j in reached for a, b in taps}
        reached = {(i % height, j % width) for i, j in new} if wrap else \
            {(i, j) for i, j in new if 0 <= i < height and 0 <= j < width}
    return _table(reached, height, width)


def _table(places, height, width):
    table = torch.zeros(height, width, dtype=torch.bool)
    for i, j in places:
        table[i, j] = True
    return table


# Known mistakes


def no_blind_spot(kernels, height, width, row, column):
    reach = sum(k // 2 for k in kernels)
    if not kernels[0] // 2:
        return torch.zeros(height, width, dtype=torch.bool)
    return _table({(i, j) for i in range(height) for j in range(width) if (i, j) < (row, column) and
                   row - i <= reach and abs(j - column) <= reach}, height, width)


def all_earlier(kernels, height, width, row, column):
    return (torch.arange(height * width) < row * width + column).view(height, width)


def mask_b_throughout(kernels, height, width, row, column):
    return _walk([_taps(k, True) for k in kernels], height, width, row, column)


def mask_a_throughout(kernels, height, width, row, column):
    return _walk([_taps(k, False) for k in kernels], height, width, row, column)


def both_ways(kernels, height, width, row, column):
    layers = [[(i, j) for i in range(-(k // 2), k // 2 + 1) for j in range(-(k // 2), k // 2 + 1)] for k in kernels]
    return _walk(layers, height, width, row, column)


def comes_round(kernels, height, width, row, column):
    return _walk([_taps(k, layer > 0) for layer, k in enumerate(kernels)], height, width, row, column, wrap=True)


def future(kernels, height, width, row, column):
    layers = [[(-i, -j) for i, j in _taps(k, layer > 0)] for layer, k in enumerate(kernels)]
    return _walk(layers, height, width, row, column)


def first_layer_only(kernels, height, width, row, column):
    return _walk([_taps(kernels[0], False)], height, width, row, column)


def last_layer_forgotten(kernels, height, width, row, column):
    return _walk([_taps(k, layer > 0) for layer, k in enumerate(kernels[:-1])], height, width, row, column)


def whole_kernel_as_reach(kernels, height, width, row, column):
    layers = [_taps(2 * k - 1, layer > 0) for layer, k in enumerate(kernels)]
    return _walk(layers, height, width, row, column)


def nothing_to_the_right(kernels, height, width, row, column):
    layers = [[(i, j) for i, j in _taps(k, layer > 0) if j <= 0] for layer, k in enumerate(kernels)]
    return _walk(layers, height, width, row, column)


def rows_and_columns_exchanged(kernels, height, width, row, column):
    layers = [[(j, i) for i, j in _taps(k, layer > 0)] for layer, k in enumerate(kernels)]
    return _walk(layers, height, width, row, column)


def blind_spot_itself(kernels, height, width, row, column):
    seen = _walk([_taps(k, layer > 0) for layer, k in enumerate(kernels)], height, width, row, column)
    return all_earlier(kernels, height, width, row, column) & ~seen


def first_kernel_for_all(kernels, height, width, row, column):
    return by_sets([kernels[0]] * len(kernels), height, width, row, column)


def last_kernel_for_all(kernels, height, width, row, column):
    return by_sets([kernels[-1]] * len(kernels), height, width, row, column)


def layers_reversed(kernels, height, width, row, column):
    return by_sets(kernels[::-1], height, width, row, column)


def last_layer_hides(kernels, height, width, row, column):
    layers = [_taps(k, layer < len(kernels) - 1) for layer, k in enumerate(kernels)]
    return _walk(layers, height, width, row, column)


def chains_counted(kernels, height, width, row, column):
    table = torch.zeros(1, 1, height, width)
    table[..., row, column] = 1
    for layer in reversed(range(len(kernels))):
        k = kernels[layer]
        weight = (torch.arange(k * k) < k * k // 2 + (layer > 0)).float().view(1, 1, k, k)
        table = F.conv_transpose2d(table, weight, padding=k // 2)
    return table[0, 0]


def list_used_up(kernels, height, width, row, column):
    layers = []
    while kernels:
        layers.append(_taps(kernels.pop(0), len(layers) > 0))
    return _walk(layers, height, width, row, column)


# Also right


def by_sets(kernels, height, width, row, column):
    return _walk([_taps(k, layer > 0) for layer, k in enumerate(kernels)], height, width, row, column)


def by_gradients(kernels, height, width, row, column):
    x = torch.zeros(1, 1, height, width, requires_grad=True)
    y = x
    for layer, k in enumerate(kernels):
        weight = torch.zeros(k * k)
        weight[:k * k // 2 + (layer > 0)] = 1 / k**2
        y = F.conv2d(y, weight.view(1, 1, k, k), padding=k // 2)
    y[0, 0, row, column].backward()
    return (x.grad[0, 0] > 0).float()


def forwards(kernels, height, width, row, column):
    """What each pixel is heard by, pixel after pixel: the impulse goes through the layers in their order."""
    impulses = torch.eye(height * width).view(-1, 1, height, width)
    for layer, k in enumerate(kernels):
        weight = (torch.arange(k * k) < k * k // 2 + (layer > 0)).float().view(1, 1, k, k)
        impulses = (F.conv2d(impulses, weight, padding=k // 2) > 0).float()
    return impulses[:, 0, row, column].view(height, width)


_SIDES = "You take the side of one kernel for all layers. Each has its own: kernels[layer]."
_FIRST = "The layers are in the wrong order: kernels[0] is the first layer, next to the image, and it alone has mask A."
mistakes = [
    Mistake(no_blind_spot, "You count every earlier pixel within reach. Each layer goes up and to the right by a diagonal at most: to "
            "the right above there is a part that no chain of open taps comes to."),
    Mistake(all_earlier, "That is the whole past. A stack of masked layers reaches only so far, and not everywhere."),
    Mistake(mask_b_throughout, "The pixel sees itself. The first layer has mask A, which hides it, and no later layer finds it again."),
    Mistake(mask_a_throughout, "Only the first layer has mask A. In the others the centre is open, so that a shorter way counts too."),
    Mistake(both_ways, "Your kernels are not masked: taps below, and to the right in the own row, are closed."),
    Mistake(comes_round, "Your field comes in again from the other side of the image: beyond the border there is nothing."),
    Mistake(future, "These are the pixels that hear of (row, column), later ones. Asked is what (row, column) hears."),
    Mistake(first_layer_only, "Only one layer is counted: what it sees are features, which have seen something in turn."),
    Mistake(last_layer_forgotten, "The last layer is left out."),
    Mistake(whole_kernel_as_reach, "A kernel of side k reaches k // 2 to each side, not k - 1."),
    Mistake(nothing_to_the_right, "In the rows above a kernel looks to the right as well."),
    Mistake(rows_and_columns_exchanged, "Rows and columns are exchanged: raster order goes along the rows."),
    Mistake(first_kernel_for_all, _SIDES),
    Mistake(last_kernel_for_all, _SIDES),
    Mistake(layers_reversed, _FIRST),
    Mistake(last_layer_hides, _FIRST),
    Mistake(chains_counted, "You count chains of open taps. Asked is whether there is one: True, or 1, however many."),
    Mistake(list_used_up, "`receptive_field` takes layers out of its argument `kernels`: who calls it twice with one list finds it empty."),
    Mistake(blind_spot_itself, "That is the blind spot, what is not seen. Asked is what is seen."),
]

also_right = [by_sets, by_gradients, forwards]

_STEPS = "steps = [(a, b) for a in range(-half, 1) for b in range(-half, half + 1) if (a, b) < (0, 0)]"
_TABLE = "table = torch.zeros(height, width, dtype=torch.bool)"
equivalent_mutants = {
    f"{_TABLE}: torch.zeros(height, width, dtype=torch.bool) → torch.zeros(height, width)": "0 and 1 are accepted",
    f"{_STEPS}: 1 → 2": "a step down is no earlier tap",
}
