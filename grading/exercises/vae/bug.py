"""vae-bug: a loss that trains, and is wrong where the decoder is sure of itself.

The lesson gives `buggy_negative_elbo`, word for word as below. Two faults hide in it. The sigmoid
rounds to 0 or 1 where the decoder is sure, and binary_cross_entropy clamps the logarithm at -100: a
wrong value and no gradient. And the sum over the batch makes the loss grow with the batch.
"""

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn import functional as F

from genlab.models import vae
from genlab.random import randint, randn
from grading import probing
from grading.exercise import Compare, Exercise, Mistake


def inputs(rng, n=1):
    """Moderate logits in float64, and in float32 a batch with logits of up to ±200, right and wrong."""
    B, D, K = 5, 7, 3
    double = torch.zeros((), dtype=torch.float64)
    x = randint(0, 2, (B, D), rng=rng).float()
    sign = randint(0, 2, (B, D), rng=rng).float() * 2 - 1
    sure = sign * (30 + 170 * torch.rand((B, D), generator=rng))
    sure[:, 0] = (1 - 2 * x[:, 0]) * (150 + 50 * torch.rand((B,), generator=rng))  # surely wrong
    sure[:, 1] = (1 - 2 * x[:, 1]) * (18 + 20 * torch.rand((B,), generator=rng))  # 1 - p rounds to 0
    sure[:, 2] = (2 * x[:, 2] - 1) * (5 + 3 * torch.rand((B,), generator=rng))
    return {
        "x": x.double(),
        "logits": 2 * randn((B, D), like=double, rng=rng),
        "sure": sure,
        "mu": 1 + randn((B, K), like=double, rng=rng),
        "logvar": 0.7 * randn((B, K), like=double, rng=rng) - 0.5,
    }


def probe(negative_elbo, x, logits, sure, mu, logvar):
    """The loss with its gradients: of a batch, of the batch twice over, of one image, of sure logits."""
    leaves = [probing.leaf(t) for t in (logits, mu, logvar)]
    loss = probing.tensor(negative_elbo(x, *leaves), "`negative_elbo`")
    d_logits, d_mu, d_logvar = probing.vjp(loss, leaves)
    doubled = [torch.cat([t, t]) for t in (x, logits, mu, logvar)]
    twice = probing.tensor(negative_elbo(*doubled), "`negative_elbo`")
    one = probing.tensor(negative_elbo(*(t[:1] for t in (x, logits, mu, logvar))), "`negative_elbo`")
    leaf = probing.leaf(sure)
    extreme = probing.tensor(negative_elbo(x.float(), leaf, mu.float(), logvar.float()), "`negative_elbo`")
    d_extreme, = probing.vjp(extreme, [leaf])
    return dict(loss=loss, d_logits=d_logits, d_mu=d_mu, d_logvar=d_logvar, twice=twice, one=one,
                extreme=extreme, d_extreme=d_extreme)


def reference(x, logits, mu, logvar):
    """Minus the mean of genlab's bound."""
    return -vae.elbo(x, logits, mu, logvar).mean()


def truth(x, logits, mu, logvar):
    """By torch.distributions."""
    kl = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu)))
    return kl.sum(1).mean() - Bernoulli(logits=logits).log_prob(x).sum(1).mean()


# Known mistakes


def buggy_negative_elbo(x, logits, mu, logvar):
    probabilities = torch.sigmoid(logits)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="sum")
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return reconstruction + kl


def _kl(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)


def _cross_entropy(x, logits):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)


def only_the_batch(x, logits, mu, logvar):
    return buggy_negative_elbo(x, logits, mu, logvar) / len(x)


def only_the_logits(x, logits, mu, logvar):
    return (_cross_entropy(x, logits) + _kl(mu, logvar)).sum()


def sigmoid_kept(x, logits, mu, logvar):
    return (_cross_entropy(x, torch.sigmoid(logits)) + _kl(mu, logvar)).mean()


def sigmoid_dropped(x, logits, mu, logvar):
    cross_entropy = -(x * logits.log() + (1 - x) * (1 - logits).log())
    return (cross_entropy.sum(1) + _kl(mu, logvar)).mean()


def mean_of_everything(x, logits, mu, logvar):
    return F.binary_cross_entropy_with_logits(logits, x) + _kl(mu, logvar).mean()


def mean_of_both(x, logits, mu, logvar):
    return F.binary_cross_entropy_with_logits(logits, x) + _kl(mu, logvar).mean() / mu.shape[1]


def kl_still_summed(x, logits, mu, logvar):
    return _cross_entropy(x, logits).mean() + _kl(mu, logvar).sum()


def likelihood_still_summed(x, logits, mu, logvar):
    return _cross_entropy(x, logits).sum() + _kl(mu, logvar).mean()


