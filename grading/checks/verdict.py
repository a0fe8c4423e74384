"""The verdict on one answer, as a student sees it: text in a terminal, HTML in a notebook."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from html import escape


@dataclass(frozen=True)
class Item:
    """One comparison: its sentence, its points, and whether it passed (None: it could not be looked at)."""

    says: str
    points: float
    out_of: float
    passed: bool | None


@dataclass(frozen=True)
class Passed:
    """What is told after a pass, in the notebook alone.

    afterwards: one sentence that was not known before. so_far: points of the lesson and what comes next.
    another: the source of another right answer, folded away.
    """

    afterwards: str = ""
    so_far: str = ""
    another: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a check found.

    passed: True, False, or None where nothing was judged (not started, or a fault of the grader).
    status: "right", "wrong", "not started", "interface", "error" or "fault".
    points: None only for a fault of the grader.
    numbers: what was measured and what was wanted; shown in the notebook, never in feedback.
    mistake: name of the known mistake that the answer equals, if any.
    """

    id: str
    passed: bool | None
    points: float | None
    out_of: float
    message: str
    status: str
    hints: Sequence[str] = ()
    items: Sequence[Item] = ()
    numbers: str = ""
    mistake: str = ""
    told: Passed = field(default=Passed(), compare=False)

    @property
    def line(self) -> str:
        """`✘ vae-elbo  1/3  Your KL …`: one line, the same for the same answer."""
        mark = {"right": "✔", "not started": "○", "fault": "?"}.get(self.status, "✘")
        points = "–" if self.points is None else f"{self.points:g}"
        text = " ".join(part for part in (self.message, self.numbers) if part)
        worth = self.out_of or self.points is None  # a prediction is worth nothing
        share = f"  {points}/{self.out_of:g}" if worth else ""
        return f"{mark} {self.id}{share}" + (f"  {text}" if text else "")

    def __repr__(self) -> str:
        return self.line

    def to_json(self, *, numbers: bool = False) -> dict:
        """Plain data. Hidden inputs and expected values never reach feedback, so numbers stay out."""
        data = asdict(self)
        data.pop("told")
        if not numbers:
            data.pop("numbers")
        return data

    def _repr_html_(self) -> str:
        colour = {"right": "#00695c", "not started": "#555", "fault": "#555"}.get(self.status, "#a33b00")
        body = f'<div style="font-weight:600;color:{colour}">{escape(self.line)}</div>'
        if self.status == "wrong" and len(self.items) > 1:
            body += "".join(_item(item) for item in self.items)
        if self.status == "right":
            body += _told(self.told)
        elif self.hints:
            body += _hints(list(self.hints), 1)
        return f'<div style="border-left:4px solid {colour};padding:2px 10px" role="status">{body}</div>'


def _item(item: Item) -> str:
    mark = {True: "✔", False: "✘", None: "·"}[item.passed]
    return f'<div style="margin-left:1em">{mark} {item.points:g}/{item.out_of:g} {escape(item.says)}</div>'


def _told(told: Passed) -> str:
    lines = "".join(f'<div style="margin-left:1em">{typeset(text)}</div>'
                    for text in (told.afterwards, told.so_far) if text)
    return lines + _folded(told.another)


def _folded(another: str) -> str:
    if not another:
        return ""
    return ('<details style="margin-left:1em"><summary>Another way to write it</summary>'
            f"<pre>{escape(another)}</pre></details>")


def retold(html: str, another: str) -> str:
    """What a passed check showed, with the other way to write it as it is now.

    The other way is one of our answers and nothing of the student's, so it can change without a new run.
    """
    start = html.find(_folded("?").partition("?")[0])
    end = html.rfind("</div>") if start < 0 else start
    return html[:end] + _folded(another) + "</div>"


def typeset(text: str) -> str:
    """Text as HTML: `code` and ```blocks of code``` set as such. TeX is left to the notebook."""
    parts = re.split(r"```(?:python)?\n?(.*?)```|`([^`\n]+)`", text, flags=re.DOTALL)
    html = ""
    for plain, block, code in zip(parts[0::3], [*parts[1::3], None], [*parts[2::3], None], strict=True):
        html += escape(plain)
        html += f"<pre>{escape(block.strip())}</pre>" if block else ""
        html += f"<code>{escape(code)}</code>" if code else ""
    return html


def _hints(hints: list[str], number: int) -> str:
    """Each hint is folded inside the one before it, so that they are read one at a time."""
    inner = typeset(hints[0]) + (_hints(hints[1:], number + 1) if hints[1:] else "")
    return (f'<details style="margin-left:1em"><summary>Hint {number}</summary>'
            f'<div style="white-space:pre-wrap">{inner}</div></details>')
