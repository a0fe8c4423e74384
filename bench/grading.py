"""How fast is grading? The same submissions by genlab, nbgrader and Otter, in turn, in one run.

    python -m bench.grading [--count 40] [--peers 6] [--kinds answers,lesson]

Every system gets the same notebooks and the same checks and must find full marks, or its time is void.
First on one processor core, then with two workers on two. The time is that of the whole command, with
its start, divided by the number of submissions; genlab's also without its start, which does not grow with
the class, from when its records were written. The notebook's own compute is what its code takes in a
Python that has imported torch.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import peers, submissions
from bench.submissions import KINDS, LESSON

_OWN = """
import json, sys, time
import torch
cells = [c for c in json.load(open(sys.argv[1]))["cells"] if c["cell_type"] == "code"]
space, start = {"__name__": "__main__"}, time.perf_counter()
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in cells:
    shell.run_cell("".join(cell["source"]), silent=True)
sys.__stdout__.write(f"\\nSECONDS {time.perf_counter() - start}\\n")
"""


def run(command: list[str], cores: int, folder: Path, **environment: str) -> float:
    """Wall-clock seconds of a command on so many cores; its output is shown if it fails."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=peers.environment(**environment), text=True,
                          capture_output=True, preexec_fn=lambda: os.sched_setaffinity(0, _cores(cores)))
    if done.returncode:
        raise SystemExit(f"{' '.join(command)[:200]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - start


def _cores(count: int) -> list[int]:
    return sorted(os.sched_getaffinity(0))[:count]


def genlab(kind: str, count: int, workers: int, folder: Path) -> tuple[float, float]:
    """`genlab grade` on a folder, in the strongest isolation of this machine: its seconds, and those a
    submission once every judge has marked its first, by when the records of this same run were written."""
    submissions.write(kind, count, folder / "class", "{student}.ipynb")
    program = str(Path(sys.executable).with_name("genlab"))
    command = [program, "grade", "class", "-o", "marks", "--jobs", str(workers)]
    seconds = run(command, workers, folder)
    paths = list((folder / "marks" / "results").glob("*.json"))
    records = [json.loads(path.read_text()) for path in paths]
    _must(len(records) == count and all(r["points"] == r["out_of"] for r in records), "genlab")
    _must(all(r["isolation"] != "none" for r in records), "genlab's isolation")
    written = sorted(path.stat().st_mtime for path in paths)
    return seconds, (written[-1] - written[workers - 1]) / (count - workers)


def nbgrader(kind: str, count: int, workers: int, folder: Path) -> float:
    """`nbgrader autograde`, all students in one run; with two workers, two courses of half of them."""
    parts = [peers.nbgrader_course(kind, number, folder / f"course{i}")
             for i, number in enumerate(_shares(count, workers))]
    seconds = _together([lambda p=p: run(peers.nbgrader_command(p), workers, p) for p in parts])
    _must(all(peers.nbgrader_full(p) for p in parts), "nbgrader")
    return seconds


def otter(kind: str, count: int, workers: int, folder: Path) -> float:
    """`otter run`, a process for each submission, as many at a time as there are workers."""
    python = peers.otter_environment()
    jobs = peers.otter_submissions(kind, count, folder)
    start = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda job: run(peers.otter_command(python, *job), workers, folder), jobs))
    seconds = time.perf_counter() - start
    _must(all(peers.otter_full(out) for _, out in jobs), "Otter")
    return seconds


def _together(works: list[Callable[[], float]]) -> float:
    start = time.perf_counter()
    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(lambda work: work(), works))
    return time.perf_counter() - start


def _shares(count: int, workers: int) -> list[int]:
    return [count // workers + (i < count % workers) for i in range(workers)]


def _must(condition: bool, who: str) -> None:
    if not condition:
        raise SystemExit(f"{who} did not find full marks: its time means nothing")


def own_compute(kind: str, folder: Path) -> float:
    """Seconds that the notebook's code takes by itself, on one core, the best of three."""
    path, = submissions.write(kind, 1, folder, "{student}.ipynb")
    code = folder / "own.py"
    code.write_text(_OWN)
    found = []
    for _ in range(3):
        done = subprocess.run([sys.executable, str(code), str(path)], env=peers.environment(), text=True,
                              capture_output=True, check=True,
                              preexec_fn=lambda: os.sched_setaffinity(0, _cores(1)))
        found.append(float(done.stdout.rsplit("SECONDS ", 1)[1]))
    return min(found)


def measure(kind: str, count: int, few: int) -> None:
    """One kind of notebook by all systems; prints a table of seconds and ratios."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        place = Path(place)
        print(f"\n{kind}: {len(submissions.EXERCISES)} exercises of {LESSON}, {count} submissions for "
              f"genlab, {few} for the others", flush=True)
        print(f"  the notebook's own compute, torch imported: {own_compute(kind, place):.2f} s")
        for workers in (1, 2):
            folder = place / str(workers)
            whole, each = genlab(kind, count, workers, folder / "genlab")
            start = whole - count * each
            seconds = {"genlab": whole / count, "genlab, started": each}
            for name, system in (("nbgrader", nbgrader), ("Otter", otter)):
                seconds[name] = system(kind, few, workers, folder / name) / few
            _table(workers, seconds, start)


def _table(workers: int, seconds: dict[str, float], start: float) -> None:
    print(f"  {workers} worker{'s' if workers > 1 else ''} on {workers} core{'s' if workers > 1 else ''}"
          f" (genlab's start: {start:.1f} s once)")
    for name, value in seconds.items():
        ratios = "" if not name.startswith("genlab") else "   ".join(
            f"{seconds[other] / value:5.1f} x {other}'s throughput" for other in ("nbgrader", "Otter"))
        print(f"    {name:16} {value:7.3f} s a submission   {ratios}", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--count", type=int, default=40, help="submissions for genlab")
    options.add_argument("--peers", type=int, default=6, help="submissions for nbgrader and Otter")
    options.add_argument("--kinds", default=",".join(KINDS), help="which notebooks")
    asked = options.parse_args()
    if asked.count <= 4 or asked.peers < 2:
        options.error("at least 5 submissions for genlab and 2 for the others")
    print(f"{platform.machine()}, {len(_cores(99))} cores, Python {platform.python_version()}, "
          f"load {os.getloadavg()[0]:.1f}; {', '.join(peers.versions())}")
    for kind in asked.kinds.split(","):
        measure(kind, asked.count, asked.peers)


if __name__ == "__main__":
    main()
