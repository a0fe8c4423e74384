"""Planted answers to pix2pix-bug, by another author than the check's."""

import torch
import torch.nn.functional as F


def order_repaired(discriminator, x, y, made):
    real = discriminator(torch.cat([x, y], dim=1)).mean()
    fake = discriminator(torch.cat([x, made.detach()], dim=1)).mean()
    return (F.softplus(-real) + F.softplus(fake)) / 2


def mean_repaired(discriminator, x, y, made):
    real = discriminator(torch.cat([x, y], dim=1))
    fake = discriminator(torch.cat([made.detach(), x], dim=1))
    return (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2


def other_order_for_both(discriminator, x, y, made):
    real = discriminator(torch.cat([y, x], dim=1))
    fake = discriminator(torch.cat([made.detach(), x], dim=1))
    return (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2


def detach_lost(discriminator, x, y, made):
    real = discriminator(torch.cat([x, y], dim=1))
    fake = discriminator(torch.cat([x, made], dim=1))
    return (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2


def half_lost(discriminator, x, y, made):
    real = discriminator(torch.cat([x, y], dim=1))
    fake = discriminator(torch.cat([x, made.detach()], dim=1))
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def signs_swapped(discriminator, x, y, made):
    real = discriminator(torch.cat([x, y], dim=1))
    fake = discriminator(torch.cat([x, made.detach()], dim=1))
    return (F.softplus(real).mean() + F.softplus(-fake).mean()) / 2


def image_only(discriminator, x, y, made):
    real = discriminator(torch.cat([y, y], dim=1))
    fake = discriminator(torch.cat([made.detach()] * 2, dim=1))
    return (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2


def sums(discriminator, x, y, made):
    real = discriminator(torch.cat([x, y], dim=1))
    fake = discriminator(torch.cat([x, made.detach()], dim=1))
    return (F.softplus(-real).sum() + F.softplus(fake).sum()) / 2


def bce_of_sigmoid(discriminator, x, y, made):
    real = torch.sigmoid(discriminator(torch.cat([x, y], dim=1)))
    fake = torch.sigmoid(discriminator(torch.cat([x, made.detach()], dim=1)))
    losses = F.binary_cross_entropy(real, torch.ones_like(real)), F.binary_cross_entropy(fake, torch.zeros_like(fake))
    return sum(losses) / 2


def by_log_sigmoid(discriminator, x, y, made):
    """Also right."""
    pairs = torch.cat([torch.cat([x, y], 1), torch.cat([x, made.detach()], 1)])
    real, fake = discriminator(pairs).chunk(2)
    return -(F.logsigmoid(real) + F.logsigmoid(-fake)).mean() / 2


wrong = [
    (order_repaired, "only_the_order"), (mean_repaired, "only_the_mean"), (other_order_for_both, "both_turned"),
    (detach_lost, "not_detached"), (half_lost, "half_forgotten"), (signs_swapped, "labels_turned"),
    (image_only, "target_for_input"), (sums, "summed"), (bce_of_sigmoid, "cross_entropy_of_probabilities"),
]
right = [by_log_sigmoid]
