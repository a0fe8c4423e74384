"""Many students on any executor: what is in flight is bounded, and a judge that dies costs one submission."""

import io
import multiprocessing
import tracemalloc
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing

import pytest

from grading.report import batch, store
from grading.report.batch import BatchError, grade_folder
from grading.report.progress import shown
from grading.report.store import Store
from tests.grading.classes import stub
from tests.grading.classes.builders import zipped
from tests.grading.classes.conftest import SETTINGS


def processes(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"))


@pytest.fixture
def class_of(tmp_path):
    def make(count: int, size: int = 1, **more: bytes):
        path = tmp_path / f"class{count}.zip"
        entries = {f"student{i:03}.ipynb": str(i).encode() * size for i in range(count)}
        path.write_bytes(zipped(entries | {f"{name}.ipynb": data for name, data in more.items()}))
        return path

    return make


@pytest.mark.parametrize("executor", [ThreadPoolExecutor, processes])
@pytest.mark.parametrize("given", [True, False])
def test_any_executor_gives_the_same(graded, class_of, tmp_path, executor, given):
    place = class_of(30)
    plain = graded(place, tmp_path / "plain", jobs=1)
    with executor(3) as pool:
        records = graded(place, tmp_path / "other", jobs=3, executor=pool if given else executor)
        assert not given or pool.submit(int).result() == 0  # it is left open for its owner
    assert records == plain and len(records) == 30


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_judge_that_dies_costs_its_own_submission_alone(graded, class_of, jobs):
    records = graded(class_of(12, killer=b"die", other=b"please die"), executor=processes, jobs=jobs)
    lost = {name for name, r in records.items() if r["status"] != "graded"}
    assert lost == {"killer", "other"}
    for name in lost:
        record = records[name]
        assert record["status"] == "not graded" and record["points"] is None
        assert "fault of the grader" in record["message"]
    assert len(records) == 14


def test_a_broken_executor_of_somebody_elses_is_said(graded, class_of):
    with processes(1) as pool, pytest.raises(BatchError, match="executor is broken"):
        graded(class_of(4, a=b"die"), executor=pool)


class Counting(ThreadPoolExecutor):
    """Counts the tasks, and their bytes, that are in flight."""

    most = most_bytes = 0

    def __init__(self, jobs: int):
        super().__init__(jobs)
        self.flying: dict[Future, int] = {}

    def submit(self, function, task, settings, grade):
        future = super().submit(function, task, settings, grade)
        self.flying[future] = task.size
        Counting.most = max(Counting.most, len(self.flying))
        Counting.most_bytes = max(Counting.most_bytes, sum(self.flying.values()))
        future.add_done_callback(lambda f: self.flying.pop(f, None))
        return future


def test_a_bounded_number_of_tasks_is_in_flight(graded, class_of, monkeypatch):
    monkeypatch.setattr(Counting, "most", 0)
    graded(class_of(60), executor=Counting, jobs=3, grade=stub.slow)
    assert 0 < Counting.most <= 6


def test_the_bytes_in_flight_are_bounded(graded, class_of, monkeypatch):
    monkeypatch.setattr(Counting, "most_bytes", 0)
    monkeypatch.setattr(batch, "IN_FLIGHT", 50_000)
    graded(class_of(20, size=20_000), executor=Counting, jobs=8, grade=stub.slow)
    assert 0 < Counting.most_bytes <= 50_000 + 40_000  # the last one may pass the limit


def peak(place, out) -> int:
    tracemalloc.start()
    try:
        with closing(Store(out)) as kept:
            grade_folder(place, kept, SETTINGS, executor=ThreadPoolExecutor, grade=stub.large)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_class(graded, class_of, tmp_path, monkeypatch):
    """Each record takes 20 kB and each notebook 30 kB; what stays of a student is a row."""
    monkeypatch.setattr(store.os, "fsync", lambda descriptor: None)  # a slow disk is not the matter here
    graded(class_of(2), grade=stub.large)  # imports and caches
    small, large = (peak(class_of(n, size=10_000), tmp_path / f"out{n}") for n in (50, 500))
    print(f"{(large - small) / 450:.0f} bytes a student")
    assert (large - small) / 450 < 6_000, (small, large)


def test_one_lesson_is_shared_and_several_are_not(graded, class_of):
    seen = []

    def grade(submission, settings):
        record = stub.grade(submission, settings)
        seen.append((submission.student, settings.fallback))
        if submission.student == "empty" and not settings.fallback:
            return record | {"status": "ungradable", "message": "no lesson", "points": None, "lesson": ""}
        return record | {"lesson": "11_conditional_and_beta_vae" if submission.student == "b" else "10_vae"}

    place = class_of(3, empty=b"")
    assert graded(place, grade=grade)["empty"]["status"] == "graded" and seen[-1] == ("empty", "10_vae")
    seen.clear()
    assert graded(place, grade=grade)["empty"]["points"] is not None and not seen
    place = class_of(4, empty=b"", b=b"")
    records = graded(place, place.parent / "mixed", grade=grade)
    assert records["empty"]["status"] == "ungradable" and records["empty"]["message"] == "no lesson"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_in_a_log_is_lines_and_on_a_terminal_a_bar(monkeypatch):
    from grading.report import progress

    monkeypatch.setattr(progress, "_EVERY", 0.0)
    for stream, live in ((io.StringIO(), False), (Terminal(), True)):
        with shown(stream) as show:
            for i in range(500):
                show({}, i < 100, 500)
        text = stream.getvalue()
        assert ("\r" in text) == live and "500/500" in text
        lines = text.replace("\r", "\n").splitlines()
        assert all(len(line) <= 100 for line in lines) and any("<" in line for line in lines)


def test_a_log_is_not_flooded():
    stream = io.StringIO()
    with shown(stream) as show:
        for _ in range(1000):
            show({}, False, 1000)
    assert len(stream.getvalue().splitlines()) <= 2
