"""Answers to wgan-polish: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks import probing
from grading.checks.exercise import Mistake
from grading.exercises.wgan._polish_networks import (
    both_cleared,
    critic_frozen_for_good,
    evaluated_meanwhile,
    frozen_and_all_switched_on,
    frozen_for_good,
    gradients_left,
    left_in_training_mode,
    networks_learn_too,
    optimizer_that_leaves_gradients,
    put_in_evaluation_mode,
    put_in_training_mode,
)
from grading.exercises.wgan._polish_parts import climb, score_of
from grading.exercises.wgan._polish_right import pull_by_hand, row_by_row, with_an_optimizer


def descends(generator, critic, z, steps, rate, pull):
    return climb(z, steps, -rate, score_of(generator, critic, pull))


def no_pull(generator, critic, z, steps, rate, pull):
    return climb(z, steps, rate, lambda c: critic(generator(c)).sum())


def pull_outwards(generator, critic, z, steps, rate, pull):
    return climb(z, steps, rate, score_of(generator, critic, -pull))


def pull_without_the_half(generator, critic, z, steps, rate, pull):
    return climb(z, steps, rate, score_of(generator, critic, 2 * pull))


def pull_on_the_length(generator, critic, z, steps, rate, pull):
    return climb(z, steps, rate, lambda c: critic(generator(c)).sum() - pull / 2 * c.norm(dim=1).sum())


def pull_of_the_mean_square(generator, critic, z, steps, rate, pull):
    return climb(z, steps, rate, lambda c: critic(generator(c)).sum() - pull / 2 * c.square().mean(1).sum())


def pull_towards_the_start(generator, critic, z, steps, rate, pull):
    return climb(z, steps, rate, lambda c: critic(generator(c)).sum() - pull / 2 * (c - z).square().sum())


def pull_on_the_image(generator, critic, z, steps, rate, pull):
    return climb(z, steps, rate, lambda c: critic(generator(c)).sum() - pull / 2 * generator(c).square().sum())


def pull_alone(generator, critic, z, steps, rate, pull):
    return climb(z, steps, rate, lambda c: -pull / 2 * c.square().sum())


def pull_not_times_the_rate(generator, critic, z, steps, rate, pull):
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        slope, = torch.autograd.grad(critic(generator(z)).sum(), z)
        z = (z + rate * slope - pull * z).detach()
    return z


def pull_once_at_the_end(generator, critic, z, steps, rate, pull):
    return (1 - rate * pull) * no_pull(generator, critic, z, steps, rate, pull)


def pull_after_the_step(generator, critic, z, steps, rate, pull):
    z = z.detach().clone()
    for _ in range(steps):
        z.requires_grad_()
        slope, = torch.autograd.grad(critic(generator(z)).sum(), z)
        z = ((1 - rate * pull) * (z + rate * slope)).detach()
    return z


def mean_of_everything(generator, critic, z, steps, rate, pull):
    return climb(z, steps, rate, lambda c: score_of(generator, critic, pull)(c) / len(c))


def mean_of_the_scores(generator, critic, z, steps, rate, pull):
    return climb(z, steps, rate, lambda c: critic(generator(c)).mean() - pull / 2 * c.square().sum())


def sigmoid_of_the_score(generator, critic, z, steps, rate, pull):
    return climb(z, steps, rate, lambda c: torch.sigmoid(critic(generator(c))).sum() - pull / 2 * c.square().sum())


def log_sigmoid_of_the_score(generator, critic, z, steps, rate, pull):
    return climb(z, steps, rate, lambda c: torch.nn.functional.logsigmoid(critic(generator(c))).sum() - pull / 2 * c.square().sum())


def signs_only(generator, critic, z, steps, rate, pull):
    z, score = z.detach().clone(), score_of(generator, critic, pull)
    for _ in range(steps):
        z.requires_grad_()
        slope, = torch.autograd.grad(score(z), z)
        z = (z + rate * slope.sign()).detach()
    return z


def slope_of_length_one(generator, critic, z, steps, rate, pull):
    z, score = z.detach().clone(), score_of(generator, critic, pull)
    for _ in range(steps):
        z.requires_grad_()
        slope, = torch.autograd.grad(score(z), z)
        z = (z + rate * slope / slope.norm(dim=1, keepdim=True)).detach()
    return z


def one_step_too_few(generator, critic, z, steps, rate, pull):
    return climb(z, steps - 1, rate, score_of(generator, critic, pull))


def one_step_too_many(generator, critic, z, steps, rate, pull):
    return climb(z, steps + 1, rate, score_of(generator, critic, pull))


def at_least_one_step(generator, critic, z, steps, rate, pull):
    return climb(z, max(steps, 1), rate, score_of(generator, critic, pull))


def one_slope_for_all_steps(generator, critic, z, steps, rate, pull):
    return climb(z, 1, steps * rate, score_of(generator, critic, pull))


def slopes_pile_up(generator, critic, z, steps, rate, pull):
    code, score = z.detach().clone().requires_grad_(), score_of(generator, critic, pull)
    for _ in range(steps):
        score(code).backward(inputs=[code])
        with torch.no_grad():
            code += rate * code.grad
    return code.detach()


def with_momentum(generator, critic, z, steps, rate, pull):
    code, score = z.detach().clone().requires_grad_(), score_of(generator, critic, pull)
    optimizer = probing.Descent([code], rate, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        (-score(code)).backward(inputs=[code])
        optimizer.step()
    return code.detach()


def with_adam(generator, critic, z, steps, rate, pull):
    code, score, average, square = z.detach().clone(), score_of(generator, critic, pull), 0.0, 0.0
    for i in range(1, steps + 1):
        code.requires_grad_()
        slope, = torch.autograd.grad(score(code), code)
        average, square = 0.9 * average + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        code = (code + rate * average / (1 - 0.9**i) / ((square / (1 - 0.999**i)).sqrt() + 1e-8)).detach()
    return code


def starts_at_zero(generator, critic, z, steps, rate, pull):
    return climb(torch.zeros_like(z), steps, rate, score_of(generator, critic, pull))


def images_for_codes(generator, critic, z, steps, rate, pull):
    return generator(climb(z, steps, rate, score_of(generator, critic, pull))).detach()


def images_climb(generator, critic, z, steps, rate, pull):
    return climb(generator(z).detach(), steps, rate, lambda x: critic(x).sum() - pull / 2 * x.square().sum())


def stops_when_it_falls(generator, critic, z, steps, rate, pull):
    score = score_of(generator, critic, pull)
    for _ in range(steps):
        later = climb(z, 1, rate, score)
        if score(later) < score(z):
            return z
        z = later
    return z


def keeps_the_best(generator, critic, z, steps, rate, pull):
    code = best = z
    for _ in range(steps):
        code = climb(code, 1, rate, score_of(generator, critic, pull))
        with torch.no_grad():
            was, now = (critic(generator(c)) - pull / 2 * c.square().sum(1) for c in (best, code))
        best = torch.where((now > was)[:, None], code, best)
    return best


def codes_clamped(generator, critic, z, steps, rate, pull):
    for _ in range(steps):
        z = climb(z, 1, rate, score_of(generator, critic, pull)).clamp(-3, 3)
    return z


def graph_kept(generator, critic, z, steps, rate, pull):
    code, score = z.detach().clone().requires_grad_(), score_of(generator, critic, pull)
    for _ in range(steps):
        slope, = torch.autograd.grad(score(code), code)
        code = code + rate * slope
    return code


def written_into_z(generator, critic, z, steps, rate, pull):
    z.data = climb(z, steps, rate, score_of(generator, critic, pull))
    return z


PULL = "The pull is the slope of (pull/2) ‖z‖², which is pull · z: towards 0, in every step, times the rate."
EACH = "You average over the rows: then a step depends on how many there are. The slope of a sum gives each row its own."
PLAIN = "The critic's score is taken as it is: it is no logit, and no sigmoid belongs to it."
RULE = "Plain gradient ascent is asked for: z + rate · slope, with the slope as it is."
LEFT = ("backward leaves gradients in the networks, and what lay there is changed: take the gradient for z alone, with "
        "torch.autograd.grad(score, z).")
FLAG = "A network is left with requires_grad off: switch it on again, or take the gradient for z alone."
MODE = "A network's mode was changed: both keep the mode in which they come."
FALLS = "All the steps are taken, also one that lowers the score, as too large a rate may: asked for are the codes after the last."
CODES = "Codes are asked for, not images: what climbs is z."

mistakes = [
    Mistake(descends, "Your steps go downhill: plus the rate times the slope raises the score."),
    Mistake(no_pull, "The pull is missing: without it codes wander off to where the generator was never trained."),
    *(Mistake(answer, PULL) for answer in (
        pull_outwards, pull_without_the_half, pull_on_the_length, pull_of_the_mean_square, pull_towards_the_start, pull_on_the_image,
        pull_not_times_the_rate, pull_once_at_the_end, pull_after_the_step)),
    Mistake(pull_alone, "The critic is not asked: the score f(G(z)) is missing."),
    Mistake(mean_of_everything, EACH), Mistake(mean_of_the_scores, EACH),
    Mistake(sigmoid_of_the_score, PLAIN), Mistake(log_sigmoid_of_the_score, PLAIN),
    *(Mistake(answer, RULE) for answer in (signs_only, slope_of_length_one, with_momentum, with_adam)),
    Mistake(one_step_too_few, "One step is missing."),
    Mistake(one_step_too_many, "That is one step too many."),
    Mistake(at_least_one_step, "You make a step when none is asked for: with steps = 0 the codes stay where they are."),
    Mistake(one_slope_for_all_steps, "You take one slope for all steps: each step needs the slope where z is now."),
    Mistake(slopes_pile_up, "The slopes pile up from step to step: clear z.grad, or use torch.autograd.grad."),
    *(Mistake(answer, LEFT) for answer in (gradients_left, optimizer_that_leaves_gradients, both_cleared)),
    Mistake(networks_learn_too, "A network's weights move: only z may."),
    Mistake(frozen_for_good, FLAG), Mistake(critic_frozen_for_good, FLAG),
    *(Mistake(answer, MODE) for answer in (put_in_training_mode, put_in_evaluation_mode, left_in_training_mode)),
    Mistake(starts_at_zero, "Your ascent does not start at the z that is handed over."),
    Mistake(images_for_codes, CODES), Mistake(images_climb, CODES),
    Mistake(evaluated_meanwhile, "You take the networks in evaluation mode, whatever mode they come in: they are used in their own, and whoever "
            "wants another sets it before."),
    Mistake(frozen_and_all_switched_on, "Afterwards weights require gradients that did not before: take the gradient for z alone, or put every flag "
            "back as it was."),
    *(Mistake(answer, FALLS) for answer in (stops_when_it_falls, keeps_the_best)),
    Mistake(codes_clamped, "You cut codes off at a bound: the pull alone holds them back."),
    Mistake(graph_kept, "The codes that you return still hang on a graph: detach them."),
    Mistake(written_into_z, "z itself comes back changed, in its numbers or in its requires_grad: work on a copy, z.detach().clone()."),
]

also_right = [with_an_optimizer, row_by_row, pull_by_hand]

equivalent_mutants = {
    "z = z.detach().clone(): z.detach().clone() → z.detach()": "z is replaced after each step and never written into",
    "z = z.detach().clone(): z.detach() → z": "codes come without a graph, and the first step detaches them",
}
