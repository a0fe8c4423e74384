"""flowmatch-euler: the field followed by Euler's steps.

    x ← x + h v(x, t),   t = 0, h, …, 1 - h,   h = 1 / steps

Fixed: exactly `steps` evaluations, each at the place and the time where its step begins. Free: loops, and how times are
counted. The judge's fields change with place and time, so every wrong time and place shows in the end.
"""

import torch

from genlab.random import rand
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A field with a rate and a drift for each coordinate."""
    double = torch.zeros(1, dtype=torch.float64)
    return {"x": draws.normal((4, 3), rng=rng), "image": draws.normal((2, 1, 3, 3), rng=rng),
            "rate": 0.4 + rand((3,), like=double, rng=rng), "drift": 1 + rand((3,), like=double, rng=rng)}


def probe(euler, x, image, rate, drift):
    """One step and several, in a field of place and time; of time alone; constant; the times that were asked; images."""
    asked = []

    def run(velocity, start, steps):
        return probing.tensor(euler(velocity, start, steps), "`euler`").detach()

    def field(z, t):
        asked.append(float(t))
        return rate * (1 + t) * torch.sin(z) + drift * t**2 - 0.5 * z

    one = run(field, x, 1)
    seven = run(field, x, 7)
    times = torch.tensor(asked[1:], dtype=torch.float64)
    return dict(one=one, seven=seven, times=times, three=run(field, x, 3), single=run(field, x[:1], 2),
                constant=run(lambda z, t: 0 * z + drift, x, 4), clock=run(lambda z, t: 0 * z + drift * t, x, 5),
                long=run(field, x, 49), far=run(lambda z, t: drift - 0.5 * z, 100 * x, 3), images=run(lambda z, t: z * t - drift, image, 6))


def reference(velocity, x, steps):
    """As it stands in the lesson."""
    for k in range(steps):
        x = x + velocity(x, k / steps) / steps
    return x


def truth(velocity, x, steps):
    """The start, and the mean of all velocities on the way."""
    found = []
    for k in range(steps):
        place = x + sum(found) / steps if found else x.clone()
        found.append(velocity(place, k / steps))
    return x + torch.stack(found).sum(0) / steps


exercise = Exercise(
    id="flowmatch-euler", defines="euler(velocity, x, steps)", core=True, points=3, level=2, minutes=8,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.flow_matching.states", "genlab.models.flow_matching.solve",
               "genlab.models.flow_matching.euler_step"],
    comparisons=[
        Compare("constant", shape="(B, ...)", points=0.75, what="`euler` in a constant field",
                says="A constant field for one unit of time: everything moves by the velocity, once."),
        Compare("clock", "one", "times", points=1, what={"clock": "`euler` in a field that only depends on the time",
                                                         "one": "`euler` with one step", "times": "the times that you ask for"},
                says="The times: each step asks at the time where it begins, 0 first, 1 - h last."),
        Compare("seven", "three", "single", "images", "long", "far", shape="(B, ...)", points=1.25, what="`euler`",
                says="All the steps: each starts where the last one ended, and from the velocity there."),
    ],
    hints=[
        "Velocity times time is distance. How much time does one of the steps take?",
        "With h = 1/steps, the step number k = 0, 1, … begins at the time k·h.",
        "for k in range(steps): x = x + velocity(x, k / steps) / steps",
    ],
    afterwards="With one step this is x + v(x, 0), and v(x, 0) is the mean of the data minus x: all samples are that mean.",
)
