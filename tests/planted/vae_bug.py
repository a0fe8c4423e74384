"""Planted answers to vae-bug, by another author than the check's."""

import torch
import torch.nn.functional as F

from grading.exercises.vae.bug_answers import mistakes


def _kl_sum(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())


def untouched(x, logits, mu, logvar):
    p = torch.sigmoid(logits)
    return F.binary_cross_entropy(p, x, reduction="sum") + _kl_sum(mu, logvar)


def only_averaged(x, logits, mu, logvar):
    """The sigmoid stays."""
    p = torch.sigmoid(logits)
    return (F.binary_cross_entropy(p, x, reduction="sum") + _kl_sum(mu, logvar)) / x.shape[0]


def only_logits(x, logits, mu, logvar):
    """The sum over the batch stays."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") + _kl_sum(mu, logvar)


def probabilities_clamped(x, logits, mu, logvar):
    p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    return (F.binary_cross_entropy(p, x, reduction="sum") + _kl_sum(mu, logvar)) / len(x)


def epsilon_in_logarithm(x, logits, mu, logvar):
    p = torch.sigmoid(logits)
    nll = -(x * torch.log(p + 1e-10) + (1 - x) * torch.log(1 - p + 1e-10)).sum()
    return (nll + _kl_sum(mu, logvar)) / len(x)


def logits_clamped(x, logits, mu, logvar):
    nll = F.binary_cross_entropy_with_logits(logits.clamp(-20, 20), x, reduction="sum")
    return (nll + _kl_sum(mu, logvar)) / len(x)


def sigmoid_kept_with_logits(x, logits, mu, logvar):
    nll = F.binary_cross_entropy_with_logits(torch.sigmoid(logits), x, reduction="sum")
    return (nll + _kl_sum(mu, logvar)) / len(x)


def means_all_over(x, logits, mu, logvar):
    """reduction="mean" averages over the pixels as well."""
    kl = -0.5 * torch.mean(1 + logvar - mu.pow(2) - logvar.exp())
    return F.binary_cross_entropy_with_logits(logits, x) + kl


def pixels_averaged(x, logits, mu, logvar):
    return F.binary_cross_entropy_with_logits(logits, x) + _kl_sum(mu, logvar) / len(x)


def reconstruction_averaged_only(x, logits, mu, logvar):
    """The KL stays a sum over the batch."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x) + _kl_sum(mu, logvar)


def kl_averaged_only(x, logits, mu, logvar):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") + _kl_sum(mu, logvar) / len(x)


def kl_sign_turned(x, logits, mu, logvar):
    """The KL was right; now it is not."""
    nll = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return (nll - _kl_sum(mu, logvar)) / len(x)


def bound_not_loss(x, logits, mu, logvar):
    nll = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return -(nll + _kl_sum(mu, logvar)) / len(x)


def one_for_each_image(x, logits, mu, logvar):
    nll = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    return nll - 0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1)


def squared_error(x, logits, mu, logvar):
    return (F.mse_loss(torch.sigmoid(logits), x, reduction="sum") + _kl_sum(mu, logvar)) / len(x)


def in_double(x, logits, mu, logvar):
    """float64 only moves the place where the sigmoid rounds to 1."""
    p = torch.sigmoid(logits.double())
    return (F.binary_cross_entropy(p, x.double(), reduction="sum") + _kl_sum(mu, logvar)) / len(x)


def divides_by_width(x, logits, mu, logvar):
    """shape[1] for shape[0]."""
    nll = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return (nll + _kl_sum(mu, logvar)) / x.shape[1]


def nan_to_number(x, logits, mu, logvar):
    p = torch.sigmoid(logits)
    nll = (-(x * torch.log(p) + (1 - x) * torch.log(1 - p))).nan_to_num(nan=0.0, posinf=100.0)
    return (nll.sum() + _kl_sum(mu, logvar)) / len(x)


def log_of_softplus(x, logits, mu, logvar):
    """log(1 + e^l) written out: it overflows where softplus does not."""
    nll = torch.log(1 + torch.exp(logits)) - x * logits
    return (nll.sum() + _kl_sum(mu, logvar)) / len(x)


