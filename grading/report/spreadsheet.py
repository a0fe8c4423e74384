"""Tables that people open and edit in a spreadsheet: cells that are no formula, and what comes back."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

# What a spreadsheet may take for a formula, full-width signs included; some split cells at semicolons.
_FORMULA = re.compile("(^|;)(\\s*[-=+@|\t\r\uff1d\uff0b\uff0d\uff20])")
_GUARDED = re.compile(_FORMULA.pattern.replace("(^|;)", "(^|;)'"))


class TableError(ValueError):
    """A table that cannot be read; the message names the file and the line."""


def cell(value) -> str:
    """A cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, float | int):
        return f"{value:.10g}"
    return _FORMULA.sub(r"\1'\2", value)


def plain(text: str) -> str:
    """The text of a cell that `cell` has guarded."""
    return _GUARDED.sub(r"\1\2", text)


def table(rows: Sequence[Sequence]) -> str:
    """Rows of values as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[cell(value) for value in row] for row in rows])
    return text.getvalue()


def lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the line where it starts. TableError if there is no table.

    A spreadsheet may have left a byte-order mark, semicolons or tabs between cells, and other ends of lines.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # which makes all ends of lines alike
    except UnicodeDecodeError as error:
        raise TableError(f"{path} is not in UTF-8: save it as “CSV UTF-8”") from error
    first = text.lstrip().split("\n", 1)[0]
    rows = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count), strict=True)
    line = 1
    try:
        for row in rows:
            cells = [plain(text.strip()) for text in row]
            if any(cells):
                yield line, cells
            line = rows.line_num + 1
    except csv.Error as error:
        raise TableError(f"{path}, line {line}: {error}") from error
