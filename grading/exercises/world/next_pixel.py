"""world-next-pixel: from the table of all images to the probability of the next pixel."""

from itertools import product

import torch

from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """The probabilities of the 16 images; and a world where some images are impossible and some hardly occur."""
    weights = 0.1 + torch.rand((2, 2, 2, 2), generator=rng, dtype=torch.float64)
    rare = 0.1 + torch.rand((8, 2), generator=rng, dtype=torch.float64)
    order = torch.randperm(8, generator=rng)
    rare[order[0]] *= 1e-13  # a beginning that hardly occurs, and what follows it is as sure as elsewhere
    rare[order[1], int(torch.randint(0, 2, (), generator=rng))] = 0.0
    return {"joint": weights / weights.sum(), "rare": (rare / rare.sum()).reshape(2, 2, 2, 2)}


def probe(next_pixel, joint, rare):
    """The answer for each of the 15 beginnings of an image, by their length; and those of the other world."""
    given = probing.watch("joint", [])

    def ask(*seen, table=joint):
        given.append(table.clone())
        return probing.tensor(next_pixel(given[-1], seen), "`next_pixel`").double()

    both = (0, 1)
    beginnings = [(a, b, c) for a in both for b in both for c in both] + [(a, b) for a in both for b in both]
    return dict(last=torch.stack([ask(a, b, c) for a in both for b in both for c in both]),
                third=torch.stack([ask(a, b) for a in both for b in both]),
                second=torch.stack([ask(a) for a in both]), first=ask(), again=ask(1, 0),
                rare=torch.stack([ask(*seen, table=rare) for seen in (*beginnings, (0,), (1,), ())]))


def reference(joint, seen):
    """p(x_i = 1 | x_1 … x_(i-1)) by summing over what has not been seen."""
    rest = joint[tuple(seen)]
    return rest[1].sum() / rest.sum()


def truth(joint, seen):
    """By looking at all 16 images, one after another."""
    matching = ones = 0.0
    for image in product((0, 1), repeat=4):
        if image[:len(seen)] == tuple(seen):
            matching = matching + joint[image]
            ones = ones + joint[image] * image[len(seen)]
    return ones / matching


def exact(inputs, got, expected, n):
    """To a relative 1e-5, however small, and 0 or 1 where it is so: no other number is near enough."""
    value, right = got["rare"].double(), expected["rare"].double()
    worst = int((value - right).abs().argmax())
    sure = torch.where(right == 1, (value - 1).abs() <= 1e-12, torch.isclose(value, right, rtol=1e-5, atol=1e-12))
    return bool(sure.all()), value.roll(-worst), right.roll(-worst)


exercise = Exercise(
    id="world-next-pixel", defines="next_pixel(joint, seen)", core=True, points=2, level=1, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("last", points=1, shape="()", what="`next_pixel` after three pixels",
                says="The last pixel, given the three before it: of two images that agree so far, how much of "
                     "their common probability belongs to the one that goes on with a 1?"),
        Compare("third", "second", "first", "again", points=0.5, shape="()", what="`next_pixel` after fewer pixels",
                says="A pixel with others still unseen after it: add up over all that they may be."),
        Compare("rare", points=0.5, shape="()", test=exact, resolution=1e-9, what="`next_pixel` in a world with rare images",
                says="Images that are impossible or hardly occur: the ratio of two small sums is as exact as any, and "
                     "nothing is added to them or rounded."),
    ],
    hints=[
        "Which of the 16 images are still possible after these pixels? What part of their probability has a 1 next?",
        "p(next = 1 | seen) = p(seen, next = 1) / p(seen), and both are sums of entries of the table over everything "
        "that has not been fixed.",
        "rest = joint[seen] is the table of what can still come; rest[1].sum() and rest.sum() are the two sums.",
    ],
)
