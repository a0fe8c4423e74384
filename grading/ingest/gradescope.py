"""`submission_metadata.yml` of Gradescope's "Export Submissions": who handed in which folder, and when.

Gradescope publishes no description of the file. This is written from programs that read it: a mapping from
folders (`submission_45678`) to `:submitters` (a list of `:name`, `:sid`, `:email`), `:created_at` (UTC where
no zone is given), `:score`, and `:history`, the earlier submissions. Anonymous exports lack emails and names.

It is measured before it is read: an alias may stand for plain values, never for what holds aliases itself, so
what a file unfolds to is bounded by its own size.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

from grading.ingest.notebook import Ungradable

METADATA = "submission_metadata.yml"
_MAX_EVENTS, _MAX_DEPTH, _MAX_ALIASES = 2_000_000, 20, 20_000
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
        _measure(data)
        root = yaml.load(data, _Plain)  # a safe loader: it makes plain data alone
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Ungradable(f"{METADATA} cannot be read: {str(error)[:200]}") from error
    if not isinstance(root, dict) or not all(isinstance(entry, dict) for entry in root.values()):
        raise Ungradable(f"{METADATA} is not the file of a Gradescope export: "
                         "it has no folders with submitters")
    return {_text(folder): _people(_text(folder), entry) for folder, entry in root.items()}


def _measure(data: bytes) -> None:
    """ValueError if reading the file would take more time, memory or depth than its size tells."""
    depth, aliases, opened, holding = 0, 0, [], set()
    for count, event in enumerate(yaml.parse(data, _Plain)):
        if isinstance(event, yaml.AliasEvent):
            aliases += 1
            holding.update(anchor for anchor in opened if anchor)
            if event.anchor in holding:
                raise ValueError("its aliases stand for other aliases")
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            opened.append(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            opened.pop()
        elif isinstance(event, yaml.ScalarEvent) and event.value == "<<":
            raise ValueError("it merges mappings (<<)")
        if count > _MAX_EVENTS or depth > _MAX_DEPTH or aliases > _MAX_ALIASES:
            raise ValueError("it has too many parts, too many aliases, or is nested too deep")


def _people(folder: str, entry: dict) -> list[Submitter]:
    history = _field(entry, "history")
    number = len(history) + 1 if isinstance(history, list) else None
    people = _field(entry, "submitters")
    found = []
    for person in people if isinstance(people, list) else []:
        if not isinstance(person, dict):
            continue
        told = {name: _text(_field(person, name)) for name in _FIELDS}
        student = next((told[name] for name in _FIELDS if told[name]), folder)
        who = (("lms", "gradescope"), ("id", told["sid"]), ("name", told["name"]), ("email", told["email"]))
        found.append(Submitter(student, number, _when(_field(entry, "created_at")), who))
    return found or [Submitter(folder, number, _when(_field(entry, "created_at")), (("lms", "gradescope"),))]


def _field(entry: dict, name: str) -> Any:
    return entry.get(f":{name}", entry.get(name))


def _text(value: Any) -> str:
    """What is no text or number says nothing."""
    if isinstance(value, int) and abs(value) < 10**18:
        value = str(value)
    return value.strip()[:300] if isinstance(value, str) else ""


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
