"""`genlab executed OUT [STUDENT]...`: copies of submissions with the outputs that the sandbox saw."""

from functools import partial
from pathlib import Path

import click
from tqdm import tqdm

from grading.ingest.attempts import Student
from grading.ingest.names import MapError
from grading.ingest.notebook import Ungradable
from grading.lessons import LESSONS
from grading.report.copies import as_notebook, as_page, run
from grading.report.feedback import shown
from grading.report.grade import choose
from grading.report.kept import Origin, class_records
from grading.report.schema import RecordError
from grading.report.store import file_name, write
from grading.sandbox.client import GraderFault
from grading.sandbox.isolation import AUTO, TIERS
from grading.sandbox.start import connect

_ABOUT = ("All code cells of this notebook, run in order by genlab at the smallest profile ({tier}). Checks "
          "are made apart and exercises that are not done raise, so this tells nothing about marks.")


@click.command(epilog="\b\nExample:\n  genlab executed marks/ ada grace")
@click.argument("out", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("students", metavar="[STUDENT]...", nargs=-1)
@click.option("--all", "everybody", is_flag=True, help="Copies of the whole class.")
@click.option("--submissions", default=None, type=click.Path(exists=True, path_type=Path),
              help="The class, if it is not where `genlab grade` read it.")
@click.option("--seconds", default=30.0, show_default=True, type=click.FloatRange(1, 600),
              help="What one cell may take.")
@click.option("--isolation", default=AUTO, type=click.Choice([AUTO, *TIERS]), show_default=True,
              help="The walls around students' code: the strongest there are, or these and no others.")
def executed(out: Path, students: tuple[str, ...], everybody: bool, submissions: Path | None, seconds: float,
             isolation: str) -> None:
    """Run submissions of a graded class from top to bottom and keep them with their outputs.

    OUT is a folder that `genlab grade` wrote; a STUDENT is named as marks.csv names them. The copies go
    to OUT/executed/: NAME.ipynb, and NAME.html to read in a browser. The code runs in the sandbox, as it does
    for marks, and nothing that a student wrote runs in the copy. Marks do not depend on it.
    """
    if everybody == bool(students):
        raise click.UsageError("name students, as marks.csv does, or say --all")
    try:
        records = {r["student"]: r for r in class_records(out)}
        unknown = [s for s in students if s not in records]
        if unknown:
            raise RecordError(f"{out} has no result of {', '.join(unknown)}; marks.csv has the names")
        origin = Origin.read(out)
        (out / "executed").mkdir(exist_ok=True)
        with origin.opened(out, submissions) as room:
            wanted = [s for s in room.students if s.student in (students or records)]
            failed = _copies(out, wanted, records, origin.attempts, seconds, isolation)
    except (RecordError, MapError, Ungradable, GraderFault, OSError) as error:
        raise click.ClickException(str(error)) from error
    if failed:
        raise click.ClickException(f"{failed} could not be copied: see above")


def _copies(out: Path, wanted: list[Student], records: dict[str, dict], policy: str, seconds: float,
            isolation: str) -> int:
    """Writes a copy for each; how many had none."""
    failed = 0
    for student in tqdm(wanted, desc="running", unit="notebook", dynamic_ncols=True, disable=None):
        record = records[student.student]
        try:
            _copy(out, student, record, policy, seconds, isolation)
        except Ungradable as error:
            failed += 1
            tqdm.write(f"{shown(student.student, 60)}: {error}")
        else:
            tqdm.write(f"{shown(student.student, 60)}: {out / 'executed' / file_name(student.student)}.html")
    return failed


def _copy(out: Path, student: Student, record: dict, policy: str, seconds: float, isolation: str) -> None:
    notebook, lesson, _ = choose(_submission(student, record, policy), record["lesson"], record["lesson"])
    outputs, tier = run(notebook, partial(connect, frozenset(), isolation), seconds=seconds)
    stem = out / "executed" / file_name(student.student)
    write(stem.with_name(f"{stem.name}.ipynb"), as_notebook(notebook, outputs))
    title = record["assignment"] or LESSONS[lesson.name].title
    page = as_page(notebook, outputs, title=title, student=student.student, file=record["file"],
                   about=_ABOUT.format(tier=f"isolation: {tier}"))
    write(stem.with_name(f"{stem.name}.html"), page)


def _submission(student: Student, record: dict, policy: str):
    """What was handed in in the attempt that counts."""
    attempts = student.task(policy).attempts
    listed = record.get("attempts") or []
    counts = [s for (_, s), told in zip(attempts, listed, strict=False) if s and told.get("counts")]
    held = [s for _, s in attempts if s is not None]
    return (counts or held)[0]
