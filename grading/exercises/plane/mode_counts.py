"""plane-mode-counts: how many samples has each mode?"""

import torch

from genlab.random import permutation, randint
from grading import probing
from grading.exercise import Compare, Exercise, Mistake

# Where a sample may stand, in quarters of the radius times 0.8, seen from its mode. On the edge exactly (3-4-5), well
# inside, in the corners of the square around the circle, a trifle and well outside it.
EDGE = [(3, 4), (-4, 3), (5, 0), (0, -5)]
INSIDE = [(1, 0), (-2, 1), (0, 3), (4, -1)]
CORNER = [(4, 4), (-5, 3), (4, -5)]
BEYOND = [(5.125, 0), (0, -5.125)]
OUTSIDE = [(7, 0), (0, 8), (-6, -6)]


def inputs(rng, n=1):
    """Every number is a multiple of 1/64, so that a distance on the edge is exact. The last mode gets nothing."""
    def some(kinds, modes, most, unit, empty):
        rows = []
        for i, mode in enumerate(modes.tolist()):
            for kind in kinds if i not in empty else [OUTSIDE]:
                for j in permutation(len(kind), rng=rng)[:int(randint(1, most + 1, (), rng=rng))].tolist():
                    rows.append([mode[0] + unit * kind[j][0], mode[1] + unit * kind[j][1]])
        placed = torch.tensor(rows, dtype=torch.float64)
        return placed[permutation(len(placed), rng=rng)]

    apart = torch.tensor([[-6, -5], [6, -5], [-6, 6], [6, 6]], dtype=torch.float64)
    apart = (apart + randint(-4, 5, (4, 2), rng=rng) / 4)[permutation(4, rng=rng)]
    close = torch.tensor([[-1.5, 0.25], [0.0, 0.0], [1.5, -0.25]], dtype=torch.float64)[permutation(3, rng=rng)]
    # Where two circles overlap, on either side of the middle: whichever circle is tried first or last, and wins, is
    # the wrong one for some of these four. Then places in one circle alone, of which a few are drawn, and one in none.
    shared = torch.tensor([[-0.625, 0], [-0.875, 0.25], [0.625, 0], [0.875, 0]], dtype=torch.float64)
    single = torch.tensor([[-1.75, 0.5], [0.25, 0.25], [-0.25, -0.5], [0.0, 0.5], [1.5, 0.25]], dtype=torch.float64)
    single = single[permutation(5, rng=rng)[:int(randint(1, 5, (), rng=rng))]]
    nowhere = torch.tensor([[0.0, -3.0]], dtype=torch.float64)
    return {
        "apart": apart, "near_apart": some([EDGE, INSIDE, CORNER], apart, 2, 0.25, {1, 3}), "radius": 1.25,
        "small": some([EDGE, INSIDE, CORNER, BEYOND, OUTSIDE], apart[:3], 1, 0.125, {2}),
        "close": close,  # the last sample lies further from every mode than twice the radius
        "between": torch.cat([torch.cat([shared, single])[permutation(4 + len(single), rng=rng)], nowhere]),
    }


def probe(mode_counts, apart, near_apart, radius, small, close, between):
    """Modes far apart at two radii, modes whose circles overlap, and no sample at all."""
    def ask(*given):
        found = mode_counts(*given)
        if isinstance(found, (list, tuple)):
            found = torch.tensor([float(count) for count in found])
        return probing.tensor(found, "`mode_counts`").double()

    nothing = between[:0]
    return dict(wide=ask(near_apart, apart, radius), narrow=ask(small, apart[:3], radius / 2),
                overlapping=ask(between, close, radius), none=ask(nothing, close, radius))


def reference(samples, modes, radius):
    """Each sample to its nearest mode, if that is no further than the radius."""
    distance, nearest = (samples[:, None] - modes).norm(dim=2).min(1)
    return torch.bincount(nearest[distance <= radius], minlength=len(modes))


def truth(samples, modes, radius):
    """One sample after another, with squares only: exact where the coordinates are."""
    counts = [0] * len(modes)
    for x, y in samples.tolist():
        squares = [(x - a) ** 2 + (y - b) ** 2 for a, b in modes.tolist()]
        if min(squares) <= radius**2:
            counts[squares.index(min(squares))] += 1
    return torch.tensor(counts)


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


def squares(samples, modes, radius):
    square = ((samples.unsqueeze(1) - modes.unsqueeze(0)) ** 2).sum(-1)
    mine = torch.nn.functional.one_hot(square.argmin(1), len(modes)).bool()
    return (mine & (square <= radius * radius)).sum(0)


def by_cdist(samples, modes, radius):
    distance = torch.cdist(samples, modes, compute_mode="donot_use_mm_for_euclid_dist")
    nearest = distance.argmin(1)
    return torch.tensor([((nearest == m) & (distance[:, m] <= radius)).sum() for m in range(len(modes))])


def by_scatter(samples, modes, radius):
    distance = (samples[:, None] - modes[None]).pow(2).sum(2).sqrt()
    inside = (distance.min(1).values <= radius).long()
    return torch.zeros(len(modes), dtype=torch.long).index_add(0, distance.argmin(1), inside)


exercise = Exercise(
    id="plane-mode-counts", defines="mode_counts(samples, modes, radius)", core=True, points=2, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("wide", "narrow", points=1, shape="(M,)",
                says="One count for each mode, of samples at most `radius` away, the edge included; 0 where there is none."),
        Compare("overlapping", "none", points=1, shape="(M,)",
                says="Where circles overlap, a sample counts once, for the nearest mode; without samples every count is 0."),
    ],
    mistakes=[
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
    ],
    equivalent_mutants={
        "distance, nearest = (samples[:, None] - modes).norm(dim=2).min(1): 1 → -1": "the last axis of a table is its axis 1",
        "distance, nearest = (samples[:, None] - modes).norm(dim=2).min(1): samples[:, None] - modes → "
        "modes - samples[:, None]": "a distance has no direction",
    },
    withholds=["genlab.metrics.neighbours.nearest_training_distance"],
    also_right=[by_loop, squares, by_cdist, by_scatter],
    hints=[
        "For each sample: which mode is the nearest, and is it near enough?",
        "The distances are a table (samples, modes). Its minimum over the modes says how far, its argmin which. Keep the samples "
        "with distance ≤ radius and count how often each mode occurs.",
        "distance, nearest = (samples[:, None] - modes).norm(dim=2).min(1), then torch.bincount(nearest[distance <= radius], "
        "minlength=len(modes)).",
    ],
)
