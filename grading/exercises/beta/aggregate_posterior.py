"""beta-aggregate-posterior: the KL term split into what z tells of x, and how far q(z) is from the prior.

    E_x KL(q(z|x) ‖ p(z)) = I_q(x; z) + KL(q(z) ‖ p(z)),   q(z) = (1/N) Σ_j q(z | x_j)

Hoffman and Johnson (2016), ELBO surgery.
"""

import math

import torch
from torch.distributions import Independent, MixtureSameFamily, Normal

from genlab.random import randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Posteriors that overlap in part: the information lies well between 0 and log N. Then the ends.

    `deep`: so many dimensions that a density is 0 as a number. `narrow`, `wide`: σ tiny and huge. `below`: each z nearer to the
    other images' μ, where both estimates are negative. `square`: as many images as dimensions.
    """
    N, K = 7, 3
    one = torch.ones(1, dtype=torch.float64)
    mu = 1.2 * randn((N, K), like=one, rng=rng) + 0.4
    logvar = 0.6 * randn((N, K), like=one, rng=rng) - 1
    def draw(*shape):
        return randn(shape, like=one, rng=rng)

    def codes(mu, logvar):
        return torch.stack([mu + (logvar / 2).exp() * draw(*mu.shape), mu, logvar])

    sides = torch.tensor([1.2, -1.2, 1.2, -1.2], dtype=torch.float64)[:, None] * torch.sign(draw(2))
    levels = torch.tensor([2.5, -2.5, 0.0, 0.0], dtype=torch.float64)[:, None]  # a thousand nats between images
    far = 12 + 3 * torch.rand((5, 3), generator=rng).double()
    return {"z": mu + (logvar / 2).exp() * randn((N, K), like=one, rng=rng), "mu": mu, "logvar": logvar,
            "deep": codes(draw(4, 700), 0.3 * draw(4, 700) + levels), "narrow": codes(2 * draw(5, 3), -far), "wide": torch.stack([draw(5, 3), draw(5, 3), far]),
            "square": codes(draw(4, 4), 0.6 * draw(4, 4) - 1), "lone": codes(draw(1, 2), draw(1, 2)),
            "below": torch.stack([-0.25 * sides + 0.02 * draw(4, 2), sides, 0.02 * draw(4, 2)])}


def probe(kl_decomposition, z, mu, logvar, deep, narrow, wide, square, lone, below):
    """Both parts for all images, for some of them, and at the ends."""
    information, marginal = probing.tensors(kl_decomposition(z, mu, logvar), 2, "`kl_decomposition`")
    some = probing.tensors(kl_decomposition(z[2:], mu[2:], logvar[2:]), 2, "`kl_decomposition`")
    ends = dict(deep=deep, narrow=narrow, wide=wide, square=square, lone=lone, below=below)
    ends = {name: probing.attempt(kl_decomposition, *codes) for name, codes in ends.items()}
    ends = {name: found if isinstance(found, str) else torch.stack(
        [part.double() for part in probing.tensors(found, 2, "`kl_decomposition`")]) for name, found in ends.items()}
    return dict(ends, total=information + marginal, information=information, marginal=marginal,
                some_information=some[0], some_marginal=some[1])


def _log_density(z, mu, logvar):
    """log q(z_i | x_j) in row i and column j: (N, N)."""
    gap = (z[:, None] - mu[None]) ** 2 / logvar.exp()[None]
    return -0.5 * (gap + logvar[None] + math.log(2 * math.pi)).sum(-1)


def _log_prior(z):
    return -0.5 * (z**2 + math.log(2 * math.pi)).sum(-1)


def reference(z, mu, logvar):
    """The two means over images, with the mixture in log space."""
    table = _log_density(z, mu, logvar)
    aggregate = table.logsumexp(1) - math.log(len(z))
    return (table.diagonal() - aggregate).mean(), (aggregate - _log_prior(z)).mean()


def truth(z, mu, logvar):
    """By torch.distributions' mixture."""
    parts = Independent(Normal(mu, (logvar / 2).exp()), 1)
    weights = torch.distributions.Categorical(logits=torch.zeros(len(z), dtype=z.dtype))
    aggregate = MixtureSameFamily(weights, parts).log_prob(z)
    prior = Normal(torch.zeros_like(z), torch.ones_like(z)).log_prob(z).sum(1)
    return (parts.log_prob(z) - aggregate).mean(), (aggregate - prior).mean()


exercise = Exercise(
    id="beta-aggregate-posterior", defines="kl_decomposition(z, mu, logvar)", core=False, points=3, level=4, minutes=20,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.metrics.posterior.kl_decomposition"],
    comparisons=[
        Compare("total", points=1, shape="()", says="Together the two parts are the KL of the bound: "
                "the mean of log q(z|x) - log p(z)."),
        Compare("information", "some_information", points=0.75, shape="()",
                says="What z tells of x: the mean of log q(z_i|x_i) - log q(z_i)."),
        Compare("marginal", "some_marginal", points=0.75, shape="()",
                says="How far the aggregate posterior is from the prior: the mean of log q(z_i) - log p(z_i)."),
        Compare("deep", "narrow", "wide", "square", "lone", "below", points=0.5, tolerance=1e-3,
                says="Codes of hundreds of dimensions, with any σ, of one image or of as many as dimensions: in logarithms, as they are. An estimate may be negative."),
    ],
    hints=[
        "Write the KL as a mean of log q(z|x) - log p(z), then add and subtract log q(z).",
        "log q(z_i) = logsumexp over j of log q(z_i|x_j), minus log N. You need the N × N table of log q(z_i|x_j).",
        "table = -0.5 * ((z[:, None] - mu) ** 2 / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1); its diagonal is log q(z_i|x_i).",
    ],
)
