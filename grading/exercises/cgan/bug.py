"""cgan-bug: a generator's step that asks for one label and is judged with another.

The lesson gives `buggy_g_step`, word for word as in the answers' file: the labels are put in another order between G
and D. D then finds no relation between what was asked and what was made, and neither does G. Fixed: as in lesson 20,
nothing reaches D, noise is asked once.
"""

import torch
from torch import nn
from torch.nn import functional as F

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise
from grading.exercises.gan._kept import kept


def inputs(rng, n=1):
    """Weights, gradients left by earlier steps; labels all different, with gaps, then one of them twice, in batches of different sizes."""
    B = 5 + randint(0, 3, (1,), rng=rng).item()
    again = torch.randperm(2 * B, generator=rng)[:B + 2]
    again[1] = again[0]
    return {
        "g_flat": draws.normal((120,), rng=rng), "d_flat": draws.normal((120,), rng=rng),
        "old": draws.normal((120,), rng=rng), "labels": torch.randperm(2 * B, generator=rng)[:B], "labels_next": again,
        "key": 0.5 + draws.normal((1,), rng=rng).abs(),
        "rate": 0.005 + 0.01 * torch.rand(1, generator=rng).item(), "x": draws.normal((B, 3), rng=rng),
    }


def probe(g_step, g_flat, d_flat, old, labels, labels_next, key, rate, x):
    """Two steps in training mode with an optimizer that has momentum, one in evaluation mode; what is left behind."""
    class WithLabel(nn.Module):
        def __init__(self, flat, *sizes):
            super().__init__()
            self.net = probing.player(flat, *sizes)

        def forward(self, first, labels):
            turn = 2.4 * labels.to(first.dtype)[:, None]
            return self.net(torch.cat([first, turn.cos(), turn.sin()], 1))

    def loss(fake):
        return 40 * F.softplus(-fake).mean() + 3 * fake.mean() ** 2

    def begin(training):
        g, d = WithLabel(g_flat, 4, 5, 3), WithLabel(d_flat, 5, 6, 1)
        for net in (g, d):
            probing.plant(net, old)
            net.train(training)
        return g, d, probing.Descent(g.parameters(), rate, momentum=0.5), probing.noise(key, 2)

    def alive(net, batch):
        output = net(batch, labels)
        weights = [p for p in net.parameters() if p.requires_grad]
        reached = iter(probing.vjp(output, weights, torch.cos(torch.arange(output.numel())).view(output.shape)) if weights else [])
        slopes = [next(reached) if p.requires_grad else torch.zeros_like(p) for p in net.parameters()]
        return torch.cat([output.detach().flatten(), *(s.flatten() for s in slopes)])

    g, d, optimizer, noise = begin(True)
    torch.manual_seed(3)
    value = probing.tensor(g_step(g, d, optimizer, labels, noise, loss), "`g_step`").detach()
    moved, d_left, d_moved = probing.parameters(g), probing.left(d), probing.parameters(d)
    value_next = probing.tensor(g_step(g, d, optimizer, labels_next, noise, loss), "`g_step`").detach()
    moved_again = probing.parameters(g)
    own_seed = float(torch.initial_seed() != 3)
    later = torch.cat([alive(d, x), alive(g, x[:, :2])])
    g, d, optimizer, noise = begin(False)
    g_step(g, d, optimizer, labels, noise, loss)
    return dict(seed=key[0] + own_seed, value=value, value_next=value_next, moved=moved, moved_again=moved_again, d_left=d_left, d_moved=d_moved,
                later=later, still_moved=probing.parameters(g), still=torch.cat([alive(d, x), alive(g, x[:, :2])]))


def reference(generator, discriminator, optimizer, labels, noise, loss):
    """As in the lesson, repaired."""
    made = generator(noise(len(labels)), labels)
    discriminator.requires_grad_(False)
    value = loss(discriminator(made, labels))
    discriminator.requires_grad_(True)
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


def truth(generator, discriminator, optimizer, labels, noise, loss):
    """By the gradient for G's weights alone, handed to the optimizer."""
    weights = list(generator.parameters())
    value = loss(discriminator(generator(noise(len(labels)), labels), labels))
    for weight, slope in zip(weights, torch.autograd.grad(value, weights), strict=True):
        weight.grad = slope
    optimizer.step()
    return value.item()


exercise = Exercise(
    id="cgan-bug", defines="g_step(generator, discriminator, optimizer, labels, noise, loss)", core=True, points=2, level=2,
    minutes=8, all_or_nothing=True, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.conditional_gan.ConditionalGAN.generator_loss", "genlab.models.gan.GAN.generator_loss",
               "genlab.training.loop.update", "genlab.fit.fit_adversarial"],
    comparisons=[
        Compare("value", "value_next", shape="()", points=0.5, what="the loss that `g_step` returns",
                says="The loss before the step, for samples of these labels, judged with the labels they were asked for."),
        Compare("moved", "moved_again", points=0.5, what="G after one and two steps", tolerance=1e-4,
                says="G moves along the gradient of this loss, with the optimizer that is handed over."),
        Compare("d_left", "d_moved", "moved", points=0.5, test=kept("d", while_moves="g"), what="the gradients left in D",
                says="Nothing reaches the discriminator: its weights stay, and no gradient is added to those that lie in it."),
        Compare("later", "seed", "still", "still_moved", points=0.5, tolerance=1e-4, what="what the players compute afterwards",
                says="Afterwards both players are in the mode they were in before, and can learn as before."),
    ],
    hints=[
        "Follow one sample with your finger: which label is it asked for, and which label stands beside it when it is judged?",
        "One line puts the labels in another order after the samples are made. What would D learn of a pair whose halves have "
        "nothing to do with each other?",
        "Leave the line with randperm out: made = generator(noise(len(labels)), labels); loss(discriminator(made, labels)).",
    ],
    afterwards="With the bug D wins for good: it sees which label was asked for, and G hears of another one.",
)
