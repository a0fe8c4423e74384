"""The judge's side of a zygote: it starts one for each lesson (each list of withheld names), and asks it for
workers.

A zygote lives as long as its judge. It is started with a clean environment, in a session of its own,
and inherits one socket and nothing else.
"""

import atexit
import contextlib
import json
import os
import select
import shutil
import site
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from grading.sandbox import elsewhere, isolation, landlock, view
from grading.sandbox.isolation import NoIsolation
from grading.sandbox.terms import FULL, Terms

_SECONDS = 240.0  # to start: importing torch on a busy machine
_REPLY = 30.0
GIVEN = b"c"  # to a zygote: its copy of the course is whole
_MOST = 3  # zygotes that one judge keeps: each holds torch in memory
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/cuda",
              "/opt/conda/lib", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts",
              "/usr/share/zoneinfo", "/usr/share/fonts", "/usr/share/fontconfig")


@dataclass(frozen=True)
class Connection:
    """A worker that is connected: two ends of pipes, how to be rid of it, and what is around it."""

    source: int
    sink: int
    close: Callable[[], None]
    isolation: str = "none"
    walls: tuple[str, ...] = ()
    withheld: frozenset[str] = field(default=frozenset(), repr=False)


class Zygote:
    """One zygote in its tier; `OSError` or `NoIsolation` if it does not start.

    It loads torch and the other libraries first, which takes seconds, and only then needs to know what a lesson
    withholds: `begin` returns one that has not been told, `give` tells it.
    """

    def __init__(self, withheld: Iterable[str], tier: str, *, look: bool = False, terms: Terms = FULL):
        """`look`: only to see whether the walls hold; it makes no workers and is there in a moment."""
        self._begin(tier, look, terms)
        self.give(withheld)

    @classmethod
    def begin(cls, tier: str, terms: Terms = FULL) -> "Zygote":
        begun = cls.__new__(cls)
        begun._begin(tier, False, terms)
        return begun

    def _begin(self, tier: str, look: bool, terms: Terms) -> None:
        self.tier, self.terms, self._look = tier, terms, look
        self._socket, theirs = socket.socketpair()
        self._process = None
        self.folder = tempfile.mkdtemp(prefix="genlab-")
        try:
            self._start(self.folder, theirs)
        except BaseException:
            self.close()
            raise
        finally:
            theirs.close()

    def _start(self, folder: str, theirs: socket.socket) -> None:
        for name in ("view", "room", "home"):
            os.mkdir(os.path.join(folder, name))
        course = self._course = os.path.join(folder, "view")
        view.begin(Path(course))
        home = "/scratch" if self.tier == "namespaces" else os.path.join(folder, "home")
        ours = view.hidden()
        others = [] if self._look else elsewhere.copies(readable(), ours)  # a look runs nobody's code
        settings = {"tier": self.tier, "look": self._look, "folder": folder, "view": course,
                    "room": os.path.join(folder, "room"), "readable": [course, *readable()],
                    "hidden": [*ours, *others, *self.terms.hidden],
                    "landlock": landlock.newest, "seconds": self.terms.seconds}
        script = os.path.join(course, "grading", "sandbox", "launch.py")
        command = [sys.executable, "-I", script, str(theirs.fileno()), json.dumps(settings)]
        self._process = subprocess.Popen(
            command, env=_environment(home), cwd="/", pass_fds=(theirs.fileno(),), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def give(self, withheld: Iterable[str]) -> None:
        """Writes the copy of the course that its workers see, and waits until it is ready."""
        try:
            self.withheld = frozenset(".".join(view.home(name)) for name in withheld)
            if not self._look:
                view.write(Path(self._course), self.withheld)
                view.leave_out(Path(self._course), self.terms.left_out)
            with contextlib.suppress(OSError):  # if it has ended, its report says why
                self._socket.sendall(GIVEN)
            self.walls = self._report()
        except BaseException:
            self.close()
            raise

    def _report(self) -> tuple[str, ...]:
        """The walls, as the zygote reports them once it is ready."""
        self._socket.settimeout(_SECONDS)
        try:
            with self._socket.makefile(encoding="utf-8") as lines:
                report = json.loads(lines.readline() or '{"fault": "it ended at once"}')
        except (OSError, ValueError) as error:
            report = {"fault": f"it did not start ({type(error).__name__})"}
        if "walls" not in report:
            raise NoIsolation(report["fault"])
        return tuple(report["walls"])

    def worker(self) -> Connection:
        """A new worker; the one before it has ended."""
        from_judge, sink = os.pipe()
        source, to_judge = os.pipe()
        os.set_blocking(sink, False)
        try:
            self._ask(b"w", [from_judge, to_judge])
        except OSError:
            os.close(source)
            os.close(sink)
            raise
        finally:
            os.close(from_judge)
            os.close(to_judge)

        def close() -> None:
            os.close(source)
            os.close(sink)
            with contextlib.suppress(OSError):  # then it has ended, and its worker with it
                self._ask(b"k")

        return Connection(source, sink, close, self.tier, self.walls, self.withheld)

    def _ask(self, order: bytes, descriptors: list[int] | None = None) -> None:
        socket.send_fds(self._socket, [order], descriptors or [])
        if not select.select([self._socket], [], [], _REPLY)[0] or self._socket.recv(1) != order:
            raise ConnectionError("the zygote does not answer")

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        """Hangs up: the zygote ends its worker and itself, and its folder is removed."""
        self._socket.close()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            if self._process.returncode is None:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)  # if it was killed and could not


