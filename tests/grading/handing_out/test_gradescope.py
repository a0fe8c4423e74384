"""Gradescope: results.json as its specifications say, and an autograder that works where it is unpacked."""

import json
import os
import shutil
import stat
import subprocess
import sysconfig
import venv
import zipfile
from functools import partial

import pytest
from click.testing import CliRunner

from grading.cli import main
from grading.report import gradescope
from grading.report.autograder import requirements
from grading.report.grade import Settings
from grading.report.gradescope import results
from grading.report.schema import validator
from grading.sandbox.start import connect
from tests.grading import mini
from tests.grading.conftest import forked
from tests.grading.handing_out.records import (
    FAULT,
    HOSTILE,
    KINDS,
    WRONG,
    by_hand,
    hostile,
    item,
    record,
    verdict,
)
from tests.grading.make_class import FOLDER

SCORED = [kind for kind in KINDS if kind != "not graded"]


@pytest.mark.parametrize("kind", SCORED)
def test_results_are_as_the_specifications_say(kind):
    made = results(KINDS[kind])
    assert [f"{e.json_path}: {e.message}" for e in validator("gradescope").iter_errors(made)] == []
    assert made["stdout_visibility"] == "hidden"


def test_the_schema_refuses_what_the_specifications_do():
    assert not validator("gradescope").is_valid({"tests": [{"name": "no score"}]})
    assert not validator("gradescope").is_valid({"output": "no score at all"})
    assert not validator("gradescope").is_valid({"score": None})
    assert not validator("gradescope").is_valid({"score": 1, "visibility": "never"})
    assert not validator("gradescope").is_valid({"score": 1, "points": 1})
    assert validator("gradescope").is_valid({"score": 44.0, "leaderboard": [{"name": "Time", "value": 15.1}]})


def test_every_exercise_is_a_test():
    made = results(record(assignment="Homework 1"))
    assert [(t["name"], t["score"], t["max_score"], t["status"]) for t in made["tests"]] == [
        ("vae-bug", 3, 3, "passed"), ("vae-elbo", 2, 3, "failed")]
    assert made["tests"][1]["output"].split("\n")[:2] == [
        WRONG["message"], "✘ 0 of 1  The bound of each image, in nats."]
    assert made["output"].startswith("Homework 1: 5 of 6 points.\n") and "score" not in made
    assert results(record(), "after_due_date")["visibility"] == "after_due_date"


def test_what_cannot_be_read_scores_0_with_the_reason():
    made = results(KINDS["ungradable"])
    assert made["score"] == 0 and "tests" not in made and "not JSON" in made["output"]


def test_a_fault_of_the_grader_is_no_score():
    with pytest.raises(ValueError, match="has no score"):
        results(FAULT)


def test_students_see_no_flags_seeds_or_numbers():
    secret = {"flags": ["HIDDEN"], "walls": ["HIDDEN"], "fingerprint": "HIDDEN", "exercises": [
        verdict(status="wrong", points=0, numbers="HIDDEN", mistake="HIDDEN", expected="HIDDEN",
                items=[item() | {"wanted": "HIDDEN"}] * 2)]}
    assert "HIDDEN" not in json.dumps(results(record(**secret)))


def test_points_by_hand_win():
    made = results(record(override=by_hand(exercises={"vae-bug": by_hand(1)})))
    assert made["tests"][0]["score"] == 1 and made["output"].startswith("10_vae: 3 of 6")


@pytest.mark.parametrize("name", HOSTILE)
def test_text_stays_text(name):
    made = results(hostile(HOSTILE[name]))
    assert validator("gradescope").is_valid(made) and len(json.dumps(made)) < 100_000
    assert {made["output_format"], made["test_output_format"], made["test_name_format"]} == {"text"}
    text = "".join([made["output"], *(test["name"] + test["output"] for test in made["tests"])])
    assert "\0" not in text and "\u202e" not in text


