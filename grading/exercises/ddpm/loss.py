"""ddpm-loss: one number to train on: noise a batch at random times and compare what the network says.

The network is a function of the judge's. It answers with the exact target of the x_t and t that it is shown, plus a
hidden field d, so that a right loss is the mean of d², whatever was drawn, and its gradient 2 d / N. Fixed: a time of its
own for each row, uniform over 0 … T-1; fresh standard normal noise; the mean over all values; targets "noise" and "v".

Refusing a right answer: each of T frequencies of the times is off by more than `far` with probability
≤ 2 exp(-2 n far²) (Hoeffding), together 1e-4 a draw; independence takes 2.5e-4 (grading/checks/laws.py). Only two
draws that both miss refuse: 1e-8 and 6.3e-8.
"""

import math

import torch

from genlab.random import randint, randn
from grading.checks import draws, laws, probing
from grading.checks.exercise import Compare, Exercise

P, P_TOGETHER = 1e-4, 2.5e-4


def inputs(rng, n=1):
    """Four to seven times; data of large and small values, hidden fields, and many rows for the laws."""
    one = torch.ones(1, dtype=torch.float64)
    T = 4 + randint(0, 4, (1,), rng=rng).item()
    kept = 0.94 * torch.linspace(1, 0, T, dtype=torch.float64) ** 2 + 0.03 - 0.02 * torch.rand(T, generator=rng, dtype=torch.float64)
    far = 5 + torch.rand((), generator=rng).item()  # a miss so large that a bound shows
    field = draws.placed(0.4 * randn((5, 2, 4, 5), like=one, rng=rng), (-far, far), rng=rng)
    return dict(alpha_bar=kept, rows=10 * randn((800 * n, 3), like=one, rng=rng), images=3 * randn((5, 2, 4, 5), like=one, rng=rng),
                field=field, single=randn((1, 7), like=one, rng=rng),
                shift=0.5 * randn((1, 7), like=one, rng=rng))


def probe(ddpm_loss, alpha_bar, rows, images, field, single, shift):
    """Both targets with a hidden field added; what the network is shown in three calls."""
    shown = []

    def network(x_0, kind, off):
        def answer(x_t, t):
            shown.append((x_t.detach(), t.detach()))
            kept = alpha_bar[t].reshape(-1, *[1] * (x_0.ndim - 1))
            noise = (x_t - kept.sqrt() * x_0) / (1 - kept).sqrt()
            return off + (noise if kind == "noise" else kept.sqrt() * noise - (1 - kept).sqrt() * x_0)
        return answer

    def ask(x_0, kind, off):
        leaf = probing.leaf(off)
        loss = probing.tensor(ddpm_loss(network(x_0, kind, leaf), x_0, alpha_bar, kind), "`ddpm_loss`")
        return loss, probing.vjp(loss, [leaf])[0]

    def both(name, *arguments):
        shown.clear()
        found = probing.attempt(ask, *arguments)
        x_t, t = shown[-1] if shown else (torch.zeros(0), torch.zeros(0))
        values = (found, found) if isinstance(found, str) else (found[0].detach(), found[1])
        return dict(zip((name, f"{name}_slope", f"{name}_x", f"{name}_t"), (*values, x_t, t.double()), strict=True))

    values = both("noise", images, "noise", field) | both("v", images, "v", field) | both("single", single, "v", shift)
    shown.clear()
    for _ in range(3):
        probing.attempt(ddpm_loss, network(rows, "noise", rows), rows, alpha_bar, "noise")
    values["calls"] = torch.tensor(float(len(shown)))
    values["x_t"] = torch.stack([x for x, _ in shown]) if shown else torch.zeros(0)
    values["t"] = torch.stack([t.double() for _, t in shown]) if shown else torch.zeros(0)
    return values


def reference(network, x_0, alpha_bar, kind):
    """As in the lesson."""
    t = torch.randint(0, len(alpha_bar), (len(x_0),))
    kept = alpha_bar[t].view(-1, *[1] * (x_0.ndim - 1))
    noise = torch.randn_like(x_0)
    x_t = kept.sqrt() * x_0 + (1 - kept).sqrt() * noise
    target = noise if kind == "noise" else kept.sqrt() * noise - (1 - kept).sqrt() * x_0
    return ((network(x_t, t) - target) ** 2).mean()


