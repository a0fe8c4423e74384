"""Putting marks into a platform's own table: who is who, what may be written, and a report of all the rest.

Nobody is guessed. A result goes into a row if exactly one row has its student and no other result has the
same row; whatever else there is gets a line in the report and leaves its cell as it was.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from grading.report.feedback import shown
from grading.report.sheet import Sheet, value, written

_NUMBERED = re.compile(r"(.*)_(\d+)", re.DOTALL)  # as genlab names students of Canvas and Moodle: NAME_ID
_LISTED = 25


@dataclass(frozen=True)
class Person:
    """A row of the table. id: the platform's own number; keys: whatever else names the student;
    group: with whom they hand in."""

    row: int
    name: str
    id: str
    keys: frozenset[str]
    group: str = ""


@dataclass
class Report:
    """What happened, as lines for the instructor."""

    filled: int = 0
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)

    def lines(self, table: str) -> list[str]:
        parts = ((f"changed in {table}", self.changed), ("left as they were", self.unchanged),
                 (f"graded, but not in {table}", self.unknown), ("not clear who this is", self.doubtful),
                 (f"in {table}, without a result", self.absent))
        found = []
        for title, entries in parts:
            more = [f"  and {len(entries) - _LISTED} more"] if len(entries) > _LISTED else []
            if entries:
                found += [f"{title} ({len(entries)}):", *(f"  {e}" for e in entries[:_LISTED]), *more]
        return found

    @property
    def misplaced(self) -> int:
        """Results that found no row."""
        return len(self.unknown) + len(self.doubtful)


def key(text: str) -> str:
    """A name or number as it is compared: without case, marks of width, and kinds of spaces."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(re.split(r"[\s_]+", folded.strip()))


def names(text: str) -> set[str]:
    """The ways of writing a name: `Lovelace, Ada` and `Ada Lovelace`."""
    last, comma, first = text.partition(",")
    return {key(text), key(f"{first} {last}")} if comma else {key(text)}


def match(records: Sequence[Mapping[str, Any]], people: Sequence[Person], report: Report,
          platform: str) -> list[tuple[Mapping[str, Any], Person]]:
    """The records whose student is exactly one person, with that person."""
    pairs = []
    for record in records:
        members = _members(record, people)
        if members:  # what a group handed in counts for all of it
            pairs += [(record, person) for person in members]
            continue
        found = [p for p in people if _same(record, p, platform)]
        if len(found) == 1:
            pairs.append((record, found[0]))
        elif found:
            who = " or ".join(shown(p.name, 60) for p in found)
            report.doubtful.append(f"{_who(record)} may be {who}")
        else:
            report.unknown.append(_who(record))
    times = Counter(person.row for _, person in pairs)
    taken = {person.row for _, person in pairs}
    report.absent += [shown(p.name, 60) for p in people if p.row not in taken]
    report.doubtful += [f"{_who(r)} and another result are both {shown(p.name, 60)}"
                        for r, p in pairs if times[p.row] > 1]
    return [(record, person) for record, person in pairs if times[person.row] == 1]


def _members(record: Mapping[str, Any], people: Sequence[Person]) -> list[Person]:
    called = {key(name) for name in (record["student"], (record.get("identity") or {}).get("name")) if name}
    return [p for p in people if p.group and key(p.group) in called]


def _same(record: Mapping[str, Any], person: Person, platform: str) -> bool:
    """By the platform's own number, if it handed the submission out; else by whatever names the student."""
    told, student = record.get("identity") or {}, record["student"]
    if platform == "brightspace" and told.get("lms") == platform:  # its number is in no gradebook
        return bool({key(student), key(told["name"])} & person.keys)
    if told.get("lms") == platform and told.get("id"):
        return told["id"] == person.id
    numbered = _NUMBERED.fullmatch(student)
    if numbered and person.id == numbered[2]:
        return True
    words = {key(word) for word in (student, told.get("id"), told.get("email")) if word}
    return bool(words & person.keys) or (bool(person.id) and student.strip() == person.id)


def _who(record: Mapping[str, Any]) -> str:
    return shown(record["student"], 60)


def fill(sheet: Sheet, column: int, pairs: Sequence[tuple[Mapping[str, Any], Person]], report: Report, *,
         comma: bool, maximum: Callable[[Person], float | None], locked: Callable[[Person], str],
         scale: bool, strict: bool = False) -> list[tuple[Mapping[str, Any], Person]]:
    """Writes the points of each record, scaled to the table's maximum if asked; the pairs that were written.

    `locked` tells why a cell may not be written. With `strict`, neither may more than the maximum be.
    """
    done = []
    for record, person in pairs:
        before, name = sheet.text(person.row, column), _who(record)
        most, why = maximum(person), locked(person)
        if record["points"] is None:
            why = why or ("not graded, by a fault of the grader" if record["status"] == "not graded"
                          else f"no mark: {shown(record['message'], 100)}")
        elif scale and (not most or not record["out_of"]):
            why = why or "there is no maximum to scale to"
        if why:
            report.unchanged.append(f"{name}: {why}")
            continue
        points = record["points"] * most / record["out_of"] if scale else record["points"]
        if strict and most is not None and points > most:
            report.unchanged.append(f"{name}: {points:g} is more than the maximum, {most:g}")
            continue
        text = written(points, comma)
        old = value(before)
        if before.strip() and (old is None or abs(old - points) > 0.005):
            report.changed.append(f"{name}: {shown(before.strip(), 20)} is now {text}")
        if old is None or abs(old - points) > 0.005:
            sheet.put(person.row, column, text)
        report.filled += 1
        done.append((record, person))
    return done


def totals(records: Sequence[Mapping[str, Any]], maximum: float | None, scale: bool) -> str:
    """A warning where the points of the class and the table's maximum differ, and nothing scales them."""
    worth = sorted({r["out_of"] for r in records if r["out_of"] is not None and r["points"] is not None})
    if scale or maximum is None or worth in ([], [maximum]):
        return ""
    said = ", ".join(f"{w:g}" for w in worth)
    return (f"note: results are out of {said}, the table is out of {maximum:g}; points are written as they "
            "are (--scale converts them)")


def finish(sheet: Sheet, report: Report, source: Path, out: Path, table: str) -> None:
    """Writes the filled table and says what was done; an error if a result found no row."""
    if out.exists() and out.samefile(source):
        raise click.ClickException(f"-o would overwrite {source}: choose another name and keep the export")
    for line in report.lines(table):
        click.echo(line)
    if not report.filled:
        raise click.ClickException("nothing was filled, so no file was written. Students are recognised by "
                                   "number, login, address or whole name: see `genlab grade --map`")
    temporary = out.with_name(f".{out.name}.tmp")
    try:
        temporary.write_bytes(sheet.to_bytes())
        temporary.replace(out)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
    click.echo(f"{report.filled} filled, in {out}")
    if report.misplaced:
        raise click.ClickException(f"{report.misplaced} not placed: see above. The rest is in {out}")
