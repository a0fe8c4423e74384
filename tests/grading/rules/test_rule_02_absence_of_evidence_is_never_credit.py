"""Rule 2: no answer, a dead worker, a missed deadline, malformed data: 0 points and the reason."""

import pytest

from tests.grading import mini

NOTHING = {
    "no answer": ("x = 1", "was not found"),
    "not started": (mini.STUBS[0], "Not started"),
    "raises": ("def affine(x, w):\n    raise ValueError('no')", "raised ValueError"),
    "ends the process": ("import os\ndef affine(x, w):\n    os._exit(0)", "ended its process"),
    "leaves politely": ("import sys\ndef affine(x, w):\n    sys.exit(0)", "ended its process"),
    "crashes": ("import os\ndef affine(x, w):\n    os.kill(os.getpid(), 11)", "ended its process"),
    "loops": ("def affine(x, w):\n    while True: pass", "did not finish in time"),
    "returns nothing": ("def affine(x, w):\n    pass", "None"),
    "returns text": ("def affine(x, w):\n    return 'right'", "should return a tensor"),
    "returns too much": ("def affine(x, w):\n    return torch.zeros(1).expand(3 * 10**7)",
                         "could not be read"),
    "returns nan": ("def affine(x, w):\n    return x @ w * float('nan')", "holds inf or nan"),
    "is no function": ("affine = 3", "should be a function"),
    "fails above": ("helper = 1 / 0\ndef affine(x, w):\n    return x @ w + helper", "NameError"),
    "ends while it is defined": ("import os\n@lambda f: os._exit(0)\ndef affine(x, w):\n    return 1",
                                 "ended the process"),
}


@pytest.mark.parametrize("how", NOTHING)
def test_nothing_is_no_credit(boxed, how):
    source, reason = NOTHING[how]
    record = boxed(source, mini.SCALE_CELL, probe=2.0, statement=2.0)
    first, second = record["exercises"]
    assert (first["points"], second["points"]) == (0, 2), record
    assert reason in first["message"]
