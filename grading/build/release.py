"""`genlab release`: an assignment made of a lesson, as its students receive it.

The notebook is the lesson's own, with the points of the assignment where it speaks of points. What does not
count stays in it as a stub that says so, because the lesson goes on with it: `use` puts the course's own
function in its place, and no answer is given away.
"""

import re
from datetime import datetime
from pathlib import Path

import click
import nbformat
from nbformat import NotebookNode

from grading import completion
from grading.assignment import FILE, Assignment, AssignmentError, read_due
from grading.build.command import find_root
from grading.build.source import dumps, exercise_id
from grading.lessons import LESSONS, Lesson, find_lesson
from grading.registry import find

_POINTS = re.compile(r"(\*\*Exercise[^*]*\*\* \()\d+(?:\.\d+)? points?")
_BADGE = re.compile(r"^\[!\[Open in .*\n?", re.MULTILINE)  # they open the course's notebook, not this one
_PAIR = re.compile(r"([^=]+)=([^=]+)")


@click.command()
@click.argument("lesson", shell_complete=completion.lessons)
@click.option("-o", "--out", required=True, type=click.Path(file_okay=False, path_type=Path),
              help="The folder to make for students.")
@click.option("--only", default="", metavar="ID,ID", help="What counts; by default all of the lesson.")
@click.option("--points", default="", metavar="ID=N,ID=N", help="Points that differ from the lesson's own.")
@click.option("--name", default="", help="What students and marks call it; the lesson's name by default.")
@click.option("--due", default="", metavar="TIME", help="Such as 2027-02-01 or 2027-02-01T12:00+01:00.")
@click.option("--assignment", "file", default=None, type=click.Path(dir_okay=False, path_type=Path),
              help=f"An {FILE} that says all this.")
@click.option("--force", is_flag=True, help="Write over what an earlier release left there.")
@click.option("--root", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None,
              help="The course's folder, if it is not around the current one.")
def release(lesson: str, out: Path, only: str, points: str, name: str, due: str, file: Path | None,
            force: bool, root: Path | None) -> None:
    """Collect in OUT what students of LESSON receive: notebook, README.md and assignment.toml."""
    try:
        chosen = find_lesson(lesson)
        if file is None:
            assignment = Assignment.choose(chosen, only=_ids(only), points=_points(points), name=name,
                                           due=read_due(due or None))
        elif only or points or name or due:
            raise AssignmentError(f"--assignment says it all: edit {file}, or leave it out")
        else:
            assignment = Assignment.read(file)
    except (KeyError, AssignmentError) as error:
        raise click.ClickException(error.args[0]) from error
    if assignment.lesson != chosen.name:
        raise click.ClickException(f"{file} is on {assignment.lesson}, not on {chosen.name}")
    files = released(assignment, root or find_root(Path.cwd()))
    _write(out, files, force)
    click.echo(f"{assignment.name}: {len(assignment.exercises)} of {len(chosen.exercises)} exercises, "
               f"{assignment.out_of:g} points. Students receive {', '.join(files)} in {out}/.\n"
               f"To mark: genlab grade submissions/ -o marks/ --assignment {out / FILE}")


def released(assignment: Assignment, root: Path) -> dict[str, str]:
    """The files that students receive, as text by name: a pure function of the assignment and the lesson."""
    name = f"{assignment.lesson}.ipynb"
    path = root / "notebooks" / name
    try:
        nb = nbformat.read(path, as_version=4)
    except (OSError, nbformat.reader.NotJSONError) as error:
        raise click.ClickException(f"{path} cannot be read: make it with `genlab build "
                                   f"{LESSONS[assignment.lesson].number}`") from error
    return {name: dumps(assigned(nb, assignment)), FILE: assignment.to_toml(),
            "README.md": readme(assignment)}


def assigned(student: NotebookNode, assignment: Assignment) -> NotebookNode:
    """A lesson's notebook with the points of the assignment, and a cell that says what counts."""
    nb = nbformat.from_dict(student)  # a deep copy
    text, expected = None, None
    for cell in nb.cells:
        if cell.cell_type == "markdown" and _POINTS.search(cell.source):
            text = cell
        if cell.cell_type != "code":
            continue
        cell.source = cell.source.replace("expect_version(version)", "expect_version(version, graded=True)")
        if expected is not None:
            _count(cell, assignment.points.get(expected))
        id = exercise_id(cell.source)
        expected = id if id in LESSONS[assignment.lesson].exercises else None
        if expected is not None:
            _say_points(text, id, assignment)
            text = None
    nb.cells[0].source = _BADGE.sub("", nb.cells[0].source)
    nb.cells.insert(1, nbformat.v4.new_markdown_cell(_overview(assignment), id="assignment",
                                                     metadata={"deletable": False, "editable": False}))
    nb.metadata.genlab.assignment = assignment.name
    return nb


