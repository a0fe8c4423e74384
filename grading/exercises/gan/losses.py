"""gan-losses: what each player minimises, from logits.

    D   -mean log D(x) - mean log(1 - D(G(z)))       G   -mean log D(G(z)),       D = sigmoid(logit)

G's is the non-saturating loss (Goodfellow et al. 2014, section 3). Fixed: nats, each of the three a mean of its
own, so that real and made logits may differ in number.
"""

import torch
import torch.nn.functional as F

from genlab.models import gan
from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise

SURE = (30.0, 150.0, 900.0)  # from the last one on an exponential overflows in float64, too


def inputs(rng, n=1):
    """More samples than data, and fewer; moderate logits, and ones of which D is sure, rightly or not."""
    places = randint(0, 2, (1,), rng=rng).item()
    real, fake = 0.5 + 2 * draws.normal((5,), rng=rng), -0.5 + 2 * draws.normal((7 + places,), rng=rng)
    real[0] = -5.2 - 0.2 * real[0].sin()  # alone, and so large that e^-5 in its loss can be seen
    return {
        "real": real, "fake": fake,
        "sure_real": draws.logits((10,), rng=rng, ends=SURE),
        "sure_fake": draws.logits((8,), rng=rng, ends=SURE),
    }


def probe(gan_losses, real, fake, sure_real, sure_fake):
    """Both losses and their slopes at moderate and at large logits; single ones."""
    def both(first, second):
        leaves = [probing.leaf(first), probing.leaf(second)]
        d, g = probing.tensors(gan_losses(*leaves), 2, "`gan_losses`")
        return d, g, *probing.vjp(d, leaves), *probing.vjp(g, leaves)

    loss_d, loss_g, of_d_real, of_d_fake, of_g_real, of_g_fake = both(real, fake)
    sure = probing.attempt(both, sure_real, sure_fake)
    sure = [sure] * 6 if isinstance(sure, str) else sure
    one_d, one_g = probing.tensors(gan_losses(real[:1], fake[:1]), 2, "`gan_losses`")
    return dict(loss_d=loss_d, loss_g=loss_g, one_d=one_d, one_g=one_g, of_d_real=of_d_real, of_d_fake=of_d_fake,
                of_g_real=of_g_real, of_g_fake=of_g_fake, sure_d=sure[0], sure_g=sure[1],
                **{f"sure_{i}": slope for i, slope in enumerate(sure[2:])})


def reference(real, fake):
    """genlab's own, in the exercise's signature."""
    return gan.discriminator_loss(real, fake), gan.generator_loss(fake)


def truth(real, fake):
    """By torch's cross-entropy with labels: 1 for the data, 0 for samples, and 1 for samples in G's."""
    cross_entropy = F.binary_cross_entropy_with_logits
    d = cross_entropy(real, torch.ones_like(real)) + cross_entropy(fake, torch.zeros_like(fake))
    return d, cross_entropy(fake, torch.ones_like(fake))


def sure_is_exact(inputs, got, expected, n):
    """Values and slopes at logits of 30, 150 and 900, of both signs; what differs most stands first."""
    names = ("sure_d", "sure_g", "sure_0", "sure_1", "sure_2", "sure_3")
    if isinstance(got["sure_d"], str):
        return False, got["sure_d"], "numbers"
    logits = torch.cat([inputs["sure_real"], inputs["sure_fake"]]).abs()
    sound = torch.isfinite(torch.cat([got["sure_0"], got["sure_1"]]) + torch.cat([got["sure_2"], got["sure_3"]]))
    if not sound.all():
        return False, f"inf or nan from logits of {logits[~sound].min():.0f} on", "numbers"
    if any(not torch.isfinite(got[name]).all() for name in names):
        return False, "inf or nan", "numbers"
    value, right = (torch.cat([v[name].double().flatten() for name in names]) for v in (got, expected))
    worst = int(((value - right).abs() / (0.01 + right.abs())).argmax())
    return torch.allclose(value, right, rtol=1e-4, atol=1e-4), value.roll(-worst), right.roll(-worst)


exercise = Exercise(
    id="gan-losses", defines="gan_losses(real, fake)", core=True, points=4, level=2, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.adversarial.discriminator_loss", "genlab.models.adversarial.generator_loss",
               "genlab.models.adversarial.saturating_generator_loss"],
    comparisons=[
        Compare("loss_d", "one_d", shape="()", points=1, says="D's loss: a mean over data and a mean over samples, added.",
                what="the first loss of `gan_losses`"),
        Compare("loss_g", "one_g", shape="()", points=1, what="the second loss of `gan_losses`",
                says="G's loss: how surprised D is to be told that samples are real."),
        Compare("of_d_real", "of_d_fake", points=0.5, tolerance=1e-4, what="the slope of the first loss",
                says="The slope of D's loss in each of its logits."),
        Compare("of_g_fake", "of_g_real", points=0.5, tolerance=1e-4, what="the slope of the second loss",
                says="The slope of G's loss in the logits of samples, and none in those of data."),
        Compare("loss_d", points=1, test=sure_is_exact, resolution=1e-4,
                says="Values and slopes where D is sure, rightly or wrongly: logits of ±30, ±150 and ±900."),
    ],
    hints=[
        "D answers a question with two answers, so each of its losses is the cross-entropy of a coin. Which label does D "
        "want for data, which for samples? Which one does G want D to give?",
        "log sigmoid(l) = -softplus(-l), and 1 - sigmoid(l) = sigmoid(-l). So every term is a softplus of the logit or of "
        "minus the logit.",
        "d = F.softplus(-real).mean() + F.softplus(fake).mean(), and g is the first form again, applied to fake.",
    ],
    afterwards="Both slopes in a sample's logit come from one number, D(G(z)): D uses it, and G uses what is missing to 1.",
)
