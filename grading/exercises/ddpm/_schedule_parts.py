"""The reference of ddpm-schedule with its parts apart, for one of them to go wrong."""

import math

import torch
from torch import nn


class Parts(nn.Module):
    """The reference with its parts apart, for one of them to go wrong."""

    dtype, most, offset = torch.float64, 0.999, 0.008

    def __init__(self, steps, kind):
        super().__init__()
        beta = self.linear(steps) if kind == "linear" else self.cosine(steps)
        beta = beta if self.most is None else beta.clamp(max=self.most)
        kept = self.kept(beta)
        before = self.before(kept)
        self.keep(beta=beta, alpha_bar=kept, alpha_bar_prev=before, posterior_variance=self.variance(beta, kept, before))

    def keep(self, **values):
        for name, value in values.items():
            self.register_buffer(name, value)

    def linear(self, steps):
        return torch.linspace(1e-4, 0.02, steps, dtype=self.dtype) * (1000 / steps)

    def curve(self, u):
        return torch.cos((u + self.offset) / (1 + self.offset) * math.pi / 2) ** 2

    def places(self, steps):
        return torch.arange(steps + 1, dtype=self.dtype) / steps

    def cosine(self, steps):
        kept = self.curve(self.places(steps))
        return 1 - kept[1:] / kept[:-1]

    def kept(self, beta):
        return (1 - beta).cumprod(0)

    def before(self, kept):
        return torch.cat([torch.ones_like(kept[:1]), kept[:-1]])

    def variance(self, beta, kept, before):
        return beta * (1 - before) / (1 - kept)
