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
from functools import partial

import genlab
from grading.assignment import Assignment
from grading.checks.exercise import Exercise, Failure, Values
from grading.checks.judge import failed, judge
from grading.checks.verdict import Verdict
from grading.ingest.folder import Submission, printable
from grading.ingest.match import find_lesson
from grading.ingest.notebook import Notebook, Ungradable, parse
from grading.ingest.select import select
from grading.lessons import LESSONS, Lesson
from grading.registry import find
from grading.report.messages import public, remedy, words
from grading.sandbox.client import GraderFault, Limits, NoAnswer, Session
from grading.sandbox.isolation import AUTO
from grading.sandbox.start import Connection, connect

FORMAT = 2
NOT_RUN = "no code was run"
_FAULT = "Could not be graded: a fault of the grader ({})."
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
            record |= {"status": "graded", "message": ""} | _graded(submission, settings)
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
    return {"status": "not graded", "points": None, "message": _FAULT.format(type(error).__name__),
            "fault": "".join(traceback.format_exception(error))[-4000:]}


def seed(secret: bytes, content: str, purpose: str) -> bytes:
    """The seed of one submission and exercise: the same for the same content and secret, else unguessable."""
    return hmac.new(secret, f"{content}/{purpose}".encode(), hashlib.sha256).digest()


def exercises_of(lesson: Lesson) -> list[Exercise]:
    return [find(id) for id in lesson.exercises]


def _graded(submission: Submission, settings: Settings) -> dict:
    notebook, lesson, content = choose(submission, settings.lesson, settings.fallback)
    assignment = settings.assignment
    exercises = [e for e in exercises_of(lesson) if assignment is None or e.id in assignment.exercises]
    selection = select(notebook, exercises)
    numbers = int.from_bytes(seed(settings.secret, content, "worker")[:6], "big")
    withheld = frozenset(name for e in exercises_of(lesson) for name in e.withholds)
    problems: list[Exception] = []
    with Session(selection, seed=numbers, limits=settings.limits,
                 connect=partial(settings.connect, withheld, settings.isolation)) as session:
        verdicts = [_verdict(e, session, seed(settings.secret, content, e.id), numbers, problems)
                    for e in exercises]
    faults = [f"Cell {cell}, line {line}: {_told(failure)}"
              for (cell, line), failure in session.faults.items()]
    if assignment is not None:
        verdicts = [assignment.scaled(v) for v in verdicts]
    record = {"lesson": lesson.name, "content": content, "out_of": sum(v.out_of for v in verdicts),
              "exercises": [v.to_json() for v in verdicts], "warnings": [*selection.warnings, *faults],
              "flags": session.flags, "isolation": session.isolation or NOT_RUN, "walls": list(session.walls)}
    if problems:
        return record | fault(problems[0])
    return record | {"points": sum(v.points for v in verdicts)}


def _verdict(exercise: Exercise, session: Session, seed: bytes, numbers: int, problems: list) -> Verdict:
    """The judge's verdict on one answer; a fault of ours costs nobody points and is noted in `problems`."""
    failures: list[Failure] = []

    def run(source: str, inputs: Values) -> Values | Failure:
        result = session.probe(exercise, numbers, source, inputs)
        failures.extend([result] if isinstance(result, Failure) else [])
        return result

    if exercise.id in session.selection.missing:
        return failed(exercise, Failure("missing", session.selection.missing[exercise.id]))
    try:
        verdict = judge(exercise, seed, run)
    except NoAnswer as nothing:
        return failed(exercise, nothing.failure)
    except GraderFault:
        raise
    except Exception as error:
        error.add_note(exercise.id)
        problems.append(error)
        return Verdict(exercise.id, None, None, exercise.points, _FAULT.format(type(error).__name__), "fault")
    if not failures or verdict.status in ("right", "wrong"):  # of two precisions, one may have failed
        return verdict
    known = words("\n".join(piece.source for piece in session.selection.pieces))
    return public(exercise, verdict, failures[0], known)


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


def _told(failure: Failure) -> str:
    words = printable(" ".join(failure.message.split()))
    if failure.kind == "raised":
        return f"raised {failure.exception}: {words}{'.' * bool(remedy(words))}{remedy(words)}"
    return words or failure.kind
