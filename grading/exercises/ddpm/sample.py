"""ddpm-sample: the whole chain from noise to data, written by the student.

`predict` is a function of the judge's and keeps what it is shown. With guesses as large as 1e9 the noise is a trifle, so
that every mean shows; with guesses near 0 the noise of each step can be read off two neighbouring states and must be
independent N(0, 1) numbers, the first state among them. Fixed: times T-1 … 0, the posterior's variance, no noise at the
last step, no graph. Free: any way to write the mean, any source of normal numbers.

Refusing a right answer (grading/checks/laws.py): the spread takes p = 1e-4 a draw, independence 2.5e-4. Only two
draws that both miss refuse: 1e-8 and 6.3e-8.
"""

import torch

from genlab.random import randn
from grading.checks import laws, probing
from grading.checks.exercise import Compare, Exercise

P, P_TOGETHER = 1e-4, 2.5e-4


def inputs(rng, n=1):
    """Four steps; guesses that are huge, and guesses that are small; how many rows."""
    one = torch.ones(1, dtype=torch.float64)
    kept = torch.tensor([0.93, 0.7, 0.35, 0.05], dtype=torch.float64) - 0.03 * torch.rand(4, generator=rng, dtype=torch.float64)
    return dict(alpha_bar=kept, goals=1e9 * (1 + randn((4, 3, 2, 4, 5), like=one, rng=rng).abs()),
                small=randn((4, 1, 3), like=one, rng=rng), rows=300 * n, only=randn((2, 6), like=one, rng=rng),
                key=2 + torch.rand((), generator=rng).item(),
                three=kept[[0, 1, 3]] * 0.9)


def probe(ddpm_sample, alpha_bar, goals, small, rows, only, three, key):
    """Huge guesses, small guesses twice, a chain of one step, a chain of three."""

    def ask(guesses, shape, chain):
        states, seen = [], []
        weight = torch.ones((), dtype=chain.dtype, requires_grad=True)

        def predict(x_t, t):
            states.append(x_t.detach().clone())
            rows, t = (float(len(t)) if t.ndim == 1 else -1.0), t.reshape(-1)
            seen.append(torch.stack([key * t.double().mean(), (t.max() - t.min()).double(), torch.tensor(rows).double(),
                                     torch.tensor(float(x_t.requires_grad)).double()]))
            return guesses[t[0]].expand(shape) * weight

        end = probing.tensor(ddpm_sample(predict, shape, chain), "`ddpm_sample`")
        graph = torch.tensor([[float(len(states)), 0.0, 0.0, float(end.requires_grad)]]).double()
        return torch.stack([*states, end.detach()]), torch.cat([torch.stack(seen), graph])

    def both(name, *arguments):
        found = probing.attempt(ask, *arguments)
        return dict.fromkeys((name, f"{name}_seen"), found) if isinstance(found, str) else {name: found[0], f"{name}_seen": found[1]}

    huge, seen = ask(goals, goals.shape[1:], alpha_bar)
    values = dict(means=huge[1:-1], end=huge[-1], seen=seen)
    for name in ("first", "again"):
        values |= both(name, small, (rows, 3), alpha_bar)
    one = both("one", only[None], only.shape, alpha_bar[:1])
    short = both("short", goals[:3], goals.shape[1:], three)
    values["one"] = one["one"] if isinstance(one["one"], str) else one["one"][-1]
    values["short"] = short["short"] if isinstance(short["short"], str) else short["short"][1:]
    return values


def reference(predict, shape, alpha_bar):
    """As in the lesson."""
    x = torch.randn(shape, dtype=alpha_bar.dtype)
    with torch.no_grad():
        for t in reversed(range(len(alpha_bar))):
            kept, before = alpha_bar[t], alpha_bar[t - 1] if t > 0 else torch.ones_like(alpha_bar[0])
            beta = 1 - kept / before
            guess = predict(x, torch.full((shape[0],), t))
            mean = (before.sqrt() * beta * guess + (1 - beta).sqrt() * (1 - before) * x) / (1 - kept)
            x = mean + (beta * (1 - before) / (1 - kept)).sqrt() * torch.randn_like(x)
    return x


def truth(predict, shape, alpha_bar):
    """By the noise that the guess implies: part of it is kept, the rest is drawn anew."""
    kept = [1.0, *alpha_bar.tolist()]
    x = torch.distributions.Normal(torch.zeros(shape, dtype=alpha_bar.dtype), 1).sample()
    for t in range(len(alpha_bar) - 1, -1, -1):
        guess = predict(x, torch.full((shape[0],), t)).detach()
        fresh = (1 - kept[t]) / (1 - kept[t + 1]) * (1 - kept[t + 1] / kept[t])
        old = (x - kept[t + 1] ** 0.5 * guess) / (1 - kept[t + 1]) ** 0.5
        mean = kept[t] ** 0.5 * guess + max(0.0, 1 - kept[t] - fresh) ** 0.5 * old
        x = torch.distributions.Normal(mean, fresh**0.5).sample() if fresh > 0 else mean
    return x


