"""A worker returns what answers return, whatever they do beside it, and is not waited for too long."""

import os
import time
from dataclasses import replace

import pytest
import torch

from grading.checks.exercise import Failure
from grading.checks.runner import AFTER
from grading.ingest.notebook import parse
from grading.ingest.select import select
from grading.sandbox import frames, start
from grading.sandbox.client import GraderFault, Limits, NoAnswer, Session
from grading.sandbox.frames import HEAD, MAGIC, Frame
from grading.sandbox.start import Connection
from tests.grading import mini

PROBE = "def probe(answer, x):\n    return dict(value=answer(x))\n"
X = torch.arange(4.0)
QUICK = Limits(statement=1.5, statements=20, probe=1.5, total=60)

# name: (body of the answer, the kind of failure, or the value)
ANSWERS = {
    "right": ("return 2 * x", 2 * X),
    "loops": ("while True: pass", "timeout"),
    "stubborn": ("while True:\n        try: time.sleep(9)\n        except BaseException: pass",
                 "timeout"),
    "exits": ("os._exit(0)", "died"),
    "leaves": ("sys.exit(0)", "died"),
    "crashes": ("os.kill(os.getpid(), 11)", "died"),
    "raises": ("raise ValueError('no')", "raised"),
    "fails_to_say": ("raise Silent()", "raised"),
    "stub": ("raise NotImplementedError('mini-stub')", "not started"),
    "nothing": ("pass", None),
    "text": ("return 'right'", "right"),
    "a_list": ("return [1, 2]", "malformed"),
    "complex_numbers": ("return x.to(torch.complex64)", "malformed"),
    "huge": ("return torch.zeros(1).expand(3 * 10**7)", "malformed"),
    "too_much_memory": ("return bytearray(50 << 30)", "raised"),
    "too_deep": ("return too_deep(x)", "raised"),
    "counts": ("global n\n    n += 1\n    return n", 1),
    "changes": ("x.zero_(); return x + 1", torch.ones(4)),
    "prints": ("print('x' * 10**7); os.write(1, b'y' * 1000); return x", X),
    "threads": ("threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); return x", X),
    "writes_everywhere": ("for fd in range(3, 60):\n        try: os.write(fd, b'junk')\n"
                          "        except OSError: pass\n    return x", "malformed"),
    "closes_everything": ("os.closerange(3, 60); return x", "died"),
    "subclass": ("return x.as_subclass(Liar)", X),
    "patches": ("torch.equal = torch.allclose = lambda *a, **k: True; return x + 1", X + 1),
}
SETUP = """import os, sys, threading, time, torch
n = 0
class Silent(Exception):
    def __str__(self): raise RuntimeError
class Liar(torch.Tensor):
    def __eq__(self, other): return True"""


def exercise(name: str, defines: str = ""):
    return replace(mini.AFFINE, id=f"mini-{name}", defines=defines or f"{name}(x)")


def session(cells, exercises, limits=QUICK, **options) -> Session:
    return Session(select(parse(mini.dump(*cells, setup=())), exercises), seed=1, limits=limits, **options)


def outcome(room: Session, name: str, source: str = PROBE):
    """What a probe returns (without the final states of its inputs), or why nothing was left to probe."""
    try:
        found = room.probe(name if not isinstance(name, str) else exercise(name), 7, source, {"x": X})
    except NoAnswer as nothing:
        return nothing.failure
    if isinstance(found, Failure):
        return found
    return {k: v for k, v in found.items() if not k.startswith(AFTER)}


@pytest.fixture(scope="module")
def everybody():
    start.connect().close()  # the zygote is there before any clock runs
    cells = [SETUP, *(f"def {name}(x):\n    {body}" for name, (body, _) in ANSWERS.items())]
    with session(cells, [exercise(name) for name in ANSWERS], Limits(probe=1.5)) as room:
        yield room


@pytest.mark.parametrize("name", ANSWERS)
def test_answers(everybody, name):
    expected = ANSWERS[name][1]
    for _ in range(1 if expected == "timeout" else 2):  # the second call meets a fresh copy of everything
        began = time.monotonic()
        result = everybody.probe(exercise(name), 7, PROBE, {"x": X})
        assert time.monotonic() - began < 20
        if isinstance(result, Failure):
            assert result.kind == expected, result
        elif isinstance(expected, torch.Tensor):
            assert type(result["value"]) is torch.Tensor and torch.equal(result["value"], expected)
        else:
            assert {k: v for k, v in result.items() if not k.startswith(AFTER)} == {"value": expected}


