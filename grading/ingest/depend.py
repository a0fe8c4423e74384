"""Which statements an answer depends on: the closure over names, in time that grows as their number does.

What a function uses is looked up when it is called, so it may stand below; what a statement uses must stand
above. Every name has its list of statements; of each stretch of such a list it is kept how far it was
followed already, so that none is followed twice, however many statements use the name.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from grading.ingest.units import Unit


@dataclass
class Name:
    """Places of the statements that concern a name, each list in order.

    bound: they bind it; certain: those of them that do so whenever they run; own: those that bind it to a
    function or a class (or import it); surely: both. changes: they change what it stands for.
    """

    bound: list[int] = field(default_factory=list)
    certain: list[int] = field(default_factory=list)
    own: list[int] = field(default_factory=list)
    surely: list[int] = field(default_factory=list)
    changes: list[int] = field(default_factory=list)


def names(found: Sequence[Unit]) -> dict[str, Name]:
    """For each name the statements that concern it."""
    index: dict[str, Name] = {}
    for i, unit in enumerate(found):
        for name in unit.binds:
            entry = index.setdefault(name, Name())
            entry.bound.append(i)
            if unit.certain:
                entry.certain.append(i)
            if unit.kind != "value":
                entry.own.append(i)
                if unit.certain:
                    entry.surely.append(i)
        for name in unit.mutates:
            index.setdefault(name, Name()).changes.append(i)
    for entry in index.values():
        if entry.changes and any(found[i].kind == "import" for i in entry.own):
            entry.changes = [i for i in entry.changes if _sets(found[i])]
    return index


class Closure:
    """The statements that one answer depends on: `Closure(found, index).of(name, unit)`."""

    def __init__(self, found: Sequence[Unit], index: dict[str, Name]):
        self.found, self.index = found, index
        self._ends = _ends(found)
        self._followed: dict[tuple, int] = {}

    def of(self, name: str, unit: int) -> set[int]:
        """The statements on which the answer `name`, defined by this unit, depends."""
        stack = [unit, *(i for i, u in enumerate(self.found) if u.star)]
        stack += self._changing(name, unit)
        chosen: set[int] = set()
        while stack:
            i = stack.pop()
            if i in chosen:
                continue
            chosen.add(i)
            for used in self.found[i].now & self.index.keys():
                stack += self._above(used, i)
            for used in self.found[i].later & self.index.keys():
                stack += self._anywhere(used, i)
        return chosen

    def _above(self, name: str, user: int) -> Iterable[int]:
        """What makes up the value of `name` when unit `user` runs: back to the last certain definition."""
        entry = self.index[name]
        start = _last(entry.certain, bisect_left(entry.certain, user))
        yield from self._new(("above", name, start), entry.bound, start, user)
        yield from self._new(("changes above", name, start), entry.changes, start + 1, user)

    def _anywhere(self, name: str, user: int) -> Iterable[int]:
        """What a function that stands in unit `user` finds under `name` when it is called.

        A later lesson cell may use the name of a student's function for a number, so definitions of
        functions win over values. Of values, those above the end of the user's cell win.
        """
        entry = self.index[name]
        own = [i for i in entry.own[:2] if i != user]
        if _last(entry.surely, len(entry.surely), user) >= 0:
            bound, certain, end = entry.own, entry.surely, len(self.found)
        else:
            bound, certain, end = entry.bound, entry.certain, self._ends[user]
            above = bisect_left(bound, end)
            if above == 0 or (above == 1 and bound[0] == user):  # nothing above: the first below
                below = next((i for i in bound[:2] if i != user), -1)
                end = below + 1
        last = _last(certain, bisect_left(certain, end), user)
        yield from self._new((id(bound), last), bound, last, end)
        yield from own[:1]  # a statement above may have called it
        yield from self._changing(name, last)

    def _changing(self, name: str, start: int) -> Iterable[int]:
        """Statements below the definition that change the object: `Model.forward = …`."""
        entry = self.index.get(name)
        if start < 0 or entry is None:
            return
        following = bisect_right(entry.certain, start)
        end = entry.certain[following] if following < len(entry.certain) else len(self.found)
        yield from self._new(("changes below", name, start), entry.changes, start + 1, end)

    def _new(self, stretch: tuple, places: list[int], first: int, end: int) -> list[int]:
        """Of the places from `first` to before `end`, those that were not yet followed on this stretch."""
        begin = max(bisect_left(places, first), self._followed.get(stretch, 0))
        stop = bisect_left(places, end)
        self._followed[stretch] = max(stop, begin)
        return places[begin:stop]


def _last(places: list[int], stop: int, but: int = -1) -> int:
    """The last of the first `stop` places that is not `but`; -1 if there is none."""
    if stop and places[stop - 1] == but:
        stop -= 1
    return places[stop - 1] if stop else -1


def _ends(found: Sequence[Unit]) -> list[int]:
    """For each statement the place behind the last one of its cell."""
    ends = list(range(1, len(found) + 1))
    for i in reversed(range(len(found) - 1)):
        if found[i].cell == found[i + 1].cell:
            ends[i] = ends[i + 1]
    return ends


def _sets(unit: Unit) -> bool:
    """Of the calls into a module (`plt.show()`), only those that set something are worth running."""
    return "=" in unit.source.split("(")[0] or ".set_" in unit.source
