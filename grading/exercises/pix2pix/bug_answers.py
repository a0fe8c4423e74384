"""Answers to pix2pix-bug: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks.exercise import Mistake

# Known mistakes


def buggy_pair_loss(discriminator, x, y, made):
    real = discriminator(torch.cat([x, y], 1)).mean()
    fake = discriminator(torch.cat([made.detach(), x], 1)).mean()
    return 0.5 * (F.softplus(-real) + F.softplus(fake))


def _loss(real=lambda x, y, made: (x, y), fake=lambda x, y, made: (x, made.detach()), each=lambda l: l, sum_=lambda l: l.mean(),
          join=lambda r, f: 0.5 * (r + f), pay=F.softplus):
    def answer(discriminator, x, y, made):
        r = each(discriminator(torch.cat(real(x, y, made), 1)))
        f = each(discriminator(torch.cat(fake(x, y, made), 1)))
        return join(sum_(pay(-r)), sum_(pay(f)))

    return answer


only_the_order = _loss(each=lambda l: l.mean())
only_the_mean = _loss(fake=lambda x, y, made: (made.detach(), x))
both_turned = _loss(real=lambda x, y, made: (y, x), fake=lambda x, y, made: (made.detach(), x))
real_turned = _loss(real=lambda x, y, made: (y, x))
mean_per_image = _loss(each=lambda l: l.flatten(1).mean(1))
not_detached = _loss(fake=lambda x, y, made: (x, made))
input_hidden = _loss(real=lambda x, y, made: (torch.zeros_like(x), y), fake=lambda x, y, made: (torch.zeros_like(x), made.detach()))
target_for_input = _loss(real=lambda x, y, made: (y, y), fake=lambda x, y, made: (made.detach(), made.detach()))
made_beside_target = _loss(fake=lambda x, y, made: (y, made.detach()))
labels_turned = _loss(each=lambda l: -l)
half_forgotten = _loss(join=lambda r, f: r + f)
summed = _loss(sum_=lambda l: l.sum())
summed_per_image = _loss(sum_=lambda l: l.flatten(1).sum(1).mean())
fake_alone = _loss(join=lambda r, f: 0.5 * f)
real_alone = _loss(join=lambda r, f: 0.5 * r)
subtracted = _loss(join=lambda r, f: 0.5 * (r - f))
no_logarithm = _loss(pay=lambda l: l)
sigmoids = _loss(pay=torch.sigmoid)
logs_of_sigmoids = _loss(pay=lambda l: -torch.log(1 - torch.sigmoid(l)))
logs_with_epsilon = _loss(pay=lambda l: -torch.log(1 - torch.sigmoid(l) + 1e-8))
clamped = _loss(pay=lambda l: F.softplus(l.clamp(-20, 20)))
hinge = _loss(pay=lambda l: F.relu(1 + l))


def cross_entropy_of_probabilities(discriminator, x, y, made):
    real = torch.sigmoid(discriminator(torch.cat([x, y], 1)))
    fake = torch.sigmoid(discriminator(torch.cat([x, made.detach()], 1)))
    return 0.5 * (F.binary_cross_entropy(real, torch.ones_like(real)) + F.binary_cross_entropy(fake, torch.zeros_like(fake)))


def real_detached(discriminator, x, y, made):
    real = discriminator(torch.cat([x, y], 1)).detach()
    fake = discriminator(torch.cat([x, made.detach()], 1))
    return 0.5 * (F.softplus(-real).mean() + F.softplus(fake).mean())


def fake_logits_detached(discriminator, x, y, made):
    real = discriminator(torch.cat([x, y], 1))
    fake = discriminator(torch.cat([x, made], 1)).detach()
    return 0.5 * (F.softplus(-real).mean() + F.softplus(fake).mean())


def no_graph(discriminator, x, y, made):
    with torch.no_grad():
        return only_detached(discriminator, x, y, made)


def generators_loss(discriminator, x, y, made):
    return F.softplus(-discriminator(torch.cat([x, made.detach()], 1))).mean()


# Also right


def only_detached(discriminator, x, y, made):
    with torch.no_grad():
        made = made.clone()
    real, fake = discriminator(torch.cat((x, y), dim=1)), discriminator(torch.cat((x, made.detach()), dim=1))
    return (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2


def one_batch(discriminator, x, y, made):
    logits = discriminator(torch.cat([torch.cat([x, x]), torch.cat([y, made.detach()])], 1))
    return F.softplus(torch.cat([-logits[:len(x)], logits[len(x):]])).mean()


def cross_entropy(discriminator, x, y, made):
    real = discriminator(torch.cat([x, y], 1))
    fake = discriminator(torch.cat([x, made.detach()], 1))
    loss = torch.nn.BCEWithLogitsLoss()
    return 0.5 * loss(real, torch.ones_like(real)) + 0.5 * loss(fake, torch.zeros_like(fake))


ORDER = "The order of a pair's channels differs between real and made pairs, or is turned in both: x comes first."
PATCHES = "Logits are still averaged before the loss: each patch has a verdict of its own, and the losses are averaged."
SURE = "Where D is sure a sigmoid rounds to 0 or 1: stay with the logits, softplus."
BOTH = "D learns from both kinds of pairs: part of the loss, or its gradient, is missing."
SIGN = "D should give high logits to (x, y) and low ones to (x, made), and pays softplus for each."

for _name, _value in list(globals().items()):
    if getattr(_value, "__name__", "") == "answer":
        _value.__name__ = _name  # made by a factory: the name that stands left of the =

mistakes = [
    Mistake(buggy_pair_loss, "This is still the buggy loss. Give it y for made: with equal images it should be unable to go below log 2."),
    Mistake(only_the_order, PATCHES), Mistake(mean_per_image, PATCHES),
    Mistake(only_the_mean, "The means are right now, but a made pair still has its channels the other way round."),
    Mistake(both_turned, ORDER), Mistake(real_turned, ORDER),
    Mistake(not_detached, "`made` is no longer detached: D's loss must send nothing into the generator."),
    Mistake(input_hidden, "D no longer sees the input x: it could not say whether an image belongs to it."),
    Mistake(target_for_input, "D no longer sees the input x: it could not say whether an image belongs to it."),
    Mistake(made_beside_target, "The made image stands beside the target: D would only have to compare the two. It belongs beside x."),
    *(Mistake(answer, SIGN) for answer in (labels_turned, no_logarithm, sigmoids, subtracted, hinge, generators_loss)),
    Mistake(half_forgotten, "The half is no fault of the buggy loss: D's loss is halved, to slow it down beside G."),
    *(Mistake(answer, "Means are asked for, over all patches of all images.") for answer in (summed, summed_per_image)),
    *(Mistake(answer, BOTH) for answer in (fake_alone, real_alone, real_detached, fake_logits_detached, no_graph)),
    *(Mistake(answer, SURE) for answer in (logs_of_sigmoids, logs_with_epsilon, cross_entropy_of_probabilities, clamped)),
]

also_right = [only_detached, one_batch, cross_entropy]

equivalent_mutants = {}
