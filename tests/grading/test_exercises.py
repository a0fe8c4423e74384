"""Every exercise: right answers pass, known mistakes are refused by their sentence, nothing is constant."""

import ast
import builtins
import pkgutil
import statistics
import time
from pathlib import Path

import pytest
import torch

from grading.audit.mutants import mutants
from grading.audit.quality import (
    also_fitting,
    constant_items,
    misleads,
    planted,
    sampled,
    survives,
    verdict_on,
)
from grading.build.solutions import solution_of
from grading.checks.check import another, check, use
from grading.checks.exercise import Classification, Exercise, Prediction
from grading.checks.judge import Draw
from grading.lessons import LESSONS
from grading.registry import all_ids, find, predictions
from tests.chosen import ALL

IDS = list(all_ids())
_ROOT = Path(__file__).parents[2]


def name(value):
    return getattr(value, "name", None) or getattr(value, "__name__", None) or str(value)


@pytest.mark.parametrize("id", IDS)
def test_known_mistakes_are_refused_and_named(id):
    """All of an exercise in one test: hidden inputs and expected values are made once."""
    for mistake in find(id).mistakes:
        verdict = verdict_on(find(id), mistake.answer, b"test")
        assert verdict.passed is False and verdict.points < verdict.out_of, mistake.name
        assert verdict.message == mistake.says, mistake.name


@pytest.mark.parametrize("id", IDS)
def test_right_answers_are_accepted(id):
    for seed in (b"one", b"two", b"three"):
        for answer in (find(id).reference, *find(id).also_right, *planted(id, _ROOT)[1]):
            verdict = verdict_on(find(id), answer, seed)
            assert verdict.passed and verdict.points == verdict.out_of, (name(answer), verdict.line)


@pytest.mark.parametrize("id", IDS)
def test_planted_mistakes_are_refused_and_named(id):
    """Nine in ten of those that others planted get the sentence that fits, and none gets another's."""
    wrong, fits = planted(id, _ROOT)[0], also_fitting(id, _ROOT)
    sentences = {m.name: m.says for m in find(id).mistakes}
    missed, misled = [], []
    for answer, mistake in wrong:
        verdict = verdict_on(find(id), answer, b"test")
        assert verdict.passed is False, answer.__name__
        if verdict.message != sentences.get(mistake, mistake):
            missed.append((answer.__name__, verdict.line))
        if misleads(find(id), verdict, mistake, fits.get(answer.__name__, ())):
            misled.append((answer.__name__, verdict.line))
    assert not misled
    assert len(missed) <= 0.1 * len(wrong), missed


@pytest.mark.parametrize("id", IDS)
def test_truth_and_reference_agree(id):
    """They are two routes to the same thing; where there is no second one, the reference is the truth."""
    exercise = find(id)
    verdict = verdict_on(exercise, exercise.reference, b"agree")
    assert verdict.passed, verdict.line


@pytest.mark.parametrize("id", IDS)
def test_no_item_is_constant(id):
    assert constant_items(find(id)) == []


@pytest.mark.parametrize("id", IDS)
def test_specification_is_complete(id):
    exercise = find(id)
    assert isinstance(exercise, Exercise) and exercise.id == id
    assert 1 <= exercise.level <= 5 and exercise.minutes > 0 and exercise.points > 0
    assert len(exercise.mistakes) >= (2 if exercise.minutes <= 10 else 4)
    assert len(exercise.also_right) >= 2
    assert len({m.says for m in exercise.mistakes}) >= 2
    bound = sum(c.false_refusal**2 for c in exercise.comparisons if c.false_refusal)
    assert bound <= 1e-7, "a right answer must not be refused, in two draws, more often than this"


