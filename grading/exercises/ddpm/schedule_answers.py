"""Answers to ddpm-schedule: wrong ones with the sentence that names each, and right ones."""

import math
from itertools import pairwise

import torch
from torch import nn

from grading.checks.exercise import Mistake
from grading.exercises.ddpm._schedule_parts import Parts

# Known mistakes


class NotScaled(Parts):
    def linear(self, steps):
        return torch.linspace(1e-4, 0.02, steps, dtype=self.dtype)


class ScaledUpsideDown(Parts):
    def linear(self, steps):
        return torch.linspace(1e-4, 0.02, steps, dtype=self.dtype) * (steps / 1000)


class LastAloneScaled(Parts):
    def linear(self, steps):
        return torch.linspace(1e-4, 0.02 * 1000 / steps, steps, dtype=self.dtype)


class LinearInTheRoot(Parts):
    def linear(self, steps):
        return torch.linspace(1e-4**0.5, 0.02**0.5, steps, dtype=self.dtype) ** 2 * (1000 / steps)


class OneStepShort(Parts):
    def linear(self, steps):
        return torch.linspace(1e-4, 0.02, steps + 1, dtype=self.dtype)[:-1] * (1000 / steps)


class NotBounded(Parts):
    most = None


class BoundedAtOne(Parts):
    most = 1.0


class BoundedTooLow(Parts):
    most = 0.99


class NoOffset(Parts):
    offset = 0.0


class CosineNotSquared(Parts):
    def curve(self, u):
        return torch.cos((u + 0.008) / 1.008 * math.pi / 2)


class SquaredTwice(Parts):
    def curve(self, u):
        return torch.cos((u + 0.008) / 1.008 * math.pi / 2) ** 4


class WholeTurn(Parts):
    def curve(self, u):
        return torch.cos((u + 0.008) / 1.008 * math.pi) ** 2


class OffsetNotDivided(Parts):
    def curve(self, u):
        return torch.cos((u + 0.008) * math.pi / 2) ** 2


class CurveAsBeta(Parts):
    def cosine(self, steps):
        return 1 - self.curve(self.places(steps))[1:]


class RatioUpsideDown(Parts):
    def cosine(self, steps):
        kept = self.curve(self.places(steps))
        return 1 - kept[:-1] / kept[1:]


class DifferenceForRatio(Parts):
    def cosine(self, steps):
        return -self.curve(self.places(steps)).diff()


class AlphaItself(Parts):
    def cosine(self, steps):
        kept = self.curve(self.places(steps))
        return kept[1:] / kept[:-1]


class EndsIncluded(Parts):
    def places(self, steps):
        return torch.linspace(0, 1, steps, dtype=self.dtype)

    def cosine(self, steps):
        kept = self.curve(self.places(steps))
        return 1 - kept / torch.cat([self.curve(torch.zeros(1, dtype=self.dtype)), kept[:-1]])


class AlwaysLinear(Parts):
    def cosine(self, steps):
        return self.linear(steps)


class Summed(Parts):
    def kept(self, beta):
        return 1 - beta.cumsum(0)


class ProductOfBeta(Parts):
    def kept(self, beta):
        return beta.cumprod(0)


class OneStepOnly(Parts):
    def kept(self, beta):
        return 1 - beta


class RootKept(Parts):
    def kept(self, beta):
        return (1 - beta).cumprod(0).sqrt()


class PaddedOnTheRight(Parts):
    def before(self, kept):
        return torch.cat([kept[1:], torch.ones_like(kept[:1])])


class NextOne(Parts):
    def before(self, kept):
        return torch.cat([kept[1:], torch.zeros_like(kept[:1])])


class ZeroAtFirst(Parts):
    def before(self, kept):
        return torch.cat([torch.zeros_like(kept[:1]), kept[:-1]])


class FirstRepeated(Parts):
    def before(self, kept):
        return torch.cat([kept[:1], kept[:-1]])


