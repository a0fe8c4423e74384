"""The pages in docs/ show what the code gives today."""

import re
from itertools import combinations, pairwise

import pytest

from genlab import results
from grading.checks.compare import TOLERANCE
from grading.lessons import LESSONS
from tests import pages
from tests.readme import block


@pytest.mark.parametrize(("page", "name"), [(page, name) for page, blocks in pages.BLOCKS.items() for name in blocks],
                         ids=lambda value: getattr(value, "name", value))
def test_blocks_are_current(page, name):
    assert block(page.read_text(encoding="utf-8"), name) == pages.BLOCKS[page][name](), "run `python -m tests.pages`"


def test_every_number_of_the_table_is_told():
    told = pages.spread().splitlines()[2:]
    rows = {(row["model"], row["lesson"], row["metric"]) for row in results.table()
            if row["metric"] not in (*pages.FIXED, *pages.OF_THE_MACHINE)}
    assert len(told) == len(rows)


def test_weeks_hold_all_lessons_in_order_and_no_cut_is_better():
    lessons = pages.minutes()
    assert [one.lesson for one in lessons] == list(LESSONS.values())
    for count in (6, 12):
        plan = pages.weeks(lessons, count)
        assert len(plan) == count and all(plan) and sum(plan, ()) == lessons
    fullest = max(sum(one.core for one in week) for week in pages.weeks(lessons, 6))
    for cuts in combinations(range(1, len(lessons)), 5):
        edges = [0, *cuts, len(lessons)]
        loads = [sum(one.core for one in lessons[a:b]) for a, b in pairwise(edges)]
        assert max(loads) >= fullest


def test_the_tolerances_told_are_those_of_the_checks():
    text = pages.NUMBERS.read_text(encoding="utf-8")
    for dtype, (relative, absolute) in TOLERANCE.items():
        name = str(dtype).removeprefix("torch.")
        assert re.search(rf"^\| {name} \| {relative:g} \| {absolute:g} \|$", text, re.MULTILINE), name


def test_links_between_pages_lead_somewhere():
    for page in pages.NUMBERS.parent.glob("*.md"):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