@pytest.mark.parametrize("id", IDS)
def test_probe_uses_no_secret(id):
    """Its source runs in a namespace of torch, F, nn, math and probing, and names nothing else."""
    tree = ast.parse(find(id).probe_source)
    function = tree.body[0]
    bound = {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
    bound |= {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {n.name for n in ast.walk(function) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    used = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    assert used - bound - set(dir(builtins)) <= {"torch", "F", "nn", "math", "probing"}
    assert not [n for n in ast.walk(function) if isinstance(n, (ast.Import, ast.ImportFrom))]


@pytest.mark.parametrize("id", IDS)
def test_inputs_are_plain_and_never_twice_the_same(id):
    exercise = find(id)
    first, second = Draw(exercise, b"a", 1).inputs, Draw(exercise, b"b", 1).inputs
    assert all(isinstance(v, (torch.Tensor, int, float, str)) for v in first.values())
    assert any(not torch.equal(v, second[k]) if isinstance(v, torch.Tensor) else v != second[k]
               for k, v in first.items())


@pytest.mark.parametrize("id", IDS)
def test_check_is_quick(id):
    """A generous bound, so that a busy machine does not fail: the table of `genlab quality` has the times."""
    solution = solution_of(id, _ROOT)
    answer = solution.answer() if solution else find(id).also_right[0]
    times = []
    for i in range(3):
        start = time.perf_counter()
        verdict_on(find(id), answer, f"time {i}".encode())
        times.append(time.perf_counter() - start)
    assert statistics.median(times) < 5


@pytest.mark.parametrize("id", [id for lesson in LESSONS.values() for id in lesson.exercises])
def test_solution_passes_and_its_mutants_do_not(id):
    solution = solution_of(id, _ROOT)
    assert solution is not None, "no lesson holds a solution"
    assert verdict_on(find(id), solution.answer(), b"solution").passed
    known = find(id).equivalent_mutants
    chosen = [m for m in mutants(solution.source) if m.edit not in known]
    chosen = sampled(chosen, None if ALL else 20, day=0)  # the same every day: what passed must pass tomorrow
    surviving = [m.edit for m in chosen if survives(find(id), m, solution)]
    assert not surviving
    assert not set(known) - {m.edit for m in mutants(solution.source)}, "listed, but not made"


@pytest.mark.parametrize("id", IDS)
def test_the_other_way_that_is_shown_calls_nothing_that_is_not(id):
    tree = ast.parse(another(find(id)))
    shown = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    bound = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    bound |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    ours = {name for name in called - shown - bound if name.startswith("_") and not name.startswith("__")}
    assert not {name for name in ours if not name[1].isupper()}


@pytest.mark.parametrize("id", IDS)
def test_untouched_stub_is_not_started(id, capsys):
    exercise = find(id)
    space = {}
    if exercise.defines.startswith("class "):
        stub = f"class {exercise.name}:\n    def __init__(self, *a, **k): raise NotImplementedError('{id}')"
        exec(stub, space)
    else:
        exec(f"def {exercise.name}(*a, **k): raise NotImplementedError('{id}')", space)
    verdict = check(id, space[exercise.name])
    assert verdict.status == "not started" and verdict.passed is None and verdict.points == 0
    assert use(id, space[exercise.name]) is exercise.reference
    assert "reference stands in" in capsys.readouterr().out


@pytest.mark.parametrize("id", sorted(id for id, p in predictions().items() if isinstance(p, Classification)))
def test_classification(id):
    table = predictions()[id]
    assert check(id, dict(table.value)).passed
    for (thing, word), says in table.mistakes.items():
        assert word in table.choices and word != table.value[thing]
        assert check(id, {**table.value, thing: word}).message == says
    for thing, word in table.value.items():
        others = [other for other in table.choices if other != word]
        assert all(check(id, {**table.value, thing: other}).status == "wrong" for other in others)
        assert thing in check(id, {**table.value, thing: None}).message
        assert check(id, {**table.value, thing: 3}).status == "interface"
    assert check(id, dict.fromkeys(table.value)).message == "Not started."
    assert check(id, None).status == "not started"
    assert check(id, {}).status == check(id, "exact").status == "interface"


@pytest.mark.parametrize("id", sorted(id for id, p in predictions().items() if isinstance(p, Prediction)))
def test_prediction(id):
    prediction = predictions()[id]
    assert check(id, prediction.value).passed
    assert check(id, lambda: prediction.value).passed
    assert not check(id, prediction.value + 2 * prediction.tolerance + 1).passed
    for wrong, says in prediction.mistakes.items():
        assert check(id, wrong).message == says
    assert check(id, "much").status == "interface"
    assert check(id, None).status == "not started"


@pytest.mark.parametrize("id", IDS)
def test_what_is_withheld_exists(id):
    """A path that leads nowhere would withhold nothing."""
    for path in find(id).withholds:
        assert pkgutil.resolve_name(path) is not None
