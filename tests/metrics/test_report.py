"""Every score at once: each known defect is seen by the score that should see it."""

import pytest
import torch

from genlab import results
from genlab.data import digits
from genlab.metrics import digit_frechet, digit_report


@pytest.fixture(scope="module")
def report():
    """Of half of the held-out digits."""
    return digit_report(digits("test")[0][::2])


def test_real_samples_look_like_real_ones(report):
    assert report.n == 500
    for name in ("precision", "recall", "density", "coverage", "inception_score", "nearest_training"):
        assert report.scores[name] == pytest.approx(report.real[name], rel=0.1), name
    assert report.scores["frechet"] == pytest.approx(digit_frechet(digits("test")[0][::2]))


def test_a_memoriser_looks_real_but_for_its_distance_to_the_training_set(report):
    copy = digit_report(digits("train")[0][::8])
    assert copy.scores["nearest_training"] == 0 < report.real["nearest_training"]
    assert copy.scores["frechet"] < 1.5 * report.real["frechet"]
    assert copy.scores["precision"] > 0.95 * report.real["precision"]
    assert copy.scores["coverage"] > 0.95 * report.real["coverage"]


def test_one_class_loses_recall_and_coverage_not_precision(report):
    images, labels = digits("test")
    one = digit_report(images[labels == 0])
    assert one.n == 100 and one.scores["precision"] > 0.7
    assert one.scores["coverage"] < 0.4 * one.real["coverage"]
    assert one.scores["inception_score"] < 1.5 < one.real["inception_score"]


def test_the_table_says_what_it_compares(report):
    lines = str(report).splitlines()
    assert lines[0].split() == ["n", "=", "500", "samples", "real"] and len(lines) == 1 + len(report.scores)
    assert lines[1].split() == ["frechet", f"{report.scores['frechet']:.4g}", f"{report.real['frechet']:.4g}"]


def test_rows_are_what_results_record(report, tmp_path, monkeypatch):
    monkeypatch.setenv("GENLAB_TABLE", str(tmp_path / "rows.csv"))
    for metric, (value, n) in report.rows().items():
        results.record(model="real", metric=metric, value=value, n=n)
    kept = {row["metric"]: (row["value"], row["n"]) for row in results.read(tmp_path / "rows.csv")}
    assert kept == {name: (report.scores[name], 500) for name in
                    ("kernel_distance", "precision", "recall", "density", "coverage")}


def test_more_than_there_are_real_ones_are_cut_to_as_many():
    assert digit_report(digits("train")[0][:1200]).n == 1000


def test_bad_samples_are_refused():
    with pytest.raises(ValueError, match="binarised"):
        digit_report(torch.rand(20, 784), reference="colour")
