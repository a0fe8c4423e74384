"""Running a lesson in a kernel, with a progress bar, and saying which cell failed."""

import os
import re
import tempfile

import nbclient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbclient.output_widget import OutputWidget
from nbformat import NotebookNode
from tqdm import tqdm

from grading.build.source import BuildError

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Mirror(OutputWidget):
    """What is printed into an Output widget, caught and not reported to the kernel.

    nbclient reports it on the socket on which it waits for the reply to the cell. A socket that is written to
    may swallow the notice that something has arrived; then the cell is waited for until its time is up.
    """

    def send(self, *_, **__) -> None:
        pass


SILENT = {"@jupyter-widgets/output": {"OutputModel": Mirror}}


def execute(nb: NotebookNode, *, lesson: str, profile: str, cell_timeout: int = 1800) -> None:
    """Run every code cell in a fresh kernel and an empty folder, and store the outputs in place."""
    codes = [i for i, cell in enumerate(nb.cells) if cell.cell_type == "code" and cell.source.strip()]
    current = [0]
    with tempfile.TemporaryDirectory() as folder, tqdm(total=len(codes), desc=lesson, unit="cell") as bar:
        def started(cell, cell_index):
            current[0] = cell_index

        client = nbclient.NotebookClient(
            nb, timeout=cell_timeout, kernel_name="python3", record_timing=False,
            extra_arguments=["--IPKernelApp.log_level=40"], resources={"metadata": {"path": folder}},
            on_cell_execute=started,
            on_cell_executed=lambda cell, cell_index, execute_reply: bar.update())
        client.widget_registry = SILENT
        # The folder is the lesson's own, so a results file in it disturbs nobody.
        env = {**os.environ, "GENLAB_PROFILE": profile, "GENLAB_TABLE": os.path.join(folder, "results.csv")}
        try:
            client.execute(env=env)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise BuildError(_describe(nb, current[0], error)) from None
    _refuse_early_exit(nb, codes)


def _describe(nb: NotebookNode, index: int, error: Exception) -> str:
    first = nb.cells[index].source.strip().split("\n")[0]
    where = f"cell {index + 1} of {len(nb.cells)} (`{first}`)"
    if isinstance(error, CellTimeoutError):
        return f"{where} ran out of time: {error}"
    if isinstance(error, DeadKernelError):
        return f"the kernel died in {where}; out of memory?"
    return f"{where} failed:\n{_ANSI.sub('', error.traceback).strip()}"


def _refuse_early_exit(nb: NotebookNode, codes: list[int]) -> None:
    """A cell that calls sys.exit(0) ends the run without an error, and what follows is never run."""
    for index in codes:
        cell = nb.cells[index]
        errors = [o for o in cell.outputs if o.output_type == "error"]
        if cell.execution_count is None or errors:
            raise BuildError(f"cell {index + 1} of {len(nb.cells)} did not run to its end"
                             + "".join(f": {o.ename} {o.evalue}" for o in errors))
