"""Keeping results: every file appears whole or not at all, so that a batch can be killed at any time."""

import hashlib
import json
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from grading.report.feedback import render
from grading.report.overrides import effective
from grading.report.spreadsheet import table

SECRET = ".secret"


class StoreError(RuntimeError):
    """The results folder cannot be used; the message says why and what to do."""


class Store:
    """The folder of results.

        OUT/marks.csv              one row per student
        OUT/results/NAME.json      the record of one student
        OUT/feedback/NAME.html     what the student may see
        OUT/faults.log             the grader's own errors, for whoever maintains it
        OUT/.secret                of this batch; readable for its owner alone, reused on regrading
    """

    def __init__(self, out: Path):
        self.out = out
        for folder in (out, out / "results", out / "feedback"):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = open(out / ".lock", "a")  # held while this object lives
        try:
            import fcntl

            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(f"another grader is writing to {out}: wait, or choose another -o") from error

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
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) and record.get("student") == student else None

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

    def table(self, records: Sequence[dict]) -> None:
        """marks.csv, a row for each record, with points by hand where there are some."""
        ids = list(dict.fromkeys(v["id"] for record in records for v in record["exercises"]))
        rows = [["student", "lesson", "status", "points", "out_of", *ids, "message", "machine_points",
                 "comment", "file"]]
        for record in map(effective, records):
            points = {v["id"]: v["points"] for v in record["exercises"]}
            rows.append([record["student"], record["lesson"], record["status"], record["points"],
                         record["out_of"], *(points.get(id) for id in ids), record["message"],
                         record.get("machine_points"), (record.get("override") or {}).get("comment"),
                         record["file"]])
        write(self.out / "marks.csv", table(rows))

    def _path(self, student: str, folder: str, ending: str) -> Path:
        return self.out / folder / f"{file_name(student)}.{ending}"


def file_name(student: str) -> str:
    """A safe name for a student's files: a name that had to be changed carries its hash."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", student)[:60]
    if plain == student and plain:
        return plain
    return f"{plain}-{hashlib.sha256(student.encode(errors='replace')).hexdigest()[:10]}"


def write(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Writes a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
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
