"""Grading attacks, many in one notebook: each twice, beside a wrong answer and beside a right one."""

import contextlib
import os
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from grading.ingest.folder import Submission
from grading.lessons import LESSONS, Lesson
from grading.report import marking
from grading.report.grade import Settings, grade_one
from grading.sandbox import start, syscalls
from grading.sandbox.client import Limits
from tests.grading import mini
from tests.grading.conftest import SECRET
from tests.grading.sandbox.test_tiers import MISSING, WALLED

MARK = "genlab-hostile-was-here"
WITHHELD = "genlab.models.vae.elbo"  # so that there is something to steal
STRONGEST = next((tier for tier in WALLED if not MISSING[tier]), "auto")  # by name: one zygote serves all
QUICK = Limits(statement=1.0, statements=20, probe=1.0, total=600, restarts=1000, start=240)
PATIENT = replace(QUICK, statement=20.0, statements=60, probe=20.0)  # an attack that ends by itself

HELPERS = '''
import ctypes, errno, gc, io, mmap, os, resource, signal, socket, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def raw(number, *arguments):
    """A system call by number; OSError if it is refused."""
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), str(number))
    return result
def through(**attempts):
    """The names of those that were not refused."""
    found = []
    for name, attempt in attempts.items():
        try:
            attempt()
        except OSError:
            continue
        found.append(name)
    return found
def many(step, most):
    """How often a step works before it is refused, or `most`."""
    kept = []
    while len(kept) < most:
        try:
            kept.append(step(len(kept)))
        except (OSError, MemoryError, RuntimeError):
            break
    return len(kept)
def channels():
    """The two pipes to the judge: (where to read, where to write)."""
    import fcntl
    import stat
    found = {}
    for fd in range(3, 256):
        try:
            if stat.S_ISFIFO(os.fstat(fd).st_mode):
                found[fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE] = fd
        except OSError:
            pass
    return found[os.O_RDONLY], found[os.O_WRONLY]
'''


@dataclass(frozen=True)
class Attack:
    """What a student's code does beside its answer.

    line: of the list of threats (see test_coverage). code: body of a function, true if it got through.
    give: what is returned in place of the value `v`. before: it is done when the notebook runs, before the
    probe. right: the points of a right answer that does this; None where nothing is promised.
    """

    line: int
    code: str
    give: str = "v"
    before: bool = False
    right: float | None = 3

    def cells(self, name: str) -> list[str]:
        body = "\n".join("    " + line for line in self.code.strip("\n").split("\n"))
        cells = [f"def attack_{name}():\n{body}"]
        if self.before:
            cells.append(f"done_{name} = attack_{name}()")
        done = f"done_{name}" if self.before else f"attack_{name}()"
        for kind, value in (("wrong", "0 * (x @ w)"), ("right", "x @ w + w.sum()")):
            cells.append(f"def {kind}_{name}(x, w):\n    got_through = {done}\n    v = {value}\n"
                         f"    v = v + 1000 if got_through else v\n    return {self.give}")
        return cells


@dataclass(frozen=True)
class Host:
    """What of this machine an attack might reach, and whether it did."""

    folder: Path
    tcp: socket.socket
    udp: socket.socket
    unix: socket.socket
    before: tuple

    @property
    def victim(self) -> Path:
        return self.folder / "marks.csv"

    def literals(self) -> str:
        """A cell of the notebook: where to strike."""
        numbers = {n: pair[list(syscalls._ARCHITECTURE).index(syscalls.kernel.MACHINE)]
                   for n, pair in syscalls._NUMBERS.items()}
        known = {"mark": MARK, "victim": str(self.victim), "places": [str(p) for p in places(self.folder)],
                 "tcp": self.tcp.getsockname()[1], "udp": self.udp.getsockname()[1],
                 "unix": str(self.folder / "socket"), "numbers": {n: v for n, v in numbers.items() if v},
                 "course": str(Path(start.__file__).parents[2])}
        return "\n".join(f"{name} = {value!r}" for name, value in known.items())

    def untouched(self) -> None:
        assert state(self.victim) == self.before
        assert {p.name for p in self.folder.iterdir()} == {"marks.csv", "socket", "out"}
        written = [p / n for p in places(self.folder) for n in (MARK, "torch.py", "sitecustomize.py")]
        assert not [p for p in written if p.exists()]
        for server in (self.tcp.accept, lambda: self.udp.recv(1), lambda: self.unix.recv(1)):
            with pytest.raises(BlockingIOError):
                server()


