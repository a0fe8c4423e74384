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
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


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
            **_nested(k, *randint(2, 6, (2,), rng=rng).tolist()), **_on_a_line(k, int(randint(1, 5, (), rng=rng)), inside, outside)}


def _nested(k, inside, outside):
    """Centres side by side and one far away, whose ball reaches past others that are nearer to a point."""
    crowd = torch.arange(k + 4).double()
    points = torch.cat([k + 4 + k + 0.25 * torch.arange(inside), -100 - torch.arange(outside)]).double()
    return {"crowd": torch.cat([crowd, torch.tensor([200.0])])[:, None], "beside": points[:, None]}


def _on_a_line(k, unit, inside, outside):
    """Ten points 6 units apart and two far away on one spot; fake points on an edge, just within and outside, elsewhere."""
    twins, reach = 1000, 1000 - 54 + 6 * (k - 2)  # the k-th neighbour of a twin, its brother counted
    line = torch.tensor([*range(0, 60, 6), twins, twins])
    edge, past = (-6 * k + shift / 4096 for shift in (1, -1)), twins + reach + 3  # how many tells a slip's kind
    other = torch.tensor([-6 * k, *edge, past, past + 1, past + 2, *range(1, 1 + 6 * inside, 6), *range(-5000, -5000 + outside)])
    return {"line": unit * line.double()[:, None], "other": unit * other.double()[:, None]}


def probe(precision_recall, real, fake, k, both, one, spread, crowd, beside, line, other):
    """Precision and recall in each setting, as pairs; by default k = 3."""
    given = [probing.watch(label, []) for label in ("real", "fake")]

    def run(a, b, *k):
        for handed, features in zip(given, (a, b), strict=True):
            handed.append(features.clone())
        return torch.stack([t.double() for t in probing.tensors(
            precision_recall(given[0][-1], given[1][-1], *k), 2, "`precision_recall`")])

    general, turned, standard, first = run(real, fake, k), run(fake, real, k), run(real, fake), run(real, fake, 1)
    tight = torch.stack([run(real / scale, fake / scale, k) for scale in (20, 1e3, 1e9)])
    return dict(precision=torch.stack([general[0], standard[0], first[0]]),
                recall=torch.stack([general[1], standard[1], first[1]]), turned=turned, tight=tight,
                least=probing.attempt(run, real[:k + 1], fake[:k + 2], k), nested=run(crowd, torch.cat([beside, crowd + 500]), k),
                around=run(torch.cat([beside, crowd + 500]), crowd, k), lacking=run(both, one, k),
                noisy=run(both, spread, k), edge=run(line, other, k))


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


exercise = Exercise(
    id="evaluation-precision-recall", defines="precision_recall(real, fake, k=3)", core=True, points=3, level=2,
    minutes=15, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.metrics.coverage.precision_recall", "genlab.metrics.coverage.balls_around",
               "genlab.metrics.coverage.neighbour_radii", "genlab.metrics.coverage.density_coverage",
               "genlab.metrics.coverage.neighbour_scores", "genlab.metrics.distances.nearest",
               "genlab.metrics.distances.compare"],
    comparisons=[
        Compare("precision", shape="(2,)", points=0.75, what="the precision",
                says="Precision: the share of fake points that lie inside some ball of the real set."),
        Compare("recall", "turned", shape="(2,)", points=0.75, what="the recall",
                says="Recall: the share of real points inside some ball of the fake set; precision with the roles "
                     "changed."),
        Compare("tight", shape="(2,)", points=0.25, what="precision and recall of small features",
                says="Everything smaller, in another unit: precision and recall stay."),
        Compare("lacking", "noisy", "least", "nested", "around", shape="(2,)", points=0.5,
                what="precision and recall",
                says="A missing cluster lowers recall alone, stray points lower precision alone; any ball will do, not "
                     "only that of the nearest point."),
        Compare("edge", shape="(2,)", points=0.75, what="precision and recall of points on edges",
                says="A point on the edge of a ball is inside, one just outside is not; of points that occur twice, the twin is a neighbour."),
    ],
    hints=[
        "One function does both: the share of points that lie in some ball around the centres. Precision takes the fake "
        "points and real centres, recall the other way round.",
        "radius_i: the k-th smallest distance from centre i to the other centres. A point p is inside if "
        "|p - c_i| ≤ radius_i for some i.",
        "radius = torch.cdist(c, c).topk(k + 1, largest=False).values[:, -1]; "
        "(torch.cdist(p, c) <= radius).any(1).double().mean()",
    ],
)
