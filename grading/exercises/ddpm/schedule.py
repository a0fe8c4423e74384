"""ddpm-schedule: how much of the data each step keeps, for any number of steps, as buffers of a module.

The class has four buffers of T float64 numbers: `beta`, `alpha_bar`, `alpha_bar_prev` and `posterior_variance`. Fixed:
linear is the paper's 1e-4 … 0.02 times 1000/T; cosine has the offset 0.008; both are bounded by 0.999. Hidden numbers of
steps visit 2 and 1000, and one so small that the bound is needed in the linear schedule, too.
"""

import math

import torch
from torch import nn

from genlab.random import randint
from grading.checks import probing
from grading.checks.exercise import Compare, Exercise


def inputs(rng, n=1):
    """A few steps, some, and a thousand."""
    few, some = randint(5, 12, (1,), rng=rng).item(), randint(60, 190, (1,), rng=rng).item()
    return dict(few=few, some=2 * some + 1, many=1000)


def probe(Schedule, few, some, many):
    """Both kinds at several lengths; which buffers there are, and whether they follow the module."""

    def read(steps, kind, name):
        return probing.tensor(getattr(Schedule(steps, kind), name), f"`{name}`").detach().clone()

    def whole(name):
        return torch.cat([read(steps, kind, name).reshape(-1) for steps in (some, few) for kind in ("linear", "cosine")])

    def follows():
        module = Schedule(few, "cosine")
        names = sorted(name for name, _ in module.named_buffers())
        before = {name: value.dtype for name, value in module.named_buffers()}
        module = module.to(torch.float32)
        after = {name: value.dtype for name, value in module.named_buffers()}
        single = all(after[name] == torch.float32 for name in before)
        values = torch.cat([getattr(module, name).detach().double() for name in ("alpha_bar", "beta")])
        return f"{' '.join(names)}; {'they follow' if single else 'they stay'}; {len(list(module.parameters()))} parameters", values

    found = probing.attempt(follows)
    buffers, moved = (found, found) if isinstance(found, str) else found
    return dict(linear=read(some, "linear", "beta"), linear_many=probing.attempt(read, many, "linear", "beta"),
                linear_few=probing.attempt(read, few, "linear", "beta"), linear_two=probing.attempt(read, 2, "linear", "beta"),
                cosine=probing.attempt(read, some, "cosine", "beta"), cosine_many=probing.attempt(read, many, "cosine", "beta"),
                cosine_two=probing.attempt(read, 2, "cosine", "beta"), alpha_bar=probing.attempt(whole, "alpha_bar"),
                previous=probing.attempt(whole, "alpha_bar_prev"), variance=probing.attempt(whole, "posterior_variance"),
                buffers=buffers, moved=moved)


class Schedule(nn.Module):
    """As in the lesson."""

    def __init__(self, steps, kind):
        super().__init__()
        if kind == "linear":
            beta = torch.linspace(1e-4, 0.02, steps, dtype=torch.float64) * 1000 / steps
        else:
            u = torch.arange(steps + 1, dtype=torch.float64) / steps
            kept = torch.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2
            beta = 1 - kept[1:] / kept[:-1]
        beta = beta.clamp(max=0.999)
        alpha_bar = (1 - beta).cumprod(0)
        previous = torch.cat([torch.ones(1, dtype=torch.float64), alpha_bar[:-1]])
        for name, value in dict(beta=beta, alpha_bar=alpha_bar, alpha_bar_prev=previous,
                                posterior_variance=beta * (1 - previous) / (1 - alpha_bar)).items():
            self.register_buffer(name, value)


