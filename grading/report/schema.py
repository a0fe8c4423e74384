"""Reading records back: what `genlab grade` kept, checked against the schema that this package holds."""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


class RecordError(ValueError):
    """A folder of results that cannot be used; the message says what to do."""


@cache
def validator(name: str = "record") -> "Draft202012Validator":
    """For `record.schema.json` or `gradescope.schema.json`, which stand beside this file."""
    from jsonschema import Draft202012Validator  # takes seconds, and most commands validate nothing

    text = Path(__file__).with_name(f"{name}.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def records(out: Path) -> list[dict[str, Any]]:
    """Every record of a folder that `genlab grade` wrote, in the order of the students' names."""
    paths = sorted((out / "results").glob("*.json"))
    if not paths:
        raise RecordError(f"{out} holds no results: name the folder that `genlab grade … -o` wrote")
    return sorted((_record(path) for path in paths), key=lambda record: record["student"])


def _record(path: Path) -> dict[str, Any]:
    try:
        if not path.is_file():
            raise ValueError("it is not a regular file")
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(f"{path} cannot be read ({str(error)[:200]}): run `genlab grade` again") from error
    wrong = next(validator().iter_errors(record), None)
    if wrong is not None:
        raise RecordError(f"{path} is no record of this version ({wrong.json_path}: {wrong.message[:200]}): "
                          "run `genlab grade` again")
    return record
