"""A student's notebook with the outputs that the sandbox saw: the judge's side of grading.sandbox.copy.

The code runs in a worker behind the same walls as for marks. Of what comes back, text is cleaned and cut and
a picture is kept for its pixels alone; from that a new notebook and an inert page are written. Nothing of the
student's own outputs or metadata is taken over.
"""

import base64
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import bleach
import jinja2
import nbformat
import torch
from markupsafe import Markup
from nbconvert.filters import markdown2html_mistune
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from grading.ingest.notebook import Cell, Notebook
from grading.report.feedback import policy, shown, style
from grading.report.png import NoPicture, cleaned
from grading.sandbox import frames
from grading.sandbox.client import GraderFault
from grading.sandbox.copy import KINDS, MAX_TEXT
from grading.sandbox.frames import Frame
from grading.sandbox.isolation import NoIsolation
from grading.sandbox.start import Connection

_GRACE, _START = 5.0, 120.0  # seconds
_PRETTY = 20_000  # characters of a cell that are coloured or rendered; longer ones are shown as they are
_ATTACHED = re.compile(r"!\[([^\]]*)\]\(attachment:[^)]*\)")
_TAGS = frozenset("a blockquote br code del em h1 h2 h3 h4 h5 h6 hr li ol p pre span strong sub sup table "
                  "tbody td th thead tr ul".split())


@dataclass(frozen=True)
class Output:
    """One thing that a cell put out: cleaned text, or a clean PNG with text in its place."""

    kind: str
    text: str = ""
    png: bytes = b""


def run(notebook: Notebook, connect: Callable[[], Connection], *, seconds: float = 30.0,
        total: float = 300.0) -> tuple[dict[int, list[Output]], str]:
    """Runs all code cells in one worker: the outputs by the cell's number, and the tier that it ran in.

    A cell that does not come back ends the run; it and the cells below it say so.
    """
    cells = [[cell.number, cell.source] for cell in notebook.code]
    outputs: dict[int, list[Output]] = {}
    try:
        connection = connect()
    except (OSError, NoIsolation) as error:
        raise GraderFault(f"a worker cannot be started: {error}") from error
    try:
        _begin(connection, cells, seconds)
        end = time.monotonic() + total
        ready = _START  # nothing of the student's has run until the first cell is announced
        for number, _ in cells:
            outputs[number] = _one(connection, number, min(seconds, max(0.0, end - time.monotonic())), ready)
            ready = _GRACE
    except _Ended as ended:
        outputs[ended.number] = [Output("error", str(ended))]
    finally:
        connection.close()
    for number, _ in cells:
        outputs.setdefault(number, [Output("error", "Not run: a cell above did not come back.")])
    return outputs, connection.isolation


def _begin(connection: Connection, cells: list, seconds: float) -> None:
    try:
        if frames.read(connection.source, _START).kind != "ready":
            raise frames.Malformed("another word than ready")
        fields = {"cells": cells, "seconds": seconds}
        frames.write(connection.sink, frames.encode(Frame("copy", fields)), seconds)
    except (frames.Late, frames.Closed, frames.Malformed) as error:
        raise GraderFault(f"a worker did not begin ({error})") from error


class _Ended(Exception):
    """The worker is lost in this cell."""

    def __init__(self, number: int, why: str):
        super().__init__(why)
        self.number = number


def _one(connection: Connection, number: int, seconds: float, ready: float) -> list[Output]:
    try:
        for kind, wait in (("cell", ready), ("outputs", seconds + _GRACE)):
            frame = frames.read(connection.source, wait, max_header=1 << 20)
            if frame.kind != kind or frame.fields.get("number") != number:
                raise frames.Malformed("a report of another kind")
        return _read(frame)
    except frames.Late as error:
        raise _Ended(number, f"Stopped after {seconds:g} s.") from error
    except frames.Closed as error:
        raise _Ended(number, "This cell ended the process.") from error
    except frames.Malformed as error:
        raise _Ended(number, "What this cell put out could not be read.") from error


