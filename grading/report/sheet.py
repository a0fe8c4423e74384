"""Somebody else's table in which a few cells are filled: every other byte stays as it was.

Python's csv module reads what a file means and forgets how it was written. A learning platform's export has
to go back as it came, so here a cell keeps its quotes, a line its end, the file its byte-order mark.
"""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from grading.report.spreadsheet import TableError

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_NUMBER = re.compile(r"\s*-?\d+(?:([.,])\d+)?\s*")
MAX_BYTES = 64 << 20


@dataclass
class Sheet:
    """Rows of raw cells.

    Args:
        rows: the cells as they are written, quotes included; an empty line is a row of one empty cell.
        ends: the end of each line.
        delimiter: between cells.
        encoding, mark: of the file.
        lines: where each row starts, counted from 1.
    """

    rows: list[list[str]]
    ends: list[str]
    delimiter: str
    encoding: str
    mark: bytes
    lines: list[int]

    @classmethod
    def read(cls, path: Path) -> "Sheet":
        """TableError says what is wrong with the file, and where."""
        if path.stat().st_size > MAX_BYTES:
            raise TableError(f"{path} is larger than {MAX_BYTES >> 20} MB: this is no list of grades")
        data = path.read_bytes()
        mark, encoding = next(((m, e) for m, e in _MARKS if data.startswith(m)), (b"", "utf-8"))
        data = data[len(mark):]
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            encoding, text = "latin-1", data.decode("latin-1")  # as older spreadsheets save: no byte is lost
        first = text.split("\n", 1)[0]
        sheet = cls([], [], max(",;\t", key=first.count), encoding, mark, [])
        sheet._parse(text, path)
        return sheet

    def _parse(self, text: str, path: Path) -> None:
        cell = re.compile(rf'("(?:[^"]|"")*"|[^"{self.delimiter}\r\n][^{self.delimiter}\r\n]*|)'
                          rf"({self.delimiter}|\r\n|\n|\r|\Z)")
        place, line, row = 0, 1, []
        begins = line
        while place < len(text) or row:
            match = cell.match(text, place)
            if match is None:
                raise TableError(f"{path}, line {line}: a quotation mark stands where none may")
            row.append(match[1])
            line += len(re.findall(r"\r\n|\n|\r", match[0]))
            place = match.end()
            if match[2] != self.delimiter:
                self.rows.append(row)
                self.ends.append(match[2])
                self.lines.append(begins)
                row, begins = [], line
        if not self.rows:
            raise TableError(f"{path} is empty")
        for row, line in zip(self.rows, self.lines, strict=True):
            if row != [""] and len(row) != len(self.rows[0]):
                raise TableError(f"{path}, line {line}: {len(row)} cells below {len(self.rows[0])} titles: "
                                 "export the file again")

    @property
    def header(self) -> list[str]:
        return [plain(cell).strip() for cell in self.rows[0]]

    def column(self, *titles: str) -> int | None:
        """Where the first of these titles stands, whatever its case; None if none does."""
        header = [title.casefold() for title in self.header]
        return next((header.index(t.casefold()) for t in titles if t.casefold() in header), None)

    def text(self, row: int, column: int | None) -> str:
        """What a cell means; nothing for a column that is not there or an empty line."""
        return "" if column is None or column >= len(self.rows[row]) else plain(self.rows[row][column])

    def put(self, row: int, column: int, text: str) -> None:
        """Writes a cell, in quotes if it was in quotes or has to be."""
        quoted = self.rows[row][column].startswith('"') or re.search(rf'["\r\n{self.delimiter}]', text)
        self.rows[row][column] = '"' + text.replace('"', '""') + '"' if quoted else text

    def comma(self, *columns: int | None) -> bool:
        """Are decimals written with a comma? As the numbers in these columns do, else as semicolons hint."""
        texts = [self.text(r, c) for r in range(1, len(self.rows)) for c in columns]
        found = [match[1] for match in map(_NUMBER.fullmatch, texts) if match and match[1]]
        return found.count(",") > found.count(".") if found else self.delimiter == ";"

    def to_bytes(self) -> bytes:
        text = "".join(self.delimiter.join(row) + end for row, end in zip(self.rows, self.ends, strict=True))
        return self.mark + text.encode(self.encoding)


def plain(cell: str) -> str:
    """A raw cell without its quotes."""
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def value(text: str) -> float | None:
    """The number that a cell holds, whichever way decimals are written; None if it holds none."""
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


def written(number: float, comma: bool) -> str:
    """A grade with at most four decimals: 9.5, or 9,5."""
    text = f"{number:.4f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if comma else text
