"""What a judge does with one submission that was read: each exercise's verdict, and what is said of it."""

from functools import partial

from grading.checks.exercise import Exercise, Failure, Values
from grading.checks.judge import failed, judge
from grading.checks.verdict import Verdict
from grading.ingest.folder import Submission, printable
from grading.ingest.select import select
from grading.lessons import Lesson
from grading.registry import find
from grading.report.grade import FAULT, NOT_RUN, Settings, choose, fault, seed
from grading.report.messages import public, remedy, words
from grading.sandbox.client import GraderFault, NoAnswer, Session


def exercises_of(lesson: Lesson) -> list[Exercise]:
    return [find(id) for id in lesson.exercises]


def graded(submission: Submission, settings: Settings) -> dict:
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
        return Verdict(exercise.id, None, None, exercise.points, FAULT.format(type(error).__name__), "fault")
    if not failures or verdict.status in ("right", "wrong"):  # of two precisions, one may have failed
        return verdict
    known = words("\n".join(piece.source for piece in session.selection.pieces))
    return public(exercise, verdict, failures[0], known)


def _told(failure: Failure) -> str:
    words = printable(" ".join(failure.message.split()))
    if failure.kind == "raised":
        return f"raised {failure.exception}: {words}{'.' * bool(remedy(words))}{remedy(words)}"
    return words or failure.kind
