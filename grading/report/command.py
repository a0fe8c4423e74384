"""`genlab grade CLASS -o OUT`.

Exit codes: 0 every student has a mark, or a reason why there is none; 1 stopped by an error, what is graded
is kept; 2 wrong use; 3 the grader failed on some, calling it again tries them again; 130 stopped by Ctrl-C.
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import click

from grading.assignment import Assignment, AssignmentError
from grading.ingest.attempts import POLICIES
from grading.ingest.layouts import LAYOUTS
from grading.ingest.names import MapError, Names
from grading.ingest.notebook import Ungradable
from grading.lessons import find_lesson
from grading.report.batch import BatchError, grade_folder
from grading.report.cluster import ClusterError, cluster
from grading.report.grade import Settings
from grading.report.kept import Origin
from grading.report.overrides import OverrideError, asked, effective
from grading.report.pool import judges
from grading.report.progress import shown
from grading.report.store import Store, StoreError
from grading.sandbox import start
from grading.sandbox.isolation import AUTO, TIERS, NoIsolation

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_GOES_ON = "What is graded is kept: the same command goes on."
_FAULTS, _STOPPED = 3, 130


@click.command()
@click.argument("folder", metavar="CLASS", type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(file_okay=False, path_type=Path),
              help="Where marks.csv, results/ and feedback/ go.")
@click.option("--lesson", default="", help="The lesson that was set, such as 10; else each notebook tells.")
@click.option("--assignment", "set_work", default=None, metavar="FILE",
              type=click.Path(dir_okay=False, path_type=Path),
              help="assignment.toml: what counts and how much; else all of the lesson with its own points.")
@click.option("--map", "names", default=None, metavar="FILE", type=_FILE,
              help="A CSV with the columns file (or pattern) and student: who is who.")
@click.option("--attempts", default=POLICIES[0], type=click.Choice(POLICIES), show_default=True,
              help="Which attempt of a student counts.")
@click.option("--layout", default=LAYOUTS[0], type=click.Choice(LAYOUTS), show_default=True,
              help="How names are to be read.")
@click.option("--isolation", default=AUTO, type=click.Choice([AUTO, *TIERS]), show_default=True,
              help="The walls around students' code: the strongest there are, or these and no others.")
@click.option("--seed", default="", help="The batch's secret, hexadecimal; by default a random one is kept.")
@click.option("--jobs", default=1, type=click.IntRange(1, 256), show_default=True, help="Judges at work.")
@click.option("--scheduler", default="", metavar="ADDRESS",
              help="Judges on the workers of this dask.distributed scheduler instead, such as tcp://host:8786.")
def grade(folder: Path, out: Path, lesson: str, set_work: Path | None, isolation: str, seed: str, jobs: int,
          scheduler: str, **options) -> None:
    """Mark every student's notebook in CLASS.

    CLASS is a folder, or a zip of one: a file or a folder for each student, nbgrader's folders, or what
    Canvas, Moodle or Gradescope let one download, as it is. Stopped at any point, grading goes on where it
    was when the same command is called again.

    The exit code is 0 if every student has a mark or a reason why there is none, 1 after an error, 2 for
    wrong use, 3 if the grader failed on some students, 130 after Ctrl-C.
    """
    if not hasattr(os, "fork"):
        raise click.ClickException("grading needs Linux or macOS: on Windows use WSL")
    try:
        settings = _what(lesson, set_work)
        settings["isolation"] = isolation if scheduler else _walls(isolation)
        names = options["names"]
        options["names"] = Names.read(names) if names else None
        with _executor(scheduler, jobs, settings["isolation"]) as (executor, jobs), closing(Store(out)) as store:
            _origin(folder, settings["assignment"], options, names).keep(out)
            settings = Settings(store.secret(seed), **settings)
            rows = _run(folder, store, settings, jobs=jobs, executor=executor, **options)
    except (AssignmentError, OverrideError, MapError, Ungradable, ClusterError, NoIsolation) as error:
        raise click.ClickException(str(error)) from error
    except (StoreError, BatchError, OSError) as error:
        raise click.ClickException(f"{error}. {_GOES_ON}") from error
    except KeyboardInterrupt:
        click.echo(f"Stopped. {_GOES_ON}", err=True)
        sys.exit(_STOPPED)
    _summary(rows, out)


def _what(lesson: str, set_work: Path | None) -> dict:
    """The lesson and the assignment of Settings."""
    try:
        name = find_lesson(lesson).name if lesson else ""
    except KeyError as error:
        raise click.ClickException(error.args[0]) from error
    assignment = Assignment.read(set_work) if set_work else None
    if name and assignment and assignment.lesson != name:
        raise AssignmentError(f"{set_work} is on {assignment.lesson}, not on {name}: leave --lesson out")
    return {"lesson": name, "assignment": assignment}


def _walls(asked: str) -> str:
    """The tier that students' code gets on this machine, after saying so."""
    tier, walls = start.in_force(asked)
    click.echo(f"isolation: {tier} ({', '.join(walls)})", err=True)
    return tier


def _origin(folder: Path, assignment: Assignment | None, options: dict, names: Path | None) -> Origin:
    """What regrading has to know."""
    return Origin(str(folder.resolve()), options["attempts"], options["layout"],
                  str(names.resolve()) if names else "", assignment.to_toml() if assignment else "")


@contextmanager
def _executor(scheduler: str, jobs: int, tier: str) -> Iterator[tuple[Executor, int]]:
    if not scheduler:
        yield partial(judges, tier=tier), jobs
        return
    with cluster(scheduler) as (executor, threads):
        yield executor, threads


def _run(folder: Path, store: Store, settings: Settings, **options) -> list[dict]:
    def say(text: str) -> None:
        click.echo(text, err=True)

    with shown() as progress:
        return grade_folder(folder, store, settings, progress=progress, say=say, **options)


def _summary(rows: list[dict], out: Path) -> None:
    questions = asked(rows)
    rows = [effective(row) for row in rows]
    for row in rows:
        points = "" if row["points"] is None else f"{row['points']:g}/{row['out_of']:g}"
        click.echo(f"{row['student'][:30]:30}  {points:>8}  {row['status']}"
                   + (f": {row['message']}" if row["message"] else ""))
    marked = [row["points"] / row["out_of"] for row in rows if row["status"] == "graded" and row["out_of"]]
    mean = f", {100 * sum(marked) / len(marked):.0f} % of the points on average" if marked else ""
    reasons = sum(row["status"] == "ungradable" for row in rows)
    unreadable = f", {reasons} that cannot be graded" if reasons else ""
    click.echo(f"{len(rows)} student{'s' * (len(rows) != 1)}: {len(marked)} marked{mean}{unreadable}. "
               f"Marks are in {out / 'marks.csv'}.")
    for question in questions:
        click.echo(question)
    failed = sum(row["status"] == "not graded" for row in rows)
    if failed:
        click.echo(f"Error: {failed} not graded, by a fault of the grader (see {out / 'faults.log'}): "
                   "call the command again", err=True)
        sys.exit(_FAULTS)
