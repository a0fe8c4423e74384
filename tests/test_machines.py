"""What sets the course up elsewhere names what is there, and says that it was not tried."""

import json
import re
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from grading.students.requirements import wanted
from tests.bounds import oldest

ROOT = Path(__file__).resolve().parent.parent
FILES = ("Dockerfile", ".devcontainer/devcontainer.json", ".github/workflows/platforms.yml")


@pytest.mark.parametrize("name", FILES)
def test_what_was_not_tried_says_so(name):
    assert "Not tried" in (ROOT / name).read_text(encoding="utf-8")[:200]


def test_the_oldest_packages_are_those_of_pyproject():
    _, packages = wanted()
    bounds = {one.name: one.versions.removeprefix(">=") for one in packages if not one.extra}
    pinned = {(line := Requirement(text)).name: line.specifier for text in oldest()}
    assert set(pinned) == set(bounds)
    for name, specifier in pinned.items():
        assert specifier.contains(bounds[name]) and not specifier.contains(str(Version(bounds[name]).major + 1))


def test_the_workflow_runs_three_systems_with_oldest_and_newest():
    job = yaml.safe_load((ROOT / FILES[2]).read_text(encoding="utf-8"))["jobs"]["students"]
    matrix = job["strategy"]["matrix"]
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert matrix["packages"] == ["oldest", "newest"]
    commands = "\n".join(step.get("run", "") for step in job["steps"])
    for path in re.findall(r"\btests/[\w/.]+", commands):
        assert (ROOT / path).exists(), path
    assert "tests.bounds" in commands and "genlab doctor" in commands


def test_the_devcontainer_builds_the_dockerfile_with_its_argument():
    text = "\n".join(line for line in (ROOT / FILES[1]).read_text(encoding="utf-8").splitlines()
                     if not line.strip().startswith("//"))
    build = json.loads(text)["build"]
    dockerfile = (ROOT / FILES[1]).parent / build["dockerfile"]
    lines = dockerfile.read_text(encoding="utf-8")
    assert all(f"ARG {name}" in lines for name in build["args"])
    assert "environment.yml" in lines and (ROOT / "environment.yml").exists()
