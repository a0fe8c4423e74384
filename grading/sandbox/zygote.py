"""The zygote: has imported torch once, has never held a secret, and forks a worker for each answer.

It speaks with the judge over one socket, a byte at a time: `w` with two pipes asks for a worker, `k` for
its end. It runs none of a student's code and does no work with tensors that would start threads, so that
a fork of it is safe. When the judge hangs up, it ends its worker and itself.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
from collections.abc import Callable, Iterable
from functools import partial

from grading.sandbox import landlock, selftest
from grading.sandbox.confine import confine, rules, walls

_LIBRARIES = ("torch.nn.functional", "torch.distributions", "torch.optim", "torch.utils.data", "numpy",
              "matplotlib.pyplot", "IPython.core.interactiveshell", "ipywidgets", "safetensors.torch")
_COURSE = ("genlab.data", "genlab.display", "genlab.metrics", "genlab.models", "genlab.fit")
_THREADS, _LOOK = 500, 0.1  # a worker may have so many; looked at every so many seconds


def serve(control: int, settings: dict, around: list[str]) -> None:
    """Answers the judge until it hangs up. `settings["look"]`: only says which walls hold, without torch."""
    zygote = Zygote(control, settings)
    try:
        report = {"walls": [*around, *zygote.prepare()]}
    except Exception as error:  # told to the judge, who says it to whoever started it
        report = {"fault": f"{type(error).__name__}: {error}"}
    zygote.tell(report)
    if "walls" in report:
        zygote.loop()


class Zygote:
    def __init__(self, control: int, settings: dict):
        self.socket = socket.socket(fileno=control)
        self.tier, self.settings = settings["tier"], settings
        self.worker, self.rules = 0, -1
        landlock.newest = settings["landlock"]
        self.dead: set[int] = set()  # killed, and not yet waited for

    def prepare(self) -> list[str]:
        """Imports everything and looks whether the walls hold; says which there are."""
        own = walls(self.tier)
        gc.disable()  # nothing of what is imported is garbage, and looking for it takes a fifth of the time
        if not self.settings["look"]:
            self._import_libraries()
        if not self.socket.recv(1):
            raise SystemExit  # the judge has gone
        importlib.invalidate_caches()
        self.rules = rules(self.tier, self.settings["readable"], self.settings["hidden"])
        if not self.settings["look"]:
            self._import_course()
        gc.collect()
        gc.freeze()
        gc.enable()
        if _tasks() > 1:
            raise RuntimeError("an import has started a thread: a fork would not be safe")
        if self.tier != "none" and (escapes := selftest.run(self)):
            raise RuntimeError("a worker could " + ", ".join(escapes))
        return own

    def _import_libraries(self) -> None:
        """What takes seconds, while the judge loads its own and writes the copy of the course."""
        import torch

        torch.set_num_threads(1)
        _load(_LIBRARIES)

    def _import_course(self) -> None:
        import torch

        from grading.sandbox.worker import Worker

        _load(_COURSE)
        self.make_worker = Worker.prepared()
        x = torch.ones(1, 1, 4, 4, requires_grad=True)  # what is used here is set up before the forks
        torch.nn.functional.conv2d(x, torch.ones(1, 1, 3, 3)).exp().sum().backward()

    def tell(self, report: dict) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.socket.sendall(json.dumps(report).encode() + b"\n")

    def loop(self) -> None:
        while True:
            while self.worker and not select.select([self.socket], [], [], _LOOK)[0]:
                self._watch()
            order, descriptors, _, _ = socket.recv_fds(self.socket, 1, 2)
            self.end()
            if order == b"w" and len(descriptors) == 2:
                self.fork(partial(self._work, *descriptors), descriptors)
            for fd in descriptors:
                os.close(fd)
            if not order:
                return
            self.socket.send(order)

    def _work(self, source: int, sink: int) -> None:
        self.make_worker(source, sink).serve()

    def fork(self, work: Callable[[], None], keep: list[int]) -> None:
        """A new worker, behind all walls, that does `work`."""
        self.worker = os.fork()
        if self.worker == 0:
            try:
                confine(self.tier, keep, self.rules, self.settings["seconds"])
                work()
            finally:
                os._exit(0)

    def _watch(self) -> None:
        """Ends a worker that starts threads without end: no limit of the kernel's counts those of root."""
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{self.worker}/task").st_nlink > _THREADS:
                os.kill(self.worker, signal.SIGKILL)

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


def _load(names: Iterable[str]) -> None:
    for name in names:
        with contextlib.suppress(Exception):  # whoever needs it will be told in its own cell
            __import__(name)


def _tasks() -> int:
    """Threads of this process, those of libraries included."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1
