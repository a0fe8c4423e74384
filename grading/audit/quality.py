"""How good are the checks? Every exercise against wrong answers, right answers and mutants.

    genlab quality                      a sample of mutants, a few seeds
    genlab quality --all --seeds 100    everything; before a release

The table is generated from runs, never typed.
"""

import importlib.util
import json
import math
import signal
import statistics
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import click

from grading.audit.mutants import Mutant, mutants
from grading.build.solutions import solution_of
from grading.checks.exercise import Exercise
from grading.checks.judge import Draw, digest, judge
from grading.checks.runner import run_in_process
from grading.checks.verdict import Verdict
from grading.lessons import LESSONS
from grading.registry import all_ids, find


@dataclass
class Quality:
    """What was found about one exercise; rates are counts, so that they can be read and added."""

    id: str
    mistakes: int = 0
    refused: int = 0
    diagnosed: int = 0
    planted: int = 0
    planted_refused: int = 0
    planted_diagnosed: int = 0
    misleading: int = 0
    right: int = 0
    accepted: int = 0
    verdicts: int = 0
    false_refusals: int = 0
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    constant_items: int = 0
    items: int = 0
    median_ms: float = 0.0
    slowest_ms: float = 0.0
    notes: list[str] = field(default_factory=list)


class Slow(Exception):
    """An answer did not return in time."""


def verdict_on(exercise: Exercise, answer: Any, seed: bytes, seconds: int = 10) -> Verdict:
    """The judge's verdict on an answer in this process, stopped after so many seconds of processor time.

    Not of the clock's: on a busy machine that would stop a known mistake half-way, and lose its name.
    """
    number = int.from_bytes(digest(seed, "worker")[:6], "big")

    def stop(*_):
        raise Slow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return judge(exercise, seed, lambda source, inputs: run_in_process(answer, source, inputs, number))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def examine(id: str, *, seeds: int = 3, sample: int | None = 60, day: int | None = None,
            root: Path = Path(".")) -> Quality:
    """Everything about one exercise; `sample` mutants at most (None: all), those of the `day`."""
    import torch

    torch.set_num_threads(1)
    exercise, q = find(id), Quality(id)
    _mistakes(exercise, q, root)
    _right(exercise, q, seeds, root)
    _mutants(exercise, q, sample, root, day)
    q.items = len(exercise.comparisons)
    constant = constant_items(exercise)
    q.constant_items = len(constant)
    q.notes += [f"constant-valued: {says}" for says in constant]
    return q


def constant_items(exercise: Exercise) -> list[str]:
    """Comparisons that another draw's right values also pass: nothing in them depends on what is hidden."""
    draws = [Draw(exercise, f"constant {i}".encode(), 1) for i in range(3)]
    replayed = [a.outcomes(b.expected) for a in draws for b in draws if a is not b]
    return [rule.says for i, rule in enumerate(exercise.comparisons) if all(o[i].passed for o in replayed)]


def planted(id: str, root: Path) -> tuple[list[tuple[Any, str]], list[Any]]:
    """Wrong answers with the name of their mistake, and right ones, by other authors: tests/planted/."""
    module = _planted_module(id, root)
    return (list(module.wrong), list(module.right)) if module else ([], [])


def also_fitting(id: str, root: Path) -> dict[str, tuple[str, ...]]:
    """By a planted answer's name: other listed mistakes whose sentence is true of it too (`fits`)."""
    return dict(getattr(_planted_module(id, root), "fits", {}))


