"""`submission_metadata.yml` of Gradescope's "Export Submissions": who handed in which folder, and when.

Gradescope publishes no description of the file. This is written from programs that read it: a mapping from
folders (`submission_45678`) to `:submitters` (a list of `:name`, `:sid`, `:email`), `:created_at` (UTC where
no zone is given), `:score`, and `:history`, the earlier submissions. Anonymous exports lack emails and names.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

from grading.ingest.notebook import Ungradable

METADATA = "submission_metadata.yml"
_FIELDS = ("sid", "email", "name")  # what names a student, the steadiest first


@dataclass(frozen=True)
class Submitter:
    """One of those who handed in a folder."""

    student: str
    number: int | None
    submitted: str | None
    who: tuple[tuple[str, str], ...]


class _Plain(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Ruby's own kinds of values are read as the plain data that they hold."""


def _as_plain(loader: yaml.Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_Plain.add_multi_constructor("!", _as_plain)


def submitters(data: bytes) -> dict[str, list[Submitter]]:
    """Who handed in each folder; Ungradable if the file is something else."""
    try:
        root = yaml.load(data, _Plain)  # a safe loader: it makes plain data alone
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Ungradable(f"{METADATA} cannot be read: {str(error)[:200]}") from error
    if not isinstance(root, dict) or not all(isinstance(entry, dict) for entry in root.values()):
        raise Ungradable(f"{METADATA} is not the file of a Gradescope export: "
                         "it has no folders with submitters")
    return {str(folder): _people(str(folder), entry) for folder, entry in root.items()}


def _people(folder: str, entry: dict) -> list[Submitter]:
    history = _field(entry, "history")
    number = len(history) + 1 if isinstance(history, list) else None
    people = _field(entry, "submitters")
    found = []
    for person in people if isinstance(people, list) else []:
        if not isinstance(person, dict):
            continue
        told = {name: str(_field(person, name) or "").strip() for name in _FIELDS}
        student = next((told[name] for name in _FIELDS if told[name]), folder)
        who = (("lms", "gradescope"), ("id", told["sid"]), ("name", told["name"]), ("email", told["email"]))
        found.append(Submitter(student, number, _when(_field(entry, "created_at")), who))
    return found or [Submitter(folder, number, _when(_field(entry, "created_at")), (("lms", "gradescope"),))]


def _field(entry: dict, name: str) -> Any:
    return entry.get(f":{name}", entry.get(name))


def _when(value: Any) -> str | None:
    """ISO 8601 in UTC."""
    if isinstance(value, dict):  # Ruby's time with a zone
        value = value.get("utc")
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip().removesuffix(" UTC"))
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
