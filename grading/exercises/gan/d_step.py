"""gan-d-step: one step of the discriminator, with nothing leaking into the generator.

The nets, the optimizer, the noise and the loss come in as arguments. Fixed: noise is asked once, for as many z as
there are data; data and samples go through D in two calls, so that BatchNorm cannot tell D from the company what a
single image does not show; D moves by the optimizer that is handed over; G's weights stay, and so do the gradients
that lie in it (or they are cleared); modes and `requires_grad` are as before. Free: the order of the two calls of D,
detach or no_grad, what clears D's old gradients, a loss returned as a number or as a tensor.
"""

import torch
from torch.nn import functional as F

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise
from grading.exercises.gan._kept import kept


def inputs(rng, n=1):
    """Weights, gradients left by earlier steps, and two batches of different sizes."""
    first = 5 + randint(0, 3, (1,), rng=rng).item()
    return {
        "g_flat": draws.normal((90,), rng=rng), "d_flat": draws.normal((90,), rng=rng),
        "old": draws.normal((90,), rng=rng), "x": 1 + draws.normal((first, 3), rng=rng),
        "x_next": -1 + draws.normal((first + 3, 3), rng=rng), "z_later": draws.normal((4, 2), rng=rng),
        "x_later": draws.normal((4, 3), rng=rng), "key": 0.5 + draws.normal((1,), rng=rng).abs(),
        "rate": 0.05 + 0.1 * torch.rand(1, generator=rng).item(),
    }


def probe(d_step, g_flat, d_flat, old, x, x_next, z_later, x_later, key, rate):
    """Two steps in training mode with one optimizer that has momentum; one step in evaluation mode; one of a steep loss."""
    def loss(real, fake):
        return F.softplus(-real).mean() + 0.7 * F.softplus(fake).mean() + 0.1 * (real.mean() - 0.3) * fake.mean()

    def loud(real, fake):
        return 1e4 * loss(real, fake)

    def begin(training):
        g, d = probing.player(g_flat, 2, 4, 3), probing.player(d_flat, 3, 5, 1)
        for net in (g, d):
            probing.plant(net, old)
            net.train(training)
        return g, d, probing.Descent(d.parameters(), rate, momentum=0.5), probing.noise(key, 2)

    def step(*given):
        """What it returns, if it is anything: of a loss that is not returned the rest can still be right."""
        value = d_step(*given, loss)
        return value if value is None else probing.tensor(value, "`d_step`").detach()

    g, d, optimizer, noise = begin(True)
    value = step(g, d, optimizer, probing.watch("x", x.clone()), noise)
    moved = probing.parameters(d)
    g_left = probing.left(g)
    value_next = probing.attempt(step, g, d, optimizer, x_next, noise)
    moved_again, g_moved = probing.parameters(d), probing.parameters(g)
    calls = torch.stack([d[1].num_batches_tracked, g[1].num_batches_tracked.clamp_min(2)])  # G's buffers may be put back
    d_out, d_reached = probing.alive(d, x_later)
    g_out, g_reached = probing.alive(g, z_later)
    g, d, optimizer, noise = begin(False)
    probing.attempt(step, g, d, optimizer, probing.watch("x", x.clone()), noise)
    still_moved = probing.parameters(d)
    still_d = probing.alive(d, x_later)[0]
    still_g = probing.alive(g, z_later)[0]
    g, d, _, noise = begin(False)
    probing.attempt(d_step, g, d, probing.Descent(d.parameters(), 1e-4 * rate), x, noise, loud)
    found = dict(loud_moved=probing.parameters(d), calls=calls, value=value, value_next=value_next, moved=moved, moved_again=moved_again, g_moved=g_moved, g_left=g_left,
                 d_out=d_out, d_reached=d_reached, g_out=g_out, g_reached=g_reached, still_moved=still_moved,
                 still_d=still_d, still_g=still_g)
    return {name: value for name, value in found.items() if value is not None}


def reference(generator, discriminator, optimizer, x, noise, loss):
    """As in the lesson."""
    with torch.no_grad():
        made = generator(noise(len(x)))
    value = loss(discriminator(x), discriminator(made))
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.detach()


def truth(generator, discriminator, optimizer, x, noise, loss):
    """By the gradient for D's weights alone, handed to the optimizer."""
    made = generator(noise(len(x))).detach()
    weights = list(discriminator.parameters())
    value = loss(fake=discriminator(made), real=discriminator(x))
    for weight, slope in zip(weights, torch.autograd.grad(value, weights), strict=True):
        weight.grad = slope
    optimizer.step()
    return value.item()


exercise = Exercise(
    id="gan-d-step", defines="d_step(generator, discriminator, optimizer, x, noise, loss)", core=True, points=3, level=3,
    minutes=13, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.gan.GAN.discriminator_loss", "genlab.training.loop.update", "genlab.fit.fit_adversarial",
               "genlab.models.conditional_gan.ConditionalGAN.discriminator_loss"],
    comparisons=[
        Compare("value", shape="()", points=0.5, what="the loss that `d_step` returns",
                says="The loss of this batch against as many samples of fresh `noise`, before the step: a single number."),
        Compare("moved", "loud_moved", points=1, what={"moved": "D after one step", "loud_moved": "D after one step with steep gradients"},
                tolerance=1e-4,
                says="D after one step: minus the learning rate times the gradient of this loss, and of nothing else."),
        Compare("moved_again", "value_next", points=0.5, what="D after a second step", tolerance=1e-4,
                says="D after a second step with the same optimizer: it remembers the first (momentum)."),
        Compare("g_left", "g_moved", "moved", points=0.5, test=kept("g", while_moves="d"), what="the gradients left in G",
                says="Nothing reaches the generator: its weights stay, and no gradient is added to those that lie in it."),
        Compare("d_out", "d_reached", "g_out", "g_reached", "still_moved", "still_d", "still_g", "calls", points=0.5, tolerance=1e-4,
                what={**dict.fromkeys(("d_out", "d_reached", "g_out", "g_reached", "still_moved", "still_d", "still_g"),
                                      "what the players compute afterwards"),
                      "calls": "the number of batches that D's and G's BatchNorm have seen in two steps"},
                says="Afterwards both players are in the mode they were in before, and can learn as before; in each step D has seen data and "
                     "samples once, and G noise once."),
    ],
    hints=[
        "Who may move in this step, and who may not even feel a gradient? Write down what each line changes.",
        "Make samples without a graph for G (torch.no_grad, or detach). Then the loss of D's two answers, old gradients "
        "cleared, backward, step.",
        "with torch.no_grad(): made = generator(noise(len(x))). value = loss(discriminator(x), discriminator(made)); "
        "optimizer.zero_grad(); value.backward(); optimizer.step(); return value.item().",
    ],
    afterwards="Without detach the step of D would be the same; but G's next step would start with D's gradients in it.",
)
