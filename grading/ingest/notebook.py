"""Reading a notebook that anyone may have mangled.

Own reading instead of nbformat's: a byte-order mark, format 3, missing outputs, `source: null` and
duplicate ids are no reason to refuse a notebook, and what cannot be read gets one clear sentence
(`Ungradable`), never a traceback.
"""

import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grading.ingest.kinds import binary_kind, damage, json_kind, text_kind

MAX_BYTES, MAX_CELLS, MAX_PARTS = 32 << 20, 2000, 2_000_000
MAX_CODE = 256 << 10  # characters: six times the longest lesson, and few enough to be read within a second
_PADDING = " \t\r\n\0\ufeff"
# No number matters here, and int refuses very long ones. Line feeds within strings are let pass.
_JSON = json.JSONDecoder(strict=False, parse_int=bool, parse_float=bool)


class Ungradable(ValueError):
    """A submission that cannot be read; the message says why and what to do."""


@dataclass(frozen=True)
class Cell:
    """One cell: its place in the notebook, counted from 1, whether it is code, and its text."""

    number: int
    code: bool
    source: str


@dataclass(frozen=True)
class Notebook:
    cells: tuple[Cell, ...]
    warnings: tuple[str, ...] = ()

    @property
    def code(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.code)


def read_bytes(path: str | Path) -> bytes:
    """The bytes of a regular file of at most MAX_BYTES; links, pipes and devices are refused."""
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise Ungradable("The file cannot be opened: a link, or not readable. "
                         "Hand in the file itself.") from error
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Ungradable("This is not a regular file. Hand in the notebook file itself.")
        if status.st_size > MAX_BYTES:
            raise Ungradable(f"The file is larger than {MAX_BYTES >> 20} MB. "
                             "Clear its outputs and hand it in again.")
        return file.read(MAX_BYTES + 1)


def parse(data: bytes) -> Notebook:
    """The cells of a notebook of format 3 or 4, whatever its metadata; Ungradable if it is none."""
    if problem := binary_kind(data):
        raise Ungradable(problem)
    warnings: list[str] = []
    text = _decode(data, warnings).strip(_PADDING)
    if not text:
        return Notebook((), ("The file is empty. Save the notebook and hand it in again.",))
    listed = _cells(_root(text, warnings))
    cells = tuple(_cell(number, cell, warnings) for number, cell in enumerate(listed, 1))
    if sum(len(cell.source) for cell in cells if cell.code) > MAX_CODE:
        raise Ungradable(f"The notebook holds more than {MAX_CODE >> 10} KB of code. "
                         "Hand in the lesson's notebook only.")
    return Notebook(cells, tuple(dict.fromkeys(warnings)))


def _decode(data: bytes, warnings: list[str]) -> str:
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        warnings.append(f"The file is not valid {encoding.upper().removesuffix('-SIG')}; "
                        "unreadable characters were replaced.")
        return data.decode(encoding, errors="replace")


def _root(text: str, warnings: list[str]) -> Any:
    """The JSON at the beginning of the text. What follows it must not be a second notebook."""
    if text[0] not in "{[" or text.startswith("[InternetShortcut]"):
        raise Ungradable(text_kind(text))
    if text.count("{") + text.count("[") > MAX_PARTS:
        raise Ungradable(f"The file has more than {MAX_PARTS // 10**6} million parts. "
                         "Clear the notebook's outputs and hand it in again.")
    try:
        root, end = _JSON.raw_decode(text)
    except RecursionError as error:
        raise Ungradable("The file is nested too deep to be a notebook. "
                         "Save it again and hand it in.") from error
    except json.JSONDecodeError as error:
        raise Ungradable(damage(text, error)) from error
    rest = text[end:].strip(_PADDING)
    if not rest:
        return root
    if not _holds_cells(root):
        raise Ungradable(damage(text, json.JSONDecodeError("Extra data", text, end)))
    if re.match(r"\s*\{", rest) and '"cells"' in rest:
        raise Ungradable("Two notebooks stand in this file, one after the other. Hand in one of them.")
    warnings.append("The file goes on after the end of the notebook; that part was left out.")
    return root


def _holds_cells(root: Any) -> bool:
    return isinstance(root, dict) and any(isinstance(root.get(k), list) for k in ("cells", "worksheets"))


def _cells(root: Any) -> list:
    if isinstance(root, dict) and not _holds_cells(root) and _holds_cells(root.get("content")):
        root = root["content"]  # as Jupyter's server sends a file
    if not _holds_cells(root):
        raise Ungradable(json_kind(root))
    cells = root.get("cells")
    if not isinstance(cells, list):  # nbformat 3
        sheets = [s.get("cells") for s in root["worksheets"] if isinstance(s, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if len(cells) > MAX_CELLS:
        raise Ungradable(f"The notebook has more than {MAX_CELLS} cells. Hand in the lesson's notebook only.")
    return cells


def _cell(number: int, cell: Any, warnings: list[str]) -> Cell:
    if not isinstance(cell, dict):
        warnings.append(f"Cell {number} is not a cell and was left out.")
        return Cell(number, False, "")
    source = cell.get("source")
    source = cell.get("input") if source is None else source  # nbformat 3
    if isinstance(source, list):
        if not all(isinstance(part, str) for part in source):
            warnings.append(f"Cell {number} has lines that are not text; they were left out.")
        parts = [part for part in source if isinstance(part, str)]
        lines = len(parts) == len(source) and not any("\n" in part for part in parts)
        source = ("\n" if lines else "").join(parts)
    if not isinstance(source, str):
        source = ""
    source = source.replace("\r\n", "\n").replace("\r", "\n").encode(errors="replace").decode()
    return Cell(number, _is_code(number, cell, warnings), source)


def _is_code(number: int, cell: dict, warnings: list[str]) -> bool:
    kind = cell.get("cell_type")
    kind = kind.strip().lower() if isinstance(kind, str) else ""
    if kind in ("code", "markdown", "raw", "heading", "html"):
        return kind == "code"
    warnings.append(f"Cell {number} does not say what kind of cell it is: "
                    "what else is in it was taken as a guide.")
    return bool({"outputs", "execution_count", "input"} & set(cell))
