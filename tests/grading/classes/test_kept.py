"""What is kept of a class: killed, with a full disk, by two graders, by an older version."""

import csv
import errno
import json
import multiprocessing
import os
import random
import signal
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from grading.cli import main
from grading.report import command, store
from grading.report.batch import grade_folder
from grading.report.pool import begin
from grading.report.store import Store
from tests.grading.classes import stub
from tests.grading.classes.builders import unpacked, zipped

JOBS = 2
IN_FLIGHT = 2 * JOBS
COUNT = 40


def forked(jobs: int, tier: str) -> ProcessPoolExecutor:
    """Judges' processes that need no time to start."""
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork"))


@pytest.fixture
def quick(monkeypatch):
    """The command with the stub as its grader, in processes."""
    monkeypatch.setattr(command, "_walls", lambda asked: "none")
    monkeypatch.setattr(command, "judges", forked)
    monkeypatch.setattr(command, "grade_folder", partial(grade_folder, grade=stub.slow))


@pytest.fixture
def place(tmp_path):
    path = tmp_path / "class.zip"
    path.write_bytes(zipped({f"student{i:03}.ipynb": f"{i}".encode() for i in range(COUNT)}))
    return path


def call(place, out, *more: str):
    return CliRunner().invoke(main, ["grade", str(place), "-o", str(out), "--jobs", str(JOBS), *more])


