"""guidance-sample: a sampler whose guidance depends on the time.

    x̂_0 = (x - √(1 - ᾱ) ε̂) / √ᾱ, kept within [-1, 1];   x' = √ᾱ' x̂_0 + √(1 - ᾱ') (x - √ᾱ x̂_0) / √(1 - ᾱ)

Fixed: ᾱ increases and ends at 1, where x̂_0 itself is the result; ε̂ = predict(x, ᾱ, weight_at(ᾱ)) is asked once for each time; the
noise is taken anew from x and the x̂_0 that was kept in range. Free: loops, forms. The truth writes the step as a shrinking of x.
"""

import math

import torch

from genlab.random import rand
from grading.checks import draws, probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """Chains of one, two and many times, that begin in nearly pure noise or end nearly clean."""
    key = draws.normal((3,), rng=rng)
    u = rand((6,), like=torch.zeros((), dtype=torch.float64), rng=rng)
    return {"x": draws.normal((4, 1, 2, 3), rng=rng), "points": draws.normal((3, 2), rng=rng), "key": key.sign() * (0.8 + key.abs()),
            "first": 0.02 + 0.1 * u[0].item(), "second": 0.3 + 0.1 * u[1].item(), "third": 0.6 + 0.2 * u[2].item(),
            "dark": 1e-5 * (1 + u[3].item()), "bright": 1 - 1e-3 * (1 + u[4].item()), "strong": 3 + u[5].item()}


def probe(guided_sample, x, points, key, first, second, third, dark, bright, strong):
    """With a network that guesses more than 1, so that keeping in range counts; what it was asked is written down."""
    def run(x, signals, weight_at):
        asked = []

        def predict(x, signal, weight):
            asked.append(torch.stack([torch.as_tensor(float(signal)), torch.as_tensor(float(weight))]))
            clean = 1.6 * torch.sin(2.5 * key[0] * x + 0.4 * weight * key[1] + key[2])
            return (x - math.sqrt(signal) * clean) / math.sqrt(1 - signal)

        given = probing.watch("signals", list(signals))
        made = probing.tensor(guided_sample(predict, x, given, weight_at), "`guided_sample`")
        return made, torch.stack(asked).double() if asked else torch.zeros(0, 2).double()

    def steady(signal):
        return 1.5

    def inside(signal):
        return strong if 0.2 < signal < 0.5 else 1.0

    plain, questions = run(x, [first, second, third], steady)
    part, weights = run(x, [first, second, third], inside)
    return dict(one=run(x, [second], steady)[0], plain=plain, questions=questions, part=part, weights=weights,
                points=run(points, [first, third], inside)[0], row=run(x[:1], [first, second], inside)[0],
                dark=probing.attempt(lambda: run(x, [dark, second], steady)[0]),
                bright=probing.attempt(lambda: run(x, [first, bright], steady)[0]),
                clear=probing.attempt(lambda: run(x, [second, bright, (1 + bright) / 2], steady)[0]))


def reference(predict, x, signals, weight_at):
    """As in the lesson."""
    for signal, following in zip(signals, [*signals[1:], 1.0], strict=True):
        noise = predict(x, signal, weight_at(signal))
        clean = ((x - math.sqrt(1 - signal) * noise) / math.sqrt(signal)).clamp(-1, 1)
        noise = (x - math.sqrt(signal) * clean) / math.sqrt(1 - signal)
        x = math.sqrt(following) * clean + math.sqrt(1 - following) * noise
    return x


def truth(predict, x, signals, weight_at):
    """Each step shrinks what is noise: x' = √ᾱ' x̂_0 + r (x - √ᾱ x̂_0) with r² = (1 - ᾱ')/(1 - ᾱ)."""
    rest = list(signals)
    while rest:
        signal, following = rest[0], rest[1] if len(rest) > 1 else 1.0
        guess = (x - (1 - signal) ** 0.5 * predict(x, signal, weight_at(signal))) / signal**0.5
        guess = torch.minimum(torch.maximum(guess, torch.tensor(-1.0).to(x)), torch.tensor(1.0).to(x))
        shrink = ((1 - following) / (1 - signal)) ** 0.5
        x = shrink * x + (following**0.5 - shrink * signal**0.5) * guess
        rest = rest[1:]
    return x


exercise = Exercise(
    id="guidance-sample", defines="guided_sample(predict, x, signals, weight_at)", core=True, points=4, level=4, minutes=25,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.samplers.sample", "genlab.models.samplers.trajectory", "genlab.models.samplers.reverse_step",
               "genlab.models.schedules.NoiseSchedule.backwards"],
    comparisons=[
        Compare("one", shape="(B, ...)", points=1, what="`guided_sample` with a single time", tolerance=1e-4,
                says="From a single time the result is the guess of x_0, kept within [-1, 1]."),
        Compare("plain", "row", "points", shape="(B, ...)", points=1.5, what="`guided_sample`", tolerance=1e-4,
                says="Each step mixes the guess, kept within [-1, 1], with the noise that x then holds, in the amounts of the next time."),
        Compare("questions", "weights", "part", points=1, what="what `predict` was asked", tolerance=1e-4,
                says="At each time `predict` is asked once, with the signal and the weight of that time."),
        Compare("dark", "bright", "clear", shape="(B, ...)", points=0.5, what="`guided_sample` at the ends", tolerance=1e-3,
                says="Also from nearly pure noise, and by way of nearly clean times."),
    ],
    hints=[
        "Take x apart at each time: how much is the guess, and what is then the noise? Put both together in the amounts of the next time.",
        "x̂_0 = (x - √(1 - ᾱ) ε̂)/√ᾱ, kept in range. After that ε̂ no longer fits: (x - √ᾱ x̂_0)/√(1 - ᾱ) does. The time after the last "
        "one has ᾱ = 1.",
        "for s, n in zip(signals, [*signals[1:], 1.0]): eps = predict(x, s, weight_at(s)); x0 = ((x - sqrt(1 - s) * eps) / sqrt(s))"
        ".clamp(-1, 1); eps = (x - sqrt(s) * x0) / sqrt(1 - s); x = sqrt(n) * x0 + sqrt(1 - n) * eps.",
    ],
    afterwards="Strong guidance asks for pixels blacker than black. Without keeping the guess in range, every later step inherits them.",
)
