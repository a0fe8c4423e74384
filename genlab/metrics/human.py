"""Two pictures, one question: a blind study with people, from the order of trials to the ranking.

    study = Study({"real": digits, "VAE": samples}, "answers.jsonl", trials=40)
    while trial := study.next():          # or genlab.display.study_widget(study)
        study.answer("left")              # after looking at trial.left and trial.right
    print(study.results())

What makes it fair: the one who answers sees no names; which pair comes when, and what stands left, is
drawn at random but balanced, so that a habit of pressing left favours nobody; every answer is forced; and
results stay closed until the last one. What makes it weak stands beside it: one rater, few answers, and a
question that means what the rater takes it to mean. Real data belong among the sets: indistinguishable
from them is 1/2, and that is a result only with an interval narrow enough to exclude something.

Zhou et al. (2019), HYPE: a benchmark for human eye perceptual evaluation, arXiv:1904.01121.
"""

import hashlib
import itertools
import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import torch
from torch import Tensor

from genlab.metrics.answers import CHOICES, SCHEMA, AnswerFile, Choice, read_choices
from genlab.metrics.bradley_terry import Ranking, bradley_terry, is_connected
from genlab.metrics.preference import Preference, preference
from genlab.random import permutation, randint

Pair = tuple[str, str]


class Trial(NamedTuple):
    """What the rater sees: two pictures (C, H, W), and which trial of how many it is, from 1."""

    left: Tensor
    right: Tensor
    number: int
    total: int


class StudyResults(NamedTuple):
    """What choices say: per pair the share of its first name, a ranking if there is one, and the left side.

    `note` says why there is no ranking, or how it was made finite.
    """

    pairs: dict[Pair, Preference]
    ranking: Ranking | None
    note: str
    left: Preference
    raters: int

    def __str__(self) -> str:
        lines = [f"{a} over {b}: {share}" for (a, b), share in self.pairs.items()]
        lines += [f"left side: {self.left}", f"raters: {self.raters}"]
        return "\n".join([*lines, *([str(self.ranking)] if self.ranking else []), *filter(None, [self.note])])


class Study:
    """A two-alternative forced-choice study of one rater; goes on where its file ends.

    Args:
        sets: name -> pictures (n, C, H, W), at least two sets, all of one shape.
        path: of the answers, one JSON object a line. A file of the same study is continued, with the plan
            that it holds; one of another study is refused.
        trials: how many pairs to show.
        pairs: which sets to compare; by default each with each.
        question: what the rater decides.
        rater: a word for who answers, kept with the answers; each rater needs a file.
        rng: draws the plan of a new study; without one it is new every time.

    Raises:
        ValueError: sets that do not fit together, unknown names, or the file of another study.
    """

    def __init__(self, sets: Mapping[str, Tensor], path: str | os.PathLike, *, trials: int = 60,
                 pairs: Sequence[Pair] | None = None, question: str = "Which picture looks more real?",
                 rater: str = "", rng: torch.Generator | None = None):
        self._sets = _check_sets(sets)
        names = list(self._sets)
        pairs = list(itertools.combinations(names, 2)) if pairs is None else [tuple(p) for p in pairs]
        _check_pairs(pairs, names, trials)
        self.question = question
        self._file = AnswerFile(path)
        study = {"names": names, "pairs": [list(pair) for pair in pairs], "trials": trials,
                 "question": question, "rater": rater, "pictures": _digest(self._sets)}
        if self._file.header is None:
            plan = plan_trials([len(self._sets[name]) for name in names], trials,
                               [(names.index(a), names.index(b)) for a, b in pairs], rng=rng)
            self._file.append({"kind": "study", "schema": SCHEMA, "started": _now(), **study, "plan": plan})
        else:
            _check_same(study, self._file.header, path)
        self._shown: tuple[int, float] | None = None  # trial and when it was first shown

    @property
    def answered(self) -> int:
        """How many trials have an answer."""
        return len(self._file.answers)

    @property
    def total(self) -> int:
        return self._file.header["trials"]

    @property
    def done(self) -> bool:
        return self.answered == self.total

    def next(self) -> Trial | None:
        """The trial to answer now, the same until it is answered; None when all are."""
        if self.done:
            return None
        if self._shown is None or self._shown[0] != self.answered:
            self._shown = self.answered, time.monotonic()
        left, i, right, j = self._file.header["plan"][self.answered]
        sets = list(self._sets.values())
        return Trial(sets[left][i], sets[right][j], self.answered + 1, self.total)

    def answer(self, choice: str) -> None:
        """Record "left" or "right" for the trial that `next` showed; on the disk when this returns."""
        if choice not in CHOICES:
            raise ValueError(f'the answer must be "left" or "right", got {choice!r}: a choice is forced')
        if self._shown is None or self._shown[0] != self.answered:
            raise RuntimeError("there is no picture to answer for: call next() first"
                               if not self.done else "every trial has its answer: see results()")
        seconds = round(time.monotonic() - self._shown[1], 3)
        self._file.append({"kind": "answer", "trial": self.answered, "choice": choice, "seconds": seconds,
                           "time": _now()})

    def undo(self) -> None:
        """Take the last answer back; its trial is shown again. The file keeps both."""
        if not self.answered:
            raise RuntimeError("there is no answer to take back")
        self._file.append({"kind": "undo", "trial": self.answered - 1, "time": _now()})

    def results(self, *, early: bool = False, level: float = 0.95) -> StudyResults:
        """What the answers say, when all are given.

        Args:
            early: look before the end; who has looked no longer answers blindly, and a study that
                stops when it looks good finds something in noise.
        """
        if not self.done and not early:
            raise RuntimeError(f"{self.answered} of {self.total} answers are given: results come at the end, "
                               "so that they sway no answer (early=True looks anyway)")
        return summarise(read_choices(self._file.path), level=level)


