"""What docs/ shows in numbers is computed, not typed: `python -m tests.pages` writes those blocks.

docs/numbers.md    the spread over seeds of every number in genlab/table.csv
docs/syllabus.md   the course in six and in twelve weeks, from the minutes that lessons state
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat

from genlab import results
from grading.build.measures import WORDS_PER_MINUTE, measure
from grading.lessons import LESSONS, Lesson
from grading.registry import find
from tests.readme import filled

ROOT = Path(__file__).resolve().parent.parent
NUMBERS, SYLLABUS = ROOT / "docs" / "numbers.md", ROOT / "docs" / "syllabus.md"
FIXED = ("parameters", "network_evaluations_per_sample")  # the same for every seed
OF_THE_MACHINE = ("milliseconds_per_sample", "cache_speedup")
RUNNING = 5  # minutes that a lesson may take at the profile `cpu`; what is meant where a lesson does not say


def spread() -> str:
    """One row for each lesson, model and metric: mean, standard deviation, smallest and largest over the seeds."""
    rows = [row for row in results.table() if row["metric"] not in (*FIXED, *OF_THE_MACHINE)]
    lines = ["| lesson | model | metric | mean | sd | smallest | largest | seeds | n |",
             "|---|---|---|---|---|---|---|---|---|"]
    for group in results.summary(rows):
        values = [row["value"] for row in rows
                  if all(row[name] == group[name] for name in ("model", "lesson", "profile", "metric"))]
        profile = "" if group["profile"] == "cpu" else f" ({group['profile']})"
        lines.append(f"| {group['lesson'].split('_')[0]}{profile} | {group['model']} | {group['metric']} "
                     f"| {group['mean']:.4g} | {group['sd']:.2g} | {min(values):.4g} | {max(values):.4g} "
                     f"| {group['seeds']} | {group['n'] or 'varies'} |")
    return "\n".join(lines)


def unmeasured() -> str:
    """A sentence on the lessons without a row in the table."""
    measured = {row["lesson"] for row in results.table()}
    missing = [lesson.number for lesson in LESSONS.values() if lesson.name not in measured]
    return f"Not yet run over seeds: lessons {', '.join(missing)}." if missing else "Every lesson was run over seeds."


@dataclass(frozen=True)
class Minutes:
    """A lesson's minutes; `stated` is False where reading and running are not told by the lesson but reckoned."""

    lesson: Lesson
    reading: int
    coding: int
    running: int
    extra: int
    points: float
    stated: bool

    @property
    def core(self) -> int:
        return self.reading + self.coding + self.running


@cache
def minutes() -> tuple[Minutes, ...]:
    """What each lesson takes: what it states, else its words at the rate of the lessons' own measures."""
    found = []
    for lesson in LESSONS.values():
        measured = measure(nbformat.read(ROOT / "notebooks" / f"{lesson.name}.ipynb", as_version=4))
        exercises = [find(id) for id in lesson.exercises]
        coding = sum(e.minutes for e in exercises if e.core)
        stated = measured.minutes or (round(measured.words / WORDS_PER_MINUTE), coding, RUNNING)
        found.append(Minutes(lesson, *stated, extra=sum(e.minutes for e in exercises if not e.core),
                             points=sum(e.points for e in exercises), stated=measured.minutes is not None))
    return tuple(found)


def weeks(lessons: tuple[Minutes, ...], count: int) -> list[tuple[Minutes, ...]]:
    """The lessons in their order, cut into weeks so that the fullest week is as short as possible.

    Among such cuts the one whose weeks differ least, by the sum of squares.
    """
    best = {0: {0: ((0, 0), [])}}  # best[w][i]: w weeks for the first i lessons
    for week in range(1, count + 1):
        best[week] = {}
        for end in range(week, len(lessons) + 1):
            ways = []
            for begin, ((longest, squares), cuts) in best[week - 1].items():
                if begin < end:
                    load = sum(one.core for one in lessons[begin:end])
                    ways.append(((max(longest, load), squares + load ** 2), [*cuts, (begin, end)]))
            best[week][end] = min(ways)
    return [lessons[begin:end] for begin, end in best[count][len(lessons)][1]]


def syllabus(count: int) -> str:
    """A table of weeks: lessons, hours of reading, coding and running, and what the extra exercises add."""
    lines = ["| week | lessons | reading | coding | running | hours | extra exercises | points |",
             "|---|---|---|---|---|---|---|---|"]
    plan = weeks(minutes(), count)
    for number, week in enumerate([*plan, tuple(minutes())], start=1):
        names = "<br>".join(f"{one.lesson.number} {one.lesson.title}" for one in week)
        about = "" if all(one.stated for one in week) else "~"
        first = [str(number), names] if number <= count else ["**all**", f"{len(week)} lessons"]
        reading, coding, running, extra = (sum(getattr(one, name) for one in week)
                                           for name in ("reading", "coding", "running", "extra"))
        hours = f"{about}{(reading + coding + running) / 60:.1f}"
        cells = [*first, f"{about}{reading} min", f"{coding} min", f"{about}{running} min", hours,
                 f"{extra} min" if extra else "–", f"{sum(one.points for one in week):g}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def unstated() -> str:
    """A sentence on the lessons whose reading and running are reckoned."""
    missing = [one.lesson.number for one in minutes() if not one.stated]
    if not missing:
        return "Every lesson states its minutes."
    return (f"Lessons {', '.join(missing)} do not state their reading yet. There it is reckoned from their words, "
            f"{WORDS_PER_MINUTE} a minute, with {RUNNING} minutes of running, and such sums are marked by ~.")


BLOCKS = {NUMBERS: {"spread": spread, "unmeasured": unmeasured},
          SYLLABUS: {"six": lambda: syllabus(6), "twelve": lambda: syllabus(12), "unstated": unstated}}


def main() -> None:
    for path, blocks in BLOCKS.items():
        text = path.read_text(encoding="utf-8")
        for name, made in blocks.items():
            text = filled(text, name, made())
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
