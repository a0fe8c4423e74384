"""Planted answers to pix2pix-loss, by another author than the check's."""

import torch
import torch.nn.functional as F


def _quietly(discriminator, *pair):
    for p in discriminator.parameters():
        p.requires_grad_(False)
    logits = discriminator(*pair)
    for p in discriminator.parameters():
        p.requires_grad_(True)
    return logits


def plain_forward(discriminator, x, y, made, l1_weight):
    fake = discriminator(x, made)
    return F.binary_cross_entropy_with_logits(fake, torch.ones_like(fake)) + l1_weight * F.l1_loss(made, y)


def frozen_for_ever(discriminator, x, y, made, l1_weight):
    for p in discriminator.parameters():
        p.requires_grad = False
    return F.softplus(-discriminator(x, made)).mean() + l1_weight * F.l1_loss(made, y)


def weighted_wrongly(discriminator, x, y, made, l1_weight):
    return l1_weight * F.softplus(-_quietly(discriminator, x, made)).mean() + F.l1_loss(made, y)


def summed_pixels(discriminator, x, y, made, l1_weight):
    return F.softplus(-_quietly(discriminator, x, made)).mean() + l1_weight * F.l1_loss(made, y, reduction="sum")


def mean_square(discriminator, x, y, made, l1_weight):
    return F.softplus(-_quietly(discriminator, x, made)).mean() + l1_weight * ((y - made) ** 2).mean()


def flipped_labels(discriminator, x, y, made, l1_weight):
    fake = _quietly(discriminator, x, made)
    return F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake)) + l1_weight * F.l1_loss(made, y)


def looks_at_y(discriminator, x, y, made, l1_weight):
    return F.softplus(-_quietly(discriminator, x, y)).mean() + l1_weight * F.l1_loss(made, y)


def sigmoid_then_log(discriminator, x, y, made, l1_weight):
    d = torch.sigmoid(_quietly(discriminator, x, made))
    return -(d.log()).mean() + l1_weight * F.l1_loss(made, y)


def averages_the_map(discriminator, x, y, made, l1_weight):
    verdict = _quietly(discriminator, x, made).mean((1, 2, 3))
    return F.softplus(-verdict).mean() + l1_weight * F.l1_loss(made, y)


def forgets_lambda(discriminator, x, y, made, l1_weight):
    return F.softplus(-_quietly(discriminator, x, made)).mean() + F.l1_loss(made, y)


def parts_as_tuple_sum(discriminator, x, y, made, l1_weight):
    """Also right."""
    fake = _quietly(discriminator, x, made)
    terms = torch.stack([F.softplus(-fake).mean(), l1_weight * torch.mean(torch.abs(made - y))])
    return terms.sum()


wrong = [
    (plain_forward, "not_frozen"), (frozen_for_ever, "left_frozen"), (weighted_wrongly, "weight_on_fooling"),
    (summed_pixels, "l1_summed"), (mean_square, "squared"), (flipped_labels, "zero_labels"),
    (looks_at_y, "target_judged"), (sigmoid_then_log, "log_of_sigmoid"), (averages_the_map, "mean_logit_per_image"),
    (forgets_lambda, "weight_missing"),
]
right = [parts_as_tuple_sum]


def evaluated(discriminator, x, y, made, l1_weight):
    return parts_as_tuple_sum(discriminator.eval(), x, y, made, l1_weight)


def summed_over_channels(discriminator, x, y, made, l1_weight):
    return parts_as_tuple_sum(discriminator, x, y, made, 0.0) + l1_weight * (y - made).abs().sum(1).mean()


wrong += [(evaluated, "The loss: a mean over patches plus λ times a mean over pixels, a single number."),
          (summed_over_channels, "l1_over_channels")]
