"""wgan-rank: a rank correlation with a bootstrap interval, to be repaired.

    ρ = the correlation of the ranks of x with the ranks of y (Spearman 1904), equal numbers sharing the mean of their ranks,

and the 2.5 % and 97.5 % quantiles of ρ over resamples of the pairs (Efron 1979). The lesson gives `buggy_rank_interval`, word for word
as in the answers' file: argsort for ranks, no thought of ties, and x and y of a resample from different pairs. Fixed: which pairs a
resample takes comes in as `draws`; ranks are taken within the resample; a resample in which x or y is constant has no ρ and is left out;
quantiles interpolate linearly.
"""

import math

import torch

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Pairs that rise together, that fall, with ties; resamples with repeats, without, and constant ones."""
    N = 8 + randint(0, 4, (1,), rng=rng).item()
    x = draws.normal((N,), rng=rng)
    takes = randint(0, N, (17 + N, N), rng=rng)
    takes[takes.amax(1) == takes.amin(1), 0] += 1  # none constant here
    tied_x, tied_y = draws.ties((N,), rng=rng), draws.ties((N,), rng=rng, levels=4)
    for v in (tied_x, tied_y):
        v[:2] = torch.tensor([0.0, 0.5])
    orders = torch.stack([torch.randperm(N, generator=rng) for _ in range(6)])
    some = takes[:9].clone()
    some[::2] = takes[0, 0]  # one pair, over and over
    shelf = x.clone()
    shelf[:3] = x[0]
    level = takes[-9:].clone()
    level[1::2] = randint(0, 3, (4, N), rng=rng)  # other pairs, on the shelf: x is constant, and y is not
    level[1::2, :2] = torch.tensor([0, 1])
    return {"x": x, "y": 0.8 * x + 0.7 * draws.normal((N,), rng=rng), "fall": -torch.exp(2 * x), "tied_x": tied_x, "tied_y": tied_y,
            "takes": takes % N, "orders": orders, "some": some % N, "one": takes[:1] % N, "shelf": shelf, "level": level % N}


def probe(rank_interval, x, y, fall, tied_x, tied_y, takes, orders, some, one, shelf, level):
    """Without ties, with ties; resamples in another order of the same pairs, a single one; constant ones, in both or in one."""
    def ask(*given):
        found = probing.tensors(rank_interval(*(v.clone() for v in given)), 3, "`rank_interval`")
        return torch.stack([v.detach().double().reshape(()) for v in found])

    plain, down = ask(x, y, orders), probing.attempt(ask, 1e-4 * x, 1e4 * fall, orders)  # of any unit
    tied, back = probing.attempt(ask, tied_x, tied_y, orders), probing.attempt(ask, tied_y, tied_x, orders)
    spread, tied_spread = probing.attempt(ask, x, y, takes), probing.attempt(ask, tied_x, y, takes[:17])
    left_out, single = probing.attempt(ask, x, y, some), probing.attempt(ask, x, y, one)
    found = dict(spread=spread, tied_spread=tied_spread, left_out=left_out, single=single,
                 level_x=probing.attempt(ask, shelf, y, level), level_y=probing.attempt(ask, y, shelf, level))
    for name, value in (("plain", plain), ("down", down), ("tied", tied), ("back", back)):
        found[name] = value if isinstance(value, str) else value[0]
        found[f"{name}_ends"] = value if isinstance(value, str) else value[1:]
    probing.attempt(rank_interval, x, y, takes)  # themselves, and last: they are looked at afterwards
    return found


def reference(x, y, draws):
    """As in the lesson, repaired."""
    def rank(v):
        return (v[:, None] - v).sign().sum(1)  # how many lie below, less how many above: ranks, up to a scale

    def rho(a, b):
        a, b = rank(a), rank(b)
        return (a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()

    found = torch.stack([rho(x[rows], y[rows]) for rows in draws])
    ends = torch.quantile(found[~found.isnan()], torch.tensor([0.025, 0.975], dtype=found.dtype))
    return rho(x, y), ends[0], ends[1]


def truth(x, y, draws):
    """Number by number: mean ranks from sorted places, Pearson's formula, quantiles from the sorted list."""
    def ranks(values):
        return [sum(w < v for w in values) + (sum(w == v for w in values) + 1) / 2 for v in values]

    def rho(a, b):
        a, b, n = ranks(a), ranks(b), len(a)
        middle = (n + 1) / 2
        spreads = [sum((v - middle) ** 2 for v in c) for c in (a, b)]
        return sum((v - middle) * (w - middle) for v, w in zip(a, b, strict=True)) / math.sqrt(spreads[0] * spreads[1]) if all(spreads) else None

    first, second = x.tolist(), y.tolist()
    found = [rho([first[i] for i in rows], [second[i] for i in rows]) for rows in draws.tolist()]
    found = sorted(r for r in found if r is not None)

    def quantile(q):
        place = q * (len(found) - 1)
        below = math.floor(place)
        above = min(below + 1, len(found) - 1)
        return found[below] + (place - below) * (found[above] - found[below])

    return [torch.tensor(v, dtype=torch.float64) for v in (rho(first, second), quantile(0.025), quantile(0.975))]


exercise = Exercise(
    id="wgan-rank", defines="rank_interval(x, y, draws)", core=True, points=3, level=3, minutes=13,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("plain", "down", points=0.75, what="the ρ of `rank_interval`", tolerance=1e-4,
                says="ρ without ties: the correlation of the ranks. The smallest number has the lowest rank, wherever it stands."),
        Compare("tied", "back", points=0.5, what="the ρ of `rank_interval` where numbers are equal", tolerance=1e-4,
                says="ρ with ties: equal numbers share the mean of their ranks, so that their order does not matter."),
        Compare("plain_ends", "down_ends", "tied_ends", "back_ends", points=0.5, tolerance=1e-4,
                what="the ends of `rank_interval` where every resample holds the same pairs in another order",
                says="Resamples that hold every pair once, in another order, all have the ρ of all pairs: x and y stay together."),
        Compare("spread", "tied_spread", "single", points=0.75, what="`rank_interval`", tolerance=1e-4,
                says="The interval: the 2.5 % and the 97.5 % quantile of ρ over the resamples, each with ranks of its own."),
        Compare("left_out", "level_x", "level_y", points=0.5, tolerance=1e-4,
                what={"left_out": "`rank_interval` with resamples of one pair only",
                      "level_x": "`rank_interval` with resamples in which x alone is constant",
                      "level_y": "`rank_interval` with resamples in which y alone is constant"},
                says="A resample in which x or y is constant has no ρ: it is left out, and the others give the interval."),
    ],
    hints=[
        "Try it on five numbers by hand: what are the ranks of 30, 10, 20? What does each line of the function say they are? Then follow one "
        "pair through a resample.",
        "argsort says where the smallest stands, not which rank the first one has. Equal numbers share the mean of their ranks. And both "
        "halves of a pair must be taken by the same row of `draws`.",
        "rank: (v[:, None] - v).sign().sum(1), up to a scale that ρ does not notice; rho(x[rows], y[rows]) for rows in draws; keep "
        "those that are not nan.",
    ],
    afterwards="Moments of one training run are no independent draws, so such an interval is too narrow rather than too wide.",
)
