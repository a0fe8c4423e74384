"""ddpm-edit: noise a drawing half-way and let the chain walk back, so that it becomes what the chain knows.

`step` is a function of the judge's and keeps what it is shown. With drawings of 1e9 the weights of the first state show;
with small ones its noise does. Fixed: the first state is drawn from q(x_t | x_0 = drawing) at t = start, steps start … 0; the
whole drawing for start = T - 1, one step for start = 0.

Refusing a right answer (grading/checks/laws.py): independence takes 2.5e-4 a draw; only two draws that both miss
refuse: 6.3e-8.
"""

import torch

from genlab.random import randint, randn
from grading.checks import laws, probing
from grading.checks.exercise import Compare, Exercise

P_TOGETHER = 2.5e-4


def inputs(rng, n=1):
    """Seven times; drawings that are huge, and small ones for the noise."""
    one = torch.ones(1, dtype=torch.float64)
    kept = torch.tensor([0.95, 0.85, 0.75, 0.66, 0.3, 0.2, 0.1], dtype=torch.float64) - 0.04 * torch.rand(7, generator=rng, dtype=torch.float64)
    return dict(alpha_bar=kept, start=randint(2, 6, (1,), rng=rng).item(),
                huge=1e9 * (1 + randn((3, 2, 4, 5), like=one, rng=rng).abs()), small=10 * randn((250 * n, 4), like=one, rng=rng),
                moves=randn((7, 3, 2, 4, 5), like=one, rng=rng), key=2 + torch.rand((), generator=rng).item())


def probe(edit, alpha_bar, start, huge, small, moves, key):
    """From the middle, from both ends, and twice with small drawings."""

    def ask(x, at, move):
        states, times = [], []

        def step(x_t, t):
            states.append(x_t.detach().clone())
            times.append(torch.stack([key * t.double().mean(), key * t.double().max(), torch.tensor(float(t.numel()) if t.ndim == 1 else -1.0).double()]))
            return 0.5 * x_t.detach() + move[int(t.reshape(-1)[0])]

        end = probing.tensor(edit(step, x, at, alpha_bar), "`edit`").detach()
        return torch.stack(states), torch.stack(times), end

    def both(name, *arguments):
        found = probing.attempt(ask, *arguments)
        return dict.fromkeys((f"{name}_times", f"{name}_first", f"{name}_end"), found) if isinstance(found, str) else {
            f"{name}_times": found[1], f"{name}_first": found[0][0] / 1e9, f"{name}_end": found[2] / 1e9}

    states, times, end = ask(huge, start, moves * 1e9)
    values = dict(times=times, first=states[0] / 1e9, end=end / 1e9)
    values |= both("whole", huge, len(alpha_bar) - 1, moves * 1e9) | both("least", huge, 0, moves * 1e9)
    still = torch.zeros(7)
    values["noisy"] = torch.stack([ask(small, start, still)[0][0] for _ in range(3)])
    return values


def reference(step, x, start, alpha_bar):
    """As in the lesson."""
    x = alpha_bar[start].sqrt() * x + (1 - alpha_bar[start]).sqrt() * torch.randn_like(x)
    for t in reversed(range(start + 1)):
        x = step(x, torch.full((len(x),), t))
    return x


def truth(step, x, start, alpha_bar):
    """A draw from the normal law itself, and times counted down."""
    state, t = torch.distributions.Normal(alpha_bar[start] ** 0.5 * x, (1 - alpha_bar[start]) ** 0.5).sample(), start
    while t >= 0:
        state = step(state, torch.full(x.shape[:1], t))
        t -= 1
    return state


def noise_is_fresh(inputs, got, expected, n):
    """Independent N(0, 1) numbers over rows, columns and calls; else the weights of drawing and noise."""
    kept, x, y = inputs["alpha_bar"][inputs["start"]], inputs["small"], got["noisy"].double()
    noise = (y - kept.sqrt() * x) / (1 - kept).sqrt()
    for axis, what in ((1, "rows"), (2, "values of a row")):
        if noise.std(axis).max() < 1e-6 < noise.abs().max():
            return False, f"the same for all {what}", "independent N(0, 1) numbers"
    if torch.equal(noise[0], noise[1]) and noise.any():
        return False, "the same at every call", "independent N(0, 1) numbers"
    share = (x * y).sum() / (3 * (x * x).sum())
    found = torch.stack([share, y.mean(), (y - share * x).square().mean().sqrt()])
    right = torch.stack([kept.sqrt(), 0 * kept, (1 - kept).sqrt()])
    passed, seen, wanted = laws.independence(noise, P_TOGETHER)
    if passed and not laws.has_tails(noise):
        return False, "no large numbers", "independent N(0, 1) numbers"
    return (passed, seen, wanted) if passed or ((found - right).abs() < 0.1).all() else (False, found, right)


exercise = Exercise(
    id="ddpm-edit", defines="edit(step, x, start, alpha_bar)", core=False, points=3, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    comparisons=[
        Compare("times", "whole_times", "least_times", points=1, shape="(start + 1, 3)", what={
            "times": "the times that `step` is asked about", "whole_times": "the times for start = T - 1",
            "least_times": "the times for start = 0"},
                says="`step` is asked once for each time from start down to 0, both included, with t (B,)."),
        Compare("first", "whole_first", "least_first", points=0.75, shape="(B, ...)", what={
            "first": "what `step` is shown first", "whole_first": "what `step` is shown first for start = T - 1",
            "least_first": "what `step` is shown first for start = 0"},
                says="The first state is the drawing noised to the time start: √ᾱ x + √(1 - ᾱ) noise."),
        Compare("end", "whole_end", "least_end", points=0.5, shape="(B, ...)",
                what={"end": "the result", "whole_end": "the result for start = T - 1", "least_end": "the result for start = 0"},
                says="Each step goes on from what the last one gave, and the last one's is the result."),
        Compare("noisy", points=0.75, test=noise_is_fresh, false_refusal=P_TOGETHER + 1e-6, resolution=0.2, what="the noise",
                says="The noise is standard normal, drawn anew for every number and call, and of the size that belongs to start."),
    ],
    hints=[
        "The chain knows what to do with an image as noisy as its time says. How does one make a drawing so noisy?",
        "One jump from the drawing to the time start, then steps start, start - 1, …, 0.",
        "x = alpha_bar[start].sqrt() * x + (1 - alpha_bar[start]).sqrt() * torch.randn_like(x); for t in reversed(range(start + 1)): "
        "x = step(x, torch.full((len(x),), t)).",
    ],
    afterwards="Nothing was trained for it. Any chain that goes from noise to data can be entered half-way.",
)