def truth(network, x_0, alpha_bar, kind):
    """Times by rounding uniform numbers down, noise from torch.distributions, the target as a turned pair."""
    t = (torch.rand(len(x_0)) * len(alpha_bar)).long().clamp(max=len(alpha_bar) - 1)
    angle = torch.acos(alpha_bar[t].sqrt()).view(-1, *[1] * (x_0.ndim - 1))
    noise = torch.distributions.Normal(torch.zeros_like(x_0), 1).sample()
    x_t = torch.cos(angle) * x_0 + torch.sin(angle) * noise
    miss = network(x_t, t) - (noise if kind == "noise" else torch.cos(angle) * noise - torch.sin(angle) * x_0)
    return miss.square().sum() / miss.numel()


def noise_of(inputs, got):
    """The noise that is in x_t, for each of three calls."""
    kept = inputs["alpha_bar"][got["t"].long()][..., None]
    return (got["x_t"].double() - kept.sqrt() * inputs["rows"]) / (1 - kept).sqrt()


def target_is(name, x_0, field, kind):
    """A test for `Compare`: the mean of the squared field, and its gradient; else the target that fits, in words."""
    def test(inputs, got, expected, n):
        x, off, loss = inputs[x_0], inputs[field], got[name].double()
        right = torch.isclose(loss, expected[name].double(), rtol=1e-4) and torch.allclose(
            got[f"{name}_slope"].double(), expected[f"{name}_slope"].double(), rtol=1e-3, atol=1e-7)
        if right:
            return True, loss, expected[name]
        if torch.isclose(loss, expected[name].double(), rtol=1e-4):
            return False, "no gradient" if not got[f"{name}_slope"].any() else "another gradient", "2 d / N"
        kept = inputs["alpha_bar"][got[f"{name}_t"].long()].view(-1, *[1] * (x.ndim - 1))
        c, s = kept.sqrt(), (1 - kept).sqrt()
        noise = (got[f"{name}_x"].double() - c * x) / s
        said = off + (noise if kind == "noise" else c * noise - s * x)
        targets = {"the data": x, "the noise": noise, "v": c * noise - s * x, "minus v": s * x - c * noise,
                   "a sum for v": c * noise + s * x, "noise - data": noise - x, "v with crossed weights": s * noise - c * x}
        for word, target in targets.items():
            if torch.isclose(loss, (said - target).square().mean(), rtol=1e-4):
                return False, word, "the noise" if kind == "noise" else "v"
        square = off.square()
        known = (square.sum(), square.flatten(1).sum(1).mean(), square.mean() / 2, square.mean().sqrt(), off.abs().mean())
        if any(torch.isclose(loss, value, rtol=1e-4) for value in known):
            return False, loss, expected[name]
        return False, "another target", "the noise" if kind == "noise" else "v"
    return test


def weights(inputs, got):
    """Of data, of a constant and of noise in x_t at each time: (T, 3), nan where a time was not drawn."""
    found = []
    for time in range(len(inputs["alpha_bar"])):
        at = got["t"] == time
        x, y = inputs["rows"].expand_as(got["x_t"])[at].flatten(), got["x_t"].double()[at].flatten()
        share = (x * y).sum() / (x * x).sum()
        rest = y - share * x
        size = rest.square().mean().sqrt()
        found.append(torch.stack([share, rest.mean() / size.clamp(min=1), size.clamp(max=3)]))
    return torch.stack(found)


def times_are_uniform(inputs, got, expected, n):
    """How often each of the times was drawn; and that rows have times of their own."""
    t, T = got["t"].long(), len(inputs["alpha_bar"])
    if (t == t[:, :1]).all():
        return False, "one time for the whole batch", "a time for each row"
    share = torch.bincount(t.flatten(), minlength=T).double() / t.numel()
    if (t[0] == t[1]).all():
        return False, "the same times at every call", "new times at every call"
    far = math.sqrt(math.log(2 * T / P) / (2 * t.numel()))
    return bool(len(share) == T and ((share - 1 / T).abs() <= far).all()), share[:T], torch.full((T,), 1 / T).double()


