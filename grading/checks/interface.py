"""Is an answer the kind of thing that its exercise asks for? Told apart from being wrong."""

import inspect
from typing import Any

from grading.checks.exercise import Failure


def interface(name: str, defines: str, answer: Any) -> Failure | None:
    """Why `answer` cannot be probed at all; None if it can."""
    wanted = "a class" if defines.startswith("class ") else "a function"
    if not callable(answer):
        return Failure("wrong type", f"`{name}` should be {wanted}, not {type(answer).__name__}")
    if (wanted == "a class") != inspect.isclass(answer):
        return Failure("wrong type", f"`{name}` should be {wanted}")
    if str(getattr(answer, "__module__", "")).split(".")[0] in ("genlab", "grading"):
        return Failure("wrong type", f"This `{name}` is genlab's own: write yours")
    return None