def summarise(choices: Sequence[Choice], *, level: float = 0.95) -> StudyResults:
    """Results of the choices of one or several raters: `summarise(read_choices("anna.jsonl", "ben.jsonl"))`.

    Answers count as independent. With several raters who gave many answers each, see `wins_by_rater`
    and `bradley_terry_by_rater`.
    """
    if not choices:
        raise ValueError("there are no answers yet")
    names = sorted({name for choice in choices for name in (choice.left, choice.right)})
    wins = wins_by_rater(choices, names).sum(0)
    pairs = {(a, b): preference(int(wins[i, j]), int(wins[i, j] + wins[j, i]), level=level)
             for (i, a), (j, b) in itertools.combinations(enumerate(names), 2) if wins[i, j] + wins[j, i]}
    left = preference(sum(choice.choice == "left" for choice in choices), len(choices), level=level)
    try:
        ranking, note = bradley_terry(wins, names=names), ""
    except ValueError as error:  # no prior should hide that sets were never compared
        ranking = bradley_terry(wins, names=names, prior=0.5) if is_connected(wins) else None
        note = f"No finite ranking without a prior: {error}."
    return StudyResults(pairs, ranking, note, left, len({choice.rater for choice in choices}))


def wins_by_rater(choices: Sequence[Choice], names: Sequence[str]) -> Tensor:
    """Tables (R, K, K) of how often each rater, in alphabetical order, chose one name over another."""
    raters = sorted({choice.rater for choice in choices})
    wins = torch.zeros(len(raters), len(names), len(names), dtype=torch.float64)
    for choice in choices:
        place = raters.index(choice.rater), names.index(choice.chosen), names.index(choice.other)
        wins[place] += 1
    return wins


def plan_trials(sizes: Sequence[int], trials: int, pairs: Sequence[tuple[int, int]], *,
                rng: torch.Generator | None = None) -> list[tuple[int, int, int, int]]:
    """A random order of trials: (set on the left, its picture, set on the right, its picture) each.

    Rounds of all pairs, each round in a random order; every second round turns the sides of the one before.
    So at any moment pairs differ by at most one in how often they came, and sides within a pair by one.
    Pictures of a set are shuffled and all used before one comes again.

    Args:
        sizes: how many pictures each set has.
        pairs: numbers of the sets to compare.
    """
    rng = _fresh() if rng is None else rng
    pictures = [_cycle(size, rng) for size in sizes]
    plan, turned = [], None
    while len(plan) < trials:
        fresh = turned is None
        turned = randint(0, 2, (len(pairs),), rng=rng) if fresh else 1 - turned
        for p in permutation(len(pairs), rng=rng).tolist()[:trials - len(plan)]:
            left, right = reversed(pairs[p]) if turned[p] else pairs[p]
            plan.append((left, next(pictures[left]), right, next(pictures[right])))
        turned = turned if fresh else None
    return plan


def _cycle(size: int, rng: torch.Generator):
    while True:
        yield from permutation(size, rng=rng).tolist()


def _fresh() -> torch.Generator:
    """A generator that nobody can foresee; torch's global one stays as it is."""
    rng = torch.Generator()
    rng.seed()
    return rng


def _check_sets(sets: Mapping[str, Tensor]) -> dict[str, Tensor]:
    checked = {str(name): torch.as_tensor(pictures).detach().cpu().float() for name, pictures in sets.items()}
    if len(checked) < 2:
        raise ValueError(f"a study needs two sets of pictures or more, got {len(checked)}")
    for name, pictures in checked.items():
        if pictures.ndim != 4 or not len(pictures) or not pictures.isfinite().all():
            raise ValueError(f"{name}: pictures must be (n, C, H, W) with n ≥ 1 and finite, "
                             f"got shape {tuple(pictures.shape)}")
    if len({pictures.shape[1:] for pictures in checked.values()}) > 1:
        shapes = ", ".join(f"{name} {tuple(pictures.shape[1:])}" for name, pictures in checked.items())
        raise ValueError(f"pictures of different shapes give themselves away: {shapes}")
    return checked


def _check_pairs(pairs: Sequence[Pair], names: Sequence[str], trials: int) -> None:
    unknown = sorted({name for pair in pairs for name in pair} - set(names))
    if unknown or not pairs or any(len(set(pair)) != 2 for pair in pairs):
        raise ValueError(f"pairs must name two different sets each, of {', '.join(names)}, got {pairs}")
    if trials < 1:
        raise ValueError(f"trials must be at least 1, got {trials}")


def _check_same(study: dict, header: dict, path) -> None:
    different = [key for key, value in study.items() if header.get(key) != value]
    if different:
        raise ValueError(f"{path} holds answers of another study (it differs in {', '.join(different)}): "
                         "pass another path, or the same sets and arguments to go on with it")


def _digest(sets: dict[str, Tensor]) -> str:
    """So that answers about one set of pictures are not continued with another."""
    digest = hashlib.sha256()
    for name, pictures in sets.items():
        digest.update(f"{name}{tuple(pictures.shape)}".encode())
        digest.update(pictures.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
