"""Which known mistake is it? From what the probe returned for an answer, and returns for each mistake."""

from typing import Any

import torch
from torch import Tensor

from grading.checks.compare import Outcome, same, unchanged
from grading.checks.exercise import Compare, Exercise, Failure, Mistake, Values


def diagnose(exercise: Exercise, draw: Any, got: Values, outcomes: list[Outcome]) -> Mistake | None:
    """The known mistake with the same numbers in most of what failed, and with nothing against it.

    One that fails a comparison which the answer passes is out: the tick under it would contradict it. So is one
    that explains less than half of what failed: the rest must have another cause. Where a mistake gives other numbers
    each time it cannot have the same ones, and explains that it fails.
    """
    failing = [i for i, o in enumerate(outcomes) if not o.passed]
    # of these forms its own sentence says more
    formless = outcomes[failing[0]].why in ("missing", "raised", "unrefused", "kind", "shape")
    best, found = (0, 0), None
    for mistake in exercise.mistakes:
        theirs, results = draw.of_mistake(mistake)
        if isinstance(theirs, Failure):
            continue
        fails = [i for i, o in enumerate(results) if not o.passed]
        if not set(fails) <= set(failing):
            continue
        alike = [i for i in fails if _alike(exercise.comparisons[i], got, theirs, outcomes[i], results[i])]
        if formless and failing[0] not in alike:
            continue
        agree = len(alike)
        if not agree or (agree, agree - len(fails)) <= best:
            continue
        if 2 * agree >= len(failing) or 2 * len(set(alike) | draw.noisy(mistake) & set(fails)) >= len(failing):
            best, found = (agree, agree - len(fails)), mistake
    return found


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


def raises_like(draw: Any, failure: Failure) -> str:
    """The sentence of the known mistakes that raise the same error; "" if there is none, or more than one."""
    stub = failure.kind == "not started" and draw.exercise.id in failure.message  # PyTorch raises its like, too
    if stub or failure.kind not in ("raised", "wrong type", "not started"):
        return ""
    told = set()
    for mistake in draw.exercise.mistakes:
        theirs, _ = draw.of_mistake(mistake)
        if isinstance(theirs, Failure) and (theirs.kind, theirs.exception, theirs.message) == (
                failure.kind, failure.exception, failure.message):
            told.add(mistake.says)
    return told.pop() if len(told) == 1 else ""


def spoils_like(draw: Any, label: str) -> str:
    """The sentence of the known mistakes that change this argument and nothing else; "" if there are several."""
    told = set()
    for mistake in draw.exercise.mistakes:
        theirs, results = draw.of_mistake(mistake)
        if not isinstance(theirs, Failure) and all(o.passed for o in results) and (
                unchanged(draw.exercise, draw, theirs) == label):
            told.add(mistake.says)
    return told.pop() if len(told) == 1 else ""
