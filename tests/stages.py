"""A pytest plugin that says at the end what each stage cost: python -m pytest -p tests.stages.

A stage is a folder of tests, or a file that lies in none. CPU seconds are those of the tests with their
set-up and of the processes that they start (kernels among them), on all of pytest's own processes.
"""

import resource
import time
from collections import defaultdict

import pytest

KEY = "cpu_seconds"


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


def pytest_terminal_summary(terminalreporter):
    seconds: dict[str, float] = defaultdict(float)
    tests: dict[str, int] = defaultdict(int)
    for reports in terminalreporter.stats.values():
        for report in reports:
            for key, value in getattr(report, "user_properties", []):
                if key == KEY and report.when == "teardown":
                    seconds[stage(report.nodeid)] += value
                    tests[stage(report.nodeid)] += 1
    if seconds:
        terminalreporter.section("CPU seconds per stage")
        for name in sorted(seconds, key=seconds.get, reverse=True):
            terminalreporter.line(f"{name:<16} {seconds[name]:8.1f} s  {tests[name]:5} tests")
        terminalreporter.line(f"{'all':<16} {sum(seconds.values()):8.1f} s  {sum(tests.values()):5} tests")
