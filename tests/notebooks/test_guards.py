"""The runs of tests/notebooks/replay.py must not take a notebook that stops half-way for a good one."""

import nbformat
import pytest
from papermill.exceptions import PapermillExecutionError

from tests.notebooks.replay import DidNotFinish, replay, run_untouched


def notebook(path, *sources):
    cells = [nbformat.v4.new_code_cell(source, execution_count=1) for source in ("profile = 'cpu'", *sources)]
    cells[0].metadata.tags = ["parameters"]
    nb = nbformat.v4.new_notebook(cells=cells, metadata={
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}})
    nbformat.write(nb, path)
    return path


def test_papermill_runs_at_the_profile_asked_for(tmp_path):
    nb = run_untouched(notebook(tmp_path / "a.ipynb", "print(profile)"), tmp_path)
    assert nb.cells[-1].outputs[0].text == "stub\n"


def test_papermill_and_an_early_exit(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "import sys; sys.exit(0)", "print('never')")
    with pytest.raises(DidNotFinish):
        run_untouched(path, tmp_path)


def test_papermill_and_an_error(tmp_path):
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        run_untouched(notebook(tmp_path / "a.ipynb", "1 / 0"), tmp_path)


def test_nbval_reports_each_cell_and_the_seconds(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "import os; 1 / (os.environ['GENLAB_PROFILE'] == 'smoke')", "1 / 0")
    result = replay(path)
    assert (result.passed, result.failed) == (["Cell 0", "Cell 1"], ["Cell 2"])
    assert result.cpu_seconds > 0


def test_nbval_and_an_early_exit(tmp_path):
    assert replay(notebook(tmp_path / "a.ipynb", "import sys; sys.exit(0)")).failed == ["Cell 1"]


def test_nbval_and_a_dead_kernel(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "import os; os._exit(0)")
    with pytest.raises(DidNotFinish, match="the kernel died"):
        replay(path, patience=1)


def test_nbval_and_a_cell_without_end(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "import time; time.sleep(1000)")
    with pytest.raises(DidNotFinish, match="not finished after 6 s"):
        replay(path, seconds=6)
