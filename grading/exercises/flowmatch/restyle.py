"""flowmatch-restyle: an image back to its noise under one label, and forward again under another.

    back      x ← x - h v(x, t, old),  t = 1, 1 - h, …, h
    forward   x ← x + h v(x, t, new),  t = 0, h, …, 1 - h,     h = 1 / steps

Fixed: Euler's steps of equal number both ways, each asked where it begins. Free: loops, and how times are counted.
"""

import torch

from genlab.random import rand, randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A field with rates and drifts for each of four labels."""
    double = torch.zeros(1, dtype=torch.float64)
    old = randint(0, 4, (5,), rng=rng)
    return {"x": draws.normal((5, 3), rng=rng), "image": draws.normal((5, 1, 2, 3), rng=rng), "old": old,
            "new": (old + 1 + randint(0, 3, (5,), rng=rng)) % 4, "rate": 0.3 + rand((4, 3), like=double, rng=rng),
            "drift": 1 + 2 * rand((4, 3), like=double, rng=rng)}


def probe(restyle, x, image, old, new, rate, drift):
    """Other labels and the same; one step and several; fields of labels, of time; what was asked; images."""
    asked = []

    def run(velocity, *given):
        return probing.tensor(restyle(velocity, *given), "`restyle`").detach()

    def picked(table, labels, z):
        row = table[labels]
        return row.view(len(row), *[1] * (z.ndim - 2), 3)

    def field(z, t, labels):
        asked.append(float(t))
        return picked(rate, labels, z) * (1 + t) * torch.sin(z) + picked(drift, labels, z) * t**2 - 0.4 * z

    moved = run(field, x, old, new, 4)
    times = torch.tensor(asked, dtype=torch.float64)
    return dict(moved=moved, times=times, once=run(field, x, old, new, 1), kept=run(field, x, old, old, 9),
                shift=run(lambda z, t, labels: picked(drift, labels, z) + 0 * z, x, old, new, 3),
                clock=run(lambda z, t, labels: picked(drift, labels, z) * t + 0 * z, x, old, new, 5),
                alone=run(field, x[:1], old[:1], new[:1], 4), images=run(field, image, old, new, 3),
                long=run(field, x, old, new, 49),
                far=run(lambda z, t, labels: picked(drift, labels, z) - 0.5 * z, 100 * x, old, new, 3))


def reference(velocity, x, old, new, steps):
    """As it stands in the lesson."""
    for k in range(steps, 0, -1):
        x = x - velocity(x, k / steps, old) / steps
    for k in range(steps):
        x = x + velocity(x, k / steps, new) / steps
    return x


def truth(velocity, x, old, new, steps):
    """One walk over a list of signed times."""
    plan = [(-1.0, 1 - k / steps, old) for k in range(steps)] + [(1.0, k / steps, new) for k in range(steps)]
    total = torch.zeros_like(x)
    for sign, t, labels in plan:
        total = total + sign * velocity(x + total / steps, t, labels)
    return x + total / steps


exercise = Exercise(
    id="flowmatch-restyle", defines="restyle(velocity, x, old, new, steps)", core=True, points=4, level=3, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.flow_matching.states", "genlab.models.flow_matching.solve"],
    comparisons=[
        Compare("shift", shape="(B, ...)", points=1, what="`restyle` in fields that are constant for each label",
                says="Back under the old label, forward under the new one: constant fields leave their difference."),
        Compare("clock", "times", points=1, what={"clock": "`restyle` in fields that only depend on time and label",
                                                  "times": "the times that you ask for"},
                says="The times: back from 1 to h, forward from 0 to 1 - h; each step asks where it begins."),
        Compare("moved", "once", "alone", "long", "far", shape="(B, ...)", points=1.25, what="`restyle`",
                says="All the steps both ways: each starts where the last one ended."),
        Compare("kept", "images", shape="(B, ...)", points=0.75,
                what={"kept": "`restyle` with the old label twice", "images": "`restyle` of images"},
                says="The same label both ways, and images."),
    ],
    hints=[
        "Noise becomes an image by following the field from t = 0 to t = 1. Which way does an image become its noise?",
        "The way back starts at t = 1 and subtracts h times the velocity there. Its last step begins at t = h.",
        "for k in range(steps, 0, -1): x = x - velocity(x, k / steps, old) / steps; then Euler's steps forward under new.",
    ],
    afterwards="The noise is what the label does not say: slant, thickness, size. It is a code of the image that nobody trained.",
)
