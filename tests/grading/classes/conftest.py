"""Grading a class with the stub, and looking at what is kept."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from grading.ingest.classroom import classroom
from grading.report.batch import grade_folder
from grading.report.grade import Settings
from grading.report.store import Store
from tests.grading.classes import stub

SETTINGS = Settings(bytes(16), isolation="none")


@pytest.fixture
def graded(tmp_path):
    """graded(place, **options): the records of a class, graded by the stub in threads, by student."""
    def run(place, out=None, **options) -> dict[str, dict]:
        options = {"executor": ThreadPoolExecutor, "grade": stub.grade} | options
        with closing(Store(out or tmp_path / "out")) as store:
            settings = options.pop("settings", SETTINGS)
            return {row["student"]: store.load(row["student"])
                    for row in grade_folder(place, store, settings, **options)}

    return run


@pytest.fixture
def read(tmp_path):
    """read(place or bytes of a zip, policy, **options): what a judge would get of each student."""
    def run(place, policy="last", **options):
        if isinstance(place, bytes):
            path = tmp_path / "class.zip"
            path.write_bytes(place)
            place = path
        with classroom(place, **options) as room:
            return {s.student: s.task(policy) for s in room.students}

    return run


def told(task) -> str:
    """Why the attempt that counts cannot be graded; empty if it can."""
    return next(s for _, s in task.attempts if s is not None).problem
