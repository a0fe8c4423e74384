"""beta-schedule: the weight of the KL during warm-up."""


import torch

from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Steps before, at and after the end of the warm-up, none of them at a special fraction; prices below 1 and above."""
    warmup = int(torch.randint(40, 90, (1,), generator=rng))
    early = sorted(torch.randperm(warmup - 2, generator=rng)[:3].add(1).tolist())
    return {"warmup": warmup, "early_1": early[0], "early_2": early[1], "early_3": early[2],
            "late": warmup + int(torch.randint(1, 500, (1,), generator=rng)),
            "scale": 10 ** int(torch.randint(6, 9, (1,), generator=rng)),
            "beta": float(1.4 + 3 * torch.rand(1, generator=rng)), "low": float(0.2 + 0.6 * torch.rand(1, generator=rng)),
            "high": float(20 + 30 * torch.rand(1, generator=rng))}


def probe(kl_weight, warmup, early_1, early_2, early_3, late, scale, beta, low, high):
    """The weight at the start, during, at the end of and after the warm-up, and without one; for three prices, and none."""
    def at(*calls):
        found = [probing.attempt(kl_weight, step, steps, price) for price in (beta, low, high, 0.0) for step, steps in calls]
        raised = [value for value in found if isinstance(value, str)]
        return raised[0] if raised else torch.tensor([float(probing.tensor(v, "`kl_weight`")) for v in found])

    return dict(during=at(*((step, warmup) for step in (0, 1, early_1, early_2, early_3, warmup - 1)),
                          (early_2 * scale, warmup * scale)),
                after=at(*((warmup + more, warmup) for more in (0, 1, late, 10**9)), (warmup * scale, warmup * scale)),
                single=at((0, 1), (1, 1), (early_3, 1)), without=at((0, 0), (1, 0), (late, 0)))


def reference(step, warmup_steps, beta):
    """β · min(1, step / warmup_steps); β from the start without a warm-up."""
    return beta * min(1.0, step / warmup_steps) if warmup_steps > 0 else beta


exercise = Exercise(
    id="beta-schedule", defines="kl_weight(step, warmup_steps, beta)", core=False, points=2, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference,
    comparisons=[
        Compare("during", points=1, says="During the warm-up the weight grows in proportion to the step, from 0."),
        Compare("after", "single", "without", points=1,
                says="From the end of the warm-up on, and without one, the weight is β; a warm-up may last one step."),
    ],
    hints=[
        "Which fraction of the warm-up is over at `step`? It never exceeds one.",
        "β · min(1, step / warmup_steps), and β where there is no warm-up.",
        "if step >= warmup_steps: return beta, which covers warmup_steps = 0; else return beta * step / warmup_steps.",
    ],
)
