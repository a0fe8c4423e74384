"""A mean with its standard error: how every measured number is given.

    x̄ = (1/n) Σ x_i,   error = s / √n,   s² = Σ (x_i - x̄)² / (n - 1)

in the unit of the x_i. The error supposes that they are independent; it says nothing of what all of them
share, such as the one training run behind them.
"""

import math
from typing import NamedTuple

from torch import Tensor

from genlab.metrics.images import as_real


class Estimate(NamedTuple):
    """A mean over n items and its standard error, s / √n."""

    value: float
    error: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.4g} ± {self.error:.2g} (n = {self.n})"


def estimate(values: Tensor) -> Estimate:
    """The mean of n numbers, (n,), with its standard error.

    Raises:
        ValueError: fewer than two numbers, or one that is not finite.
    """
    values = as_real(values, "values").cpu().double()
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"an error bar needs at least two numbers in a row, got shape {tuple(values.shape)}")
    bad = int((~values.isfinite()).sum())
    if bad:
        raise ValueError(f"{bad} of {len(values)} values are not finite: no mean can be given")
    return Estimate(values.mean().item(), values.std().item() / math.sqrt(len(values)), len(values))
