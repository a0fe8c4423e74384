"""speech-alignment: how near to the diagonal, does the voice read on, and does it read everything?

    diagonal = share of the weight in cells with |n / N - t / T| ≤ width,  n, t counted from 0
    monotone = share of the T - 1 steps from a frame to the next at which the place of the largest weight does not go back; 1 if T = 1
    covered  = share of the letters whose weights, added over all frames, are at least `least`

Fixed: weights (T, N) of one utterance, ≥ 0, each row with sum 1, no padding; three numbers, or tensors (), in this order. Of equal
largest weights the first counts, as with torch.argmax.
"""

import torch

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Alignments that wander and jump back, of unequal sizes; one with ties; a width and a least sum that are met and missed."""
    def attention(T, N):
        drift = torch.arange(T)[:, None] * N / T - torch.arange(N)
        return torch.softmax(-0.3 * drift.square() + 1.5 * draws.normal((T, N), rng=rng), -1)

    def steps_back(ties):
        return (ties.argmax(1).diff() < 0).sum()

    T, N = 9 + int(randint(0, 5, (), rng=rng)), 5 + int(randint(0, 3, (), rng=rng))
    ties = torch.ones(N, T, dtype=torch.float64)
    while steps_back(ties) == (ties.flip(1).argmax(1).diff() > 0).sum():  # until the first and the last of equals tell different stories
        ties = torch.where(torch.rand(N, T, generator=rng) < 0.5, 1.0, 2.0).double()
    def wanders(weights):
        place = weights.argmax(1)
        return (place[1:] < place[:-1]).sum() != (place[1:] < place.cummax(0).values[:-1]).sum()

    tall, pair = attention(T, N), attention(2, N)
    while not wanders(tall):  # until a step goes on from a place that lies behind the furthest
        tall = attention(T, N)
    while pair[1].argmax() >= pair[0].argmax():
        pair = attention(2, N)
    quarters = torch.tensor([0.5, 0.25, 0.25, 0.0]).double()
    exact = torch.stack([quarters[torch.randperm(4, generator=rng)] for _ in range(8)])
    return {"tall": tall, "pair": pair, "exact": exact, "met": exact.sum(0)[int(randint(0, 4, (), rng=rng))].item(), "wide": attention(N, T), "one_frame": attention(1, N), "one_letter": attention(T, 1),
            "ties": ties / ties.sum(-1, keepdim=True), "width": 0.11 + 0.2 * torch.rand(1, generator=rng).item(),
            "least": 0.5 + 0.7 * torch.rand(1, generator=rng).item()}


def probe(alignment_report, tall, pair, exact, met, wide, one_frame, one_letter, ties, width, least):
    """More frames than letters and fewer; one frame, two, a single letter; ties; other bounds, some just met, some just missed."""
    def ask(weights, width, least):
        return [probing.tensor(x, "`alignment_report`").double().squeeze() for x in
                _three(alignment_report(weights, width, least))]

    def _three(values):
        if isinstance(values, torch.Tensor) and values.shape == (3,):  # stacked: it unpacks into three numbers, too
            values = list(values)
        if not isinstance(values, (tuple, list)) or len(values) != 3:
            raise probing.WrongType("`alignment_report` should return three numbers")
        return values

    cases = {"tall": (tall, width, least), "wide": (wide, width, least), "other": (tall, 0.5 * width, 1.7 * least),
             "frame": (one_frame, width, 0.2 * least), "letter": (one_letter, width, least), "ties": (ties, width, least),
             "pair": (pair, width, 0.3 * least), "exact": (exact, 0.25, met),
             "missed": (exact, 0.25 - 1 / 4096, met + 1 / 4096), "broad": (wide, 0.4 + 2 * width, 0.2 * least)}
    values = {}
    for name, case in cases.items():
        found = ask(*case) if name == "tall" else probing.attempt(ask, *case)
        found = [found] * 3 if isinstance(found, str) else found
        values |= dict(zip((f"{name}_diagonal", f"{name}_monotone", f"{name}_covered"), found, strict=True))
    return values


def reference(weights, width, least):
    """As in the lesson."""
    T, N = weights.shape
    n, t = torch.arange(N) / N, torch.arange(T)[:, None] / T
    diagonal = weights[(n - t).abs() <= width].sum() / weights.sum()
    place = weights.argmax(1)
    monotone = (place[1:] >= place[:-1]).double().mean() if T > 1 else torch.tensor(1.0)
    return diagonal, monotone, (weights.sum(0) >= least).double().mean()


def truth(weights, width, least):
    """In lists."""
    rows = weights.tolist()
    T, N = len(rows), len(rows[0])
    near = sum(rows[t][n] for t in range(T) for n in range(N) if abs(n * T - t * N) <= width * N * T)
    places = [max(range(N), key=lambda n, t=t: (rows[t][n], -n)) for t in range(T)]
    onwards = [places[t + 1] >= places[t] for t in range(T - 1)]
    covered = [sum(row[n] for row in rows) >= least for n in range(N)]
    return near / sum(map(sum, rows)), sum(onwards) / (T - 1) if T > 1 else 1.0, sum(covered) / N


exercise = Exercise(
    id="speech-alignment", defines="alignment_report(weights, width, least)", core=False, points=2, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth, withholds=["genlab.metrics.speech.alignment_report"],
    comparisons=[
        Compare("tall_diagonal", "wide_diagonal", "other_diagonal", shape="()", points=0.5, what="the first number",
                says="The first number: the share of all the weight that lies near the diagonal, both axes counted from 0 to 1."),
        Compare("tall_monotone", "wide_monotone", shape="()", points=0.5, what="the second number",
                says="The second number: in how many of the T - 1 steps the place of the largest weight does not go back."),
        Compare("tall_covered", "wide_covered", "other_covered", shape="()", points=0.5, what="the third number",
                says="The third number: the share of letters whose weights, added over all frames, are at least `least`."),
        Compare("ties_diagonal", "ties_monotone", "ties_covered", "frame_diagonal", "frame_monotone", "frame_covered",
                "letter_diagonal", "letter_monotone", "letter_covered", "pair_diagonal", "pair_monotone", "pair_covered", "exact_diagonal",
                "exact_monotone", "exact_covered", "missed_diagonal", "missed_covered", "broad_diagonal", "broad_covered", shape="()", points=0.5, what="`alignment_report` at an end",
                says="At the ends: equal weights, of which the first counts, bounds just met or missed, a single frame and a single letter."),
    ],
    hints=[
        "Lay the picture on a square with sides of length 1. Which cells lie near its diagonal? And which two numbers need not look at the "
        "diagonal at all?",
        "n / N and t / T are the places in the square. For the second number compare neighbouring entries of weights.argmax(1), for the "
        "third add weights over frames.",
        "near = (n / N - t[:, None] / T).abs() <= width; weights[near].sum() / weights.sum(); (place[1:] >= place[:-1]).double().mean(), "
        "or 1 if T = 1; (weights.sum(0) >= least).double().mean().",
    ],
    afterwards="These numbers need no ear: they tell a voice that stutters, skips or hangs from one that reads.",
)
