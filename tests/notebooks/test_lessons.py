"""Every lesson as students receive it and as it is solved.

The untouched notebook runs to its end with no marks; the solved one replays with the marks that it stores.
"""

import re
import shutil

import nbformat
import pytest

from grading.build.command import exercise_points
from grading.build.check import check_lesson
from grading.build.outputs import output_text
from grading.build.source import BEGIN, regions
from grading.lessons import LESSONS as LISTED
from tests.chosen import LESSONS, ROOT, batches
from tests.notebooks.replay import replay, run_together
from tests.stages import OVER

CPU_SECONDS = 25  # of a lesson at smoke, on a machine with nothing else to do; the run's summary says who is above it
RUNAWAY = 75  # no slow or busy machine explains as much
VERDICT = re.compile(r"^([✔✘○?]) ([\w-]+)(?:  ([\d.–]+)/[\d.]+)?(?=  |$)", re.MULTILINE)  # predictions earn nothing

lessons = pytest.mark.parametrize("lesson", LESSONS)


def verdicts(nb) -> dict[str, tuple[str, str]]:
    """Mark and points that the check cells show, by id."""
    texts = (output_text(cell) for cell in nb.cells if cell.cell_type == "code")
    return {id: (mark, points) for text in texts for mark, id, points in VERDICT.findall(text)}


def solved(lesson: str):
    return nbformat.read(ROOT / "solutions" / f"{lesson}.ipynb", as_version=4)


def test_every_listed_lesson_is_written():
    assert LESSONS == sorted(LISTED)


@lessons
def test_the_notebooks_are_what_the_lesson_builds(lesson):
    complaints = check_lesson(ROOT / f"solutions/{lesson}.py", ROOT / f"notebooks/{lesson}.ipynb",
                              ROOT / f"solutions/{lesson}.ipynb", exercise_points)
    assert not complaints, "\n".join(complaints)


@lessons
def test_every_check_cell_is_compared_on_replay(lesson):
    checks = [cell for cell in solved(lesson).cells
              if cell.metadata.get("nbgrader", {}).get("grade_id", "").endswith("-check")]
    assert len(checks) == len(LISTED[lesson].exercises) + len(LISTED[lesson].predictions)
    assert all("nbval-check-output" in cell.metadata.get("tags", []) for cell in checks)


@lessons
def test_parameters_come_first(lesson):
    """papermill's -p replaces what stands in this cell, so each line of it is one assignment."""
    first = next(cell for cell in solved(lesson).cells if cell.cell_type == "code")
    assert "parameters" in first.metadata.get("tags", [])
    assert f'lesson = "{lesson}"' in first.source
    assert 'profile = os.environ.get("GENLAB_PROFILE", "cpu")' in first.source


@pytest.mark.parametrize("together", batches(), ids=" ".join)
def test_untouched_notebooks_run_to_their_end_with_no_marks(together, tmp_path, monkeypatch):
    monkeypatch.setenv("GENLAB_PROFILE", "stub")
    runs = run_together([ROOT / f"notebooks/{lesson}.ipynb" for lesson in together], tmp_path)
    for lesson in together:
        found = verdicts(runs[lesson])
        for id in LISTED[lesson].exercises:
            assert found[id] == ("○", "0"), f"{id} shows {found[id]}"
        for id in LISTED[lesson].predictions:
            assert found[id][0] != "✔"


@lessons
def test_the_solved_notebook_replays(lesson, tmp_path, record_property):
    path = tmp_path / f"{lesson}.ipynb"
    shutil.copy(ROOT / "solutions" / path.name, path)
    result = replay(path)
    assert not result.failed, result.output[-5000:]
    assert len(result.passed) == sum(cell.cell_type == "code" for cell in solved(lesson).cells)
    if result.cpu_seconds > CPU_SECONDS:
        record_property(OVER, f"lesson {lesson}: {result.cpu_seconds:.0f} CPU-seconds at smoke, {CPU_SECONDS} are planned")
    assert result.cpu_seconds < RUNAWAY


@pytest.mark.parametrize("lesson", LESSONS[:1])
def test_a_wrong_solution_does_not_replay(lesson, tmp_path):
    """A copy up to the first function's check, its answer spoiled: exactly the check's cell must fail."""
    nb = solved(lesson)
    answer = next(i for i, cell in enumerate(nb.cells) if BEGIN in cell.source and "def " in cell.source)
    nb.cells = nb.cells[: answer + 2]
    for region in regions(nb.cells[answer].source):
        body = "\n".join(region.lines)
        spoiled = body[: len(body) - len(body.lstrip())] + "return None"
        nb.cells[answer].source = nb.cells[answer].source.replace(body, spoiled)
    path = tmp_path / f"{lesson}.ipynb"
    nbformat.write(nb, path)
    codes = sum(cell.cell_type == "code" for cell in nb.cells)
    assert replay(path).failed == [f"Cell {codes - 1}"]
