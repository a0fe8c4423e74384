"""`genlab speedrun FILE`: the Fréchet distance of an entry after so many seconds of processor time."""

import csv
import statistics
from pathlib import Path

import click

from genlab.data import digits
from grading.sandbox.client import GraderFault
from grading.sandbox.isolation import AUTO, TIERS
from grading.speedrun.race import PATIENCE, SAMPLES, SECONDS, NoResult, read, run
from grading.speedrun.score import Refused, Score, score

COLUMNS = ("entry", "seed", "seconds", "frechet", "floor", "n", "trained", "used", "copies")


@click.command(epilog="\b\nExamples:\n  genlab speedrun speedrun/ddpm_small.py\n  genlab speedrun mine.ipynb --seeds 3")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--seconds", default=SECONDS, show_default=True, type=click.IntRange(1, 3600),
              help="Of processor time, for training and drawing together. Only 100 is the race.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**31 - 1), help="The first seed.")
@click.option("--seeds", default=1, show_default=True, type=click.IntRange(1, 100),
              help="How many runs, one after another.")
@click.option("--table", default=None, type=click.Path(dir_okay=False, path_type=Path),
              help="Write the result into this CSV file, in place of an earlier one of the same entry and seed.")
@click.option("--patience", default=PATIENCE, show_default=True, type=click.FloatRange(1, 1000),
              help="Seconds on the wall for each of the processor's: more on a busy machine.")
@click.option("--isolation", default=AUTO, type=click.Choice([AUTO, *TIERS]), show_default=True,
              help="The walls around the entry: the strongest there are, or these and no others.")
def speedrun(file: Path, seconds: int, seed: int, seeds: int, table: Path | None, patience: float,
             isolation: str) -> None:
    """Train an entry's model for a hundred CPU-seconds and measure what it draws.

    FILE is a .py file or a notebook with a function train(images, labels, seconds, seed) that returns a function
    sample(n). It gets the 4000 training digits, (4000, 1, 28, 28) in [0, 1], and their labels; sample(1000) must
    give images of the same form. One clock counts for everything, the file's own statements included. The entry
    runs in the sandbox, with no file, no network, no other digits and no trained weights; its samples are
    measured outside: Fréchet distance to the training digits at n = 1000, lower is better. Copies are refused.
    """
    images, labels = digits("train")
    try:
        entry, found = read(file), []
        for number in range(seed, seed + seeds):
            made = run(entry, images, labels, seconds=seconds, seed=number, n=SAMPLES, patience=patience,
                       isolation=isolation)
            result = score(made.samples, SAMPLES)
            found.append(result)
            click.echo(told(result, f"{file.name}, seed {number}"))
            click.echo(f"  {made.used:.0f} of {seconds} CPU-seconds by its own clock, {made.trained:.0f} of them until "
                       f"`train` returned; isolation: {made.isolation}")
            for note in made.notes:
                click.echo(f"  note: {note}")
            if table:
                record(table, row(file.stem, number, seconds, result, made.trained, made.used))
    except (NoResult, Refused) as error:
        raise click.ClickException(f"no result for {file.name}: {error}") from error
    except (GraderFault, OSError) as error:
        raise click.ClickException(str(error)) from error
    if seeds > 1:
        values = [result.frechet for result in found]
        click.echo(f"{file.name}: {statistics.mean(values):.2f}, from {min(values):.2f} to {max(values):.2f} "
                   f"over {seeds} seeds")


def told(result: Score, name: str) -> str:
    """One line for one run."""
    return (f"{name}: Fréchet distance {result.frechet:.2f} at n = {result.n} (real digits: {result.floor:.2f}); "
            f"{result.copies:.1%} copies")


def row(entry: str, seed: int, seconds: int, result: Score, trained: float, used: float) -> dict[str, str]:
    """A line of the table."""
    return dict(zip(COLUMNS, map(str, (entry, seed, seconds, round(result.frechet, 3), round(result.floor, 3), result.n,
                                       round(trained, 1), round(used, 1), round(result.copies, 4))), strict=True))


def rows(table: Path) -> list[dict[str, str]]:
    """The lines of a table; none where there is no file.

    Raises:
        OSError: it is a file of another kind.
    """
    if not table.exists():
        return []
    with open(table, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise OSError(f"{table} is no table of speedruns: it should begin with {','.join(COLUMNS)}")
        return list(reader)


def record(table: Path, new: dict[str, str]) -> None:
    """Puts a line into the table, in order, in place of one of the same entry, seed and seconds."""
    kept = {(r["entry"], int(r["seed"]), int(r["seconds"])): r for r in [*rows(table), new]}
    with open(table, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept[key] for key in sorted(kept))
