"""Planted answers to gan-g-step, by another author than the check's."""

import copy

import torch
import torch.nn.functional as F


def _learn(discriminator, optimizer, value):
    optimizer.zero_grad()
    value.backward(inputs=list(optimizer.param_groups[0]["params"]))
    optimizer.step()
    return value.item()


def own_noise(generator, discriminator, optimizer, n, noise, loss):
    return _learn(
        discriminator,
        optimizer,
        loss(discriminator(generator(torch.randn(n, 2, dtype=next(generator.parameters()).dtype)))),
    )


def saturating(generator, discriminator, optimizer, n, noise, loss):
    return _learn(discriminator, optimizer, -F.softplus(discriminator(generator(noise(n)))).mean())


def logits_negated(generator, discriminator, optimizer, n, noise, loss):
    return _learn(discriminator, optimizer, loss(-discriminator(generator(noise(n)))))


def step_before_backward(generator, discriminator, optimizer, n, noise, loss):
    v = loss(discriminator(generator(noise(n))))
    optimizer.zero_grad()
    optimizer.step()
    v.backward()
    discriminator.zero_grad()
    return v.item()


def frozen_before_backward(generator, discriminator, optimizer, n, noise, loss):
    v = loss(discriminator(generator(noise(n))))
    discriminator.requires_grad_(False)
    optimizer.zero_grad()
    v.backward()
    optimizer.step()
    discriminator.requires_grad_(True)
    return v.item()


def thawed_too_early(generator, discriminator, optimizer, n, noise, loss):
    discriminator.requires_grad_(False)
    made = generator(noise(n))
    discriminator.requires_grad_(True)
    v = loss(discriminator(made))
    optimizer.zero_grad()
    v.backward()
    optimizer.step()
    return v.item()


def generator_frozen_instead(generator, discriminator, optimizer, n, noise, loss):
    generator.requires_grad_(False)
    v = loss(discriminator(generator(noise(n))))
    generator.requires_grad_(True)
    optimizer.zero_grad()
    v.backward()
    optimizer.step()
    discriminator.zero_grad()
    return v.item()


def d_without_graph(generator, discriminator, optimizer, n, noise, loss):
    made = generator(noise(n))
    with torch.no_grad():
        l = discriminator(made)
    v = loss(l)
    optimizer.zero_grad()
    v.backward()
    optimizer.step()
    return v.item()


def clipped(generator, discriminator, optimizer, n, noise, loss):
    v = loss(discriminator(generator(noise(n))))
    ps = list(generator.parameters())
    gs = torch.autograd.grad(v, ps)
    t = float(sum(g.square().sum() for g in gs).sqrt())
    for p, g in zip(ps, gs, strict=False):
        p.grad = g * min(1, 0.1 / t)
    optimizer.step()
    return v.item()


def by_hand(generator, discriminator, optimizer, n, noise, loss):
    v = loss(discriminator(generator(noise(n))))
    ps = list(generator.parameters())
    with torch.no_grad():
        for p, g in zip(ps, torch.autograd.grad(v, ps), strict=False):
            p -= optimizer.param_groups[0]["lr"] * g
    return v.item()


def returns_samples(generator, discriminator, optimizer, n, noise, loss):
    made = generator(noise(n))
    _learn(discriminator, optimizer, loss(discriminator(made)))
    return made.detach()


def only_last_layer_frozen(generator, discriminator, optimizer, n, noise, loss):
    last = list(discriminator.parameters())[-2:]
    for p in last:
        p.requires_grad_(False)
    v = loss(discriminator(generator(noise(n))))
    for p in last:
        p.requires_grad_(True)
    optimizer.zero_grad()
    v.backward()
    optimizer.step()
    return v.item()


def half_thawed(generator, discriminator, optimizer, n, noise, loss):
    discriminator.requires_grad_(False)
    v = _learn(discriminator, optimizer, loss(discriminator(generator(noise(n)))))
    for p in list(discriminator.parameters())[:2]:
        p.requires_grad_(True)
    return v


def seeded(generator, discriminator, optimizer, n, noise, loss):
    torch.manual_seed(1)
    return _learn(discriminator, optimizer, loss(discriminator(generator(noise(n)))))


def mean_of_two_batches(generator, discriminator, optimizer, n, noise, loss):
    return _learn(
        discriminator,
        optimizer,
        (loss(discriminator(generator(noise(n)))) + loss(discriminator(generator(noise(n))))) / 2,
    )


def weight_decay(generator, discriminator, optimizer, n, noise, loss):
    v = loss(discriminator(generator(noise(n))))
    return _learn(discriminator, optimizer, v + 1e-3 * sum(p.square().sum() for p in generator.parameters()))