def divided_by_pixels(x, logits, mu, logvar):
    return (_cross_entropy(x, logits) + _kl(mu, logvar)).mean() / x.shape[1]


def probabilities_clamped(x, logits, mu, logvar):
    p = torch.sigmoid(logits).clamp(1e-7, 1 - 1e-7)
    return (F.binary_cross_entropy(p, x, reduction="none").sum(1) + _kl(mu, logvar)).mean()


def small_number_added(x, logits, mu, logvar):
    p = torch.sigmoid(logits)
    log_likelihood = x * (p + 1e-8).log() + (1 - x) * (1 - p + 1e-8).log()
    return (-log_likelihood.sum(1) + _kl(mu, logvar)).mean()


def logs_by_hand(x, logits, mu, logvar):
    p = torch.sigmoid(logits)
    log_likelihood = x * p.log() + (1 - x) * (1 - p).log()
    return (-log_likelihood.sum(1) + _kl(mu, logvar)).mean()


def _clamped(limit):
    def logits_clamped(x, logits, mu, logvar):
        return (_cross_entropy(x, logits.clamp(-limit, limit)) + _kl(mu, logvar)).mean()

    return logits_clamped


def in_double(x, logits, mu, logvar):
    cross_entropy = F.binary_cross_entropy(torch.sigmoid(logits.double()), x.double(), reduction="none")
    return (cross_entropy.sum(1) + _kl(mu, logvar)).mean()


def squared_error(x, logits, mu, logvar):
    return (((torch.sigmoid(logits) - x) ** 2).sum(1) + _kl(mu, logvar)).mean()


def divided_by_width(x, logits, mu, logvar):
    return (_cross_entropy(x, logits) + _kl(mu, logvar)).sum() / x.shape[1]


def nan_replaced(x, logits, mu, logvar):
    p = torch.sigmoid(logits)
    cross_entropy = -(x * torch.log(p) + (1 - x) * torch.log(1 - p)).nan_to_num(nan=0.0, posinf=100.0)
    return (cross_entropy.sum(1) + _kl(mu, logvar)).mean()


def exponential_by_hand(x, logits, mu, logvar):
    return ((torch.log(1 + torch.exp(logits)) - x * logits).sum(1) + _kl(mu, logvar)).mean()


def bound_itself(x, logits, mu, logvar):
    return -(_cross_entropy(x, logits) + _kl(mu, logvar)).mean()


def kl_subtracted(x, logits, mu, logvar):
    return (_cross_entropy(x, logits) - _kl(mu, logvar)).mean()


def one_number_an_image(x, logits, mu, logvar):
    return _cross_entropy(x, logits) + _kl(mu, logvar)


def probabilities_clamped_wider(x, logits, mu, logvar):
    p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    return (F.binary_cross_entropy(p, x, reduction="none").sum(1) + _kl(mu, logvar)).mean()


def smaller_number_added(x, logits, mu, logvar):
    p = torch.sigmoid(logits)
    log_likelihood = x * (p + 1e-10).log() + (1 - x) * (1 - p + 1e-10).log()
    return (-log_likelihood.sum(1) + _kl(mu, logvar)).mean()


# Also right


def sum_over_batch_size(x, logits, mu, logvar):
    total = torch.nn.BCEWithLogitsLoss(reduction="sum")(logits, x)
    return (total - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())) / x.size(0)


def softplus_form(x, logits, mu, logvar):
    return (F.softplus(logits) - x * logits).sum(1).mean() + _kl(mu, logvar).mean()


def log_sigmoid_form(x, logits, mu, logvar):
    log_likelihood = x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)
    return torch.stack([_kl(m[None], v[None])[0] - row.sum()
                        for row, m, v in zip(log_likelihood, mu, logvar, strict=True)]).mean()


def logaddexp_form(x, logits, mu, logvar):
    signed = torch.where(x > 0.5, -logits, logits)
    nats = torch.logaddexp(signed, torch.zeros_like(signed)).mean(0).sum()
    return nats + torch.einsum("bk->k", mu * mu + logvar.exp() - logvar - 1).sum() / (2 * len(mu))


