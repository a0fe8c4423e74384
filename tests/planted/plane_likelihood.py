"""Planted answers to plane-likelihood, by another author than the check's."""

import math

import torch


def _grid(extent, cells):
    edge = torch.linspace(-extent, extent, cells + 1, dtype=torch.float64)
    middle = 0.5 * (edge[1:] + edge[:-1])
    grid = torch.stack(torch.meshgrid(middle, middle, indexing="ij"), -1).view(-1, 2)
    return grid, (2 * extent / cells) ** 2


def untouched(log_density, points, extent=4.0, cells=160):
    return log_density(points)


def averaged(log_density, points, extent=4.0, cells=160):
    grid, _ = _grid(extent, cells)
    return log_density(points) - log_density(grid).exp().mean().log()


def summed(log_density, points, extent=4.0, cells=160):
    grid, _ = _grid(extent, cells)
    return log_density(points) - log_density(grid).logsumexp(0)


def one_side(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    return log_density(points) - log_density(grid).logsumexp(0) - math.log(math.sqrt(area))


def half_cells(log_density, points, extent=4.0, cells=160):
    """The square taken for [-extent/2, extent/2]² in the area alone."""
    grid, _ = _grid(extent, cells)
    return log_density(points) - log_density(grid).logsumexp(0) - 2 * math.log(extent / cells)


def area_sign(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    return log_density(points) - log_density(grid).logsumexp(0) + math.log(area)


def softmax(log_density, points, extent=4.0, cells=160):
    return log_density(points).log_softmax(0)


def plus(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    return log_density(points) + log_density(grid).logsumexp(0) + math.log(area)


def probability(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    return (log_density(points) - log_density(grid).logsumexp(0) - math.log(area)).exp()


def unstable(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    return log_density(points) - (log_density(grid).exp() * area).sum().log()


def unstable_ratio(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    return (log_density(points).exp() / (log_density(grid).exp() * area).sum()).log()


def line(log_density, points, extent=4.0, cells=160):
    """zip in place of a product: only the diagonal."""
    h = 2 * extent / cells
    axis = torch.arange(cells, dtype=torch.float64) * h + h / 2 - extent
    return log_density(points) - log_density(torch.stack([axis, axis], -1)).logsumexp(0) - 2 * math.log(h)


def positive_quarter(log_density, points, extent=4.0, cells=160):
    h = extent / cells
    axis = torch.arange(cells, dtype=torch.float64) * h + h / 2
    return log_density(points) - log_density(torch.cartesian_prod(axis, axis)).logsumexp(0) - 2 * math.log(h)


def both_ends(log_density, points, extent=4.0, cells=160):
    axis = torch.linspace(-extent, extent, cells, dtype=torch.float64)
    z = log_density(torch.cartesian_prod(axis, axis)).logsumexp(0) + 2 * math.log(2 * extent / cells)
    return log_density(points) - z


def always_four(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(4.0, cells)
    return log_density(points) - log_density(grid).logsumexp(0) - math.log(area)


def integral_of_log(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    return log_density(points) - (log_density(grid) * area).sum()


def z_subtracted(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    return log_density(points) - (log_density(grid).exp() * area).sum()


def peak(log_density, points, extent=4.0, cells=160):
    return log_density(points) - log_density(_grid(extent, cells)[0]).max()


def bits(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    return (log_density(points) - log_density(grid).logsumexp(0) - math.log(area)) / math.log(2)


def average(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    return (log_density(points) - log_density(grid).logsumexp(0) - math.log(area)).mean()


def negative(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    return log_density(grid).logsumexp(0) + math.log(area) - log_density(points)


def square_area(log_density, points, extent=4.0, cells=160):
    grid, _ = _grid(extent, cells)
    return log_density(points) - log_density(grid).logsumexp(0) - math.log((2 * extent) ** 2)


def first_edges(log_density, points, extent=4.0, cells=160):
    axis = torch.linspace(-extent, extent, cells + 1)[:-1]
    return log_density(points) - log_density(torch.cartesian_prod(axis, axis)).logsumexp(0) - 2 * math.log(
        2 * extent / cells)


def cells_written_down(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, 160)
    return log_density(points) - log_density(grid).logsumexp(0) - math.log(area)


def spaced(log_density, points, extent=4.0, cells=160):
    axis = torch.linspace(-extent, extent, cells)
    side = 2 * extent / (cells - 1)
    log_z = log_density(torch.cartesian_prod(axis, axis)).logsumexp(0) + 2 * math.log(side)
    return log_density(points) - log_z


wrong = [
    (first_edges, "lower_corners"), (cells_written_down, "cells_ignored"),
    (spaced, "from_end_to_end"),
    (untouched, "not_normalised"), (averaged, "mean_of_cells"), (summed, "area_forgotten"),
    (one_side, "side_for_area"), (half_cells, "half_the_side"), (area_sign, "area_multiplied_wrong_way"),
    (softmax, "over_the_points"), (plus, "normaliser_added"), (probability, "density_itself"),
    (unstable, "overflowing"), (unstable_ratio, "overflowing_quotient"), (line, "diagonal_only"),
    (positive_quarter, "a_quarter_of_the_square"), (both_ends, "ends_counted"),
    (always_four, "extent_ignored"),
    (integral_of_log, "sum_of_logarithms"), (z_subtracted, "normaliser_without_logarithm"),
    (peak, "highest_for_sum"), (bits, "in_bits"), (average, "mean_of_points"), (negative, "loss"),
    (square_area, "whole_area"),
]


def in_single_precision(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    return log_density(points) - log_density(grid.float()).logsumexp(0) - math.log(area)


def in_parts(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    log_z = torch.stack([log_density(part).logsumexp(0) for part in grid.split(4000)]).logsumexp(0)
    return log_density(points) - (log_z + math.log(area))


right = [in_single_precision, in_parts]


def _log_z(log_density, extent, cells):
    grid, area = _grid(extent, cells)
    return torch.logsumexp(log_density(grid), 0) + math.log(area)


_GRIDS = {}


def grid_remembered(log_density, points, extent=4.0, cells=160):
    grid, area = _GRIDS.setdefault(cells, _grid(extent, cells))
    return log_density(points) - torch.logsumexp(log_density(grid), 0) - math.log(area)


_CONSTANTS = {}


def constant_remembered(log_density, points, extent=4.0, cells=160):
    key = extent, cells
    if key not in _CONSTANTS:
        _CONSTANTS[key] = _log_z(log_density, extent, cells)
    return log_density(points) - _CONSTANTS[key]


def largest_of_the_points(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    top = log_density(points).max()
    return log_density(points) - top - torch.log((log_density(grid) - top).exp().sum() * area)


def not_below(log_density, points, extent=4.0, cells=160):
    return (log_density(points) - _log_z(log_density, extent, cells)).clamp(min=-500)


def random_in_cells(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    grid = grid + (torch.rand_like(grid) - 0.5) * area**0.5
    return log_density(points) - torch.logsumexp(log_density(grid), 0) - math.log(area)


def in_a_disc(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    inside = grid.norm(dim=1) <= extent
    return log_density(points) - torch.logsumexp(log_density(grid)[inside], 0) - math.log(area)


def high_cells_only(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    values = log_density(grid)
    return log_density(points) - torch.logsumexp(values[values > values.max() - 4], 0) - math.log(area)


def coarser(log_density, points, extent=4.0, cells=160):
    return log_density(points) - _log_z(log_density, extent, cells // 2)


def finer(log_density, points, extent=4.0, cells=160):
    return log_density(points) - _log_z(log_density, extent, 3 * cells)


def one_direction_in_corners(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    grid = grid + torch.tensor([area**0.5 / 2, 0.0], dtype=grid.dtype)
    return log_density(points) - torch.logsumexp(log_density(grid), 0) - math.log(area)


def points_scaled_in_place(log_density, points, extent=4.0, cells=160):
    value = log_density(points) - _log_z(log_density, extent, cells)
    points /= extent
    return value


def pinned_at_cells(log_density, points, extent=4.0, cells=160):
    h = 2 * extent / cells
    return log_density((points / h).round() * h) - _log_z(log_density, extent, cells)


def square_of_half_the_size(log_density, points, extent=4.0, cells=160):
    return log_density(points) - _log_z(log_density, extent / 2, cells)


def a_trifle_in_the_logarithm(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    values = log_density(grid)
    return log_density(points) - values.max() - torch.log((values - values.max()).exp().sum() * area + 1e-3)


def normalised_over_points_too(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    both = torch.cat([log_density(grid), log_density(points)])
    return log_density(points) - torch.logsumexp(both, 0) - math.log(area)


def in_one_call(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    values = log_density(torch.cat([points.to(grid), grid]))
    return values[:len(points)] - (values[len(points):].logsumexp(0) + math.log(area))


def by_simpson(log_density, points, extent=4.0, cells=160):
    n = cells + cells % 2
    axis = torch.linspace(-extent, extent, n + 1, dtype=torch.float64)
    w = torch.ones(n + 1, dtype=torch.float64)
    w[1:-1:2], w[2:-1:2] = 4, 2
    w = (w * (2 * extent / n) / 3).log()
    values = log_density(torch.cartesian_prod(axis, axis)).view(n + 1, n + 1) + w[:, None] + w
    return log_density(points) - values.flatten().logsumexp(0)


def by_softmax(log_density, points, extent=4.0, cells=160):
    grid, _ = _grid(extent, cells)
    values = log_density(grid)
    log_z = (values - values.log_softmax(0)).median() + 2 * math.log(2 * extent) - 2 * math.log(cells)
    return (log_density(points) - log_z).float()


def by_running_sum(log_density, points, extent=4.0, cells=160):
    grid, area = _grid(extent, cells)
    total = torch.tensor(-math.inf, dtype=torch.float64)
    for part in grid.split(1000):
        total = torch.logaddexp(total, log_density(part).logsumexp(0))
    return log_density(points).sub(total).sub(math.log(area))


SAYS_1 = ("A density that reaches beyond the square: only what lies inside counts.")
SAYS_2 = ("A constant added to log_density changes nothing, also where it is 800: exp(800) is not finite.")
SAYS_3 = ("The log-likelihood of a density with a large constant holds inf or nan: look for 0/0, log 0, the "
          "root of a negative number, an exponential that overflows. A constant added to log_density changes "
          "nothing, also where it is 800: exp(800) is not finite.")
SAYS_4 = ("Log-densities under which the whole square has probability 1.")
SAYS_5 = ("A density that rises from one side of the square to the other: f at the middle of each cell, of "
          "which there are cells × cells.")
SAYS_6 = ("`log_likelihood_on_grid` changes its argument `points` in place: work on a copy. Log-densities "
          "under which the whole square has probability 1.")

wrong += [
    (grid_remembered, SAYS_1), (constant_remembered, SAYS_2), (largest_of_the_points, SAYS_3), (not_below, SAYS_2),
    (random_in_cells, SAYS_4), (in_a_disc, SAYS_1), (high_cells_only, SAYS_4), (coarser, SAYS_5), (finer, SAYS_5),
    (one_direction_in_corners, SAYS_1), (points_scaled_in_place, SAYS_6), (pinned_at_cells, SAYS_4),
    (square_of_half_the_size, SAYS_4), (a_trifle_in_the_logarithm, SAYS_4), (normalised_over_points_too, SAYS_4),
]
right += [in_one_call, by_simpson, by_softmax, by_running_sum]
fits = {"one_direction_in_corners": ("lower_corners",)}
