"""Are the notebooks what their lesson says, without leaks? Every function returns its complaints."""

import io
import re
import tokenize
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grading.build.claims import check_claims, claims_digest, without_claims
from grading.build.measures import outside
from grading.build.outputs import MAX_BYTES, output_text
from grading.build.pictures import attach_pictures, missing_pictures
from grading.build.source import BuildError, digest, dumps, read_script, regions, student_notebook
from grading.lessons import LESSONS

_TRIVIAL = 8  # a line of fewer tokens, such as `super().__init__()`, gives nothing away


def check_lesson(script: Path, student: Path, solved: Path, points: Callable[[str], float]) -> list[str]:
    """What is wrong with a lesson and its two notebooks, one sentence each."""
    text = script.read_text(encoding="utf-8")
    try:
        built = read_script(text, script.stem, points)
        check_claims(built)
    except BuildError as error:
        return [str(error)]
    unlike = outside(built, script.stem, lambda: core_minutes(script.stem)) if script.stem in LESSONS else []
    claims = claims_digest(built)
    without_claims(built)
    attach_pictures(built, script.parent / "pictures")
    absent = [f"the picture {name} is not in solutions/pictures" for name in missing_pictures(built)]
    return [*unlike, *absent, *_check_student(built, student),
            *_check_solved(built, solved, digest(text), claims, points)]


def core_minutes(lesson: str) -> int:
    """Minutes that the core exercises of a lesson take, by their own specifications."""
    from grading.registry import find

    return sum(find(id).minutes for id in LESSONS[lesson].exercises if find(id).core)


def _check_student(built: NotebookNode, path: Path) -> list[str]:
    if not path.exists():
        return [f"notebooks/{path.name} is missing"]
    expected = student_notebook(built)
    complaints = []
    if path.read_bytes() != dumps(expected).encode():
        complaints.append(f"notebooks/{path.name} is not what the lesson builds")
    return complaints + leaks(built, nbformat.read(path, as_version=4))


def leaks(built: NotebookNode, student: NotebookNode) -> list[str]:
    """Lines of a solution that the student's notebook shows.

    A cell that hands out broken code as `buggy_…` shares lines with its repair by design.
    """
    shown = {_squeeze(line) for cell in student.cells if not re.search(r"\b(def|class) buggy_", cell.source)
             for line in cell.source.split("\n")}
    return [f"{region.id}: the student's notebook shows a line of the solution: {line.strip()}"
            for cell in built.cells if cell.cell_type == "code" for region in regions(cell.source)
            for line in region.lines if _tells(line) and _squeeze(line) in shown]


def _check_solved(built: NotebookNode, path: Path, sha: str, claims: str | None,
                  points: Callable[[str], float]) -> list[str]:
    if not path.exists():
        return [f"solutions/{path.name} is missing"]
    stored = nbformat.read(path, as_version=4)
    record = stored.metadata.get("genlab", {})
    complaints = []
    if record.get("source_sha256") != sha:
        complaints.append("was run from another version of the lesson")
    if record.get("profile") not in ("cpu", "gpu"):
        complaints.append(f"was run at profile {record.get('profile')!r}; what is stored is 'cpu'")
    if record.get("claims_sha256") != claims:
        complaints.append("was run with other claims than the lesson makes")
    if [_face(c) for c in stored.cells] != [_face(c) for c in built.cells]:
        complaints.append("differs from the lesson in source, tags or metadata")
    if "widgets" in stored.metadata or "vnd.jupyter.widget-view" in path.read_text(encoding="utf-8"):
        complaints.append("stores widgets, which code hosts cannot show")
    if path.stat().st_size > MAX_BYTES:
        complaints.append(f"has {path.stat().st_size} bytes, at most {MAX_BYTES} are allowed")
    from grading.build.told import stale

    complaints += [f"shows another way to write {id} than the exercise has: build it with --no-execute"
                   for id in stale(stored)]
    complaints += missing_marks(stored, points)
    return [f"solutions/{path.name} {complaint}" for complaint in complaints]


def missing_marks(nb: NotebookNode, points: Callable[[str], float]) -> list[str]:
    """Check cells that do not store `✔ id  n/n` with the n of the exercise; a prediction's stores `✔ id`."""
    complaints = []
    for cell in nb.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if grade_id.endswith("-check"):
            id = grade_id.removesuffix("-check")
            shown, worth = output_text(cell).strip(), points(id)
            full = f" +{worth:g}/{worth:g}(?![\\d.])" if worth else "(?= |$)"
            if not re.search(f"✔ {id}{full}", shown, re.MULTILINE):
                complaints.append(f"stores no full marks for {id}, but: {shown[:120] or 'nothing'}")
    return complaints


def _face(cell: NotebookNode) -> tuple:
    """What of a cell is written, not computed."""
    return cell.cell_type, cell.id, cell.source, dict(cell.metadata), cell.get("attachments")


def _squeeze(line: str) -> str:
    return re.sub(r"\s+", "", line)


def _tells(line: str) -> bool:
    """Whether a line of code says enough that showing it would give the answer away."""
    try:
        tokens = [t for t in tokenize.generate_tokens(io.StringIO(line.strip()).readline) if t.string.strip()]
    except (tokenize.TokenError, SyntaxError):  # a piece of a statement over several lines
        tokens = re.findall(r"\w+|[^\w\s]", line)
    return len(tokens) >= _TRIVIAL and not line.strip().startswith("#")
