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
from unicodedata import normalize

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
        return alike(self.student), self.exercise

    def to_json(self) -> dict:
        return {"points": self.points, "comment": self.comment, "by": self.by}


def alike(student: str) -> str:
    """A name as it is compared: as tables show it, composed, without case. No two students differ in case."""
    return normalize("NFC", cell(normalize("NFC", student)).casefold())


def read(out: Path) -> list[Override]:
    """The lines of OUT/overrides.csv, none if there is no file; OverrideError names those that are wrong."""
    path = out / FILE
    if not path.exists():
        return []
    if not path.is_file():
        raise OverrideError(f"{path} is not a regular file: put a table in its place, or take it away")
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


def apply(records: Sequence[dict], overrides: Iterable[Override], anew: Override | None = None) -> list[dict]:
    """The records with their part of the overrides under `override`; nothing else of them changes.

    Each line belongs to the notebook that was there when it was first taken over, by `content`; `anew` is
    given for the one that is there now.
    """
    mine: dict[str, list[Override]] = {}
    for override in overrides:
        mine.setdefault(alike(override.student), []).append(override)
    return [record | {"override": _field(mine.get(alike(record["student"]), []), record,
                                         None if record["out_of"] is not None else _total(record, records),
                                         anew)}
            for record in records]


def asked(records: Iterable[dict]) -> list[str]:
    """A question for each line that was given for another notebook than the one that is there now."""
    found = []
    for record in records:
        override = record.get("override") or {}
        lines = {"": override, **override.get("exercises", {})}
        for id, line in lines.items():
            if line and line["points"] is not None and _waits(line, record):
                now = next((v["points"] for v in record["exercises"] if v["id"] == id), record["points"])
                mark = "no mark" if now is None else f"{now:g}"
                which = f" --exercise {id}" if id else ""
                what = f"{line['points']:g} for {id or 'the whole'}"
                found.append(f"{record['student']}: {what} was set by hand"
                             f" for an earlier file; the machine gives {mark} for the one of now: "
                             "it stands. To set it again: genlab override OUT --student "
                             f"{record['student']!r}{which} --points N; else delete the line in {FILE}.")
    return found


def _waits(line: Mapping, record: Mapping) -> bool:
    return line.get("content") is not None and line["content"] != _content(record)


def _content(record: Mapping) -> str:
    return record.get("content") or ""


def _current(override: dict, record: dict) -> dict:
    """What of the overrides was given for this notebook."""
    silent = {"points": None, "comment": ""}
    exercises = {id: line for id, line in override["exercises"].items() if not _waits(line, record)}
    return override | (silent if _waits(override, record) else {}) | {"exercises": exercises}


def problems(records: Sequence[dict], overrides: Iterable[Override]) -> list[str]:
    """A sentence for each line that fits no student or no exercise, or whose points are out of range."""
    known = {alike(r["student"]): r for r in records}
    found: list[str] = []
    for o in overrides:
        record = known.get(alike(o.student))
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
    override = _current(override, record)
    record = record | {"override": override}
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


def _field(mine: Sequence[Override], record: Mapping, out_of: float | None,
           anew: Override | None) -> dict | None:
    if not mine:
        return None
    before = record.get("override") or {"exercises": {}}
    bound = {}
    for o in (next((o for o in mine if not o.exercise), Override("")), *mine):
        old = before if not o.exercise else before["exercises"].get(o.exercise, {})
        same = o != anew and all(old.get(key) == value for key, value in o.to_json().items())
        content = old.get("content") if same else None
        content = _content(record) if content is None else content
        bound.setdefault(o.exercise, o.to_json() | {"content": content})
    field = bound.pop("") | {"exercises": bound}
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


def early(students: Iterable[str], overrides: Iterable[Override]) -> list[str]:
    """What is wrong already before anything is graded: nobody of that name, or points below 0."""
    names = list(students)
    known = set(map(alike, names))
    found = []
    for o in overrides:
        if alike(o.student) not in known:
            found.append(f"{FILE}, line {o.line}: " + _unknown(o.student, names, "student"))
        elif o.points is not None and o.points < 0:
            found.append(f"{FILE}, line {o.line}: {o.points:g} points: it has to be 0 or more")
    return found


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
