"""A class as it was handed in, from a folder or a zip to its students: the way in for all that reads one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grading.ingest.attempts import Student, students
from grading.ingest.folder import opened
from grading.ingest.layouts import pieces
from grading.ingest.names import Names

_NAMES = {"plain": "Names of files and folders", "nbgrader": "nbgrader's folders"}


@dataclass(frozen=True)
class Classroom:
    """The students, sorted, the layout that their names have, and those of the map who handed in nothing."""

    students: list[Student]
    layout: str
    absent: list[str]

    def __str__(self) -> str:
        attempts = sum(len(s.attempts) for s in self.students)
        read = _NAMES.get(self.layout, f"A download of {self.layout.capitalize()}")
        text = f"{read}: {_count(len(self.students), 'student')}"
        if attempts != len(self.students):
            text += f", {_count(attempts, 'attempt')}"
        if self.absent:
            text += (f". {_count(len(self.absent), 'student')} of the map handed in nothing: "
                     f"{', '.join(self.absent[:10])}" + (" and others" if len(self.absent) > 10 else ""))
        return text + "."


@contextmanager
def classroom(place: Path, *, layout: str = "auto", names: Names | None = None,
              leave_out: Path | None = None) -> Iterator[Classroom]:
    """Opens a class. `Student.task` reads notebooks as long as it is open.

    Ungradable if `place` is neither a folder nor a zip, MapError if a map does not fit.
    """
    with opened(place, leave_out=leave_out) as found:
        layout, parts = pieces(found, layout)
        people = students(names.apply(parts) if names else parts)
        yield Classroom(people, layout, names.absent(s.student for s in people) if names else [])


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
