"""Running notebooks the way CI does, with guards against runs that only look like a success.

papermill calls `sys.exit(0)` a success, and nbval waits for a kernel that has died until its time is up.
"""

import os
import resource
import subprocess
import sys
import time
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
import psutil

from grading.build.papermill_engine import engine

ROOT = Path(__file__).resolve().parents[2]
# Between two lessons in one kernel: nothing that the first defined, opened or set is there for the second.
AFRESH = """\
import os as _os, tempfile as _t
import matplotlib.pyplot as _plt, torch as _torch
_plt.close("all")
_torch.set_default_dtype(_torch.float32)
_os.chdir(_t.mkdtemp(dir=_os.environ["GENLAB_ROOM"]))
get_ipython().run_line_magic("reset", "-f")
"""


@dataclass(frozen=True)
class Replay:
    """passed, failed: names of cells, counted among code cells from 0. output: what nbval printed."""

    passed: list[str]
    failed: list[str]
    cpu_seconds: float
    output: str


class DidNotFinish(AssertionError):
    """A run that stopped before its last cell."""


def run_untouched(path: Path, folder: Path, profile: str = "stub") -> nbformat.NotebookNode:
    """The notebook executed by papermill in an empty folder, every code cell completed."""
    nb = papermill.execute_notebook(
        str(path), str(folder / "out.ipynb"), parameters={"profile": profile}, kernel_name="python3",
        cwd=str(folder), progress_bar=False, execution_timeout=120, engine_name=engine())
    for number, cell in enumerate(nb.cells, 1):
        if cell.cell_type == "code" and cell.metadata.papermill.status != "completed":
            raise DidNotFinish(f"cell {number} is {cell.metadata.papermill.status}: {cell.source[:80]}")
        if any(output.output_type == "error" for output in cell.get("outputs", [])):
            raise DidNotFinish(f"cell {number} ends in an error: {cell.source[:80]}")
    return nb


def run_together(paths: list[Path], folder: Path) -> dict[str, nbformat.NotebookNode]:
    """Several untouched notebooks at `stub`, one after the other in one kernel, by the stem of their names.

    Importing torch costs more than many a lesson at this size. Each lesson starts with empty globals in an
    empty folder; `make test-all` gives each a kernel of its own.
    """
    cells, ends = [], []
    for path in paths:
        nb = nbformat.read(path, as_version=4)
        cells += [*nb.cells, nbformat.v4.new_code_cell(AFRESH)]
        ends.append(len(cells))
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    joined = nbformat.v4.new_notebook(cells=cells, metadata=nb.metadata)
    nbformat.write(joined, folder / "joined.ipynb")
    os.environ["GENLAB_ROOM"] = str(folder)
    try:
        done = run_untouched(folder / "joined.ipynb", folder)
    finally:
        del os.environ["GENLAB_ROOM"]
    first = len(done.cells) - len(cells)  # papermill's own cell of parameters
    starts = [0, *(first + end for end in ends)]
    return {path.stem: nbformat.v4.new_notebook(cells=done.cells[a:b])
            for path, a, b in zip(paths, starts, starts[1:], strict=False)}


def replay(path: Path, *, profile: str = "smoke", seconds: float = 200, patience: float = 10) -> Replay:
    """The solved notebook run again by nbval, its check cells compared with what is stored.

    Args:
        seconds: wall-clock limit of the whole notebook.
        patience: for how long a dead kernel may stay unnoticed.
    """
    report = path.with_suffix(".xml")
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env",
               "--nbval-cell-timeout=300", "-p", "no:cacheprovider", "-p", "no:xdist", "--color=no", f"--junitxml={report}", path.name]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    env |= {"GENLAB_PROFILE": profile, "GENLAB_TABLE": str(path.with_suffix(".csv")), "OMP_NUM_THREADS": "1"}
    before = children_cpu()
    with open(path.with_suffix(".log"), "w+", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=path.parent, env=env, stdout=log, stderr=subprocess.STDOUT)
        reason = _watch(process, seconds, patience)
        log.seek(0)
        output = log.read()
    if reason or not report.exists():
        raise DidNotFinish(f"{path.name}: {reason or 'nbval wrote no report'}\n{output[-3000:]}")
    cases = xml.parse(report).getroot().iter("testcase")
    failed, passed = [], []
    for case in cases:
        (failed if len(case) else passed).append(case.get("name"))
    return Replay(passed, failed, children_cpu() - before, output)


def _watch(process: subprocess.Popen, seconds: float, patience: float) -> str:
    """Wait for the end; if it does not come, or a child stays dead unnoticed, stop it and say why."""
    began, dead_since, reason = time.monotonic(), None, ""
    while process.poll() is None and not reason:
        time.sleep(0.2)
        now = time.monotonic()
        dead_since = (dead_since or now) if _has_dead_child(process.pid) else None
        if now - began > seconds:
            reason = f"not finished after {seconds:g} s"
        elif dead_since and now - dead_since > patience:
            reason = "the kernel died"
    if reason:
        process.kill()
    process.wait()
    return reason


def _has_dead_child(pid: int) -> bool:
    try:
        return any(child.status() == psutil.STATUS_ZOMBIE for child in psutil.Process(pid).children())
    except psutil.NoSuchProcess:
        return False


def children_cpu() -> float:
    """CPU seconds of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
