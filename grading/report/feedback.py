"""The page that a student gets: verdicts, messages, hints, and what the instructor says.

The page is inert. It has no script, it loads nothing, and its policy lets a browser do neither; every text
is cleaned, cut and escaped. What it shows is listed here, field by field, so that nothing else of a record
(flags, seeds, isolation) can slip into it.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from grading.lessons import LESSONS
from grading.report.overrides import effective
from grading.titles import TITLES

MAX_TEXT, MAX_NAME = 4000, 160  # characters
# Controls, direction marks, halves of pairs, private characters: nothing of them is text.
_UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
                      "\ufff9-\ufffb\ud800-\udfff\ue000-\uf8ff\U000e0000-\U0010ffff]")
# Marks that stack on one letter; nobody's name has five, and hundreds cover the page.
_MARKS = ("[\u0300-\u036f\u0483-\u0489\u0e31-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
          "\ufe20-\ufe2f]")
_STACK = re.compile(f"({_MARKS}{{4}}){_MARKS}+")
_CODE = re.compile("`([^`\n]{1,120})`")
_EXERCISE = {  # by status: class, sign, word
    "right": ("right", "✔", "right"), "not started": ("calm", "○", "not started"),
    "fault": ("calm", "?", "could not be graded"), "part": ("part", "◐", "partly right"),
}
_WRONG = ("wrong", "✘", "not right")
_ITEM = {True: ("passed", "✔", "right"), False: ("failed", "✘", "not right"),
         None: ("open", "·", "not looked at")}


def render(record: Mapping[str, Any]) -> str:
    """The page of one record, with what an instructor changed or says, as HTML."""
    sheet = style("feedback")
    return _template().render(page=_page(effective(dict(record))), style=sheet, policy=policy(sheet))


def shown(text: Any, limit: int = MAX_TEXT) -> str:
    """Text of anybody's, safe to show: cleaned of what is no text, and cut. Escaping comes on top."""
    text = str(text)[:limit + 1].replace("\r\n", "\n")
    text = text if len(text) <= limit else text[:limit] + "…"
    return _STACK.sub(r"\1", _UNSHOWN.sub("\N{REPLACEMENT CHARACTER}", text))


@cache
def style(*names: str) -> Markup:
    """Style sheets of this package, ours to the last character."""
    return Markup("").join(Markup(Path(__file__).with_name(f"{name}.css").read_text(encoding="utf-8"))
                           for name in names)


def policy(sheet: str, images: str = "'none'") -> str:
    """A content security policy: this style sheet and nothing else, unless images may stand in the page."""
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return (f"default-src 'none'; style-src 'sha256-{digest}'; img-src {images}; "
            "base-uri 'none'; form-action 'none'")


def _page(record: Mapping[str, Any]) -> dict[str, Any]:
    lesson = LESSONS.get(record["lesson"])
    override = (record.get("override") or {}).get("exercises") or {}
    lesson = f"{lesson.number} · {lesson.title}" if lesson else record["lesson"]
    title = record.get("assignment") or lesson or "Feedback"
    return {
        "kind": "Feedback" if title == lesson else shown(f"Feedback · {lesson}", MAX_NAME),
        "title": shown(title, MAX_NAME), "student": shown(record["student"], MAX_NAME),
        "about": [shown(part, MAX_NAME) for part in _about(record)], "share": _share(record),
        "result": _result(record), "message": shown(record["message"]),
        "note": _note(record, record.get("override")), "exercises": [
            _exercise(v, override.get(v["id"])) for v in record["exercises"]],
        "warnings": [shown(warning, 600) for warning in record["warnings"][:40]],
        "foot": f"genlab {shown(record['genlab'], 20)}" + (
            " ran the code that was handed in on inputs of its own." if record["status"] == "graded" else ""),
    }


def _about(record: Mapping[str, Any]) -> list[str]:
    """The file, the attempt that counts, and when it came."""
    parts = [record["file"]]
    if record.get("attempt"):
        parts.append(f"attempt {record['attempt']}")
    try:
        when = datetime.fromisoformat(record.get("submitted") or "")
    except (TypeError, ValueError):
        return parts
    return [*parts, f"handed in {when.isoformat(' ', 'minutes')}"]


def _share(record: Mapping[str, Any]) -> str | None:
    """How much of the ring is filled, in hundredths."""
    if record["points"] is None or not record["out_of"]:
        return None
    return f"{min(100.0, max(0.0, 100 * record['points'] / record['out_of'])):.4g}".removesuffix(".0")


def _result(record: Mapping[str, Any]) -> str:
    if record["points"] is not None:
        return _points(record)
    if record["status"] == "ungradable":
        return "This could not be read, so it has no marks yet."
    return "Not graded: this is a fault of the grader, not yours."


def _points(part: Mapping[str, Any]) -> str:
    return f"{number(part['points'])} of {number(part['out_of'])} point{'' if part['out_of'] == 1 else 's'}"


def number(value: float | None) -> str:
    """2, 2.5, 3.33 or – for what there is not."""
    return "–" if value is None else f"{round(value, 2):.10g}"


def _exercise(verdict: Mapping[str, Any], override: Mapping[str, Any] | None) -> dict[str, Any]:
    look, mark, word = _EXERCISE.get(_status(verdict), _WRONG)
    items = verdict["items"] if verdict["status"] == "wrong" and len(verdict["items"]) > 1 else ()
    return {
        "id": (id := shown(verdict["id"], MAX_NAME)), "title": TITLES.get(id, id),
        "look": look, "mark": mark, "word": word,
        "points": f"{number(verdict['points'])} of {number(verdict['out_of'])}",
        "message": shown(verdict["message"]), "parts": [_item(item) for item in items],
        "hints": [shown(hint) for hint in verdict["hints"]] if verdict["status"] != "right" else [],
        "note": _note(verdict, override),
    }


def _status(verdict: Mapping[str, Any]) -> str:
    """What the sign says: the machine's verdict, or the points where a person has set them."""
    if "machine_points" in verdict:
        return "right" if verdict["points"] >= verdict["out_of"] else "part" if verdict["points"] else "wrong"
    return "part" if verdict["status"] == "wrong" and verdict["points"] else verdict["status"]


def _item(item: Mapping[str, Any]) -> dict[str, str]:
    look, mark, word = _ITEM[item["passed"]]
    return {"look": look, "mark": mark, "word": word, "says": shown(item["says"], 600),
            "points": f"{number(item['points'])} of {number(item['out_of'])}"}


def _note(part: Mapping[str, Any], override: Mapping[str, Any] | None) -> dict[str, str] | None:
    """What an instructor set or says, about one exercise or the whole."""
    if not override or (override["points"] is None and not override["comment"]):
        return None
    by, title = shown(override.get("by") or "your instructor", MAX_NAME), "From {}"
    if override["points"] is not None:
        title = f"{number(part['points'])} of {number(part['out_of'])}, set by {{}}"
        if part.get("machine_points") is not None:
            title += f"; the grader gave {number(part['machine_points'])}"
    return {"title": title.format(by), "comment": shown(override["comment"])}


def code(text: str) -> Markup:
    """What stands between backticks as code; escaped before, so that no mark-up but ours comes out."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))


@cache
def _template() -> jinja2.Template:
    source = Path(__file__).with_name("feedback.html").read_text(encoding="utf-8")
    room = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True)
    room.filters["code"] = code
    return room.from_string(source)
