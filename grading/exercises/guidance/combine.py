"""guidance-combine: both answers of a network in one pass, and the guided one from them.

    guided = û + w (ĉ - û)

Fixed: ĉ for `labels`, û for `away`; the network is called once, with 2 B rows; a weight of 1 gives ĉ, of 0 gives û. Free: which half
comes first, chunk or slices, the form of the combination. The truth asks for
all rows in another order.
"""

import torch

from genlab.random import rand, randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Images with several channels, points, a batch of one; weights of both signs, 0 and 1."""
    share = rand((3,), like=torch.zeros((), dtype=torch.float64), rng=rng).tolist()
    B = 4 + randint(0, 5, (1,), rng=rng).item()
    return {"x": draws.normal((B, 2, 3, 4), rng=rng), "points": draws.normal((4, 2), rng=rng), "t": randint(0, 50, (B,), rng=rng),
            "labels": randint(0, 4, (B,), rng=rng), "away": randint(4, 8, (B,), rng=rng), "key": draws.normal((4,), rng=rng),
            "weight": 2 + 2 * share[0], "below": -1 - share[1], "large": 300 + share[2]}


def probe(guided, x, points, t, labels, away, key, weight, below, large):
    """A network whose rows do not know each other; in every run it counts its calls and their rows, and looks at the labels' dtype."""
    calls, counts, whole = [], [], []

    def network(x, t, labels):
        calls.append(len(x))
        whole.append(not labels.is_floating_point())
        row = (key[0] * t + key[1] * labels + 0.1 * labels * labels).view(-1, *[1] * (x.dim() - 1)).to(x.dtype)
        return torch.sin(x + row) + key[2] * x * torch.cos(row) + key[3] * x.flip(1)

    def run(x, weight, k):
        calls.clear()
        made = probing.tensor(guided(network, x[:k], t[:k], labels[:k], away[:k], weight), "`guided`")
        counts.append([float(len(calls)), float(sum(calls))])
        return made

    B = len(x)
    values = dict(image=run(x, weight, B), points=run(points, weight, 4), one=run(x, weight, 1), label=run(x, 1.0, B),
                  other=run(x, 0.0, B), against=run(x, below, B), large=run(x, large, B), deep=run(x, -large, B))
    return values | dict(calls=torch.tensor(counts).double(), whole=float(all(whole)))


def reference(network, x, t, labels, away, weight):
    """As in the lesson."""
    answers = network(torch.cat([x, x]), torch.cat([t, t]), torch.cat([labels, away]))
    with_label, without = answers.chunk(2)
    return without + weight * (with_label - without)


def truth(network, x, t, labels, away, weight):
    """By asking for each row by itself, all rows of both kinds in one batch in another order."""
    B = len(x)
    order = torch.arange(2 * B).view(2, B).T.flatten()  # label, away, label, away …
    answers = network(torch.cat([x, x])[order], torch.cat([t, t])[order], torch.cat([labels, away])[order])
    return weight * answers[0::2] + (1 - weight) * answers[1::2]


exercise = Exercise(
    id="guidance-combine", defines="guided(network, x, t, labels, away, weight)", core=True, points=3, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth, withholds=["genlab.models.guidance.Guided"],
    comparisons=[
        Compare("label", "other", shape="(B, ...)", points=0.75, what="`guided` with weight 1 or 0", tolerance=1e-4,
                says="Weight 1 gives the network's answer for `labels`, weight 0 the one for `away`."),
        Compare("image", "points", "one", shape="(B, ...)", points=1, what="`guided`", tolerance=1e-4,
                says="From the answer for `away` the way leads through that for `labels`, w times as far."),
        Compare("against", "large", "deep", shape="(B, ...)", points=0.5, what="`guided` with a weight below 0 or of some hundreds", tolerance=1e-4,
                says="The same for every weight, nothing is cut off."),
        Compare("calls", "whole", points=0.75,
                what={"calls": "how often the network was called, and with how many rows in all",
                      "whole": "whether its labels were whole numbers"},
                says="One call with 2 B rows."),
    ],
    hints=[
        "On a line with û at 0 and ĉ at 1: where do you want to end? And how do two questions fit into one batch?",
        "torch.cat([x, x]) makes one batch of 2 B rows; t and the labels go with it. answers.chunk(2) takes the answers apart again.",
        "answers = network(torch.cat([x, x]), torch.cat([t, t]), torch.cat([labels, away])); c, u = answers.chunk(2); return u + "
        "weight * (c - u).",
    ],
    afterwards="`away` need not mean “no label”: another label there leads away from it, which is what a negative prompt does.",
)
