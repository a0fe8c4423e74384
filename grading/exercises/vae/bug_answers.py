"""Answers to vae-bug: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake

# Known mistakes


def buggy_negative_elbo(x, logits, mu, logvar):
    probabilities = torch.sigmoid(logits)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="sum")
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return reconstruction + kl


def _kl(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)


def _cross_entropy(x, logits):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)


def only_the_batch(x, logits, mu, logvar):
    return buggy_negative_elbo(x, logits, mu, logvar) / len(x)


def only_the_logits(x, logits, mu, logvar):
    return (_cross_entropy(x, logits) + _kl(mu, logvar)).sum()


def sigmoid_kept(x, logits, mu, logvar):
    return (_cross_entropy(x, torch.sigmoid(logits)) + _kl(mu, logvar)).mean()


def sigmoid_dropped(x, logits, mu, logvar):
    cross_entropy = -(x * logits.log() + (1 - x) * (1 - logits).log())
    return (cross_entropy.sum(1) + _kl(mu, logvar)).mean()


def mean_of_everything(x, logits, mu, logvar):
    return F.binary_cross_entropy_with_logits(logits, x) + _kl(mu, logvar).mean()


def mean_of_both(x, logits, mu, logvar):
    return F.binary_cross_entropy_with_logits(logits, x) + _kl(mu, logvar).mean() / mu.shape[1]


def kl_still_summed(x, logits, mu, logvar):
    return _cross_entropy(x, logits).mean() + _kl(mu, logvar).sum()


def likelihood_still_summed(x, logits, mu, logvar):
    return _cross_entropy(x, logits).sum() + _kl(mu, logvar).mean()


def divided_by_pixels(x, logits, mu, logvar):
    return (_cross_entropy(x, logits) + _kl(mu, logvar)).mean() / x.shape[1]


def probabilities_clamped(x, logits, mu, logvar):
    p = torch.sigmoid(logits).clamp(1e-7, 1 - 1e-7)
    return (F.binary_cross_entropy(p, x, reduction="none").sum(1) + _kl(mu, logvar)).mean()


def small_number_added(x, logits, mu, logvar):
    p = torch.sigmoid(logits)
    log_likelihood = x * (p + 1e-8).log() + (1 - x) * (1 - p + 1e-8).log()
    return (-log_likelihood.sum(1) + _kl(mu, logvar)).mean()


def logs_by_hand(x, logits, mu, logvar):
    p = torch.sigmoid(logits)
    log_likelihood = x * p.log() + (1 - x) * (1 - p).log()
    return (-log_likelihood.sum(1) + _kl(mu, logvar)).mean()


def _clamped(limit):
    def logits_clamped(x, logits, mu, logvar):
        return (_cross_entropy(x, logits.clamp(-limit, limit)) + _kl(mu, logvar)).mean()

    return logits_clamped


def in_double(x, logits, mu, logvar):
    cross_entropy = F.binary_cross_entropy(torch.sigmoid(logits.double()), x.double(), reduction="none")
    return (cross_entropy.sum(1) + _kl(mu, logvar)).mean()


def squared_error(x, logits, mu, logvar):
    return (((torch.sigmoid(logits) - x) ** 2).sum(1) + _kl(mu, logvar)).mean()


def divided_by_width(x, logits, mu, logvar):
    return (_cross_entropy(x, logits) + _kl(mu, logvar)).sum() / x.shape[1]


def nan_replaced(x, logits, mu, logvar):
    p = torch.sigmoid(logits)
    cross_entropy = -(x * torch.log(p) + (1 - x) * torch.log(1 - p)).nan_to_num(nan=0.0, posinf=100.0)
    return (cross_entropy.sum(1) + _kl(mu, logvar)).mean()


def exponential_by_hand(x, logits, mu, logvar):
    return ((torch.log(1 + torch.exp(logits)) - x * logits).sum(1) + _kl(mu, logvar)).mean()


def bound_itself(x, logits, mu, logvar):
    return -(_cross_entropy(x, logits) + _kl(mu, logvar)).mean()


def kl_subtracted(x, logits, mu, logvar):
    return (_cross_entropy(x, logits) - _kl(mu, logvar)).mean()


def one_number_an_image(x, logits, mu, logvar):
    return _cross_entropy(x, logits) + _kl(mu, logvar)


def probabilities_clamped_wider(x, logits, mu, logvar):
    p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    return (F.binary_cross_entropy(p, x, reduction="none").sum(1) + _kl(mu, logvar)).mean()


def smaller_number_added(x, logits, mu, logvar):
    p = torch.sigmoid(logits)
    log_likelihood = x * (p + 1e-10).log() + (1 - x) * (1 - p + 1e-10).log()
    return (-log_likelihood.sum(1) + _kl(mu, logvar)).mean()


# Also right


def sum_over_batch_size(x, logits, mu, logvar):
    total = torch.nn.BCEWithLogitsLoss(reduction="sum")(logits, x)
    return (total - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())) / x.size(0)


def softplus_form(x, logits, mu, logvar):
    return (F.softplus(logits) - x * logits).sum(1).mean() + _kl(mu, logvar).mean()


def log_sigmoid_form(x, logits, mu, logvar):
    log_likelihood = x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)
    return torch.stack([_kl(m[None], v[None])[0] - row.sum()
                        for row, m, v in zip(log_likelihood, mu, logvar, strict=True)]).mean()


def logaddexp_form(x, logits, mu, logvar):
    signed = torch.where(x > 0.5, -logits, logits)
    nats = torch.logaddexp(signed, torch.zeros_like(signed)).mean(0).sum()
    return nats + torch.einsum("bk->k", mu * mu + logvar.exp() - logvar - 1).sum() / (2 * len(mu))


def logvar_bounded(x, logits, mu, logvar):
    return (_cross_entropy(x, logits) + _kl(mu, logvar.clamp(-10, 10))).mean()


mistakes = [
    Mistake(buggy_negative_elbo, "This is still the buggy loss. Look at what it does to a batch twice as long, "
            "and to a pixel of which the decoder is sure."),
    Mistake(only_the_batch, "The batch is right now. But the sigmoid still rounds to 0 or 1: at logit 150 the "
            "loss is clamped to 100 and its gradient is 0. Stay with the logits."),
    Mistake(only_the_logits, "The logits are right now. But the loss is still a sum over the batch: twice the "
            "images, twice the loss. Take the mean over the images."),
    Mistake(sigmoid_kept, "The sigmoid is applied twice: binary_cross_entropy_with_logits wants the logits."),
    Mistake(sigmoid_dropped, "Logits are not probabilities: without the sigmoid, binary_cross_entropy does not "
            "apply. There is a function that takes logits."),
    Mistake(mean_of_everything, "The default reduction averages over pixels too, so the KL weighs D times too "
            "much: sum over pixels, then average over images."),
    Mistake(mean_of_both, "You average over pixels and latents. Sum over both; only the batch is averaged."),
    Mistake(kl_still_summed, "The KL is still summed over the batch: both terms are means over images."),
    Mistake(likelihood_still_summed, "The reconstruction is still summed over the batch: both terms are means "
            "over images."),
    Mistake(divided_by_pixels, "You divide by the number of pixels: in nats per image only the batch is averaged."),
    Mistake(probabilities_clamped, "Clamping the probabilities hides the trouble: the loss is capped and its "
            "gradient is 0 where the decoder is sure and wrong. Stay with the logits."),
    Mistake(small_number_added, "A small number inside the logarithm hides the trouble: the loss is capped "
            "where the decoder is sure and wrong. Stay with the logits."),
    Mistake(logs_by_hand, "The logarithm of a rounded sigmoid is log 0. Stay with the logits."),
    Mistake(nan_replaced, "The logarithm of a rounded sigmoid is log 0. Stay with the logits."),
    *(Mistake(_clamped(limit), "Clamping the logits caps the loss and kills the gradient where the decoder is sure. "
              "No clamp is needed with the right function.") for limit in (10, 15, 20, 30, 50, 80, 88, 100, 200)),
    Mistake(logvar_bounded, "You bound log σ², which was no fault of the buggy loss: the KL is then wrong outside, with a "
            "gradient of 0."),
    Mistake(in_double, "Double precision only moves the place where the sigmoid rounds to 1: at logit 40 it is "
            "there again. Stay with the logits."),
    Mistake(squared_error, "A squared error is not the likelihood of a binary pixel: the cross-entropy stays, "
            "only computed from the logits."),
    Mistake(divided_by_width, "You divide by the number of pixels, x.shape[1]; the number of images is x.shape[0]."),
    Mistake(exponential_by_hand, "exp(logit) overflows in float32 above 88: softplus is log(1 + exp) without "
            "overflow."),
    Mistake(bound_itself, "This is the bound itself; the loss to minimise is minus the bound."),
    Mistake(kl_subtracted, "In the loss the KL is added: minus the bound is cross-entropy plus KL."),
    Mistake(one_number_an_image, "One number is asked for: the mean over the images."),
    Mistake(probabilities_clamped_wider, "Clamping the probabilities hides the trouble: the loss is capped and its "
            "gradient is 0 where the decoder is sure and wrong. Stay with the logits."),
    Mistake(smaller_number_added, "A small number inside the logarithm hides the trouble: the loss is capped "
            "where the decoder is sure and wrong. Stay with the logits."),
]

also_right = [sum_over_batch_size, softplus_form, log_sigmoid_form, logaddexp_form]

equivalent_mutants = {
    'reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1): 1 → -1':
        "the last axis of a matrix is its axis 1",
    "kl = 0.5 * (mu.pow(2) + logvar.exp() - 1 - logvar).sum(1): 1 → -1": "the last axis of a matrix is its axis 1",
}