def with_softplus(x, logits, mu, logvar):
    nll = F.softplus(logits) - x * logits
    return nll.sum(-1).mean() + _kl_sum(mu, logvar) / x.size(0)


def with_logsigmoid(x, logits, mu, logvar):
    nll = -torch.where(x == 1, F.logsigmoid(logits), F.logsigmoid(-logits)).sum(dim=1)
    kl = 0.5 * (mu * mu + logvar.exp() - logvar - 1).sum(dim=1)
    return torch.mean(nll + kl)


def with_loss_class(x, logits, mu, logvar):
    nll = torch.nn.BCEWithLogitsLoss(reduction="sum")(logits, x)
    return (nll + _kl_sum(mu, logvar)).div(mu.shape[0])


def with_logaddexp(x, logits, mu, logvar):
    nll = torch.logaddexp(torch.zeros_like(logits), logits) - x * logits
    return torch.einsum("bd->", nll) / len(x) + torch.distributions.kl_divergence(
        torch.distributions.Normal(mu, (logvar / 2).exp()),
        torch.distributions.Normal(torch.zeros_like(mu), 1.0)).sum() / len(x)


def in_a_loop(x, logits, mu, logvar):
    total = 0
    for i in range(len(x)):
        total = total + F.binary_cross_entropy_with_logits(logits[i], x[i], reduction="sum")
        total = total + _kl_sum(mu[i], logvar[i])
    return total / len(x)


def margin(x, logits, mu, logvar):
    """softplus of the logit's distance on the wrong side."""
    return (F.softplus((1 - 2 * x) * logits).sum() + _kl_sum(mu, logvar)) / len(x)


wrong = [
    (untouched, "buggy_negative_elbo"),
    (only_averaged, "only_the_batch"),
    (only_logits, "only_the_logits"),
    (probabilities_clamped, "probabilities_clamped"),
    (epsilon_in_logarithm, "small_number_added"),
    (logits_clamped, "logits_clamped"),
    (sigmoid_kept_with_logits, "sigmoid_kept"),
    (means_all_over, "mean_of_both"),
    (pixels_averaged, "mean_of_everything"),
    (reconstruction_averaged_only, "kl_still_summed"),
    (kl_averaged_only, "likelihood_still_summed"),
    (kl_sign_turned, "kl_subtracted"),
    (bound_not_loss, "bound_itself"),
    (one_for_each_image, "one_number_an_image"),
    (squared_error, "squared_error"),
    (in_double, "in_double"),
    (divides_by_width, "divided_by_width"),
    (nan_to_number, "only_the_batch"),
    (log_of_softplus, "exponential_by_hand"),
]
right = [with_softplus, with_logsigmoid, with_loss_class, with_logaddexp, in_a_loop, margin]


def _entropy(x, logits):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)


def _price(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)


def logits_cut_at_2000(x, logits, mu, logvar):
    return (_entropy(x, logits.clamp(-2000, 2000)) + _price(mu, logvar)).mean()


def logvar_cut_at_20(x, logits, mu, logvar):
    return (_entropy(x, logits) + _price(mu, logvar.clamp(-20, 20))).mean()


def loss_capped(x, logits, mu, logvar):
    pixels = F.binary_cross_entropy_with_logits(logits, x, reduction="none").clamp(max=1000)
    return (pixels.sum(1) + _price(mu, logvar)).mean()


def rough_softplus(x, logits, mu, logvar):
    return ((F.softplus(logits, threshold=5) - x * logits).sum(1) + _price(mu, logvar)).mean()


def slope_cut(x, logits, mu, logvar):
    logits = torch.where(logits.abs() > 100, logits.detach(), logits)
    return (_entropy(x, logits) + _price(mu, logvar)).mean()


def for_five_images(x, logits, mu, logvar):
    return (_entropy(x, logits) + _price(mu, logvar)).sum() / 5


def one_axis_left(x, logits, mu, logvar):
    return (_entropy(x, logits) + _price(mu, logvar)).mean(0, keepdim=True)