def readme(assignment: Assignment) -> str:
    """What to do with the notebook and how to hand it in."""
    lesson = LESSONS[assignment.lesson]
    notebook = f"{lesson.name}.ipynb"
    return f"""# {_plain(assignment.name)}

{_what_counts(assignment, lesson)}

## Work

Open `{notebook}` in JupyterLab or VS Code, or upload it to Colab (*File → Upload notebook*). Its set-up cell
installs the course's package where it is missing. Replace `raise NotImplementedError(...)` in an exercise by
your answer, run the cell and the `check(...)` below it. You may check as often as you like.

## Hand in

1. *Restart the kernel and run all cells.* What is marked is the notebook from top to bottom.
2. Save, and hand in the one file `{notebook}` under this very name.
3. Keep the first line of each answer's cell (`# Exercise …`): that is how your answers are found. Everything
   else may be changed, and outputs do not matter.

The marks come from the same checks with other numbers. An answer may use whatever else the notebook defines;
files, the network and further packages are not there when it is marked.
"""


def _overview(assignment: Assignment) -> str:
    return f"## {_plain(assignment.name)}\n\n" + _what_counts(assignment, LESSONS[assignment.lesson])


def _what_counts(assignment: Assignment, lesson: Lesson) -> str:
    rows = "\n".join(f"| `{id}` | {assignment.points[id]:g} |" for id in assignment.exercises)
    words = [f"From the lesson *{lesson.title}* these exercises count, "
             f"{assignment.out_of:g} points in all"
             + (f", due {_moment(assignment.due)}" if assignment.due else "") + ":",
             f"| exercise | points |\n|---|---|\n{rows}"]
    others = [f"`{id}`" for id in lesson.exercises if id not in assignment.exercises]
    if others:
        words.append(f"The others ({', '.join(others)}) may be left as they are: `use(...)` puts the "
                     "course's own function in their place, and they do not count.")
    if any(assignment.points[id] != find(id).points for id in assignment.exercises):
        words.append("A `check` counts in the lesson's own points; the marks are in proportion to it.")
    return "\n\n".join(words)


def _moment(due: datetime) -> str:
    offset = due.strftime("%z")
    return f"{due:%Y-%m-%d %H:%M} (UTC{offset[:3]}:{offset[3:5]})"


def _plain(text: str) -> str:
    """A name as it is, whatever it means in Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>#|$])", r"\\\1", text)


def _say_points(text: NotebookNode | None, id: str, assignment: Assignment) -> None:
    if text is None:
        raise click.ClickException(f"{assignment.lesson}: the text above {id} does not say its points, as in "
                                   "`**Exercise: the bound** (4 points, …)`")
    worth = assignment.points.get(id)
    said = f"{worth:g} point{'' if worth == 1 else 's'}" if worth else "not counted in this assignment"
    text.source = _POINTS.sub(lambda found: found[1] + said, text.source, count=1)


def _count(check: NotebookNode, worth: float | None) -> None:
    """nbgrader's metadata of a check: the points of the assignment, or that it gives none."""
    check.metadata.nbgrader.pop("points", None)
    check.metadata.nbgrader.grade = worth is not None
    if worth is not None:
        check.metadata.nbgrader.points = int(worth) if worth == int(worth) else worth


def _ids(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _points(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in _ids(text):
        pair = _PAIR.fullmatch(part)
        try:
            id, worth = pair[1].strip(), float(pair[2])
        except (TypeError, ValueError):
            raise AssignmentError(f"--points takes ID=N,ID=N, such as vae-elbo=6, not {part!r}") from None
        if id in found:
            raise AssignmentError(f"--points names {id} twice")
        found[id] = worth
    return found


def _write(out: Path, files: dict[str, str], force: bool) -> None:
    try:
        if out.exists() and not force:
            others = sorted(p.name for p in out.iterdir() if p.name not in files or
                            p.read_bytes() != files[p.name].encode())
            if others:
                raise click.ClickException(
                    f"{out} holds something else ({', '.join(others[:5])}{', …' if others[5:] else ''}): "
                    f"choose another folder, or write over {', '.join(files)} by --force")
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (out / name).write_bytes(text.encode())
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}") from error
