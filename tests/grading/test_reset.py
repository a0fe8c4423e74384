"""`genlab reset`: the stub is back, nothing else has changed, and the old notebook is whole beside it."""

from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from grading.build.reset import fresh, keep, reset
from grading.lessons import find_lesson

ROOT = Path(__file__).parents[2]
ANSWER = "# Exercise vae-elbo\ndef elbo(x, logits, mu, logvar):\n    return 'mine'\n"


@pytest.fixture(scope="module")
def given():
    return fresh(find_lesson("10"), ROOT)


@pytest.fixture
def notebook(given, tmp_path):
    nb = nbformat.from_dict(given)
    for cell in nb.cells:
        if cell.source.startswith("# Exercise vae-elbo\n"):
            cell.source = ANSWER
        if cell.source.startswith("# Exercise vae-slerp\n"):
            cell.source += "# my note"
    path = tmp_path / "10_vae.ipynb"
    nbformat.write(nb, path)
    return path


def run(*arguments):
    return CliRunner().invoke(reset, [*map(str, arguments), "--root", str(ROOT)])


def sources(path):
    return [c.source for c in nbformat.read(path, as_version=4).cells]


def test_one_exercise_is_as_given_and_the_rest_is_untouched(notebook, given):
    before, old = sources(notebook), notebook.read_bytes()
    result = run("10", "vae-elbo", "--notebook", notebook)
    assert result.exit_code == 0, result.output
    after = sources(notebook)
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    assert [before[i] for i in changed] == [ANSWER]
    assert after[changed[0]] == given.cells[changed[0]].source and "NotImplementedError" in after[changed[0]]
    (copy,) = notebook.parent.glob("10_vae.*-*.ipynb")
    assert copy.read_bytes() == old and copy.name in result.output


def test_all_exercises(notebook, given):
    assert run("10", "--notebook", notebook).exit_code == 0
    assert sources(notebook) == [c.source for c in given.cells]


def test_a_lost_cell_comes_back(notebook):
    nb = nbformat.read(notebook, as_version=4)
    nb.cells = [c for c in nb.cells if c.source != ANSWER]
    nbformat.write(nb, notebook)
    assert run("10", "vae-elbo", "--notebook", notebook).exit_code == 0
    assert sources(notebook)[-1].startswith("# Exercise vae-elbo\n")


def test_copies_are_never_written_over(tmp_path):
    path, now = tmp_path / "a.ipynb", datetime(2030, 1, 2, 3, 4, 5)
    first, second = keep(path, b"first", now), keep(path, b"second", now)
    assert first != second and first.read_bytes() == b"first" and second.read_bytes() == b"second"


def test_wrong_names_and_unreadable_notebooks_change_nothing(notebook):
    old = notebook.read_bytes()
    assert "vae-elbo" in run("10", "vae-elbw", "--notebook", notebook).output
    assert "there is no lesson" in run("77", "--notebook", notebook).output
    assert notebook.read_bytes() == old
    notebook.write_text("no notebook")
    result = run("10", "--notebook", notebook)
    assert result.exit_code == 1 and "move it away" in result.output.replace("\n", " ")
    assert notebook.read_text() == "no notebook" and len(list(notebook.parent.iterdir())) == 1
