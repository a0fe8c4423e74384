"""The first lesson in a real JupyterLab: every cell runs and its widget moves.

In a file of its own, because one thread can drive one browser at a time.
"""

from pathlib import Path

import pytest

from tests.browser.lab import PICTURES, Lab

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "solutions").glob("*.ipynb"))[:1]


@pytest.mark.parametrize("notebook", LESSONS, ids=lambda path: path.stem)
def test_the_first_lesson_runs_and_its_widget_moves(notebook):
    PICTURES.mkdir(parents=True, exist_ok=True)
    with Lab(notebook, environment={"GENLAB_PROFILE": "smoke"}, seconds=420) as lab:
        lab.run_all()
        lab.screenshot(PICTURES / f"{notebook.stem}.png")
        assert lab.errors() == []
        assert lab.sliders().count() > 0
        assert lab.press(0, "ArrowRight")
