"""gan-best-response: the best discriminator between two densities, and what the game is worth there.

    D*(x) = p(x) / (p(x) + g(x)),     V(D*) = ∫ p log D* + g log(1 - D*) dx = 2 JSD(p ‖ g) - 2 log 2

(Goodfellow et al. 2014, proposition 1 and theorem 1), on a grid of cells of equal width. Fixed: nats; 0 log 0 = 0;
D* = ½ where both densities are 0.
"""

import math

import torch

from genlab.random import rand
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def _bump(x, mean, std):
    return torch.exp(-0.5 * ((x - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


def inputs(rng, n=1):
    """Overlapping densities; ones with cells that only one of them reaches, or neither; ones far apart."""
    u = rand((6,), like=torch.zeros((), dtype=torch.float64), rng=rng).tolist()
    width = 0.17 + 0.05 * u[0]
    x = width * (torch.arange(47, dtype=torch.float64) - 23)
    p, g = _bump(x, -0.7 + 0.4 * u[1], 0.7 + 0.3 * u[2]), _bump(x, 0.6 + 0.4 * u[3], 0.9 + 0.4 * u[4])
    holes = torch.randperm(47, generator=rng)
    holed_p, holed_g = p + 0.05, g + 0.05
    holed_p[holes[:9]] = 0
    holed_g[holes[5:16]] = 0  # in four cells both are 0
    far = 20 * width + draws.normal((47,), rng=rng).abs()
    far[holes[20:26]] = 7 + u[5]  # of these D rounds to 1 in float64 too
    far_g = torch.exp(-far**2)  # 1e-7 to 1e-40 of the largest, never 0, before the first cell gets all the mass
    far_g[0] = 1 / width
    faint = 10 ** torch.linspace(0, -26, 47, dtype=torch.float64)[torch.randperm(47, generator=rng)]  # both tiny, at one place or another
    found = {"p": p, "g": g, "holed_p": holed_p, "holed_g": holed_g, "far_p": 1e-3 + p, "far_g": far_g,
             "faint_p": faint * holed_p.roll(1), "faint_g": faint * holed_g.roll(1)}
    return {"width": width} | {name: q / (q.sum() * width) for name, q in found.items()}


def probe(best_response, p, g, width, holed_p, holed_g, far_p, far_g, faint_p, faint_g):
    """Curve and value: of two densities, of one against itself, with cells of 0, where D rounds to 1, where both are tiny."""
    def run(first, second):
        return probing.tensors(best_response(first, second, width), 2, "`best_response`")

    def density(q):
        return q / (q.sum() * width)

    of_p, of_g, holed = p.clone(), g.clone(), (holed_p.clone(), holed_g.clone())
    curve, value = run(p, g)
    same_value = run(of_p.clone(), of_p.clone())[1]
    holed_curve, holed_value = run(*holed)
    far_curve, far_value = run(far_p.clone(), far_g.clone())
    faint_curve, faint_value = run(faint_p.clone(), faint_g.clone())
    other_value, part_value = run(of_g.clone(), of_p.clone())[1], run(density(of_p[:9]), density(of_g[:9]))[1]
    return dict(curve=curve, value=value, same_value=same_value, holed_curve=holed_curve, holed_value=holed_value,
                far_curve=far_curve, far_value=far_value, faint_curve=faint_curve, faint_value=faint_value,
                other_value=other_value, part_value=part_value)


def reference(p, g, width):
    """The formula, with each share of p + g taken by itself, since 1 - D rounds to 0."""
    total = p + g
    real, made = (torch.where(total > 0, part / total, 0.5) for part in (p, g))
    return real, (torch.xlogy(p, real) + torch.xlogy(g, made)).sum() * width


def truth(p, g, width):
    """D from the difference of logarithms; the value from Kullback-Leibler divergences to the mixture."""
    curve = torch.sigmoid(p.log() - g.log())
    curve = torch.where(torch.isnan(curve), torch.full_like(curve, 0.5), curve)
    mixture = (p + g) / 2
    twice = sum((torch.xlogy(q, q) - torch.xlogy(q, mixture)).sum() for q in (p, g))
    return curve, width * (twice - math.log(2) * (p + g).sum())


exercise = Exercise(
    id="gan-best-response", defines="best_response(p, g, width)", core=True, points=3, level=3, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("curve", shape="(N,)", points=1, says="The best D: which share of what lies at x comes from the data?",
                what="the curve of `best_response`"),
        Compare("value", "same_value", "other_value", "part_value", shape="()", points=1,
                what="the value of `best_response`",
                says="The value: ∫ p log D + g log(1 - D) dx, as a sum over cells of this width, in nats."),
        Compare("holed_curve", "holed_value", "faint_curve", "faint_value", points=0.5, what={
                    **dict.fromkeys(("holed_curve", "holed_value"), "what `best_response` gives where a density is 0"),
                    **dict.fromkeys(("faint_curve", "faint_value"), "what `best_response` gives where both densities are tiny")},
                says="Cells that one density does not reach, where 0 log 0 = 0, or neither, where D is ½: neither, and not nearly neither."),
        Compare("far_curve", "far_value", points=0.5, what="what `best_response` gives where g is tiny",
                says="Cells where g is tiny and D rounds to 1: everything stays finite."),
    ],
    hints=[
        "Look at one cell alone. A thousand points fall there: so many from p, so many from g. With which probability "
        "should D bet on p?",
        "D = p/(p + g) and 1 - D = g/(p + g). Each cell adds (p log D + g log(1 - D)) · width.",
        "torch.xlogy(p, p / total) is p log(p/total), and 0 where p is 0; torch.where(total > 0, …, 0.5) mends 0/0.",
    ],
    afterwards="In float32 1 - D is 0 as soon as D > 0.99999997. Whoever writes log(1 - D) meets infinity there.",
)