def halved(generator, discriminator, optimizer, n, noise, loss):
    v = loss(discriminator(generator(noise(n))))
    _learn(discriminator, optimizer, v / 2)
    return v.item()


def d_eval_and_restored(generator, discriminator, optimizer, n, noise, loss):
    m = discriminator.training
    discriminator.eval()
    v = _learn(discriminator, optimizer, loss(discriminator(generator(noise(n)))))
    discriminator.train(m)
    return v


def save_and_restore(generator, discriminator, optimizer, n, noise, loss):
    old = [None if p.grad is None else p.grad.clone() for p in discriminator.parameters()]
    optimizer.zero_grad()
    v = loss(discriminator(generator(noise(n))))
    v.backward()
    optimizer.step()
    for p, o in zip(discriminator.parameters(), old, strict=True):
        p.grad = o
    return v


def try_finally(generator, discriminator, optimizer, n, noise, loss):
    for p in discriminator.parameters():
        p.requires_grad = False
    try:
        optimizer.zero_grad(set_to_none=False)
        v = loss(fake=discriminator(generator(noise(n))))
        v.backward()
        optimizer.step()
    finally:
        for p in discriminator.parameters():
            p.requires_grad = True
    return torch.tensor(v.item())


def cut_by_hand(generator, discriminator, optimizer, n, noise, loss):
    made = generator(noise(n))
    leaf = made.detach().requires_grad_()
    v = loss(discriminator(leaf))
    (push,) = torch.autograd.grad(v, leaf)
    generator.zero_grad()
    made.backward(push)
    optimizer.step()
    return float(v)


def functional(generator, discriminator, optimizer, n, noise, loss):
    weights = {k: p.detach() for k, p in discriminator.named_parameters()}
    v = loss(torch.func.functional_call(discriminator, weights, (generator(noise(n)),)))
    optimizer.zero_grad()
    v.backward()
    optimizer.step()
    return v.item()


def makes_twice(generator, discriminator, optimizer, n, noise, loss):
    z = noise(n)
    with torch.no_grad():
        generator(z)
    discriminator.requires_grad_(False)
    value = loss(discriminator(generator(z)))
    discriminator.requires_grad_(True)
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


def copied_discriminator(generator, discriminator, optimizer, n, noise, loss):
    value = loss(copy.deepcopy(discriminator)(generator(noise(n))))
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


def buffers_put_back(generator, discriminator, optimizer, n, noise, loss):
    state = {name: v.clone() for name, v in discriminator.state_dict().items()}
    value = loss(discriminator(generator(noise(n))))
    optimizer.zero_grad()
    value.backward(inputs=list(generator.parameters()))
    optimizer.step()
    discriminator.load_state_dict(state)
    return value.item()


SAYS_1 = "The loss of n samples of fresh `noise`, before the step: a single number."
SAYS_2 = "No gradient reaches the generator: here the samples keep their graph (no detach, no torch.no_grad)."
SAYS_3 = "G after one step: minus the learning rate times the gradient that came through D, and nothing else."
SAYS_4 = (
    "The loss that `g_step` returns should have shape (), not (6, 3). The loss of n samples of fresh "
    "`noise`, before the step: a single number."
)
SAYS_5 = (
    "Afterwards both players are in the mode they were in before, and can learn as before; in each step G has seen "
    "noise once, and D its samples once."
)
SAYS_6 = (
    "`g_step` changes a setting of PyTorch for everything that runs afterwards: no `torch.manual_seed`, "
    "`set_grad_enabled` or `set_default_dtype` in it."
)

wrong = [
    (makes_twice, "g_generator_asked_again"),
    (own_noise, SAYS_1),
    (saturating, SAYS_1),
    (logits_negated, SAYS_1),
    (step_before_backward, "cleared_too_late"),
    (thawed_too_early, "gradients_stay_in_d"),
    (generator_frozen_instead, "cleared_too_late"),
    (d_without_graph, SAYS_2),
    (clipped, SAYS_3),
    (by_hand, "own_optimizer"),
    (returns_samples, SAYS_4),
    (only_last_layer_frozen, "gradients_stay_in_d"),
    (half_thawed, SAYS_5),
    (seeded, SAYS_6),
    (mean_of_two_batches, SAYS_1),
    (weight_decay, SAYS_1),
    (halved, SAYS_3),
    (d_eval_and_restored, "discriminator_evaluated"),
]
right = [copied_discriminator, buffers_put_back]
right += [frozen_before_backward, save_and_restore, try_finally, cut_by_hand, functional]
