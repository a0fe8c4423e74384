"""Notebooks that are slow to read: the worst that fit the limits of size, each of another kind.

Reading, parsing and choosing what to run happen in the judge, so that each has a bound in time and memory
(docs/trust.md has the table); of what a notebook says nothing is evaluated, not even a constant.
"""

import json
import random
import time
import tracemalloc

import pytest

from grading.ingest.depend import Closure, names
from grading.ingest.notebook import MAX_BYTES, MAX_CODE, MAX_PARTS, Ungradable, parse
from grading.ingest.select import select
from grading.ingest.units import MAX_UNITS, Unit
from grading.report.winnowing import fingerprints, words
from tests.grading import mini

SECONDS, MEMORY = 20.0, 400 << 20  # of processor time, five times what a slow machine took; bytes
ANSWER = "def affine(x, w):\n    return x @ w + w.sum() + 0 * a"
SPACE = MAX_CODE - len(ANSWER) - 600  # beside the cells that every notebook has


def filled(line) -> str:
    """`line(i)` as often as fits."""
    lines, size = [], 0
    while (size := size + len(line(len(lines))) + 1) < SPACE:
        lines.append(line(len(lines)))
    return "\n".join(lines)


def spread(line) -> str:
    """As many statements as may be, each with its share of the room: `line(i, room)`."""
    most = MAX_UNITS - 20
    return "\n".join(line(i, SPACE // most - 20) for i in range(most))


def sums(i, room):
    return "+".join(f"v{j}" for j in range(room // 5))


READ = {  # these are graded, and the answer's points are those of any other notebook
    "conditional": spread(lambda i, room: f"if a: a = a{i % 7}"),
    "conditional and wide": spread(lambda i, room: "if 1: " + ";".join(f"v{j}=v{j + 1}" for j in
                                                                      range(room // 14)) + ";a=v0"),
    "users of many": spread(lambda i, room: "if 1: a=" + sums(i, room)),
    "many targets": spread(lambda i, room: "if 1: a," + ",".join(
        f"n{i}_{j}" for j in range(room // 12)) + "=a"),
    "changes": "a=[]\n" + spread(lambda i, room: "a.append(a)"[:room]),
    "functions of functions": spread(lambda i, room: f"def f{i}(): return " + "+".join(
        f"f{(i * 7 + j) % 1900}()" for j in range(room // 12))) + "\na = f0",
    "one function again": spread(lambda i, room: "if 1:\n def a(): return a()"),
    "walrus": spread(lambda i, room: "(a:=a)"),
    "a star": "from x import *\n" + spread(lambda i, room: "if 1: a=a"),
    "one long statement": "if 1:\n" + filled(lambda i: f"  a{i}=1"),
    "one wide value": "a=(" + "b," * (SPACE // 2 - 5) + ")",
    "a number in base 16": "a=0x" + "f" * (SPACE - 9),
    "a power": "a=9**9**9**9", "a text": "a='a'*4096*4096*4096", "a shift": "a=1<<(1<<60)",
    "an escaped text": "a='" + "\\x00" * (SPACE // 5) + "'",
    "lambdas": filled(lambda i: "a=" + "lambda:" * 60 + "1"),
    "comprehensions": filled(lambda i: "a=" + "[a for a in " * 18 + "a" + "]" * 18),
    "nested functions": filled(lambda i: "\n".join(" " * k + f"def f{k}():" for k in range(90)) + "\n"
                               + " " * 91 + "pass"),
    "cases": "match 1:\n" + filled(lambda i: f" case {i}: pass"),
    "decorators": "\n".join(["@a"] * (SPACE // 4)) + "\ndef f(): pass",
    "globals": "def f():\n" + filled(lambda i: f"  global a{i}"),
}
LEFT_OUT = {  # these cost their own cell
    "one long line": "a=" + "1+" * (SPACE // 2 - 5) + "1",
    "many signs": "a=" + "-" * (SPACE - 9) + "1",
    "brackets": filled(lambda i: "a=" + "[" * 90 + "]" * 90),
    "never closed": "%time a\n" + "(" * (SPACE - 20),
    "deep brackets": "a=" + "(" * (SPACE // 2 - 5) + ")" * (SPACE // 2 - 5),
    "many statements": filled(lambda i: "a"),
    "names that normalise": filled(lambda i: f"\u212a{i}=\ufb01"),
    "format strings": filled(lambda i: "a=f'{a}{a}{a}{a}{a}{a}{a}'"),
    "alternatives": "if a: pass\n" + filled(lambda i: "elif a: pass"),
    "attributes": "a" + ".a" * (SPACE // 2 - 9) + "=1", "calls": "a=a" + "()" * (SPACE // 2 - 9),
    "places": "a" + "[0]" * (SPACE // 3 - 9) + "=1",
    "a number": "a=" + "9" * (SPACE - 9),
    "shell lines": filled(lambda i: "!ls"), "prompts": filled(lambda i: ">>> a=1"),
    "joined lines": "!a\n" + "\\\n" * (SPACE // 2 - 9), "quotes": "!a\n" + "'" * (SPACE - 9),
    "blanks": "!a\n" + " " * (SPACE - 9) + "x",
}


def cost(work) -> float:
    """Processor time."""
    began = time.process_time()
    work()
    return time.process_time() - began


@pytest.mark.parametrize("kind", READ | LEFT_OUT)
def test_the_worst_notebook_that_fits_is_read_in_bounded_time(kind):
    cell = (READ | LEFT_OUT)[kind]
    data = mini.dump("a = 0", cell, ANSWER)
    found = []
    assert cost(lambda: found.append(select(parse(data), mini.EXERCISES))) < SECONDS
    assert "mini-affine" not in found[0].missing
    if kind in READ:
        assert not [w for w in found[0].warnings if "not Python" in w]


@pytest.mark.parametrize("kind", ["conditional and wide"])
def test_it_takes_bounded_memory(kind):
    data = mini.dump("a = 0", (READ | LEFT_OUT)[kind], ANSWER)
    tracemalloc.start()
    try:
        select(parse(data), mini.EXERCISES)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["conditional and wide", "lambdas"])
def test_its_likeness_to_others_is_looked_at_in_bounded_time(kind):
    source = (READ | LEFT_OUT)[kind]
    assert cost(lambda: (fingerprints(source), words(source))) < SECONDS


FILES = {
    "many parts": b'{"cells": [' + b"{}," * 1000 + b'{}], "x": [' + b"[]," * (MAX_PARTS - 2000) + b"1]}",
    "numbers": b'{"cells": [], "x": [' + b"1," * (MAX_BYTES // 2 - 30) + b"1]}",
    "a long number": b'{"cells": [], "x": ' + b"1" * (MAX_BYTES - 60) + b"}",
    "a long fraction": b'{"cells": [], "x": 0.' + b"1" * (MAX_BYTES - 60) + b"}",
    "escapes": b'{"cells": [], "x": "' + b"\\u0041" * (MAX_BYTES // 6 - 20) + b'"}',
    "blanks": b'{"cells": []' + b" " * (MAX_BYTES - 60) + b"}",
    "deep": b'{"cells": ' + b"[" * 10**6,
    "names": b'{"cells": [], ' + b'"a":1,' * (MAX_BYTES // 6 - 20) + b'"a":1}',
    "lines of a cell": json.dumps(
        {"cells": [{"cell_type": "code", "source": [""] * (MAX_BYTES // 5)}]}).encode(),
    "not utf-8": b"\xff" * (MAX_BYTES - 9), "a page": b"<html>" + b"<" * (MAX_BYTES - 9),
}


@pytest.mark.parametrize("kind", FILES)
def test_the_largest_file_is_read_or_refused_in_bounded_time(kind):
    data = FILES[kind]
    assert len(data) <= MAX_BYTES

    def read():
        try:
            select(parse(data), mini.EXERCISES)
        except Ungradable:
            pass

    assert cost(read) < SECONDS


def plainly(found: list[Unit], name: str, unit: int) -> set[int]:
    """What an answer depends on, by the rules as they are written down, without regard to time."""
    def bound(used, keep=lambda i: True):
        return [i for i, u in enumerate(found) if used in u.binds and keep(i)]

    def changes(used, start, end):
        imported = any(found[i].kind == "import" for i in bound(used))
        return [i for i in range(start + 1, end) if used in found[i].mutates
                and (not imported or "=" in found[i].source.split("(")[0] or ".set_" in found[i].source)]

    def certain(places):
        return next((i for i in reversed(places) if found[i].certain), -1)

    def below(used, start):
        end = next((i for i in bound(used) if i > start and found[i].certain), len(found))
        return changes(used, start, end) if start >= 0 else []

    chosen, new = set(), {unit, *below(name, unit), *(i for i, u in enumerate(found) if u.star)}
    while new:
        user = new.pop()
        chosen.add(user)
        needs = set()
        for used in found[user].now:
            above = bound(used, lambda i, user=user: i < user)
            start = certain(above)
            needs |= {i for i in above if i >= start} | set(changes(used, start, user))
        for used in found[user].later:
            others = bound(used, lambda i, user=user: i != user)
            own = [i for i in others if found[i].kind != "value"]
            places = own
            if not any(found[i].certain for i in own):
                near = [i for i in others if i < user or found[i].cell == found[user].cell]
                places = near or others[:1]
            last = certain(places)
            needs |= {i for i in places if i >= last} | set(own[:1]) | set(below(used, last))
        new |= needs - chosen
    return chosen


@pytest.mark.parametrize("seed", range(300))
def test_the_fast_way_chooses_what_the_rules_say(seed):
    rng = random.Random(seed)
    letters = "abcd"[:rng.randint(1, 4)]

    def some(share):
        return frozenset(v for v in letters if rng.random() < share)

    cell, found = 0, []
    for _ in range(rng.randint(1, 12)):
        cell += rng.random() < 0.5
        found.append(Unit(cell, 1, rng.choice(["x=1", "f(1)", "p.set_x(1)"]), some(0.3), rng.random() < 0.6,
                          rng.choice(["own", "import", "value", "value"]), some(0.15), some(0.2), some(0.3),
                          rng.random() < 0.03))
    index = names(found)
    for unit in range(len(found)):
        for name in letters:
            assert Closure(found, index).of(name, unit) == plainly(found, name, unit)