class Truth(nn.Module):
    """Step by step with plain numbers; the posterior's variance from the two precisions that meet at t - 1."""

    def __init__(self, steps, kind):
        super().__init__()
        beta, kept, before, variance, product = [], [], [], [], 1.0
        for i in range(steps):
            if kind == "linear":
                rate = (1e-4 + (0.02 - 1e-4) * i / (steps - 1)) * 1000 / steps
            else:
                late, soon = (math.cos(((i + k) / steps + 0.008) / 1.008 * math.pi / 2) ** 2 for k in (1, 0))
                rate = 1 - late / soon
            rate = min(rate, 0.999)
            before.append(product)
            variance.append(1 / ((1 - rate) / rate + 1 / (1 - product)) if i else 0.0)
            product *= 1 - rate
            beta.append(rate)
            kept.append(product)
        for name, value in dict(beta=beta, alpha_bar=kept, alpha_bar_prev=before, posterior_variance=variance).items():
            self.register_buffer(name, torch.tensor(value, dtype=torch.float64))


def fine(*names):
    """A test for `Compare`: every number is right by its own size, not by that of the largest: they are as small as 1e-5."""
    def test(inputs, got, expected, n):
        for name in names:
            if not torch.allclose(got[name].double(), expected[name].double(), rtol=1e-6, atol=1e-12):
                return False, got[name].double(), expected[name].double()
        return True, got[names[0]].double(), expected[names[0]].double()
    return test


exercise = Exercise(
    id="ddpm-schedule", defines="class Schedule(steps, kind)", core=True, points=4, level=2, minutes=10,
    inputs=inputs, probe=probe, reference=Schedule, truth=Truth,
    withholds=["genlab.models.schedules.linear_schedule", "genlab.models.schedules.cosine_schedule",
               "genlab.models.schedules._derived"],
    comparisons=[
        Compare("linear", "linear_many", "linear_few", "linear_two", points=1, shape="(steps,)", resolution=1e-6,
                test=fine("linear", "linear_many", "linear_few", "linear_two"),
                what={"linear": "the linear `beta`", "linear_many": "the linear `beta` of 1000 steps",
                      "linear_few": "the linear `beta` of few steps", "linear_two": "the linear `beta` of two steps"},
                says="The linear β goes evenly from 1e-4 to 0.02, each times 1000 / steps, and is at most 0.999."),
        Compare("cosine", "cosine_many", "cosine_two", points=1, shape="(steps,)", resolution=1e-6,
                test=fine("cosine", "cosine_many", "cosine_two"),
                what={"cosine": "the cosine `beta`", "cosine_many": "the cosine `beta` of 1000 steps",
                      "cosine_two": "the cosine `beta` of two steps"},
                says="The cosine β is 1 minus the ratio of the curve after the step to the curve before it, at most 0.999."),
        Compare("alpha_bar", points=0.5, shape="(steps,)", what="`alpha_bar`", test=fine("alpha_bar"), resolution=1e-6,
                says="`alpha_bar` is the product of 1 - β over all steps up to and including t."),
        Compare("previous", points=0.5, shape="(steps,)", what="`alpha_bar_prev`", test=fine("previous"), resolution=1e-6,
                says="`alpha_bar_prev` is `alpha_bar` one step earlier, and 1 at time 0, where nothing has been lost."),
        Compare("variance", points=0.5, shape="(steps,)", what="`posterior_variance`", test=fine("variance"), resolution=1e-6,
                says="`posterior_variance` is β (1 - ᾱ of the step before) / (1 - ᾱ): 0 at time 0."),
        Compare("buffers", "moved", points=0.5, tolerance=1e-4, what="what the module holds",
                says="The four are buffers, registered under their names, so that `.to()` moves them and a checkpoint has them."),
    ],
    hints=[
        "A schedule with fewer steps must lose as much in all: what does that ask of each step? And what makes a tensor of a "
        "module follow it to another device?",
        "The cosine curve has steps + 1 places, u = 0, 1/steps, …, 1; β comes from neighbours. cumprod makes ᾱ of β; put a 1 "
        "before it and drop its last for the one before. self.register_buffer(name, tensor).",
        "u = torch.arange(steps + 1, dtype=torch.float64) / steps; kept = torch.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2; "
        "beta = (1 - kept[1:] / kept[:-1]).clamp(max=0.999); alpha_bar = (1 - beta).cumprod(0).",
    ],
    afterwards="With the paper's β unscaled, 50 steps would keep a share of 0.6 of the variance: a sampler that begins with pure "
               "noise would begin where the network has never been.",
)
