"""Broken but honest notebooks of every kind: what each gets, and what its student reads."""

import copy
import json

import pytest

from grading.ingest.folder import Submission
from grading.report.grade import Settings, grade_one
from tests.grading import mini
from tests.grading.conftest import SECRET, forked, points

A, S, CHECKS = mini.AFFINE_CELL, mini.SCALE_CELL, mini.CHECKS
NOT_FOUND = "`affine` was not found. Define `affine(x, w)`."


def good(*more: str) -> dict:
    return mini.notebook(A, CHECKS[0], S, CHECKS[1], *more)


def edited(edit) -> bytes:
    """The good notebook after `edit(notebook)`, which may return another one."""
    notebook = good()
    changed = edit(notebook)
    return json.dumps(changed if isinstance(changed, dict) else notebook).encode()


def of(record: dict, id: str = "mini-affine") -> dict:
    return next(v for v in record["exercises"] if v["id"] == id)


def clean(record: dict) -> bool:
    return points(record) == [3, 2] and record["status"] == "graded" and not record["warnings"]


def test_01_an_untouched_release_is_not_started(graded):
    record = graded(mini.dump(mini.STUBS[0], CHECKS[0], mini.STUBS[1], CHECKS[1]))
    assert points(record) == [0, 0] and record["status"] == "graded" and record["points"] == 0
    assert [(v["status"], v["message"]) for v in record["exercises"]] == [("not started", "Not started.")] * 2


@pytest.mark.parametrize(("data", "warns"), [
    (b"", ["The file is empty. Save the notebook and hand it in again."]), (b'{"cells": []}', []),
    (b" \r\n\0", ["The file is empty. Save the notebook and hand it in again."]),
    (mini.dump(setup=()), [])], ids=["empty", "no cells", "blank", "prose alone"])
def test_02_an_empty_notebook_is_zero(graded, data, warns):
    record = graded(data)
    assert points(record) == [0, 0] and record["status"] == "graded" and record["warnings"] == warns
    assert of(record)["message"] == NOT_FOUND


@pytest.mark.parametrize(("data", "says"), [
    (mini.honest()[:-200], "ends in the middle"), (b"a = 1", "is a text"), (b"{cells: []}", "not JSON"),
    (b"<!DOCTYPE html><title>Log in</title>", "a web page")])
def test_03_what_is_not_json_is_ungradable(graded, data, says):
    record = graded(data)
    assert record["status"] == "ungradable" and says in record["message"] and record["points"] is None
    assert "hand it in" in record["message"] or "Hand in the notebook itself" in record["message"]


def test_04_a_byte_order_mark_is_no_matter(graded):
    assert clean(graded(b"\xef\xbb\xbf" + mini.honest()))


def format_three(notebook: dict) -> dict:
    cells = [{"cell_type": "code", "language": "python", "input": c["source"], "outputs": []}
             if c["cell_type"] == "code" else {"cell_type": "heading", "level": 1, "source": c["source"]}
             for c in notebook["cells"]]
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""},
            "worksheets": [{"cells": cells[:4], "metadata": {}}, {"cells": cells[4:], "metadata": {}}]}


@pytest.mark.parametrize("edit", [
    format_three, lambda nb: nb.update(nbformat_minor=0), lambda nb: nb.update(nbformat=5, nbformat_minor=99),
    lambda nb: [c.update(id="same") for c in nb["cells"]], lambda nb: nb.pop("nbformat"),
    lambda nb: nb["cells"][3].update(id=None)],
    ids=["3", "4.0", "5.99", "one id for all", "no number", "no id"])
def test_05_every_format_is_read(graded, edit):
    assert clean(graded(edited(edit)))


def sources(change):
    return lambda nb: [c.update(source=change(c["source"])) for c in nb["cells"]]


@pytest.mark.parametrize("edit", [
    lambda nb: [c.pop("outputs", None) for c in nb["cells"]],
    lambda nb: [c.pop("metadata") for c in nb["cells"]],
    lambda nb: nb["cells"].insert(2, {"cell_type": "code", "source": None}),
    lambda nb: nb["cells"].insert(2, {"cell_type": "code"}),
    sources(lambda s: s.splitlines(keepends=True)), sources(lambda s: s.split("\n")), sources(lambda s: [s]),
    sources(lambda s: s.replace("\n", "\r\n")), sources(lambda s: s.replace("\n", "\r")),
    lambda nb: nb.update(metadata={"x": float("nan"), "y": [float("inf"), -float("inf")]}),
    lambda nb: nb.update(metadata={"x": int("9" * 4000)})],
    ids=["no outputs", "no metadata", "null source", "no source", "list", "list of bare lines", "list of one",
         "CRLF", "CR", "NaN", "long number"])
def test_06_odd_but_readable_json_is_graded(graded, edit):
    assert clean(graded(edited(edit)))


@pytest.mark.parametrize(("strange", "says"), [
    ([None, 3, ["x"]], "Cell 2 is not a cell and was left out."),
    ([{"cell_type": "code", "source": ["a = 1\n", None, 3]}],
     "Cell 2 has lines that are not text; they were left out."),
    ([{"cell_type": None, "source": "a = 1", "outputs": []}], "Cell 2 does not say what kind of cell it is")])
def test_06_what_is_strange_in_a_cell_is_told(graded, strange, says):
    record = graded(edited(lambda nb: nb["cells"].__setitem__(slice(1, 1), strange)))
    assert points(record) == [3, 2] and record["warnings"][0].startswith(says)


