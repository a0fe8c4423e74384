"""Turning a cell into plain Python: shell lines and magics are taken out before anything is parsed.

A cell that parses is left alone. Otherwise `%%time` and its like are removed and the body stays, cells
of another language (`%%bash`, `%%html`) become empty, and of lines such as `!pip install` or
`%matplotlib inline` a `pass` in the same place remains, so that line numbers do not move.

IPython's own reader is not used: it reads a cell anew for each line that it changes, which takes a
minute for one cell of two hundred magics.
"""

import ast
import re
import textwrap
import warnings

# Cell magics whose body is Python that runs in the notebook's namespace.
_TRANSPARENT = {"time", "timeit", "capture", "prun", "lprun", "memit", "mprun", "debug", "python", "wandb",
                "snakeviz", "scalene", "pyinstrument"}
_HEAD = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*+")
_CELL_MAGIC = re.compile(r"[ \t]*%%(\w+)[^\n]*\n?")
_LINE = re.compile(r"(\s*+)(?:!|%|\?|\w[\w.]*\?{1,2}\s*$)")
_ASSIGNED = re.compile(r"(\s*+[^\s=!%'\"#][^=!%'\"#]*+=\s*)[!%][^=]")
_TIMED = re.compile(r"(\s*+(?:[\w.]+\s*+=\s*+)?)%time(?:it)?\s+(?=\S)")
_PROMPT = re.compile(r"^(?:>>> ?|In \[\d+\]: ?|\.\.\. ?| *\.\.\.: ?)", re.MULTILINE)
_TOKEN = re.compile(r"""#.*|'''|\"{3}|"(?:\\.|[^"\\])*+"?|'(?:\\.|[^'\\])*+'?|[()\[\]{}]""")
_CLOSING = {quote: re.compile(rf"(?:\\.|(?!{quote})[^\\])*+{quote}") for quote in ("'''", '"""')}
_CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)


def parse(source: str) -> tuple[str, ast.Module]:
    """The cell as plain Python, and its tree; SyntaxError (with the line) if it is neither."""
    try:
        return source, _tree(source)
    except SyntaxError as error:
        first = error
    for plain in (neutralise(source), neutralise(_PROMPT.sub("", textwrap.dedent(source)))):
        if plain != source:
            try:
                return plain, _tree(plain)
            except SyntaxError:
                continue
    if _CONFLICT.search(source):
        raise SyntaxError("it holds the marks of a merge conflict (<<<<<<<): keep one version") from first
    raise first


def cell_magic(source: str) -> str:
    """The magic, such as `bash`, that takes the whole cell away from Python; empty if there is none."""
    magic = _CELL_MAGIC.match(source, _HEAD.match(source).end())
    return magic[1] if magic and magic[1] not in _TRANSPARENT else ""


def neutralise(source: str) -> str:
    """The cell without shell lines and magics, line for line."""
    while magic := _CELL_MAGIC.match(source, _HEAD.match(source).end()):
        if magic[1] not in _TRANSPARENT:
            return ""
        source = source[:magic.start()] + "pass" + "\n" * magic[0].count("\n") + source[magic.end():]
    lines, depth, quote, joined = [], 0, "", ""
    for line in source.split("\n"):
        begins = not (depth or quote or joined)
        if begins and (timed := _TIMED.match(line)):
            line = timed[1] + line[timed.end():]
        assigned, magic = begins and _ASSIGNED.match(line), begins and _LINE.match(line)
        if assigned or magic or joined == "magic":
            joined = "magic" if line.endswith("\\") else ""
            line = f"{assigned[1]}None" if assigned else f"{magic[1]}pass" if magic else ""
        else:
            depth, quote = _open(line, depth, quote)
            joined = "code" if line.endswith("\\") and not quote else ""
        lines.append(line)
    return "\n".join(lines)


def _open(line: str, depth: int, quote: str) -> tuple[int, str]:
    """How many brackets, and which kind of long string, are open at the end of a line."""
    place = 0
    while True:
        if quote:
            closing = _CLOSING[quote].match(line, place)
            if not closing:
                return depth, quote
            place, quote = closing.end(), ""
        token = _TOKEN.search(line, place)
        if not token:
            return depth, quote
        place, text = token.end(), token[0]
        if text in _CLOSING:
            quote = text
        elif text in "([{":
            depth += 1
        elif text in ")]}":
            depth = max(0, depth - 1)


def _tree(source: str) -> ast.Module:
    try:
        with warnings.catch_warnings(action="ignore"):  # of a student's escapes, say
            return ast.parse(source)
    except (ValueError, RecursionError, MemoryError) as error:  # a null byte; nested too deep
        raise SyntaxError(f"cannot be read ({type(error).__name__})") from error
