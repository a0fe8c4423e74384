"""Answers of a study in a file that grows line by line and is never rewritten.

One JSON object a line: first the study with its plan, then each answer as it comes, and `undo` where one was
taken back. Every line is on the disk before the next trial is shown, so whatever happens, at most the answer
under way is lost: a line that a crash cut short is dropped when the file is opened again.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SCHEMA = 1
CHOICES = ("left", "right")


class Choice(NamedTuple):
    """One answer: the models whose pictures stood left and right, which was chosen, and after how long."""

    rater: str
    left: str
    right: str
    choice: str
    seconds: float

    @property
    def chosen(self) -> str:
        return self.left if self.choice == "left" else self.right

    @property
    def other(self) -> str:
        return self.right if self.choice == "left" else self.left


class AnswerFile:
    """The records of a study's file, read when it is opened and appended to.

    Attributes:
        header: the first record, which describes the study; None while the file is empty or missing.
        answers: the answers in force, in order: undone ones are left out.

    Raises:
        ValueError: the file holds something else, or was written by a later version.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        self.header: dict | None = None
        self.answers: list[dict] = []
        self._size = self._cut_short = 0  # bytes of whole lines, and of a last one without its end
        for record in self._read():
            self._take(record)

    def append(self, record: dict) -> None:
        """Write a record and return when it is on the disk.

        Raises:
            RuntimeError: somebody else wrote to the file since it was opened.
        """
        if self._length() != self._size + self._cut_short:
            raise RuntimeError(f"{self.path} was changed by another session: close it there, and make the "
                               "study here anew to go on with its answers")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "ab") as file:
            file.truncate(self._size)
            file.write((json.dumps(record, ensure_ascii=False) + "\n").encode())
            file.flush()
            os.fsync(file.fileno())
        self._size, self._cut_short = self._length(), 0
        self._take(record)

    def _length(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def _read(self) -> Iterator[dict]:
        data = self.path.read_bytes() if self.path.exists() else b""
        whole = data[:data.rfind(b"\n") + 1]
        self._size, self._cut_short = len(whole), len(data) - len(whole)
        for number, line in enumerate(whole.decode("utf-8", "replace").splitlines(), start=1):
            try:
                record = json.loads(line)
                kind = record["kind"]
            except (ValueError, TypeError, KeyError):
                raise ValueError(f"line {number} of {self.path} is no record of a study: pass another path, "
                                 "or repair the line") from None
            if (number == 1) != (kind == "study"):
                raise ValueError(f"{self.path} does not begin with one study: pass another path")
            yield record

    def _take(self, record: dict) -> None:
        """Bring `header` and `answers` up to date."""
        if record["kind"] == "study":
            if record.get("schema") != SCHEMA:
                raise ValueError(f"{self.path} has schema {record.get('schema')}, this genlab reads "
                                 f"{SCHEMA}: use the version that wrote it")
            self.header = record
        elif record["kind"] == "answer" and record.get("trial") == len(self.answers) \
                and record.get("choice") in CHOICES:
            self.answers.append(record)
        elif record["kind"] == "undo" and self.answers:
            self.answers.pop()
        else:
            raise ValueError(f"{self.path}: a record does not follow from those before it: {record}")


def read_choices(*paths: str | os.PathLike) -> list[Choice]:
    """All answers in the files of one or several raters, with the models that were hidden from them.

    Raises:
        ValueError: a file without a study.
    """
    choices = []
    for path in paths:
        file = AnswerFile(path)
        if file.header is None:
            raise ValueError(f"{path} holds no study: is the path right?")
        names, plan = file.header["names"], file.header["plan"]
        for answer, (left, _, right, _) in zip(file.answers, plan, strict=False):
            choices.append(Choice(file.header["rater"], names[left], names[right], answer["choice"],
                                  answer["seconds"]))
    return choices
