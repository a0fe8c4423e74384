"""wgan-critic-steps: the critic's part of a round, with clipped weights.

    clip to [-c, c];   n_critic times:  loss = mean f(G(z)) - mean f(x),  a step of the optimizer,  clip to [-c, c]

(Arjovsky, Chintala and Bottou 2017, arXiv:1701.07875, algorithm 1; that the weights lie in [-c, c] before the first step, too, is
what the authors' own program does.) Fixed: a new batch from the iterator and fresh noise for every step; parameters are clipped and
buffers are not; data and samples go through the critic in two calls; nothing of the generator changes. Free: clipping before each
step and once more at the end, or before the first and after each; detach or no_grad.
"""

import torch

from genlab.random import randint
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise
from grading.exercises.gan._kept import kept


def inputs(rng, n=1):
    """Weights of which many lie outside [-c, c], gradients left by earlier steps, batches of different sizes."""
    B = 4 + randint(0, 3, (1,), rng=rng).item()
    u = torch.rand(2, generator=rng).tolist()
    d_flat = draws.normal((90,), rng=rng)
    first = torch.tensor([0, 15, 20, 25, 30, 35])  # of each parameter of the critic one number lies outside
    d_flat[first] = d_flat[first].sign() * (1.1 + d_flat[first].abs())
    return {"g_flat": draws.normal((90,), rng=rng), "d_flat": d_flat, "old": draws.normal((90,), rng=rng),
            "data": 0.7 + draws.normal((4 * B + 30, 3), rng=rng), "B": B, "n_critic": 3 + randint(0, 3, (1,), rng=rng).item(),
            "z_later": draws.normal((4, 2), rng=rng), "x_later": draws.normal((4, 3), rng=rng),
            "key": 0.5 + draws.normal((1,), rng=rng).abs(), "rate": 0.1 + 0.1 * u[0], "c": 0.6 + 0.4 * u[1]}


def probe(critic_steps, g_flat, d_flat, old, data, B, n_critic, z_later, x_later, key, rate, c):
    """Two rounds with one optimizer that has momentum, in training mode; one of a single step, and one of several, in evaluation mode; a linear
    critic of large data."""
    taken = []

    def stream(scale):
        at = 0
        for size in (B, B + 2, B + 1, B, B + 3, B - 1, B + 2, B + 1, B):
            taken.append(size)
            yield scale * data[torch.arange(at, at + size) % len(data)]
            at += size

    def begin(training, scale=1):
        g, d = probing.player(g_flat, 2, 4, 3), probing.player(d_flat, 3, 5, 1)
        for net in (g, d):
            probing.plant(net, old)
            net.train(training)
        return g, d, probing.Descent(d.parameters(), rate, momentum=0.5), stream(scale), probing.noise(key, 2)

    def ask(g, d, *given):
        """What it returns, if it is anything: of estimates that are not returned the rest can still be right."""
        value = critic_steps(d, g, *given)
        if isinstance(value, (list, tuple)):
            value = torch.stack([probing.tensor(v, "`critic_steps`").detach().double().reshape(()) for v in value]) if value else key[:0]
        return None if value is None else probing.tensor(value, "`critic_steps`").detach()

    g, d, optimizer, batches, noise = begin(True)
    estimates = ask(g, d, optimizer, batches, noise, n_critic, c)
    moved, g_left, count = probing.parameters(d), probing.left(g), key.new_tensor([len(taken), sum(taken)])
    calls = torch.stack([net[1].num_batches_tracked for net in (d, g)])  # of BatchNorm, in training mode
    again = probing.attempt(ask, g, d, optimizer, batches, noise, 2, 0.8 * c)
    moved_again, g_moved = probing.parameters(d), probing.parameters(g)
    d_out, d_reached = probing.alive(d, x_later)
    g_out, g_reached = probing.alive(g, z_later)
    g, d, *given = begin(False)
    once = probing.attempt(ask, g, d, *given, 1, c)
    once_moved, still_d, still_g = probing.parameters(d), probing.alive(d, x_later)[0], probing.alive(g, z_later)[0]
    g, d, *given = begin(False, scale=8)  # gradients larger than the small bound
    still = probing.attempt(ask, g, d, *given, n_critic, 0.2 * c)
    line, steep = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0)).to(d_flat.dtype), probing.parameters(d)
    torch.nn.utils.vector_to_parameters(d_flat[:4].clone(), line.parameters())
    g, _, _, batches, noise = begin(False, scale=1e4)  # its gradients are of thousands
    probing.attempt(ask, g, line, probing.Descent(line.parameters(), 1e-5 * rate), batches, noise, 2, c)
    found = dict(linear_moved=probing.parameters(line), estimates=estimates, again=again, once=once, still=still, moved=moved, moved_again=moved_again, once_moved=once_moved,
                 still_moved=steep, count=count, calls=calls, g_left=g_left, g_moved=g_moved, d_out=d_out, d_reached=d_reached,
                 g_out=g_out, g_reached=g_reached, still_d=still_d, still_g=still_g)
    return {name: value for name, value in found.items() if value is not None}


