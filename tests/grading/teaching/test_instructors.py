"""docs/instructors.md, followed word by word: its commands run in a fresh folder, its figures are seen."""

import contextlib
import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from grading.cli import COMMANDS as COMMANDS_KNOWN
from grading.cli import main

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "tests/grading/example_class"
GUIDE = (ROOT / "docs/instructors.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
COMMANDS = [text.strip() for kind, text in BLOCKS if kind == "sh"]
OUTPUTS = [text for kind, text in BLOCKS if kind == ""]
GRADEBOOK = ("Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (872)\n"
             '"    Points Possible",,,,,12.00\n'
             '"Done, Half",101,s1,half_done,A,\n"Est, Hon",102,s2,honest,A,\n'
             '"Json, B",103,s3,broken_json,A,\n')
WORKSHEET = ("Identifier,Full name,Email address,Status,Grade,Maximum grade,Grade can be changed,"
             "Last modified (grade),Feedback comments\n"
             "Participant 1201,half_done,h@example.org,Submitted,,12.00,Yes,-,\n"
             "Participant 1203,broken_json,b@example.org,Submitted,,12.00,Yes,-,\n"
             "Participant 1202,honest,o@example.org,Submitted,,12.00,Yes,-,\n")


@pytest.fixture(scope="module")
def followed(tmp_path_factory) -> dict[str, str]:
    """What each command said, in the order of the guide; the class is cut down to three students."""
    folder = tmp_path_factory.mktemp("guide")
    for name in ("solutions", "notebooks"):
        (folder / name).symlink_to(ROOT / name)
    small = folder / "tests/grading/example_class"
    small.mkdir(parents=True)
    for name in ("half_done", "honest", "broken_json"):
        (small / f"{name}.ipynb").write_bytes((EXAMPLE / f"{name}.ipynb").read_bytes())
    (folder / "gradebook.csv").write_text(GRADEBOOK, encoding="utf-8")
    (folder / "worksheet.csv").write_text(WORKSHEET, encoding="utf-8")
    said = {"folder": str(folder)}
    with contextlib.chdir(folder):
        for command in COMMANDS:
            program, *words = shlex.split(command)
            if program == "genlab":
                done = CliRunner().invoke(main, words)
                said[command], code = done.output, done.exit_code
            else:
                code = subprocess.run([program, *words]).returncode
                said[command] = ""
            assert code == 0, f"{command}\n{said[command]}"
    return said


def answer(followed: dict[str, str], start: str) -> str:
    return next(said for command, said in followed.items() if command.startswith(start))


def test_every_command_of_the_guide_works(followed):
    assert len(followed) == len(COMMANDS) + 1 >= 12
    folder = Path(followed["folder"])
    for name in ("release/README.md", "marks/marks.csv", "marks/feedback/honest.html", "autograder.zip",
                 "marks/statistics.html", "marks/similarity.html", "marks/regrades/vae-elbo-001.csv"):
        assert (folder / name).exists(), name


def test_the_answers_in_the_guide_are_those_that_are_given(followed):
    """Lines about single students, and whole answers where the size of the class does not matter."""
    graded = answer(followed, "genlab grade")
    shown = [line for line in OUTPUTS[0].splitlines() if line.startswith(("half_done", "honest"))]
    assert len(shown) == 2 and all(line in graded for line in shown)
    broken = next(line for line in OUTPUTS[0].splitlines() if line.startswith("broken_json"))
    assert broken.rstrip("…").strip() in graded
    assert OUTPUTS[1].strip() in answer(followed, "genlab override marks --student")
    assert "The bound (vae-elbo): 6 of 6 points on average; 2 right" in answer(followed, "genlab statistics")
    assert "marked again, 0 changed. Nothing was written." in OUTPUTS[3]
    assert "2 marked again, 0 changed. Nothing was written." in answer(followed, "genlab regrade marks "
                                                                       "--exercise vae-elbo --dry-run")


def test_marks_arrive_where_they_are_taken(followed):
    folder = Path(followed["folder"])
    assert '"Done, Half",101,s1,half_done,A,10' in (folder / "filled.csv").read_text(encoding="utf-8")
    moodle = (folder / "worksheet_filled.csv").read_text(encoding="utf-8")
    assert "Submitted,10" in moodle and "Submitted,12" in moodle


def test_every_command_and_option_named_exists():
    named = set(re.findall(r"`?genlab ([a-z]+)", GUIDE))
    assert named <= set(COMMANDS_KNOWN) and {"release", "grade", "override", "regrade", "similarity"} <= named
    context = click.Context(main)
    options = {flag for name in named for o in main.get_command(context, name).params for flag in o.opts}
    assert set(re.findall(r"(?<!-)--[a-z][a-z-]+", GUIDE)) - {"--help"} <= options
