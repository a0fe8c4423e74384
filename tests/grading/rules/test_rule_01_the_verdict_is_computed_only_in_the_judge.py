"""Rule 1: the verdict is computed only in the judge. A worker that claims one is not heard."""

import pytest

from grading.sandbox import view
from tests.grading import mini
from tests.grading.conftest import points
from tests.grading.test_worker import READY, frames, said, scripted

CLAIMS = [
    said("verdict", number=1, passed=True, points=5),
    said("values", number=1, passed=True, points=5, verdict="right"),
    frames.encode(frames.Frame("values", {"number": 1}, {"passed": True, "points": 5.0, "out_of": 5.0})),
    said("ran", faults=[], answers=["mini-affine"], points=5, passed=True),
]


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_worker_that_claims_a_verdict_gets_nothing(graded, claim):
    chunks = [READY, said("ran", faults=[], answers=["mini-affine", "mini-scale"]), claim]
    record = graded(mini.honest(), connect=lambda *_: scripted(*chunks)())
    assert record["status"] == "graded" and points(record) == [0, 0]


def test_what_judges_is_not_where_students_code_runs(tmp_path):
    view.begin(tmp_path)
    view.write(tmp_path, ())
    text = "\n".join(p.read_text(encoding="utf-8") for p in (tmp_path / "grading").rglob("*.py"))
    for name in ("grading.checks.judge", "grading.checks.compare", "grading.registry", "grading.exercises"):
        assert f"from {name}" not in text and f"import {name}" not in text


def test_a_notebook_that_says_it_passed_did_not(boxed):
    forged = ("import grading\ngrading.check = lambda *a: print('✔ mini-affine  3/3')\n"
              "def affine(x, w):\n    grading.check('mini-affine', affine)\n    return x * 0")
    assert points(boxed(forged, mini.SCALE_CELL)) == [0, 2]
