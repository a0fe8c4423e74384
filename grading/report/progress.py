"""How far a class is: a bar on a terminal, a line now and then in a log."""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from tqdm import tqdm

_EVERY = 15.0  # seconds between two lines of a log


class _Lines(io.TextIOBase):
    """A stream on which each state of a bar is a line of its own."""

    def __init__(self, stream: TextIO):
        self.stream = stream

    def write(self, text: str) -> int:
        line = text.strip("\r\n ")
        if line:
            self.stream.write(line + "\n")
            self.stream.flush()
        return len(text)


@contextmanager
def shown(stream: TextIO | None = None) -> Iterator[Callable[[dict, bool, int], None]]:
    """Gives a function that takes a row, whether it was there already, and how many there will be.

    The time left is reckoned from what was graded now, not from what was there.
    """
    stream = stream or sys.stderr
    live = stream.isatty()
    now_and_then = {"ncols": 100, "mininterval": _EVERY, "delay": _EVERY, "ascii": True}
    options = {"dynamic_ncols": True} if live else now_and_then
    with tqdm(desc="grading", unit="student", file=stream if live else _Lines(stream), **options) as bar:
        def show(row: dict, kept: bool, count: int) -> None:
            bar.total = count
            if kept:
                bar.initial += 1
            bar.update()

        yield show
