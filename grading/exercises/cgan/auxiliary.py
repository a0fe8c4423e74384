"""cgan-auxiliary: both losses of AC-GAN, whose discriminator names the class in place of being told it.

    L_D = -log D(x) - log(1 - D(G)) - log c(y | x) - log c(y | G),    L_G = -log D(G) - log c(y | G),    as means

(Odena, Olah and Shlens 2016, arXiv:1610.09585). Fixed: nats, weight 1, each of the terms a mean of its own; the label
of a sample is the one it was asked for, and the data's labels may be others. Free: how the logarithms are taken.
"""

import torch
from torch.nn import functional as F

from genlab.models.conditional_gan import auxiliary_classifier_loss
from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Data and samples in different numbers, as many rows as classes among them; logits of which D is sure."""
    B, M, C = 7, 6, 4
    return {
        "real": draws.placed(0.5 + 2 * draws.normal((B,), rng=rng), (-6.0, 6.5), rng=rng),
        "fake": draws.placed(-0.5 + 2 * draws.normal((M,), rng=rng), (6.0, -6.5), rng=rng),
        "real_classes": 2 * draws.normal((B, C), rng=rng) + 1, "fake_classes": 2 * draws.normal((M, C), rng=rng) - 1,
        "labels": randint(0, C, (B,), rng=rng), "asked": randint(0, C, (M,), rng=rng),
        "sure_real": draws.logits((B,), rng=rng, ends=(800.0, 30.0, 150.0)),
        "sure_fake": draws.logits((M,), rng=rng, ends=(800.0, 150.0)),
        "sure_data": draws.logits((B, C), rng=rng, ends=(30.0, 150.0, 800.0)),
        "sure_classes": draws.logits((M, C), rng=rng, ends=(30.0, 150.0, 800.0)),
    }


def probe(auxiliary_losses, real, fake, real_classes, fake_classes, labels, asked, sure_real, sure_fake, sure_data, sure_classes):
    """Both losses, and the slopes of each in everything; logits of which D is sure; one row; two classes."""
    leaves = [probing.leaf(v) for v in (real, fake, real_classes, fake_classes)]
    d, g = probing.tensors(auxiliary_losses(*leaves, labels, asked), 2, "`auxiliary_losses`")
    of_d, of_g = probing.vjp(d, leaves), probing.vjp(g, leaves)

    def call(*given):
        found = probing.attempt(auxiliary_losses, *given)
        return [found] * 2 if isinstance(found, str) else probing.tensors(found, 2, "`auxiliary_losses`")

    C = real_classes.shape[1]
    sure = [probing.leaf(v) for v in (sure_real, sure_fake, sure_data, sure_classes)]
    found = call(*sure, labels, asked)
    sure_slopes = [found[0]] * 6
    if isinstance(found[0], torch.Tensor):
        sure_slopes = [*probing.vjp(found[0], sure), *probing.vjp(found[1], sure[1::2])]
    one = call(real[:1], fake[:1], real_classes[:1], fake_classes[:1], labels[:1], asked[:1])
    equal = call(real[:C], fake[:C], real_classes[:C], fake_classes[:C], labels[:C], asked[:C])
    return dict(loss_d=d, loss_g=g, one_d=one[0], one_g=one[1], equal_d=equal[0], equal_g=equal[1],
                d_real=of_d[0], d_fake=of_d[1], d_real_classes=of_d[2], d_fake_classes=of_d[3],
                g_real=of_g[0], g_fake=of_g[1], g_real_classes=of_g[2], g_fake_classes=of_g[3],
                sure_d=found[0], sure_g=found[1], **{f"sure_{i}": slope for i, slope in enumerate(sure_slopes)})


def reference(real, fake, real_classes, fake_classes, labels, asked):
    """As in the lesson."""
    named = F.cross_entropy(fake_classes, asked)
    d = F.softplus(-real).mean() + F.softplus(fake).mean() + F.cross_entropy(real_classes, labels) + named
    return d, F.softplus(-fake).mean() + named


def truth(real, fake, real_classes, fake_classes, labels, asked):
    """genlab's own where both have the same labels; here by torch.distributions, class by class."""
    def nats(logits, y):
        return -torch.distributions.Categorical(logits=logits).log_prob(y).mean()

    coin = F.binary_cross_entropy_with_logits
    named = nats(fake_classes, asked)
    d = coin(real, torch.ones_like(real)) + coin(fake, torch.zeros_like(fake)) + nats(real_classes, labels) + named
    g = coin(fake, torch.ones_like(fake)) + named
    if torch.equal(labels, asked):  # the library's takes one set of labels
        torch.testing.assert_close(auxiliary_classifier_loss(real, fake, real_classes, fake_classes, labels)[0], d)
    return d, g


exercise = Exercise(
    id="cgan-auxiliary", defines="auxiliary_losses(real, fake, real_classes, fake_classes, labels, asked)", core=True, points=3,
    level=2, minutes=10, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.conditional_gan.auxiliary_classifier_loss"],
    comparisons=[
        Compare("loss_d", "one_d", "equal_d", points=0.75, shape="()", what="the first loss of `auxiliary_losses`",
                says="D's loss: real against made, and the class of data and of samples, each term a mean of its own."),
        Compare("loss_g", "one_g", "equal_g", points=0.75, shape="()", what="the second loss of `auxiliary_losses`",
                says="G's loss: taken for real, and recognised as the class that was asked for."),
        Compare("d_real", "d_fake", "d_real_classes", "d_fake_classes", points=0.5, tolerance=1e-4,
                what="the slope of the first loss", says="The slopes of D's loss in all that it says."),
        Compare("g_fake", "g_fake_classes", "g_real", "g_real_classes", points=0.5, tolerance=1e-4,
                what="the slope of the second loss", says="The slopes of G's loss: in what D says of samples, and nowhere else."),
        Compare("sure_d", "sure_g", *(f"sure_{i}" for i in range(6)), points=0.5, tolerance=1e-4, what="the losses at large logits",
                says="Values and slopes where D is sure, rightly or wrongly, of real and made or of the class."),
    ],
    hints=[
        "Two questions are asked of D: is it real, and which class is it? Who wants which answer, for data and for samples? On "
        "one of the two questions both players want the same.",
        "The class terms are cross-entropies from logits, which F.cross_entropy takes; data have `labels`, samples `asked`.",
        "named = F.cross_entropy(fake_classes, asked); d = softplus(-real).mean() + softplus(fake).mean() + "
        "F.cross_entropy(real_classes, labels) + named; g = softplus(-fake).mean() + named.",
    ],
    afterwards="In the class terms the players are no opponents: both want samples that are easily recognised.",
)
