"""A class from the folder to the marks: who gets what, what is kept, and that nothing stops it."""

import csv
import json
import os
import re
import stat
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import pytest
from click.testing import CliRunner

from grading.cli import main
from grading.report import command, marking
from grading.report import grade as grade_module
from grading.report.batch import grade_folder
from grading.report.feedback import render
from grading.report.grade import Settings, grade_one, seed
from grading.report.store import Store, StoreError, file_name
from tests.grading import make_class, mini
from tests.grading.conftest import SECRET, forked, points

CLASS = {
    "honest": mini.honest(),
    "half_done": mini.dump(mini.AFFINE_CELL, mini.CHECKS[0], mini.STUBS[1], mini.CHECKS[1]),
    "wrong": mini.dump(mini.AFFINE_CELL.replace("x @ w", "(x * w).mean(1)"),
                       mini.SCALE_CELL.replace("3", "2")),
    "empty": b"",
    "broken_json": mini.honest()[:-30],
    "renamed_function": mini.dump(mini.AFFINE_CELL.replace("affine(", "afine("), mini.SCALE_CELL),
    "untouched": mini.dump(*mini.STUBS),
}


@pytest.fixture
def folder(tmp_path):
    def make(**files: bytes):
        path = tmp_path / "submissions"
        path.mkdir(exist_ok=True)
        for name, data in files.items():
            (path / f"{name}.ipynb").write_bytes(data)
        return path

    return make


class Inline(Executor):
    """Does each task at once, in the caller's thread: a process with more threads does not fork safely."""

    def __init__(self, jobs: int = 1):
        pass

    def submit(self, task, /, *arguments, **options) -> Future:
        future = Future()
        try:
            future.set_result(task(*arguments, **options))
        except BaseException as error:
            future.set_exception(error)
        return future


def grade_all(path, out, **options) -> dict[str, dict]:
    store = Store(out)
    try:
        settings = options.pop("settings", Settings(store.secret(), connect=forked))
        options.setdefault("executor", Inline)
        rows = grade_folder(path, store, settings, **options)
        return {row["student"]: store.load(row["student"]) for row in rows}
    finally:
        store.close()


def test_a_class(mini_lesson, folder, tmp_path):
    out = tmp_path / "out"
    records = grade_all(folder(**CLASS), out, jobs=2)
    marks = {name: record["points"] for name, record in records.items()}
    assert marks == {"honest": 5, "half_done": 3, "wrong": 0, "empty": 0, "broken_json": None,
                     "renamed_function": 2, "untouched": 0}
    assert {n for n, r in records.items() if r["status"] != "graded"} == {"broken_json"}
    assert "You average: sum." in records["wrong"]["exercises"][0]["message"]
    assert "`afine`: did you mean" in records["renamed_function"]["exercises"][0]["message"]
    assert {v["message"] for v in records["untouched"]["exercises"]} == {"Not started."}
    rows = {row["student"]: row for row in csv.DictReader((out / "marks.csv").open())}
    assert rows["half_done"]["points"] == "3" and rows["half_done"]["mini-scale"] == "0"
    assert rows["broken_json"]["points"] == "" and rows["broken_json"]["status"] == "ungradable"
    for name, record in records.items():
        kept = json.loads((out / "results" / f"{name}.json").read_text())
        assert kept == record and kept["isolation"] and "numbers" not in json.dumps(kept)
        assert (out / "feedback" / f"{name}.html").read_text().startswith("<!DOCTYPE html>")


def test_the_example_class_is_todays_lesson():
    """After a change of the lesson: python -m tests.grading.make_class"""
    kept = {p.name: p.read_text(encoding="utf-8") for p in make_class.FOLDER.iterdir()}
    assert kept == make_class.example_class()


def test_the_example_class(tmp_path):
    records = grade_all(make_class.FOLDER, tmp_path / "out")
    worth = {v["id"]: v["out_of"] for v in records["honest"]["exercises"]}
    total = sum(worth.values())
    marks = {name: record["points"] for name, record in records.items()}
    assert marks == {"honest": total, "half_done": sum(worth[id] for id in make_class.HALF), "empty": 0,
                     "renamed_function": total - worth["vae-elbo"], "broken_json": None,
                     "wrong": marks["wrong"]}
    wrong = {v["id"]: v for v in records["wrong"]["exercises"]}
    assert all(v["status"] == "wrong" and v["points"] < v["out_of"] and v["message"] for v in wrong.values())
    assert wrong["vae-elbo"]["mistake"] and wrong["vae-iwae"]["mistake"]
    renamed = {v["id"]: v["message"] for v in records["renamed_function"]["exercises"]}
    assert "`elbow`: did you mean" in renamed["vae-elbo"]
    stubs = [v for v in records["half_done"]["exercises"] if v["id"] not in make_class.HALF]
    assert {v["message"] for v in stubs} == {"Not started."}


