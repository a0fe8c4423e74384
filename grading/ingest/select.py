"""Choosing what to run: the statements, in document order, on which the answers depend.

A cell that only checks, trains or draws is skipped, because nothing that an answer needs comes from
it. What a function uses is looked up when it is called, so it may stand below; what a statement uses
must stand above.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grading.checks.exercise import Exercise
from grading.ingest.depend import Closure
from grading.ingest.depend import names as bindings
from grading.ingest.match import find_answer
from grading.ingest.notebook import Notebook
from grading.ingest.order import out_of_order
from grading.ingest.typed import as_typed
from grading.ingest.units import units


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
    notebook = as_typed(notebook)
    found, broken = units(notebook.code)
    answers = {e.id: find_answer(e, found, broken, notebook) for e in exercises}
    names = {e.id: e.name for e in exercises}
    index = bindings(found)
    needs = {id: Closure(found, index).of(names[id], a.unit)
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
