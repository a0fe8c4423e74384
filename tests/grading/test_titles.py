"""What exercises are called on pages is what their lessons call them."""

import re
from pathlib import Path

import pytest

from grading.lessons import LESSONS
from grading.titles import TITLES, titled

ROOT = Path(__file__).resolve().parents[2]
_HEADING = re.compile(r"# \*\*Exercise(?:, extra)?: ([^*]+)\*\*")


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_titles_are_those_of_the_lesson(lesson):
    heading, found = "", {}
    for line in (ROOT / f"solutions/{lesson.name}.py").read_text(encoding="utf-8").splitlines():
        if match := _HEADING.match(line):
            heading = match[1]
        elif match := re.fullmatch(r"# Exercise ([a-z0-9-]+)", line):
            found[match[1]] = heading[:1].upper() + heading[1:]
    assert {id: found[id] for id in lesson.exercises} == {id: TITLES.get(id) for id in lesson.exercises}


def test_there_is_no_title_without_an_exercise():
    assert set(TITLES) == {id for lesson in LESSONS.values() for id in lesson.exercises}


def test_an_unknown_id_stays_as_it_is():
    assert (titled("vae-elbo"), titled("vae-elbow")) == ("The bound (vae-elbo)", "vae-elbow")
