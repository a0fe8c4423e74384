"""What the project asks for, and whether a version fits; by the standard library alone."""

import re
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import genlab

_CLAUSE = re.compile(r"(>=|<=|==|!=|>|<)\s*([\w.!+*-]+)")
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)\)?\s*(?:;(.*))?$")
_EXTRA = re.compile(r"""extra\s*==\s*["']([\w-]+)["']""")


@dataclass(frozen=True)
class Wanted:
    """One package and the versions that fit, such as ">=2.5"; extra is empty for what everybody needs."""

    name: str
    versions: str
    extra: str = ""


def wanted() -> tuple[str, list[Wanted]]:
    """The versions of Python, and every package: from pyproject.toml beside the course, else from the installation.

    Raises:
        metadata.PackageNotFoundError: genlab is neither a checkout nor installed.
    """
    file = Path(genlab.__file__).resolve().parents[1] / "pyproject.toml"
    if file.exists():
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        if project["name"] == "genlab":
            listed = {"": project["dependencies"], **project["optional-dependencies"]}
            return project["requires-python"], [read(line, extra) for extra, lines in listed.items() for line in lines]
    found = metadata.metadata("genlab")
    return found.get("Requires-Python", ""), [read(line) for line in found.get_all("Requires-Dist") or []]


def read(line: str, extra: str = "") -> Wanted:
    """`jupyterlab>=4.2; extra == "lab"` in parts."""
    name, versions, marker = _REQUIREMENT.match(line).groups()
    named = _EXTRA.search(marker or "")
    return Wanted(name, versions.strip(), named[1] if named else extra)


def fits(version: str, versions: str) -> bool:
    """Whether a version lies in a range such as ">=2.5,<3"; a pre-release counts as its release.

    Raises:
        ValueError: the range is written in a way that is not known here.
    """
    clauses = [part.strip() for part in versions.split(",") if part.strip()]
    read = [_CLAUSE.fullmatch(part) for part in clauses]
    if not all(read):
        raise ValueError(f"cannot read the versions {versions!r}")
    return all(_compare(_release(version), clause[1], _release(clause[2])) for clause in read)


def installed(name: str) -> str | None:
    """The version of a package, None if it is missing; nothing is imported."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _release(version: str) -> tuple[int, ...]:
    """2.13.0+cpu and 2.13 are both (2, 13)."""
    numbers = [int(part) for part in re.match(r"v?(\d+(?:\.\d+)*)", version)[1].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _compare(a: tuple[int, ...], operator: str, b: tuple[int, ...]) -> bool:
    return {">=": a >= b, "<=": a <= b, "==": a == b, "!=": a != b, ">": a > b, "<": a < b}[operator]
