"""Answers to wgan-critic-steps: wrong ones with the sentence that names each, and right ones."""

from itertools import chain, repeat

import torch

from grading.checks.exercise import Mistake
from grading.exercises.wgan._critic_steps_clips import (
    clamp_without_effect,
    clips_after_only,
    clips_at_the_end_only,
    clips_before_only,
    clips_both,
    clips_buffers_too,
    clips_gradients,
    clips_gradients_too,
    clips_linear_layers,
    clips_matrices_only,
    clips_the_generator,
    clips_to_zero_and_c,
    clips_upwards_only,
    clips_weights_not_biases,
    never_clips,
    scales_the_norm,
)
from grading.exercises.wgan._critic_steps_losses import (
    absolute_estimate,
    asked_once_more,
    cleared_after_each_step,
    cleared_once,
    cleared_too_late,
    cross_entropy,
    data_detached,
    data_only,
    halved,
    hinge,
    loss_for_estimate,
    no_step,
    not_detached,
    old_gradients_kept,
    one_call,
    own_optimizer,
    samples_only,
    scores_detached,
    sigmoid_kept,
    sign_of_both,
    sign_of_the_loss,
)
from grading.exercises.wgan._critic_steps_parts import clip, learn, one_step, rounds, samples
from grading.exercises.wgan._critic_steps_right import after_each, two_backwards, with_autograd


def same_batch_again(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, repeat(next(batches)), noise, n_critic, c)


def same_samples_again(critic, generator, optimizer, batches, noise, n_critic, c):
    kept = []

    def step(critic, generator, optimizer, x, noise, loss):
        kept.append(kept[0] if kept else samples(generator, noise, len(x)))
        return learn(optimizer, loss(critic, x, kept[0]))

    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, step=step)


def same_z_again(critic, generator, optimizer, batches, noise, n_critic, c):
    first = next(batches)
    z = noise(len(first))
    return rounds(critic, generator, optimizer, chain([first], batches), lambda n: z, n_critic, c)


def one_batch_too_many(critic, generator, optimizer, batches, noise, n_critic, c):
    found = []
    for i, x in enumerate(batches):
        if i == n_critic:
            break
        found += rounds(critic, generator, optimizer, iter([x]), noise, 1, c)
    return found


def a_batch_lost(critic, generator, optimizer, batches, noise, n_critic, c):
    next(batches)
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c)


def outline_round(critic, generator, optimizer, batches, noise, n_critic, c):
    x, found = next(batches), []
    for _ in range(n_critic):
        found.append(one_step(critic, generator, optimizer, x, noise))
        clip(critic, c)
    return found


def with_a_penalty(critic, generator, optimizer, batches, noise, n_critic, c):
    def step(critic, generator, optimizer, x, noise, loss):
        made = samples(generator, noise, len(x))
        value, place = loss(critic, x, made), ((x + made) / 2).requires_grad_()
        slope, = torch.autograd.grad(critic(place).sum(), place, create_graph=True)
        learn(optimizer, value + 10 * (slope.norm(dim=1) - 1).square().mean())
        return -value.item()

    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, step=step)


def generator_moves_too(critic, generator, optimizer, batches, noise, n_critic, c):
    found = rounds(critic, generator, optimizer, batches, noise, n_critic, c)
    weights = list(generator.parameters())
    slopes = torch.autograd.grad(-critic(generator(noise(4))).mean(), weights)
    for p, slope in zip(weights, slopes, strict=True):
        p.data -= 0.01 * slope
    return found


def all_batches(critic, generator, optimizer, batches, noise, n_critic, c):
    return [rounds(critic, generator, optimizer, iter([x]), noise, 1, c)[0] for x in batches]


def a_batch_for_each_side(critic, generator, optimizer, batches, noise, n_critic, c):
    def step(critic, generator, optimizer, x, noise, loss):
        return learn(optimizer, loss(critic, next(batches), samples(generator, noise, len(x))))

    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, step=step)


def estimate_after(critic, generator, optimizer, batches, noise, n_critic, c):
    def step(critic, generator, optimizer, x, noise, loss):
        made = samples(generator, noise, len(x))
        learn(optimizer, loss(critic, x, made))
        clip(critic, c)
        return -loss(critic, x, made).item()

    return rounds(critic, generator, optimizer, batches, noise, n_critic, c, step=step)


def last_estimate_only(critic, generator, optimizer, batches, noise, n_critic, c):
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c)[-1]


def nothing_returned(critic, generator, optimizer, batches, noise, n_critic, c):
    rounds(critic, generator, optimizer, batches, noise, n_critic, c)


def critic_evaluated(critic, generator, optimizer, batches, noise, n_critic, c):
    critic.eval()
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c)


def critic_in_training_mode(critic, generator, optimizer, batches, noise, n_critic, c):
    critic.train()
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c)


def generator_evaluated(critic, generator, optimizer, batches, noise, n_critic, c):
    generator.eval()
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c)


def put_in_training_mode(critic, generator, optimizer, batches, noise, n_critic, c):
    critic.train()
    generator.train()
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c)


def generator_left_frozen(critic, generator, optimizer, batches, noise, n_critic, c):
    generator.requires_grad_(False)
    return rounds(critic, generator, optimizer, batches, noise, n_critic, c)


def critic_left_frozen(critic, generator, optimizer, batches, noise, n_critic, c):
    found = rounds(critic, generator, optimizer, batches, noise, n_critic, c)
    critic.requires_grad_(False)
    return found


