"""Keeping results: every file appears whole or not at all, so that a batch can be killed at any time."""

import hashlib
import json
import os
import platform
import re
import secrets
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from grading.lessons import LESSONS
from grading.report.feedback import render
from grading.report.overrides import effective
from grading.report.spreadsheet import table

SECRET = ".secret"
_BEFORE = ("student", "lesson", "status", "points", "out_of")  # the exercises' columns
_AFTER = ("message", "machine_points", "comment", "file", "attempt", "submitted", "late", "name")
_ROW = ("student", "lesson", "status", "points", "out_of", "file", "attempt", "submitted", "late", "override")
_NEEDED = {*_BEFORE, "message", "file", "exercises"}  # of a record of any version


class StoreError(RuntimeError):
    """The results folder cannot be used; the message says why and what to do."""


def _lock(file, seconds: float = 3.0) -> None:
    """Takes the lock, or BlockingIOError. The judges of a grader that was killed hold it until they end too."""
    import fcntl

    limit = time.monotonic() + seconds
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.02)


class Store:
    """The folder of results.

        OUT/marks.csv              one row per student
        OUT/results/NAME.json      the record of one student
        OUT/feedback/NAME.html     what the student may see
        OUT/results/old/           records that this version cannot use, of students who are not in the class
        OUT/faults.log             the grader's own errors, for whoever maintains it
        OUT/.secret                of this batch; readable for its owner alone, reused on regrading
    """

    def __init__(self, out: Path):
        self.out = out
        for folder in (out, out / "results", out / "feedback"):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = open(out / ".lock", "a+")  # held while this object lives
        try:
            _lock(self._lock)
        except BlockingIOError as error:
            self._lock.seek(0)
            who = self._lock.read(100).strip()
            self._lock.close()
            raise StoreError(f"another grader{f' ({who})' if who else ''} is writing to {out}: "
                             "wait, or choose another -o") from error
        self._lock.truncate(0)
        self._lock.write(f"process {os.getpid()} on {platform.node()}")
        self._lock.flush()
        for folder in (out, out / "results", out / "feedback"):
            for left in folder.glob(".*.*.tmp"):  # by a grader that was killed while it wrote
                left.unlink(missing_ok=True)

    def close(self) -> None:
        self._lock.close()

    def secret(self, given: str = "") -> bytes:
        """The batch's secret: the one kept here, else `given` in hexadecimal, else 128 new random bits."""
        path = self.out / SECRET
        kept = path.read_text().strip() if path.exists() else ""
        if given and not re.fullmatch(r"(?:[0-9a-fA-F]{2}){8,32}", given):
            raise StoreError("--seed has to be 16 to 64 hexadecimal digits, two for each byte")
        if kept and given and kept != given.lower():
            raise StoreError(f"{self.out} has another secret: leave --seed out, or choose another -o")
        if not kept:
            kept = given.lower() or secrets.token_hex(16)
            write(path, kept + "\n", mode=0o600)
        path.chmod(0o600)
        return bytes.fromhex(kept)

    def load(self, student: str) -> dict | None:
        """The record that is kept for a student, if there is a whole one."""
        try:
            record = json.loads(self._path(student, "results", "json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        whole = isinstance(record, dict) and _NEEDED <= record.keys() and record["student"] == student
        return record if whole else None

    def save(self, record: dict) -> None:
        """The feedback first: a record that is there says that all of it is."""
        student = record["student"]
        if "fault" in record:
            with open(self.out / "faults.log", "a", encoding="utf-8", errors="replace") as log:
                log.write(f"{student}\n{record.pop('fault')}\n")
        write(self._path(student, "feedback", "html"), render(record))
        write(self._path(student, "results", "json"),
              json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n")

    def has_feedback(self, student: str) -> bool:
        return self._path(student, "feedback", "html").exists()

    def put_aside(self, students: Collection[str], form: int) -> None:
        """Moves records of another form than this version's away, unless they are of these students."""
        current = {file_name(student) for student in students}
        for path in (self.out / "results").glob("*.json"):
            if path.stem in current:
                continue
            try:
                record = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError, RecursionError):
                record = None
            if not isinstance(record, dict) or record.get("format") != form:
                (self.out / "results" / "old").mkdir(exist_ok=True)
                os.replace(path, self.out / "results" / "old" / path.name)

    def table(self, rows: Sequence[dict]) -> None:
        """marks.csv: a line for each record or its `row`, with points by hand where there are some.

        The columns, in this order: student, lesson, status, points, out_of; the exercises by their ids, in
        the order of lessons; message, machine_points, comment, file, attempt, submitted, late,
        and the name that the platform gives.
        """
        ids = list(dict.fromkeys(v["id"] for record in rows for v in record["exercises"]))
        known = [id for lesson in LESSONS.values() for id in lesson.exercises if id in ids]
        ids = [*known, *(id for id in ids if id not in known)]
        lines = [[*_BEFORE, *ids, *_AFTER]]
        for record in (effective(row(record)) for record in rows):
            points = {v["id"]: v["points"] for v in record["exercises"]}
            told = record | {"comment": (record.get("override") or {}).get("comment"),
                             "late": {True: "late", None: "unknown"}.get(record.get("late", False), "")}
            lines.append([*(told[name] for name in _BEFORE), *(points.get(id) for id in ids),
                          *(told.get(name) for name in _AFTER)])
        write(self.out / "marks.csv", table(lines))

    def _path(self, student: str, folder: str, ending: str) -> Path:
        return self.out / folder / f"{file_name(student)}.{ending}"


def row(record: dict) -> dict:
    """What marks.csv tells of a record, and no more: it stays in memory for a whole class."""
    return {key: record.get(key) for key in _ROW} | {
        "message": record["message"][:500], "content": (record.get("content") or "")[:64],
        "name": record.get("identity", record).get("name"),
        "exercises": [{key: v[key] for key in ("id", "points", "out_of")} for v in record["exercises"]]}


def file_name(student: str) -> str:
    """A safe name for a student's files: a name that had to be changed carries its hash."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", student)[:60]
    if plain == student and plain:
        return plain
    return f"{plain}-{hashlib.sha256(student.encode(errors='replace')).hexdigest()[:10]}"


def write(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Writes a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(fd, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
