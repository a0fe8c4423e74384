"""A corpus of notebooks made by mutating good ones in their bytes, their JSON and their cells, and what has
to hold of each. The tests read a part of it; the rest is read by hand:

    python -m tests.grading.mangled.corpus --count 50000 --seed 1

Which answers a mutation has left alone is told by json.loads, not by the reader under test.
"""

import argparse
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from keyword import kwlist
from pathlib import Path

from tqdm import tqdm

from grading.checks.exercise import Exercise
from grading.ingest.match import find_lesson
from grading.ingest.notebook import Ungradable, parse
from grading.ingest.select import Selection, select
from grading.lessons import LESSONS
from grading.registry import find
from tests.grading import mini
from tests.grading.mangled.mutations import LEVELS, mutate

ROOT = Path(__file__).resolve().parents[3]
SENTENCE = re.compile(r"[A-Z`].{20,600}\.", re.DOTALL)
MINI = ("%matplotlib inline\nimport math", "!pip install -q torch\nscale = 3",
        mini.AFFINE_CELL, mini.CHECKS[0], mini.SCALE_CELL.replace("3 * x", "scale * x * one()"),
        mini.CHECKS[1], "def one():\n    return math.cos(0)", "for step in range(3):\n    print(step)")


@dataclass(frozen=True)
class Good:
    """A notebook before its mutation: its bytes, its exercises, the cells that each answer needs, by id."""

    name: str
    data: bytes
    exercises: tuple[Exercise, ...]
    needs: dict[str, frozenset[str]]
    pieces: dict[str, str]


@cache
def goods() -> tuple[Good, ...]:
    """The small lesson and, as students get it and as it is solved, a real one."""
    real = tuple(find(id) for id in LESSONS["10_vae"].exercises)
    files = {place: (ROOT / place / "10_vae.ipynb").read_bytes() for place in ("notebooks", "solutions")}
    return (_good("mini", mini.dump(*MINI), tuple(mini.EXERCISES)),
            *(_good(place, slim(data), real) for place, data in files.items()))


def slim(data: bytes) -> bytes:
    """A notebook without the pictures in it, which only take time."""
    notebook = json.loads(data)
    for cell in notebook["cells"]:
        cell.pop("attachments", None)
        for output in cell.get("outputs", []):
            for kind in [k for k in output.get("data", {}) if k.startswith("image/")]:
                output["data"][kind] = output["data"][kind][:40]
    return json.dumps(notebook, indent=1, ensure_ascii=False).encode()


def _good(name: str, data: bytes, exercises: tuple[Exercise, ...]) -> Good:
    found = select(parse(data), exercises)
    texts = {cell.number: cell.source for cell in parse(data).cells}
    assert not found.missing
    needs = {e.id: frozenset(texts[found.pieces[place].cell] for place in found.needed(e.id))
             for e in exercises}
    return Good(name, data, exercises, needs, answered(found))


def answered(found: Selection) -> dict[str, str]:
    """The source of each answer's statement by the exercise's id."""
    return {id: piece.source for piece in found.pieces for id in piece.answers}


def corpus(count: int, seed: int) -> Iterator[tuple[Good, str, bytes]]:
    """Mutated notebooks: the good one, the level of the mutation, the bytes. Same seed, same corpus."""
    for number in range(count):
        draw = random.Random(f"{seed}/{number}")
        good = draw.choices(goods(), (10, 1, 1))[0]
        level = draw.choice(list(LEVELS))
        yield good, level, mutate(good.data, level, draw)


def code_cells(data: bytes) -> list[str] | None:
    """The code cells as the standard library reads them; None if it cannot."""
    try:
        root = json.loads(data.decode("utf-8-sig"))
        return ["".join(cell["source"]) for cell in root["cells"]
                if isinstance(cell, dict) and cell.get("cell_type") == "code" and "source" in cell
                and (isinstance(cell["source"], str) or all(isinstance(s, str) for s in cell["source"]))]
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        return None