def _read(frame: Frame) -> list[Output]:
    listed = frame.fields.get("outputs")
    if not isinstance(listed, list):
        raise frames.Malformed("outputs that are no list")
    found = []
    for number, entry in enumerate(listed[:200]):
        kind, text = entry if isinstance(entry, list) and len(entry) == 2 else (None, None)
        if kind not in KINDS or not isinstance(text, str):
            raise frames.Malformed("an output that is none")
        found.append(Output(kind, _text(text), _picture(frame.values.get(str(number)))))
    return [output for output in found if output.text or output.png]


def _text(text: str) -> str:
    """As a terminal would show it: of a line that is written over, the last state. No colours."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.replace("\r\n", "\n"))
    return shown("\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n")), MAX_TEXT)


def _picture(value) -> bytes:
    if not isinstance(value, torch.Tensor) or value.dtype != torch.uint8 or value.dim() != 1:
        return b""
    try:
        return cleaned(value.numpy().tobytes())
    except NoPicture:
        return b""


def as_notebook(notebook: Notebook, outputs: Mapping[int, list[Output]]) -> str:
    """The text of a new notebook with these cells and outputs, and nothing else of the old one."""
    v4, cells = nbformat.v4, []
    for cell in notebook.cells:
        if not cell.code:
            made = v4.new_markdown_cell(cell.source)
        else:
            made = v4.new_code_cell(cell.source, outputs=[_v4(o) for o in outputs.get(cell.number, ())])
        made["id"] = f"cell-{cell.number}"
        cells.append(made)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.validate(book)
    return nbformat.writes(book) + "\n"


def _v4(output: Output):
    v4 = nbformat.v4
    if output.png:
        data = {"image/png": base64.b64encode(output.png).decode(), "text/plain": output.text or "A picture"}
        return v4.new_output("display_data", data=data)
    if output.kind == "error":
        return v4.new_output("error", ename="Error", evalue=output.text, traceback=[output.text])
    if output.kind == "stream":
        return v4.new_output("stream", name="stdout", text=output.text)
    return v4.new_output("display_data", data={"text/plain": output.text})


def as_page(notebook: Notebook, outputs: Mapping[int, list[Output]], **about: str) -> str:
    """An inert page of it. `about`: title, student, file, and a sentence."""
    sheet = style("feedback", "executed")
    cells = [_shown(cell, outputs.get(cell.number, ())) for cell in notebook.cells]
    about = {key: shown(value, 400) for key, value in about.items()}
    return _template().render(cells=cells, style=sheet, policy=policy(sheet, "data:"), **about)


def _shown(cell: Cell, outputs) -> dict:
    source = shown(cell.source, 4 * MAX_TEXT)
    if not cell.code:
        return {"text": _rendered(source)}
    code = source
    if len(source) <= _PRETTY:
        code = Markup(highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)))
    shots = [{"kind": o.kind, "text": shown(o.text, MAX_TEXT), "png": base64.b64encode(o.png).decode()}
             for o in outputs]
    return {"text": "", "code": code, "outputs": shots}


def _rendered(source: str) -> Markup:
    """Markdown as HTML of a few harmless elements; a cell that defeats the reader, as it stands."""
    plain = Markup("<pre>{}</pre>").format(source)
    if len(source) > _PRETTY:
        return plain
    try:
        text = markdown2html_mistune(_ATTACHED.sub(r"*[picture: \1]*", source))
        return Markup(bleach.clean(text, tags=_TAGS, attributes={"a": ["href"]}, protocols={"https", "http"},
                                   strip=True)) or plain
    except Exception:  # of a reader that was not made for hostile text
        return plain


@cache
def _template() -> jinja2.Template:
    source = Path(__file__).with_name("executed.html").read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True).from_string(source)
