"""Mutual information gap: does each known factor live in a latent dimension of its own?

    MIG = mean over factors v of (I(z_1; v) - I(z_2; v)) / H(v)

where z_1 and z_2 are the two latent dimensions that know most about v. 1: one dimension tells the factor
exactly and no other knows it. 0: two know it equally well, as after a rotation by 45°. It needs data
whose factors are known, such as genlab.data.sprites.

Codes are cut into equal-width bins, so informations are plug-in estimates, too high by about
(bins - 1)(values - 1) / (2N) nats each; most of that cancels in the gap, none of it in `mutual_information`.

Chen, Li, Grosse and Duvenaud (2018), Isolating sources of disentanglement in VAEs, arXiv:1802.04942,
with the 20 bins of Locatello et al. (2019), arXiv:1811.12359.
"""

import torch
from torch import Tensor

from genlab.metrics.arguments import whole
from genlab.metrics.images import as_real


def mutual_information_gap(codes: Tensor, factors: Tensor, *, bins: int = 20) -> float:
    """MIG, at most 1: the mean of `factor_gaps`.

    Args:
        codes: latent means, (N, K), K ≥ 2.
        factors: known factors, (N, F), whole numbers; each must take two values or more.
        bins: equal-width bins between the least and the greatest value of each code.
    """
    return factor_gaps(codes, factors, bins=bins).mean().item()


def factor_gaps(codes: Tensor, factors: Tensor, *, bins: int = 20) -> Tensor:
    """(I_1 - I_2) / H of each factor, (F,) in [0, 1]; see `mutual_information_gap`."""
    codes = as_real(codes, "codes")
    if codes.ndim == 2 and codes.shape[1] < 2:
        raise ValueError("a gap needs at least two latent dimensions, got 1")
    best = mutual_information(codes, factors, bins=bins).topk(2, dim=0).values
    entropy = factor_entropy(factors)
    constant = (entropy == 0).nonzero().flatten().tolist()
    if constant:
        raise ValueError(f"factors {constant} take one value only, there is nothing to know: leave them out")
    return (best[0] - best[1]) / entropy


def mutual_information(codes: Tensor, factors: Tensor, *, bins: int = 20) -> Tensor:
    """I(z_k; v_f) between every binned code and every factor, in nats: (K, F), float64."""
    codes, factors = _check(codes, factors)
    bins = whole(bins, "bins", 2)
    binned = _bin(codes, bins)
    return torch.stack([torch.stack([_information(z, v) for v in factors.T]) for z in binned.T])


def factor_entropy(factors: Tensor) -> Tensor:
    """H(v_f) of each factor as it occurs in the data, in nats: (F,), float64."""
    _, factors = _check(torch.zeros(len(factors), 1), factors)
    return torch.stack([_information(v, v) for v in factors.T])


def _bin(codes: Tensor, bins: int) -> Tensor:
    """Bin numbers 0 … bins - 1 within each column; a constant column is all in bin 0."""
    low, high = codes.min(0).values, codes.max(0).values
    width = torch.where(high > low, high - low, torch.ones_like(low))
    return ((codes - low) / width * bins).long().clamp(max=bins - 1)


def _information(a: Tensor, b: Tensor) -> Tensor:
    """Σ p(a, b) log p(a, b) / (p(a) p(b)) from counts of two columns of whole numbers ≥ 0."""
    rows, columns = int(a.max()) + 1, int(b.max()) + 1
    joint = torch.bincount(a * columns + b, minlength=rows * columns).view(rows, columns).double() / len(a)
    independent = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    seen = joint > 0
    return (joint[seen] * (joint[seen] / independent[seen]).log()).sum()


def _check(codes: Tensor, factors: Tensor) -> tuple[Tensor, Tensor]:
    codes, factors = as_real(codes, "codes"), torch.as_tensor(factors)
    if codes.ndim != 2 or factors.ndim != 2 or len(codes) != len(factors) or len(codes) < 2:
        raise ValueError("codes and factors must be (N, K) and (N, F) with one N ≥ 2, "
                         f"got {tuple(codes.shape)} and {tuple(factors.shape)}")
    if not codes.isfinite().all():
        raise ValueError("codes must be finite")
    if factors.is_floating_point() or factors.is_complex():
        raise ValueError(f"factors must be whole numbers, one for each value, got {factors.dtype}")
    values = [v.unique(return_inverse=True)[1] for v in factors.cpu().T]
    return codes.detach().cpu().double(), torch.stack(values, 1)
