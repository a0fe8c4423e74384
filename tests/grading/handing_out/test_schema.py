"""The schema of a record: all that the grader writes fits it, and what is no record does not."""

import json
import subprocess
import sys

import pytest
from jsonschema import Draft202012Validator

from grading.report.schema import RecordError, records, validator
from tests.grading import mini
from tests.grading.handing_out.records import KINDS, record


def test_the_validator_is_imported_only_to_validate():
    """It takes seconds, and `genlab grade` imports this module."""
    code = "import sys, grading.report.schema; sys.exit('jsonschema' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("name", ["record", "gradescope"])
def test_the_schemas_are_schemas(name):
    Draft202012Validator.check_schema(validator(name).schema)


@pytest.mark.parametrize("kind", KINDS)
def test_records_of_every_kind_fit(kind):
    assert list(validator().iter_errors(KINDS[kind])) == []


@pytest.mark.parametrize("change", [
    {"format": 1}, {"status": "done"}, {"points": None}, {"points": "5"}, {"student": ""}, {"out_of": None},
    {"isolation": ""}, {"exercises": []}, {"exercises": [{"id": "vae-elbo"}]}, {"flags": "none"},
    {"override": {"points": 3}}, {"override": 3}, {"attempt": 0}, {"status": "ungradable", "points": None},
    {"exercises": [record()["exercises"][0] | {"numbers": "0.125 against 0.5"}]},
])
def test_what_is_no_record_does_not_fit(change):
    assert not validator().is_valid(record(**change))


@pytest.mark.parametrize("field", sorted(set(record()) - {"content"}))
def test_every_field_has_to_be_there(field):
    changed = record()
    del changed[field]
    assert not validator().is_valid(changed)


SUBMISSIONS = {
    "honest": mini.honest(), "half": mini.dump(mini.AFFINE_CELL), "untouched": mini.dump(*mini.STUBS),
    "wrong": mini.dump(mini.AFFINE_CELL.replace("x @ w", "x.sum(1)"), mini.SCALE_CELL),
    "raises": mini.dump("def affine(x, w):\n    return x.nothing", mini.SCALE_CELL), "empty": b"",
    "no notebook": b"<html>", "cut": mini.honest()[:200],
}


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_what_the_grader_writes_fits(graded, name):
    made = graded(SUBMISSIONS[name])
    assert [f"{e.json_path}: {e.message}" for e in validator().iter_errors(made)] == []


def test_a_fault_of_the_grader_fits(graded):
    def refuses():
        raise OSError("no more processes")

    made = graded(mini.honest(), connect=refuses)
    assert made["status"] == "not graded" and made["points"] is None
    made.pop("fault")  # the store logs it apart
    assert [f"{e.json_path}: {e.message}" for e in validator().iter_errors(made)] == []


def test_records_are_read_back_in_the_order_of_names(tmp_path):
    (tmp_path / "results").mkdir()
    for name in ("zoe", "ada"):
        (tmp_path / "results" / f"x{name}.json").write_text(json.dumps(record(name)), encoding="utf-8")
    assert [r["student"] for r in records(tmp_path)] == ["ada", "zoe"]


@pytest.mark.parametrize(("text", "says"), [
    ("{", "cannot be read"), ("[]", "no record of this version"),
    ('{"format": 1}', "no record of this version"),
])
def test_a_broken_record_is_named(tmp_path, text, says):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "ada.json").write_text(text)
    with pytest.raises(RecordError, match=rf"ada\.json .*{says}.*genlab grade"):
        records(tmp_path)


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(RecordError, match="holds no results: name the folder"):
        records(tmp_path)
