"""A class: every student of a folder or a zip, by any executor, resumable at any point.

The notebooks' bytes travel with the tasks, a few at a time, so judges may be on machines that share no disk,
and what was graded is what the fingerprint says. Of a record that is kept only a small row stays in memory.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from contextlib import closing, nullcontext
from dataclasses import replace
from itertools import chain
from pathlib import Path

import genlab
from grading.assignment import Assignment
from grading.ingest.attempts import Student, Task, dated_anew, grade_student
from grading.ingest.classroom import classroom
from grading.ingest.folder import Submission
from grading.ingest.names import Names
from grading.report import overrides
from grading.report.by_hand import settle
from grading.report.grade import FORMAT, Settings, fault, grade_one
from grading.report.pool import judges
from grading.report.store import Store, row
from grading.sandbox import isolation

Progress = Callable[[dict, bool, int], None]  # a row, was it there already, how many there will be
Grade = Callable[[Submission, Settings], dict]
_KILLED = "KilledWorker"  # the error of dask.distributed, which need not be installed
IN_FLIGHT = 256 << 20  # bytes of notebooks that are with judges or on their way


class BatchError(RuntimeError):
    """The class cannot be graded to its end; the message says why and what to do."""


def grade_folder(place: Path, store: Store, settings: Settings, *, jobs: int = 1,
                 progress: Progress = lambda row, kept, count: None,
                 executor: Executor | Callable[[int], Executor] = judges, attempts: str = "last",
                 names: Names | None = None, layout: str = "auto", grade: Grade = grade_one,
                 say: Callable[[str], None] = lambda text: None) -> list[dict]:
    """Grades what has no finished record yet. A small row for each record, in the order of students.

    A record is kept as soon as it is there. marks.csv is written even when the batch is interrupted.

    Args:
        place: a folder, or a zip of one.
        jobs: judges at work; at most twice as many tasks are in flight.
        executor: an executor, or a function that makes one for a number of judges.
        attempts: which attempt of a student counts, "last", "best" or "first".
        names: a map from files to students.
        layout: how names are to be read, one of `grading.ingest.layouts.LAYOUTS`.
        grade: `grade_one`, or what takes its place.
        say: is told what was found.
    """
    with classroom(place, layout=layout, names=names, leave_out=store.out) as room:
        people = room.students
        say(str(room))
        if not people:
            raise BatchError(f"{place} holds no submission: name the folder or zip that the class is in")
        by_hand = overrides.read(store.out)
        _refuse(overrides.early((s.student for s in people), by_hand))
        batch = _Batch(store, settings, attempts, len(people), progress)
        try:
            run = _Runner(executor, max(1, min(jobs, len(people))), grade)
            batch.save(run(batch.tasks(people), settings))
            batch.settle()
            batch.save(run(batch.tasks(batch.later), batch.settings))
        finally:
            rows = [batch.rows[s.student] for s in people if s.student in batch.rows]
            graded = {overrides.alike(row["student"]) for row in rows}
            lines = [o for o in by_hand if overrides.alike(o.student) in graded]
            complaints = overrides.problems(rows, lines)
            if not complaints:  # all or nothing: check first, write after
                rows = settle(store, rows, lines)
                store.table(rows)
    _refuse(complaints)
    store.put_aside({s.student for s in people}, FORMAT)
    return rows


def _refuse(complaints: Sequence[str]) -> None:
    if complaints:
        raise overrides.OverrideError("; ".join(complaints) + ". marks.csv was left as it was: mend the "
                                      "file and call again")


def finished(record: dict, task: Task, settings: Settings) -> bool:
    """Is this the record of the same content for the same lesson? A fault of the grader never is."""
    lesson, status = record.get("lesson"), record.get("status")
    assumed = settings.lesson or settings.fallback
    same = settings.lesson in ("", lesson) if status == "graded" else lesson == assumed
    return (record.get("format") == FORMAT and status in ("graded", "ungradable") and same
            and isolation.at_least(record.get("isolation", ""), settings.isolation)
            and record.get("genlab") == genlab.__version__ and counts_alike(record, settings.assignment)
            and record.get("fingerprint") == task.fingerprint())


def counts_alike(record: dict, assignment: Assignment | None) -> bool:
    """Was a record made for this assignment, with the points that it gives today?"""
    if assignment is None:
        return record.get("assignment") is None
    worth = {v["id"]: v["out_of"] for v in record["exercises"]}
    return record.get("assignment") == assignment.name and worth in ({}, dict(assignment.points))


class _Batch:
    """What is finished, what is to be done, and what has to wait until the class's lesson is known.

    A notebook that shows no lesson counts for the one that all others show.
    """

    def __init__(self, store: Store, settings: Settings, attempts: str, count: int, progress: Progress):
        self.store, self.settings, self.attempts = store, settings, attempts
        self.count, self.progress = count, progress
        self.settled = bool(settings.lesson)
        self.rows: dict[str, dict] = {}
        self.later: list[Student] = []
        self.people: dict[str, Student] = {}  # in flight

    def tasks(self, people: Sequence[Student]) -> Iterator[Task]:
        for student in people:
            record = self.store.load(student.student)
            if record is not None and not self.settled and record.get("status") == "ungradable":
                self.later.append(student)
                continue
            task = student.task(self.attempts)
            if record is not None and finished(record, task, self.settings):
                dated = dated_anew(record, task, self.settings.assignment and self.settings.assignment.due)
                if dated != record or not self.store.has_feedback(student.student):
                    record = dated
                    self.store.save(record)
                self._keep(record, True)
            else:
                self.people[student.student] = student
                yield task

    def save(self, records: Iterator[dict]) -> None:
        with closing(records):  # an error here ends the judges, too
            for record in records:
                student = self.people.pop(record["student"])
                if record["status"] == "ungradable" and not self.settled:
                    self.later.append(student)
                    continue
                before = self.store.load(record["student"])  # points by hand, for an earlier file perhaps
                record["override"] = before and before.get("override")
                self.store.save(record)
                self._keep(record, False)

    def settle(self) -> None:
        """Every notebook that shows a lesson has been seen."""
        lessons = {row["lesson"] for row in self.rows.values() if row["status"] == "graded"}
        if not self.settled and len(lessons) == 1:
            self.settings = replace(self.settings, fallback=lessons.pop())
        self.settled = True

    def _keep(self, record: dict, kept: bool) -> None:
        self.rows[record["student"]] = short = row(record)
        self.progress(short, kept, self.count)


class _Runner:
    """Sends tasks to judges, a bounded number at a time, and yields records as they are ready."""

    def __init__(self, executor: Executor | Callable[[int], Executor], jobs: int, grade: Grade):
        self.jobs, self.grade = jobs, grade
        self.given = isinstance(executor, Executor)
        self.make = (lambda jobs: nullcontext(executor)) if self.given else executor

    def __call__(self, tasks: Iterator[Task], settings: Settings) -> Iterator[dict]:
        for first in tasks:  # no judge is started before there is something to do
            lost = yield from self._in_pool(chain([first], tasks), settings)
            for task in lost:
                yield self._alone(task, settings)

    def _in_pool(self, tasks: Iterator[Task], settings: Settings) -> Iterator[dict]:
        """Until all is graded, or a judge's process dies: then returns the tasks whose results are lost."""
        pending: dict = {}
        lost: list[Task] = []
        with self.make(self.jobs) as pool:
            try:
                while True:
                    self._fill(pool, pending, lost, tasks, settings)
                    if not pending:
                        return lost
                    for future in wait(pending, return_when=FIRST_COMPLETED).done:
                        task = pending.pop(future)
                        record = self._result(future)
                        if record is None:
                            lost.append(task)
                        else:
                            yield record
            finally:
                for future in pending:
                    future.cancel()

    def _fill(self, pool: Executor, pending: dict, lost: list[Task], tasks: Iterator[Task],
              settings: Settings) -> None:
        while not lost and len(pending) < 2 * self.jobs and sum(t.size for t in pending.values()) < IN_FLIGHT:
            task = next(tasks, None)
            if task is None:
                return
            try:
                pending[pool.submit(grade_student, task, settings, self.grade)] = task
            except BrokenExecutor as error:
                self._mourn(error)
                lost.append(task)

    def _result(self, future: Future) -> dict | None:
        """The record; None if the judge's process died, perhaps because of another task."""
        try:
            return future.result()
        except Exception as error:
            self._mourn(error)
            return None

    def _alone(self, task: Task, settings: Settings) -> dict:
        """Once more, with no other task beside it that could take the judge down."""
        try:
            with self.make(1) as pool:
                return pool.submit(grade_student, task, settings, self.grade).result()
        except Exception as error:
            self._mourn(error)
            return _unfinished(task, settings, error)

    def _mourn(self, error: Exception) -> None:
        """Comes back if a judge's process died and others can go on."""
        if isinstance(error, CancelledError):
            raise BatchError("the connection to the judges was lost") from error
        if isinstance(error, BrokenExecutor) and self.given:
            raise BatchError(f"the executor is broken: {error}") from error
        if not isinstance(error, BrokenExecutor) and type(error).__name__ != _KILLED:
            raise error


def _unfinished(task: Task, settings: Settings, error: Exception) -> dict:
    """The record of a submission that takes every judge's process down."""
    silent = replace(task, attempts=tuple((listing, submission and replace(submission, files=(), problem="-"))
                                          for listing, submission in task.attempts))
    return grade_student(silent, settings, grade_one) | fault(error) | {"fingerprint": task.fingerprint()}
