"""Planted answers to cgan-d-step, by another author than the check's."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce


def judged(discriminator, pairs):
    """Σ weight · cross-entropy of (x, labels, target, weight)."""
    total = 0
    for x, y, target, weight in pairs:
        logits = discriminator(x, y)
        total = total + weight * bce(logits, torch.full_like(logits, target))
    return total


def move(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def made(generator, noise, y):
    return generator(noise(y.shape[0]), y).detach()


def two_kinds(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    fake = made(generator, noise, labels)
    return move(optimizer, judged(discriminator, [(x, labels, 1.0, 1), (fake, labels, 0.0, 1)]))


def three_equal(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    fake, wrong = made(generator, noise, labels), (labels + shift) % classes
    return move(optimizer, judged(discriminator, [(x, labels, 1.0, 1), (fake, labels, 0.0, 1), (x, wrong, 0.0, 1)]))


def wrong_labels_for_fakes(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    fake, wrong = made(generator, noise, labels), (labels + shift) % classes
    return move(optimizer, judged(discriminator, [(x, labels, 1.0, 1), (fake, wrong, 0.0, 0.5), (x, wrong, 0.0, 0.5)]))


def wrong_pairs_real(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    fake, wrong = made(generator, noise, labels), (labels + shift) % classes
    return move(optimizer, judged(discriminator, [(x, labels, 1.0, 1), (fake, labels, 0.0, 0.5), (x, wrong, 1.0, 0.5)]))


def fake_mismatched(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    fake, wrong = made(generator, noise, labels), (labels + shift) % classes
    pairs = [(x, labels, 1.0, 1), (fake, labels, 0.0, 0.5), (fake, wrong, 0.0, 0.5)]
    return move(optimizer, judged(discriminator, pairs))


def no_modulo(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    fake = made(generator, noise, labels)
    pairs = [(x, labels, 1.0, 1), (fake, labels, 0.0, 0.5), (x, labels + shift, 0.0, 0.5)]
    return move(optimizer, judged(discriminator, pairs))


def gradient_into_g(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    fake, wrong = generator(noise(len(x)), labels), (labels + shift) % classes
    return move(optimizer, judged(discriminator, [(x, labels, 1.0, 1), (fake, labels, 0.0, 0.5), (x, wrong, 0.0, 0.5)]))


def forgets_zero_grad(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    fake, wrong = made(generator, noise, labels), (labels + shift) % classes
    loss = judged(discriminator, [(x, labels, 1.0, 1), (fake, labels, 0.0, 0.5), (x, wrong, 0.0, 0.5)])
    loss.backward()
    optimizer.step()
    return loss.detach()


def forgets_to_step(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    fake, wrong = made(generator, noise, labels), (labels + shift) % classes
    loss = judged(discriminator, [(x, labels, 1.0, 1), (fake, labels, 0.0, 0.5), (x, wrong, 0.0, 0.5)])
    optimizer.zero_grad()
    loss.backward()
    return loss.detach()


def targets_swapped(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    fake, wrong = made(generator, noise, labels), (labels + shift) % classes
    return move(optimizer, judged(discriminator, [(x, labels, 0.0, 1), (fake, labels, 1.0, 0.5), (x, wrong, 1.0, 0.5)]))


def asks_for_wrong(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    wrong = (labels + shift) % classes
    fake = made(generator, noise, wrong)
    return move(optimizer, judged(discriminator, [(x, labels, 1.0, 1), (fake, wrong, 0.0, 0.5), (x, wrong, 0.0, 0.5)]))


def shift_itself(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    fake = made(generator, noise, labels)
    return move(optimizer, judged(discriminator, [(x, labels, 1.0, 1), (fake, labels, 0.0, 0.5), (x, shift, 0.0, 0.5)]))


def shift_used_up(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    fake = made(generator, noise, labels)
    shift += labels
    pairs = [(x, labels, 1.0, 1), (fake, labels, 0.0, 0.5), (x, shift % classes, 0.0, 0.5)]
    return move(optimizer, judged(discriminator, pairs))


def small_number_in_logs(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    p, q, r = (discriminator(a, b).sigmoid() for a, b in (
        (x, labels), (made(generator, noise, labels), labels), (x, (labels + shift) % classes)))
    return move(optimizer, -(p + 1e-8).log().mean() - ((1 - q + 1e-8).log() + (1 - r + 1e-8).log()).mean() / 2)


def as_many_as_seen(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    other = (labels + shift) % len(labels.unique())
    fake = made(generator, noise, labels)
    return move(optimizer, judged(discriminator, [(x, labels, 1.0, 1), (fake, labels, 0.0, 0.5), (x, other, 0.0, 0.5)]))


def right_by_comparison(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    other = labels + shift
    other = torch.where(other >= classes, other - classes, other)
    fake = made(generator, noise, labels)
    return move(optimizer, judged(discriminator, [(x, labels, 1.0, 1), (fake, labels, 0.0, 0.5), (x, other, 0.0, 0.5)]))


def right_in_parts(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    fake, wrong = made(generator, noise, labels), (labels + shift) % classes
    optimizer.zero_grad()
    total = 0.0
    for part in ((x, labels, 1.0, 1.0), (fake, labels, 0.0, 0.5), (x, wrong, 0.0, 0.5)):
        loss = judged(discriminator, [part])
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total


def right_wrong_first(generator, discriminator, optimizer, x, labels, shift, classes, noise):
    fake, wrong = made(generator, noise, labels), torch.fmod(labels + shift, classes)
    return move(optimizer, judged(discriminator, [(x, wrong, 0.0, 0.5), (x, labels, 1.0, 1), (fake, labels, 0.0, 0.5)]))

SAYS_2 = ("D after a second step with the same optimizer, on a batch of another size; and where D is sure of itself.")

wrong = [
    (two_kinds, "no_mismatched"), (three_equal, "full_weight"), (wrong_labels_for_fakes,
    "samples_with_shifted_labels"), (wrong_pairs_real, "mismatched_are_real"), (fake_mismatched,
    "mismatched_samples"), (no_modulo, "beyond_the_classes"), (gradient_into_g, "not_detached"),
    (forgets_zero_grad, "old_gradients_kept"), (forgets_to_step, "no_step"), (targets_swapped,
    "sides_swapped"), (asks_for_wrong, "samples_of_shifted_throughout"), (shift_itself, "shift_as_label"),
    (shift_used_up, "labels_shifted_in_place"), (small_number_in_logs, SAYS_2),
    (as_many_as_seen, "classes_of_the_batch"),
]
right = [right_by_comparison, right_in_parts, right_wrong_first]
