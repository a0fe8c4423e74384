"""Event loops without sockets: asyncio wakes its own loop through a pipe in place of a pair of sockets.

A worker has no sockets at all (grading.sandbox.syscalls), and asyncio needs a pair of them only to wake
itself. With a pipe, `asyncio.run` and `await` in a cell work as they do in a notebook.
"""

import asyncio
import contextlib
import os


class _End:
    """One end of a pipe, with as much of a socket as asyncio's loop uses."""

    def __init__(self, fd: int):
        self._fd = fd
        os.set_blocking(fd, False)

    def fileno(self) -> int:
        return self._fd

    def recv(self, size: int) -> bytes:
        return os.read(self._fd, size)

    def send(self, data: bytes) -> int:
        return os.write(self._fd, data)

    def close(self) -> None:
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.close(self._fd)
        self._fd = -1


def without_sockets() -> None:
    """Has all event loops that this process makes from now on wake themselves through pipes."""
    loop = getattr(asyncio, "SelectorEventLoop", None)
    base = next((c for c in getattr(loop, "__mro__", ()) if "_make_self_pipe" in vars(c)), None)
    if base is not None:
        base._make_self_pipe = _make_self_pipe


def _make_self_pipe(self) -> None:
    reader, writer = os.pipe()
    self._ssock, self._csock = _End(reader), _End(writer)
    self._internal_fds += 1
    self._add_reader(reader, self._read_from_self)
