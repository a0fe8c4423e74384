"""cgan-d-step: one step of a discriminator of pairs, with data, samples and data under a wrong label.

    L = mean softplus(-D(x, y)) + ½ mean softplus(D(G(z, y), y)) + ½ mean softplus(D(x, (y + s) mod C))

(Reed et al. 2016, arXiv:1605.05396). Everything comes in as an argument, the shifts s of the labels too. Fixed: noise
is asked once; samples are judged with the label they were asked for; three calls of D; nothing reaches G; modes and
`requires_grad` as before. Free: the order of D's calls, detach or no_grad, a number or a tensor.
"""

import torch
from torch import nn
from torch.nn import functional as F

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise
from grading.exercises.gan._kept import kept


def inputs(rng, n=1):
    """Weights, gradients left by earlier steps, two batches of different sizes with labels and shifts."""
    B, C = 5 + randint(0, 3, (1,), rng=rng).item(), 4
    labels, labels_next = randint(0, C, (B,), rng=rng), randint(0, C - 1, (B + 3,), rng=rng)
    labels[:2], labels_next[:2] = torch.tensor([0, C - 1]), torch.tensor([C - 2, 1])  # the second batch lacks the last class
    shift_next = randint(1, C, (B + 3,), rng=rng)
    shift_next[0] = C - 1
    return {
        "g_flat": draws.normal((120,), rng=rng), "d_flat": draws.normal((120,), rng=rng),
        "old": draws.normal((120,), rng=rng), "x": 1 + draws.normal((B, 3), rng=rng), "labels": labels,
        "shift": randint(1, C, (B,), rng=rng), "x_next": -1 + draws.normal((B + 3, 3), rng=rng), "labels_next": labels_next,
        "shift_next": shift_next, "key": 0.5 + draws.normal((1,), rng=rng).abs(),
        "rate": 0.05 + 0.1 * torch.rand(1, generator=rng).item(), "classes": C,
    }


def probe(d_step, g_flat, d_flat, old, x, labels, shift, x_next, labels_next, shift_next, key, rate, classes):
    """Two steps in training mode with an optimizer that has momentum; one in evaluation mode, one of a D that is sure; what is left."""
    class WithLabel(nn.Module):
        def __init__(self, flat, *sizes):
            super().__init__()
            self.net = probing.player(flat, *sizes)

        def forward(self, first, labels):
            turn = 2.4 * labels.to(first.dtype)[:, None]
            return self.net(torch.cat([first, turn.cos(), turn.sin()], 1))

    def begin(training, loud=1):
        g, d = WithLabel(g_flat, 4, 5, 3), WithLabel(loud * d_flat, 5, 6, 1)
        for net in (g, d):
            probing.plant(net, old)
            net.train(training)
        return g, d, probing.Descent(d.parameters(), rate, momentum=0.5), probing.noise(key, 2)

    def alive(net, batch):
        output = net(batch, labels)
        weights = [p for p in net.parameters() if p.requires_grad]
        reached = iter(probing.vjp(output, weights, torch.cos(torch.arange(output.numel())).view(output.shape)))
        slopes = [next(reached) if p.requires_grad else torch.zeros_like(p) for p in net.parameters()]
        return torch.cat([output.detach().flatten(), *(s.flatten() for s in slopes)])

    def step(g, d, optimizer, noise, *batch):
        found = d_step(g, d, optimizer, *batch, classes, noise)
        return probing.tensor(found, "`d_step`").detach()

    g, d, optimizer, noise = begin(True)
    value = step(g, d, optimizer, noise, x, labels, shift)
    moved, g_left, g_moved = probing.parameters(d), probing.left(g), probing.parameters(g)
    value_next = step(g, d, optimizer, noise, x_next, labels_next, shift_next)
    moved_again = probing.parameters(d)
    d_later, g_later = alive(d, x), alive(g, x[:, :2])
    g, d, optimizer, noise = begin(False)
    step(g, d, optimizer, noise, x, labels, shift)
    calm, sure, optimizer, noise = begin(False, 4)
    sure_value = step(calm, sure, optimizer, noise, x, labels, shift)
    return dict(sure_value=sure_value, sure_moved=probing.parameters(sure), value=value, value_next=value_next, moved=moved, moved_again=moved_again, g_left=g_left, g_moved=g_moved,
                d_later=d_later, g_later=g_later, still_moved=probing.parameters(d), still_d=alive(d, x),
                still_g=alive(g, x[:, :2]))


