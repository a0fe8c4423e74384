"""`genlab grade` as an instructor calls it: what is printed and returned, and what is said of mistakes."""

import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from click.testing import CliRunner

from grading.cli import main
from grading.report import command
from grading.report.batch import grade_folder
from tests.grading.classes import builders, stub
from tests.grading.classes.builders import mini_notebooks, zipped


@pytest.fixture
def call(tmp_path, monkeypatch):
    """call(entries or path, *options): the command with the stub as its grader, in threads."""
    monkeypatch.setattr(command, "_walls", lambda asked: "none")
    monkeypatch.setattr(command, "judges", lambda jobs, tier: ThreadPoolExecutor(jobs))

    def run(place, *options: str, grade=stub.grade):
        monkeypatch.setattr(command, "grade_folder", partial(grade_folder, grade=grade))
        if isinstance(place, dict):
            (tmp_path / "class.zip").write_bytes(zipped(place))
            place = tmp_path / "class.zip"
        return CliRunner().invoke(main, ["grade", str(place), "-o", str(tmp_path / "out"), *options])

    return run


@pytest.mark.parametrize(("build", "says"), [
    (builders.canvas, "A download of Canvas: 12 students."),
    (builders.moodle, "A download of Moodle: 12 students."),
    (builders.gradescope, "A download of Gradescope: 12 students."),
    (builders.nbgrader, "nbgrader's folders: 12 students."),
    (lambda notebooks: {"a.ipynb": b"1"}, "Names of files and folders: 1 student.")])
def test_what_was_found_is_said(call, build, says):
    result = call(build(mini_notebooks()))
    assert result.exit_code == 0, result.output
    assert says in result.output
    assert re.search(r"\d+ students?: \d+ marked, \d+ % of the points", result.output)


def test_reasons_are_printed_and_are_no_error(call):
    result = call({"a.ipynb": b"mark=4", "b.pdf": b"", "../c.ipynb": b"", "d.rar": b""})
    assert result.exit_code == 0, result.output
    assert re.search(r"^a +4/4 +graded$", result.output, re.MULTILINE)
    assert re.search(r"^c +ungradable: Its name leads out of the archive\.$", result.output, re.MULTILINE)
    assert "4 students: 1 marked, 100 % of the points on average, 3 that cannot be graded" in result.output


def test_faults_of_the_grader_have_an_exit_code_of_their_own(call):
    def faulty(submission, settings):
        fault = {"status": "not graded", "points": None, "message": "a fault", "fault": "Traceback"}
        return stub.grade(submission, settings) | (fault if submission.student == "b" else {})

    place = {"a.ipynb": b"mark=4", "b.ipynb": b"mark=3"}
    result = call(place, grade=faulty)
    assert result.exit_code == 3 and "1 not graded, by a fault of the grader" in result.output
    again = call(place)
    assert again.exit_code == 0 and re.search(r"b +3/4 +graded", again.output)


def test_ctrl_c(call):
    def interrupted(submission, settings):
        if submission.student == "c":
            raise KeyboardInterrupt
        return stub.grade(submission, settings)

    place = {f"{name}.ipynb": name.encode() for name in "abcdef"}
    result = call(place, grade=interrupted)
    assert result.exit_code == 130 and "the same command goes on" in result.output
    assert call(place).exit_code == 0


def test_options_reach_the_class(call, tmp_path):
    (tmp_path / "map.csv").write_text("file,student\nx_1_*,ada\n")
    place = {"x_1_10_vae.ipynb": b"mark=4", "x_1_11_vae-1.ipynb": b"mark=1"}
    for policy, points in (("last", 1), ("first", 4), ("best", 4)):
        result = call(place, "--attempts", policy, "--map", str(tmp_path / "map.csv"))
        assert re.search(rf"^ada +{points}/4 +graded", result.output, re.MULTILINE), result.output
    assert "1 student, 2 attempts" in result.output
    plain = call(place, "--layout", "plain")
    assert "Names of files and folders: 2 students." in plain.output


@pytest.mark.parametrize(("options", "code", "says"), [
    (["--attempts", "worst"], 2, "'worst' is not one of"), (["--layout", "sakai"], 2, "is not one of"),
    (["--jobs", "0"], 2, "is not in the range"), (["--map", "absent.csv"], 2, "does not exist"),
    (["--layout", "gradescope"], 1, "holds no submission_metadata.yml"), (["--seed", "x"], 1, "hexadecimal")])
def test_wrong_use(call, options, code, says):
    result = call({"a.ipynb": b""}, *options)
    assert result.exit_code == code and says in result.output


def test_a_map_that_does_not_fit_stops_before_anything_is_graded(call, tmp_path):
    (tmp_path / "map.csv").write_text("file,student\nb.ipynb,1\n")
    result = call({"a.ipynb": b""}, "--map", str(tmp_path / "map.csv"))
    assert result.exit_code == 1 and "has no row for a.ipynb" in result.output
    assert not list((tmp_path / "out/results").iterdir())


def test_a_class_that_is_no_archive(call, tmp_path):
    (tmp_path / "class.rar").write_bytes(b"Rar!")
    result = call(tmp_path / "class.rar")
    assert result.exit_code == 1 and "not a zip" in result.output


def test_the_exit_codes_are_in_the_help():
    text = CliRunner().invoke(main, ["grade", "--help"]).output
    assert "exit code is 0" in text and "3 if the grader failed" in " ".join(text.split())
