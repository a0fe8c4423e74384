"""The builder, tried on a lesson of a few cells."""

import base64
import json
import re
import time
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from grading.build import check as build_check
from grading.build import outputs as build_outputs
from grading.build.command import _deeds, build, build_lesson
from grading.build.source import BuildError, dumps, read_script, stub, student_notebook
from grading.build.told import stale, tell_anew
from grading.checks.verdict import retold
from tests.chosen import ROOT

LESSON = '''\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # A lesson
#
# The formula is $a + b$.

# %% tags=["parameters"]
import os
profile = os.environ.get("GENLAB_PROFILE", "cpu")
print("profile", profile)

# %%
class Verdict(str):
    __repr__ = str.__str__

def check(id, answer):
    """As in grading: never raises, and its text is the verdict."""
    try:
        value = answer(2, 3) if callable(answer) else answer
    except NotImplementedError:
        value = None
    full = "2/2" if callable(answer) else "0/0"
    return Verdict(f"○ {id}  0/2" if value is None else f"✔ {id}  {full}")

# %%
# Exercise toy-add
def add(a, b):
    """The sum."""
    ### BEGIN SOLUTION
    total = sum([a, b], start=0 * a)
    ### END SOLUTION
    # and then
    if True:
        ### BEGIN SOLUTION
        return total
        ### END SOLUTION

# %% tags=["nbval-check-output"]
check("toy-add", add)

# %%
# Exercise toy-predict-two
### BEGIN SOLUTION
two = 2
### END SOLUTION

# %%
check("toy-predict-two", two)

# %%
print("last cell")
'''
POINTS = {"toy-add": 2, "toy-predict-two": 0}.__getitem__


@pytest.fixture
def solved():
    return read_script(LESSON, "97_toy", POINTS)


@pytest.fixture
def student(solved):
    return student_notebook(solved)


