"""Wrong answers to wgan-polish that climb rightly and leave the networks other than they were."""

import torch

from grading.checks import probing
from grading.exercises.wgan._polish_parts import climb, score_of


def gradients_left(generator, critic, z, steps, rate, pull):
    code, score = z.detach().clone().requires_grad_(), score_of(generator, critic, pull)
    for _ in range(steps):
        code.grad = None
        score(code).backward()
        with torch.no_grad():
            code += rate * code.grad
    return code.detach()


def optimizer_that_leaves_gradients(generator, critic, z, steps, rate, pull):
    code, score = z.detach().clone().requires_grad_(), score_of(generator, critic, pull)
    optimizer = probing.Descent([code], rate)
    for _ in range(steps):
        optimizer.zero_grad()
        (-score(code)).backward()
        optimizer.step()
    return code.detach()


def both_cleared(generator, critic, z, steps, rate, pull):
    found = gradients_left(generator, critic, z, steps, rate, pull)
    generator.zero_grad()
    critic.zero_grad()
    return found


def networks_learn_too(generator, critic, z, steps, rate, pull):
    code, score = z.detach().clone().requires_grad_(), score_of(generator, critic, pull)
    optimizer = probing.Descent([code, *generator.parameters()], rate)
    for _ in range(steps):
        optimizer.zero_grad()
        (-score(code)).backward()
        optimizer.step()
    return code.detach()


def frozen_for_good(generator, critic, z, steps, rate, pull):
    generator.requires_grad_(False)
    critic.requires_grad_(False)
    return climb(z, steps, rate, score_of(generator, critic, pull))


def critic_frozen_for_good(generator, critic, z, steps, rate, pull):
    critic.requires_grad_(False)
    return climb(z, steps, rate, score_of(generator, critic, pull))


def put_in_training_mode(generator, critic, z, steps, rate, pull):
    generator.train()
    critic.train()
    return climb(z, steps, rate, score_of(generator, critic, pull))


def put_in_evaluation_mode(generator, critic, z, steps, rate, pull):
    generator.eval()
    critic.eval()
    return climb(z, steps, rate, score_of(generator, critic, pull))


def evaluated_meanwhile(generator, critic, z, steps, rate, pull):
    modes = generator.training, critic.training
    found = put_in_evaluation_mode(generator, critic, z, steps, rate, pull)
    generator.train(modes[0])
    critic.train(modes[1])
    return found


def frozen_and_all_switched_on(generator, critic, z, steps, rate, pull):
    found = frozen_for_good(generator, critic, z, steps, rate, pull)
    generator.requires_grad_(True)
    critic.requires_grad_(True)
    return found


def left_in_training_mode(generator, critic, z, steps, rate, pull):
    found = put_in_evaluation_mode(generator, critic, z, steps, rate, pull)
    generator.train()
    critic.train()
    return found
