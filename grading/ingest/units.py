"""What each statement of a notebook binds, changes and needs: read from the text, nothing is run.

The unit is a statement at the top of a cell, so that a failing import, a plot or an endless loop
beside an answer does not take the answer with it.
"""

import ast
import symtable
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from grading.ingest import magics
from grading.ingest.notebook import Cell

_OWN = {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef}
_CERTAIN = (*_OWN, ast.Import, ast.ImportFrom, ast.Assign)
_COMPREHENSIONS = {"listcomp", "setcomp", "dictcomp", "genexpr"}

MAX_UNITS = 2000  # six times the longest lesson's
_SHORT = 8000  # characters of a cell that is remembered: most cells of a class are the lesson's own


@dataclass(frozen=True)
class Unit:
    """One statement.

    binds: names that it binds at the top level; certain: it does so whenever it runs without error.
    kind: "own" for functions, classes and other names for them, "import", or "value".
    mutates: names of objects that it changes without binding them.
    now: global names that it needs when it runs; later: those that its functions need when called.
    """

    cell: int
    line: int
    source: str
    binds: frozenset[str]
    certain: bool
    kind: str
    mutates: frozenset[str]
    now: frozenset[str]
    later: frozenset[str]
    star: bool = False


@dataclass(frozen=True)
class Broken:
    """A cell that is not Python: where, and the names that it seems to define."""

    cell: int
    line: int | None
    message: str
    source: str


def units(cells: tuple[Cell, ...]) -> tuple[list[Unit], list[Broken]]:
    """Every statement in document order, and the cells that do not parse (they leave the others)."""
    found, broken = [], []
    for cell in cells:
        try:
            room = MAX_UNITS - len(found)
            read = _remembered(cell.source) if _small(cell.source, room) else _read(cell.source, room)
            found += [replace(unit, cell=cell.number) for unit in read]
        except SyntaxError as error:
            broken.append(Broken(cell.number, error.lineno, str(error.msg)[:200], cell.source))
        except (RecursionError, MemoryError):
            broken.append(Broken(cell.number, None, "nested too deep", cell.source))
    return found, broken


def _small(source: str, room: int) -> bool:
    """Can a cell be remembered, and has it surely no more statements than there is room for?"""
    return len(source) <= _SHORT and sum(source.count(mark) for mark in "\n\r;") < room


@lru_cache(maxsize=512)
def _remembered(source: str) -> tuple[Unit, ...]:
    return _read(source, MAX_UNITS)


def _read(source: str, room: int) -> tuple[Unit, ...]:
    """The statements of cell 0. They are counted before they are looked at."""
    source, tree = magics.parse(source)
    if len(tree.body) > room:
        raise SyntaxError(f"the notebook has more than {MAX_UNITS} statements")
    return tuple(_unit(0, node, text) for node, text in _statements(source, tree))


def _statements(source: str, tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Each statement with its own text, cut by bytes as ast counts columns."""
    lines = [line.encode() for line in source.split("\n")]
    for node in tree.body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        start = node.col_offset if first == node.lineno else 0
        rows = lines[first - 1:node.end_lineno]
        rows[-1] = rows[-1][:node.end_col_offset]
        rows[0] = rows[0][start:]
        yield node, b"\n".join(rows).decode()


def _unit(cell: int, node: ast.stmt, text: str) -> Unit:
    line = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    binds, now, later = _names(text)
    if isinstance(node, ast.AugAssign):
        binds = binds - {getattr(node.target, "id", "")}
    certain = isinstance(node, _CERTAIN) or (
        isinstance(node, ast.AnnAssign) and node.value is not None)
    star = isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names)
    return Unit(cell, line, text, frozenset(binds), certain, _kind(node), frozenset(_mutated(node)),
                frozenset(now), frozenset(later), star)


def _kind(node: ast.stmt) -> str:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return "own" if isinstance(node.value, ast.Lambda | ast.Name | ast.Attribute) else "value"
    inner = ast.walk(node) if isinstance(node, ast.If | ast.Try | ast.With) else [node]
    kinds = {type(n) for n in inner}
    if kinds & _OWN:
        return "own"
    return "import" if kinds & {ast.Import, ast.ImportFrom} else "value"


def _names(text: str) -> tuple[set[str], set[str], set[str]]:
    """Names bound at the top, needed at once, and needed when a function is called."""
    try:
        with warnings.catch_warnings(action="ignore"):
            top = symtable.symtable(text, "<cell>", "exec")
    except (SyntaxError, ValueError) as error:
        raise SyntaxError(f"cannot be read ({error})") from error
    symbols = top.get_symbols()
    binds = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported() or s.is_namespace()}
    now = {s.get_name() for s in symbols if s.is_referenced()}
    later: set[str] = set()
    stack = [(child, False) for child in top.get_children()]
    while stack:
        table, deferred = stack.pop()
        deferred = deferred or (table.get_type() == "function" and table.get_name() not in _COMPREHENSIONS)
        target = later if deferred else now
        target |= {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
        stack += [(child, deferred) for child in table.get_children()]
    return binds, now, later


def _mutated(node: ast.stmt) -> Iterator[str]:
    """Names whose object a statement changes: `a.b = …`, `a[i] += …`, `a += …`, `a.append(…)`."""
    stack: list[ast.AST] = [node]
    while stack:
        inner = stack.pop()
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        for target in _targets(inner):
            if base := _base(target):
                yield base
        stack += ast.iter_child_nodes(inner)


def _targets(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Assign):
        return [t for t in node.targets if isinstance(t, ast.Attribute | ast.Subscript)]
    if isinstance(node, ast.AugAssign):
        return [node.target]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        if getattr(node.value.func, "id", "") == "setattr":
            return node.value.args[:1]
        return [node.value.func] if isinstance(node.value.func, ast.Attribute) else []
    return []


def _base(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
