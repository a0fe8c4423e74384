"""Rule 3: one submission can never stop, slow without bound, or alter another's mark or the batch."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from grading.report.batch import grade_folder
from grading.report.grade import Settings
from grading.report.store import Store
from tests.grading import mini
from tests.grading.conftest import points

HOSTILE = {
    "a_ends_its_parent": "import os, signal\ndef affine(x, w):\n    for pid in (os.getppid(), 1, -1, 0):\n"
                         "        try: os.kill(pid, signal.SIGKILL)\n        except OSError: pass\n"
                         "    return x * 0",
    "b_loops": "while True: pass\ndef affine(x, w):\n    while True: pass",
    "c_leaves_a_thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n"
                         "def affine(x, w):\n    return x * 0",
    "d_writes": "import os\nfor place in ('.', '/tmp', os.path.expanduser('~')):\n"
                "    try: open(place + '/torch.py', 'w').write('raise SystemExit')\n"
                "    except OSError: pass\ndef affine(x, w):\n    return x * 0",
    "e_patches": "import torch\ntorch.Tensor.__matmul__ = lambda a, b: None\n"
                 "def affine(x, w):\n    return x * 0",
}


def test_the_class_goes_on(mini_lesson, tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    for number, (name, source) in enumerate(HOSTILE.items()):
        (folder / f"{name}.ipynb").write_bytes(mini.dump(source, mini.SCALE_CELL))
        (folder / f"{name}_then_{number}.ipynb").write_bytes(mini.honest())
    with closing(Store(tmp_path / "out")) as store:
        settings = Settings(store.secret(), lesson="99_mini")
        grade_folder(folder, store, settings, executor=ThreadPoolExecutor)
        for name in HOSTILE:
            record = store.load(name)
            assert record["status"] == "graded" and points(record) == [0, 2], record
        for number, name in enumerate(HOSTILE):
            assert points(store.load(f"{name}_then_{number}")) == [3, 2]


def test_the_time_of_one_submission_is_bounded(boxed):
    """Every statement and every answer sleeps as long as it may; the total ends it."""
    boxed(*mini.STUBS)
    cells = [f"import time\nhere{i} = time.sleep(100)\n" for i in range(8)]
    uses = "def affine(x, w):\n    " + "; ".join(f"here{i}" for i in range(8)) + "\n    time.sleep(100)"
    began = time.monotonic()
    record = boxed(*cells, uses, mini.SCALE_CELL.replace("return", "__import__('time').sleep(100); return"),
                   statement=1.0, probe=1.0, total=6.0, grace=0.5)
    assert points(record) == [0, 0]
    assert time.monotonic() - began < 6 + 24  # the last kill, and a busy machine; asleep, it would take minutes
