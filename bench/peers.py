"""nbgrader and Otter, set up as their own documentation says, for the same notebooks and checks."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

from bench import submissions
from bench.submissions import EXERCISES, LESSON
from grading.registry import find

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "build" / "bench" / "otter"
_POINTS = {id: find(id).points for id in EXERCISES}


def environment(**more: str) -> dict[str, str]:
    """One thread for each process, and the profile at which lessons do not train."""
    programs = str(Path(sys.executable).parent)
    return os.environ | {"OMP_NUM_THREADS": "1", "GENLAB_PROFILE": "stub", "GENLAB_TABLE": os.devnull,
                         "PATH": programs + os.pathsep + os.environ["PATH"],
                         "PYTHONPATH": str(ROOT)} | more


def versions() -> list[str]:
    otter = subprocess.run([otter_environment(), "-c", "import otter; print(otter.__version__)"], text=True,
                           capture_output=True, check=True).stdout.strip()
    return [f"{name} {version(name)}" for name in ("torch", "genlab", "nbgrader")] + [f"otter-grader {otter}"]


# nbgrader


def nbgrader_course(kind: str, count: int, root: Path) -> Path:
    """A course folder whose release exists, so that autograding is all that is left."""
    submissions.write(kind, count, root, "submitted/{student}/" + f"{LESSON}/{LESSON}.ipynb")
    source = root / "source" / LESSON
    source.mkdir(parents=True)
    shutil.copy(next((root / "submitted").rglob("*.ipynb")), source / f"{LESSON}.ipynb")
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'bench'\n"
                                             "c.ClearSolutions.enforce_metadata = False\n")
    subprocess.run([sys.executable, "-m", "nbgrader", "generate_assignment", LESSON], cwd=root, check=True,
                   env=environment(), capture_output=True)
    return root


def nbgrader_command(root: Path) -> list[str]:
    return [sys.executable, "-m", "nbgrader", "autograde", LESSON]


def nbgrader_full(root: Path) -> bool:
    """Has everybody full marks?"""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        found = [(s.score, s.max_score) for s in book.assignment_submissions(LESSON)]
    return bool(found) and set(found) == {(sum(_POINTS.values()),) * 2}


# Otter


@cache
def otter_environment() -> str:
    """The Python of an environment of Otter's own, which finds torch and genlab in this one."""
    python = PLACE / "bin" / "python"
    if not (PLACE / "ready").exists():
        print(f"making an environment for Otter in {PLACE.relative_to(ROOT)} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", PLACE], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", ROOT / "bench" / "requirements.txt"],
                       check=True)
        site = PLACE / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
        (site / "beside.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
        (PLACE / "ready").touch()
    return str(python)


def otter_submissions(kind: str, count: int, folder: Path) -> list[tuple[Path, Path]]:
    """Notebooks, and a folder for the results of each; the tests are the notebook's own checks."""
    with zipfile.ZipFile(_made(folder / "autograder.zip"), "w") as archive:
        archive.writestr("otter_config.json", json.dumps({"lang": "python"}))
        archive.writestr("requirements.txt", "")
        for id in EXERCISES:
            archive.writestr(f"tests/{id}.py", _otter_test(id))
    paths = submissions.write(kind, count, folder / "class", "{student}.ipynb")
    return [(path, _made(folder / "out" / path.stem / "x").parent) for path in paths]


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _otter_test(id: str) -> str:
    """A test in the format of ok, which Otter reads: the check must give all points."""
    code = f">>> from grading import check\n>>> check({id!r}, {find(id).name}).passed\nTrue"
    test = {"name": id, "points": _POINTS[id], "suites": [
        {"cases": [{"code": code, "hidden": False, "locked": False}], "scored": True, "setup": "",
         "teardown": "", "type": "doctest"}]}
    return f"OK_FORMAT = True\ntest = {test!r}\n"


def otter_command(python: str, notebook: Path, out: Path) -> list[str]:
    return [python, "-m", "otter", "run", "-a", str(notebook.parents[1] / "autograder.zip"), "-o", str(out),
            "--no-logo", str(notebook)]


def otter_full(out: Path) -> bool:
    tests = json.loads((out / "results.json").read_text())["tests"]
    return sum(t.get("score") or 0 for t in tests) == sum(_POINTS.values())
