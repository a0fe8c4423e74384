"""Reading a notebook that anyone may have mangled.

Own reading instead of nbformat's: a byte-order mark, format 3, missing outputs, `source: null` and
duplicate ids are no reason to refuse a notebook, and what cannot be read gets one clear sentence
(`Ungradable`), never a traceback.
"""

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_BYTES, MAX_CELLS, MAX_CODE = 32 << 20, 2000, 1 << 20


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
    warnings: list[str] = []
    text = _decode(data, warnings).strip()
    if not text:
        return Notebook((), ("The file is empty.",))
    if text.startswith("<"):
        raise Ungradable("This is a web page, not a notebook (perhaps the page of a login). "
                         "Download the notebook itself (.ipynb) and hand it in again.")
    try:
        root = json.loads(text, parse_int=float)  # no number matters, and int refuses very long ones
    except RecursionError as error:
        raise Ungradable("The file is nested too deep to be a notebook. "
                         "Save it again and hand it in.") from error
    except ValueError as error:
        raise Ungradable("The file is not JSON: cut off, or not a notebook. Save the notebook again, open it "
                         "once to see that it is whole, and hand it in.") from error
    cells = tuple(_cell(number, cell, warnings) for number, cell in enumerate(_cells(root), 1))
    if sum(len(cell.source) for cell in cells if cell.code) > MAX_CODE:
        raise Ungradable(f"The notebook holds more than {MAX_CODE >> 20} MB of code. "
                         "Hand in the lesson's notebook only.")
    return Notebook(cells, tuple(dict.fromkeys(warnings)))


def _decode(data: bytes, warnings: list[str]) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        warnings.append("The file is not valid UTF-8; unreadable characters were replaced.")
        return data.decode(encoding, errors="replace")


def _cells(root: Any) -> list:
    if not isinstance(root, dict):
        raise Ungradable("The file is JSON but not a notebook. Hand in the .ipynb file of the lesson.")
    cells = root.get("cells")
    if cells is None and isinstance(root.get("worksheets"), list):  # nbformat 3
        sheets = [s.get("cells") for s in root["worksheets"] if isinstance(s, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(cells, list):
        raise Ungradable("The file is JSON but has no list of cells. Hand in the .ipynb file of the lesson.")
    if len(cells) > MAX_CELLS:
        raise Ungradable(f"The notebook has more than {MAX_CELLS} cells. Hand in the lesson's notebook only.")
    return cells


def _cell(number: int, cell: Any, warnings: list[str]) -> Cell:
    if not isinstance(cell, dict):
        warnings.append(f"Cell {number} is not a cell and was left out.")
        return Cell(number, False, "")
    source = cell.get("source", cell.get("input"))
    if isinstance(source, list):
        if not all(isinstance(part, str) for part in source):
            warnings.append(f"Cell {number} has lines that are not text; they were left out.")
        parts = [part for part in source if isinstance(part, str)]
        lines = len(parts) == len(source) and not any("\n" in part for part in parts)
        source = ("\n" if lines else "").join(parts)
    if not isinstance(source, str):
        source = ""
    source = source.replace("\r\n", "\n").replace("\r", "\n").encode(errors="replace").decode()
    return Cell(number, str(cell.get("cell_type")).lower() == "code", source)
