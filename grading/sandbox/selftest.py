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
from functools import partial

from grading.sandbox import kernel

_FOR_NEITHER = 3  # the mode of an open file that is neither read nor written


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
    empty = os.path.join(zygote.settings["view"], "grading", "__init__.py")  # nothing is lost with it
    attempts: dict[str, Callable] = {
        "start a process": _fork, "start a program": lambda: os.execv("/bin/true", ["true"]),
        "open a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "open a local socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "signal its parent": lambda: os.kill(os.getppid(), signal.SIGCONT),
        "see its parent's environment": lambda: open(f"/proc/{os.getppid()}/environ", "rb").read(1),
        "write beside Python": lambda: _write(os.path.join(os.__file__, "..", "genlab-was-here")),
        "write at home": lambda: _write(os.path.join(os.environ["HOME"], "here")),
        "write to the course's copy": lambda: _write(os.path.join(zygote.settings["view"], "here")),
        "change the host's name": lambda: socket.sethostname("x"),
        "hold memory without end": lambda: bytearray(64 << 30),
        "make new namespaces": _unshare,
        "trace its parent": lambda: open(f"/proc/{os.getppid()}/mem", "r+b"),
        "empty a file that it may read": lambda: os.open(empty, os.O_RDONLY | os.O_TRUNC),
        "empty a file that it may not read": lambda: os.open(empty, _FOR_NEITHER | os.O_TRUNC),
        "open a device for commands": lambda: os.open("/dev/null", _FOR_NEITHER),
    }
    for path in ("/etc/shadow", "/etc/passwd", *zygote.settings["hidden"]):
        attempts[f"read {path}"] = partial(_read, path)
    found = []
    for name, attempt in attempts.items():
        with contextlib.suppress(Exception):
            attempt()
            found.append(name)
    return found + _broken_work()


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _read(path: str) -> None:
    """OSError if nothing is to be read there."""
    if os.path.isdir(path):
        os.listdir(path)
        return
    with open(path, "rb") as file:
        if not file.read(1):
            raise OSError(f"{path} is empty")


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
