"""vae-elbo: the evidence lower bound of each image, in nats."""

import torch
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from genlab.models import vae
from genlab.random import rand, randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Sizes all different, nothing at a special point; the cotangent weighs the images unequally."""
    B, D, K = 5, 7, 3
    double = randn((1,), rng=rng).double()
    x = randint(0, 2, (B, D), rng=rng).double()
    x[:2, 0] = torch.tensor([0.0, 1.0])
    ends = (2 * randint(0, 2, (B, 1), rng=rng) - 1) * (5.2 + 1.8 * rand((B, 1), like=double, rng=rng))  # e^-6 shows
    side = torch.tensor([1.0, -1.0, 1.0, -1.0, -1.0], dtype=torch.float64)[:, None]  # not both in one image's sum
    return {
        "x": x,
        "logits": torch.cat([2 * randn((B, D - 1), like=double, rng=rng), ends], 1),
        "mu": 1 + randn((B, K), like=double, rng=rng),
        "logvar": 0.7 * randn((B, K), like=double, rng=rng) - 0.5,
        "weight": 1 + 0.5 * randn((B,), like=double, rng=rng),
        "steep": torch.cat([(1 - 2 * x[:, :1]) * 10 ** (3 + 3 * rand((B, 1), like=double, rng=rng)),  # surely wrong
                            150 * randn((B, D - 1), like=double, rng=rng)], 1),
        "far_logvar": side * torch.tensor([12, 20, 34]) * (1 + 0.2 * rand((B, K), like=double, rng=rng)),
    }


def probe(elbo, x, logits, mu, logvar, weight, steep, far_logvar):
    """The bound and its gradients, once more, at large logits and log-variances, and for sizes of one."""
    leaves = [probing.leaf(t) for t in (logits, mu, logvar)]
    value = probing.tensor(elbo(x, *leaves), "`elbo`")
    d_logits, d_mu, d_logvar = probing.vjp(value, leaves, weight)
    again = probing.tensor(elbo(x, logits, mu, logvar), "`elbo`")
    leaves = [probing.leaf(steep), probing.leaf(far_logvar)]
    sure = probing.tensor(elbo(x, leaves[0], mu, logvar), "`elbo`")
    d_sure, = probing.vjp(sure, leaves[:1], weight)
    far = probing.tensor(elbo(x, logits, mu, leaves[1]), "`elbo`")
    d_far, = probing.vjp(far, leaves[1:], weight)
    one = probing.tensor(elbo(x[:1], logits[:1], mu[:1], logvar[:1]), "`elbo`")
    thin = probing.tensor(elbo(x[:, :1], logits[:, :1], mu[:, :1], logvar[:, :1]), "`elbo`")
    return dict(value=value, again=again, one=one, thin=thin, sure=sure, d_sure=d_sure, far=far, d_far=d_far,
                d_logits=d_logits, d_mu=d_mu, d_logvar=d_logvar)


def reference(x, logits, mu, logvar):
    """genlab's own, in the exercise's signature."""
    return vae.elbo(x, logits, mu, logvar)


def truth(x, logits, mu, logvar):
    """By torch.distributions: independent of the formulas that the student derives."""
    likelihood = Independent(Bernoulli(logits=logits), 1).log_prob(x)
    kl = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0 * mu, 1 + 0 * mu))
    return likelihood - kl.sum(1)


def near(got, expected, names, tolerance):
    """Are these values right? What differs most stands first, so that like mistakes measure alike."""
    value, right = (torch.cat([v[name].double().flatten() for name in names]) for v in (got, expected))
    loose = tolerance * (1 if got[names[0]].dtype == torch.float64 else 10)
    worst = int(((value - right).abs() / (1 + right.abs())).argmax())
    return torch.allclose(value, right, rtol=loose, atol=loose), value.roll(-worst), right.roll(-worst)


def same_at_each_call(inputs, got, expected, n):
    """The bound, which nothing random enters: one value for the same z."""
    if not torch.allclose(got["value"], got["again"], rtol=1e-4, atol=1e-4):
        return False, "another value at each call", "the same value"
    return near(got, expected, ("value", "again", "one", "thin"), 1e-5)


def sure_is_exact(inputs, got, expected, n):
    """Value and slope at logits of 100 and more; so exact that the KL counts beside a million nats."""
    return near(got, expected, ("sure", "d_sure"), 1e-6)


def kl_is_exact(inputs, got, expected, n):
    """Where log σ² is ±12 and more; a slope of 0 there alone is a bound on log σ², whichever it was."""
    moderate = torch.allclose(got["d_logvar"].double(), expected["d_logvar"], rtol=1e-4, atol=1e-4)
    if moderate and (got["d_far"] == 0).any():
        return False, "a bound on log σ²", "½ (σ² - 1)"
    return near(got, expected, ("far", "d_far"), 1e-5)


exercise = Exercise(
    id="vae-elbo", defines="elbo(x, logits, mu, logvar)", core=True, points=4, level=3, minutes=20,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.vae.elbo", "genlab.models.vae.gaussian_kl",
               "genlab.models.vae.bernoulli_log_likelihood", "genlab.models.vae.VAE.elbo",
               "genlab.models.vae.VAE.loss_function", "genlab.models.vae.VAE.loss",
               "genlab.models.likelihoods.Bernoulli.log_prob", "genlab.metrics.divergence.normal_kl"],
    comparisons=[
        Compare("value", "again", "one", "thin", shape="(B,)", points=1, test=same_at_each_call,
                resolution=1e-4, says="The bound of each image, in nats."),
        Compare("d_logits", points=1, tolerance=1e-4, says="The likelihood term: how the bound moves with a logit."),
        Compare("d_mu", "d_logvar", points=1, tolerance=1e-4, says="The KL term: how the bound moves with μ and log σ²."),
        Compare("sure", "d_sure", points=0.5, test=sure_is_exact, resolution=1e-4,
                says="The bound where the decoder is sure: logits of 100 and more, right or wrong."),
        Compare("far", "d_far", points=0.5, test=kl_is_exact, resolution=1e-4,
                says="The KL where σ is tiny or huge: log σ² of 12 and more, or -12 and less, as it is."),
    ],
    hints=[
        "The bound has two parts: how well z explains the image, and what it costs to let z depend on the image.",
        "log p(x|z) - KL(q(z|x) ‖ p(z)). The first is a sum over pixels of x log p + (1 - x) log(1 - p) with "
        "p = sigmoid(logit); the second is ½ Σ (μ² + σ² - 1 - log σ²) over the latent dimensions.",
        "-F.binary_cross_entropy_with_logits(logits, x, reduction=\"none\").sum(1) is the first part; subtract "
        "0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).",
    ],
)
