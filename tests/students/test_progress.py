"""`genlab progress`: what stored checks say is read, nothing is run, and any file is survived."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from grading import check
from grading.checks import check as checking
from grading.lessons import LESSONS
from grading.registry import find
from grading.students import progress
from grading.students.command import progress as command

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path):
    """Lesson 10 as it is given, and a function that changes it: cells by the start of their source."""
    notebook = json.loads((ROOT / "notebooks" / "10_vae.ipynb").read_text(encoding="utf-8"))

    def write(name="10_vae.ipynb", **shown):
        for id, (answer, count, line) in shown.items():
            id = id.replace("_", "-")
            for cell in notebook["cells"]:
                source = "".join(cell["source"])
                if source.startswith(f"# Exercise {id}\n"):
                    cell["execution_count"] = answer
                if f'check("{id}"' in source and cell["id"].endswith("-check"):
                    cell["execution_count"] = count
                    cell["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": [line]}}]
        (tmp_path / name).write_text(json.dumps(notebook), encoding="utf-8")
        return tmp_path

    return write


def test_points_minutes_and_core_are_those_of_the_exercises():
    told = progress.read(ROOT / "notebooks")
    assert [one.lesson.name for one in told.lessons] == list(LESSONS)
    for one in told.lessons:
        assert [e.id for e in one.exercises] == list(one.lesson.exercises)
        for e in one.exercises:
            exercise = find(e.id)
            assert (e.out_of, e.core, e.minutes) == (exercise.points, exercise.core, exercise.minutes)
        assert one.points == 0 and not any(e.checked for e in one.exercises)


def test_solved_lessons_have_all_points():
    told = progress.read(ROOT / "solutions")
    assert all(e.passed for one in told.lessons for e in one.exercises) and not told.unread
    assert told.next is None and told.fast_track == []


def test_stored_checks_are_read(folder):
    path = folder(vae_elbo=(3, 4, "✔ vae-elbo  4/4"), vae_bug=(5, 6, "✘ vae-bug  0.5/2  Your KL …"),
                  vae_reparameterize=(9, 8, "✔ vae-reparameterize  2/2"))
    (one,) = progress.read(path).lessons
    points = {e.id: (e.points, e.passed, e.stale) for e in one.exercises}
    assert points["vae-elbo"] == (4, True, False) and points["vae-bug"] == (0.5, False, False)
    assert points["vae-reparameterize"] == (2, True, True)  # the answer's cell has run since
    told = progress.read(path)
    assert told.next.id == "vae-bug"
    assert [e.id for e in told.fast_track[0][1]] == ["vae-wiring", "vae-complete"]
    said = progress.report(told)
    assert "6.5 of 20" in said and "check again: vae-reparameterize" in said
    assert "Fast track, the core exercises alone: 2 left, about 40 minutes." in said and "nothing was run" in said


def test_a_kernel_s_own_checks_are_newer(folder, monkeypatch):
    path = folder(vae_elbo=(3, 4, "✔ vae-elbo  4/4"))
    monkeypatch.setattr(checking, "_points", {"vae-elbo": 1.0})
    assert progress.progress(path).lessons[0].points == 1.0

    def schedule(step, warmup_steps, beta):
        return beta * min(1.0, step / warmup_steps) if warmup_steps else beta

    assert check("beta-schedule", schedule).passed
    (path / "11.ipynb").write_bytes((ROOT / "notebooks" / "11_conditional_and_beta_vae.ipynb").read_bytes())
    assert progress.progress(path).lessons[1].points == 2.0
    assert "progress" in repr(progress.progress) and "<pre" in progress.progress(path)._repr_html_()


def test_what_grades_a_notebook_knows_every_name_of_grading():
    import grading
    from grading.sandbox.shell import stand_in

    assert set(grading.__all__) <= set(vars(stand_in()))


def test_of_two_notebooks_of_a_lesson_the_better_counts(folder):
    folder("10_vae.2030-01-01.ipynb", vae_elbo=(3, 4, "✔ vae-elbo  4/4"))
    path = folder("10_vae.ipynb", vae_elbo=(3, 4, "✘ vae-elbo  1/4  No"))
    (one,) = progress.read(path).lessons
    assert (one.points, one.file) == (4, "10_vae.2030-01-01.ipynb")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"cells": 3}', '{"cells": [{}]}', "[" * 100000,
                                  '{"cells": [{"cell_type": "code", "source": [1], "outputs": []}]}', "\udcff"])
def test_broken_files_are_named_and_the_rest_is_read(folder, text):
    path = folder()
    (path / "broken.ipynb").write_text(text, encoding="utf-8", errors="surrogateescape")
    told = progress.read(path)
    assert list(told.unread) == ["broken.ipynb"] and len(told.lessons) == 1
    assert "broken.ipynb cannot be read" in progress.report(told)


def test_a_strange_notebook_or_none_is_no_lesson(tmp_path):
    (tmp_path / "other.ipynb").write_text('{"cells": [{"cell_type": "code", "source": "1 + 1"}]}')
    told = progress.read(tmp_path)
    assert told.lessons == () and told.next is None and "genlab start 00" in progress.report(told)
    with pytest.raises(NotADirectoryError):
        progress.read(tmp_path / "nowhere")


def test_the_command_runs_nothing_and_needs_no_torch(folder):
    path = folder(vae_elbo=(3, 4, "✔ vae-elbo  4/4"))
    code = ("import sys; from grading.cli import main\n"
            "try: main(['progress', sys.argv[1], '--json'])\n"
            "finally: print('torch' in sys.modules, file=sys.stderr)")
    result = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60)
    told = json.loads(result.stdout)
    assert result.returncode == 0 and result.stderr.strip() == "False"
    assert (told["points"], told["out_of"], told["next"]) == (4, 20, "vae-bug")


def test_the_folder_meant_when_none_is_named(folder, monkeypatch):
    monkeypatch.chdir(folder(vae_elbo=(3, 4, "✔ vae-elbo  4/4")))
    assert "4 of 20" in CliRunner().invoke(command, []).output
    monkeypatch.chdir(ROOT / "docs")
    assert "together" in CliRunner().invoke(command, []).output
