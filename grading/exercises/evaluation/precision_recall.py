"""evaluation-precision-recall: are the samples where real data are, and the other way round?

    precision = share of fake points inside the real set's balls,   recall = share of real points inside the fake set's

The balls of a set are centred on its points, and reach to each one's k-th nearest neighbour in the same set, itself
not counted (Kynkäänniemi et al. 2019, arXiv:1904.06991). Fixed: a point on the edge of a ball is inside.

Hidden sets: two clouds of different widths; a set that lacks one of two clusters, which costs recall only; a set with
far-away points added, which costs precision only; points on a line with whole-numbered places, where edges are met
exactly and a point occurs twice.
"""

import torch

from genlab.random import permutation, rand, randint, randn
from grading import probing
from grading.exercise import Compare, Exercise, Mistake


def inputs(rng, n=1):
    """N ≠ M, k of 2 to 4; distances both below and above 1, so that a square is never the distance itself."""
    double = torch.zeros((), dtype=torch.float64)

    def draw(*shape):
        return randn(shape, like=double, rng=rng)

    side = 4 + 4 * rand((), like=double, rng=rng)
    place = torch.tensor([side, -side], dtype=torch.float64)
    left, right = 0.4 * draw(12, 2), 0.4 * draw(9, 2) + place
    both = torch.cat([left, right])[permutation(21, rng=rng)]
    far = 30 + 5 * draw(int(randint(4, 8, (), rng=rng)), 2).abs() * torch.arange(1, 5).double().sum()
    k, inside, outside = 2 + 3 * int(randint(0, 2, (), rng=rng)), *randint(2, 7, (2,), rng=rng).tolist()
    return {"real": 1.1 * draw(37, 3), "fake": 1.4 * draw(31, 3) + 0.9, "k": k, "both": both, "one": 0.4 * draw(14, 2),
            "spread": torch.cat([both + 0.05 * draw(21, 2), far]),
            **_on_a_line(k, int(randint(1, 5, (), rng=rng)), inside, outside)}


def _on_a_line(k, unit, inside, outside):
    """Ten points 6 units apart and two far away on one spot; fake points on an edge, just outside, and elsewhere."""
    twins, reach = 1000, 1000 - 54 + 6 * (k - 2)  # the k-th neighbour of a twin, its brother counted
    line = torch.tensor([*range(0, 60, 6), twins, twins])
    other = torch.tensor([-6 * k, twins + reach + 3, *range(1, 1 + 6 * inside, 6), *range(-5000, -5000 + outside)])
    return {"line": unit * line.double()[:, None], "other": unit * other.double()[:, None]}


def probe(precision_recall, real, fake, k, both, one, spread, line, other):
    """Precision and recall in each setting, as pairs; by default k = 3."""
    def run(a, b, *k):
        return torch.stack([t.double() for t in probing.tensors(
            precision_recall(a.clone(), b.clone(), *k), 2, "`precision_recall`")])

    general, turned, standard = run(real, fake, k), run(fake, real, k), run(real, fake)
    tight = run(real / 20, fake / 20, k)
    lacking, noisy, edge = run(both, one, k), run(both, spread, k), run(line, other, k)
    return dict(precision=torch.stack([general[0], standard[0]]), recall=torch.stack([general[1], standard[1]]),
                turned=turned, tight=tight, lacking=lacking, noisy=noisy, edge=edge)


def reference(real, fake, k=3):
    """By matrices of distances."""
    def share(points, centres):
        radius = torch.cdist(centres, centres).topk(k + 1, largest=False).values[:, -1]  # itself is the first
        return (torch.cdist(points, centres) <= radius).any(1).double().mean()

    return share(fake, real), share(real, fake)


def truth(real, fake, k=3):
    """Point by point, with squared distances on both sides."""
    def gap(a, b):
        return sum((u - v) ** 2 for u, v in zip(a, b, strict=True))

    def share(points, centres):
        points, centres = points.tolist(), centres.tolist()
        radius = [sorted(gap(c, d) for j, d in enumerate(centres) if j != i)[k - 1] for i, c in enumerate(centres)]
        inside = [any(gap(p, c) <= r * (1 + 1e-12) for c, r in zip(centres, radius, strict=True)) for p in points]
        return torch.tensor(sum(inside) / len(inside), dtype=torch.float64)

    return share(fake, real), share(real, fake)


def _radius(centres, k):
    return torch.cdist(centres, centres).sort(1).values[:, k]