def noise_is_fresh(inputs, got, expected, n):
    """Independent N(0, 1) numbers over rows, columns and calls; else the weights in x_t, if they are wrong."""
    noise = noise_of(inputs, got)
    for axis, what in ((1, "rows"), (2, "values of a row")):
        if noise.std(axis).max() < 1e-6:
            return False, f"the same for all {what}", "independent N(0, 1) numbers"
    if torch.allclose(noise[0], noise[1], atol=1e-6):
        return False, "the same at every call", "independent N(0, 1) numbers"
    passed, seen, wanted = laws.independence(noise[:, :150 * n], P_TOGETHER)
    half = noise.shape[1] // 2
    if passed and min((noise[:, :half] - sign * noise[:, half:2 * half]).abs().max() for sign in (-1, 1)) < 1e-6:
        return False, "the same noise, or its mirror image, more than once", "independent N(0, 1) numbers"
    if passed and not laws.has_tails(noise):
        return False, "no large numbers", "independent N(0, 1) numbers"
    found, kept = weights(inputs, got), inputs["alpha_bar"]
    right = torch.stack([kept.sqrt(), 0 * kept, (1 - kept).sqrt()], 1)
    if not passed and ((found - right).abs() > 0.1).any():
        return False, found.nan_to_num(), right
    return passed, seen, wanted


exercise = Exercise(
    id="ddpm-loss", defines="ddpm_loss(network, x_0, alpha_bar, kind)", core=True, points=4, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=reference, truth=truth,
    withholds=["genlab.models.diffusion.DiffusionModel.loss", "genlab.models.schedules.NoiseSchedule.forward_diffusion",
               "genlab.models.schedules.NoiseSchedule.velocity"],
    comparisons=[
        Compare("noise", "noise_slope", points=1, shape="()", test=target_is("noise", "images", "field", "noise"), resolution=1e-4,
                what={"noise": "the loss of the noise", "noise_slope": "its gradient"},
                says="The mean, over all values, of the squared miss between what the network says of (x_t, t) and the noise in x_t."),
        Compare("v", "v_slope", points=0.5, shape="()", test=target_is("v", "images", "field", "v"), resolution=1e-4,
                what={"v": "the loss of v", "v_slope": "its gradient"},
                says="With kind \"v\" the target is √ᾱ noise - √(1 - ᾱ) x_0, of the same noise that is in x_t."),
        Compare("single", "single_slope", points=0.5, shape="()", test=target_is("single", "single", "shift", "v"), resolution=1e-4,
                what={"single": "the loss of one row of numbers", "single_slope": "its gradient"},
                says="Data may have any number of dimensions, and a batch a single row."),
        Compare("t", "calls", points=1, test=times_are_uniform, false_refusal=P, resolution=0.04, shape="(B,)",
                what={"t": "the times that the network is shown, as shares", "calls": "the number of the network's calls"},
                says="Each row has a time of its own, uniform over 0 … T-1, both ends among them; the network is asked once."),
        Compare("x_t", "t", points=1, test=noise_is_fresh, false_refusal=P_TOGETHER + 1e-6, resolution=0.2,
                what={"x_t": "the noise", "t": "the times"},
                says="The noise in x_t is standard normal, independent for every number and call."),
    ],
    hints=[
        "Four lines: when, how much noise, what does x_t look like, how far off is the answer? The noise in x_t and the noise in "
        "the target are the same tensor.",
        "torch.randint(0, T, (B,)) draws T-1, too. ᾱ of each row is alpha_bar[t] with trailing dimensions of size 1.",
        "t = torch.randint(0, len(alpha_bar), (len(x_0),)); noise = torch.randn_like(x_0); x_t = c * x_0 + s * noise; target = noise "
        "or c * noise - s * x_0; ((network(x_t, t) - target) ** 2).mean().",
    ],
    afterwards="A network that answers 0 pays 1 for each number; none that sees only x_t can pay 0.",
)
