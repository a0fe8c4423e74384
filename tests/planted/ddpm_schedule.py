"""Planted answers to ddpm-schedule, by another author than the check's."""

import math

import torch
from torch import nn


class Base(nn.Module):
    def __init__(self, steps, kind):
        super().__init__()
        betas = self.betas(steps, kind)
        alphas = torch.cumprod(1.0 - betas, dim=0)
        shifted = nn.functional.pad(alphas[:-1], (1, 0), value=self.first)
        self.register_buffer("beta", betas)
        self.register_buffer("alpha_bar", alphas)
        self.register_buffer("alpha_bar_prev", shifted)
        self.register_buffer("posterior_variance", self.spread(betas, alphas, shifted))

    first = 1.0

    def betas(self, steps, kind):
        if kind == "linear":
            scale = 1000.0 / steps
            return torch.linspace(scale * 1e-4, scale * 0.02, steps, dtype=torch.float64).clamp(0, 0.999)
        return torch.tensor([min(1 - self.bar((i + 1) / steps) / self.bar(i / steps), 0.999) for i in range(steps)],
                            dtype=torch.float64)

    def bar(self, u):
        return math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2

    def spread(self, betas, alphas, shifted):
        return betas * (1.0 - shifted) / (1.0 - alphas)


class AsInThePaper(Base):
    def betas(self, steps, kind):
        return torch.linspace(1e-4, 0.02, steps, dtype=torch.float64) if kind == "linear" else super().betas(steps,
                                                                                                             kind)


class WithoutTheSquare(Base):
    def bar(self, u):
        return math.cos((u + 0.008) / 1.008 * math.pi / 2)


class WithoutTheOffset(Base):
    def bar(self, u):
        return math.cos(u * math.pi / 2) ** 2


class PaddedWithZero(Base):
    first = 0.0


class BetaItself(Base):
    def spread(self, betas, alphas, shifted):
        return betas.clone()


class Plain(Base):
    def register_buffer(self, name, tensor, persistent=True):
        setattr(self, name, tensor)


class Bounded(Base):
    def betas(self, steps, kind):
        return super().betas(steps, kind).clamp(max=0.99)


class FromTheBase(Base):
    pass


wrong = [
    (AsInThePaper, "NotScaled"), (WithoutTheSquare, "CosineNotSquared"), (WithoutTheOffset, "NoOffset"),
    (PaddedWithZero, "ZeroAtFirst"), (BetaItself, "VarianceIsBeta"), (Plain, "PlainAttributes"), (Bounded,
                                                                                                  "BoundedTooLow"),
]
right = [FromTheBase]
