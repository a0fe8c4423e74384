"""beta-active-units: which latent dimensions does the encoder use?"""

import torch

from genlab.random import permutation, randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Standard deviations around the threshold's root, in random order, with means far from zero or near.

    0.0112 and 0.0145 part the standard deviation from other measures of spread; 2.4 makes shares of the
    largest variance differ from variances.
    """
    one = torch.ones(1, dtype=torch.float64)
    N, K = 40, 17
    order = permutation(K, rng=rng)
    spread = torch.tensor([0.0, 0.004, 0.008, 0.0112, 0.0145, 0.02, 0.04, 0.07, 0.085, 0.12, 0.15, 0.2, 0.3,
                           0.5, 0.8, 1.1, 2.4], dtype=torch.float64)[order]

    def table(images):  # exactly these spreads: nothing is near a threshold, whichever divisor is used
        raw = randn((images, K), like=one, rng=rng)
        far = torch.tensor([3.0, 0.05, 0.003], dtype=torch.float64)[randint(0, 3, (K,), rng=rng)]
        sign = 1 - 2 * randint(0, 2, (K,), rng=rng)
        return (raw - raw.mean(0)) / raw.std(0) * spread + far * sign

    level = torch.tensor([0.5, -2.0, 0.0], dtype=torch.float64)[randint(0, 3, (8, K), rng=rng)[0]]  # means exactly
    still = torch.where(spread > 0.1, table(8), level)
    offset = 3000 * (1 + torch.rand(K, generator=rng)) * (1 - 2 * randint(0, 2, (K,), rng=rng))
    pair = table(2)
    pair[:, spread == 0.2] *= 2  # with two images the divisor is half of the variance: far from the threshold, too
    lone = torch.stack([table(N)[:, spread == 0.0112], table(N)[:, spread == 0.5]])[:, :, 0]
    tilted = 0.177 * (permutation(N, rng=rng) < 16).double()[:, None]  # variance below 0.01, mean square about the median above
    return {"mu": table(N), "tilted": tilted, "few": table(6), "still": still, "lone": lone, "pair": pair, "square": table(K),
            "far": (table(N) + offset).float(), "threshold": float(0.026 + 0.004 * torch.rand(1, generator=rng))}


def probe(active_units, mu, threshold, few, still, lone, pair, square, far, tilted):
    """Which units are active, at the default threshold and at another, as numbers 0 and 1."""
    standard = probing.tensor(active_units(mu), "`active_units`")
    other = probing.tensor(active_units(mu, threshold), "`active_units`")
    small = probing.tensor(active_units(few, threshold=threshold), "`active_units`")
    calls = dict(far=(far,), still=(still, 0.0), large=(mu, 4.0), fine=(mu, 3e-4), tilted=(tilted,), pair=(pair, threshold), square=(square,),
                 first=(lone[0, :, None],), second=(lone[1, :, None],))
    found = {name: probing.attempt(active_units, *call) for name, call in calls.items()}
    more = {name: value if isinstance(value, str) else probing.tensor(value, "`active_units`").double()
            for name, value in found.items()}
    return dict(more, standard=standard.double(), other=other.double(), small=small.double(), kind=str(standard.dtype))


def reference(mu, threshold=0.01):
    """A_k = [Var over images of μ_k(x) > threshold] (Burda et al. 2015)."""
    return mu.var(0) > threshold


exercise = Exercise(
    id="beta-active-units", defines="active_units(mu, threshold=0.01)", core=True, points=2, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference,
    withholds=["genlab.metrics.posterior.active_units"],
    comparisons=[
        Compare("standard", points=1, shape="(K,)", says="One truth value for each latent dimension: does the mean of q "
                "vary from image to image by more than the threshold?"),
        Compare("other", "small", "pair", "square", "first", "second", "large", "fine", "tilted", points=0.5, shape="(K,)",
                says="The same at another threshold, for fewer images, and for one dimension."),
        Compare("far", "still", points=0.5, shape="(K,)",
                says="Means in the thousands change no variance, and a dimension that stands still is never active."),
    ],
    hints=[
        "If the decoder gets the same code for every image in some dimension, what can it learn from it?",
        "A unit k is active if the variance over the images of μ_k(x) exceeds the threshold.",
        "mu.var(0) is the variance of each column; compare it with the threshold.",
    ],
)
