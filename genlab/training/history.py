"""What a training run has to tell: the parts of the loss at every step."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn


@dataclass(repr=False)
class History:
    """One number per step for each part of the loss: `history["loss"]`, `history.steps`, `history.last(100)`.

    Attributes:
        values: for each name its numbers, one for each step; a part that was absent from a step is NaN there.
        seconds: time spent, over all runs that a checkpoint joins.
        cpu_seconds: the same as processor time of all threads, which a busy machine does not lengthen.
        interrupted: whether the run was stopped by hand before its last step.
        ema: the model with averaged weights, or None.
    """

    values: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    interrupted: bool = False
    ema: nn.Module | None = None

    @property
    def names(self) -> list[str]:
        """The parts of the loss, "loss" itself among them."""
        return list(self.values)

    @property
    def losses(self) -> list[str]:
        """Those parts that are minimised: "loss", or one that ends in "_loss" for each of two players."""
        return [name for name in self.values if _is_loss(name)]

    @property
    def steps(self) -> list[int]:
        """1, 2, … up to the last step."""
        return list(range(1, len(self) + 1))

    def __len__(self) -> int:
        return len(next(iter(self.values.values()), ()))

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.values:
            raise KeyError(f"no {name!r} in this history: it has {', '.join(self.values) or 'nothing yet'}")
        return self.values[name]

    def last(self, k: int = 100, name: str = "loss") -> float:
        """Mean of the last k numbers, which is smoother than the last one."""
        numbers = [number for number in self[name][-k:] if not math.isnan(number)]
        return math.fsum(numbers) / len(numbers) if numbers else math.nan

    def finite(self, parts: Mapping[str, Tensor]) -> dict[str, float]:
        """The parts as numbers.

        Raises:
            FloatingPointError: a loss is infinite or not a number.
        """
        # Stacked, so that a GPU is waited for once.
        numbers = torch.stack([part.detach().float() for part in parts.values()]).tolist()
        named = dict(zip(parts, numbers, strict=True))
        for name, number in named.items():
            if _is_loss(name) and not math.isfinite(number):
                raise FloatingPointError(f"the {name} became {number} at step {len(self) + 1}: lower the "
                                         "learning rate, clip the gradient (clip=1.0), look in the loss "
                                         "for log(0) and exp of large numbers, and in the batch for NaN")
        return named

    def append(self, numbers: Mapping[str, float], *, seconds: float, cpu_seconds: float) -> None:
        """Add one step."""
        done = len(self)
        for name in {**self.values, **numbers}:
            column = self.values.setdefault(name, [math.nan] * done)
            column.append(numbers.get(name, math.nan))
        self.seconds, self.cpu_seconds = seconds, cpu_seconds

    def state_dict(self) -> dict[str, object]:
        """Numbers and time, for a checkpoint."""
        columns = {name: torch.tensor(column, dtype=torch.float64) for name, column in self.values.items()}
        return {"values": columns, "seconds": self.seconds, "cpu_seconds": self.cpu_seconds}

    def load_state_dict(self, state: dict[str, object]) -> None:
        """Go on from another history's numbers and time."""
        self.values = {name: column.tolist() for name, column in state["values"].items()}
        self.seconds, self.cpu_seconds = state["seconds"], state.get("cpu_seconds", 0.0)

    def __repr__(self) -> str:
        if not len(self):
            return "History(no steps yet)"
        end = ", interrupted" if self.interrupted else ""
        losses = ", ".join(f"{name} {self.last(name=name):.4g}" for name in self.losses)
        return f"History({len(self)} steps, {losses}, {self.seconds:.0f} s{end})"


def _is_loss(name: str) -> bool:
    return name == "loss" or name.endswith("_loss")
