"""The verdict on one answer, as a student sees it: text in a terminal, HTML in a notebook."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape


@dataclass(frozen=True)
class Item:
    """One comparison: its sentence, its points, and whether it passed (None: it could not be looked at)."""

    says: str
    points: float
    out_of: float
    passed: bool | None


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

    @property
    def line(self) -> str:
        """`✘ vae-elbo  1/3  Your KL …`: one line, the same for the same answer."""
        mark = {"right": "✔", "not started": "○", "fault": "?"}.get(self.status, "✘")
        points = "–" if self.points is None else f"{self.points:g}"
        text = " ".join(part for part in (self.message, self.numbers) if part)
        return f"{mark} {self.id}  {points}/{self.out_of:g}" + (f"  {text}" if text else "")

    def __repr__(self) -> str:
        return self.line

    def to_json(self, *, numbers: bool = False) -> dict:
        """Plain data. Hidden inputs and expected values never reach feedback, so numbers stay out."""
        data = asdict(self)
        if not numbers:
            data.pop("numbers")
        return data

    def _repr_html_(self) -> str:
        colour = {"right": "#00695c", "not started": "#555", "fault": "#555"}.get(self.status, "#a33b00")
        body = f'<div style="font-weight:600;color:{colour}">{escape(self.line)}</div>'
        if self.status == "wrong" and len(self.items) > 1:
            body += "".join(_item(item) for item in self.items)
        if self.status != "right" and self.hints:
            body += _hints(list(self.hints), 1)
        return f'<div style="border-left:4px solid {colour};padding:2px 10px" role="status">{body}</div>'


def _item(item: Item) -> str:
    mark = {True: "✔", False: "✘", None: "·"}[item.passed]
    return f'<div style="margin-left:1em">{mark} {item.points:g}/{item.out_of:g} {escape(item.says)}</div>'


def _hints(hints: list[str], number: int) -> str:
    """Each hint is folded inside the one before it, so that they are read one at a time."""
    inner = escape(hints[0]) + (_hints(hints[1:], number + 1) if hints[1:] else "")
    return (f'<details style="margin-left:1em"><summary>Hint {number}</summary>'
            f'<div style="white-space:pre-wrap">{inner}</div></details>')
