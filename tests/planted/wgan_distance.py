"""Planted answers to wgan-distance, by another author than the check's."""

import bisect
from itertools import pairwise

import torch


def staircase(values, at):
    """The share of `values` at or below each place."""
    return torch.searchsorted(values.detach().sort()[0], at.detach(), right=True).to(values.dtype) / values.numel()


def area(x, y, weigh=torch.abs):
    s = torch.sort(torch.cat((x, y)))[0]
    gap = staircase(x, s[:-1]) - staircase(y, s[:-1])
    return torch.sum(weigh(gap) * (s[1:] - s[:-1]))


def zipped(x, y):
    return sum(abs(a - b) for a, b in zip(sorted(x), sorted(y), strict=False)) / len(x)


def zipped_by_the_longer(x, y):
    return sum(abs(a - b) for a, b in zip(sorted(x), sorted(y), strict=False)) / max(len(x), len(y))


def unsorted_matrix_diagonal(x, y):
    return torch.cdist(x[:, None], y[:, None], p=1).diagonal().mean()


def whole_matrix(x, y):
    return torch.cdist(x[:, None], y[:, None], p=1).mean()


def energy(x, y):
    def pair(a, b):
        return (a[:, None] - b[None]).abs().mean()

    return 2 * pair(x, y) - pair(x, x) - pair(y, y)


def chamfer(x, y):
    d = (x[:, None] - y[None]).abs()
    return (d.min(0)[0].mean() + d.min(1)[0].mean()) / 2


def centres(x, y):
    return torch.abs(torch.mean(x) - torch.mean(y))


def second_order(x, y):
    n = len(x) * len(y)
    u, v = x.sort()[0].repeat_interleave(n // len(x)), y.sort()[0].repeat_interleave(n // len(y))
    return torch.norm(u - v) / n**0.5


def cramer(x, y):
    return area(x, y, torch.square)


def kolmogorov(x, y):
    s = torch.cat((x, y))
    return (staircase(x, s) - staircase(y, s)).abs().max()


def hundred_quantiles(x, y):
    q = torch.linspace(0, 1, 100).to(x)
    return torch.mean(torch.abs(x.quantile(q) - y.quantile(q)))


def strictly_below(x, y):
    s = torch.sort(torch.cat((x, y)))[0]
    f, g = ((v[:, None] < s[:-1]).to(v.dtype).mean(0) for v in (x, y))
    return ((f - g).abs() * s.diff()).sum()


def sets(x, y):
    return area(torch.unique(x), torch.unique(y))


def times_two(x, y):
    return 2 * area(x, y)


def total(x, y):
    return area(x, y) * (len(x) + len(y))


def numbers_only(x, y):
    with torch.no_grad():
        return area(x, y)


def largest_of_sorted(x, y):
    n = len(x) * len(y)
    u, v = (t.repeat_interleave(n // len(t)).sort()[0] for t in (x, y))
    return (u - v).abs().max()


def right_area(x, y):
    return area(x, y)


def right_expanded(x, y):
    u = x.sort().values.repeat_interleave(y.numel())
    v = y.sort().values.repeat_interleave(x.numel())
    return torch.nn.functional.l1_loss(u, v)


def right_cumulated(x, y):
    s, order = torch.cat([x, y]).sort()
    sign = torch.cat([x.new_full((len(x),), 1 / len(x)), y.new_full((len(y),), -1 / len(y))])
    return (sign[order].cumsum(0)[:-1].abs() * (s[1:] - s[:-1])).sum()


def right_bisected(x, y):
    a, b = sorted(x.tolist()), sorted(y.tolist())
    s = torch.cat([y, x]).sort().values
    work = s[0] * 0
    for low, high in pairwise(s):
        f, g = bisect.bisect_right(a, low.item()) / len(a), bisect.bisect_right(b, low.item()) / len(b)
        work = work + abs(f - g) * (high - low)
    return work


def right_matched(x, y):
    if len(x) == len(y):
        return (x.sort()[0] - y.sort()[0]).abs().mean()
    return right_expanded(x, y)


LEAST = "As many points in x as in y: the mean way of a point, when the whole is moved with the least work."
wrong = [
    (zipped, "zipped_over_x"), (zipped_by_the_longer, "zipped_over_the_longer"),
    (unsorted_matrix_diagonal, "cut_and_not_sorted"), (whole_matrix, "every_pair"), (energy, LEAST),
    (chamfer, "nearest_both_ways"), (centres, "difference_of_means"),
    (second_order, "root_of_squared"), (cramer, "squared_gap"), (kolmogorov, "largest_gap"),
    (hundred_quantiles, "hundred_quantiles"), (strictly_below, "one_gap_early"), (sets, "ties_dropped"),
    (times_two, "doubled"), (total, "summed_over_all"), (numbers_only, "made_a_plain_number"),
    (largest_of_sorted, "largest_way"),
]
right = [right_area, right_expanded, right_cumulated, right_bisected, right_matched]
