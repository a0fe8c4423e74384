"""`--map students.csv`: which student a file belongs to, where its name does not say so.

    file,student
    ada.ipynb,1815
    *_12345_*,1906
    grace@example.org,1944

`file` (or `pattern`) is the name of a file or folder at the top of the class, the student that genlab would
make of it, or what the platform calls the student: number, name, address. `*`, `?` and `[...]` mean what they
mean in a shell. Several files of one student are attempts of that student.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from unicodedata import normalize

from grading.ingest.found import printable
from grading.ingest.piece import Piece
from grading.report.spreadsheet import TableError, lines

_FILE, _STUDENT = ("file", "pattern"), ("student", "student_id", "student id", "id")


def composed(text: str) -> str:
    """A Mac takes letters and their marks apart in names of files, a spreadsheet does not."""
    return normalize("NFC", text)


class MapError(ValueError):
    """A map that cannot be used; the message names the lines and what to do."""


@dataclass(frozen=True)
class Names:
    """The rows of a map: line, pattern, student."""

    path: Path
    rows: tuple[tuple[int, str, str], ...]

    @classmethod
    def read(cls, path: Path) -> "Names":
        """MapError names every line that cannot be used."""
        try:
            header, *rows = list(lines(path)) or [(1, [])]
        except (OSError, TableError) as error:
            raise MapError(f"the map cannot be read: {error}") from error
        columns = [next((i for i, title in enumerate(header[1]) if title.lower() in titles), None)
                   for titles in (_FILE, _STUDENT)]
        if None in columns:
            raise MapError(f"{path}: the first line has to name the columns `file` (or `pattern`) and "
                           f"`student`, not {','.join(header[1]) or 'nothing'}")
        found = tuple((line, *(cells[c] if c < len(cells) else "" for c in columns)) for line, cells in rows)
        bad = [f"line {line} names no {'student' if pattern else 'file'}"
               for line, pattern, student in found if not (pattern and student)]
        seen: dict[str, int] = {}
        bad += [f"line {line} repeats line {seen[pattern]}: {pattern}" for line, pattern, _ in found
                if pattern and seen.setdefault(pattern, line) != line]
        if bad:
            raise MapError(f"{path}: {'; '.join(bad)}")
        return cls(path, found)

    def apply(self, pieces: Sequence[Piece]) -> list[Piece]:
        """The pieces by the map's students. MapError if one fits two students, or a notebook fits none."""
        done, unknown = [], {}
        for piece in pieces:
            rows = self._rows(piece)
            if len({student for _, _, student in rows}) > 1:
                told = ", ".join(f"line {line} ({pattern} is {student})" for line, pattern, student in rows)
                raise MapError(f"{self.path}: {printable(piece.entry)} fits more than one student: {told}")
            if rows:
                attempt = f"{piece.student}/{piece.attempt}"
                done.append(replace(piece, student=rows[0][2], attempt=attempt))
                continue
            if piece.found.notebook or piece.found.archive:
                unknown.setdefault(piece.entry)
            done.append(piece)
        if unknown:
            some = ", ".join(printable(entry) for entry in list(unknown)[:10])
            more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
            raise MapError(f"{self.path} has no row for {some}{more}: add one for each")
        return done

    def absent(self, students: Iterable[str]) -> list[str]:
        """The students of the map who handed in nothing."""
        present = set(students)
        return list(dict.fromkeys(student for _, _, student in self.rows if student not in present))

    def _rows(self, piece: Piece) -> list[tuple[int, str, str]]:
        """The rows that fit: those that name it exactly, else those whose pattern does."""
        known = {piece.entry, piece.student, *(value for key, value in piece.who if key != "lms" and value)}
        known, rows = set(map(composed, known)), [(row, composed(row[1])) for row in self.rows]
        folded = {normalize("NFC", name.casefold()) for name in known}
        return ([row for row, pattern in rows if pattern in known]
                or [row for row, pattern in rows if normalize("NFC", pattern.casefold()) in folded]
                or [row for row, pattern in rows if any(fnmatchcase(name, pattern) for name in known)])
