"""The small lesson in place of the course's, and a way of grading one notebook of it."""

from dataclasses import replace

import pytest

from grading.ingest.folder import Submission
from grading.lessons import LESSONS
from grading.report import grade as grade_module
from grading.report.grade import Settings, grade_one
from grading.sandbox.client import Limits
from tests.grading import mini

SECRET = bytes(range(16))


@pytest.fixture
def mini_lesson(monkeypatch):
    """LESSONS and the registry know the small lesson."""
    monkeypatch.setitem(LESSONS, mini.LESSON.name, mini.LESSON)
    monkeypatch.setattr(grade_module, "exercises_of", lambda lesson: mini.EXERCISES)
    return mini.LESSON


@pytest.fixture
def graded(mini_lesson, tmp_path):
    """graded(data, **limits): the record of a notebook with these bytes."""
    def run(data: bytes, *, secret: bytes = SECRET, **limits) -> dict:
        path = tmp_path / "someone.ipynb"
        path.write_bytes(data)
        settings = Settings(secret, lesson="99_mini", limits=replace(Limits(), **limits))
        return grade_one(Submission("someone", path.name, (str(path),)), settings)

    return run


def points(record: dict) -> list:
    return [verdict["points"] for verdict in record["exercises"]]
