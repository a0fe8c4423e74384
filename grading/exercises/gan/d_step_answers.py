"""Answers to gan-d-step: wrong ones with the sentence that names each, and right ones."""

import torch
from torch.nn.functional import softplus

from grading.checks import probing
from grading.checks.exercise import Mistake
from grading.exercises.gan._steps import MODE, OWN, of_d, samples, step

# Known mistakes


def not_detached(generator, discriminator, optimizer, x, noise, loss):
    return step(optimizer, loss(discriminator(x), discriminator(generator(noise(len(x))))))


def old_gradients_kept(generator, discriminator, optimizer, x, noise, loss):
    value = loss(discriminator(x), discriminator(samples(generator, noise, len(x))))
    value.backward()
    optimizer.step()
    return value.item()


def cleared_too_late(generator, discriminator, optimizer, x, noise, loss):
    value = loss(discriminator(x), discriminator(samples(generator, noise, len(x))))
    value.backward()
    optimizer.zero_grad()
    optimizer.step()
    return value.item()


def no_step(generator, discriminator, optimizer, x, noise, loss):
    value = loss(discriminator(x), discriminator(samples(generator, noise, len(x))))
    optimizer.zero_grad()
    value.backward()
    return value.item()


def arguments_swapped(generator, discriminator, optimizer, x, noise, loss):
    return step(optimizer, loss(discriminator(samples(generator, noise, len(x))), discriminator(x)))


def climbs(generator, discriminator, optimizer, x, noise, loss):
    value = loss(discriminator(x), discriminator(samples(generator, noise, len(x))))
    step(optimizer, -value)
    return value.item()


def logits_detached(generator, discriminator, optimizer, x, noise, loss):
    return step(optimizer, loss(discriminator(x), discriminator(samples(generator, noise, len(x))).detach()))


def one_batch(generator, discriminator, optimizer, x, noise, loss):
    logits = discriminator(torch.cat([x, samples(generator, noise, len(x))]))
    return step(optimizer, loss(logits[:len(x)], logits[len(x):]))


def one_z_for_all(generator, discriminator, optimizer, x, noise, loss):
    with torch.no_grad():
        made = generator(noise(1).expand(len(x), -1))
    return step(optimizer, loss(discriminator(x), discriminator(made)))


def noise_drawn_twice(generator, discriminator, optimizer, x, noise, loss):
    noise(len(x))
    return step(optimizer, loss(discriminator(x), discriminator(samples(generator, noise, len(x)))))


def own_optimizer(generator, discriminator, optimizer, x, noise, loss):
    mine = probing.Descent(discriminator.parameters(), optimizer.param_groups[0]["lr"])
    return step(mine, loss(discriminator(x), discriminator(samples(generator, noise, len(x)))))


def two_steps(generator, discriminator, optimizer, x, noise, loss):
    made = samples(generator, noise, len(x))
    value = step(optimizer, loss(discriminator(x), discriminator(made)))
    step(optimizer, loss(discriminator(x), discriminator(made)))
    return value


def real_and_fake_apart(generator, discriminator, optimizer, x, noise, loss):
    made = samples(generator, noise, len(x))
    value = loss(discriminator(x), discriminator(made))
    step(optimizer, loss(discriminator(x), discriminator(made).detach()))
    step(optimizer, loss(discriminator(x).detach(), discriminator(made)))
    return value.item()


def loss_after(generator, discriminator, optimizer, x, noise, loss):
    made = samples(generator, noise, len(x))
    step(optimizer, loss(discriminator(x), discriminator(made)))
    return loss(discriminator(x), discriminator(made)).item()


def generator_left_frozen(generator, discriminator, optimizer, x, noise, loss):
    generator.requires_grad_(False)
    return step(optimizer, loss(discriminator(x), discriminator(generator(noise(len(x))))))


def generator_evaluated(generator, discriminator, optimizer, x, noise, loss):
    generator.eval()
    return step(optimizer, loss(discriminator(x), discriminator(samples(generator, noise, len(x)))))


