"""The rules are tried behind the real walls, on the small lesson and on the course's own."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from grading.ingest.folder import Submission
from grading.lessons import LESSONS
from grading.report.grade import Settings, grade_one
from grading.sandbox import start
from tests.grading import make_class, mini
from tests.grading.conftest import SECRET


@pytest.fixture
def boxed(graded) -> Callable[..., dict]:
    """boxed(*cells, **bounds): the record of a notebook of the small lesson, run in the sandbox."""
    start.connect().close()  # the zygote is there before any clock runs

    def run(*cells: str, **bounds) -> dict:
        return graded(mini.dump(*cells), connect=start.connect, **bounds)

    return run


class Lesson10:
    """Lesson 10 by a student who answered all, and what is handed in when some answers are changed."""

    def __init__(self):
        self.student, solved = make_class.notebooks()
        found = make_class.solutions(solved)
        self.answers = {id: found[id] for id in LESSONS["10_vae"].exercises}

    def grade(self, answers: dict[str, str], secret: bytes = SECRET, **options) -> dict:
        text = make_class.submission(self.student, answers)
        return self.grade_text(text, secret, **options)

    def grade_text(self, text: str, secret: bytes = SECRET, **options) -> dict:
        files = (("10_vae.ipynb", text.encode()),)
        return grade_one(Submission("someone", "10_vae.ipynb", files=files),
                         Settings(secret, lesson="10_vae", **options))

    def cells(self, answers: dict[str, str]) -> dict:
        return json.loads(make_class.submission(self.student, answers))


@pytest.fixture(scope="session")
def lesson10() -> Lesson10:
    return Lesson10()


def by_id(record: dict) -> dict[str, float]:
    return {verdict["id"]: verdict["points"] for verdict in record["exercises"]}


def judge_files() -> list[Path]:
    """Every file of `grading` that runs in the judge's process."""
    root = Path(start.__file__).parents[1]
    inside = {"launch.py", "jail.py", "zygote.py", "confine.py", "worker.py", "shell.py", "selftest.py",
              "limits.py", "copy.py"}
    return sorted(p for p in root.rglob("*.py")
                  if "exercises" not in p.parts and not (p.parent.name == "sandbox" and p.name in inside))
