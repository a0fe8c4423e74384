"""nbgrader's own autograder on our notebooks: nothing for an untouched release, all for the solution.

Runs in a course folder of its own, with nbgrader's database in it, as an instructor would set it up.
"""

import os
import shutil
import sys
from pathlib import Path

import nbformat
import pytest

from grading.build import exercise_points
from grading.lessons import LESSONS as LISTED

nbgrader_apps = pytest.importorskip("nbgrader.apps")
from nbgrader.api import Gradebook  # noqa: E402
from traitlets.config import Config  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted(path.stem for path in (ROOT / "solutions").glob("[0-9][0-9]_*.py"))


@pytest.fixture(params=LESSONS)
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


@pytest.mark.filterwarnings("ignore:Object of type <Submitted")  # nbgrader's own, of its database
def test_autograde(course):
    root, lesson = course
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.course_id = "genlab"
    config.ExecutePreprocessor.timeout = 120
    api = nbgrader_apps.NbGraderAPI(config=config)
    result = api.generate_assignment(lesson)
    assert result["success"], result.get("log") or result.get("error")
    for student in ("idle", "diligent"):
        result = api.autograde(lesson, student)
        assert result["success"], result.get("log") or result.get("error")
    full = sum(exercise_points(id) for id in LISTED[lesson].exercises)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        found = {s.student.id: (s.score, s.max_score) for s in book.assignment_submissions(lesson)}
    assert found == {"idle": (0, full), "diligent": (full, full)}
