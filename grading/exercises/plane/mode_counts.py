"""plane-mode-counts: how many samples has each mode?"""

import torch

from genlab.random import permutation, randint
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise

# Where a sample may stand, in quarters of the radius times 0.8, seen from its mode. On the edge exactly (3-4-5), well
# inside, in the corners of the square around the circle, a trifle and well outside it.
EDGE = [(3, 4), (-4, 3), (5, 0), (0, -5)]
INSIDE = [(1, 0), (-2, 1), (0, 3), (4, -1)]
CORNER = [(4, 4), (-5, 3), (4, -5)]
BEYOND = [(5 + 2**-12, 0), (0, -5 - 2**-12)]
OUTSIDE = [(7, 0), (0, 8), (-6, -6)]


def inputs(rng, n=1):
    """Every number is a multiple of 2^-17, so that a distance on the edge is exact. The last mode gets nothing."""
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
        "slanted": torch.tensor([[2.0, 2.0], [-3.25, 0.0]], dtype=torch.float64),
        "copies": randint(2, 6, (3,), rng=rng),
    }


def probe(mode_counts, apart, near_apart, radius, small, close, between, slanted, copies):
    """Modes far apart at two radii and in another unit, modes whose circles overlap, repeats, and no sample at all."""
    given = [probing.watch(label, []) for label in ("samples", "modes")]

    def ask(samples, modes, reach):
        for handed, points in zip(given, (samples, modes), strict=True):
            handed.append(points.clone())
        found = mode_counts(given[0][-1], given[1][-1], reach)
        if isinstance(found, (list, tuple)):
            found = torch.tensor([float(count) for count in found])
        return probing.tensor(found, "`mode_counts`").double()

    nothing, unit = between[:0], 2.0**-20
    # (0, 0) is nearer to the first of the slanted modes, though not by |Δx| + |Δy|; (-½, -½) nearer to the second,
    # though not by the larger of the two; each place occurs a few times
    places = torch.tensor([[0.0, 0.0], [-0.5, -0.5], [-2.0, 0.0]], dtype=torch.float64).repeat_interleave(copies, 0)
    return dict(wide=ask(near_apart, apart, radius), narrow=ask(small, apart[:3], radius / 2),
                tiny=ask(unit * small, unit * apart[:3], unit * radius / 2), one=ask(near_apart, apart[:1], radius),
                first=ask(near_apart[:1], apart, radius), overlapping=ask(between, close, radius),
                none=ask(nothing, close, radius), slanted=ask(places, slanted, 3.5))


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


def squares(samples, modes, radius):
    square = ((samples.unsqueeze(1) - modes.unsqueeze(0)) ** 2).sum(-1)
    mine = torch.nn.functional.one_hot(square.argmin(1), len(modes)).bool()
    return (mine & (square <= radius * radius)).sum(0)


exercise = Exercise(
    id="plane-mode-counts", defines="mode_counts(samples, modes, radius)", core=True, points=2, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("wide", "narrow", "tiny", "one", "first", points=1, shape="(M,)", what="`mode_counts`",
                says="One count for each mode, of samples at most `radius` away, the edge included; 0 where there is none."),
        Compare("overlapping", "none", "slanted", points=1, shape="(M,)", what="`mode_counts` where circles overlap",
                says="Where circles overlap, a sample counts once, for the nearest mode; without samples every count is 0."),
    ],
    withholds=["genlab.metrics.neighbours.nearest_training_distance", "genlab.metrics.distances.nearest"],
    hints=[
        "For each sample: which mode is the nearest, and is it near enough?",
        "The distances are a table (samples, modes). Its minimum over the modes says how far, its argmin which. Keep the samples "
        "with distance ≤ radius and count how often each mode occurs.",
        "distance, nearest = (samples[:, None] - modes).norm(dim=2).min(1), then torch.bincount(nearest[distance <= radius], "
        "minlength=len(modes)).",
    ],
)
