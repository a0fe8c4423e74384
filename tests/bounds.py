"""The lower bounds of pyproject.toml as constraints for pip: python -m tests.bounds > oldest.txt

What everybody needs is pinned to the oldest version that is allowed; extras are left to pip.
"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def oldest() -> list[str]:
    """torch>=2.5 becomes torch==2.5.*: the newest repair of the oldest release."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pairs = [re.fullmatch(r"([\w-]+)>=(\d+(?:\.\d+)*)", line).groups() for line in project["dependencies"]]
    return [f"{name}=={version}{'.*' if version.count('.') < 2 else ''}" for name, version in pairs]


if __name__ == "__main__":
    print("\n".join(oldest()))
