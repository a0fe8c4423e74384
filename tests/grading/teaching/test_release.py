"""What students receive: it shows the assigned points, runs, gives 0 untouched and all of them solved."""

from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from grading.assignment import Assignment
from grading.build.release import assigned, released
from grading.build.source import exercise_id, read_script, regions, stub
from grading.cli import main
from grading.ingest.folder import Submission
from grading.lessons import LESSONS
from grading.registry import find
from grading.report.grade import Settings, grade_one
from tests.grading.conftest import SECRET
from tests.notebooks.replay import run_untouched

ROOT = Path(__file__).resolve().parents[3]
CHOSEN = ("vae-elbo", "vae-iwae")
HOMEWORK = Assignment.choose(LESSONS["10_vae"], only=CHOSEN, points={"vae-elbo": 6}, name="Homework *1*")


def release(out: Path, *options: str):
    return CliRunner().invoke(main, ["release", "10", "-o", str(out), "--root", str(ROOT), *options])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("release") / "out"
    result = release(out, "--only", ",".join(CHOSEN), "--points", "vae-elbo=6", "--name", "Homework *1*")
    assert result.exit_code == 0, result.output
    assert f"2 of {len(LESSONS['10_vae'].exercises)} exercises, 10 points" in result.output
    return out


def read(folder: Path) -> nbformat.NotebookNode:
    return nbformat.read(folder / "10_vae.ipynb", as_version=4)


def graded(nb: nbformat.NotebookNode, path: Path) -> dict:
    path.write_text(nbformat.writes(nb), encoding="utf-8")
    return grade_one(Submission("someone", path.name, (str(path),)), Settings(SECRET, assignment=HOMEWORK))


def test_students_receive_three_files(folder):
    assert {p.name for p in folder.iterdir()} == {"10_vae.ipynb", "assignment.toml", "README.md"}
    assert Assignment.read(folder / "assignment.toml") == HOMEWORK
    words = (folder / "README.md").read_text(encoding="utf-8")
    assert "# Homework \\*1\\*" in words and "| `vae-elbo` | 6 |" in words and "10_vae.ipynb" in words
    assert "`vae-slerp`" in words and "| `vae-slerp`" not in words


def test_the_notebook_shows_the_points_of_the_assignment(folder):
    nb = read(folder)
    nbformat.validate(nb)
    text = "\n".join(c.source for c in nb.cells if c.cell_type == "markdown")
    assert "**Exercise: the bound** (6 points, about 20" in text
    assert "many draws** (4 points" in text and "slerp** (not counted in this assignment" in text
    points = {c.metadata.nbgrader.grade_id: c.metadata.nbgrader.get("points")
              for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade")}
    assert points == {"vae-elbo-check": 6, "vae-iwae-check": 4}
    assert "Open in Colab" not in text and "10 points in all" in nb.cells[1].source


def test_nothing_but_points_and_prose_is_changed(folder):
    """Above all, no solution comes in."""
    course = nbformat.read(ROOT / "notebooks/10_vae.ipynb", as_version=4)
    code = [[c.source for c in nb.cells if c.cell_type == "code"] for nb in (course, read(folder))]
    assert code[0] == [source.replace("version, graded=True)", "version)") for source in code[1]] != code[1]
    known = {c.id for c in course.cells}
    assert [c.id for c in read(folder).cells if c.id not in known] == ["assignment"]


def test_the_same_assignment_makes_the_same_files(folder, tmp_path):
    again = released(Assignment.read(folder / "assignment.toml"), ROOT)
    assert again == {p.name: p.read_text(encoding="utf-8") for p in folder.iterdir()}
    assert release(folder, "--assignment", str(folder / "assignment.toml")).exit_code == 0


@pytest.mark.parametrize("name", LESSONS)
def test_every_exercise_of_a_lesson_says_its_points_above_it(name):
    """What the lesson's text says is what the specification says, and an assignment can change it."""
    course = nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4)
    own = assigned(course, Assignment.of(name))
    checked = [c.source.replace("version, graded=True)", "version)") for c in own.cells[2:]]
    assert checked == [c.source for c in course.cells[1:]]
    worth = {id: 3 * find(id).points for id in LESSONS[name].exercises}
    tripled = assigned(course, Assignment.choose(LESSONS[name], points=worth))
    text = "\n".join(c.source for c in tripled.cells[2:] if c.cell_type == "markdown")
    assert all(f"({points:g} points" in text for points in worth.values())


