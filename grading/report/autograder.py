"""`genlab gradescope LESSON -o autograder.zip`: an autograder as Gradescope's specifications ask for it."""

import json
import re
import secrets
import shlex
import sys
import time
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import click
from packaging.requirements import Requirement

import genlab
import grading
from grading.assignment import Assignment, AssignmentError
from grading.lessons import find_lesson
from grading.report.gradescope import ASSIGNMENT, SECRET, SETTINGS
from grading.sandbox.isolation import AUTO, TIERS

_VISIBLE = ("visible", "after_due_date", "after_published", "hidden")
_LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}
_AFTER = """{out}: {points:g} points, {size:.1f} MB. Keep it private:
it holds the secret that fixes hidden inputs.

In Gradescope: a Programming Assignment of {points:g} points; Configure Autograder, Zip file upload, {name};
the newest Ubuntu as base image; in its settings 3 GB of memory or more. Then Test Autograder with a notebook
of your own. If it says that there is no isolation, read docs/trust.md before --isolation none."""


@click.command(epilog="\b\nExample:\n  genlab gradescope 10 -o autograder.zip --assignment assignment.toml")
@click.argument("lesson")
@click.option("-o", "--out", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="The zip to write.")
@click.option("--assignment", "set_work", default=None, metavar="FILE",
              type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="assignment.toml: what counts and how much; else all of the lesson with its own points.")
@click.option("--isolation", default=AUTO, type=click.Choice([AUTO, *TIERS]), show_default=True,
              help="The walls around students' code: the strongest there are, or these and no others.")
@click.option("--visibility", default=_VISIBLE[0], type=click.Choice(_VISIBLE), show_default=True,
              help="When students see their marks and messages.")
@click.option("--seed", default="", help="The secret, hexadecimal, of an earlier zip; by default a new one.")
@click.option("--pip-args", default="", metavar="WORDS",
              help='For installing torch there, such as "--index-url URL" of an index with CPU builds.')
def gradescope(lesson: str, out: Path, set_work: Path | None, isolation: str, visibility: str, seed: str,
               pip_args: str) -> None:
    """Pack an autograder for LESSON that Gradescope runs on each submission.

    The zip holds genlab as it is installed here, the versions of what it needs, the assignment and a secret.
    Students see points, messages and comparisons, as on genlab's own feedback page; instructors also see what
    walls were in force. If the grader itself fails, Gradescope says so and gives no score.
    """
    try:
        name = find_lesson(lesson).name
        assignment = Assignment.read(set_work) if set_work else Assignment.of(name)
    except (KeyError, AssignmentError) as error:
        raise click.ClickException(error.args[0]) from error
    if assignment.lesson != name:
        raise click.ClickException(f"{set_work} is on {assignment.lesson}, not on {name}")
    if seed and not re.fullmatch(r"(?:[0-9a-fA-F]{2}){8,32}", seed):
        raise click.ClickException("--seed has to be 16 to 64 hexadecimal digits, two for each byte")
    settings = {"lesson": name, "isolation": isolation, "visibility": visibility}
    files = {SETTINGS: json.dumps(settings), SECRET: (seed or secrets.token_hex(16)).lower() + "\n",
             "requirements.txt": "\n".join(requirements()) + "\n", "setup.sh": _setup(pip_args),
             "run_autograder": _script("run_autograder.sh")}
    if set_work:
        files[ASSIGNMENT] = set_work.read_text(encoding="utf-8-sig")
    try:
        _write(out, files)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}") from error
    click.echo(_AFTER.format(out=out, name=out.name, points=assignment.out_of, size=out.stat().st_size / 1e6))


def requirements() -> list[str]:
    """What genlab needs for grading, in the versions that are installed here."""
    try:
        wanted = [Requirement(text) for text in requires("genlab") or ()]
    except PackageNotFoundError as error:
        raise click.ClickException("genlab is on the path but not installed: "
                                   "pip install -e '.[grading]'") from error
    names = [r.name for r in wanted if not r.marker or r.marker.evaluate({"extra": "grading"})]
    return [f"{name}=={version(name).split('+')[0]}" for name in names]


def _script(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _setup(pip_args: str) -> str:
    words = " ".join(map(shlex.quote, shlex.split(pip_args)))
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return _script("setup.sh").replace("@PYTHON@", python).replace("@PIP_ARGS@", words)


def _write(out: Path, files: dict[str, str]) -> None:
    """The zip, for its owner's eyes; whole or not at all."""
    temporary = out.with_name(f".{out.name}.tmp")
    temporary.touch(mode=0o600)
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                mode = 0o700 if name in ("setup.sh", "run_autograder") else 0o600 if name == SECRET else 0o644
                archive.writestr(_entry(name, mode), text)
            for name, path in _sources():
                archive.writestr(_entry(name, 0o644), path.read_bytes())
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)


def _sources() -> Iterator[tuple[str, Path]]:
    """genlab and grading as they are installed, without what Python left behind."""
    for package in (genlab, grading):
        root = Path(package.__file__).parent
        for path in sorted(root.rglob("*")):
            if path.is_file() and not _LEFT_OUT & set(path.parts):
                yield f"lib/{root.name}/{path.relative_to(root).as_posix()}", path


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, time.localtime()[:6])
    entry.external_attr, entry.compress_type = (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
    return entry
