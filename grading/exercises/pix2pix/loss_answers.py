"""Answers to pix2pix-loss: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _ask(discriminator, *pair):
    discriminator.requires_grad_(False)
    logits = discriminator(*pair)
    discriminator.requires_grad_(True)
    return logits


def _l1(y, made):
    return (y - made).abs().mean()


def _loss(fool=lambda f: F.softplus(-f).mean(), near=_l1, weigh=lambda fool, near, w: fool + w * near, ask=_ask,
          pair=lambda x, y, made: (x, made)):
    def answer(discriminator, x, y, made, l1_weight):
        return weigh(fool(ask(discriminator, *pair(x, y, made))), near(y, made), l1_weight)

    return answer


# Known mistakes

weight_on_both = _loss(weigh=lambda fool, near, w: w * (fool + near))
weight_on_fooling = _loss(weigh=lambda fool, near, w: w * fool + near)
weight_shared = _loss(weigh=lambda fool, near, w: (fool + w * near) / (1 + w))
weight_complement = _loss(weigh=lambda fool, near, w: (1 - w) * fool + w * near)
l1_subtracted = _loss(weigh=lambda fool, near, w: fool - w * near)
fooling_dropped = _loss(weigh=lambda fool, near, w: w * near)
l1_dropped = _loss(weigh=lambda fool, near, w: fool)
weight_missing = _loss(weigh=lambda fool, near, w: fool + near)
always_hundred = _loss(weigh=lambda fool, near, w: fool + 100 * near)
halved = _loss(weigh=lambda fool, near, w: 0.5 * fool + w * near)
l1_summed = _loss(near=lambda y, made: (y - made).abs().sum())
l1_per_image = _loss(near=lambda y, made: (y - made).abs().flatten(1).sum(1).mean())
l1_over_channels = _loss(near=lambda y, made: (y - made).abs().sum(1).mean())
squared = _loss(near=F.mse_loss)
root = _loss(near=lambda y, made: F.mse_loss(y, made).sqrt())
smooth = _loss(near=F.smooth_l1_loss)
signed = _loss(near=lambda y, made: (y - made).mean())
abs_of_mean = _loss(near=lambda y, made: (y - made).mean().abs())
l1_detached = _loss(near=lambda y, made: (y - made.detach()).abs().mean())
target_judged = _loss(pair=lambda x, y, made: (x, y))
pair_without_gradient = _loss(pair=lambda x, y, made: (x, made.detach()))
saturating = _loss(fool=lambda f: -F.softplus(f).mean())
called_fake = _loss(fool=lambda f: F.softplus(f).mean())
minus_logit = _loss(fool=lambda f: -f.mean())
mean_logit = _loss(fool=lambda f: F.softplus(-f.mean()))
mean_logit_per_image = _loss(fool=lambda f: F.softplus(-f.flatten(1).mean(1)).mean())
worst_patch = _loss(fool=lambda f: F.softplus(-f).amax())
patches_summed = _loss(fool=lambda f: F.softplus(-f).sum())
patches_summed_per_image = _loss(fool=lambda f: F.softplus(-f).flatten(1).sum(1).mean())
log_of_sigmoid = _loss(fool=lambda f: -torch.log(torch.sigmoid(f)).mean())
log_with_epsilon = _loss(fool=lambda f: -torch.log(torch.sigmoid(f) + 1e-8).mean())
clamped = _loss(fool=lambda f: F.softplus(-f.clamp(-30, 30)).mean())
cross_entropy_of_probability = _loss(fool=lambda f: F.binary_cross_entropy(torch.sigmoid(f), torch.ones_like(f)))
sigmoid_twice = _loss(fool=lambda f: F.binary_cross_entropy_with_logits(torch.sigmoid(f), torch.ones_like(f)))
least_squares = _loss(fool=lambda f: (f - 1).square().mean())
zero_labels = _loss(fool=lambda f: F.binary_cross_entropy_with_logits(f, torch.zeros_like(f)))


def _open(discriminator, *pair):
    return discriminator(*pair)


def _blind(discriminator, *pair):
    with torch.no_grad():
        return discriminator(*pair)


def _left_frozen(discriminator, *pair):
    discriminator.requires_grad_(False)
    return discriminator(*pair)


not_frozen = _loss(ask=_open)
no_graph = _loss(ask=_blind)
left_frozen = _loss(ask=_left_frozen)
one_number_a_pixel = _loss(near=lambda y, made: (y - made).abs())
one_number_an_image = _loss(fool=lambda f: F.softplus(-f).flatten(1).mean(1), near=lambda y, made: (y - made).abs().flatten(1).mean(1))


# Also right


def with_torch_losses(discriminator, x, y, made, l1_weight):
    weights = list(discriminator.parameters())
    for w in weights:
        w.requires_grad = False
    logits = discriminator(x, made)
    for w in weights:
        w.requires_grad = True
    return torch.nn.BCEWithLogitsLoss()(logits, torch.ones_like(logits)) + l1_weight * torch.nn.L1Loss()(made, y)


def functional(discriminator, x, y, made, l1_weight):
    weights = {name: w.detach() for name, w in discriminator.named_parameters()}
    logits = torch.func.functional_call(discriminator, weights, (x, made))
    return -F.logsigmoid(logits).mean() + F.l1_loss(made, y) * l1_weight


def by_hand(discriminator, x, y, made, l1_weight):
    fake = _ask(discriminator, x, made).flatten()
    fooling = torch.logaddexp(torch.zeros_like(fake), -fake).sum() / len(fake)
    return fooling + l1_weight * torch.linalg.vector_norm(made - y, ord=1) / y.numel()


WEIGHT = "λ weighs the L1 term alone: the adversarial term stays as it is."
PATCHES = "Every patch has its own verdict: -log D of each, then the mean over all patches and images."
PIXELS = "The L1 term is the mean of |y - made| over everything: images, channels and pixels."
SURE = "The logarithm of a sigmoid fails where D is sure: stay with the logits, softplus(-logit)."
SIGN = "G wants D to say real: it minimises -log D, which is softplus(-logit)."

for _name, _value in list(globals().items()):
    if getattr(_value, "__name__", "") == "answer":
        _value.__name__ = _name  # made by a factory: the name that stands left of the =

mistakes = [
    *(Mistake(answer, WEIGHT) for answer in (weight_on_both, weight_on_fooling, weight_shared, weight_complement, halved)),
    Mistake(l1_subtracted, "The distance to y is subtracted: G would run away from it."),
    Mistake(fooling_dropped, "Only the L1 term is left: D is never asked."),
    Mistake(l1_dropped, "The L1 term is missing."),
    Mistake(weight_missing, "λ is missing: the L1 term is multiplied by l1_weight."),
    Mistake(always_hundred, "λ is handed over: do not write 100 into the code."),
    *(Mistake(answer, PIXELS) for answer in (l1_summed, l1_per_image, l1_over_channels, one_number_a_pixel, one_number_an_image)),
    *(Mistake(answer, "That is a squared error. L1 is the mean of absolute differences.") for answer in (squared, root, smooth)),
    *(Mistake(answer, "Take the absolute value of each difference, then the mean: differences of both signs must not cancel.")
      for answer in (signed, abs_of_mean)),
    Mistake(l1_detached, "`made` is detached in the L1 term: nothing pulls it towards y."),
    Mistake(target_judged, "D is shown the target y. It must judge the pair (x, made)."),
    *(Mistake(answer, "No gradient comes through D: G would not learn from it. Freeze D's weights, not the graph.")
      for answer in (pair_without_gradient, no_graph)),
    *(Mistake(answer, SIGN) for answer in (saturating, called_fake, minus_logit, zero_labels, least_squares)),
    *(Mistake(answer, PATCHES) for answer in (mean_logit, mean_logit_per_image, worst_patch, patches_summed, patches_summed_per_image)),
    *(Mistake(answer, SURE) for answer in (log_of_sigmoid, log_with_epsilon, cross_entropy_of_probability, clamped)),
    Mistake(sigmoid_twice, "The sigmoid is applied twice: binary_cross_entropy_with_logits wants logits."),
    Mistake(not_frozen, "Your loss leaves gradients in D, where they wait for D's next step: switch requires_grad off around the call."),
    Mistake(left_frozen, "D is left with requires_grad off: it would never learn again."),
]

also_right = [with_torch_losses, functional, by_hand]

equivalent_mutants = {
    "return F.softplus(-fake).mean() + l1_weight * (y - made).abs().mean(): y - made → made - y": "an absolute value has no sign",
}