def smoothed_labels(x, logits, mu, logvar):
    return (_entropy(x * 0.98 + 0.01, logits) + _price(mu, logvar)).mean()


def ones_weigh_double(x, logits, mu, logvar):
    pixels = F.binary_cross_entropy_with_logits(logits, x, pos_weight=torch.full_like(x[0], 2), reduction="none")
    return (pixels.sum(1) + _price(mu, logvar)).mean()


def image_made_signs(x, logits, mu, logvar):
    x.mul_(2).sub_(1)
    return (F.softplus(-x * logits).sum(1) + _price(mu, logvar)).mean()


def median_of_the_batch(x, logits, mu, logvar):
    return (_entropy(x, logits) + _price(mu, logvar)).median()


def kl_from_a_draw(x, logits, mu, logvar):
    eps = torch.randn_like(mu)
    z = mu + eps * (logvar / 2).exp()
    return (_entropy(x, logits) + 0.5 * (z**2 - eps**2 - logvar).sum(1)).mean()


def rounded_to_half(x, logits, mu, logvar):
    return (_entropy(x, logits.half().to(logits)) + _price(mu, logvar)).mean()


def over_pairs(x, logits, mu, logvar):
    return (_entropy(x, logits) + _price(mu, logvar)).sum() / max(len(x) - 1, 1)


def default_dtype_left(x, logits, mu, logvar):
    torch.set_default_dtype(torch.float64)
    return (_entropy(x, logits) + _price(mu, logvar)).mean()


def by_signs(x, logits, mu, logvar):
    return F.softplus((1 - 2 * x) * logits).mean(0).sum() + _price(mu, logvar).mean()


def by_images(x, logits, mu, logvar):
    losses = [_entropy(x[i:i + 1], logits[i:i + 1]) + _price(mu[i:i + 1], logvar[i:i + 1]) for i in range(len(x))]
    return torch.cat(losses).sum().div(len(losses))


def by_bernoulli(x, logits, mu, logvar):
    likelihood = torch.distributions.Bernoulli(logits=logits).log_prob(x).sum() / x.shape[0]
    return 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum() / len(mu) - likelihood


def by_maximum(x, logits, mu, logvar):
    pixels = logits.clamp(min=0) - logits * x + torch.log1p(torch.exp(-logits.abs()))
    return torch.einsum("bd->", pixels) / len(x) + _price(mu, logvar).mean(dim=0)


SAYS_1 = next(m.says for m in mistakes if m.says.startswith("Clamping the logits"))
SAYS_2 = ("The KL where σ is tiny or huge: log σ² of -12 and less, or 12 and more, as it is.")
SAYS_3 = ("The loss: minus the bound in nats, mean over the batch. The same images twice give the same loss.")
SAYS_4 = ("The gradient where the decoder is sure and wrong: it must not vanish.")
SAYS_5 = ("`negative_elbo` should have shape (), not (1,): a single number, without an axis. The loss: minus "
          "the bound in nats, mean over the batch. The same images twice give the same loss.")
SAYS_6 = ("`negative_elbo` changes its argument `x` in place: work on a copy. The loss: minus the bound in "
          "nats, mean over the batch. The same images twice give the same loss.")
SAYS_7 = ("`negative_elbo` changes a setting of PyTorch for everything that runs afterwards: no "
          "`torch.manual_seed`, `set_grad_enabled` or `set_default_dtype` in it.")

wrong += [
    (logits_cut_at_2000, SAYS_1), (logvar_cut_at_20, SAYS_2), (loss_capped, SAYS_1), (rough_softplus, SAYS_3),
    (slope_cut, SAYS_4), (for_five_images, SAYS_3), (one_axis_left, SAYS_5), (smoothed_labels, SAYS_3),
    (ones_weigh_double, SAYS_3), (image_made_signs, SAYS_6), (median_of_the_batch, SAYS_3), (kl_from_a_draw, SAYS_3),
    (rounded_to_half, SAYS_3), (over_pairs, SAYS_3), (default_dtype_left, SAYS_7),
]
right += [by_signs, by_images, by_bernoulli, by_maximum]
