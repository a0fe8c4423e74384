"""What runs is what the answers depend on, in the notebook's order, and nothing else."""

import pytest

from grading.ingest.notebook import parse
from grading.ingest.select import select
from tests.grading import mini


def chosen(*cells: str, setup=("import torch\nfrom torch import nn",)) -> list[str]:
    """First lines of what is run."""
    found = select(parse(mini.dump(*cells, setup=setup)), mini.EXERCISES)
    return [piece.source.split("\n")[0] for piece in found.pieces]


AFFINE = "def affine(x, w):\n    return {}"


def test_checks_training_and_display_are_skipped():
    found = select(parse(mini.honest(
        "model = Scale()\nfor step in range(10**9):\n    model(torch.ones(3))",
        "import matplotlib.pyplot as plt", "plt.plot([1, 2])\nplt.show()",
        "while True: pass")), mini.EXERCISES)
    assert [p.source.split("\n")[0] for p in found.pieces] == [
        "from torch import nn", "def affine(x, w):", "class Scale(nn.Module):"]
    assert not found.missing and not found.warnings


def test_lines_beside_an_answer_do_not_run():
    cell = "print(1)\n" + AFFINE.format("x @ w") + "\nwhile True: pass\nprint(affine(1, 2))"
    assert chosen(cell) == ["def affine(x, w):"]


@pytest.mark.parametrize(("cells", "expected"), [
    (["eps = 1e-8", AFFINE.format("x * eps")], ["eps = 1e-8", "def affine(x, w):"]),
    ([AFFINE.format("helper(x)"), "def helper(x): return more(x)", "def more(x): return x"],
     ["def affine(x, w):", "def helper(x): return more(x)", "def more(x): return x"]),
    (["a = 1", "b = a + 1", "c = 2", AFFINE.format("b")], ["a = 1", "b = a + 1", "def affine(x, w):"]),
    (["table = {}", "table['k'] = 2", "other = {}", AFFINE.format("table['k']")],
     ["table = {}", "table['k'] = 2", "def affine(x, w):"]),
    (["names = []", "names.append(3)", AFFINE.format("names[0]")],
     ["names = []", "names.append(3)", "def affine(x, w):"]),
    (["n = 1", "n += 1", AFFINE.format("n")], ["n = 1", "n += 1", "def affine(x, w):"]),
    (["def affine(x, w):\n    return x", "affine.scale = 3"], ["def affine(x, w):", "affine.scale = 3"]),
    (["k = 3", "@decorate(k)\n" + AFFINE.format("x"), "def decorate(k): return lambda f: f"],
     ["k = 3", "@decorate(k)"]),
    (["default = 2", "def affine(x, w=default):\n    return x"],
     ["default = 2", "def affine(x, w=default):"]),
    (["a, (b, *c) = 1, (2, 3)", AFFINE.format("c")], ["a, (b, *c) = 1, (2, 3)", "def affine(x, w):"]),
    (["import a.b.c", AFFINE.format("a.b.c.f(x)")], ["import a.b.c", "def affine(x, w):"]),
    (["from math import *", AFFINE.format("sqrt(x)")], ["from math import *", "def affine(x, w):"]),
    (["xs = [1]", "y = [x for x in xs]", AFFINE.format("y")],
     ["xs = [1]", "y = [x for x in xs]", "def affine(x, w):"]),
])
def test_dependencies(cells, expected):
    assert chosen(*cells) == expected


def test_local_names_pull_nothing_in():
    assert chosen("x = expensive()", "w = expensive()", "y = expensive()",
                  "def affine(x, w):\n    y = x\n    return [z for z in (y, w)]", "z = expensive()") == [
        "def affine(x, w):"]


def test_the_value_that_counts_stands_above():
    assert chosen("k = 1", "k = 2", AFFINE.format("k"), "k = train()") == ["k = 2", "def affine(x, w):"]


def test_a_number_does_not_take_a_helpers_place():
    assert chosen("def kl(x): return x", AFFINE.format("kl(x)"), "kl = history['kl']") == [
        "def kl(x): return x", "def affine(x, w):"]


def test_alternatives_are_all_kept():
    either = "try:\n    import fast as k\nexcept ImportError:\n    k = 1"
    assert chosen("k = 0", either, AFFINE.format("k")) == ["k = 0", "try:", "def affine(x, w):"]


def test_the_last_definition_counts_with_a_warning():
    found = select(parse(mini.dump(AFFINE.format("1"), AFFINE.format("2"))), mini.EXERCISES)
    assert [p.source for p in found.pieces if p.answers] == [AFFINE.format("2")]
    assert any("the last one counts" in w for w in found.warnings)


@pytest.mark.parametrize("later", ["affine = affine(1, 2)", "affine = 3", "from elsewhere import affine"])
def test_a_later_value_or_import_of_the_same_name_is_not_the_answer(later):
    found = select(parse(mini.dump(AFFINE.format("x"), later)), mini.EXERCISES)
    assert [p.source for p in found.pieces if p.answers] == [AFFINE.format("x")]


@pytest.mark.parametrize("definition", ["affine = lambda x, w: x",
                                        "def other(x, w): return x\naffine = other",
                                        "from functools import partial\naffine = partial(max, 1)",
                                        "if True:\n    def affine(x, w): return x", "affine = 3"])
def test_answers_in_other_forms_are_found(definition):
    found = select(parse(mini.dump(definition)), mini.EXERCISES)
    assert "mini-affine" not in found.missing and any("mini-affine" in p.answers for p in found.pieces)


def test_another_exercises_cell_counts_only_without_one_of_its_own():
    own, other = mini.AFFINE_CELL, mini.SCALE_CELL + "\n" + AFFINE.format("0")
    found = select(parse(mini.dump(own, other)), mini.EXERCISES)
    assert next(p.source for p in found.pieces if "mini-affine" in p.answers) in own
    assert not select(parse(mini.dump(other)), mini.EXERCISES).missing


def test_line_numbers_are_those_of_the_cell():
    found = select(parse(mini.dump("\n\n%time\n# Exercise mini-affine\n@property\ndef affine(x, w): pass")),
                   mini.EXERCISES)
    piece = next(p for p in found.pieces if p.answers)
    assert (piece.cell, piece.line, piece.source.split("\n")[0]) == (4, 5, "@property")


def test_statements_on_one_line_are_taken_apart():
    assert chosen("é = 1; k = 2; boom()", AFFINE.format("k")) == ["k = 2", "def affine(x, w):"]
