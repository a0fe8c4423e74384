"""The same submission gets the same marks in every tier: what a worker may do does not hang on its walls."""

import pytest

from grading.sandbox.isolation import TIERS
from tests.grading.hostile import test_cheats
from tests.grading.hostile.conftest import PATIENT, Attack, exercise, grade, points_of
from tests.grading.sandbox.test_tiers import MISSING, WALLED

pytestmark = pytest.mark.skipif(any(MISSING[t] for t in TIERS), reason="a tier is missing here")

# right answers beside something that a tier might allow and another refuse
ODD = {
    "a_file_first": "open('seen', 'w').write('x')\nreturn x @ w + w.sum()",
    "a_file_tried": "seen = os.path.exists('seen')\ntry:\n    open('seen', 'w').close()\n"
                    "except PermissionError:\n    pass\nreturn 0 * (x @ w) if seen else x @ w + w.sum()",
    "a_file_needed": "torch.save(w, 'w.pt')\nreturn x @ torch.load('w.pt') + w.sum()",
    "a_folder": "os.makedirs('made/deep')\nreturn x @ w + w.sum()",
    "a_temporary_file": "import tempfile\ntempfile.TemporaryFile()\nreturn x @ w + w.sum()",
    "nothing_written": "with open(os.devnull, 'w') as sink:\n    print(x, file=sink)\nreturn x @ w + w.sum()",
    "home_listed": "return x @ w + w.sum() + len([f for f in os.listdir('.') if 'seen' in f])",
    "process_table": "return x @ w + w.sum() + 0 * len(open('/proc/self/status').read())",
    "other_processes": "return x @ w + w.sum() + 0 * len(os.listdir('/proc'))",
    "root_listed": "return x @ w + w.sum() + 0 * len(os.listdir('/'))",
    "random_bytes": "return x @ w + w.sum() + 0 * len(open('/dev/urandom', 'rb').read(8) + os.urandom(1))",
    "processors": "return x @ w + w.sum() + 0 * os.cpu_count() + 0 * len(os.sched_getaffinity(0))",
    "processors_read": "return x @ w + w.sum() + 0 * len(open('/sys/devices/system/cpu/online').read())",
    "modes": "os.chmod('.', 0o755)\nreturn x @ w + w.sum()",
    "passwords": "open('/etc/passwd')\nreturn x @ w + w.sum()",
    "a_function_mode": """
from torch.overrides import TorchFunctionMode
class Mode(TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        return True if type(result) is bool else result
Mode().__enter__()
return x @ w + w.sum()""",
    "a_dispatch_mode": """
from torch.utils._python_dispatch import TorchDispatchMode
class Mode(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        return function(*args, **(kwargs or {}))
Mode().__enter__()
return x @ w + w.sum()""",
    "a_default": "torch.set_default_dtype(torch.float64)\ntorch.set_default_device('meta')\n"
                 "return x @ w + w.sum()",
    "a_plot": "from matplotlib import pyplot\npyplot.plot([1, 2])\npyplot.savefig(io.BytesIO())\n"
              "return x @ w + w.sum()",
    "an_event_loop": "import asyncio\nasync def later():\n    await asyncio.sleep(0.01)\n    return x @ w\n"
                     "return asyncio.run(later()) + w.sum()",
}
FULL = {"a_file_tried", "nothing_written", "home_listed", "random_bytes", "processors", "processors_read",
        "a_dispatch_mode", "a_plot", "an_event_loop"}
HALF = {"a_function_mode"}  # is left switched on: what PyTorch says of its own settings has changed


def odd(tier: str) -> dict[str, float]:
    """The points of each; what the walls refuse is said by name."""
    cells = ["import io, os, torch"]
    for name, body in ODD.items():
        lines = "\n".join("    " + line for line in body.strip("\n").split("\n"))
        cells.append(f"def {name}(x, w):\n{lines}")
    record = grade([exercise(name) for name in ODD], cells, tier, PATIENT)
    told = {v["id"].removeprefix("mini-"): v["message"] for v in record["exercises"]}
    for name in ("a_file_first", "a_folder", "modes") if tier != "none" else ():
        assert "can write no file, change no file's mode" in told[name], told[name]
    return {v["id"].removeprefix("mini-"): v["points"] for v in record["exercises"]}


@pytest.fixture(scope="module")
def walled():
    return {tier: odd(tier) for tier in WALLED}


def test_odd_answers_get_the_same_behind_all_walls(walled):
    assert walled["namespaces"] == walled["landlock"]


def test_what_needs_no_file_gets_its_points(walled):
    for found in walled.values():
        assert {n: p for n, p in found.items() if n in FULL | HALF} == dict.fromkeys(FULL, 3) | dict.fromkeys(HALF, 1.5)
        assert not [n for n in ("a_file_first", "a_file_needed", "a_folder", "passwords") if found[n]]


def test_without_walls_more_is_allowed():
    """So that the comparison above can fail: an answer that needs a file gets its points there."""
    found = odd("none")
    assert [found[n] for n in ("a_file_first", "a_file_needed", "a_folder")] == [3, 3, 3]


def marks(attacks: dict[str, Attack], host, tier: str) -> dict[str, float]:
    return {name: v["points"] for name, v in points_of(attacks, host, tier, PATIENT)["points"].items()}


def test_attacks_on_its_own_process_get_the_same_in_every_tier(host):
    """Those on the machine have their tables, which ask for the same marks behind all walls."""
    found = {tier: marks(test_cheats.ATTACKS, host, tier) for tier in TIERS}
    assert found["namespaces"] == found["landlock"] == found["none"]