@pytest.fixture
def container(tmp_path, mini_lesson, monkeypatch):
    """container(files): runs the marking in this process on these files; its code and results.json."""
    source = tmp_path / "source"

    def run(*, isolation="auto", connect=forked, **files):
        monkeypatch.setattr(gradescope, "Settings", partial(Settings, connect=connect))
        for folder in ("source", "submission", "results"):
            shutil.rmtree(tmp_path / folder, ignore_errors=True)
            (tmp_path / folder).mkdir()
        told = {"lesson": "99_mini", "isolation": isolation, "visibility": "visible"}
        (source / "settings.json").write_text(json.dumps(told))
        (source / "secret").write_text("00" * 16)
        (tmp_path / "results" / "results.json").write_text('{"score": 100}')  # left by somebody
        for name, data in files.items():
            (tmp_path / "submission" / name.replace("__", ".")).write_bytes(data)
        code = gradescope.run(tmp_path)
        path = tmp_path / "results" / "results.json"
        assert not (source / "secret").exists()
        return code, json.loads(path.read_text()) if path.exists() else None

    return run


def test_a_submission_is_marked(container):
    code, made = container(any_name__ipynb=mini.dump(mini.AFFINE_CELL))
    assert code == 0 and [t["score"] for t in made["tests"]] == [3, 0]


def test_nothing_or_anything_handed_in_is_a_0_with_a_reason(container):
    for files, says in (({}, "no notebook"), ({"a__txt": b"hello"}, "no notebook"),
                        ({"a__ipynb": b"<html>"}, "web page")):
        code, made = container(**files)
        assert (code, made["score"]) == (0, 0) and says in made["output"], made


def test_two_notebooks_are_not_chosen_between(container):
    code, made = container(a__ipynb=mini.honest(), b__ipynb=mini.dump("x = 1"))
    assert (code, made["score"]) == (0, 0) and "Several notebooks" in made["output"]


def test_a_fault_leaves_no_results_and_fails(container, capsys):
    def refuses(*_):
        raise OSError("no more processes")

    code, made = container(connect=refuses, a__ipynb=mini.honest())
    assert code == 1 and made is None and "no more processes" in capsys.readouterr().out


def test_walls_that_are_not_there_are_a_fault(container, capsys):
    code, made = container(connect=connect, isolation="moat", a__ipynb=mini.honest())
    assert code == 1 and made is None and "there is no isolation 'moat'" in capsys.readouterr().out


def test_the_secret_is_read_once(container, tmp_path):
    container(a__ipynb=b"")
    with pytest.raises(SystemExit, match="in a fresh container"):
        gradescope.run(tmp_path)


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The zip of one exercise of lesson 10."""
    folder = tmp_path_factory.mktemp("packed")
    file, out = folder / "assignment.toml", folder / "autograder.zip"
    file.write_text('name = "Homework 1"\nlesson = "10_vae"\n[points]\nvae-slerp = 6\n')
    words = ["gradescope", "10", "-o", str(out), "--assignment", str(file), "--seed", "ab" * 16]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert "6 points" in result.output and "Keep it private" in result.output
    return out


def test_the_zip_is_as_the_specifications_say(packed):
    with zipfile.ZipFile(packed) as archive:
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}
        assert archive.testzip() is None and archive.read("secret").strip() == b"ab" * 16
        assert archive.read("run_autograder").startswith(b"#!/usr/bin/env bash\n")
    assert modes["setup.sh"] == modes["run_autograder"] == 0o700 and modes["secret"] == 0o600
    assert {"lib/grading/exercises/vae/elbo.py", "lib/genlab/table.csv", "assignment.toml"} <= set(modes)
    assert not [n for n in modes if "__pycache__" in n or n.startswith(("/", ".."))]
    assert not [n for n in modes if n.startswith(("lib/solutions", "solutions", "notebooks"))]
    assert stat.S_IMODE(packed.stat().st_mode) == 0o600


def test_what_is_packed_names_versions():
    names = dict(line.split("==") for line in requirements())
    assert {"torch", "numpy", "click", "nbconvert"} <= set(names)
    assert all("+" not in version for version in names.values())


@pytest.fixture(scope="module")
def image(packed, tmp_path_factory):
    """What Gradescope makes of the zip, under a prefix: unpacked, run_autograder copied, genlab installed as
    setup.sh installs it, into an environment that borrows this one's packages.
    """
    base = tmp_path_factory.mktemp("autograder")
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(base / "source")
    shutil.copy(base / "source" / "run_autograder", base / "run_autograder")
    (base / "run_autograder").chmod(0o755)
    venv.create(base / "venv", with_pip=False, symlinks=True)
    site = next((base / "venv" / "lib").glob("python*/site-packages"))
    shutil.copytree(base / "source" / "lib", site, dirs_exist_ok=True)
    (site / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"])
    (base / "submission").mkdir()
    (base / "results").mkdir()
    return base


def ran(base, notebook: bytes, secret="ab" * 16) -> subprocess.CompletedProcess:
    (base / "source" / "secret").write_text(secret)
    (base / "submission" / "homework.ipynb").write_bytes(notebook)
    environment = {"PATH": os.defpath, "HOME": str(base)}
    return subprocess.run([str(base / "run_autograder")], cwd=base, env=environment, capture_output=True,
                          text=True, timeout=500)


def spiteful(base) -> bytes:
    """A wrong answer that also writes results of its own and looks for the secret."""
    book = json.loads((FOLDER / "wrong.ipynb").read_text(encoding="utf-8"))
    results, source = base / "results", base / "source"
    attack = f"""
