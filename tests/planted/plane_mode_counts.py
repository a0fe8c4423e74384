"""Planted answers to plane-mode-counts, by another author than the check's."""

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
