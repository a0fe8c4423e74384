"""What a class found hard: counted from its records, shown without letting anything of a student's out."""

import re
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

from grading.cli import main
from grading.report.overrides import Override, apply
from grading.report.statistics import as_page, as_text, histogram, shares, summaries
from tests.grading import mini
from tests.grading.test_grade import grade_all

CLASS = {
    "right": mini.honest(),
    "mean1": mini.dump(mini.AFFINE_CELL.replace("x @ w", "(x * w).mean(1)"), mini.STUBS[1]),
    "mean2": mini.dump(mini.AFFINE_CELL.replace("x @ w", "(x * w).mean(1)"), mini.SCALE_CELL),
    "part": mini.dump(mini.AFFINE_CELL.replace("x @ w", "x @ w + 1"), mini.SCALE_CELL.replace("3", "2")),
    "fails": mini.dump(mini.AFFINE_CELL.replace("x @ w", "1 / 0"), mini.SCALE_CELL),
    "untouched": mini.dump(*mini.STUBS),
    "<b>broken": mini.honest()[:-30],
}


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    from grading.lessons import LESSONS
    from grading.report import marking

    folder, target = tmp_path_factory.mktemp("class"), tmp_path_factory.mktemp("marks")
    for name, data in CLASS.items():
        (folder / f"{name}.ipynb").write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LESSONS, mini.LESSON.name, mini.LESSON)
        patch.setattr(marking, "exercises_of", lambda lesson: mini.EXERCISES)
        grade_all(folder, target)
    return target


@pytest.fixture
def records(out) -> list[dict]:
    from grading.report.kept import class_records

    return class_records(out)


def test_fates_points_and_mistakes_are_counted(records):
    affine, scale = summaries(records)
    assert dict(affine.fates) == {"right": 1, "part": 1, "wrong": 2, "error": 1, "none": 1}
    assert affine.count == 6 and affine.submitted == 5
    assert dict(affine.mistakes) == {"You average: sum.": 2} and dict(scale.mistakes) == {"You double it.": 1}
    assert affine.mean == pytest.approx((3 + 1 + 0 + 0 + 0 + 0) / 6)
    assert [message for message in affine.errors if "ZeroDivisionError" in message]
    assert scale.fates["right"] == 3 and scale.fates["none"] == 2


def test_the_hardest_comparison_is_the_one_that_most_answers_failed(records):
    affine = summaries(records)[0]
    looked = {idea.says: (idea.failed, idea.looked) for idea in affine.ideas.values()}
    assert looked == {"The weighted sum of each row.": (3, 4), "How it moves with x.": (2, 4)}
    assert affine.hardest.says == "The weighted sum of each row."
    right = [r for r in records if r["student"] == "right"]
    assert summaries(right)[0].hardest is None


def test_marks_lie_where_they_are(records):
    assert sorted(shares(records)) == pytest.approx([0, 0, 0.2, 0.4, 0.4, 1])
    assert histogram(shares(records)) == [2, 0, 1, 0, 2, 0, 0, 0, 0, 1]
    assert histogram([0.1, 0.3, 0.7, 0.3 * 1 / 3, 0.999]) == [0, 2, 0, 1, 0, 0, 0, 1, 0, 1]


def test_points_by_hand_count_and_verdicts_stay_the_machines(records):
    changed = apply(records, [Override("untouched", "mini-affine", 3)])
    affine = summaries(changed)[0]
    assert affine.mean == pytest.approx(7 / 6) and affine.by_hand == 1 and affine.fates["none"] == 1
    assert max(histogram(shares(changed))) == 2 and histogram(shares(changed))[6] == 1


def test_the_text_says_what_a_teacher_wants_to_know(records):
    text = as_text(records)
    assert "7 students; 1 could not be read; 6 marks: mean 33 %, median 30 %, from 0 % to 100 %" in text
    assert "  2 × You average: sum." in text
    assert "hardest: The weighted sum of each row. (3 of 4 failed it)" in text


def test_the_page_is_inert_and_shows_the_counts(records):
    page = as_page(records)
    assert "&lt;b&gt;broken" in page and "<b>broken" not in page
    assert not re.search(r"<script|javascript:|\son\w+=|style=|<img|<link|https?://", page)
    assert "default-src 'none'" in unescape(page)
    assert 'aria-label="1 right, 1 partly right, 2 wrong, 1 could not be run, 1 not started"' in page
    widths = [float(w) for w in re.findall(r'class="share-\w+" x="[\d.]+" y="1" width="([\d.]+)"', page)]
    assert sum(widths[:5]) == pytest.approx(1000) and max(widths[:5]) == pytest.approx(1000 / 3)


def test_the_command_writes_the_page_beside_the_marks(out, tmp_path):
    result = CliRunner().invoke(main, ["statistics", str(out)])
    assert result.exit_code == 0, result.output
    assert (out / "statistics.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert "2 × You average: sum." in result.output and "statistics.html" in result.output
    assert CliRunner().invoke(main, ["statistics", str(out), "-o", str(tmp_path / "s.html")]).exit_code == 0
    assert (tmp_path / "s.html").exists()


def test_a_folder_without_results_and_a_class_without_marks(tmp_path, records):
    result = CliRunner().invoke(main, ["statistics", str(tmp_path)])
    assert result.exit_code == 1 and "holds no results" in result.output
    broken = [r for r in records if r["status"] == "ungradable"]
    assert "1 student; 1 could not be read" in as_text(broken)
    assert "Without a mark" in as_page(broken)


def test_who_left_the_class_is_not_counted(out, records):
    from grading.report.kept import class_records

    marks = out / "marks.csv"
    text = marks.read_text(encoding="utf-8")
    try:
        marks.write_text("".join(line for line in text.splitlines(keepends=True)
                                 if not line.startswith("untouched,")), encoding="utf-8")
        assert {r["student"] for r in class_records(out)} == {r["student"] for r in records} - {"untouched"}
    finally:
        marks.write_text(text, encoding="utf-8")
