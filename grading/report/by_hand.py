"""`genlab override`: points and comments by hand, taken over into marks and feedback."""

import getpass
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from grading.report.kept import class_records, rewrite
from grading.report.overrides import (
    FILE,
    Override,
    OverrideError,
    add,
    apply,
    asked,
    effective,
    number,
    problems,
    read,
    to_table,
)
from grading.report.schema import RecordError
from grading.report.spreadsheet import TableError
from grading.report.store import Store, StoreError, write


@click.command()
@click.argument("out", metavar="OUT", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--student", default="", help="As marks.csv shows the name.")
@click.option("--exercise", default="", metavar="ID", help="Such as vae-elbo; the whole by default.")
@click.option("--points", default="", help="In place of the machine's; leave it out for a comment alone.")
@click.option("--comment", default="", help="What the student reads beside it.")
@click.option("--by", default="", help="Who says so; by default the name you are logged in with.")
def override(out: Path, student: str, exercise: str, points: str, comment: str, by: str) -> None:
    """Set points or say something by hand, in the results OUT that `genlab grade` wrote.

    It adds a line to OUT/overrides.csv, or changes the one about the same, and writes marks and feedback
    anew. Without --student it takes over what you wrote into that file yourself. To take something back,
    delete its line there.
    """
    try:
        class_records(out)  # says so where there is nothing, before a store is made there
        with closing(Store(out)) as store:
            overrides, new = read(out), None
            if student:
                new = _new(student, exercise, points, comment, by)
                complaints = problems(class_records(out), add(overrides, new))
                if complaints:
                    raise OverrideError("; ".join(complaints) + ". Nothing was written")
                overrides = add(overrides, new)
                write(out / FILE, to_table(overrides))
            elif exercise or points or comment:
                raise OverrideError("say whose: --student NAME, as marks.csv shows it")
            _take_over(store, overrides, new)
    except (OverrideError, RecordError, StoreError, TableError, OSError) as error:
        raise click.ClickException(str(error)) from error


def settle(store: Store, rows: Sequence[dict], overrides: Sequence[Override],
           anew: Override | None = None) -> list[dict]:
    """Records or their rows with the overrides of today; a record that this changes is kept anew."""
    settled = apply(rows, overrides, anew)
    for before, now in zip(rows, settled, strict=True):
        if before.get("override") != now["override"]:
            record = store.load(now["student"])
            if record is not None:
                store.save(record | {"override": now["override"]})
    return settled


def _take_over(store: Store, overrides: list[Override], anew: Override | None = None) -> None:
    records = class_records(store.out)
    complaints = problems(records, overrides)
    if complaints:
        raise OverrideError("; ".join(complaints) + ". Nothing was taken over: mend the file and call again")
    before = {r["student"]: effective(r)["points"] for r in records}
    settle(store, records, overrides, anew)
    for record in map(effective, rewrite(store, {})):
        if record["points"] != before[record["student"]]:
            click.echo(f"{record['student']}: {_points(before[record['student']])} → "
                       f"{_points(record['points'])} of {_points(record['out_of'])}")
    for question in asked(class_records(store.out)):
        click.echo(question)
    click.echo(f"Taken over from {store.out / FILE}: {len(overrides)} "
               f"line{'' if len(overrides) == 1 else 's'}.")


def _points(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _new(student: str, exercise: str, points: str, comment: str, by: str) -> Override:
    try:
        worth = number(points)
    except ValueError as error:
        raise OverrideError(str(error)) from error
    if worth is None and not comment:
        raise OverrideError("say --points, or a --comment, or both")
    return Override(student, exercise, worth, comment, by or _login())


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
