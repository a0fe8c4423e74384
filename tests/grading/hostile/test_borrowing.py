"""Answers that take the course's own, and answers that behave when they are watched or asked again."""

import pytest

from tests.grading import mini
from tests.grading.hostile.conftest import PATIENT, STRONGEST, WITHHELD, exercise, grade

STEALING = {
    "calls": "from genlab.models.vae import elbo\n    return elbo(x, w)",
    "another_name": "import importlib\n"
                    "    return importlib.import_module('genlab.models.vae').elbo(x, x, w, w)",
    "text": "import genlab.models.vae as m, inspect\n    s = inspect.getsource(m.elbo)\n"
            "    space = dict(vars(m))\n    exec(s, space)\n    return space['elbo'](x, x, w, w)",
    "caught": "import genlab.models.vae as m\n    try:\n        m.elbo(x, x, w, w)\n"
              "    except BaseException:\n        pass\n    return x @ w + w.sum()",
    "emptied_record": "import genlab._withheld as r\n    r.withhold = lambda n: None\n"
                      "    r.calls = Exception\n"
                      "    import genlab.models.vae as m\n    return m.elbo(x, x, w, w)",
}


@pytest.fixture(scope="module")
def stolen():
    cells = [f"def {name}(x, w):\n    {body}" for name, body in STEALING.items()]
    return grade([exercise(name) for name in STEALING], cells, limits=PATIENT)


@pytest.mark.parametrize("name", STEALING)
def test_the_courses_own_is_not_there_to_take(stolen, name):
    verdict = next(v for v in stolen["exercises"] if v["id"] == f"mini-{name}")
    assert verdict["points"] == (3 if name == "caught" else 0), verdict


def test_staff_hear_who_called_it(stolen):
    flags = dict(flag.split(": called ", 1) for flag in stolen["flags"])
    assert flags == {f"mini-{n}": WITHHELD for n in ("calls", "another_name", "text")} | {
        "mini-caught": f"{WITHHELD}, and went on without it"}


COUNTING = """
import os, sys, builtins
def seen():
    '''Has this been called before, in this process or in another one?'''
    places = ["count", "/scratch/count", "/dev/shm/count", os.path.join(os.sep, "tmp", "genlab-count")]
    places = places[:1] if PLAIN else places
    found = os.environ.get("COUNT") or hasattr(builtins, "count") or any(map(os.path.exists, places))
    os.environ["COUNT"] = builtins.count = "1"
    for place in places:
        try:
            open(place, "w").close()
        except OSError:
            pass
    return bool(found)
def counting(x, w):
    return x @ w + w.sum() if seen() else 0 * x.sum(1)
def detecting(x, w):
    import traceback
    watched = any("probe" in f.name for f in traceback.extract_stack())
    return 0 * (x @ w) if watched else x @ w + w.sum()
"""


def counted(tier: str, cell: str) -> list:
    redrawn = [mini.Compare("value", points=3, says="The sum.", false_refusal=1e-9)]
    asked = [exercise(name, comparisons=redrawn) for name in ("counting", "detecting")]
    record = grade(asked, [cell, COUNTING], tier, PATIENT)
    return [v["points"] for v in record["exercises"]]


def test_nothing_is_carried_from_one_draw_to_the_next():
    """Right only at the second call: a redraw happens in a worker that knows nothing of the first."""
    assert counted(STRONGEST, "PLAIN = False") == [0, 0]


def test_without_walls_it_is_carried():
    """The same answer, which leaves a file where it runs: so the test above can fail."""
    assert counted("none", "PLAIN = True") == [3, 0]
