"""Searches for a code that end otherwise, bound what they see, or disturb the generator: for gan-find-code.

The descent that its answers share stands here as well.
"""

import torch

from grading.checks.exercise import Mistake


def misses(generator, x, seen, z):
    return torch.where(seen, generator(z) - x, 0)


def descend(z, steps, rate, loss):
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        slope, = torch.autograd.grad(loss(z), z)
        z = (z - rate * slope).detach()
    return z


def frozen_and_all_thawed(generator, x, seen, z, steps, rate):
    generator.requires_grad_(False)
    z = descend(z, steps, rate, lambda z: misses(generator, x, seen, z).square().sum())
    generator.requires_grad_(True)
    return z


def evaluated_meanwhile(generator, x, seen, z, steps, rate):
    mode = generator.training
    generator.eval()
    z = descend(z, steps, rate, lambda z: misses(generator, x, seen, z).square().sum())
    generator.train(mode)
    return z


def misses_clamped(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda z: misses(generator, x, seen, z).clamp(-20, 20).square().sum())


def stops_when_the_loss_grows(generator, x, seen, z, steps, rate):
    z, lowest = z.detach().clone(), float("inf")
    for _ in range(steps):
        z.requires_grad_()
        loss = misses(generator, x, seen, z).square().sum()
        if loss.item() > lowest:
            break
        lowest = loss.item()
        slope, = torch.autograd.grad(loss, z)
        z = (z - rate * slope).detach()
    return z.detach()


def keeps_the_best(generator, x, seen, z, steps, rate):
    z, best, lowest = z.detach().clone(), z.detach(), float("inf")
    for _ in range(steps + 1):
        z.requires_grad_()
        loss = misses(generator, x, seen, z).square().sum()
        if loss.item() < lowest:
            best, lowest = z.detach().clone(), loss.item()
        slope, = torch.autograd.grad(loss, z)
        z = (z - rate * slope).detach()
    return best


def stops_when_nearly_met(generator, x, seen, z, steps, rate):
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        slope, = torch.autograd.grad(misses(generator, x, seen, z).square().sum(), z)
        if slope.norm() < 1e-2:
            break
        z = (z - rate * slope).detach()
    return z.detach()


of_search = [
    Mistake(frozen_and_all_thawed, "You switch on requires_grad of every weight afterwards: one that was frozen before has to stay so."),
    Mistake(evaluated_meanwhile, "You use the generator in evaluation mode meanwhile: it comes in the mode in which it is to be used."),
    Mistake(misses_clamped, "You bound the misses: pixels that are far off then pull no more."),
    Mistake(stops_when_the_loss_grows, "You stop when the loss grows: asked for are the steps that are handed over, all of them."),
    Mistake(keeps_the_best, "You return the best code on the way: asked for is the one after the last step."),
    Mistake(stops_when_nearly_met, "You stop where the slope is small: asked for are the steps that are handed over, all of them."),
]
