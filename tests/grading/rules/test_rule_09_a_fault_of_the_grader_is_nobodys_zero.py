"""Rule 9: a fault of the grader is "could not be graded" (null), never a student's 0."""

import csv
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest

from grading.report import marking
from grading.report.batch import grade_folder
from grading.report.feedback import render
from grading.report.grade import Settings
from grading.report.store import Store
from grading.sandbox.isolation import NoIsolation
from tests.grading import mini


def no_worker(*_):
    raise NoIsolation("no isolation 'namespaces' here")


def broken(*_, **__):
    raise ZeroDivisionError


BROKEN = [replace(mini.AFFINE, inputs=broken), replace(mini.AFFINE, reference=broken),
          replace(mini.AFFINE, truth=broken)]


@pytest.mark.parametrize("exercise", BROKEN)
def test_a_broken_exercise_gives_no_mark(graded, monkeypatch, exercise):
    monkeypatch.setattr(marking, "exercises_of", lambda lesson: [exercise, mini.SCALE])
    record = graded(mini.honest())
    assert record["status"] == "not graded" and record["points"] is None
    assert [v["points"] for v in record["exercises"]] == [None, 2]
    assert "fault of the grader" in record["message"]


def test_a_worker_that_cannot_be_had_gives_no_mark(graded):
    record = graded(mini.honest(), connect=no_worker)
    assert record["status"] == "not graded" and record["points"] is None
    assert "not yours" in render(record)


def test_the_table_says_so_and_the_next_run_tries_again(mini_lesson, tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "a.ipynb").write_bytes(mini.honest())
    with closing(Store(tmp_path / "out")) as store:
        settings = Settings(store.secret(), lesson="99_mini", connect=no_worker)
        grade_folder(folder, store, settings, executor=ThreadPoolExecutor)
        rows = list(csv.DictReader((tmp_path / "out" / "marks.csv").open(encoding="utf-8-sig")))
        assert rows[0]["points"] == "" and rows[0]["status"] == "not graded"
        grade_folder(folder, store, Settings(store.secret(), lesson="99_mini"), executor=ThreadPoolExecutor)
        rows = list(csv.DictReader((tmp_path / "out" / "marks.csv").open(encoding="utf-8-sig")))
        assert rows[0]["points"] == "5" and rows[0]["status"] == "graded"
