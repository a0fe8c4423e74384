"""Answers to energy-langevin: wrong ones with the sentence that names each, and right ones."""

import math

import torch

from grading.checks.exercise import Mistake


def _walk(score, x, step_size, steps, drift=0.5, noise=None, draw=torch.randn_like):
    scale = math.sqrt(step_size) if noise is None else noise
    for _ in range(steps):
        x = x + drift * step_size * score(x) + scale * draw(x)
    return x


# Known mistakes


def downhill(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, drift=-0.5)


def without_half(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, drift=1.0)


def without_drift(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, drift=0.0)


def drift_of_the_root(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, drift=0.5 / math.sqrt(step_size))


def drift_without_step_size(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, drift=0.5 / step_size)


def no_noise(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, noise=0.0)


def noise_without_root(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, noise=step_size)


def noise_of_two(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, noise=math.sqrt(2 * step_size))


def noise_of_half(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, noise=0.5 * math.sqrt(step_size))


def noise_halved(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, noise=math.sqrt(step_size / 2))


def noise_of_one(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, noise=1.0)


def unadjusted(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, drift=1.0, noise=math.sqrt(2 * step_size))


def uniform_noise(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, draw=torch.rand_like)


def centred_uniform_noise(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, draw=lambda x: (torch.rand_like(x) - 0.5) * math.sqrt(12))


def one_for_the_batch(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, draw=lambda x: torch.randn_like(x[:1]).expand_as(x))


def one_for_the_coordinates(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, draw=lambda x: torch.randn_like(x[..., :1]).expand_as(x))


def one_number(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, draw=lambda x: torch.randn(()).to(x))


def same_noise_every_step(score, x, step_size, steps):
    noise = torch.randn_like(x)
    return _walk(score, x, step_size, steps, draw=lambda x: noise)


def noise_with_a_seed(score, x, step_size, steps):
    rng = torch.Generator().manual_seed(0)
    return _walk(score, x, step_size, steps, draw=lambda x: torch.randn(x.shape, generator=rng, dtype=x.dtype))


def last_step_quiet(score, x, step_size, steps):
    for k in range(steps):
        x = x + 0.5 * step_size * score(x) + (math.sqrt(step_size) * torch.randn_like(x) if k < steps - 1 else 0)
    return x


def noise_once(score, x, step_size, steps):
    x = _walk(score, x, step_size, steps, noise=0.0)
    return x + math.sqrt(step_size) * torch.randn_like(x) if steps else x


def one_step_too_few(score, x, step_size, steps):
    return _walk(score, x, step_size, steps - 1)


def one_step_too_many(score, x, step_size, steps):
    return _walk(score, x, step_size, steps + 1)


def one_step_only(score, x, step_size, steps):
    return _walk(score, x, step_size, 1)


def slope_of_the_start(score, x, step_size, steps):
    slope = score(x)
    return _walk(lambda x: slope, x, step_size, steps)


def score_after_noise(score, x, step_size, steps):
    for _ in range(steps):
        x = x + math.sqrt(step_size) * torch.randn_like(x)
        x = x + 0.5 * step_size * score(x)
    return x


def change_alone(score, x, step_size, steps):
    return _walk(score, x, step_size, steps) - x


def in_place(score, x, step_size, steps):
    for _ in range(steps):
        x += 0.5 * step_size * score(x) + math.sqrt(step_size) * torch.randn_like(x)
    return x


