"""Answers to gan-losses: wrong ones with the sentence that names each, and right ones."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from grading.checks.exercise import Mistake


def _d(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def _g(fake):
    return F.softplus(-fake).mean()


# Known mistakes


def saturating(real, fake):
    return _d(real, fake), -F.softplus(fake).mean()


def generator_wants_fakes(real, fake):
    return _d(real, fake), F.softplus(fake).mean()


def generator_maximises(real, fake):
    return _d(real, fake), -F.softplus(-fake).mean()


def labels_swapped(real, fake):
    return F.softplus(real).mean() + F.softplus(-fake).mean(), _g(fake)


def both_swapped(real, fake):
    return F.softplus(real).mean() + F.softplus(-fake).mean(), F.softplus(fake).mean()


def value_of_the_game(real, fake):
    return -_d(real, fake), _g(fake)


def halved(real, fake):
    return _d(real, fake) / 2, _g(fake)


def one_mean_over_both(real, fake):
    logits, labels = torch.cat([real, fake]), torch.cat([torch.ones_like(real), torch.zeros_like(fake)])
    return F.binary_cross_entropy_with_logits(logits, labels), _g(fake)


def summed(real, fake):
    return F.softplus(-real).sum() + F.softplus(fake).sum(), F.softplus(-fake).sum()


def not_averaged(real, fake):
    return F.softplus(-real) + F.softplus(fake), F.softplus(-fake)


def sigmoid_twice(real, fake):
    loss, p, q = nn.BCEWithLogitsLoss(), torch.sigmoid(real), torch.sigmoid(fake)
    return loss(p, torch.ones_like(p)) + loss(q, torch.zeros_like(q)), loss(q, torch.ones_like(q))


def cross_entropy_of_logits(real, fake):
    loss = nn.BCELoss()
    return loss(real, torch.ones_like(real)) + loss(fake, torch.zeros_like(fake)), loss(fake, torch.ones_like(fake))


def cross_entropy_of_probabilities(real, fake):
    loss, p, q = nn.BCELoss(), torch.sigmoid(real), torch.sigmoid(fake)
    return loss(p, torch.ones_like(p)) + loss(q, torch.zeros_like(q)), loss(q, torch.ones_like(q))


def logs_of_sigmoids(real, fake):
    return (-torch.log(torch.sigmoid(real)).mean() - torch.log(1 - torch.sigmoid(fake)).mean(),
            -torch.log(torch.sigmoid(fake)).mean())


def logs_with_a_little_added(real, fake):
    tiny = 1e-8
    return (-torch.log(torch.sigmoid(real) + tiny).mean() - torch.log(1 - torch.sigmoid(fake) + tiny).mean(),
            -torch.log(torch.sigmoid(fake) + tiny).mean())


def probabilities_clamped(real, fake):
    p, q = torch.sigmoid(real).clamp(1e-7, 1 - 1e-7), torch.sigmoid(fake).clamp(1e-7, 1 - 1e-7)
    return -p.log().mean() - (1 - q).log().mean(), -q.log().mean()


def logs_of_logits(real, fake):
    return -torch.log(real).mean() - torch.log(1 - fake).mean(), -torch.log(fake).mean()


def without_fakes(real, fake):
    return F.softplus(-real).mean(), _g(fake)


def without_data(real, fake):
    return F.softplus(fake).mean(), _g(fake)


def least_squares(real, fake):
    return 0.5 * (real - 1).square().mean() + 0.5 * fake.square().mean(), 0.5 * (fake - 1).square().mean()


def hinge(real, fake):
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean(), -fake.mean()


def wasserstein(real, fake):
    return fake.mean() - real.mean(), -fake.mean()


def probabilities_for_logs(real, fake):
    return -torch.sigmoid(real).mean() - (1 - torch.sigmoid(fake)).mean(), -torch.sigmoid(fake).mean()


def losses_swapped(real, fake):
    return _g(fake), _d(real, fake)


def samples_cut_off(real, fake):
    return _d(real, fake.detach()), _g(fake)


def generator_cut_off(real, fake):
    return _d(real, fake), _g(fake.detach())


def smoothed_one_side(real, fake):
    return (F.binary_cross_entropy_with_logits(real, torch.full_like(real, 0.9)) + F.softplus(fake).mean(), _g(fake))


def smoothed_both_sides(real, fake):
    loss = F.binary_cross_entropy_with_logits
    return loss(real, torch.full_like(real, 0.9)) + loss(fake, torch.full_like(fake, 0.1)), _g(fake)


def generator_counts_data(real, fake):
    return _d(real, fake), F.softplus(-fake).mean() + F.softplus(real).mean()


def generator_is_minus_d(real, fake):
    return _d(real, fake), -_d(real, fake)


def relativistic(real, fake):
    n = min(len(real), len(fake))
    return F.softplus(fake[:n] - real[:n]).mean(), F.softplus(real[:n] - fake[:n]).mean()


def softplus_by_exp(real, fake):
    d = (1 + (-real).exp()).log().mean() + (1 + fake.exp()).log().mean()
    return d, (1 + (-fake).exp()).log().mean()


def added_one_by_one(real, fake):
    return (F.softplus(-real) + F.softplus(fake)).mean(), _g(fake)


def labels_like_the_data(real, fake):
    loss, ones, zeros = nn.BCEWithLogitsLoss(), torch.ones_like(real), torch.zeros_like(real)
    return loss(real, ones) + loss(fake, zeros), loss(fake, ones)


def logits_as_labels(real, fake):
    loss = F.binary_cross_entropy_with_logits
    return loss(torch.ones_like(real), real) + loss(torch.zeros_like(fake), fake), loss(torch.ones_like(fake), fake)


def both_called_made(real, fake):
    return F.softplus(real).mean() + F.softplus(fake).mean(), _g(fake)


def both_called_real(real, fake):
    return F.softplus(-real).mean() + F.softplus(-fake).mean(), _g(fake)


def generator_on_data(real, fake):
    return _d(real, fake), F.softplus(-real).mean()


def loss_of_the_mean_logit(real, fake):
    return F.softplus(-real.mean()) + F.softplus(fake.mean()), F.softplus(-fake.mean())


def log_of_the_mean(real, fake):
    p, q = torch.sigmoid(real).mean(), torch.sigmoid(fake).mean()
    return -p.log() - (1 - q).log(), -q.log()


def data_cut_off(real, fake):
    return _d(real.detach(), fake), _g(fake)


def one_loss_for_both(real, fake):
    return _d(real, fake) + _g(fake)


def three_losses(real, fake):
    return F.softplus(-real).mean(), F.softplus(fake).mean(), _g(fake)


def in_bits(real, fake):
    return _d(real, fake) / math.log(2), _g(fake) / math.log(2)


def made_plain_numbers(real, fake):
    return _d(real, fake).item(), _g(fake).item()


# Also right


def with_labels(real, fake):
    loss = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(len(real), dtype=real.dtype), torch.zeros(len(fake), dtype=fake.dtype)
    return [loss(real, ones) + loss(fake, zeros), loss(fake, torch.ones_like(fake))]


def with_logsigmoid(real, fake):
    return -F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean(), -F.logsigmoid(fake).mean()


def with_logaddexp(real, fake):
    zero = torch.zeros((), dtype=real.dtype)
    d = torch.logaddexp(zero, -real).sum() / len(real) + torch.logaddexp(zero, fake).sum() / len(fake)
    return d, torch.logaddexp(zero, -fake).sum() / len(fake)


LOGS = ("Right at moderate logits. Where D is sure its sigmoid rounds to 0 or 1 and the logarithm is infinite: start from "
        "the logits, with F.softplus or F.logsigmoid.")
CAPPED = ("Right at moderate logits. Where D is sure the probability is capped, so the loss is flat and has no slope: start "
          "from the logits, with F.softplus or F.binary_cross_entropy_with_logits.")

APART = ("You add terms of data and of samples one by one, but their numbers differ: take the mean of each, F.softplus(...).mean(), "
         "and add the means.")
TWO = "Two losses are asked for, D's and then G's: return d_loss, g_loss. The terms of data and samples in D's are added."

mistakes = [
    Mistake(logs_of_sigmoids, LOGS),
    Mistake(cross_entropy_of_probabilities, "Right at moderate logits. F.binary_cross_entropy stops at 100 nats, where the "
            "sigmoid has rounded to 0 or 1: use F.binary_cross_entropy_with_logits."),
    Mistake(logs_with_a_little_added, CAPPED),
    Mistake(probabilities_clamped, CAPPED),
    Mistake(saturating, "Your G loss is the saturating one, mean log(1 - D): its slope vanishes where D is sure that a sample "
            "is made. Asked for is minus mean log D."),
    Mistake(generator_wants_fakes, "Your G wants D to recognise its samples: in G's loss the label of a sample is real."),
    Mistake(generator_maximises, "Your G loss has the wrong sign: minimising it would make D's verdict on samples worse."),
    Mistake(labels_swapped, "In your D loss the labels have changed places: data are real, samples are not."),
    Mistake(both_swapped, "Your labels have changed places in both losses: data are real, samples are not."),
    Mistake(value_of_the_game, "Your first loss is what D maximises. The loss, which it minimises, is minus that."),
    Mistake(halved, "Your D loss is half as large: the two means are added, not averaged."),
    Mistake(one_mean_over_both, "You take one mean over data and samples together: each has a mean of its own, and the two "
            "are added."),
    Mistake(summed, "You sum over the batch: each term is a mean."),
    Mistake(not_averaged, APART), Mistake(added_one_by_one, APART),
    Mistake(labels_like_the_data, "You make as many labels for samples as there are data. Their numbers differ: "
            "torch.zeros_like(fake)."),
    Mistake(logits_as_labels, "Logits and labels have changed places: binary_cross_entropy_with_logits(logits, labels)."),
    Mistake(both_called_made, "Your D loss wants D to call data made: their label is 1, so their term is softplus(-real)."),
    Mistake(both_called_real, "Your D loss wants D to call samples real: their label is 0, so their term is softplus(fake)."),
    Mistake(generator_on_data, "Your G loss is taken at the logits of data. G's loss is about samples."),
    Mistake(loss_of_the_mean_logit, "You average the logits and then take one loss. Each logit has a loss; average those."),
    Mistake(log_of_the_mean, "You take the logarithm of a mean probability. It is the mean of the logarithms."),
    Mistake(data_cut_off, "You detach the logits of data in D's loss: then D learns nothing from data."),
    Mistake(one_loss_for_both, TWO), Mistake(three_losses, TWO),
    Mistake(softplus_by_exp, "Right at moderate logits. Where D is sure the exponential overflows, in float32 from 88 on: "
            "F.softplus and F.logsigmoid do not."),
    Mistake(sigmoid_twice, "A sigmoid is applied twice: BCEWithLogitsLoss takes the logits themselves."),
    Mistake(cross_entropy_of_logits, "BCELoss takes probabilities and was given logits: use BCEWithLogitsLoss."),
    Mistake(logs_of_logits, "You take the logarithm of logits: D is the sigmoid of its logit."),
    Mistake(without_fakes, "In your D loss the samples are missing."),
    Mistake(without_data, "In your D loss the data are missing."),
    Mistake(least_squares, "These are the losses of the least-squares GAN. Asked for are cross-entropies."),
    Mistake(hinge, "These are hinge losses. Asked for are cross-entropies."),
    Mistake(wasserstein, "These are the losses of a Wasserstein critic. Asked for are cross-entropies."),
    Mistake(probabilities_for_logs, "The logarithms are missing: a loss is minus the logarithm of D's probability."),
    Mistake(losses_swapped, "The two losses have changed places: D's comes first."),
    Mistake(samples_cut_off, "You detach the logits of samples in D's loss, so D learns nothing from them: cut before D."),
    Mistake(generator_cut_off, "You detach the logits in G's loss: then no gradient reaches G."),
    Mistake(smoothed_one_side, "You smooth the labels. It is a known trick, and another loss: here the labels are 1 and 0."),
    Mistake(smoothed_both_sides, "You smooth the labels of both sides: here they are 1 and 0. (Smoothed on the side of the "
            "samples as well, the best D would no longer be p/(p + g) in shape.)"),
    Mistake(generator_counts_data, "G has no influence on D's verdict on data: its loss holds samples only."),
    Mistake(generator_is_minus_d, "Your G loss is minus D's, data included: that is the game itself, with a slope that "
            "vanishes where D is sure. Asked for is minus mean log D on samples."),
    Mistake(relativistic, "You pair each sample with an image. It is a known variant, and another loss: here each logit is "
            "judged by itself."),
    Mistake(in_bits, "Your losses are in bits; nats are asked for (natural logarithm)."),
    Mistake(made_plain_numbers, "The values are right. But no gradient comes back through what you return: leave out `item`, "
            "`detach` and no_grad."),
]

also_right = [with_labels, with_logsigmoid, with_logaddexp]
