"""Planted answers to cgan-bug, by another author than the check's."""

import torch


def apart(generator, discriminator, optimizer, asked, judged, noise, loss):
    fake = generator(noise(asked.shape[0]), asked)
    for p in discriminator.parameters():
        p.requires_grad = False
    value = loss(discriminator(fake, judged))
    for p in discriminator.parameters():
        p.requires_grad = True
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.detach()


def index_shuffled(generator, discriminator, optimizer, labels, noise, loss):
    order = torch.randperm(labels.numel())
    return apart(generator, discriminator, optimizer, labels, labels[order], noise, loss)


def flipped(generator, discriminator, optimizer, labels, noise, loss):
    return apart(generator, discriminator, optimizer, labels, labels.flip(0), noise, loss)


def rolled(generator, discriminator, optimizer, labels, noise, loss):
    return apart(generator, discriminator, optimizer, labels.roll(1), labels, noise, loss)


def zeros_for_d(generator, discriminator, optimizer, labels, noise, loss):
    return apart(generator, discriminator, optimizer, labels, torch.zeros_like(labels), noise, loss)


def next_label(generator, discriminator, optimizer, labels, noise, loss):
    return apart(generator, discriminator, optimizer, labels, labels + 1, noise, loss)


def d_gets_gradients(generator, discriminator, optimizer, labels, noise, loss):
    optimizer.zero_grad()
    value = loss(discriminator(generator(noise(len(labels)), labels), labels))
    value.backward()
    optimizer.step()
    return value.item()


def d_stays_frozen(generator, discriminator, optimizer, labels, noise, loss):
    discriminator.requires_grad_(False)
    optimizer.zero_grad()
    value = loss(discriminator(generator(noise(len(labels)), labels), labels))
    value.backward()
    optimizer.step()
    return value.item()


def both_ordered(generator, discriminator, optimizer, labels, noise, loss):
    labels, _ = torch.sort(labels)
    return apart(generator, discriminator, optimizer, labels, labels, noise, loss)


def labels_made_unique(generator, discriminator, optimizer, labels, noise, loss):
    labels = labels.unique(sorted=False)
    return apart(generator, discriminator, optimizer, labels, labels, noise, loss)


def steps_bounded(generator, discriminator, optimizer, labels, noise, loss):
    value = loss(discriminator(generator(noise(len(labels)), labels), labels))
    slopes = torch.autograd.grad(value, list(generator.parameters()))
    for p, slope in zip(generator.parameters(), slopes, strict=True):
        p.grad = slope.clamp(-0.5, 0.5)
    optimizer.step()
    return value.item()


def right_in_two_stages(generator, discriminator, optimizer, labels, noise, loss):
    made = generator(noise(len(labels)), labels)
    cut = made.detach().requires_grad_()
    value = loss(discriminator(cut, labels))
    slope, = torch.autograd.grad(value, cut)
    optimizer.zero_grad()
    made.backward(slope)
    optimizer.step()
    return value


def right_frozen_by_hand(generator, discriminator, optimizer, labels, noise, loss):
    return apart(generator, discriminator, optimizer, labels, labels, noise, loss)


def right_reordered_together(generator, discriminator, optimizer, labels, noise, loss):
    optimizer.zero_grad()
    pairs = (generator(noise(len(labels)), labels), labels)
    value = loss(discriminator(*pairs))
    slopes = torch.autograd.grad(value, list(generator.parameters()))
    for p, slope in zip(generator.parameters(), slopes, strict=True):
        p.grad = slope
    optimizer.step()
    return value.item()


SAYS_1 = ("The loss before the step, for samples of these labels, judged with the labels they were asked "
          "for.")

wrong = [
    (index_shuffled, "buggy_g_step"), (flipped, SAYS_1), (rolled, SAYS_1), (zeros_for_d, SAYS_1),
    (next_label, SAYS_1), (d_gets_gradients, "discriminator_not_frozen"), (d_stays_frozen,
    "discriminator_left_frozen"), (both_ordered, "sorted_throughout"),
    (labels_made_unique, SAYS_1), (steps_bounded, SAYS_1),
]
right = [right_in_two_stages, right_frozen_by_hand, right_reordered_together]
