"""The submissions that every system grades: lesson 10, answered well, by as many students as asked for.

`answers`: the lesson's set-up, its six exercises and their checks, nothing else, so that the time is the
graders' own. `lesson`: the whole notebook as a student hands it in, trained at the profile `stub`.
"""

import json
from pathlib import Path

from grading.lessons import LESSONS
from tests.grading.make_class import notebooks, solutions

LESSON = "10_vae"
KINDS = ("answers", "lesson")
EXERCISES = LESSONS[LESSON].exercises
_SETUP = ("import genlab", "import torch", "from grading import")


def notebook(kind: str) -> dict:
    """The solved notebook of this kind, with nbgrader's metadata and without outputs."""
    student, solved = notebooks()
    answers = solutions(solved)
    cells = []
    for cell in student["cells"]:
        source = "".join(cell["source"])
        id = next((i for i in answers if source.lstrip().startswith(f"# Exercise {i}\n")), None)
        if kind == "lesson" or _counts(cell, source):
            cells.append(cell | {"source": answers.get(id, source).splitlines(keepends=True)})
    return student | {"cells": cells}


def _counts(cell: dict, source: str) -> bool:
    """Is this one of the answers, their checks, or what they need?"""
    if cell["cell_type"] != "code":
        return False
    marked = any(f"Exercise {id}\n" in source or f'check("{id}"' in source for id in EXERCISES)
    return marked or "parameters" in cell["metadata"].get("tags", []) or any(s in source for s in _SETUP)


def write(kind: str, count: int, folder: Path, name: str) -> list[Path]:
    """`count` students' notebooks, all different in a comment; `name` has a place for the student."""
    paths = []
    for number in range(count):
        path = folder / name.format(student=f"student{number:03}")
        path.parent.mkdir(parents=True, exist_ok=True)
        document = notebook(kind)
        own = {"cell_type": "code", "metadata": {}, "source": [f"# the work of student {number}"],
               "outputs": [], "execution_count": None, "id": f"own{number}"}
        document["cells"].append(own)
        path.write_text(json.dumps(document), encoding="utf-8")
        paths.append(path)
    return paths
