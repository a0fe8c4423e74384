"""What the README shows is made, not typed: `python -m tests.readme` writes its table and class."""

import re
from collections import defaultdict
from pathlib import Path
from statistics import mean

from grading.lessons import LESSONS
from grading.registry import find
from grading.speedrun.command import rows as speedrun_rows

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"


def lessons() -> str:
    """The table of lessons, with points and minutes from the specification."""
    rows = ["| lesson | student's notebook | solved | points | core minutes |", "|---|---|---|---|---|"]
    for lesson in LESSONS.values():
        exercises = [find(id) for id in lesson.exercises]
        core = sum(e.minutes for e in exercises if e.core)
        points = sum(e.points for e in exercises)
        rows.append(f"| {lesson.number} {lesson.title} | [open](notebooks/{lesson.name}.ipynb) "
                    f"| [open](solutions/{lesson.name}.ipynb) | {points:g} | {core} |")
    return "\n".join(rows)


def speedruns() -> str:
    """Our entries to the race of lesson 33 as `genlab speedrun --table` measured them, the best first."""
    runs = defaultdict(list)
    for row in speedrun_rows(ROOT / "speedrun" / "table.csv"):
        if row["seconds"] == "100":
            runs[row["entry"]].append(row)
    values = {entry: mean(float(r["frechet"]) for r in found) for entry, found in runs.items()}
    rows = ["| entry | Fréchet distance | seeds | copies |", "|---|---|---|---|"]
    for entry in sorted(values, key=values.get):
        copies = mean(float(r["copies"]) for r in runs[entry])
        rows.append(f"| `{entry}.py` | {values[entry]:.2f} | {len(runs[entry])} | {copies:.1%} |")
    floors = {r["floor"] for found in runs.values() for r in found}
    return "\n".join([*rows, f"| *real digits* | {float(floors.pop()):.2f} | – | – |"])


def graded(records: list[dict]) -> str:
    """The example class as `genlab grade` reports it, one line a student."""
    rows = ["| submission | points | what happened |", "|---|---|---|"]
    for record in records:
        points = "–" if record["points"] is None else f"{record['points']:g}/{record['out_of']:g}"
        rows.append(f"| {record['student']} | {points} | {record['status']}"
                    + (f": {record['message']}" if record["message"] else "") + " |")
    return "\n".join(rows)


def filled(text: str, name: str, block: str) -> str:
    """The text with the block between <!-- name --> and <!-- /name --> replaced."""
    pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
    return re.sub(pattern, lambda m: f"{m[1]}{block}\n{m[2]}", text, flags=re.DOTALL)


def block(text: str, name: str) -> str:
    return re.search(rf"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", text, flags=re.DOTALL)[1]


def example_class() -> list[dict]:
    """Records of the class under tests/grading/example_class, graded afresh."""
    import tempfile

    from grading.report.batch import grade_folder
    from grading.report.grade import Settings
    from grading.report.store import Store

    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        try:
            settings = Settings(store.secret(""), "")
            return grade_folder(ROOT / "tests" / "grading" / "example_class", store, settings)
        finally:
            store.close()


def main() -> None:
    text = README.read_text(encoding="utf-8")
    text = filled(text, "lessons", lessons())
    text = filled(text, "speedrun", speedruns())
    text = filled(text, "class", graded(example_class()))
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
