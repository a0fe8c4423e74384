"""Running a whole notebook in a worker, to show what it puts out. Nothing is judged here.

The judge asks with one frame, `copy`: the code cells in order and the seconds that each may take. The
worker says before each cell that it begins (`cell`) and after it what came out (`outputs`): text, or the
bytes of a PNG as a tensor, both bounded. A cell's error is text too. grading.report.executed asks and reads.
"""

import base64
import contextlib
import io
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from IPython.core.displaypub import DisplayPublisher

from grading.checks.verdict import Verdict
from grading.sandbox.frames import Frame
from grading.sandbox.shell import TimeUp, explained, limit

MAX_TEXT, MAX_PICTURES, MAX_PNG = 60_000, 12, 2 << 20  # characters, and pictures of so many bytes, for a cell
KINDS = ("stream", "result", "display", "error")


class Unjudged(Verdict):
    """What `check` returns in a copy: marks are given elsewhere."""

    @property
    def line(self) -> str:
        return f"○ {self.id}  Checked apart: see the feedback."


class Outputs(io.TextIOBase):
    """What one cell puts out, in order, and no more than fits. Also the stream to which it prints."""

    def __init__(self):
        self.entries: list[dict[str, Any]] = []
        self.left, self.pictures = MAX_TEXT, 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.entries and self.entries[-1]["kind"] == "stream":
            self.entries[-1]["text"] += self._cut(text)
        elif text:
            self.add("stream", text)
        return len(text)

    def add(self, kind: str, text: str = "", png: bytes = b"", place: str | None = None) -> None:
        """One output; of one with the same `place`, the later takes the place of the earlier."""
        png = png if len(png) <= MAX_PNG and self.pictures < MAX_PICTURES else b""
        entry = {"kind": kind, "text": self._cut(text), "png": png, "place": place}
        earlier = [i for i, e in enumerate(self.entries) if place is not None and e["place"] == place]
        if earlier:
            self.entries[earlier[-1]] = entry
            return
        self.pictures += bool(png)
        if len(self.entries) < 200:
            self.entries.append(entry)

    def bundle(self, kind: str, data: Mapping[str, Any], place: str | None = None) -> None:
        """What IPython makes of an object: of all its forms, text and PNG are kept."""
        png, text = data.get("image/png", b""), data.get("text/plain", "")
        if isinstance(png, str):
            with contextlib.suppress(ValueError):
                png = base64.b64decode(png)
        self.add(kind, text if isinstance(text, str) else "", png if isinstance(png, bytes) else b"", place)

    def frame(self, number: int) -> Frame:
        values = {}
        for i, entry in enumerate(self.entries):
            if entry["png"]:
                values[str(i)] = torch.frombuffer(bytearray(entry["png"]), dtype=torch.uint8)
        listed = [[entry["kind"], entry["text"]] for entry in self.entries]
        return Frame("outputs", {"number": number, "outputs": listed}, values)

    def _cut(self, text: str) -> str:
        text = text[:max(0, self.left)]
        self.left -= len(text)
        return text


class Publisher(DisplayPublisher):
    """Takes what `display` shows."""

    outputs: Outputs
    quiet = False  # a cell that ends in a semicolon

    def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **_) -> None:
        self.outputs.bundle("display", data, (transient or {}).get("display_id"))

    def clear_output(self, wait=False) -> None:
        self.outputs.entries.clear()


def run_cells(shell: Any, cells: list, seconds: float, send: Callable[[Frame], None]) -> None:
    """Runs the cells, [number, source] each, and sends what comes out of each."""
    publisher = _wired(shell)
    for number, source in cells:
        send(Frame("cell", {"number": number}))
        outputs = publisher.outputs = Outputs()
        publisher.quiet = source.rstrip().endswith(";")
        with contextlib.redirect_stdout(outputs), contextlib.redirect_stderr(outputs):
            problem = _run(shell, source, seconds)
            if problem:
                outputs.left = max(outputs.left, 2000)
                outputs.add("error", problem)
            with contextlib.suppress(Exception):
                for png in _figures():
                    outputs.add("display", png=png)
        send(outputs.frame(number))


def _wired(shell: Any) -> Publisher:
    """The shell shows things to us, in the two forms that travel; checks say that they are made elsewhere."""
    publisher = shell.display_pub = Publisher()
    publisher.outputs = Outputs()
    shell.display_formatter.active_types = ["text/plain", "image/png"]
    hook = shell.displayhook
    hook.write_format_data = lambda data, metadata=None: publisher.outputs.bundle("result", data)
    hook.write_output_prompt = hook.finish_displayhook = lambda: None
    hook.quiet = lambda: publisher.quiet
    sys.modules["grading"].check = lambda id, answer=None: Unjudged(str(id), None, None, 0, "", "not judged")
    with contextlib.suppress(ImportError):
        from IPython.core.pylabtools import select_figure_formats
        from matplotlib import pyplot

        def show(*_: Any, **__: Any) -> None:
            for png in _figures():
                publisher.outputs.add("display", png=png)

        select_figure_formats(shell, {"png"})
        pyplot.show = show
    return publisher


def _run(shell: Any, source: str, seconds: float) -> str:
    """Runs one cell; what went wrong, in one line."""
    try:
        with limit(seconds), warnings.catch_warnings():
            result = shell.run_cell(source, store_history=False)
        error = result.error_before_exec or result.error_in_exec
    except TimeUp:
        return f"Stopped after {seconds:g} s."
    except BaseException as raised:
        error = raised
    if error is None:
        return ""
    if isinstance(error, TimeUp):
        return f"Stopped after {seconds:g} s."
    failure = explained(error)
    where = f" (line {failure.line})" if failure.line else ""
    return f"{failure.exception}: {failure.message}{where}"


def _figures() -> Iterator[bytes]:
    """The figures that are open, as PNG; then they are closed."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    for number in pyplot.get_fignums()[:MAX_PICTURES] if pyplot else ():
        file = io.BytesIO()
        pyplot.figure(number).savefig(file, format="png", bbox_inches="tight", dpi=80)
        if file.tell() <= MAX_PNG:
            yield file.getvalue()
    if pyplot:
        pyplot.close("all")
