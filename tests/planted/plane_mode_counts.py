"""Planted answers to plane-mode-counts, by another author than the check's."""

import math

import torch


def _squares(samples, modes):
    return (samples.unsqueeze(1) - modes.unsqueeze(0)).square().sum(-1)


def strictly_inside(samples, modes, radius):
    square = _squares(samples, modes)
    mine = (square.argmin(1, keepdim=True) == torch.arange(len(modes))) & (square < radius**2)
    return mine.sum(0)


def no_root(samples, modes, radius):
    square = _squares(samples, modes)
    mine = (square.argmin(1, keepdim=True) == torch.arange(len(modes))) & (square <= radius)
    return mine.sum(0)


def everything_counts(samples, modes, radius):
    return torch.bincount(_squares(samples, modes).argmin(1), minlength=len(modes))


def every_circle(samples, modes, radius):
    return (_squares(samples, modes) <= radius**2).long().sum(0)


def per_sample(samples, modes, radius):
    return (_squares(samples, modes) <= radius**2).long().sum(1)


def too_short(samples, modes, radius):
    least, which = _squares(samples, modes).min(1)
    return torch.bincount(which[least <= radius**2])


def unique_counts(samples, modes, radius):
    least, which = _squares(samples, modes).min(1)
    return torch.unique(which[least <= radius**2], return_counts=True)[1]


def any_at_all(samples, modes, radius):
    least, which = _squares(samples, modes).min(1)
    return torch.bincount(which[least <= radius**2], minlength=len(modes)).clamp(max=1)


def number_of_modes(samples, modes, radius):
    least, which = _squares(samples, modes).min(1)
    return torch.tensor(len(which[least <= radius**2].unique()))


def one_total(samples, modes, radius):
    return (_squares(samples, modes).min(1).values <= radius**2).sum()


def fractions(samples, modes, radius):
    least, which = _squares(samples, modes).min(1)
    return torch.bincount(which[least <= radius**2], minlength=len(modes)) / max(1, len(samples))


def box(samples, modes, radius):
    distance = torch.cdist(samples, modes, p=float("inf"))
    least, which = distance.min(1)
    return torch.bincount(which[least <= radius], minlength=len(modes))


def diamond(samples, modes, radius):
    least, which = torch.cdist(samples, modes, p=1.0).min(1)
    return torch.bincount(which[least <= radius], minlength=len(modes))


def half_radius(samples, modes, radius):
    least, which = _squares(samples, modes).min(1)
    return torch.bincount(which[least <= (radius / 2) ** 2], minlength=len(modes))


def first_hit(samples, modes, radius):
    counts = [0] * len(modes)
    for sample in samples:
        for m, mode in enumerate(modes):
            if (sample - mode).norm() <= radius:
                counts[m] += 1
                break
    return torch.tensor(counts)


def strays_to_mode_zero(samples, modes, radius):
    least, which = _squares(samples, modes).min(1)
    which[least > radius**2] = 0
    return torch.bincount(which, minlength=len(modes))


def only_the_far(samples, modes, radius):
    least, which = _squares(samples, modes).min(1)
    return torch.bincount(which[least > radius**2], minlength=len(modes))


def along_x(samples, modes, radius):
    least, which = (samples[:, :1] - modes[:, 0]).abs().min(1)
    return torch.bincount(which[least <= radius], minlength=len(modes))


def over_the_samples(samples, modes, radius):
    return (torch.cdist(samples, modes).min(0).values <= radius).int()


def needs_a_sample(samples, modes, radius):
    table = torch.stack([((sample - modes) ** 2).sum(1) for sample in samples])
    return ((table <= radius**2) & (table == table.amin(1, keepdim=True))).sum(0)


wrong = [
    (over_the_samples, "nearest_sample_of_each_mode"), (needs_a_sample, "no_sample_forgotten"),
    (strictly_inside, "edge_excluded"), (no_root, "square_against_radius"),
    (everything_counts, "radius_ignored"), (every_circle, "counted_twice"),
    (per_sample, "modes_of_a_sample"), (too_short, "last_modes_lost"),
    (unique_counts, "only_modes_with_samples"), (any_at_all, "covered"),
    (number_of_modes, "how_many_covered"), (one_total, "all_together"), (fractions, "shares"),
    (box, "square_box"), (diamond, "city_blocks"), (half_radius, "diameter"),
    (first_hit, "first_circle_wins"), (strays_to_mode_zero, "strays_to_the_first"),
    (only_the_far, "outside_counted"), (along_x, "first_coordinate"),
]


def mode_by_mode(samples, modes, radius):
    square = _squares(samples, modes)
    nearest, inside = square.argmin(1), square <= radius * radius
    return [int(((nearest == m) & inside[:, m]).sum()) for m in range(len(modes))]


def with_histogram(samples, modes, radius):
    least, which = _squares(samples, modes).min(1)
    kept = which[least.sqrt() <= radius].double()
    return torch.histc(kept, bins=len(modes), min=-0.5, max=len(modes) - 0.5)


