"""Answers to energy-denoise: wrong ones with the sentence that names each, and right ones."""

import torch

from grading.checks.exercise import Mistake


def _slope(x, energy):
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        return torch.autograd.grad(energy(leaf).sum(), leaf)[0]


# Known mistakes


def uphill(x, sigma, energy):
    return x + sigma**2 * _slope(x, energy)


def not_squared(x, sigma, energy):
    return x - sigma * _slope(x, energy)


def half_step(x, sigma, energy):
    return x - 0.5 * sigma**2 * _slope(x, energy)


def no_step_size(x, sigma, energy):
    return x - _slope(x, energy)


def divided(x, sigma, energy):
    return x - _slope(x, energy) / sigma**2


def step_alone(x, sigma, energy):
    return -sigma**2 * _slope(x, energy)


def score_alone(x, sigma, energy):
    return -_slope(x, energy)


def batch_mean(x, sigma, energy):
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        slope, = torch.autograd.grad(energy(leaf).mean(), leaf)
    return x - sigma**2 * slope


def two_steps(x, sigma, energy):
    for _ in range(2):
        x = x - sigma**2 * _slope(x, energy)
    return x


def nothing(x, sigma, energy):
    return x


def by_backward(x, sigma, energy):
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        energy(leaf).sum().backward()
    return x - sigma**2 * leaf.grad


def energy_for_slope(x, sigma, energy):
    return x - sigma**2 * energy(x)[:, None]


def gradients_taken_for_granted(x, sigma, energy):
    leaf = x.detach().clone().requires_grad_()
    return x - sigma**2 * torch.autograd.grad(energy(leaf).sum(), leaf)[0]


def gradients_left_on(x, sigma, energy):
    torch.set_grad_enabled(True)
    return x - sigma**2 * _slope(x, energy)


def parameters_cleared(x, sigma, energy):
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        energy(leaf).sum().backward()
    energy.zero_grad()
    return x - sigma**2 * leaf.grad


def left_frozen(x, sigma, energy):
    energy.requires_grad_(False)
    return x - sigma**2 * _slope(x, energy)


def slope_of_the_density(x, sigma, energy):
    return x + sigma**2 * _slope(x, lambda v: torch.exp(-energy(v)))


def noise_found(x, sigma, energy):
    return sigma * _slope(x, energy)


def changed_in_place(x, sigma, energy):
    x -= sigma**2 * _slope(x, energy)
    return x


# Also right


def by_rows(x, sigma, energy):
    with torch.enable_grad():
        slopes = [torch.autograd.functional.jacobian(lambda row: energy(row[None])[0], row.detach()) for row in x]
    return x - torch.stack(slopes) * sigma * sigma


def by_func(x, sigma, energy):
    return x + sigma**2 * torch.func.vmap(torch.func.grad(lambda row: -energy(row[None])[0]))(x.detach())


mistakes = [
    Mistake(uphill, "You walk up the energy. Probable points have a low one: subtract its slope."),
    Mistake(not_squared, "Your step is as long as σ. It is as long as the variance, σ²."),
    Mistake(half_step, "The half belongs to Langevin dynamics. The jump to the mean has the whole variance."),
    Mistake(no_step_size, "Your step does not depend on σ: the slope is multiplied by σ²."),
    Mistake(divided, "You divide by σ². The score is already large where the noise is small: multiply."),
    Mistake(step_alone, "This is the step. The point where it ends is asked for."),
    Mistake(score_alone, "This is the score. The guess is x + σ² times the score."),
    Mistake(batch_mean, "You average the energy over the batch before you take its slope, which divides every step by the "
            "number of points: take the sum."),
    Mistake(two_steps, "You step twice. One step ends exactly at the mean."),
    Mistake(nothing, "You return the noisy point."),
    Mistake(by_backward, "The values are right. But `backward` leaves gradients on the parameters of the energy: ask for the "
            "slope in x alone, by torch.autograd.grad."),
    Mistake(gradients_taken_for_granted, "Where gradients are switched off your slope cannot be taken: put it under "
            "`with torch.enable_grad():`."),
    Mistake(gradients_left_on, "You switch gradients on for everything that comes after: use `with torch.enable_grad():`."),
    Mistake(parameters_cleared, "The values are right. But you clear the gradients that the parameters held: they are somebody "
            "else's. Take the slope in x alone, by torch.autograd.grad."),
    Mistake(left_frozen, "You leave the energy other than it was, in its mode (`train`, `eval`) or in which parameters are frozen: put "
            "back what was there."),
    Mistake(slope_of_the_density, "You take the slope of the density exp(-E). The score is that of its logarithm, -∇E."),
    Mistake(noise_found, "This is the noise, in units of σ. Take σ times it away from x."),
    Mistake(changed_in_place, "You change `x`, its numbers or its flag (`requires_grad_`): work on x.detach().clone()."),
    Mistake(energy_for_slope, "You subtract the energy. Its slope in x is needed."),
]

also_right = [by_rows, by_func]

equivalent_mutants = {
    "slope = torch.autograd.grad(energy(leaf).sum(), leaf)[0]: 0 → -1": "there is one gradient",
    "leaf = x.detach().clone().requires_grad_(): x.detach().clone() → x.detach()":
        "a detached tensor has a flag of its own, and its numbers are only read",
    "leaf = x.detach().clone().requires_grad_(): x.detach() → x": "a clone has a flag of its own, leaf or not",
}