def course(folder: Path, text: str = LESSON) -> Path:
    (folder / "solutions").mkdir()
    (folder / "notebooks").mkdir()
    script = folder / "solutions" / "97_toy.py"
    script.write_text(text, encoding="utf-8")
    return script


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A course of one lesson, built and executed once."""
    root = tmp_path_factory.mktemp("course")
    build_lesson(root, course(root), profile="smoke", points=POINTS)
    return root


def complaints(root: Path) -> list[str]:
    return build_check.check_lesson(root / "solutions/97_toy.py", root / "notebooks/97_toy.ipynb",
                                    root / "solutions/97_toy.ipynb", POINTS)


def cell(nb, grade_id):
    return next(c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def test_each_region_becomes_a_stub_at_its_own_indentation(student):
    assert cell(student, "toy-add").source == '''\
# Exercise toy-add
def add(a, b):
    """The sum."""
    raise NotImplementedError("toy-add")
    # and then
    if True:
        raise NotImplementedError("toy-add")'''


def test_a_solution_at_the_margin_becomes_an_empty_answer(student):
    assert cell(student, "toy-predict-two").source == (
        "# Exercise toy-predict-two\ntwo = None  # your answer")


def test_the_solved_notebook_keeps_the_markers(solved):
    assert cell(solved, "toy-add").source.count("### BEGIN SOLUTION") == 2


def test_nbgrader_metadata_is_valid(solved):
    validator = pytest.importorskip("nbgrader.nbgraderformat.v3").MetadataValidatorV3()
    validator.validate_nb(solved)
    assert cell(solved, "toy-add").metadata.nbgrader == {
        "cell_type": "code", "grade": False, "grade_id": "toy-add", "locked": False, "schema_version": 3,
        "solution": True, "task": False}
    assert cell(solved, "toy-add-check").metadata.nbgrader == {
        "cell_type": "code", "grade": True, "grade_id": "toy-add-check", "locked": True, "points": 2,
        "schema_version": 3, "solution": False, "task": False}


def test_a_prediction_gives_no_points(solved):
    assert not cell(solved, "toy-predict-two-check").metadata.nbgrader.grade
    assert "points" not in cell(solved, "toy-predict-two-check").metadata.nbgrader


def test_tags_and_prose_survive(student):
    assert student.cells[0].source == "# A lesson\n\nThe formula is $a + b$."
    assert student.cells[1].metadata.tags == ["parameters"]
    assert cell(student, "toy-add-check").metadata.tags == ["nbval-check-output"]
    assert student.metadata.kernelspec.name == "python3"
    assert "jupytext" not in student.metadata


def test_building_is_deterministic_and_valid(student):
    again = student_notebook(read_script(LESSON, "97_toy", POINTS))
    assert dumps(again) == dumps(student)
    nbformat.validate(json.loads(dumps(student)))


def test_an_insertion_leaves_the_other_cells_ids(student):
    head = '# %% tags=["parameters"]'
    longer = LESSON.replace(head, f"# %% [markdown]\n# New.\n\n{head}")
    more = student_notebook(read_script(longer, "97_toy", POINTS))
    assert {c.id for c in student.cells} < {c.id for c in more.cells}


@pytest.mark.parametrize(("old", "new", "says"), [
    ("# Exercise toy-add\n", "", "outside an exercise"),
    ("    total = sum([a, b], start=0 * a)\n    ### END SOLUTION\n", "", "twice without"),
    ("        ### END SOLUTION", "", "without `### END SOLUTION`"),
    ("    ### BEGIN SOLUTION\n    total", "    total", "without a solution before it"),
    ('check("toy-add", add)', 'print("no check")', 'must call check\\("toy-add"'),
    ('check("toy-add", add)', 'check("toy-sub", add)', "not toy-sub"),
    ("two = 2\n", "print(2)\n", "may only assign"),
    ("# Exercise toy-predict-two", "# Exercise toy-add", "two cells are marked|must call"),
    ('print("last cell")', 'check("toy-add", add)', "must stand in the cell right after"),
    ("toy-add", "toy-unknown", "toy-unknown"),
    ("# Exercise toy-add", "# Exercise toy-add: a sum", "and nothing else"),
])
def test_a_faulty_lesson_is_refused_in_words(old, new, says):
    assert old in LESSON
    with pytest.raises(BuildError, match=says):
        student_notebook(read_script(LESSON.replace(old, new), "97_toy", POINTS))


def test_stub_leaves_ordinary_code_alone():
    assert stub("x = 1\n\ny = 2") == "x = 1\n\ny = 2"


def test_the_solved_notebook_is_executed(built):
    nb = nbformat.read(built / "solutions/97_toy.ipynb", as_version=4)
    assert nb.cells[1].outputs[0].text == "profile smoke\n"
    assert nb.metadata.genlab.profile == "smoke" and len(nb.metadata.genlab.source_sha256) == 64
    assert "✔ toy-add  2/2" in build_outputs.output_text(cell(nb, "toy-add-check"))
    assert not any("execution" in c.metadata for c in nb.cells)


def test_a_fresh_build_passes_its_check_save_for_the_profile(built):
    assert complaints(built) == ["solutions/97_toy.ipynb was run at profile 'smoke'; what is stored is 'cpu'"]


@pytest.fixture
def copy(built, tmp_path):
    """The built course, to spoil; stored as if it had been run at cpu."""
    for path in ("solutions/97_toy.py", "solutions/97_toy.ipynb", "notebooks/97_toy.ipynb"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes((built / path).read_bytes())
    spoil(tmp_path / "solutions/97_toy.ipynb", '"profile": "smoke"', '"profile": "cpu"')
    assert complaints(tmp_path) == []
    return tmp_path


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(("path", "old", "new", "says"), [
    ("notebooks/97_toy.ipynb", "last cell", "last  cell", "is not what the lesson builds"),
    ("notebooks/97_toy.ipynb", "# and then", "total = sum([a,b], start=0*a)", "shows a line of the solution"),
    ("solutions/97_toy.py", "The formula", "A formula", "another version of the lesson"),
    ("solutions/97_toy.ipynb", "The formula", "A formula", "differs from the lesson"),
    ("solutions/97_toy.ipynb", "nbval-check-output", "other", "differs from the lesson"),
    ("solutions/97_toy.ipynb", "✔ toy-add  2/2", "✘ toy-add  1/2", "stores no full marks for toy-add"),
    ("solutions/97_toy.ipynb", "✔ toy-add  2/2", "✔ toy-add  2/20", "stores no full marks for toy-add"),
])
def test_drift_leaks_and_lost_marks_are_found(copy, path, old, new, says):
    spoil(copy / path, old, new)
    assert any(says in complaint for complaint in complaints(copy))


def test_missing_notebooks_are_named(copy):
    (copy / "notebooks/97_toy.ipynb").unlink()
    (copy / "solutions/97_toy.ipynb").unlink()
    assert complaints(copy) == ["notebooks/97_toy.ipynb is missing", "solutions/97_toy.ipynb is missing"]


def test_prose_may_change_without_another_run(copy):
    script = copy / "solutions/97_toy.py"
    spoil(script, "The formula", "A formula")
    build_lesson(copy, script, profile=None, points=POINTS)
    assert complaints(copy) == []


def test_changed_code_keeps_the_stored_run_and_says_so(copy):
    script, stored = copy / "solutions/97_toy.py", copy / "solutions/97_toy.ipynb"
    before = stored.read_bytes()
    spoil(script, "last cell", "the last cell")
    assert "stays as it was" in build_lesson(copy, script, profile=None, points=POINTS)
    assert stored.read_bytes() == before


def test_only_comments_and_docstrings_change_no_output():
    one = 'def f(x):\n    """Doubles."""\n    return 2 * x  # twice\n\nprint(f(3))'
    same = 'def f(x):\n    """Gives twice x."""\n\n    return 2 * x\nprint(f(3))'
    assert _deeds(one) == _deeds(same)
    for old, new in (("2 *", "3 *"), ("def f", "def g"), ("3)", '"""Doubles.""")')):
        other = one.replace(old, new)
        assert _deeds(other) != _deeds(one)
    assert _deeds("%time x") != _deeds("%time y")


@pytest.mark.parametrize(("code", "says"), [
    ("x = 1 / 0", r"cell 8 of 8 \(`x = 1 / 0`\) failed:\n(.|\n)*ZeroDivisionError"),
    ("import sys; sys.exit(0)", "cell 8 of 8 .*(failed|did not run to its end)"),
    ("import os; os._exit(0)", "the kernel died in cell 8 of 8"),
    ("import os; print(os.getcwd())", "names a place of this machine"),
])
def test_a_run_that_fails_says_where_and_leaves_the_old_notebook(tmp_path, code, says):
    script = course(tmp_path, LESSON.replace('print("last cell")', code))
    with pytest.raises(BuildError, match=says):
        build_lesson(tmp_path, script, profile="smoke", points=POINTS)
    assert not script.with_suffix(".ipynb").exists()


def test_widgets_bars_and_updated_pictures(tmp_path):
    """A bar is kept as its last line, an updated display as its last frame, a widget not at all."""
    script = course(tmp_path, '''\
# %%
from tqdm.auto import tqdm
import warnings, ipywidgets, sys
for _ in tqdm(range(20), desc="training"):
    pass

# %%
from IPython.display import display
handle = display("first frame", display_id=True)
handle.update("last frame")

# %%
print("10%\\r50%\\r100%", end="")
ipywidgets.interact(lambda k: k, k=3);
''')
    build_lesson(tmp_path, script, profile="smoke", points=POINTS)
    text = script.with_suffix(".ipynb").read_text(encoding="utf-8")
    nb = nbformat.reads(text, as_version=4)
    assert re.search(r"training: 100%\|█{10}\| 20/20 \[", build_outputs.output_text(nb.cells[0]))
    assert build_outputs.output_text(nb.cells[1]) == "'last frame'"
    assert build_outputs.output_text(nb.cells[2]).strip() == "100%"
    assert "widget" not in text.replace("ipywidgets", "")


def test_an_oversized_notebook_is_refused():
    with pytest.raises(BuildError, match=r"2\.1 MB"):
        build_outputs.refuse_oversize("x" * 2_100_000)


def test_pictures_are_not_searched_for_paths(solved):
    place = str(Path.home()) + "/"
    data = {"image/png": place, "text/plain": "ok"}
    solved.cells[1].outputs = [nbformat.v4.new_output("display_data", data)]
    build_outputs.refuse_machine_paths(solved, Path("/nowhere/at/all"))
    solved.cells[1].outputs[0].data["text/html"] = f"<p>{place}file</p>"
    with pytest.raises(BuildError, match="cell 2"):
        build_outputs.refuse_machine_paths(solved, Path("/nowhere/at/all"))


def run(*arguments: str, root: Path):
    return CliRunner().invoke(build, [*arguments, "--root", str(root)])


def test_the_command_names_the_lessons_there_are(tmp_path):
    course(tmp_path)
    result = run("98", root=tmp_path)
    assert result.exit_code == 1 and "there is no lesson '98'; there is 97_toy" in result.output


@pytest.mark.parametrize("name", ["97", "97_toy", "solutions/97_toy.py", "notebooks/97_toy.ipynb"])
def test_a_lesson_goes_by_number_name_or_path(tmp_path, name):
    course(tmp_path, "# %%\nprint(1)\n")
    result = run(name, "--no-execute", root=tmp_path)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "notebooks/97_toy.ipynb").exists()


def test_the_command_reports_a_failing_lesson_and_a_failing_check(tmp_path):
    course(tmp_path, "# %%\n# Exercise toy-add\nx = 1\n")
    result = run("97", root=tmp_path)
    assert result.exit_code == 1 and "97_toy: " in result.output
    result = run("--check", root=tmp_path)
    assert result.exit_code == 1 and "1 complaints" in result.output


def test_an_unknown_profile_is_refused(tmp_path):
    course(tmp_path)
    result = run("--profile", "huge", root=tmp_path)
    assert result.exit_code == 2 and "'stub', 'smoke', 'cpu', 'gpu'" in result.output


def test_the_picture_of_the_lesson_is_kept_and_attached(tmp_path):
    """Drawn by a cell of the solved notebook, shown at the head of both."""
    head = "# %% [markdown]\n# ![a square](attachment:97_toy.png)\n\n"
    draw = ('\n# %% tags=["picture"]\nfrom PIL import Image\nfrom IPython.display import display\n'
            'display(Image.new("L", (9, 9), 200))\n')
    script = course(tmp_path, head + LESSON + draw)
    assert "not in solutions/pictures" in "".join(complaints(tmp_path))
    build_lesson(tmp_path, script, profile="cpu", points=POINTS)
    kept = (tmp_path / "solutions/pictures/97_toy.png").read_bytes()
    for path in ("notebooks/97_toy.ipynb", "solutions/97_toy.ipynb"):
        first = nbformat.read(tmp_path / path, as_version=4).cells[0]
        assert base64.b64decode(first.attachments["97_toy.png"]["image/png"]) == kept
    assert complaints(tmp_path) == []
    (tmp_path / "solutions/pictures/97_toy.png").write_bytes(kept + b"more")
    assert "not what the lesson builds" in "".join(complaints(tmp_path))


WIDGETS = "# %%\nimport ipywidgets\n" + "".join(
    f"\n# %%\nipywidgets.interact(lambda k: print(k), k={k});\n" for k in range(40))


def test_no_cell_with_widgets_is_waited_for(tmp_path):
    """With nbclient's own mirrors some of 40 cells hung until their limit of half an hour, at random."""
    script = course(tmp_path, WIDGETS)
    began = time.monotonic()
    build_lesson(tmp_path, script, profile="smoke", points=POINTS)
    assert time.monotonic() - began < 120


def test_a_stored_tick_follows_the_other_way_to_write_it():
    stored = nbformat.read(ROOT / "solutions/41_transformer.ipynb", as_version=4)
    before = dumps(stored)
    assert stale(stored) == []
    shown = next(o.data for c in stored.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "gpt-sampling-check"
                 for o in c.outputs)
    for spoiled in (retold(shown["text/html"], "def old(x):\n    return x < 1"), retold(shown["text/html"], "")):
        shown["text/html"] = spoiled
        assert stale(stored) == ["gpt-sampling"]
        tell_anew(stored)
        assert dumps(stored) == before
