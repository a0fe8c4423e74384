"""The ascent of wgan-polish, and the score that it climbs."""

import torch


def climb(z, steps, rate, score):
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        slope, = torch.autograd.grad(score(z), z)
        z = (z + rate * slope).detach()
    return z


def score_of(generator, critic, pull):
    return lambda z: critic(generator(z)).sum() - pull / 2 * z.square().sum()
