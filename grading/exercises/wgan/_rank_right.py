"""Right answers to wgan-rank, written in other ways."""

import torch


def counted(x, y, draws):
    def rho(a, b):
        r, s = ((v[:, None] > v).sum(1) + ((v[:, None] == v).sum(1) + 1) / 2 for v in (a, b))
        r, s = r - r.mean(), s - s.mean()
        size = (r @ r) * (s @ s)
        return (r @ s / size.sqrt()).item() if size > 1e-9 else None

    found = [r for r in (rho(x[row], y[row]) for row in draws) if r is not None]
    low, high = torch.quantile(torch.tensor(found, dtype=torch.float64), torch.tensor([0.025, 0.975], dtype=torch.float64))
    return [rho(x, y), low.item(), high.item()]


def all_at_once(x, y, draws):
    def rho(a, b):
        a, b = ((v[..., :, None] - v[..., None, :]).sign().sum(-1) for v in (a, b))
        return torch.einsum("...i,...i->...", a, b) / (a.square().sum(-1) * b.square().sum(-1)).sqrt()

    found = rho(x[draws], y[draws])
    low, high = torch.nanquantile(found, 0.025), torch.nanquantile(found, 0.975)
    return rho(x, y), low, high


all_at_once.shown = True


def from_sorted_places(x, y, draws):
    def rank(v):
        places = torch.empty_like(v)
        places[v.argsort()] = torch.arange(1, len(v) + 1, dtype=v.dtype)
        values, which, count = v.unique(return_inverse=True, return_counts=True)
        return (torch.zeros_like(values).index_add_(0, which, places) / count)[which]

    def rho(a, b):
        return torch.corrcoef(torch.stack([rank(a), rank(b)]))[0, 1]

    keep = [rows for rows in draws if x[rows].unique().numel() > 1 and y[rows].unique().numel() > 1]
    found = torch.stack([rho(x[rows], y[rows]) for rows in keep])
    return rho(x, y), found.quantile(0.025), found.quantile(0.975)