def test_the_batch_resumes_without_grading_again(mini_lesson, folder, tmp_path):
    calls = []

    def counted(submission, settings):
        calls.append(submission.student)
        return grade_one(submission, settings)

    path, out = folder(a=b"", b=b"", c=mini.dump("x = 1")), tmp_path / "out"
    first = grade_all(path, out, grade=counted)
    assert set(calls) == {"a", "b", "c"}  # twice what shows no lesson: it waits for that of the others
    calls.clear()
    (out / "results" / "b.json").write_text('{"student": "b"')  # cut off
    (path / "c.ipynb").write_bytes(mini.dump("x = 2"))
    (out / "feedback" / "a.html").unlink()
    again = grade_all(path, out, grade=counted)
    assert set(calls) == {"b", "c"} and (out / "feedback" / "a.html").exists()
    assert again["a"] == first["a"] and again["c"]["content"] != first["c"]["content"]


def test_the_same_content_and_secret_give_the_same_record(graded):
    noisy = mini.dump(mini.AFFINE_CELL.replace("x @ w", "x @ w + torch.randn(5)"), mini.SCALE_CELL)
    one, two = graded(noisy), graded(noisy)
    assert one["points"] == 3  # its gradient is right
    assert {**one, "seconds": 0} == {**two, "seconds": 0}


def test_seeds_differ_by_content_exercise_and_secret():
    seeds = {seed(s, c, e) for s in (SECRET, SECRET[::-1]) for c in ("a", "b") for e in ("x", "y", "worker")}
    assert len(seeds) == 12 and all(len(s) == 32 for s in seeds)


def test_the_secret_is_private_and_kept(tmp_path):
    store = Store(tmp_path / "out")
    first = store.secret()
    path = tmp_path / "out" / ".secret"
    assert len(first) == 16 and stat.S_IMODE(path.stat().st_mode) == 0o600
    os.chmod(path, 0o644)
    assert store.secret() == first and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert store.secret(first.hex()) == first
    with pytest.raises(StoreError, match="another secret"):
        store.secret("00" * 16)
    for bad in ("xyz", "00", "0" * 17):
        with pytest.raises(StoreError, match="hexadecimal"):
            store.secret(bad)
    assert Store(tmp_path / "given").secret("AB" * 16) == bytes([0xAB] * 16)


def test_two_graders_on_one_folder_are_told_so(tmp_path):
    store = Store(tmp_path / "out")
    with pytest.raises(StoreError, match="another grader"):
        Store(tmp_path / "out")
    store.close()
    Store(tmp_path / "out").close()


@pytest.mark.parametrize("where", ["inputs", "connect", "select", "parse"])
def test_a_fault_of_the_grader_is_null(graded, monkeypatch, where):
    def broken(*a, **k):
        raise OSError("the disk is on fire") if where == "connect" else KeyError("ours")

    if where == "inputs":
        affine = replace(mini.AFFINE, inputs=broken)
        monkeypatch.setattr(marking, "exercises_of", lambda lesson: [affine, mini.SCALE])
    elif where != "connect":
        monkeypatch.setattr(marking if where == "select" else grade_module, where, broken)
    record = graded(mini.honest(), **({"connect": broken} if where == "connect" else {}))
    assert record["status"] == "not graded" and record["points"] is None
    assert "fault of the grader" in record["message"]
    if where == "inputs":  # the other exercise has its verdict
        assert points(record) == [None, 2]


def test_a_fault_is_graded_again(mini_lesson, folder, tmp_path, monkeypatch):
    path, out = folder(a=mini.dump("x = 1")), tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(marking, "select", lambda *a: 1 / 0)
        assert grade_all(path, out)["a"]["points"] is None
    assert "not yours" in (out / "feedback" / "a.html").read_text()
    assert grade_all(path, out, settings=Settings(SECRET, "99_mini"))["a"]["points"] == 0