for path in ({str(results / "results.json")!r}, {str(results / "stdout")!r}):
    try:
        open(path, "w").write('{{"score": 1000}}')
    except OSError:
        pass
try:
    slerp.found = open({str(source / "secret")!r}).read() + open({str(source / "settings.json")!r}).read()
except OSError:
    pass
else:
    del slerp  # it would show as a missing answer
"""
    cell = next(c for c in book["cells"] if "# Exercise vae-slerp" in "".join(c["source"]))
    cell["source"] = "".join(cell["source"]) + attack
    return json.dumps(book).encode()


def test_the_autograder_works_where_it_is_unpacked(image):
    done = ran(image, spiteful(image))
    assert done.returncode == 0, done.stdout + done.stderr
    made = json.loads((image / "results" / "results.json").read_text())
    assert validator("gradescope").is_valid(made) and [t["name"] for t in made["tests"]] == ["vae-slerp"]
    (test,) = made["tests"]
    assert 0 < test["score"] < test["max_score"] == 6 and test["status"] == "failed"
    assert "Parallel vectors give nan" in test["output"] and made["extra_data"]["isolation"] in done.stdout
    assert not (image / "source" / "secret").exists() and "ab" * 16 not in done.stdout
    assert [path.name for path in (image / "results").iterdir()] == ["results.json"]


@pytest.mark.parametrize("script", ["setup.sh", "run_autograder.sh"])
def test_the_scripts_are_bash(packed, script, tmp_path):
    with zipfile.ZipFile(packed) as archive:
        text = archive.read(script.removesuffix(".sh") if "run" in script else script)
    (tmp_path / script).write_bytes(text)
    assert subprocess.run(["bash", "-n", str(tmp_path / script)]).returncode == 0
    assert b"@PYTHON@" not in text and b"@PIP_ARGS@" not in text


@pytest.mark.parametrize(("words", "says"), [
    (("99", "-o", "x.zip"), "there is no lesson '99'"),
    (("10", "-o", "x.zip", "--seed", "12"), "--seed has to be"),
    (("11", "-o", "x.zip", "--assignment", "a.toml"), "is on 10_vae, not on 11"),
])
def test_the_command_teaches(words, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.toml").write_text('lesson = "10"\n[points]\nvae-elbo = 1\n')
    result = CliRunner().invoke(main, ["gradescope", *words])
    assert result.exit_code == 1 and says in result.output and not (tmp_path / "x.zip").exists()


def test_words_for_pip_are_quoted(tmp_path):
    words = "--index-url 'https://x.org/a b;rm'"
    CliRunner().invoke(main, ["gradescope", "10", "-o", str(tmp_path / "x.zip"), "--pip-args", words])
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert "pip --index-url 'https://x.org/a b;rm' $(grep" in archive.read("setup.sh").decode()
