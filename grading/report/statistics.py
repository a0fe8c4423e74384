"""`genlab statistics`: what a class found hard, which mistakes it made, and how its marks lie."""

import statistics as numbers
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from grading.lessons import LESSONS
from grading.report.feedback import number, shown
from grading.report.kept import class_records
from grading.report.overrides import effective
from grading.report.schema import RecordError
from grading.report.spreadsheet import TableError
from grading.report.staff_page import page
from grading.report.store import write
from grading.titles import titled

BINS = 10  # of the distribution of marks
# What became of an answer: key, word. "error": it raised, is missing, or is not what was asked for.
FATES = (("right", "right"), ("part", "partly right"), ("wrong", "wrong"), ("error", "could not be run"),
         ("none", "not started"))


@dataclass
class Idea:
    """One comparison of an exercise: how many answers it could look at, and how many it found wrong."""

    says: str
    looked: int = 0
    failed: int = 0

    @property
    def share(self) -> float:
        return self.failed / self.looked if self.looked else 0.0


@dataclass
class Summary:
    """What a class made of one exercise. Points are those that count; the rest is the machine's verdict."""

    id: str
    out_of: float
    points: list[float] = field(default_factory=list)
    fates: Counter = field(default_factory=Counter)
    mistakes: Counter = field(default_factory=Counter)  # by the sentence that names it
    errors: Counter = field(default_factory=Counter)  # by what the student reads
    ideas: dict[str, Idea] = field(default_factory=dict)
    by_hand: int = 0

    @property
    def count(self) -> int:
        return sum(self.fates.values())

    @property
    def submitted(self) -> int:
        return self.count - self.fates["none"]

    @property
    def mean(self) -> float | None:
        return numbers.fmean(self.points) if self.points else None

    @property
    def hardest(self) -> Idea | None:
        """The comparison that most of the answers failed, of those that it could look at."""
        worst = max(self.ideas.values(), key=lambda idea: (idea.share, idea.failed), default=None)
        return worst if worst is not None and worst.failed else None


@click.command()
@click.argument("out", metavar="OUT", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--page", "target", default=None, type=click.Path(dir_okay=False, path_type=Path),
              help="The page to write; OUT/statistics.html by default.")