def started(place, out) -> int:
    """The command in a group of processes of its own."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.setsid()
            sink = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(sink, descriptor)
            main(["grade", str(place), "-o", str(out), "--jobs", str(JOBS), "--isolation", "none"],
                 standalone_mode=False)
            status = 0
        finally:
            os._exit(status)
    return pid


def marks(out: Path) -> str:
    return (out / "marks.csv").read_text()


def finished(out: Path) -> dict[str, dict]:
    """The records that are whole."""
    found = {}
    for path in (out / "results").glob("*.json"):
        record = json.loads(path.read_text())  # an incomplete one would raise
        assert record["student"] not in found
        found[record["student"]] = record
    return found


def killed_until_done(place, out, log, chance: random.Random) -> tuple[int, int]:
    """How often the command was killed before it came to its end, and what was graded more than once."""
    kills, held, known = 0, 0, set()
    while True:
        before = log.read_text().splitlines() if log.exists() else []
        pid = started(place, out)
        limit = time.monotonic() + chance.uniform(0.02, 0.6)
        while not (ended := os.waitpid(pid, os.WNOHANG))[0] and time.monotonic() < limit:
            time.sleep(0.005)
        if not ended[0]:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            kills += 1
        graded = log.read_text().splitlines() if log.exists() else []
        assert not known & set(graded[len(before):])  # what was finished is never graded again
        known = set(finished(out)) if out.exists() else set()
        if ended[0]:  # the judges of a killed grader may still have held the folder
            held += ended[1] != 0
            assert held <= kills
        if ended == (pid, 0) and len(known) == COUNT:
            return kills, len(graded) - COUNT


def test_kill_9_at_any_instant(place, tmp_path, monkeypatch, quick):
    monkeypatch.delenv(stub.LOG, raising=False)
    whole = tmp_path / "whole"
    result = call(place, whole, "--seed", "00" * 16)
    assert result.exit_code == 0, result.output
    chance, end, total, runs = random.Random(0), time.monotonic() + 20, 0, 0
    while time.monotonic() < end or total < 3:
        out, log = tmp_path / f"out{runs}", tmp_path / f"log{runs}"
        monkeypatch.setenv(stub.LOG, str(log))
        kills, again = killed_until_done(place, out, log, chance)
        assert 0 <= again <= kills * IN_FLIGHT
        assert marks(out) == marks(whole)
        for student, record in finished(whole).items():
            assert finished(out)[student] == record
            assert (out / "feedback" / f"{student}.html").read_text() == \
                (whole / "feedback" / f"{student}.html").read_text()
        assert not [p for p in out.rglob("*.tmp")]
        total, runs = total + kills, runs + 1
    print(f"{total} kills in {runs} classes")


def test_judges_end_with_a_grader_that_is_killed_alone():
    source, sink = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            pool = ProcessPoolExecutor(1, multiprocessing.get_context("fork"), initializer=begin,
                                       initargs=("none",))
            os.write(sink, str(pool.submit(os.getpid).result()).encode())
            time.sleep(600)
        finally:
            os._exit(0)
    judge = int(os.read(source, 20))
    assert alive(judge)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    limit = time.monotonic() + 60
    while alive(judge) and time.monotonic() < limit:
        time.sleep(0.02)
    assert not alive(judge)
    for end in (source, sink):
        os.close(end)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_second_grader_is_told_who_is_at_work(place, tmp_path, quick):
    first = Store(tmp_path / "out")
    result = call(place, tmp_path / "out")
    assert result.exit_code == 1
    assert f"another grader (process {os.getpid()} on" in result.output
    assert "choose another -o" in result.output
    first.close()
    assert call(place, tmp_path / "out").exit_code == 0


class FullDisk:
    """Writing fails once `room` files have been written."""

    def __init__(self, room: int):
        self.room, self.real = room, os.replace

    def replace(self, *paths) -> None:
        self.room -= 1
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(paths[1]))
        self.real(*paths)


@pytest.mark.parametrize("room", [0, 1, 2, 3, 4, 9, 30])
def test_a_full_disk_is_an_error_and_no_loss(place, tmp_path, monkeypatch, quick, room):
    out, disk = tmp_path / "out", FullDisk(room)
    with monkeypatch.context() as patch:
        patch.setattr(store.os, "replace", disk.replace)
        result = call(place, out)
    assert result.exit_code == 1, result.output
    assert "No space left on device" in result.output and "the same command goes on" in result.output
    kept = finished(out)
    assert all(record["status"] == "graded" for record in kept.values())
    monkeypatch.setenv(stub.LOG, str(tmp_path / "log"))
    assert call(place, out).exit_code == 0
    again = (tmp_path / "log").read_text().splitlines()
    assert len(again) == COUNT - len(kept) and not set(again) & set(kept)
    assert len(list(csv.DictReader((out / "marks.csv").open()))) == COUNT


@contextmanager
def small_disk(path: Path):
    path.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", "size=120k,nr_inodes=200", "tmpfs", str(path)]
    if subprocess.run(options, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=False)


def test_a_disk_that_is_really_full(place, tmp_path, quick):
    with small_disk(tmp_path / "disk") as disk:
        filler = disk / "filler"
        filler.write_bytes(bytes(60_000))
        result = call(place, disk / "out")
        assert result.exit_code == 1 and "No space left on device" in result.output
        kept = finished(disk / "out")
        assert len(kept) < COUNT
        subprocess.run(["mount", "-o", "remount,size=20M", str(disk)], check=True)
        result = call(place, disk / "out")
        assert result.exit_code == 0 and len(finished(disk / "out")) == COUNT
        assert all(finished(disk / "out")[name] == record for name, record in kept.items())


def test_records_of_an_older_version(graded, tmp_path):
    place, out = unpacked(tmp_path / "in", {"a.ipynb": b"1", "b.ipynb": b"2"}), tmp_path / "out"
    (out / "results").mkdir(parents=True)
    old = {"format": 1, "student": "a", "status": "graded", "points": 9, "out_of": 9, "exercises": [],
           "lesson": "10_vae", "message": "", "file": "a.ipynb"}
    texts = {"a": json.dumps(old), "gone": json.dumps(old | {"student": "gone"}), "cut": '{"student',
             "b": json.dumps({"format": 2, "student": "b"}), "list": "[]"}
    for name, text in texts.items():
        (out / "results" / f"{name}.json").write_text(text)
    records = graded(place)
    assert {r["format"] for r in records.values()} == {2} and set(finished(out)) == {"a", "b"}
    assert sorted(p.name for p in (out / "results/old").iterdir()) == ["cut.json", "gone.json", "list.json"]


def test_records_of_another_class_in_the_same_folder_stay(graded, tmp_path):
    graded(unpacked(tmp_path / "early", {"a.ipynb": b"1"}))
    graded(unpacked(tmp_path / "late", {"b.ipynb": b"2"}))
    assert set(finished(tmp_path / "out")) == {"a", "b"}


def test_what_a_killed_writer_left_is_cleared(tmp_path):
    Store(tmp_path / "out").close()
    for folder in ("", "results", "feedback"):
        (tmp_path / "out" / folder / ".x.json.123.tmp").write_text("half")
    Store(tmp_path / "out").close()
    assert not list((tmp_path / "out").rglob("*.tmp"))