@cache
def _planted_module(id: str, root: Path) -> Any:
    path = root / "tests" / "planted" / f"{id.replace('-', '_')}.py"
    if not path.exists():
        return None
    spec = importlib.util.spec_from_file_location(f"planted_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def misleads(exercise: Exercise, verdict: Verdict, name: str, fits: Collection[str] = ()) -> bool:
    """Does the verdict on a planted answer name another mistake than the planted one?

    It does if its message is the sentence of a listed mistake other than `name`, unless the planted file's
    `fits` says that this sentence is true of the answer as well. No diagnosis at all misleads nobody.
    """
    sentences = {m.name: m.says for m in exercise.mistakes}
    named = {m.name for m in exercise.mistakes if m.says == verdict.message}
    return bool(named) and verdict.message != sentences.get(name, name) and not named & set(fits)


def _mistakes(exercise: Exercise, q: Quality, root: Path) -> None:
    seed = b"quality"
    for mistake in exercise.mistakes:
        verdict = verdict_on(exercise, mistake.answer, seed)
        q.mistakes += 1
        q.refused += not verdict.passed
        q.diagnosed += verdict.message == mistake.says
        if verdict.passed or verdict.message != mistake.says:
            q.notes.append(f"{mistake.name}: {verdict.line}")
    sentences = {m.name: m.says for m in exercise.mistakes}
    fits = also_fitting(exercise.id, root)
    for answer, name in planted(exercise.id, root)[0]:
        verdict = verdict_on(exercise, answer, seed)
        named = verdict.message == sentences.get(name, name)
        q.planted += 1
        q.planted_refused += not verdict.passed
        q.planted_diagnosed += named
        misleading = misleads(exercise, verdict, name, fits.get(answer.__name__, ()))
        q.misleading += misleading
        if verdict.passed or not named:
            word = "misleading: " if misleading else ""
            q.notes.append(f"{word}planted {answer.__name__} ({name}): {verdict.line}")


def _right(exercise: Exercise, q: Quality, seeds: int, root: Path) -> None:
    answers = [exercise.reference, *exercise.also_right, *planted(exercise.id, root)[1]]
    times = []
    for answer in answers:
        verdicts = []
        for i in range(seeds):
            start = time.perf_counter()
            verdicts.append(verdict_on(exercise, answer, f"seed {i}".encode()))
            times.append(1000 * (time.perf_counter() - start))
        wrong = [v for v in verdicts if not v.passed]
        q.right += 1
        q.accepted += not wrong
        q.verdicts += len(verdicts)
        q.false_refusals += len(wrong)
        if wrong:
            q.notes.append(f"{getattr(answer, '__name__', answer)}: {wrong[0].line}")
    q.median_ms, q.slowest_ms = round(statistics.median(times), 1), round(max(times), 1)


def _mutants(exercise: Exercise, q: Quality, sample: int | None, root: Path,
             day: int | None = None) -> None:
    solution = solution_of(exercise.id, root)
    if solution is None:
        q.notes.append("no lesson holds a solution: no mutants")
        return
    chosen = sampled(list(mutants(solution.source)), sample, day)
    for mutant in chosen:
        q.mutants += 1
        if mutant.edit in exercise.equivalent_mutants:
            q.equivalent += 1
        elif survives(exercise, mutant, solution):
            q.notes.append(f"survives: {mutant.edit}")
        else:
            q.killed += 1


def survives(exercise: Exercise, mutant: Mutant, solution) -> bool:
    """Does the check accept this mutant? One that does not run or does not end is refused."""
    try:
        answer = solution.answer(mutant.source)
        return bool(verdict_on(exercise, answer, b"mutants", seconds=5).passed)
    except (Slow, Exception):
        return False


def today() -> int:
    """The number of the day (UTC): another sample of mutants each day, the same one all day long."""
    return datetime.now(UTC).toordinal()


def sampled(items: list, count: int | None, day: int | None = None) -> list:
    """`count` of the items, evenly spread; each following day takes their neighbours, until all have come."""
    if count is None or len(items) <= count:
        return items
    step = len(items) / count
    shift = (today() if day is None else day) % math.ceil(step)
    places = (min(int(i * step) + shift, max(int((i + 1) * step) - 1, int(i * step))) for i in range(count))
    return [items[place] for place in places]


COLUMNS = ("exercise", "mistakes refused", "named", "planted refused", "named", "misleading",
           "right accepted", "false refusals", "mutants refused", "equivalent", "constant items",
           "median ms", "slowest ms")


def rows(found: list[Quality]) -> Iterator[str]:
    """The table in Markdown."""
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|---" * len(COLUMNS) + "|"
    for q in found:
        cells = (q.id, f"{q.refused}/{q.mistakes}", f"{q.diagnosed}/{q.mistakes}",
                 f"{q.planted_refused}/{q.planted}", f"{q.planted_diagnosed}/{q.planted}",
                 f"{q.misleading}/{q.planted}",
                 f"{q.accepted}/{q.right}", f"{q.false_refusals}/{q.verdicts}",
                 f"{q.killed}/{q.mutants - q.equivalent}", q.equivalent, f"{q.constant_items}/{q.items}",
                 f"{q.median_ms:g}", f"{q.slowest_ms:g}")
        yield f"| {' | '.join(map(str, cells))} |"


@click.command()
@click.argument("ids", nargs=-1)
@click.option("--seeds", default=3, show_default=True, help="draws of hidden inputs for each right answer")
@click.option("--all", "everything", is_flag=True, help="all mutants instead of a sample")
@click.option("--sample", default=60, show_default=True, type=click.IntRange(min=1),
              help="mutants of each solution; another day takes others")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="the sample of this day (default: today)")
@click.option("--jobs", default=2, show_default=True, help="processes")
@click.option("--write", type=click.Path(dir_okay=False), help="write the table here (.md; .json: all of it)")
def quality(ids, seeds, everything, sample, day, jobs, write):
    """Measure how good the checks are; IDS are exercises (default: all)."""
    from tqdm import tqdm

    ids = ids or [id for lesson in LESSONS.values() for id in lesson.exercises]
    unknown = [id for id in ids if id not in all_ids()]
    if unknown:
        raise click.ClickException(f"there is no {', '.join(unknown)}; there is {', '.join(all_ids())}")
    options = dict(seeds=seeds, sample=None if everything else sample,
                   day=day.toordinal() if day else today())
    with ProcessPoolExecutor(jobs) as pool:
        futures = [pool.submit(examine, id, **options) for id in ids]
        found = [f.result() for f in tqdm(futures, unit="exercise")]
    table = "\n".join(rows(found))
    click.echo(table)
    for q in found:
        for note in q.notes:
            click.echo(f"{q.id}: {note}")
    if write:
        everything = json.dumps([asdict(q) for q in found], indent=1)
        text = everything if write.endswith(".json") else _page(table, options)
        Path(write).write_text(text, encoding="utf-8")
    if any(q.refused < q.mistakes or q.misleading or q.false_refusals or q.constant_items for q in found):
        raise click.ClickException("a wrong answer was accepted, a diagnosis misleads, a right answer was "
                                   "refused, or an item is constant")


def _page(table: str, options: dict) -> str:
    kind = "all" if options["sample"] is None else (
        f"at most {options['sample']} (those of {date.fromordinal(options['day'])})")
    return (f"# How good the checks are\n\nMade by `genlab quality`: {options['seeds']} draws of hidden "
            f"inputs for each right answer, {kind} mutants of each solution. \"Planted\" answers were "
            f"written by others than the check's author; \"misleading\" counts those among them to which "
            f"the check said the sentence of another mistake.\n\n{table}\n")
