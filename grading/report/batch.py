"""A class: every submission of a folder, by several processes, resumable at any point."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import genlab
from grading.assignment import Assignment
from grading.ingest.folder import Submission, submissions
from grading.ingest.match import find_lesson
from grading.ingest.notebook import Ungradable, parse, read_bytes
from grading.report.grade import FORMAT, Settings, fault, grade_one
from grading.report.store import Store

Progress = Callable[[dict, bool, int], None]  # a record, was it there already, how many there will be


def judges(jobs: int) -> Executor:
    """Processes that grade, each with one thread."""
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_one_thread)


def grade_folder(folder: Path, store: Store, settings: Settings, *, jobs: int = 1,
                 progress: Progress = lambda record, kept, count: None,
                 executor: Callable[[int], Executor] = judges) -> list[dict]:
    """Grades what has no finished record yet; all records in the order of the folder.

    A record is kept as soon as it is there. marks.csv is written even when the batch is interrupted.
    """
    found = submissions(folder, leave_out=store.out)
    settings = replace(settings, fallback=settings.lesson or common_lesson(found))
    records: dict[str, dict] = {}
    todo = []
    for submission in found:
        record = store.load(submission.student)
        if record is not None and finished(record, submission, settings):
            if not store.has_feedback(submission.student):
                store.save(record)
            records[submission.student] = record
            progress(record, True, len(found))
        else:
            todo.append(submission)
    try:
        for record in _graded(todo, settings, jobs, executor):
            store.save(record)
            records[record["student"]] = record
            progress(record, False, len(found))
    finally:
        store.table([records[s.student] for s in found if s.student in records])
    return [records[s.student] for s in found]


def common_lesson(found: Sequence[Submission]) -> str:
    """The one lesson that the notebooks of a class show, so that an empty one counts for it; else nothing."""
    lessons = set()
    for path in (p for s in found for p in s.paths):
        try:
            lessons.add(find_lesson(parse(read_bytes(path))))
        except Ungradable:
            continue
    lessons.discard(None)
    return lessons.pop().name if len(lessons) == 1 else ""


def finished(record: dict, submission: Submission, settings: Settings) -> bool:
    """Is this the record of the same content for the same lesson? A fault of the grader never is."""
    lesson, status = record.get("lesson"), record.get("status")
    same = settings.lesson in ("", lesson) if status == "graded" else lesson == settings.fallback
    return (record.get("format") == FORMAT and status in ("graded", "ungradable") and same
            and record.get("genlab") == genlab.__version__ and counts_alike(record, settings.assignment)
            and record.get("fingerprint") == submission.fingerprint())


def counts_alike(record: dict, assignment: Assignment | None) -> bool:
    """Was a record made for this assignment, with the points that it gives today?"""
    if assignment is None:
        return record.get("assignment") is None
    worth = {v["id"]: v["out_of"] for v in record["exercises"]}
    return record.get("assignment") == assignment.name and worth in ({}, dict(assignment.points))


def _graded(todo: Sequence[Submission], settings: Settings, jobs: int,
            executor: Callable[[int], Executor]) -> Iterator[dict]:
    """Records as they are ready. A submission that takes a judge's process down is tried once alone."""
    done = set()
    try:
        with executor(max(1, min(jobs, len(todo)))) as pool:
            futures = {pool.submit(grade_one, s, settings): s for s in todo}
            try:
                for future in as_completed(futures):
                    record = future.result()
                    done.add(futures[future].student)
                    yield record
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    except BrokenProcessPool:
        for submission in todo:
            if submission.student not in done:
                yield _alone(submission, settings, executor)


def _alone(submission: Submission, settings: Settings, executor: Callable[[int], Executor]) -> dict:
    try:
        with executor(1) as pool:
            return pool.submit(grade_one, submission, settings).result()
    except BrokenProcessPool as error:
        record = grade_one(Submission(submission.student, submission.name, problem="-"), settings)
        return record | fault(error) | {"fingerprint": submission.fingerprint()}


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)