def test_failures_carry_the_line_and_the_error(everybody):
    failure = everybody.probe(exercise("raises"), 7, PROBE, {"x": X})
    assert (failure.exception, failure.message, failure.line) == ("ValueError", "no", 2)


def test_the_same_seed_gives_the_same_random_numbers(everybody):
    source = "def probe(answer, x):\n    return dict(value=torch.rand(3))\n"
    a, b, c = (everybody.probe(exercise("right"), seed, source, {"x": X})["value"] for seed in (1, 1, 2))
    assert torch.equal(a, b) and not torch.equal(a, c)


WORLD = '''
import builtins, os, sys, threading
from grading import check, use
import grading
def world(x):
    try:
        import grading.checks.judge
        inside = "judge"
    except ImportError:
        inside = "nothing"
    same = use("mini-world", world) is world
    return " ".join(map(str, (check("mini-world", world).passed, same, inside, os.environ["GENLAB_PROFILE"],
        torch.get_num_threads(), repr(input("?")), __name__, sorted(os.environ), sys.argv, os.getcwd(),
        get_ipython() is not None, threading.active_count())))
import torch
'''


def test_the_world_of_a_worker(monkeypatch):
    monkeypatch.setenv("MARKS_PASSWORD", "swordfish")
    with session([WORLD], [exercise("world")]) as room:
        text = room.probe(exercise("world"), 7, PROBE, {"x": X})["value"]
        assert text.startswith("None True nothing stub 1 '' __main__ [") and text.endswith("True 1")
        assert "MARKS" not in text and "swordfish" not in text
        assert text.split(" True 1")[0].split(" ")[-1] == "/scratch"


def test_statements_that_hang_or_kill_cost_only_what_needs_them():
    cells = ["import os, time",
             "def wait():\n    while True:\n        try: time.sleep(100)\n        except BaseException: pass",
             "a = wait()", "b = os._exit(3)", "c = 1 / 0", "d = 4", "while True: pass",
             "def needs_a(x): return a", "def needs_b(x): return b", "def needs_c(x): return c",
             "def needs_d(x): return d", "slow = [time.sleep(100)]", "def needs_slow(x): return slow"]
    names = ["needs_a", "needs_b", "needs_c", "needs_d", "needs_slow"]
    with session(cells, [exercise(n) for n in names]) as room:
        results = [outcome(room, n) for n in names]
        kinds = {(cell, line): f.kind for (cell, line), f in room.faults.items()}
    assert kinds == {(4, 1): "timeout", (5, 1): "died", (6, 1): "raised", (13, 1): "timeout"}
    assert results.pop(3) == {"value": 4}
    assert [r.exception for r in results] == ["NameError"] * 4


def test_an_answer_whose_definition_fails_is_missing_for_that_reason():
    cells = ["@undefined\ndef one(x): return x", "def two(x): return x\ndel two"]
    with session(cells, [exercise("one"), exercise("two"), exercise("three")]) as room:
        one, two, three = (outcome(room, name) for name in ("one", "two", "three"))
        assert (one.kind, one.exception, one.line) == ("raised", "NameError", 1)
        assert three.kind == "missing" and torch.equal(two["value"], X)


def test_answers_of_the_wrong_kind():
    cells = ["number = 3", "def function(x): return x", "class kind: pass",
             "from genlab.random import randn as ours", "def renamed(x): return x"]
    wanted = {("number", "number(x)"): "should be a function, not int", ("kind", "kind(x)"): "be a function",
              ("function", "class function"): "should be a class", ("ours", "ours(x)"): "genlab's own",
              ("rename", "rename(x)"): "did you mean"}
    exercises = {says: exercise(name, defines) for (name, defines), says in wanted.items()}
    with session(cells, list(exercises.values())) as room:
        for says, each in exercises.items():
            failure = outcome(room, each)
            assert says in failure.message and failure.kind in ("wrong type", "missing")


def scripted(*chunks: bytes, hold: bool = False):
    """A connection to a worker that says just this, and then hangs up, or stays silent."""
    def connect() -> Connection:
        source, ours = os.pipe()
        theirs, sink = os.pipe()
        os.set_blocking(sink, False)
        os.write(ours, b"".join(chunks))
        rest = [theirs, *([ours] if hold else [])]
        if not hold:
            os.close(ours)

        def close():
            for fd in (source, sink, *rest):
                os.close(fd)

        return Connection(source, sink, close)

    return connect


