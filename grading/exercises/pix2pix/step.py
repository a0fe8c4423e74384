"""pix2pix-step: one round of the game on pairs, D first, then G against the D that has moved.

    made = G(x)                                   once
    θ_D ← its optimizer, on d_loss(D(x, y), D(x, made))        made detached
    θ_G ← its optimizer, on g_loss(D(x, made), made, y)        through the new D

Fixed: G is asked once, in the mode it is in; D(x, y) and D(x, made) are two calls; both optimizers are the ones handed over;
gradients of earlier rounds count for nothing; afterwards no gradient of G's loss lies in D, and modes and requires_grad are
as before. Returned: both losses, each before its own step.
"""

import torch
from torch import nn
from torch.nn import functional as F

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise
from grading.exercises.pix2pix._kept import nothing_left


def inputs(rng, n=1):
    """Weights, gradients left by earlier rounds, and two batches of different sizes."""
    images = 3 + int(randint(0, 3, (), rng=rng))
    return {"g_flat": draws.normal((9,), rng=rng), "d_flat": 0.4 * draws.normal((18,), rng=rng), "old_g": draws.normal((9,), rng=rng),
            "old_d": draws.normal((18,), rng=rng), "x": draws.normal((images, 1, 5, 6), rng=rng),
            "y": draws.normal((images, 1, 5, 6), rng=rng).tanh(), "x_next": draws.normal((images + 2, 1, 5, 6), rng=rng),
            "y_next": draws.normal((images + 2, 1, 5, 6), rng=rng).tanh(), "key": 0.5 + draws.normal((1,), rng=rng).abs(),
            "g_rate": 0.0005 + 0.001 * torch.rand(1, generator=rng).item(), "d_rate": 0.002 + 0.0025 * torch.rand(1, generator=rng).item()}


