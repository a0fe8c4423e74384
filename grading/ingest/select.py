"""Choosing what to run: the statements, in document order, on which the answers depend.

A cell that only checks, trains or draws is skipped, because nothing that an answer needs comes from
it. What a function uses is looked up when it is called, so it may stand below; what a statement uses
must stand above.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grading.exercise import Exercise
from grading.ingest.match import find_answer
from grading.ingest.notebook import Notebook
from grading.ingest.order import out_of_order
from grading.ingest.units import Unit, units


@dataclass(frozen=True)
class Piece:
    """One statement to run. `answers` are the names to keep as answers as soon as it has run, by id."""

    cell: int
    line: int
    source: str
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Selection:
    """What to run; for each exercise without an answer the reason; what staff and student should know.

    `needs` has, for each answer, the places among the pieces of those that it depends on.
    """

    pieces: tuple[Piece, ...]
    missing: Mapping[str, str]
    warnings: tuple[str, ...]
    needs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def needed(self, id: str) -> tuple[int, ...]:
        """The pieces, in order, that the answer to this exercise depends on."""
        return self.needs.get(id, ())


def select(notebook: Notebook, exercises: Sequence[Exercise]) -> Selection:
    """The statements on which the answers to these exercises depend."""
    found, broken = units(notebook.code)
    answers = {e.id: find_answer(e, found, broken, notebook) for e in exercises}
    names = {e.id: e.name for e in exercises}
    index, changes = _index(found)
    needs = {id: _closure(found, index, changes, names[id], a.unit)
             for id, a in answers.items() if a.unit is not None}
    chosen = sorted(set().union(*needs.values()))
    place = {unit: number for number, unit in enumerate(chosen)}
    kept: dict[int, dict[str, str]] = {}
    for id, answer in answers.items():
        if answer.unit is not None:
            kept.setdefault(answer.unit, {})[id] = names[id]
    pieces = tuple(Piece(found[i].cell, found[i].line, found[i].source, kept.get(i, {}))
                   for i in chosen)
    warnings = [a.warning for a in answers.values() if a.warning]
    warnings += [f"Cell {b.cell} is not Python ({b.message}) and was left out." for b in broken]
    warnings += out_of_order(found, index, chosen)
    return Selection(pieces, {id: a.missing for id, a in answers.items() if a.unit is None},
                     (*notebook.warnings, *warnings),
                     {id: tuple(sorted(place[i] for i in units)) for id, units in needs.items()})


def _index(found: list[Unit]) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """By name: the statements that bind it, and those that change what it stands for."""
    index: dict[str, list[int]] = {}
    changes: dict[str, list[int]] = {}
    for i, unit in enumerate(found):
        for name in unit.binds:
            index.setdefault(name, []).append(i)
        for name in unit.mutates:
            changes.setdefault(name, []).append(i)
    for name, places in changes.items():
        if any(found[i].kind == "import" for i in index.get(name, ())):
            changes[name] = [i for i in places if _sets(found[i])]
    return index, changes


def _closure(found: list[Unit], index: dict, changes: dict, name: str, unit: int) -> set[int]:
    """The statements on which the answer `name`, defined by this unit, depends."""
    stack = [unit, *(i for i, u in enumerate(found) if u.star),
             *_changing(found, index, changes, name, unit)]
    chosen: set[int] = set()
    while stack:
        i = stack.pop()
        if i in chosen:
            continue
        chosen.add(i)
        for name in found[i].now:
            stack += _above(found, index, changes, name, i)
        for name in found[i].later:
            stack += _anywhere(found, index, changes, name, i)
    return chosen


def _above(found: list[Unit], index: dict, changes: dict, name: str, user: int) -> list[int]:
    """What makes up the value of `name` when unit `user` runs: back to the last certain definition."""
    bound = [i for i in index.get(name, ()) if i < user]
    start = next((i for i in reversed(bound) if found[i].certain), -1)
    return [i for i in bound if i >= start] + [
        i for i in changes.get(name, ()) if start < i < user]


def _anywhere(found: list[Unit], index: dict, changes: dict, name: str, user: int) -> list[int]:
    """What a function that stands in unit `user` finds under `name` when it is called.

    A later lesson cell may use the name of a student's function for a number, so definitions of
    functions win over values. Of values, those above the end of the user's cell win.
    """
    bound = [i for i in index.get(name, ()) if i != user]
    callables = [i for i in bound if found[i].kind != "value"]
    if any(found[i].certain for i in callables):
        bound = callables
    else:
        above = [i for i in bound if i < user or found[i].cell == found[user].cell]
        bound = above or bound[:1]
    last = next((i for i in reversed(bound) if found[i].certain), -1)
    kept = [i for i in bound if i >= last]
    first = callables[:1]  # a statement above may have called it
    return sorted({*kept, *first, *_changing(found, index, changes, name, last)})


def _changing(found: list[Unit], index: dict, changes: dict, name: str, start: int) -> list[int]:
    """Statements below the definition that change the object: `Model.forward = …`."""
    if start < 0:
        return []
    end = next((i for i in index.get(name, ()) if i > start and found[i].certain), len(found))
    return [i for i in changes.get(name, ()) if start < i < end]


def _sets(unit: Unit) -> bool:
    """Of the calls into a module (`plt.show()`), only those that set something are worth running."""
    return "=" in unit.source.split("(")[0] or ".set_" in unit.source
