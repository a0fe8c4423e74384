"""Which lessons and how much a run of the tests looks at: `make test` samples, `make test-all` does not.

What every lesson needs is always tried on every lesson. What tries a program of others on a lesson, such as
nbgrader, is tried on two of them and on the newest: it costs a minute each and finds the same everywhere.
"""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALL = os.environ.get("GENLAB_TESTS") == "all"
LESSONS = sorted(path.stem for path in (ROOT / "solutions").glob("[0-9][0-9]_*.py"))
STEADY = ("00_generative_models", "10_vae")
FINAL = 19  # lessons of the whole course


def newest() -> str:
    """The lesson whose script was changed last, by git's record; the last by number where there is none."""
    def changed(lesson: str) -> int:
        command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct", "--", f"solutions/{lesson}.py"]
        found = subprocess.run(command, capture_output=True, text=True).stdout.strip()
        return int(found or 0)

    return max(LESSONS, key=lambda lesson: (changed(lesson), lesson))


def sampled() -> list[str]:
    """Two lessons that stay the same and the newest; all of them in `make test-all`."""
    return LESSONS if ALL else sorted({*STEADY, newest()} & set(LESSONS))


def batches(size: int = 5) -> list[tuple[str, ...]]:
    """Lessons that share a kernel; one for each in `make test-all`."""
    size = 1 if ALL else size
    return [tuple(LESSONS[i:i + size]) for i in range(0, len(LESSONS), size)]
