"""What the models of the course achieve: one row per model, seed and metric.

A lesson calls `record` for what it measures; `genlab table` runs lessons with several seeds and merges
their rows into genlab/table.csv; `table` and `summary` read them back, so that no number is copied by hand.
"""

import csv
import math
import os
import statistics
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

COLUMNS = ("model", "lesson", "seed", "profile", "metric", "value", "n", "seconds", "commit")
KEY = ("model", "lesson", "seed", "profile", "metric")
TABLE = Path(__file__).with_name("table.csv")

Row = dict[str, object]


def record(*, model: str, metric: str, value: float, n: int, lesson: str | None = None,
           seed: int | None = None, profile: str | None = None, seconds: float | None = None,
           commit: str | None = None) -> None:
    """Append one row to the results file: $GENLAB_TABLE, or results.csv in the working directory.

    Args:
        model, metric: what was measured on what; the metric's name carries its unit ("elbo_nats").
        value: a finite number; a tensor with one element will do.
        n: how many images (or other items) the value rests on.
        lesson, seed, profile, commit: by default $GENLAB_LESSON, $GENLAB_SEED, $GENLAB_PROFILE and
            $GENLAB_COMMIT, which `genlab table` sets; empty where neither says.
        seconds: what the training took, best as processor time (`history.cpu_seconds`); nothing
            where nothing was trained, as with shipped weights.
    """
    value = float(value)
    if not math.isfinite(value):
        raise ValueError(f"{metric} of {model} is {value}: only finite values are recorded, did it diverge?")
    row = {"model": model, "lesson": _or_environment(lesson, "LESSON"), "seed": _or_environment(seed, "SEED"),
           "profile": _or_environment(profile, "PROFILE"), "metric": metric, "value": value, "n": int(n),
           "seconds": "" if seconds is None else round(float(seconds), 1),
           "commit": _or_environment(commit, "COMMIT")}
    path = Path(os.environ.get("GENLAB_TABLE", "results.csv"))
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if file.tell() == 0:
            writer.writeheader()
        writer.writerow(row)


def read(path: str | os.PathLike) -> list[Row]:
    """The rows of a results file, with numbers as numbers and empty cells as None; none without a file."""
    if not Path(path).exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{path} is not a results file: it lacks {', '.join(missing)}")
        return [_typed(row, path, line) for line, row in enumerate(reader, start=2)]


def merge(rows: Iterable[Row], path: str | os.PathLike = TABLE) -> int:
    """Put rows into a table, in order and atomically; a row replaces one of the same model, lesson, seed,
    profile and metric. Returns how many rows the table then has."""
    path = Path(path)
    merged = {_key(row): row for row in read(path)}
    for row in rows:
        empty = [name for name in KEY if row.get(name) in (None, "")]
        if empty:
            raise ValueError(f"a row of the table lacks {', '.join(empty)}: pass them to record, or set "
                             "GENLAB_LESSON, GENLAB_SEED and GENLAB_PROFILE")
        merged[_key(row)] = row
    ordered = sorted(merged.values(), key=lambda row: [str(row[name]) for name in ("lesson", *KEY)])
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with open(descriptor, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", extrasaction="ignore")
            writer.writeheader()
            writer.writerows({**row, "value": f"{row['value']:.6g}", "seconds": _plain(row.get("seconds"))}
                             for row in ordered)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return len(ordered)


def table(lesson: str | int | None = None, *, path: str | os.PathLike | None = None) -> list[Row]:
    """The course's results as rows.

    Args:
        lesson: "10_vae", or its number alone; by default all lessons.
        path: another table than the one that comes with genlab.

    Raises:
        LookupError: there is no table, or it has no row of this lesson; says how to make it.
    """
    path = TABLE if path is None else Path(path)
    number = None if lesson is None else str(lesson).split("_")[0]
    remedy = f"make it with `genlab table --lesson {number or '10'} --seeds 3`"
    if not path.exists():
        raise LookupError(f"there is no table of results at {path}: {remedy}")
    rows = [row for row in read(path) if number is None or str(row["lesson"]).split("_")[0] == number]
    if not rows:
        what = "is empty" if lesson is None else f"has no row of lesson {lesson}"
        raise LookupError(f"the table of results {what}: {remedy}")
    return rows


def summary(rows: Sequence[Row]) -> list[Row]:
    """Mean and spread over seeds: one row per model, lesson, profile and metric, in order of appearance.

    Adds "mean", "sd" (of the seeds, with n - 1; NaN for a single seed), "seeds" (their number) and "n".
    """
    groups: dict[tuple, list[Row]] = {}
    names = ("model", "lesson", "profile", "metric")
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return [dict(zip(names, key, strict=True), **_spread(members)) for key, members in groups.items()]


def _spread(members: list[Row]) -> Row:
    values = [float(row["value"]) for row in members]
    sizes = {row["n"] for row in members}
    return {"mean": statistics.fmean(values), "sd": statistics.stdev(values) if len(values) > 1 else math.nan,
            "seeds": len(values), "n": sizes.pop() if len(sizes) == 1 else None}


def _or_environment(value, name: str):
    return os.environ.get(f"GENLAB_{name}", "") if value is None else value


def _plain(seconds: float | str | None) -> str:
    """The same text however often the table is read and written."""
    return "" if seconds in (None, "") else f"{float(seconds):g}"


def _key(row: Row) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in KEY)


def _typed(row: dict[str, str], path, line: int) -> Row:
    numbers = {"seed": int, "value": float, "n": int, "seconds": float}
    try:
        return {name: (numbers.get(name, str)(row[name]) if row[name] else None) for name in COLUMNS}
    except ValueError as error:
        raise ValueError(f"{path}, line {line}: {error}") from error
