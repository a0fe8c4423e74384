"""The README's tables are those that the code gives today."""

from tests import readme

TEXT = readme.README.read_text(encoding="utf-8")


def test_lessons_are_listed():
    assert readme.block(TEXT, "lessons") == readme.lessons(), "run `python -m tests.readme`"


def test_the_race_is_told_as_it_was_run():
    table = readme.block(TEXT, "speedrun")
    assert table == readme.speedruns(), "run `python -m tests.readme`"
    lesson = (readme.ROOT / "solutions" / "33_flow_matching.py").read_text(encoding="utf-8")
    assert all(f"# {line}" in lesson.splitlines() for line in table.splitlines()), "and copy its table to lesson 33"


def test_example_class_is_graded_as_shown():
    found = readme.graded(readme.example_class())
    assert readme.block(TEXT, "class") == found, "run `python -m tests.readme`"