def said(kind: str, **fields) -> bytes:
    return frames.encode(Frame(kind, fields))


READY, RAN = said("ready"), said("ran", faults=[], answers=["mini-right"])


@pytest.mark.parametrize(("chunks", "kind"), [
    ([READY], "died"), ([READY, b"junk" * 100], "malformed"), ([READY, said("nonsense")], "malformed"),
    ([READY, said("ran")], "malformed"), ([READY, said("ran", faults=[3], answers=[])], "malformed"),
    ([READY, said("ran", faults=[[1, 1, {"kind": "raised", "message": 3}]], answers=["mini-right"])], "died"),
    ([READY, said("ran", faults=[[1, 1, {"kind": ["raised"]}]], answers=[])], "malformed"),
    ([READY, said("piece", number=99)], "malformed"), ([READY, said("piece", number="0")], "malformed"),
    ([READY, RAN], "died"), ([READY, RAN, b"x" * 20], "malformed"),
    ([READY, RAN, said("values", number=2)], "malformed"),
    ([READY, RAN, said("verdict", number=1)], "malformed"),
    ([READY, RAN, said("failure", number=1)], "malformed"),
    ([READY, RAN, said("failure", number=1, failure={"kind": "passed"})], "malformed"),
    ([READY, RAN, HEAD.pack(MAGIC, 2**31, 0)], "malformed"), ([READY, said("piece", number=0)], "malformed"),
])
def test_a_worker_that_lies_gets_a_failure(chunks, kind):
    room = session(["def right(x): return x"], [exercise("right")], connect=scripted(*chunks))
    with room:
        result = outcome(room, "right")
    assert isinstance(result, Failure) and result.kind == kind, result


def test_a_worker_tells_only_of_what_it_was_given():
    """Faults of statements that it was not sent, and names that nobody can have called, are not heard."""
    faults = [[2, 1, {"kind": "raised", "message": "x", "exception": "E"}], [10**100, -1, {"kind": "raised"}]]
    called = [["genlab"], {}, 3, None, "genlab.nothing"]
    chunks = [READY, said("piece", number=0), said("ran", faults=faults, answers=["mini-right"]),
              said("failure", number=1, called=called, failure={"kind": "timeout"})]
    with session(["def right(x): return x"], [exercise("right")], connect=scripted(*chunks)) as room:
        assert outcome(room, "right").kind == "timeout"
        assert set(room.faults) == {(2, 1)} and room.flags == []


@pytest.mark.parametrize("numbers", [[0, 0], [1], [0, 2], [True], [0.0], [0, 1, 2]])
def test_a_worker_announces_each_statement_once_and_in_order(numbers):
    chunks = [READY, *(said("piece", number=n) for n in numbers), RAN]
    with session(["n = 1", "def right(x): return n"], [exercise("right")], connect=scripted(*chunks)) as room:
        assert outcome(room, "right").kind == "malformed"


@pytest.mark.parametrize("chunks", [[READY], [READY, RAN], [READY, RAN, MAGIC]])
def test_a_silent_worker_is_not_waited_for(chunks):
    limits = Limits(statement=0.2, statements=0.5, probe=0.2, total=2, grace=0.1, restarts=1)
    began = time.monotonic()
    silent = scripted(*chunks, hold=True)
    with session(["def right(x): return x"], [exercise("right")], limits, connect=silent) as room:
        assert outcome(room, "right").kind == "timeout"
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("connect", [scripted(), scripted(b"junk" * 10), scripted(RAN), scripted(hold=True)])
def test_a_worker_that_cannot_start_is_the_graders_fault(connect):
    with session(["def right(x): return x"], [exercise("right")], Limits(start=0.2), connect=connect) as room:
        with pytest.raises(GraderFault):
            outcome(room, "right")


def test_the_total_budget_is_kept():
    with session([SETUP, "def loops(x):\n    while True: pass", "def right(x): return x"],
                 [exercise("loops"), exercise("right")], Limits(probe=0.5, total=5)) as room:
        began = time.monotonic()
        kinds = [outcome(room, "loops").kind for _ in range(60)]  # without the total 50 s and more
        assert set(kinds) == {"timeout"} and time.monotonic() - began < 25
        assert outcome(room, "right").kind == "timeout"
