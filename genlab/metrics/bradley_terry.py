"""Bradley-Terry: one strength for each model, from comparisons of two at a time.

    P(i is chosen over j) = σ(θ_i - θ_j),   Σ θ_i = 0

fitted by maximum likelihood. Each model's interval comes from the inverse information, a Laplacian of the
comparisons whose null direction (all strengths up by the same) the sum removes. 400 θ / ln 10 is an Elo
rating. The intervals are those of independent answers; where a few raters gave many answers each,
`bradley_terry_by_rater` draws raters instead, and its intervals are wider.

The maximum exists only if every model, through others if need be, both won and lost against every other.
If one never lost, its strength is infinite; `prior` adds that many imagined wins and losses to every pair,
which keeps strengths finite and pulls them together.

Bradley and Terry (1952), Rank analysis of incomplete block designs, Biometrika 39.
Ford (1957), Solution of a ranking problem from binary comparisons (when the maximum exists).
Hunter (2004), MM algorithms for generalized Bradley-Terry models, Annals of Statistics 32.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from genlab.metrics.estimate import Estimate
from genlab.metrics.preference import quantile
from genlab.random import randint


class Ranking(NamedTuple):
    """Strengths θ (K,) that sum to 0, in the order of `names`, with their covariance (K, K).

    `n` comparisons (ties counted once) and the `prior` that was added to them.
    """

    names: tuple[str, ...]
    strengths: Tensor
    covariance: Tensor
    n: float
    prior: float

    def order(self) -> list[str]:
        """Names, the strongest first."""
        return [self.names[i] for i in self.strengths.argsort(descending=True, stable=True).tolist()]

    def interval(self, name: str, *, level: float = 0.95) -> tuple[float, float]:
        """Interval for the strength of one model relative to the mean of all."""
        i = self._index(name)
        half = quantile(level) * self.covariance[i, i].clamp(min=0).sqrt().item()
        return self.strengths[i].item() - half, self.strengths[i].item() + half

    def difference(self, a: str, b: str) -> Estimate:
        """θ_a - θ_b with its standard error: read here, not from two intervals, whether models differ."""
        i, j = self._index(a), self._index(b)
        variance = self.covariance[i, i] + self.covariance[j, j] - 2 * self.covariance[i, j]
        return Estimate((self.strengths[i] - self.strengths[j]).item(), variance.clamp(min=0).sqrt().item(),
                        int(self.n))

    def probability(self, a: str, b: str) -> float:
        """P(a is chosen over b)."""
        return 1 / (1 + math.exp(-self.difference(a, b).value))

    def __str__(self) -> str:
        width = max(map(len, self.names))
        lines = [f"{name:<{width}}  {self.strengths[self._index(name)].item():+.2f}  "
                 "[{:+.2f}, {:+.2f}]".format(*self.interval(name)) for name in self.order()]
        note = f", with {self.prior:g} imagined wins and losses added to each pair" if self.prior else ""
        return "\n".join([*lines, f"strengths with 95 % intervals from {self.n:g} comparisons{note}"])

    def _index(self, name: str) -> int:
        if name not in self.names:
            raise KeyError(f"no model is called {name!r}: there are {', '.join(self.names)}")
        return self.names.index(name)


def bradley_terry(wins: Tensor, *, names: Sequence[str] | None = None, prior: float = 0.0) -> Ranking:
    """Maximum likelihood strengths of K models.

    Args:
        wins: (K, K); wins[i, j] counts how often i was chosen over j. A tie is half a win for both.
        names: of the models; by default "0", "1", …
        prior: imagined wins of every model over every other, such as 0.5.

    Raises:
        ValueError: the comparisons do not determine finite strengths; it says which and what to do.
    """
    wins = _check(wins)
    names = tuple(map(str, range(len(wins)) if names is None else names))
    if len(names) != len(wins) or len(set(names)) != len(names):
        raise ValueError(f"names must be {len(wins)} different words, got {names}")
    if not 0 <= prior < math.inf:
        raise ValueError(f"prior must be a finite number, 0 or more, got {prior}")
    if prior == 0:
        _check_determined(wins, names)
    counts = wins + prior * (1 - torch.eye(len(wins), dtype=torch.float64))
    strengths = _maximise(counts)
    return Ranking(names, strengths, _inverse(_information(counts, strengths)), wins.sum().item(), prior)


def bradley_terry_by_rater(wins: Tensor, *, names: Sequence[str] | None = None, prior: float = 0.5,
                           draws: int = 500, rng: torch.Generator | None = None) -> Ranking:
    """The ranking of all answers, with the covariance of strengths between bootstrap draws of raters.

    Args:
        wins: (R, K, K), one table for each of R ≥ 2 raters; see `bradley_terry`.
        prior: above 0, because a draw may hold no loss of some model.
        draws: how often R raters are drawn, with replacement.
    """
    tables = torch.as_tensor(wins).detach().cpu().double()
    if tables.ndim != 3 or len(tables) < 2:
        raise ValueError(f"wins must be (raters, K, K) with two raters or more, got {tuple(tables.shape)}")
    if not 0 < prior < math.inf or draws < 2:
        raise ValueError(f"needs prior > 0 and draws ≥ 2, got {prior} and {draws}")
    rng = torch.Generator().manual_seed(0) if rng is None else rng
    whole = bradley_terry(tables.sum(0), names=names, prior=prior)
    picks = randint(0, len(tables), (draws, len(tables)), rng=rng).cpu()
    strengths = torch.stack([bradley_terry(tables[pick].sum(0), prior=prior).strengths for pick in picks])
    return whole._replace(covariance=torch.cov(strengths.T))


def _check(wins: Tensor) -> Tensor:
    wins = torch.as_tensor(wins).detach().cpu().double()
    if wins.ndim != 2 or wins.shape[0] != wins.shape[1] or len(wins) < 2:
        raise ValueError(f"wins must be (K, K) with K ≥ 2, got {tuple(wins.shape)}")
    if not wins.isfinite().all() or (wins < 0).any() or wins.diagonal().any():
        raise ValueError("wins must be counts ≥ 0 with zeros on the diagonal: no model meets itself")
    return wins


def is_connected(wins: Tensor) -> bool:
    """Whether every model was compared with every other, directly or through others."""
    return bool(_closure((wins + wins.T) > 0).all())


def _check_determined(wins: Tensor, names: tuple[str, ...]) -> None:
    """Ford's condition: from every model a chain of wins leads to every other."""
    chains = _closure(wins > 0)
    if not is_connected(wins):
        linked = _closure((wins + wins.T) > 0)[0]
        apart = [name for name, link in zip(names, linked, strict=True) if not link]
        raise ValueError(f"{', '.join(apart)} was never compared with {names[0]}, not even through others: "
                         "there is no common scale. Compare them, or pass prior=0.5 and say so")
    if not chains.all():
        top = (chains | ~chains.T).all(1)  # reaches whoever reaches it: never lost to the rest
        winners = [name for name, best in zip(names, top, strict=True) if best]
        rest = [name for name in names if name not in winners]
        raise ValueError(f"{', '.join(winners)} never lost to {', '.join(rest)}: the difference of their "
                         "strengths is infinite. Ask more, or pass prior=0.5 and say so")


