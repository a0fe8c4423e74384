"""Which answers look alike: every pair of a class, and each answer with the published solution.

What the lesson itself gives is left out, down to fingerprints that its own code has. Pairs are counted
through an inverted index from fingerprints to answers, so a class of hundreds takes seconds. A pair proves
nothing by itself: solutions are public, and two people may think of the same lines.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import numpy as np

from grading.build.solutions import solution_of
from grading.checks.exercise import Exercise
from grading.ingest.notebook import Cell, Notebook
from grading.ingest.select import select
from grading.ingest.units import units
from grading.report.winnowing import fingerprints, words

SOLUTION = "(published solution)"
ALL = "(all exercises)"
SHORTEST = 8  # fingerprints: with fewer than these, two honest answers are alike too often


@dataclass(frozen=True)
class Answer:
    """What somebody wrote for one exercise, without what was given."""

    student: str
    source: str
    marks: Counter = field(repr=False)
    words: str = ""  # the source without comments and layout

    @property
    def size(self) -> int:
        return sum(self.marks.values())

    @property
    def short(self) -> bool:
        return self.size < SHORTEST


@dataclass(frozen=True)
class Pair:
    """Two answers. similarity: twice the shared fingerprints over all of both, from 0 to 1.

    rare: shared fingerprints that neither the published solution nor many others have.
    kind: "word for word" but for layout and comments, "the same but for names", or nothing.
    """

    exercise: str
    one: str
    other: str
    similarity: float
    rare: int
    shared: int
    sizes: tuple[int, int]
    kind: str = ""


@dataclass
class Given:
    """What the lesson hands out: statements, and the fingerprints of all its code."""

    statements: set[str]
    marks: set[int]

    @classmethod
    def of(cls, path: Path) -> "Given":
        """From the student's notebook of a lesson."""
        code = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        marks = set().union(*(fingerprints(source) for source in code))
        return cls({words(piece) for source in code for piece in _statements(source)}, marks)


def answers_of(notebook: Notebook, exercises: Sequence[Exercise], given: Given, student: str) -> dict[str, Answer]:
    """A student's answers by exercise, each with the functions that it calls; none where nothing was written."""
    selection, found = select(notebook, exercises), {}
    for exercise in exercises:
        pieces = [selection.pieces[place].source for place in selection.needed(exercise.id)]
        own = [piece for piece in pieces if words(piece) not in given.statements]
        if own:
            found[exercise.id] = written(student, "\n\n".join(own), given)
    return found


def published(exercise: Exercise, given: Given, root: Path) -> Answer | None:
    """The solution that the course publishes."""
    solution = solution_of(exercise.id, root)
    return written(SOLUTION, solution.source, given) if solution else None


def written(student: str, source: str, given: Given) -> Answer:
    marks = fingerprints(source)
    own = Counter({mark: count for mark, count in marks.items() if mark not in given.marks})
    return Answer(student, source, own, words(source))


def pairs(exercise: str, answers: Sequence[Answer], least: float = 0.0) -> list[Pair]:
    """Every pair from `least` on that shares something and is long enough to tell, the likest first."""
    told = [a for a in answers if not a.short]
    shared, rare = _shared(told)
    sizes = np.array([a.size for a in told])
    likeness = 2 * shared / np.add.outer(sizes, sizes).clip(1)
    ones, others = np.nonzero(np.triu((shared > 0) & (likeness >= least), 1))
    found = [_pair(exercise, told[i], told[j], int(shared[i, j]), int(rare[i, j]))
             for i, j in zip(ones, others, strict=True)]
    return sorted(found, key=order)


def _shared(told: Sequence[Answer]) -> tuple[np.ndarray, np.ndarray]:
    """For every two answers the fingerprints that they share, and those of them that are rare, (N, N)."""
    index: dict[int, list[int]] = defaultdict(list)
    for i, a in enumerate(told):
        for mark in a.marks:
            index[mark].append(i)
    public = set().union(*(a.marks for a in told if a.student == SOLUTION))
    few = max(3, len(told) // 10)
    shared, rare = np.zeros((2, len(told), len(told)), dtype=np.int32)
    for mark, holders in index.items():
        counts = np.array([told[i].marks[mark] for i in holders], dtype=np.int32)
        both = np.minimum.outer(counts, counts)
        shared[np.ix_(holders, holders)] += both
        if mark not in public and len(holders) <= few:
            rare[np.ix_(holders, holders)] += both
    return shared, rare


def together(by_exercise: dict[str, list[Answer]], least: float = 0.0) -> list[Pair]:
    """The same over all exercises at once, which may tell where each one is too short."""
    whole: dict[str, Counter] = defaultdict(Counter)
    for place, answers in enumerate(by_exercise.values()):
        for a in answers:
            whole[a.student].update({mark << 8 | place: count for mark, count in a.marks.items()})
    return pairs(ALL, [Answer(student, "", marks) for student, marks in whole.items()], least)


def _pair(exercise: str, a: Answer, b: Answer, shared: int, rare: int) -> Pair:
    one, other = sorted((a, b), key=lambda answer: (answer.student == SOLUTION, answer.student))
    kind = ""
    if a.marks == b.marks and a.source:
        kind = "word for word" if a.words == b.words else "the same but for names"
    return Pair(exercise, one.student, other.student, 2 * shared / (a.size + b.size), rare, shared,
                (one.size, other.size), kind)


def order(pair: Pair) -> tuple:
    """The likest first."""
    return -round(pair.similarity, 9), -pair.rare, -pair.shared, pair.exercise, pair.one, pair.other


def _statements(source: str) -> list[str]:
    return [unit.source for unit in units((Cell(1, True, source),))[0]]
