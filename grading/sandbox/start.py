"""Starting a worker process. A fork server can take the place of `connect` and leave the rest alone."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Connection:
    """A worker that is connected: two ends of pipes, and how to be rid of it."""

    source: int
    sink: int
    close: Callable[[], None]


def connect() -> Connection:
    """Starts a worker process of its own. A fork server can take this function's place."""
    from_judge, sink = os.pipe()
    source, to_judge = os.pipe()
    folder = tempfile.mkdtemp(prefix="genlab-")
    command = [sys.executable, "-I", "-m", "grading.sandbox.worker", str(from_judge), str(to_judge)]
    process = subprocess.Popen(command, env=_environment(folder), cwd=folder, pass_fds=(from_judge, to_judge),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    os.close(from_judge)
    os.close(to_judge)
    os.set_blocking(sink, False)

    def close() -> None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        os.close(source)
        os.close(sink)
        shutil.rmtree(folder, ignore_errors=True)

    return Connection(source, sink, close)


def _environment(folder: str) -> dict[str, str]:
    """All that a worker knows of this machine's settings: nothing of ours is in it."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                             "OMP_THREAD_LIMIT"), "1")
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {"GENLAB_PROFILE": "stub", "HOME": folder, "TMPDIR": folder, "IPYTHONDIR": folder,
            "MPLBACKEND": "Agg", "PATH": os.defpath, "LANG": "C.UTF-8", **threads, **kept}
