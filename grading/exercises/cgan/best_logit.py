"""cgan-best-logit: what the best discriminator of pairs knows when samples come without regard to their label.

    logit(x, y) = log p(x | y) - log Σ_c π_c p(x | c),      G(z, y) drawn from the marginal, whatever y

The data have the label c with probability π_c. Fixed: nats; classes that never occur, π = 0, count for nothing in
the sum; log-densities may be as low as -10⁵. Free: how the logarithm of the sum is taken.
"""

import torch

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Moderate log-densities; ones so low that exp rounds to 0; a class that never occurs; a single class."""
    N, C = 5 + randint(0, 2, (1,), rng=rng).item(), 3
    prior = 0.2 + torch.rand(C, generator=rng, dtype=torch.float64)
    absent = prior.clone()
    none = randint(0, C, (1,), rng=rng).item()
    absent[none] = 0
    log_p = 2 * draws.normal((N, C), rng=rng) - 1
    tower = log_p.clone()
    tower[:, none] += 990  # of the class that never occurs
    apart = log_p.clone()
    apart[:2] += torch.tensor([[-99_997.0], [900.0]])
    apart[0, none] = 900
    return {
        "log_p": log_p, "tower": tower, "apart": apart, "prior": prior / prior.sum(), "absent": absent / absent.sum(),
        "low": 300 * draws.normal((N, C), rng=rng) - 1e5, "high": 400 + 300 * draws.normal((N, C), rng=rng).abs(),
    }


def probe(best_logit, log_p, tower, apart, prior, absent, low, high):
    """All pairs; uneven and absent classes; log-densities at the ends, also of one batch; one class; one point; slopes."""
    def call(*given):
        found = probing.attempt(best_logit, *given)
        return found if isinstance(found, str) else probing.tensor(found, "`best_logit`")

    leaf = probing.leaf(log_p)
    logits = probing.tensor(best_logit(leaf, prior), "`best_logit`")
    slope, = probing.vjp(logits, [leaf], log_p.cos())
    rare = probing.leaf(tower)
    missing = call(rare, absent)
    missing_slope = probing.vjp(missing, [rare], log_p.cos())[0] if isinstance(missing, torch.Tensor) else missing
    return dict(logits=logits, slope=slope, missing_slope=missing_slope, missing=missing, very_low=call(low, prior), very_high=call(high, prior),
                apart=call(apart, absent), single=call(log_p[:, :1], prior[:1] / prior[0]), one_point=call(log_p[:1], prior))


def reference(log_p, prior):
    """As in the lesson."""
    return log_p - torch.logsumexp(log_p + prior.log(), 1, keepdim=True)


def truth(log_p, prior):
    """By Bayes: the logit is log p(y | x) - log π_y; one class after another, relative to it."""
    columns = []
    for c in range(log_p.shape[1]):
        odds = (log_p - log_p[:, c:c + 1]).masked_fill(prior == 0, -torch.inf)
        top = odds.max(1, keepdim=True).values
        columns.append(-(top[:, 0] + ((odds - top).exp() @ prior).log()))
    return torch.stack(columns, 1)


exercise = Exercise(
    id="cgan-best-logit", defines="best_logit(log_p, prior)", core=True, points=3, level=3, minutes=12,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("logits", "one_point", shape="(N, C)", points=1, what="`best_logit`",
                says="Data of label y against all that is made for it, which is the mixture of the classes, weighted by how "
                     "often each occurs."),
        Compare("slope", "missing_slope", points=0.5, tolerance=1e-4, what="the gradient of `best_logit` with respect to `log_p`",
                says="The slope of the logits in the log-densities."),
        Compare("missing", "single", shape="(N, C)", points=0.75, what="`best_logit` with a class of share 0, or one class",
                says="A class that never occurs adds nothing to the mixture; with one class there is nothing to tell apart."),
        Compare("very_low", "very_high", "apart", shape="(N, C)", points=0.75, what="`best_logit` far from all classes",
                says="Log-densities of -100 000 or +1000: their exponentials round to 0 or overflow, their differences do not."),
    ],
    hints=[
        "Lesson 20: the logit of the best D is log (density of data / density of samples). Write down both for one label y: what "
        "is p(x | y), and what does a generator make that was asked for y and does not listen?",
        "Samples have the density Σ_c π_c p(x | c) whatever was asked for. Its logarithm is a log of a sum of exponentials: "
        "torch.logsumexp.",
        "log_p - torch.logsumexp(log_p + prior.log(), 1, keepdim=True).",
    ],
    afterwards="The logit is log p(y | x) - log π_y: the best D of a generator that ignores labels is a classifier.",
)
