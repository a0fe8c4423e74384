"""Right answers to wgan-polish, written in other ways."""

import torch

from grading.checks import probing
from grading.exercises.wgan._polish_parts import climb, score_of


def with_an_optimizer(generator, critic, z, steps, rate, pull):
    code = z.detach().clone().requires_grad_()
    optimizer = probing.Descent([code], rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = -(critic(generator(code)) - 0.5 * pull * (code**2).sum(1)).sum()
        loss.backward(inputs=[code])
        optimizer.step()
    return code.detach()


def row_by_row(generator, critic, z, steps, rate, pull):
    return torch.cat([climb(code[None], steps, rate, score_of(generator, critic, pull)) for code in z])


def pull_by_hand(generator, critic, z, steps, rate, pull):
    flags = [p.requires_grad for net in (generator, critic) for p in net.parameters()]
    generator.requires_grad_(False)
    critic.requires_grad_(False)
    code = z.clone()
    for _ in range(steps):
        code = code.detach().requires_grad_(True)
        critic(generator(code)).sum().backward()
        code = code * (1 - rate * pull) + rate * code.grad
    for p, flag in zip([p for net in (generator, critic) for p in net.parameters()], flags, strict=True):
        p.requires_grad_(flag)
    return code.detach()


pull_by_hand.shown = True