def reference(critic, generator, optimizer, batches, noise, n_critic, c):
    """As in the lesson."""
    def clip():
        with torch.no_grad():
            for p in critic.parameters():
                p.clamp_(-c, c)

    estimates = []
    for _ in range(n_critic):
        clip()
        x = next(batches)
        with torch.no_grad():
            made = generator(noise(len(x)))
        loss = critic(made).mean() - critic(x).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        estimates.append(-loss.item())
    clip()
    return estimates


def truth(critic, generator, optimizer, batches, noise, n_critic, c):
    """By gradients for the critic's weights alone, and weights written anew between the two bounds."""
    weights = list(critic.parameters())

    def bound():
        for p in weights:
            p.data = torch.where(p.data.abs() > c, c * p.data.sign(), p.data)

    found = []
    bound()
    for _ in range(n_critic):
        x = next(batches)
        made = generator(noise(x.shape[0])).detach()
        estimate = critic(x).sum() / len(x) - critic(made).sum() / len(made)
        for p, slope in zip(weights, torch.autograd.grad(-estimate, weights), strict=True):
            p.grad = slope
        optimizer.step()
        bound()
        found.append(estimate.detach())
    return torch.stack(found)


def inside(inputs, got, expected, n):
    """Every parameter of the critic in [-c, c], for each of the bounds."""
    bounds = {"moved": 1.0, "moved_again": 0.8, "once_moved": 1.0, "still_moved": 0.2}
    sizes = [got[name].abs().max().item() / share for name, share in bounds.items()]
    largest = max(sizes)  # and all far from 0, where none would have been clipped
    return min(sizes) > inputs["c"] / 2 and largest <= inputs["c"] * (1 + 1e-6), largest, inputs["c"]


exercise = Exercise(
    id="wgan-critic-steps", defines="critic_steps(critic, generator, optimizer, batches, noise, n_critic, c)", core=True, points=4,
    level=3, minutes=16, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.training.loop.update", "genlab.fit.fit_adversarial", "genlab.models.gan.GAN.discriminator_loss",
               "genlab.models.conditional_gan.ConditionalGAN.discriminator_loss", "genlab.models.adversarial.Wasserstein"],
    comparisons=[
        Compare("count", points=0.5, what="the number of batches that `critic_steps` takes, and of points in them",
                says="Every step takes a new batch from `batches`, and no more are taken than there are steps."),
        Compare("estimates", "again", "once", "still", shape="(n_critic,)", points=0.75, what="what `critic_steps` returns", tolerance=1e-4,
                says="The estimates mean f(x) - mean f(G(z)), each from before its step: of weights in [-c, c], of new data, of fresh noise."),
        Compare("moved", "moved_again", "once_moved", "still_moved", points=0.75, test=inside, resolution=1e-4,
                what="the largest size of a parameter", says="When the function returns, every parameter of the critic lies in [-c, c]."),
        Compare("moved", "moved_again", "once_moved", "still_moved", "linear_moved", points=1, what="the critic afterwards", tolerance=1e-4,
                says="The critic afterwards: each step goes down along the gradient of mean f(G(z)) - mean f(x), of this step alone, with the "
                     "optimizer that is handed over, and is clipped before the next."),
        Compare("g_left", "g_moved", "moved", points=0.5, test=kept("g", while_moves="d"), what="the gradients left in the generator",
                says="Nothing reaches the generator: its weights stay, and no gradient is added to those that lie in it."),
        Compare("d_out", "d_reached", "g_out", "g_reached", "still_d", "still_g", "calls", points=0.5, tolerance=1e-4,
                what={**dict.fromkeys(("d_out", "d_reached", "g_out", "g_reached", "still_d", "still_g"),
                                      "what the networks compute afterwards"),
                      "calls": "the number of batches that the critic's and the generator's BatchNorm have seen"},
                says="Afterwards both networks are in the mode they were in before, and both can learn; buffers are not clipped, and have seen "
                     "data and samples once in each step."),
    ],
    hints=[
        "Write down what must hold whenever the critic is asked, and what must be new in every step. Where do lines have to stand for that?",
        "In the loop: clip; next(batches); samples without a graph for the generator; the loss; old gradients cleared, backward, step. After "
        "the loop the weights have moved once more.",
        "with torch.no_grad(): [p.clamp_(-c, c) for p in critic.parameters()] at the head of the loop and after it; x = next(batches); "
        "loss = critic(made).mean() - critic(x).mean(); estimates.append(-loss.item()).",
    ],
    afterwards="The critic's gain is the largest that weights in [-c, c] allow, so the estimate is in units that nobody knows: it may "
               "be compared with itself, and not with another critic's.",
)
