"""vae-complete: the hidden half of an image, given the half that is seen.

    p(x_i = 1 | x_seen) = Σ_j w_j p_ji,   w_j ∝ Π_{i seen} p_ji^{x_i} (1 - p_ji)^{1 - x_i},   Σ_j w_j = 1

over k codes that are equally probable: drawn from the prior they make an estimate (self-normalised importance
sampling, see Owen, Monte Carlo theory, methods and examples, §9.2), and if they are all the codes there are it is
exact. That is the oracle here: a model with k codes, whose joint table the judge sums by itself.

Fixed: x (B, D) of 0 and 1 where seen, anything finite where hidden; seen (B, D) of bool; logits (k, D). What is
seen comes back as it is. Free: how it is computed; one may loop. No gradient is asked for. Nothing that comes in
is changed.
"""

import torch
from torch.nn import functional as F

from genlab.random import permutation, rand, randint, randn
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A small model in float64; a large one in float32, where products underflow; and the ends."""
    B, D, k, wide = 5, 9, 6, 784
    double = torch.zeros((), dtype=torch.float64)
    seen = rand((B, D), like=double, rng=rng) < 0.5
    seen[0, :2], seen[1, :2] = torch.tensor([True, False]), torch.tensor([False, True])
    codes = 2 * randn((k + 3, wide), rng=rng)
    codes[:, ::7] = 200 * torch.sign(codes[:, ::7])
    codes[0] = 8 * torch.sign(codes[0])
    images = (codes[:3] > 0).float()
    noisy = torch.where(rand(images.shape, rng=rng) < 0.1, 1 - images, images)
    images[1:] = torch.where(codes[1:3].abs() < 100, noisy[1:], images[1:])
    # Code 0 explains all that is seen of image 0 but one pixel, of which it is surely wrong: 200 nats. Code 3 is
    # half-hearted about each, some 120 nats, and says the opposite of what is hidden.
    codes[3] = torch.where(torch.arange(wide) < wide // 2, 1.0, -1.0) * torch.sign(codes[0])
    images[0, 7], codes[0, 7] = 1 - images[0, 7], 200 * torch.sign(codes[0, 7])
    codes[3, 7] = -codes[3, 7]
    half = torch.zeros(wide, dtype=torch.bool)
    half[: wide // 2] = True
    x = randint(0, 2, (B, D), rng=rng).double()
    # Three codes are surely wrong of one pixel that is seen of image 0, the one more than the other.
    surest = 1.5 * randn((3, D), like=double, rng=rng)
    surest[:, 0] = (1 - 2 * x[0, 0]) * 1e5 * (1 + permutation(3, rng=rng) + rand((3,), like=double, rng=rng) / 2)
    return {
        "x": x, "seen": seen, "logits": 1.5 * randn((k, D), like=double, rng=rng),
        "other": torch.where(seen, x, 3 * randn((B, D), like=double, rng=rng)),
        "images": images, "half": torch.stack([half, ~half, half]), "codes": codes,
        "spread": 6 * randn((4, D), like=double, rng=rng), "surest": surest,
    }


def probe(complete, x, seen, logits, other, images, half, codes, spread, surest):
    """Values in eight settings; what was handed over is looked at afterwards."""
    def run(*given):
        for label, tensors in zip(handed, given, strict=True):
            handed[label].append(tensors.clone())
        return probing.tensor(complete(*(tensors[-1] for tensors in handed.values())), "`complete`")

    handed = {label: probing.watch(label, []) for label in ("x", "seen", "logits")}
    return dict(
        filled=run(x, seen, logits), elsewhere=run(other, seen, logits), one_image=run(x[:1], seen[:1], logits),
        square=run(x[:, :5], seen[:, :5], logits[:5, :5]), floats=run(x.float(), seen, logits.float()),
        nothing_seen=run(x, torch.zeros_like(seen), logits), all_seen=run(x, torch.ones_like(seen), logits),
        one_code=run(x, seen, logits[:1]), one_pixel=run(x[:, :1], seen[:, :1], logits[:, :1]),
        large=run(images, half, codes), surest=run(x[:1], seen[:1], surest), far=run(x, seen, spread))


def reference(x, seen, logits):
    """By the course's likelihood of single pixels, in logarithms."""
    pixels = -F.binary_cross_entropy_with_logits(
        logits.expand(len(x), -1, -1), x.clamp(0, 1)[:, None].expand(-1, len(logits), -1), reduction="none")
    log_w = torch.where(seen[:, None], pixels, 0.0).sum(2)
    return torch.where(seen, x, log_w.softmax(1) @ logits.sigmoid())


def truth(x, seen, logits):
    """Bayes' rule for each image by itself, in double precision, from what is seen alone."""
    rows = []
    for image, mask in zip(x.double(), seen, strict=True):
        on, off = F.logsigmoid(logits.double()), F.logsigmoid(-logits.double())
        total = torch.zeros(len(logits), dtype=torch.float64)
        for i in mask.nonzero().flatten().tolist():
            total = total + (on[:, i] if image[i] > 0.5 else off[:, i])
        weight = (total - total.max()).exp()
        weight = weight / weight.sum()
        rows.append(torch.where(mask, image, (weight[:, None] * on.exp()).sum(0)))
    return torch.stack(rows).to(x.dtype)


exercise = Exercise(
    id="vae-complete", defines="complete(x, seen, logits)", core=True, points=4, level=3, minutes=20,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("nothing_seen", shape="(B, D)", points=0.5,
                says="With nothing seen every code counts the same: the mean of the codes' probabilities."),
        Compare("all_seen", shape="(B, D)", points=0.5, says="Pixels that are seen come back as they are."),
        Compare("one_code", shape="(B, D)", points=0.5,
                says="With a single code the hidden pixels are that code's probabilities."),
        Compare("filled", "one_image", "square", "one_pixel", "far", "floats", shape="(B, D)", points=1,
                says="The hidden pixels: each code's probabilities, weighted by how well it explains what is seen."),
        Compare("elsewhere", shape="(B, D)", points=0.5,
                says="What stands in x at hidden pixels must not matter."),
        Compare("large", "surest", shape="(B, D)", points=1, tolerance=1e-3,
                says="Images of 784 pixels, and codes that are surely wrong: such products of probabilities leave the range of "
                     "floats, their logarithms do not."),
    ],
    hints=[
        "Each code proposes a whole image. Which of them should be believed, after a look at the part that is seen?",
        "The posterior of a code is proportional to its likelihood of the seen pixels alone, since all codes are "
        "equally probable. Over the codes of one image the weights add up to 1. Stay in logarithms until then.",
        "log_w[b, j] is the sum over seen i of x log p + (1 - x) log(1 - p), with F.logsigmoid(±logits); "
        "log_w.softmax(1) @ logits.sigmoid() at hidden pixels, x at seen ones: torch.where(seen, x, ...).",
    ],
)
