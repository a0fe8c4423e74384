"""A folder of submissions: one notebook or one folder per student.

    submissions/alice.ipynb             the student `alice`
    submissions/bob/10_vae.ipynb        the student `bob`, whatever the notebook is called

Nothing is lost in silence: whatever else lies there becomes a submission with a reason.
"""

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from grading.ingest.notebook import Ungradable, read_bytes

_ENDINGS = (".ipynb", ".ipynb.json", ".ipynb.txt", ".json")  # the last ones as browsers save them
_MAX_DEPTH, _MAX_FILES = 6, 20
_UNPRINTABLE = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


@dataclass(frozen=True)
class Submission:
    """What one student handed in: candidate notebooks, or the reason why there is none."""

    student: str
    name: str  # of the file or folder
    paths: tuple[str, ...] = ()
    problem: str = ""

    def fingerprint(self) -> str:
        """Changes whenever what was handed in changes."""
        digest = hashlib.sha256(self.problem.encode())
        for path in self.paths:
            try:
                data = read_bytes(path)
            except Ungradable as error:
                data = str(error).encode()
            digest.update(hashlib.sha256(data).digest())
        return digest.hexdigest()


def submissions(folder: Path, *, leave_out: Path | None = None) -> list[Submission]:
    """Every submission in `folder`, in the order of names; hidden files and `leave_out` are skipped.

    Where a file and a folder would be the same student, both keep their full names.
    """
    entries = sorted((e for e in os.scandir(folder) if not e.name.startswith(".")), key=lambda e: e.name)
    skipped = leave_out.resolve() if leave_out is not None else None
    found = [_submission(e) for e in entries if Path(folder, e.name).resolve() != skipped]
    times = Counter(s.student for s in found)
    found = [s if times[s.student] == 1 else replace(s, student=printable(s.name)) for s in found]
    times = Counter(s.student for s in found)  # names that differ only where they were cut or cleaned
    return [s if times[s.student] == 1 else replace(s, student=_marked(s)) for s in found]


def _marked(submission: Submission) -> str:
    return f"{submission.student[:180]} {hashlib.sha256(os.fsencode(submission.name)).hexdigest()[:10]}"


def printable(text: str) -> str:
    """Text of a student's, such as a file's name, without control, direction and broken characters."""
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _UNPRINTABLE else c
                   for c in text[:200])


def _submission(entry: os.DirEntry) -> Submission:
    ending = next((e for e in _ENDINGS if entry.name.lower().endswith(e)), "")
    student = printable(entry.name[:len(entry.name) - len(ending)]) or printable(entry.name)
    if entry.is_symlink():
        return Submission(student, entry.name, problem="This is a link. Hand in the notebook itself.")
    if entry.is_dir():
        student = printable(entry.name)
        try:
            paths = tuple(sorted(_notebooks(entry.path, _MAX_DEPTH)))
        except OSError:
            return Submission(student, entry.name, problem="The folder cannot be read.")
        if not paths:
            return Submission(student, entry.name, problem="The folder holds no notebook (.ipynb).")
        if len(paths) > _MAX_FILES:
            return Submission(student, entry.name, problem=f"The folder holds {len(paths)} notebooks. "
                                                           "Hand in the lesson's only.")
        return Submission(student, entry.name, paths)
    if not ending or not entry.is_file():
        return Submission(student, entry.name, problem="This is not a notebook (.ipynb). Archives have to be "
                                                       "unpacked first, one folder for each student.")
    return Submission(student, entry.name, (entry.path,))


def _notebooks(folder: str, depth: int) -> Iterator[str]:
    for entry in os.scandir(folder):
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir() and depth > 0 and entry.name != "__MACOSX":
            yield from _notebooks(entry.path, depth - 1)
        elif entry.is_file() and entry.name.lower().endswith(_ENDINGS[:3]):
            yield entry.path
