"""gan-find-code: a trained generator run backwards, from what is seen of an image to a code.

    z ← z - η ∇_z Σ_{i seen} (G(z)_i - x_i)²,   for each image by itself

(Creswell and Bharath 2016, arXiv:1611.05644; Yeh et al. 2016, arXiv:1607.07539). Fixed: a sum over seen pixels, plain
gradient descent, the given number of steps. What comes in, G included, is left as it was; gradients that lie in G may
be cleared. Free: how the gradient is taken.
"""

import torch

from genlab.random import rand, randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A small generator; masks of which one is empty; hidden pixels that hold anything."""
    B, D = 4 + randint(0, 2, (1,), rng=rng).item(), 5
    seen = rand((B, D), rng=rng) < 0.6
    seen[0], seen[1, :2] = False, torch.tensor([True, False])
    x = draws.normal((B, D), rng=rng)
    return {
        "flat": 0.6 * draws.normal((120,), rng=rng), "old": draws.normal((120,), rng=rng),
        "x": torch.where(seen, x, 1e3 * x), "seen": seen, "z": draws.normal((B, 3), rng=rng),
        "steps": 6 + randint(0, 4, (1,), rng=rng).item(), "rate": 0.04 + 0.04 * rand((1,), rng=rng).item(),
    }


def probe(find_code, flat, old, x, seen, z, steps, rate):
    """A code after some steps, one step and none; one image alone; images in another order; G afterwards, in both modes; with
    far images, a rate so large that the loss grows, images that are nearly met."""
    class Moody(torch.nn.Module):
        """Another function in training mode than in evaluation mode, and in both one of each row by itself."""

        def __init__(self, w, b):
            super().__init__()
            self.w, self.b = torch.nn.Parameter(w.clone()), torch.nn.Parameter(b.clone(), requires_grad=False)  # b is frozen

        def forward(self, z):
            return torch.tanh(z @ self.w + self.b) * (1.5 if self.training else 0.5)

    g = probing.player(flat, 3, 6, 5)
    g(z)  # running averages of its own
    g.eval()
    probing.plant(g, old)

    def run(*given):
        return probing.tensor(find_code(g, *(v.clone() if isinstance(v, torch.Tensor) else v for v in given)),
                              "`find_code`").detach()

    later_x, later_seen, later_z = given = x.clone(), seen.clone(), z.clone()
    once = run(*given, 1, rate)
    left, moved = probing.left(g), probing.parameters(g)
    found = probing.tensor(find_code(g, x, seen, z, steps, rate), "`find_code`").detach()
    later, reached = probing.alive(g, later_z)
    values = dict(once=once, found=found, none=run(*given, 0, rate), left=left, moved=moved, later=later, reached=reached,
                  alone=run(later_x[1:2], later_seen[1:2], later_z[1:2], steps, rate),
                  reverse=run(later_x.flip(0), later_seen.flip(0), later_z.flip(0), steps, rate))
    close = g(later_z).detach() + 0.003 * torch.tanh(later_x)
    values |= dict(far=probing.attempt(run, 3e3 + later_x, later_seen, later_z, 1, 1e-3 * rate),
                   close=probing.attempt(run, close, later_seen, later_z, 2, 1.0))
    g.train()
    probing.attempt(run, *given, 2, rate)  # of this call the mode alone is asked: an image by itself stops BatchNorm
    mode = [float(g.training)]
    g = torch.nn.Linear(3, 5).to(flat.dtype)
    torch.nn.utils.vector_to_parameters(flat[:20] / 0.6, g.parameters())
    values["beyond"] = probing.attempt(run, *given, 3, 1.0)
    g = Moody(flat[:15].view(3, 5), flat[15:20])  # in training mode
    values["working"] = probing.attempt(run, *given, 2, rate)
    return values | dict(mode=torch.tensor([*mode, float(g.training), float(g.w.requires_grad), float(g.b.requires_grad)]))


def reference(generator, x, seen, z, steps, rate):
    """Gradients for z alone."""
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        miss = torch.where(seen, generator(z) - x, 0)
        slope, = torch.autograd.grad(miss.square().sum(), z)
        z = (z - rate * slope).detach()
    return z


def truth(generator, x, seen, z, steps, rate):
    """By the Jacobian, one pixel after another: the slope is 2 Σ (G(z)_i - x_i) ∇G(z)_i over seen pixels."""
    code = z.detach().clone()
    for _ in range(steps):
        code = code.requires_grad_()
        made, slope = generator(code), torch.zeros_like(code)
        for i in range(made.shape[1]):
            miss = 2 * (seen[:, i] * (made[:, i] - x[:, i])).detach()
            slope += torch.autograd.grad(made[:, i], code, miss, retain_graph=True)[0]
        code = (code - rate * slope).detach()
    return code


def generator_kept(inputs, got, expected, n):
    """G's weights, and its old gradients untouched or cleared; and some code did move, or nothing was shown."""
    if torch.allclose(got["once"].double(), inputs["z"].double(), atol=1e-9):
        return False, "no movement of z", "a step"
    if not torch.allclose(got["moved"].double(), expected["moved"].double(), atol=1e-6):
        return False, "another generator", "the same"
    old, now = expected["left"].double(), got["left"].double()
    leak = torch.where(now.abs() < 1e-9, 0.0, (now - old).abs())
    return bool(leak.max() < 1e-5), leak.max().item(), 0.0


exercise = Exercise(
    id="gan-find-code", defines="find_code(generator, x, seen, z, steps, rate)", core=True, points=4, level=3, minutes=20,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("once", shape="(B, K)", points=1, what="`find_code` with one step",
                says="One step: minus the rate times the slope of the squared misses, summed over the pixels that are seen."),
        Compare("found", "none", "far", "beyond", "close", shape="(B, K)", points=1, what={
                    **dict.fromkeys(("found", "none"), "`find_code`"), "far": "`find_code` for images far from what G makes",
                    "beyond": "`find_code` with a rate so large that the loss grows", "close": "`find_code` for images that G nearly makes"},
                says="All the steps: each starts where the last one ended, and from a fresh gradient."),
        Compare("alone", "reverse", shape="(B, K)", points=0.5, what="`find_code` of one image, or of images in another order",
                says="Each image by itself: its code depends neither on the number of images nor on their order."),
        Compare("left", "moved", "once", points=0.75, test=generator_kept, what="the gradients left in the generator",
                says="The generator is as before: no weight has moved, and no gradient is added to those that lie in it."),
        Compare("later", "reached", "mode", "working", points=0.75, what={
                    **dict.fromkeys(("later", "reached"), "what the generator computes afterwards"),
                    "mode": "whether the generator is in training mode and each of its weights requires a gradient (1: yes)",
                    "working": "`find_code` with a generator in training mode"},
                says="The generator is used and left in the mode in which it came, be it training or evaluation, and what required gradients, "
                     "and that alone, still does."),
    ],
    hints=[
        "The weights of G are fixed now, and z is what learns. What plays the part of the loss?",
        "A copy of z with requires_grad; the loss is the sum of (G(z) - x)² where seen; torch.autograd.grad of it with respect "
        "to z alone leaves nothing in G.",
        "miss = torch.where(seen, generator(z) - x, 0); slope, = torch.autograd.grad(miss.square().sum(), z); "
        "z = (z - rate * slope).detach().requires_grad_().",
    ],
    afterwards="A sum over the images is no mixing: the slope in one code does not contain the other images. A mean would be.",
)
