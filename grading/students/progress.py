"""How far a student is: points so far, the next exercise, and the fast track through the core exercises.

    from grading import progress
    progress("..")        in a cell; `genlab progress` in a terminal

It is read from the outputs that the notebooks' check cells stored when they were saved. Nothing is run, so that it is
quick and safe, and it says what a student saw, not what the answers are worth now: marks come from `genlab grade`.
"""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from grading.lessons import LESSONS, Lesson
from grading.titles import titled

LARGEST = 64 << 20  # bytes of a notebook that is read
_HEAD = re.compile(r"\*\*Exercise(, extra)?:[^*]*\*\* \(([^)]*)\)")
_POINTS, _MINUTES = re.compile(r"([\d.]+) points?"), re.compile(r"([\d.]+) minutes?")
_STUB = re.compile(r"# Exercise ([\w-]+)\s*$", re.MULTILINE)
_CHECK = re.compile(r"""\bcheck\(\s*["']([\w-]+)["']""")
_VERDICT = re.compile(r"^[✔✘○?] ([\w-]+)  ([\d.]+|–)/([\d.]+)", re.MULTILINE)


@dataclass(frozen=True)
class Done:
    """One exercise: its points so far, whether the check is older than the answer, and what its text states."""

    id: str
    points: float
    out_of: float
    core: bool
    minutes: float
    stale: bool = False
    checked: bool = False

    @property
    def passed(self) -> bool:
        return self.checked and self.points >= self.out_of


@dataclass(frozen=True)
class Standing:
    """One lesson's notebook."""

    lesson: Lesson
    file: str
    exercises: tuple[Done, ...]

    @property
    def points(self) -> float:
        return sum(one.points for one in self.exercises)

    @property
    def out_of(self) -> float:
        return sum(one.out_of for one in self.exercises)


@dataclass(frozen=True)
class Progress:
    """All lessons of a folder in the course's order, and what could not be read (file: why)."""

    folder: str
    lessons: tuple[Standing, ...]
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def next(self) -> Done | None:
        """The first exercise without all of its points in the lesson that was begun last, else in any lesson."""
        begun = [one for one in self.lessons if any(e.checked and e.points for e in one.exercises)]
        order = [*begun[-1:], *self.lessons]
        return next((e for one in order for e in one.exercises if not e.passed), None)

    @property
    def fast_track(self) -> list[tuple[Standing, list[Done]]]:
        """The core exercises that do not pass yet, by lesson."""
        left = [(one, [e for e in one.exercises if e.core and not e.passed]) for one in self.lessons]
        return [(one, rest) for one, rest in left if rest]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"folder": self.folder, "points": sum(one.points for one in self.lessons),
                "out_of": sum(one.out_of for one in self.lessons), "next": self.next and self.next.id,
                "unread": dict(self.unread),
                "fast_track": [e.id for _, rest in self.fast_track for e in rest],
                "lessons": [{"lesson": one.lesson.name, "file": one.file, "points": one.points,
                             "out_of": one.out_of, "exercises": [vars(e) for e in one.exercises]}
                            for one in self.lessons]}

    def __repr__(self) -> str:
        return report(self)

    def _repr_html_(self) -> str:
        return f'<pre role="status">{html.escape(report(self))}</pre>'


def progress(folder: str | Path = ".") -> Progress:
    """How far the lessons in a folder are; checks that this kernel has made count as they are now.

    Raises:
        NotADirectoryError: there is no such folder.
    """
    from grading.checks.check import _points

    return read(folder, live=_points)


def read(folder: str | Path, *, live: Mapping[str, float] = MappingProxyType({})) -> Progress:
    """The standing of every lesson in a folder; of two notebooks of one lesson the one with more points.

    Args:
        live: points by exercise that are newer than what is stored.
    """
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    found: dict[str, Standing] = {}
    unread: dict[str, str] = {}
    for file in sorted(path.glob("*.ipynb")):
        try:
            standing = _standing(file, live)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            unread[file.name] = f"{type(error).__name__}: {str(error)[:80]}"
            continue
        if standing is None:
            continue
        known = found.get(standing.lesson.name)
        if known is None or standing.points > known.points:
            found[standing.lesson.name] = standing
    return Progress(str(folder), tuple(found[name] for name in LESSONS if name in found), unread)


