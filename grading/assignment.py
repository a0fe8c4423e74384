"""What counts in an assignment, and how much: a lesson's exercises, all or some, with points of one's own.

An assignment is kept in a small file, `assignment.toml`, which `genlab release` writes, a teacher may edit
and `genlab grade --assignment` reads:

    name = "Homework 1"
    lesson = "10_vae"
    due = 2027-02-01T23:59:00+01:00      # may be left out

    [points]                             # what is not listed here does not count
    vae-elbo = 6                         # 4 in the lesson itself
    vae-iwae = 4
"""

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from grading.checks.exercise import Exercise
from grading.checks.verdict import Verdict
from grading.lessons import LESSONS, Lesson, find_lesson
from grading.registry import UnknownExercise, find

FILE = "assignment.toml"
_KEYS = ("name", "lesson", "due", "points")
_DIGITS = 6  # of scaled points: a third of 1 should not be written with sixteen digits


class AssignmentError(ValueError):
    """An assignment that makes no sense; the message says what is wrong and what is possible."""


@dataclass(frozen=True)
class Assignment:
    """Plain data: it is sent to every judge.

    Args:
        name: as students and marks show it, one line.
        lesson: its whole name, such as "10_vae".
        exercises: ids that count, in the lesson's order.
        points: by id, what each of them is worth here.
        due: with its time zone, or None.
    """

    name: str
    lesson: str
    exercises: tuple[str, ...]
    points: Mapping[str, float]
    due: datetime | None = None

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name.strip() or not self.name.isprintable():
            raise AssignmentError(f"the name of an assignment is one line of text, not {self.name!r}")
        if self.lesson not in LESSONS:
            raise AssignmentError(f"there is no lesson {self.lesson!r}; there is {', '.join(LESSONS)}")
        if not self.exercises:
            raise AssignmentError(f"an assignment needs at least one exercise of {self.lesson}")
        for id in self.exercises:
            _refuse_stranger(id, LESSONS[self.lesson])
            _refuse_points(id, self.points.get(id))

    @classmethod
    def of(cls, lesson: Lesson | str) -> "Assignment":
        """All exercises of a lesson with the points that they have in it."""
        lesson = find_lesson(lesson) if isinstance(lesson, str) else lesson
        return cls.choose(lesson)

    @classmethod
    def choose(cls, lesson: Lesson, *, only: tuple[str, ...] = (), points: Mapping[str, float] | None = None,
               name: str = "", due: datetime | None = None) -> "Assignment":
        """Some exercises of a lesson (all, by default), some of them with points of their own."""
        points = points or {}
        for id in (*only, *points):
            _refuse_stranger(id, lesson)
            if only and id not in only:
                raise AssignmentError(f"{id} has points but does not count: add it to the exercises chosen")
        chosen = tuple(id for id in lesson.exercises if id in only or not only)
        worth = {id: points[id] if id in points else find(id).points for id in chosen}
        return cls(name or lesson.name, lesson.name, chosen, worth, due)

    @classmethod
    def read(cls, path: Path) -> "Assignment":
        """From a file; AssignmentError names the file and what to change."""
        try:
            return cls.parse(Path(path).read_text(encoding="utf-8-sig"), str(path))
        except OSError as error:
            raise AssignmentError(f"{path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise AssignmentError(f"{path} is not TOML: {error}") from error

    @classmethod
    def parse(cls, text: str, name: str) -> "Assignment":
        """From a file's text; `name` is what errors call it."""
        try:
            return _from_table(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise AssignmentError(f"{name} is not TOML: {error}") from error
        except AssignmentError as error:
            raise AssignmentError(f"{name}: {error}") from error

    @property
    def out_of(self) -> float:
        return round(sum(self.points[id] for id in self.exercises), _DIGITS)

    def scaled(self, verdict: Verdict) -> Verdict:
        """The verdict with the points of this assignment: each share grows by assigned / own."""
        assigned, own = self.points[verdict.id], verdict.out_of

        def worth(points: float | None) -> float | None:
            if points is None or points == own:
                return None if points is None else assigned
            return round(points * assigned / own, _DIGITS)

        items = tuple(replace(i, points=worth(i.points), out_of=worth(i.out_of)) for i in verdict.items)
        return replace(verdict, points=worth(verdict.points), out_of=assigned, items=items)

    def to_toml(self) -> str:
        """The file's text, with a comment wherever somebody may want to edit it."""
        lesson = LESSONS[self.lesson]
        due = self.due.isoformat() if self.due else "2027-02-01T23:59:00+01:00"
        lines = ["# What counts and how much. Keep this file with the submissions and hand it to the grader:",
                 f"#   genlab grade submissions/ -o marks/ --assignment {FILE}", "",
                 f"name = {json.dumps(self.name, ensure_ascii=False)}", f'lesson = "{self.lesson}"',
                 "# When it is due, with the distance of the clock from UTC.",
                 f"{'' if self.due else '# '}due = {due}", "",
                 "# The points of each exercise; what is commented out does not count.", "[points]"]
        for id in lesson.exercises:
            own = f"{find(id).points:g}"
            counted = id in self.exercises
            line = f"{id} = {self.points[id]:.12g}" if counted else f"# {id} = {own}"
            lines.append(line + (f"  # {own} in the lesson" if counted and self.points[id] != find(id).points
                                 else ""))
        return "\n".join(lines) + "\n"


def read_due(value: Any) -> datetime | None:
    """A moment from TOML or ISO text: a day ends at its last minute; without a zone it is this machine's."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            value = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time(23, 59))
        return value if value.tzinfo else value.astimezone()
    except (ValueError, AttributeError, OverflowError) as error:
        raise AssignmentError(f"{value!r} is no time: write it like 2027-02-01T23:59:00+01:00") from error


def _from_table(data: dict) -> Assignment:
    unknown = sorted(set(data) - set(_KEYS))
    if unknown:
        raise AssignmentError(f"there is no setting {unknown[0]!r}; there is {', '.join(_KEYS)}")
    try:
        lesson = find_lesson(str(data["lesson"]))
    except KeyError as error:
        known = ", ".join(LESSONS)
        raise AssignmentError(error.args[0] if "lesson" in data else
                              f'it has to name its lesson: lesson = "…", one of {known}') from error
    points = data.get("points")
    if not isinstance(points, dict) or not points:
        raise AssignmentError("it has to list what counts below [points], such as "
                              f"{lesson.exercises[0]} = {find(lesson.exercises[0]).points:g}")
    return Assignment.choose(lesson, only=tuple(points), points=points, name=data.get("name", lesson.name),
                             due=read_due(data.get("due")))


def _refuse_stranger(id: str, lesson: Lesson) -> None:
    if id in lesson.exercises:
        return
    near = get_close_matches(id, lesson.exercises, 3, 0.5) or lesson.exercises
    here = f"{lesson.name} has {', '.join(near)}" + ("" if len(near) == len(lesson.exercises) else ", …")
    try:
        is_exercise = isinstance(find(id), Exercise)
    except UnknownExercise:
        raise AssignmentError(f"there is no exercise {id!r}; {here}") from None
    if not is_exercise:
        raise AssignmentError(f"{id} is a prediction, which gives no points; {here}")
    home = next((name for name, other in LESSONS.items() if id in other.exercises), "no lesson")
    raise AssignmentError(f"{id} belongs to {home}, not to {lesson.name}; {here}")


def _refuse_points(id: str, points: Any) -> None:
    number = isinstance(points, int | float) and not isinstance(points, bool)
    if not number or not math.isfinite(points) or points <= 0:
        raise AssignmentError(f"the points of {id} have to be a number above 0, not {points!r}; "
                              "what is not to count is left out")
