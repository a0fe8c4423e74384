"""Points and comments by hand, kept beside the machine's verdicts and never in their place.

They live in `overrides.csv` in the folder of results, which a spreadsheet opens beside marks.csv:

    student,exercise,points,comment,by
    alice,vae-elbo,3,"The sign is a slip, shown at the board.",Dr Bo
    bob,,7,Two days late.,Dr Bo
    carol,vae-iwae,,Nicely vectorised.,Dr Bo

No exercise means the whole; no points means a comment alone. Grading and regrading read the file and leave
it as it is. A record keeps the machine's points and, under `override`, what stands here; `effective` is
what marks, feedback and exports say.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from grading.report.spreadsheet import TableError, cell, lines, table

FILE = "overrides.csv"
COLUMNS = ("student", "exercise", "points", "comment", "by")
_LONGEST = 4000  # characters of a comment


class OverrideError(ValueError):
    """Lines of overrides.csv that make no sense; the message names each of them."""


@dataclass(frozen=True)
class Override:
    """One line: for an exercise, or for the whole if `exercise` is empty."""

    student: str
    exercise: str = ""
    points: float | None = None
    comment: str = ""
    by: str = ""
    line: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """Two lines with the same key are about the same; names are compared as tables show them."""
        return cell(self.student), self.exercise

    def to_json(self) -> dict:
        return {"points": self.points, "comment": self.comment, "by": self.by}


def read(out: Path) -> list[Override]:
    """The lines of OUT/overrides.csv, none if there is no file; OverrideError names those that are wrong."""
    path = out / FILE
    if not path.exists():
        return []
    found: dict[tuple[str, str], Override] = {}
    header, bad = None, []
    try:
        for line, cells in lines(path):
            if header is None:
                header = _header(cells, path)
                continue
            try:
                override = _override(header, cells, line)
                if override.key in found:
                    raise ValueError(f"it repeats line {found[override.key].line}: keep one of them")
                found[override.key] = override
            except ValueError as error:
                bad.append(f"{FILE}, line {line}: {error}")
    except TableError as error:
        raise OverrideError(str(error)) from error
    if bad:
        raise OverrideError("; ".join(bad))
    return list(found.values())


def to_table(overrides: Iterable[Override]) -> str:
    """The text of overrides.csv."""
    return table([COLUMNS, *((o.student, o.exercise, o.points, o.comment, o.by) for o in overrides)])


def add(overrides: Sequence[Override], new: Override) -> list[Override]:
    """The new line in place of the one about the same, else at the end."""
    kept = [new if o.key == new.key else o for o in overrides]
    return kept if new in kept else [*kept, new]


def apply(records: Sequence[dict], overrides: Iterable[Override]) -> list[dict]:
    """The records with their part of the overrides under `override`; nothing else of them changes."""
    mine: dict[str, list[Override]] = {}
    for override in overrides:
        mine.setdefault(cell(override.student), []).append(override)
    return [record | {"override": _field(mine.get(cell(record["student"]), []),
                                         None if record["out_of"] is not None else _total(record, records))}
            for record in records]


def problems(records: Sequence[dict], overrides: Iterable[Override]) -> list[str]:
    """A sentence for each line that fits no student or no exercise, or whose points are out of range."""
    known = {cell(r["student"]): r for r in records}
    found = []
    for o in overrides:
        record = known.get(cell(o.student))
        complaint = _misfit(o, record, records) if record else \
            _unknown(o.student, [r["student"] for r in records], "student")
        if complaint:
            found.append((f"{FILE}, line {o.line}: " if o.line else "") + complaint)
    return found


def effective(record: dict) -> dict:
    """The record as marks, feedback and exports show it: points by hand win over the machine's.

    What was changed carries `machine_points`, in a verdict and in the whole. To do it twice changes nothing.
    """
    override = record.get("override")
    if not override:
        return record
    verdicts = [_changed(v, override["exercises"].get(v["id"])) for v in record["exercises"]]
    each = [v["points"] for v in verdicts]
    total = record["points"]
    if any("machine_points" in v for v in verdicts):
        total = None if None in each else round(sum(each), 6)
    total = total if override["points"] is None else override["points"]
    result = record | {"exercises": verdicts}
    if total == record["points"]:
        return result
    out_of = record["out_of"] if record["out_of"] is not None else override.get("out_of")
    return result | {"status": "graded", "points": total, "out_of": out_of,
                     "machine_points": record.get("machine_points", record["points"])}


def _changed(verdict: dict, by_hand: Mapping | None) -> dict:
    if by_hand is None or by_hand["points"] is None:
        return verdict
    return verdict | {"points": by_hand["points"],
                      "machine_points": verdict.get("machine_points", verdict["points"])}


def _field(mine: Sequence[Override], out_of: float | None) -> dict | None:
    if not mine:
        return None
    whole = next((o for o in mine if not o.exercise), Override(""))
    field = whole.to_json() | {"exercises": {o.exercise: o.to_json() for o in mine if o.exercise}}
    return field | ({"out_of": out_of} if out_of is not None else {})


def _total(record: dict, records: Sequence[dict]) -> float | None:
    """What the lesson of a notebook that could not be read is worth, as others of the class show it."""
    return max((r["out_of"] for r in records if r["out_of"] is not None and r["lesson"] == record["lesson"]),
               default=None)


def _misfit(o: Override, record: dict, records: Sequence[dict]) -> str:
    worth = {v["id"]: v["out_of"] for v in record["exercises"]}
    if o.exercise and not worth:
        return (f"{o.student}'s notebook is {record['status']}, so it has no exercises: give points for the "
                "whole and leave the exercise empty")
    if o.exercise and o.exercise not in worth:
        return _unknown(o.exercise, list(worth), "exercise")
    limit = worth[o.exercise] if o.exercise else record["out_of"]
    limit = _total(record, records) if limit is None else limit
    if o.points is not None and not 0 <= o.points <= (math.inf if limit is None else limit):
        what = o.exercise or "the whole"
        return f"{o.points:g} points for {what} of {o.student}: it has to be between 0 and {limit or 0:g}"
    return ""


def _unknown(name: str, known: Sequence[str], kind: str) -> str:
    near = get_close_matches(name, known, 3)
    return f"there is no {kind} {name!r}" + (f"; the nearest are {', '.join(near)}" if near else "")


def _header(cells: list[str], path: Path) -> list[str]:
    header = [c.lower() for c in cells]
    if set(header) - {*COLUMNS, ""} or "student" not in header or len(set(header)) != len(header):
        raise TableError(f"{path}: the first line has to be {','.join(COLUMNS)}, not {','.join(cells)}")
    return header


def _override(header: list[str], cells: list[str], line: int) -> Override:
    if any(cells[len(header):]):
        raise ValueError(f"{cells[len(header)]!r} stands beyond the last column: a comment that has commas "
                         "goes into quotes")
    row = dict.fromkeys(COLUMNS, "") | dict(zip(header, cells, strict=False))
    if not row["student"]:
        raise ValueError("it names no student")
    if not row["points"] and not row["comment"]:
        raise ValueError("it has neither points nor a comment")
    if len(row["comment"]) > _LONGEST:
        raise ValueError(f"the comment is longer than {_LONGEST} characters")
    return Override(row["student"], row["exercise"], number(row["points"]), row["comment"], row["by"], line)


def number(text: str) -> float | None:
    """Points as a spreadsheet writes them, with a decimal comma too; None for an empty cell."""
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"the points have to be a number, not {text!r}")
    return value