def intact(good: Good, data: bytes) -> dict[str, bool]:
    """Answers whose cell is as it was, by id; True where also all that they need is, and nothing else that
    a mutation wrote has a name of theirs.
    """
    cells = code_cells(data)
    if cells is None:
        return {}
    before = code_cells(good.data)
    written = [cell for cell in cells if cell not in before]
    found = {}
    for exercise in good.exercises:
        own = next(cell for cell in good.needs[exercise.id] if good.pieces[exercise.id] in cell)
        if own not in cells:
            continue
        places = [i for i, cell in enumerate(cells) if cell in good.needs[exercise.id]]
        in_order = [cells[i] for i in places] == [c for c in before if c in good.needs[exercise.id]]
        names = set(re.findall(r"[A-Za-z_]\w*", " ".join(good.needs[exercise.id]))) - set(kwlist)
        touched = any(names & set(re.findall(r"\w+", cell)) for cell in written)
        found[exercise.id] = in_order and not touched
    return found


def read(good: Good, data: bytes) -> Selection | str:
    """What is to run, or the sentence why nothing can be."""
    try:
        notebook = parse(data)
    except Ungradable as error:
        return str(error)
    find_lesson(notebook)
    return select(notebook, good.exercises)


def violated(good: Good, data: bytes, found: Selection | str) -> str:
    """Which promise of the reader's this breaks; empty if none."""
    left = intact(good, data)
    if isinstance(found, str):
        if left:
            return f"readable answers, but refused: {found}"
        return "" if SENTENCE.fullmatch(found) else f"no sentence: {found!r}"
    answers = answered(found)
    if sorted([*answers, *found.missing]) != sorted(e.id for e in good.exercises):
        return "an exercise is neither answered nor missing, or both"
    unclear = [says for says in (*found.missing.values(), *found.warnings) if not SENTENCE.fullmatch(says)]
    if unclear:
        return f"no sentence: {unclear[0]!r}"
    for exercise in (e for e in good.exercises if e.id in left):
        taken = answers.get(exercise.id)
        if taken is None:
            return f"{exercise.id} is readable, but missing: {found.missing[exercise.id]}"
        if taken != good.pieces[exercise.id] and (left[exercise.id] or not _rival(exercise, taken, good)):
            return f"{exercise.id} is readable, but another statement was taken: {taken[:80]!r}"
    return ""


def _rival(exercise: Exercise, source: str, good: Good) -> bool:
    """Is this a statement that a mutation has made, and that has the answer's name?"""
    return exercise.name in source and not any(source in cell for cell in code_cells(good.data))


def main() -> None:
    options = argparse.ArgumentParser(description="Reads mutated notebooks and counts what came of it.")
    options.add_argument("--count", type=int, default=50_000)
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    counts, slowest = Counter(), (0.0, "")
    made = tqdm(corpus(options.count, options.seed), total=options.count, mininterval=10)
    try:
        for number, (good, level, data) in enumerate(made):
            start = time.process_time()
            try:
                found = read(good, data)
                problem = violated(good, data, found)
            except Exception as error:
                found, problem = "", f"{type(error).__name__}: {error}"
            slowest = max(slowest, (time.process_time() - start, f"{good.name} {level} {number}"))
            counts[good.name, level, "read" if isinstance(found, Selection) else "refused"] += 1
            counts["answers whose cell is intact"] += len(left := intact(good, data))
            counts["answers intact with all that they need"] += sum(left.values())
            counts["broken promises"] += bool(problem)
            if problem:
                tqdm.write(f"{number} ({good.name}, {level}): {problem}")
    except KeyboardInterrupt:
        print("stopped early")
    for key, count in sorted(counts.items(), key=str):
        print(f"{count:8} {key if isinstance(key, str) else ' '.join(key)}")
    print(f"slowest: {slowest[0]:.2f} s of processor time ({slowest[1]})")


if __name__ == "__main__":
    main()
