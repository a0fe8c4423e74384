"""Spaces and quotation marks of typesetting in an answer: repaired where only one thing can be meant."""

import pytest

from grading.ingest.notebook import parse
from grading.ingest.select import select
from tests.grading import mini

ANSWER = '# Exercise mini-affine\ndef affine(x, w):\n    """The sum."""\n    return x @ w + w.sum()'


def selected(answer: str):
    return select(parse(mini.dump(answer, mini.SCALE_CELL)), mini.EXERCISES)


@pytest.mark.parametrize(("answer", "says"), [
    (ANSWER.replace("    return", "\u00a0\u00a0\u00a0\u00a0return"), "spaces of typesetting"),
    (ANSWER.replace("x @ w", "x\u202f@ w"), "spaces of typesetting"),
    (ANSWER.replace('"""', "\u201c\u201c\u201d"), "typographic quotation marks"),
    (ANSWER.replace("return", "x = {\u2018a\u2019: x}[\u201ea\u201c]\n    return"), "typographic quotation marks"),
    (ANSWER.replace("return x", "return \u200bx"), "invisible characters")])
def test_what_can_only_be_meant_in_one_way_is_repaired_and_said(answer, says):
    selection = selected(answer)
    assert selection.missing == {}
    assert any(says in warning for warning in selection.warnings)
    assert not any("\u00a0" in piece.source for piece in selection.pieces)


@pytest.mark.parametrize("text", ["\u201cDon\u2019t\u201d, she said", "1\u00a0000 images"])
def test_what_is_python_already_stays_as_it_is(text):
    selection = selected(ANSWER.replace("The sum.", text))
    assert selection.missing == {} and selection.warnings == ()
    assert any(text in piece.source for piece in selection.pieces)


def test_what_stays_unreadable_is_named_by_its_character():
    selection = selected(ANSWER.replace("return x", "return \u201cx"))
    assert "mini-affine" in selection.missing and "mini-scale" not in selection.missing
    assert any("U+201C" in warning for warning in selection.warnings)
