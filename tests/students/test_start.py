"""`genlab start`: a copy to work in; nothing that is there is lost, and git sees nothing."""

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from grading.students import course
from grading.students.start import start

ROOT = Path(__file__).parents[2]


def run(*arguments):
    result = CliRunner().invoke(start, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def given(name="10_vae"):
    return (ROOT / "notebooks" / f"{name}.ipynb").read_bytes()


def test_lessons_are_copied_as_they_are(tmp_path):
    code, said = run("10", "00_generative_models", "--to", tmp_path / "my work", "--root", ROOT)
    assert code == 0, said
    assert (tmp_path / "my work" / "10_vae.ipynb").read_bytes() == given()
    assert (tmp_path / "my work" / "00_generative_models.ipynb").exists()
    assert "lesson 10, Variational autoencoders" in said and 'jupyter lab "' in said


def test_what_is_there_is_not_written_over(tmp_path):
    mine = tmp_path / "10_vae.ipynb"
    run("10", "--to", tmp_path, "--root", ROOT)
    code, said = run("10", "--to", tmp_path, "--root", ROOT)
    assert code == 0 and "is there already, as it was given" in said
    mine.write_bytes(b"my work")
    code, said = run("10", "--to", tmp_path, "--root", ROOT)
    assert code == 1 and mine.read_bytes() == b"my work"
    assert "nothing is written over" in said.replace("\n", " ") and "--fresh" in said
    code, said = run("10", "--to", tmp_path, "--root", ROOT, "--fresh")
    (kept,) = tmp_path.glob("10_vae.*-*.ipynb")
    assert code == 0 and kept.read_bytes() == b"my work" and kept.name in said and mine.read_bytes() == given()


def test_an_installed_copy_without_lessons_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(course, "__file__", str(tmp_path / "site" / "grading" / "students" / "course.py"))
    code, said = run("10")
    assert code == 1 and "do not come with the package" in said.replace("\n", " ")


def test_an_installed_copy_finds_lessons_above_the_folder(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    for name in ("00_generative_models", "10_vae"):
        (tmp_path / "notebooks" / f"{name}.ipynb").write_bytes(given(name))
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    code, said = run("10")
    assert code == 0, said
    assert (tmp_path / course.MINE / "10_vae.ipynb").read_bytes() == given()


@pytest.mark.parametrize(("arguments", "says"), [
    (("77", "--to", "{}"), "there is no lesson"),
    (("10", "--to", str(ROOT / "notebooks")), "the course's own notebooks"),
    (("10", "--root", "{}"), "cannot be read"),
])
def test_what_cannot_be_done_is_said(tmp_path, arguments, says):
    arguments = [part.format(tmp_path) for part in arguments]
    code, said = run(*arguments, *([] if "--root" in arguments else ["--root", ROOT]))
    assert code == 1 and says in said.replace("\n", " ")


def test_a_notebook_that_was_worked_in_is_named(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    notebook = json.loads(given())
    next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")["execution_count"] = 1
    (folder / "10_vae.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    code, said = run("10", "--to", tmp_path / "to", "--root", tmp_path)
    assert code == 0 and "has been worked in" in said


def test_git_does_not_look_at_the_folder():
    asked = subprocess.run(["git", "-C", str(ROOT), "check-ignore", f"{course.MINE}/10_vae.ipynb"], capture_output=True)
    if asked.returncode == 128:
        pytest.skip("not a git checkout")
    assert asked.returncode == 0