def _both(share):
    """(precision, recall) from a function of points and centres."""
    def answer(real, fake, k=3):
        return share(fake, real, k), share(real, fake, k)

    answer.__name__ = share.__name__
    return answer


# Known mistakes


def roles_swapped(real, fake, k=3):
    return reference(real, fake, k)[::-1]


@_both
def itself_counted(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k - 1)).any(1).double().mean()


@_both
def one_neighbour_more(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k + 1)).any(1).double().mean()


@_both
def farthest(points, centres, k):
    radius = torch.cdist(centres, centres).topk(min(k + 1, len(centres))).values[:, -1]
    return (torch.cdist(points, centres) <= radius).any(1).double().mean()


@_both
def nearest_only(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, 1)).any(1).double().mean()


@_both
def distance_squared(points, centres, k):
    return (torch.cdist(points, centres) ** 2 <= _radius(centres, k)).any(1).double().mean()


@_both
def radius_squared(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k) ** 2).any(1).double().mean()


@_both
def radius_to_the_other_set(points, centres, k):
    between = torch.cdist(centres, points).sort(1).values[:, k - 1]
    return (torch.cdist(points, centres) <= between).any(1).double().mean()


@_both
def radius_of_the_point(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(points, k)[:, None]).any(1).double().mean()


@_both
def one_radius(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k).mean()).any(1).double().mean()


@_both
def largest_radius(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k).max()).any(1).double().mean()


@_both
def edge_excluded(points, centres, k):
    return (torch.cdist(points, centres) < _radius(centres, k)).any(1).double().mean()


@_both
def all_balls(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k)).all(1).double().mean()


@_both
def balls_counted(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k)).double().sum(1).mean()


@_both
def share_of_pairs(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k)).double().mean()


@_both
def share_of_balls(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k)).any(0).double().mean()


@_both
def nearest_ball_only(points, centres, k):
    gap, index = torch.cdist(points, centres).min(1)
    return (gap <= _radius(centres, k)[index]).double().mean()


@_both
def mean_distance_for_radius(points, centres, k):
    radius = torch.cdist(centres, centres).sort(1).values[:, 1:k + 1].mean(1)
    return (torch.cdist(points, centres) <= radius).any(1).double().mean()


@_both
def equal_points_left_out(points, centres, k):
    gaps = torch.cdist(centres, centres, compute_mode="donot_use_mm_for_euclid_dist")
    radius = gaps.masked_fill(gaps < 1e-9, torch.inf).sort(1).values[:, k - 1]
    return (torch.cdist(points, centres) <= radius).any(1).double().mean()


@_both
def counted_not_divided(points, centres, k):
    return (torch.cdist(points, centres) <= _radius(centres, k)).any(1).double().sum()


@_both
def city_block(points, centres, k):
    radius = torch.cdist(centres, centres, p=1).sort(1).values[:, k]
    return (torch.cdist(points, centres, p=1) <= radius).any(1).double().mean()


def k_ignored(real, fake, k=3):
    return reference(real, fake, 3)


def precision_twice(real, fake, k=3):
    return (reference(real, fake, k)[0],) * 2


def recall_with_real_balls(real, fake, k=3):
    hit = (torch.cdist(real, fake) <= _radius(real, k)[:, None]).any(1).double().mean()
    return reference(real, fake, k)[0], hit


# Also right


def by_topk_and_loop(real, fake, k=3):
    result = []
    for points, centres in ((fake, real), (real, fake)):
        gaps = torch.linalg.vector_norm(centres[:, None] - centres[None], dim=-1)
        gaps.fill_diagonal_(torch.inf)
        radius = gaps.kthvalue(k, dim=1).values
        inside = torch.linalg.vector_norm(points[:, None] - centres[None], dim=-1) <= radius
        result.append(float(inside.any(dim=1).float().mean()))
    return result


@_both
def by_squares(points, centres, k):
    def squares(a, b):
        return ((a.unsqueeze(1) - b.unsqueeze(0)) ** 2).sum(-1)

    radius = torch.topk(squares(centres, centres), k + 1, dim=1, largest=False)[0].amax(1)
    return ((squares(points, centres) - radius).amin(1) <= 0).to(torch.float64).sum() / len(points)


def by_numpy(real, fake, k=3):
    import numpy as np

    def share(points, centres):
        own = np.sqrt(((centres[:, None] - centres[None]) ** 2).sum(-1))
        radius = np.partition(own, k, axis=1)[:, k]
        return (np.sqrt(((points[:, None] - centres[None]) ** 2).sum(-1)) <= radius).any(1).mean().item()

    return share(fake.numpy(), real.numpy()), share(real.numpy(), fake.numpy())