def _closure(edges: Tensor) -> Tensor:
    """Which nodes are reached from which, (K, K) bool; each from itself."""
    reached = edges | torch.eye(len(edges), dtype=torch.bool)
    for middle in range(len(edges)):
        reached |= reached[:, middle, None] & reached[None, middle]
    return reached


def _maximise(wins: Tensor) -> Tensor:
    """Newton's method, with steps halved until the likelihood rises; the problem is concave."""
    strengths, value = wins.new_zeros(len(wins)), _log_likelihood(wins, wins.new_zeros(len(wins)))
    for _ in range(100):
        chosen = torch.sigmoid(strengths[:, None] - strengths[None])
        gradient = (wins - (wins + wins.T) * chosen).sum(1)
        step = _inverse(_information(wins, strengths)) @ gradient
        while (after := _log_likelihood(wins, strengths + step)) < value and step.abs().max() > 1e-12:
            step = step / 2
        strengths, value = strengths + step, max(value, after)
        if step.abs().max() < 1e-10:
            break
    return strengths - strengths.mean()


def _log_likelihood(wins: Tensor, strengths: Tensor) -> float:
    return (wins * torch.nn.functional.logsigmoid(strengths[:, None] - strengths[None])).sum().item()


def _information(wins: Tensor, strengths: Tensor) -> Tensor:
    """Laplacian with weights n_ij σ(θ_i - θ_j) σ(θ_j - θ_i)."""
    chosen = torch.sigmoid(strengths[:, None] - strengths[None])
    weights = (wins + wins.T) * chosen * chosen.T
    return weights.sum(1).diag() - weights


def _inverse(laplacian: Tensor) -> Tensor:
    """Pseudo-inverse: the ones that are added fill the null direction, and are taken out again."""
    ones = torch.full_like(laplacian, 1 / len(laplacian))
    return torch.linalg.inv(laplacian + ones) - ones
