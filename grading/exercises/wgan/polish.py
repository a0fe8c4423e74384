"""wgan-polish: codes moved to where a trained critic gives samples a higher score.

    z ← z + η ∇_z [f(G(z)) - (κ/2) ‖z‖²],   for each row by itself

(gradient ascent in the code space of a trained pair, as in Che et al. 2020, arXiv:2003.06060, without their noise.) Fixed: plain
ascent, the given number of steps; the pull towards 0 stands for the prior. Weights, gradients, modes and flags of both networks stay as
they are. Free: how the gradient is taken.
"""

import torch

from genlab.random import rand, randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A small generator and a small critic, codes of which one lies at 0."""
    B, K = 4 + randint(0, 2, (1,), rng=rng).item(), 3
    z = draws.normal((B, K), rng=rng)
    z[0] = 0
    u = rand((3,), rng=rng).tolist()
    return {"g_flat": 0.7 * draws.normal((120,), rng=rng), "d_flat": 0.7 * draws.normal((120,), rng=rng),
            "old": draws.normal((120,), rng=rng), "z": z, "x": draws.normal((B, 5), rng=rng), "steps": 5 + randint(0, 4, (1,), rng=rng).item(),
            "rate": 0.1 + 0.2 * u[0], "pull": 0.3 + 0.5 * u[1]}


def probe(polish, g_flat, d_flat, old, z, x, steps, rate, pull):
    """Codes after some steps, one and none; no pull, and a strong one; one row alone; another order; both networks afterwards; linear
    networks, steep and nearly flat."""
    class Moody(torch.nn.Module):
        """Another function in training mode than in evaluation mode, and in both one of each row by itself."""

        def __init__(self, w):
            super().__init__()
            self.w = torch.nn.Parameter(w.clone())

        def forward(self, x):
            return torch.tanh(x @ self.w) * (1.5 if self.training else 0.5)

    g, d = probing.player(g_flat, 3, 6, 5), probing.player(d_flat, 5, 4, 1)
    for net, batch in ((g, z), (d, x)):
        net(batch)  # running averages of its own
        net.eval()
        probing.plant(net, old)

    def run(codes, *given):
        return probing.tensor(polish(g, d, codes.clone(), *given), "`polish`").detach()

    def attempt(*given):
        return probing.attempt(run, *given)

    later_z, first = z.clone(), run(z, 1, rate, pull)
    left, moved = torch.cat([probing.left(g), probing.left(d)]), torch.cat([probing.parameters(g), probing.parameters(d)])
    plain = polish(g, d, z, steps, rate, pull)  # of what comes in itself, which is looked at afterwards
    beyond = attempt(3 * later_z, 3, 0.4, 6.0)  # a rate so large that scores fall and codes grow
    found = dict(once=first, beyond=beyond, plain=probing.tensor(plain, "`polish`").detach(), graph=float(plain.requires_grad),
                 free=attempt(later_z, 1, rate, 0.0), strong=attempt(later_z, 2, 0.05, 6.0), none=attempt(later_z, 0, rate, pull),
                 still=attempt(later_z, steps, 0.0, pull), alone=attempt(later_z[1:2], steps, rate, pull),
                 reverse=attempt(later_z.flip(0), steps, rate, pull), left=left, moved=moved)
    later = [*probing.alive(g, later_z), *probing.alive(d, x)]
    g, d = Moody(g_flat[:15].view(3, 5)), Moody(d_flat[:5])  # in training mode
    g.w.requires_grad_(False)  # somebody has frozen it
    working = attempt(later_z, 2, rate, pull)
    lines = [torch.nn.Linear(3, 5), torch.nn.Linear(5, 1)]
    kept = g, d
    for name, scale, size, weight in (("steep", 1e3, 1.0, pull), ("slight", 1e-3, 30.0, 0.0)):
        g, d = (line.to(z.dtype) for line in lines)
        torch.nn.utils.vector_to_parameters(g_flat[:20].clone(), g.parameters())
        torch.nn.utils.vector_to_parameters(scale * d_flat[:6], d.parameters())
        d = torch.nn.Sequential(d, torch.nn.Flatten(0))
        found[name] = attempt(later_z, 2, size * rate, weight)
    g, d = kept
    mode = torch.tensor([float(flag) for net in (g, d) for flag in (net.training, net.w.requires_grad)])
    return found | dict(later=torch.cat([v.flatten() for v in later]), mode=mode, working=working)


def reference(generator, critic, z, steps, rate, pull):
    """Gradients for z alone."""
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        score = critic(generator(z)).sum() - pull / 2 * z.square().sum()
        slope, = torch.autograd.grad(score, z)
        z = (z + rate * slope).detach()
    return z


def truth(generator, critic, z, steps, rate, pull):
    """By the chain rule in two parts, the slope of f at the image and then G's answer to it; the pull shrinks z by hand."""
    code = z.detach().clone()
    for _ in range(steps):
        code = code.requires_grad_()
        made = generator(code)
        place = made.detach().requires_grad_()
        push, = torch.autograd.grad(critic(place).sum(), place)
        through, = torch.autograd.grad((made * push).sum(), code)
        code = ((1 - rate * pull) * code + rate * through).detach()
    return code