right = [mode_by_mode, with_histogram]


def _count(samples, modes, radius, within):
    square = _squares(samples, modes)
    mine = square.argmin(1, keepdim=True) == torch.arange(len(modes))
    return (mine & within(square.sqrt(), radius)).sum(0)


def a_trifle_further(samples, modes, radius):
    return _count(samples, modes, radius, lambda d, r: d <= r + 1e-9)


def nearly_equal_counts(samples, modes, radius):
    def within(d, r):
        return (d <= r) | torch.isclose(d, torch.full_like(d, r), rtol=1e-3, atol=0)

    return _count(samples, modes, radius, within)


def a_trifle_less(samples, modes, radius):
    return _count(samples, modes, radius, lambda d, r: d <= r * (1 - 1e-9))


def distances_rounded(samples, modes, radius):
    return _count(samples, modes, radius, lambda d, r: d.round(decimals=2) <= round(r, 2))


def a_trifle_under_the_root(samples, modes, radius):
    square = _squares(samples, modes) + 1e-8
    mine = square.argmin(1, keepdim=True) == torch.arange(len(modes))
    return (mine & (square.sqrt() <= radius)).sum(0)


def each_place_once(samples, modes, radius):
    return _count(samples.unique(dim=0), modes, radius, torch.le)


def one_mode_at_a_time(samples, modes, radius):
    counts = []
    for mode in modes:
        near = (samples - mode).norm(dim=1) <= radius
        counts.append(near.sum())
        samples = samples[~near]
    return torch.stack(counts)


def every_circle(samples, modes, radius):
    return (_squares(samples, modes) <= radius**2).sum(0)


def shares(samples, modes, radius):
    return _count(samples, modes, radius, torch.le) / max(len(samples), 1)


def at_least_one(samples, modes, radius):
    return _count(samples, modes, radius, torch.le).clamp(min=1)


def present_or_not(samples, modes, radius):
    return _count(samples, modes, radius, torch.le) > 0


def first_coordinate(samples, modes, radius):
    nearest = (samples[:, :1] - modes[:, 0]).abs().argmin(1)
    near = (samples - modes[nearest]).norm(dim=1) <= radius
    return torch.bincount(nearest[near], minlength=len(modes))


def diameter_for_radius(samples, modes, radius):
    return _count(samples, modes, radius, lambda d, r: d <= r / 2)


def ordered_by_size(samples, modes, radius):
    return _count(samples, modes, radius, torch.le).sort(descending=True).values


def modes_moved_in_place(samples, modes, radius):
    counts = _count(samples, modes, radius, torch.le)
    modes -= modes.mean(0)
    return counts


def without_empty_modes(samples, modes, radius):
    distance, nearest = _squares(samples, modes).sqrt().min(1)
    return torch.unique(nearest[distance <= radius], return_counts=True)[1]


def by_cdist(samples, modes, radius):
    distance, nearest = torch.cdist(samples, modes).min(1)
    return torch.nn.functional.one_hot(nearest, len(modes))[distance <= radius].sum(0)


def plain_loop(samples, modes, radius):
    counts = [0] * len(modes)
    for x, y in samples.tolist():
        distances = [math.hypot(x - a, y - b) for a, b in modes.tolist()]
        best = min(range(len(modes)), key=distances.__getitem__)
        counts[best] += distances[best] <= radius
    return counts


def by_complex_numbers(samples, modes, radius):
    z, w = (torch.view_as_complex(points.contiguous()) for points in (samples, modes))
    distance, nearest = (z[:, None] - w).abs().min(1)
    return torch.zeros(len(modes)).index_add(0, nearest, (distance <= radius).float())


def by_hypot(samples, modes, radius):
    gap = samples[:, None] - modes
    distance = torch.hypot(gap[..., 0], gap[..., 1])
    near = distance.amin(1, keepdim=True)
    first = (distance == near).double().cumsum(1).eq(1) & (distance == near)
    return (first & (near <= radius)).sum(0)


SAYS_1 = ("One count for each mode, of samples at most `radius` away, the edge included; 0 where there is "
          "none.")
SAYS_2 = ("Where circles overlap, a sample counts once, for the nearest mode; without samples every count is "
          "0.")
SAYS_3 = ("`mode_counts` changes its argument `modes` in place: work on a copy.")

wrong += [
    (a_trifle_further, SAYS_1), (nearly_equal_counts, SAYS_1), (a_trifle_less, "edge_excluded"), (distances_rounded,
    SAYS_1), (a_trifle_under_the_root, SAYS_1), (each_place_once, SAYS_2), (one_mode_at_a_time, "first_circle_wins"),
    (every_circle, "counted_twice"), (shares, "shares"), (at_least_one, SAYS_1), (present_or_not, "covered"),
    (first_coordinate, SAYS_1), (diameter_for_radius, "diameter"), (ordered_by_size, SAYS_1), (modes_moved_in_place,
    SAYS_3), (without_empty_modes, "only_modes_with_samples"),
]
right += [by_cdist, plain_loop, by_complex_numbers, by_hypot]
