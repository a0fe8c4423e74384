"""`genlab grade --assignment`: only what was chosen counts, for what it is worth there."""

import csv
import json

import pytest
from click.testing import CliRunner

from grading.cli import main
from grading.report.grade import Settings
from tests.grading.make_class import FOLDER

HOMEWORK = 'name = "Homework 1"\nlesson = "10_vae"\n[points]\nvae-slerp = 5\nvae-elbo = 6\n'


@pytest.fixture
def grade(tmp_path):
    folder = tmp_path / "submissions"
    folder.mkdir()
    for name in ("half_done", "broken_json", "empty"):
        (folder / f"{name}.ipynb").write_bytes((FOLDER / f"{name}.ipynb").read_bytes())
    file = tmp_path / "assignment.toml"

    def run(text: str, *more: str):
        file.write_text(text, encoding="utf-8")
        return CliRunner().invoke(
            main, ["grade", str(folder), "-o", str(tmp_path / "out"), "--assignment", str(file), *more])

    return run


def test_only_what_was_chosen_counts_with_the_points_given(grade, tmp_path):
    result = grade(HOMEWORK)
    assert result.exit_code == 0, result.output
    rows = {row["student"]: row for row in csv.DictReader((tmp_path / "out/marks.csv").open())}
    assert rows["half_done"]["points"] == "11" and rows["half_done"]["out_of"] == "11"
    assert rows["half_done"]["vae-elbo"] == "6" and "vae-iwae" not in rows["half_done"]
    assert rows["empty"]["points"] == "0" and rows["broken_json"]["points"] == ""
    for name in rows:
        assert json.loads((tmp_path / f"out/results/{name}.json").read_text())["assignment"] == "Homework 1"


def test_other_points_are_graded_anew_and_the_same_are_not(grade, tmp_path):
    kept = tmp_path / "out/results/half_done.json"
    assert grade(HOMEWORK).exit_code == 0
    first = kept.stat().st_mtime_ns
    assert grade(HOMEWORK).exit_code == 0
    assert kept.stat().st_mtime_ns == first
    assert grade(HOMEWORK.replace("= 6", "= 8")).exit_code == 0
    assert json.loads(kept.read_text())["points"] == 13


def test_what_cannot_be_used_is_said(grade):
    result = grade(HOMEWORK.replace("vae-slerp", "vae-slurp"))
    assert result.exit_code == 1 and "there is no exercise 'vae-slurp'; 10_vae has vae-slerp" in result.output
    result = grade(HOMEWORK, "--lesson", "11")
    assert result.exit_code == 1 and "is on 10_vae, not on 11_conditional" in result.output


def test_an_assignment_names_its_lesson():
    from grading.assignment import Assignment

    assert Settings(b"", assignment=Assignment.of("10")).lesson == "10_vae"
    with pytest.raises(ValueError, match="on 10_vae, not on 11"):
        Settings(b"", lesson="11_conditional_and_beta_vae", assignment=Assignment.of("10"))
