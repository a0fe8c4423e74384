"""pix2pix-loss: what the generator minimises, and what its gradient may reach.

    L_G = mean softplus(-D(x, G(x))) + λ mean |y - G(x)|

Fixed: D is called as D(x, image), logits of patches; means over all patches and over all pixels; λ weighs the second term
alone; after backward no gradient has been left in D, whose parameters require gradients as before.
"""

import torch
from torch import nn
from torch.nn import functional as F

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A batch of small pairs that are not square, with ties between made and target, and weights of D."""
    images = 3 + int(randint(0, 3, (), rng=rng))
    y = draws.normal((images, 3, 5, 7), rng=rng).tanh()
    made = draws.normal((images, 3, 5, 7), rng=rng).tanh()
    return {"x": draws.normal((images, 2, 5, 7), rng=rng), "y": y, "made": made, "kernel": draws.normal((1, 5, 3, 3), rng=rng),
            "old": draws.normal((1, 5, 3, 3), rng=rng), "l1_weight": 2.0 + 8 * torch.rand(1, generator=rng).item(),
            "sure": 800.0 + 50 * torch.rand(1, generator=rng).item()}


def probe(generator_loss, x, y, made, kernel, old, l1_weight, sure):
    """The loss and its gradient; each term nearly alone; D afterwards; a D that is sure; one image and a D in evaluation mode; y equal to made."""
    class Judge(nn.Module):
        def __init__(self, weight, scale=1.0, shift=0.0):
            super().__init__()
            self.kernel, self.scale, self.shift = nn.Parameter(weight.clone()), scale, shift
            self.kernel.grad = old.to(weight.dtype).clone()

        def forward(self, x, image):
            return F.conv2d(torch.cat([x, image], 1), self.kernel * self.scale, stride=2) * (1.0 if self.training else 0.5) + self.shift

    def ask(judge, x, y, made, weight):
        leaf = probing.leaf(made)
        value = probing.tensor(generator_loss(judge, x, y, leaf, weight), "`generator_loss`")
        if value.requires_grad and value.ndim == 0:
            value.backward()
        slope = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
        return value.detach(), slope

    judge = Judge(kernel)
    value, slope = ask(judge, x, y, made, l1_weight)
    left = judge.kernel.grad.clone() if judge.kernel.grad is not None else torch.zeros_like(kernel)
    again = judge(x, y)
    able = torch.tensor(float(again.requires_grad))
    fooling, d_fooling = ask(Judge(kernel), x, y, made, 0.0)
    heavy, d_heavy = ask(Judge(kernel), x, y, made, 1000.0)
    equal, d_equal = ask(Judge(kernel), x, made.clone(), made, l1_weight)
    still = Judge(kernel).eval()
    one, _ = ask(still, x[:1], y[:1], made[:1], l1_weight)
    modes = torch.tensor([float(judge.training), float(still.training)])
    fooled, d_fooled = ask(Judge(kernel, 1e-3, sure), x, y, made, l1_weight)
    caught, d_caught = ask(Judge(kernel, 1.0, -sure), x, y, made, l1_weight)
    return dict(modes=modes, value=value, one=one, slope=slope, left=left, able=able, fooling=fooling, d_fooling=d_fooling, heavy=heavy,
                d_heavy=d_heavy, equal=equal, d_equal=d_equal, fooled=fooled, d_fooled=d_fooled, caught=caught,
                d_caught=d_caught)


def reference(discriminator, x, y, made, l1_weight):
    """As in the lesson."""
    discriminator.requires_grad_(False)
    fake = discriminator(x, made)
    discriminator.requires_grad_(True)
    return F.softplus(-fake).mean() + l1_weight * (y - made).abs().mean()


def truth(discriminator, x, y, made, l1_weight):
    """Patch by patch and pixel by pixel, with a copy of D."""
    weight = discriminator.kernel.detach() * discriminator.scale
    fake = F.conv2d(torch.cat([x, made], 1), weight, stride=2) * (1.0 if discriminator.training else 0.5) + discriminator.shift
    patches = -sum(F.logsigmoid(logit) for logit in fake.flatten()) / fake.numel()
    return patches + l1_weight * sum(abs(d) for d in (made - y).flatten()) / made.numel()


def undisturbed(inputs, got, expected, n):
    """A test: the gradients in D are those that lay there, or cleared; D still learns, and is in the mode that it was in."""
    if not bool(got["able"]):
        return False, "a D whose weights no longer require a gradient", "a D as before"
    if not torch.equal(got["modes"].double(), expected["modes"].double()):
        return False, "a D in another mode", "a D as before"
    now, old = got["left"].double(), expected["left"].double()
    leak = torch.where(now.abs() < 1e-9, 0.0, (now - old).abs())
    return bool(leak.max() < 1e-5), leak.max().item(), 0.0


exercise = Exercise(
    id="pix2pix-loss", defines="generator_loss(discriminator, x, y, made, l1_weight)", core=True, points=3, level=2, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.pix2pix.Pix2Pix.generator_loss", "genlab.models.adversarial.generator_loss",
               "genlab.models.adversarial.NonSaturating.generator"],
    comparisons=[
        Compare("value", "one", "heavy", shape="()", points=0.75, what="`generator_loss`",
                says="The loss: a mean over patches plus λ times a mean over pixels, a single number."),
        Compare("fooling", "equal", "d_fooling", points=0.5, tolerance=1e-4,
                what={"fooling": "`generator_loss` with l1_weight = 0", "equal": "`generator_loss` where made equals y",
                      "d_fooling": "the gradient with l1_weight = 0"},
                says="λ weighs the L1 term alone: with λ = 0, or where `made` equals y, what D says of the pair (x, made) is left."),
        Compare("slope", "d_heavy", "d_equal", points=0.75, tolerance=1e-4, what="the gradient at `made`",
                says="The gradient at `made`: of both terms, through D as well."),
        Compare("left", "able", "modes", points=0.5, test=undisturbed, what="D afterwards",
                says="Nothing stays in D: after backward its gradients are as before, and its weights can learn as before."),
        Compare("fooled", "caught", "d_fooled", "d_caught", points=0.5, tolerance=1e-4, what="`generator_loss` where D is sure",
                says="Where D is sure, with logits of ±800, value and gradient are right and finite."),
    ],
    hints=[
        "Two wishes: D should take the pair for real, and the image should be near y. Which network may a gradient pass through, and "
        "in which may it stay?",
        "softplus(-logit), averaged over patches, is -log D. Around D's call switch requires_grad of its parameters off and on again: "
        "a gradient then passes through D and does not stay.",
        "discriminator.requires_grad_(False); fake = discriminator(x, made); discriminator.requires_grad_(True); "
        "return F.softplus(-fake).mean() + l1_weight * (y - made).abs().mean().",
    ],
    afterwards="With λ = 100 and values in [-1, 1] an average error of 0.01 costs 1, as much as a D that says 37 %.",
)
