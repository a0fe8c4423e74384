"""beta-rate-distortion: the optimum of a linear β-VAE on Gaussian data, in closed form.

Along a principal direction with variance λ the best decoder leaves the squared error d, at a rate of
½ log(λ/d) nats. Minimising d/(2s²) + β·½ log(λ/d) over 0 < d ≤ λ gives d = min(λ, β s²): reverse
water-filling. A direction whose variance lies below β s² is not encoded at all.
"""


import torch

from genlab.random import randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Five directions, four betas: at the smallest all directions live, at the largest two do. Data in other units, too."""
    one = torch.ones(1, dtype=torch.float64)
    noise = float(0.3 + 0.4 * torch.rand(1, generator=rng))
    levels = torch.tensor([0.4, 1.1, 2.6, 7.0], dtype=torch.float64)
    betas = levels * (1 + 0.1 * randn((4,), like=one, rng=rng).clamp(-2, 2))
    ladder = torch.tensor([12.0, 0.75, 4.4, 1.7, 9.0], dtype=torch.float64)
    variances = noise * ladder * (1 + 0.05 * randn((5,), like=one, rng=rng).clamp(-2, 2))
    mixed = betas[torch.tensor([2, 0, 3, 1, 2, 1])] * (1 + 1e-3 * randn((6,), like=one, rng=rng))
    mixed[4] = mixed[0]
    twice = torch.cat([variances[1:3], variances[1:2]])  # a direction as wide as another
    return {"variances": variances, "noise": noise, "betas": betas, "mixed": mixed, "twice": twice, "more": 0.5 + 5 * torch.rand(3, generator=rng)}


def probe(rate_distortion_curve, variances, noise, betas, mixed, twice, more):
    """The curve at betas at which every direction lives, at larger ones, unsorted and repeated, few and many."""
    low = probing.tensors(rate_distortion_curve(variances, noise, betas[:1]), 2, "`rate_distortion_curve`")
    rate, distortion = probing.tensors(rate_distortion_curve(variances, noise, betas), 2,
                                       "`rate_distortion_curve`")
    other = probing.tensors(rate_distortion_curve(variances.flip(0)[:3], noise, more), 2,
                            "`rate_distortion_curve`")
    ends = torch.cat([betas[:1] / 1000, betas[-1:] * 1000])
    units = {name: (variances * unit, betas, noise * unit) for name, unit in (("small", 1e-8), ("large", 1e8))}
    calls = dict(units, mixed=(variances, mixed), square=(variances, torch.cat([mixed[1:4], betas[:2]])), twice=(twice, mixed),
                 one=(variances[:1], betas), single=(variances[2:3], mixed[:1]), ends=(variances, ends))
    curves = {name: torch.cat([part.reshape(-1) for part in probing.tensors(
        rate_distortion_curve(first, *(level or [noise]), prices), 2, "`rate_distortion_curve`")])
        for name, (first, prices, *level) in calls.items()}
    return dict(curves, low_rate=low[0], low_distortion=low[1], rate=rate, distortion=distortion,
                other_rate=other[0], other_distortion=other[1])


def reference(variances, noise, betas):
    """d_k = min(λ_k, β s²); R = Σ ½ log(λ_k / d_k); D = Σ d_k / (2 s²)."""
    error = torch.minimum(variances, betas.to(variances).unsqueeze(1) * noise)
    return 0.5 * (variances / error).log().sum(1), (error / (2 * noise)).sum(1)


def truth(variances, noise, betas):
    """The encoder N(a x, v) and decoder w z that minimise D + β R, found by bisection on the slope.

    With the decoder at its best, the error left by a signal-to-noise ratio r = a²λ/v is d = λ/(1 + r)
    and, with E z² = 1, the KL from the prior is ½ log(1 + r). The objective's derivative in r,
    -λ/(2s²(1+r)²) + β/(2(1+r)), changes sign once.
    """
    beta = betas.to(variances).unsqueeze(1)
    low = torch.zeros(len(betas), len(variances)).to(variances)
    high = low + 1e8
    for _ in range(200):
        r = (low + high) / 2
        rising = -variances / (2 * noise * (1 + r) ** 2) + beta / (2 * (1 + r)) > 0
        low, high = torch.where(rising, low, r), torch.where(rising, r, high)
    return 0.5 * torch.log1p(r).sum(1), (variances / (1 + r) / (2 * noise)).sum(1)


exercise = Exercise(
    id="beta-rate-distortion", defines="rate_distortion_curve(variances, noise, betas)", core=True, points=4,
    level=4, minutes=25, inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("low_rate", points=1, shape="(N,)", says="The rate while every direction is encoded: Σ ½ log(λ / d)."),
        Compare("low_distortion", points=1, shape="(N,)", says="The distortion while every direction is encoded: Σ d / (2s²)."),
        Compare("mixed", "square", "twice", "one", "single", points=0.25,
                says="One value for each β in the order given, also where β falls or returns, for one direction or equal ones."),
        Compare("ends", "small", "large", points=0.25,
                says="β from thousandths to thousands, and variances in another unit, as they are: nothing added or cut off."),
        Compare("rate", "distortion", "other_rate", "other_distortion", points=1.5, shape="(N,)",
                says="At larger β some directions are no longer worth their rate. Each keeps its whole variance as error."),
    ],
    hints=[
        "Take one direction of variance λ and let d be the squared error that remains. What does it cost to reach d, "
        "and when is it better not to encode the direction at all?",
        "d = min(λ, β s²), rate ½ log(λ / d), distortion d / (2s²); both are summed over the directions.",
        "error = torch.minimum(variances, betas[:, None] * noise) has shape (N, K); then 0.5 * (variances / error).log().sum(1) "
        "and (error / (2 * noise)).sum(1).",
    ],
)
