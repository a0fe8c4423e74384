"""The zygote: has imported torch once, has never held a secret, and forks a worker for each answer.

It speaks with the judge over one socket, a byte at a time: `w` with two pipes asks for a worker, `k` for
its end. It runs none of a student's code and does no work with tensors that would start threads, so that
a fork of it is safe. When the judge hangs up, it ends its worker and itself.
"""

import contextlib
import gc
import os
import signal
import socket
import threading
from collections.abc import Callable
from functools import partial

import torch

from grading.sandbox import frames, jail, kernel, landlock, limits, selftest, syscalls
from grading.sandbox.frames import Frame
from grading.sandbox.worker import Worker

SECONDS = 300.0  # of processor time for one worker, should all other limits fail
_IMPORTS = ("torch.nn.functional", "torch.distributions", "torch.optim", "torchvision", "numpy",
            "matplotlib.pyplot", "genlab.data", "genlab.display", "genlab.metrics",
            "genlab.models", "genlab.fit")


def serve(control: int, settings: dict, walls: list[str]) -> None:
    """Answers the judge until it hangs up."""
    zygote = Zygote(control, settings, walls)
    try:
        report = zygote.prepare()
    except Exception as error:  # told to the judge, who says it to whoever started it
        report = Frame("fault", {"message": f"{type(error).__name__}: {error}"})
    with contextlib.suppress(frames.Closed):
        frames.write(control, frames.encode(report))
    if report.kind == "zygote":
        zygote.loop()


class Zygote:
    def __init__(self, control: int, settings: dict, walls: list[str]):
        self.socket = socket.socket(fileno=control)
        self.tier, self.settings, self.walls = settings["tier"], settings, walls
        self.worker, self.rules = 0, -1
        self.dead: set[int] = set()  # killed, and not yet waited for

    def prepare(self) -> Frame:
        """Imports everything, looks whether the walls hold, and says which there are."""
        torch.set_num_threads(1)
        for name in _IMPORTS:
            with contextlib.suppress(Exception):  # whoever needs it will be told in its own cell
                __import__(name)
        self.make_worker = Worker.prepared()
        if self.tier != "none":
            self.walls += self._walls()
        gc.collect()
        gc.freeze()
        if threading.active_count() > 1 or _tasks() > 1:
            raise RuntimeError("an import has started a thread: a fork would not be safe")
        failed = selftest.run(self) if self.tier != "none" else []
        if failed:
            return Frame("fault", {"message": "a worker could " + ", ".join(failed)})
        return Frame("zygote", {"tier": self.tier, "walls": [*self.walls, "limits"]})

    def _walls(self) -> list[str]:
        """The walls of a process's own; raises where one that the tier promises is missing."""
        if not syscalls.known():
            raise RuntimeError(f"there is no system-call filter for {kernel.MACHINE}")
        version = kernel.landlock_version()
        if not version and self.tier == "landlock":
            raise RuntimeError("this kernel has no Landlock")
        if version and self.tier == "landlock":
            readable = landlock.readable(self.settings["readable"], self.settings["hidden"])
            self.rules = landlock.ruleset(readable, ["/dev/null"])
        return ([f"Landlock {version}"] if version else []) + ["system-call filter"]

    def loop(self) -> None:
        while True:
            order, descriptors, _, _ = socket.recv_fds(self.socket, 1, 2)
            if order == b"w" and len(descriptors) == 2:
                self.end()
                self.fork(partial(self._work, *descriptors), descriptors)
            else:
                self.end()
            for fd in descriptors:
                os.close(fd)
            if not order:
                return
            self.socket.send(order)

    def _work(self, source: int, sink: int) -> None:
        self.make_worker(source, sink).serve()

    def fork(self, work: Callable[[], None], keep: list[int]) -> None:
        """A new worker, behind all walls, that does `work`."""
        if self.tier == "namespaces":
            jail.fresh()
        self.worker = os.fork()
        if self.worker == 0:
            try:
                self.confine(keep)
                work()
            finally:
                os._exit(0)

    def confine(self, keep: list[int]) -> None:
        """Gives up, for good, all that a student's code should not have. Runs in the worker."""
        os.chdir(os.environ.get("HOME", "/"))
        _close_all_but({*keep, *([self.rules] if self.rules >= 0 else [])})
        if self.tier == "none":
            os.setsid()
            limits.apply(SECONDS)
            return
        kernel.die_with_parent(signal.SIGKILL)
        limits.apply(SECONDS)
        kernel.drop_capabilities()
        kernel.no_new_privileges()
        if self.tier == "namespaces" and kernel.landlock_version():
            self.rules = landlock.ruleset(["/"], [jail.SCRATCH, "/dev/null"])
        if self.rules >= 0:
            kernel.landlock_restrict(self.rules)
            os.close(self.rules)
        syscalls.install()

    def end(self) -> None:
        """Kills the worker: it has no children, so that nothing is left of it. It is buried later."""
        if self.worker:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if self.tier == "none":
                    os.killpg(self.worker, signal.SIGKILL)
            os.kill(self.worker, signal.SIGKILL)
            self.dead.add(self.worker)
            self.worker = 0
        for pid in list(self.dead):
            if os.waitpid(pid, os.WNOHANG)[0]:
                self.dead.discard(pid)


def _tasks() -> int:
    """Threads of this process, those of libraries included."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


def _close_all_but(keep: set[int]) -> None:
    last = 2
    for fd in [*sorted(fd for fd in keep if fd > 2), 4096]:
        if fd > last + 1:  # closerange takes an empty range for all there is
            os.closerange(last + 1, fd)
        last = fd