SQUARES = "Compare a distance with a radius, or their squares; you compare one with the square of the other."

exercise = Exercise(
    id="evaluation-precision-recall", defines="precision_recall(real, fake, k=3)", core=True, points=3, level=2,
    minutes=15, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.metrics.coverage.precision_recall", "genlab.metrics.coverage.balls_around",
               "genlab.metrics.coverage.neighbour_radii", "genlab.metrics.coverage.density_coverage"],
    comparisons=[
        Compare("precision", shape="(2,)", points=0.75,
                says="Precision: the share of fake points that lie inside some ball of the real set."),
        Compare("recall", "turned", shape="(2,)", points=0.75,
                says="Recall: the share of real points inside some ball of the fake set; precision with the roles "
                     "changed."),
        Compare("tight", shape="(2,)", points=0.5,
                says="Everything twenty times as small: precision and recall stay."),
        Compare("lacking", "noisy", shape="(2,)", points=0.5,
                says="A missing cluster lowers recall alone; stray points lower precision alone."),
        Compare("edge", shape="(2,)", points=0.5,
                says="A point on the edge of a ball is inside; of points that occur twice, the twin is a neighbour."),
    ],
    mistakes=[
        Mistake(roles_swapped, "Precision and recall have changed places: precision asks about the fake points."),
        Mistake(itself_counted, "A point's nearest neighbour in its own set is itself, at distance 0: leave it out, or "
                "take the (k + 1)-th smallest."),
        Mistake(one_neighbour_more, "Your radius reaches to the (k + 1)-th neighbour: with itself at place 0 of the "
                "sorted distances, the k-th stands at place k."),
        Mistake(farthest, "Your radius reaches to one of the farthest points: topk takes the largest unless it is told "
                "largest=False."),
        Mistake(nearest_only, "Your radius reaches to the nearest neighbour, whatever k is."),
        Mistake(distance_squared, SQUARES),
        Mistake(radius_squared, SQUARES),
        Mistake(radius_to_the_other_set, "The radius of a ball is the distance to the k-th neighbour within the same set; "
                "you take it to the other set, so that every ball holds k points."),
        Mistake(radius_of_the_point, "You use the radius of the point that is asked about; the balls belong to the other "
                "set."),
        Mistake(one_radius, "You give all balls the same radius: each has its own, small where its set is dense."),
        Mistake(largest_radius, "You give all balls the same radius: each has its own, small where its set is dense."),
        Mistake(edge_excluded, "A point on the edge counts as inside: ≤, not <."),
        Mistake(all_balls, "A point has to lie in some ball, not in all: any, not all."),
        Mistake(balls_counted, "You count the balls around a point; it is enough to lie in one."),
        Mistake(share_of_pairs, "You average over all pairs: ask first whether a point lies in any ball, then average "
                "over points."),
        Mistake(share_of_balls, "This is the share of balls that hold a point (with the real set's balls it is called "
                "coverage); asked for is the share of points that lie in a ball: the other axis."),
        Mistake(nearest_ball_only, "You look only at the ball of the nearest centre; another, wider one may hold the "
                "point."),
        Mistake(mean_distance_for_radius, "The radius is the distance to the k-th neighbour, not the mean over k of "
                "them."),
        Mistake(equal_points_left_out, "You leave out every point at distance 0; of points that occur twice only the point "
                "itself is to be left out."),
        Mistake(counted_not_divided, "You count the points: divide by their number."),
        Mistake(city_block, "Distances are Euclidean (p = 2)."),
        Mistake(k_ignored, "The argument k is not used."),
        Mistake(precision_twice, "Recall is precision with the roles of the sets changed; you return precision twice."),
        Mistake(recall_with_real_balls, "For recall the balls belong to the fake set."),
    ],
    equivalent_mutants={
        "return (torch.cdist(points, centres) <= radius).any(1).double().mean(): 1 → -1": "the last axis of a matrix is its axis 1",
    },
    also_right=[by_topk_and_loop, by_squares, by_numpy],
    hints=[
        "One function does both: the share of points that lie in some ball around the centres. Precision takes the fake "
        "points and real centres, recall the other way round.",
        "radius_i: the k-th smallest distance from centre i to the other centres. A point p is inside if "
        "|p - c_i| ≤ radius_i for some i.",
        "radius = torch.cdist(c, c).topk(k + 1, largest=False).values[:, -1]; "
        "(torch.cdist(p, c) <= radius).any(1).double().mean()",
    ],
)
