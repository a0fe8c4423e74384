"""evaluation-gaussian-kl: the divergence between Gaussians with independent components, in nats.

    KL(N(μ, σ²) ‖ N(m, s²)) = ½ Σ_d [ (σ_d² + (μ_d - m_d)²) / s_d² - 1 - log (σ_d² / s_d²) ]

Fixed: both are given by their mean and log-variance; the second one is no standard normal. One row of the
hidden batch equals the second Gaussian, where the divergence is 0. Log-variances of either reach from -30 to 26, one
at a time, so that whatever is cut off or added to a variance shows.
"""

import torch
from torch.distributions import Independent, Normal, kl_divergence

from genlab.random import rand, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Float64, B ≠ K; no mean at 0 and no variance at 1; the last row is the second Gaussian itself."""
    B, K = 5, 3
    double = torch.zeros((), dtype=torch.float64)

    def draw(*shape):
        return randn(shape, like=double, rng=rng)

    m, log_s2 = 0.5 + 0.5 * draw(K), 0.8 + 0.4 * draw(K)
    mu, logvar = 1.2 * draw(B, K) - 1, 0.7 * draw(B, K) - 0.6
    mu[-1], logvar[-1] = m, log_s2
    ends = torch.tensor([-26.0, 22.0], dtype=torch.float64) * (1 + 0.15 * rand((2,), like=double, rng=rng))
    return {"mu": mu, "logvar": logvar, "m": m, "log_s2": log_s2, "weights": 0.5 + draw(B).abs(), "ends": ends}


def probe(gaussian_kl, mu, logvar, m, log_s2, weights, ends):
    """The divergences with their gradients, of the batch, of one row, of one component, and at extreme variances."""
    def ask(*given):
        leaves = [probing.leaf(t) for t in given]
        value = probing.tensor(gaussian_kl(*leaves), "`gaussian_kl`")
        slopes = probing.vjp(value, leaves, weights[:len(given[0])])
        return value, *slopes

    value, d_mu, d_logvar, d_m, d_log_s2 = ask(mu, logvar, m, log_s2)
    one, thin = ask(mu[:1], logvar[:1], m, log_s2)[0], ask(mu[:, :1], logvar[:, :1], m[:1], log_s2[:1])[0]
    far = torch.cat([logvar[:1], torch.diag_embed(ends.repeat(2))[:, :3] + logvar[:4]])  # one extreme in each row
    sharp, broad = (log_s2 + end * torch.eye(3, dtype=mu.dtype)[2] for end in ends)
    extreme = [ask(mu, far, m, s) for s in (log_s2, sharp, broad)]
    return dict(value=value, one=one, thin=thin, d_mu=d_mu, d_logvar=d_logvar, d_m=d_m, d_log_s2=d_log_s2,
                extreme=torch.stack([found[0] for found in extreme]),
                extreme_slope=torch.stack([found[2] for found in extreme]),
                extreme_slope_of_p=torch.stack([found[4] for found in extreme]))


def reference(mu, logvar, m, log_s2):
    """The closed form, dimension by dimension."""
    excess = logvar - log_s2
    return (excess.exp() + (mu - m) ** 2 / log_s2.exp() - 1 - excess).sum(1) / 2


def truth(mu, logvar, m, log_s2):
    """By torch.distributions."""
    q = Independent(Normal(mu, (logvar / 2).exp()), 1)
    p = Independent(Normal(m.expand_as(mu), (log_s2 / 2).exp().expand_as(mu)), 1)
    return kl_divergence(q, p)


exercise = Exercise(
    id="evaluation-gaussian-kl", defines="gaussian_kl(mu, logvar, m, log_s2)", core=True, points=2, level=1,
    minutes=5, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.vae.gaussian_kl", "genlab.metrics.divergence.normal_kl"],
    comparisons=[
        Compare("value", "one", "thin", shape="(B,)", points=1, what="`gaussian_kl`",
                says="The divergence of each row in nats, 0 where the two Gaussians are the same."),
        Compare("d_mu", "d_logvar", points=0.5, says="The gradient with respect to the first Gaussian."),
        Compare("d_m", "d_log_s2", points=0.25, says="The gradient with respect to the second Gaussian."),
        Compare("extreme", "extreme_slope", "extreme_slope_of_p", shape="(B,)", points=0.25,
                what={"extreme": "`gaussian_kl` of extreme log-variances",
                      "extreme_slope": "its gradient with respect to `logvar`",
                      "extreme_slope_of_p": "its gradient with respect to `log_s2`"},
                says="Log-variances between -30 and 26, with their gradients: nothing is cut off or added."),
    ],
    hints=[
        "KL(q ‖ p) is the mean of log q(z) - log p(z) over draws from q. Write both log-densities down and use "
        "E[(z - μ)²] = σ² and E[(z - m)²] = σ² + (μ - m)².",
        "For one dimension: ½ [ (σ² + (μ - m)²) / s² - 1 - log(σ² / s²) ]. The dimensions add up.",
        "excess = logvar - log_s2; return 0.5 * (excess.exp() + (mu - m) ** 2 / log_s2.exp() - 1 - excess).sum(1)",
    ],
)
