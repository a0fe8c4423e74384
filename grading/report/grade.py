"""Grading one submission: a pure function from what was handed in to a record of plain data.

It never raises. What is wrong with a submission is a status and a sentence; what is wrong with the
grader is a null that nobody mistakes for a 0.
"""

import hashlib
import hmac
import json
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import genlab
from grading.assignment import Assignment
from grading.ingest.folder import Submission, printable
from grading.ingest.match import find_lesson
from grading.ingest.notebook import Notebook, Ungradable, parse
from grading.lessons import LESSONS, Lesson
from grading.sandbox.isolation import AUTO
from grading.sandbox.start import Connection, connect
from grading.sandbox.terms import Limits

FORMAT = 2
NOT_RUN = "no code was run"
FAULT = "Could not be graded: a fault of the grader ({})."
_ATTEMPTS = 2  # faults of the grader are tried once more


@dataclass(frozen=True)
class Settings:
    """What a batch has in common: its secret, the lesson if it was named, else the one of its notebooks.

    An assignment says which exercises of its lesson count, and what they are worth. `isolation` is the tier
    that is asked for: a worker that cannot have it is a fault of the grader, never one with fewer walls.
    """

    secret: bytes = field(repr=False)
    lesson: str = ""
    fallback: str = ""
    limits: Limits = field(default_factory=Limits)
    connect: Callable[[frozenset[str], str], Connection] = connect
    assignment: Assignment | None = None
    isolation: str = AUTO

    def __post_init__(self):
        if self.assignment is not None:
            if self.lesson not in ("", self.assignment.lesson):
                raise ValueError(f"the assignment is on {self.assignment.lesson}, not on {self.lesson}")
            object.__setattr__(self, "lesson", self.assignment.lesson)


def grade_one(submission: Submission, settings: Settings) -> dict:
    """The record of one submission."""
    from grading.report.marking import graded  # here: who only hands out work does not wait for torch

    start = time.monotonic()
    record = {"format": FORMAT, "student": submission.student, "file": printable(submission.name),
              "fingerprint": "", "lesson": settings.lesson or settings.fallback,
              "assignment": settings.assignment.name if settings.assignment else None, "status": "not graded",
              "message": "", "points": None, "out_of": None, "exercises": [], "warnings": [],
              "flags": [], "isolation": NOT_RUN, "walls": [], "genlab": genlab.__version__,
              "attempt": None, "submitted": None, "override": None}
    for _ in range(_ATTEMPTS):
        try:
            record |= {"fingerprint": submission.fingerprint()}
            record |= {"status": "graded", "message": ""} | graded(submission, settings)
        except Ungradable as error:
            record |= {"status": "ungradable", "message": str(error)}
        except Exception as error:
            record |= fault(error)
        if record["status"] != "not graded":
            break
    record |= {"seconds": round(time.monotonic() - start, 3)}
    return json.loads(json.dumps(record))  # plain data, as it will be read again


def fault(error: BaseException) -> dict:
    """The part of a record that says that the grader, not the submission, has failed."""
    return {"status": "not graded", "points": None, "message": FAULT.format(type(error).__name__),
            "fault": "".join(traceback.format_exception(error))[-4000:]}


def seed(secret: bytes, content: str, purpose: str) -> bytes:
    """The seed of one submission and exercise: the same for the same content and secret, else unguessable."""
    return hmac.new(secret, f"{content}/{purpose}".encode(), hashlib.sha256).digest()


def choose(submission: Submission, wanted: str, fallback: str) -> tuple[Notebook, Lesson, str]:
    """The notebook to grade, its lesson, and the hash of its bytes."""
    if submission.problem:
        raise Ungradable(submission.problem)
    read, problems = [], []
    for name, data in submission.contents():
        try:
            if isinstance(data, Ungradable):
                raise data
            notebook = parse(data)
        except Ungradable as error:
            problems.append(error)
            continue
        read.append((notebook, find_lesson(notebook), hashlib.sha256(data).hexdigest(), name))
    if not read:
        raise problems[0]
    fitting = [r for r in read if r[1] is not None and wanted in ("", r[1].name)]
    assumed = wanted or fallback
    if not fitting and len(read) == 1 and read[0][1] is None and assumed:  # an empty file, say
        fitting = [(read[0][0], LESSONS[assumed], *read[0][2:])]
    if len(fitting) != 1:
        raise Ungradable(_which(read, fitting, wanted))
    return fitting[0][0], fitting[0][1], fitting[0][2]


def _which(read: Sequence[tuple], fitting: Sequence[tuple], wanted: str) -> str:
    held = ", ".join(f"{printable(r[3][:60])} ({r[1].name if r[1] else 'no known lesson'})" for r in read[:5])
    if fitting:
        return f"Several notebooks could be meant: {held}. Hand in one."
    if wanted:
        return f"There is no notebook of the lesson {wanted} here, only {held}."
    return f"No lesson is recognised in {held}. Name it: --lesson."