class Mortal(Executor):
    """An executor whose process dies whenever it meets a certain student."""

    def __init__(self, jobs: int):
        self.dead = False

    def submit(self, function, task, settings, grade):
        future: Future = Future()
        self.dead = self.dead or task.student == "killer"
        if self.dead:
            future.set_exception(BrokenProcessPool())
        else:
            future.set_result(function(task, settings, grade))
        return future


def test_a_submission_that_kills_a_judge_stops_nobody_else(mini_lesson, folder, tmp_path):
    records = grade_all(folder(a=b"", killer=b"", z=b""), tmp_path / "out", executor=Mortal,
                        settings=Settings(SECRET, "99_mini"))
    assert [r["points"] for r in records.values()] == [0, None, 0]
    assert records["killer"]["status"] == "not graded"


def test_an_interrupted_batch_keeps_what_is_there(mini_lesson, folder, tmp_path):
    out, seen = tmp_path / "out", []

    def progress(record, kept, count):
        seen.append(record["student"])
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade_all(folder(a=b"", b=b"", c=b""), out, progress=progress)
    assert len(list(csv.DictReader((out / "marks.csv").open()))) == 2
    seen.clear()
    assert len(grade_all(folder(), out)) == 3


def test_names_are_never_paths_formulas_or_markup(mini_lesson, folder, tmp_path):
    path, out = folder(), tmp_path / "out"
    names = ['=cmd|"x"', "a<script>alert(1)<", "new\nline", "@sum", "con", "x" * 200, "é", "a\u202eb"]
    for name in names:
        (path / f"{name}.ipynb").write_bytes(b"")
    records = grade_all(path, out, settings=Settings(SECRET, "99_mini"))
    assert len(records) == len(names)
    files = sorted(p.name for p in out.rglob("*") if p.is_file())
    assert len(files) == 2 * len(names) + 3 and all(re.fullmatch(r"[A-Za-z0-9_.-]{1,90}", f) for f in files)
    assert not any("<script>" in p.read_text() for p in (out / "feedback").iterdir())
    assert all(row[0][:1] not in "=+-@" for row in csv.reader((out / "marks.csv").open()))


def test_file_names_differ_for_different_students():
    names = ["a/b", "a_b", "a b", "", ".", "..", "A" * 100, "A" * 101]
    assert len({file_name(n) for n in names}) == len(names)
    assert file_name("alice-2") == "alice-2"


def test_feedback_is_inert(graded, tmp_path):
    evil = '<img src=x onerror=alert(1)><script>alert(2)</script>{{ 7777 * 7777 }}'
    record = graded(mini.dump(f"broken = (\n'''{evil}'''", f"raise ValueError('''{evil}''')",
                              mini.AFFINE_CELL.replace("affine", "afine") + f"\n# {evil}",
                              f"x = {evil!r}\ny = {{}}[x]\n{mini.SCALE_CELL}\nScale.x = y"))
    page = render(record)
    assert "<script" not in page and "<img" not in page and "&lt;img" in page
    assert "default-src &#39;none&#39;" in page and page.count("<summary>") >= 3
    assert str(7777**2) not in page


LEAKS = {
    "values": "raise ValueError(str(x.tolist()))",
    "name": "raise type('E' + ''.join(chr(97 + int(9 * abs(v))) for v in x[:, 0]), (Exception,), {})()",
    "encoded": "raise RuntimeError(''.join(chr(65 + int(10 * abs(v))) for v in x.flatten()))",
    "stub": "raise NotImplementedError(str(x.tolist()))",
    "type": "return type('T' + str(x.tolist()), (), {})()",
    "key": "raise KeyError(x.sum().item())",
}


@pytest.mark.parametrize("leak", LEAKS)
def test_hidden_inputs_do_not_reach_feedback(graded, leak):
    record = graded(mini.dump(f"def affine(x, w):\n    {LEAKS[leak]}", mini.SCALE_CELL))
    verdict = record["exercises"][0]
    assert points(record) == [0, 2] and verdict["status"] in ("error", "interface")
    assert 'run check("mini-affine", affine)' in verdict["message"]
    assert not re.search(r"\d\.\d{3}|[A-Z]{6}|E[a-z]{5}", json.dumps(record["exercises"])), verdict["message"]


