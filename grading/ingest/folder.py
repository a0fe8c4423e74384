"""Where submissions lie: a folder, or a zip of one, and what one attempt of one student holds.

Nothing is lost in silence: whatever cannot be read has a reason.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from grading.ingest.archive import Archive
from grading.ingest.found import ARCHIVES, Found, noise, printable
from grading.ingest.layouts import of_one
from grading.ingest.notebook import MAX_BYTES, Ungradable, read_bytes

__all__ = ["Contents", "Submission", "contents", "opened", "printable"]
MAX_FILES, MAX_TOTAL = 20, 2 * MAX_BYTES  # of one attempt
_MAX_DEPTH, _MAX_ENTRIES = 6, 2000  # of one student's folder


@dataclass(frozen=True)
class Submission:
    """One attempt of one student: candidate notebooks, or the reason why there is none.

    The notebooks are files (`paths`) or bytes (`files`: names with bytes, or with the reason why there are
    none), which travel to judges on other machines.
    """

    student: str
    name: str  # of the file or folder
    paths: tuple[str, ...] = ()
    problem: str = ""
    files: tuple[tuple[str, bytes | str], ...] = ()

    def contents(self) -> Iterator[tuple[str, bytes | Ungradable]]:
        """The name of every candidate, and its bytes or why they cannot be had."""
        for name, data in self.files:
            yield name, Ungradable(data) if isinstance(data, str) else data
        for path in self.paths:
            yield os.path.basename(path), _or_reason(lambda path=path: read_bytes(path))

    def fingerprint(self) -> str:
        """Changes whenever what was handed in changes."""
        digest = hashlib.sha256(self.problem.encode(errors="replace"))
        for _, data in self.contents():
            data = str(data).encode() if isinstance(data, Ungradable) else data
            digest.update(hashlib.sha256(data).digest())
        return digest.hexdigest()


def _or_reason(read: Callable[[], bytes]) -> bytes | Ungradable:
    try:
        return read()
    except Ungradable as error:
        return error


@contextmanager
def opened(place: Path, *, leave_out: Path | None = None) -> Iterator[list[Found]]:
    """What lies in a folder or a zip of one. The bytes can be read as long as it is open.

    Ungradable if `place` is neither. A zip that holds a single folder stands for that folder.
    """
    if place.is_dir():
        yield list(_walk(place, leave_out.resolve() if leave_out is not None else None))
        return
    try:
        archive = Archive(place)
    except Ungradable as error:
        raise Ungradable(f"{place} is no folder, and cut off or not a zip: download the class again, "
                         "or unpack it and name the folder") from error
    with closing(archive):
        yield _unwrapped(list(archive.entries()), place.stem)


def _unwrapped(found: list[Found], stem: str) -> list[Found]:
    """Without the folder that a whole class was zipped with; a student's only folder is left alone."""
    tops = {f.parts[0] for f in found}
    below = {f.parts[1] for f in found if len(f.parts) > 1}
    if len(tops) != 1 or not below or (len(below) == 1 and tops != {stem}) or any(map(of_one, tops)):
        return found
    return [Found(f.parts[1:], f.read, f.problem) for f in found if len(f.parts) > 1]


def _walk(folder: Path, skipped: Path | None) -> Iterator[Found]:
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if noise((entry.name,)) or (skipped and Path(entry.path).resolve() == skipped):
            continue
        yield from _below((entry.name,), entry, [_MAX_ENTRIES])


def _below(parts: tuple[str, ...], entry: os.DirEntry, left: list[int]) -> Iterator[Found]:
    """An entry and all that is in it, at most `left[0]` entries."""
    left[0] -= 1
    if left[0] == 0:
        yield Found(parts, problem=f"The folder holds more than {_MAX_ENTRIES} files.")
    if left[0] <= 0:
        return
    if entry.is_symlink():
        yield Found(parts, problem="This is a link. Hand in the notebook itself.")
    elif entry.is_file():
        yield Found(parts, lambda: read_bytes(entry.path))
    elif not entry.is_dir():
        yield Found(parts, problem="This is not a regular file. Hand in the notebook file itself.")
    elif len(parts) > _MAX_DEPTH:
        yield Found(parts, problem=f"Folders lie more than {_MAX_DEPTH} deep here.")
    else:
        yield Found(parts)
        try:
            below = sorted(os.scandir(entry.path), key=lambda e: e.name)
        except OSError:
            yield Found(parts, problem="The folder cannot be read.")
            return
        for inner in below:
            if not noise((inner.name,)):
                yield from _below((*parts, inner.name), inner, left)


def contents(found: Sequence[Found]) -> "Contents":
    """What one attempt holds. A student's own zip is opened, one within it is not."""
    held = Contents()
    for entry in found:
        held.take(entry)
    return held


@dataclass
class Contents:
    """The notebooks of one attempt, and what staff should know of the rest."""

    files: list[tuple[str, bytes | str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # a line each
    other: list[str] = field(default_factory=list)  # names of files that are no notebooks
    spare: list[Found] = field(default_factory=list)  # perhaps a notebook that a browser renamed
    total: int = 0
    copies: int = 0  # of files that are there already

    def take(self, entry: Found, *, archives: bool = True) -> None:
        name = printable(entry.name)
        if entry.problem:
            self.refused.append(f"{printable('/'.join(entry.parts))}: {entry.problem}")
        elif entry.notebook:
            self._read(name, entry)
        elif entry.archive:
            self._open(name, entry, archives)
        elif entry.read is not None:
            self.other.append(name)
            if entry.name.lower().endswith(".json"):
                self.spare.append(entry)

    def submission(self, student: str, name: str) -> Submission:
        """The notebooks, or a sentence that says why there are none."""
        if not self.files and len(self.spare) == 1:
            self._read(printable(self.spare[0].name), self.spare[0])
        if len(self.files) > MAX_FILES:
            problem = f"There are more than {MAX_FILES} notebooks here. Hand in the lesson's only."
        elif self.total > MAX_TOTAL:
            problem = f"There are more than {MAX_TOTAL >> 20} MB here. Hand in the lesson's notebook only."
        elif self.files:
            return Submission(student, name, files=tuple(self.files))
        elif len(self.refused) == 1:
            problem = self.refused[0].split(": ", 1)[1]
        elif self.refused:
            problem = "; ".join(self.refused[:5])
        elif self.other:
            problem = (f"There is no notebook (.ipynb) here, only {', '.join(self.other[:5])}. "
                       "Hand in the notebook itself.")
        else:
            problem = "The folder holds no notebook (.ipynb)."
        return Submission(student, name, problem=problem)

    def _read(self, name: str, entry: Found) -> None:
        if len(self.files) > MAX_FILES or self.total > MAX_TOTAL:
            return  # one too many is enough to refuse them all
        data = _or_reason(entry.read)
        if isinstance(data, bytes) and self.copies < MAX_FILES and any(data == d for _, d in self.files):
            self.copies += 1
            return  # the same file twice is one
        self.total += 0 if isinstance(data, Ungradable) else len(data)
        self.files.append((name, str(data) if isinstance(data, Ungradable) else data))

    def _open(self, name: str, entry: Found, archives: bool) -> None:
        if not archives:
            self.refused.append(f"{name}: This archive lies within another one. Hand in the notebook itself.")
        elif not entry.name.lower().endswith(ARCHIVES[0]):
            self.refused.append(f"{name}: This archive is not a zip. Hand in the notebook itself.")
        else:
            try:
                with closing(Archive(entry.read())) as archive:
                    for inner in archive.entries():
                        self.take(inner, archives=False)
            except Ungradable as error:
                self.refused.append(f"{name}: {error}")
