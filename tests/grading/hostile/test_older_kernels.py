"""Landlock as older kernels have it: versions 1 to 6, one by one, made by handling no more rights than those.

What a version leaves open is tried twice: behind Landlock alone, where it gets through (so that the attempt
is a real one), and with the system-call filter, where it does not.
"""

import json
import os
import signal
import socket
import traceback
from pathlib import Path

import pytest

from grading.sandbox import confine, kernel, landlock, start, syscalls
from grading.sandbox.isolation import NoIsolation
from tests.grading.sandbox.test_tiers import MISSING

NEWEST = kernel.landlock_version()
pytestmark = pytest.mark.skipif(bool(MISSING["landlock"]), reason=MISSING["landlock"] or "there")
VERSIONS = [pytest.param(v, marks=pytest.mark.skipif(v > NEWEST, reason=f"this kernel has version {NEWEST}"))
            for v in range(1, 7)]
RNDGETENTCNT, NEITHER = 0x80045200, 3


@pytest.fixture
def places(tmp_path):
    """What a worker may read, what it may not, and servers that it may not reach."""
    for name in ("readable", "hidden"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("marks")
    tcp = socket.create_server(("127.0.0.1", 0))
    unix = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    unix.bind(f"\0genlab-{os.getpid()}")  # an abstract name
    unix.listen()
    with tcp, unix:
        yield {"readable": tmp_path / "readable", "hidden": tmp_path / "hidden", "tcp": tcp, "unix": unix}


def confined(places: dict, version: int, filtered: bool, attempts: dict) -> set[str]:
    """The names of the attempts that get through in a process behind Landlock of this version."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            landlock.newest = version
            rules = landlock.ruleset([str(places["readable"])], ["/dev/null"])
            if filtered:
                os.environ["HOME"] = "/"
                confine.confine("landlock", [writer], rules)
            else:
                kernel.drop_capabilities()
                kernel.no_new_privileges()
                kernel.landlock_restrict(rules)
            found = []
            for name, attempt in attempts.items():
                try:
                    attempt()
                    found.append(name)
                except OSError:
                    pass
            os.write(writer, json.dumps(found).encode())
        except BaseException:
            os.write(writer, traceback.format_exc().encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    assert text.startswith("["), text
    return set(json.loads(text))


def attacks(places: dict) -> dict:
    """name: (what is tried, the version from which on Landlock alone refuses it; None: it never does)."""
    readable, hidden = str(places["readable"] / "file"), str(places["hidden"] / "file")
    parent = os.getpid()

    def connect(family, place):
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.connect(place)

    def how(flags):  # struct open_how: flags, mode, resolve
        return b"".join(n.to_bytes(8, "little") for n in (flags, 0, 0))

    def by_struct(path, flags):
        kernel.syscall("openat2", syscalls._NUMBERS["openat2"][0], -100, path.encode(), how(flags), 24)

    def command(path, number):
        import fcntl
        fcntl.ioctl(os.open(path, NEITHER), number, bytes(8))

    return {
        "emptied by opening": (lambda: os.open(readable, os.O_RDONLY | os.O_TRUNC), 3),
        "emptied unread": (lambda: os.open(hidden, NEITHER | os.O_TRUNC), 3),
        "emptied by a struct": (lambda: by_struct(hidden, NEITHER | os.O_TRUNC), 3),
        "cut by name": (lambda: os.truncate(hidden, 1), 3),
        "opened for commands": (lambda: os.close(os.open("/dev/zero", NEITHER)), None),
        "a device's command": (lambda: command("/dev/random", RNDGETENTCNT), 5),
        "the network": (lambda: connect(socket.AF_INET, places["tcp"].getsockname()), 4),
        "an abstract socket": (lambda: connect(socket.AF_UNIX, places["unix"].getsockname()), 6),
        "a signal": (lambda: os.kill(parent, 0), 6),
        "a real signal": (lambda: os.kill(parent, signal.SIGCONT), 6),
        "a lock": (lambda: __import__("fcntl").flock(os.open(readable, os.O_RDONLY), 2), None),
        "a mode": (lambda: os.chmod(hidden, 0o777), None),
        "times": (lambda: os.utime(hidden, (0, 0)), None),
        "a socket pair": (socket.socketpair, None),
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_landlock_alone_leaves_open_what_it_does_not_handle(places, version):
    """Else the test below would prove nothing."""
    tried = attacks(places)
    found = confined(places, version, False, {name: attempt for name, (attempt, _) in tried.items()})
    assert found == {name for name, (_, since) in tried.items() if since is None or version < since}
    assert ((places["hidden"] / "file").read_text() == "marks") == (version >= 3)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_filter_stands_in_for_what_is_missing(places, version):
    before = {name: (places[name] / "file").stat() for name in ("readable", "hidden")}
    tried = {name: attempt for name, (attempt, _) in attacks(places).items()}
    assert confined(places, version, True, tried) == set()
    for name, told in before.items():
        now = (places[name] / "file").stat()
        assert (now.st_mode, now.st_mtime_ns, now.st_size) == (told.st_mode, told.st_mtime_ns, 5)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_honest_code_needs_is_left_open(places, version):
    readable = str(places["readable"] / "file")

    def terminal():
        assert not os.isatty(os.open(readable, os.O_RDONLY))

    honest = {"read": lambda: open(readable).read(), "nothing": lambda: open(os.devnull, "w").write("x"),
              "a pipe": os.pipe, "terminal": terminal, "itself": lambda: os.kill(os.getpid(), 0),
              "thread": lambda: __import__("threading").Thread(target=int).start()}
    assert confined(places, version, True, honest) == set(honest)




@pytest.mark.parametrize("version", [p for p in VERSIONS if p.values[0] in (1, 2)])
def test_the_self_test_tries_to_empty_a_file(monkeypatch, version):
    """On such a kernel, with a filter that lets it pass, the tier is refused before any code runs."""
    monkeypatch.setattr(landlock, "newest", version)
    zygote = start.Zygote((), "landlock", look=True)
    zygote.close()
    assert zygote.walls[0] == f"Landlock {version}"
    begin = start.view.begin

    def weakened(folder: Path) -> None:
        begin(folder)
        with open(folder / "grading" / "sandbox" / "syscalls.py", "a") as file:
            file.write("\n_OPENING = []\n")

    monkeypatch.setattr(start.view, "begin", weakened)
    with pytest.raises(NoIsolation, match="empty a file that it may read"):
        start.Zygote((), "landlock", look=True)
