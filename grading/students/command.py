"""`genlab progress`: how far the lessons in a folder are."""

import json
from pathlib import Path

import click

from grading.students import progress as standing
from grading.students.course import MINE, notebooks


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="For programs: one object of JSON.")
def progress(folder: Path | None, as_json: bool) -> None:
    """Say how many points the lessons in FOLDER have so far, what comes next, and what the fast track holds.

    By default FOLDER is the current one if it holds lessons, else mine/ of the course, else notebooks/. Read are the
    outputs of check cells as they were saved. Nothing is run.
    """
    told = standing.read(folder or _usual(Path.cwd()))
    click.echo(json.dumps(told.to_json(), indent=2, ensure_ascii=False) if as_json else standing.report(told))


def _usual(here: Path) -> Path:
    """The folder that is meant when none is named."""
    if any(here.glob("[0-9][0-9]_*.ipynb")):
        return here
    lessons = notebooks(here)
    if lessons is None:
        return here
    return lessons.parent / MINE if any((lessons.parent / MINE).glob("*.ipynb")) else lessons
