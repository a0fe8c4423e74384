"""Ways of spoiling a notebook: in its bytes, as disks and downloads do; in its JSON, as tools do; in its
cells, as people do.
"""

import copy
import json
import random
from collections.abc import Callable

from tests.grading import mini

_TOKENS = [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\0", b"\xff", b"\xe9", b"null", b"NaN",
           b"1e999", b'"cells":', b'"source":', b"\\ud800", b"\xef\xbb\xbf", b"<<<<<<< HEAD\n", b"<html>"]
_VALUES = [None, True, 3, -0.5, 1e999, "", "x", "\ud800", [], {}, [None], ["a\n", 3], [["deep"]],
           {"a": {"b": []}}, "code", "markdown", ["x = 1"], "def affine(x, w):\n    return 0", "x" * 3000,
           int("9" * 400)]
_LETTERS = "()[]{}'\"\\\n\t%!?#:=@;,.\x00\x0c\u00a0\u200b\u2028\ufeff\ud800é0x "
_LINES = ["!pip install -q genlab", "%matplotlib inline", "!nvidia-smi", "x = !ls", "torch?", "%%bash",
          "%%time", "from google.colab import drive; drive.mount('/content/drive')", "name = input()",
          "return 3", "'''", "<<<<<<< HEAD", ">>> x = 1", "while True: pass", "import nothing_of_that_name",
          "1/0", "affine = None", "def elbo(x): return x", "#@title A form", "%time x = 1",
          "await something()", "exit()", "(", "from math import *"]


def mutate(data: bytes, level: str, draw: random.Random) -> bytes:
    """The notebook after one to four mutations of a level."""
    start, one, finish = LEVELS[level]
    thing = start(data)
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 4))):
        thing = one(thing, draw)
    return finish(thing, draw)


# Bytes


def _one_byte(data: bytes, draw: random.Random) -> bytes:
    at, other = draw.randrange(len(data) + 1), draw.randrange(len(data) + 1)
    low, high = min(at, other), max(at, other)
    length = draw.randint(1, 30)
    return draw.choice([
        lambda: data[:at] + draw.choice(_TOKENS) + data[at:],
        lambda: data[:at] + draw.choice(_TOKENS) + data[at + 1:],
        lambda: data[:at] + data[at + length:],  # lost
        lambda: data[:at] + bytes(length) + data[at + length:],  # zeros, as after a crash
        lambda: data[:at] + draw.randbytes(length) + data[at + length:],
        lambda: data[:at] + data[max(0, at - length):],  # twice
        lambda: data[:low] + data[high:] if draw.random() < 0.3 else data[:at] + data[at + 200:],
        lambda: data[:at] if draw.random() < 0.3 else data + data[:at][:400],
        lambda: data + draw.choice([b"\0" * 512, b"}", b"\n\n", b"]}", data[:100], b"garbage"]),
        lambda: draw.choice([b"\xef\xbb\xbf", b"\n", b"\0", b"x", b" ", b"\xff\xfe"]) + data,
    ])() or b" "


def _encoded(data: bytes, draw: random.Random) -> bytes:
    if draw.random() < 0.85:
        return data
    text = data.decode(errors="replace")
    encode = draw.choice([lambda: text.encode("utf-16"), lambda: text.encode("utf-8-sig"),
                          lambda: text.encode("utf-16-le"), lambda: text.encode("utf-32"),
                          lambda: text.encode("cp1252", "replace"),
                          lambda: text.replace("\n", "\r\n").encode()])
    return encode()


# JSON


def _one_value(notebook: dict, draw: random.Random) -> dict:
    """A value anywhere in the tree is replaced, removed, renamed or copied to where it does not belong."""
    holder = notebook
    for _ in range(draw.randint(0, 5)):
        inner = list(holder.values()) if isinstance(holder, dict) else holder
        inner = [value for value in inner if isinstance(value, dict | list) and value]
        if not inner:
            break
        holder = draw.choice(inner)
    key = draw.choice(list(holder)) if isinstance(holder, dict) else draw.randrange(len(holder))
    how = draw.randrange(6)
    if how < 2:
        holder[key] = copy.deepcopy(draw.choice(_VALUES))
    elif how == 2:
        del holder[key]
    elif isinstance(holder, list):
        holder.insert(key, copy.deepcopy(draw.choice([*_VALUES, draw.choice(holder)])))
    elif how == 3:
        holder[draw.choice([key.upper(), key + "s", "source", "cells", "input", ""])] = holder.pop(key)
    elif how == 4:
        name = draw.choice(["source", "cells", "cell_type", "input", "metadata", key + "_2"])
        holder[name] = draw.choice(_VALUES)
    else:
        holder[key] = {"again": holder[key]} if draw.random() < 0.5 else [holder[key]]
    return notebook if notebook else {"cells": []}


def _dumped(notebook: dict, draw: random.Random) -> bytes:
    text = json.dumps(notebook, indent=draw.choice([None, 1, 4]), ensure_ascii=draw.random() < 0.5)
    return text.encode(errors="surrogatepass" if draw.random() < 0.2 else "replace")


# Cells


def _one_cell(notebook: dict, draw: random.Random) -> dict:
    """What people do to cells: delete, move, copy, join, split, turn into text, and edit."""
    cells = notebook["cells"]
    at, other = draw.randrange(len(cells)), draw.randrange(len(cells))
    text = "".join(cells[at]["source"])
    how = draw.randrange(12)
    if how == 0 and len(cells) > 1:
        del cells[at]
    elif how == 1:
        cells.insert(other, cells.pop(at))
    elif how == 2:
        cells.insert(other, copy.deepcopy(cells[at]))
    elif how == 3:
        cells[at]["cell_type"] = draw.choice(["code", "markdown", "raw", "Code"])
    elif how == 4:
        cells.insert(at, mini.cell(draw.choice(_LINES)))
    elif how == 5:
        text += "\n" + "".join(cells[other]["source"])
    elif how == 6:
        cells.insert(at, mini.cell(text[:len(text) // 2]))
        at, text = at + 1, text[len(text) // 2:]
    elif how == 7:
        text = "\n".join("# " + line for line in text.split("\n"))
    elif how == 8:
        lines = text.split("\n")
        lines.insert(draw.randrange(len(lines) + 1), draw.choice(_LINES))
        text = "\n".join(lines)
    elif how == 9:
        lines = text.split("\n")
        del lines[draw.randrange(len(lines))]
        text = "\n".join(lines)
    elif how == 10:
        text = text.replace("    ", draw.choice(["\t", "  ", "\u00a0" * 4])).replace('"', draw.choice('"“\''))
    else:
        place = draw.randrange(len(text) + 1)
        text = text[:place] + draw.choice(_LETTERS) + text[place + draw.randint(0, 5):]
    if how > 4:
        cells[at]["source"] = text if draw.random() < 0.5 else text.splitlines(keepends=True)
    return notebook


LEVELS: dict[str, tuple[Callable, Callable, Callable]] = {
    "bytes": (lambda data: data, _one_byte, _encoded),
    "json": (json.loads, _one_value, _dumped),
    "cells": (json.loads, _one_cell, _dumped),
}
