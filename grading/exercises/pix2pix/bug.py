"""pix2pix-bug: a discriminator's loss that falls to nothing at once, and teaches nothing.

The lesson gives `buggy_pair_loss`, word for word as in the answers. Two faults hide in it. In the pair that was made the
image comes first and the input second, in the real pair the other way round, so that D can tell them apart without looking
at either. And the logits are averaged before the loss, so that patches no longer have a verdict each.
"""

import torch
from torch import nn
from torch.nn import functional as F

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Small pairs that are not square, and the weights of D."""
    images = 3 + int(randint(0, 3, (), rng=rng))
    shape = (images, 2, 5, 7)
    return {"x": draws.normal(shape, rng=rng), "y": draws.normal(shape, rng=rng), "made": draws.normal(shape, rng=rng),
            "kernel": draws.normal((1, 4, 3, 3), rng=rng), "sure": 150.0 + 50 * torch.rand(1, generator=rng).item()}


def probe(pair_loss, x, y, made, kernel, sure):
    """The loss and its gradients for D and for the image that was made; one image; a D that is sure, right and wrong."""
    class Judge(nn.Module):
        def __init__(self, weight, scale=1.0, shift=0.0):
            super().__init__()
            self.kernel, self.scale, self.shift = nn.Parameter(weight.clone()), scale, shift

        def forward(self, pair):
            return F.conv2d(pair, self.kernel * self.scale, stride=2) * (1.0 if self.training else 0.5) + self.shift

    def ask(judge, *images):
        return probing.tensor(pair_loss(judge, *images), "`pair_loss`")

    judge, leaf = Judge(kernel), probing.leaf(made)
    value = ask(judge, x, y, leaf)
    d_judge, d_made = probing.vjp(value, [judge.kernel, leaf])
    one = ask(judge, x[:1], y[:1], made[:1])
    turned = ask(judge, y, x, made)
    equal = ask(judge, x, y, y.clone())
    ends = []
    for shift in (sure, -sure):
        judge = Judge(kernel, 1e-3, shift)
        loss = ask(judge, x, y, made)
        ends += [loss.detach(), probing.vjp(loss, [judge.kernel])[0]]
    return dict(value=value, d_judge=d_judge, d_made=d_made, one=one, turned=turned, equal=equal, high=ends[0],
                d_high=ends[1], low=ends[2], d_low=ends[3])


def reference(discriminator, x, y, made):
    """As in the lesson."""
    real = discriminator(torch.cat([x, y], 1))
    fake = discriminator(torch.cat([x, made.detach()], 1))
    return 0.5 * (F.softplus(-real).mean() + F.softplus(fake).mean())


def truth(discriminator, x, y, made):
    """Patch by patch."""
    real = [F.conv2d(torch.cat([a, b])[None], discriminator.kernel * discriminator.scale, stride=2) for a, b in zip(x, y, strict=True)]
    fake = [F.conv2d(torch.cat([a, b.detach()])[None], discriminator.kernel * discriminator.scale, stride=2)
            for a, b in zip(x, made, strict=True)]
    real, fake = ((torch.cat(maps) + discriminator.shift).flatten() for maps in (real, fake))
    return -(F.logsigmoid(real) + F.logsigmoid(-fake)).sum() / (2 * len(real))


exercise = Exercise(
    id="pix2pix-bug", defines="pair_loss(discriminator, x, y, made)", core=False, points=2, level=2, minutes=10, all_or_nothing=True,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.pix2pix.Pix2Pix.discriminator_loss", "genlab.models.adversarial.discriminator_loss",
               "genlab.models.adversarial.NonSaturating.discriminator"],
    comparisons=[
        Compare("value", "one", "turned", "equal", shape="()", points=0.75, what="`pair_loss`", tolerance=1e-5,
                says="The loss: half the sum of two means over patches, of the pairs (x, y) and (x, made), both in this order."),
        Compare("d_judge", "d_made", points=0.75, tolerance=1e-4,
                what={"d_judge": "the gradient at D's weights", "d_made": "the gradient at `made`"},
                says="The gradient at D's weights: both kinds of pairs teach it. None reaches `made`: this is D's loss."),
        Compare("high", "low", "d_high", "d_low", points=0.5, what="`pair_loss` where D is sure", tolerance=1e-4,
                says="Where D is sure, with logits of ±150 and more, value and gradient are right and finite."),
    ],
    hints=[
        "Hand the buggy loss the same image as y and as made. Nobody could tell them apart, so what should D's loss allow at best?",
        "How could D tell a real pair from a made one without looking at y or made? Look at the order of channels. And does a patch that "
        "is plainly fake count on its own, or only in an average?",
        "torch.cat([x, made.detach()], 1) as for the real pair; no mean of logits: F.softplus(-real).mean(), F.softplus(fake).mean().",
    ],
    afterwards="Whatever differs between real and made pairs by construction, D finds first: order, range, rounding, a file format.",
)
