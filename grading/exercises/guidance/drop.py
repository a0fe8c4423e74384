"""guidance-drop: leave out labels, each by itself, so that one network learns with them and without.

Fixed: labels (B,) in whole numbers, each replaced by `null` with probability `share`, independently of all others and anew
at every call; the labels handed over stay as they are. Free: which numbers are drawn, and whether a 1 means kept or dropped.
A right answer is refused with probability below 3e-4 in one draw: the rate by Hoeffding's inequality, pairs by Bernstein's (1e-4 each), no label
at all left out of 10000 n where `share` is small 5e-5; the rest is far rarer.
"""

import math

import torch

from genlab.random import rand, randint
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise

P = 1e-4
CALLS, ROWS = 24, 50


def inputs(rng, n=1):
    """Many small batches, a large one, shares of 0 and 1 and one of a thousandth."""
    classes = 4 + randint(0, 5, (1,), rng=rng).item()
    return {"labels": randint(0, classes, (CALLS, ROWS), rng=rng), "large": randint(0, classes, (2500 * n,), rng=rng),
            "share": 0.2 + 0.1 * rand((1,), rng=rng).item(), "null": classes + randint(0, 3, (1,), rng=rng).item(),
            "rare": 1e-3 * (1 + rand((1,), rng=rng).item())}


def probe(drop_labels, labels, large, share, rare, null):
    """The labels after each call."""
    rows, more = labels.clone(), large.clone()

    def run(some, share):
        out = probing.tensor(drop_labels(some, share, null), "`drop_labels`").to(torch.float64)
        return out if out.shape == some.shape else torch.full(some.shape, -99.0, dtype=torch.float64)

    return dict(many=torch.stack([run(row, share) for row in labels]), large=run(large, share),
                again=run(more.clone(), share), rarely=run(more.repeat(4), rare),
                none=run(rows[0].clone(), 0.0), all=probing.attempt(run, rows[0].clone(), 1.0),
                one=torch.stack([run(row[:1], share) for row in rows]))


def reference(labels, share, null):
    """As in the lesson."""
    return torch.where(torch.rand(len(labels)) < share, null, labels)


def truth(labels, share, null):
    """By a coin for each label."""
    return torch.tensor([null if torch.rand(()).item() < share else label for label in labels.tolist()])


def kept_or_left_out(inputs, got, expected, n):
    """Is every label either as it was or `null`?"""
    for name, before in (("many", inputs["labels"]), ("large", inputs["large"]), ("again", inputs["large"]),
                         ("rarely", inputs["large"].repeat(4)), ("one", inputs["labels"][:, :1])):
        after = got[name]
        if (after == -99).any():
            return False, "another number of labels", "a label for each image"
        wrong = (after != before) & (after != inputs["null"])
        if wrong.any():
            seen = sorted(set(after[wrong].tolist()))
            return False, f"always {seen[0]:g}" if len(seen) == 1 else "other labels than before", "the label, or `null`"
    return True, "", ""


def rate_is_share(inputs, got, expected, n):
    """Hoeffding: the mean of N coins is off by more than √(log(2/P)/2N) with probability P."""
    left_out = torch.cat([got["many"].flatten(), got["large"]]) == inputs["null"]
    limit = math.sqrt(math.log(2 / P) / (2 * left_out.numel()))
    rate = left_out.double().mean().item()
    if abs(rate - inputs["share"]) > limit:
        return False, rate, inputs["share"]
    seldom = (got["rarely"] == inputs["null"]).sum()  # 10 n to 20 n on average: 60 n at most but for 5e-12
    seen = "never" if not seldom else "far too often" if seldom > 60 * n else ""
    return not seen, f"{seen} where it is a thousandth", "as often as it says"


def pair_limit(n, share):
    """Bernstein: products of two coins minus `share` have mean 0, variance (p(1 - p))² and are at most (1 - p)²; P for four tests."""
    L, v, b = math.log(8 / P), (share * (1 - share)) ** 2, (1 - share) ** 2
    return (b * L / 3 + math.sqrt((b * L / 3) ** 2 + 2 * n * v * L)) / n


