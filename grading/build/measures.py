"""How a lesson reads, counted: what stands in the core path, what explains by a picture, what can be moved.

A lesson is seen and touched before it is read, and it is short. Cells say by tags what they are:

    figure   a picture that explains an idea; the formula that it explains comes after it
    touch    something to move or to draw on
    claim    assertions that bind sentences to measured values (grading.build.claims)

Words are those of text cells, without formulas, code, addresses and what is folded in <details>.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from nbformat import NotebookNode

from grading.build.source import exercise_id

CORE_WORDS = 3500
CELL_WORDS = 250
WORDS_BEFORE_STUB = 800
WORDS_BEFORE_TOUCH = 400  # two minutes of reading, beside a set-up that takes as long
FIGURES = 4
TOUCHES = 3
WORDS_PER_MINUTE = 200

# Written before these measures were, and to be recast.
EXCEPTIONS = ("00_generative_models", "01_evaluation", "11_conditional_and_beta_vae")

_FOLDED = re.compile(r"<details\b.*?</details>", re.DOTALL | re.IGNORECASE)
_DISPLAYED = re.compile(r"\$\$.*?\$\$|\\begin\{(\w+\*?)\}.*?\\end\{\1\}", re.DOTALL)
_NO_WORDS = (  # what stands for it
    (re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE), " "),
    (_DISPLAYED, " "),
    (re.compile(r"\$[^$\n]+(?:\n[^$\n]+)?\$"), " x "),  # a formula in a line is read as one word
    (re.compile(r"`[^`\n]+`"), " x "),
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), " "),
    (re.compile(r"\]\([^)]*\)"), "] "),
    (re.compile(r"<[^>]+>|https?://\S+"), " "),
)
_WORD = re.compile(r"[^\W\d_][\w'\u2019\u2013-]*|\d[\d.,]*")
_MINUTES = re.compile(r"\breading (\d+)\D+coding (\d+)\D+running (\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Measures:
    """What was counted in a lesson; places are numbers of words, and None where there is no such thing."""

    words: int
    longest: int
    longest_begins: str
    before_stub: int | None
    before_touch: int | None
    figures: int
    unexplained: tuple[str, ...]  # figures without a formula between them and the next figure
    formula_first: bool  # a displayed formula stands before the first figure
    touches: int
    minutes: tuple[int, int, int] | None


def measure(nb: NotebookNode) -> Measures:
    """Counts over a lesson's cells, in their order."""
    total, longest, begins = 0, 0, ""
    before_stub = before_touch = None
    figures, touches, waiting, unexplained, formula_first, minutes = 0, 0, "", [], False, None
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            core = _FOLDED.sub(" ", cell.source)
            count = words(core)
            total += count
            if count > longest:
                longest, begins = count, _first_words(core)
            if _DISPLAYED.search(core):
                formula_first, waiting = formula_first or not figures, ""
            found = _MINUTES.search(core)
            minutes = minutes or (found and tuple(int(n) for n in found.groups()))
            continue
        tags = cell.metadata.get("tags", [])
        id = exercise_id(cell.source) if cell.cell_type == "code" else None
        if id and "-predict-" not in id and before_stub is None:
            before_stub = total
        if "touch" in tags:
            touches += 1
            before_touch = total if before_touch is None else before_touch
        if "figure" in tags:
            unexplained += [waiting] if waiting else []
            figures, waiting = figures + 1, cell.source.split("\n")[0][:60]
    unexplained += [waiting] if waiting else []
    return Measures(total, longest, begins, before_stub, before_touch, figures, tuple(unexplained),
                    formula_first, touches, minutes)


def words(text: str) -> int:
    """Number of words that a reader reads."""
    for pattern, instead in _NO_WORDS:
        text = pattern.sub(instead, text)
    return len(_WORD.findall(text))


def outside(nb: NotebookNode, lesson: str, coding: Callable[[], int]) -> list[str]:
    """What lies outside the measures, one sentence each; nothing for a lesson that is an exception by name.

    Args:
        coding: gives the minutes of the lesson's core exercises, by their own specifications.
    """
    return [] if lesson in EXCEPTIONS else list(_outside(measure(nb), coding))


def _outside(m: Measures, coding: Callable[[], int]):
    if m.words > CORE_WORDS:
        yield f"has {m.words} words in its core path, at most {CORE_WORDS}: fold what is not the main line"
    if m.longest > CELL_WORDS:
        yield (f"has a text cell of {m.longest} words, at most {CELL_WORDS} ('{m.longest_begins} …'): "
               "put a picture or something to do in between")
    if m.before_stub is None:
        yield "has no exercise"
    elif m.before_stub > WORDS_BEFORE_STUB:
        yield f"asks for the first code after {m.before_stub} words, at most {WORDS_BEFORE_STUB}"
    if m.figures < FIGURES:
        yield f"has {m.figures} cells tagged `figure`, at least {FIGURES} that explain an idea"
    if m.formula_first:
        yield "displays a formula before its first figure"
    if m.figures - len(m.unexplained) < FIGURES <= m.figures:
        yield f"has figures that no formula follows before the next figure: {'; '.join(m.unexplained)}"
    if m.touches < TOUCHES:
        yield f"has {m.touches} cells tagged `touch`, at least {TOUCHES} things to move or draw on"
    elif m.before_touch > WORDS_BEFORE_TOUCH:
        yield f"has nothing to touch within its first {m.before_touch} words, at most {WORDS_BEFORE_TOUCH}"
    yield from _wrong_minutes(m, coding)


def _wrong_minutes(m: Measures, coding: Callable[[], int]):
    if m.minutes is None:
        yield "does not say its minutes: write 'reading 20 minutes, coding 60, running 5'"
        return
    reading, stated, _ = m.minutes
    least = m.words / WORDS_PER_MINUTE
    if reading < least:
        yield f"states {reading} minutes of reading for {m.words} words, which take {least:.0f} at least"
    if stated != coding():
        yield f"states {stated} minutes of coding; those of its core exercises add up to {coding()}"


def _first_words(text: str) -> str:
    return " ".join(text.replace("#", " ").split()[:6])
