"""The interval of wgan-rank in parts, each of which a mistake may change."""

import torch


def ranks(v):
    return (v[:, None] - v).sign().sum(1)


def ranks_without_ties(v):
    """Ranks that know no ties."""
    return v.argsort().argsort().to(v.dtype)


def rho_of(a, b, rank=ranks):
    a, b = rank(a), rank(b)
    a, b = a - a.mean(), b - b.mean()
    return (a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()


def ends_of(found, low=0.025, high=0.975):
    found = found[~found.isnan()]
    return torch.quantile(found, torch.tensor([low, high], dtype=found.dtype))


def interval_of(x, y, draws, rho=rho_of, ends=ends_of):
    return rho(x, y), *ends(torch.stack([rho(x[rows], y[rows]) for rows in draws]))
