"""The check that a student calls: fast, never raises, and proves nothing. Marks come from the judge."""

import os
from collections.abc import Mapping
from typing import Any

from grading.exercise import Classification, Prediction
from grading.fingerprint import fingerprint
from grading.interface import interface
from grading.judge import digest, failed, judge
from grading.registry import UnknownExercise, find
from grading.runner import explain, plain_torch, random_state, run_in_process
from grading.verdict import Verdict

_passed: dict[tuple, Verdict] = {}
_mismatch = ""


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
        print(f"{id}: your `{exercise.name}` is used.")
        return answer
    print(f"{id}: the reference stands in for `{exercise.name}` until yours passes its check.")
    return exercise.reference


def expect_version(version: str) -> None:
    """Says when a notebook was built for another version of genlab than the installed one."""
    global _mismatch
    import genlab

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
        return _passed[key]
    problem = interface(specification.name, specification.defines, answer)
    if problem is not None:
        return failed(specification, problem)
    seed = id.encode()
    number = int.from_bytes(digest(seed, "worker")[:6], "big")
    with plain_torch():
        verdict = judge(specification, seed,
                        lambda source, inputs: run_in_process(answer, source, inputs, number))
    if verdict.passed and key is not None:
        _passed[key] = verdict
    return verdict


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
