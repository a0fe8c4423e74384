"""Steps that do more than one step: for gan-d-step and gan-g-step, a player asked once more, or its gradients bounded.

What both files of answers use stands here as well.
"""

import torch

from grading.checks.exercise import Mistake

MODE = ("A player's mode was changed, and modes are not this function's business: in eval mode BatchNorm uses its running "
        "averages and not the batch.")
OWN = "You make an optimizer of your own: the one that is handed over has a memory (momentum, Adam's averages) and must step."


def samples(generator, noise, n):
    with torch.no_grad():
        return generator(noise(n))


def step(optimizer, value):
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    return value.item()


def d_generator_asked_again(generator, discriminator, optimizer, x, noise, loss):
    z = noise(len(x))
    with torch.no_grad():
        generator(z)
        made = generator(z)
    return step(optimizer, loss(discriminator(x), discriminator(made)))


def d_discriminator_asked_again(generator, discriminator, optimizer, x, noise, loss):
    made = samples(generator, noise, len(x))
    value = step(optimizer, loss(discriminator(x), discriminator(made)))
    with torch.no_grad():
        discriminator(x)  # as for a log
    return value


def d_gradients_clipped(generator, discriminator, optimizer, x, noise, loss):
    value = loss(discriminator(x), discriminator(samples(generator, noise, len(x))))
    optimizer.zero_grad()
    value.backward()
    torch.nn.utils.clip_grad_norm_(discriminator.parameters(), 100.0)
    optimizer.step()
    return value.item()


def g_generator_asked_again(generator, discriminator, optimizer, n, noise, loss):
    z = noise(n)
    generator(z)
    discriminator.requires_grad_(False)
    value = loss(discriminator(generator(z)))
    discriminator.requires_grad_(True)
    return step(optimizer, value)


def g_discriminator_asked_again(generator, discriminator, optimizer, n, noise, loss):
    made = generator(noise(n))
    with torch.no_grad():
        discriminator(made)  # as for a log
    discriminator.requires_grad_(False)
    value = loss(discriminator(made))
    discriminator.requires_grad_(True)
    return step(optimizer, value)


def g_gradients_clipped(generator, discriminator, optimizer, n, noise, loss):
    discriminator.requires_grad_(False)
    value = loss(discriminator(generator(noise(n))))
    discriminator.requires_grad_(True)
    optimizer.zero_grad()
    value.backward()
    torch.nn.utils.clip_grad_norm_(generator.parameters(), 100.0)
    optimizer.step()
    return value.item()


of_d = [
    Mistake(d_generator_asked_again, "G is asked twice: in training mode each call moves the running averages of its BatchNorm."),
    Mistake(d_discriminator_asked_again, "D is asked once more than for data and samples: in training mode each call moves the running averages of "
            "its BatchNorm."),
    Mistake(d_gradients_clipped, "You bound D's gradients: the step is minus the learning rate times the gradient, however long."),
]

of_g = [
    Mistake(g_generator_asked_again, "G is asked twice: in training mode each call moves the running averages of its BatchNorm."),
    Mistake(g_discriminator_asked_again, "D is asked twice about the samples: in training mode each call moves the running averages of its "
            "BatchNorm."),
    Mistake(g_gradients_clipped, "You bound G's gradients: the step is minus the learning rate times the gradient, however long."),
]
