"""gan-g-step: one step of the generator through a discriminator that stays as it is.

Fixed: noise is asked once, for n fresh z; G moves by the optimizer that is handed over; D's weights stay, and the
gradients that lie in D stay (or are cleared), though G's gradient passes through it; modes and `requires_grad` are
as before. Free: freezing D, taking the gradient for G's weights alone, or clearing D's afterwards.
"""

import torch
from torch.nn import functional as F

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise
from grading.exercises.gan._kept import kept


def inputs(rng, n=1):
    """Weights, gradients left by earlier steps, and two numbers of samples."""
    return {
        "g_flat": draws.normal((90,), rng=rng), "d_flat": draws.normal((90,), rng=rng),
        "old": draws.normal((90,), rng=rng), "count": 6 + randint(0, 3, (1,), rng=rng).item(),
        "count_next": 3 + randint(0, 2, (1,), rng=rng).item(), "z_later": draws.normal((4, 2), rng=rng),
        "x_later": draws.normal((4, 3), rng=rng), "key": 0.5 + draws.normal((1,), rng=rng).abs(),
        "rate": 0.05 + 0.1 * torch.rand(1, generator=rng).item(),
    }


def probe(g_step, g_flat, d_flat, old, count, count_next, z_later, x_later, key, rate):
    """Two steps in training mode with one optimizer that has momentum; one step in evaluation mode; one of a steep loss."""
    def loss(fake):
        return F.softplus(-fake).mean() + 0.1 * fake.mean() ** 2

    def loud(fake):
        return 1e4 * loss(fake)

    def begin(training):
        g, d = probing.player(g_flat, 2, 4, 3), probing.player(d_flat, 3, 5, 1)
        for net in (g, d):
            probing.plant(net, old)
            net.train(training)
        return g, d, probing.Descent(g.parameters(), rate, momentum=0.5), probing.noise(key, 2)

    def step(*given):
        """What it returns, if it is anything: of a loss that is not returned the rest can still be right."""
        value = g_step(*given, loss)
        return value if value is None else probing.tensor(value, "`g_step`").detach()

    g, d, optimizer, noise = begin(True)
    value = step(g, d, optimizer, count, noise)
    moved = probing.parameters(g)
    d_left = probing.left(d)
    value_next = probing.attempt(step, g, d, optimizer, count_next, noise)
    moved_again, d_moved = probing.parameters(g), probing.parameters(d)
    calls = torch.stack([g[1].num_batches_tracked, d[1].num_batches_tracked.clamp_min(2)])  # D's buffers may be put back
    d_out, d_reached = probing.alive(d, x_later)
    g_out, g_reached = probing.alive(g, z_later)
    g, d, optimizer, noise = begin(False)
    probing.attempt(step, g, d, optimizer, count, noise)
    still_moved = probing.parameters(g)
    still_d = probing.alive(d, x_later)[0]
    still_g = probing.alive(g, z_later)[0]
    g, d, _, noise = begin(False)
    probing.attempt(g_step, g, d, probing.Descent(g.parameters(), 1e-4 * rate), count, noise, loud)
    found = dict(loud_moved=probing.parameters(g), calls=calls, value=value, value_next=value_next, moved=moved, moved_again=moved_again, d_moved=d_moved, d_left=d_left,
                 d_out=d_out, d_reached=d_reached, g_out=g_out, g_reached=g_reached, still_moved=still_moved,
                 still_d=still_d, still_g=still_g)
    return {name: value for name, value in found.items() if value is not None}


def reference(generator, discriminator, optimizer, n, noise, loss):
    """With D frozen meanwhile."""
    wanted = [p.requires_grad for p in discriminator.parameters()]
    discriminator.requires_grad_(False)
    value = loss(discriminator(generator(noise(n))))
    for p, before in zip(discriminator.parameters(), wanted, strict=True):
        p.requires_grad_(before)
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.detach()


def truth(generator, discriminator, optimizer, n, noise, loss):
    """By the chain rule in two parts: the slope at the samples, then G's answer to it."""
    made = generator(noise(n))
    place = made.detach().requires_grad_()
    value = loss(discriminator(place))
    push, = torch.autograd.grad(value, place)
    weights = list(generator.parameters())
    for weight, slope in zip(weights, torch.autograd.grad((made * push).sum(), weights), strict=True):
        weight.grad = slope
    optimizer.step()
    return value.item()


exercise = Exercise(
    id="gan-g-step", defines="g_step(generator, discriminator, optimizer, n, noise, loss)", core=True, points=3, level=3,
    minutes=12, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.gan.GAN.generator_loss", "genlab.training.loop.update", "genlab.fit.fit_adversarial",
               "genlab.layers.frozen"],
    comparisons=[
        Compare("value", shape="()", points=0.5, what="the loss that `g_step` returns",
                says="The loss of n samples of fresh `noise`, before the step: a single number."),
        Compare("moved", "loud_moved", points=1, what={"moved": "G after one step", "loud_moved": "G after one step with steep gradients"},
                tolerance=1e-4,
                says="G after one step: minus the learning rate times the gradient that came through D, and nothing else."),
        Compare("moved_again", "value_next", points=0.5, what="G after a second step", tolerance=1e-4,
                says="G after a second step with the same optimizer: it remembers the first (momentum)."),
        Compare("d_left", "d_moved", "moved", points=0.5, test=kept("d", while_moves="g"), what="the gradients left in D",
                says="Nothing stays in the discriminator: its weights are as before, and no gradient is added to those in it."),
        Compare("d_out", "d_reached", "g_out", "g_reached", "still_moved", "still_d", "still_g", "calls", points=0.5, tolerance=1e-4,
                what={**dict.fromkeys(("d_out", "d_reached", "g_out", "g_reached", "still_moved", "still_d", "still_g"),
                                      "what the players compute afterwards"),
                      "calls": "the number of batches that G's and D's BatchNorm have seen in two steps"},
                says="Afterwards both players are in the mode they were in before, and can learn as before; in each step G has seen noise "
                     "once, and D its samples once."),
    ],
    hints=[
        "The gradient has to pass through D and must not stay there. Which parameters collect gradients when you call "
        "backward, and how does one stop them?",
        "While requires_grad of D's parameters is off, a graph through D leads only to G. Switch it on again afterwards.",
        "discriminator.requires_grad_(False); value = loss(discriminator(generator(noise(n)))); "
        "discriminator.requires_grad_(True); optimizer.zero_grad(); value.backward(); optimizer.step().",
    ],
    afterwards="Many programs let D's gradients pile up here and clear them at D's next step. It costs a third of the backward "
               "pass, and it is a bug as soon as somebody forgets to clear.",
)
