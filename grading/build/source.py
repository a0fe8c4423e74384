"""A lesson's script as notebooks: cells, stubs and metadata, as a pure function of the script.

A lesson is a percent-format script. An answer cell starts with `# Exercise vae-elbo` and marks what the
student writes by `### BEGIN SOLUTION` and `### END SOLUTION`; the next cell calls `check("vae-elbo", ...)`.
In the student's notebook every marked region becomes `raise NotImplementedError("vae-elbo")`. At the left
margin, where that would stop the notebook, a region may only assign, and each name becomes None.
"""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import jupytext
import nbformat
from nbformat import NotebookNode

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
MARKER = re.compile(r"# Exercise ([a-z0-9]+(?:-[a-z0-9]+)+)\s*$")
CHECK = re.compile(r"""\bcheck\(\s*["']([\w-]+)["']""")


class BuildError(Exception):
    """A lesson that cannot be built as it stands; the message says where and what to do."""


@dataclass(frozen=True)
class Region:
    """What stands between a pair of markers."""

    id: str
    lines: tuple[str, ...]


def read_script(text: str, lesson: str, points: Callable[[str], float]) -> NotebookNode:
    """The solved notebook, without outputs. `points` maps an exercise's id to what it is worth."""
    script = jupytext.reads(text, fmt="py:percent")
    nb = nbformat.v4.new_notebook(metadata={
        "genlab": {"lesson": lesson},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    })
    new = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell,
           "raw": nbformat.v4.new_raw_cell}
    for cell in script.cells:
        kept = {k: v for k, v in cell.metadata.items() if k not in ("title", "lines_to_next_cell")}
        nb.cells.append(new[cell.cell_type](cell.source, metadata=kept))
    _mark_exercises(nb, points)
    _name_cells(nb)
    return nb


def student_notebook(solved: NotebookNode) -> NotebookNode:
    """The same with every solution region turned into a stub, and no outputs."""
    nb = nbformat.from_dict(solved)  # a deep copy
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.source = stub(cell.source)
            cell.outputs, cell.execution_count = [], None
    return nb


def dumps(nb: NotebookNode) -> str:
    """The text of a notebook: the same for the same notebook."""
    return nbformat.writes(nb, version=4).rstrip("\n") + "\n"


def digest(text: str) -> str:
    """What a solved notebook records of its lesson's script."""
    return sha256(text.encode()).hexdigest()


def exercise_id(source: str) -> str | None:
    """The id in the marker on the first line of an answer cell."""
    first = source.split("\n")[0]
    found = MARKER.match(first)
    if found is None and first.startswith("# Exercise"):
        raise BuildError(f"the marker should be `# Exercise some-id` and nothing else, not `{first}`")
    return found.group(1) if found else None


def stub(source: str) -> str:
    """A cell's source as the student receives it."""
    return _split(source)[0]


def regions(source: str) -> list[Region]:
    """The solution regions of a cell."""
    return _split(source)[1]


def _split(source: str) -> tuple[str, list[Region]]:
    id, kept, found, inside = exercise_id(source), [], [], None
    for line in source.split("\n"):
        mark = line.strip()
        if mark == BEGIN:
            if id is None:
                raise BuildError("a solution outside an exercise: start its cell with `# Exercise some-id`:\n"
                                 + source)
            if inside is not None:
                raise BuildError(f"{id}: `{BEGIN}` twice without `{END}` between")
            inside, indent = [], line[: len(line) - len(line.lstrip())]
        elif mark == END:
            if not inside:
                raise BuildError(f"{id or source}: `{END}` without a solution before it")
            kept += _stub_lines(id, indent, inside)
            found.append(Region(id, tuple(inside)))
            inside = None
        else:
            (kept if inside is None else inside).append(line)
    if inside is not None:
        raise BuildError(f"{id}: `{BEGIN}` without `{END}`")
    return "\n".join(kept), found


def _stub_lines(id: str, indent: str, lines: list[str]) -> list[str]:
    if indent:
        return [f'{indent}raise NotImplementedError("{id}")']
    try:
        body = ast.parse("\n".join(lines)).body
    except SyntaxError as error:
        raise BuildError(f"{id}: the solution at the left margin is not Python: {error}") from error
    names = [t.id for s in body if isinstance(s, ast.Assign) for t in s.targets if isinstance(t, ast.Name)]
    if len(names) != len(body):
        raise BuildError(f"{id}: a solution at the left margin may only assign, as in `answer = 0.5`; "
                         "put other code into a function, or its stub would stop the notebook")
    return [f"{name} = None  # your answer" for name in names]


def _mark_exercises(nb: NotebookNode, points: Callable[[str], float]) -> None:
    """nbgrader's metadata on each answer cell and on the check right after it."""
    seen: set[str] = set()
    expected = None  # id whose check must come now
    for cell in nb.cells:
        id = exercise_id(cell.source) if cell.cell_type == "code" else None
        checked = CHECK.search(cell.source) if cell.cell_type == "code" else None
        if expected or checked:
            _mark_check(cell, checked and checked.group(1), expected, points)
        expected = id
        if id is None and cell.cell_type == "code":
            regions(cell.source)  # raises where a solution stands outside an exercise
        if id is not None:
            if id in seen:
                raise BuildError(f"{id}: two cells are marked `# Exercise {id}`")
            if not regions(cell.source):
                raise BuildError(f"{id}: its cell has no `{BEGIN}` … `{END}`")
            seen.add(id)
            cell.metadata.update(deletable=False, nbgrader=_nbgrader(id, solution=True))
    if expected:
        raise BuildError(f'{expected}: the cell after it must call check("{expected}", ...)')


def _mark_check(cell: NotebookNode, checked: str | None, expected: str | None, points) -> None:
    if expected is None:
        raise BuildError(f'check("{checked}", ...) must stand in the cell right after `# Exercise {checked}`')
    if checked != expected:
        raise BuildError(f'{expected}: the cell after it must call check("{expected}", ...)'
                         + (f", not {checked}" if checked else ""))
    try:
        worth = points(expected)
    except KeyError as error:
        raise BuildError(f"{expected}: {error.args[0]}") from error
    graded = {"grade": True, "points": int(worth) if worth == int(worth) else worth} if worth else {}
    cell.metadata.update(deletable=False, editable=False,
                         nbgrader=_nbgrader(f"{expected}-check", locked=True, **graded))


def _nbgrader(grade_id: str, **changes) -> dict:
    """Cell metadata of nbgrader, schema 3. A prediction's check is locked but gives no points."""
    return {"cell_type": "code", "grade": False, "grade_id": grade_id, "locked": False, "schema_version": 3,
            "solution": False, "task": False, **changes}


def _name_cells(nb: NotebookNode) -> None:
    """Cell ids that depend on the content alone, so that an insertion leaves the others as they are."""
    seen: dict[str, int] = {}
    for cell in nb.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        name = grade_id or f"{cell.cell_type}-{sha256(cell.source.encode()).hexdigest()[:8]}"
        seen[name] = seen.get(name, 0) + 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
