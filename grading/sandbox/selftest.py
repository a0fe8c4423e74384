"""Do the walls hold? A worker of the zygote's own tries to get out, before any student's code runs.

Each attempt must fail; those that succeed are named, and the tier then counts as not available here.
"""

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable

from grading.sandbox import kernel


def run(zygote) -> list[str]:
    """What a worker could do that it should not be able to do."""
    reader, writer = os.pipe()
    zygote.fork(lambda: os.write(writer, ("\n".join(_escapes(zygote)) + "\n.").encode()), [writer])
    os.close(writer)
    with open(reader, encoding="utf-8", errors="replace") as pipe:
        text = pipe.read()
    zygote.end()
    if not text.endswith("\n."):
        return ["not be looked at: it ended early"]
    return [line for line in text[:-2].split("\n") if line]


def _escapes(zygote) -> list[str]:
    attempts: dict[str, Callable] = {
        "start a process": _fork, "start a program": lambda: os.execv("/bin/true", ["true"]),
        "open a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "open a local socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "signal its parent": lambda: os.kill(os.getppid(), signal.SIGCONT),
        "see its parent's environment": lambda: open(f"/proc/{os.getppid()}/environ", "rb").read(1),
        "write beside Python": lambda: _write(os.path.join(os.__file__, "..", "genlab-was-here")),
        "write to the course's copy": lambda: _write(os.path.join(zygote.settings["view"], "here")),
        "change the host's name": lambda: socket.sethostname("x"),
        "hold memory without end": lambda: bytearray(64 << 30),
        "make new namespaces": _unshare,
        "trace its parent": lambda: open(f"/proc/{os.getppid()}/mem", "r+b"),
    }
    for path in ("/etc/shadow", "/etc/passwd", *zygote.settings["hidden"]):
        attempts[f"read {path}"] = lambda p=path: os.listdir(p) if os.path.isdir(p) else open(p).close()
    found = []
    for name, attempt in attempts.items():
        with contextlib.suppress(Exception):
            attempt()
            found.append(name)
    return found + _broken_work()


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _write(path: str) -> None:
    open(os.path.realpath(path), "w").close()


def _unshare() -> None:
    kernel.unshare(kernel.CLONE_NEWUSER)


def _broken_work() -> list[str]:
    """The other side of it: what honest code needs still works behind the walls."""
    done = []
    thread = threading.Thread(target=done.append, args=(1,))
    thread.start()
    thread.join()
    if torch := sys.modules.get("torch"):
        x = torch.randn(3, 8, 8).requires_grad_()
        torch.nn.functional.conv2d(x[None], torch.ones(2, 3, 3, 3)).square().sum().backward()
        done = done if x.grad.isfinite().all() else []
    return [] if done else ["not do honest work"]
