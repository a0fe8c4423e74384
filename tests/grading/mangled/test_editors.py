"""Notebooks as real editors, exporters and disks leave them, and inputs that once found a defect."""

import ast
import json
import sys

import jupytext
import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from grading.ingest.magics import parse as parse_cell
from grading.ingest.match import find_lesson, marker
from grading.ingest.notebook import parse
from grading.ingest.select import select
from tests.grading import mini

CELLS = (mini.AFFINE_CELL, mini.CHECKS[0], mini.SCALE_CELL, mini.CHECKS[1])


def notebook(change=lambda cell: None, **more) -> bytes:
    made = mini.notebook(*CELLS) | more
    for cell in made["cells"]:
        change(cell)
    return json.dumps(made).encode()


def prefixed(line: str, **metadata):
    def change(cell: dict) -> None:
        cell["metadata"] = metadata
        if cell["cell_type"] == "code":
            cell["source"] = f"{line}\n{cell['source']}"
    return change


EDITORS = {
    "Colab": notebook(lambda c: c.update(metadata={"id": "aB3", "cellView": "form", "outputId": "x",
                                                   "colab": {"base_uri": "https://localhost:8080/"}}),
                      metadata={"colab": {"provenance": [], "gpuType": "T4"}, "accelerator": "GPU"}),
    "Colab's forms": notebook(prefixed("#@title An answer { display-mode: \"form\" }", cellView="form")),
    "VS Code": notebook(lambda c: c.update(metadata={"vscode": {"languageId": "python"}}, id="#W0sZmlsZQ=="),
                        metadata={"language_info": {"name": "python"}, "orig_nbformat": 4}),
    "PyCharm": notebook(prefixed("#%%", pycharm={"name": "#%%\n", "is_executing": False})),
    "Kaggle": notebook(lambda c: c.update(metadata={"_uuid": "8f2839f", "_kg_hide-input": True}),
                       metadata={"kaggle": {"accelerator": "gpu", "dataSources": []}}),
    "Deepnote": notebook(lambda c: c.update(metadata={"cell_id": "a1", "deepnote_cell_type": c["cell_type"]},
                                            block_group="g", content_hash="h"), deepnote={"version": 1}),
    "Databricks": notebook(lambda c: c.update(metadata={"application/vnd.databricks.v1+cell": {}})),
    "jupytext": notebook(lambda c: c.update(metadata={"lines_to_next_cell": 2}), metadata={
        "jupytext": {"formats": "ipynb,py:percent", "text_representation": {"extension": ".py"}}}),
    "capitals": notebook(lambda c: c.update(cell_type=c["cell_type"].title())),
    "widgets": notebook(metadata={"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}}}),
    "attachments": notebook(lambda c: c.update(attachments={"a.png": {"image/png": "iVBORw0KGgo="}})),
    "errors": notebook(lambda c: c.update(outputs=[{"output_type": "error", "traceback": ["\x1b[0;31mx"]}])),
    "server": json.dumps({"name": "10_vae.ipynb", "type": "notebook", "format": "json",
                          "content": json.loads(notebook())}).encode(),
    "nbformat 3": nbformat.writes(nbformat.reads(notebook(nbformat_minor=4), 3), 3).encode(),
    "round trip": jupytext.writes(jupytext.reads(
        jupytext.writes(nbformat.reads(notebook(nbformat_minor=4), 4), fmt="py:percent"), fmt="py:percent"),
        fmt="ipynb").encode(),
    "indented": json.dumps(json.loads(notebook()), indent=4).replace("\n", "\r\n").encode(),
    "UTF-16": notebook().decode().encode("utf-16"), "UTF-32": notebook().decode().encode("utf-32"),
    "UTF-16 without a mark": notebook().decode().encode("utf-16-le"),
    "two marks": b"\xef\xbb\xbf" * 2 + notebook(), "zeros at the end": notebook() + bytes(512),
    "another end": notebook() + b"\n}\n", "line feeds in strings": notebook().replace(b"\\n", b"\n"),
}


@pytest.mark.parametrize("editor", EDITORS)
def test_what_editors_leave_is_read_whole(mini_lesson, editor):
    found = parse(EDITORS[editor])
    chosen = select(found, mini.EXERCISES)
    answers = {id: piece.source for piece in chosen.pieces for id in piece.answers}
    assert answers == {"mini-affine": mini.AFFINE_CELL.split("\n", 1)[1],
                       "mini-scale": mini.SCALE_CELL.split("\n", 1)[1]}
    assert find_lesson(found) is mini_lesson
    marks = [marker(cell.source) for cell in found.code]
    assert [mark for mark in marks if mark] == ["mini-affine", "mini-scale"]
    assert chosen.warnings == (("The file goes on after the end of the notebook; that part was left out.",)
                               if editor == "another end" else ())


def test_bytes_that_are_not_utf8_are_replaced_with_a_warning():
    found = parse(mini.dump("a = 'é'").replace(b"\\u00e9", b"\xe9"))
    assert found.warnings == ("The file is not valid UTF-8; unreadable characters were replaced.",)
    assert found.code[-1].source == "a = '\N{REPLACEMENT CHARACTER}'"


@pytest.mark.parametrize(("source", "text"), [
    (None, ""), (["a\n", "b"], "a\nb"), (["a", None, 3, "b"], "ab"), (3, ""), ({"a": 1}, ""),
    ("a\r\nb", "a\nb"),
    ("\ud800", "?")])
def test_sources_of_any_kind(source, text):
    data = json.dumps({"cells": [{"cell_type": "code", "source": source}, None, 3, {}]}).encode()
    assert [cell.source for cell in parse(data).code] == [text]


def calls(work, *arguments) -> int:
    """How many calls of Python's and of C's functions it makes: work, whatever else the machine is doing."""
    count = 0

    def tell(*_) -> None:
        nonlocal count
        count += 1

    sys.setprofile(tell)
    try:
        work(*arguments)
    finally:
        sys.setprofile(None)
    return count


def reading(cells: list[str]) -> int:
    data = mini.dump(*cells, mini.AFFINE_CELL)
    return calls(lambda: (find_lesson(parse(data)), select(parse(data), mini.EXERCISES)))


@pytest.mark.parametrize("cell", [
    "x = 1", "def f(x):\n    return g(x)", "!pip install x", "%%bash\nls", "for for", "affine = 3",
    "# Exercise mini-scale", "%time x = f(1)", "'''\n!ls\n'''\n!ls", "k.append(k)", "import k\nk.set_x(1)"])
def test_twice_as_many_cells_are_twice_the_work(cell):
    once, twice = reading([cell] * 100), reading([cell] * 200)
    assert twice < 2.2 * once


@pytest.mark.parametrize("line", ["!ls\n", "x = !ls\n", "torch?\n", "%x\n", "x = (1,\n2)\n!ls\n",
                                  '"""\n%a\n"""\n?x\n'])
def test_twice_as_long_a_cell_is_twice_the_work(line):
    """IPython's own reader begins anew at each of these lines: two hundred of them took a minute."""
    once, twice = (calls(parse_cell, line * count + "x = 1\n") for count in (200, 400))
    assert twice < 2.2 * once


@pytest.mark.parametrize("cell", [
    "\n" * 200_000 + "x", " \n" * 100_000 + "!x", "a" + ".b" * 100_000 + "\n!x", " " * 200_000 + "\n!x",
    "lesson" + " " * 200_000, "#" * 200_000, "# Exercise" + " " * 200_000, "x" + " " * 200_000 + "!",
    "x = " + "'" * 200_001 + "\n!x", '"' * 200_000 + "\n!x", "\\" * 200_000 + "\n!x", "%time " * 33_000,
    "def affine" * 20_000, "%%time\n" * 2000])
def test_no_expression_reads_a_long_cell_again_and_again(cell):
    """Nearly as much of anything as is read at all; where the reader is quadratic, this does not end within hours."""
    assert "mini-affine" not in select(parse(mini.dump(cell, mini.AFFINE_CELL)), mini.EXERCISES).missing
    find_lesson(parse(mini.dump(cell, setup=())))


MAGIC_CELLS = [
    "%matplotlib inline\nx = 1", "!ls\ny = [\n1,\n2]", "if x:\n    !ls\n    y = 2", "a = !ls\nb = a",
    "?x\nx = 1", "x = '''\n!ls\n'''\n!ls", "f(1,\n  2)\n%time y = f(3)", ">>> x = 1\n>>> y = 2",
    "In [3]: def f(x):\n   ...:     return x", "  x = 1\n  y = 2", "x = 7\\\n % 3\n!ls", "!a \\\n b\nx = 1",
    "# note\n!ls\nx = 1", "for i in y:\n    %time i\nelse:\n    z = 1", "x = {'a': 1}  # don't (\n!ls",
    "s = \"it's\"\n!echo it's\nt = 1", "def f():\n    'doc'\n    !ls\n    return 1"]


@pytest.mark.parametrize("source", MAGIC_CELLS)
def test_python_around_magics_is_what_ipython_makes_of_it(source):
    """Statement by statement, but for those that call IPython."""
    class Without(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            node = self.generic_visit(node)
            magic = isinstance(node, ast.Pass) or "get_ipython()" in ast.unparse(node)
            return ast.Pass() if isinstance(node, ast.Expr | ast.Assign | ast.Pass) and magic else node

    ours = parse_cell(source)[1]
    theirs = ast.parse(TransformerManager().transform_cell(source.replace("%time ", "")))
    for tree in (ours, theirs):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and ast.unparse(node.value) == "None":
                node.value = ast.parse("get_ipython()").body[0].value
    assert ast.dump(Without().visit(ours)) == ast.dump(Without().visit(theirs))
