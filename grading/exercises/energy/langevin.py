"""energy-langevin: steps uphill with noise, which sample from a density whose score is all that is known.

For the score of a Gaussian, s(x) = -r (x - m) in each coordinate, everything is known for every step size: with
a = 1 - ε r / 2 the mean after k steps is m + a^k (x - m) and the variance ε (1 + a² + ... + a^(2(k - 1))). The
judge standardises what came back and asks for independent N(0, 1) numbers.

Refusing a right answer (grading/checks/laws.py): the spread takes p = 1e-4 a draw, divided between two calls,
independence 2.5e-4. Only two independent draws that both miss refuse: 1e-8 and 6.3e-8.
"""

import torch

from genlab.random import rand, randn
from grading.checks import laws, probing
from grading.checks.exercise import Compare, Exercise

P, P_TOGETHER = 1e-4, 2.5e-4


def inputs(rng, n=1):
    """Few and large steps, so that each one shows; `far` starts where noise is a trifle."""
    one = torch.ones(1, dtype=torch.float64)
    return {"x": randn((1500 * n, 3), like=one, rng=rng), "rate": 0.3 + 1.5 * rand((3,), like=one, rng=rng),
            "middle": 2 * randn((3,), like=one, rng=rng), "step_size": float(0.6 + 0.1 * torch.rand((), generator=rng)),
            "far": 1e9 * (1 + rand((4, 2, 3), like=one, rng=rng))}


def probe(langevin_sample, x, rate, middle, step_size, far):
    """Three steps and one; one step twice for fewer chains; five from afar with a smaller step; none at all."""

    def score(points):
        return -rate * (points - middle)

    def ask(start, size, steps):
        value = langevin_sample(score, start, size, steps)
        return value if value is None else probing.tensor(value, "`langevin_sample`")

    few = x[:len(x) * 4 // 15].clone()
    found = dict(third=ask(x, step_size, 3), first=ask(x, step_size, 1), fresh=ask(few, step_size, 1),
                 again=ask(few, step_size, 1), away=probing.attempt(ask, far, step_size / 3, 5),
                 closer=probing.attempt(ask, far, 2.0, 1), none=probing.attempt(ask, far, step_size, 0),
                 one=probing.attempt(ask, far[:1], step_size, 2))
    return {name: value for name, value in found.items() if value is not None}


def reference(score, x, step_size, steps):
    """The step as it stands in the lesson."""
    for _ in range(steps):
        x = x + step_size / 2 * score(x) + step_size**0.5 * torch.randn_like(x)
    return x


def truth(score, x, step_size, steps):
    """The drift by itself, and the noise of a step from torch.distributions."""
    for _ in range(steps):
        x = torch.distributions.Normal(x + 0.5 * step_size * score(x), step_size**0.5).sample()
    return x


def standardised(inputs, x, steps):
    """(x - mean) / standard deviation of the closed form."""
    a = 1 - inputs["step_size"] * inputs["rate"] / 2
    mean = inputs["middle"] + a**steps * (inputs["x"][:len(x)] - inputs["middle"])
    variance = inputs["step_size"] * sum(a ** (2 * k) for k in range(steps))
    return (x.double() - mean) / variance.sqrt()


def shared(calls):
    """What is the same for all chains or coordinates after one step, in words; "" if nothing is."""
    rows, columns = (max(call.std(axis).max() for call in calls) < 1e-3 for axis in (0, 1))
    if rows and columns:
        return "one number for everything"
    return "the same for all chains" if rows else "the same for all coordinates" if columns else ""


def noise_is_right(inputs, got, expected, n):
    """The root mean square of the noise after one step and after three, as parts of the right ones."""
    found = torch.stack([standardised(inputs, got[name], k).square().mean() for name, k in (("first", 1), ("third", 3))])
    limit = laws.square_limit(got["first"].numel(), P / 2)
    if found[0] > 1e-6 and (seen := shared([standardised(inputs, got["first"], 1)])):
        return False, seen, "noise of its own for each number"
    return bool(((found - 1).abs() <= limit).all()), found.sqrt(), torch.ones(2, dtype=torch.float64)


def noise_is_fresh(inputs, got, expected, n):
    """Independent N(0, 1) numbers over all of 400 n chains, coordinates and calls; where the scale is wrong, the scale.

    That none of 4500 n numbers exceeds 2.8 happens with probability 0.99489^4500 < 1e-9.
    """
    calls = [standardised(inputs, got[name], 1) for name in ("fresh", "again")]
    if seen := shared(calls) or ("the same at every call" if (calls[0] - calls[1]).abs().max() < 1e-3 else ""):
        return False, seen, "independent N(0, 1) numbers"
    ok, seen, wanted = laws.independence(torch.stack(calls), P_TOGETHER)
    if ok and standardised(inputs, got["first"], 1).abs().max() < 2.8:
        return False, "noise without large values", wanted
    scale = None if ok else noise_is_right(inputs, got, expected, n)
    return scale if scale and not scale[0] else (ok, seen, wanted)


exercise = Exercise(
    id="energy-langevin", defines="langevin_sample(score, x, step_size, steps)", core=True, points=4, level=3,
    minutes=15, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.energy.langevin_step"],
    comparisons=[
        Compare("closer", "away", "one", points=1.5, shape="(B, ...)", what="where a chain from far away",
                says="Far from the mode, where noise is a trifle, a step goes along the score by half the step size."),
        Compare("none", points=0.5, shape="(B, ...)", what="`langevin_sample` with no steps",
                says="Without a step the points are where they were."),
        Compare("first", "third", points=1, shape="(B, ...)", test=noise_is_right, false_refusal=P, resolution=0.05,
                what="the noise in units of the right one",
                says="Each step adds noise of variance step_size, the last one, too."),
        Compare("first", "fresh", "again", "third", points=1, resolution=0.05, test=noise_is_fresh, false_refusal=P_TOGETHER,
                what="the noise",
                says="The noise is standard normal, independent for every number, step and call."),
    ],
    hints=[
        "Two things move a point: the slope of log p, which pulls it uphill, and noise. How large is each, in terms of ε?",
        "x ← x + ½ ε s(x) + √ε n with n ~ N(0, I), drawn anew for each step; the score is asked again after each step.",
        "for _ in range(steps): x = x + 0.5 * step_size * score(x) + math.sqrt(step_size) * torch.randn_like(x)",
    ],
    afterwards="With one number to remember: on N(0, 1) the variance in the end is 1 / (1 - ε/4), a little too large.",
)