exercise = Exercise(
    id="vae-bug", defines="negative_elbo(x, logits, mu, logvar)", core=True, points=2, level=2, minutes=10,
    all_or_nothing=True, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.vae.elbo", "genlab.models.vae.gaussian_kl",
               "genlab.models.vae.bernoulli_log_likelihood", "genlab.models.vae.VAE.elbo",
               "genlab.models.vae.VAE.loss_function", "genlab.models.vae.VAE.loss"],
    comparisons=[
        Compare("loss", "one", "twice", shape="()", points=0.5, tolerance=1e-4,
                says="The loss: minus the bound in nats, mean over the batch. The same images twice give the same loss."),
        Compare("d_logits", "d_mu", "d_logvar", points=0.5, tolerance=1e-4,
                says="The gradient of the loss at moderate logits."),
        Compare("extreme", points=0.5, tolerance=1e-4,
                says="The loss where the decoder is sure: a wrong pixel at logit 150 costs 150 nats."),
        Compare("d_extreme", points=0.5, tolerance=1e-3,
                says="The gradient where the decoder is sure and wrong: it must not vanish."),
    ],
    mistakes=[
        Mistake(buggy_negative_elbo, "This is still the buggy loss. Look at what it does to a batch twice as long, "
                "and to a pixel of which the decoder is sure."),
        Mistake(only_the_batch, "The batch is right now. But the sigmoid still rounds to 0 or 1: at logit 150 the "
                "loss is clamped to 100 and its gradient is 0. Stay with the logits."),
        Mistake(only_the_logits, "The logits are right now. But the loss is still a sum over the batch: twice the "
                "images, twice the loss. Take the mean over the images."),
        Mistake(sigmoid_kept, "The sigmoid is applied twice: binary_cross_entropy_with_logits wants the logits."),
        Mistake(sigmoid_dropped, "Logits are not probabilities: without the sigmoid, binary_cross_entropy does not "
                "apply. There is a function that takes logits."),
        Mistake(mean_of_everything, "The default reduction averages over pixels too, so the KL weighs D times too "
                "much: sum over pixels, then average over images."),
        Mistake(mean_of_both, "You average over pixels and latents. Sum over both; only the batch is averaged."),
        Mistake(kl_still_summed, "The KL is still summed over the batch: both terms are means over images."),
        Mistake(likelihood_still_summed, "The reconstruction is still summed over the batch: both terms are means "
                "over images."),
        Mistake(divided_by_pixels, "You divide by the number of pixels: in nats per image only the batch is averaged."),
        Mistake(probabilities_clamped, "Clamping the probabilities hides the trouble: the loss is capped and its "
                "gradient is 0 where the decoder is sure and wrong. Stay with the logits."),
        Mistake(small_number_added, "A small number inside the logarithm hides the trouble: the loss is capped "
                "where the decoder is sure and wrong. Stay with the logits."),
        Mistake(logs_by_hand, "The logarithm of a rounded sigmoid is log 0. Stay with the logits."),
        Mistake(nan_replaced, "The logarithm of a rounded sigmoid is log 0. Stay with the logits."),
        *(Mistake(_clamped(limit), "Clamping the logits caps the loss and kills the gradient where the decoder is sure. "
                  "No clamp is needed with the right function.") for limit in (10, 15, 20, 30, 50, 80, 88, 100)),
        Mistake(in_double, "Double precision only moves the place where the sigmoid rounds to 1: at logit 40 it is "
                "there again. Stay with the logits."),
        Mistake(squared_error, "A squared error is not the likelihood of a binary pixel: the cross-entropy stays, "
                "only computed from the logits."),
        Mistake(divided_by_width, "You divide by the number of pixels, x.shape[1]; the number of images is x.shape[0]."),
        Mistake(exponential_by_hand, "exp(logit) overflows in float32 above 88: softplus is log(1 + exp) without "
                "overflow."),
        Mistake(bound_itself, "This is the bound itself; the loss to minimise is minus the bound."),
        Mistake(kl_subtracted, "In the loss the KL is added: minus the bound is cross-entropy plus KL."),
        Mistake(one_number_an_image, "One number is asked for: the mean over the images."),
        Mistake(probabilities_clamped_wider, "Clamping the probabilities hides the trouble: the loss is capped and its "
                "gradient is 0 where the decoder is sure and wrong. Stay with the logits."),
        Mistake(smaller_number_added, "A small number inside the logarithm hides the trouble: the loss is capped "
                "where the decoder is sure and wrong. Stay with the logits."),
    ],
    equivalent_mutants={
        'reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1): 1 → -1':
            "the last axis of a matrix is its axis 1",
        "kl = 0.5 * (mu.pow(2) + logvar.exp() - 1 - logvar).sum(1): 1 → -1": "the last axis of a matrix is its axis 1",
    },
    also_right=[sum_over_batch_size, softplus_form, log_sigmoid_form, logaddexp_form],
    hints=[
        "Try two things on the buggy loss: give it the same images twice, and give it a logit of 200 at a pixel "
        "that is 0. What is its value, what its gradient?",
        "A sigmoid of 200 is exactly 1, and log(1 - 1) is not finite, so PyTorch clamps it to -100 and the gradient "
        "is lost. -log p and -log(1 - p) are softplus(-logit) and softplus(logit). And only the batch is averaged.",
        "F.binary_cross_entropy_with_logits(logits, x, reduction=\"sum\") and the KL as it stands; divide their sum "
        "by x.shape[0].",
    ],
)
