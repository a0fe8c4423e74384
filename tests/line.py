"""A small model with every source of randomness, and a run of `fit` on it."""

import torch
from torch import nn

from genlab.data import Batches
from genlab.fit import fit


class Line(nn.Module):
    """Least squares with noise of its own and dropout, so that every source of randomness counts."""

    def __init__(self, dropout=0.0):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(dropout), nn.Linear(4, 1))

    def loss(self, x, y=None, *, rng=None):
        noise = 0.01 * torch.randn(x.shape, generator=rng)
        error = (self.net(x + noise)[:, 0] - x.sum(1)).square()
        return {"loss": error.mean(), "worst": error.max()}


def data(n=40):
    return torch.randn(n, 3, generator=torch.Generator().manual_seed(7))


def train(model=None, *, steps=12, seed=0, lr=0.05, batches=None, **options):
    """A run from scratch: (model, history)."""
    model = model or Line(dropout=0.3)
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    batches = batches if batches is not None else Batches(data(), size=8, rng=rng)
    optimizer = torch.optim.Adam(model.parameters(), lr)
    options = {"progress": False, "rng": rng} | options
    return model, fit(model, batches, optimizer, steps=steps, **options)
