"""The verdict on an answer: computed here, from what the probe returned, and nowhere else.

The judge draws the hidden inputs, knows the expected values, and is given one way of having the
probe run: in this process (`check`, a convenience) or in a worker over a pipe (`genlab grade`).
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from grading.compare import Outcome, compare, describe, same
from grading.exercise import Compare, Exercise, Failure, Values
from grading.runner import run_in_process
from grading.verdict import Item, Verdict

Run = Callable[[str, Values], Values | Failure]


class Draw:
    """One set of hidden inputs with the expected values; `n` times as much on a redraw."""

    def __init__(self, exercise: Exercise, seed: bytes, n: int):
        self.exercise, self.n = exercise, n
        self.inputs = dict(exercise.inputs(generator(seed, f"inputs/{n}"), n=n))
        self.seed = int.from_bytes(digest(seed, f"answer/{n}")[:6], "big")
        self.expected = self.trusted(exercise.truth or exercise.reference)
        if isinstance(self.expected, Failure):
            raise RuntimeError(f"{exercise.id}: the probe fails on the right answer: {self.expected}")

    def trusted(self, answer: Any) -> Values | Failure:
        """What the probe returns for an answer of our own."""
        return run_in_process(answer, self.exercise.probe_source, self.inputs, self.seed)

    def outcomes(self, got: Values) -> list[Outcome]:
        return [compare(c, self.inputs, got, self.expected, self.n) for c in self.exercise.comparisons]


def judge(exercise: Exercise, seed: bytes, run: Run) -> Verdict:
    """The verdict on whatever `run(probe_source, inputs)` calls.

    A random comparison that fails is drawn again with four times as much, and refused only if both
    miss. Absence of evidence is never credit.
    """
    draw = _draw(exercise, seed, 1)
    got = run(exercise.probe_source, draw.inputs)
    if isinstance(got, Failure):
        return failed(exercise, got, _raises_like(draw, got))
    outcomes = draw.outcomes(got)
    if any(_random(c) and not o.passed for c, o in zip(exercise.comparisons, outcomes, strict=True)):
        again = _draw(exercise, seed, 4)
        second = run(exercise.probe_source, again.inputs)
        if not isinstance(second, Failure):
            more = again.outcomes(second)
            outcomes = [b if _random(c) and not a.passed and b.passed else a
                        for c, a, b in zip(exercise.comparisons, outcomes, more, strict=True)]
    return _verdict(exercise, draw, got, outcomes)


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
    where = f" (line {failure.line} of the cell)" if failure.line else ""
    text = mistake or reasons.get(
        failure.kind, f"Your code raised {failure.exception}: {failure.message.rstrip('.')}{where}. "
                      f"The signature is `{exercise.defines}`.")
    started = failure.kind != "not started"
    status = {"not started": "not started", "missing": "interface", "wrong type": "interface"}
    return Verdict(exercise.id, False if started else None, 0, exercise.points, text,
                   status.get(failure.kind, "error"), exercise.hints,
                   tuple(Item(c.says, 0, c.points, None) for c in exercise.comparisons))


def _verdict(exercise: Exercise, draw: Draw, got: Values, outcomes: list[Outcome]) -> Verdict:
    passed = all(o.passed for o in outcomes)
    points = sum(c.points for c, o in zip(exercise.comparisons, outcomes, strict=True) if o.passed)
    if exercise.all_or_nothing and not passed:
        points = 0
    items = tuple(Item(c.says, c.points if o.passed and (passed or not exercise.all_or_nothing) else 0,
                       c.points, o.passed) for c, o in zip(exercise.comparisons, outcomes, strict=True))
    verdict = Verdict(exercise.id, passed, points, exercise.points, "", "right" if passed else "wrong",
                      () if passed else exercise.hints, items)
    if passed:
        return verdict
    first = next(i for i, o in enumerate(outcomes) if not o.passed)
    mistake = _diagnose(exercise, draw, got, outcomes, first)
    message = mistake.says if mistake else _sentence(exercise.comparisons[first], outcomes[first])
    return replace(verdict, message=message, numbers="" if mistake else describe(outcomes[first]),
                   mistake=mistake.name if mistake else "")


def _diagnose(exercise: Exercise, draw: Draw, got: Values, outcomes: list[Outcome], first: int):
    """The known mistake with the same numbers: in all that failed, else in what failed first."""
    near = None
    failing = [i for i, o in enumerate(outcomes) if not o.passed]
    for mistake in exercise.mistakes:
        theirs = draw.trusted(mistake.answer)
        if isinstance(theirs, Failure):
            continue
        results = draw.outcomes(theirs)
        agree = [i for i in failing if not results[i].passed
                 and _alike(exercise.comparisons[i], got, theirs, outcomes[i], results[i])]
        if agree == failing == [i for i, o in enumerate(results) if not o.passed]:
            return mistake
        if near is None and first in agree:
            near = mistake
    return near


def _alike(rule: Compare, got: Values, theirs: Values, a: Outcome, b: Outcome) -> bool:
    if rule.test is None:
        return same(got, theirs, rule.names, rule.tolerance)
    if a.why != b.why:
        return False
    if a.why != "value":
        return same(got, theirs, [a.name])
    if a.measured is None or b.measured is None:  # the law could not be applied
        return False
    x, y = (torch.as_tensor(v, dtype=torch.float64) if not isinstance(v, (Tensor, str)) else v
            for v in (a.measured, b.measured))
    if isinstance(x, str) or isinstance(y, str):
        return x == y
    return x.shape == y.shape and bool(((x - y).abs() <= rule.resolution + 1e-9).all())


def _raises_like(draw: Draw, failure: Failure) -> str:
    """The sentence of a known mistake that raises the same error, if there is one."""
    if failure.kind not in ("raised", "wrong type"):
        return ""
    for mistake in draw.exercise.mistakes:
        theirs = draw.trusted(mistake.answer)
        if isinstance(theirs, Failure) and (theirs.kind, theirs.exception, theirs.message) == (
                failure.kind, failure.exception, failure.message):
            return mistake.says
    return ""


def _sentence(rule: Compare, outcome: Outcome) -> str:
    if outcome.why == "missing":
        return f"Nothing was returned for `{outcome.name}`. {rule.says}"
    if outcome.why == "kind":
        return f"`{outcome.name}` should be a {outcome.wanted}, not a {outcome.measured}. {rule.says}"
    if outcome.why == "shape":
        words = f"{rule.shape} = {outcome.wanted}" if rule.shape not in (None, "()") else f"{outcome.wanted}"
        return f"`{outcome.name}` should have shape {words}, not {_sizes(outcome.measured)}. {rule.says}"
    if outcome.why == "finite":
        return f"`{outcome.name}` holds inf or nan. {rule.says}"
    return rule.says


def _sizes(shape: tuple[int, ...]) -> str:
    """A shape in words. One chosen to carry hidden inputs into the feedback stays out of it."""
    return str(shape) if len(shape) <= 5 and max(shape, default=0) < 10_000 else "a much larger one"


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
