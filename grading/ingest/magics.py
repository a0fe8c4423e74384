"""Turning a cell into plain Python: shell lines and magics are taken out before anything is parsed.

A cell that parses is left alone. Otherwise `%%time` and its like are removed and the body stays, cells
of another language (`%%bash`, `%%html`) become empty, and of lines such as `!pip install` or
`%matplotlib inline` a `pass` in the same place remains, so that line numbers do not move.
"""

import ast
import re
import warnings

# Cell magics whose body is Python that runs in the notebook's namespace.
_TRANSPARENT = {"time", "timeit", "capture", "prun", "memit", "mprun"}
_CELL_MAGIC = re.compile(r"\s*%%(\w+)[^\n]*\n?")
_LINE = re.compile(r"^(\s*)(?:!|%|\?|\w[\w.]*\?{1,2}\s*$)")
_ASSIGNED = re.compile(r"^(\s*)([A-Za-z_]\w*)\s*=\s*[!%][^=].*$")
_TIMED = re.compile(r"^(\s*)%time\s+(?=\S)")
_MAX_TRANSFORMED, _MAX_LINES = 100_000, 200


def parse(source: str) -> tuple[str, ast.Module]:
    """The cell as plain Python, and its tree; SyntaxError (with the line) if it is neither."""
    try:
        return source, _tree(source)
    except SyntaxError as error:
        plain = neutralise(source)
        if plain == source:
            raise
        try:
            return plain, _tree(plain)
        except SyntaxError:
            raise error from None


def neutralise(source: str) -> str:
    """The cell without shell lines and magics, line for line."""
    head = re.match(r"(?:\s*\n|[ \t]*#[^\n]*\n)*", source).end()
    magic = _CELL_MAGIC.match(source, head)
    if magic and magic[1] not in _TRANSPARENT:
        return ""
    if magic:
        source = source[:head] + "pass\n" * magic[0].count("\n") + source[magic.end():]
    return _by_ipython(source) or _by_line(source)


def _by_ipython(source: str) -> str:
    """What IPython makes of the cell; empty if it is too large for that or IPython cannot tell."""
    if len(source) > _MAX_TRANSFORMED or sum(map(bool, map(_LINE.match, source.split("\n")))) > _MAX_LINES:
        return ""  # IPython reads the cell again for each line that it changes
    from IPython.core.inputtransformer2 import TransformerManager

    lead = len(source) - len(source.lstrip("\n"))
    timed = "\n".join(_TIMED.sub(r"\1", line) for line in source[lead:].split("\n"))
    try:
        plain = "\n" * lead + TransformerManager().transform_cell(timed)
        ast.parse(plain)
    except Exception:  # IPython's reader raises many kinds for what is not Python
        return ""
    return plain


def _by_line(source: str) -> str:
    lines = []
    for line in source.split("\n"):
        line = _TIMED.sub(r"\1", line)
        assigned, magic = _ASSIGNED.match(line), _LINE.match(line)
        if assigned:
            line = f"{assigned[1]}{assigned[2]} = None"
        elif magic:
            line = f"{magic[1]}pass"
        lines.append(line)
    return "\n".join(lines)


def _tree(source: str) -> ast.Module:
    try:
        with warnings.catch_warnings(action="ignore"):  # of a student's escapes, say
            return ast.parse(source)
    except (ValueError, RecursionError, MemoryError) as error:  # a null byte; nested too deep
        raise SyntaxError(f"cannot be read ({type(error).__name__})") from error
