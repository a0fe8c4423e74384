"""`genlab build`: from each lesson's script, the student's notebook and the solved one, executed."""

import ast
import time
from collections.abc import Callable
from pathlib import Path

import click
import nbformat
from nbformat import NotebookNode

from grading.build.claims import check_claims, claims_digest, without_claims
from grading.build.pictures import attach_pictures, keep_picture
from grading.build.source import BuildError, digest, dumps, read_script, student_notebook

PROFILES = ("stub", "smoke", "cpu", "gpu")


@click.command()
@click.argument("lessons", nargs=-1, metavar="[LESSON]...")
@click.option("--check", is_flag=True,
              help="Write nothing; say what is out of date, leaks or lacks full marks.")
@click.option("--profile", type=click.Choice(PROFILES), default="cpu", show_default=True,
              help="Size of the run; what is stored in the repository is 'cpu'.")
@click.option("--execute/--no-execute", default=True,
              help="Whether to run the solved notebook, or to keep its outputs where no code has changed.")
@click.option("--root", type=click.Path(path_type=Path, exists=True, file_okay=False), default=None,
              help="The course's folder, if it is not around the current one.")
def build(lessons: tuple[str, ...], check: bool, profile: str, execute: bool, root: Path | None) -> None:
    """Make notebooks/NN_name.ipynb and solutions/NN_name.ipynb from solutions/NN_name.py.

    LESSON is a number (10), a name (10_vae) or a path; by default all lessons are built.
    """
    root = root or find_root(Path.cwd())
    scripts = find_scripts(root, lessons)
    if check:
        return _check(root, scripts)
    for script in scripts:
        try:
            click.echo(build_lesson(root, script, profile=profile if execute else None))
        except BuildError as error:
            raise click.ClickException(f"{script.stem}: {error}") from error


def build_lesson(root: Path, script: Path, *, profile: str | None,
                 points: Callable[[str], float] | None = None) -> str:
    """Write both notebooks of a lesson; a profile of None keeps stored outputs. Returns a line to show."""
    began = time.perf_counter()
    text = script.read_text(encoding="utf-8")
    solved = read_script(text, script.stem, points or exercise_points)
    check_claims(solved)
    claimed, claims = nbformat.from_dict(solved), claims_digest(solved)
    without_claims(solved)
    student, target = root / "notebooks" / f"{script.stem}.ipynb", script.with_suffix(".ipynb")
    pictures = script.parent / "pictures"
    attach_pictures(solved, pictures)
    _write(student, dumps(student_notebook(solved)))
    if profile is None:
        if not _keep_outputs(solved, target, claims):
            return (f"{script.stem}: wrote {student.relative_to(root)}; the solved notebook stays as it was, "
                    "because code or a claim has changed: build it without --no-execute")
        profile = solved.metadata.genlab.profile
    else:
        solved = _run(claimed if profile == "cpu" else solved, root, script.stem, profile)
        attach_pictures(solved, pictures)
        if profile in ("cpu", "gpu"):
            keep_picture(solved, pictures, script.stem)
            attach_pictures(solved, pictures)
            _write(student, dumps(student_notebook(solved)))
    solved.metadata.genlab.update(source_sha256=digest(text), profile=profile,
                                  **({"claims_sha256": claims} if claims else {}))
    _write(target, _sized(solved))
    return (f"{script.stem}: wrote {student.relative_to(root)} and {target.relative_to(root)} "
            f"({target.stat().st_size / 1000:.0f} kB, {time.perf_counter() - began:.0f} s)")


def find_root(start: Path) -> Path:
    """The nearest folder at or above `start` that holds lessons, else the one around this package."""
    for folder in (start, *start.parents, Path(__file__).resolve().parents[2]):
        if (folder / "solutions").is_dir() and (folder / "notebooks").is_dir():
            return folder
    raise click.ClickException("no folder with solutions/ and notebooks/ here: "
                               "run genlab in a clone of the course, or give --root")


def find_scripts(root: Path, lessons: tuple[str, ...]) -> list[Path]:
    """The scripts of the lessons named, in order; of all if none is."""
    scripts = sorted((root / "solutions").glob("[0-9][0-9]_*.py"))
    if not scripts:
        raise click.ClickException(f"there is no lesson in {root / 'solutions'}")
    chosen = []
    for name in lessons:
        stem = name.replace("\\", "/").rstrip("/").split("/")[-1].split(".")[0]
        found = [s for s in scripts if stem in (s.stem, s.stem.split("_")[0])]
        if not found:
            known = ", ".join(s.stem for s in scripts)
            raise click.ClickException(f"there is no lesson '{name}'; there is {known}")
        chosen += found
    return chosen or scripts


def exercise_points(id: str) -> float:
    """What an exercise is worth: its specification decides, never a notebook."""
    from grading.registry import find

    return find(id).points


def _check(root: Path, scripts: list[Path]) -> None:
    from grading.build.check import check_lesson

    complaints = [f"{s.stem}: {complaint}" for s in scripts for complaint in check_lesson(
        s, root / "notebooks" / f"{s.stem}.ipynb", s.with_suffix(".ipynb"), exercise_points)]
    for complaint in complaints:
        click.echo(complaint, err=True)
    if complaints:
        raise click.ClickException(f"{len(complaints)} complaints; `genlab build LESSON` makes a lesson anew")
    click.echo(f"{len(scripts)} lessons are up to date")


def _run(solved: NotebookNode, root: Path, lesson: str, profile: str) -> NotebookNode:
    """The notebook executed, with its claims where it has some, and cleaned; claims are left out of it."""
    from grading.build.execute import execute
    from grading.build.outputs import clean, refuse_machine_paths

    execute(solved, lesson=lesson, profile=profile)
    without_claims(solved)
    clean(solved)
    refuse_machine_paths(solved, root)
    for number, cell in enumerate((c for c in solved.cells if c.cell_type == "code" and c.source.strip()), 1):
        cell.execution_count = number  # as if there had been no claims
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = number
    return solved


def _keep_outputs(solved: NotebookNode, target: Path, claims: str | None) -> bool:
    """Take stored outputs over into `solved`, if code and claims are those of the stored run."""
    if not target.exists():
        return False
    stored = nbformat.read(target, as_version=4)
    old, new = ([c for c in nb.cells if c.cell_type == "code"] for nb in (stored, solved))
    record = stored.metadata.get("genlab", {})
    profile = record.get("profile")
    if profile is None or record.get("claims_sha256") != claims:
        return False
    if [_deeds(c.source) for c in old] != [_deeds(c.source) for c in new]:
        return False
    from grading.build.told import tell_anew

    for before, now in zip(old, new, strict=True):
        now.outputs, now.execution_count = before.outputs, before.execution_count
    tell_anew(solved)
    solved.metadata.genlab.profile = profile
    return True


def _deeds(source: str) -> str:
    """What a cell does: its code without comments and docstrings, which change no output."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # magics
        return source
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
    return ast.dump(tree)


def _sized(solved: NotebookNode) -> str:
    from grading.build.outputs import refuse_oversize

    text = dumps(solved)
    refuse_oversize(text)
    return text


def _write(path: Path, text: str) -> None:
    """Write in one step, so that an interrupted build leaves the old notebook."""
    path.parent.mkdir(exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
