"""Planted answers to cgan-auxiliary, by another author than the check's."""

import torch
import torch.nn.functional as F
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.functional import cross_entropy as ce


def adversarial(real, fake):
    return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake)), bce(fake, torch.ones_like(fake))


def paper_with_minus(real, fake, real_classes, fake_classes, labels, asked):
    d, g = adversarial(real, fake)
    classes = ce(real_classes, labels) + ce(fake_classes, asked)
    return d + classes, g - classes


def only_real_classes(real, fake, real_classes, fake_classes, labels, asked):
    d, g = adversarial(real, fake)
    return d + ce(real_classes, labels), g + ce(fake_classes, asked)


def averaged_classes(real, fake, real_classes, fake_classes, labels, asked):
    d, g = adversarial(real, fake)
    return d + 0.5 * (ce(real_classes, labels) + ce(fake_classes, asked)), g + ce(fake_classes, asked)


def averaged_sides(real, fake, real_classes, fake_classes, labels, asked):
    d, g = adversarial(real, fake)
    return 0.5 * d + ce(real_classes, labels) + ce(fake_classes, asked), g + ce(fake_classes, asked)


def whole_mean(real, fake, real_classes, fake_classes, labels, asked):
    d, g = adversarial(real, fake)
    return (d + ce(real_classes, labels) + ce(fake_classes, asked)) / 2, (g + ce(fake_classes, asked)) / 2


def probabilities(real, fake, real_classes, fake_classes, labels, asked):
    d, g = adversarial(real, fake)
    named = ce(torch.softmax(fake_classes, -1), asked)
    return d + ce(torch.softmax(real_classes, -1), labels) + named, g + named


def classes_without_g(real, fake, real_classes, fake_classes, labels, asked):
    d, g = adversarial(real, fake)
    return d + ce(real_classes, labels) + ce(fake_classes, asked), g


def g_first(real, fake, real_classes, fake_classes, labels, asked):
    d, g = adversarial(real, fake)
    named = ce(fake_classes, asked)
    return g + named, d + ce(real_classes, labels) + named


def minimax(real, fake, real_classes, fake_classes, labels, asked):
    d, _ = adversarial(real, fake)
    named = ce(fake_classes, asked)
    return d + ce(real_classes, labels) + named, -bce(fake, torch.zeros_like(fake)) + named


def sums(real, fake, real_classes, fake_classes, labels, asked):
    d, g = adversarial(real, fake)
    named = ce(fake_classes, asked, reduction="sum")
    return d + ce(real_classes, labels, reduction="sum") + named, g + named


def just_a_gan(real, fake, real_classes, fake_classes, labels, asked):
    return adversarial(real, fake)


def labels_crossed(real, fake, real_classes, fake_classes, labels, asked):
    d, g = adversarial(real, fake)
    named = ce(fake_classes, labels[:len(fake_classes)])
    return d + ce(real_classes, labels) + named, g + named


def data_classes_bounded(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked)
    data = F.cross_entropy(real_classes.clamp(-50, 50), labels)
    return F.softplus(-real).mean() + F.softplus(fake).mean() + data + named, F.softplus(-fake).mean() + named


def data_by_a_bare_log(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked)
    data = F.cross_entropy(real_classes, labels)
    return -real.sigmoid().log().mean() + F.softplus(fake).mean() + data + named, F.softplus(-fake).mean() + named


def class_0_ignored(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked, ignore_index=0)
    data = F.cross_entropy(real_classes, labels, ignore_index=0)
    return F.softplus(-real).mean() + F.softplus(fake).mean() + data + named, F.softplus(-fake).mean() + named


def right_with_nll(real, fake, real_classes, fake_classes, labels, asked):
    d, g = adversarial(real, fake)
    named = F.nll_loss(F.log_softmax(fake_classes, -1), asked)
    return d + F.nll_loss(F.log_softmax(real_classes, -1), labels) + named, g + named


def right_by_hand(real, fake, real_classes, fake_classes, labels, asked):
    def named(logits, y):
        return -torch.stack([row[c] - torch.logsumexp(row, 0) for row, c in zip(logits, y, strict=True)]).mean()

    d = torch.logaddexp(-real, 0 * real).mean() + torch.logaddexp(fake, 0 * fake).mean()
    return (d + named(real_classes, labels) + named(fake_classes, asked),
            torch.logaddexp(-fake, 0 * fake).mean() + named(fake_classes, asked))


SAYS_1 = ("G's loss: taken for real, and recognised as the class that was asked for.")
SAYS_2 = ("D's loss: real against made, and the class of data and of samples, each term a mean of its own.")
SAYS_3 = ("Values and slopes where D is sure, rightly or wrongly, of real and made or of the class.")
SAYS_4 = ("The losses at large logits holds inf or nan: look for 0/0, log 0, the root of a negative number, "
          "an exponential that overflows. " + SAYS_3)

wrong = [
    (paper_with_minus, SAYS_1), (only_real_classes, "classes_of_data_only"), (averaged_classes, "halved"),
    (averaged_sides, "adversarial_halved"), (whole_mean, "all_halved"), (probabilities, "softmax_first"),
    (classes_without_g, "classes_for_d_only"), (g_first, "order_swapped"), (minimax, "saturating"), (sums,
    "summed"), (just_a_gan, "no_classes"), (labels_crossed, SAYS_2), (data_classes_bounded, SAYS_3),
    (data_by_a_bare_log, SAYS_4), (class_0_ignored, SAYS_2),
]
right = [right_with_nll, right_by_hand]
