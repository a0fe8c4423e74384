"""A pytest plugin that says at the end what each stage cost: python -m pytest -p tests.stages.

A stage is a folder of tests, or a file that lies in none. CPU seconds are those of the tests with their
set-up and of the processes that they start (kernels among them), on all of pytest's own processes. The forecast
says what a run would cost with all the lessons of the course: what grows with lessons, times their number.
"""

import resource
import time
from collections import defaultdict

import pytest

from tests.chosen import FINAL, LESSONS

KEY = "cpu_seconds"
OVER = "over_budget"  # what a test records that cost more than planned: told at the end and no failure: machines differ


def cpu_seconds() -> float:
    """CPU time of this process and of its finished children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    item.stash[_BEGAN] = cpu_seconds()
    yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """The report of the last phase carries the time; user properties survive the way back from xdist."""
    outcome = yield
    if call.when == "teardown":
        outcome.get_result().user_properties.append((KEY, cpu_seconds() - item.stash[_BEGAN]))


_BEGAN = pytest.StashKey[float]()


def stage(nodeid: str) -> str:
    """tests/data/test_digits.py::test_split is of the stage data."""
    parts = nodeid.split("::")[0].removeprefix("tests/").split("/")
    return parts[0].removeprefix("test_").removesuffix(".py")


# Tests of each lesson, exercise or model: there will be as many times more as there will be lessons.
GROWING = ("tests/notebooks/test_lessons.py", "tests/grading/test_exercises.py", "tests/models/",
           "tests/test_contract.py")


def pytest_sessionstart(session):
    session.config.stash[_STARTED] = time.monotonic()


_STARTED = pytest.StashKey[float]()


def pytest_terminal_summary(terminalreporter):
    seconds: dict[str, float] = defaultdict(float)
    tests: dict[str, int] = defaultdict(int)
    growing, over = 0.0, []
    for reports in terminalreporter.stats.values():
        for report in reports:
            for key, value in getattr(report, "user_properties", []):
                if key == OVER and report.when == "teardown":
                    over.append(value)
                if key == KEY and report.when == "teardown":
                    seconds[stage(report.nodeid)] += value
                    tests[stage(report.nodeid)] += 1
                    growing += value if report.nodeid.startswith(GROWING) else 0
    if seconds:
        terminalreporter.section("CPU seconds per stage")
        for name in sorted(seconds, key=seconds.get, reverse=True):
            terminalreporter.line(f"{name:<16} {seconds[name]:8.1f} s  {tests[name]:5} tests")
        spent = sum(seconds.values())
        terminalreporter.line(f"{'all':<16} {spent:8.1f} s  {sum(tests.values()):5} tests")
        for line in sorted(over):
            terminalreporter.line(line)
        more = growing * (FINAL / len(LESSONS) - 1)
        wall = time.monotonic() - terminalreporter.config.stash[_STARTED]
        terminalreporter.line(
            f"forecast for {FINAL} lessons, from {len(LESSONS)}: {spent + more:.0f} s of processor time, about "
            f"{wall / 60 * (spent + more) / spent:.0f} minutes like these {wall / 60:.1f}")
