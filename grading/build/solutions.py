"""The published solution of an exercise, read from its lesson: the answer cell and the lesson's imports."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grading.registry import find

_CELL = re.compile(r"^# %%.*$", re.MULTILINE)
_MARKERS = re.compile(r"^\s*### (BEGIN|END) SOLUTION\s*$\n?", re.MULTILINE)


@dataclass(frozen=True)
class Solution:
    """source: of the answer's cell. imports: of the whole lesson, which the answer may use."""

    id: str
    source: str
    imports: str

    def answer(self, source: str | None = None) -> Any:
        """The object that the exercise asks for, from this source or an edited one."""
        space: dict[str, Any] = {"__name__": "solution"}
        exec(self.imports, space)
        exec(compile(source or self.source, f"<solution {self.id}>", "exec"), space)
        return space[find(self.id).name]


def solution_of(id: str, root: Path = Path(".")) -> Solution | None:
    """The solution of `id` in root/solutions/*.py; None if no lesson holds one."""
    for path in sorted((root / "solutions").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        for cell in _CELL.split(text):
            if cell.strip().startswith(f"# Exercise {id}\n"):
                return Solution(id, _MARKERS.sub("", cell.strip()) + "\n", _imports(text))
    return None


def _imports(text: str) -> str:
    """The lesson's imports of torch, the standard library and genlab (cells with magics are passed over)."""
    lines = []
    for cell in _CELL.split(text):
        try:
            body = ast.parse(cell).body
        except SyntaxError:
            continue
        lines += [ast.unparse(n) for n in body if isinstance(n, (ast.Import, ast.ImportFrom))]
    return "\n".join(line for line in lines if "grading" not in line)