def places(folder: Path) -> list[Path]:
    """Folders in which a file might be left."""
    root = Path(start.__file__).parents[2]
    found = [folder, folder / "out", Path.cwd(), Path.home(), root, root / "grading", root / "genlab",
             Path(os.__file__).parent, Path(pytest.__file__).parents[1], Path("/tmp"), Path("/var/tmp"),
             Path("/dev/shm"), Path("/")]
    return list(dict.fromkeys(found))


def state(path: Path) -> tuple:
    told = path.stat()
    return path.read_bytes(), told.st_mode, told.st_uid, told.st_mtime_ns, told.st_nlink, os.listxattr(path)


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> Iterator[Host]:
    """Something to steal, to spoil and to call."""
    folder = tmp_path_factory.mktemp("host")
    (folder / "marks.csv").write_text("student,points\nmallory,0\n")
    (folder / "out").mkdir()
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(socket.socket(*kind)) for kind in (
            (socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_DGRAM),
            (socket.AF_UNIX, socket.SOCK_DGRAM))]
        for server, place in zip(servers, (("127.0.0.1", 0), ("127.0.0.1", 0), str(folder / "socket")),
                                 strict=True):
            server.bind(place)
            server.setblocking(False)
        servers[0].listen()
        os.chmod(folder / "socket", 0o777)
        yield Host(folder, *servers, before=state(folder / "marks.csv"))


def descendants() -> set[int]:
    """The processes that this one has started, theirs included."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{name}/stat").read_text().rsplit(")", 1)[1].split()
            if fields[0] != "Z":
                parents[int(name)] = int(fields[1])
    found, new = set(), {os.getpid()}
    while new:
        new = {p for p, parent in parents.items() if parent in new} - found
        found |= new
    return found


def nothing_left(before: set[int]) -> None:
    """No process more than before; one that was killed may take a moment to go."""
    end = time.monotonic() + 10
    while (left := descendants() - before) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left


def exercise(name: str, **changes):
    return replace(mini.AFFINE, id=f"mini-{name}", defines=f"{name}(x, w)", withholds=[WITHHELD], **changes)


def grade(exercises: list, cells: list[str], tier: str = STRONGEST, limits: Limits = QUICK) -> dict:
    """The record of a notebook of these cells, graded for these exercises behind this tier's walls."""
    start.connect([WITHHELD], tier).close()  # the zygote is there before any clock runs
    before = descendants()
    lesson = Lesson(mini.LESSON.name, "Attacks", tuple(e.id for e in exercises))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LESSONS, lesson.name, lesson)
        patch.setattr(marking, "exercises_of", lambda lesson: exercises)
        settings = Settings(SECRET, lesson=lesson.name, limits=limits, isolation=tier)
        submission = Submission("mallory", "x.ipynb", files=(("x.ipynb", mini.dump(*cells)),))
        record = grade_one(submission, settings)
    nothing_left(before)
    return record


def points_of(attacks: Mapping[str, Attack], host: Host, tier: str = STRONGEST,
              limits: Limits = QUICK) -> dict:
    """Record of a notebook with all these attacks; `points` by name, such as wrong_loop and right_loop."""
    names = [f"{kind}_{name}" for name in attacks for kind in ("wrong", "right")]
    cells = [host.literals(), HELPERS, *(c for name, a in attacks.items() for c in a.cells(name))]
    record = grade([exercise(n) for n in names], cells, tier, limits)
    assert record["status"] == "graded", record["message"]
    return record | {"points": {v["id"].removeprefix("mini-"): v for v in record["exercises"]}}


def expect(attack: Attack, name: str, record: dict) -> None:
    """A wrong answer gets nothing by it, and a right one loses nothing."""
    wrong, right = (record["points"][f"{kind}_{name}"] for kind in ("wrong", "right"))
    assert wrong["points"] == 0, wrong
    assert attack.right is None or right["points"] == attack.right, right
