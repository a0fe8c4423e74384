"""Rule 4: points and the list of exercises come from the specification, never from a notebook."""

import json

import pytest

from tests.grading import mini
from tests.grading.conftest import points


def edited(edit) -> bytes:
    notebook = mini.notebook(mini.STUBS[0], mini.CHECKS[0], mini.SCALE_CELL, mini.CHECKS[1])
    edit(notebook)
    return json.dumps(notebook).encode()


def promise_points(notebook):
    for cell in notebook["cells"]:
        cell["metadata"] = {"nbgrader": {"grade": True, "points": 1000, "grade_id": "mini-affine"},
                            "genlab": {"points": 1000}}


def add_an_exercise(notebook):
    notebook["cells"].append(mini.cell("# Exercise mini-bonus\ndef bonus():\n    return 1000"))


def store_a_verdict(notebook):
    stored = {"output_type": "stream", "name": "stdout", "text": "✔ mini-affine  3/3"}
    notebook["cells"][4]["outputs"] = [stored]


def leave_a_table(notebook):
    notebook["metadata"] = {"marks": {"mini-affine": 3}, "lesson": {"points": 1000}}


@pytest.mark.parametrize("edit", [promise_points, add_an_exercise, store_a_verdict, leave_a_table])
def test_a_notebook_sets_no_points(graded, edit):
    record = graded(edited(edit))
    assert points(record) == [0, 2] and record["out_of"] == 5
    assert [v["id"] for v in record["exercises"]] == ["mini-affine", "mini-scale"]
    assert [v["out_of"] for v in record["exercises"]] == [3, 2]


def test_deleting_the_checks_changes_nothing(graded):
    assert points(graded(mini.dump(mini.AFFINE_CELL, mini.SCALE_CELL))) == [3, 2]
    assert points(graded(mini.dump(mini.STUBS[0], mini.SCALE_CELL))) == [0, 2]
