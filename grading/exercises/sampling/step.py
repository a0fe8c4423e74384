"""sampling-step: one step from noise towards data, over any distance in time and with any share of fresh noise.

    x_s = √ᾱ_s x̂_0 + √(1 - ᾱ_s - σ²) ε̂ + σ z,    ε̂ = (x_t - √ᾱ_t x̂_0) / √(1 - ᾱ_t)
    σ² = η² (1 - ᾱ_s)/(1 - ᾱ_t) · (1 - ᾱ_t/ᾱ_s)

(Song, Meng and Ermon 2021, arXiv:2010.02502, equations 12 and 16). Fixed: numbers 0 < ᾱ_t < ᾱ_s ≤ 1 and 0 ≤ η ≤ 1; x, clean
and noise of one shape; at ᾱ_s = 1 the result is the guess, whatever η. The truth goes by another road: at η = 1 the mean and the
variance of q(x_s | x_t, x_0) by Gaussian conditioning, and for other η what keeps the variance of x_s given x_0.
"""

import math

import torch

from genlab.models import samplers
from genlab.random import rand
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Jumps of every size, of points, of points so far out that a bound shows, and of images."""
    u = rand((8,), like=torch.zeros((), dtype=torch.float64), rng=rng).tolist()
    made = {name: draws.normal((3, 2), rng=rng) for name in ("x", "clean", "noise")}
    wide = (-30 - u[6], 40 + u[7])
    made |= {f"{name}_wide": draws.placed(draws.normal((3, 2), rng=rng), wide, rng=rng) for name in ("x", "clean", "noise")}
    made |= {f"{name}_image": draws.normal((2, 1, 3, 5), rng=rng).float() for name in ("x", "clean", "noise")}
    return made | {"signal": 0.1 + 0.2 * u[0], "later": 0.5 + 0.3 * u[1], "near": 0.35 + 0.1 * u[2], "eta": 0.3 + 0.4 * u[3],
                   "dark": 1e-6 * (1 + u[4]), "bright": 1 - 1e-4 * (1 + u[5])}


def probe(reverse_step, x, clean, noise, x_image, clean_image, noise_image, x_wide, clean_wide, noise_wide,
          signal, later, near, eta, dark, bright):
    """Without noise, with all of it, with some; to the data; from nearly pure noise and between nearly clean times."""
    def run(now, then, share, given=None):
        if given is None:
            x_t, guess, z = (probing.watch(name, v.clone()) for name, v in (("x", x), ("clean", clean), ("noise", noise)))
        else:
            x_t, guess, z = (v.clone() for v in given)
        return probing.tensor(reverse_step(x_t, guess, now, then, share, z), "`reverse_step`")

    image = (x_image, clean_image, noise_image)
    return dict(
        path=run(signal, later, 0.0), near_path=run(signal, near, 0.0), image=run(signal, later, 0.0, image),
        chance=run(signal, later, 1.0), near_chance=run(signal, near, 1.0), some=run(signal, later, eta),
        wide=run(signal, later, eta, (x_wide, clean_wide, noise_wide)),
        some_image=run(near, later, eta, image), one=run(signal, later, eta, (x[:1], clean[:1], noise[:1])),
        end=probing.attempt(run, signal, 1.0, 0.0), noisy_end=probing.attempt(run, later, 1.0, 1.0),
        first=probing.attempt(run, dark, signal, 0.0), first_chance=probing.attempt(run, dark, signal, 1.0),
        whole=probing.attempt(run, dark, bright, eta), last=probing.attempt(run, later, bright, 1.0))


def reference(x, clean, signal, next_signal, eta, noise):
    """genlab's own."""
    return samplers.reverse_step(x, clean, signal, next_signal, eta=eta, noise=noise)


def truth(x, clean, signal, next_signal, eta, noise):
    """x_s and x_t given x_0 are jointly normal; η scales the spread, and the weight of x_t is what is left."""
    ratio = signal / next_signal  # x_t = √ratio x_s + noise of variance 1 - ratio
    var_s, var_t = 1 - next_signal, 1 - signal
    posterior = var_s * (1 - ratio) / (ratio * var_s + 1 - ratio) if var_s else 0.0
    gain = math.sqrt(max(var_s - eta**2 * posterior, 0.0) / var_t)
    mean = math.sqrt(next_signal) * clean + gain * (x - math.sqrt(signal) * clean)
    return mean + eta * math.sqrt(posterior) * noise


exercise = Exercise(
    id="sampling-step", defines="reverse_step(x, clean, signal, next_signal, eta, noise)", core=True, points=4, level=3,
    minutes=15, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.samplers.reverse_step", "genlab.models.schedules.NoiseSchedule.backwards"],
    comparisons=[
        Compare("path", "near_path", "image", shape="(B, ...)", points=1, what="`reverse_step` with eta = 0",
                says="Without fresh noise: the guess of x_0 and the guess of the noise, mixed anew for the later time."),
        Compare("chance", "near_chance", "some", "wide", "some_image", "one", shape="(B, ...)", points=1.5,
                what="`reverse_step` with eta > 0",
                says="With eta > 0: σ times fresh noise, and as much less of the old direction."),
        Compare("end", "noisy_end", shape="(B, ...)", points=0.5, what="`reverse_step` to signal 1",
                says="The step to signal 1 ends on the guess, without any noise."),
        Compare("first", "first_chance", "whole", "last", shape="(B, ...)", points=1, what="`reverse_step` at the ends",
                says="From nearly pure noise, and to a time that is nearly clean."),
    ],
    hints=[
        "Take x_t apart: how much of it is the guess, and what is the rest? Then put the parts together in the amounts that "
        "belong to the later time.",
        "ε̂ = (x_t - √ᾱ_t x̂_0)/√(1 - ᾱ_t). At the later time the noise has variance 1 - ᾱ_s in all; if σ² of it is fresh, "
        "1 - ᾱ_s - σ² is left for ε̂.",
        "variance = eta**2 * (1 - next_signal) / (1 - signal) * (1 - signal / next_signal); math.sqrt(next_signal) * clean + "
        "math.sqrt(max(1 - next_signal - variance, 0)) * direction + math.sqrt(variance) * noise",
    ],
    afterwards="The guess is all that a network contributes. Two numbers, which times and η, make DDPM, DDIM and all between.",
)