def networks_kept(inputs, got, expected, n):
    """Weights as before, old gradients untouched, and some code did move."""
    if torch.allclose(got["once"].double(), inputs["z"].double(), atol=1e-9):
        return False, "no movement of z", "a step"
    if not torch.allclose(got["moved"].double(), expected["moved"].double(), atol=1e-6):
        return False, "other networks", "the same"
    leak = (got["left"].double() - expected["left"].double()).abs().max().item()
    return leak < 1e-5, leak, 0.0


exercise = Exercise(
    id="wgan-polish", defines="polish(generator, critic, z, steps, rate, pull)", core=True, points=3, level=3, minutes=13,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("once", "free", shape="(B, K)", points=0.75, what="`polish` with one step",
                says="One step: plus the rate times the slope of f(G(z)) - (pull/2) ‖z‖² in z."),
        Compare("plain", "strong", "none", "still", "beyond", "steep", "slight", shape="(B, K)", points=0.75, what={"plain": "`polish`", "strong": "`polish` with a strong pull",
                "none": "`polish` with no step", "still": "`polish` with the rate 0",
                "steep": "`polish` with a steep critic", "slight": "`polish` with a critic that is nearly flat",
                "beyond": "`polish` with a rate so large that the score falls"},
                says="All the steps: each starts where the last one ended, from a fresh slope. No step, or a rate of 0, leaves the codes."),
        Compare("alone", "reverse", "graph", shape="(B, K)", points=0.5, what={"alone": "`polish` of one row", "reverse": "`polish` of rows in "
                "another order", "graph": "whether `polish` gives codes that require gradients (1: yes)"},
                says="Each row by itself: it depends neither on their number nor on their order. The codes come without a graph."),
        Compare("left", "moved", "once", points=0.5, test=networks_kept, what="the gradients left in the networks",
                says="Both networks are as before: no weight has moved, and the gradients that lie in them are untouched."),
        Compare("later", "mode", "working", points=0.5, tolerance=1e-4,
                what={"later": "what the networks compute afterwards",
                      "mode": "whether each network is in training mode and its weights require gradients (1: yes)",
                      "working": "`polish` with networks in training mode"},
                says="Both are used and left in the mode in which they came, be it training or evaluation, and what required gradients, and "
                     "that alone, still does."),
    ],
    hints=[
        "The critic says of every image how real it finds it. Which small change of the code raises what it says?",
        "A copy of z with requires_grad; the score is f(G(z)) - pull/2 · ‖z‖², summed over the rows; torch.autograd.grad of it with respect "
        "to z alone leaves nothing in the networks. Then uphill.",
        "score = critic(generator(z)).sum() - pull / 2 * z.square().sum(); slope, = torch.autograd.grad(score, z); "
        "z = (z + rate * slope).detach().requires_grad_()",
    ],
    afterwards="Few steps mend an image; many find places that this critic never saw in training, and its praise means nothing there.",
)
