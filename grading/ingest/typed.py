"""Characters that an editor or a web page has put in place of those that were typed.

A cell that does not parse because of non-breaking spaces or typographic quotes is read with plain ones, if
that makes it Python: nothing else can have been meant. Otherwise the cell stays as it is, and Python's own
message names the character and its line.
"""

from dataclasses import replace

from grading.ingest import magics
from grading.ingest.notebook import Notebook

_SPACES = dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000", " ")
_NOTHING = dict.fromkeys("\u200b\u2060\ufeff", "")
_QUOTES = {**dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'), **dict.fromkeys("\u2018\u2019\u201a", "'")}
_PLAIN = str.maketrans(_SPACES | _NOTHING | _QUOTES)
_WORDS = {"non-breaking or other spaces of typesetting": _SPACES, "invisible characters": _NOTHING,
          "typographic quotation marks": _QUOTES}


def as_typed(notebook: Notebook) -> Notebook:
    """The notebook with such cells repaired, and a warning for each."""
    cells, told = [], []
    for cell in notebook.cells:
        plain = cell.source.translate(_PLAIN) if cell.code else cell.source
        if plain != cell.source and not _parses(cell.source) and _parses(plain):
            held = [words for words, table in _WORDS.items() if any(c in cell.source for c in table)]
            told.append(f"Cell {cell.number} held {' and '.join(held)}, which Python does not read; "
                        "plain ones were read in their place.")
            cell = replace(cell, source=plain)
        cells.append(cell)
    return replace(notebook, cells=tuple(cells), warnings=(*notebook.warnings, *told)) if told else notebook


def _parses(source: str) -> bool:
    try:
        magics.parse(source)
    except (SyntaxError, RecursionError, MemoryError):
        return False
    return True