def statistics(out: Path, target: Path | None) -> None:
    """Say what the class in OUT found hard, from the results that `genlab grade` wrote there.

    Prints it, and writes a page with pictures that is for staff.
    """
    target = target or out / "statistics.html"
    try:
        records = class_records(out)
        write(target, as_page(records))
    except (RecordError, TableError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(as_text(records) + f"\nWith pictures: {target}")


def summaries(records: Sequence[dict]) -> list[Summary]:
    """One for each exercise, in the order of lessons."""
    found: dict[str, Summary] = {}
    for record in records:
        machine = {v["id"]: v for v in record["exercises"]}
        for verdict in effective(record)["exercises"]:
            summary = found.setdefault(verdict["id"], Summary(verdict["id"], verdict["out_of"]))
            summary.out_of = max(summary.out_of, verdict["out_of"])
            _count(summary, machine[verdict["id"]], verdict)
    known = [id for lesson in LESSONS.values() for id in lesson.exercises]
    return sorted(found.values(), key=lambda s: known.index(s.id) if s.id in known else len(known))


def shares(records: Sequence[dict]) -> list[float]:
    """Points over points possible, of everybody who has a mark."""
    marked = [r for r in map(effective, records) if r["points"] is not None and r["out_of"]]
    return [r["points"] / r["out_of"] for r in marked]


def histogram(marks: Sequence[float]) -> list[int]:
    """How many marks lie in each tenth; the last one takes the full marks in."""
    counts = Counter(min(int(mark * BINS + 1e-9), BINS - 1) for mark in marks)
    return [counts[i] for i in range(BINS)]


def as_text(records: Sequence[dict]) -> str:
    """For a terminal."""
    lines = [_headline(records), ""]
    for s in summaries(records):
        fates = ", ".join(f"{s.fates[key]} {word}" for key, word in FATES if s.fates[key])
        lines.append(f"{titled(s.id)}: {number(s.mean)} of {number(s.out_of)} points on average; {fates}")
        lines += [f"  {count:3} × {shown(says, 300)}" for says, count in s.mistakes.most_common(5)]
        if s.hardest:
            lines.append(f"  hardest: {shown(s.hardest.says, 300)} "
                         f"({s.hardest.failed} of {s.hardest.looked} failed it)")
    return "\n".join(lines)


def as_page(records: Sequence[dict]) -> str:
    """The page with pictures."""
    names = dict.fromkeys(r["assignment"] or r["lesson"] for r in records)
    marks = shares(records)
    return page("statistics.html", title=shown(", ".join(filter(None, names)) or "A class", 160),
                headline=_headline(records), bars=_bars(histogram(marks)), fates=FATES,
                exercises=[_shown(s) for s in summaries(records)], missing=_missing(records))


def _count(summary: Summary, verdict: dict, counted: dict) -> None:
    status = verdict["status"]
    if status == "fault":
        return
    fate = {"right": "right", "not started": "none", "wrong": "part" if verdict["points"] else "wrong"}
    summary.fates[fate.get(status, "error")] += 1
    summary.by_hand += "machine_points" in counted
    if counted["points"] is not None:
        summary.points.append(counted["points"])
    if verdict["mistake"]:
        summary.mistakes[verdict["message"]] += 1
    elif status in ("error", "interface"):
        summary.errors[verdict["message"]] += 1
    for item in verdict["items"]:
        if item["passed"] is not None:
            idea = summary.ideas.setdefault(item["says"], Idea(item["says"]))
            idea.looked, idea.failed = idea.looked + 1, idea.failed + (not item["passed"])


def _headline(records: Sequence[dict]) -> str:
    marks = sorted(shares(records))
    status = Counter(effective(r)["status"] for r in records)
    words = [f"{len(records)} student{'' if len(records) == 1 else 's'}"]
    words += [f"{status[s]} {word}" for s, word in (("ungradable", "could not be read"),
                                                    ("not graded", "not graded by a fault of the grader"))
              if status[s]]
    late = sum(bool(r.get("late")) for r in records)
    words += [f"{late} late"] if late else []
    if marks:
        words.append(f"{len(marks)} marks: mean {_percent(numbers.fmean(marks))}, median "
                     f"{_percent(numbers.median(marks))}, from {_percent(marks[0])} to {_percent(marks[-1])}")
    return "; ".join(words)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _missing(records: Sequence[dict]) -> list[dict[str, str]]:
    """Who has no mark, and why."""
    return [{"student": shown(r["student"], 160), "why": shown(r["message"], 600)}
            for r in map(effective, records) if r["points"] is None]


def _bars(counts: Sequence[int]) -> list[dict[str, Any]]:
    """The distribution as rectangles in a frame of 1000 by 160."""
    top, width = max([1, *counts]), 1000 / BINS
    return [{"x": i * width, "width": width - 6, "height": 160 * count / top, "y": 160 - 160 * count / top,
             "count": count, "says": f"{100 * i // BINS} to {100 * (i + 1) // BINS} %"}
            for i, count in enumerate(counts)]


def _shown(s: Summary) -> dict[str, Any]:
    parts, x = [], 0.0
    for key, word in FATES:
        width = 1000 * s.fates[key] / s.count if s.count else 0
        parts.append({"look": key, "word": word, "count": s.fates[key], "x": x, "width": width})
        x += width

    def listed(counter: Counter) -> list:
        return [(count, shown(says, 600)) for says, count in counter.most_common(12)]

    return {"title": titled(s.id), "mean": s.mean, "out_of": s.out_of, "count": s.count, "submitted": s.submitted,
            "parts": parts, "mistakes": listed(s.mistakes), "errors": listed(s.errors), "by_hand": s.by_hand,
            "ideas": [(i.failed, i.looked, shown(i.says, 600), i is s.hardest) for i in s.ideas.values()]}
