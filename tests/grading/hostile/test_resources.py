"""Time, memory, files, threads and output without end: each is stopped at its limit, costs its own item
only, and leaves nothing behind."""

import time
from dataclasses import replace

import pytest

from tests.grading import mini
from tests.grading.hostile.conftest import HELPERS, PATIENT, QUICK, Attack, exercise, expect, grade, points_of
from tests.grading.sandbox.test_tiers import MISSING, WALLED

# Stopped by the clock. Each costs its limit twice, so that the right answers are left out.
LOOPS = {
    "loop": "while True: pass",
    "sleep": "time.sleep(600)",
    "swallows": "while True:\n        try: time.sleep(600)\n        except BaseException: pass",
    "resets_the_alarm": "signal.setitimer(signal.ITIMER_REAL, 0)\n    signal.alarm(0)\n    time.sleep(600)",
    "takes_the_alarm": "for s in range(1, 32):\n        try: signal.signal(s, signal.SIG_IGN)\n"
                       "        except (OSError, ValueError): pass\n    while True: time.sleep(9)",
    "blocks_signals": "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n    time.sleep(600)",
    "inside_c": "pow(7, 10**9)",
    "stops_itself": "os.kill(os.getpid(), signal.SIGSTOP)\n    time.sleep(600)",
    "waits_for_the_judge": "os.read(channels()[0], 1)",
    "endless_recursion": "while True:\n        try: loop_again(x, w)\n        except RecursionError: pass",
    "endless_print": "while True: print('x' * 10**6)",
}

# Stopped by a limit; what is returned says how far it came.
HOGS = {
    "memory": Attack(23, "return many(lambda i: bytearray(256 << 20), 64) > 13"),
    "one_tensor": Attack(23, "return many(lambda i: torch.empty(3 << 30), 1)"),
    "shared_memory": Attack(23, "return many(lambda i: mmap.mmap(-1, 256 << 20), 64) > 13"),
    "addresses": Attack(23, "return many(lambda i: mmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE | 0x4000 "
                            "| mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ), 64) > 3"),
    "memory_by_number": Attack(23, "return through(memory=lambda: raw(numbers['memfd_create'], b'x', 0), "
                                   "shared=lambda: raw(numbers['shmget'], 0, 1 << 30, 0o1600))"),
    "disk": Attack(27, "return many(lambda i: open(f'f{i}', 'wb').write(bytes(1 << 20)), 512) > 64"),
    "one_large_file": Attack(27, "return many(lambda i: open('f', 'ab').write(bytes(1 << 20)), 512) > 64"),
    "hole": Attack(27, "return many(lambda i: os.truncate(os.open('h', os.O_CREAT | os.O_RDWR), "
                          "1 << 40), 1)"),
    "files": Attack(27, "return many(lambda i: os.close(os.open(f'f{i}', os.O_CREAT)), 10**4) > 5000"),
    "folders": Attack(27, "return many(lambda i: os.mkdir(f'd{i}'), 10**4) > 5000"),
    "descriptors": Attack(27, "return many(lambda i: open(os.devnull), 1000) > 256"),
    "pipes": Attack(27, "return many(lambda i: [os.fdopen(fd) for fd in os.pipe()], 1000) > 128"),
    "prints": Attack(26, "for i in range(400):\n    print('x' * 10**6)"),
    "raises_much": Attack(26, "raise ValueError('x' * 10**8)", right=0),
    "many_threads": Attack(25, "threading.stack_size(32768)\nreturn many(lambda i: threading.Thread("
                               "target=time.sleep, args=(600,), daemon=True).start(), 10**5)", right=0),
    "a_thread_stays": Attack(25, "threading.Thread(target=lambda: [time.sleep(0.01) "
                                 "for _ in iter(int, 1)]).start()"),
    "a_thread_races": Attack(25, "def race():\n    while True:\n        torch.get_default_dtype()\n"
                                 "threading.Thread(target=race, daemon=True).start()"),
}


@pytest.fixture(scope="module", params=WALLED)
def hogs(request, host):
    if MISSING[request.param]:
        pytest.skip(MISSING[request.param])
    return points_of(HOGS, host, request.param, PATIENT)


@pytest.mark.parametrize("name", HOGS)
def test_nothing_is_taken_beyond_its_limit(hogs, name):
    expect(HOGS[name], name, hogs)


def test_the_machine_is_as_it_was(hogs, host):
    host.untouched()


def test_loops_cost_their_own_item_and_no_more_than_their_time(host):
    names = [*LOOPS, "honest"]
    cells = [HELPERS, "def loop_again(x, w):\n    return loop_again(x, w)",
             *(f"def {name}(x, w):\n    {body}" for name, body in LOOPS.items()),
             mini.AFFINE_CELL.replace("affine", "honest")]
    grade([exercise("honest")], cells[-1:])  # how long a worker takes here
    began = time.monotonic()
    grade([exercise("honest")], cells[-1:])
    one = time.monotonic() - began
    record = grade([exercise(n) for n in names], cells)
    found = {v["id"].removeprefix("mini-"): v["points"] for v in record["exercises"]}
    assert found == dict.fromkeys(LOOPS, 0) | {"honest": 3}
    assert all("in time" in v["message"] for v in record["exercises"][:-1]), record["exercises"]
    longest = QUICK.probe + QUICK.grace + 1  # the limit, and within a second of it; the rest is starting
    assert record["seconds"] < len(LOOPS) * (longest + 4 * one) + 10


def test_a_statement_that_never_ends_costs_what_needs_it(host):
    cells = ["import os, time, signal", "a = [1 for _ in iter(int, 1)]",
             "def wait():\n    while True:\n        try: time.sleep(9)\n        except BaseException: pass",
             "b = wait()", "c = signal.alarm(0), time.sleep(99)", "e = os._exit(0)",
             *(f"def needs_{n}(x, w):\n    return x @ w + w.sum() + 0 * ({n} is None)" for n in "abce"),
             "def honest(x, w):\n    return x @ w + w.sum()"]
    names = [*(f"needs_{n}" for n in "abce"), "honest"]
    record = grade([exercise(n) for n in names], cells)
    assert [v["points"] for v in record["exercises"]] == [0, 0, 0, 0, 3]


def test_the_time_of_all_items_together_is_bounded(host):
    """Each sleeps just under its limit: the total ends it, and what is left is not run."""
    names = [f"a{i}" for i in range(30)]
    body = "    time.sleep(0.8)\n    return x @ w + w.sum()"
    cells = ["import time", *(f"def {n}(x, w):\n{body}" for n in names)]
    record = grade([exercise(n) for n in names], cells, limits=replace(QUICK, probe=9.0, total=4.0))
    found = [v["points"] for v in record["exercises"]]
    assert found[-1] == 0 and found == sorted(found, reverse=True)
    assert "in time" in record["exercises"][-1]["message"] and record["seconds"] < 4 + 1 + 20
