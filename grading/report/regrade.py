"""`genlab regrade`: one exercise of a class marked again, after its check was mended.

Every verdict on another exercise stays as it is, and so do points by hand. What was decided is written to a
journal before a record is changed, so a run that is stopped goes on, and its list of changes is whole.
"""

import hashlib
import inspect
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

import genlab
from grading.assignment import Assignment, AssignmentError
from grading.checks.exercise import Exercise
from grading.ingest.folder import Submission
from grading.ingest.names import MapError
from grading.ingest.notebook import Ungradable
from grading.lessons import LESSONS
from grading.registry import UnknownExercise, find
from grading.report.grade import Settings, grade_one
from grading.report.kept import Origin, class_records, counted, rewrite
from grading.report.overrides import effective
from grading.report.schema import RecordError
from grading.report.spreadsheet import TableError, table
from grading.report.store import SECRET, Store, StoreError, write
from grading.sandbox.isolation import AUTO, TIERS

COLUMNS = ("student", "exercise", "old", "new", "out_of", "old_message", "new_message", "old_total",
           "new_total")
_FAULTS = 3
_VERDICT = frozenset(("id", "points", "out_of", "message", "status"))


@dataclass(frozen=True)
class Change:
    """One student's verdicts on the exercise: before, and what this check says of this notebook."""

    student: str
    content: str
    check: str
    old: dict[str, Any]
    new: dict[str, Any]

    @property
    def differs(self) -> bool:
        return any(self.old[key] != self.new[key] for key in ("points", "out_of", "message", "status"))


