"""One comparison at a time: what an answer returned against what was expected."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from grading.checks.exercise import Compare, Exercise, Values
from grading.checks.probing import RAISED
from grading.checks.runner import AFTER, FLAG, MODULE, NUMBERS

# Relative and absolute tolerance by the coarser of the two dtypes; an answer in half precision gets no more
# room than one in float32, else a wrong one could hide in it. That of float64 leaves room for an answer
# which computes in float32: its gradients with respect to the judge's inputs come back in float64.
TOLERANCE = {torch.float64: (1e-5, 1e-5), torch.float32: (1e-4, 1e-5), torch.bfloat16: (2e-2, 1e-2),
             torch.float16: (5e-3, 1e-3)}


@dataclass(frozen=True)
class Outcome:
    """passed; else why ("missing", "raised", "unrefused", "kind", "shape", "finite", "value") with the two numbers."""

    passed: bool
    why: str = ""
    measured: Any = None
    wanted: Any = None
    name: str = ""


def compare(rule: Compare, inputs: Values, got: Values, expected: Values, n: int) -> Outcome:
    """The first thing wrong with the values that `rule` names, simplest first."""
    got = {name: _floating(value, expected.get(name)) for name, value in got.items()}
    for name in rule.names:
        outcome = _form(name, got.get(name), expected[name])
        if not outcome.passed:
            return outcome
    if rule.test is not None:
        try:
            ok, measured, wanted = rule.test(inputs, got, expected, n)
        except Exception:
            rule.test(inputs, expected, expected, n)  # a law that fails on the right values is our fault
            return Outcome(False, "value", None, None, rule.names[0])
        return Outcome(bool(ok) and _finite(measured), "" if ok else "value", measured, wanted, rule.names[0])
    for name in rule.names:
        outcome = _equal(name, got[name], expected[name], rule.tolerance)
        if not outcome.passed:
            return outcome
    return Outcome(True)


def same(a: Values, b: Values, names, tolerance: float | None = None) -> bool:
    """Do two wrong answers agree in these values, shapes and non-numbers included?"""
    for name in names:
        x, y = a.get(name), b.get(name)
        if isinstance(x, Tensor) != isinstance(y, Tensor):
            return False
        if not isinstance(x, Tensor):
            if x != y:
                return False
        elif x.shape != y.shape or x.is_complex() or y.is_complex():
            return False
        elif not _close(_numbers(x), _numbers(y), tolerance, equal_nan=True).all():
            return False
    return True


def _numbers(x: Tensor) -> Tensor:
    """Infinities as NaN: two ways of leaving the numbers are the same mistake."""
    return x.double().masked_fill(~torch.isfinite(x), math.nan)


def describe(outcome: Outcome, it: str) -> str:
    """`elbo` gave 1.31, expected 0.87: never the whole tensor. `it` is what the student's code gave."""
    if outcome.why != "value" or outcome.measured is None:
        return ""
    gave = f"{it} gave" if it.startswith("`") and it.endswith("`") and " " not in it else f"{it} is"
    measured, wanted = _furthest(outcome.measured, outcome.wanted)
    return f"({gave} {_short(measured)}, expected {_short(wanted)})"


def same_state(got, wanted, *, relative: float = 0.0, absolute: float = 0.0) -> bool:
    """Is what was handed over as it was? Bit for bit, unless its numbers may have been rounded otherwise."""
    if not isinstance(got, Tensor) or not isinstance(wanted, Tensor) or got.shape != wanted.shape:
        return False
    if not relative and not absolute:
        return bool(((got == wanted) | ((got != got) & (wanted != wanted))).all())
    return bool(torch.isclose(got.double(), wanted.double(), rtol=relative, atol=absolute, equal_nan=True).all())


def unchanged(exercise: Exercise, draw: Any, got: Values) -> str:
    """The first argument that the answer changed in place; "" if all are as they were.

    What the probe handed over comes back in its final state: the hidden inputs (by the judge's own copy), and
    whatever the probe watches (by the state that a right answer leaves behind), as do PyTorch's own settings. A
    changed argument withholds half of the points: the numbers may be right, and whoever called the function is
    left with other data. `mutates` of the exercise names the arguments that an answer may change. A state that
    is missing counts as changed.
    """
    for key, wanted in draw.expected.items():
        label = key[len(AFTER):].rsplit("/", 1)[0] if key.startswith(AFTER) else ""
        if not label or label in exercise.mutates:
            continue
        own, kind = draw.sent.get(label), key.rsplit("/", 1)[1][0]
        if kind == MODULE:
            alike = same_state(got.get(key), wanted, relative=1e-4, absolute=1e-6)
        elif kind in (FLAG, NUMBERS):  # numbers that the probe derived, in another precision rounded otherwise
            relative, absolute = (1e-12, 0.0) if draw.sent is draw.inputs else (1e-5, 1e-6)
            alike = same_state(got.get(key), wanted, relative=relative, absolute=absolute)
        else:
            alike = same_state(got.get(key), own if isinstance(own, Tensor) else wanted)
        if not alike:
            return label
    return ""


