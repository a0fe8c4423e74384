"""Answers to cgan-auxiliary: wrong ones with the sentence that names each, and right ones."""

import torch
from torch import nn
from torch.nn import functional as F

from grading.checks.exercise import Mistake


def _d(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def _g(fake):
    return F.softplus(-fake).mean()


# Known mistakes


def generator_fools_the_classifier(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked)
    return _d(real, fake) + F.cross_entropy(real_classes, labels) + named, _g(fake) - named


def classes_of_data_only(real, fake, real_classes, fake_classes, labels, asked):
    return _d(real, fake) + F.cross_entropy(real_classes, labels), _g(fake) + F.cross_entropy(fake_classes, asked)


def classes_of_samples_only(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked)
    return _d(real, fake) + named, _g(fake) + named


def classes_for_d_only(real, fake, real_classes, fake_classes, labels, asked):
    return _d(real, fake) + F.cross_entropy(real_classes, labels) + F.cross_entropy(fake_classes, asked), _g(fake)


def classes_for_g_only(real, fake, real_classes, fake_classes, labels, asked):
    return _d(real, fake), _g(fake) + F.cross_entropy(fake_classes, asked)


def no_classes(real, fake, real_classes, fake_classes, labels, asked):
    return _d(real, fake), _g(fake)


def softmax_first(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes.softmax(1), asked)
    return _d(real, fake) + F.cross_entropy(real_classes.softmax(1), labels) + named, _g(fake) + named


def halved(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked)
    return _d(real, fake) + (F.cross_entropy(real_classes, labels) + named) / 2, _g(fake) + named


def adversarial_halved(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked)
    return _d(real, fake) / 2 + F.cross_entropy(real_classes, labels) + named, _g(fake) + named


def all_halved(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked)
    return (_d(real, fake) + F.cross_entropy(real_classes, labels) + named) / 2, (_g(fake) + named) / 2


def g_sees_data(real, fake, real_classes, fake_classes, labels, asked):
    data, named = F.cross_entropy(real_classes, labels), F.cross_entropy(fake_classes, asked)
    return _d(real, fake) + data + named, _g(fake) + data + named


def summed(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked, reduction="sum")
    return _d(real, fake) + F.cross_entropy(real_classes, labels, reduction="sum") + named, _g(fake) + named


def everything_summed(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked, reduction="sum")
    d = F.softplus(-real).sum() + F.softplus(fake).sum() + F.cross_entropy(real_classes, labels, reduction="sum") + named
    return d, F.softplus(-fake).sum() + named


def one_mean_over_both(real, fake, real_classes, fake_classes, labels, asked):
    both = F.cross_entropy(torch.cat([real_classes, fake_classes]), torch.cat([labels, asked]))
    return _d(real, fake) + both, _g(fake) + F.cross_entropy(fake_classes, asked)


def one_cross_entropy(real, fake, real_classes, fake_classes, labels, asked):
    coin = F.binary_cross_entropy_with_logits
    d = coin(torch.cat([real, fake]), torch.cat([torch.ones_like(real), torch.zeros_like(fake)]))
    named = F.cross_entropy(fake_classes, asked)
    return d + F.cross_entropy(real_classes, labels) + named, _g(fake) + named


def saturating(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked)
    return _d(real, fake) + F.cross_entropy(real_classes, labels) + named, -F.softplus(fake).mean() + named


def sides_swapped(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked)
    return (F.softplus(real).mean() + F.softplus(-fake).mean() + F.cross_entropy(real_classes, labels) + named,
            F.softplus(fake).mean() + named)


def g_wants_fakes(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked)
    return _d(real, fake) + F.cross_entropy(real_classes, labels) + named, F.softplus(fake).mean() + named


def order_swapped(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked)
    return _g(fake) + named, _d(real, fake) + F.cross_entropy(real_classes, labels) + named


def d_alone_disguised(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked)
    return _d(real, fake) + F.cross_entropy(real_classes, labels) - named, _g(fake) + named


def logs_by_hand(real, fake, real_classes, fake_classes, labels, asked):
    def nats(logits, y):
        p = logits.exp() / logits.exp().sum(1, keepdim=True)
        return -p[torch.arange(len(y)), y].log().mean()

    named = nats(fake_classes, asked)
    return _d(real, fake) + nats(real_classes, labels) + named, _g(fake) + named


def sigmoids_by_hand(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked)
    d = -torch.sigmoid(real).log().mean() - (1 - torch.sigmoid(fake)).log().mean()
    return d + F.cross_entropy(real_classes, labels) + named, -torch.sigmoid(fake).log().mean() + named


def binary_classes(real, fake, real_classes, fake_classes, labels, asked):
    C = real_classes.shape[1]
    coin = F.binary_cross_entropy_with_logits
    named = coin(fake_classes, F.one_hot(asked, C).to(fake_classes))
    return _d(real, fake) + coin(real_classes, F.one_hot(labels, C).to(real_classes)) + named, _g(fake) + named


def data_named_by_logs(real, fake, real_classes, fake_classes, labels, asked):
    right = real_classes.softmax(1).gather(1, labels[:, None])
    named = F.cross_entropy(fake_classes, asked)
    return _d(real, fake) - (right + 1e-12).log().mean() + named, _g(fake) + named


def g_by_logs(real, fake, real_classes, fake_classes, labels, asked):
    named = F.cross_entropy(fake_classes, asked)
    return _d(real, fake) + F.cross_entropy(real_classes, labels) + named, -fake.sigmoid().log().mean() + named


def straight_too_early(real, fake, real_classes, fake_classes, labels, asked):
    def nats(x):
        return F.softplus(x, threshold=5).mean()

    named = F.cross_entropy(fake_classes, asked)
    return nats(-real) + nats(fake) + F.cross_entropy(real_classes, labels) + named, nats(-fake) + named


# Also right


def with_modules(real, fake, real_classes, fake_classes, labels, asked):
    coin, classes = nn.BCEWithLogitsLoss(), nn.CrossEntropyLoss()
    adversarial = coin(real, torch.ones_like(real)) + coin(fake, torch.zeros_like(fake))
    naming = classes(real_classes, labels) + classes(fake_classes, asked)
    return [adversarial + naming, coin(fake, torch.ones_like(fake)) + classes(fake_classes, asked)]


def with_log_softmax(real, fake, real_classes, fake_classes, labels, asked):
    def nats(logits, y):
        return -logits.log_softmax(dim=-1).gather(1, y.unsqueeze(1)).squeeze(1).mean()

    d = -F.logsigmoid(real).mean() - F.logsigmoid(-fake).mean() + nats(real_classes, labels) + nats(fake_classes, asked)
    return d, -F.logsigmoid(fake).mean() + nats(fake_classes, asked)


def with_logsumexp(real, fake, real_classes, fake_classes, labels, asked):
    rows = torch.arange(len(asked))
    named = (torch.logsumexp(fake_classes, 1) - fake_classes[rows, asked]).mean()
    data = (torch.logsumexp(real_classes, 1) - (real_classes * F.one_hot(labels, real_classes.shape[1])).sum(1)).mean()
    zero = torch.zeros_like(fake)
    return (torch.logaddexp(torch.zeros_like(real), -real).mean() + torch.logaddexp(zero, fake).mean() + data + named,
            torch.logaddexp(zero, -fake).mean() + named)


HALF = "A factor ½, or a mean over data and samples together: each of the terms is a mean of its own, and they are added."
LOGS = "The logarithm of a rounded probability is log 0: stay with the logits (softplus, F.cross_entropy)."
SUM = "Your terms grow with the batch: each is a mean."

mistakes = [
    Mistake(generator_fools_the_classifier, "Your G works against the classifier: it wants its samples to be recognised, so the "
            "cross-entropy is added."),
    Mistake(classes_of_data_only, "D's loss lacks the class of the samples: AC-GAN names the class of data and of samples."),
    Mistake(classes_of_samples_only, "D's loss lacks the class of the data, so nobody teaches it what a class looks like."),
    Mistake(classes_for_d_only, "G's loss lacks the class: nothing asks its samples to be of the class that was ordered."),
    Mistake(classes_for_g_only, "D's loss lacks the classes: it never learns to name one."),
    Mistake(no_classes, "The classes are missing from both losses: this is the GAN of lesson 20."),
    Mistake(softmax_first, "F.cross_entropy takes logits: your softmax is one too many."),
    Mistake(halved, HALF), Mistake(adversarial_halved, HALF), Mistake(all_halved, HALF), Mistake(one_mean_over_both, HALF),
    Mistake(one_cross_entropy, HALF),
    Mistake(g_sees_data, "G's loss holds the class of the data, which G cannot change: leave it out."),
    Mistake(summed, SUM), Mistake(everything_summed, SUM),
    Mistake(saturating, "That is the saturating loss of G: -log D(G) is asked for."),
    Mistake(sides_swapped, "Real and made have changed sides: D wants high logits for data."),
    Mistake(g_wants_fakes, "Your G wants to be caught: it wants D's logit of samples to be high."),
    Mistake(order_swapped, "D's loss comes first, G's second."),
    Mistake(d_alone_disguised, "Your D wants samples to be misnamed: their cross-entropy is added."),
    Mistake(logs_by_hand, LOGS), Mistake(sigmoids_by_hand, LOGS),
    Mistake(data_named_by_logs, LOGS), Mistake(g_by_logs, LOGS),
    Mistake(straight_too_early, "Your softplus is a straight line from 5 on, where log(1 + e^-5) is not 0 yet: leave the threshold as it is."),
    Mistake(binary_classes, "The classes exclude each other: a cross-entropy over all of them, and not one coin for each."),
]

also_right = [with_modules, with_log_softmax, with_logsumexp]

equivalent_mutants = {}