class Rolled(Parts):
    def before(self, kept):
        return kept.roll(1)


class VarianceUpsideDown(Parts):
    def variance(self, beta, kept, before):
        return beta * (1 - kept) / (1 - before).clamp(min=1e-20)


class VarianceIsBeta(Parts):
    def variance(self, beta, kept, before):
        return beta.clone()


class VarianceWithoutOnes(Parts):
    def variance(self, beta, kept, before):
        return beta * before / kept


class VarianceBounded(Parts):
    def variance(self, beta, kept, before):
        return (beta * (1 - before) / (1 - kept)).clamp(min=1e-20).log()


class Deviation(Parts):
    def variance(self, beta, kept, before):
        return (beta * (1 - before) / (1 - kept)).sqrt()


class PlainAttributes(Parts):
    def keep(self, **values):
        for name, value in values.items():
            setattr(self, name, value)


class AsParameters(Parts):
    def keep(self, **values):
        for name, value in values.items():
            setattr(self, name, nn.Parameter(value))


class InSinglePrecision(Parts):
    dtype = torch.float32

    def keep(self, **values):
        super().keep(**{name: value.double() for name, value in values.items()})


# Also right


class ByLoop(Parts):
    def cosine(self, steps):
        u = [math.cos((i / steps + 0.008) / 1.008 * math.pi / 2) ** 2 for i in range(steps + 1)]
        return torch.tensor([1 - b / a for a, b in pairwise(u)], dtype=torch.float64)

    def kept(self, beta):
        out, product = [], 1.0
        for b in beta.tolist():
            product *= 1 - b
            out.append(product)
        return torch.tensor(out, dtype=torch.float64)


class ByLogarithms(Parts):
    def kept(self, beta):
        return torch.log1p(-beta).cumsum(0).exp()

    def before(self, kept):
        return torch.nn.functional.pad(kept[:-1], (1, 0), value=1.0)


class WithBetaScaledAfterwards(Parts):
    def linear(self, steps):
        scale = 1000 / steps
        return torch.linspace(scale * 1e-4, scale * 0.02, steps, dtype=torch.float64)

    def places(self, steps):
        return torch.linspace(0, 1, steps + 1, dtype=torch.float64)

    def variance(self, beta, kept, before):
        return (1 - before) / (1 - kept) * beta


