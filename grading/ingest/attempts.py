"""The students of a class and their attempts: what is graded, and which attempt counts."""

import hashlib
import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize

from grading.ingest.folder import Submission, contents
from grading.ingest.found import Found, marked, printable
from grading.ingest.piece import Piece

LATE = "Handed in late."
UNKNOWN = "When this was handed in is not known, so neither is whether it was late."
POLICIES = ("last", "best", "first")


@dataclass(frozen=True)
class Attempt:
    """What one student handed in at one time."""

    name: str
    found: tuple[Found, ...]
    number: int | None = None
    submitted: str | None = None
    late: bool | None = None

    def listing(self) -> dict:
        return {"attempt": self.number, "file": self.name, "submitted": self.submitted, "late": self.late}


@dataclass(frozen=True)
class Task:
    """All that a judge needs to grade one student, bytes included, so that it may work anywhere. Picklable.

    Args:
        student: whose.
        policy: which attempt counts, one of POLICIES.
        attempts: in the order of time, each with what was handed in if it may count.
        who: what the platform calls the student.
        notes: for staff.
    """

    student: str
    policy: str
    attempts: tuple[tuple[dict, Submission | None], ...]
    who: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """Changes whenever what counts, or the list of attempts, changes."""
        told = [self.policy if len(self.attempts) > 1 else "", self.who, self.notes]
        told += [(listing, submission and submission.fingerprint()) for listing, submission in self.attempts]
        return hashlib.sha256(json.dumps(told).encode(errors="replace")).hexdigest()

    @property
    def size(self) -> int:
        """Bytes that travel."""
        return sum(len(data) for _, s in self.attempts if s is not None for _, data in s.files)


@dataclass(frozen=True)
class Student:
    """Somebody who handed something in; nothing of it is read before `task`."""

    student: str
    attempts: tuple[Attempt, ...]  # in the order of time
    ties: tuple[int, ...] = ()  # places of attempts that may as well stand one place before
    who: tuple[tuple[str, str], ...] = ()

    def task(self, policy: str = "last") -> Task:
        """Reads what may count."""
        count = len(self.attempts)
        wanted = {"last": range(count - 1, count), "first": range(1), "best": range(count)}[policy]
        notes, attempts = [], []
        for place, attempt in enumerate(self.attempts):
            submission = None
            if place in wanted:
                held = contents(attempt.found)
                submission = held.submission(self.student, attempt.name)
                notes += held.refused if submission.files else []
            attempts.append((attempt.listing(), submission))
        notes += [f"It is not known whether {self.attempts[place].name} was handed in after "
                  f"{self.attempts[place - 1].name}: they are taken in the order of their names."
                  for place in self.ties]
        return Task(self.student, policy, tuple(attempts), self.who, tuple(notes))


def students(pieces: Sequence[Piece], *, mapped: bool = False) -> list[Student]:
    """Everybody who handed something in, by name. Students whose names look alike are told apart."""
    groups: dict[str, dict[str, list[Piece]]] = defaultdict(lambda: defaultdict(list))
    for piece in pieces:
        groups[piece.student][piece.attempt].append(piece)
    shown = defaultdict(list)
    for student in groups:
        shown[normalize("NFC", (printable(student) or "(no name)").casefold())].append(student)
    found = []
    for alike in shown.values():
        for student in alike:
            name = printable(student) or "(no name)"
            if len(alike) > 1:
                name = marked(name, student)
            found.append(_student(name, list(groups[student].values())))
    return sorted(found, key=lambda s: (s.student.casefold(), s.student))


def _student(name: str, attempts: Sequence[Sequence[Piece]]) -> Student:
    ordered = sorted(attempts, key=_order)
    keys = [_order(pieces)[:2] for pieces in ordered]
    ties = tuple(place for place in range(1, len(keys)) if keys[place] == keys[place - 1])
    return Student(name, tuple(map(_attempt, ordered)), ties, ordered[0][0].who)