def _floating(value, wanted):
    """Whole numbers and truth values where real ones are expected: 1 is as good as 1.0."""
    real = (isinstance(wanted, Tensor) and wanted.is_floating_point() and isinstance(value, Tensor)
            and value.shape == wanted.shape)  # of another shape it is refused, however large, as it is
    return value.double() if real and not value.is_floating_point() and not value.is_complex() else value


def _form(name: str, value, wanted) -> Outcome:
    if value is None:
        return Outcome(False, "missing", None, wanted, name)
    if isinstance(wanted, str) and wanted.startswith(RAISED) and value != wanted:
        told = value[:60] if isinstance(value, str) and value.startswith(RAISED) else "gave a value"
        return Outcome(False, "unrefused", told, wanted.removeprefix(RAISED), name)
    if isinstance(value, str) and value.startswith(RAISED) and not isinstance(wanted, str):
        return Outcome(False, "raised", value[:60], None, name)
    if isinstance(wanted, Tensor) != isinstance(value, Tensor):
        return Outcome(False, "kind", type(value).__name__, type(wanted).__name__, name)
    if isinstance(wanted, Tensor):
        if value.is_complex() != wanted.is_complex():
            return Outcome(False, "kind", str(value.dtype), str(wanted.dtype), name)
        if value.shape != wanted.shape:
            return Outcome(False, "shape", tuple(value.shape), tuple(wanted.shape), name)
        if not torch.isfinite(value).all() and torch.isfinite(wanted).all():
            return Outcome(False, "finite", None, None, name)
    return Outcome(True)


def _equal(name: str, value, wanted, tolerance: float | None) -> Outcome:
    if not isinstance(wanted, Tensor):
        if isinstance(wanted, str) or isinstance(value, str):
            ok = value == wanted
        else:
            ok = math.isclose(value, wanted, rel_tol=tolerance or 1e-6, abs_tol=1e-8)
        return Outcome(ok, "" if ok else "value", value, wanted, name)
    close = _close(value, wanted, tolerance)
    if close.all():
        return Outcome(True)
    gap = (value.double() - wanted.double()).abs().nan_to_num(nan=math.inf).flatten()
    worst = int(gap.masked_fill(close.flatten(), -1).argmax())
    return Outcome(False, "value", value.flatten()[worst].item(), wanted.flatten()[worst].item(), name)


def _close(value: Tensor, wanted: Tensor, tolerance: float | None, equal_nan: bool = False) -> Tensor:
    kinds = [wanted.dtype, torch.float64 if value.dtype == torch.float64 else torch.float32]
    relative, absolute = max(TOLERANCE.get(kind, (0, 0)) for kind in kinds)
    if tolerance is not None:
        absolute, relative = max(absolute, absolute * tolerance / relative), max(relative, tolerance)
    return torch.isclose(value.double(), wanted.double(), rtol=relative, atol=absolute, equal_nan=equal_nan)


def _finite(value) -> bool:
    if isinstance(value, Tensor):
        return bool(torch.isfinite(value).all())
    return not isinstance(value, float) or math.isfinite(value)


def _furthest(measured, wanted) -> tuple[Any, Any]:
    """Of several numbers those two that differ most, since the first of them may be right; anything else as it is."""
    tensors = isinstance(measured, Tensor) and isinstance(wanted, Tensor)
    if not tensors or measured.shape != wanted.shape or not measured.numel():
        return measured, wanted
    apart = (measured.flatten().double() - wanted.flatten().double()).abs().nan_to_num(math.inf, math.inf)
    return measured.flatten()[apart.argmax()], wanted.flatten()[apart.argmax()]


def _short(value) -> str:
    if isinstance(value, Tensor):
        value = value.flatten()[0].item() if value.numel() else "nothing"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
