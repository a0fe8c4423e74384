"""One exercise marked again: only its verdicts change, the list of changes is whole, and nothing is lost."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from grading.checks.exercise import Answers
from grading.cli import main
from grading.report import regrade as module
from grading.report.grade import grade_one
from grading.report.kept import Origin
from grading.report.overrides import Override, to_table
from grading.report.regrade import Regrading
from grading.report.schema import RecordError
from grading.report.store import Store
from tests.grading import mini
from tests.grading.conftest import forked
from tests.grading.test_grade import grade_all

MEAN = mini.AFFINE_CELL.replace("x @ w", "(x * w).mean(1)")
CLASS = {"ann": mini.honest(), "bob": mini.dump(MEAN, mini.SCALE_CELL), "cem": mini.dump(*mini.STUBS),
         "dan": mini.honest()[:-30]}
# The check was wrong: it should have taken the mean, and so should whoever wrote the reference.
MENDED = replace(mini.AFFINE, reference=mini.mean_taken, answers=Answers())


def quick(submission, settings):
    return grade_one(submission, replace(settings, connect=forked))


@pytest.fixture
def room(mini_lesson, tmp_path, monkeypatch):
    from grading import assignment

    folder, out = tmp_path / "submissions", tmp_path / "out"
    folder.mkdir()
    for name, data in CLASS.items():
        (folder / f"{name}.ipynb").write_bytes(data)
    grade_all(folder, out)
    Origin(str(folder)).keep(out)
    exercises = {"mini-affine": mini.AFFINE, "mini-scale": mini.SCALE}
    monkeypatch.setattr(assignment, "find", exercises.__getitem__)
    monkeypatch.setattr(module, "find", exercises.__getitem__)
    return SimpleNamespace(folder=folder, out=out, mend=lambda: _mend(monkeypatch, exercises))


def _mend(monkeypatch, exercises):
    from grading.report import marking

    exercises["mini-affine"] = MENDED
    monkeypatch.setattr(marking, "exercises_of", lambda lesson: [MENDED, mini.SCALE])
    monkeypatch.setattr(module, "fingerprint", lambda exercise: "mended")


def again(out: Path, *, grade=quick, exercise=MENDED, dry_run=False, place=None):
    store = Store(out)
    try:
        run = Regrading(store, exercise, grade=grade)
        changes = run(place, dry_run)
        return run, changes, None if dry_run else run.finish(changes)
    finally:
        store.close()


def records(out: Path) -> dict[str, dict]:
    return {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in (out / "results").glob("*.json")}


def snapshot(out: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in out.rglob("*") if p.is_file() and p.name != ".lock"}


def test_nothing_changes_as_long_as_the_check_is_the_same(room):
    before = records(room.out)
    _, changes, path = again(room.out, exercise=mini.AFFINE)
    assert [c.student for c in changes] == ["ann", "bob", "cem"] and not any(c.differs for c in changes)
    assert records(room.out) == before and len(path.read_text().splitlines()) == 1


def test_marks_follow_the_mended_check_and_the_others_stay(room):
    before = records(room.out)
    room.mend()
    _, changes, path = again(room.out)
    after = records(room.out)
    assert {c.student: (c.old["points"], c.new["points"]) for c in changes if c.differs} == {
        "ann": (3, 0), "bob": (0, 3)}
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    assert [(r["student"], r["old"], r["new"], r["old_total"], r["new_total"]) for r in rows] == [
        ("ann", "3", "0", "5", "2"), ("bob", "0", "3", "2", "5")]
    assert rows[1]["old_message"] == "You average: sum." and rows[1]["new_message"] == ""
    assert path.name == "mini-affine-001.csv"
    for name in before:
        old, new = ([v for v in r[name]["exercises"] if v["id"] == "mini-scale"] for r in (before, after))
        assert old == new
    assert after["cem"] == before["cem"] and after["dan"] == before["dan"]
    rows = csv.DictReader((room.out / "marks.csv").open(encoding="utf-8"))
    assert {r["student"]: r["points"] for r in rows} == {"ann": "2", "bob": "5", "cem": "0", "dan": ""}
    assert "5 of 5" in (room.out / "feedback/bob.html").read_text(encoding="utf-8")
    assert again(room.out)[2].name == "mini-affine-002.csv"


def test_a_dry_run_says_the_same_and_writes_nothing(room):
    room.mend()
    before = snapshot(room.out)
    _, changes, _ = again(room.out, dry_run=True)
    assert {c.student for c in changes if c.differs} == {"ann", "bob"}
    assert snapshot(room.out) == before


def test_points_by_hand_are_kept(room):
    (room.out / "overrides.csv").write_text(to_table([Override("bob", "mini-affine", 1, "Agreed.", "Bo")]))
    grade_all(room.folder, room.out)
    room.mend()
    _, _, path = again(room.out)
    rows = {r["student"]: r for r in csv.DictReader(path.open(encoding="utf-8"))}
    assert (rows["bob"]["new"], rows["bob"]["old_total"], rows["bob"]["new_total"]) == ("3", "3", "3")
    marks = {r["student"]: r for r in csv.DictReader((room.out / "marks.csv").open(encoding="utf-8"))}
    assert marks["bob"]["points"] == "3" and marks["bob"]["machine_points"] == "5"
    assert records(room.out)["bob"]["override"]["exercises"]["mini-affine"]["comment"] == "Agreed."


@pytest.mark.parametrize("at", ["judging", "after the journal"])
def test_a_run_that_is_stopped_goes_on_and_its_list_is_whole(room, monkeypatch, at):
    room.mend()
    graded = []

    def stops(submission, settings):
        if submission.student == "bob" and at == "judging":
            raise KeyboardInterrupt
        graded.append(submission.student)
        return quick(submission, settings)

    if at == "after the journal":
        save = Store.save
        monkeypatch.setattr(Store, "save", lambda self, r: (_ for _ in ()).throw(KeyboardInterrupt)
                            if r["student"] == "bob" else save(self, r))
    with pytest.raises(KeyboardInterrupt):
        again(room.out, grade=stops)
    if at == "after the journal":
        monkeypatch.setattr(Store, "save", save)
    with open(room.out / ".regrade-mini-affine.jsonl", "a") as journal:
        journal.write('{"student": "cem", "content": "", "check": "", "old": {}, "new": 1}\n'
                      + "[" * 200_000 + "\n")
    with open(room.out / ".regrade-mini-affine.jsonl", "ab") as journal:
        journal.write(b'\xff\xfe\n{"student": "cem", "che')  # cut off
    first = list(graded)

    def noted(submission, settings):
        graded.append(submission.student)
        return quick(submission, settings)

    _, changes, path = again(room.out, grade=noted)
    assert sorted(graded) == ["ann", "bob", "cem"] and first
    assert {c.student: c.new["points"] for c in changes if c.differs} == {"ann": 0, "bob": 3}
    assert [r["student"] for r in csv.DictReader(path.open())] == ["ann", "bob"]
    marks = {name: record["points"] for name, record in records(room.out).items()}
    assert marks == {"ann": 2, "bob": 5, "cem": 0, "dan": None}
    assert not (room.out / ".regrade-mini-affine.jsonl").exists()


def test_what_was_handed_in_anew_is_left_as_it_was(room):
    room.mend()
    (room.folder / "ann.ipynb").write_bytes(mini.honest("# more"))
    (room.folder / "bob.ipynb").unlink()
    run, changes, _ = again(room.out)
    assert sorted(run.moved) == ["ann", "bob"] and [c.student for c in changes] == ["cem"]
    assert records(room.out)["ann"]["points"] == 5


def test_a_fault_of_the_grader_changes_nothing_and_is_tried_again(room):
    room.mend()
    before = records(room.out)["bob"]
    store = Store(room.out)
    run = Regrading(store, MENDED, grade=lambda s, t: {"status": "not graded"} if s.student == "bob"
                    else quick(s, t))
    run()
    store.close()
    assert run.faults == ["bob"] and records(room.out)["bob"] == before
    again(room.out)
    assert records(room.out)["bob"]["points"] == 5


def test_it_says_what_it_lacks(room, tmp_path):
    (room.out / ".secret").unlink()
    with pytest.raises(RecordError, match="has lost its secret"):
        again(room.out)
    Origin(str(tmp_path / "gone")).keep(room.out)
    (room.out / ".secret").write_text("00" * 16)
    with pytest.raises(RecordError, match="name the class by --submissions"):
        again(room.out)
    assert again(room.out, exercise=mini.AFFINE, place=room.folder)[1]
    (room.out / ".batch.json").unlink()
    with pytest.raises(RecordError, match="does not say which class"):
        again(room.out)


@pytest.mark.parametrize(("id", "says"), [
    ("vae-elb", "There is no exercise 'vae-elb'; the nearest are vae-elbo"),
    ("vae-predict-kl", "vae-predict-kl gives no points"),
    ("vae-slerp", "does not say which class"),
])
def test_the_command_refuses_what_it_does_not_know(tmp_path, id, says):
    result = CliRunner().invoke(main, ["regrade", str(tmp_path), "--exercise", id])
    assert result.exit_code == 1 and says in result.output and not list(tmp_path.iterdir())
