"""Which attempt counts, and what the record says of the others."""

import json
import pickle
from datetime import UTC, datetime

import pytest

from grading.assignment import Assignment
from grading.report.grade import Settings
from grading.report.schema import validator
from tests.grading.classes.builders import unpacked, zipped

MARKS = {"x_1_100_vae.ipynb": b"mark=3", "x_LATE_1_300_vae-2.ipynb": b"mark=1",
         "x_1_200_vae-1.ipynb": b"mark=3", "y_2_1_vae.ipynb": b"mark=0"}


@pytest.fixture
def place(tmp_path):
    path = tmp_path / "canvas.zip"
    path.write_bytes(zipped(MARKS))
    return path


@pytest.mark.parametrize(("policy", "points", "attempt", "late"), [
    ("last", 1, 3, True), ("first", 3, 1, False), ("best", 3, 2, False)])
def test_policies(graded, place, policy, points, attempt, late):
    record = graded(place, attempts=policy)["x_1"]
    assert (record["points"], record["attempt"], record["late"]) == (points, attempt, late)
    listed = {a["attempt"]: (a["counts"], a["points"], a["late"], a["file"]) for a in record["attempts"]}
    known = {1: 3, 2: 3, 3: 1}
    assert listed == {n: (n == attempt, known[n] if policy == "best" or n == attempt else None, n == 3,
                          f"vae{f'-{n - 1}' * (n > 1)}.ipynb") for n in known}
    assert f"This is attempt {attempt} of 3: the {policy} one counts" in record["warnings"][0]
    assert ("with the same points" in record["warnings"][0]) == (policy == "best")
    assert ("Handed in late." in record["flags"]) == late
    assert not list(validator().iter_errors(record))


def test_a_single_attempt_is_not_talked_about(graded, place):
    record = graded(place)["y_2"]
    assert not record["warnings"] and not record["flags"] and len(record["attempts"]) == 1
    assert record["identity"] == {"lms": "canvas", "id": "2", "name": "y"}


def test_the_policy_and_every_attempt_are_part_of_the_fingerprint(read):
    data = zipped(MARKS)
    prints = {policy: read(data, policy)["x_1"].fingerprint() for policy in ("last", "first", "best")}
    assert len(set(prints.values())) == 3
    assert read(data)["x_1"].fingerprint() == prints["last"]
    more = read(zipped(MARKS | {"x_1_50_vae.ipynb": b"mark=4"}))
    assert more["x_1"].fingerprint() != prints["last"] and more["y_2"] == read(data)["y_2"]
    changed = read(zipped(MARKS | {"x_1_100_vae.ipynb": b"mark=2"}), "best")
    assert changed["x_1"].fingerprint() != prints["best"]
    single = {p: read(data, p)["y_2"].fingerprint() for p in prints}
    assert len(set(single.values())) == 1


def test_an_unreadable_attempt_is_worse_than_none_and_a_fault_hides_no_better_one(graded, place, tmp_path):
    def unreadable(submission, settings):
        from tests.grading.classes import stub

        record = stub.grade(submission, settings)
        if b"mark=3" in submission.files[0][1]:
            record |= {"status": "ungradable", "points": None, "message": "no"}
        return record

    def faulty(submission, settings):
        record = unreadable(submission, settings)
        return record | ({"status": "not graded"} if record["points"] is None else {})

    assert graded(place, attempts="best", grade=unreadable)["x_1"]["points"] == 1
    record = graded(place, tmp_path / "other", attempts="best", grade=faulty)["x_1"]
    assert record["status"] == "not graded" and record["points"] is None


@pytest.mark.parametrize(("due", "late"), [
    (datetime(2026, 11, 2, 14, 0, tzinfo=UTC), True), (datetime(2026, 11, 2, 15, 0, tzinfo=UTC), False),
    (None, False)])
def test_late_by_the_assignments_own_date(graded, tmp_path, due, late):
    clock = b"2026-11-02 14:30:00 UTC"
    place = unpacked(tmp_path / "in", {"submitted/ada/10_vae/vae.ipynb": b"1",
                                       "submitted/ada/10_vae/timestamp.txt": clock})
    assignment = Assignment("A", "10_vae", ("vae-elbo",), {"vae-elbo": 4}, due)
    record = graded(place, settings=Settings(bytes(16), isolation="none", assignment=assignment))["ada"]
    assert record["late"] is late and record["submitted"] == "2026-11-02T14:30:00+00:00"


def test_a_date_that_is_moved_and_a_time_that_is_not_known(graded, tmp_path):
    place = unpacked(tmp_path / "in", {
        "submitted/ada/10_vae/v.ipynb": b"1",
        "submitted/ada/10_vae/timestamp.txt": b"2026-11-02 14:30:00 UTC",
        "submitted/bob/10_vae/v.ipynb": b"2",
        "submitted/bob/10_vae/more/timestamp.txt": b"1999-01-01 00:00 UTC"})
    for hour, late in ((14, True), (15, False), (13, True)):
        assignment = Assignment("A", "10_vae", ("vae-elbo",), {"vae-elbo": 4},
                                datetime(2026, 11, 2, hour, 0, tzinfo=UTC))
        records = graded(place, settings=Settings(bytes(16), isolation="none", assignment=assignment))
        assert records["ada"]["late"] is late and ("Handed in late." in records["ada"]["flags"]) is late
        assert records["bob"]["late"] is None and "is not known" in records["bob"]["flags"][-1]
    assert ",unknown," in (tmp_path / "out/marks.csv").read_text()


def test_a_task_can_be_sent_and_holds_nothing_but_its_own_bytes(read):
    task = read(zipped(MARKS))["x_1"]
    sent = pickle.dumps(task)
    assert pickle.loads(sent) == task and len(sent) < 2000 and task.size == len(b"mark=1")
    assert b"mark=3" not in sent


def test_the_table_is_sorted_and_tells_of_attempts(graded, place, tmp_path):
    import csv

    graded(place)
    rows = list(csv.DictReader((tmp_path / "out/marks.csv").open()))
    assert [(r["student"], r["points"], r["attempt"], r["late"], r["name"]) for r in rows] == [
        ("x_1", "1", "3", "late", "x"), ("y_2", "0", "", "", "y")]
    assert list(rows[0]) == ["student", "lesson", "status", "points", "out_of", "vae-elbo", "message",
                             "machine_points", "comment", "file", "attempt", "submitted", "late", "name"]
    kept = json.loads((tmp_path / "out/results/x_1.json").read_text())
    assert kept["attempts"][0]["status"] is None
