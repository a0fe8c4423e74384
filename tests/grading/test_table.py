"""`genlab table`: what one run of a solved lesson leaves in the table, on a lesson of two cells."""

import nbformat
import pytest
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_notebook

from genlab import results
from grading.audit import table as audit
from grading.lessons import Lesson

RUN = """
import os
import torch
from genlab import results
from genlab.fit import History
history = History()
history.append({"loss": 1.0}, seconds=900.0, cpu_seconds=3.0)
results.record(model="A", metric="threads", value=torch.get_num_threads(), n=1, seconds=history.cpu_seconds)
results.record(model="shipped", metric="seed", value=seed, n=4)
"""
PARAMETERS = new_code_cell('lesson = "99_tiny"\nprofile = "cpu"\nseed = 0', metadata={"tags": ["parameters"]})


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one lesson; `write(code)` makes it."""
    (tmp_path / "solutions").mkdir()
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    monkeypatch.setattr(audit, "LESSONS", {"99_tiny": Lesson("99_tiny", "Tiny", ())})

    def write(code):
        nb = new_notebook(cells=[PARAMETERS, new_code_cell(code)])
        nb.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(nb, tmp_path / "solutions" / "99_tiny.ipynb")
        return tmp_path / "table.csv"

    return write


def test_a_run_is_kept_with_processor_seconds_and_is_not_repeated(course):
    out = course(RUN)
    words = ["--seeds", "2", "--profile", "smoke", "--out", str(out)]
    done = CliRunner().invoke(audit.table, words)
    assert done.exit_code == 0, done.output
    rows = {(row["model"], row["seed"]): row for row in results.read(out)}
    assert len(rows) == 4
    for seed in (0, 1):
        assert rows["A", seed]["value"] == 1, "one thread, or processor seconds could not be compared"
        assert rows["A", seed]["seconds"] == 3.0, "of the training"
        assert rows["shipped", seed]["value"] == seed and rows["shipped", seed]["seconds"] is None, "no training"
        assert rows["A", seed]["lesson"] == "99_tiny" and rows["A", seed]["profile"] == "smoke"
    course("raise RuntimeError('not again')")
    again = CliRunner().invoke(audit.table, words)
    assert again.exit_code == 0 and again.output.count("already in the table") == 2
    forced = CliRunner().invoke(audit.table, [*words, "--again"])
    assert forced.exit_code != 0 and len(results.read(out)) == 4, "nothing is lost"


def test_a_lesson_that_records_nothing_is_told_what_to_call(course):
    done = CliRunner().invoke(audit.table, ["--seeds", "1", "--out", str(course("print(1)"))])
    assert done.exit_code == 1 and "results.record" in done.output
