"""`genlab start LESSON`: a lesson's notebook copied into a folder of one's own, so that git stays clean.

A lesson is one file: its pictures travel in it, its data come with genlab, and what it measures is written beside it.
"""

import json
from datetime import datetime
from pathlib import Path

import click

from grading import completion
from grading.lessons import Lesson, find_lesson
from grading.students.course import MINE, notebooks


@click.command()
@click.argument("lessons", metavar="LESSON...", nargs=-1, required=True, shell_complete=completion.lessons)
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), default=None,
              help=f"The folder to work in; {MINE}/ beside notebooks/ by default.")
@click.option("--fresh", is_flag=True, help="Begin anew; your notebook is kept under another name.")
@click.option("--root", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None,
              help="The course's folder, if it is not around the current one.")
def start(lessons: tuple[str, ...], folder: Path | None, fresh: bool, root: Path | None) -> None:
    """Copy each LESSON's notebook into a folder to work in.

    LESSON is a number (10), a name (10_vae) or a path. What is there already is never written over.
    """
    source = notebooks(Path.cwd()) if root is None else root / "notebooks"
    if source is None:
        raise click.ClickException("there are no lessons here: they do not come with the package, but with the "
                                   "course's repository. Clone it and run genlab there, or give --root")
    try:
        chosen = [find_lesson(lesson) for lesson in lessons]
    except KeyError as error:
        raise click.ClickException(error.args[0]) from error
    folder = folder or source.parent / MINE
    for lesson in chosen:
        click.echo(copy(lesson, source, folder, fresh=fresh))
    click.echo(f"To open: jupyter lab {_words(folder / f'{chosen[0].name}.ipynb')}")


def copy(lesson: Lesson, source: Path, folder: Path, *, fresh: bool = False, now: datetime | None = None) -> str:
    """Copies one notebook and returns what happened, as a sentence.

    Raises:
        click.ClickException: the lesson's notebook is missing or unreadable, the folder cannot be written, or a
            notebook that differs is there and `fresh` is not asked for.
    """
    path, target = source / f"{lesson.name}.ipynb", folder / f"{lesson.name}.ipynb"
    try:
        given = path.read_bytes()
        done = _has_run(given)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{path} cannot be read: take it from the course's repository again, or make it "
                                   f"with `genlab build {lesson.number}`") from error
    if path.resolve() == target.resolve():
        raise click.ClickException(f"{folder} is where the course's own notebooks lie: choose another folder by --to")
    kept = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if target.exists():
            there = target.read_bytes()
            if there == given:
                return f"{_words(target)} is there already, as it was given."
            if not fresh:
                raise click.ClickException(_occupied(lesson, target))
            from grading.build.reset import keep

            kept = keep(target, there, now or datetime.now())
            target.unlink()
        with target.open("xb") as file:  # "x": somebody else's file of this moment is not written over either
            file.write(given)
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written: {error.strerror}") from error
    said = f"{_words(target)}: lesson {lesson.number}, {lesson.title}."
    if kept is not None:
        said += f" What was there is in {kept.name}."
    if done:
        said += f" Note: {path} has been worked in, and so has the copy."
    return said


def _occupied(lesson: Lesson, target: Path) -> str:
    path = _words(target)
    return (f"{path} is there already and was changed: nothing is written over. Open it to go on; "
            f"`genlab reset {lesson.number} EXERCISE --notebook {path}` gives a fresh stub, and "
            f"`genlab start {lesson.number} --fresh` a fresh notebook, which keeps the old one under another name")


def _has_run(notebook: bytes) -> bool:
    cells = json.loads(notebook)["cells"]
    return any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def _words(path: Path) -> str:
    """The path as one types it here."""
    here = Path.cwd()
    shown = path.resolve()
    shown = shown.relative_to(here) if shown.is_relative_to(here) else path
    return f'"{shown}"' if " " in str(shown) else str(shown)
