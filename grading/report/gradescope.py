"""Marking one submission in a Gradescope container:  python -I -m grading.report.gradescope FOLDER

FOLDER holds `source/` (what `genlab gradescope` packed), `submission/` and `results/`, as Gradescope's
"Autograder Specifications" lay them out below /autograder. The outcome is `results/results.json`, checked
against gradescope.schema.json before it is written.

Gradescope knows a score or a failed autograder, and nothing between: a results.json without a score is not in
its specifications. So a fault of the grader writes no file and ends with 1, which Gradescope reports as "The
autograder failed to execute correctly"; it is never a 0. A notebook that cannot be read is one: the student
sees why at once and can hand in again.

The batch's secret is read and its file removed before anything of the student's runs; Gradescope starts a new
container for each submission. Nothing that is printed is shown to students (`stdout_visibility`).
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grading.assignment import Assignment
from grading.ingest.folder import Submission, contents, opened
from grading.ingest.notebook import Ungradable
from grading.report.feedback import number, shown
from grading.report.grade import Settings, grade_one
from grading.report.overrides import effective
from grading.report.schema import validator
from grading.report.store import write

SECRET, SETTINGS, ASSIGNMENT = "secret", "settings.json", "assignment.toml"
_MARKS = {True: "✔", False: "✘", None: "·"}


def results(record: Mapping[str, Any], visibility: str = "visible") -> dict[str, Any]:
    """results.json of a record that is graded or ungradable. Of the record, what feedback shows too."""
    record = effective(dict(record))
    told = {"visibility": visibility, "stdout_visibility": "hidden", "output_format": "text",
            "execution_time": record["seconds"],
            "extra_data": {"genlab": shown(record["genlab"], 20), "content": record.get("content", ""),
                           "isolation": record["isolation"]}}
    if record["points"] is None:
        if record["status"] != "ungradable":
            raise ValueError("what the grader failed on has no score")
        return told | {"score": 0, "output": f"This could not be read. {shown(record['message'])}"}
    lines = [f"{shown(record['assignment'] or record['lesson'], 100)}: {number(record['points'])} of "
             f"{number(record['out_of'])} points.", *(shown(w, 600) for w in record["warnings"][:40])]
    return told | {"output": "\n".join(lines), "test_output_format": "text", "test_name_format": "text",
                   "tests": [_test(verdict) for verdict in record["exercises"]]}


def _test(verdict: Mapping[str, Any]) -> dict[str, Any]:
    lines = [shown(verdict["message"])] if verdict["message"] else []
    if verdict["status"] == "wrong" and len(verdict["items"]) > 1:
        lines += [f"{_MARKS[item['passed']]} {number(item['points'])} of {number(item['out_of'])}  "
                  f"{shown(item['says'], 600)}" for item in verdict["items"]]
    right = verdict["points"] >= verdict["out_of"]
    return {"name": shown(verdict["id"], 100), "score": verdict["points"], "max_score": verdict["out_of"],
            "status": "passed" if right else "failed", "output": "\n".join(lines) or "Right."}


def run(folder: Path) -> int:
    """Marks what lies in folder/submission; the exit code."""
    target = folder / "results" / "results.json"
    target.unlink(missing_ok=True)
    settings, visibility = _settings(folder / "source")
    record = grade_one(_submission(folder), settings)
    for line in _for_staff(record):
        print(line)
    if record["status"] == "not graded":
        return 1
    made = results(record, visibility)
    validator("gradescope").validate(made)
    target.parent.mkdir(exist_ok=True)
    write(target, json.dumps(made, ensure_ascii=False, indent=1) + "\n")
    return 0


def _settings(source: Path) -> tuple[Settings, str]:
    """What was packed. The secret's file is gone when this returns."""
    told = json.loads((source / SETTINGS).read_text(encoding="utf-8"))
    path = source / SECRET
    if not path.exists():
        raise SystemExit(f"{path} is gone: it is read once, in a fresh container for each submission. "
                         "To run again by hand, unpack the autograder again.")
    secret = bytes.fromhex(path.read_text().strip())
    path.unlink()
    assignment = Assignment.read(source / ASSIGNMENT) if (source / ASSIGNMENT).exists() else None
    return (Settings(secret, told["lesson"], assignment=assignment, isolation=told["isolation"]),
            told["visibility"])


def _submission(folder: Path) -> Submission:
    """All that was handed in, by whom Gradescope says."""
    student = "submission"
    try:
        metadata = json.loads((folder / "submission_metadata.json").read_text(encoding="utf-8"))
        student = ", ".join(str(user["email"]) for user in metadata["users"])[:200] or student
    except (OSError, ValueError, KeyError, TypeError):
        pass  # it only names whoever it is
    try:
        with opened(folder / "submission") as found:
            return contents(found).submission(student, "submission")
    except Ungradable as error:
        return Submission(student, "submission", problem=str(error))


def _for_staff(record: Mapping[str, Any]) -> list[str]:
    """What only instructors see, as the autograder's own output."""
    walls = ", ".join(record["walls"]) or "no walls"
    lines = [f"{record['status']}; isolation: {record['isolation']} ({walls}); {record['seconds']:g} s"]
    lines += [f"flag: {shown(flag, 300)}" for flag in record["flags"]]
    return [*lines, record["fault"]] if "fault" in record else lines


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]).resolve()))
