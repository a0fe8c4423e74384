"""Does an answer call what its exercise withholds? `check` says so at once, as grading will refuse it.

In a worker the withheld names raise; in the notebook genlab is whole, so the calls are watched instead.
"""

import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from types import CodeType
from typing import Any


def called(withheld: Iterable[str], action: Callable[[], Any]) -> list[str]:
    """The withheld names (dotted) whose code runs while `action` does, in the order of their first call."""
    codes = {code: name for name in withheld for code in _codes(name)}
    seen: dict[str, None] = {}

    def look(frame, event, _):
        if event == "call" and frame.f_code in codes:
            seen.setdefault(codes[frame.f_code])

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        action()
    finally:
        sys.setprofile(before)
    return list(seen)


def _codes(name: str) -> Iterable[CodeType]:
    """The code of a function or method, or of all methods of a class; none for a name that is not there."""
    value = _find(name)
    members = vars(value).values() if isinstance(value, type) else [value]
    for member in members:
        member = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        while hasattr(member, "__wrapped__"):
            member = member.__wrapped__
        if isinstance(getattr(member, "__code__", None), CodeType):
            yield member.__code__


def _find(name: str) -> Any:
    """The object with this dotted name: a module's, or a member of a class; None where there is none."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            value = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            value = getattr(value, part, None)
        return value
    return None
