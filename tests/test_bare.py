"""Checks run with torch and numpy alone, and start neither threads nor processes.

torch for the browser exists outside the usual registries; there is no thread there, no process, and few packages.
The day it can be installed, a student's `check` should work in it.
"""

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from grading.registry import all_ids
from tests.chosen import ALL

ROOT = Path(__file__).resolve().parent.parent

# Runs in an interpreter of its own. Every finder is wrapped, so that a package that is not allowed is absent for
# `import` and for `importlib.util.find_spec` alike, as it would be in an environment that lacks it.
BARE = r"""
import json, os, sys

allowed = {"genlab", "grading", *json.loads(sys.argv[1])}
turned_away = set()

class Only:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if top in allowed or top in sys.stdlib_module_names or top.startswith("_sysconfigdata"):
            return self.finder.find_spec(name, path, target)
        turned_away.add(top)
        return None

for name in [n for n in sys.modules if n.split(".")[0] not in allowed | set(sys.stdlib_module_names) | {"__main__"}]:
    if not name.startswith(("__editable__", "_")):
        del sys.modules[name]  # what the interpreter's start brought along
sys.meta_path[:] = [Only(finder) for finder in sys.meta_path]
sys.path_importer_cache.clear()

import numpy, subprocess, threading, torch

started = []

def refuse(*arguments, **options):
    started.append(repr(arguments[:1]))
    raise RuntimeError("nothing may be started here")

turned_away.clear()  # torch tries for a dozen packages that it can do without
threading.Thread.start = subprocess.Popen.__init__ = os.fork = os.system = refuse
os.posix_spawn = refuse

from grading import check, expect_version, use
from grading.checks.watch import _find
from grading.registry import all_ids, find, predictions
import genlab

expect_version(genlab.__version__)
before = set(turned_away)

def verdict(exercise):
    for answer in exercise.also_right:
        answer.__module__ = "student"  # the engine refuses what is the course's own
        found = check(exercise.id, answer)
        if found.passed:
            break
    return found.line

def nothing(*arguments, **options):
    return None

# What an exercise withholds is looked up by its check once an answer has points, so all of it is looked up here;
# genlab.display draws with matplotlib, and where that is missing nothing of it can be borrowed.
lost = [name for id in all_ids() for name in find(id).withholds
        if not name.startswith("genlab.display.") and _find(name) is None]
lines = {id: verdict(find(id)) for id in all_ids() if id in json.loads(sys.argv[2])}
guessed = {id: check(id, asked.value).line for id, asked in predictions().items()}
assert use("vae-elbo", nothing) is find("vae-elbo").reference
print(json.dumps({"lines": lines, "guessed": guessed, "lost": lost, "started": started, "before": sorted(before)}))
"""


def required_by(package: str) -> set[str]:
    """Top-level modules that a package cannot do without, and those that these need, by what is installed."""
    wanted, found = [package], set()
    while wanted:
        name = wanted.pop()
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another platform
        if distribution.metadata["Name"] in found:
            continue
        found.add(distribution.metadata["Name"])
        wanted += [line.split(";")[0].split("[")[0].split("=")[0].split("<")[0].split(">")[0].split("!")[0].strip()
                   for line in distribution.requires or [] if "extra ==" not in line]
    return {module for module, names in metadata.packages_distributions().items() if set(names) & found}


def tried() -> list[str]:
    """One exercise of each prefix; all of them in `make test-all`."""
    ids = all_ids()
    return list(ids) if ALL else list({id.split("-")[0]: id for id in ids}.values())


@pytest.fixture(scope="module")
def bare() -> dict:
    allowed = required_by("torch") | required_by("numpy")
    assert {"torch", "numpy", "sympy"} <= allowed and not allowed & {"PIL", "tqdm", "scipy", "IPython"}
    command = [sys.executable, "-c", BARE, json.dumps(sorted(allowed)), json.dumps(tried())]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr[-3000:]
    return json.loads(result.stdout.splitlines()[-1])


def test_importing_the_check_asks_for_no_further_package(bare):
    assert bare["before"] == []


def test_every_exercise_is_checked(bare):
    assert set(bare["lines"]) == set(tried()) and bare["lost"] == []
    assert not [line for line in bare["lines"].values() if not line.startswith("✔")]


def test_every_prediction_is_checked(bare):
    assert not [line for line in bare["guessed"].values() if not line.startswith("✔")]


def test_nothing_is_started(bare):
    assert bare["started"] == []
