"""The penalty of wgan-gradient-penalty in parts: shares that stand along the batch, the mixture, slopes and their lengths."""

import torch


def column(a, x):
    return a.view(-1, *[1] * (x.ndim - 1))


def mixture(real, fake, a):
    a = column(a, real)
    return (a * real + (1 - a) * fake).detach().requires_grad_()


def slope_at(critic, x):
    return torch.autograd.grad(critic(x).sum(), x, create_graph=True)[0]


def lengths_of(critic, real, fake, a):
    return slope_at(critic, mixture(real, fake, a)).flatten(1).norm(dim=1)
