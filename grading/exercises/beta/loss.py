"""beta-loss: reconstruction plus β times KL, with free bits."""


import torch
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn import functional as F

from genlab.random import randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Some dimensions lie below the free bits on average and some above, and some images cross it.

    `skew`: one image alone lifts a dimension above the floor. Prices from 0 to dozens.
    """
    B, D, K = 5, 9, 4
    one = torch.ones(1, dtype=torch.float64)
    spread = torch.tensor([0.05, 0.2, 0.9, 1.4], dtype=torch.float64)
    x = randint(0, 2, (B, D), rng=rng).double()
    x[:2, 0] = torch.tensor([0.0, 1.0])
    wrong = (1 - 2 * x[:, :1]) * (800 + 700 * torch.rand((B, 1), generator=rng))  # surely so
    return {
        "x": x,
        "steep": torch.cat([wrong, 150 * randn((B, D - 1), like=one, rng=rng)], 1),
        "far": torch.tensor([12.0, 16.0, 20.0, 24.0]).double() + 2 * torch.rand((B, K), generator=rng),
        "skew": torch.cat([12 + 3 * torch.rand((1, 1), generator=rng), 0.3 * torch.rand((B - 1, 1), generator=rng)]).double(),
        "prices": torch.cat([0.1 + 0.8 * torch.rand(1, generator=rng), 20 + 40 * torch.rand(1, generator=rng)]).double(),
        "logits": 2 * randn((B, D), like=one, rng=rng),
        "mu": spread * randn((B, K), like=one, rng=rng) + spread / 2,
        "logvar": -spread * (0.5 + randn((B, K), like=one, rng=rng).abs()),
        "beta": float(2 + 3 * torch.rand(1, generator=rng)),
        "free_bits": float(0.55 + 0.2 * torch.rand(1, generator=rng)),
        "many": float(6 + 3 * torch.rand(1, generator=rng)),
    }


def probe(beta_vae_loss, x, logits, mu, logvar, steep, far, skew, prices, beta, free_bits, many):
    """The loss at β, at 1 and at other prices, with and without free bits, and how it moves with logits, μ and log σ²; at the ends."""
    leaves = [probing.leaf(t) for t in (logits, mu, logvar)]
    value = probing.tensor(beta_vae_loss(x, *leaves, beta), "`beta_vae_loss`")
    d_logits, d_mu, d_logvar = probing.vjp(value, leaves)
    one = probing.tensor(beta_vae_loss(x, logits, mu, logvar, 1.0), "`beta_vae_loss`")
    leaf = probing.leaf(mu)
    free = probing.tensor(beta_vae_loss(x, logits, leaf, logvar, beta, free_bits=free_bits), "`beta_vae_loss`")
    (free_d_mu,) = probing.vjp(free, [leaf])
    all_free = probing.tensor(beta_vae_loss(x, logits, mu, logvar, beta, many), "`beta_vae_loss`")
    leaves = [probing.leaf(t) for t in (steep, far, -far)]
    sure = probing.tensor(beta_vae_loss(x, leaves[0], mu, logvar, beta), "`beta_vae_loss`")
    wide, narrow = (probing.tensor(beta_vae_loss(x, logits, mu, leaf, beta, free_bits), "`beta_vae_loss`")
                    for leaf in leaves[1:])
    d_sure, d_wide, d_narrow = (probing.vjp(value, [leaf])[0]
                                for value, leaf in zip((sure, wide, narrow), leaves, strict=True))
    single = probing.tensor(beta_vae_loss(x[:1], logits[:1], mu[:1], logvar[:1], beta, free_bits), "`beta_vae_loss`")
    lifted = probing.tensor(beta_vae_loss(x[:, :1], logits[:, :1], skew, 0 * skew, beta, free_bits), "`beta_vae_loss`")
    low, high, none = (probing.tensor(beta_vae_loss(x, logits, mu, logvar, price), "`beta_vae_loss`")
                       for price in (*prices.tolist(), 0.0))
    slight = probing.tensor(beta_vae_loss(x, logits, mu, logvar, beta, free_bits / 20), "`beta_vae_loss`")
    return dict(low=low, high=high, none=none, lifted=lifted, slight=slight, sure=sure, wide=wide, narrow=narrow, d_sure=d_sure, d_wide=d_wide, d_narrow=d_narrow,
                single=single, one=one, value=value, d_logits=d_logits, d_mu=d_mu, d_logvar=d_logvar, free=free,
                free_d_mu=free_d_mu, all_free=all_free)


def reference(x, logits, mu, logvar, beta, free_bits=0.0):
    """The formula as it stands in the lesson."""
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(0)
    return reconstruction + beta * kl.clamp(min=free_bits).sum()


def truth(x, logits, mu, logvar, beta, free_bits=0.0):
    """By torch.distributions, dimension by dimension."""
    loss = -Bernoulli(logits=logits).log_prob(x).sum(1).mean()
    for k in range(mu.shape[1]):
        q = Normal(mu[:, k], (logvar[:, k] / 2).exp())
        kl = kl_divergence(q, Normal(torch.zeros_like(mu[:, k]), torch.ones_like(mu[:, k]))).mean()
        loss = loss + beta * (kl if kl >= free_bits else 0 * kl + free_bits)
    return loss


def ends_are_exact(inputs, got, expected, n):
    """At large logits and log-variances; a slope of 0 is a bound, whichever it was."""
    for name, which in (("d_wide", "log σ²"), ("d_narrow", "log σ²"), ("d_sure", "the logits")):
        if ((got[name] == 0) & (expected[name].abs() > 1e-4)).any():
            return False, f"a bound on {which}", "the loss as it stands"
    for name in ("sure", "d_sure", "narrow", "d_narrow", "wide", "d_wide"):
        value, right = got[name].double(), expected[name]
        if not torch.allclose(value, right, rtol=1e-4, atol=1e-4):
            return False, value.flatten()[(value - right).abs().argmax()], right.flatten()[(value - right).abs().argmax()]
    return True, 0.0, 0.0


exercise = Exercise(
    id="beta-loss", defines="beta_vae_loss(x, logits, mu, logvar, beta, free_bits=0.0)", core=True, points=4,
    level=3, minutes=15, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.beta_vae.BetaVAE", "genlab.models.vae.gaussian_kl",
               "genlab.models.likelihoods.Bernoulli.log_prob", "genlab.metrics.divergence.normal_kl"],
    comparisons=[
        Compare("one", points=1, shape="()", says="At β = 1 the loss is minus the ELBO, averaged over the images."),
        Compare("value", "d_logits", "d_mu", "d_logvar", "low", "high", "none", points=1.5, shape="()", tolerance=1e-4,
                says="β weighs the KL and nothing else: look at the value and its gradients away from β = 1."),
        Compare("sure", "d_sure", "narrow", "d_narrow", "wide", "d_wide", points=0.5, shape="()", test=ends_are_exact,
                resolution=1e-4, says="The loss at logits of 1000 and at log σ² of ±12 and more: as it stands, with its gradient."),
        Compare("free", "free_d_mu", "single", "all_free", "lifted", "slight", points=1, shape="()", tolerance=1e-4,
                says="With free bits the KL of each dimension, averaged over the images, counts at least that many "
                     "nats, and no gradient pushes it below."),
    ],
    hints=[
        "Start from minus the ELBO. Which of its two terms should grow with β? And what is the KL of one dimension?",
        "loss = mean over images of BCE summed over pixels + β Σ_k max(free_bits, mean over images of KL_k).",
        "kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(0) has one entry per dimension; "
        "then bce + beta * kl.clamp(min=free_bits).sum().",
    ],
)