def test_errors_that_help_are_told(graded):
    record = graded(mini.dump("def affine(x, w):\n    return x @ w.T[:2]",
                              "# Exercise mini-scale\nclass Scale(nn.Module):\n    def forward(self, x):\n"
                              "        return helper(x.cuda() if False else x)"))
    first, second = (v["message"] for v in record["exercises"])
    assert "raised RuntimeError" in first and "(line 2 of the cell)" in first
    assert "name 'helper' is not defined" in second


def test_the_twelve_rules_as_far_as_points_go(graded):
    assert points(graded(mini.honest())) == [3, 2]
    assert points(graded(mini.dump(mini.SCALE_CELL))) == [0, 2]  # deleting one answer leaves the other
    assert points(graded(mini.dump(mini.AFFINE_CELL, setup=("import torch",)))) == [3, 0]
    cheats = ("import grading\ngrading.check = lambda *a: print('5/5')\ncheck = grading.check\n"
              "torch.equal = torch.allclose = torch.isclose = lambda *a, **k: True\n"
              "__builtins__.isinstance = lambda *a: True")
    wrong = mini.AFFINE_CELL.replace("x @ w", "x.sum(1)")
    assert points(graded(mini.dump(cheats + "\n" + wrong, mini.SCALE_CELL))) == [0, 2]
    assert points(graded(mini.dump(cheats + "\n" + mini.AFFINE_CELL, mini.SCALE_CELL))) == [3, 2]


def test_metadata_alone_decides_nothing(graded):
    data = mini.notebook("x = 1")
    data["cells"][-1]["metadata"] = {"nbgrader": {"grade_id": "mini-affine", "points": 100, "solution": True}}
    assert points(graded(json.dumps(data).encode())) == [0, 0]


@pytest.mark.parametrize(("names", "says"), [
    (("a.ipynb", "b.ipynb"), "Several notebooks"), (("notes.txt",), "no notebook")])
def test_folders_that_are_not_clear(mini_lesson, tmp_path, names, says):
    (tmp_path / "in" / "bob").mkdir(parents=True)
    for name in names:
        (tmp_path / "in" / "bob" / name).write_bytes(mini.honest() if name == names[0] else mini.dump("x = 1"))
    record = grade_all(tmp_path / "in", tmp_path / "out")["bob"]
    assert record["status"] == "ungradable" and says in record["message"]


def test_the_lessons_notebook_is_chosen_among_several(mini_lesson, tmp_path):
    (tmp_path / "in" / "bob").mkdir(parents=True)
    (tmp_path / "in" / "bob" / "scratch.ipynb").write_bytes(mini.dump("x = 1", setup=()))
    (tmp_path / "in" / "bob" / "renamed (1).ipynb").write_bytes(mini.dump("x = 1"))
    assert grade_all(tmp_path / "in", tmp_path / "out")["bob"]["points"] == 0


def test_the_command(mini_lesson, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "grade_folder",
                        lambda *a, **k: grade_folder(*a, **(k | {"executor": ThreadPoolExecutor})))
    path, out = folder(a=mini.dump("x = 1"), b=b"<html>"), tmp_path / "out"
    result = CliRunner().invoke(main, ["grade", str(path), "-o", str(out)])
    assert result.exit_code == 0, result.output
    assert re.search(r"a +0/5 +graded", result.output) and "web page" in result.output
    again = CliRunner().invoke(main, ["grade", str(path), "-o", str(out), "--seed", "00" * 16])
    assert again.exit_code == 1 and "another secret" in again.output
    absent = CliRunner().invoke(main, ["grade", str(path), "-o", str(out), "--lesson", "98"])
    assert absent.exit_code == 1 and "there is no lesson" in absent.output


def test_a_pool_of_processes(folder, tmp_path):
    """As the command runs it; the lesson is one of the course, and nobody has answered."""
    cell = 'lesson = "10_vae"'
    result = CliRunner().invoke(main, ["grade", str(folder(a=mini.dump(cell, setup=()), b=b"")), "-o",
                                       str(tmp_path / "out"), "--jobs", "2"])
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader((tmp_path / "out" / "marks.csv").open()))
    assert [(r["points"], r["lesson"]) for r in rows] == 2 * [("0", "10_vae")]


def test_connections_are_closed(graded):
    before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc") else 0
    graded(mini.honest())
    if before:
        assert len(os.listdir("/proc/self/fd")) <= before