def _twin(x, sign):
    half = torch.randn_like(x[:(len(x) + 1) // 2])
    return torch.cat([half, sign * half])[:len(x)]


def antithetic_chains(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, draw=lambda x: _twin(x, -1))


def chains_in_pairs(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, draw=lambda x: _twin(x, 1))


def centred_noise(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, draw=lambda x: (n := torch.randn_like(x)) - n.mean(0) * (len(x) > 9))


def first_step_quiet(score, x, step_size, steps):
    for k in range(steps):
        x = x + 0.5 * step_size * score(x) + (math.sqrt(step_size) * torch.randn_like(x) if k else 0)
    return x


def shrinking_steps(score, x, step_size, steps):
    for k in range(steps):
        x = _walk(score, x, step_size / (k + 1), 1)
    return x


def half_of_everything(score, x, step_size, steps):
    return _walk(score, x, step_size / 2, steps)


def squared_step(score, x, step_size, steps):
    return _walk(score, x, step_size**2, steps)


def score_of_length_one(score, x, step_size, steps):
    return _walk(lambda x: score(x) / score(x).norm(dim=-1, keepdim=True), x, step_size, steps)


def whole_path(score, x, step_size, steps):
    path = [x]
    for _ in range(steps):
        path.append(_walk(score, path[-1], step_size, 1))
    return torch.stack(path)


def returns_in_the_loop(score, x, step_size, steps):
    for _ in range(steps):
        x = _walk(score, x, step_size, 1)
        return x


def nothing_returned(score, x, step_size, steps):
    _walk(score, x, step_size, steps)


def at_least_one_step(score, x, step_size, steps):
    return _walk(score, x, step_size, max(steps, 1))


def noise_of_two_axes(score, x, step_size, steps):
    return _walk(score, x, step_size, steps, draw=lambda x: torch.randn(x.shape[0], x.shape[1]).to(x))


# Also right


def drift_then_noise(score, x, step_size, steps):
    for _ in range(steps):
        middle = x + score(x) * step_size / 2
        x = torch.normal(middle, math.sqrt(step_size))
    return x


def in_place_on_a_copy(score, x, step_size, steps):
    x = x.clone()
    with torch.no_grad():
        for _ in range(steps):
            slope = score(x)
            x += step_size**0.5 * torch.randn(*x.shape, dtype=x.dtype)
            x += 0.5 * step_size * slope
    return x


def by_recursion(score, x, step_size, steps):
    if steps == 0:
        return x
    noise = torch.distributions.Normal(0.0, 1.0).sample(x.shape).to(x.dtype)
    return by_recursion(score, x + (step_size * score(x) / 2 + noise * step_size**0.5), step_size, steps - 1)


PAIRS = "Chains come in pairs, with the same noise or its opposite: draw it for each chain by itself."

mistakes = [
    Mistake(downhill, "You walk against the score. It points to where log p grows, so it is added."),
    Mistake(without_half, "Your drift is twice too large: half the step size goes with noise of variance step_size."),
    Mistake(unadjusted, "Your drift and the variance of your noise are both twice too large: this is Langevin dynamics with "
            "2 · step_size as its step."),
    Mistake(without_drift, "Your points only diffuse: the score is missing."),
    Mistake(drift_of_the_root, "Your drift goes with the root of the step size. The noise does; the drift goes with half the "
            "step size itself."),
    Mistake(drift_without_step_size, "Your drift does not depend on the step size."),
    Mistake(no_noise, "There is no noise: your points climb to the nearest mode and stay there."),
    Mistake(noise_without_root, "Your noise has the standard deviation step_size. That is to be its variance: take the root."),
    Mistake(noise_of_two, "Your noise is too large by √2: its variance is step_size, if the drift is half of step_size."),
    Mistake(noise_of_half, "Half of the step size belongs to the drift. The noise has the standard deviation √step_size."),
    Mistake(noise_halved, "The half belongs to the drift alone. The noise has the variance step_size."),
    Mistake(noise_of_one, "Your noise does not depend on the step size: its variance is step_size."),
    Mistake(uniform_noise, "Your noise is uniform in [0, 1), so that it pushes to one side. It is standard normal: randn."),
    Mistake(centred_uniform_noise, "Your noise has the right variance and the wrong law. It is standard normal."),
    Mistake(one_for_the_batch, "All chains share the same noise: draw it for each."),
    Mistake(one_for_the_coordinates, "All coordinates of a point share the same noise: draw it for each."),
    Mistake(one_number, "There is one noise for everything: draw as many numbers as x holds."),
    Mistake(same_noise_every_step, "The noise is drawn once and used at every step, so that it adds up: draw it anew."),
    Mistake(noise_with_a_seed, "Your noise is the same at every call: draw it without a seed of your own."),
    Mistake(last_step_quiet, "Your last step has no noise: every step has."),
    Mistake(noise_once, "There is noise in one of your steps only: every step has its own."),
    Mistake(one_step_too_few, "You make one step too few."),
    Mistake(one_step_too_many, "You make one step too many."),
    Mistake(one_step_only, "You make a single step, whatever `steps` says."),
    Mistake(slope_of_the_start, "You ask for the score once, at the start. It changes as the points move: ask at every step."),
    Mistake(score_after_noise, "You ask for the score after the noise was added: both belong to the point before the step."),
    Mistake(change_alone, "This is how far the points have moved. Where they are is asked for."),
    Mistake(antithetic_chains, PAIRS),
    Mistake(chains_in_pairs, PAIRS),
    Mistake(centred_noise, "You take the mean off your noise, so that chains depend on each other: leave it as it is drawn."),
    Mistake(first_step_quiet, "Your first step has no noise: every step has."),
    Mistake(shrinking_steps, "Your steps become smaller and smaller: `step_size` is that of every step."),
    Mistake(half_of_everything, "You halve the step size everywhere. The half belongs to the drift alone; the noise has the "
            "variance step_size."),
    Mistake(squared_step, "You take step_size for a standard deviation: it is the variance of the noise, and its half goes with "
            "the score."),
    Mistake(score_of_length_one, "You bring the score to length 1. Its length says how far to go."),
    Mistake(whole_path, "You return the whole path. Where the points are in the end is asked for."),
    Mistake(returns_in_the_loop, "Your `return` stands in the loop, which ends at the first step; and with no steps nothing is "
            "returned."),
    Mistake(nothing_returned, "You return nothing: the points after the last step are asked for."),
    Mistake(at_least_one_step, "You make a step when none is asked for: with steps = 0 the points stay where they are."),
    Mistake(noise_of_two_axes, "Your noise has two axes. Points may have any number of them: torch.randn_like(x)."),
    Mistake(in_place, "You change `x` in place, and whoever handed it over goes on with other numbers: write x = x + ..."),
]

also_right = [drift_then_noise, in_place_on_a_copy, by_recursion]

equivalent_mutants = {
    "x = x + step_size / 2 * score(x) + math.sqrt(step_size) * torch.randn_like(x): "
    "x + step_size / 2 * score(x) + math.sqrt(step_size) * torch.randn_like(x) → "
    "x + step_size / 2 * score(x) - math.sqrt(step_size) * torch.randn_like(x)":
        "minus a normal number has the same law",
}