def test_untouched_it_runs_and_gives_nothing(folder, tmp_path):
    nb = run_untouched(folder / "10_vae.ipynb", tmp_path)
    record = graded(nb, tmp_path / "run.ipynb")
    assert record["points"] == 0 and record["out_of"] == 10
    assert [v["message"] for v in record["exercises"]] == ["Not started."] * 2


@pytest.mark.parametrize(("solved", "points"), [(CHOSEN, 10), (("vae-elbo", "vae-slerp"), 6), ((), 0)])
def test_solved_it_gives_the_points_assigned(folder, tmp_path, solved, points):
    script = (ROOT / "solutions/10_vae.py").read_text(encoding="utf-8")
    answers = {exercise_id(c.source): c.source for c in read_script(script, "10_vae", lambda id: 1).cells
               if c.cell_type == "code" and regions(c.source)}
    nb = read(folder)
    for cell in nb.cells:
        id = exercise_id(cell.source) if cell.cell_type == "code" else None
        if id in solved:
            assert stub(answers[id]) == cell.source
            cell.source = answers[id]
    record = graded(nb, tmp_path / "solved.ipynb")
    assert record["points"] == points and [v["id"] for v in record["exercises"]] == list(CHOSEN)


@pytest.mark.parametrize(("options", "says"), [
    (["--only", "vae-elb"], "there is no exercise 'vae-elb'; 10_vae has vae-elbo"),
    (["--only", "beta-loss"], "beta-loss belongs to 11_conditional_and_beta_vae"),
    (["--points", "vae-elbo=0"], "above 0, not 0.0"),
    (["--points", "vae-elbo=-2"], "above 0, not -2.0"),
    (["--points", "vae-elbo"], "--points takes ID=N,ID=N, such as vae-elbo=6, not 'vae-elbo'"),
    (["--points", "vae-elbo=1,vae-elbo=2"], "names vae-elbo twice"),
    (["--only", "vae-iwae", "--points", "vae-elbo=2"], "vae-elbo has points but does not count"),
    (["--due", "soon"], "'soon' is no time"),
    (["--assignment", "a.toml", "--name", "x"], "--assignment says it all"),
    (["--assignment", "nowhere.toml"], "nowhere.toml cannot be read"),
])
def test_what_cannot_be_released_is_said_and_nothing_is_written(tmp_path, options, says):
    result = release(tmp_path / "out", *options)
    assert result.exit_code == 1 and says in result.output
    assert not (tmp_path / "out").exists()


def test_an_unknown_lesson_and_one_of_another_assignment(tmp_path):
    result = CliRunner().invoke(main, ["release", "12", "-o", str(tmp_path)])
    assert result.exit_code == 1 and "there is no lesson '12'; there is 00_gen" in result.output
    file = tmp_path / "a.toml"
    file.write_text(HOMEWORK.to_toml(), encoding="utf-8")
    result = CliRunner().invoke(main, ["release", "11", "-o", str(tmp_path / "x"), "--assignment", str(file)])
    assert result.exit_code == 1 and "is on 10_vae, not on 11" in result.output


def test_nothing_is_written_over_unless_forced(folder, tmp_path):
    out = tmp_path / "out"
    assert release(out).exit_code == 0
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    assert release(out).exit_code == 0  # the same again
    (out / "solution.ipynb").write_text("{}")
    for options in ([], ["--only", "vae-elbo"]):
        result = release(out, *options)
        assert result.exit_code == 1 and "solution.ipynb" in result.output and "--force" in result.output
    assert {p.name: p.read_bytes() for p in out.iterdir() if p.name in before} == before
    assert release(out, "--only", "vae-elbo", "--force").exit_code == 0
    assert (out / "solution.ipynb").exists()
    assert (out / "10_vae.ipynb").read_bytes() != before["10_vae.ipynb"]


def test_a_course_without_the_notebook_says_how_to_make_it(tmp_path):
    for name in ("solutions", "notebooks"):
        (tmp_path / name).mkdir()
    result = CliRunner().invoke(main, ["release", "10", "-o", str(tmp_path / "o"), "--root", str(tmp_path)])
    assert result.exit_code == 1 and "make it with `genlab build 10`" in result.output
