"""Answers to wgan-distance: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake
from grading.exercises.wgan._distance_parts import shares_below
from grading.exercises.wgan._distance_right import by_quantile_steps, by_shares, crumbs, poured, running_balance


def not_sorted(x, y):
    return (x - y).abs().mean()


def sorted_pairs_only(x, y):
    return (x.sort().values - y.sort().values).abs().mean()


def cut_to_the_shorter(x, y):
    n = min(len(x), len(y))
    return (x.sort().values[:n] - y.sort().values[:n]).abs().mean()


def cut_before_sorting(x, y):
    n = min(len(x), len(y))
    return (x[:n].sort().values - y[:n].sort().values).abs().mean()


def zipped_over_x(x, y):
    return sum((a - b).abs() for a, b in zip(x.sort().values, y.sort().values, strict=False)) / len(x)


def zipped_over_the_longer(x, y):
    return sum((a - b).abs() for a, b in zip(x.sort().values, y.sort().values, strict=False)) / max(len(x), len(y))


def cut_and_not_sorted(x, y):
    n = min(len(x), len(y))
    return (x[:n] - y[:n]).abs().mean()


def interpolated_quantiles(x, y):
    at = torch.linspace(0, 1, max(len(x), len(y)), dtype=x.dtype)
    return (torch.quantile(x, at) - torch.quantile(y, at)).abs().mean()


def many_interpolated_quantiles(x, y):
    at = torch.linspace(0, 1, 1001, dtype=x.dtype)
    return (torch.quantile(x, at) - torch.quantile(y, at)).abs().mean()


def hundred_quantiles(x, y):
    at = torch.linspace(0, 1, 100, dtype=x.dtype)
    return (torch.quantile(x, at) - torch.quantile(y, at)).abs().mean()


def other_way_round(x, y):
    return (x.sort().values - y.sort(descending=True).values).abs().mean()


def squared(x, y):
    n = len(x) * len(y)
    first, second = (v.repeat_interleave(n // len(v)).sort().values for v in (x, y))
    return (first - second).square().mean()


def root_of_squared(x, y):
    return squared(x, y).sqrt()


def summed(x, y):
    points, f, g = shares_below(x, y)
    return ((f - g)[:-1].abs() * points.diff()).sum() * max(len(x), len(y))


def difference_of_means(x, y):
    return (x.mean() - y.mean()).abs()


def signed(x, y):
    points, f, g = shares_below(x, y)
    return ((f - g)[:-1] * points.diff()).sum()


def signed_then_abs(x, y):
    points, f, g = shares_below(x, y)
    return ((f - g)[:-1] * points.diff()).sum().abs()


def every_pair(x, y):
    return (x[:, None] - y).abs().mean()


def nearest(x, y):
    return (x[:, None] - y).abs().min(1).values.mean()


def nearest_both_ways(x, y):
    ways = (x[:, None] - y).abs()
    return (ways.min(1).values.mean() + ways.min(0).values.mean()) / 2


def counts_for_shares(x, y):
    points, f, g = shares_below(x, y)
    return ((f * len(x) - g * len(y))[:-1].abs() * points.diff()).sum()


def one_size_for_both(x, y):
    points, f, g = shares_below(x, y)
    return ((f - g * len(y) / len(x))[:-1].abs() * points.diff()).sum()


def shares_of_all(x, y):
    points, f, g = shares_below(x, y)
    return ((f * len(x) - g * len(y))[:-1].abs() * points.diff()).sum() / len(points)


def no_widths(x, y):
    _, f, g = shares_below(x, y)
    return (f - g).abs().mean()


def largest_gap(x, y):
    _, f, g = shares_below(x, y)
    return (f - g).abs().max()


def squared_gap(x, y):
    points, f, g = shares_below(x, y)
    return ((f - g)[:-1].square() * points.diff()).sum()


def one_gap_late(x, y):
    points, f, g = shares_below(x, y)
    return ((f - g)[1:].abs() * points.diff()).sum()


def one_gap_early(x, y):
    points, f, g = shares_below(x, y)
    f, g = f - (x[:, None] == points).to(x.dtype).mean(0), g - (y[:, None] == points).to(x.dtype).mean(0)
    return ((f - g)[:-1].abs() * points.diff()).sum()


def trapezoid(x, y):
    points, f, g = shares_below(x, y)
    return torch.trapezoid((f - g).abs(), points)


def on_a_grid(x, y):
    s = torch.linspace(-10, 10, 4001, dtype=x.dtype)
    f, g = ((v[:, None] <= s).to(v.dtype).mean(0) for v in (x, y))
    return (f - g).abs().sum() * (s[1] - s[0])


def ties_dropped(x, y):
    points, f, g = shares_below(x.unique(), y.unique())
    return ((f - g)[:-1].abs() * points.diff()).sum()


def in_the_unit_of_the_spread(x, y):
    points, f, g = shares_below(x, y)
    return ((f - g)[:-1].abs() * points.diff()).sum() / torch.cat([x, y]).std()


def largest_way(x, y):
    n = len(x) * len(y)
    return (x.sort().values.repeat_interleave(len(y)) - y.sort().values.repeat_interleave(n // len(y))).abs().max()


def doubled(x, y):
    points, f, g = shares_below(x, y)
    return ((f - g)[:-1].abs() * points.diff()).sum() * 2


def summed_over_all(x, y):
    points, f, g = shares_below(x, y)
    return ((f - g)[:-1].abs() * points.diff()).sum() * len(points)


def halved(x, y):
    points, f, g = shares_below(x, y)
    return ((f - g)[:-1].abs() * points.diff()).sum() / 2


def repeated_as_often_as_fits(x, y):
    if len(x) > len(y):
        x, y = y, x
    x = x.repeat(len(y) // len(x) + 1)[:len(y)]
    return (x.sort().values - y.sort().values).abs().mean()


def made_a_plain_number(x, y):
    points, f, g = shares_below(x, y)
    return ((f - g)[:-1].abs() * points.diff()).sum().item()


def gradient_cut_off(x, y):
    points, f, g = shares_below(x, y)
    return ((f - g)[:-1].abs() * points.detach().diff()).sum()


def one_for_each_gap(x, y):
    points, f, g = shares_below(x, y)
    return (f - g)[:-1].abs() * points.diff()


def sorted_in_place(x, y):
    with torch.no_grad():
        x.copy_(x.sort().values)
        y.copy_(y.sort().values)
    points, f, g = shares_below(x, y)
    return ((f - g)[:-1].abs() * points.diff()).sum()


PAIRED = "You pair points in the order in which they happen to come: the least work pairs smallest with smallest."
SUM = "You sum the ways of all points: all of x weighs 1 together, and so does y."
SIZES = "For different sizes points cannot be paired one to one: compare the shares of x and of y to the left of each gap."
CUT = "You leave points out to make the sizes equal: all of both samples count, each point with its share."
BETWEEN = ("Quantiles that are interpolated between points belong to another distribution. The samples' own quantile is a staircase, and "
           "so is the share to the left.")
SPLIT = "Shares: each point of x weighs 1 over the number of x, each of y 1 over the number of y."
SIGNED = "Without the absolute value, sand carried to the right and to the left cancel: what is left is the difference of the means."
NEAREST = "You send each point to its nearest: several may go to the same one, and others get nothing."
STAIRS = ("The shares are constant between neighbouring points: a gap counts with the shares at or below its left end, a point that stands "
          "there included.")

mistakes = [
    Mistake(not_sorted, PAIRED), Mistake(cut_and_not_sorted, PAIRED),
    Mistake(sorted_pairs_only, SIZES),
    *(Mistake(answer, CUT) for answer in (cut_to_the_shorter, cut_before_sorting, zipped_over_x, zipped_over_the_longer)),
    *(Mistake(answer, BETWEEN) for answer in (interpolated_quantiles, many_interpolated_quantiles, hundred_quantiles)),
    Mistake(other_way_round, "You pair smallest with largest, which is the most work: sort both the same way."),
    Mistake(squared, "You square the ways: that is the square of the distance of order 2. Absolute values are asked for."),
    Mistake(root_of_squared, "This is the distance of order 2, a root of mean squares. Asked for is the mean of the ways themselves."),
    Mistake(summed, SUM), Mistake(summed_over_all, SUM),
    Mistake(largest_way, "You take the longest way: the mean over all the sand is asked for."),
    Mistake(doubled, "A factor of 2 is too much: each grain is carried once."),
    Mistake(difference_of_means, SIGNED), Mistake(signed, SIGNED), Mistake(signed_then_abs, SIGNED),
    Mistake(every_pair, "You average over all pairs, as if each point were spread over the whole other sample: that is not the least "
            "work, and a sample is not at distance 0 from itself."),
    Mistake(nearest, NEAREST), Mistake(nearest_both_ways, NEAREST),
    Mistake(counts_for_shares, SPLIT), Mistake(one_size_for_both, SPLIT), Mistake(shares_of_all, SPLIT),
    Mistake(no_widths, "The widths of the gaps are missing: without them it does not matter how far the sand is carried."),
    Mistake(largest_gap, "This is the largest difference of the shares (Kolmogorov and Smirnov's). Asked for is the area between them."),
    Mistake(squared_gap, "You square the differences of the shares (Cramér's distance): absolute values are asked for."),
    Mistake(one_gap_late, STAIRS), Mistake(one_gap_early, STAIRS), Mistake(trapezoid, STAIRS),
    Mistake(on_a_grid, "You integrate over a fixed grid: it is coarse, and misses what lies beyond its ends. The points themselves are the "
            "right grid."),
    Mistake(ties_dropped, "Equal numbers are dropped: two points at one place weigh twice as much as one."),
    Mistake(in_the_unit_of_the_spread, "You divide by the spread: the distance is in the unit of x."),
    Mistake(halved, "A factor of ½ is too much."),
    Mistake(repeated_as_often_as_fits, "You repeat points of the smaller sample until the sizes are equal, some once more than others: "
            "each must keep the same share."),
    Mistake(made_a_plain_number, "The value is right. But no gradient comes back to the points: leave out `item`, `detach` and no_grad."),
    Mistake(gradient_cut_off, "The value is right. But no gradient comes back to the points: leave out `item`, `detach` and no_grad."),
    Mistake(one_for_each_gap, "You return the work for each gap: the distance is their sum."),
    Mistake(sorted_in_place, "You sort x and y in place, and whoever handed them over goes on with another order."),
]

also_right = [by_shares, crumbs, poured, running_balance, by_quantile_steps]

equivalent_mutants = {
    "left = points[:-1].detach(): points[:-1].detach() → points[:-1]": "counting has no gradient",
    **{f"below_{v} = torch.searchsorted({v}.sort().values.detach(), left, right=True) / len({v}): {v}.sort().values.detach() → "
       f"{v}.sort().values": "counting has no gradient" for v in "xy"},
    "return ((below_x - below_y).abs() * points.diff()).sum(): below_x - below_y → below_y - below_x": "the size is the same",
}