def _order(pieces: Sequence[Piece]) -> tuple:
    """By time, then by the platform's number, then by name as people count: vae2 before vae10."""
    first = pieces[0]
    parts = re.split(r"(\d+)", os.path.splitext(first.entry)[0])
    natural = [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
    return first.submitted or "", first.number or 0, natural


def _attempt(pieces: Sequence[Piece]) -> Attempt:
    first = pieces[0]
    files = [piece.found for piece in pieces if piece.found.read is not None or piece.found.problem]
    name = files[0].name if len(files) == 1 and first.who else first.entry
    return Attempt(printable(name), tuple(piece.found for piece in pieces), first.number, first.submitted,
                   next((True for p in pieces if p.late), first.late))


def grade_student(task: Task, settings, grade: Callable[[Submission, object], dict]) -> dict:
    """The record of the attempt that counts, with all of them listed. Pure, like `grade`."""
    due = settings.assignment.due if settings.assignment is not None else None
    graded = list(_graded(task, settings, grade, due))
    records = [(place, record) for place, (_, record) in enumerate(graded) if record is not None]
    faults = [pair for pair in records if pair[1]["status"] == "not graded"]  # it might have been the best
    place, record = faults[0] if faults else max(records, key=lambda pair: (_worth(pair[1]), pair[0]))
    listed = [listing | {"counts": i == place, "status": r and r["status"], "points": r and r["points"]}
              for i, (listing, r) in enumerate(graded)]
    counts = graded[place][0]
    told = _told(task, place, sum(_worth(r) == _worth(record) for _, r in records))
    told_late = {True: [LATE], False: [], None: [UNKNOWN]}[counts["late"]]
    flags = [*task.notes, *told_late]
    return record | {"student": task.student, "fingerprint": task.fingerprint(),
                     **{key: counts[key] for key in ("attempt", "submitted", "late")},
                     "attempts": listed, "identity": dict(task.who),
                     "warnings": [*told, *record["warnings"]], "flags": [*record.get("flags", []), *flags]}


def _graded(task: Task, settings, grade, due) -> Iterator[tuple[dict, dict | None]]:
    for listing, submission in task.attempts:
        late = is_late(listing, due)
        yield listing | {"late": late}, None if submission is None else grade(submission, settings)


def is_late(listing: dict, due: datetime | None) -> bool | None:
    """By the platform or by the date; None where there is a date, and nobody to trust tells the time."""
    if listing["late"] or due is None:
        return bool(listing["late"])
    if listing["submitted"]:
        return _after(listing["submitted"], due)
    return listing["late"]


def dated_anew(record: dict, task: Task, due: datetime | None) -> dict:
    """A record that was kept, by the date of today."""
    late = [is_late(listing, due) for listing, _ in task.attempts]
    listed = [old | {"late": now} for old, now in zip(record["attempts"], late, strict=True)]
    counts = next((now for old, now in zip(listed, late, strict=True) if old["counts"]), record["late"])
    flags = [f for f in record["flags"] if f not in (LATE, UNKNOWN)]
    flags += {True: [LATE], False: [], None: [UNKNOWN]}[counts]
    return record | {"late": counts, "attempts": listed, "flags": flags}


def _after(submitted: str, due: datetime) -> bool:
    time = datetime.fromisoformat(submitted)  # without a zone: the platform's local time, as that of the date
    return due.tzinfo is not None and (time if time.tzinfo else time.replace(tzinfo=due.tzinfo)) > due


def _worth(record: dict) -> float:
    return -1.0 if record["points"] is None else record["points"]


def _told(task: Task, place: int, equal: int) -> list[str]:
    """What a student with several attempts is told; `equal` of them got the same points."""
    count = len(task.attempts)
    if count == 1:
        return []
    tie = f", and of {equal} with the same points the last" if task.policy == "best" and equal > 1 else ""
    return [f"This is attempt {place + 1} of {count}: the {task.policy} one counts{tie}."]


