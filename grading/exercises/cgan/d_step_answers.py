"""Answers to cgan-d-step: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn import functional as F

from grading.checks import probing
from grading.checks.exercise import Mistake


def _samples(generator, noise, labels):
    with torch.no_grad():
        return generator(noise(len(labels)), labels)


def _loss(real, fake, wrong):
    return F.softplus(-real).mean() + F.softplus(fake).mean() / 2 + F.softplus(wrong).mean() / 2


def _learn(optimizer, value):
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


def _logits(generator, discriminator, x, labels, shift, classes, noise):
    made = _samples(generator, noise, labels)
    return discriminator(x, labels), discriminator(made, labels), discriminator(x, (labels + shift) % classes)


# Known mistakes


def no_mismatched(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    real, fake, _ = _logits(generator, discriminator, x, labels, shift, classes, noise)
    return _learn(optimizer, F.softplus(-real).mean() + F.softplus(fake).mean())


def mismatched_are_real(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    real, fake, wrong = _logits(generator, discriminator, x, labels, shift, classes, noise)
    return _learn(optimizer, _loss(real, fake, -wrong))


def full_weight(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    real, fake, wrong = _logits(generator, discriminator, x, labels, shift, classes, noise)
    return _learn(optimizer, F.softplus(-real).mean() + F.softplus(fake).mean() + F.softplus(wrong).mean())


def all_thirds(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    real, fake, wrong = _logits(generator, discriminator, x, labels, shift, classes, noise)
    return _learn(optimizer, (F.softplus(-real).mean() + F.softplus(fake).mean() + F.softplus(wrong).mean()) / 3)


def samples_with_shifted_labels(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    made = _samples(generator, noise, labels)
    other = (labels + shift) % classes
    return _learn(optimizer, _loss(discriminator(x, labels), discriminator(made, other), discriminator(x, other)))


def samples_asked_for_shifted(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    other = (labels + shift) % classes
    made = _samples(generator, noise, other)
    return _learn(optimizer, _loss(discriminator(x, labels), discriminator(made, labels), discriminator(x, other)))


def samples_of_shifted_throughout(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    other = (labels + shift) % classes
    made = _samples(generator, noise, other)
    return _learn(optimizer, _loss(discriminator(x, labels), discriminator(made, other), discriminator(x, other)))


def mismatched_samples(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    made = _samples(generator, noise, labels)
    other = (labels + shift) % classes
    return _learn(optimizer, _loss(discriminator(x, labels), discriminator(made, labels), discriminator(made, other)))


def shift_as_label(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    made = _samples(generator, noise, labels)
    return _learn(optimizer, _loss(discriminator(x, labels), discriminator(made, labels), discriminator(x, shift)))


def not_wrapped(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    made = _samples(generator, noise, labels)
    wrong = discriminator(x, (labels + shift).clamp(max=classes - 1))
    return _learn(optimizer, _loss(discriminator(x, labels), discriminator(made, labels), wrong))


def beyond_the_classes(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    made = _samples(generator, noise, labels)
    return _learn(optimizer, _loss(discriminator(x, labels), discriminator(made, labels), discriminator(x, labels + shift)))


def rolled_labels(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    made = _samples(generator, noise, labels)
    return _learn(optimizer, _loss(discriminator(x, labels), discriminator(made, labels), discriminator(x, labels.roll(1))))


def not_detached(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    made = generator(noise(len(x)), labels)
    value = _loss(discriminator(x, labels), discriminator(made, labels), discriminator(x, (labels + shift) % classes))
    return _learn(optimizer, value)


def old_gradients_kept(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    value = _loss(*_logits(generator, discriminator, x, labels, shift, classes, noise))
    value.backward()
    optimizer.step()
    return value.item()


def no_step(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    value = _loss(*_logits(generator, discriminator, x, labels, shift, classes, noise))
    optimizer.zero_grad()
    value.backward()
    return value.item()


def climbs(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    value = _loss(*_logits(generator, discriminator, x, labels, shift, classes, noise))
    _learn(optimizer, -value)
    return value.item()


def sides_swapped(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    real, fake, wrong = _logits(generator, discriminator, x, labels, shift, classes, noise)
    return _learn(optimizer, _loss(-real, -fake, -wrong))


def one_batch(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    made = _samples(generator, noise, labels)
    logits = discriminator(torch.cat([x, made, x]), torch.cat([labels, labels, (labels + shift) % classes]))
    return _learn(optimizer, _loss(*logits.chunk(3)))


def own_optimizer(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    mine = probing.Descent(discriminator.parameters(), optimizer.param_groups[0]["lr"])
    return _learn(mine, _loss(*_logits(generator, discriminator, x, labels, shift, classes, noise)))


def generator_evaluated(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    generator.eval()
    return _learn(optimizer, _loss(*_logits(generator, discriminator, x, labels, shift, classes, noise)))


def generator_left_frozen(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    generator.requires_grad_(False)
    return _learn(optimizer, _loss(*_logits(generator, discriminator, x, labels, shift, classes, noise)))


def wrong_detached(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    real, fake, wrong = _logits(generator, discriminator, x, labels, shift, classes, noise)
    return _learn(optimizer, _loss(real, fake, wrong.detach()))


# Also right


def with_detach(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    discriminator.zero_grad()
    wrong = discriminator(x, torch.remainder(labels + shift, classes))
    fake = discriminator(generator(noise(x.shape[0]), labels).detach(), labels)
    value = -F.logsigmoid(discriminator(x, labels)).mean() - 0.5 * (F.logsigmoid(-fake) + F.logsigmoid(-wrong)).mean()
    value.backward()
    optimizer.step()
    return value


def with_autograd(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    z = noise(len(x))
    made = generator(z, labels).detach().clone()
    coin, one = F.binary_cross_entropy_with_logits, torch.ones(len(x), dtype=x.dtype)
    over = labels + shift
    value = (coin(discriminator(x, labels), one) + 0.5 * coin(discriminator(made, labels), 0 * one)
             + 0.5 * coin(discriminator(x, torch.where(over >= classes, over - classes, over)), 0 * one))
    weights = list(discriminator.parameters())
    for p, slope in zip(weights, torch.autograd.grad(value, weights), strict=True):
        p.grad = slope
    optimizer.step()
    return float(value.detach())


def frozen_and_thawed(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    generator.requires_grad_(False)
    made = generator(noise(len(x)), labels)
    generator.requires_grad_(True)
    value = _loss(discriminator(x, labels), discriminator(made, labels), discriminator(x, (labels + shift) % classes))
    optimizer.zero_grad(set_to_none=False)
    value.backward()
    optimizer.step()
    return value.detach()


def classes_of_the_batch(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    return with_detach(generator, discriminator, optimizer, x, labels, shift, int(labels.max()) + 1, noise)


def labels_shifted_in_place(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    with torch.no_grad():
        made = generator(noise(len(x)), labels)
    real, fake = discriminator(x, labels), discriminator(made, labels)
    labels += shift
    labels %= classes
    wrong = discriminator(x, labels)
    value = F.softplus(-real).mean() + F.softplus(fake).mean() / 2 + F.softplus(wrong).mean() / 2
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


ASKED = "A sample belongs to the label it was asked for: G and D are given the same `labels` there."
WEIGHTS = "The weights are 1 for right pairs and ½ each for samples and for mismatched pairs: then real and fake weigh the same."
WRONG = "The wrong label is (labels + shift) % classes: always a class, and never the right one."
MODE = "A player's mode was changed, and modes are not this function's business."

mistakes = [
    Mistake(no_mismatched, "The mismatched pairs are missing: real data with a wrong label count as fake, too."),
    Mistake(mismatched_are_real, "You teach D that data with a wrong label are right: such pairs are fake."),
    Mistake(full_weight, WEIGHTS), Mistake(all_thirds, WEIGHTS),
    Mistake(samples_with_shifted_labels, ASKED), Mistake(samples_asked_for_shifted, ASKED),
    Mistake(samples_of_shifted_throughout, "Your samples are asked for the wrong labels: they are made for `labels`, and judged "
            "with them."),
    Mistake(mismatched_samples, "Your mismatched pairs are made of samples: they are real data beside a wrong label."),
    Mistake(shift_as_label, WRONG), Mistake(not_wrapped, WRONG), Mistake(beyond_the_classes, WRONG),
    Mistake(rolled_labels, "A label of another row may be the right one by chance: the wrong label is (labels + shift) % classes."),
    Mistake(not_detached, "Your loss sends gradients into the generator, where they stay: cut the graph with torch.no_grad() or "
            "`detach` before samples enter D."),
    Mistake(old_gradients_kept, "Gradients of earlier steps are still in D: clear them with optimizer.zero_grad() before "
            "backward."),
    Mistake(no_step, "D does not move: is optimizer.step() there, after backward?"),
    Mistake(climbs, "D climbs its loss: backward on the loss itself, not on minus the loss."),
    Mistake(sides_swapped, "Real and fake have changed sides: D wants high logits for right pairs."),
    Mistake(one_batch, "All pairs go through D in one batch, and BatchNorm mixes them: call D three times."),
    Mistake(own_optimizer, "You make an optimizer of your own: the one that is handed over has a memory (momentum, Adam's averages) "
            "and must step."),
    Mistake(generator_evaluated, MODE),
    Mistake(generator_left_frozen, "The generator is left with requires_grad off: it would never learn again."),
    Mistake(wrong_detached, "You detach D's logits of the mismatched pairs, so D learns nothing from them."),
    Mistake(classes_of_the_batch, "You count the classes in this batch: the last one may be missing there. Their number is `classes`."),
    Mistake(labels_shifted_in_place, "You write the wrong labels over what was handed over, and whoever called the function goes on with them: "
            "labels + shift makes new ones."),
]

also_right = [with_detach, with_autograd, frozen_and_thawed]

equivalent_mutants = {
    "made = generator(noise(len(x)), labels): x → labels": "both have one row for each image",
    "return value.item(): value.item() → value": "a tensor is as good as a number here",
}