def probe(train_step, g_flat, d_flat, old_g, old_d, x, y, x_next, y_next, key, g_rate, d_rate):
    """Two rounds in training mode with momentum, and one in evaluation mode. G's noise depends on how often it was asked. Gradients are long."""
    class Drawer(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(g_flat.view(1, 1, 3, 3).clone())
            self.calls = []

        def forward(self, x):
            self.calls.append(1.0 if self.training else 2.0)
            place = torch.arange(x.numel(), dtype=x.dtype).view(x.shape)
            noise = 1 + 0.5 * torch.sin(key.to(x.dtype) * place + len(self.calls))
            return torch.tanh(F.conv2d(x, self.weight, padding=1) * noise * self.calls[-1])

    class Judge(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(d_flat.view(1, 2, 3, 3).clone())

        def forward(self, x, image):
            logits = F.conv2d(torch.cat([x, image], 1), self.weight, stride=2)
            return logits * (1.0 if self.training else 0.5) - 0.1 * logits.mean()

    def d_loss(real, fake):
        return 40 * F.softplus(-real).mean() + 28 * F.softplus(fake).mean() + 4 * (real.mean() - 0.3) * fake.mean()

    def g_loss(fake, made, y):
        return 40 * F.softplus(-fake).mean() + 120 * (made - 0.9 * y).abs().mean()

    def begin(training):
        g, d = Drawer().train(training), Judge().train(training)
        probing.plant(g, old_g)
        probing.plant(d, old_d)
        return g, d, probing.Descent(g.parameters(), g_rate, momentum=0.5), probing.Descent(d.parameters(), d_rate, momentum=0.5)

    def ask(players, x, y):
        return probing.tensors(train_step(*players, x, y, d_loss, g_loss), 2, "`train_step`")

    players = begin(True)
    g, d = players[:2]
    first_d, first_g = (v.detach().clone() for v in ask(players, x, y))
    d_moved, g_moved, asked = probing.parameters(d), probing.parameters(g), torch.tensor(float(len(g.calls)))
    d_left = probing.left(d)
    able = torch.tensor([float(p.requires_grad) for p in (*g.parameters(), *d.parameters())])
    second_d, second_g = (v.detach().clone() for v in ask(players, x_next, y_next))
    d_again, g_again = probing.parameters(d), probing.parameters(g)
    players = begin(False)
    ask(players, x, y)
    d_still, g_still = probing.parameters(players[1]), probing.parameters(players[0])
    modes = torch.tensor([float(m.training) for m in (g, d, *players[:2])])
    return dict(first_d=first_d, first_g=first_g, d_moved=d_moved, g_moved=g_moved, asked=asked, d_left=d_left, able=able,
                second_d=second_d, second_g=second_g, d_again=d_again, g_again=g_again, d_still=d_still, g_still=g_still,
                modes=modes)


def reference(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    """As in the lesson."""
    made = generator(x)
    judged = d_loss(discriminator(x, y), discriminator(x, made.detach()))
    d_optimizer.zero_grad()
    judged.backward()
    d_optimizer.step()
    discriminator.requires_grad_(False)
    drawn = g_loss(discriminator(x, made), made, y)
    discriminator.requires_grad_(True)
    g_optimizer.zero_grad()
    drawn.backward()
    g_optimizer.step()
    return judged.item(), drawn.item()


def truth(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss):
    """By the gradient of each loss for its own player's weights alone."""
    made = generator(x)
    losses = []
    for player, optimizer in ((discriminator, d_optimizer), (generator, g_optimizer)):
        if player is discriminator:
            loss = d_loss(discriminator(x, y), discriminator(x, made.detach()))
        else:
            loss = g_loss(discriminator(x, made), made, y)
        weights = list(player.parameters())
        for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight.grad = slope
        optimizer.step()
        losses.append(loss.detach())
    return losses


exercise = Exercise(
    id="pix2pix-step", defines="train_step(generator, discriminator, g_optimizer, d_optimizer, x, y, d_loss, g_loss)", core=True,
    points=4, level=3, minutes=20, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.pix2pix.Pix2Pix.discriminator_loss", "genlab.models.pix2pix.Pix2Pix.generator_loss",
               "genlab.training.loop.update", "genlab.fit.fit_adversarial"],
    comparisons=[
        Compare("first_d", "second_d", shape="()", points=0.5, what="D's loss", tolerance=1e-4,
                says="The first number: D's loss of the pairs (x, y) and (x, made), before its step."),
        Compare("d_moved", "d_again", points=1.0, what="D after its step", tolerance=1e-4,
                says="D moves by its own optimizer, along the gradient of its own loss, and of nothing that lay there before."),
        Compare("first_g", "second_g", shape="()", points=0.5, what="G's loss", tolerance=1e-4,
                says="The second number: G's loss of the same image, against the D that has just moved."),
        Compare("g_moved", "g_again", "asked", points=1.0, tolerance=1e-4,
                what={"g_moved": "G after its step", "g_again": "G after its second step", "asked": "how often G was asked"},
                says="G moves by its own optimizer, along the gradient of its own loss; it is asked for one drawing a round."),
        Compare("d_left", "able", points=0.5, test=nothing_left, what="the gradients left in D",
                says="G's loss leaves no gradient in D, and both players can learn as before."),
        Compare("d_still", "g_still", "modes", points=0.5, tolerance=1e-4,
                what={"d_still": "D in evaluation mode", "g_still": "G in evaluation mode", "modes": "the modes"},
                says="The players play in the mode that they are in, and stay in it."),
    ],
    hints=[
        "One drawing, judged twice: first for D's sake, then for G's. Which of the two may a gradient reach each time?",
        "made = G(x), with its graph. D's step uses made.detach(). Then ask D again, which has moved, about made itself, with D's weights "
        "frozen around the call. Each step: zero_grad, backward, step.",
        "judged = d_loss(D(x, y), D(x, made.detach())); d_optimizer.zero_grad(); judged.backward(); d_optimizer.step(). Then freeze D, "
        "drawn = g_loss(D(x, made), made, y), thaw D; g_optimizer.zero_grad(); drawn.backward(); g_optimizer.step().",
    ],
    afterwards="One drawing serves both steps because D's step changes no weight of G: the graph behind `made` is still true.",
)
