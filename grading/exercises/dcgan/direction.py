"""dcgan-direction: the direction in code space along which a score of the images rises.

    min over w, b of Σ_i (s_i - b - w·z_i)²,      direction w / ‖w‖

Fixed: least squares with a constant, length 1, for more codes than dimensions, in any position and spread. Free: normal
equations, a solver, a factorisation. The idea of arithmetic with codes: Radford et al. 2015, arXiv:1511.06434.
"""

import torch

from genlab.random import randint
from grading.checks import probing
from grading.checks.draws import normal
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Codes that are skewed and off their mean, with scores far from 0; few, many, of one dimension; a score in steps."""
    K = 3 + randint(0, 3, (1,), rng=rng).item()
    skew = torch.eye(K).double() + 0.5 * normal((K, K), rng=rng)
    z = normal((30, K), rng=rng) @ skew + normal((K,), rng=rng)
    w = normal((K,), rng=rng)
    few = normal((K + 2, K), rng=rng)
    line, sign = 0.3 + normal((9, 1), rng=rng), 2.0 * randint(0, 2, (1,), rng=rng).item() - 1
    return {"z": z, "score": 40 + z @ w + 0.7 * normal((30,), rng=rng), "few": few, "few_score": normal((K + 2,), rng=rng) - 5,
            "line": line, "line_score": 2 - 3 * sign * line[:, 0] + 0.1 * normal((9,), rng=rng),
            "steps": (normal((30,), rng=rng) + (z - z.mean(0)) @ w > 0).double()}


def probe(attribute_direction, z, score, few, few_score, line, line_score, steps):
    """The direction; of scores in another unit, and upside down; of few codes; in one dimension; of a yes-or-no score."""
    def run(codes, s):
        return probing.tensor(attribute_direction(codes, s), "`attribute_direction`").detach()

    return dict(direction=run(z, score), small=run(1e-3 * z, score), unit=run(z, 1e-4 * score - 0.03), minus=run(z, -score),
                moved=run(z + 2.5, score), few=run(few, few_score), line=run(line, line_score), steps=run(z, steps))


def reference(z, score):
    """Centre both, then least squares."""
    w = torch.linalg.lstsq(z - z.mean(0), (score - score.mean())[:, None]).solution[:, 0]
    return w / w.norm()


def truth(z, score):
    """By the normal equations, with a column of ones."""
    columns = torch.cat([z, torch.ones_like(z[:, :1])], 1).double()
    w = torch.linalg.solve(columns.T @ columns, columns.T @ score.double())[:-1]
    return (w / w.square().sum().sqrt()).to(z.dtype)


def parallel(inputs, got, expected, n):
    """The right way, whatever the length."""
    w = got["direction"].double()
    cosine = (w @ expected["direction"].double() / w.norm().clamp_min(1e-30)).item()
    return cosine > 1 - 1e-5, cosine, 1.0


exercise = Exercise(
    id="dcgan-direction", defines="attribute_direction(z, score)", core=True, points=3, level=3, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("direction", shape="(K,)", points=1, test=parallel, resolution=1e-6,
                what="the cosine of the angle between your direction and the right one",
                says="The direction: w of the least squares for score ≈ b + w·z, where neither codes nor scores have mean 0."),
        Compare("direction", points=0.5, tolerance=1e-3, what="`attribute_direction`", says="Its length is 1."),
        Compare("unit", "minus", "moved", "small", points=0.5, tolerance=2e-3, what={"unit": "`attribute_direction` of a score in another unit",
                "minus": "`attribute_direction` of minus the score", "moved": "`attribute_direction` of codes that are all shifted alike",
                "small": "`attribute_direction` of codes of a small spread"},
                says="Another unit of the score or of the codes, or all codes shifted, changes nothing; minus the score turns the direction round."),
        Compare("few", "steps", "line", points=1, tolerance=2e-3, what={"few": "`attribute_direction` of few codes", "steps":
                "`attribute_direction` of a score that is 0 or 1", "line": "`attribute_direction` of codes of one number"},
                says="With few codes, with scores that are only 0 or 1, and with codes of one number, in a vector of one."),
    ],
    hints=[
        "Suppose that the score were exactly b + w·z. In which direction would it rise fastest, and how would you find w from many "
        "pairs of code and score?",
        "Take the means off codes and scores, so that b drops out. Then w solves a least-squares problem: torch.linalg.lstsq(A, B) "
        "takes B as a column (N, 1). At the end divide by its length.",
        "w = torch.linalg.lstsq(z - z.mean(0), (score - score.mean())[:, None]).solution[:, 0]; return w / w.norm()",
    ],
    afterwards="For codes from N(0, I) and many of them w is nearly the mean of score times code: directions of several scores may be "
               "added, as words are in word vectors.",
)
