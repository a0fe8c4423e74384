"""`genlab reset LESSON [EXERCISE]`: a fresh stub in a student's notebook; the old notebook is kept.

The copy is written, and read back, before the notebook changes, so that no work can be lost.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click
import nbformat
from nbformat import NotebookNode

from grading import completion
from grading.build.command import find_root
from grading.build.source import dumps, exercise_id, read_script, student_notebook
from grading.lessons import Lesson, find_lesson
from grading.registry import find


@click.command()
@click.argument("lesson", shell_complete=completion.lessons)
@click.argument("exercise", required=False, shell_complete=completion.exercises)
@click.option("--notebook", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=None,
              help="Your notebook, if it is not notebooks/NN_name.ipynb.")
@click.option("--root", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None,
              help="The course's folder, if it is not around the current one.")
def reset(lesson: str, exercise: str | None, notebook: Path | None, root: Path | None) -> None:
    """Put EXERCISE (default: all) of LESSON back to its stub, and keep a copy of the old notebook.

    LESSON is a number (10), a name (10_vae) or a path. Close the notebook first, or reload it afterwards.
    """
    root = root or find_root(Path.cwd())
    try:
        chosen = find_lesson(lesson)
    except KeyError as error:
        raise click.ClickException(error.args[0]) from error
    ids = chosen.exercises if exercise is None else (exercise,)
    if set(ids) - set(chosen.exercises):
        raise click.ClickException(f"lesson {chosen.number} has no exercise {exercise}; it has "
                                   f"{', '.join(chosen.exercises)}")
    path = notebook or root / "notebooks" / f"{chosen.name}.ipynb"
    kept, done = reset_notebook(path, fresh(chosen, root), ids)
    click.echo(f"{path.name}: {', '.join(done)} as given; what was there is in {kept.name}.")


def fresh(lesson: Lesson, root: Path) -> NotebookNode:
    """The student's notebook as the lesson's script makes it."""
    script = root / "solutions" / f"{lesson.name}.py"
    if not script.exists():
        raise click.ClickException(f"{script} is missing: fresh stubs are made from the lesson's script")
    text = script.read_text(encoding="utf-8")
    return student_notebook(read_script(text, lesson.name, lambda id: find(id).points))


def reset_notebook(path: Path, given: NotebookNode, ids: Sequence[str], *,
                   now: datetime | None = None) -> tuple[Path, list[str]]:
    """Replaces the answers to `ids` by their stubs; returns the copy's path and the ids in order.

    A notebook that is missing is made anew; an answer's cell that is gone is put at the end.
    """
    stubs = {exercise_id(c.source): c for c in given.cells if c.cell_type == "code"}
    old = path.read_bytes() if path.exists() else None
    try:
        nb = nbformat.reads(old.decode("utf-8"), as_version=4) if old is not None else given
    except (ValueError, nbformat.reader.NotJSONError) as error:
        raise click.ClickException(f"{path} is no notebook that can be read ({type(error).__name__}): move "
                                   "it away and run this again for a fresh one") from error
    for id in ids:
        cells = [c for c in nb.cells if c.cell_type == "code" and _id(c.source) == id]
        for cell in cells:
            cell.source, cell.outputs, cell.execution_count = stubs[id].source, [], None
        if not cells:
            nb.cells.append(nbformat.from_dict(stubs[id]))
    kept = keep(path, old, now or datetime.now()) if old is not None else path
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(dumps(nb), encoding="utf-8")
    os.replace(partial, path)  # the notebook is never half written
    return kept, list(ids)


def keep(path: Path, old: bytes, now: datetime) -> Path:
    """A copy beside the notebook with the time in its name; never over another one."""
    stem, number = f"{path.stem}.{now:%Y-%m-%d_%H-%M-%S}", 0
    while True:
        copy = path.with_name(f"{stem}{f'_{number}' if number else ''}.ipynb")
        try:
            with copy.open("xb") as file:
                file.write(old)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            number += 1
            continue
        if copy.read_bytes() != old:
            raise click.ClickException(f"{copy} could not be written: the notebook stays as it is")
        return copy


def _id(source: str) -> str:
    """The id on a cell's first line, however the student left it."""
    first = source.lstrip().split("\n")[0].split()
    return first[2] if first[:2] == ["#", "Exercise"] and len(first) > 2 else ""
