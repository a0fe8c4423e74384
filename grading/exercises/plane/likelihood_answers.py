"""Answers to plane-likelihood: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake
from grading.exercises.plane.likelihood import _middles, reference

# Known mistakes


def not_normalised(log_density, points, extent=4.0, cells=160):
    return log_density(points)


def mean_of_cells(log_density, points, extent=4.0, cells=160):
    _, middles = _middles(extent, cells)
    log_mean = torch.logsumexp(log_density(middles), 0) - math.log(len(middles))
    return log_density(points) - log_mean


def area_forgotten(log_density, points, extent=4.0, cells=160):
    _, middles = _middles(extent, cells)
    return log_density(points) - torch.logsumexp(log_density(middles), 0)


def side_for_area(log_density, points, extent=4.0, cells=160):
    h, middles = _middles(extent, cells)
    return log_density(points) - torch.logsumexp(log_density(middles), 0) - math.log(h)


def half_the_side(log_density, points, extent=4.0, cells=160):
    h, middles = _middles(extent, cells)
    return log_density(points) - torch.logsumexp(log_density(middles), 0) - 2 * math.log(h / 2)


def lower_left_quarter(log_density, points, extent=4.0, cells=160):
    h = extent / cells
    axis = -extent + h * (torch.arange(cells, dtype=torch.float64) + 0.5)
    log_z = torch.logsumexp(log_density(torch.cartesian_prod(axis, axis)), 0) + 2 * math.log(h)
    return log_density(points) - log_z


def one_cell_fewer(log_density, points, extent=4.0, cells=160):
    h = 2 * extent / (cells - 1)
    axis = -extent + h * (torch.arange(cells, dtype=torch.float64) + 0.5)
    log_z = torch.logsumexp(log_density(torch.cartesian_prod(axis, axis)), 0) + 2 * math.log(h)
    return log_density(points) - log_z


def half_a_unit_further(log_density, points, extent=4.0, cells=160):
    h, middles = _middles(extent, cells)
    middles = middles - h / 2 + 0.5
    return log_density(points) - torch.logsumexp(log_density(middles), 0) - 2 * math.log(h)


def area_multiplied_wrong_way(log_density, points, extent=4.0, cells=160):
    h, middles = _middles(extent, cells)
    return log_density(points) - torch.logsumexp(log_density(middles), 0) + 2 * math.log(h)


def over_the_points(log_density, points, extent=4.0, cells=160):
    return torch.log_softmax(log_density(points), 0)


def normaliser_added(log_density, points, extent=4.0, cells=160):
    return 2 * log_density(points) - reference(log_density, points, extent, cells)


def density_itself(log_density, points, extent=4.0, cells=160):
    return reference(log_density, points, extent, cells).exp()


def overflowing(log_density, points, extent=4.0, cells=160):
    h, middles = _middles(extent, cells)
    return log_density(points) - torch.log(torch.exp(log_density(middles)).sum() * h**2)


def overflowing_quotient(log_density, points, extent=4.0, cells=160):
    h, middles = _middles(extent, cells)
    return torch.log(torch.exp(log_density(points)) / (torch.exp(log_density(middles)).sum() * h**2))


def small_number_added(log_density, points, extent=4.0, cells=160):
    h, middles = _middles(extent, cells)
    return log_density(points) - torch.log(torch.exp(log_density(middles)).sum() * h**2 + 1e-12)


def lower_corners(log_density, points, extent=4.0, cells=160):
    h, middles = _middles(extent, cells)
    return log_density(points) - torch.logsumexp(log_density(middles - h / 2), 0) - 2 * math.log(h)


def upper_corners(log_density, points, extent=4.0, cells=160):
    h, middles = _middles(extent, cells)
    return log_density(points) - torch.logsumexp(log_density(middles + h / 2), 0) - 2 * math.log(h)


def from_end_to_end(log_density, points, extent=4.0, cells=160):
    axis = torch.linspace(-extent, extent, cells, dtype=torch.float64)
    log_z = torch.logsumexp(log_density(torch.cartesian_prod(axis, axis)), 0) + 2 * torch.log(axis[1] - axis[0])
    return log_density(points) - log_z


def cells_ignored(log_density, points, extent=4.0, cells=160):
    return reference(log_density, points, extent, 160)


def diagonal_only(log_density, points, extent=4.0, cells=160):
    h, middles = _middles(extent, cells)
    axis = middles[:cells, 1]
    log_z = torch.logsumexp(log_density(torch.stack([axis, axis], 1)), 0) + 2 * math.log(h)
    return log_density(points) - log_z


def diagonal_again_and_again(log_density, points, extent=4.0, cells=160):
    h, middles = _middles(extent, cells)
    axis = middles[:, 1]  # runs through the cells once for each row, like axis.repeat(cells)
    log_z = torch.logsumexp(log_density(torch.stack([axis, axis], 1)), 0) + 2 * math.log(h)
    return log_density(points) - log_z


def a_quarter_of_the_square(log_density, points, extent=4.0, cells=160):
    h = extent / cells
    axis = h * (torch.arange(cells, dtype=torch.float64) + 0.5)
    log_z = torch.logsumexp(log_density(torch.cartesian_prod(axis, axis)), 0) + 2 * math.log(h)
    return log_density(points) - log_z


def ends_counted(log_density, points, extent=4.0, cells=160):
    axis = torch.linspace(-extent, extent, cells, dtype=torch.float64)
    log_z = torch.logsumexp(log_density(torch.cartesian_prod(axis, axis)), 0) + 2 * math.log(2 * extent / cells)
    return log_density(points) - log_z


def extent_ignored(log_density, points, extent=4.0, cells=160):
    return reference(log_density, points, 4.0, cells)


def sum_of_logarithms(log_density, points, extent=4.0, cells=160):
    h, middles = _middles(extent, cells)
    return log_density(points) - log_density(middles).sum() * h**2


def normaliser_without_logarithm(log_density, points, extent=4.0, cells=160):
    h, middles = _middles(extent, cells)
    return log_density(points) - torch.exp(log_density(middles)).sum() * h**2


def highest_for_sum(log_density, points, extent=4.0, cells=160):
    _, middles = _middles(extent, cells)
    return log_density(points) - log_density(middles).amax()


def in_bits(log_density, points, extent=4.0, cells=160):
    return reference(log_density, points, extent, cells) / math.log(2)


def mean_of_points(log_density, points, extent=4.0, cells=160):
    return reference(log_density, points, extent, cells).mean()


def loss(log_density, points, extent=4.0, cells=160):
    return -reference(log_density, points, extent, cells)


def whole_area(log_density, points, extent=4.0, cells=160):
    _, middles = _middles(extent, cells)
    return log_density(points) - torch.logsumexp(log_density(middles), 0) - 2 * math.log(2 * extent)


# Also right


def corners_in_single_precision(log_density, points, extent=4.0, cells=160):
    edges = torch.linspace(-extent, extent, cells + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    x, y = torch.meshgrid(middles, middles, indexing="xy")
    grid = torch.stack([x.flatten(), y.flatten()], dim=1)
    area = (2 * extent / cells) ** 2
    return log_density(points) - torch.logsumexp(log_density(grid) + math.log(area), dim=0)


def by_trapezoids(log_density, points, extent=4.0, cells=160):
    axis = torch.linspace(-extent, extent, cells + 1, dtype=torch.float64)
    values = log_density(torch.cartesian_prod(axis, axis)).view(cells + 1, cells + 1)
    top = values.max()
    z = torch.trapezoid(torch.trapezoid((values - top).exp(), axis, dim=1), axis)
    return log_density(points) - top - z.log()


def row_by_row(log_density, points, extent=4.0, cells=160):
    h = 2 * extent / cells
    axis = torch.linspace(-extent + h / 2, extent - h / 2, cells, dtype=torch.float64)
    rows = [torch.logsumexp(log_density(torch.stack([axis, torch.full_like(axis, y)], 1)), 0)
            for y in axis.tolist()]
    return log_density(points) - (torch.logsumexp(torch.stack(rows), 0) + math.log(h * h))


def by_distribution(log_density, points, extent=4.0, cells=160):
    _, middles = _middles(extent, cells)
    share = torch.softmax(log_density(middles), 0)  # of the cells; the cell of highest density tells Z
    best = share.argmax()
    log_z = log_density(middles[best:best + 1]) - share[best].log() + 2 * math.log(2 * extent / cells)
    return log_density(points) - log_z


CORNERS = ("You take f at a corner of each cell. Where the density rises that is too little or too much in every cell: take the "
           "middle, half a side further.")


mistakes = [
    Mistake(not_normalised, "This is the log-density as it came: subtract log Z, the logarithm of its integral."),
    Mistake(mean_of_cells, "You average over the cells. The integral is their mean times the area of the square: a sum of "
            "heights, each times the area h² of its cell."),
    Mistake(area_forgotten, "You add up heights. Each stands over a cell of area h²: the integral is h² times the sum."),
    Mistake(side_for_area, "You multiply by the side h of a cell. Its area is h²."),
    Mistake(half_the_side, "Your cells have half the side. The square reaches from -extent to extent: h = 2 extent / cells."),
    Mistake(area_multiplied_wrong_way, "The area has the wrong sign in the logarithm: Z = h² Σ f, so log Z = log Σ f + 2 log h."),
    Mistake(whole_area, "You multiply each height by the area of the whole square. Each stands over one cell, of area h²."),
    Mistake(over_the_points, "You normalise over the points you were given. Z is an integral over the whole square, wherever "
            "the points are."),
    Mistake(normaliser_added, "log Z is subtracted: p = f / Z."),
    Mistake(density_itself, "This is the density. Its logarithm is asked for."),
    Mistake(overflowing, "Right for moderate values. exp overflows beyond 709 and vanishes below -745: use torch.logsumexp."),
    Mistake(overflowing_quotient, "Right for moderate values. exp overflows beyond 709 and vanishes below -745: use "
            "torch.logsumexp."),
    Mistake(small_number_added, "A small number inside the logarithm hides the trouble: use torch.logsumexp."),
    Mistake(diagonal_only, "Your grid is only the diagonal of the square, x = y. Every x goes with every y."),
    Mistake(diagonal_again_and_again, "Your points all lie on the diagonal of the square, x = y. Every x goes with every y: "
            "torch.cartesian_prod, or repeat for one coordinate and repeat_interleave for the other."),
    Mistake(lower_left_quarter, "Your cells have side extent / cells and fill only the quarter from -extent to 0. The square is "
            "2 extent wide."),
    Mistake(one_cell_fewer, "Your cells have side 2 extent / (cells - 1), so that they reach beyond the square. Cells, not points "
            "on the edge, are counted: 2 extent / cells."),
    Mistake(half_a_unit_further, "You go half a unit from the edge of a cell. Its middle is half a *cell* further: h / 2."),
    Mistake(a_quarter_of_the_square, "Your grid covers only the quarter from 0 to extent. The square begins at -extent."),
    Mistake(ends_counted, "Your points stand 2 extent / (cells - 1) apart, because linspace includes both ends, but you count "
            "each as a cell of side 2 extent / cells. Take the middles of the cells."),
    Mistake(lower_corners, CORNERS),
    Mistake(upper_corners, CORNERS),
    Mistake(from_end_to_end, "Your points stand on the edge of the square, too, and each counts as a whole cell, half of which lies "
            "outside. Take the middles of the cells."),
    Mistake(cells_ignored, "The argument `cells` is not used."),
    Mistake(extent_ignored, "The argument `extent` is not used."),
    Mistake(sum_of_logarithms, "You integrate the log-density. The density has to be integrated, then comes the logarithm."),
    Mistake(normaliser_without_logarithm, "You subtract Z. Subtract its logarithm."),
    Mistake(highest_for_sum, "You subtract the highest value. Z is the integral."),
    Mistake(in_bits, "These are bits. Nats are asked for: the natural logarithm."),
    Mistake(mean_of_points, "You average over the points. One number for each point is asked for."),
    Mistake(loss, "This is minus the log-density, a loss. The log-density itself is asked for."),
]

also_right = [corners_in_single_precision, by_trapezoids, row_by_row, by_distribution]

equivalent_mutants = {
    "log_z = torch.logsumexp(log_density(middles), 0) + 2 * math.log(h): 0 → -1": "a vector has one axis",
    **{f"def log_likelihood_on_grid(log_density, points, extent=4.0, cells=160):: 160 → {cells}":
       "for a smooth density inside the square every number of cells from 60 on gives the same integral"
       for cells in (159, 161, 320)},
}
