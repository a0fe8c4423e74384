"""Answers to beta-loss: wrong ones with the sentence that names each, and right ones."""

import math

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn import functional as F

from grading.checks.exercise import Mistake
from grading.exercises.beta.loss import reference


def _bce(x, logits):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()


def _kl(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar)


# Known mistakes


def beta_on_reconstruction(x, logits, mu, logvar, beta, free_bits=0.0):
    return beta * _bce(x, logits) + _kl(mu, logvar).mean(0).clamp(min=free_bits).sum()


def beta_on_both(x, logits, mu, logvar, beta, free_bits=0.0):
    return beta * (_bce(x, logits) + _kl(mu, logvar).mean(0).clamp(min=free_bits).sum())


def beta_ignored(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + _kl(mu, logvar).mean(0).clamp(min=free_bits).sum()


def beta_divides(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + _kl(mu, logvar).mean(0).clamp(min=free_bits).sum() / beta


def kl_subtracted(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) - beta * _kl(mu, logvar).mean(0).clamp(min=free_bits).sum()


def sign_flipped(x, logits, mu, logvar, beta, free_bits=0.0):
    return -_bce(x, logits) - beta * _kl(mu, logvar).mean(0).clamp(min=free_bits).sum()


def pixel_mean(x, logits, mu, logvar, beta, free_bits=0.0):
    return F.binary_cross_entropy_with_logits(logits, x) + beta * _kl(mu, logvar).mean(0).clamp(min=free_bits).sum()


def latent_mean(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * _kl(mu, logvar).mean(0).clamp(min=free_bits).mean()


def batch_sum(x, logits, mu, logvar, beta, free_bits=0.0):
    return len(x) * (_bce(x, logits) + beta * _kl(mu, logvar).mean(0).clamp(min=free_bits).sum())


def free_bits_as_ceiling(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = _kl(mu, logvar).mean(0)
    return _bce(x, logits) + beta * (kl.clamp(max=free_bits) if free_bits else kl).sum()


def free_bits_subtracted(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * (_kl(mu, logvar).mean(0) - free_bits).clamp(min=0).sum()


def free_bits_on_the_total(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * _kl(mu, logvar).mean(0).sum().clamp(min=free_bits * mu.shape[1])


def free_bits_once_on_the_total(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * _kl(mu, logvar).mean(0).sum().clamp(min=free_bits)


def free_bits_per_image(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * _kl(mu, logvar).clamp(min=free_bits).sum(1).mean()


def free_bits_after_beta(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + (beta * _kl(mu, logvar).mean(0)).clamp(min=free_bits).sum()


def free_bits_ignored(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * _kl(mu, logvar).mean(0).sum()


def kl_without_half(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * (2 * _kl(mu, logvar)).mean(0).clamp(min=free_bits).sum()


def logvar_as_log_std(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * _kl(mu, 2 * logvar).mean(0).clamp(min=free_bits).sum()


def per_image(x, logits, mu, logvar, beta, free_bits=0.0):
    return (F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
            + beta * _kl(mu, logvar).clamp(min=free_bits).sum(1))


def means_everywhere(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = _kl(mu, logvar).mean(0).clamp(min=free_bits)
    return F.binary_cross_entropy_with_logits(logits, x) + beta * kl.mean()


def reconstruction_batch_sum(x, logits, mu, logvar, beta, free_bits=0.0):
    return len(x) * _bce(x, logits) + beta * _kl(mu, logvar).mean(0).clamp(min=free_bits).sum()


def kl_batch_sum(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * _kl(mu, logvar).sum(0).clamp(min=free_bits).sum()


def kl_negative(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * (-_kl(mu, logvar)).mean(0).clamp(min=free_bits).sum()


def beta_beside_one(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + (1 + beta) * _kl(mu, logvar).mean(0).clamp(min=free_bits).sum()


def one_minus_beta(x, logits, mu, logvar, beta, free_bits=0.0):
    return (1 - beta) * _bce(x, logits) + beta * _kl(mu, logvar).mean(0).clamp(min=free_bits).sum()


def beta_normalised(x, logits, mu, logvar, beta, free_bits=0.0):
    return reference(x, logits, mu, logvar, beta * mu.shape[1] / x.shape[1], free_bits)


def free_bits_added(x, logits, mu, logvar, beta, free_bits=0.0):
    return _bce(x, logits) + beta * (_kl(mu, logvar).mean(0) + free_bits).sum()


def free_bits_in_bits(x, logits, mu, logvar, beta, free_bits=0.0):
    return reference(x, logits, mu, logvar, beta, free_bits * math.log(2))


def free_bits_as_switch(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = _kl(mu, logvar).mean(0)
    return _bce(x, logits) + beta * torch.where(kl > free_bits, kl, 0 * kl).sum()


def logvar_as_std(x, logits, mu, logvar, beta, free_bits=0.0):
    return reference(x, logits, mu, logvar.square().log(), beta, free_bits)


def squared_error(x, logits, mu, logvar, beta, free_bits=0.0):
    error = (logits.sigmoid() - x).square().sum(1).mean()
    return error + beta * _kl(mu, logvar).mean(0).clamp(min=free_bits).sum()


def sigmoid_twice(x, logits, mu, logvar, beta, free_bits=0.0):
    return reference(x, logits.sigmoid(), mu, logvar, beta, free_bits)


def per_image_after_the_floor(x, logits, mu, logvar, beta, free_bits=0.0):
    return (F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
            + beta * _kl(mu, logvar).mean(0).clamp(min=free_bits).sum())


def saturated(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = (mu**2 + logvar.exp() - 1 - logvar).mean(0) / 2
    probabilities = torch.sigmoid(logits)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(1).mean()
    return reconstruction + beta * kl.clamp(min=free_bits).sum()


def logvar_bounded(x, logits, mu, logvar, beta, free_bits=0.0):
    return reference(x, logits, mu, logvar.clamp(-10, 10), beta, free_bits)


def price_at_least_one(x, logits, mu, logvar, beta, free_bits=0.0):
    return reference(x, logits, mu, logvar, max(beta, 1.0), free_bits)


def no_price_is_one(x, logits, mu, logvar, beta, free_bits=0.0):
    return reference(x, logits, mu, logvar, beta or 1.0, free_bits)


# Also right


def by_distributions(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = kl_divergence(Normal(mu, torch.exp(logvar / 2)), Normal(0.0, 1.0)).mean(dim=0)
    floor = torch.full_like(kl, free_bits)
    return -Bernoulli(logits=logits).log_prob(x).sum(-1).mean() + beta * torch.maximum(kl, floor).sum()


def with_sums(x, logits, mu, logvar, beta, free_bits=0.0):
    B = x.size(0)
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / B
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=0) / B
    return bce + sum(beta * torch.clamp_min(k, free_bits) for k in kl)


def with_relu(x, logits, mu, logvar, beta, free_bits=0.0):
    kl = (mu.square() + logvar.exp() - logvar - 1).div(2).mean(0)
    kl = free_bits + F.relu(kl - free_bits)
    return (F.softplus(logits) - x * logits).sum() / x.shape[0] + torch.sum(kl * beta)


mistakes = [
    Mistake(beta_on_reconstruction, "β stands before the reconstruction; it weighs the KL."),
    Mistake(beta_on_both, "β multiplies the whole loss, which only changes the learning rate; it weighs the KL alone."),
    Mistake(beta_ignored, "β does not enter your loss."),
    Mistake(beta_divides, "You divide the KL by β; it is multiplied."),
    Mistake(kl_subtracted, "You subtract the KL. The bound subtracts it, so the loss adds it."),
    Mistake(sign_flipped, "This is the bound, which grows as the model gets better. The loss is minus the bound."),
    Mistake(pixel_mean, "The reconstruction is averaged over pixels, which makes the effective β as many times "
            "larger as there are pixels: sum over them."),
    Mistake(latent_mean, "The KL is averaged over the latent dimensions, which divides β by their number: sum over them."),
    Mistake(batch_sum, "You sum over the images. The mean keeps the loss independent of the batch size."),
    Mistake(free_bits_as_ceiling, "Free bits are a floor, not a ceiling: the KL of a dimension counts at least that much "
            "(`max`, not `min`)."),
    Mistake(free_bits_subtracted, "You take the free bits off. They are a floor: below it the KL counts as the floor, "
            "above it as it is."),
    Mistake(free_bits_on_the_total, "The floor holds for each dimension on its own, not for their sum."),
    Mistake(free_bits_once_on_the_total, "The floor is applied to the sum over the dimensions; each dimension has its own."),
    Mistake(free_bits_per_image, "The floor is applied to every image. Average each dimension's KL over the images "
            "first, then apply it."),
    Mistake(free_bits_after_beta, "The floor is applied to β · KL. It is a number of nats of KL: apply it first, "
            "then multiply by β."),
    Mistake(free_bits_ignored, "`free_bits` does not enter your loss."),
    Mistake(kl_without_half, "Your KL is twice too large: the factor ½ is missing."),
    Mistake(logvar_as_log_std, "You treat `logvar` as log σ; it is log σ²."),
    Mistake(per_image, "You return one number for each image; a loss is their mean."),
    Mistake(means_everywhere, "Both terms are averaged over pixels and dimensions. Only the images are averaged: sum over the rest."),
    Mistake(reconstruction_batch_sum, "The reconstruction is summed over the images, the KL averaged: β then depends on the batch size."),
    Mistake(kl_batch_sum, "The KL is summed over the images, the reconstruction averaged: β then depends on the batch size."),
    Mistake(kl_negative, "Your KL has the wrong sign: a KL is never negative. It is -½ (1 + log σ² - μ² - σ²)."),
    Mistake(beta_beside_one, "The KL counts 1 + β times: β is its whole weight, so that β = 1 is the bound."),
    Mistake(one_minus_beta, "You weigh the reconstruction with 1 - β. Its weight is 1, whatever β is."),
    Mistake(beta_normalised, "You rescale β by the numbers of latent dimensions and pixels. With both terms summed, β is used as it is."),
    Mistake(free_bits_added, "You add the free bits to the KL. They are a floor: the KL counts as it is where it lies above."),
    Mistake(free_bits_in_bits, "Despite their name the free bits are given in nats here: no factor log 2."),
    Mistake(free_bits_as_switch, "Below the floor your KL counts nothing. It counts the floor: max(free_bits, KL), without a jump."),
    Mistake(logvar_as_std, "You treat `logvar` as σ; it is log σ²."),
    Mistake(squared_error, "Your reconstruction is a squared error. The pixels are Bernoulli: it is the cross-entropy, in nats."),
    Mistake(sigmoid_twice, "The sigmoid is applied twice: the cross-entropy with logits applies it itself."),
    Mistake(saturated, "A large logit is cut off, by a bound or by its sigmoid, which is exactly 0 or 1, and no gradient is left. "
            "Use the cross-entropy with logits, and the logits as they are."),
    Mistake(logvar_bounded, "You put a bound on log σ². Beyond it no gradient is left, and σ is what the encoder says: use log σ² as it is."),
    Mistake(price_at_least_one, "A price below 1 counts as 1 in your loss. β is the weight as it is, also below 1: a warm-up begins at 0."),
    Mistake(no_price_is_one, "At β = 0 your loss takes another price: 0 is a price, too, and a warm-up begins with it."),
    Mistake(per_image_after_the_floor, "You return one number for each image; a loss is their mean."),
]

also_right = [by_distributions, with_sums, with_relu]

equivalent_mutants = {
    'distortion = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x): x → logits':
        "both have one row for each image",
}
