"""What is published holds what it should, and works in an empty environment (about 25 seconds of processor time)."""

import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests import package

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    if subprocess.run(["git", "-C", str(ROOT), "rev-parse"], capture_output=True).returncode:
        pytest.skip("not a git checkout")
    return package.build(tmp_path_factory.mktemp("dist"))


def tracked(*folders: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(listed.splitlines())


def test_the_wheel_holds_the_packages_and_their_data_and_nothing_else(built):
    with zipfile.ZipFile(built[1]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        notes = {name.split("/")[-1] for name in wheel.namelist() if ".dist-info/" in name}
    assert names == tracked("genlab", "grading")
    assert {"LICENSE", "NOTICE", "entry_points.txt"} <= notes


def test_the_source_distribution_holds_the_lessons_too(built):
    with tarfile.open(built[0]) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    scripts = {name for name in tracked("solutions") if name.endswith((".py", ".png"))}
    assert tracked("genlab", "grading", "docs", "notebooks") | scripts <= names
    assert {"README.md", "LICENSE", "NOTICE", "CHANGELOG.md", "Makefile", "constraints.txt"} <= names


def test_it_works_in_an_empty_environment(built, tmp_path):
    python = package.install(built[1], tmp_path / "env", borrow=True)
    seen = package.look(python, tmp_path / "elsewhere")
    assert seen.returncode == 0, seen.stdout + seen.stderr[-3000:]
    assert "6 submissions marked" in seen.stdout
