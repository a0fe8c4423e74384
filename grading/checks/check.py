"""The check that a student calls: fast, never raises, and proves nothing. Marks come from the judge."""

import ast
import inspect
import os
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from grading.checks.exercise import Classification, Exercise, Failure, Prediction
from grading.checks.fingerprint import fingerprint
from grading.checks.interface import interface
from grading.checks.judge import digest, failed, judge
from grading.checks.runner import explain, plain_torch, random_state, run_in_process
from grading.checks.verdict import Passed, Verdict
from grading.checks.watch import called
from grading.lessons import LESSONS
from grading.registry import UnknownExercise, find

_passed: dict[tuple, Verdict] = {}
_points: dict[str, float] = {}  # by exercise: of the last check
_mismatch = ""
_graded = False


def check(id: str, answer: Any) -> Verdict | float:
    """The verdict on `answer` for the exercise `id`, with inputs fixed by the id alone.

    Under nbgrader the result is the points as a number, which is what nbgrader reads as partial credit.
    """
    verdict = _safely(id, answer)
    if "NBGRADER_EXECUTION" in os.environ:
        return float(verdict.points or 0)
    return verdict


def use(id: str, answer: Any) -> Any:
    """The student's function if it passes its check, the reference otherwise; says which."""
    exercise = find(id)
    verdict = _safely(id, answer)
    if verdict.passed:
        print(f"{id}: your `{exercise.name}` is used. {_so_far(exercise)}".rstrip())
        return answer
    print(f"{id}: the reference stands in for `{exercise.name}` until yours passes its check.")
    return exercise.reference


def expect_version(version: str, *, graded: bool = False) -> None:
    """Says when a notebook was built for another version of genlab than the installed one.

    graded: the notebook counts for marks, so that no other right answer is shown under a tick.
    """
    global _mismatch, _graded
    import genlab

    _graded = graded
    if version != genlab.__version__:
        _mismatch = f" The notebook was made for genlab {version}, installed is {genlab.__version__}."
        print(f"Note:{_mismatch} Checks may differ; install the other version or take the newer notebook.")


def _safely(id: str, answer: Any) -> Verdict:
    """A fault of ours must neither stop a lesson nor look like the student's."""
    try:
        return _check(id, answer)
    except UnknownExercise as error:
        return Verdict(str(id), None, None, 0, str(error), "fault")
    except Exception as error:
        return Verdict(id, None, None, 0, f"The check itself failed ({type(error).__name__}: {error}). "
                       f"This is not your mistake; please report it.{_mismatch}", "fault")


def _check(id: str, answer: Any) -> Verdict:
    specification = find(id)
    if isinstance(specification, Prediction):
        return _predicted(specification, answer)
    if isinstance(specification, Classification):
        return _classified(specification, answer)
    key = _key(id, answer)
    if key in _passed:
        _points[id] = _passed[key].points
        return _told(specification, _passed[key])
    problem = interface(specification.name, specification.defines, answer)
    if problem is not None:
        _points[id] = 0
        return failed(specification, problem)
    seed = id.encode()
    number = int.from_bytes(digest(seed, "worker")[:6], "big")

    def run(source, inputs):
        return run_in_process(answer, source, inputs, number)

    with plain_torch():
        verdict = judge(specification, seed, run)
        if verdict.points:
            borrowed = called(specification.withholds, lambda: judge(specification, seed, run))
            if borrowed:
                verdict = failed(specification, Failure("withheld", borrowed[0]))
    _points[id] = verdict.points
    if verdict.passed and key is not None:
        _passed[key] = verdict
    return _told(specification, verdict)


def _told(exercise: Exercise, verdict: Verdict) -> Verdict:
    """The verdict with what is said after a pass."""
    if not verdict.passed:
        return verdict
    told = Passed(exercise.afterwards, _so_far(exercise), "" if _graded else another(exercise))
    return replace(verdict, told=told)


def _so_far(exercise: Exercise) -> str:
    """`Lesson 10: 7 of 16 points so far; next: vae-bug.` The next is the first without all of its points."""
    lesson = next((one for one in LESSONS.values() if exercise.id in one.exercises), None)
    if lesson is None:
        return ""
    worth = {id: find(id).points for id in lesson.exercises}
    got = sum(_points.get(id) or 0 for id in worth)
    place = lesson.exercises.index(exercise.id)
    order = lesson.exercises[place + 1:] + lesson.exercises[:place]
    left = next((id for id in order if (_points.get(id) or 0) < worth[id]), None)
    rest = f"next: {left}." if left else "all exercises are done."
    return f"Lesson {lesson.number}: {got:g} of {sum(worth.values()):g} points so far; {rest}"


