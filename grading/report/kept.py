"""A batch that was graded, read again: the records of its class, and how it was made."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grading.assignment import Assignment
from grading.ingest.attempts import Student
from grading.ingest.classroom import Classroom, classroom
from grading.ingest.folder import Submission
from grading.ingest.names import Names
from grading.report.schema import RecordError, records
from grading.report.spreadsheet import cell, lines
from grading.report.store import Store, write

FILE = ".batch.json"


def class_records(out: Path) -> list[dict]:
    """The records of those whom marks.csv lists, in its order: who left the class is left out."""
    found = {cell(r["student"]): r for r in records(out)}
    marks = out / "marks.csv"
    if not marks.exists():
        return list(found.values())
    listed = [row[0] for _, row in lines(marks)][1:]
    return [found[student] for student in map(cell, listed) if student in found]


@dataclass(frozen=True)
class Origin:
    """What `genlab grade` was told, so that what it read can be read again.

    Args:
        place: the class's folder or zip.
        names: the map from files to students, if there was one.
        assignment: the text of its file; empty where the whole lesson counted.
    """

    place: str
    attempts: str = "last"
    layout: str = "auto"
    names: str = ""
    assignment: str = ""

    def keep(self, out: Path) -> None:
        write(out / FILE, json.dumps(vars(self), indent=1) + "\n")

    @classmethod
    def read(cls, out: Path) -> "Origin":
        try:
            return cls(**json.loads((out / FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise RecordError(f"{out} does not say which class was graded into it: "
                              "name the class by --submissions, or run `genlab grade` again") from error

    @contextmanager
    def opened(self, out: Path, place: Path | None = None) -> Iterator[Classroom]:
        """The class, from where it was or from `place`."""
        where = place or Path(self.place)
        if not where.exists():
            raise RecordError(f"{where} is not there any more: name the class by --submissions")
        names = Names.read(Path(self.names)) if self.names else None
        with classroom(where, layout=self.layout, names=names, leave_out=out) as room:
            yield room

    def counts(self) -> Assignment | None:
        return Assignment.parse(self.assignment, FILE) if self.assignment else None


def counted(student: Student, record: dict, policy: str) -> tuple[Submission, bytes] | None:
    """What was graded of a student, and its notebook, if that is still what was handed in."""
    for _, submission in student.task(policy).attempts:
        for _, data in submission.contents() if submission is not None else ():
            if isinstance(data, bytes) and hashlib.sha256(data).hexdigest() == record.get("content"):
                return submission, data
    return None


def rewrite(store: Store, changed: dict[str, dict]) -> list[dict]:
    """Saves the records that changed, by student, and marks.csv; the records of the class."""
    for record in changed.values():
        store.save(record)
    whole = class_records(store.out)
    store.table(whole)
    return whole
