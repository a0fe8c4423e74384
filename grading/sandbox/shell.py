"""The room in which a student's statements run: an IPython shell without a kernel, a stand-in for
`grading`, a limit for each statement, and a bounded place for what they print.
"""

import builtins
import contextlib
import io
import os
import random
import signal
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from traitlets.config import Config

from grading.checks.exercise import Failure
from grading.checks.runner import explain
from grading.checks.verdict import Verdict
from grading.sandbox.loops import without_sockets

MAX_PRINTED = 20_000  # characters


class TimeUp(BaseException):
    """A statement has used up its time. Not an Exception, so that `except Exception` lets it pass."""


class Bounded(io.TextIOBase):
    """Keeps the first MAX_PRINTED characters of what is printed and forgets the rest."""

    def __init__(self):
        self.parts: list[str] = []
        self.left = MAX_PRINTED

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.left > 0:
            self.parts.append(text[:self.left])
            self.left -= len(self.parts[-1])
        return len(text)

    def getvalue(self) -> str:
        return "".join(self.parts)


def stand_in() -> types.ModuleType:
    """What a submission imports as `grading`: nothing is judged here, and nothing needs to be."""
    module = types.ModuleType("grading")
    module.check = lambda id, answer=None: Verdict(str(id), None, None, 0, "", "not judged")
    module.use = lambda id, answer=None: answer
    module.expect_version = lambda version=None, **_: None
    module.progress = lambda folder=".": None
    module.Verdict = Verdict
    return module


def make_shell(printed: Bounded) -> InteractiveShell:
    """The shell, with `grading` replaced and everything that waits, asks or shells out made harmless."""
    config = Config()
    config.HistoryManager.enabled = False  # it would write a database and start a thread
    config.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell.instance(config=config)
    for name in [m for m in sys.modules if m == "grading" or m.startswith("grading.")]:
        del sys.modules[name]
    sys.modules["grading"] = stand_in()
    nothing: dict[str, Callable] = {name: lambda *a, **k: None for name in (
        "system", "run_line_magic", "run_cell_magic", "showtraceback", "showsyntaxerror", "enable_gui")}
    vars(shell).update(nothing, getoutput=lambda *a, **k: [])
    without_sockets()
    tempfile.tempdir = tempfile.tempdir or os.path.expanduser("~")  # some ask for it and write nothing
    builtins.input = lambda *a: ""
    builtins.display = display
    sys.stdout = sys.stderr = printed
    return shell


def seed_all(seed: int) -> None:
    """The worker's own random state; it has nothing to do with the hidden inputs."""
    torch.default_generator.manual_seed(seed)  # torch.manual_seed also looks at every kind of accelerator
    random.seed(seed)
    numpy.random.seed(seed % 2**32)


def run_statement(shell: InteractiveShell, source: str, line: int, seconds: float) -> Failure | None:
    """Runs one statement as if it stood at this line of its cell; what went wrong, if anything did."""
    try:
        with limit(seconds):
            result = shell.run_cell("#\n" * (line - 1) + source, store_history=False, silent=True)
        error = result.error_before_exec or result.error_in_exec
    except TimeUp as late:
        error = late
    if error is None:
        return None
    if isinstance(error, TimeUp):
        return Failure("timeout", f"stopped after {seconds:g} s", line=line)
    return explained(error, line)


def explained(error: BaseException, line: int | None = None) -> Failure:
    """`explain`, for errors whose own text may fail."""
    try:
        failure = explain(error)
    except BaseException:
        failure = Failure("raised", "", type(error).__name__)
    kind = "raised" if line is not None else failure.kind
    return Failure(kind, failure.message, failure.exception or type(error).__name__, failure.line or line)


@contextlib.contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Raises TimeUp in the main thread after `seconds`, and again until the statement gives way."""
    active = True

    def ring(*_: Any) -> None:
        if active:
            raise TimeUp

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)
    try:
        yield
    finally:
        active = False
        signal.setitimer(signal.ITIMER_REAL, 0)
