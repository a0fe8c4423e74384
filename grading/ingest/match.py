"""Finding a lesson and its exercises in a notebook: by the names that it defines and by the first-line
marker `# Exercise vae-elbo`. Metadata decides nothing: editors drop it and students change it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from grading.checks.exercise import Exercise
from grading.ingest.magics import cell_magic
from grading.ingest.notebook import Notebook
from grading.ingest.units import Broken, Unit
from grading.lessons import LESSONS, Lesson

_MARKER = re.compile(r"\s*#+\s*Exercise\s+([A-Za-z0-9_-]+)", re.IGNORECASE)
_ABOVE = re.compile(r"[ \t]*(?:(?!#+\s*Exercise\s)[#%][^\n]*)?\n", re.IGNORECASE)  # `#@title`, `%%time`
_LESSON = re.compile(r"""^[ \t]*lesson[ \t]*=[ \t]*["']([\w./-]{1,80})["']""", re.MULTILINE)
_MAX_NAMES = 500
_RANK = {"own": 0, "import": 1, "value": 2}


@dataclass(frozen=True)
class Found:
    """Where an answer stands (index among the units), or the sentence that says why there is none."""

    unit: int | None
    missing: str = ""
    warning: str = ""


def marker(source: str) -> str:
    """The id in a cell's marker, its first line but for comments and magics; empty if it has none."""
    place = 0
    while above := _ABOVE.match(source, place):
        place = above.end()
    found = _MARKER.match(source, place)
    return found[1].lower() if found else ""


def find_lesson(notebook: Notebook) -> Lesson | None:
    """The lesson whose exercises the markers name most often; else the one that `lesson = …` names."""
    marks = [marker(cell.source) for cell in notebook.cells]
    votes = {name: sum(m in lesson.exercises for m in marks) for name, lesson in LESSONS.items()}
    best = max(votes, key=votes.get, default="")
    if best and votes[best]:
        return LESSONS[best]
    for cell in notebook.code:
        for name in _LESSON.findall(cell.source):
            if name in LESSONS:
                return LESSONS[name]
    return None


def find_answer(exercise: Exercise, units: list[Unit], broken: list[Broken], notebook: Notebook) -> Found:
    """The last definition of the exercise's name.

    Functions and classes written here win over imports, and those over values: a later cell may use
    the same name for a number. A cell under another exercise's marker counts only where no other does.
    """
    marks = {cell.number: marker(cell.source) for cell in notebook.cells}
    named = [i for i, unit in enumerate(units) if exercise.name in unit.binds]
    elsewhere = {cell for cell, mark in marks.items() if mark not in ("", exercise.id)}
    best = min((_RANK[units[i].kind] for i in named), default=0)
    ranked = [i for i in named if _RANK[units[i].kind] == best]
    candidates = [i for i in ranked if units[i].cell not in elsewhere] or ranked
    if not candidates:
        return Found(None, missing=_why_missing(exercise, units, broken, notebook, marks))
    last = candidates[-1]
    cells = list(dict.fromkeys(units[i].cell for i in candidates))
    warning = ""
    if len(cells) > 1:
        listed = ", ".join(map(str, cells))
        warning = f"`{exercise.name}` is defined in the cells {listed}: the last one counts."
    for cell in broken:
        if cell.cell > units[last].cell and _defines(exercise.name, cell.source):
            warning = (f"Cell {cell.cell} defines `{exercise.name}` again but is not Python "
                       f"({cell.message}): the definition in cell {units[last].cell} counts.")
    return Found(last, warning=warning)


def _why_missing(exercise: Exercise, units: list[Unit], broken: list[Broken], notebook: Notebook,
                 marks: dict[int, str]) -> str:
    here = [cell for cell in notebook.cells
            if marks[cell.number] == exercise.id or _defines(exercise.name, cell.source)]
    for cell in (b for b in broken if b.cell in {c.number for c in here}):
        where = f", line {cell.line}" if cell.line else ""
        return (f"The cell of this exercise (cell {cell.cell}{where}) is not Python: {cell.message}. "
                "Mend it until it runs in your notebook.")
    for cell in here:
        if not cell.code:
            return (f"The cell of this exercise (cell {cell.number}) is a text cell. Make it a code cell "
                    f"that defines `{exercise.defines}`.")
        if magic := cell_magic(cell.source):
            return (f"The cell of this exercise (cell {cell.number}) begins with %%{magic}, so that it "
                    "defines nothing in the notebook. Remove that line.")
    for cell in notebook.code:
        if _defines(exercise.name, cell.source, r"#[# \t]*"):
            return (f"The definition of `{exercise.name}` (cell {cell.number}) is commented out. Remove "
                    "the # at the beginning of its lines.")
    message = f"`{exercise.name}` was not found. Define `{exercise.defines}`."
    near = _near(exercise, units, marks)
    return f"{message} Your notebook defines `{near}`: did you mean that? Rename it." if near else message


def _near(exercise: Exercise, units: list[Unit], marks: dict[int, str]) -> str:
    """The likeliest other name for the answer: under its own marker, else spelt nearly alike."""
    here = [u for u in units if marks[u.cell] == exercise.id and u.kind == "own"]
    for pool in (_names(here), _names(u for u in units if u.kind == "own")):
        folded = {name.lower().replace("_", ""): name for name in reversed(pool)}
        near = get_close_matches(exercise.name.lower().replace("_", ""), folded, 1, 0.75)
        if near:
            return folded[near[0]]
    return _names(here)[-1] if here else ""


def _names(units: Iterable[Unit]) -> list[str]:
    return [n for unit in units for n in sorted(unit.binds) if len(n) <= 60][:_MAX_NAMES]


def _defines(name: str, source: str, prefix: str = "") -> bool:
    definition = rf"^[ \t]*+{prefix}(?:async\s+def|def|class)\s+{re.escape(name)}\b"
    return re.search(definition, source, re.MULTILINE) is not None
