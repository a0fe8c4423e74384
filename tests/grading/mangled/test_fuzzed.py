"""Thousands of mutated notebooks: no traceback, every readable answer marked, a sentence for the rest."""

import json
import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading.ingest.notebook import Ungradable, parse
from grading.ingest.select import Selection, select
from tests.grading import mini
from tests.grading.mangled.corpus import answered, corpus, goods, intact, read, violated
from tests.grading.mangled.mutations import LEVELS, mutate

SEED, PARTS, EACH = 20_26, 7, 300
MARKED = 36  # of the corpus, from beginning to end


@pytest.mark.parametrize("part", range(PARTS))
def test_every_readable_answer_is_selected_and_the_rest_is_a_sentence(part):
    tally = Counter()
    for number, (good, level, data) in enumerate(corpus(EACH, SEED + part)):
        found = read(good, data)
        assert not violated(good, data, found), f"corpus({EACH}, {SEED + part}), number {number}"
        left = intact(good, data)
        tally[level, isinstance(found, Selection)] += 1
        tally["intact"] += len(left)
        tally["whole"] += sum(left.values())
    assert all(tally[level, True] > EACH / 20 for level in LEVELS)  # else these would be empty promises
    assert tally["bytes", False] > EACH / 20 and tally["intact"] > EACH and tally["whole"] > EACH / 2


def test_the_corpus_is_the_same_every_time_and_has_no_notebook_twice():
    once, again = ([data for _, _, data in corpus(200, SEED)] for _ in range(2))
    assert once == again and len(set(once)) > 190
    assert once != [data for _, _, data in corpus(200, SEED + 1)]


@pytest.mark.parametrize("good", goods(), ids=lambda good: good.name)
def test_broken_promises_are_noticed(good):
    found = read(good, good.data)
    assert not violated(good, good.data, found) and all(intact(good, good.data).values())
    first, last = good.exercises[0].id, good.exercises[-1].id
    says = "It was not found, so define it."
    lost = replace(found, missing={last: says},
                   pieces=tuple(p for p in found.pieces if last not in p.answers))
    other = replace(found, pieces=tuple(replace(p, source="pass") if first in p.answers else p
                                        for p in found.pieces))
    for broken in ("It is readable, but it is refused.", lost, other, replace(found, missing={first: says}),
                   replace(found, pieces=()), replace(found, warnings=("oops",))):
        assert violated(good, good.data, broken)
    assert violated(good, b"{", "KeyError") and not violated(good, b"{", "It is not JSON: save it again.")


def test_untouched_answers_keep_their_points(graded):
    """From beginning to end, for notebooks of the small lesson in which some answer is still whole."""
    chosen = [(data, intact(good, data)) for good, level, data in corpus(400, SEED) if good.name == "mini"]
    chosen = [(data, left) for data, left in chosen if any(left.values())]
    for data, left in random.Random(SEED).sample(chosen, MARKED):
        record = graded(data, statement=2, statements=10)
        assert record["status"] == "graded", record["message"]
        for verdict in record["exercises"]:
            if left.get(verdict["id"]):
                assert verdict["points"] == verdict["out_of"], (verdict, record["warnings"], data)


def test_spoiled_notebooks_get_a_record_whatever_they_hold(graded):
    """Also where no answer is whole: a mark or a sentence, and never a fault of the grader."""
    chosen = [data for good, level, data in corpus(400, SEED + 1)
              if good.name == "mini" and not any(intact(good, data).values())]
    for data in random.Random(SEED).sample(chosen, MARKED // 2):
        record = graded(data, statement=2, statements=10)
        assert record["status"] in ("graded", "ungradable") and "fault" not in record
        assert record["status"] == "graded" or record["message"].endswith(".")
        assert all(0 <= v["points"] <= v["out_of"] for v in record["exercises"])


KEYS = ["cells", "source", "input", "cell_type", "outputs", "metadata", "worksheets", "content", "nbformat"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("code"),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=4), max_leaves=12)


@given(VALUES)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_json_is_read_or_refused_with_a_sentence(value):
    try:
        notebook = parse(json.dumps(value).encode())
    except Ungradable as error:
        assert str(error).endswith(".")
    else:
        assert len(select(notebook, mini.EXERCISES).missing) == 2


@given(st.lists(st.tuples(st.integers(0, 9), VALUES), max_size=4), VALUES, VALUES, VALUES)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_no_json_around_the_answers_takes_them_away(strangers, metadata, outputs, other):
    good = goods()[0]
    notebook = json.loads(good.data)
    for cell in notebook["cells"]:
        cell.update(metadata=metadata, outputs=outputs, id=other, attachments=other)
    for place, stranger in strangers:
        notebook["cells"].insert(place, stranger)
    notebook |= {"metadata": metadata, "nbformat": other, "nbformat_minor": other, "worksheets": outputs}
    found = select(parse(json.dumps(notebook).encode()), good.exercises)
    assert answered(found) == good.pieces and not found.missing


@pytest.mark.parametrize("level", LEVELS)
def test_mutations_of_mutations_are_read_too(level):
    """Ten on top of each other: hardly anything is left, and still nothing but a sentence comes of it."""
    for number in range(25):
        draw, data = random.Random(number), goods()[0].data
        for _ in range(10):
            try:
                data = mutate(data, level, draw)
            except (ValueError, KeyError, IndexError, TypeError, AttributeError):
                break  # too far gone to be mutated at this level
        assert not violated(goods()[0], data, read(goods()[0], data))
