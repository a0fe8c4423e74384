"""The verdict on an answer: computed here, from what the probe returned, and nowhere else.

The judge draws the hidden inputs, knows the expected values, and is given one way of having the
probe run: in this process (`check`, a convenience) or in a worker over a pipe (`genlab grade`).
"""

import hashlib
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from grading.checks import words
from grading.checks.compare import Outcome, compare, describe, same, unchanged
from grading.checks.diagnose import diagnose, raises_like, spoils_like
from grading.checks.exercise import Compare, Exercise, Failure, Mistake, Values
from grading.checks.runner import run_in_process
from grading.checks.verdict import Item, Verdict

Run = Callable[[str, Values], Values | Failure]


class Draw:
    """One set of hidden inputs with the expected values; `n` times as much on a redraw."""

    def __init__(self, exercise: Exercise, seed: bytes, n: int):
        self.exercise, self.n = exercise, n
        self.inputs = dict(exercise.inputs(generator(seed, f"inputs/{n}"), n=n))
        self.sent = self.inputs  # what an answer is given; the same numbers
        self.seed = int.from_bytes(digest(seed, f"answer/{n}")[:6], "big")
        self.expected = self.trusted(exercise.truth or exercise.reference)
        if isinstance(self.expected, Failure):
            raise RuntimeError(f"{exercise.id}: the probe fails on the right answer: {self.expected}")
        self._answers: dict[int, tuple[Values | Failure, list[Outcome]]] = {}
        self._noisy: dict[int, set[int]] = {}

    def of_mistake(self, mistake: Mistake) -> tuple[Values | Failure, list[Outcome]]:
        """What the probe returns for a known mistake and how it compares; run once for each draw."""
        if id(mistake) not in self._answers:
            theirs = self.trusted(mistake.answer)
            self._answers[id(mistake)] = theirs, [] if isinstance(theirs, Failure) else self.outcomes(theirs)
        return self._answers[id(mistake)]

    def noisy(self, mistake: Mistake) -> set[int]:
        """Where a known mistake gives other values with another seed; run once more, when first asked for."""
        if id(mistake) not in self._noisy:
            first, _ = self.of_mistake(mistake)
            second = run_in_process(mistake.answer, self.exercise.probe_source, self.sent, self.seed + 1)
            self._noisy[id(mistake)] = {i for i, c in enumerate(self.exercise.comparisons) if isinstance(
                second, Failure) or not same(first, second, c.names, c.tolerance)}
        return self._noisy[id(mistake)]

    def cast(self, kind: torch.dtype) -> "Draw | None":
        """The same draw, sent in another precision; None where a number leaves the range of float32.

        The judge's own numbers stay in theirs: hidden inputs in float64 are rounded to float32 first, so that
        what is expected, computed in float64, is expected of the very numbers that the answer gets.
        """
        other = copy(self)
        other._answers, other._noisy = {}, {}
        if kind == torch.float32:
            other.inputs = {k: v.float().double() if _is(v, torch.float64) else v
                            for k, v in self.inputs.items()}
            other.sent = other.inputs
            other.expected = other.trusted(self.exercise.truth or self.exercise.reference)
            if isinstance(other.expected, Failure):
                return None
        given = torch.float64 if kind == torch.float32 else torch.float32
        other.sent = {k: v.to(kind) if _is(v, given) else v for k, v in other.inputs.items()}
        values = [*((v, other.sent[k]) for k, v in self.inputs.items()),
                  *((v, v.to(kind)) for v in other.expected.values() if _is(v, given))]
        kept = all(torch.isfinite(a).equal(torch.isfinite(b)) for a, b in values if isinstance(a, Tensor))
        return other if kept else None

    def trusted(self, answer: Any) -> Values | Failure:
        """What the probe returns for an answer of our own."""
        return run_in_process(answer, self.exercise.probe_source, self.sent, self.seed)

    def outcomes(self, got: Values) -> list[Outcome]:
        return [compare(c, self.inputs, got, self.expected, self.n) for c in self.exercise.comparisons]


def judge(exercise: Exercise, seed: bytes, run: Run) -> Verdict:
    """The verdict on whatever `run(probe_source, inputs)` calls.

    A random comparison that fails is drawn again with four times as much, and refused only if both
    miss. An answer that fails in the precision of the hidden inputs, by an error of dtypes or by values in
    the other one, is tried once more with the same inputs in the other. Absence of evidence is never credit.
    """
    draw = _draw(exercise, seed, 1)
    verdict, got = _judge(exercise, seed, run, draw, draw_again=lambda: _draw(exercise, seed, 4))
    kind = None if verdict.passed else _other_precision(draw, got)
    cast = kind and _cast(draw, kind)
    if not cast:
        return verdict
    second, _ = _judge(exercise, seed, run, cast, draw_again=lambda: _draw(exercise, seed, 4).cast(kind))
    return second if (second.points or 0) > (verdict.points or 0) else verdict