def generator_evaluated_and_back(generator, discriminator, optimizer, x, noise, loss):
    mode = generator.training
    generator.eval()
    made = samples(generator, noise, len(x))
    generator.train(mode)
    return step(optimizer, loss(discriminator(x), discriminator(made)))


def discriminator_evaluated(generator, discriminator, optimizer, x, noise, loss):
    discriminator.eval()
    return step(optimizer, loss(discriminator(x), discriminator(samples(generator, noise, len(x)))))


def always_training(generator, discriminator, optimizer, x, noise, loss):
    generator.train()
    discriminator.train()
    return step(optimizer, loss(discriminator(x), discriminator(samples(generator, noise, len(x)))))


def discriminator_alone_training(generator, discriminator, optimizer, x, noise, loss):
    discriminator.train()
    return step(optimizer, loss(discriminator(x), discriminator(samples(generator, noise, len(x)))))


def in_eval_at_the_end(generator, discriminator, optimizer, x, noise, loss):
    value = step(optimizer, loss(discriminator(x), discriminator(samples(generator, noise, len(x)))))
    generator.eval()
    discriminator.eval()
    return value


def generator_moves_too(generator, discriminator, optimizer, x, noise, loss):
    value = loss(discriminator(x), discriminator(generator(noise(len(x)))))
    generator.zero_grad()
    step(optimizer, value)
    probing.Descent(generator.parameters(), optimizer.param_groups[0]["lr"]).step()
    return value.item()


def generator_cleared_first(generator, discriminator, optimizer, x, noise, loss):
    generator.zero_grad()
    return step(optimizer, loss(discriminator(x), discriminator(generator(noise(len(x))))))


def cleared_after_the_step(generator, discriminator, optimizer, x, noise, loss):
    value = loss(discriminator(x), discriminator(samples(generator, noise, len(x))))
    value.backward()
    optimizer.step()
    optimizer.zero_grad()
    return value.item()


def left_frozen(generator, discriminator, optimizer, x, noise, loss):
    value = step(optimizer, loss(discriminator(x), discriminator(samples(generator, noise, len(x)))))
    discriminator.requires_grad_(False)
    return value


def nothing_returned(generator, discriminator, optimizer, x, noise, loss):
    step(optimizer, loss(discriminator(x), discriminator(samples(generator, noise, len(x)))))


def loss_of_its_own(generator, discriminator, optimizer, x, noise, loss):
    real, fake = discriminator(x), discriminator(samples(generator, noise, len(x)))
    return step(optimizer, softplus(-real).mean() + softplus(fake).mean())


def sigmoid_first(generator, discriminator, optimizer, x, noise, loss):
    real, fake = discriminator(x), discriminator(samples(generator, noise, len(x)))
    return step(optimizer, loss(torch.sigmoid(real), torch.sigmoid(fake)))


def data_rescaled(generator, discriminator, optimizer, x, noise, loss):
    return step(optimizer, loss(discriminator(2 * x - 1), discriminator(samples(generator, noise, len(x)))))


def eight_samples(generator, discriminator, optimizer, x, noise, loss):
    return step(optimizer, loss(discriminator(x), discriminator(samples(generator, noise, 8))))