FRESH = "Every step takes a new batch of data, next(batches) inside the loop: over the same images again the critic learns these by heart."
Z = "Fresh noise in every step: noise(len(x)) inside the loop, once."
TAKEN = "You take more batches than there are steps: whoever goes on with the iterator misses some. next(batches), once in each step."
CLIP = ("Whenever the critic is asked its weights lie in [-c, c], in the first step, too, and after every step: clip at the head of the "
        "loop and once more after it.")
LAST = "After the last step the weights are not clipped again: it has moved some of them out of [-c, c]."
NEVER = ("The weights are not clipped. (`clamp` returns a new tensor and changes nothing: `clamp_`, with the underscore, writes into the "
         "weights.)")
BOUND = "The bounds are -c and c, for every parameter, be it a weight, a bias or a scale."
SIGN = "The sign is wrong: the critic minimises mean f(G(z)) - mean f(x), so that data score higher than samples."
PLAIN = "A critic's scores are no logits: the loss takes them as they are, mean f(G(z)) - mean f(x), without a sigmoid or a cut."
OLD = "Gradients of earlier steps are still in the critic: clear them with optimizer.zero_grad() before every backward."
IDLE = "The critic does not move: is optimizer.step() there, after backward, and are the gradients not cleared in between?"
MODE = "A network's mode was changed, and modes are not this function's business."

mistakes = [
    Mistake(same_batch_again, FRESH),
    Mistake(outline_round, "All steps see the same batch of data: next(batches) belongs into the loop. And the first step is taken with weights "
            "that nobody has clipped."),
    Mistake(with_a_penalty, "You punish slopes as well: here the clipped weights alone bound the critic."),
    Mistake(generator_moves_too, "The generator has moved: in this part of the round only the critic may."),
    Mistake(same_samples_again, Z), Mistake(same_z_again, Z),
    *(Mistake(answer, TAKEN) for answer in (one_batch_too_many, a_batch_for_each_side, a_batch_lost)),
    Mistake(all_batches, "You take all batches that there are: n_critic steps are asked for."),
    Mistake(clips_before_only, LAST),
    *(Mistake(answer, CLIP) for answer in (clips_after_only, clips_at_the_end_only)),
    Mistake(never_clips, NEVER), Mistake(clamp_without_effect, NEVER),
    Mistake(clips_gradients, "You clip gradients. What must lie in [-c, c] are the weights, after the step."),
    Mistake(clips_gradients_too, "You clip gradients as well: only weights are clipped, after the step."),
    *(Mistake(answer, BOUND) for answer in (
        clips_upwards_only, clips_to_zero_and_c, clips_matrices_only, clips_weights_not_biases, clips_linear_layers)),
    Mistake(scales_the_norm, "You scale whole tensors down to a norm: each number by itself is clipped to [-c, c]."),
    Mistake(clips_the_generator, "You clip the generator: only the critic needs a bound on its slope."),
    Mistake(clips_both, "You clip the generator, too: only the critic needs a bound on its slope."),
    Mistake(clips_buffers_too, "You clip buffers, too (the running averages of BatchNorm): only critic.parameters() are clipped."),
    Mistake(sign_of_the_loss, SIGN), Mistake(sign_of_both, SIGN),
    Mistake(loss_for_estimate, "You return the losses. The estimate is minus that: mean f(x) - mean f(G(z)), above 0 where data score higher."),
    Mistake(absolute_estimate, "You return sizes without sign: where samples score higher the estimate is below 0."),
    *(Mistake(answer, PLAIN) for answer in (sigmoid_kept, cross_entropy, hinge)),
    Mistake(halved, "Your loss is half as large: the difference of the two means, without ½."),
    Mistake(samples_only, "The data are missing in your loss."),
    Mistake(data_only, "The samples are missing in your loss."),
    Mistake(one_call, "Data and samples go through the critic in one batch, and BatchNorm mixes them: call it twice."),
    Mistake(not_detached, "Your loss sends gradients into the generator, where they stay: cut the graph with torch.no_grad() or `detach` "
            "before samples enter the critic."),
    Mistake(scores_detached, "You detach the scores of samples, so the critic learns nothing from them: detach the samples, before they "
            "enter it."),
    Mistake(data_detached, "The critic learns nothing from the data: their scores enter the loss without a gradient."),
    Mistake(asked_once_more, "You ask the critic twice for the same images, and each time its running averages move: take the estimate from "
            "the two calls of the loss."),
    Mistake(old_gradients_kept, OLD), Mistake(cleared_once, OLD), Mistake(cleared_after_each_step, OLD),
    Mistake(cleared_too_late, IDLE), Mistake(no_step, IDLE),
    Mistake(own_optimizer, "You make an optimizer of your own: the one that is handed over has a memory and must step."),
    Mistake(estimate_after, "You return estimates from after the step: from before it they are asked for."),
    Mistake(last_estimate_only, "One estimate for each step is asked for: a list of n_critic numbers."),
    Mistake(nothing_returned, "You return nothing: the estimates are asked for, one for each step."),
    *(Mistake(answer, MODE) for answer in (critic_evaluated, critic_in_training_mode, generator_evaluated, put_in_training_mode)),
    Mistake(generator_left_frozen, "The generator is left with requires_grad off: it would never learn again."),
    Mistake(critic_left_frozen, "The critic is left with requires_grad off: it would never learn again."),
]

also_right = [after_each, two_backwards, with_autograd]

equivalent_mutants = {
    "estimates.append(-loss.item()): loss.item() → loss": "a tensor is as good as a number here",
}
