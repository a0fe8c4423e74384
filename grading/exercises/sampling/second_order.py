"""sampling-second-order: a step of DPM-Solver++(2M), which remembers one guess.

    x_s = σ_s/σ_t x_t + (√ᾱ_s - √ᾱ_t σ_s/σ_t) D,   D = x̂_0 + h/(2 h') (x̂_0 - x̂_0'),   σ² = 1 - ᾱ
    h = λ_s - λ_t,  h' = λ_t - λ of the time before,  λ = ½ log(ᾱ/(1 - ᾱ))

(Lu et al. 2022, arXiv:2211.01095, algorithm 2). Fixed: the three signals increase and lie between 0 and 1, but for the last,
which may be 1: then the result is the guess. The truth integrates the straight line's value in the middle of the step over e^λ.
"""

import math

import torch

from genlab.models import samplers
from genlab.random import rand
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Steps that grow and shrink, points (some of them far out) and images, and the ends."""
    u = rand((8,), like=torch.zeros((), dtype=torch.float64), rng=rng).tolist()
    made = {name: draws.normal((3, 2), rng=rng) for name in ("x", "clean", "before")}
    wide = (-30 - u[6], 40 + u[7])
    made |= {f"{name}_wide": draws.placed(draws.normal((3, 2), rng=rng), wide, rng=rng) for name in ("x", "clean", "before")}
    made |= {f"{name}_image": draws.normal((2, 1, 3, 5), rng=rng).float() for name in ("x", "clean", "before")}
    return made | {"old": 0.05 + 0.1 * u[0], "signal": 0.25 + 0.15 * u[1], "later": 0.7 + 0.2 * u[2],
                   "near": 0.43 + 0.1 * u[3], "dark": 1e-9 * (1 + u[4]), "bright": 1 - 1e-5 * (1 + u[5])}


def probe(second_order_step, x, clean, before, x_image, clean_image, before_image, x_wide, clean_wide, before_wide,
          old, signal, later, near, dark, bright):
    """With a guess that has not changed, with one that has; the last step; from nearly pure noise."""
    def run(signals, given=None):
        if given is None:
            x_t, now, then = (probing.watch(name, v.clone()) for name, v in (("x", x), ("clean", clean), ("before", before)))
        else:
            x_t, now, then = (v.clone() for v in given)
        return probing.tensor(second_order_step(x_t, now, then, tuple(signals)), "`second_order_step`")

    image = (x_image, clean_image, before_image)
    return dict(
        still=run((old, signal, later), (x, clean, clean)), still_near=run((old, signal, near), (x, clean, clean)),
        large=run((old, signal, later)), wide=run((old, signal, later), (x_wide, clean_wide, before_wide)),
        stretched=run((old, 1.02 * old, later)), small=run((old, signal, near)), image=run((old, signal, later), image),
        one=run((old, near, later), (x[:1], clean[:1], before[:1])),
        end=probing.attempt(run, (signal, later, 1.0)), image_end=probing.attempt(run, (old, near, 1.0), image),
        first=probing.attempt(run, (dark, signal, later)), last=probing.attempt(run, (near, later, bright)),
        both=probing.attempt(run, (dark, near, bright)))


def reference(x, clean, before, signals):
    """genlab's own."""
    return samplers.second_order_step(x, clean, before, signals)


def truth(x, clean, before, signals):
    """x/σ moves by ∫ e^λ x̂_0(λ) dλ, with the straight line through both guesses taken in the middle of the step."""
    if signals[2] == 1:
        return clean
    past, now, then = (math.atanh(2 * s - 1) for s in signals)  # ½ log(ᾱ/(1 - ᾱ))
    slope = (clean - before) / (now - past)
    middle = clean + slope * (then - now) / 2
    spread = [math.sqrt(1 - s) for s in signals[1:]]
    return spread[1] * (x / spread[0] + (math.exp(then) - math.exp(now)) * middle)


exercise = Exercise(
    id="sampling-second-order", defines="second_order_step(x, clean, before, signals)", core=True, points=4, level=4,
    minutes=20, inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.samplers.second_order_step", "genlab.models.samplers.trajectory",
               "genlab.models.samplers.sample"],
    comparisons=[
        Compare("still", "still_near", shape="(B, ...)", points=1, what="`second_order_step` with two equal guesses",
                says="If the guess has not changed, this is the step of order 1 without noise."),
        Compare("large", "small", "wide", "stretched", "image", "one", shape="(B, ...)", points=1.5, what="`second_order_step`",
                says="If it has, the guess of the middle of the step counts: on the straight line in λ through both guesses."),
        Compare("end", "image_end", shape="(B, ...)", points=0.5, what="`second_order_step` to signal 1",
                says="To signal 1, where λ is infinite, the step ends on the guess."),
        Compare("first", "last", "both", shape="(B, ...)", points=1, what="`second_order_step` at the ends",
                says="From a time of nearly pure noise, and to one that is nearly clean."),
    ],
    hints=[
        "Draw λ along an axis, with the two guesses above their times. Where does the straight line through them stand half a "
        "step further on?",
        "D = x̂_0 + (h/2) · (x̂_0 - x̂_0')/h'. Then take the step of order 1 with D in place of the guess, in the form "
        "σ_s/σ_t x_t + (√ᾱ_s - √ᾱ_t σ_s/σ_t) D.",
        "past, now, then = (0.5 * math.log(s / (1 - s)) for s in signals), after the case signals[2] == 1; "
        "guess = clean + (then - now) / (2 * (now - past)) * (clean - before)",
    ],
    afterwards="It costs not one evaluation more than order 1: what it needs, the last guess, was there already.",
)
