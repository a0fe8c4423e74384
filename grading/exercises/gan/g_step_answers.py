"""Answers to gan-g-step: wrong ones with the sentence that names each, and right ones."""

import torch
from torch import nn

from grading.checks import probing
from grading.checks.exercise import Mistake
from grading.exercises.gan._steps import MODE, OWN, of_g, step


def _learn(discriminator, optimizer, value):
    """The step, with D's gradients as they were."""
    optimizer.zero_grad()
    value.backward(inputs=optimizer.param_groups[0]["params"])
    optimizer.step()
    return value.item()


# Known mistakes


def gradients_stay_in_d(generator, discriminator, optimizer, n, noise, loss):
    return step(optimizer, loss(discriminator(generator(noise(n)))))


def old_gradients_kept(generator, discriminator, optimizer, n, noise, loss):
    value = loss(discriminator(generator(noise(n))))
    value.backward()
    discriminator.zero_grad()
    optimizer.step()
    return value.item()


def old_gradients_kept_in_both(generator, discriminator, optimizer, n, noise, loss):
    value = loss(discriminator(generator(noise(n))))
    value.backward()
    optimizer.step()
    return value.item()


def cleared_too_late(generator, discriminator, optimizer, n, noise, loss):
    value = loss(discriminator(generator(noise(n))))
    value.backward()
    optimizer.zero_grad()
    discriminator.zero_grad()
    optimizer.step()
    return value.item()


def no_step(generator, discriminator, optimizer, n, noise, loss):
    value = loss(discriminator(generator(noise(n))))
    optimizer.zero_grad()
    value.backward()
    discriminator.zero_grad()
    return value.item()


def samples_detached(generator, discriminator, optimizer, n, noise, loss):
    value = loss(discriminator(generator(noise(n)).detach()))
    return _learn(discriminator, optimizer, value)


def samples_without_graph(generator, discriminator, optimizer, n, noise, loss):
    with torch.no_grad():
        made = generator(noise(n))
    value = step(optimizer, loss(discriminator(made)))
    discriminator.zero_grad()
    return value


def nothing_has_a_graph(generator, discriminator, optimizer, n, noise, loss):
    with torch.no_grad():
        return step(optimizer, loss(discriminator(generator(noise(n)))))


def climbs(generator, discriminator, optimizer, n, noise, loss):
    value = loss(discriminator(generator(noise(n))))
    _learn(discriminator, optimizer, -value)
    return value.item()


def discriminator_moves(generator, discriminator, optimizer, n, noise, loss):
    discriminator.zero_grad()
    value = step(optimizer, loss(discriminator(generator(noise(n)))))
    probing.Descent(discriminator.parameters(), optimizer.param_groups[0]["lr"]).step()
    discriminator.zero_grad()
    return value


def left_frozen(generator, discriminator, optimizer, n, noise, loss):
    discriminator.requires_grad_(False)
    return step(optimizer, loss(discriminator(generator(noise(n)))))


def discriminator_evaluated(generator, discriminator, optimizer, n, noise, loss):
    discriminator.eval()
    value = _learn(discriminator, optimizer, loss(discriminator(generator(noise(n)))))
    discriminator.train()
    return value


def discriminator_left_in_eval(generator, discriminator, optimizer, n, noise, loss):
    discriminator.eval()
    return _learn(discriminator, optimizer, loss(discriminator(generator(noise(n)))))


def generator_evaluated(generator, discriminator, optimizer, n, noise, loss):
    generator.eval()
    value = _learn(discriminator, optimizer, loss(discriminator(generator(noise(n)))))
    generator.train()
    return value


def always_training(generator, discriminator, optimizer, n, noise, loss):
    generator.train()
    discriminator.train()
    return _learn(discriminator, optimizer, loss(discriminator(generator(noise(n)))))


def discriminator_alone_training(generator, discriminator, optimizer, n, noise, loss):
    discriminator.train()
    return _learn(discriminator, optimizer, loss(discriminator(generator(noise(n)))))


def generator_alone_training(generator, discriminator, optimizer, n, noise, loss):
    generator.train()
    return _learn(discriminator, optimizer, loss(discriminator(generator(noise(n)))))


def in_eval_at_the_end(generator, discriminator, optimizer, n, noise, loss):
    value = _learn(discriminator, optimizer, loss(discriminator(generator(noise(n)))))
    generator.eval()
    return value


def one_z_for_all(generator, discriminator, optimizer, n, noise, loss):
    return _learn(discriminator, optimizer, loss(discriminator(generator(noise(1).expand(n, -1)))))


def noise_drawn_twice(generator, discriminator, optimizer, n, noise, loss):
    noise(n)
    return _learn(discriminator, optimizer, loss(discriminator(generator(noise(n)))))


def own_optimizer(generator, discriminator, optimizer, n, noise, loss):
    mine = probing.Descent(generator.parameters(), optimizer.param_groups[0]["lr"])
    return _learn(discriminator, mine, loss(discriminator(generator(noise(n)))))


def two_steps(generator, discriminator, optimizer, n, noise, loss):
    z = noise(n)
    value = _learn(discriminator, optimizer, loss(discriminator(generator(z))))
    _learn(discriminator, optimizer, loss(discriminator(generator(z))))
    return value


def loss_after(generator, discriminator, optimizer, n, noise, loss):
    z = noise(n)
    _learn(discriminator, optimizer, loss(discriminator(generator(z))))
    return loss(discriminator(generator(z))).item()


def sigmoid_first(generator, discriminator, optimizer, n, noise, loss):
    return _learn(discriminator, optimizer, loss(torch.sigmoid(discriminator(generator(noise(n))))))