def _standing(file: Path, live: Mapping[str, float]) -> Standing | None:
    """What one notebook says of its lesson; None for a notebook that holds no exercise of the course."""
    if file.stat().st_size > LARGEST:
        raise ValueError(f"larger than {LARGEST >> 20} MB")
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    stated, ran, seen, head = {}, {}, {}, ""
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            head = source if _HEAD.search(source) else head
            continue
        if cell["cell_type"] != "code":
            continue
        if stub := _STUB.match(source):
            stated[stub[1]], head = head, ""
            ran[stub[1]] = cell.get("execution_count") or 0
        for id in _CHECK.findall(source):
            shown = [found for found in _VERDICT.findall(_text(cell)) if found[0] == id]
            if shown:
                seen[id] = (shown[-1], cell.get("execution_count") or 0)
    lesson = next((one for one in LESSONS.values() if set(one.exercises) & set(stated)), None)
    if lesson is None:
        return None
    exercises = [_done(id, stated[id], ran[id], seen.get(id), live) for id in lesson.exercises if id in stated]
    return Standing(lesson, file.name, tuple(one for one in exercises if one.out_of))


def _done(id: str, head: str, ran: int, seen: tuple | None, live: Mapping[str, float]) -> Done:
    """Points from the stored verdict or the kernel's own, the rest from the text above the exercise."""
    heads = _HEAD.findall(head)
    extra, told = heads[-1] if heads else ("", "")
    points, minutes = _POINTS.search(told), _MINUTES.search(told)
    got, out_of, stale = 0.0, float(points[1]) if points else 0.0, False
    if seen is not None:
        (_, shown, worth), count = seen
        got, out_of = 0.0 if shown == "–" else float(shown), float(worth)
        stale = ran > count  # the answer's cell ran again, its check did not
    if id in live:
        got, stale = live[id], False
    return Done(id, got, out_of, not extra, float(minutes[1]) if minutes else 0.0, stale,
                seen is not None or id in live)


def _text(cell: Mapping[str, Any]) -> str:
    """What a cell shows as plain text."""
    parts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])]
    return "\n".join("".join(part) for part in parts)


def report(told: Progress) -> str:
    """Progress as text: a line for each lesson, what comes next, and the fast track."""
    lines = [f"{file} cannot be read ({why}): open it in Jupyter, or take a fresh one" for file, why in
             told.unread.items()]
    if not told.lessons:
        return "\n".join([*lines, f"There is no lesson in {told.folder}: `genlab start 00` copies the first one."])
    for one in told.lessons:
        stale = [e.id for e in one.exercises if e.stale]
        note = f"  check again: {', '.join(stale)}" if stale else ""
        title = f"{one.lesson.number} {one.lesson.title}"
        lines.append(f"{title:<46} {one.points:>5g} of {one.out_of:<3g} {_bar(one)}{note}")
    points, out_of = (sum(getattr(one, name) for one in told.lessons) for name in ("points", "out_of"))
    lines += [f"{'together':<46} {points:>5g} of {out_of:g}", ""]
    after = told.next
    lines.append(f"Next: {titled(after.id)}, {_minutes([after])}." if after else "All exercises are done.")
    track = told.fast_track
    if track:
        rest = [e for _, left in track for e in left]
        lines += [f"Fast track, the core exercises alone: {len(rest)} left, {_minutes(rest)}."]
        lines += [f"  {one.lesson.number}  {', '.join(e.id for e in left)}  ({_minutes(left)})" for one, left in track]
    elif after:
        lines.append("The core exercises are done; what is left is extra.")
    return "\n".join([*lines, "", "These are the checks as the notebooks stored them when they were saved; nothing "
                      "was run. Marks come from grading."])


def _bar(one: Standing) -> str:
    share = sum(e.passed for e in one.exercises), len(one.exercises)
    return f"{'■' * share[0]}{'□' * (share[1] - share[0])}"


def _minutes(exercises: list[Done]) -> str:
    return f"about {sum(e.minutes for e in exercises):g} minutes"
