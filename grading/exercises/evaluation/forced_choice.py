"""evaluation-forced-choice: what a rater's choices between two images say, and how surely.

Two images lie side by side, one real; the rater points to the real one. counts[i, j]: in how many trials the real one
lay at side i and the rater pointed to side j. The rate of right answers is (counts[0, 0] + counts[1, 1]) / n; a rater
who always points to the same side gets what chance gives only if the sides are drawn at random, which is why both
rows are there.

    Wilson interval   (p̂ + z²/2n ± z √(p̂ (1 - p̂)/n + z²/4n²)) / (1 + z²/n),  z = 1.96 (95 %)
    test              two-sided and exact: P(a fair coin is at least as far from n/2 as the count)

(Wilson 1927.) Fixed: z = 1.96; with no trial the rate is ½, the interval [0, 1] and p = 1, the limits of the formulas.
"""

import math
from fractions import Fraction

import torch

from genlab.random import randint
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """More hits than misses; fewer; more of one side than of the other; all right; a single trial."""
    def draw(low, high):
        return int(randint(low, high, (), rng=rng))

    def table(a, b, c, d):
        return torch.tensor([[a, b], [c, d]])

    half, many = draw(4, 9), draw(280, 300)
    return {
        "good": table(draw(19, 25), draw(7, 11), draw(12, 16), draw(18, 24)),
        "bad": table(draw(5, 8), draw(11, 15), draw(17, 20), draw(3, 6)),
        "leaning": table(draw(24, 29), draw(2, 6), draw(20, 24), draw(5, 9)),
        "even": table(half, half + 3, half - 1, half + 2), "tied": table(half, half + 2, half + 3, half + 1),  # as many right as wrong
        "perfect": table(draw(4, 8), 0, 0, draw(5, 9)), "hopeless": table(0, draw(3, 6), draw(4, 7), 0),
        "nearly": table(draw(8, 12), 1, 0, draw(7, 11)), "side": draw(0, 2), "none": table(0, 0, 0, 0),
        "many": table(many, many - draw(10, 30), many - draw(0, 20), many + draw(5, 15)),
        "many_even": table(many, many - 7, many + 3, many - 10),
        "many_right": table(4 * many, draw(1, 4), draw(0, 3), 4 * many + draw(0, 9)),
        "one_side": table(draw(11, 16), draw(4, 8), 0, 0),
    }


def probe(two_alternative_forced_choice, good, bad, leaning, even, tied, perfect, hopeless, nearly, side, none, many,
          many_even, many_right, one_side):
    """The four numbers for every table, for thousands of trials, for no trial and a single one."""
    given = probing.watch("counts", [])

    def run(counts):
        given.append(counts.clone())
        values = probing.tensors(two_alternative_forced_choice(given[-1]), 4, "`two_alternative_forced_choice`")
        return [value.double() for value in values]

    single = torch.zeros(2, 2, dtype=torch.int64)
    single[side, side] = 1
    tables = {"": (good, bad, leaning, even, tied, one_side), "many_": (many, many_even, many_right),
              "edge_": (perfect, hopeless, nearly, single, single.flip(1), none)}
    values = {}
    for group, counts in tables.items():
        found = [run(table) for table in counts]
        for i, part in enumerate(("rate", "low", "high", "p_value")):
            values[group + part] = torch.stack([numbers[i] for numbers in found])
    return values


def reference(counts):
    """Wilson's interval and the exact two-sided binomial test."""
    n, hits = int(counts.sum()), int(counts.trace())
    if n == 0:
        return 0.5, 0.0, 1.0, 1.0
    return hits / n, *_wilson(hits, n), _p_value(hits, n)


