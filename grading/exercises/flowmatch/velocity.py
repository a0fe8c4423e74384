"""flowmatch-velocity: what the best network would answer, for normal data.

    v*(x, t) = E[x_1 - x_0 | x_t = x],   x_0 ~ N(0, 1), x_1 ~ N(m, s²) independent, x_t = (1 - t) x_0 + t x_1

Fixed: the exact conditional mean, each coordinate by itself, t = 0 and t = 1 included (s > 0 there). Free: how.
"""

import torch

from genlab.random import rand
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Coordinates with means and spreads of their own, some narrow, some wide, one that is a single point."""
    D, double = 3, torch.zeros(1, dtype=torch.float64)
    return {"x": 2 * draws.normal((5, D), rng=rng), "mean": 1.5 * draws.normal((D,), rng=rng),
            "std": 0.3 + 1.5 * rand((D,), like=double, rng=rng), "t": 0.15 + 0.7 * rand((1,), rng=rng).item(),
            "ends": draws.placed(draws.normal((D,), rng=rng).exp(), (1e-3, 40.0), rng=rng)}


def probe(best_velocity, x, mean, std, t, ends):
    """In the middle and at both ends of time; far data; very narrow and very wide ones; a single point."""
    def run(*given):
        return probing.tensor(best_velocity(*given), "`best_velocity`")

    return dict(middle=run(x, t, mean, std), later=run(x, (1 + t) / 2, mean, std), start=run(x, 0.0, mean, std),
                centred=run(x, t, 0 * mean, std), same=run(x, t, mean, 0 * std + 1), one=run(x[:1], t, mean, std),
                end=probing.attempt(run, x, 1.0, mean, std), extreme=probing.attempt(run, x, t, 100 * mean, ends),
                point=probing.attempt(run, x, t, mean, 0 * std), narrow=probing.attempt(run, x, 1.0, mean, 1e-5 * std),
                late=probing.attempt(run, x, 0.99, mean, 1e-5 * std))


def reference(x, t, mean, std):
    """By Cov(x_1 - x_0, x_t) / Var(x_t)."""
    covariance, variance = t * std**2 - (1 - t), (1 - t) ** 2 + t**2 * std**2
    return mean + covariance / variance * (x - t * mean)


def truth(x, t, mean, std):
    """By matrices, one coordinate after another: noise and data as one normal vector, of which A is asked and B is seen."""
    columns = []
    for k in range(x.shape[1]):
        m, s = mean[k].double(), std[k].double()
        joint = torch.diag(torch.stack([torch.ones_like(s), s**2]))
        A, B = torch.tensor([[-1.0, 1.0]], dtype=torch.float64), torch.tensor([[1 - t, t]], dtype=torch.float64)
        centre = torch.stack([torch.zeros_like(m), m])
        gain = torch.linalg.solve(B @ joint @ B.T, B @ joint @ A.T).T
        columns.append((A @ centre + gain @ (x[:, k].double()[None] - B @ centre[:, None])).flatten())
    return torch.stack(columns, 1).to(x.dtype)


exercise = Exercise(
    id="flowmatch-velocity", defines="best_velocity(x, t, mean, std)", core=True, points=4, level=3, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.flow_matching.gaussian_velocity"],
    comparisons=[
        Compare("start", shape="(B, D)", points=0.75, what="`best_velocity` at t = 0",
                says="At t = 0 x_t is the noise itself, and says nothing about the data: the mean of the data, minus x."),
        Compare("centred", "same", shape="(B, D)", points=1, what="`best_velocity` of data with mean 0, or with spread 1",
                says="The slope: the covariance of x_1 - x_0 with x_t, divided by the variance of x_t."),
        Compare("middle", "later", "one", shape="(B, D)", points=1.25, what="`best_velocity`",
                says="With a mean: x_t has the mean t·m, and x_1 - x_0 has the mean m."),
        Compare("end", "extreme", "point", "narrow", "late", shape="(B, D)", points=1,
                what={"end": "`best_velocity` at t = 1", "narrow": "`best_velocity` of very narrow data at t = 1",
                      "late": "`best_velocity` of very narrow data near t = 1", "extreme": "`best_velocity` of far data, very narrow or very wide",
                      "point": "`best_velocity` of data that are a single point"},
                says="The ends: t = 1, data far away, very narrow or very wide, and data that are a single point (s = 0)."),
    ],
    hints=[
        "x_1 - x_0 and x_t are both sums of the same two independent numbers. What is the variance of x_t, and what is the "
        "covariance of the two?",
        "Var(x_t) = (1 - t)² + t² s². In the covariance x_0 has the weights -1 and 1 - t, and x_1 has 1 and t.",
        "mean + (t * std**2 - (1 - t)) / ((1 - t)**2 + t**2 * std**2) * (x - t * mean).",
    ],
    afterwards="For s = 1 and m = 0 the slope at t = ½ is 0: halfway, x_t says nothing about which way its pair is going.",
)
