"""flowmatch-straightness: how much the paths bend.

    S = mean over steps of ‖(x_1 - x_0) - v(x_t, t)‖²  along an Euler path,  for each start by itself

(Liu, Gong and Liu 2022, arXiv:2209.03003, equation 4, as a sum.) Fixed: squared norm over all values of a row, mean over
the steps, Euler's steps. Free: how it is computed.
"""

import torch

from genlab.random import rand
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A field with a rate and a drift for each coordinate."""
    double = torch.zeros(1, dtype=torch.float64)
    return {"x": draws.normal((5, 3), rng=rng), "image": draws.normal((2, 1, 3, 3), rng=rng),
            "rate": 0.5 + rand((3,), like=double, rng=rng), "drift": 1 + rand((3,), like=double, rng=rng)}


def probe(straightness, x, image, rate, drift):
    """Straight at constant speed; straight at changing speed; bent; one step; images; one start alone."""
    def run(velocity, start, steps):
        return probing.tensor(straightness(velocity, start, steps), "`straightness`").detach()

    def field(z, t):
        return rate * (1 + t) * torch.sin(z) + drift * t**2 - 0.5 * z

    return dict(straight=run(lambda z, t: 0 * z + drift, x, 4), faster=run(lambda z, t: 0 * z + drift * t, x, 6),
                bent=run(field, x, 5), alone=run(field, x[2:3], 5), once=run(field, x, 1),
                images=run(lambda z, t: z * t - drift, image, 3),
                long=run(field, x, 49), fast=run(lambda z, t: 0 * z + 100 * drift * t, x, 3))


def reference(velocity, x, steps):
    """Velocities are kept, and compared with their mean in the end."""
    start, found = x, []
    for k in range(steps):
        found.append(velocity(x, k / steps))
        x = x + found[-1] / steps
    gaps = (x - start) - torch.stack(found)
    return gaps.square().flatten(2).sum(2).mean(0)


def truth(velocity, x, steps):
    """The mean of squares minus the square of the mean: the total is the mean velocity."""
    place, squares = x.clone(), 0.0
    for k in range(steps):
        v = velocity(place, k / steps)
        squares = squares + (v.double() ** 2).flatten(1).sum(1) / steps
        place = place + v / steps
    return (squares - ((place - x).double() ** 2).flatten(1).sum(1)).to(x.dtype)


exercise = Exercise(
    id="flowmatch-straightness", defines="straightness(velocity, x, steps)", core=False, points=3, level=3, minutes=12,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.flow_matching.path_curvature", "genlab.models.flow_matching.states",
               "genlab.models.flow_matching.solve"],
    comparisons=[
        Compare("faster", "straight", "once", shape="(B,)", points=1.5,
                what={"faster": "`straightness` of a straight path that gets faster",
                      "straight": "`straightness` of a straight path at constant speed",
                      "once": "`straightness` of a path of one step"},
                says="A straight path at constant speed has S = 0. One that gets faster has the mean over the steps of the "
                     "squared distance from the mean velocity."),
        Compare("bent", "alone", "images", "long", "fast", shape="(B,)", points=1.5, what="`straightness`",
                says="Bent paths: a number for each start, a sum over all values of its row."),
    ],
    hints=[
        "If a path were straight and of constant speed, what would its velocity be at every moment?",
        "Walk by Euler's steps and keep each velocity. The whole way, end minus start, is what each is compared with.",
        "gaps = (x - start) - torch.stack(found); gaps.square().flatten(2).sum(2).mean(0)",
    ],
    afterwards="S is the variance of the velocity along the path: mean of squares minus square of the mean.",
)
