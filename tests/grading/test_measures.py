"""A lesson's measures and its claims: what is counted, what is refused, and what stops a build."""

import pytest

from grading.build import measures
from grading.build.check import check_lesson
from grading.build.claims import check_claims, claims_digest, without_claims
from grading.build.command import build_lesson
from grading.build.measures import measure, outside, words
from grading.build.source import BuildError, read_script
from tests.grading.test_build import LESSON, POINTS, course

PAGE = '''
# %% tags=["{kind}"]
draw({number})

# %% [markdown]
# What the picture shows, as a formula:
#
# $$ a_{number} + b = c $$
'''
GOOD = ('# %% [markdown]\n# # A lesson\n#\n# Reading 20 minutes, coding 30, running 2.\n'
        + "".join(PAGE.format(kind=kind, number=i) for i, kind in enumerate(
            ["touch", "figure", "figure", "touch", "figure", "figure", "touch"]))
        + LESSON[LESSON.index("# %%\n# Exercise"):])


def complaints(text: str, lesson: str = "97_toy") -> list[str]:
    return outside(read_script(text, lesson, POINTS), lesson, lambda: 30)


def prose(count: int) -> str:
    return "\n# %% [markdown]\n# " + "word " * count + "\n"


# the first page's formula stands before the first figure
FIRST = GOOD.replace("# $$ a_0 + b = c $$", "# and now look")


def test_a_lesson_within_its_measures():
    assert complaints(FIRST) == []


@pytest.mark.parametrize(("text", "says"), [
    (GOOD, "a formula before its first figure"),
    (FIRST + prose(240) * 15, "words in its core path"),
    (FIRST + prose(251), "text cell of 251 words"),
    (prose(200) * 5 + FIRST, "asks for the first code after"),
    (prose(200) * 3 + FIRST, "nothing to touch within its first"),
    (FIRST.replace('"figure"', '"picture"', 1), "3 cells tagged `figure`"),
    (FIRST.replace("# $$ a_4 + b = c $$", "# no formula"), "no formula follows"),
    (FIRST.replace('"touch"', '"show"', 1), "2 cells tagged `touch`"),
    (FIRST.replace("Reading 20", "Some"), "does not say its minutes"),
    (FIRST.replace("coding 30", "coding 25"), "25 minutes of coding"),
    (FIRST.replace("Reading 20", "Reading 1") + prose(240), "1 minutes of reading"),
    (FIRST[:FIRST.index("# %%\n# Exercise")], "has no exercise"),
])
def test_what_lies_outside_is_said(text, says):
    found = complaints(text)
    assert any(says in complaint for complaint in found), found


def test_an_exception_is_made_by_name_only():
    assert complaints(prose(251), "01_evaluation") == []
    assert complaints(prose(251), "97_toy")


def test_exceptions_are_lessons_and_none_is_newer_than_the_measures():
    from grading.lessons import LESSONS

    assert set(measures.EXCEPTIONS) <= set(LESSONS)
    assert all(name[:2] in ("00", "01", "11") for name in measures.EXCEPTIONS)


def test_words_are_those_that_a_reader_reads():
    text = ("Two words, [a link](https://example.org/long) and $a + b$ once. `code()` too.\n\n"
            "$$ x = y $$\n\n```\nnot this\n```\n\n![nor this](attachment:x.png)\n")
    assert words(text) == len("Two words a link and x once x too".split())


def test_what_is_folded_does_not_count():
    proof = "\n#\n# <details><summary>proof</summary>\n#\n# " + "word " * 500 + "\n# </details>\n"
    folded = "# %% [markdown]\n# one two" + proof
    assert measure(read_script(folded, "97_toy", POINTS)).words == 2


def test_a_prediction_is_not_the_first_stub():
    text = LESSON.replace("# Exercise toy-add", "# Exercise toy-predict-add").replace(
        'check("toy-add"', 'check("toy-predict-add"')
    points = dict.fromkeys(("toy-predict-add", "toy-predict-two"), 0).__getitem__
    assert measure(read_script(text, "97_toy", points)).before_stub is None


# Claims

CLAIM = '\n# %% tags=["claim"]\nassert add(2, 2) == {four}, "two and two"\n'


def test_a_claim_that_holds_is_run_and_left_out(tmp_path):
    script = course(tmp_path, LESSON + CLAIM.format(four=4))
    build_lesson(tmp_path, script, profile="cpu", points=POINTS)
    for folder in ("notebooks", "solutions"):
        assert "two and two" not in (tmp_path / folder / "97_toy.ipynb").read_text(encoding="utf-8")
    found = check_lesson(script, tmp_path / "notebooks/97_toy.ipynb", script.with_suffix(".ipynb"), POINTS)
    assert found == []
    script.write_text(LESSON + CLAIM.format(four=5), encoding="utf-8")
    found = check_lesson(script, tmp_path / "notebooks/97_toy.ipynb", script.with_suffix(".ipynb"), POINTS)
    assert any("other claims" in complaint for complaint in found)
    assert "stays as it was" in build_lesson(tmp_path, script, profile=None, points=POINTS)


def test_a_broken_claim_fails_the_build_and_changes_no_solved_notebook(tmp_path):
    script = course(tmp_path, LESSON + CLAIM.format(four=5))
    with pytest.raises(BuildError, match="two and two"):
        build_lesson(tmp_path, script, profile="cpu", points=POINTS)
    assert not script.with_suffix(".ipynb").exists()


@pytest.mark.parametrize("body", ["x = 1", "assert True\nprint(1)", "assert (y := 2) == 2", "", "assert ("])
def test_a_claim_only_asserts(body):
    nb = read_script(f'{LESSON}\n# %% tags=["claim"]\n{body}\n', "97_toy", POINTS)
    with pytest.raises(BuildError, match="claim"):
        check_claims(nb)


def test_claims_leave_the_other_cells_as_they_are():
    plain = read_script(LESSON, "97_toy", POINTS)
    claimed = read_script(LESSON + CLAIM.format(four=4), "97_toy", POINTS)
    assert claims_digest(plain) is None and claims_digest(claimed)
    assert without_claims(claimed) == plain
