"""Answers to cgan-bug: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks import probing
from grading.checks.exercise import Mistake


def _learn(optimizer, value):
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


def _judge(discriminator, made, labels, loss):
    discriminator.requires_grad_(False)
    value = loss(discriminator(made, labels))
    discriminator.requires_grad_(True)
    return value


# Known mistakes


def buggy_g_step(generator, discriminator, optimizer, labels, noise, loss):
    made = generator(noise(len(labels)), labels)
    labels = labels[torch.randperm(len(labels))]
    discriminator.requires_grad_(False)
    value = loss(discriminator(made, labels))
    discriminator.requires_grad_(True)
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


def shuffled_before(generator, discriminator, optimizer, labels, noise, loss):
    made = generator(noise(len(labels)), labels[torch.randperm(len(labels))])
    return _learn(optimizer, _judge(discriminator, made, labels, loss))


def both_shuffled_apart(generator, discriminator, optimizer, labels, noise, loss):
    made = generator(noise(len(labels)), labels[torch.randperm(len(labels))])
    return _learn(optimizer, _judge(discriminator, made, labels[torch.randperm(len(labels))], loss))


def samples_shuffled(generator, discriminator, optimizer, labels, noise, loss):
    made = generator(noise(len(labels)), labels)
    return _learn(optimizer, _judge(discriminator, made[torch.randperm(len(labels))], labels, loss))


def drawn_anew(generator, discriminator, optimizer, labels, noise, loss):
    made = generator(noise(len(labels)), labels)
    return _learn(optimizer, _judge(discriminator, made, torch.randint(0, int(labels.max()) + 1, labels.shape), loss))


def sorted_for_d(generator, discriminator, optimizer, labels, noise, loss):
    made = generator(noise(len(labels)), labels)
    return _learn(optimizer, _judge(discriminator, made, labels.sort().values, loss))


def sorted_throughout(generator, discriminator, optimizer, labels, noise, loss):
    labels = labels.sort().values
    return _learn(optimizer, _judge(discriminator, generator(noise(len(labels)), labels), labels, loss))


def shuffled_throughout(generator, discriminator, optimizer, labels, noise, loss):
    labels = labels[torch.randperm(len(labels))]
    return _learn(optimizer, _judge(discriminator, generator(noise(len(labels)), labels), labels, loss))


def labels_all_zero(generator, discriminator, optimizer, labels, noise, loss):
    labels = torch.zeros_like(labels)
    return _learn(optimizer, _judge(discriminator, generator(noise(len(labels)), labels), labels, loss))


def discriminator_not_frozen(generator, discriminator, optimizer, labels, noise, loss):
    return _learn(optimizer, loss(discriminator(generator(noise(len(labels)), labels), labels)))


def discriminator_left_frozen(generator, discriminator, optimizer, labels, noise, loss):
    made = generator(noise(len(labels)), labels)
    discriminator.requires_grad_(False)
    return _learn(optimizer, loss(discriminator(made, labels)))


def samples_detached(generator, discriminator, optimizer, labels, noise, loss):
    made = generator(noise(len(labels)), labels).detach().requires_grad_()
    return _learn(optimizer, _judge(discriminator, made, labels, loss))


def no_zero_grad(generator, discriminator, optimizer, labels, noise, loss):
    value = _judge(discriminator, generator(noise(len(labels)), labels), labels, loss)
    value.backward()
    optimizer.step()
    return value.item()


def discriminator_evaluated(generator, discriminator, optimizer, labels, noise, loss):
    discriminator.eval()
    return _learn(optimizer, _judge(discriminator, generator(noise(len(labels)), labels), labels, loss))


def own_optimizer(generator, discriminator, optimizer, labels, noise, loss):
    mine = probing.Descent(generator.parameters(), optimizer.param_groups[0]["lr"])
    return _learn(mine, _judge(discriminator, generator(noise(len(labels)), labels), labels, loss))


def classes_in_order(generator, discriminator, optimizer, labels, noise, loss):
    order = labels.argsort()
    made = generator(noise(len(labels)), labels)[order]
    return _learn(optimizer, _judge(discriminator, made, torch.arange(len(labels)), loss))


def gradient_clipped(generator, discriminator, optimizer, labels, noise, loss):
    value = _judge(discriminator, generator(noise(len(labels)), labels), labels, loss)
    optimizer.zero_grad()
    value.backward()
    torch.nn.utils.clip_grad_norm_(generator.parameters(), 1.0)
    optimizer.step()
    return value.item()


def seeded(generator, discriminator, optimizer, labels, noise, loss):
    torch.manual_seed(0)
    return _learn(optimizer, _judge(discriminator, generator(noise(len(labels)), labels), labels, loss))


# Also right


def with_autograd(generator, discriminator, optimizer, labels, noise, loss):
    value = loss(discriminator(generator(noise(len(labels)), labels), labels))
    weights = list(generator.parameters())
    for p, slope in zip(weights, torch.autograd.grad(value, weights), strict=True):
        p.grad = slope
    optimizer.step()
    return value.detach()


def with_backward_inputs(generator, discriminator, optimizer, labels, noise, loss):
    optimizer.zero_grad()
    value = loss(discriminator(generator(noise(labels.shape[0]), labels), labels))
    value.backward(inputs=list(generator.parameters()))
    optimizer.step()
    return float(value.detach())


def discriminator_cleared(generator, discriminator, optimizer, labels, noise, loss):
    value = _learn(optimizer, loss(discriminator(generator(noise(len(labels)), labels), labels)))
    discriminator.zero_grad()
    return value


APART = ("The label that a sample is asked for and the label beside which it is judged are still two: G and D are given the same "
         "labels in the same order.")

mistakes = [
    Mistake(buggy_g_step, "This is still the buggy step. Follow one sample: which label is it asked for, and with which is it judged?"),
    Mistake(shuffled_before, APART), Mistake(both_shuffled_apart, APART), Mistake(drawn_anew, APART),
    Mistake(samples_shuffled, APART), Mistake(sorted_for_d, APART),
    Mistake(sorted_throughout, "Nothing was wrong with the order of the labels: take them as they come, for G and for D."),
    Mistake(shuffled_throughout, "Nothing was wrong with the order of the labels: take them as they come, for G and for D."),
    Mistake(labels_all_zero, "All your samples are of one class: use the labels that are handed over."),
    Mistake(discriminator_not_frozen, "Your loss leaves gradients in the discriminator, which was right before: keep requires_grad_ "
            "off while D judges."),
    Mistake(discriminator_left_frozen, "The discriminator is left with requires_grad off: it would never learn again."),
    Mistake(samples_detached, "You cut samples off from the generator, so it does not move."),
    Mistake(no_zero_grad, "Gradients of earlier steps are still in G: clear them with optimizer.zero_grad() before backward."),
    Mistake(discriminator_evaluated, "A player's mode was changed, which was right before: leave modes alone."),
    Mistake(own_optimizer, "You make an optimizer of your own: the one that is handed over has a memory and must step."),
    Mistake(classes_in_order, "You give D the labels 0, 1, 2, … in place of those that were asked for: some may be missing, and some there twice."),
    Mistake(gradient_clipped, "You clip the gradient, which was right before: the step goes along it as it is."),
    Mistake(seeded, "You seed PyTorch's generator for everyone: from now on all steps of a training draw the same numbers."),
]

also_right = [with_autograd, with_backward_inputs, discriminator_cleared]

equivalent_mutants = {
    "return value.item(): value.item() → value": "a tensor is as good as a number here",
}