def truth(counts):
    """By bisection and by fractions: the interval holds all p with |p̂ - p| ≤ z √(p (1 - p) / n)."""
    n, hits = int(counts.sum()), int(counts.diagonal().sum())
    if not n:
        return 0.5, 0.0, 1.0, 1.0
    rate = hits / n

    def edge(inside, outside):
        for _ in range(80):
            middle = (inside + outside) / 2
            if (rate - middle) ** 2 * n <= 1.96**2 * middle * (1 - middle):
                inside = middle
            else:
                outside = middle
        return inside

    extreme, ways = 0, 1  # ways = C(n, k)
    for k in range(n + 1):
        extreme += ways if abs(2 * k - n) >= abs(2 * hits - n) else 0
        ways = ways * (n - k) // (k + 1)
    p = Fraction(extreme, 2**n)
    return rate, edge(rate, 0.0) if hits else 0.0, edge(rate, 1.0) if hits < n else 1.0, float(p)


def _wilson(hits, n, z=1.96):
    rate, width = hits / n, 1 + z**2 / n
    half = z * math.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    middle = rate + z**2 / (2 * n)
    return (middle - half) / width, (middle + half) / width


def _tail(hits, n):
    """P(K ≥ hits) for a fair coin."""
    return sum(math.comb(n, k) for k in range(hits, n + 1)) / 2**n


def _p_value(hits, n):
    return min(1.0, 2 * _tail(max(hits, n - hits), n))


def to_a_millionth(inputs, got, expected, n):
    """All four, relative: the p-value of many trials is small, and an absolute tolerance would let it be 0."""
    for name in ("many_rate", "many_low", "many_high", "many_p_value"):
        gap = (got[name] / expected[name] - 1).abs()
        gap = torch.where(expected[name] > 1e-200, gap, got[name].abs() * 1e180)  # a smaller one may vanish
        if not bool((gap <= 1e-6).all()):
            worst = int(gap.nan_to_num(nan=math.inf).argmax())
            return False, got[name][worst].item(), expected[name][worst].item()
    return True, got["many_p_value"][0].item(), expected["many_p_value"][0].item()


exercise = Exercise(
    id="evaluation-forced-choice", defines="two_alternative_forced_choice(counts)", core=True, points=3, level=2,
    minutes=15, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.metrics.preference.preference", "genlab.metrics.preference.wilson_interval",
               "genlab.metrics.preference.binomial_p_value"],
    comparisons=[
        Compare("rate", shape="()", points=0.75, what="`rate`", says="The rate: how often the rater pointed to the side of the real image."),
        Compare("low", "high", shape="()", points=0.75, says="Wilson's interval at z = 1.96."),
        Compare("p_value", shape="()", points=0.5,
                says="The two-sided exact test: how often is a fair coin at least as far from half as this?"),
        Compare("many_rate", "many_low", "many_high", "many_p_value", shape="()", points=0.25, test=to_a_millionth,
                what="the answer for thousands of trials",
                says="Thousands of trials: 2**n is a whole number of any size in Python, but no float; divide whole "
                     "numbers, or add up logarithms."),
        Compare("edge_rate", "edge_low", "edge_high", "edge_p_value", shape="()", points=0.75,
                what="the answer for few or one-sided trials",
                says="All right, all wrong, nearly all right, one trial, and none at all: rate ½, interval [0, 1], p = 1."),
    ],
    hints=[
        "Three questions. How many of the n trials are right? Which rates p are compatible with that count? How often "
        "would guessing do as well, or as badly?",
        "hits = counts[0, 0] + counts[1, 1]. A fair coin shows k heads with probability C(n, k) / 2ⁿ; add up over "
        "k ≥ max(hits, n - hits), double, and cut at 1. For n = 0 return ½, 0, 1, 1.",
        "tail = sum(math.comb(n, k) for k in range(max(hits, n - hits), n + 1)) / 2**n; p = min(1.0, 2 * tail); "
        "low, high = (rate + z*z/(2*n) ∓ z * math.sqrt(rate*(1-rate)/n + z*z/(4*n*n))) / (1 + z*z/n)",
    ],
)
