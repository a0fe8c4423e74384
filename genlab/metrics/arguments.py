"""Whole numbers that metrics take: how many samples, neighbours, draws."""

import operator
from typing import Any


def whole(value: Any, name: str, least: int, most: int | None = None, *, why: str = "") -> int:
    """The value as an int; a truncated 10.5 or a truth value would be another question than was asked.

    Raises:
        ValueError: no whole number, or one outside least … most; `why` says what sets these limits.
    """
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    try:
        number = operator.index(number)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < least or (most is not None and number > most):
        span = f"of {least} or more" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} must be a whole number {span}{why and f', {why}'}, got {value!r}")
    return number