def each_by_itself(inputs, got, expected, n):
    """Patterns that independent coins show with a probability far below 1e-7 in all calls together."""
    out = got["many"] == inputs["null"]
    counts = out.sum(1)
    for seen, shown in (("nothing left out", not out.any()), ("all labels of a batch, or none", ((counts == 0) | (counts == ROWS)).all()),
                        ("the first rows at every call", (out == out[0]).all() and out[0, :int(counts[0])].all()),
                        ("the first rows, more or less of them", (out == (torch.arange(ROWS) < counts[:, None])).all()),
                        ("every so many rows", (out == out[0]).all() and len(set(out[0].nonzero().flatten().diff().tolist())) == 1),
                        ("the same places at every call", (out == out[0]).all()),
                        ("as many at every call", (counts == counts[0]).all()),
                        ("always whole classes", _whole_classes(inputs["labels"], out))):
        if bool(shown):
            return False, seen, "a coin for each label"
    if not rate_is_share(inputs, got, expected, n)[0]:  # what follows is for coins of the right rate
        return True, "", ""
    if counts.max() - counts.min() <= 1:  # two numbers in a row have a probability below 0.29: 50 * 0.29^24 < 1e-11
        return False, "as many at every call", "a coin for each label"
    if torch.equal(got["large"], got["again"]):
        return False, "the same places when the same labels come again", "a coin for each label"
    coins = [out.double() - inputs["share"], (got["large"] == inputs["null"]).double()[None] - inputs["share"]]
    for seen, pairs in (("neighbours are left out together, or never both", [(c[:, 0::2], c[:, 1::2]) for c in coins]),
                        ("both halves of a batch alike, or opposite", [c.chunk(2, 1) for c in coins]),
                        ("both ends of a batch alike, or opposite", [(a, b.flip(1)) for a, b in (c.chunk(2, 1) for c in coins)]),
                        ("one call is like the next, or opposite", [(coins[0][0::2], coins[0][1::2])])):
        products = torch.cat([(a * b).flatten() for a, b in pairs])
        if products.mean().abs() > pair_limit(len(products), inputs["share"]):
            return False, seen, "a coin for each label"
    return True, "", ""


def _whole_classes(labels, out):
    """Does a label decide, within each call, whether all its rows are left out?"""
    return all(len(set(row[mine == label].tolist())) <= 1 for mine, row in zip(labels, out, strict=True) for label in mine.unique())


exercise = Exercise(
    id="guidance-drop", defines="drop_labels(labels, share, null)", core=True, points=2, level=1, minutes=5,
    inputs=inputs, probe=probe, reference=reference, truth=truth, withholds=["genlab.models.guidance.drop_labels"],
    comparisons=[
        Compare("none", "all", shape="(B,)", points=0.5, what="`drop_labels` with a share of 0 or 1",
                says="A share of 0 leaves every label, a share of 1 leaves out all."),
        Compare("many", "large", "again", "rarely", "one", points=0.5, test=kept_or_left_out, what="the labels",
                says="Every label is either as it was or `null`."),
        Compare("many", "large", "rarely", points=0.5, test=rate_is_share, false_refusal=P + 5e-5, resolution=0.05, what="the share left out",
                says="As many labels are left out as `share` says, on average."),
        Compare("many", "large", "again", points=0.5, test=each_by_itself, false_refusal=P, what="which labels are left out",
                says="Each label has a coin of its own, thrown anew at every call."),
    ],
    hints=[
        "One coin for each label: what is the probability that a uniform number in [0, 1) is below `share`?",
        "torch.rand(len(labels)) < share says for each label whether it goes. Build a new tensor; the old one is not yours.",
        "return torch.where(torch.rand(len(labels)) < share, null, labels)",
    ],
    afterwards="The network cannot tell a left-out label from a question without one, so it learns both answers.",
)
