"""Rule 6: the reference gets all points, an untouched release and an empty notebook 0, every known mistake
loses its item, and deleting one answer leaves the marks of the others."""

import json

import pytest

from grading.ingest.folder import Submission
from grading.lessons import LESSONS
from grading.report.grade import Settings, grade_one
from tests.grading import make_class
from tests.grading.conftest import SECRET
from tests.grading.rules.conftest import by_id
from tests.notebooks.replay import ROOT

lessons = pytest.mark.parametrize("lesson", sorted(LESSONS))


def grade(data: bytes, lesson: str) -> dict:
    submission = Submission("someone", "x.ipynb", files=(("x.ipynb", data),))
    return grade_one(submission, Settings(SECRET, lesson=lesson))


@lessons
def test_the_solution_gets_all_the_release_nothing(lesson):
    solved = grade((ROOT / "solutions" / f"{lesson}.ipynb").read_bytes(), lesson)
    assert solved["points"] == solved["out_of"] > 0 and not solved["flags"], solved
    untouched = grade((ROOT / "notebooks" / f"{lesson}.ipynb").read_bytes(), lesson)
    assert untouched["points"] == 0 and untouched["out_of"] == solved["out_of"]
    assert {v["status"] for v in untouched["exercises"]} == {"not started"}


@lessons
def test_an_empty_notebook_gets_nothing(lesson):
    for data in (b"", json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}).encode()):
        record = grade(data, lesson)
        assert record["status"] == "graded" and record["points"] == 0


def test_deleting_one_answer_leaves_the_marks_of_the_others(lesson10):
    full = by_id(lesson10.grade(lesson10.answers))
    for gone in lesson10.answers:
        record = lesson10.grade(lesson10.answers | {gone: "# nothing here"})
        assert by_id(record) == full | {gone: 0}


def test_known_mistakes_lose_their_items(lesson10):
    """Each of them by itself, in the judge's own process: tests/grading/test_exercises.py."""
    record = lesson10.grade(make_class.mistaken(lesson10.answers))
    for verdict in record["exercises"]:
        assert verdict["points"] < verdict["out_of"] and verdict["mistake"], verdict
