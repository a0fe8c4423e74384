"""nbgrader's own autograder on our notebooks: nothing for an untouched release, all for the solution.

Runs in a course folder of its own, with nbgrader's database in it, as an instructor would set it up.
"""

import os
import shutil
import sys
from pathlib import Path

import nbformat
import pytest

from grading.build.command import exercise_points
from grading.lessons import LESSONS as LISTED
from tests.chosen import ROOT, sampled
from tests.readme import example_class

nbgrader_apps = pytest.importorskip("nbgrader.apps")
from nbgrader.api import Gradebook  # noqa: E402
from traitlets.config import Config  # noqa: E402


@pytest.fixture(params=sampled())
def course(request, tmp_path, monkeypatch):
    """A folder with the lesson as source, and the hand-ins of two students."""
    lesson = request.param
    monkeypatch.chdir(tmp_path)
    programs = str(Path(sys.executable).parent)  # alembic, which nbgrader calls, is there
    monkeypatch.setenv("PATH", programs + os.pathsep + os.environ["PATH"])
    monkeypatch.setenv("GENLAB_PROFILE", "stub")
    monkeypatch.setenv("GENLAB_TABLE", str(tmp_path / "results.csv"))
    solved = nbformat.read(ROOT / f"solutions/{lesson}.ipynb", as_version=4)
    for cell in solved.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    for folder in ("source", "submitted/idle", "submitted/diligent"):
        (tmp_path / folder / lesson).mkdir(parents=True)
    nbformat.write(solved, tmp_path / f"source/{lesson}/{lesson}.ipynb")
    nbformat.write(solved, tmp_path / f"submitted/diligent/{lesson}/{lesson}.ipynb")
    shutil.copy(ROOT / f"notebooks/{lesson}.ipynb", tmp_path / f"submitted/idle/{lesson}/{lesson}.ipynb")
    return tmp_path, lesson


def nbgrader(root):
    """nbgrader's own interface to the course folder."""
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.course_id = "genlab"
    config.ExecutePreprocessor.timeout = 120
    return nbgrader_apps.NbGraderAPI(config=config)


@pytest.mark.filterwarnings("ignore:Object of type <Submitted")  # nbgrader's own, of its database
def test_autograde(course):
    root, lesson = course
    api = nbgrader(root)
    result = api.generate_assignment(lesson)
    assert result["success"], result.get("log") or result.get("error")
    for student in ("idle", "diligent"):
        result = api.autograde(lesson, student)
        assert result["success"], result.get("log") or result.get("error")
    full = sum(exercise_points(id) for id in LISTED[lesson].exercises)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        found = {s.student.id: (s.score, s.max_score) for s in book.assignment_submissions(lesson)}
    assert found == {"idle": (0, full), "diligent": (full, full)}


OPENED = ("honest", "half_done", "wrong", "renamed_function")  # of the example class, what nbgrader can open


@pytest.mark.filterwarnings("ignore:Object of type <Submitted")
@pytest.mark.parametrize("course", ["10_vae"], indirect=True)
def test_same_points_as_ours(course):
    """nbgrader runs each notebook and reads the checks' points; our judge draws inputs of its own."""
    root, lesson = course
    folder = ROOT / "tests" / "grading" / "example_class"
    for student in OPENED:
        target = root / "submitted" / student / lesson
        target.mkdir(parents=True)
        shutil.copy(folder / f"{student}.ipynb", target / f"{lesson}.ipynb")
    api = nbgrader(root)
    assert api.generate_assignment(lesson)["success"]
    for student in OPENED:
        result = api.autograde(lesson, student)
        assert result["success"], result.get("log") or result.get("error")
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        theirs = {s.student.id: s.score for s in book.assignment_submissions(lesson)}
    ours = {record["student"]: record["points"] for record in example_class()}
    assert theirs == {student: ours[student] for student in OPENED}
