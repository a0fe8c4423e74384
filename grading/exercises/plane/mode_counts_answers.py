"""Answers to plane-mode-counts: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake
from grading.exercises.plane.mode_counts import reference, squares


def _distance(samples, modes):
    return (samples[:, None] - modes).norm(dim=2)


# Known mistakes


def edge_excluded(samples, modes, radius):
    distance, nearest = _distance(samples, modes).min(1)
    return torch.bincount(nearest[distance < radius], minlength=len(modes))


def square_against_radius(samples, modes, radius):
    distance, nearest = _distance(samples, modes).min(1)
    return torch.bincount(nearest[distance**2 <= radius], minlength=len(modes))


def radius_ignored(samples, modes, radius):
    return torch.bincount(_distance(samples, modes).argmin(1), minlength=len(modes))


def counted_twice(samples, modes, radius):
    return (_distance(samples, modes) <= radius).sum(0)


def modes_of_a_sample(samples, modes, radius):
    return (_distance(samples, modes) <= radius).sum(1)


def nearest_sample_of_each_mode(samples, modes, radius):
    return (_distance(samples, modes).min(0).values <= radius).long()


def no_sample_forgotten(samples, modes, radius):
    distance = torch.stack([(sample - modes).norm(dim=1) for sample in samples])
    nearest = distance.argmin(1)[distance.amin(1) <= radius]
    return torch.bincount(nearest, minlength=len(modes))


def last_modes_lost(samples, modes, radius):
    distance, nearest = _distance(samples, modes).min(1)
    return torch.bincount(nearest[distance <= radius])


def only_modes_with_samples(samples, modes, radius):
    counts = reference(samples, modes, radius)
    return counts[counts > 0]


def covered(samples, modes, radius):
    return reference(samples, modes, radius) > 0


def how_many_covered(samples, modes, radius):
    return (reference(samples, modes, radius) > 0).sum()


def all_together(samples, modes, radius):
    return reference(samples, modes, radius).sum()


def shares(samples, modes, radius):
    return reference(samples, modes, radius) / max(len(samples), 1)


def square_box(samples, modes, radius):
    distance, nearest = (samples[:, None] - modes).abs().amax(2).min(1)
    return torch.bincount(nearest[distance <= radius], minlength=len(modes))


def city_blocks(samples, modes, radius):
    distance, nearest = (samples[:, None] - modes).abs().sum(2).min(1)
    return torch.bincount(nearest[distance <= radius], minlength=len(modes))


def outside_counted(samples, modes, radius):
    distance, nearest = _distance(samples, modes).min(1)
    return torch.bincount(nearest[distance > radius], minlength=len(modes))


def diameter(samples, modes, radius):
    return reference(samples, modes, radius / 2)


def twice_the_radius(samples, modes, radius):
    return reference(samples, modes, 2 * radius)


def strays_to_the_first(samples, modes, radius):
    distance, nearest = _distance(samples, modes).min(1)
    return torch.bincount(torch.where(distance <= radius, nearest, 0), minlength=len(modes))


def first_circle_wins(samples, modes, radius):
    inside = _distance(samples, modes) <= radius
    return torch.bincount(inside.int().argmax(1)[inside.any(1)], minlength=len(modes))


def first_coordinate(samples, modes, radius):
    distance, nearest = (samples[:, None, 0] - modes[:, 0]).abs().min(1)
    return torch.bincount(nearest[distance <= radius], minlength=len(modes))


def last_circle_wins(samples, modes, radius):
    inside = _distance(samples, modes) <= radius
    last = len(modes) - 1 - inside.flip(1).int().argmax(1)
    return torch.bincount(last[inside.any(1)], minlength=len(modes))


def rounded(samples, modes, radius):
    distance, nearest = _distance(samples, modes).mul(10).round().div(10).min(1)
    return torch.bincount(nearest[distance <= radius], minlength=len(modes))


def farthest(samples, modes, radius):
    distance, _ = _distance(samples, modes).min(1)
    return torch.bincount(_distance(samples, modes).argmax(1)[distance <= radius], minlength=len(modes))


# Also right


def by_loop(samples, modes, radius):
    counts = [0] * len(modes)
    for sample in samples:
        apart = [torch.dist(sample, mode).item() for mode in modes]
        if min(apart) <= radius:
            counts[apart.index(min(apart))] += 1
    return counts


def by_cdist(samples, modes, radius):
    distance = torch.cdist(samples, modes, compute_mode="donot_use_mm_for_euclid_dist")
    nearest = distance.argmin(1)
    return torch.tensor([((nearest == m) & (distance[:, m] <= radius)).sum() for m in range(len(modes))])


def by_scatter(samples, modes, radius):
    distance = (samples[:, None] - modes[None]).pow(2).sum(2).sqrt()
    inside = (distance.min(1).values <= radius).long()
    return torch.zeros(len(modes), dtype=torch.long).index_add(0, distance.argmin(1), inside)


mistakes = [
    Mistake(edge_excluded, "A sample exactly on the edge counts: use ≤."),
    Mistake(square_against_radius, "You compare the squared distance with the radius. Compare the distance, or both squared."),
    Mistake(radius_ignored, "You count every sample for its nearest mode, however far away. Beyond the radius it belongs to none."),
    Mistake(counted_twice, "A sample inside two circles is counted twice. It belongs to its nearest mode alone."),
    Mistake(modes_of_a_sample, "You count the modes of each sample. The samples of each mode are asked for: the other axis."),
    Mistake(nearest_sample_of_each_mode, "You look for the nearest sample of each mode, over the samples (axis 0), and where there "
            "are none that fails. Look for the nearest mode of each sample: the other axis."),
    Mistake(no_sample_forgotten, "Your code fails where there is no sample at all. Then every count is 0."),
    Mistake(last_modes_lost, "The last modes are missing where they have no sample: bincount needs minlength=len(modes)."),
    Mistake(only_modes_with_samples, "Modes without a sample are left out. They get a 0: they are what one is looking for."),
    Mistake(covered, "You say which modes have a sample. How many each has is asked for."),
    Mistake(how_many_covered, "You say how many modes have a sample. One count for each mode is asked for."),
    Mistake(all_together, "You add all modes up. One count for each mode is asked for."),
    Mistake(shares, "These are shares of all samples. Counts are asked for."),
    Mistake(square_box, "You measure along the axis in which the two are further apart: a box around each mode. The distance is "
            "√(Δx² + Δy²)."),
    Mistake(city_blocks, "You add up |Δx| and |Δy|: a diamond around each mode. The distance is √(Δx² + Δy²)."),
    Mistake(outside_counted, "You count the samples outside the circles."),
    Mistake(diameter, "You take `radius` for the diameter."),
    Mistake(twice_the_radius, "Your circles are twice as wide as `radius` says."),
    Mistake(strays_to_the_first, "Samples far from every mode end up with the first one. They belong to none."),
    Mistake(first_circle_wins, "A sample inside two circles goes to the first of them. It belongs to the nearest mode."),
    Mistake(last_circle_wins, "A sample inside two circles goes to the last of them. It belongs to the nearest mode."),
    Mistake(rounded, "You round the distances: a sample just outside the radius then counts. Compare them as they are."),
    Mistake(first_coordinate, "You compare only the first coordinate. Both count."),
    Mistake(farthest, "You give each sample to the mode farthest from it."),
]

also_right = [by_loop, squares, by_cdist, by_scatter]

equivalent_mutants = {
    "distance, nearest = (samples[:, None] - modes).norm(dim=2).min(1): 1 → -1": "the last axis of a table is its axis 1",
    "distance, nearest = (samples[:, None] - modes).norm(dim=2).min(1): samples[:, None] - modes → "
    "modes - samples[:, None]": "a distance has no direction",
}