class _Mine(threading.local):
    """The zygotes of this thread: each makes one worker at a time, so that threads cannot share them."""

    def __init__(self):
        self.zygotes: dict[tuple[frozenset[str], str, Terms], Zygote] = {}
        self.begun: Zygote | None = None  # has not been told a lesson


_mine = _Mine()


def warm(asked: str = isolation.AUTO) -> None:
    """Lets a zygote load its libraries while this process loads its own; the first `connect` will take it."""
    if _mine.begun is None:
        with contextlib.suppress(OSError, NoIsolation):  # `connect` will say so
            _mine.begun = Zygote.begin(isolation.candidates(asked)[0])


def connect(withheld: Iterable[str] = (), asked: str = isolation.AUTO, terms: Terms = FULL) -> Connection:
    """A worker whose genlab lacks these names; its zygote is started if there is none any more."""
    key = frozenset(withheld), asked, terms
    zygote = _mine.zygotes.pop(key, None)
    if zygote is not None:
        with contextlib.suppress(OSError):
            connection = zygote.worker()
            _mine.zygotes[key] = zygote
            return connection
        zygote.close()
    while len(_mine.zygotes) >= _MOST:
        _mine.zygotes.pop(next(iter(_mine.zygotes))).close()
    _mine.zygotes[key] = zygote = _first_that_works(*key)
    return zygote.worker()


def in_force(asked: str = isolation.AUTO) -> tuple[str, tuple[str, ...]]:
    """The tier and the walls that workers get here; NoIsolation says why there are none."""
    zygote = _first_that_works(frozenset(), asked, look=True)
    zygote.close()
    return zygote.tier, zygote.walls


@atexit.register
def close_all() -> None:
    while _mine.zygotes:
        _mine.zygotes.popitem()[1].close()
    if _mine.begun is not None:
        _mine.begun.close()
        _mine.begun = None


def _first_that_works(withheld: frozenset[str], asked: str, terms: Terms = FULL, *, look: bool = False) -> Zygote:
    reasons = {}
    for tier in isolation.candidates(asked):
        try:
            if not look and (begun := _taken(tier, terms)):
                begun.give(withheld)
                return begun
            return Zygote(withheld, tier, look=look, terms=terms)
        except NoIsolation as error:
            reasons[tier] = str(error)
    raise isolation.refusal(asked, reasons)


def _taken(tier: str, terms: Terms) -> Zygote | None:
    """The zygote that `warm` began, if it is of this kind and lives."""
    begun = _mine.begun
    if begun is None or (begun.tier, begun.terms) != (tier, terms):
        return None
    _mine.begun = None
    if begun.alive():
        return begun
    begun.close()
    return None


@cache
def readable() -> tuple[str, ...]:
    """What a worker needs to read of this machine: Python, its packages, and the system's libraries."""
    paths = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values()}
    paths |= {*site.getsitepackages(), *(p for p in sys.path if p.endswith("-packages"))}
    return tuple(sorted(p for p in (*paths, *_LIBRARIES) if os.path.exists(p) and os.path.realpath(p) != "/"))


def _environment(home: str) -> dict[str, str]:
    """All that a worker knows of this machine's settings: nothing of ours is in it."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                             "OMP_THREAD_LIMIT"), "1")
    kept = {n: os.environ[n] for n in ("LD_LIBRARY_PATH", "OPENBLAS_CORETYPE") if n in os.environ}
    places = dict.fromkeys(("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR",
                            "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR"), home)  # there: nobody makes them
    return {"GENLAB_PROFILE": "stub", "MPLBACKEND": "Agg", "PATH": os.defpath, "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0", **places, **threads, **kept}