def cleared_too_early(generator, discriminator, optimizer, n, noise, loss):
    discriminator.zero_grad()
    return step(optimizer, loss(discriminator(generator(noise(n)))))


def cleared_after_the_step(generator, discriminator, optimizer, n, noise, loss):
    value = loss(discriminator(generator(noise(n))))
    value.backward(inputs=list(generator.parameters()))
    optimizer.step()
    optimizer.zero_grad()
    return value.item()


def generator_left_frozen(generator, discriminator, optimizer, n, noise, loss):
    value = _learn(discriminator, optimizer, loss(discriminator(generator(noise(n)))))
    generator.requires_grad_(False)
    return value


def nothing_returned(generator, discriminator, optimizer, n, noise, loss):
    _learn(discriminator, optimizer, loss(discriminator(generator(noise(n)))))


def loss_of_its_own(generator, discriminator, optimizer, n, noise, loss):
    return _learn(discriminator, optimizer, nn.functional.softplus(-discriminator(generator(noise(n)))).mean())


def eight_samples(generator, discriminator, optimizer, n, noise, loss):
    return _learn(discriminator, optimizer, loss(discriminator(generator(noise(8)))))


def asked_for_each(generator, discriminator, optimizer, n, noise, loss):
    return _learn(discriminator, optimizer, loss(discriminator(generator(torch.cat([noise(1) for _ in range(n)])))))


def loss_of_other_samples(generator, discriminator, optimizer, n, noise, loss):
    _learn(discriminator, optimizer, loss(discriminator(generator(noise(n)))))
    return loss(discriminator(generator(noise(n)))).item()


def without_d(generator, discriminator, optimizer, n, noise, loss):
    return _learn(discriminator, optimizer, loss(generator(noise(n))))


# Also right


def frozen_and_thawed(generator, discriminator, optimizer, n, noise, loss):
    discriminator.requires_grad_(False)
    generator.zero_grad()
    value = loss(discriminator(generator(noise(n))))
    value.backward()
    optimizer.step()
    discriminator.requires_grad_(True)
    return value


def gradient_of_g_alone(generator, discriminator, optimizer, n, noise, loss):
    weights = list(generator.parameters())
    value = loss(discriminator(generator(noise(n))))
    for p, slope in zip(weights, torch.autograd.grad(value, weights), strict=True):
        p.grad = slope
    optimizer.step()
    return float(value.detach())


def cleared_afterwards(generator, discriminator, optimizer, n, noise, loss):
    optimizer.zero_grad()
    value = loss(discriminator(generator(noise(n))))
    value.backward()
    optimizer.step()
    nn.Module.zero_grad(discriminator)
    return value.detach()


def backward_with_inputs(generator, discriminator, optimizer, n, noise, loss):
    optimizer.zero_grad()
    value = loss(discriminator(generator(noise(n))))
    value.backward(inputs=list(generator.parameters()))
    optimizer.step()
    return value.item()


NOISE = "Use the noise that is handed over, once, and as it comes: noise(n) is one z for each sample."
CUT = "No gradient reaches the generator: here the samples keep their graph (no detach, no torch.no_grad)."
IDLE = ("G does not move: do the samples keep their graph (no detach, no torch.no_grad)? Is optimizer.step() there, after "
        "backward, with no clearing in between?")

STAY = ("G's gradient passes through D and stays there: it would be added to D's next step. Freeze D meanwhile with "
        "requires_grad_(False), or take the gradient for G's parameters alone.")
OLD = "Gradients of earlier steps are still in G: clear them with optimizer.zero_grad() before backward."
AFTER = "You return the loss after the step: that of these samples before it is asked for."

mistakes = [
    Mistake(gradients_stay_in_d, STAY), Mistake(cleared_too_early, STAY),
    Mistake(old_gradients_kept, OLD), Mistake(cleared_after_the_step, OLD),
    Mistake(old_gradients_kept_in_both, f"{OLD} D's pile up, too."),
    Mistake(cleared_too_late, IDLE),
    Mistake(no_step, IDLE),
    Mistake(samples_detached, IDLE), Mistake(samples_without_graph, IDLE), Mistake(nothing_has_a_graph, CUT),
    Mistake(climbs, "G climbs its loss: backward on the loss itself, not on minus the loss."),
    Mistake(discriminator_moves, "The discriminator has moved: in this step only G may."),
    Mistake(left_frozen, "The discriminator is left with requires_grad off: it would never learn again."),
    *(Mistake(answer, MODE) for answer in (discriminator_evaluated, discriminator_left_in_eval, generator_evaluated,
                                           always_training, discriminator_alone_training, generator_alone_training,
                                           in_eval_at_the_end)),
    Mistake(one_z_for_all, "All your samples come from one z: ask for noise(n), one z for each."),
    *(Mistake(answer, NOISE) for answer in (noise_drawn_twice, eight_samples, asked_for_each)),
    Mistake(own_optimizer, OWN),
    Mistake(two_steps, "You take two steps: one call is one step."),
    Mistake(loss_after, AFTER), Mistake(loss_of_other_samples, AFTER),
    Mistake(nothing_returned, "You return nothing: the loss before the step is asked for."),
    Mistake(loss_of_its_own, "You take a loss of your own: call the one that is handed over, loss(fake)."),
    Mistake(without_d, "The loss takes D's outputs: samples go through the discriminator first."),
    Mistake(generator_left_frozen, "The generator is left with requires_grad off: it would never learn again."),
    Mistake(sigmoid_first, "The loss takes logits: D's output as it is, without a sigmoid."),
    *of_g,
]

also_right = [frozen_and_thawed, gradient_of_g_alone, cleared_afterwards, backward_with_inputs]

equivalent_mutants = {
    "return value.item(): value.item() → value": "a tensor is as good as a number here",
}
