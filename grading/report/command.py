"""`genlab grade FOLDER -o OUT`."""

import os
from pathlib import Path

import click
from tqdm import tqdm

from grading.assignment import Assignment, AssignmentError
from grading.lessons import find_lesson
from grading.report.batch import grade_folder
from grading.report.grade import Settings
from grading.report.store import Store, StoreError


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(file_okay=False, path_type=Path),
              help="Where marks.csv, results/ and feedback/ go.")
@click.option("--lesson", default="", help="The lesson that was set, such as 10; else each notebook tells.")
@click.option("--assignment", "set_work", default=None, metavar="FILE",
              type=click.Path(dir_okay=False, path_type=Path),
              help="assignment.toml: what counts and how much; else all of the lesson with its own points.")
@click.option("--seed", default="", help="The batch's secret, hexadecimal; by default a random one is kept.")
@click.option("--jobs", default=1, type=click.IntRange(1, 256), show_default=True, help="Judges at work.")
def grade(folder: Path, out: Path, lesson: str, set_work: Path | None, seed: str, jobs: int) -> None:
    """Mark every notebook in FOLDER: one file, or one folder, for each student.

    Stopped at any point, it goes on where it was when it is called again.
    """
    if not hasattr(os, "fork"):
        raise click.ClickException("grading needs Linux or macOS: on Windows use WSL")
    try:
        name = find_lesson(lesson).name if lesson else ""
        assignment = Assignment.read(set_work) if set_work else None
    except (KeyError, AssignmentError) as error:
        raise click.ClickException(error.args[0]) from error
    if name and assignment and assignment.lesson != name:
        raise click.ClickException(f"{set_work} is on {assignment.lesson}, not on {name}: leave --lesson out")
    try:
        records = _run(folder, out, name, assignment, seed, jobs)
    except (StoreError, OSError) as error:
        raise click.ClickException(f"{error}. What is graded is kept: the same command goes on.") from error
    except KeyboardInterrupt:
        raise click.ClickException("stopped. What is graded is kept: the same command goes on.") from None
    _summary(records, out)


def _run(folder: Path, out: Path, lesson: str, assignment: Assignment | None, seed: str,
         jobs: int) -> list[dict]:
    store = Store(out)
    try:
        settings = Settings(store.secret(seed), lesson, assignment=assignment)
        with tqdm(desc="grading", unit="submission", dynamic_ncols=True) as bar:
            def progress(record: dict, kept: bool, count: int) -> None:
                bar.total, bar.initial = count, bar.initial + kept
                bar.set_postfix_str(record["status"], refresh=False)
                bar.update()

            return grade_folder(folder, store, settings, jobs=jobs, progress=progress)
    finally:
        store.close()


def _summary(records: list[dict], out: Path) -> None:
    for record in records:
        points = "" if record["points"] is None else f"{record['points']:g}/{record['out_of']:g}"
        click.echo(f"{record['student'][:30]:30}  {points:>8}  {record['status']}"
                   + (f": {record['message']}" if record["message"] else ""))
    click.echo(f"{len(records)} submissions, marks in {out / 'marks.csv'}")
    failed = sum(record["status"] == "not graded" for record in records)
    if failed:
        raise click.ClickException(f"{failed} not graded, by a fault of the grader: call the command again")
