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
