"""One out of two: how often was it chosen, how sure is that, and could it be chance?

    Wilson   (p̂ + z²/2n ± z √(p̂(1-p̂)/n + z²/4n²)) / (1 + z²/n),   p̂ = wins / n

The interval stays within [0, 1] and has a width also where every answer was the same, which p̂ ± z √(p̂(1-p̂)/n)
has not. The test is exact: the probability, if every answer were a coin's, of a result that is no more
likely than the one seen. Both take the answers to be independent; many answers of few raters are not.

Wilson (1927), Probable inference, the law of succession, and statistical inference.
Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion, Statistical Science 16.
"""

import math
from statistics import NormalDist
from typing import NamedTuple

from genlab.metrics.arguments import whole


class Preference(NamedTuple):
    """Share of n choices that fell on one of two, its interval, and the p-value against chance."""

    rate: float
    low: float
    high: float
    p_value: float
    wins: int
    n: int

    def __str__(self) -> str:
        return (f"{self.wins} of {self.n}: {self.rate:.3g} in [{self.low:.3f}, {self.high:.3f}], "
                f"p = {self.p_value:.2g} against chance")


def preference(wins: int, n: int, *, level: float = 0.95, chance: float = 0.5) -> Preference:
    """Rate, Wilson interval and exact test together. Without answers: NaN, [0, 1] and 1.

    Raises:
        ValueError: wins beyond 0 … n, numbers that are not whole, or a level or chance outside (0, 1).
    """
    low, high = wilson_interval(wins, n, level=level)
    rate = wins / n if n else float("nan")
    return Preference(rate, low, high, binomial_p_value(wins, n, chance=chance), int(wins), int(n))


def wilson_interval(wins: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Interval for the probability behind `wins` of n independent choices; [0, 1] for n = 0."""
    _check(wins, n)
    z = quantile(level)
    if n == 0:
        return 0.0, 1.0
    rate, spread = wins / n, z * z / n
    middle = rate + spread / 2
    half = math.sqrt(spread * rate * (1 - rate) + spread * spread / 4)
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    return (0.0 if wins == 0 else low), (1.0 if wins == n else high)  # exactly, where rounding leaves 1e-17


def binomial_p_value(wins: int, n: int, *, chance: float = 0.5) -> float:
    """P(a result no more likely than `wins`) if each of n choices falls so with probability `chance`.

    Two-sided and exact; 1 for n = 0.
    """
    _check(wins, n)
    if not 0 < chance < 1:
        raise ValueError(f"chance must lie between 0 and 1, got {chance}")
    log_p = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
             + k * math.log(chance) + (n - k) * math.log1p(-chance) for k in range(int(n) + 1)]
    seen = log_p[int(wins)] + 1e-7  # results as likely as the one seen belong to it, up to rounding
    return min(1.0, math.fsum(math.exp(value) for value in log_p if value <= seen))


def quantile(level: float) -> float:
    """z of a two-sided normal interval: 1.96 for 0.95."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, such as 0.95, got {level}")
    return NormalDist().inv_cdf((1 + level) / 2)


def _check(wins: int, n: int) -> None:
    try:
        whole(n, "n", 0)
        whole(wins, "wins", 0, int(n))
    except ValueError:
        raise ValueError(f"wins and n must be whole numbers with 0 ≤ wins ≤ n, "
                         f"got {wins!r} and {n!r}") from None