mistakes = [
    Mistake(NotScaled, "1e-4 and 0.02 are meant for 1000 steps. With fewer, each step must add more: times 1000 / steps."),
    Mistake(ScaledUpsideDown, "Your factor is upside down: fewer steps must add more noise each, so 1000 / steps."),
    Mistake(LastAloneScaled, "You scaled the last β only: both ends are multiplied by 1000 / steps."),
    Mistake(LinearInTheRoot, "Your β is even in its root. Here β itself rises evenly."),
    Mistake(OneStepShort, "Your linear β stops one step before 0.02: both ends belong to it."),
    Mistake(NotBounded, "Your β is not bounded. It would reach 1, and with few steps pass it: at most 0.999."),
    Mistake(BoundedAtOne, "A β of 1 leaves nothing of the data, and whatever is divided by √ᾱ fails: at most 0.999."),
    Mistake(BoundedTooLow, "Your β is bounded by another number than 0.999."),
    Mistake(NoOffset, "The offset 0.008 is missing from your cosine: without it the first steps add almost nothing."),
    Mistake(CosineNotSquared, "The square of the cosine is missing."),
    Mistake(SquaredTwice, "Your cosine is squared twice: ᾱ is its square, the weight of the data the cosine itself."),
    Mistake(WholeTurn, "Your cosine runs to π. It reaches 0 at π/2, and so it must at the last time."),
    Mistake(OffsetNotDivided, "Your cosine passes π/2, since (u + 0.008) is not divided by 1.008."),
    Mistake(CurveAsBeta, "You took 1 - ᾱ for β. β is what one step takes away: 1 minus the ratio of neighbours."),
    Mistake(RatioUpsideDown, "Your ratio is upside down: the curve after the step divided by the curve before it."),
    Mistake(DifferenceForRatio, "You took the difference of neighbours. β is a share of what is left: 1 minus their ratio."),
    Mistake(AlphaItself, "The ratio of neighbours is α. β is 1 minus it."),
    Mistake(EndsIncluded, "Your cosine curve has too few places: T steps lie between T + 1 of them, u = 0, 1/T, …, 1."),
    Mistake(AlwaysLinear, "Your schedule is linear whatever `kind` says."),
    Mistake(Summed, "Shares multiply: ᾱ is a product of 1 - β, not 1 minus a sum."),
    Mistake(ProductOfBeta, "You multiplied the β. What is left after a step is 1 - β, so multiply those."),
    Mistake(OneStepOnly, "That is α, the share that a single step keeps. ᾱ is the product over all steps so far."),
    Mistake(RootKept, "You took the root of ᾱ. `alpha_bar` is a share of the variance; its root is taken where it is used."),
    Mistake(PaddedOnTheRight, "Your 1 is padded on the wrong side: alpha_bar_prev begins with 1."),
    Mistake(NextOne, "That is ᾱ one step later. alpha_bar_prev is the one before."),
    Mistake(ZeroAtFirst, "alpha_bar_prev begins with 0. Before the first step nothing is lost: 1."),
    Mistake(FirstRepeated, "alpha_bar_prev begins with alpha_bar[0]. Before the first step nothing is lost: 1."),
    Mistake(Rolled, "roll brings the last ᾱ to the front. Before the first step nothing is lost: 1."),
    Mistake(VarianceUpsideDown, "Your fraction is upside down: (1 - ᾱ before) / (1 - ᾱ), which makes it smaller than β."),
    Mistake(VarianceIsBeta, "That is β. Whoever knows x_0, too, knows x_(t-1) better: times (1 - ᾱ before) / (1 - ᾱ)."),
    Mistake(VarianceWithoutOnes, "Your fraction has ᾱ in it where 1 - ᾱ belongs."),
    Mistake(VarianceBounded, "That is a logarithm; the variance itself is asked for, which is 0 at time 0."),
    Mistake(Deviation, "You took the root: the variance is asked for."),
    Mistake(PlainAttributes, "These are plain attributes. `.to()` does not move them and no checkpoint has them: register_buffer."),
    Mistake(AsParameters, "These are parameters, which an optimizer would train. They are buffers."),
    Mistake(InSinglePrecision, "You compute in float32: β is 1 minus a number near 1, and as small as 1e-5, so that only two or three "
            "digits of it are left. `dtype=torch.float64` from the start, not at the end."),
]

also_right = [ByLoop, ByLogarithms, WithBetaScaledAfterwards]

equivalent_mutants = {
    "kept = torch.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2: 1.008 → -1.008": "the cosine is even",
    "alpha_bar = (1 - beta).cumprod(0): 0 → -1": "of one dimension the last is the first",
    "previous = torch.cat([torch.ones(1, dtype=torch.float64), alpha_bar[:-1]]): torch.ones(1, dtype=torch.float64) → "
    "torch.ones(1)": "1 is exact in single precision",
    "beta = torch.linspace(1e-4, 0.02, steps, dtype=torch.float64) * 1000 / steps: torch.linspace(0.0001, 0.02, steps, "
    "dtype=torch.float64) → torch.linspace(0.0001, 0.02, steps)": "single precision is precise enough",
    "u = torch.arange(steps + 1, dtype=torch.float64) / steps: torch.arange(steps + 1, dtype=torch.float64) → "
    "torch.arange(steps + 1)": "single precision is precise enough",
    "kept = torch.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2: 2 → -2": "π / -2 in place of π / 2: the cosine is even",
}
