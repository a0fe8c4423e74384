"""Rule 7: nothing controlled by a student is unpickled, evaluated, formatted into code, used as a path, or
shown unescaped."""

import ast
import json

import pytest

from grading.report.feedback import render
from grading.report.store import file_name
from grading.sandbox import frames
from tests.grading import mini
from tests.grading.conftest import points
from tests.grading.rules.conftest import judge_files

NEVER = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
CALLS = {"eval", "exec", "compile", "__import__"}
# the probe, which is ours; a mutant and a lesson, which are ours too
OURS = {("runner.py", "exec"), ("runner.py", "compile"), ("mutants.py", "exec"), ("mutants.py", "compile"),
        ("solutions.py", "exec"), ("solutions.py", "compile"),
        ("gradescope.py", "yaml.load")}  # with a loader that makes plain data alone: tested with its reader


@pytest.mark.parametrize("path", judge_files(), ids=lambda p: p.name)
def test_the_judge_neither_unpickles_nor_evaluates(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    assert not imported & NEVER
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", "")
        assert name not in CALLS or (path.name, name) in OURS, f"line {node.lineno}: {name}"
        text = ast.unparse(node.func)
        assert text not in ("torch.load", "yaml.load", "numpy.load", "np.load") or (path.name, text) in OURS


def test_a_pickle_in_a_frame_is_not_opened(boxed):
    """An answer whose class would run code when it is unpickled; a frame that is a pickle."""
    cell = ("class Bomb(torch.Tensor):\n    def __reduce__(self):\n        return (print, ('boom',))\n"
            "def affine(x, w):\n    return (x @ w + w.sum()).as_subclass(Bomb)")
    assert points(boxed(cell, mini.SCALE_CELL)) == [3, 2]
    import pickle

    with pytest.raises(frames.Malformed):
        frames.decode(pickle.dumps({"kind": "values"}), b"")
    with pytest.raises(frames.Malformed):
        frames.decode(json.dumps({"kind": "values", "fields": {}, "plain": {}, "tensors": ["a"]}).encode(),
                      pickle.dumps({"a": 1}))


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", ".", "", "a/b", "a\\b", "C:\\x",
                                  "\x00", "\u202efdp", "=1+1", "x" * 500, "CON", "{{7*7}}"])
def test_a_name_is_never_a_path(name, tmp_path):
    safe = file_name(name)
    assert safe and "/" not in safe and "\\" not in safe and not safe.startswith(".") and len(safe) < 100
    assert (tmp_path / f"{safe}.json").resolve().parent == tmp_path.resolve()


def test_nothing_is_shown_unescaped(boxed):
    script = "<script>alert(1)</script>"
    record = boxed(f"def affine(x, w):\n    raise ValueError({script!r})",
                   f"class Scale(nn.Module):\n    pass\nraise RuntimeError({script!r})")
    page = render(record | {"student": script, "file": script, "message": script, "warnings": [script]})
    assert script not in page and "&lt;script&gt;" in page


def test_a_statement_is_a_value_on_its_way_not_a_piece_of_ours(boxed):
    """Quotes, braces and newlines in a student's text do not end up in a program of the grader's."""
    cell = mini.AFFINE_CELL + '\n    """\n    }}\'\'\' %s {0} \\\n    """'
    assert points(boxed(cell, mini.SCALE_CELL)) == [3, 2]
