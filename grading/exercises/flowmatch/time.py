"""flowmatch-time: at which times to train.

    t = sigmoid(z), z ~ N(0, 1)     (Esser et al. 2024, arXiv:2403.03206: logit-normal with m = 0, s = 1)

The judge takes the logit back and asks for independent N(0, 1) numbers. Refusing a right answer (grading/checks/laws.py):
3e-4 a draw; only two independent draws that both miss refuse, 9e-8.
"""

import math

import torch

from genlab.random import randint
from grading.checks import laws, probing
from grading.checks.exercise import Compare, Exercise

P = 3e-4


def inputs(rng, n=1):
    """Two seeds and a number of times."""
    return {"n": 500 * n + randint(0, 50, (1,), rng=rng).item(), "seed": randint(0, 2**31, (1,), rng=rng).item()}


def probe(logit_normal_time, n, seed):
    """Many times, again with the same seed, more from the same generator, a single one."""
    def run(count, rng):
        return probing.tensor(logit_normal_time(count, rng), "`logit_normal_time`").detach()

    rng = torch.Generator().manual_seed(seed)
    first, second = run(n, rng), run(n, rng)
    again = run(n, torch.Generator().manual_seed(seed))
    return dict(first=first, second=second, again=again, one=run(1, rng), many=run(20000, rng))


def reference(n, rng):
    """As it stands in the lesson."""
    return torch.sigmoid(torch.randn(n, generator=rng))


def truth(n, rng):
    """Through the quantile function of the normal law, from uniform numbers in double precision."""
    uniform = torch.rand(n, generator=rng, dtype=torch.float64).clamp(1e-12, 1 - 1e-12)
    odds = torch.special.ndtri(uniform).exp()
    return odds / (1 + odds)


def inside(inputs, got, expected, n):
    """All between 0 and 1."""
    shown = [got[name] for name in ("first", "second", "again", "one")]
    low, high = min(v.min().item() for v in shown), max(v.max().item() for v in shown)
    return 0 < low and high < 1, low if low <= 0 else high, "numbers between 0 and 1"


def repeatable(inputs, got, expected, n):
    """The same generator gives the same times, and goes on to others."""
    if not torch.equal(got["first"], got["again"]):
        return False, "other times from the same seed", "the same ones"
    fresh = not torch.equal(got["first"], got["second"])
    return fresh, "the same times twice", "new ones at the next call"


def normal_logits(inputs, got, expected, n):
    """Independent N(0, 1) numbers over times and calls, and N(0, 1) in 20000 more.

    In float32 two of a thousand times are often equal by chance. So what counts as repeated is as many close pairs as chance
    makes with a probability below 1e-8 (one number changes their count by 2 at most: McDiarmid 1989), and logits are then
    moved by less than a millionth. That none of 20000 numbers exceeds 3.4 has probability 2e-6.
    """
    logits = torch.stack([got["first"], got["second"]]).double().clamp(1e-12, 1 - 1e-12).logit()
    if logits.std(1).max() < 1e-6:
        return False, "one time for all", "independent times"
    N = logits.numel()
    if (logits.abs().flatten().sort().values.diff() < 1e-6).sum() > N**2 * 0.6e-6 + math.sqrt(2 * N * math.log(1e8)):
        return False, "the same noise, or its mirror image, more than once", "independent N(0, 1) numbers"
    jitter = torch.rand(logits.shape, generator=torch.Generator().manual_seed(N), dtype=torch.float64)
    passed, seen, right = laws.independence((logits + 1e-6 * (jitter - 0.5))[:, :, None], P - 5e-5)
    if passed:
        many = got["many"].double().clamp(1e-12, 1 - 1e-12).logit()
        if many.mean().abs() > laws.mean_limit(len(many), 1e-5):
            return False, f"logits of mean {many.mean():.1f}", "logits of mean 0"
        if (many.square().mean() - 1).abs() > laws.square_limit(len(many), 2e-5):
            return False, many.square().mean().sqrt().item(), 1.0
        if many.abs().max() < 3.4:
            return False, "no time near 0 or 1 in 20000", "logits beyond 3.4"
    if passed or "law" not in seen:
        return passed, seen, right
    return False, logits.square().mean().sqrt().item(), 1.0


exercise = Exercise(
    id="flowmatch-time", defines="logit_normal_time(n, rng)", core=True, points=2, level=1, minutes=8,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.flow_matching.logit_normal_time"],
    comparisons=[
        Compare("first", "one", shape="(n,)", points=0.5, test=inside, what="the times of `logit_normal_time`",
                says="n times, each between 0 and 1."),
        Compare("again", "second", shape="(n,)", points=0.5, test=repeatable, what="`logit_normal_time`, called again,",
                says="All chance comes from rng: the same seed gives the same times, the next call others."),
        Compare("first", "second", "many", points=1, test=normal_logits, false_refusal=P, resolution=0.05,
                what="the root mean square of the logits of the times",
                says="The logit of a time is standard normal, and each time is drawn by itself."),
    ],
    hints=[
        "Draw the logit, and undo the logit.",
        "The sigmoid takes a logit back to a number between 0 and 1.",
        "torch.sigmoid(torch.randn(n, generator=rng)).",
    ],
    afterwards="Half of the times lie between 0.34 and 0.66; uniform ones would put a third there.",
)
