"""What of a notebook's outputs is kept: pictures, text and the last line of progress bars.

Widget views render on no code host, so they go; what a widget shows has a static figure beside it.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_output

from grading.build.source import BuildError

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
MAX_BYTES = 2_000_000
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_EMBEDDED = re.compile(r"base64,[A-Za-z0-9+/=\s]+")


def clean(nb: NotebookNode) -> None:
    """Drop widgets, timings and all but the last frame of bars, in place."""
    widgets = nb.metadata.pop("widgets", {}).get(STATE, {}).get("state", {})
    nb.metadata.language_info = {"name": "python"}
    for cell in nb.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            kept = [new for old in cell.outputs if (new := _clean_output(old, widgets)) is not None]
            cell.outputs = _join_streams(kept)


def refuse_machine_paths(nb: NotebookNode, root: Path) -> None:
    """Raise where a text output names a place of this machine."""
    places = {str(root), str(Path.home()), sys.prefix, tempfile.gettempdir()} - {"/"}
    for number, text in _texts(nb):
        for place in places:
            if place + "/" in text or place + "\\" in text:
                line = next(line for line in text.splitlines() if place in line)
                raise BuildError(f"the output of cell {number} names a place of this machine ({place}): "
                                 f"{line.strip()[:200]}")


def refuse_oversize(text: str) -> None:
    """Raise where a notebook is too large to read on a code host."""
    size = len(text.encode())
    if size > MAX_BYTES:
        raise BuildError(f"the solved notebook has {size / 1e6:.1f} MB, at most {MAX_BYTES / 1e6:.0f} are "
                         "allowed: show fewer or smaller pictures")


def output_text(cell: NotebookNode) -> str:
    """All plain text that a cell shows."""
    parts = []
    for output in cell.get("outputs", []):
        parts.append(output.get("text", "") or output.get("data", {}).get("text/plain", ""))
    return "\n".join(parts)


def last_frames(text: str) -> str:
    """What is left on a terminal: of each line, what stands behind its last carriage return."""
    lines = (reversed(line.split("\r")) for line in _ANSI.sub("", text).split("\n"))
    return "\n".join(next((frame for frame in frames if frame.strip()), "") for frames in lines)


def _clean_output(output: NotebookNode, widgets: dict) -> NotebookNode | None:
    if output.output_type == "stream":
        text = last_frames(output.text)
        return new_output("stream", name=output.name, text=text) if text.strip() else None
    data = output.get("data", {})
    view = data.pop(VIEW, None)
    if view is None:
        return output
    bar = _bar(view["model_id"], widgets)
    if bar:
        return new_output("stream", name="stdout", text=bar + "\n")
    return output if set(data) - {"text/plain"} else None  # "interactive(children=...)" says nothing


def _bar(model: str, widgets: dict) -> str | None:
    """The line that tqdm would have printed in a terminal, read from its three widgets."""
    names = widgets.get(model, {}).get("state", {}).get("children", [])
    children = [widgets.get(name.removeprefix("IPY_MODEL_"), {}) for name in names]
    if [child.get("model_name") for child in children] != ["HTMLModel", "FloatProgressModel", "HTMLModel"]:
        return None
    left, progress, right = (child["state"] for child in children)
    share = progress.get("value", 0) / (progress.get("max") or 1)
    before, after = (unescape(part.get("value", "")).replace("\u2007", " ").strip() for part in (left, right))
    return f"{before}|{'█' * round(10 * share):<10}| {after}"


def _join_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == "stream" == last.output_type and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _texts(nb: NotebookNode) -> Iterator[tuple[int, str]]:
    """Every text in the outputs, with the number of its cell counted from 1. Pictures are not text."""
    for number, cell in enumerate(nb.cells, 1):
        for output in cell.get("outputs", []):
            yield number, "\n".join([output.get("text", ""), *output.get("traceback", [])])
            for mime, value in output.get("data", {}).items():
                if not mime.startswith("image/") or mime == "image/svg+xml":
                    yield number, _EMBEDDED.sub("", str(value))
