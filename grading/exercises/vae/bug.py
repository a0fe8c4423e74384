"""vae-bug: a loss that trains, and is wrong where the decoder is sure of itself.

The lesson gives `buggy_negative_elbo`, word for word as below. Two faults hide in it. The sigmoid
rounds to 0 or 1 where the decoder is sure, and binary_cross_entropy clamps the logarithm at -100: a
wrong value and no gradient. And the sum over the batch makes the loss grow with the batch.
"""

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from genlab.models import vae
from genlab.random import rand, randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Moderate logits in float64, and in float32 a batch with logits of up to ±200, right and wrong."""
    B, D, K = 5, 7, 3
    double = torch.zeros((), dtype=torch.float64)
    x = randint(0, 2, (B, D), rng=rng).float()
    x[:2, -1] = torch.tensor([0.0, 1.0])
    sign = randint(0, 2, (B, D), rng=rng).float() * 2 - 1
    sure = sign * (30 + 170 * torch.rand((B, D), generator=rng))
    sure[:, 0] = (1 - 2 * x[:, 0]) * (150 + 50 * torch.rand((B,), generator=rng))  # surely wrong
    sure[:, 1] = (1 - 2 * x[:, 1]) * (18 + 20 * torch.rand((B,), generator=rng))  # 1 - p rounds to 0
    sure[:, -1] = (1 - 2 * x[:, -1]) * 10 ** (3 + 3 * torch.rand((B,), generator=rng))  # no other bound either
    sure[:, 2] = (2 * x[:, 2] - 1) * (5 + 3 * torch.rand((B,), generator=rng))
    return {
        "x": x.double(),
        "logits": 2 * randn((B, D), like=double, rng=rng),
        "sure": sure,
        "mu": 1 + randn((B, K), like=double, rng=rng),
        "logvar": 0.7 * randn((B, K), like=double, rng=rng) - 0.5,
        "far": torch.tensor([12, 20, 34]) * (1 + 0.2 * rand((B, K), like=double, rng=rng)),
    }


def probe(negative_elbo, x, logits, sure, mu, logvar, far):
    """The loss with its gradients: of a batch, of the batch twice over, of one image, of sure logits, of extreme σ."""
    leaves = [probing.leaf(t) for t in (logits, mu, logvar)]
    loss = probing.tensor(negative_elbo(x, *leaves), "`negative_elbo`")
    d_logits, d_mu, d_logvar = probing.vjp(loss, leaves)
    doubled = [torch.cat([t, t]) for t in (x, logits, mu, logvar)]
    twice = probing.tensor(negative_elbo(*doubled), "`negative_elbo`")
    one = probing.tensor(negative_elbo(*(t[:1] for t in (x, logits, mu, logvar))), "`negative_elbo`")
    leaf = probing.leaf(sure)
    extreme = probing.tensor(negative_elbo(x.float(), leaf, mu.float(), logvar.float()), "`negative_elbo`")
    d_extreme, = probing.vjp(extreme, [leaf])
    leaves = [probing.leaf(far), probing.leaf(-far)]
    wide, narrow = (probing.tensor(negative_elbo(x, logits, mu, leaf), "`negative_elbo`") for leaf in leaves)
    d_wide, d_narrow = probing.vjp(wide, leaves[:1])[0], probing.vjp(narrow, leaves[1:])[0]
    return dict(wide=wide, narrow=narrow, d_wide=d_wide, d_narrow=d_narrow, loss=loss, d_logits=d_logits, d_mu=d_mu, d_logvar=d_logvar, twice=twice, one=one,
                extreme=extreme, d_extreme=d_extreme)


def reference(x, logits, mu, logvar):
    """Minus the mean of genlab's bound."""
    return -vae.elbo(x, logits, mu, logvar).mean()


def truth(x, logits, mu, logvar):
    """By torch.distributions."""
    kl = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu)))
    return kl.sum(1).mean() - Bernoulli(logits=logits).log_prob(x).sum(1).mean()


exercise = Exercise(
    id="vae-bug", defines="negative_elbo(x, logits, mu, logvar)", core=False, points=2, level=2, minutes=10,
    all_or_nothing=True, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.vae.elbo", "genlab.models.vae.gaussian_kl",
               "genlab.models.vae.bernoulli_log_likelihood", "genlab.models.vae.VAE.elbo",
               "genlab.models.vae.VAE.loss_function", "genlab.models.vae.VAE.loss",
               "genlab.models.likelihoods.Bernoulli.log_prob", "genlab.metrics.divergence.normal_kl"],
    comparisons=[
        Compare("loss", "one", "twice", shape="()", points=0.5, tolerance=1e-5,
                says="The loss: minus the bound in nats, mean over the batch. The same images twice give the same loss."),
        Compare("d_logits", "d_mu", "d_logvar", points=0.5, tolerance=1e-4,
                says="The gradient of the loss at moderate logits."),
        Compare("narrow", "d_narrow", "wide", "d_wide", shape="()", points=0.25, tolerance=1e-4,
                says="The KL where σ is tiny or huge: log σ² of -12 and less, or 12 and more, as it is."),
        Compare("extreme", points=0.25, tolerance=1e-4,
                says="The loss where the decoder is sure: a wrong pixel at logit 150 costs 150 nats."),
        Compare("d_extreme", points=0.5, tolerance=1e-3,
                says="The gradient where the decoder is sure and wrong: it must not vanish."),
    ],
    hints=[
        "Try two things on the buggy loss: give it the same images twice, and give it a logit of 200 at a pixel "
        "that is 0. What is its value, what its gradient?",
        "A sigmoid of 200 is exactly 1, and log(1 - 1) is not finite, so PyTorch clamps it to -100 and the gradient "
        "is lost. -log p and -log(1 - p) are softplus(-logit) and softplus(logit). And only the batch is averaged.",
        "F.binary_cross_entropy_with_logits(logits, x, reduction=\"sum\") and the KL as it stands; divide their sum "
        "by x.shape[0].",
    ],
)
