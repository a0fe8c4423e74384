"""Whatever a worker sends in place of values: no exception in the judge, which would leave a submission
without a mark, and no credit."""

import math
import random
from dataclasses import replace

import pytest
import torch

from grading.checks.exercise import Answers, Compare, Exercise, Mistake
from grading.checks.judge import Draw, judge
from grading.registry import all_ids, find
from tests.grading import mini

IDS = [id for id in all_ids() if isinstance(find(id), Exercise)]
SEED, ROUNDS = b"no credit", 20

# What may stand where a tensor of this shape is expected.
GARBAGE = [
    *(lambda s, v=v: torch.full(s, v) for v in (0.0, 1.0, -0.0, math.nan, math.inf, -math.inf, 1e38, 1e-45)),
    *(lambda s, v=v: torch.full(s, v, dtype=torch.float64) for v in (1e308, 5e-324, -1.0)),
    *(lambda s, d=d: torch.ones(s, dtype=d) for d in (torch.bool, torch.uint8, torch.int8, torch.int16)),
    lambda s: torch.full(s, -2**63), lambda s: torch.randn(s, dtype=torch.float16),
    lambda s: torch.randn(s, dtype=torch.bfloat16), torch.rand, torch.randn, lambda s: 1e-30 * torch.randn(s),
    lambda s: torch.randn(s[::-1]), lambda s: torch.randn(*s, 3), lambda s: torch.randn(2, *s),
    lambda s: torch.zeros(0, *s), lambda s: torch.zeros(0), lambda s: torch.zeros(()),
    lambda s: torch.empty(0, 2**62), lambda s: torch.randn(1), lambda s: torch.randn(math.prod(s)),
    lambda s: "text", lambda s: "", lambda s: "\ud800\n\x00", lambda s: None, lambda s: True,
    lambda s: -(2**62), lambda s: 0, lambda s: 1.0, lambda s: math.nan, lambda s: -math.inf, lambda s: 1e308,
]


def fake(value, draw: random.Random):
    return draw.choice(GARBAGE)(tuple(value.shape) if isinstance(value, torch.Tensor) else (2,))


def sent(expected: dict, draw: random.Random) -> dict:
    """Garbage of one kind, of many kinds, or with some right values beside it; names missing and added."""
    kind = draw.random()
    if kind < 0.3:
        one = random.Random(draw.random()).getstate()
        values = {}
        for name, value in expected.items():
            same = random.Random()
            same.setstate(one)
            values[name] = fake(value, same)
    else:
        values = {name: fake(value, draw) for name, value in expected.items()}
    if kind > 0.6:
        values |= {n: expected[n] for n in draw.sample(sorted(expected), draw.randrange(len(expected)))}
    for name in draw.sample(sorted(values), draw.random() < 0.2):
        del values[name]
    return values | {"points": 5.0, "passed": True}


@pytest.fixture
def kept(monkeypatch):
    """The answers of our own are run and compared once for each draw, not for each round."""
    real, known = Draw.trusted, {}
    compare, compared = Draw.outcomes, {}

    def trusted(self, answer):
        key = self.exercise.id, self.n, answer
        if key not in known:
            known[key] = real(self, answer)
        return known[key]

    def outcomes(self, got):
        if not any(got is values for values in known.values()):
            return compare(self, got)
        key = self.n, id(got)
        if key not in compared:
            compared[key] = compare(self, got)
        return compared[key]

    monkeypatch.setattr(Draw, "trusted", trusted)
    monkeypatch.setattr(Draw, "outcomes", outcomes)


@pytest.mark.parametrize("id", IDS)
def test_garbage_is_judged_and_gets_nothing(kept, id):
    exercise, draws = find(id), random.Random(id)
    torch.manual_seed(draws.randrange(2**31))
    expected = {n: Draw(exercise, SEED, n).expected for n in (1, 4)}
    for _ in range(ROUNDS):
        draw = random.Random(draws.random())
        right: list[set[str]] = []

        def run(source, inputs, draw=draw, right=right):
            values = sent(expected[1 if not right else 4], draw)
            truth = expected[1 if not right else 4]
            right.append({n for n, v in values.items() if n in truth and v is truth[n]})
            return values

        verdict = judge(exercise, SEED, run)
        for rule, item in zip(exercise.comparisons, verdict.items, strict=True):
            honest = [known if rule.test else known & set(rule.names) for known in right]
            assert not item.passed or any(honest), (id, rule.names)


@pytest.mark.parametrize("id", IDS)
def test_what_is_right_for_other_inputs_is_wrong_for_these(id):
    """Nothing that an item asks for is a constant, or could be recorded and sent again."""
    exercise = find(id)
    mine, other = Draw(exercise, SEED, 1), Draw(exercise, b"other inputs", 1)
    for rule, outcome in zip(exercise.comparisons, mine.outcomes(other.expected), strict=True):
        assert not outcome.passed, f"{rule.names}: anybody could know these values"


def fragile(inputs, got, expected, n):
    if not torch.equal(got["value"], expected["value"]):
        raise ZeroDivisionError
    return True, 1.0, 1.0


def broken(inputs, got, expected, n):
    raise ZeroDivisionError


def lawful(test):
    return replace(mini.AFFINE, comparisons=[Compare("value", points=3, says="The sum.", test=test)],
                   answers=Answers([Mistake(mini.mean_taken, "You average: sum.")]))


def zeros(source, inputs):
    return {"value": torch.zeros(5, dtype=torch.float64)}


def test_a_law_that_fails_on_an_answer_is_a_failed_item():
    assert judge(lawful(fragile), SEED, zeros).points == 0


def test_a_law_that_fails_on_the_right_values_is_our_fault():
    with pytest.raises(ZeroDivisionError):
        judge(lawful(broken), SEED, zeros)
