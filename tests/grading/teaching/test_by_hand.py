"""`genlab override` and grading with overrides.csv: marks change, the machine's verdicts do not."""

import csv
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from grading.cli import main
from grading.report.overrides import OverrideError
from tests.grading import mini
from tests.grading.test_grade import grade_all

HEAD = "student,exercise,points,comment,by\n"
CLASS = {"alice": mini.honest(), "bob": mini.dump(mini.AFFINE_CELL.replace("x @ w", "(x * w).mean(1)")),
         "=carol": b"", "dora": mini.honest()[:-30]}


@pytest.fixture
def room(mini_lesson, tmp_path) -> tuple[Path, Path]:
    folder = tmp_path / "submissions"
    folder.mkdir()
    for name, data in CLASS.items():
        (folder / f"{name}.ipynb").write_bytes(data)
    grade_all(folder, tmp_path / "out")
    return folder, tmp_path / "out"


def override(out: Path, *options: str):
    return CliRunner().invoke(main, ["override", str(out), *options])


def marks(out: Path) -> dict[str, dict]:
    return {row["student"]: row for row in csv.DictReader((out / "marks.csv").open(encoding="utf-8"))}


def record(out: Path, name: str) -> dict:
    return json.loads((out / "results" / f"{name}.json").read_text(encoding="utf-8"))


def test_a_line_is_added_and_marks_and_feedback_follow(room):
    out = room[1]
    before = record(out, "bob")
    result = override(out, "--student", "bob", "--exercise", "mini-affine", "--points", "2,5",
                      "--comment", "<b>Shown</b> at the board", "--by", "Bo")
    assert result.exit_code == 0 and "bob: 0 → 2.5 of 5" in result.output
    assert (out / "overrides.csv").read_text() == HEAD + "bob,mini-affine,2.5,<b>Shown</b> at the board,Bo\n"
    row = marks(out)["bob"]
    assert row["points"] == "2.5" and row["mini-affine"] == "2.5" and row["machine_points"] == "0"
    now = record(out, "bob")
    assert now.pop("override")["exercises"]["mini-affine"]["by"] == "Bo"
    assert now == {key: value for key, value in before.items() if key != "override"}
    page = (out / "feedback/bob.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;Shown&lt;/b&gt;" in page and "<b>Shown" not in page


def test_they_survive_grading_again_and_go_with_their_line(room):
    folder, out = room
    override(out, "--student", "bob", "--exercise", "mini-affine", "--points", "2")
    rows = grade_all(folder, out)
    assert rows["bob"]["override"]["exercises"]["mini-affine"]["points"] == 2
    assert marks(out)["bob"]["points"] == "2" and record(out, "bob")["points"] == 0
    (out / "overrides.csv").unlink()
    grade_all(folder, out)
    assert marks(out)["bob"]["points"] == "0" and record(out, "bob")["override"] is None


def test_they_belong_to_the_file_that_they_were_given_for(room):
    folder, out = room
    given = ("--student", "bob", "--exercise", "mini-affine", "--points", "2")
    override(out, *given)
    (folder / "bob.ipynb").write_bytes(mini.honest())
    for _ in range(2):
        grade_all(folder, out)
        assert marks(out)["bob"]["points"] == "5", "a better file was lowered in silence"
    result = override(out)
    assert "bob: 2 for mini-affine was set by hand for an earlier file; the machine gives 3" in result.output
    result = override(out, *given)
    assert "earlier file" not in result.output and marks(out)["bob"]["points"] == "4"
    grade_all(folder, out)
    assert marks(out)["bob"]["points"] == "4"


def test_a_file_of_a_spreadsheet_is_taken_over(room):
    out = room[1]
    (out / "overrides.csv").write_bytes("\ufeffstudent;exercise;points;comment;by\r\n'=carol;;1,5;Oral;Bo\r\n"
                                        "dora;;4;;\r\n".encode())
    result = override(out)
    assert result.exit_code == 0, result.output
    assert marks(out)["'=carol"]["points"] == "1.5" and marks(out)["'=carol"]["comment"] == "Oral"
    assert marks(out)["dora"]["status"] == "graded" and marks(out)["dora"]["out_of"] == "5"
    assert record(out, "dora")["status"] == "ungradable"


@pytest.mark.parametrize(("options", "says"), [
    (["--student", "bo", "--points", "1"], "there is no student 'bo'; the nearest are bob"),
    (["--student", "bob", "--exercise", "mini-afine", "--points", "1"], "the nearest are mini-affine"),
    (["--student", "bob", "--points", "6"], "between 0 and 5"),
    (["--student", "bob", "--points", "many"], "have to be a number, not 'many'"),
    (["--student", "bob"], "say --points, or a --comment, or both"),
    (["--points", "1"], "say whose"),
])
def test_what_cannot_be_is_said_and_nothing_is_written(room, options, says):
    out = room[1]
    result = override(out, *options)
    assert result.exit_code == 1 and says in result.output
    assert not (out / "overrides.csv").exists()


def test_bad_lines_stop_grading_before_it_begins(room):
    folder, out = room
    (out / "overrides.csv").write_text(HEAD + "bob,mini-affine,lots,,\n")
    (folder / "new.ipynb").write_bytes(b"")
    with pytest.raises(OverrideError, match="line 2: the points have to be a number"):
        grade_all(folder, out)
    assert not (out / "results/new.json").exists()


@pytest.mark.parametrize(("line", "says"), [
    ("bib,,1,,", "line 3: there is no student 'bib'; the nearest are bob"),
    ("bob,mini-affine,99,,", "99 points"),
    ("bob,mini-affine,-1,,", "-1 points")])
def test_a_refused_line_leaves_everything_as_it_was(room, line, says):
    folder, out = room
    before = (out / "marks.csv").read_bytes(), record(out, "bob")["override"]
    (out / "overrides.csv").write_text(HEAD + f"bob,,1,,\n{line}\n")
    with pytest.raises(OverrideError, match=says):
        grade_all(folder, out)
    assert before == ((out / "marks.csv").read_bytes(), record(out, "bob")["override"])
    result = override(out)
    assert result.exit_code == 1 and "Nothing was taken over" in result.output


def test_a_pipe_in_place_of_the_table_is_refused(room):
    out = room[1]
    os.mkfifo(out / "overrides.csv")
    result = override(out)
    assert result.exit_code == 1 and "is not a regular file" in result.output


def test_a_folder_without_results_is_said_to_be_none(tmp_path):
    result = override(tmp_path, "--student", "a", "--points", "1")
    assert result.exit_code == 1 and "holds no results" in result.output and not list(tmp_path.iterdir())
