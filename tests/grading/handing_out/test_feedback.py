"""The student's page: it says what the record says, nothing that it must not, and it is inert."""

import html
import re
from html.parser import HTMLParser

import pytest

from grading.report.feedback import policy, render, shown, style
from tests.grading.handing_out.records import (
    HINTS,
    HOSTILE,
    KINDS,
    WRONG,
    by_hand,
    hostile,
    item,
    record,
    verdict,
)

TAGS = {"html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "div", "p",
        "h1", "h2", "span", "strong", "bdi", "ul", "li", "details", "summary", "code", "svg", "circle"}
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "aria-hidden", "viewbox", "cx",
              "cy", "r", "pathlength", "stroke-dasharray"}


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str):
        super().__init__()
        self.tags, self.attributes, self.words, self.open = set(), set(), [], []
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "circle"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words.append(data)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_well_formed(kind):
    page = Page(render(KINDS[kind]))
    assert page.open == [] and page.tags <= TAGS and page.attributes <= ATTRIBUTES


def test_it_says_verdicts_messages_hints_and_attempts():
    text = Page(render(KINDS["assignment"])).text
    for words in ("Homework 1", "10 · Variational autoencoders", "ada.ipynb", "attempt 2", "5 of 6 points",
                  "handed in 2026-11-20 14:05+01:00", "vae-bug : right", "vae-elbo : partly right", "2 of 3",
                  WRONG["message"], "0 of 1", "The likelihood.", "Hint 3",
                  "elbo is defined in the cells 4, 9"):
        assert words in text
    assert HINTS[2] in html.unescape(render(KINDS["assignment"]))


def test_hints_are_folded_into_each_other():
    page = render(record())
    first, second = page.index("Hint 1"), page.index("Hint 2")
    assert "</details>" not in page[first:second] and page.count("<details>") == page.count("</details>") == 3


def test_right_answers_get_no_hints():
    assert "Hint" not in render(record(exercises=[verdict(hints=HINTS)]))


@pytest.mark.parametrize(("kind", "says"), [
    ("ungradable", "This could not be read, so it has no marks yet."),
    ("not graded", "Not graded: this is a fault of the grader, not yours."),
])
def test_what_has_no_mark_is_no_zero(kind, says):
    page = Page(render(KINDS[kind]))
    assert says in page.text and "0 of" not in page.text and "circle" not in page.tags
    assert KINDS[kind]["message"] in page.text


def test_what_an_instructor_sets_and_says_is_there():
    text = Page(render(KINDS["override"])).text
    assert "4.5 of 6 points" in text and "4.5 of 6, set by Dr Bo; the grader gave 5 Late by a day." in text
    assert "1 of 3, set by Dr Bo; the grader gave 3 A slip." in text
    comment = Page(render(KINDS["comment"])).text
    assert "5 of 6 points" in comment and "From Dr Bo Well done." in comment
    given = KINDS["ungradable"] | {"override": by_hand(4, "By mail.", exercises={}) | {"out_of": 6}}
    assert "4 of 6 points" in Page(render(given)).text


@pytest.mark.parametrize(("points", "word"), [(3, "right"), (1, "partly right"), (0, "not right")])
def test_points_by_hand_decide_the_sign(points, word):
    page = render(record(override=by_hand(exercises={"vae-bug": by_hand(points)})))
    assert f"vae-bug : {word}" in Page(page).text


def test_staff_alone_see_flags_isolation_seeds_and_numbers():
    secret = {"flags": ["HIDDEN-1"], "isolation": "HIDDEN-2", "walls": ["HIDDEN-3"],
              "fingerprint": "HIDDEN-4", "content": "HIDDEN-5", "seed": "HIDDEN-6", "fault": "HIDDEN-7",
              "exercises": [verdict(status="wrong", points=0, numbers="HIDDEN-8", mistake="HIDDEN-9",
                                    expected="HIDDEN-10", items=[item() | {"wanted": "HIDDEN-11"}] * 2)]}
    assert "HIDDEN" not in render(record(**secret))


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_of_a_students_is_mark_up(name):
    page = Page(render(hostile(HOSTILE[name])))
    assert page.open == [] and page.tags <= TAGS and page.attributes <= ATTRIBUTES
    assert "1337" not in page.text  # 7 * 191: no template was run
    assert len(page.text) < 50_000


def test_the_hostile_text_is_still_readable():
    assert Page(render(hostile(HOSTILE["script"]))).text.count(HOSTILE["script"]) >= 8


def test_the_policy_allows_this_style_sheet_and_nothing_else():
    page = render(record())
    rules = policy(style("feedback"))
    assert f'content="{rules}"' in page.replace("&#39;", "'")
    assert rules.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in rules
    inside = page[page.index("<style>") + 7:page.index("</style>")]
    assert inside == style("feedback")
    assert "url(" not in inside and "@import" not in inside and "<" not in inside


def test_text_is_cleaned_and_cut():
    assert shown("a\0b\u202ec\ud800") == "a\ufffdb\ufffdc\ufffd"
    assert shown("line\nline\ttab") == "line\nline\ttab"
    assert shown("x" * 50, 10) == "x" * 10 + "…"
    assert shown("e" + "\u0301" * 500) == "e" + "\u0301" * 4
    assert shown("José नमस्ते 漢字") == "José नमस्ते 漢字"


def test_points_are_short():
    text = Page(render(record(points=10 / 3, out_of=1.0))).text
    assert "3.33 of 1 point " in text + " " and not re.search(r"\d\.\d{3}", text)
