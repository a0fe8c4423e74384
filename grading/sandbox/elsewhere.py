"""Other copies of the course within a worker's reach: found by what they hold, and hidden with the rest.

A worker reads Python, its packages and the system's libraries. Beside the course that is imported another
copy may lie there: an older installation, a wheel, a zip, compiled files, a checkout. Files that import from
`genlab` or `grading` are part of one, whatever they and their folders are called; archives are judged by the
names in them. Files that another distribution's RECORD lists in their size are not read. What was looked at
is kept by folder and time of its last change, so that a second look costs one question for each folder.
"""

import contextlib
import json
import os
import re
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

_TEXT, _COMPILED = (".py", ".pyi", ".pyx", ".ipynb"), (".pyc", ".pyo")
_ZIPS, _TARS = (".whl", ".zip", ".egg", ".pyz"), (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")
_LOOKED_AT = (*_TEXT, *_COMPILED, *_ZIPS, *_TARS)
_IMPORTS = re.compile(rb"(?:from|import)[ \t]+(?:genlab|grading)(?:[ \t.,]|\\n|$)", re.MULTILINE)
_NAMES = re.compile(rb"genlab[./][a-z_]|grading\.(?:checks|exercises|sandbox|registry|lessons|ingest|report)")
_MEMBER = re.compile(r"(?:^|/)(?:genlab|grading)(?:/|\.py|$)")
_MOST_READ, _MOST_MEMBERS = 1 << 20, 20_000  # bytes of a file, entries of an archive
_PYCACHE = "__pycache__"
# folders in which many things lie side by side
_PLACES = re.compile(r"-packages$|/python[\d.]+$|/(?:lib|lib64|bin|share)$")
_VERSION = 1  # of what is kept

Kept = dict[str, tuple[int, list[str], list[str]]]  # folder: time of its change, folders in it, copies in it
_memory: dict[Path, Kept] = {}


def copies(readable: Iterable[str], known: Iterable[str], cache: Path | None = None) -> list[str]:
    """Files and folders below `readable` that hold the course, without those that are `known` already."""
    cache = cache or _cache()
    if cache not in _memory:
        _memory[cache] = _load(cache)
    kept = _memory[cache]
    before = dict(kept)
    known = {os.path.realpath(k) for k in known}
    found, seen, owners = [], set(), {}
    stack = [os.path.realpath(p) for p in readable]
    while stack:
        folder = stack.pop()
        if folder in seen or folder in known:
            continue
        seen.add(folder)
        with contextlib.suppress(OSError):
            status = os.stat(folder)
            if not stat.S_ISDIR(status.st_mode):
                found += [folder] if holds(folder) else []
                continue
            folders, hits = _looked_at(folder, status.st_mtime_ns, kept, owners)
            found += [folder if name == "." else os.path.join(folder, name) for name in hits]
            stack += [os.path.join(folder, name) for name in folders if hits != ["."]]
    if kept != before:
        _save(cache, kept)
    return sorted(set(_outermost(found)) - known)


def holds(path: str) -> bool:
    """Does this file hold a part of the course?"""
    if not path.endswith(_LOOKED_AT) or not os.path.isfile(path) or os.path.islink(path):
        return False
    try:
        if path.endswith((*_ZIPS, *_TARS)):
            return any(_MEMBER.search(name) for name in _members(path))
        with open(path, "rb") as file:
            data = file.read(_MOST_READ)
    except Exception:  # no archive, or damaged: nobody imports from it
        return False
    if b"genlab" not in data and b"grading" not in data:
        return False
    return bool((_NAMES if path.endswith(_COMPILED) else _IMPORTS).search(data))


def _looked_at(folder: str, changed: int, kept: Kept,
               owners: dict[str, dict[str, int]]) -> tuple[list[str], list[str]]:
    """The folders in this folder, and its files that hold the course; "." if all of it is."""
    if folder in kept and kept[folder][0] == changed:
        return kept[folder][1], kept[folder][2]
    owned = _owned(folder, owners)
    folders, hits, modules = [], [], 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            elif entry.name.endswith(_LOOKED_AT):
                modules += 1
                known = entry.path in owned and owned[entry.path] == entry.stat().st_size
                hits += [entry.name] if not known and holds(entry.path) else []
    if (len(hits) > 1 or 2 * len(hits) >= modules > 0) and not _PLACES.search(folder):
        hits = ["."]  # a package of the course: what in it imports nothing is the course's too
    elif modules and not hits and _PYCACHE in folders:
        folders.remove(_PYCACHE)  # made from what was looked at
    kept[folder] = changed, folders, hits
    return folders, hits


def _owned(folder: str, owners: dict[str, dict[str, int]]) -> dict[str, int]:
    """Sizes of the files around this folder that other distributions have installed."""
    end = folder.rfind("-packages")
    site = folder[:end + len("-packages")] if end >= 0 else ""
    if site and site not in owners:
        sizes = owners[site] = {}
        for record in Path(site).glob("*.dist-info/RECORD"):
            if record.parent.name.lower().startswith("genlab"):
                continue
            with contextlib.suppress(OSError):
                for line in record.read_text(encoding="utf-8", errors="replace").splitlines():
                    path, _, size = (line.rsplit(",", 2) + ["", ""])[:3]
                    if size.isdigit() and path.endswith(_LOOKED_AT):
                        sizes[os.path.join(site, path)] = int(size)
    return owners.get(site, {})


def _members(path: str) -> Iterator[str]:
    if path.endswith(_ZIPS):
        with zipfile.ZipFile(path) as archive:
            yield from archive.namelist()[:_MOST_MEMBERS]
        return
    with tarfile.open(path) as archive:
        for number, member in enumerate(archive):
            if number >= _MOST_MEMBERS:
                return
            yield member.name


def _outermost(places: list[str]) -> Iterator[str]:
    chosen = ""
    for place in sorted(set(places), key=lambda p: p.split(os.sep)):
        if not chosen or not place.startswith(chosen + os.sep):
            chosen = place
            yield place


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "genlab" / "looked-at.json"


def _load(cache: Path) -> Kept:
    """What was looked at before; nothing if it is not ours alone to write."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        status = cache.stat()
        if status.st_uid == os.getuid() and not status.st_mode & 0o022:
            told = json.loads(cache.read_text(encoding="utf-8"))
            if told["version"] == _VERSION:
                return {folder: tuple(entry) for folder, entry in told["folders"].items()}
    return {}


def _save(cache: Path, kept: Kept) -> None:
    with contextlib.suppress(OSError):
        cache.parent.mkdir(parents=True, exist_ok=True)
        fd, name = tempfile.mkstemp(dir=cache.parent)  # for its owner alone
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            json.dump({"version": _VERSION, "folders": kept}, file)
        os.replace(name, cache)
