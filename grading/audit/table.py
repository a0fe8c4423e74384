"""The course's results: solved lessons run with several seeds, what they recorded merged into one table.

    genlab table --lesson 10 --seeds 3

Each run is papermill's, with `GENLAB_TABLE` pointing to a file of its own; a finished run is merged
at once, so that an interrupted command goes on where it stopped.
"""

import os
import subprocess
import tempfile
from pathlib import Path

import click

from genlab import results
from grading.lessons import LESSONS, find_lesson

ROOT = Path(__file__).resolve().parents[2]


@click.command()
@click.option("--lesson", "names", multiple=True, help="such as 10; default: every lesson")
@click.option("--seeds", default=3, show_default=True, help="seeds 0 … N-1")
@click.option("--profile", default="cpu", show_default=True)
@click.option("--again", is_flag=True, help="run also what the table already holds")
@click.option("--out", type=click.Path(dir_okay=False), default=str(ROOT / "genlab" / "table.csv"),
              show_default=True)
def table(names, seeds, profile, again, out):
    """Run solved lessons with several seeds and merge what they record into the course's table."""
    try:
        lessons = [find_lesson(name) for name in names] or list(LESSONS.values())
    except KeyError as error:
        raise click.ClickException(str(error.args[0])) from None
    before = results.read(out) if Path(out).exists() else []
    done = {(row["lesson"], row["seed"], row["profile"]) for row in before}
    for lesson in lessons:
        for seed in range(seeds):
            if (lesson.name, seed, profile) in done and not again:
                click.echo(f"{lesson.name} seed {seed} {profile}: already in the table")
                continue
            rows = run(lesson.name, seed, profile)
            results.merge(rows, out)
            click.echo(f"{lesson.name} seed {seed} {profile}: {len(rows)} rows")


def run(lesson: str, seed: int, profile: str) -> list[dict]:
    """The rows that one run of the solved lesson records, completed by the commit."""
    import papermill

    from grading.build.papermill_engine import engine

    source = ROOT / "solutions" / f"{lesson}.ipynb"
    if not source.exists():
        raise click.ClickException(f"{source} is missing: run `genlab build {lesson}` first")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "results.csv"
        before = dict(os.environ)
        os.environ |= {"GENLAB_TABLE": str(target), "GENLAB_PROFILE": profile, "GENLAB_SEED": str(seed),
                       "GENLAB_LESSON": lesson, "OMP_NUM_THREADS": "1"}  # so that processor time is comparable
        try:
            papermill.execute_notebook(str(source), str(Path(folder) / "run.ipynb"), cwd=folder,
                                       parameters={"profile": profile, "seed": seed}, kernel_name="python3",
                                       log_output=False, engine_name=engine())
        finally:
            os.environ.clear()
            os.environ.update(before)
        rows = results.read(target) if target.exists() else []
    if not rows:
        raise click.ClickException(f"{lesson} recorded nothing: it should call genlab.results.record(...)")
    return [row | {"lesson": lesson, "seed": seed, "profile": profile, "commit": commit()} for row in rows]


def commit() -> str:
    """The short hash of the code that ran; `+` says that files had changed since."""
    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    head = git("rev-parse", "--short", "HEAD")
    dirty = git("status", "--porcelain", "--", "genlab/*.py", "solutions/*.py")
    return head + ("+" if head and dirty else "")