def _judge(exercise: Exercise, seed: bytes, run: Run, draw: Draw, draw_again) -> tuple[Verdict, Any]:
    """The verdict in one precision, and what the probe returned."""
    got = run(exercise.probe_source, draw.sent)
    if isinstance(got, Failure):
        return failed(exercise, got, raises_like(draw, got)), got
    outcomes = draw.outcomes(got)
    if any(_random(c) and not o.passed for c, o in zip(exercise.comparisons, outcomes, strict=True)):
        again = draw_again()
        second = run(exercise.probe_source, again.sent) if again else Failure("raised", "")
        if not isinstance(second, Failure):
            more = again.outcomes(second)
            outcomes = [b if _random(c) and not a.passed and b.passed else a
                        for c, a, b in zip(exercise.comparisons, outcomes, more, strict=True)]
    return _verdict(exercise, draw, got, outcomes), got


def _other_precision(draw: Draw, got: Values | Failure) -> torch.dtype | None:
    """The precision in which an answer deserves a second trial; None if dtypes are not what went wrong."""
    real = [v.dtype for v in draw.inputs.values() if isinstance(v, Tensor) and v.is_floating_point()]
    given = torch.float64 if torch.float64 in real else torch.float32
    other = torch.float32 if given == torch.float64 else torch.float64
    if not real:
        return None
    if isinstance(got, Failure):
        return other if got.kind == "raised" and words.DTYPE.search(got.message) else None
    met = any(isinstance(v, Tensor) and v.dtype == other and isinstance(draw.expected.get(k), Tensor)
              and draw.expected[k].dtype == given for k, v in got.items())
    return other if met else None


def _is(value: Any, kind: torch.dtype) -> bool:
    return isinstance(value, Tensor) and value.dtype == kind


@lru_cache(maxsize=64)
def _cast(draw: Draw, kind: torch.dtype) -> Draw | None:
    return draw.cast(kind)


def generator(seed: bytes, label: str) -> torch.Generator:
    """A torch generator for this purpose alone."""
    return torch.Generator().manual_seed(int.from_bytes(digest(seed, label)[:7], "big"))


def digest(seed: bytes, label: str) -> bytes:
    return hashlib.blake2b(label.encode(), key=seed[:64], digest_size=32).digest()


def failed(exercise: Exercise, failure: Failure, mistake: str = "") -> Verdict:
    """The verdict when the probe returned nothing: 0 points and the reason, or `not started`."""
    if failure.kind == "not started" and exercise.id not in failure.message:
        failure = replace(failure, kind="raised")  # a NotImplementedError that is not our stub's
    reasons = {
        "not started": "Not started.",
        "missing": failure.message or f"`{exercise.name}` is not defined. Define `{exercise.defines}`.",
        "wrong type": f"{failure.message}. The signature is `{exercise.defines}`.",
        "withheld": f"Your answer calls genlab's own `{failure.message}`: write it yourself.",
        "timeout": f"Your code did not finish in time. {failure.message}".strip(),
        "died": f"Your code ended its process. {failure.message}".strip(),
        "malformed": f"What your code returned could not be read. {failure.message}".strip(),
    }
    text = mistake or reasons.get(failure.kind) or words.raised(exercise, failure)
    started = failure.kind != "not started"
    status = {"not started": "not started", "missing": "interface", "wrong type": "interface"}
    return Verdict(exercise.id, False if started else None, 0, exercise.points, text,
                   status.get(failure.kind, "error"), exercise.hints,
                   tuple(Item(c.says, 0, c.points, None) for c in exercise.comparisons))


def _verdict(exercise: Exercise, draw: Draw, got: Values, outcomes: list[Outcome]) -> Verdict:
    spoilt = unchanged(exercise, draw, got)
    passed = all(o.passed for o in outcomes) and not spoilt
    share = 0 if exercise.all_or_nothing and not passed else 0.5 if spoilt else 1
    items = tuple(Item(c.says, share * c.points if o.passed else 0, c.points, o.passed)
                  for c, o in zip(exercise.comparisons, outcomes, strict=True))
    verdict = Verdict(exercise.id, passed, sum(item.points for item in items), exercise.points, "",
                      "right" if passed else "wrong", () if passed else exercise.hints, items)
    if passed:
        return verdict
    if all(o.passed for o in outcomes):
        says = spoils_like(draw, spoilt)
        return replace(verdict, message=says or words.changed(exercise, spoilt))
    first = next(i for i, o in enumerate(outcomes) if not o.passed)
    mistake = diagnose(exercise, draw, got, outcomes)
    rule, outcome = exercise.comparisons[first], outcomes[first]
    message = mistake.says if mistake else words.sentence(exercise, rule, outcome)
    if spoilt and not mistake:
        message = f"{words.changed(exercise, spoilt)} {message}"
    numbers = "" if mistake else describe(outcome, words.what(exercise, rule, outcome.name))
    return replace(verdict, message=message, numbers=numbers,
                   mistake=mistake.name if mistake else "")


def _random(rule: Compare) -> bool:
    return rule.false_refusal is not None


@lru_cache(maxsize=64)
def _draw_cached(id: str, seed: bytes, n: int) -> Draw:
    from grading.registry import find

    return Draw(find(id), seed, n)


def _draw(exercise: Exercise, seed: bytes, n: int) -> Draw:
    """Drawn once per seed: a student checks the same exercise many times."""
    from grading.registry import all_ids, find

    if exercise.id in all_ids() and find(exercise.id) is exercise:
        return _draw_cached(exercise.id, seed, n)
    return Draw(exercise, seed, n)