def half_as_many(generator, discriminator, optimizer, x, noise, loss):
    return step(optimizer, loss(discriminator(x), discriminator(samples(generator, noise, len(x) // 2))))


def asked_for_each(generator, discriminator, optimizer, x, noise, loss):
    with torch.no_grad():
        made = generator(torch.cat([noise(1) for _ in x]))
    return step(optimizer, loss(discriminator(x), discriminator(made)))


def loss_of_other_samples(generator, discriminator, optimizer, x, noise, loss):
    step(optimizer, loss(discriminator(x), discriminator(samples(generator, noise, len(x)))))
    return loss(discriminator(x), discriminator(samples(generator, noise, len(x)))).item()


# Also right


def with_detach(generator, discriminator, optimizer, x, noise, loss):
    discriminator.zero_grad()
    fake = discriminator(generator(noise(x.shape[0])).detach())
    value = loss(discriminator(x), fake)
    value.backward()
    optimizer.step()
    return value


def with_autograd(generator, discriminator, optimizer, x, noise, loss):
    z = noise(len(x))
    made = generator(z).detach().clone()
    value = loss(real=discriminator(x), fake=discriminator(made))
    for p, slope in zip(discriminator.parameters(), torch.autograd.grad(value, list(discriminator.parameters())), strict=True):
        p.grad = slope
    optimizer.step()
    return float(value.detach())


def frozen_and_thawed(generator, discriminator, optimizer, x, noise, loss):
    generator.requires_grad_(False)
    value = loss(discriminator(x), discriminator(generator(noise(len(x)))))
    generator.requires_grad_(True)
    optimizer.zero_grad(set_to_none=False)
    value.backward()
    optimizer.step()
    return value.detach()


def generator_cleared(generator, discriminator, optimizer, x, noise, loss):
    value = step(optimizer, loss(discriminator(x), discriminator(generator(noise(len(x))))))
    generator.zero_grad()
    return value


NOISE = "Use the noise that is handed over, once, and as it comes: noise(len(x)) is one z for each sample."
IDLE = ("D does not move: is optimizer.step() there, after backward, and are the gradients not cleared in between?")

LEAK = ("Your loss sends gradients into the generator, where they stay: cut the graph with torch.no_grad() or `detach` before "
        "samples enter D.")
OLD = "Gradients of earlier steps are still in D: clear them with optimizer.zero_grad() before backward."
AFTER = "You return the loss after the step: that of this batch before it is asked for."

mistakes = [
    Mistake(not_detached, LEAK), Mistake(generator_cleared_first, LEAK),
    Mistake(old_gradients_kept, OLD), Mistake(cleared_after_the_step, OLD),
    Mistake(cleared_too_late, IDLE),
    Mistake(no_step, IDLE),
    Mistake(arguments_swapped, "The loss is called as loss(real, fake): data first."),
    Mistake(climbs, "D climbs its loss: backward on the loss itself, not on minus the loss."),
    Mistake(logits_detached, "You detach D's logits of samples, so D learns nothing from them: detach the samples, before they "
            "enter D."),
    Mistake(one_batch, "Data and samples go through D in one batch, and BatchNorm mixes them: call D twice."),
    Mistake(one_z_for_all, "All your samples come from one z: ask for noise(len(x)), one z for each."),
    *(Mistake(answer, NOISE) for answer in (noise_drawn_twice, eight_samples, half_as_many, asked_for_each)),
    Mistake(own_optimizer, OWN),
    Mistake(two_steps, "You take two steps: one call is one step."),
    Mistake(real_and_fake_apart, "You take a step for the data and another for the samples: the loss is one, and so is the step."),
    Mistake(loss_after, AFTER), Mistake(loss_of_other_samples, AFTER),
    Mistake(nothing_returned, "You return nothing: the loss before the step is asked for."),
    Mistake(loss_of_its_own, "You take a loss of your own: call the one that is handed over, loss(real, fake)."),
    Mistake(sigmoid_first, "The loss takes logits: D's outputs as they are, without a sigmoid."),
    Mistake(data_rescaled, "You change the data on their way: D takes x as it comes."),
    Mistake(left_frozen, "The discriminator is left with requires_grad off: it would never learn again."),
    Mistake(generator_left_frozen, "The generator is left with requires_grad off: it would never learn again."),
    *(Mistake(answer, MODE) for answer in (generator_evaluated, generator_evaluated_and_back, discriminator_evaluated,
                                           always_training, discriminator_alone_training, in_eval_at_the_end)),
    Mistake(generator_moves_too, "The generator has moved: in this step only D may."),
    *of_d,
]

also_right = [with_detach, with_autograd, frozen_and_thawed, generator_cleared]

equivalent_mutants = {
    "return value.item(): value.item() → value": "a tensor is as good as a number here",
}
