"""One file of what a class handed in: its place, and how to read it, wherever it lies."""

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

NOTEBOOKS = (".ipynb", ".ipynb.json", ".ipynb.txt")  # the last two as browsers save them
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")  # only the first is read
_NOISE = ("__MACOSX", "Thumbs.db", "desktop.ini")
_UNPRINTABLE = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


@dataclass(frozen=True)
class Found:
    """A file, an entry that is refused for a reason, or (without either) a folder.

    Args:
        parts: its place from the root of the class; names as they are, for showing see `printable`.
        read: gives the bytes, or raises Ungradable.
        problem: why it is refused.
    """

    parts: tuple[str, ...]
    read: Callable[[], bytes] | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def notebook(self) -> bool:
        return self.read is not None and self.name.lower().endswith(NOTEBOOKS)

    @property
    def archive(self) -> bool:
        return self.read is not None and self.name.lower().endswith(ARCHIVES)


def noise(parts: tuple[str, ...]) -> bool:
    """What operating systems and Jupyter leave lying about: nobody handed it in."""
    return any(part.startswith(".") or part in _NOISE for part in parts)


def marked(name: str, raw: str) -> str:
    """A name made unlike all others by a mark of the raw name, for two that would look alike."""
    return f"{name[:180]} {hashlib.sha256(raw.encode(errors='surrogatepass')).hexdigest()[:10]}"


def printable(text: str) -> str:
    """Text of a student's, such as a file's name, without control, direction and broken characters."""
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _UNPRINTABLE else c
                   for c in text[:200])
