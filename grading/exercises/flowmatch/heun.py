"""flowmatch-heun: the field followed by Heun's steps.

    v_0 = v(x, t),  v_1 = v(x + h v_0, t + h),  x ← x + h (v_0 + v_1) / 2,   h = 1 / steps

(Heun 1900; Karras et al. 2022, arXiv:2206.00364, use it to sample.) Fixed: two evaluations in every step, the last one
too. Free: loops, and how times are counted.
"""

import torch

from genlab.random import rand, randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A field with a rate and a drift for each coordinate."""
    double = torch.zeros(1, dtype=torch.float64)
    return {"x": draws.normal((4, 3), rng=rng), "image": draws.normal((2, 1, 3, 3), rng=rng),
            "rate": 0.4 + rand((3,), like=double, rng=rng), "drift": 1 + rand((3,), like=double, rng=rng),
            "many": 6 + randint(0, 5, (1,), rng=rng).item()}


def probe(heun, x, image, rate, drift, many):
    """One step and several in a field of place and time; of time alone, of place alone; how often it is asked; images."""
    asked = []

    def run(velocity, start, steps):
        return probing.tensor(heun(velocity, start, steps), "`heun`").detach()

    def field(z, t):
        asked.append(float(t))
        return rate * (1 + t) * torch.sin(z) + drift * t**2 - 0.5 * z

    one = run(field, x, 1)
    several = run(field, x, many)
    return dict(one=one, several=several, calls=float(len(asked) - 2), three=run(field, x, 3), single=run(field, x[:1], 2),
                constant=run(lambda z, t: 0 * z + drift, x, 4), clock=run(lambda z, t: 0 * z + drift * t, x, 5),
                place=run(lambda z, t: -rate * z, x, 2), images=run(lambda z, t: z * t - drift, image, 6),
                long=run(field, x, 49), far=run(lambda z, t: drift - 0.5 * z, 100 * x, 3))


def reference(velocity, x, steps):
    """As it stands in the lesson."""
    h = 1 / steps
    for k in range(steps):
        first = velocity(x, k * h)
        second = velocity(x + h * first, (k + 1) * h)
        x = x + h * (first + second) / 2
    return x


def truth(velocity, x, steps):
    """The mean of where x is and of where two Euler steps, the second at the later time, would take it."""
    for k in range(steps):
        ahead = x + velocity(x, k / steps) / steps
        x = 0.5 * x + 0.5 * (ahead + velocity(ahead, (k + 1) / steps) / steps)
    return x


exercise = Exercise(
    id="flowmatch-heun", defines="heun(velocity, x, steps)", core=True, points=3, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.flow_matching.states", "genlab.models.flow_matching.solve",
               "genlab.models.flow_matching.heun_step"],
    comparisons=[
        Compare("constant", "place", shape="(B, ...)", points=0.75,
                what={"constant": "`heun` in a constant field", "place": "`heun` in a field that only depends on the place"},
                says="Two velocities, of which the mean is taken; the second is asked where an Euler step would end."),
        Compare("clock", "one", points=1, what={"clock": "`heun` in a field that only depends on the time",
                                                "one": "`heun` with one step"},
                says="The times: the first velocity where the step begins, the second where it ends."),
        Compare("several", "three", "single", "images", "long", "far", shape="(B, ...)", points=1, what="`heun`",
                says="All the steps, each from where the last one ended."),
        Compare("calls", points=0.25, what="the number of evaluations in several steps",
                says="Two evaluations in each step: keep the first velocity instead of asking for it twice."),
    ],
    hints=[
        "Euler trusts the velocity at the start of a step. Heun also looks at where that would lead, and takes the mean of "
        "the two velocities.",
        "The look ahead is an Euler step, and the time has gone on there. The real step then starts from x again.",
        "first = velocity(x, k * h); second = velocity(x + h * first, (k + 1) * h); x = x + h * (first + second) / 2",
    ],
    afterwards="Where the field depends on the time alone, this is the trapezoidal rule for an integral.",
)