def another(exercise: Exercise) -> str:
    """The source of a right answer that is written differently: one marked `shown`, else the shortest.

    Functions of ours that it calls come before it, so that nothing is named that cannot be read.
    """
    right = [a for a in exercise.also_right if inspect.isfunction(a) or inspect.isclass(a)]
    marked = [a for a in right if getattr(a, "shown", False)]
    try:
        sources = [_whole(a) for a in marked or right if _source(a).startswith(("def ", "class "))]
    except (OSError, TypeError):  # no source beside an installed copy
        return ""
    return min(sources, key=len, default="")


def _source(answer: Any) -> str:
    return textwrap.dedent(inspect.getsource(answer)).strip()


def _whole(answer: Any, seen: set[str] | None = None) -> str:
    """An answer's source below that of the functions of its file which it calls."""
    seen = {answer.__name__} if seen is None else seen
    source = _source(answer)
    scope = getattr(answer, "__globals__", None) or getattr(sys.modules.get(answer.__module__), "__dict__", {})
    parts = []
    for name in sorted({n.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)} - seen):
        helper = scope.get(name)
        if inspect.isfunction(helper) and helper.__module__.startswith("grading.exercises."):
            seen.add(name)
            parts.append(_whole(helper, seen))
    return "\n\n\n".join([*parts, source])


def _predicted(prediction: Prediction, answer: Any) -> Verdict:
    if callable(answer):
        try:
            with random_state(0):
                answer = answer()
        except Exception as error:
            failure = explain(error)
            status = "not started" if failure.kind == "not started" else "error"
            text = "Not started." if status == "not started" else f"Your code raised {failure.message}."
            return Verdict(prediction.id, None, 0, 0, text, status, prediction.hints)
    if answer is None or answer is ...:
        return Verdict(prediction.id, None, 0, 0, "Not started.", "not started", prediction.hints)
    try:
        number = float(answer)
    except Exception:  # text, two numbers, one that is too large
        return Verdict(prediction.id, False, 0, 0, "Write down a number.", "interface", prediction.hints)
    if abs(number - prediction.value) <= prediction.tolerance:
        return Verdict(prediction.id, True, 0, 0, prediction.right, "right")
    for wrong, says in sorted(prediction.mistakes.items(), key=lambda item: abs(number - item[0])):
        if abs(number - wrong) <= prediction.tolerance:
            return Verdict(prediction.id, False, 0, 0, says, "wrong", prediction.hints)
    return Verdict(prediction.id, False, 0, 0, prediction.says, "wrong", prediction.hints)


def _classified(table: Classification, answer: Any) -> Verdict:
    """The first thing to which a wrong word was given; all that lack one are not started."""
    def verdict(passed, text, status):
        return Verdict(table.id, passed, 0, 0, text, status, () if passed else table.hints)

    if answer is None or answer is ...:
        return verdict(None, "Not started.", "not started")
    if not isinstance(answer, Mapping) or set(answer) != set(table.value):
        return verdict(False, f"Give one word to each of {', '.join(table.value)}.", "interface")
    given = {thing: answer[thing] for thing in table.value if answer[thing] is not None}
    odd = next((thing for thing, word in given.items() if word not in table.choices), None)
    if odd is not None:
        return verdict(False, f"{odd}: choose one of {', '.join(table.choices)}.", "interface")
    wrong = next((thing for thing, word in given.items() if word != table.value[thing]), None)
    if wrong is not None:
        says = table.mistakes.get((wrong, given[wrong]), table.says.format(thing=wrong))
        return verdict(False, says, "wrong")
    if len(given) < len(table.value):
        rest = [thing for thing in table.value if thing not in given]
        text = f"Right so far; still without a word: {', '.join(rest)}." if given else "Not started."
        return verdict(None, text, "not started")
    return verdict(True, table.right, "right")


def _key(id: str, answer: Any) -> tuple | None:
    """What a verdict depends on; None where that cannot be told, so that the answer is run again."""
    try:
        return id, fingerprint(answer)
    except Exception:
        return None
