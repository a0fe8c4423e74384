"""What only a process of its own can tell: how torch behaves, and which tier of the sandbox holds here.

Both start at once and are read later, so that they cost the time of the slower one, and torch that does not load
takes nothing down with it.
"""

import json
import os
import subprocess
import sys
from typing import Any

SECONDS = 120  # importing torch for the first time, from a cold disk

TORCH = """
import json, time
began = time.perf_counter()
import torch
told = {"version": torch.__version__, "seconds": time.perf_counter() - began, "threads": torch.get_num_threads(),
        "cuda": torch.version.cuda, "devices": {}}
names = {f"cuda:{i}": torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())}
if torch.backends.mps.is_available():
    names["mps"] = "Apple's graphics processor"
for place, name in names.items():
    try:
        x = torch.ones(64, 64, device=place)
        right = float((x @ x).sum()) == 64.0 ** 3
        told["devices"][place] = [name, "" if right else "a product of two matrices came out wrong"]
    except Exception as error:
        told["devices"][place] = [name, f"{type(error).__name__}: {error}"]
x = torch.ones(3, 3, requires_grad=True)
torch.nn.functional.conv2d(x[None, None], torch.ones(1, 1, 2, 2)).sum().backward()
told["works"] = float(x.grad[1, 1]) == 4.0
print(json.dumps(told))
"""

SANDBOX = """
import json
from grading.sandbox.isolation import NoIsolation
from grading.sandbox.start import in_force
try:
    tier, walls = in_force()
    print(json.dumps({"tier": tier, "walls": walls}))
except NoIsolation as error:
    print(json.dumps({"fault": str(error)}))
"""


class Probe:
    """A program that answers with one line of JSON."""

    def __init__(self, program: str):
        self._process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace",
                                         env={**os.environ, "PYTHONIOENCODING": "utf-8"})

    def answer(self) -> dict[str, Any]:
        """What it said, or {"fault": …} with the last line of what went wrong."""
        try:
            said, wrong = self._process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            return {"fault": f"no answer within {SECONDS} seconds"}
        lines = said.strip().splitlines()
        try:
            return json.loads(lines[-1])
        except (IndexError, ValueError):
            last = wrong.strip().splitlines()[-1:] or [f"it ended with code {self._process.returncode}"]
            return {"fault": last[0][:300]}
