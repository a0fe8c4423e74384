"""Answers to gan-find-code: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks import probing
from grading.checks.exercise import Mistake
from grading.exercises.gan._search import descend, misses, of_search

# Known mistakes


def hidden_count(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda c: (generator(c) - x).square().sum())


def hidden_taken_for_zero(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda c: (generator(c) - torch.where(seen, x, 0)).square().sum())


def mask_upside_down(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda c: misses(generator, x, ~seen, c).square().sum())


def mean_of_everything(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda c: misses(generator, x, seen, c).square().mean())


def mean_over_pixels(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda c: misses(generator, x, seen, c).square().mean(1).sum())


def mean_over_images(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda c: misses(generator, x, seen, c).square().sum(1).mean())


def mean_over_seen(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda c: ((misses(generator, x, seen, c) ** 2).sum(1) / seen.sum(1).clamp(min=1)).sum())


def half_a_square(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda c: 0.5 * misses(generator, x, seen, c).square().sum())


def absolute(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda c: misses(generator, x, seen, c).abs().sum())


def root_of_squares(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda c: (misses(generator, x, seen, c).square().sum(1) + 1e-12).sqrt().sum())


def climbs(generator, x, seen, z, steps, rate):
    return descend(z, steps, -rate, lambda c: misses(generator, x, seen, c).square().sum())


def one_step_too_few(generator, x, seen, z, steps, rate):
    return descend(z, steps - 1, rate, lambda c: misses(generator, x, seen, c).square().sum())


def one_step_too_many(generator, x, seen, z, steps, rate):
    return descend(z, steps + 1, rate, lambda c: misses(generator, x, seen, c).square().sum())


def gradients_pile_up(generator, x, seen, z, steps, rate):
    code = z.detach().clone().requires_grad_()
    old = [p.grad for p in generator.parameters()]
    for _ in range(steps):
        misses(generator, x, seen, code).square().sum().backward()
        with torch.no_grad():
            code -= rate * code.grad
    for p, grad in zip(generator.parameters(), old, strict=True):
        p.grad = None if grad is None else torch.zeros_like(grad)
    return code


def gradients_left_in_g(generator, x, seen, z, steps, rate):
    code = z.detach().clone().requires_grad_()
    for _ in range(steps):
        code.grad = None
        misses(generator, x, seen, code).square().sum().backward()
        with torch.no_grad():
            code -= rate * code.grad
    return code


def with_an_optimizer_that_leaves_gradients(generator, x, seen, z, steps, rate):
    code = z.detach().clone().requires_grad_()
    optimizer = probing.Descent([code], rate)
    for _ in range(steps):
        optimizer.zero_grad()
        misses(generator, x, seen, code).square().sum().backward()
        optimizer.step()
    return code.detach()


def with_adam(generator, x, seen, z, steps, rate):
    code, average, square = z.detach().clone(), 0.0, 0.0
    for i in range(1, steps + 1):
        code.requires_grad_()
        slope, = torch.autograd.grad(misses(generator, x, seen, code).square().sum(), code)
        average, square = 0.9 * average + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        root = (square / (1 - 0.999**i)).sqrt() + 1e-8
        code = (code - rate * average / (1 - 0.9**i) / root).detach()
    return code


def with_momentum(generator, x, seen, z, steps, rate):
    code = z.detach().clone().requires_grad_()
    optimizer = probing.Descent([code], rate, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        misses(generator, x, seen, code).square().sum().backward(inputs=[code])
        optimizer.step()
    return code.detach()


def one_gradient_for_all_steps(generator, x, seen, z, steps, rate):
    code = z.detach().clone().requires_grad_()
    slope, = torch.autograd.grad(misses(generator, x, seen, code).square().sum(), code)
    return (code - steps * rate * slope).detach()


def frozen_for_good(generator, x, seen, z, steps, rate):
    generator.requires_grad_(False)
    return descend(z, steps, rate, lambda c: misses(generator, x, seen, c).square().sum())


def put_in_training_mode(generator, x, seen, z, steps, rate):
    generator.train()
    return descend(z, steps, rate, lambda c: misses(generator, x, seen, c).square().sum())


def learns_weights(generator, x, seen, z, steps, rate):
    code = z.detach().clone().requires_grad_()
    optimizer = probing.Descent([code, *generator.parameters()], rate)
    for _ in range(steps):
        optimizer.zero_grad()
        misses(generator, x, seen, code).square().sum().backward()
        optimizer.step()
    return code.detach()


def image_for_code(generator, x, seen, z, steps, rate):
    return generator(descend(z, steps, rate, lambda c: misses(generator, x, seen, c).square().sum()))


def starts_anew(generator, x, seen, z, steps, rate):
    return descend(torch.zeros_like(z), steps, rate, lambda c: misses(generator, x, seen, c).square().sum())


def first_mask_for_all(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda c: misses(generator, x, seen[:1], c).square().sum())


def pixels_seen_somewhere(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda c: misses(generator, x, seen.any(0), c).square().sum())


def pixels_seen_everywhere(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda c: misses(generator, x, seen.all(0), c).square().sum())


def mean_of_seen_pixels(generator, x, seen, z, steps, rate):
    return descend(z, steps, rate, lambda c: (generator(c)[seen] - x[seen]).square().mean())


def cleared_before_only(generator, x, seen, z, steps, rate):
    code = z.detach().clone()
    for _ in range(steps):
        generator.zero_grad()
        code.requires_grad_()
        misses(generator, x, seen, code).square().sum().backward()
        code = code.detach() - rate * code.grad
    return code


def put_in_evaluation_mode(generator, x, seen, z, steps, rate):
    generator.eval()
    return descend(z, steps, rate, lambda c: misses(generator, x, seen, c).square().sum())


def put_in_training_mode_afterwards(generator, x, seen, z, steps, rate):
    code = put_in_evaluation_mode(generator, x, seen, z, steps, rate)
    generator.train()
    return code


def at_least_one_step(generator, x, seen, z, steps, rate):
    return descend(z, max(steps, 1), rate, lambda c: misses(generator, x, seen, c).square().sum())


# Also right


def with_an_optimizer(generator, x, seen, z, steps, rate):
    code = z.detach().clone().requires_grad_()
    optimizer = probing.Descent([code], rate)
    for _ in range(steps):
        optimizer.zero_grad()
        (seen * (generator(code) - x).square()).sum().backward(inputs=[code])
        optimizer.step()
    return code.detach()


def image_by_image(generator, x, seen, z, steps, rate):
    codes = []
    for image, mask, code in zip(x, seen, z, strict=True):
        codes.append(descend(code[None], steps, rate,
                              lambda c, i=image, m=mask: ((generator(c)[0] - i)[m] ** 2).sum()))
    return torch.cat(codes)


def with_backward_and_frozen_weights(generator, x, seen, z, steps, rate):
    wanted = [p.requires_grad for p in generator.parameters()]
    generator.requires_grad_(False)
    code = z.clone().requires_grad_(True)
    for _ in range(steps):
        ((generator(code) - x) * seen).pow(2).sum().backward()
        with torch.no_grad():
            code -= rate * code.grad
            code.grad.zero_()
    for p, w in zip(generator.parameters(), wanted, strict=True):
        p.requires_grad_(w)
    return code.detach()


MEAN = "You average: the loss is a sum over the seen pixels, for each image by itself. Over a mean the steps are shorter."
LEFT = ("backward leaves gradients in G's weights: take the gradient for z alone, with torch.autograd.grad(loss, z), or clear "
        "G's afterwards.")
OTHER = "You use another optimizer: plain gradient descent is asked for, z - rate · slope."

MASK = "You use one mask for all images: each row has its own."

mistakes = [
    Mistake(hidden_count, "Hidden pixels count in your loss: what stands there is unknown, so only seen ones may."),
    Mistake(hidden_taken_for_zero, "You take hidden pixels to be 0: they are unknown, so they may not count at all."),
    Mistake(mask_upside_down, "You compare the hidden pixels: the mask is upside down."),
    Mistake(mean_of_everything, MEAN), Mistake(mean_over_pixels, MEAN), Mistake(mean_over_images, MEAN),
    Mistake(mean_over_seen, MEAN), Mistake(mean_of_seen_pixels, MEAN),
    *(Mistake(answer, MASK) for answer in (first_mask_for_all, pixels_seen_somewhere, pixels_seen_everywhere)),
    Mistake(half_a_square, "A factor ½ stands before your squares: their plain sum is asked for."),
    Mistake(absolute, "You sum absolute misses: squares are asked for."),
    Mistake(root_of_squares, "You take the root of the sum of squares: the sum itself is asked for."),
    Mistake(climbs, "Your steps climb: minus the rate times the slope."),
    Mistake(one_step_too_few, "One step is missing."),
    Mistake(one_step_too_many, "That is one step too many."),
    Mistake(gradients_pile_up, "The gradients of z pile up from step to step: clear z.grad, or use torch.autograd.grad."),
    Mistake(gradients_left_in_g, LEFT), Mistake(cleared_before_only, LEFT),
    Mistake(with_an_optimizer_that_leaves_gradients, LEFT),
    Mistake(with_adam, OTHER), Mistake(with_momentum, OTHER),
    Mistake(one_gradient_for_all_steps, "You take one gradient for all steps: each step needs the slope where z is now."),
    Mistake(frozen_for_good, "The generator is left with requires_grad off: switch it on again, or take the gradient for z "
            "alone."),
    Mistake(put_in_training_mode, "You put the generator in training mode: BatchNorm then mixes the images of a batch."),
    Mistake(put_in_evaluation_mode, "You put the generator in evaluation mode and leave it there: it comes in the mode in which it "
            "is to be used."),
    Mistake(put_in_training_mode_afterwards, "You leave the generator in training mode: it keeps the mode in which it comes."),
    Mistake(at_least_one_step, "You make a step when none is asked for: with steps = 0 the codes stay where they are."),
    Mistake(learns_weights, "The generator's weights move: only z may learn here."),
    Mistake(image_for_code, "You return images: the codes are asked for."),
    Mistake(starts_anew, "Your descent does not start at the z that is handed over."),
    *of_search,
]

also_right = [with_an_optimizer, image_by_image, with_backward_and_frozen_weights]

equivalent_mutants = {
    "z = z.detach().clone(): z.detach().clone() → z.detach()": "z is replaced after each step and never written into",
    "z = z.detach().clone(): z.detach() → z": "the copy is detached by the first step; with no step it is z itself",
    "z = (z - rate * slope).detach(): (z - rate * slope).detach() → z - rate * slope": "only the last slope is asked for",
    "miss = torch.where(seen, generator(z) - x, 0): generator(z) - x → x - generator(z)": "its square is the same",
    "miss = torch.where(seen, generator(z) - x, 0): 0 → 1": "a constant at hidden pixels has no slope",
    "miss = torch.where(seen, generator(z) - x, 0): 0 → -1": "a constant at hidden pixels has no slope",
}
