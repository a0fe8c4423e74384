"""The page that a student gets: verdicts, messages and hints. Inert: no script, everything escaped."""

from functools import cache
from pathlib import Path

import jinja2

from grading.lessons import LESSONS

_MARKS = {"right": "✔", "not started": "○", "fault": "?"}


def render(record: dict) -> str:
    """The page of one record."""
    lesson = LESSONS.get(record["lesson"])
    return _template().render(record=record, title=lesson.title if lesson else record["lesson"], marks=_MARKS,
                              number=_number)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


@cache
def _template() -> jinja2.Template:
    source = Path(__file__).with_name("feedback.html").read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True).from_string(source)
