"""Fingerprints of code that survive renaming, reformatting and reordering of lines.

Code is read as its syntax tree, without comments, docstrings and annotations. A token is a kind of node,
with the attribute or built-in name where there is one; names and literals are all alike; the operands of +
and * are sorted. Each simple statement and each head of a compound one is a run of its own, so the order of
lines does not matter. Of the hashes of every k tokens in a row, winnowing keeps the least in every w in a row
(Schleimer, Wilkerson and Aiken 2003): whatever two runs share in w + k - 1 tokens is found, and most hashes
are dropped.
"""

import ast
import builtins
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence

K, W = 5, 4
_BUILTIN = frozenset(dir(builtins))
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_UNSEEN = ("annotation", "returns", "type_comment", "ctx", "kind", "type_params", "simple", "type_ignores",
           *_BLOCKS)
Tokens = tuple[str, ...]


def fingerprints(source: str) -> Counter[int]:
    """The kept hashes of a piece of Python with how often each occurs; nothing if it is not Python."""
    return Counter(mark for run in runs(source) for mark in winnow(run))


def runs(source: str) -> list[Tokens]:
    """The tokens of every simple statement and of every head of a compound one."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source)
        return [_tokens(node) for node in _statements(tree.body)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def winnow(run: Sequence[str], k: int = K, w: int = W) -> list[int]:
    """The least hash in every w in a row of the hashes of every k tokens; of equal ones the last."""
    grams = [zlib.crc32("\0".join(run[i:i + k]).encode()) for i in range(max(1, len(run) - k + 1))]
    kept, last = [], -1
    for start in range(max(1, len(grams) - w + 1)):
        window = grams[start:start + w]
        least = start + len(window) - 1 - window[::-1].index(min(window))
        if least != last:
            kept.append(grams[least])
            last = least
    return kept


def words(source: str) -> str:
    """Code with its names and literals, but without comments, docstrings and layout: to see a plain copy."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(getattr(node, "body", None), list):
                node.body = _without_docstring(node.body) or [ast.Pass()]
        return ast.unparse(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    return [s for s in body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]


def _statements(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    for node in _without_docstring(list(body)):
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass | ast.Global | ast.Nonlocal):
            continue
        yield node
        for block in _BLOCKS:
            inner = getattr(node, block, None)
            if isinstance(inner, list):
                yield from _statements(inner)


def _tokens(node: ast.AST) -> Tokens:
    """A node and what is below it, save blocks of statements. Every node is looked at once."""
    below = [_tokens(part) for part in _parts(node)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult):
        below.sort()
    return (type(node).__name__ + _name(node), *(token for part in below for token in part))


def _name(node: ast.AST) -> str:
    """What cannot be renamed: attributes, keywords and built-in names."""
    if isinstance(node, ast.Attribute):
        return f" {node.attr}"
    if isinstance(node, ast.keyword):
        return f" {node.arg}"
    return f" {node.id}" if isinstance(node, ast.Name) and node.id in _BUILTIN else ""


def _parts(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Call):
        return [node.func, *node.args, *sorted(node.keywords, key=lambda keyword: keyword.arg or "")]
    found = []
    for field, value in ast.iter_fields(node):
        if field not in _UNSEEN:
            found += [part for part in (value if isinstance(value, list) else [value])
                      if isinstance(part, ast.AST)]
    return found