def noises(inputs, states):
    """The first state, and the noise of each step but the last in units of the right one."""
    kept = [1.0, *inputs["alpha_bar"].tolist()]
    found, T = [states[0].double()], len(kept) - 1
    for k, t in enumerate(range(T - 1, 0, -1)):
        beta = 1 - kept[t + 1] / kept[t]
        mean = (kept[t] ** 0.5 * beta * inputs["small"][t] + (1 - beta) ** 0.5 * (1 - kept[t]) * states[k].double()) / (1 - kept[t + 1])
        found.append((states[k + 1].double() - mean) / (beta * (1 - kept[t]) / (1 - kept[t + 1])) ** 0.5)
    return torch.stack(found)


def shared(first, again):
    """What is the same for all rows, columns, steps or calls, in words; "" if nothing is."""
    for axis, what in ((1, "rows"), (2, "columns")):
        if any(call.std(axis - 1).max() < 1e-6 < call.abs().max() for call in first):
            return f"the same for all {what}"
    alike = [torch.allclose(a, b, atol=1e-6) and a.abs().max() > 1e-6 for a, b in (first[:2], first[1:3], (first[-1], again[-1]))]
    return ["that of the start again", "the same in all steps", "the same at every call"][alike.index(True)] if any(alike) else ""


def noise_is_right(inputs, got, expected, n):
    """The root mean square of the first state and of each step's noise, as parts of the right ones; the means beside it."""
    noise = noises(inputs, got["first"])
    found = noise.square().mean((1, 2))
    limit = laws.square_limit(got["first"][0].numel(), P / len(found))
    right = bool(((found - 1).abs() <= limit).all())
    means = noise.mean((1, 2)) if not right else torch.zeros(len(found))  # what kind of noise it is
    return right, torch.cat([found.sqrt(), means.to(found)]), torch.cat([torch.ones(len(found)), torch.zeros(len(found))]).double()


def ends_at_the_guess(inputs, got, expected, n):
    """The last guess itself, where guesses are huge and where they are not."""
    if not torch.allclose(got["end"].double(), expected["end"].double(), rtol=1e-5):
        return False, got["end"].double() / 1e9, expected["end"].double() / 1e9
    same = torch.allclose(got["one"].double(), expected["one"].double(), rtol=1e-5, atol=1e-6)
    return same, "the last guess" if same else "the last guess and noise", "the last guess"


def noise_is_fresh(inputs, got, expected, n):
    """Independent N(0, 1) numbers over rows, columns, steps and calls."""
    first, again = (noises(inputs, got[name])[:, :120 * n] for name in ("first", "again"))
    if seen := shared(first, again):
        return False, seen, "independent N(0, 1) numbers"
    right, sizes, ones = noise_is_right(inputs, got, expected, n)
    if right and not all(laws.has_tails(noise, 1e-7) for noise in noises(inputs, got["first"])):
        return False, "no large numbers", "independent N(0, 1) numbers"
    passed, seen, wanted = laws.independence(torch.cat([first, again]), P_TOGETHER)
    return (passed, seen, wanted) if right or passed else (False, sizes, ones)


exercise = Exercise(
    id="ddpm-sample", defines="ddpm_sample(predict, shape, alpha_bar)", core=True, points=5, level=3, minutes=15,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.schedules.NoiseSchedule.backwards", "genlab.models.schedules.NoiseSchedule.posterior",
               "genlab.models.diffusion.DiffusionModel.sample", "genlab.models.diffusion.DiffusionModel.denoise"],
    comparisons=[
        Compare("seen", points=1, shape="T + 1 rows", what="the times that `predict` is asked about",
                says="`predict` is asked once for each time, T-1 first and 0 last, (B,) the same for all rows, without a graph."),
        Compare("means", "short", points=1, shape="shape", what={"means": "the mean of the steps", "short": "a chain of three steps"},
                says="Each step goes to the mean of q(x_(t-1) | x_t, x_0), with the guess for x_0."),
        Compare("end", "one", points=1, shape="shape", test=ends_at_the_guess, resolution=1e-4,
                what={"end": "the result", "one": "the result of a chain of one step"},
                says="The last step adds no noise: what comes out is the last guess itself."),
        Compare("first", points=1, test=noise_is_right, false_refusal=P, resolution=0.4, shape="shape",
                what="the size of the first state and of each step's noise",
                says="The start is standard normal, and each step but the last adds noise of the posterior's variance."),
        Compare("first", "again", points=1, test=noise_is_fresh, false_refusal=P_TOGETHER + 1e-6, resolution=0.2, what="the noise",
                says="All noise is standard normal, drawn anew for every number, step and call."),
    ],
    hints=[
        "Start with noise. In each step ask for a guess of x_0, and pretend it is true: you have a formula for x_(t-1) then.",
        "for t in reversed(range(T)): ᾱ of the time before is 1 at t = 0, and that alone makes the last variance 0. Fresh noise in "
        "every step, times the root of the variance.",
        "guess = predict(x, torch.full((shape[0],), t)); beta = 1 - kept / before; mean = (before.sqrt() * beta * guess + "
        "(1 - beta).sqrt() * (1 - before) * x) / (1 - kept); x = mean + (beta * (1 - before) / (1 - kept)).sqrt() * "
        "torch.randn_like(x), all under torch.no_grad().",
    ],
    afterwards="With a perfect guess the chain still scatters a little too little when its steps are few, as the next figure shows.",
)
