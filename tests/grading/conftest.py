"""The small lesson in place of the course's, and a way of grading one notebook of it."""

import os
import signal
from dataclasses import replace

import pytest
import torch

from grading.ingest.folder import Submission
from grading.lessons import LESSONS
from grading.report import marking
from grading.report.grade import Settings, grade_one
from grading.sandbox import limits
from grading.sandbox.client import Limits
from grading.sandbox.start import Connection
from grading.sandbox.worker import Worker
from tests.grading import mini

SECRET = bytes(range(16))


def forked(*_) -> Connection:
    """A worker forked from the tests' own process: it has imported everything. For speed alone."""
    from_judge, sink = os.pipe()
    source, to_judge = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(sink)
            os.close(source)
            torch.set_num_threads(1)
            limits.apply(600)
            Worker(from_judge, to_judge).serve()
        finally:
            os._exit(0)
    os.close(from_judge)
    os.close(to_judge)
    os.set_blocking(sink, False)

    def close() -> None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(source)
        os.close(sink)

    return Connection(source, sink, close)


@pytest.fixture
def mini_lesson(monkeypatch):
    """LESSONS and the registry know the small lesson."""
    monkeypatch.setitem(LESSONS, mini.LESSON.name, mini.LESSON)
    monkeypatch.setattr(marking, "exercises_of", lambda lesson: mini.EXERCISES)
    return mini.LESSON


@pytest.fixture
def graded(mini_lesson, tmp_path):
    """graded(data, **bounds): the record of a notebook with these bytes."""
    def run(data: bytes, *, connect=forked, **bounds) -> dict:
        path = tmp_path / "someone.ipynb"
        path.write_bytes(data)
        settings = Settings(SECRET, lesson="99_mini", limits=replace(Limits(), **bounds), connect=connect)
        return grade_one(Submission("someone", path.name, (str(path),)), settings)

    return run


def points(record: dict) -> list:
    return [verdict["points"] for verdict in record["exercises"]]