def reference(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    """As in the lesson."""
    with torch.no_grad():
        made = generator(noise(len(x)), labels)
    real, fake = discriminator(x, labels), discriminator(made, labels)
    wrong = discriminator(x, (labels + shift) % classes)
    value = F.softplus(-real).mean() + F.softplus(fake).mean() / 2 + F.softplus(wrong).mean() / 2
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


def truth(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    """By torch's cross-entropies, and the gradient for D's weights alone, handed to the optimizer."""
    made = generator(noise(len(x)), labels).detach()
    weights, coin = list(discriminator.parameters()), F.binary_cross_entropy_with_logits
    pairs = [(x, labels, 1.0, 1.0), (made, labels, 0.0, 0.5)]
    other = torch.tensor([(int(y) + int(s)) % classes for y, s in zip(labels, shift, strict=True)])
    pairs.append((x, other, 0.0, 0.5))
    value = 0.0
    for images, y, target, share in pairs:
        logit = discriminator(images, y)
        value = value + share * coin(logit, torch.full_like(logit, target))
    for weight, slope in zip(weights, torch.autograd.grad(value, weights), strict=True):
        weight.grad = slope
    optimizer.step()
    return value.item()


exercise = Exercise(
    id="cgan-d-step", defines="d_step(generator, discriminator, optimizer, x, labels, shift, classes, noise)", core=True, points=4,
    level=3, minutes=15, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.conditional_gan.ConditionalGAN.discriminator_loss",
               "genlab.models.gan.GAN.discriminator_loss",
               "genlab.training.loop.update", "genlab.fit.fit_adversarial"],
    comparisons=[
        Compare("value", shape="()", points=1, what="the loss that `d_step` returns",
                says="The loss before the step: data with their labels are real; samples, with the labels they were asked for, "
                     "and data with a wrong label are fake, each with half the weight."),
        Compare("moved", points=1, what="D after one step", tolerance=1e-4,
                says="D after one step: minus the learning rate times the gradient of this loss, and of nothing else."),
        Compare("moved_again", "value_next", "sure_value", "sure_moved", points=0.75, what="D after a second step, or one of a D that is sure", tolerance=1e-4,
                says="D after a second step with the same optimizer, on a batch of another size; and where D is sure of itself."),
        Compare("g_left", "g_moved", "moved", points=0.5, test=kept("g", while_moves="d"), what="the gradients left in G",
                says="Nothing reaches the generator: its weights stay, and no gradient is added to those that lie in it."),
        Compare("d_later", "g_later", "still_moved", "still_d", "still_g", points=0.75, tolerance=1e-4,
                what="what the players compute afterwards",
                says="Afterwards both players are in the mode they were in before, and can learn as before."),
    ],
    hints=[
        "Three kinds of pairs go to D: for each, write down where the first half comes from, which label stands beside it, and "
        "which answer D should give.",
        "Right pairs (x, labels) are real. Fake are (G(noise, labels), labels) and (x, (labels + shift) % classes). Three calls "
        "of D, three means, weights 1, ½, ½; then the step of lesson 20.",
        "with torch.no_grad(): made = generator(noise(len(x)), labels). wrong = discriminator(x, (labels + shift) % classes); "
        "value = softplus(-real).mean() + softplus(fake).mean() / 2 + softplus(wrong).mean() / 2; zero_grad, backward, step.",
    ],
    afterwards="With the halves, real and fake weigh the same: a D that guesses still pays 2 log 2.",
)