@pytest.mark.parametrize(("data", "says"), [
    (b'{"cells": {}, "nbformat": 4}', "cells are not a list"), (b"[{}]", "JSON but not a notebook"),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deep"), (b"[" * 100_000, "nested too deep"),
    (b'{"cells": null}', "cells are not a list"), (b"null", "a text"),
    (b'{"metadata": {}}', "no list of cells")])
def test_06_json_without_cells_is_ungradable(graded, data, says):
    record = graded(data)
    assert record["status"] == "ungradable" and says in record["message"]
    assert "Hand in the" in record["message"] or "hand it in" in record["message"]


@pytest.mark.parametrize("stripped", [
    lambda nb: [c.update(metadata={}) for c in nb["cells"]],
    lambda nb: [c.update(metadata={"nbgrader": {"grade_id": "mini-scale"}}) for c in nb["cells"]],
    lambda nb: (nb.pop("metadata"), [c.pop("metadata") for c in nb["cells"]])])
def test_07_metadata_is_not_needed(graded, stripped):
    assert clean(graded(edited(stripped)))


WRONG = A.replace("x @ w", "0 * x @ w")


@pytest.mark.parametrize(("cells", "expected"), [((A, WRONG, S), [0, 2]), ((WRONG, A, S), [3, 2]),
                                                 ((A, A, S), [3, 2]), ((mini.STUBS[0], A, S), [3, 2])])
def test_08_of_two_definitions_the_last_counts_and_that_is_told(graded, cells, expected):
    record = graded(mini.dump(*cells))
    assert points(record) == expected
    assert record["warnings"] == ["`affine` is defined in the cells 4, 5: the last one counts."]


@pytest.mark.parametrize(("cells", "expected"), [((S,), [0, 2]), ((A,), [3, 0])])
def test_09_a_deleted_answer_costs_itself(graded, cells, expected):
    record = graded(mini.dump(*cells, *CHECKS))
    assert points(record) == expected
    assert "was not found. Define" in next(v["message"] for v in record["exercises"] if not v["points"])


@pytest.mark.parametrize("checks", [
    (), ("# " + CHECKS[0],), ("check('mini-affine', None)", "assert False"), ("check(", "}{"),
    ("raise SystemExit", "1/0"), ("check = use = print", *CHECKS), (CHECKS[0] * 50,)])
def test_10_checks_are_the_students_to_spoil(graded, checks):
    assert points(graded(mini.dump(A, S, *checks))) == [3, 2]


@pytest.mark.parametrize(("name", "says"), [
    ("Affine", "did you mean that? Rename it."), ("AFFINE", "did you mean that? Rename it."),
    ("affine2", "did you mean that? Rename it."), ("my_answer", "did you mean that? Rename it.")])
def test_11_a_renamed_answer_is_missing_with_a_hint(graded, name, says):
    record = graded(mini.dump(A.replace("affine(", f"{name}("), CHECKS[0], S))
    assert points(record) == [0, 2]
    assert of(record)["message"] == f"{NOT_FOUND} Your notebook defines `{name}`: {says}"


OTHER = mini.dump("x = 1", setup=())


@pytest.mark.parametrize(("files", "says"), [
    ({"Kopie von 10_vae (2).ipynb": mini.honest()}, ""),
    ({"mine.ipynb": mini.honest(), "scratch.ipynb": OTHER, "broken.ipynb": b"{"}, ""),
    ({"a.ipynb": mini.honest(), "a-conflict.ipynb": mini.honest("x = 1")},
     "Several notebooks could be meant: a.ipynb (99_mini), a-conflict.ipynb (99_mini). Hand in one."),
    ({"a.ipynb": OTHER, "b.ipynb": OTHER}, "No lesson is recognised in a.ipynb (no known lesson), b.ipynb"),
    ({"a.ipynb": b"{", "b.ipynb": b"%PDF"}, "ends in the middle")])
def test_12_the_notebook_is_known_by_what_is_in_it(mini_lesson, files, says):
    record = grade_one(Submission("bob", "bob", files=tuple(files.items())), Settings(SECRET, connect=forked))
    assert (record["status"], record["points"]) == (("ungradable", None) if says else ("graded", 5))
    assert says in record["message"]


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_13_an_answer_in_a_text_cell_is_missing(graded, kind):
    record = graded(edited(lambda nb: nb["cells"][3].update(cell_type=kind)))
    assert points(record) == [0, 2]
    assert of(record)["message"] == ("The cell of this exercise (cell 4) is a text cell. Make it a code cell "
                                     "that defines `affine(x, w)`.")


@pytest.mark.parametrize(("cell", "says"), [
    ("%%writefile affine.py\n" + A, "begins with %%writefile, so that it defines nothing in the notebook."),
    ("#@title Form\n%%script false\n" + A, "begins with %%script, so that"),
    ("\n".join("# " + line for line in A.split("\n")), "is commented out. Remove the #"),
    ("\n".join("#" + line for line in A.split("\n")[1:]), "is commented out. Remove the #")])
def test_13_an_answer_that_python_does_not_see_is_missing(graded, cell, says):
    record = graded(mini.dump(cell, S))
    assert points(record) == [0, 2] and says in of(record)["message"] and "(cell 4)" in of(record)["message"]


def test_the_good_notebook_is_good(graded):
    """Else nothing above would be owed to what was broken."""
    notebook = good()
    assert clean(graded(json.dumps(notebook).encode())) and copy.deepcopy(notebook) == good()