@click.command()
@click.argument("out", metavar="OUT", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--exercise", required=True, metavar="ID", help="Such as vae-elbo.")
@click.option("--submissions", default=None, metavar="CLASS", type=click.Path(exists=True, path_type=Path),
              help="Where the class is now, if it is not where it was graded.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--isolation", default=AUTO, type=click.Choice([AUTO, *TIERS]), show_default=True,
              help="As in genlab grade.")
def regrade(out: Path, exercise: str, submissions: Path | None, dry_run: bool, isolation: str) -> None:
    """Mark one exercise of the class in OUT again, and say whose marks change.

    The same secret gives the same hidden inputs, so a mark changes only where the check did. The other
    exercises and what stands in overrides.csv are kept. The list of changes goes to OUT/regrades/.
    """
    wanted = _exercise(exercise)
    try:
        Origin.read(out)  # says so where there is nothing, before a store is made there
        with closing(Store(out)) as store:
            run = Regrading(store, wanted, isolation)
            changes = run(submissions, dry_run)
            _say(run, changes, dry_run)
    except (RecordError, MapError, StoreError, TableError, AssignmentError, Ungradable, OSError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        raise click.ClickException("stopped: the same command goes on where it was") from None
    if run.faults:
        click.echo(f"Error: {len(run.faults)} could not be graded again, by a fault of the grader: "
                   f"{', '.join(run.faults[:10])}. Call the command again.", err=True)
        sys.exit(_FAULTS)


class Regrading:
    """Marks one exercise of a class again."""

    def __init__(self, store: Store, exercise: Exercise, isolation: str = AUTO, grade=grade_one):
        self.store, self.exercise, self.isolation, self.grade = store, exercise, isolation, grade
        self.check = fingerprint(exercise)
        self.origin = Origin.read(store.out)
        self.journal = store.out / f".regrade-{exercise.id}.jsonl"
        self.moved: list[str] = []  # handed in anew since they were graded
        self.faults: list[str] = []

    def __call__(self, place: Path | None = None, dry_run: bool = False) -> list[Change]:
        """The verdicts before and after of everybody who has one; nothing is written on a dry run."""
        records = {r["student"]: r for r in class_records(self.store.out)
                   if any(v["id"] == self.exercise.id for v in r["exercises"])}
        if not records:
            raise RecordError(f"nobody in {self.store.out} has {self.exercise.id} among their exercises")
        if not (self.store.out / SECRET).exists():
            raise RecordError(f"{self.store.out} has lost its secret: run `genlab grade` again")
        changes = self._decided()
        with self.origin.opened(self.store.out, place) as room:
            people = [s for s in room.students if s.student in records]
            self.moved += sorted(set(records) - {s.student for s in people})
            for student in tqdm(people, desc="grading", unit="student", disable=None):
                record, before = records[student.student], changes.get(student.student)
                change = before
                if before is None or (before.check, before.content) != (self.check, record["content"]):
                    change = self._again(record, student, before)
                    if change is None:
                        continue
                    changes[student.student] = change
                    if not dry_run:
                        self._note(change)
                if not dry_run and _verdict(record, self.exercise.id) != change.new:
                    self.store.save(_with(record, change.new) | {"genlab": genlab.__version__})
        if not dry_run:
            rewrite(self.store, {})
        return [changes[name] for name in records if name in changes]

    def finish(self, changes: Sequence[Change]) -> Path:
        """Writes the list of changes and forgets the journal."""
        folder = self.store.out / "regrades"
        folder.mkdir(exist_ok=True)
        number = 1 + len(list(folder.glob(f"{self.exercise.id}-*.csv")))
        path = folder / f"{self.exercise.id}-{number:03}.csv"
        write(path, table([COLUMNS, *self.rows(changes)]))
        self.journal.unlink(missing_ok=True)
        return path

    def rows(self, changes: Sequence[Change]) -> Iterator[tuple]:
        """What differs, with the whole mark before and after, points by hand included."""
        now = {r["student"]: r for r in class_records(self.store.out)}
        for c in changes:
            if c.differs:
                totals = [effective(_with(now[c.student], verdict))["points"] for verdict in (c.old, c.new)]
                yield (c.student, self.exercise.id, c.old["points"], c.new["points"], c.new["out_of"],
                       c.old["message"], c.new["message"], *totals)

    def _again(self, record: dict, student, before: Change | None) -> Change | None:
        """The new verdict, on inputs drawn from the same seed; None if it cannot be had."""
        held = counted(student, record, self.origin.attempts)
        if held is None:
            self.moved.append(student.student)
            return None
        settings = Settings(self.store.secret(), assignment=self._alone(record), isolation=self.isolation)
        again = self.grade(Submission(student.student, held[0].name, files=held[0].files), settings)
        if again["status"] != "graded":
            self.faults.append(student.student)
            return None
        old = before.old if before is not None else _verdict(record, self.exercise.id)
        return Change(student.student, record["content"], self.check, old, again["exercises"][0])

    def _alone(self, record: dict) -> Assignment:
        """The one exercise, worth what it is worth in the class's assignment or in its lesson today."""
        whole = self.origin.counts()
        worth = whole.points[self.exercise.id] if whole else self.exercise.points
        return Assignment(record["assignment"] or record["lesson"], record["lesson"], (self.exercise.id,),
                          {self.exercise.id: worth})

    def _note(self, change: Change) -> None:
        with open(self.journal, "a", encoding="utf-8") as journal:
            journal.write(json.dumps(asdict(change)) + "\n")
            journal.flush()
            os.fsync(journal.fileno())

    def _decided(self) -> dict[str, Change]:
        """What a run that was stopped has decided; its last line may be cut off."""
        found = {}
        if self.journal.exists():
            if not self.journal.is_file():
                raise RecordError(f"{self.journal} is not a regular file: take it away and call again")
            for line in self.journal.read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    change = Change(**json.loads(line))
                except (ValueError, TypeError, RecursionError):
                    continue
                if not (isinstance(change.student, str) and all(
                        isinstance(v, dict) and _VERDICT <= v.keys() for v in (change.old, change.new))):
                    continue  # marked again
                found[change.student] = change
        return found


def fingerprint(exercise: Exercise) -> str:
    """Changes with the check: of the text of the exercise's file."""
    source = inspect.getsource(sys.modules[exercise.inputs.__module__])
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def _exercise(id: str) -> Exercise:
    known = [id for lesson in LESSONS.values() for id in lesson.exercises]
    try:
        found = find(id)
    except UnknownExercise as error:
        raise click.ClickException(str(error)) from error
    if id not in known:
        raise click.ClickException(f"{id} gives no points: there is nothing to mark again")
    return found


def _verdict(record: dict, id: str) -> dict:
    return next(v for v in record["exercises"] if v["id"] == id)


def _with(record: dict, verdict: dict) -> dict:
    """The record with this verdict in the place of the one on the same exercise."""
    verdicts = [verdict if v["id"] == verdict["id"] else v for v in record["exercises"]]
    each = [v["points"] for v in verdicts]
    changed = record | {"exercises": verdicts, "out_of": sum(v["out_of"] for v in verdicts),
                        "points": None if None in each else sum(each)}
    if record["status"] == "not graded" and None not in each:
        changed |= {"status": "graded", "message": ""}
    return changed


def _say(run: Regrading, changes: Sequence[Change], dry_run: bool) -> None:
    differing = [c for c in changes if c.differs]
    for c in differing:
        click.echo(f"{c.student[:30]:30}  {_points(c.old['points'])} → {_points(c.new['points'])} of "
                   f"{c.new['out_of']:g}  {c.new['message']}".rstrip())
    if run.moved:
        click.echo("Left as they were, because what was graded is not there any more: "
                   f"{', '.join(run.moved)}. `genlab grade` marks what was handed in anew.")
    told = f"{len(changes)} marked again, {len(differing)} changed"
    if dry_run:
        click.echo(f"{told}. Nothing was written.")
    elif run.faults:
        click.echo(f"{told} so far.")
    else:
        click.echo(f"{told}. Changes are listed in {run.finish(changes)}.")


def _points(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
