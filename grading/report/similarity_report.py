"""`genlab similarity`: the answers that look alike, as a table and a page for staff."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
from tqdm import tqdm

from grading.build.command import find_root
from grading.checks.exercise import Exercise
from grading.ingest.names import MapError
from grading.ingest.notebook import Notebook, Ungradable, parse
from grading.lessons import LESSONS
from grading.registry import find
from grading.report.feedback import shown
from grading.report.kept import Origin, class_records, counted
from grading.report.schema import RecordError
from grading.report.similarity import SOLUTION, Answer, Given, Pair, answers_of, order, pairs, published, together
from grading.report.spreadsheet import TableError, table
from grading.report.staff_page import page
from grading.report.store import write

LISTED, COMPARED = 200, 30  # pairs on the page, and those of them whose code is shown side by side
_MOST = 20_000  # rows of the table
COLUMNS = ("exercise", "student", "other", "similarity", "kind", "rare", "shared", "size", "other_size")


@dataclass
class Likeness:
    """What was compared, and the pairs found, the likest first."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def source(self, exercise: str, student: str) -> str:
        return next((a.source for a in self.answers.get(exercise, ()) if a.student == student), "")


@click.command()
@click.argument("out", metavar="OUT", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--submissions", default=None, metavar="CLASS", type=click.Path(exists=True, path_type=Path),
              help="Where the class is now, if it is not where it was graded.")
@click.option("--least", default=0.5, type=click.FloatRange(0, 1), show_default=True,
              help="Similarity from which a pair is listed.")
@click.option("--root", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None,
              help="The course's folder, if it is not around the current one.")
def similarity(out: Path, submissions: Path | None, least: float, root: Path | None) -> None:
    """Compare the answers of the class in OUT with each other and with the published solution.

    Writes OUT/similarity.csv and OUT/similarity.html, for staff alone. A likeness is a reason to look, never
    a proof: solutions are public, and short answers to the same question are alike.
    """
    try:
        found = compare(out, root or find_root(Path.cwd()), submissions, least)
        rows = [(p.exercise, p.one, p.other, round(p.similarity, 3), p.kind, p.rare, p.shared, *p.sizes)
                for p in found.pairs[:_MOST]]
        write(out / "similarity.csv", table([COLUMNS, *rows]))
        write(out / "similarity.html", as_page(found, least))
    except (RecordError, MapError, TableError, Ungradable, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(as_text(found, least) + f"\nAll of them: {out / 'similarity.csv'}, {out / 'similarity.html'}")


def compare(out: Path, root: Path, place: Path | None = None, least: float = 0.5) -> Likeness:
    """Reads the class again and compares what was graded."""
    records = {r["student"]: r for r in class_records(out) if r["status"] == "graded"}
    exercises = {v["id"]: find(v["id"]) for r in records.values() for v in r["exercises"]}
    lessons = {r["lesson"] for r in records.values()}
    given = {name: Given.of(root / "notebooks" / f"{name}.ipynb") for name in sorted(lessons)}
    found = Likeness({id: [] for lesson in LESSONS.values() for id in lesson.exercises if id in exercises})
    origin = Origin.read(out)
    with origin.opened(out, place) as room:
        for student in tqdm(room.students, desc="reading", unit="student", disable=None):
            record = records.get(student.student)
            if record is not None:
                held = counted(student, record, origin.attempts)
                _collect(found, record, held and parse(held[1]), exercises, given[record["lesson"]])
    for id, answers in found.answers.items():
        solution = published(exercises[id], given[_lesson(id)], root)
        answers += [solution] if solution else []
        found.pairs += pairs(id, answers, least)
    if len(found.answers) > 1:
        found.pairs += together(found.answers, least)
    found.pairs.sort(key=order)
    return found


def as_text(found: Likeness, least: float) -> str:
    """For a terminal: how many were compared, and the likest pairs of students."""
    lines = []
    for id, answers in found.answers.items():
        own = [a for a in answers if a.student != SOLUTION]
        short = sum(a.short for a in own)
        public = next((a for a in answers if a.student == SOLUTION), None)
        lines.append(f"{id}: {len(own)} answers" + (f", {short} too short to tell" if short else "")
                     + ("; the solution is too short to tell" if public and public.short else ""))
    among = [p for p in found.pairs if p.other != SOLUTION]
    lines += ["", f"{len(among)} pairs of students from {least:g} on, "
                  f"{len(found.pairs) - len(among)} with the published solution"]
    lines += [f"  {p.similarity:.2f}  {p.exercise}  {shown(p.one, 60)} – {shown(p.other, 60)}"
              + (f"  {p.kind}" if p.kind else "") for p in among[:10]]
    if found.unread:
        lines.append(f"Handed in anew since it was graded, and left out: {', '.join(found.unread[:10])}")
    return "\n".join(lines)


def as_page(found: Likeness, least: float) -> str:
    among = [p for p in found.pairs if p.other != SOLUTION][:LISTED]
    public = [p for p in found.pairs if p.other == SOLUTION][:LISTED]
    return page("similarity.html", least=least, unread=[shown(name, 160) for name in found.unread],
                summary=as_text(found, least).split("\n\n")[0].split("\n"),
                parts=[("Between students", _rows(found, among)),
                       ("With the published solution", _rows(found, public))])


def _rows(found: Likeness, listed: Sequence[Pair]) -> list[dict]:
    return [{"exercise": p.exercise, "one": shown(p.one, 160), "other": shown(p.other, 160), "kind": p.kind,
             "similarity": f"{p.similarity:.2f}", "width": 100 * p.similarity, "rare": p.rare,
             "code": [shown(found.source(p.exercise, name), 20_000) for name in (p.one, p.other)]
             if place < COMPARED else []} for place, p in enumerate(listed)]


def _collect(found: Likeness, record: dict, notebook: Notebook | None, exercises: dict[str, Exercise],
             given: Given) -> None:
    if notebook is None:
        found.unread.append(record["student"])
        return
    wanted = [exercises[verdict["id"]] for verdict in record["exercises"]]
    for id, held in answers_of(notebook, wanted, given, record["student"]).items():
        found.answers[id].append(held)


def _lesson(id: str) -> str:
    return next(name for name, lesson in LESSONS.items() if id in lesson.exercises)
