"""One file of a class with all that its place tells of it."""

from dataclasses import dataclass

from grading.ingest.found import Found


@dataclass(frozen=True)
class Piece:
    """One file with all that its place tells of it.

    Args:
        entry: the file or folder at the top of the class that it is, or is in.
        student: who it belongs to, before a map of names is asked.
        attempt: what is handed in together, among the student's.
        found: the file, by the name that the student gave it where that is known.
        number: of the attempt, from 1, where the platform tells.
        submitted: ISO 8601, where the platform tells: in UTC, or without a zone where it names none.
        late: what the platform says of it; None where it says nothing.
        who: what the platform calls the student: `lms`, `id`, `name`, `email`.
        notes: for staff.
    """

    entry: str
    student: str
    attempt: str
    found: Found
    number: int | None = None
    submitted: str | None = None
    late: bool | None = None
    who: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
